"""Index quotes in segments, and answer a request with a page of hits. Only this package imports Whoosh."""
