"""The content of a simulation: versions of articles, their quotes, and the smallest possible index of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from quoth.hashes import fingerprint
from quoth.quote import Quote
from quoth.storage.ledger import SUMS, Record, in_order
from quoth.storage.segments import MergePart, Retirement
from tests.support.builders import a_quote


class NewsQuote(NamedTuple):
    """One quote in the index. Its id survives an edit, so two versions of an article share ids."""

    key: str
    ordinal: int
    version: int
    body: str

    @property
    def id(self) -> str:
        """The id, which the index may have at most once."""
        return f"{self.key}/{self.ordinal}"


class NewsItem(NamedTuple):
    """One version of an article, or a ready-made quote (`q_…`). It becomes one record."""

    key: str
    version: int
    withdrawn: bool
    body: str
    brought: int

    @property
    def rank(self) -> tuple[int, bool]:
        """The sort key of versions."""
        return self.version, self.withdrawn

    @property
    def record(self) -> Record:
        """The record that a writer commits."""
        return Record(self.key, self.version, self.withdrawn, fingerprint(self.body), self.brought)

    @property
    def quotes(self) -> tuple[NewsQuote, ...]:
        """The quotes in the index while this version is current."""
        return tuple(NewsQuote(self.key, ordinal, self.version, self.body) for ordinal in range(self.brought))


class NewsMessage(NamedTuple):
    """A queue message: some items."""

    name: str
    items: tuple[NewsItem, ...]


def draw_messages(random: Random, count: int) -> list[NewsMessage]:
    """Return messages about few keys, so that edits, withdrawals, clashes and repetitions coincide."""
    keys = [f"a_{number}" for number in range(random.randint(1, 4))]
    return [
        NewsMessage(f"m{number}", tuple(_draw_item(random, keys) for _ in range(random.choice((1, 1, 2, 3)))))
        for number in range(count)
    ]


def _draw_item(random: Random, keys: Sequence[str]) -> NewsItem:
    if random.random() < 0.15:
        return NewsItem(f"q_{random.randint(0, 2)}", 1, False, "a ready-made quote", 1)
    key, version = random.choice(keys), random.randint(1, 3)
    if random.random() < 0.2:
        return NewsItem(key, version, True, "withdrawn", 0)
    # The same version with another body is a clash; the body determines the number of quotes, as in extraction.
    body = random.choice(("one", "one", "one", "another"))
    return NewsItem(key, version, False, body, (len(body) + version) % 4)


@dataclass(frozen=True, slots=True)
class NewsIndex:
    """The engine's part of a segment, which is opaque to storage (see `quoth.storage.segments.SegmentIndex`)."""

    data: bytes
    counts: Sequence[int]
    ids: Sequence[int]
    table: Mapping[str, Any]
    tombstones: int


def build(items: Iterable[NewsItem]) -> NewsIndex:
    """Return the index of items with different keys."""
    by_key = {item.key: item for item in items}
    quoted = (by_key[record.key] for record in in_order(item.record for item in by_key.values()) if record.quotes)
    return _index(((number, quote) for number, item in enumerate(quoted) for quote in item.quotes), {})


def merge(parts: Sequence[MergePart]) -> NewsIndex:
    """Merge several indexes into one, with the ends of the quotes that are dropped."""
    rows = ((part.renumbered[number], quote) for part in parts for number, quote in _rows(part.data))
    ended = sorted(((name, end) for part in parts for name, end in _ends(part)), key=lambda one: one[1])
    return _index(sorted((number, quote) for number, quote in rows if number >= 0), dict(ended))


def read(data: bytes, retired: Collection[int]) -> list[NewsQuote]:
    """Return the quotes of an index, except those of the `retired` record numbers."""
    return [quote for number, quote in _rows(data) if number not in retired]


def exported(quote: NewsQuote) -> Quote:
    """Return a quote of the simulation as a row of an export has it."""
    return a_quote(quote.body, id=f"{quote.id} v{quote.version}", article_id=quote.key)


def ends(data: bytes, retired: Mapping[int, Retirement]) -> Iterator[tuple[str, Retirement]]:
    """Yield how the quotes that an index remembers ended: each id, and its end."""
    for name, end in json.loads(data)["tombstones"].items() if data else ():
        yield name, Retirement(*end)
    for number, quote in _rows(data):
        if number in retired and retired[number].since:
            yield quote.id, retired[number]


def _ends(part: MergePart) -> Iterator[tuple[str, Retirement]]:
    dropped = {number: end for number, end in part.retired.items() if number < len(part.renumbered)}
    return ends(part.data, dropped)


@lru_cache(1 << 12)
def hash_of(quote_id: str) -> int:
    """Return the hash of an id; the manifest has the sum of these hashes."""
    return int.from_bytes(fingerprint(quote_id)[:8], "little")


def _index(numbered: Iterable[tuple[int, NewsQuote]], ended: Mapping[str, Retirement]) -> NewsIndex:
    rows = list(numbered)
    counts, sums = Counter[int](), Counter[int]()
    for number, quote in rows:
        counts[number] += 1
        sums[number] += hash_of(quote.id)
    return NewsIndex(
        data=json.dumps({"rows": rows, "tombstones": ended}).encode() if rows or ended else b"",
        counts=[counts[number] for number in range(len(counts))],
        ids=[sums[number] % SUMS for number in range(len(counts))],
        table={"rows": len(rows)},
        tombstones=len(ended),
    )


def _rows(data: bytes) -> Iterator[tuple[int, NewsQuote]]:
    return ((number, NewsQuote(*quote)) for number, quote in json.loads(data)["rows"]) if data else iter(())
