"""Find the matching words in a quote: offsets, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from quoth.engine.analysis import as_ascii, places, stem
from quoth.engine.query.plan import HighlightTerms
from quoth.text.unseen import bare
from quoth.text.wording.compounds import PREFIXES, compounds, parted
from quoth.text.wording.spelling import ONE_OR_TWO, british

Span = tuple[int, int]

# Words between two calls of `check`.
STEP = 1_000
# The most letters of initials.
_INITIALS = 5
# A longer text is read word by word, with a check from time to time.
_SHORT = 20_000

# A word of the analysis, in a text of ASCII characters in lower case; what stands inside one.
_WORD = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
# What a compound has, except one that only a space divides.
_may_be_compound = re.compile("[-‐‑&'’0-9]|US|IT|WHO|AM").search
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
    found = _spans_in_ascii(plain.lower(), terms)
    if terms.stems and (_may_be_compound(text) or _may_be_parted(terms.stems)):
        found.update(_compound_spans(text, terms.stems))
    return _joined(text, sorted(found)) if len(found) > 1 else tuple(found)


def _spans_in_ascii(text: str, terms: HighlightTerms) -> set[Span]:
    """Return the spans in a text of ASCII characters in lower case: only what may match is read as words."""
    found, stems, find = set(), terms.stems, text.find
    for head in _all_heads(stems):
        at = find(head)
        while at >= 0:  # as in `_words_beginning`, which takes twice the time
            before = text[at - 1] if at else " "
            if before not in _INSIDE and not (before == "." and at > 1 and text[at - 2] in _INSIDE):
                match = _WORD.match(text, at)
                if match is not None and stem(match[0]) in stems:
                    found.add(match.span())
            at = find(head, at + 1)
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
    matches += _compound_spans(text, terms.stems)
    for phrase in terms.phrases:
        check()
        matches += _phrase_spans(tokens, phrase)
    return matches


def _is_match(word: str, terms: HighlightTerms, heads: tuple[str, ...]) -> bool:
    # Stemming every word of a page of quotes would take longer than finding the quotes.
    return word.startswith(terms.starts) or (may_have(word, heads) and stem(word) in terms.stems)


def may_have(word: str, heads: tuple[str, ...]) -> bool:
    """Whether a word may have a stem with these heads: letters outside ASCII and initials are folded to others."""
    return word.startswith(heads) or word[1:2] == "." or not word.isascii()


@lru_cache(maxsize=64)
def _all_heads(stems: frozenset[str]) -> tuple[str, ...]:
    return tuple({head for name in stems for head in _heads(name)})


def _heads(name: str) -> Iterator[str]:
    """Yield the first letters of words with this stem: those of the stem, with few exceptions.

    Its last letter may differ: hoping is hope, and happy is happi. British spelling may, and initials have full stops.

    >>> sorted(_heads("swap")), sorted(_heads("humor")), sorted(_heads("colorful")), sorted(_heads("uk"))
    (['s.', 'swa'], ['h.', 'humo'], ['colo', 'colorfu'], ['u', 'u.'])
    """
    yield name[:-1] or name
    yield from british(name)
    if len(name) <= _INITIALS:
        yield f"{name[0]}."
    if name in ("die", "lie", "tie"):
        yield name[0] + "y"


def _compound_spans(text: str, stems: frozenset[str]) -> Iterator[Span]:
    """Yield the spans of the compounds with one of some stems, whose parts have other stems."""
    if not stems:
        return
    yield from ((start, end) for word, start, end in compounds(text) if stem(word) in stems)
    if _may_be_parted(stems):
        tokens = places(text)
        for word, place in parted([token[0] for token in tokens]):
            if stem(word) in stems:
                yield tokens[place][1], tokens[place + 1][2]


@lru_cache(maxsize=64)
def _may_be_parted(stems: frozenset[str]) -> bool:
    """Whether a word with one of some stems may be written as two, which few may."""
    return any(name.startswith(PREFIXES) or name in _stems_of_two() for name in stems)


@cache
def _stems_of_two() -> frozenset[str]:
    return frozenset(map(stem, ONE_OR_TWO))


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
