"""Which words of English are words, opposites, spellings of each other, and numbers."""
