"""Parse a body into paragraphs, tokens, noun phrases, cues and clauses."""
