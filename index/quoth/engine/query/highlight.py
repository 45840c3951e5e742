"""Find the matching words in a quote: offsets, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from quoth.engine.analysis import as_ascii, places, stem
from quoth.engine.query.plan import HighlightTerms
from quoth.text.unseen import bare

Span = tuple[int, int]

# Words between two calls of `check`.
STEP = 1_000
# A longer text is read word by word, with a check from time to time.
_SHORT = 20_000

# A word of the analysis, in a text of ASCII characters in lower case; what stands inside one.
_WORD = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_INSIDE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def spans(text: str, terms: HighlightTerms, check: Callable[[], None] = lambda: None) -> tuple[Span, ...]:
    """Return the half-open spans of a text that match, in code points; spans separated only by space are merged.

    `check` is called often in a long text; it may raise.

    >>> spans("Some land  swapping, a swap.", HighlightTerms(stems=frozenset(["swap", "land"])))
    ((5, 19), (23, 27))
    """
    plain = as_ascii(text) if len(text) < _SHORT else None
    if plain is None:
        return _joined(text, sorted(_spans_word_by_word(text, terms, check)))
    found = sorted(_spans_in_ascii(plain.lower(), terms))
    return _joined(text, found) if len(found) > 1 else tuple(found)


def _spans_in_ascii(text: str, terms: HighlightTerms) -> set[Span]:
    """Return the spans in a text of ASCII characters in lower case: only what may match is read as words."""
    found = set()
    stems = terms.stems
    for head in _all_heads(stems):
        for start, end in _words_beginning(text, head):
            if stem(text[start:end]) in stems:
                found.add((start, end))
    for prefix in terms.starts:
        found.update(_words_beginning(text, prefix))
    for phrase in terms.phrases:
        for start, end in _words_beginning(text, phrase[0]):
            if (last := _end_of_phrase(text, start, end, phrase)) is not None:
                found.add((start, last))
    return found


def _words_beginning(text: str, head: str) -> Iterator[Span]:
    """Yield the span of each word that begins so."""
    at = text.find(head)
    while at >= 0:
        before = text[at - 1] if at else " "
        if before not in _INSIDE and not (before == "." and at > 1 and text[at - 2] in _INSIDE):
            match = _WORD.match(text, at)
            if match is not None:
                yield match.span()
        at = text.find(head, at + 1)


def _end_of_phrase(text: str, start: int, end: int, phrase: tuple[str, ...]) -> int | None:
    """Return the end of a phrase whose first word may be at a span; `None` if the phrase is not there."""
    if text[start:end] != phrase[0]:
        return None
    for word in phrase[1:]:
        match = _WORD.search(text, end)
        if match is None or match[0] != word:
            return None
        end = match.end()
    return end


def _spans_word_by_word(text: str, terms: HighlightTerms, check: Callable[[], None]) -> list[Span]:
    tokens = places(text)
    heads = _all_heads(terms.stems)
    matches = []
    for first in range(0, len(tokens), STEP):
        check()
        step = tokens[first : first + STEP]
        matches += [(start, end) for word, start, end in step if _is_match(word, terms, heads)]
    for phrase in terms.phrases:
        check()
        matches += _phrase_spans(tokens, phrase)
    return matches


def _is_match(word: str, terms: HighlightTerms, heads: tuple[str, ...]) -> bool:
    # Stemming every word of a page of quotes would take longer than finding the quotes.
    return word.startswith(terms.starts) or (word.startswith(heads) and stem(word) in terms.stems)


@lru_cache(maxsize=64)
def _all_heads(stems: frozenset[str]) -> tuple[str, ...]:
    return tuple({head for name in stems for head in _heads(name)})


def _heads(name: str) -> Iterator[str]:
    """Yield the first letters of words with this stem: those of the stem, except for dying, lying and tying.

    Its last letter may differ: hoping is hope, and happy is happi.

    >>> list(_heads("swap")), list(_heads("die"))
    (['swa'], ['di', 'dy'])
    """
    yield name[:-1] or name
    if name in ("die", "lie", "tie"):
        yield name[0] + "y"


def _phrase_spans(tokens: list[tuple[str, int, int]], phrase: tuple[str, ...]) -> list[Span]:
    words = [word for word, _, _ in tokens]
    length = len(phrase)
    starts = (i for i in range(len(words) - length + 1) if tuple(words[i : i + length]) == phrase)
    return [(tokens[i][1], tokens[i + length - 1][2]) for i in starts]


def _joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and not bare(text[joined[-1][1] : start]).strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
