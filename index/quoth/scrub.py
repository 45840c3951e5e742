"""Scrub: every object that a generation is made of, read whole and checked from end to end.

A search verifies what it touches. What nobody asks for may be damaged as well, and go unnoticed until no copy is left
to restore it from; so once in a while all of it is looked at: the bytes, by size and hash; the books, by counts and by
the sum of the quotes' ids, which neither order nor segments change; and what the engine made of the quotes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

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
    """What is wrong with an object, in one sentence."""

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class ScrubReport:
    """What was looked at, and what is wrong with it.

    `generation` is the newest one (0 when there is none, or none that can be read), `quotes` how many can be found in
    it, `ids` the sum of their ids' hashes modulo 2^64. `generations` counts it and the past ones, `objects` and
    `bytes` what was read. `unreachable` counts the segments and copies that no generation needs: the collector's
    business, and no fault.
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
    """A record in a ledger: the hash of its key, its quotes, the sum of their ids' hashes."""

    hash: bytes
    quotes: int
    ids: int


class _Books(NamedTuple):
    """What is kept of a segment that was read: the hashes of its records' keys, by number; so many have quotes."""

    hashes: bytes
    quoted: int


# A generation, and the object that says so.
_Generation = tuple[str, Manifest]


class _Reads:
    """A store's objects, read one by one and counted; `done` is called after each."""

    def __init__(self, store: Store, done: Callable[[], object]) -> None:
        self.store = store
        self.objects = self.bytes = 0
        self._done = done

    def get(self, key: str) -> bytes | None:
        """Return an object; `None` when it is not there."""
        try:
            data = self.store.get(key).data
        except NotFound:
            return None
        self.objects += 1
        self.bytes += len(data)
        self._done()
        return data


def scrub(store: Store, done: Callable[[], object] = lambda: None, *, history: bool = True) -> ScrubReport:
    """Check all that the newest generation is made of, and with `history` every past one that is kept.

    Memory holds one segment at a time, and 16 bytes for each record. `done` is called for each object that was read.
    What is wrong is told, never raised; `Unavailable` and `Refused` are raised.
    """
    reads, findings = _Reads(store, done), list[Finding]()
    # List before reading the manifest: what is committed in between is then in the manifest, and is no garbage.
    listed = store.list(segments.PREFIX).entries if history else ()
    past = store.list(histories.PREFIX).entries
    copies = histories.copies(past)
    newest = _newest(reads, copies, findings)
    generations = [*_past(reads, copies if history else (), findings), *newest]
    books = dict[str, _Books]()
    for name, named in _by_segment(generations).items():
        data = reads.get(segments.PREFIX + name)
        if data is None:
            findings += _missing(store, name, named)
        else:
            found = _check_segment(data, named)
            findings += found
            if not found:
                books[name] = _books(data, named[0][1])
    findings += _twice(generations, books)
    needed = {segments.key(entry) for _, manifest in generations for entry in manifest.segments}
    manifest = newest[0][1] if newest else Manifest()
    return ScrubReport(
        generation=manifest.generation,
        quotes=manifest.quotes,
        ids=manifest.ids,
        generations=len(generations),
        objects=reads.objects,
        bytes=reads.bytes,
        unreachable=sum(e.key not in needed for e in listed) + (len(past) - len(copies) if history else 0),
        findings=tuple(findings),
    )


# ------------------------------------------------------------------------------------------------ the generations


def _newest(reads: _Reads, copies: Sequence[ManifestCopy], findings: list[Finding]) -> list[_Generation]:
    """Return the newest generation, if there is one that can be read.

    A copy is made before its generation is replaced: one that was listed before is of this generation or an older one.
    """
    data, last = reads.get(snapshot.KEY), copies[-1].generation if copies else 0
    if data is None:
        if copies:
            findings.append(Finding(snapshot.KEY, f"it is gone, generation {last} was there"))
        return []
    try:
        manifest = manifests.from_bytes(data)
    except Damaged as error:
        findings.append(Finding(snapshot.KEY, str(error)))
        return []
    if manifest.generation < last:
        went_back = f"it went back to generation {manifest.generation}, generation {last} was there"
        findings.append(Finding(snapshot.KEY, went_back))
    return [(snapshot.KEY, manifest)]


def _past(reads: _Reads, copies: Iterable[ManifestCopy], findings: list[Finding]) -> Iterator[_Generation]:
    for copy in copies:
        data = reads.get(copy.key)
        if data is None:  # a collector was here
            continue
        try:
            manifest = manifests.from_bytes(data)
        except Damaged as error:
            findings.append(Finding(copy.key, str(error)))
            continue
        if manifest.generation != copy.generation:
            findings.append(Finding(copy.key, f"it is a copy of generation {manifest.generation}"))
        yield copy.key, manifest


def _by_segment(generations: Iterable[_Generation]) -> Mapping[str, list[tuple[str, SegmentEntry]]]:
    """Return the entries of each segment, with the object that each is in; of equal ones the first."""
    named = dict[str, list[tuple[str, SegmentEntry]]]()
    for key, manifest in generations:
        for entry in manifest.segments:
            known = named.setdefault(entry.id, [])
            if all(entry != other for _, other in known):
                known.append((key, entry))
    return named


def _missing(store: Store, name: str, named: Sequence[tuple[str, SegmentEntry]]) -> Iterator[Finding]:
    """Say that a segment is gone, unless nothing needs it any more: scrubbing takes long, and a collector may run."""
    for key, _ in named:
        try:
            is_needed = manifests.from_bytes(store.get(key).data).holds(name)
        except (NotFound, Damaged):
            continue
        if is_needed:
            yield Finding(segments.PREFIX + name, f"it is gone, {key} names it")
            return


