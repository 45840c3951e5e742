"""Segment files: written once under a fresh name, verified before a byte of them is interpreted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quoth.errors import Conflict, Damaged, NotFound
from quoth.hashes import sha256
from quoth.storage import pagetable
from quoth.storage.ledger import Ledger, Record, pack
from quoth.storage.manifest import Segment
from quoth.storage.store import Range, Store


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment that is not part of the index yet: its entry, its file, and the records it brings."""

    entry: Segment
    data: bytes
    records: tuple[Record, ...]


def seal(segment_id: str, index: bytes, records: Sequence[Record], table: Mapping[str, Any] | None = None) -> Draft:
    """Return the segment that holds the engine's `index` of the records' quotes, and their ledger behind it.

    `table` is for the engine: what it will want to know of the index before it reads any of it.
    """
    ledger = pack(records)
    pages = pagetable.build(index + ledger)
    data = pages + index + ledger
    entry = Segment(
        id=segment_id,
        size=len(data),
        sha256=sha256(data),
        quotes=sum(record.quotes for record in records),
        index_start=len(pages),
        pages_sha256=sha256(pages),
        ledger_start=len(pages) + len(index),
        ledger_sha256=sha256(ledger),
        table=dict(table or {}),
    )
    return Draft(entry, data, tuple(records))


def write(store: Store, draft: Draft) -> None:
    """Write the segment's file. The name is fresh: one that is there already is our own, after a lost response.

    An object is there whole or not at all, so its page table says whose it is.
    """
    try:
        store.create(key(draft.entry), draft.data)
    except Conflict:
        table = store.get_range(key(draft.entry), 0, draft.entry.index_start)
        _verify(draft.entry, "page table", table, draft.entry.pages_sha256)


def read_ledger(store: Store, segment: Segment) -> Ledger:
    """Return the ledger of a segment, reading no more than that; raises `Damaged`."""
    return next(read_ledgers(store, [segment]))


def read_ledgers(store: Store, entries: Sequence[Segment]) -> Iterator[Ledger]:
    """Yield what `read_ledger` returns for each, in one round trip."""
    answers = store.get_ranges([Range(key(s), s.ledger_start, s.size) for s in entries])
    for segment in entries:
        try:
            data = next(answers)
        except NotFound:
            raise gone(segment) from None
        _verify(segment, "ledger", data, segment.ledger_sha256)
        yield Ledger(data)


def key(segment: Segment) -> str:
    """Return the name of a segment's file in the store."""
    return f"segments/{segment.id}"


def gone(segment: Segment) -> Damaged:
    """Return the error of a segment that is not there."""
    return Damaged(f"segment {segment.id} is gone, the manifest names it")


def _verify(segment: Segment, part: str, data: bytes, expected: str) -> None:
    found = sha256(data)
    if found != expected:
        raise Damaged(
            f"the {part} of segment {segment.id} has sha256 {found[:12]}…, the manifest says {expected[:12]}…"
        )
