"""Where in a quote the words that were asked for stand: offsets, never markup."""

from __future__ import annotations

from quoth.engine.analysis import places, stem
from quoth.engine.plan import Terms

Span = tuple[int, int]


def spans(text: str, found: Terms) -> tuple[Span, ...]:
    """Return the half-open spans of a text that match, in code points; neighbours parted by space are one.

    >>> from quoth.engine.request import Request
    >>> from quoth.engine.plan import terms
    >>> spans("Some land  swapping, a swap.", terms(Request(q="swap land")))
    ((5, 19), (23, 27))
    """
    stems = set(found.stems)
    tokens = places(text)
    marked = [(start, end) for word, start, end in tokens if stem(word) in stems]
    for phrase in found.phrases:
        marked += _phrase_places(tokens, phrase)
    return _joined(text, sorted(marked))


def _phrase_places(tokens: list[tuple[str, int, int]], phrase: tuple[str, ...]) -> list[Span]:
    words = [word for word, _, _ in tokens]
    length = len(phrase)
    starts = (i for i in range(len(words) - length + 1) if tuple(words[i : i + length]) == phrase)
    return [(tokens[i][1], tokens[i + length - 1][2]) for i in starts]


def _joined(text: str, places: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in places:
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
