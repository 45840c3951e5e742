"""Tables of English: which words are words, and which differences between words change nothing, or the meaning."""
