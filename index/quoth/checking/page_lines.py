"""The text of an HTML draft, with the line of the file on which each part of it stands.

`quoth.ingest.formats.html` makes the text, for articles and drafts alike. To learn where it took a word from, the page
is given to it with a mark at the first visible character of every piece of text: a character of private use, whose
number is that of the line. The marks come out again where the words are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quoth.ingest.formats import html

_FIRST_MARK = 0xF0000  # the supplementary private use area A: no newsroom writes in it
_MARKS = 0xFFFD
_MARK = re.compile("[\U000f0000-\U000ffffd]")
_TAG = re.compile(r"<!--|-->|<[/!?a-zA-Z](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+>")
# The first visible character of a line of text. A mark of quotation stays first: a paragraph may begin with it, or
# be no more than it.
_FIRST = re.compile(r"(?P<before>[ \t\r\f]*(?:&\#?\w{1,31};|[“„«‘\"])?)(?:(?=\S)|(?<=[“„«‘\";])$)")


def to_text(page: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    r"""Return the visible text of a page, and the offsets in it at which parts begin, each with its line.

    >>> to_text("<p>One\n<b>two</b></p>\n<p>“Three”</p>")
    ('One two\n\n“Three”', ((0, 1), (4, 2), (10, 3)))
    """
    page = _MARK.sub("", page.replace("\r\n", "\n").replace("\r", "\n"))
    marked = html.to_text("".join(_marked(page)))
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    length = position = 0
    for mark in _MARK.finditer(marked):
        pieces.append(marked[position : mark.start()])
        length += len(pieces[-1])
        places.append((length, ord(mark[0]) - _FIRST_MARK + 1))
        position = mark.end()
    pieces.append(marked[position:])
    return "".join(pieces), tuple(places)


def line_at(places: Sequence[tuple[int, int]], offset: int) -> int:
    """Return the line of an offset of the text.

    >>> line_at(((0, 1), (4, 2)), 3), line_at(((0, 1), (4, 2)), 4), line_at((), 9)
    (1, 2, 1)
    """
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if places[middle][0] <= offset else (low, middle)
    return places[low - 1][1] if low else 1


def _marked(page: str) -> Iterator[str]:
    """Yield the page with a mark in every line of every text between two tags."""
    line, position = 1, 0
    for tag in _TAG.finditer(page):
        text = page[position : tag.start()]
        yield _mark(text, line)
        yield tag[0]
        line += text.count("\n") + tag[0].count("\n")
        position = tag.end()
    yield _mark(page[position:], line)


def _mark(text: str, line: int) -> str:
    if not text.strip():
        return text
    lines: list[str] = []
    for number, row in enumerate(text.split("\n"), start=line):
        first = _FIRST.match(row)
        mark = chr(_FIRST_MARK + min(number - 1, _MARKS))
        lines.append(row if first is None else f"{first['before']}{mark}{row[first.end() :]}")
    return "\n".join(lines)
