"""Segment files: written once under a fresh name, verified before a byte of them is interpreted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quoth.errors import Conflict, Damaged, NotFound
from quoth.hashes import sha256
from quoth.storage.ledger import Ledger, Record, pack
from quoth.storage.manifest import Segment
from quoth.storage.store import Store


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment that is not part of the index yet: its entry, its file, and the records it brings."""

    entry: Segment
    data: bytes
    records: tuple[Record, ...]


def seal(segment_id: str, index: bytes, records: Sequence[Record]) -> Draft:
    """Return the segment that holds the engine's `index` of the records' quotes, and their ledger behind it."""
    ledger = pack(records)
    data = index + ledger
    entry = Segment(
        id=segment_id,
        size=len(data),
        sha256=sha256(data),
        quotes=sum(record.quotes for record in records),
        ledger_start=len(index),
        ledger_sha256=sha256(ledger),
    )
    return Draft(entry, data, tuple(records))


def write(store: Store, draft: Draft) -> None:
    """Write the segment's file. The name is fresh: one that is there already is our own, after a lost response."""
    try:
        store.create(_key(draft.entry), draft.data)
    except Conflict:
        read_index(store, draft.entry)


def read_index(store: Store, segment: Segment) -> bytes:
    """Return the engine's part of a segment; raises `Damaged` unless every byte of the file is as vouched for."""
    try:
        data = store.get(_key(segment)).data
    except NotFound:
        raise Damaged(f"segment {segment.id} is gone, the manifest names it") from None
    if len(data) != segment.size:
        raise Damaged(f"segment {segment.id} has {len(data)} bytes, the manifest says {segment.size}")
    _verify(segment, "file", data, segment.sha256)
    return data[: segment.ledger_start]


def read_ledger(store: Store, segment: Segment) -> Ledger:
    """Return the ledger of a segment, reading no more than that; raises `Damaged`."""
    try:
        data = store.get_range(_key(segment), segment.ledger_start, segment.size)
    except NotFound:
        raise Damaged(f"segment {segment.id} is gone, the manifest names it") from None
    _verify(segment, "ledger", data, segment.ledger_sha256)
    return Ledger(data)


def _verify(segment: Segment, part: str, data: bytes, expected: str) -> None:
    found = sha256(data)
    if found != expected:
        raise Damaged(
            f"the {part} of segment {segment.id} has sha256 {found[:12]}…, the manifest says {expected[:12]}…"
        )


def _key(segment: Segment) -> str:
    return f"segments/{segment.id}"
