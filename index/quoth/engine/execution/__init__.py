"""A query tree executed on arrays: scorers, postings, collection."""
