"""The formats of rows and feeds: HTTP, the command line and the OpenAPI document take them from these tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from quoth.answers import build
from quoth.answers.export import csv_lines, jsonl
from quoth.engine.page import Hit
from quoth.quote import Quote


class RowFormat(NamedTuple):
    """A format of rows: its media type, what the contract says of it, and how it writes quotes and hits row by row.

    The rows of a tagged generation have its tag, which is empty otherwise.
    """

    media_type: str
    description: str
    quotes: Callable[[Iterable[Quote], str], Iterator[str]]
    hits: Callable[[Iterable[Hit], str], Iterator[str]]


# By the name in the parameter `format`.
ROW_FORMATS: Final[Mapping[str, RowFormat]] = {
    "jsonl": RowFormat(
        "application/x-ndjson",
        "A HitAnswer per line; in the file of an export a QuoteAnswer, without highlights and score.",
        lambda quotes, tag: jsonl(build.quote(quote, tag) for quote in quotes),
        lambda hits, tag: jsonl(build.hit(hit, tag) for hit in hits),
    ),
    "csv": RowFormat(
        "text/csv; charset=utf-8; header=present",
        "RFC 4180 with a header; texts that a spreadsheet would run get an apostrophe.",
        csv_lines,
        lambda hits, tag: csv_lines((hit.quote for hit in hits), tag),
    ),
}


class FeedFormat(NamedTuple):
    """A format of feeds: its media type, and what the contract says of it. `feeds.WRITERS` writes it."""

    media_type: str
    description: str


FEED_FORMATS: Final[Mapping[str, FeedFormat]] = {
    "atom": FeedFormat("application/atom+xml; charset=utf-8", "A feed in Atom (RFC 4287), the last indexed first."),
    "jsonfeed": FeedFormat("application/feed+json", "A feed in JSON Feed 1.1, the last indexed first."),
}
