"""Scrub: read every object of the kept generations completely and check it.

A search verifies only the pages it reads. Damage elsewhere can go unnoticed until no copy is left to restore from, so
a scrub checks everything now and then: the bytes, by size and hash; the ledgers, by counts and by the sum of the
quotes' ids, which depends neither on their order nor on their segments; and the engine's index of the quotes. Readers'
reports are checked for being what their keys say.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from msgspec.structs import replace

from quoth import reports
from quoth.engine import segment
from quoth.errors import Damaged, NotFound
from quoth.hashes import sha256
from quoth.storage import history as histories
from quoth.storage import manifest as manifests
from quoth.storage import segments, snapshot
from quoth.storage.files import page_table
from quoth.storage.history import ManifestCopy
from quoth.storage.ledger import SUMS, Ledger
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.stores.protocol import Store

_HASH = 16  # bytes of a key's hash in a ledger


class Finding(NamedTuple):
    """A fault of an object; `what` describes it in one sentence."""

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """The extent of a scrub, and its findings.

    `generation` is the newest one (0 if there is none, or it cannot be read), `quotes` the number of its live quotes,
    `ids` the sum of their ids' hashes modulo 2^64. `generations` counts it and the past ones; `objects` and `bytes`
    count the data read. `unreachable` counts the segments and copies that no generation needs; they are garbage for
    the collector, not a fault.
    """

    generation: int
    quotes: int
    ids: int
    generations: int
    objects: int
    bytes: int
    unreachable: int
    findings: tuple[Finding, ...]


class _Row(NamedTuple):
    """A record of a ledger: the hash of its key, the number of its quotes, the sum of their ids' hashes."""

    hash: bytes
    quotes: int
    ids: int


class _RecordHashes(NamedTuple):
    """The hashes of the record keys of a segment, by number; the first `quoted` records have quotes."""

    hashes: bytes
    quoted: int


# A generation, with the key of the object that stores it.
_Generation = tuple[str, Manifest]


class _CountingReader:
    """Reads objects of a store and counts them; `done` is called after each."""

    def __init__(self, store: Store, done: Callable[[], object]) -> None:
        self.store = store
        self.objects = self.bytes = 0
        self._done = done

    def get(self, key: str) -> bytes | None:
        """Return an object; `None` if it does not exist."""
        try:
            data = self.store.get(key).data
        except NotFound:
            return None
        self.objects += 1
        self.bytes += len(data)
        self._done()
        return data


def scrub(store: Store, done: Callable[[], object] = lambda: None, *, history: bool = True) -> ScrubReport:
    """Check all objects of the newest generation and, with `history`, of every kept past one, tagged ones among them.

    Memory holds one segment at a time, and 16 bytes for each record. `done` is called for each object read. Faults are
    reported as findings, not raised; `Unavailable` and `Refused` are raised.
    """
    reader, findings = _CountingReader(store, done), list[Finding]()
    # List before reading the manifest: a segment committed in between is then in the manifest, so it does not count as
    # garbage.
    listed = store.list(segments.PREFIX).entries if history else ()
    past = store.list(histories.PREFIX).entries
    copies = histories.copies(past)
    newest = _newest(reader, copies, findings)
    tagged = _tagged(reader, findings) if history else ()
    generations = [*_past(reader, copies if history else (), findings), *tagged, *newest]
    record_hashes = dict[str, _RecordHashes]()
    for name, entries in _by_segment(generations).items():
        data = reader.get(segments.PREFIX + name)
        if data is None:
            findings += _missing(store, name, entries)
        else:
            faults = _check_segment(data, entries)
            findings += faults
            if not faults:
                record_hashes[name] = _record_hashes(data, entries[0][1])
    findings += _duplicates(generations, record_hashes)
    findings += _report_faults(reader) if history else ()
    needed = {segments.key(entry) for _, manifest in generations for entry in manifest.segments}
    manifest = newest[0][1] if newest else Manifest()
    return ScrubReport(
        generation=manifest.generation,
        quotes=manifest.quotes,
        ids=manifest.ids,
        generations=len(generations),
        objects=reader.objects,
        bytes=reader.bytes,
        unreachable=sum(e.key not in needed for e in listed) + (len(past) - len(copies) if history else 0),
        findings=tuple(findings),
    )


# ------------------------------------------------------------------------------------------------ the generations


