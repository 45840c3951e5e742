"""From a body to its quoted spans: what shows that words are quoted, and where they begin and end.

`plain` shows the body as a reader sees it, `layout` its paragraphs, `marks` finds the marks; `pairing` pairs double
marks and guillemets, `singles` the single ones, `turns` reads transcripts, `blocks` what is set apart; `survey` calls
them in this order.
"""

from quoth.extraction.scanner.span import Span, Style
from quoth.extraction.scanner.survey import paragraphs, scan

__all__ = ["Span", "Style", "paragraphs", "scan"]
