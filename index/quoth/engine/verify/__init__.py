"""Verify whether a speaker said remembered words: candidates, alignment, verdict and explanation."""
