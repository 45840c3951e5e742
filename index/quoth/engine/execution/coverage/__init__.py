"""Ranked retrieval on bitmaps: which documents have enough of a query, and which of these can be among the best."""