def _newest(reader: _CountingReader, copies: Sequence[ManifestCopy], findings: list[Finding]) -> list[_Generation]:
    """Return the newest generation, if it exists and can be read.

    A copy is made before its generation is replaced. So a copy that was listed before the manifest is read has this
    generation or an older one.
    """
    data, last = reader.get(snapshot.KEY), copies[-1].generation if copies else 0
    if data is None:
        if copies:
            findings.append(Finding(snapshot.KEY, f"it is gone, but generation {last} existed"))
        return []
    try:
        manifest = manifests.from_bytes(data)
    except Damaged as error:
        findings.append(Finding(snapshot.KEY, str(error)))
        return []
    if manifest.generation < last:
        went_back = f"it went back to generation {manifest.generation}, but generation {last} existed"
        findings.append(Finding(snapshot.KEY, went_back))
    return [(snapshot.KEY, manifest)]


def _past(reader: _CountingReader, copies: Iterable[ManifestCopy], findings: list[Finding]) -> Iterator[_Generation]:
    for copy in copies:
        data = reader.get(copy.key)
        if data is None:  # a collector has deleted it
            continue
        try:
            manifest = manifests.from_bytes(data)
        except Damaged as error:
            findings.append(Finding(copy.key, str(error)))
            continue
        if manifest.generation != copy.generation:
            findings.append(Finding(copy.key, f"it is a copy of generation {manifest.generation}"))
        yield copy.key, manifest


def _tagged(reader: _CountingReader, findings: list[Finding]) -> Iterator[_Generation]:
    for entry in reader.store.list(histories.TAGS).entries:
        data = reader.get(entry.key)
        if data is None:  # deleted since
            continue
        try:
            tag = histories.tag_of(entry.key, data)
        except Damaged as error:
            findings.append(Finding(entry.key, str(error)))
            continue
        if tag.manifest is not None and not tag.is_unfinished:
            yield entry.key, tag.manifest


def _by_segment(generations: Iterable[_Generation]) -> Mapping[str, list[tuple[str, SegmentEntry]]]:
    """Return the distinct entries of each segment, each with the key of the first manifest that has it."""
    by_segment = dict[str, list[tuple[str, SegmentEntry]]]()
    for key, manifest in generations:
        for entry in manifest.segments:
            entries = by_segment.setdefault(entry.id, [])
            if all(entry != other for _, other in entries):
                entries.append((key, entry))
    return by_segment


def _missing(store: Store, name: str, entries: Sequence[tuple[str, SegmentEntry]]) -> Iterator[Finding]:
    """Report a missing segment, unless no generation needs it any more: a collector may run during a long scrub."""
    for key, _ in entries:
        try:
            is_needed = manifests.from_bytes(store.get(key).data).holds(name)
        except (NotFound, Damaged):
            continue
        if is_needed:
            yield Finding(segments.PREFIX + name, f"it is gone, but {key} names it")
            return


# --------------------------------------------------------------------------------------------------- the segments


def _check_segment(data: bytes, entries: Sequence[tuple[str, SegmentEntry]]) -> list[Finding]:
    """Return the faults of a segment's file and of its entries in manifests."""
    findings, checked = list[Finding](), list[tuple[SegmentEntry, list[_Row] | None]]()
    for key, entry in entries:
        bare = replace(entry, retired=(), retired_quotes=0, retired_ids=0)
        if all(bare != other for other, _ in checked):
            faults = list(_faults(data, bare))
            findings += [Finding(segments.key(entry), what) for what in faults]
            checked.append((bare, None if faults else _rows(data, entry)))
        rows = next(rows for other, rows in checked if other == bare)
        if rows is not None:
            findings += [Finding(key, what) for what in _retired_faults(entry, rows)]
    return findings


def _faults(data: bytes, entry: SegmentEntry) -> Iterator[str]:
    """Yield the faults of a file; no part is interpreted before its hash is verified."""
    if len(data) != entry.size:
        yield f"it has {len(data)} bytes, the manifest says {entry.size}"
        return
    if (actual := sha256(data)) != entry.sha256:
        yield f"it has sha256 {actual[:12]}…, the manifest says {entry.sha256[:12]}…"
        return
    pages, paged = data[: entry.index_start], data[entry.index_start :]
    if sha256(pages) != entry.pages_sha256:
        yield "its page table does not match the manifest"
    if page_table.build(paged, page_table.page_size(len(pages), len(paged))) != pages:
        yield "its pages do not match its page table"
    del pages, paged
    if sha256(data[entry.ledger_start :]) != entry.ledger_sha256:
        yield "its ledger does not match the manifest"
        return
    rows = _rows(data, entry)
    yield from _ledger_faults(entry, rows)
    yield from _index_faults(data[entry.index_start : entry.ledger_start], entry, rows)


