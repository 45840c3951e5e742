"""A quote where it stands: the words around it, and the whole utterance that it belongs to."""

from __future__ import annotations

import re
from typing import NamedTuple

from quoth.article import Article
from quoth.engine.page import Edition
from quoth.quote import Quote

WIDTH = 300  # code points on each side: enough to check a quote, too little to be the article

# A word that was cut, with the space beside it. The second is anchored to what is not space, so that it is linear.
_BROKEN_AHEAD = re.compile(r"\A\S+\s*")
_BROKEN_BEHIND = re.compile(r"(?:(?<=\S)\s+|\A)\S*\Z|(?<=\s)\S*\Z")


class Context(NamedTuple):
    """The text before and behind a quote, whole words only."""

    before: str
    after: str


class Detail(NamedTuple):
    """A quote with all that belongs to it: its utterance in order, and its context where the article is kept."""

    quote: Quote
    utterance: tuple[Quote, ...]
    context: Context | None
    edition: Edition


def context(body: str, start: int, end: int, width: int = WIDTH) -> Context:
    """Return what stands around `body[start:end]`, up to so many code points, not beginning or ending in a word.

    >>> context("He would not say “no” to anybody.", 18, 20, width=9)
    Context(before='not say “', after='” to')
    """
    first, last = max(0, start - width), min(len(body), end + width)
    before, after = body[first:start], body[end:last]
    if first > 0 and not body[first - 1].isspace():
        before = _BROKEN_AHEAD.sub("", before)
    if last < len(body) and not body[last].isspace():
        after = _BROKEN_BEHIND.sub("", after)
    return Context(before, after)


def of(quote: Quote, article: Article | None) -> Context | None:
    """Return the context of a quote in its article, or what a ready-made quote brought along; `None` without any."""
    selector = quote.selector
    if article is not None and selector.start is not None and selector.end is not None:
        return context(article.body, selector.start, selector.end)
    if selector.prefix or selector.suffix:
        return Context(selector.prefix, selector.suffix)
    return None
