"""Attribute each span: evidence, candidate mentions, coreference."""
