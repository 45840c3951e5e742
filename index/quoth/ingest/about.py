"""The words about a quote: its headline, and the reporter's words in its paragraph and in the one before.

A quote is elliptical: what it speaks of often stands only around it. The words of other quotes are left out, and so are
function words. The index has the stems of the rest, and no stored quote does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from quoth.article import Article
from quoth.engine.analysis import compounds_of, stem, words
from quoth.extraction.scanner import paragraphs
from quoth.quote import GivenQuote, Quote
from quoth.text.function_words import FUNCTION_WORDS

# The most words of each part, and its most compounds.
HEADLINE, BEFORE, OWN = 20, 40, 60
COMPOUNDS = 20

_LINE = re.compile(r"[^\n]*\S[^\n]*")
# What stands in marks, which may not close.
_MARKED = re.compile(r"“[^”\n]*|\"[^\"\n]*\"?|«[^»\n]*|„[^“”\n]*")

# The stems of one part, in order.
Part = tuple[str, ...]
Range = tuple[int, int]


def of_article(article: Article, quotes: Sequence[Quote]) -> Iterator[tuple[Part, ...]]:
    r"""Yield the parts of each quote of an article: headline, paragraph before, own paragraph, without empty ones.

    >>> from quoth.extraction import extract
    >>> body = "The harbour leaks.\n\n“It holds,” Ada Byron told the council."
    >>> article = Article(body=body, headline="Dam in doubt")
    >>> list(of_article(article, extract(article)))
    [(('dam', 'doubt'), ('harbor', 'leak'), ('ada', 'byron', 'told', 'council'))]
    """
    marked = [_range(quote) for quote in quotes if quote.type != "indirect"]
    yield from _about(
        article.headline, article.body, paragraphs(article.body), marked, [_range(quote) for quote in quotes]
    )


def of_given(given: GivenQuote) -> tuple[Part, ...]:
    """Return the parts of a ready-made quote, of which the context is a text with the quote or beside it."""
    if given.context is None:
        return (headline,) if given.headline and (headline := _headline(given.headline)) else ()
    start = given.context.find(given.text)
    own = (start, start + len(given.text)) if start >= 0 else (0, 0)
    # A context is short, and its scanner would take longer than all else of an import.
    lines = [line.span() for line in _LINE.finditer(given.context)]
    marked = [span.span() for span in _MARKED.finditer(given.context)]
    return next(_about(given.headline, given.context, lines, sorted([*marked, own]), [own]))


def _about(
    headline: str | None, body: str, ranges: Sequence[Range], marked: Sequence[Range], quoted: Iterable[Range]
) -> Iterator[tuple[Part, ...]]:
    """Yield the parts of each quoted range of a body.

    `ranges` are its paragraphs and `marked` the ranges in marks, both in order.
    """
    starts = [start for start, _ in ranges]
    head = _headline(headline) if headline else ()

    @cache
    def reported(number: int) -> tuple[list[str], list[str]]:
        return _said(" ".join(_outside(body, *ranges[number], marked)))

    @cache
    def parts(number: int) -> tuple[Part, ...]:
        before = _stems(*reported(number - 1), slice(-BEFORE, None)) if number > 0 else ()
        own = _stems(*reported(number), slice(OWN)) if number >= 0 else ()
        return tuple(part for part in (head, before, own) if part)

    for start, _ in quoted:
        yield parts(bisect_right(starts, start) - 1)


def _range(quote: Quote) -> Range:
    selector = quote.selector
    return selector.start or 0, selector.end or 0


def _outside(body: str, start: int, end: int, marked: Sequence[Range]) -> Iterator[str]:
    """Yield the text of a range that is not marked."""
    first = bisect_right(marked, (start, start)) - 1
    for left, right in marked[max(first, 0) :]:
        if left >= end:
            break
        if right > start:
            yield body[start:left]
            start = max(start, right)
    yield body[start:end]


@lru_cache(64)  # ready-made quotes of one article often come one after the other
def _headline(headline: str) -> Part:
    return _stems(*_said(headline), slice(HEADLINE))


def _said(text: str) -> tuple[list[str], list[str]]:
    """Return the words of a text and its compounds."""
    said = words(text)
    return said, compounds_of(text, said)[:COMPOUNDS]


def _stems(said: Sequence[str], compounds: Sequence[str], some: slice) -> Part:
    """Return the stems of some words, without function words, and of compounds."""
    kept = [found for found in map(_content.__getitem__, said[some]) if found is not None]
    return tuple(dict.fromkeys((*kept, *map(stem, compounds))))


class _ContentStems(dict[str, str | None]):
    """Caches the stem of each word, `None` for a function word, so that a word costs one lookup."""

    def __missing__(self, word: str) -> str | None:
        if len(self) >= _CACHE_SIZE:
            self.clear()
        found = self[word] = None if word in FUNCTION_WORDS else stem(word)
        return found


_CACHE_SIZE = 100_000
_content = _ContentStems()
