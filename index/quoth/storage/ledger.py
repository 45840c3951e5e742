"""The ledger of a segment: one record for each article or ready-made quote in its commit.

A record is added, replaced and withdrawn as a whole. The ledger is part of the segment's file, so one swap commits it
together with the quotes; this makes a second delivery harmless. Each segment has its own ledger, so the manifest does
not grow with the number of articles.

A record's number is its position in its segment's ledger: records with quotes first, then the others, each group in
the order of the keys' hashes. The engine numbers the records of a segment in the same order.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import force_setattr

from quoth.errors import Damaged
from quoth.hashes import fingerprint

Verdict = Literal["added", "replaced", "unchanged", "superseded", "clash"]

# key's hash, version, withdrawn, quotes, digest, sum of the quotes' ids
_RECORD = struct.Struct("<16sQ?I16sQ")
RECORD = _RECORD.size
_KEY = struct.Struct(f"16s{RECORD - 16}x")

# A binary search takes as long as scanning this many records: with enough keys, one scan of all records is faster.
SEARCH = 40

# Sums of ids are modulo this number.
SUMS = 1 << 64


class Record(Struct, frozen=True, gc=False):
    """One article (key `a_…`) or ready-made quote (key `q_…`) at one version.

    `digest` is the fingerprint that distinguishes two bodies. `quotes` is the number of its quotes, `ids` the sum of
    their ids' hashes modulo 2^64, in any order; it must not change while the quotes move from segment to segment.
    `key_hash` is the fingerprint of the key, which the ledger has in its place.
    """

    # A commit makes a hundred thousand. A named tuple takes six times as long, and the garbage collector tracks it.
    key: str
    version: int
    withdrawn: bool
    digest: bytes
    quotes: int
    ids: int = 0
    key_hash: bytes = b""  # a commit needs it four times

    def __post_init__(self) -> None:
        if not self.key_hash:
            force_setattr(self, "key_hash", fingerprint(self.key))

    @property
    def rank(self) -> tuple[int, bool]:
        """The order of versions; withdrawing a version outranks publishing it."""
        return self.version, self.withdrawn


def classify(incoming: Record, current: Record | None) -> Verdict:
    """Return the verdict on an incoming record, given the current record of the same key.

    The outcome does not depend on the order of delivery: the highest rank wins.

    >>> old = Record("a_1", version=1, withdrawn=False, digest=fingerprint("x"), quotes=2)
    >>> classify(Record("a_1", version=1, withdrawn=False, digest=fingerprint("y"), quotes=2), old)
    'clash'
    """
    if current is None:
        return "added"
    if incoming.rank > current.rank:
        return "replaced"
    if incoming.rank < current.rank:
        return "superseded"
    # A second withdrawal changes nothing, whatever its digest.
    return "unchanged" if incoming.withdrawn or incoming.digest == current.digest else "clash"


def places(records: Sequence[Record]) -> list[int]:
    """Return where each record stands among some, by number.

    Only the places are sorted: reading fifty thousand records in another order than that in which they were made takes
    three times as long.
    """
    hashes, quotes = [record.key_hash for record in records], [record.quotes for record in records]
    by_hash = sorted(range(len(records)), key=hashes.__getitem__)
    return [place for place in by_hash if quotes[place]] + [place for place in by_hash if not quotes[place]]


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records in the order of their numbers."""
    given = list(records)
    return [given[place] for place in places(given)]


def pack(records: Sequence[Record], order: Sequence[int] | None = None) -> bytes:
    """Return the packed ledger of some records; `order` has their places by number, if known."""
    rows = [_RECORD.pack(r.key_hash, r.version, r.withdrawn, r.quotes, r.digest, r.ids) for r in records]
    return b"".join([rows[place] for place in (places(records) if order is None else order)])


def identity(row: bytes) -> bytes:
    """Return the part of a packed record that does not depend on its quotes: key, version, withdrawn, and digest.

    The digest of a withdrawal decides nothing (see `classify`), so it is left out.

    >>> record = Record("a_1", 3, False, fingerprint("x"), 2)
    >>> identity(pack([record])) == identity(pack([Record("a_1", 3, False, fingerprint("x"), 5, ids=7)]))
    True
    """
    key_hash, version, withdrawn, _, digest, _ = _RECORD.unpack(row)
    return _RECORD.pack(key_hash, version, withdrawn, 0, bytes(16) if withdrawn else digest, 0)


