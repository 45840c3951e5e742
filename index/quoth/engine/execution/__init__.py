"""A query tree executed on arrays: nodes, postings, collection."""
