"""Builders with defaults: a test shows only what matters to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from quoth.article import Article
from quoth.effects import Effects
from quoth.quote import Attribution, GivenQuote, Origin, Quote, QuoteType, Selector, Speaker, Utterance
from quoth.storage.files import page_table
from quoth.storage.ledger import RECORD, Record, fingerprint, in_order
from quoth.storage.manifest import SegmentEntry
from quoth.storage.segments import Draft, seal


def an_article(body: str = "“The dam will hold,” said Ada Okafor.", **known: Any) -> Article:
    return Article(body=body, **known)


def a_given(text: str = "I shall return.", speaker: str | None = "Grace Mbeki", **known: Any) -> GivenQuote:
    return GivenQuote(text=text, speaker=speaker, **known)


def a_quote(
    text: str = "The dam will hold.",
    *,
    id: str = "q_1",
    type: QuoteType = "direct",
    speaker: str | None = "Ada Okafor",
    aliases: tuple[str, ...] = (),
    published: datetime | None = None,
    publisher: str | None = None,
    language: str | None = None,
    article_id: str = "an article",
) -> Quote:
    return Quote(
        id=id,
        text=text,
        type=type,
        selector=Selector(text),
        utterance=Utterance(f"u_{id}"),
        attribution=Attribution("attributed", "test", "the test says so", 0.9),
        speaker=Speaker(speaker, speaker, aliases=aliases) if speaker else None,
        article=Origin(id=article_id, published=published, publisher=publisher, language=language),
    )


def denied(quote: Quote) -> Quote:
    """Return a quote as if its article said that its speaker did not say it."""
    attribution = replace(quote.attribution, status="denied")
    return replace(quote, speaker=None, denied_speaker=quote.speaker or UNSET, attribution=attribution)


def a_record(
    key: str = "a_1", version: int = 1, text: str = "one", *, withdrawn: bool = False, quotes: int = 1
) -> Record:
    return Record(key, version, withdrawn, fingerprint(text), quotes)


@dataclass(frozen=True)
class AnIndex:
    """A stand-in for the engine's index of some records: any bytes, and sums of ids that are unique to the records."""

    data: bytes
    counts: tuple[int, ...]
    ids: tuple[int, ...]
    table: dict[str, Any] = field(default_factory=dict)
    tombstones: int = 0


def an_index(data: bytes, records: Iterable[Record], table: dict[str, Any] | None = None) -> AnIndex:
    quoted = [record for record in in_order(records) if record.quotes]
    ids = tuple(int.from_bytes(fingerprint(f"{r.key} {r.version}")[:8]) for r in quoted)
    return AnIndex(data, tuple(record.quotes for record in quoted), ids, table or {})


def a_draft(id: str = "s1", *records: Record, data: bytes = b"index", table: dict[str, Any] | None = None) -> Draft:
    return seal(id, an_index(data, records, table), records)


def a_segment(id: str = "s1", *, records: int = 1, **known: Any) -> SegmentEntry:
    """Return the entry of a segment with `records` records of one quote each."""
    # Five bytes of index, the ledger, and one hash for each page that these two fill.
    start = page_table.pages(5 + records * RECORD) * page_table.DIGEST
    places = {"index_start": start, "ledger_start": start + 5, "size": start + 5 + records * RECORD}
    hashes = {"sha256": "0" * 64, "pages_sha256": "1" * 64, "ledger_sha256": "2" * 64}
    since = (1,) * len(known.get("retired", ()))
    values: dict[str, Any] = {"quotes": records, "quoted": records, "ids": 2**64 - 1, "retired_since": since}
    values |= {**places, **hashes, **known}
    return SegmentEntry(id=id, **values)


def day(year: int, month: int = 1, date: int = 1) -> datetime:
    return datetime(year, month, date, tzinfo=UTC)


@dataclass
class TestEffects:
    """Effects that can be replayed: ids count up, the random number is fixed, and waits are only recorded."""

    __test__ = False
    chance: float = 0.5
    waits: list[float] = field(default_factory=list)
    clock: float = 0.0
    names: itertools.count[int] = field(default_factory=itertools.count)

    def effects(self) -> Effects:
        return Effects(lambda: f"token{next(self.names)}", lambda: self.chance, self.waits.append, lambda: self.clock)
