"""What each command of `quoth` does."""
