"""Builders with defaults: a test shows only what matters to it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from quoth.article import Article
from quoth.quote import Attribution, GivenQuote, Origin, Quote, Selector, Speaker, Utterance
from quoth.storage.ledger import Record, fingerprint
from quoth.storage.manifest import Segment
from quoth.world import World


def an_article(body: str = "“The dam will hold,” said Ada Okafor.", **known: Any) -> Article:
    return Article(body=body, **known)


def a_given(text: str = "I shall return.", speaker: str = "Grace Mbeki", **known: Any) -> GivenQuote:
    return GivenQuote(text=text, speaker=speaker, **known)


def a_quote(
    text: str = "The dam will hold.",
    *,
    id: str = "q_1",
    speaker: str | None = "Ada Okafor",
    aliases: tuple[str, ...] = (),
    published: datetime | None = None,
    publisher: str | None = None,
    article_id: str = "an article",
) -> Quote:
    return Quote(
        id=id,
        text=text,
        type="direct",
        selector=Selector(text),
        utterance=Utterance(f"u_{id}"),
        attribution=Attribution("attributed", "test", "the test says so", 0.9),
        speaker=Speaker(speaker, speaker, aliases=aliases) if speaker else None,
        article=Origin(id=article_id, published=published, publisher=publisher),
    )


def a_record(
    key: str = "a_1", version: int = 1, text: str = "one", *, withdrawn: bool = False, quotes: int = 1
) -> Record:
    return Record(key, version, withdrawn, fingerprint(text), quotes)


def a_segment(id: str = "s1", quotes: int = 1, **known: Any) -> Segment:
    # Five bytes of index, the ledger of one record, and the hash of the one page that both fit in.
    places = {"index_start": 16, "ledger_start": 21, "size": 66}
    hashes = {"sha256": "0" * 64, "pages_sha256": "1" * 64, "ledger_sha256": "2" * 64}
    values: dict[str, Any] = {**places, **hashes, **known}
    return Segment(id=id, quotes=quotes, **values)


def day(year: int, month: int = 1, date: int = 1) -> datetime:
    return datetime(year, month, date, tzinfo=UTC)


@dataclass
class TestWorld:
    """A world that can be replayed: names count up, chance is fixed, and waits are only noted."""

    __test__ = False
    chance: float = 0.5
    waits: list[float] = field(default_factory=list)
    names: itertools.count[int] = field(default_factory=itertools.count)

    def world(self) -> World:
        return World(lambda: f"token{next(self.names)}", lambda: self.chance, self.waits.append)
