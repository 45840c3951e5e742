"""A quote in its article: the text around it, and the whole utterance that it belongs to."""

from __future__ import annotations

import re
from typing import NamedTuple

from quoth.article import Article
from quoth.engine.page import Edition
from quoth.quote import Quote

WIDTH = 300  # code points on each side: enough to check a quote, too little to be the article

# A cut word with the space beside it. The second pattern is anchored to a non-space character, so that it is linear.
_CUT_WORD_AT_START = re.compile(r"\A\S+\s*")
_CUT_WORD_AT_END = re.compile(r"(?:(?<=\S)\s+|\A)\S*\Z|(?<=\s)\S*\Z")


class Context(NamedTuple):
    """The text before and after a quote, whole words only."""

    before: str
    after: str


class Detail(NamedTuple):
    """A quote with its utterance in order, and its context if known."""

    quote: Quote
    utterance: tuple[Quote, ...]
    context: Context | None
    edition: Edition


def context(body: str, start: int, end: int, width: int = WIDTH) -> Context:
    """Return the text around `body[start:end]`: up to `width` code points on each side, whole words only.

    >>> context("He would not say “no” to anybody.", 18, 20, width=9)
    Context(before='not say “', after='” to')
    """
    first, last = max(0, start - width), min(len(body), end + width)
    before, after = body[first:start], body[end:last]
    if first > 0 and not body[first - 1].isspace():
        before = _CUT_WORD_AT_START.sub("", before)
    if last < len(body) and not body[last].isspace():
        after = _CUT_WORD_AT_END.sub("", after)
    return Context(before, after)


def of(quote: Quote, article: Article | None) -> Context | None:
    """Return the context of a quote in its article, or the context given with a ready-made quote; `None` if unknown."""
    selector = quote.selector
    if article is not None and selector.start is not None and selector.end is not None:
        return context(article.body, selector.start, selector.end)
    if selector.prefix or selector.suffix:
        return Context(selector.prefix, selector.suffix)
    return None
