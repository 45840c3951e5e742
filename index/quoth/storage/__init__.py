"""Segments and the manifest in a store: S3, a directory, or memory.

`stores/protocol.py` defines a store. The manifest lists the segments of the index; a commit replaces the manifest.
"""
