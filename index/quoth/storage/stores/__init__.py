"""Stores for objects: in memory, in a directory, in S3."""