# --------------------------------------------------------------------------------------------------- the segments


def _check_segment(data: bytes, named: Sequence[tuple[str, SegmentEntry]]) -> list[Finding]:
    """Return what is wrong with a segment's file, or with what manifests say of it."""
    findings, checked = list[Finding](), list[tuple[SegmentEntry, list[_Row] | None]]()
    for key, entry in named:
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
    """Yield what is wrong with a file; nothing in it is interpreted that its hashes do not vouch for."""
    if len(data) != entry.size:
        yield f"it has {len(data)} bytes, the manifest says {entry.size}"
        return
    if (found := sha256(data)) != entry.sha256:
        yield f"it has sha256 {found[:12]}…, the manifest says {entry.sha256[:12]}…"
        return
    pages, paged = data[: entry.index_start], data[entry.index_start :]
    if sha256(pages) != entry.pages_sha256:
        yield "its page table is not what the manifest vouches for"
    if page_table.build(paged) != pages:
        yield "its pages are not what its page table says"
    del pages, paged
    if sha256(data[entry.ledger_start :]) != entry.ledger_sha256:
        yield "its ledger is not what the manifest vouches for"
        return
    rows = _rows(data, entry)
    yield from _ledger_faults(entry, rows)
    yield from _index_faults(data[entry.index_start : entry.ledger_start], entry, rows)


def _ledger_faults(entry: SegmentEntry, rows: Sequence[_Row]) -> Iterator[str]:
    if not all((not a.quotes, a.hash) < (not b.quotes, b.hash) for a, b in pairwise(rows)):
        yield "the records of its ledger are not in order"
    if len({row.hash for row in rows}) < len(rows):
        yield "its ledger has a record twice"
    found, said = _told([row for row in rows if row.quotes]), _counts(entry.quotes, entry.quoted, entry.ids)
    if found != said:
        yield f"its ledger has {found}, the manifest says {said}"


def _index_faults(index: bytes, entry: SegmentEntry, rows: Sequence[_Row]) -> Iterator[str]:
    if not entry.quoted:
        if index or entry.table:
            yield "it has an index of no quotes"
        return
    try:
        checked = segment.check(index, entry.table)
    except Damaged as error:
        yield str(error)
        return
    found = [_Row(b"", *map(int, sums)) for sums in zip(checked.counts, checked.ids, strict=True)]
    said = [row._replace(hash=b"") for row in rows if row.quotes]
    if found != said:
        wrong = next(
            (n for n, (a, b) in enumerate(zip(found, said, strict=False)) if a != b), min(len(found), len(said))
        )
        yield f"its index has {_told(found)}, its ledger {_told(said)}; they differ from record {wrong} on"


def _retired_faults(entry: SegmentEntry, rows: Sequence[_Row]) -> Iterator[str]:
    found = _told([rows[number] for number in entry.retired])
    said = _counts(entry.retired_quotes, len(entry.retired), entry.retired_ids)
    if found != said:
        yield f"of segment {entry.id} it retires {said}, its ledger says {found}"


def _rows(data: bytes, entry: SegmentEntry) -> list[_Row]:
    return [_Row(*row[:3]) for row in Ledger(data[entry.ledger_start :]).rows()]


def _told(rows: Sequence[_Row]) -> str:
    return _counts(sum(row.quotes for row in rows), len(rows), sum(row.ids for row in rows) % SUMS)


def _counts(quotes: int, records: int, ids: int) -> str:
    return f"{quotes} quotes of {records} records with the sum {ids:016x}"


# ---------------------------------------------------------------------------------------------- records that stand


def _books(data: bytes, entry: SegmentEntry) -> _Books:
    return _Books(b"".join(row.hash for row in _rows(data, entry)), entry.quoted)


def _twice(generations: Sequence[_Generation], books: Mapping[str, _Books]) -> Iterator[Finding]:
    """Say which generations have a record in two segments: its quotes would be found twice.

    One pass over all ledgers, which are in order: which generations a record stands in is a set of bits.
    """
    told = 0
    for found, places in groupby(heapq.merge(*_standing(generations, books)), key=itemgetter(0)):
        seen = twice = 0
        for _, bits in places:
            twice |= seen & bits
            seen |= bits
        for place, (key, _) in enumerate(generations):
            if (twice & ~told) >> place & 1:
                yield Finding(key, f"the record {found.hex()} stands in two segments")
        told |= twice  # of each generation one is enough


def _standing(generations: Sequence[_Generation], books: Mapping[str, _Books]) -> Iterator[Iterator[tuple[bytes, int]]]:
    """Yield for each segment twice, with quotes and without, its records in order and the generations they stand in."""
    named, retired = dict.fromkeys(books, 0), {name: dict[int, int]() for name in books}
    for place, (_, manifest) in enumerate(generations):
        for entry in manifest.segments:
            if entry.id in books:
                named[entry.id] |= 1 << place
                gone = retired[entry.id]
                for number in entry.retired:
                    gone[number] = gone.get(number, 0) | 1 << place
    for name, (hashes, quoted) in books.items():
        for numbers in (range(quoted), range(quoted, len(hashes) // _HASH)):
            yield _bits(hashes, numbers, named[name], retired[name])


def _bits(hashes: bytes, numbers: range, named: int, retired: Mapping[int, int]) -> Iterator[tuple[bytes, int]]:
    for number in numbers:
        yield hashes[number * _HASH : (number + 1) * _HASH], named & ~retired.get(number, 0)
