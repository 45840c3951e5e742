"""Feeds of a search: Atom (RFC 4287) and JSON Feed 1.1, in which every text of an article is text.

An entry is a quote. Its id is made of the quote's id alone, and its date of change is the time when the quote was
indexed: so a corrected article changes its entries in place. A quote that is no longer there changes its entry too, to
one that says so and has none of its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from msgspec import UNSET

from quoth.answers import labels
from quoth.citation import source_link
from quoth.departures import Departure
from quoth.engine.page import Hit
from quoth.hashes import short_hash
from quoth.quote import Quote
from quoth.text import timestamps
from quoth.text.sanitize import one_line, without_controls

TITLE = 120  # characters
NAME = 60

# XML cannot have these at all, not even as references.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: what it is of, the addresses of itself and of its page, and its entries, the last change first."""

    about: str
    address: str
    page: str
    entries: tuple[FeedEntry, ...]

    @property
    def id(self) -> str:
        """A name that stays the same wherever the archive is."""
        return f"urn:quoth:feed:{short_hash(self.about)}"

    @property
    def title(self) -> str:
        """The title for readers."""
        return f"Quotes: {one_line(self.about, TITLE)}" if self.about else "Quotes"

    @property
    def updated(self) -> datetime:
        """The time of the last change; 1970 for a feed without entries."""
        return max((entry.updated for entry in self.entries), default=datetime.fromtimestamp(0, UTC))


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One quote of a feed, or what became of it."""

    quote_id: str
    title: str
    text: str
    updated: datetime
    page: str
    published: datetime | None = None
    source: str | None = None
    author: str | None = None
    facts: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        """A name that stays the same whatever becomes of the quote."""
        return f"urn:quoth:{self.quote_id}"


def entries(hits: Iterable[Hit], departed: Iterable[Departure], base: str) -> tuple[FeedEntry, ...]:
    """Return the entries of quotes and of those that are no longer there, the last change first."""
    made = [*(_entry(hit, base) for hit in hits), *(_departed(one, base) for one in departed)]
    return tuple(sorted(made, key=lambda entry: entry.updated, reverse=True))


def _entry(hit: Hit, base: str) -> FeedEntry:
    quote = hit.quote
    return FeedEntry(
        quote_id=quote.id,
        title=_title(quote),
        text=_text(quote),
        updated=_moment(hit.indexed or 0),
        page=f"{base}/q/{quote.id}",
        # A reader takes it for a moment, and of a month or a year the first one would be wrong.
        published=quote.article.published if quote.article.precision in (UNSET, "day") else None,
        source=source_link(quote),
        author=quote.article.publisher,
        facts={
            "id": quote.id,
            "text": quote.text,
            "type": quote.type,
            "speaker": None if quote.speaker is None else {"id": quote.speaker.id, "name": quote.speaker.name},
            "status": quote.attribution.status,
            "confidence": quote.attribution.confidence,
            "why": quote.attribution.why,
        },
    )


def _departed(one: Departure, base: str) -> FeedEntry:
    was = "withdrawn" if one.reason == "withdrawn" else "replaced by a newer version of its article"
    now = "" if one.successor is None else f" Its words are now {base}/q/{one.successor}"
    return FeedEntry(
        quote_id=one.quote_id,
        title=f"A quote was {one.reason}",
        text=f"This quote was {was}.{now}",
        updated=_moment(one.seen),
        page=f"{base}/q/{one.quote_id}",
        facts={"id": one.quote_id, "reason": one.reason, "since_generation": one.since, "successor": one.successor},
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _title(quote: Quote) -> str:
    opening, closing = labels.marks(quote)
    return f"{labels.doubted(quote, NAME)}: {opening}{one_line(quote.text, TITLE)}{closing}"


def _text(quote: Quote) -> str:
    opening, closing = labels.marks(quote)
    sure = (labels.sureness(quote) if quote.speaker else None) or quote.attribution.status
    return (
        f"{opening}{without_controls(quote.text)}{closing}\n\n"
        f"{labels.who_said(quote)} ({sure}: {one_line(quote.attribution.why)})\n{labels.source(quote.article)}"
    )


# ------------------------------------------------------------------------------------------------------------ Atom


def atom(feed: Feed) -> str:
    """Return a feed as Atom."""
    parts = [
        _element("id", feed.id),
        _element("title", feed.title, type="text"),
        _element("updated", _time(feed.updated)),
        _element("link", rel="self", type="application/atom+xml", href=feed.address),
        _element("link", rel="alternate", type="text/html", href=feed.page),
        f"<author>{_element('name', 'Quoth')}</author>",
        *map(_atom_entry, feed.entries),
    ]
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">{"".join(parts)}</feed>\n'
    )


def _atom_entry(entry: FeedEntry) -> str:
    parts = [
        _element("id", entry.id),
        _element("title", entry.title, type="text"),
        _element("updated", _time(entry.updated)),
        "" if entry.published is None else _element("published", _time(entry.published)),
        _element("link", rel="alternate", type="text/html", href=entry.page),
        "" if entry.source is None else _element("link", rel="via", href=entry.source),
        "" if entry.author is None else f"<author>{_element('name', one_line(entry.author))}</author>",
        _element("content", entry.text, type="text"),
    ]
    return f"<entry>{''.join(parts)}</entry>"


def _element(name: str, text: str | None = None, **attributes: str) -> str:
    r"""Return an element of XML.

    >>> _element("title", "a < b\x00", type="text"), _element("link", href='x"y')
    ('<title type="text">a &lt; b</title>', '<link href="x&quot;y"/>')
    """
    opened = name + "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items())
    return f"<{opened}/>" if text is None else f"<{opened}>{_escaped(text)}</{name}>"


def _escaped(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


# ------------------------------------------------------------------------------------------------------- JSON Feed


def json_feed(feed: Feed) -> str:
    """Return a feed as JSON Feed; what only an archive of quotes knows is in `_quoth`."""
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "items": list(map(_json_item, feed.entries)),
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json_item(entry: FeedEntry) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.page,
        "external_url": entry.source,
        "title": entry.title,
        "content_text": entry.text,
        "date_published": None if entry.published is None else _time(entry.published),
        "date_modified": _time(entry.updated),
        "authors": None if entry.author is None else [{"name": one_line(entry.author)}],
        "_quoth": entry.facts,
    }
    return {name: value for name, value in item.items() if value is not None}


def _time(moment: datetime) -> str:
    return timestamps.to_rfc3339(moment) or ""


# By the name of the format; `rows.FEED_FORMATS` has their media types.
WRITERS: Final[Mapping[str, Callable[[Feed], str]]] = {"atom": atom, "jsonfeed": json_feed}
