"""The visible text of a body: character references such as &quot; are resolved, invisible characters are dropped."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import unescape

from quoth.extraction.scanner.span import Span
from quoth.extraction.value import value

# Controls except spaces, soft hyphens, joiners, directional controls and byte order marks: U+200B to U+200F, U+202A to
# U+202E, U+2060 to U+206F, U+FEFF and similar ones.
INVISIBLE = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
# The pattern begins with one set, so that a search skips ordinary text at the speed of a set.
HIDDEN = re.compile(
    rf"[&{INVISIBLE}] (?: (?<!&) | (?: \#[0-9]{{1,7}} | \#[xX][0-9a-fA-F]{{1,6}} | [a-zA-Z][a-zA-Z0-9]{{1,31}} ) ; )",
    re.VERBOSE,
)
UNSEEN = re.compile(f"[{INVISIBLE}]")


@value
class PlainText:
    """The visible text of a body, with a map from its offsets to those of the body.

    The text consists of pieces: `at` has the offset of each in the text, `origins` its offset in the body. A resolved
    reference is a piece of one character; `longer` has the extra length of the reference in the body, else 0.
    """

    text: str
    at: Sequence[int] = ()
    origins: Sequence[int] = ()
    longer: Sequence[int] = ()

    def start(self, offset: int) -> int:
        """Return the body offset at which the character at a text offset begins."""
        if not self.at:
            return offset
        piece = bisect_right(self.at, offset) - 1
        return self.origins[piece] + offset - self.at[piece]

    def end(self, offset: int) -> int:
        """Return the body offset at which the character before a text offset ends."""
        if not self.at:
            return offset
        piece = max(bisect_left(self.at, offset) - 1, 0)
        return self.origins[piece] + offset - self.at[piece] + self.longer[piece]

    def shift(self, start: int, end: int) -> int | None:
        """Return the constant shift of all offsets in a range of the text, `None` if a piece ends inside it."""
        if not self.at:
            return 0
        piece = bisect_right(self.at, start) - 1
        is_whole = piece == len(self.at) - 1 or end <= self.at[piece + 1]
        return self.origins[piece] - self.at[piece] if is_whole and not self.longer[piece] else None

    def place(self, span: Span) -> Span:
        """Return a span of the text with body offsets."""
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
    r"""Return the visible text of a body.

    >>> text = plain("&ldquo;Yes,&#8221; she\u200b said.")
    >>> text.text, text.start(1), text.end(5)
    ('“Yes,” she said.', 7, 11)
    """
    if HIDDEN.search(body) is None:
        return PlainText(body)
    pieces: list[str] = []
    at, origins, longer = [0], [0], [0]
    length = last = 0  # the text so far, and the end of the body part it covers
    for match in HIDDEN.finditer(body):
        start, end = match.span()
        visible = "" if end - start == 1 else _character(match[0])
        if visible is None:
            continue
        pieces += body[last:start], visible
        length += start - last
        if visible:
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
    """Return the character of a reference: a space for any space, an empty string for an invisible character.

    `None` means ordinary text: not a reference, or one for several characters.
    """
    character = unescape(reference)
    if len(character) > 1:
        return None
    if UNSEEN.match(character):
        return ""
    return " " if character.isspace() else character
