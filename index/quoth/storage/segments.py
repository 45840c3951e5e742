"""Segment files: each is written once under a fresh name, and verified before any byte of it is interpreted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from quoth.errors import Conflict, Damaged, Gone, NotFound, Unavailable
from quoth.hashes import sha256
from quoth.storage import ledger as ledgers
from quoth.storage.files import page_table
from quoth.storage.ledger import SUMS, Ledger, Record
from quoth.storage.manifest import SegmentEntry
from quoth.storage.stores.protocol import Range, Store

PREFIX = "segments/"


class SegmentIndex(Protocol):
    """The engine's index of the quotes of some records.

    `table` describes `data`; the engine needs it before it reads any of `data`. `counts` and `ids` have an entry for
    each record with quotes, by number: the number of its quotes, and the sum of their ids' hashes modulo 2^64.
    `tombstones` counts the quotes of dropped records that it remembers.
    """

    @property
    def data(self) -> bytes: ...
    @property
    def table(self) -> Mapping[str, Any]: ...
    @property
    def counts(self) -> Any: ...
    @property
    def ids(self) -> Any: ...
    @property
    def tombstones(self) -> int: ...


class Retirement(NamedTuple):
    """How a record left the index: the first generation without it, 0 if no generation ever had it; and why."""

    since: int
    is_withdrawn: bool


class MergePart(NamedTuple):
    """An index to merge: its data and table, and the new number of each of its records with quotes, -1 if dropped.

    `retired` says of dropped records how they left; of those that some generation had, tombstones of the quotes remain.
    """

    data: bytes
    table: Mapping[str, Any]
    renumbered: Sequence[int]
    retired: Mapping[int, Retirement]


class Draft(msgspec.Struct, frozen=True):
    """A segment that is not part of the index yet: its entry, its file, and its records as they were given."""

    entry: SegmentEntry
    data: bytes
    records: tuple[Record, ...]


def seal(segment_id: str, index: SegmentIndex, records: Sequence[Record]) -> Draft:
    """Return the segment with the engine's index of the records' quotes, followed by their ledger.

    Raises `ValueError` if the quotes of the index differ from those of the records.
    """
    order = ledgers.places(records)
    counts, sums = list(map(int, index.counts)), list(map(int, index.ids))
    quotes = [record.quotes for record in records]
    if counts != [quotes[place] for place in order if quotes[place]]:
        raise ValueError(f"the index of segment {segment_id} does not match the quotes of its records")
    if len({record.key_hash for record in records}) < len(records):
        raise ValueError(f"segment {segment_id} has a record twice")
    ids = dict(zip(order, sums, strict=False))
    summed = [replace(record, ids=ids.get(place, 0)) for place, record in enumerate(records)]
    data, entry = _file(segment_id, index, ledgers.pack(summed, order), counts, sums)
    return Draft(entry, data, tuple(summed))


def seal_merged(segment_id: str, index: SegmentIndex, ledger: bytes) -> tuple[SegmentEntry, bytes]:
    """Return the entry and the file of a merged segment, given its merged index and its merged ledger.

    Raises `Damaged` if the engine has lost or invented a quote in the merge.
    """
    rows = [(quotes, ids) for _, quotes, ids, _ in Ledger(ledger).rows() if quotes]
    counts, sums = list(map(int, index.counts)), list(map(int, index.ids))
    if rows != list(zip(counts, sums, strict=True)):
        raise Damaged(f"the quotes of the merged segment {segment_id} do not match its ledger")
    data, entry = _file(segment_id, index, ledger, counts, sums)
    return entry, data


def _file(
    segment_id: str, index: SegmentIndex, ledger: bytes, counts: Sequence[int], sums: Sequence[int]
) -> tuple[bytes, SegmentEntry]:
    """Return a segment's file and entry; `counts` and `sums` are those of the index."""
    body = index.data + ledger
    pages = page_table.build(body)
    data = pages + body
    entry = SegmentEntry(
        id=segment_id,
        size=len(data),
        sha256=sha256(data),
        index_start=len(pages),
        pages_sha256=sha256(pages),
        ledger_start=len(pages) + len(index.data),
        ledger_sha256=sha256(ledger),
        quotes=sum(counts),
        quoted=len(counts),
        ids=sum(sums) % SUMS,
        table=dict(index.table),
        tombstones=index.tombstones,
    )
    return data, entry


def write(store: Store, entry: SegmentEntry, data: bytes) -> None:
    """Write a segment's file. Its name is fresh, so an existing object is our own write after a lost response.

    An object exists completely or not at all, so comparing its page table is enough to recognise it.
    """
    try:
        store.create(key(entry), data)
    except Conflict as error:
        try:
            table = store.get_range(key(entry), 0, entry.index_start)
        except NotFound:  # S3 may answer 409 although no write took place
            raise Unavailable(f"segment {entry.id} could not be written: {error}") from error
        _verify(entry, "page table", table, entry.pages_sha256)


def read_verified(store: Store, segment: SegmentEntry) -> tuple[bytes, Ledger]:
    """Read and verify a whole segment file; return its index and its ledger. Raises `Damaged`."""
    try:
        data = store.get(key(segment)).data
    except NotFound:
        raise missing_segment(segment) from None
    _verify(segment, "file", data, segment.sha256)
    ledger = Ledger(data[segment.ledger_start :])
    if ledger.quoted != segment.quoted:
        raise Damaged(
            f"{ledger.quoted} records of segment {segment.id} have quotes, the manifest says {segment.quoted}"
        )
    return data[segment.index_start : segment.ledger_start], ledger


def read_ledger(store: Store, segment: SegmentEntry) -> Ledger:
    """Return the ledger of a segment without reading its index; raises `Damaged`."""
    return next(read_ledgers(store, [segment]))


def read_ledgers(store: Store, entries: Sequence[SegmentEntry]) -> Iterator[Ledger]:
    """Yield the ledger of each segment, as `read_ledger` does, in one round trip."""
    parts = store.get_ranges([Range(key(s), s.ledger_start, s.size) for s in entries])
    for segment in entries:
        try:
            data = next(parts)
        except NotFound:
            raise missing_segment(segment) from None
        _verify(segment, "ledger", data, segment.ledger_sha256)
        yield Ledger(data)


def key(segment: SegmentEntry) -> str:
    """Return the name of a segment's file in the store."""
    return PREFIX + segment.id


def missing_segment(segment: SegmentEntry) -> Gone:
    """Return the error for a missing segment."""
    return Gone(f"segment {segment.id} is gone, but the manifest names it")


def _verify(segment: SegmentEntry, part: str, data: bytes, expected: str) -> None:
    actual = sha256(data)
    if actual != expected:
        raise Damaged(
            f"the {part} of segment {segment.id} has sha256 {actual[:12]}…, the manifest says {expected[:12]}…"
        )
