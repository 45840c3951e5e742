"""The visible text of a body, with a map to the offsets of the body.

Character references such as &quot; are resolved, invisible characters are dropped, accents are part of their letter.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import unescape

from quoth.extraction.scanner.span import Span
from quoth.extraction.value import value
from quoth.text.unseen import ACCENTS, MOST_ACCENTS, UNSEEN, composed

# The pattern begins with one set, so that a search skips ordinary text at the speed of a set.
HIDDEN = re.compile(
    rf"[&{UNSEEN}] (?: (?<!&) | (?: \#[0-9]{{1,7}} | \#[xX][0-9a-fA-F]{{1,6}} | [a-zA-Z][a-zA-Z0-9]{{1,31}} ) ; )",
    re.VERBOSE,
)
INVISIBLE = re.compile(f"[{UNSEEN}]")
UNUSUAL = re.compile(f"[&{UNSEEN}{ACCENTS}]")
MARKS = re.compile(f"[{ACCENTS}]+")


@value
class PlainText:
    """The visible text of a body, with a map from its offsets to those of the body.

    The text consists of pieces: `at` has the offset of each in the text, `origins` its offset in the body. A resolved
    reference is a piece of one character; `longer` has the extra length of the reference in the body, else 0. If there
    is an `inner` text, the map leads to that text, whose own map leads on to the body.
    """

    text: str
    at: Sequence[int] = ()
    origins: Sequence[int] = ()
    longer: Sequence[int] = ()
    inner: PlainText | None = None

    def start(self, offset: int) -> int:
        """Return the body offset at which the character at a text offset begins."""
        if not self.at:
            return offset
        piece = bisect_right(self.at, offset) - 1
        origin = self.origins[piece] + offset - self.at[piece]
        return origin if self.inner is None else self.inner.start(origin)

    def end(self, offset: int) -> int:
        """Return the body offset at which the character before a text offset ends."""
        if not self.at:
            return offset
        piece = max(bisect_left(self.at, offset) - 1, 0)
        origin = self.origins[piece] + offset - self.at[piece] + self.longer[piece]
        return origin if self.inner is None else self.inner.end(origin)

    def shift(self, start: int, end: int) -> int | None:
        """Return the constant shift of all offsets in a range of the text, `None` if a piece ends inside it."""
        if not self.at:
            return 0
        piece = bisect_right(self.at, start) - 1
        is_whole = piece == len(self.at) - 1 or end <= self.at[piece + 1]
        if not is_whole or self.longer[piece]:
            return None
        own = self.origins[piece] - self.at[piece]
        further = 0 if self.inner is None else self.inner.shift(start + own, end + own)
        return None if further is None else own + further

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
    >>> text = plain("Jose\u0301 said")
    >>> text.text, text.start(3), text.end(4)
    ('José said', 3, 5)
    """
    if _is_visible(body):  # nearly every body
        return PlainText(body)
    return _accented(_resolved(body))


def visible(text: str) -> str:
    r"""Return a part of a body as a reader sees it, with every accent.

    >>> visible("Oka&shy;for &amp; Jose\u0301")
    'Okafor & José'
    """
    return text if _is_visible(text) else composed(_resolved(text).text)


def _is_visible(text: str) -> bool:
    is_simple = text.isascii() and text.isprintable() and "&" not in text  # most names; quicker than the search
    return is_simple or UNUSUAL.search(text) is None


def _resolved(body: str) -> PlainText:
    """Return a body without references and invisible characters."""
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


def _accented(inner: PlainText) -> PlainText:
    """Return a text in which a letter and its accents are one character.

    Where Unicode has no such character, as for the ọ́ of Yoruba, the text has the letter with as many of its accents as
    fit into one: the rules look at letters only, and names are read from the body.
    """
    text = inner.text
    pieces: list[str] = []
    at, origins, longer = [0], [0], [0]
    length = last = 0
    for match in MARKS.finditer(text, 1):
        start, end = match.start() - 1, match.end()
        pieces += text[last:start], _letter(text[start : min(end, start + 1 + MOST_ACCENTS)])
        length += start - last
        at += length, length + 1
        origins += start, end
        longer += end - start - 1, 0
        length += 1
        last = end
    return PlainText("".join(pieces) + text[last:], at, origins, longer, inner) if pieces else inner


@lru_cache(maxsize=256)
def _letter(accented: str) -> str:
    """Return one character for a letter and its accents."""
    return composed(accented)[0]


@lru_cache(maxsize=256)
def _character(reference: str) -> str | None:
    """Return the character of a reference: a space for any space, an empty string for an invisible character.

    `None` means ordinary text: not a reference, or one for several characters.
    """
    character = unescape(reference)
    if len(character) > 1:
        return None
    if INVISIBLE.match(character):
        return ""
    return " " if character.isspace() else character
