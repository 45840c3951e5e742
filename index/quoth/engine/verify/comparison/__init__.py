"""Compare remembered words with a text: words, alignment, kinds of difference, and the match they make."""
