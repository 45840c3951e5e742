"""Find the quoted spans of a body.

`plain` resolves character references, `layout` splits paragraphs, `marks` finds the marks; `pairing` pairs double marks
and guillemets, `singles` pairs single marks, `turns` finds transcript turns, `blocks` finds block quotes; `survey`
calls them in this order.
"""

from quoth.extraction.scanner.span import Span, Style
from quoth.extraction.scanner.survey import paragraphs, scan

__all__ = ["Span", "Style", "paragraphs", "scan"]
