"""Who said it, where, and how do we know? Quotes of news articles, attributed and searchable.

>>> import quoth
>>> archive = quoth.open("file:build/doctest")  # or s3://bucket/prefix
>>> archive.search("land swapping", speaker="Trump").total
0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quoth.article import Article
from quoth.errors import BadInput, BadQuery, NotFound, QuothError
from quoth.quote import GivenQuote, Quote

if TYPE_CHECKING:
    from pathlib import Path

    from quoth.archive import Archive

__version__ = "0.1.0"
__all__ = ["Article", "BadInput", "BadQuery", "GivenQuote", "NotFound", "Quote", "QuothError", "extract", "open"]


def open(store: str, *, cache: str | Path | None = None) -> Archive:
    """Open the archive at `file:DIR` or `s3://bucket/prefix`; the first added quote creates it.

    `cache` is a folder that keeps data read from a remote store for the next process.
    """
    from quoth.archive import open_archive  # `import quoth` alone loads no engine

    return open_archive(store, cache=cache)


def extract(article: Article | str, *, indirect: bool = False) -> tuple[Quote, ...]:
    """Return the attributed quotes of an article, or of a text, in reading order; nothing is stored.

    `indirect` adds the statements in the reporter's words, without quotation marks. Raises `BadInput` for a text that
    cannot be an article.

    >>> import quoth
    >>> (quote,) = quoth.extract("“The dam will hold,” said Ada Okafor.")
    >>> quote.text, quote.speaker.name, quote.attribution.why
    ('The dam will hold,', 'Ada Okafor', '“said Ada Okafor” follows the quote')
    """
    from quoth.extraction import extract as attributed  # `import quoth` alone loads no extraction
    from quoth.ingest import language

    if isinstance(article, str):
        article = Article(body=article)
    return attributed(article, indirect=indirect, detected=language.detected(article))
