"""A body as paragraphs, tokens, mentions, cues and clauses."""
