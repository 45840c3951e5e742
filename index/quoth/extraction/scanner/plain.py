"""A body as a reader sees it: references such as &quot; are their characters, and what is invisible is not there."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import unescape

from quoth.extraction.scanner.span import Span
from quoth.extraction.value import value

# Controls that are no space, soft hyphens, and what only joins, orders or marks bytes: U+200B to U+200F, U+202A to
# U+202E, U+2060 to U+206F, U+FEFF and their like.
INVISIBLE = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
# The one set comes first, so that a search runs over ordinary text at the speed of a set.
HIDDEN = re.compile(
    rf"[&{INVISIBLE}] (?: (?<!&) | (?: \#[0-9]{{1,7}} | \#[xX][0-9a-fA-F]{{1,6}} | [a-zA-Z][a-zA-Z0-9]{{1,31}} ) ; )",
    re.VERBOSE,
)
UNSEEN = re.compile(f"[{INVISIBLE}]")


@value
class PlainText:
    """A text, and where it stands in the body.

    The text is made of pieces: `at` says where each begins in it, `origins` where in the body. A piece that a
    reference stands for is one character, and `longer` says by how many the reference is longer (else 0).
    """

    text: str
    at: Sequence[int] = ()
    origins: Sequence[int] = ()
    longer: Sequence[int] = ()

    def start(self, offset: int) -> int:
        """Return where in the body the character at an offset of the text begins."""
        if not self.at:
            return offset
        piece = bisect_right(self.at, offset) - 1
        return self.origins[piece] + offset - self.at[piece]

    def end(self, offset: int) -> int:
        """Return where in the body the character before an offset of the text ends."""
        if not self.at:
            return offset
        piece = max(bisect_left(self.at, offset) - 1, 0)
        return self.origins[piece] + offset - self.at[piece] + self.longer[piece]

    def shift(self, start: int, end: int) -> int | None:
        """Return by how much all offsets of a part move, `None` when something is hidden inside it."""
        if not self.at:
            return 0
        piece = bisect_right(self.at, start) - 1
        is_one = piece == len(self.at) - 1 or end <= self.at[piece + 1]
        return self.origins[piece] - self.at[piece] if is_one and not self.longer[piece] else None

    def place(self, span: Span) -> Span:
        """Return a span of the text with the offsets that it has in the body."""
        if not self.at:
            return span
        return replace(
            span,
            start=self.start(span.start),
            end=self.end(span.end),
            left=self.start(span.left),
            right=self.end(span.right),
            label=span.label and (self.start(span.label[0]), self.end(span.label[1])),
        )


def plain(body: str) -> PlainText:
    r"""Return what a reader sees of a body.

    >>> seen = plain("&ldquo;Yes,&#8221; she\u200b said.")
    >>> seen.text, seen.start(1), seen.end(5)
    ('“Yes,” she said.', 7, 11)
    """
    if HIDDEN.search(body) is None:
        return PlainText(body)
    pieces: list[str] = []
    at, origins, longer = [0], [0], [0]
    length = last = 0  # of the text so far, and of the body that it stands for
    for match in HIDDEN.finditer(body):
        start, end = match.span()
        seen = "" if end - start == 1 else _character(match[0])
        if seen is None:
            continue
        pieces += body[last:start], seen
        length += start - last
        if seen:
            at.append(length)
            origins.append(start)
            longer.append(end - start - 1)
            length += 1
        at.append(length)
        origins.append(end)
        longer.append(0)
        last = end
    return PlainText("".join(pieces) + body[last:], at, origins, longer)


@lru_cache(maxsize=256)
def _character(reference: str) -> str | None:
    """Return the character that a reference stands for: a space for every space, nothing for one that is not seen.

    What is no reference, or stands for several characters, gives `None`: it is text like any other.
    """
    character = unescape(reference)
    if len(character) > 1:
        return None
    if UNSEEN.match(character):
        return ""
    return " " if character.isspace() else character