class Ledger:
    """A packed ledger; lookups read it in place.

    >>> ledger = Ledger(pack([Record("a_1", 3, False, fingerprint("x"), 2)]))
    >>> ledger.find("a_1")[1].version, ledger.find("a_2")
    (3, None)
    """

    def __init__(self, data: bytes) -> None:
        if len(data) % RECORD:
            raise Damaged(f"a ledger of {len(data)} bytes is not a whole number of {RECORD}-byte records")
        self._data = data
        self.quoted = bisect_left(range(len(self)), True, key=lambda number: not self._row(number)[3])

    def __len__(self) -> int:
        return len(self._data) // RECORD

    def find(self, key: str) -> tuple[int, Record] | None:
        """Return the number and record of a key, or `None` if this segment does not have it."""
        return self.find_all(fingerprints([key])).get(key)

    def find_all(self, keys: Mapping[bytes, str]) -> dict[str, tuple[int, Record]]:
        """Return the numbers and records of the keys in this segment; `keys` is the result of `fingerprints`."""
        if len(keys) * SEARCH < len(self):
            numbers = {key_hash: number for key_hash in keys if (number := self._search(key_hash)) is not None}
        elif keys.keys().isdisjoint(map(itemgetter(0), _KEY.iter_unpack(self._data))):
            return {}  # as of new records, in half the time
        else:
            hashes = enumerate(_KEY.iter_unpack(self._data))
            numbers = {key_hash: number for number, (key_hash,) in hashes if key_hash in keys}
        return {keys[key_hash]: (number, self._record(keys[key_hash], number)) for key_hash, number in numbers.items()}

    def rows(self) -> Iterator[tuple[bytes, int, int, bytes]]:
        """Yield each record by number: its key's hash, its quotes, the sum of their ids, and the packed record."""
        for number in range(len(self)):
            key_hash, _, _, quotes, _, ids = self._row(number)
            yield key_hash, quotes, ids, self._data[number * RECORD : (number + 1) * RECORD]

    def _search(self, key_hash: bytes) -> int | None:
        for first, last in ((0, self.quoted), (self.quoted, len(self))):
            number = bisect_left(range(len(self)), key_hash, first, last, key=self._hash)
            if number < last and self._hash(number) == key_hash:
                return number
        return None

    def _hash(self, number: int) -> bytes:
        return self._data[number * RECORD : number * RECORD + 16]

    def _row(self, number: int) -> tuple[bytes, int, bool, int, bytes, int]:
        row: tuple[bytes, int, bool, int, bytes, int] = _RECORD.unpack_from(self._data, number * RECORD)
        return row

    def _record(self, key: str, number: int) -> Record:
        key_hash, version, withdrawn, quotes, digest, ids = self._row(number)
        return Record(key, version, withdrawn, digest, quotes, ids, key_hash)


class MergedLedger(NamedTuple):
    """A ledger merged from several: its bytes, and for each input the new number of each record, -1 if dropped."""

    ledger: bytes
    renumbered: tuple[list[int], ...]


def merge(ledgers: Sequence[Ledger], retired: Sequence[Sequence[int]]) -> MergedLedger:
    """Return the ledger of all records that are not retired; `retired` has the retired numbers of each ledger."""
    rows: list[tuple[bool, bytes, int, int, bytes]] = []
    for part, (ledger, retired_here) in enumerate(zip(ledgers, map(set, retired), strict=True)):
        kept = ((number, row) for number, row in enumerate(ledger.rows()) if number not in retired_here)
        rows += ((not quotes, key_hash, part, number, data) for number, (key_hash, quotes, _, data) in kept)
    rows.sort()
    renumbered = tuple([-1] * len(ledger) for ledger in ledgers)
    for new, (_, _, part, number, _) in enumerate(rows):
        renumbered[part][number] = new
    return MergedLedger(b"".join(data for *_, data in rows), renumbered)


def fingerprints(keys: Iterable[str]) -> dict[bytes, str]:
    """Return the keys by their hashes in ledgers, computed once for any number of ledgers."""
    return {fingerprint(key): key for key in keys}