def _ledger_faults(entry: SegmentEntry, rows: Sequence[_Row]) -> Iterator[str]:
    if not all((not a.quotes, a.hash) < (not b.quotes, b.hash) for a, b in pairwise(rows)):
        yield "the records of its ledger are not in order"
    if len({row.hash for row in rows}) < len(rows):
        yield "its ledger has a record twice"
    actual, expected = _totals([row for row in rows if row.quotes]), _describe(entry.quotes, entry.quoted, entry.ids)
    if actual != expected:
        yield f"its ledger has {actual}, the manifest says {expected}"


def _index_faults(index: bytes, entry: SegmentEntry, rows: Sequence[_Row]) -> Iterator[str]:
    if not (entry.quoted or entry.tombstones):
        if index or entry.table:
            yield "it has an index but no quotes"
        return
    try:
        checked = segment.check(index, entry.table)
    except Damaged as error:
        yield str(error)
        return
    actual = [_Row(b"", *map(int, sums)) for sums in zip(checked.counts, checked.ids, strict=True)]
    expected = [row._replace(hash=b"") for row in rows if row.quotes]
    if actual != expected:
        first_difference = next(
            (n for n, (a, b) in enumerate(zip(actual, expected, strict=False)) if a != b),
            min(len(actual), len(expected)),
        )
        yield (
            f"its index has {_totals(actual)}, its ledger has {_totals(expected)}; "
            f"they first differ at record {first_difference}"
        )


def _retired_faults(entry: SegmentEntry, rows: Sequence[_Row]) -> Iterator[str]:
    expected = _totals([rows[number] for number in entry.retired])
    actual = _describe(entry.retired_quotes, len(entry.retired), entry.retired_ids)
    if actual != expected:
        yield f"it retires {actual} in segment {entry.id}, the ledger there says {expected}"


def _rows(data: bytes, entry: SegmentEntry) -> list[_Row]:
    return [_Row(*row[:3]) for row in Ledger(data[entry.ledger_start :]).rows()]


def _totals(rows: Sequence[_Row]) -> str:
    return _describe(sum(row.quotes for row in rows), len(rows), sum(row.ids for row in rows) % SUMS)


def _describe(quotes: int, records: int, ids: int) -> str:
    return f"{quotes} quotes of {records} records with the sum {ids:016x}"


def _report_faults(reader: _CountingReader) -> Iterator[Finding]:
    for entry in reader.store.list(reports.PREFIX).entries:
        data = reader.get(entry.key)
        if data is None:  # dismissed since
            continue
        try:
            reports.read(entry.key, data)
        except Damaged as error:
            yield Finding(entry.key, str(error))


# ------------------------------------------------------------------------------------------------------ duplicates


def _record_hashes(data: bytes, entry: SegmentEntry) -> _RecordHashes:
    return _RecordHashes(b"".join(row.hash for row in _rows(data, entry)), entry.quoted)


def _duplicates(generations: Sequence[_Generation], record_hashes: Mapping[str, _RecordHashes]) -> Iterator[Finding]:
    """Report the generations that have a record in two segments: a search would return its quotes twice.

    One pass merges all ledgers, which are sorted. A bit set says which generations contain a record.
    """
    reported = 0
    for record_hash, occurrences in groupby(heapq.merge(*_live_records(generations, record_hashes)), key=itemgetter(0)):
        seen = twice = 0
        for _, bits in occurrences:
            twice |= seen & bits
            seen |= bits
        for position, (key, _) in enumerate(generations):
            if (twice & ~reported) >> position & 1:
                yield Finding(key, f"the record {record_hash.hex()} is in two segments")
        reported |= twice  # one finding for each generation is enough


def _live_records(
    generations: Sequence[_Generation], record_hashes: Mapping[str, _RecordHashes]
) -> Iterator[Iterator[tuple[bytes, int]]]:
    """Yield two sorted streams for each segment, records with quotes and without: (hash, generations that contain it).

    The generations are a bit set.
    """
    containing, retired = dict.fromkeys(record_hashes, 0), {name: dict[int, int]() for name in record_hashes}
    for position, (_, manifest) in enumerate(generations):
        for entry in manifest.segments:
            if entry.id in record_hashes:
                containing[entry.id] |= 1 << position
                retiring = retired[entry.id]
                for number in entry.retired:
                    retiring[number] = retiring.get(number, 0) | 1 << position
    for name, (hashes, quoted) in record_hashes.items():
        for numbers in (range(quoted), range(quoted, len(hashes) // _HASH)):
            yield _with_generations(hashes, numbers, containing[name], retired[name])


def _with_generations(
    hashes: bytes, numbers: range, containing: int, retired: Mapping[int, int]
) -> Iterator[tuple[bytes, int]]:
    for number in numbers:
        yield hashes[number * _HASH : (number + 1) * _HASH], containing & ~retired.get(number, 0)
