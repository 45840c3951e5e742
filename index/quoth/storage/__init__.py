"""Segments and the manifest in a store: S3, a directory, or memory.

What a store must do is in `store.py`; what the index consists of now is the manifest's; a commit replaces it.
"""
