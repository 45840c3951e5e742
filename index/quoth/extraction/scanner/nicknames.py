"""Leave out the marks around nicknames: Steve “Sparky” Marsden says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from quoth.extraction.scanner.span import Span
from quoth.extraction.tables import given_names

LONGEST = 30  # characters of a nickname
REACH = 24  # characters before a nickname that are searched for the given name
BEFORE = re.compile(r"(?P<given>[^\W\d_a-z][\w’'-]{1,20})(?:[^\S\n][A-Z]\.)?[^\S\n]\Z")
AFTER = re.compile(r"[^\S\n][^\W\d_a-z][\w’'-]*")
WORDS = re.compile(r"(?!An?\b)[^\W\d_a-z][\w’'-]{0,29}(?:[^\S\n][^\W\d_a-z][\w’'-]{0,29}){0,2}\Z")


def without_nicknames(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans that are no nickname: capitalised words in marks between a given name and a surname.

    >>> list(without_nicknames("Frank “Lefty” Romano left.", [Span(7, 12, 6, 13, 0)]))
    []
    """
    for span in spans:
        if not (span.is_closed and span.style == "marks" and _is_nickname(text, span)):
            yield span


def _is_nickname(text: str, span: Span) -> bool:
    if span.end - span.start > LONGEST or WORDS.match(text[span.start : span.end]) is None:
        return False
    before = BEFORE.search(text[max(0, span.left - REACH) : span.left])
    if before is None or AFTER.match(text, span.right) is None:
        return False
    given = before["given"].lower()
    return given in given_names("male") or given in given_names("female")
