"""Split a text into lines and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

Range = tuple[int, int]

NEWLINE = re.compile(r"[\n\r\x85\u2028\u2029](?:(?<=\r)\n)?")
FILLED = re.compile(r"\S")


def paragraphs(text: str) -> list[Range]:
    r"""Return the paragraphs of a text as half-open ranges, without blank lines.

    Every line is a paragraph, as in most plain files, unless the file is wrapped (most lines that follow another
    one begin in lower case): then only a blank line ends a paragraph.

    >>> paragraphs("One line.\nAnother.")
    [(0, 9), (10, 18)]
    >>> paragraphs("A wrapped\nline.\n\nAnother.")
    [(0, 15), (17, 25)]
    """
    rows = [(start, end, FILLED.search(text, start, end)) for start, end in lines(text, 0, len(text))]
    firsts = [filled[0] if filled else "" for _, _, filled in rows]
    if not _is_wrapped(firsts):
        return [(start, end) for start, end, filled in rows if filled]
    joined: list[Range] = []
    after_blank = True
    for start, end, filled in rows:
        if filled and after_blank:
            joined.append((start, end))
        elif filled:
            joined[-1] = (joined[-1][0], end)
        after_blank = not filled
    return joined


def lines(text: str, start: int, end: int) -> Iterator[Range]:
    """Yield the lines of a part of a text, including blank ones, without their line ends."""
    for newline in NEWLINE.finditer(text, start, end):
        yield start, newline.start()
        start = newline.end()
    yield start, end


def trimmed(text: str, start: int, end: int) -> Range:
    """Return a range without the space at its ends."""
    inner = text[start:end].lstrip()
    start = end - len(inner)
    return start, start + len(inner.rstrip())


def _is_wrapped(firsts: Sequence[str]) -> bool:
    """Whether most lines that follow another one begin in lower case; `firsts` are their first visible characters."""
    following = [first for before, first in pairwise(firsts) if before and first]
    return 2 * sum(first.islower() for first in following) > len(following)
