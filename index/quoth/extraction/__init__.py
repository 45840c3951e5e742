"""From an article to its attributed quotes, with the standard library alone."""

from quoth.extraction.extract import extract
from quoth.extraction.speakers import canonical

__all__ = ["canonical", "extract"]
