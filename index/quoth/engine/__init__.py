"""Quotes become a segment, and a request a page of hits. Whoosh defines the meaning; only this room knows Whoosh."""
