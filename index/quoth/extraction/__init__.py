"""Extract the attributed quotes of an article, with the standard library alone."""

from quoth.extraction.entities.canonical import canonical
from quoth.extraction.extract import extract

__all__ = ["canonical", "extract"]
