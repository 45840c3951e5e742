"""The quotes that a page sets off by its elements: <q>, <blockquote> and the rows of a table.

The text of a page has no trace of them, and the extraction reads the text. So the page of a draft is written again, on
the same lines: a <q> with quotation marks, the paragraphs of a <blockquote> with the > of plain text, and the cells of
a row as one paragraph, in which “It will hold,” stands beside its speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Between the cells of a row. Prose has no such space inside a paragraph.
CELL = "\u2003"

_TOKEN = re.compile(
    r"""
      <!-- .*? (?: --> | \Z )
    | < (?P<skipped> script | style | template ) \b .*? (?: </ (?P=skipped) \b | \Z )
    | < (?P<end>/?) (?P<name> [a-zA-Z][a-zA-Z0-9]* ) (?P<attributes> (?: [^<>"'] | "[^"<]*" | '[^'<]*' )*+ ) >
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BORDERS = frozenset("p div li hr tr h1 h2 h3 h4 h5 h6 section blockquote footer figcaption pre ul ol table".split())
_CELLS = frozenset(("td", "th"))
_POST = re.compile(r"\b(?:twitter-tweet|bluesky-embed)\b")  # gets its marks with the text
_MARKED = re.compile(r"\s*(?:[“„«\"]|&(?:ldquo|bdquo|laquo|quot);)")
_SIGNATURE = re.compile(r"\s*(?:[—–―]|&[mn]dash;)")
_ENDS_BLOCK = re.compile(r"(?:[.!?…—–]|&[mn]dash;)['\"’”»)]*\Z|\A\Z")
_TAIL = 32  # characters of a text that say how it ends
_MARKS = (("“", "”"), ("‘", "’"))


def set_off(page: str) -> str:
    r"""Return a page whose text has the marks that its elements stand for.

    >>> set_off("<p><q>It will <q>hold</q></q>, she said.</p>")
    '<p><q>“It will <q>‘hold’</q>”</q>, she said.</p>'
    >>> set_off("<blockquote><p>One.\n<p>Two.</blockquote><table><tr><td>“No,”<td>said Ada.</table>")
    '<blockquote><p>&gt; One.\n<p>&gt; Two.</blockquote><table><tr><span>“No,”</span>\u2003<span>said Ada.</table>'
    """
    writer = _Writer()
    pieces: list[str] = []
    position = 0
    for token in _TOKEN.finditer(page):
        pieces += writer.text(page[position : token.start()])
        position = token.end()
        pieces.append(writer.tag(token, page[position : position + 10]))
    return "".join(pieces) + page[position:]


class _Writer:
    """Writes a page again, piece by piece."""

    def __init__(self) -> None:
        self._quotes = 0  # the open <q>
        self._blocks: list[bool] = []  # the open <blockquote>, and whether the paragraphs of each get a >
        self._begins = self._is_announced = self._in_cell = False
        self._is_signature = self._is_cited = False  # in one, and whether a <cite> is its border
        self._is_below = False  # directly below a block quote
        self._above = self._last = ""  # the last text of this paragraph, and of the page

    def text(self, text: str) -> Iterator[str]:
        """Yield a text, with a > if a paragraph of a block quote begins with it."""
        if text.strip():
            if self._begins and self._blocks and all(self._blocks) and not self._is_signature:
                yield "" if _MARKED.match(text) else "&gt; "
            self._begins = self._is_below = False
            self._above = self._last = text.rstrip()[-_TAIL:]
        yield text

    def tag(self, token: re.Match[str], following: str) -> str:
        """Return a tag as it is written; `following` are the characters behind it."""
        name, is_end = (token["name"] or "").lower(), bool(token["end"])
        if name == "q":
            return self._quote(token[0], is_end=is_end)
        if name in _CELLS:
            return self._cell(token, is_end=is_end)
        if name == "blockquote":
            written = self._block(token, is_end=is_end)
        elif name == "cite" and self._is_border(is_end=is_end):
            name, written = "footer", self._signature(f"<{token['end']}footer{token['attributes']}>", following)
        elif name == "footer" and self._blocks:
            self._is_signature = not is_end
            written = self._signature(token[0], following)
        elif name == "br" and self._blocks and not _SIGNATURE.match(following):
            written = " "
        else:
            self._in_cell = self._in_cell and name not in ("tr", "table")
            written = token[0]
        if name in _BORDERS:
            self._begins, self._above = True, ""
        return written

    def _is_border(self, *, is_end: bool) -> bool:
        """Whether a <cite> is the signature of a block quote, at its end or below it."""
        if is_end:
            was_cited, self._is_cited = self._is_cited, False
            self._is_signature = self._is_signature and not was_cited
            return was_cited
        ends_block = bool(self._blocks) and _ENDS_BLOCK.search(self._above) is not None
        self._is_cited = not self._is_signature and (ends_block or self._is_below)
        self._is_signature = self._is_signature or self._is_cited
        return self._is_cited

    def _signature(self, tag: str, following: str) -> str:
        """Return the border of a signature, with the dash by which plain text knows it."""
        return tag if tag.startswith("</") or _SIGNATURE.match(following) else f"{tag}— "

    def _quote(self, tag: str, *, is_end: bool) -> str:
        if not is_end:
            self._quotes += 1
            return f"{tag}{_MARKS[(self._quotes - 1) % 2][0]}"
        if not self._quotes:
            return tag
        self._quotes -= 1
        return f"{_MARKS[self._quotes % 2][1]}{tag}"

    def _block(self, token: re.Match[str], *, is_end: bool) -> str:
        if not is_end:
            self._blocks.append(_POST.search(token["attributes"]) is None)
            self._is_announced = self._last.endswith(":")
            return token[0]
        if self._blocks:
            self._blocks.pop()
            self._is_signature, self._is_below = False, True
        # The extraction takes a block for a quote if it ends as a sentence does.
        return f".{token[0]}" if self._is_announced and self._above[-1:].isalnum() else token[0]

    def _cell(self, token: re.Match[str], *, is_end: bool) -> str:
        """Return the border of a cell as that of a part of its row."""
        closing = f"</span>{CELL}" if self._in_cell else ""
        self._in_cell = not is_end
        return closing if is_end else f"{closing}<span{token['attributes']}>"
