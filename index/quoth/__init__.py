"""Who said it, where, and how do we know? Quotes of news articles, attributed and searchable.

>>> import quoth
>>> archive = quoth.open("file:build/doctest")  # or s3://bucket/prefix
>>> archive.search("land swapping", speaker="Trump").total
0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quoth.article import Article
from quoth.errors import QuothError
from quoth.quote import GivenQuote, Quote

if TYPE_CHECKING:
    from pathlib import Path

    from quoth.archive import Archive

__version__ = "0.1.0"
__all__ = ["Article", "GivenQuote", "Quote", "QuothError", "open"]


def open(store: str, *, cache: str | Path | None = None) -> Archive:
    """Open the archive at `file:DIR` or `s3://bucket/prefix`; the first added quote creates it.

    `cache` is a folder that keeps data read from a remote store for the next process.
    """
    from quoth.archive import open_archive  # `import quoth` alone loads no engine

    return open_archive(store, cache=cache)
