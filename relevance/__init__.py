"""The quality of search and verify, measured on annotated articles that are not part of this repository."""
