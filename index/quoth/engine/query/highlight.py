"""Find the matching words in a quote: offsets, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from quoth.engine.analysis import ReadText, places, read_text, stem
from quoth.engine.query.plan import HighlightTerms
from quoth.text.unseen import bare
from quoth.text.wording.compounds import CAPITALS, INITIALS, PREFIXES, compounds, parted
from quoth.text.wording.spelling import ONE_OR_TWO, british

Span = tuple[int, int]

# Words between two calls of `check`.
STEP = 1_000
# The most letters of initials.
_INITIALS = 5

_WORD = re.compile("[^ ]+")


class Highlighter:
    """Finds the spans of texts that match some terms."""

    def __init__(self, terms: HighlightTerms) -> None:
        self._terms = terms
        self._heads = _all_heads(terms.stems)
        self._starts = [f" {head}" for head in self._heads]
        self._may_be_parted = _may_be_parted(terms.stems)
        self._may_be_compound = self._may_be_parted or not _initials().isdisjoint(terms.stems)

    def spans(self, read: ReadText, check: Callable[[], None] = lambda: None) -> tuple[Span, ...]:
        """Return the half-open spans of a text that match, in code points; spans separated only by space are merged.

        `check` is called often in a long text; it may raise.
        """
        text, plain, may_have_compounds = read
        if plain is None:
            found = _spans_word_by_word(text, self._terms, self._heads, check)
        else:
            found = self._spans_in(plain)
            if (may_have_compounds and self._terms.stems) or (self._may_be_compound and self._has_compound(text)):
                found += _compound_spans(text, self._terms.stems)
        return _joined(text, sorted(found)) if len(found) > 1 else tuple(found)

    def _has_compound(self, text: str) -> bool:
        return self._may_be_parted or any(name in text for name in CAPITALS)

    def _spans_in(self, text: str) -> list[Span]:
        """Return the spans in a text with a space in front and behind, whose words only spaces divide.

        Only what may match is looked at. The spans are those of the text without its first space.
        """
        found, stems, find = [], self._terms.stems, text.find
        for start in self._starts:
            at = find(start)
            while at >= 0:  # as in `_words_beginning`, which takes twice the time
                end = find(" ", at + 1)
                if stem(text[at + 1 : end]) in stems:
                    found.append((at, end - 1))
                at = find(start, end)
        for prefix in self._terms.starts:
            found += _words_beginning(text, prefix)
        for phrase in self._terms.phrases:
            for first, end in _words_beginning(text, phrase[0]):
                if (last := _end_of_phrase(text, first, end, phrase)) is not None:
                    found.append((first, last))
        return found


def spans(text: str, terms: HighlightTerms, check: Callable[[], None] = lambda: None) -> tuple[Span, ...]:
    """Return the spans of one text; see `Highlighter.spans`.

    >>> spans("Some land  swapping, a swap.", HighlightTerms(stems=frozenset(["swap", "land"])))
    ((5, 19), (23, 27))
    """
    return Highlighter(terms).spans(read_text(text), check)


def _words_beginning(text: str, head: str) -> Iterator[Span]:
    """Yield the span of each word that begins so; see `Highlighter._spans_in`."""
    at = text.find(f" {head}")
    while at >= 0:
        end = text.find(" ", at + 1)
        yield at, end - 1
        at = text.find(f" {head}", end)


def _end_of_phrase(text: str, start: int, end: int, phrase: tuple[str, ...]) -> int | None:
    """Return the end of a phrase whose first word may be at a span; `None` if the phrase is not there."""
    if text[start + 1 : end + 1] != phrase[0]:
        return None
    for word in phrase[1:]:
        match = _WORD.search(text, end + 1)
        if match is None or match[0] != word:
            return None
        end = match.end() - 1
    return end


def _spans_word_by_word(
    text: str, terms: HighlightTerms, heads: tuple[str, ...], check: Callable[[], None]
) -> list[Span]:
    tokens = places(text)
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
def _initials() -> frozenset[str]:
    return frozenset(map(stem, INITIALS))


@cache
def _stems_of_two() -> frozenset[str]:
    return frozenset(map(stem, ONE_OR_TWO))


def _phrase_spans(tokens: list[tuple[str, int, int]], phrase: tuple[str, ...]) -> list[Span]:
    words = [word for word, _, _ in tokens]
    length = len(phrase)
    starts = (i for i in range(len(words) - length + 1) if tuple(words[i : i + length]) == phrase)
    return [(tokens[i][1], tokens[i + length - 1][2]) for i in starts]


def _joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Return ordered spans, each with those that only space divides from it, as far as a reader sees."""
    joined: list[Span] = []
    begin, end = spans[0]
    for start, stop in spans[1:]:
        is_next_seen = end + 1 < start and "!" <= text[end + 1] <= "~"  # as it is between most words
        if is_next_seen or bare(text[end:start]).strip():
            joined.append((begin, end))
            begin, end = start, stop
        else:
            end = max(end, stop)
    return (*joined, (begin, end))
