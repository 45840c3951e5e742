"""Execute a query tree on arrays: scorers, postings, collection."""
