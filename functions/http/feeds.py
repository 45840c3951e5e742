"""Feeds of a search: what they are of, and where they are."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from quoth.answers import feeds
from quoth.answers.feeds import Feed
from quoth.archive import Archive
from quoth.engine.page import Edition
from quoth.engine.query.request import Request

# Parameters that do not say what a feed is of.
_MANNER = ("format", "limit", "highlight", "sort")


def feed(archive: Archive, request: Request, format: str, base: str, query: str) -> tuple[Edition, str]:
    """Return the edition and the text of a feed; `base` is the address of the archive, `query` that of the request."""
    page = archive.answer(request)
    departed = archive.departures(request, {hit.quote.id for hit in page.hits})
    pairs = parse_qsl(query, keep_blank_values=True)
    of = [(name, value) for name, value in pairs if name not in _MANNER and value]
    made = Feed(
        about=", ".join(value if name == "q" else f"{name} {value}" for name, value in sorted(of)),
        address=f"{base}/v1/quotes?{urlencode(pairs)}",
        page=f"{base}/?{urlencode(of)}" if of else f"{base}/",
        entries=feeds.entries(page.hits, departed, base),
    )
    return page.edition, feeds.WRITERS[format](made)
