"""Check a draft: read it, find its quotes, verify each one, and keep the verdicts."""
