"""Quotes to a segment, and a request to a page of hits. Whoosh defines the meaning; this is the only room that knows it."""
