"""What a segment is made of: one record for each article or ready-made quote that a commit brought.

A record is what is added, replaced and withdrawn as a whole. The ledger is committed in the same swap as the quotes
themselves, because it is part of the segment's file: that is what makes a second delivery harmless. It is spread
over the segments, so that the manifest does not grow with the number of articles.

A record's number is its place in its segment's ledger: those that have quotes first, both kinds in the order of
their keys' hashes. The engine counts the records of a segment in the same order.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from msgspec import Struct

from quoth.errors import Damaged
from quoth.hashes import fingerprint

Verdict = Literal["added", "replaced", "unchanged", "superseded", "clash"]

# key's hash, version, withdrawn, quotes, digest, sum of the quotes' ids
_RECORD = struct.Struct("<16sQ?I16sQ")
RECORD = _RECORD.size
_KEY = struct.Struct(f"16s{RECORD - 16}x")

# A search takes as long as looking at so many records: with more keys than that, one look at each record is quicker.
SEARCH = 40

# Sums of ids are kept in so many bits.
SUMS = 1 << 64


class Record(Struct, frozen=True, gc=False):
    """One article (key `a_…`) or ready-made quote (key `q_…`) at one version.

    `digest` is the fingerprint that tells two bodies apart; `quotes` is how many quotes it brought, `ids` the sum of
    their ids' hashes modulo 2^64, whatever their order: what must not change while they move from segment to segment.
    """

    # A commit makes a hundred thousand. A named tuple takes six times as long, and the garbage collector looks at it.
    key: str
    version: int
    withdrawn: bool
    digest: bytes
    quotes: int
    ids: int = 0

    @property
    def rank(self) -> tuple[int, bool]:
        """The order of versions; taking a version back outranks publishing it."""
        return self.version, self.withdrawn


def classify(incoming: Record, standing: Record | None) -> Verdict:
    """Say what an incoming record is beside the one that stands in the index.

    The outcome does not depend on the order of delivery: the highest rank wins.

    >>> old = Record("a_1", version=1, withdrawn=False, digest=fingerprint("x"), quotes=2)
    >>> classify(Record("a_1", version=1, withdrawn=False, digest=fingerprint("y"), quotes=2), old)
    'clash'
    """
    if standing is None:
        return "added"
    if incoming.rank > standing.rank:
        return "replaced"
    if incoming.rank < standing.rank:
        return "superseded"
    # What is taken back twice is gone, whatever its text was said to be.
    return "unchanged" if incoming.withdrawn or incoming.digest == standing.digest else "clash"


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records in the order of their numbers."""
    return sorted(records, key=lambda record: (not record.quotes, _of_key(record.key)))


def pack(records: Iterable[Record]) -> bytes:
    """Return the ledger of records that are in the order of their numbers."""
    return b"".join(_RECORD.pack(_of_key(r.key), r.version, r.withdrawn, r.quotes, r.digest, r.ids) for r in records)


class Ledger:
    """A packed ledger, looked up in place.

    >>> ledger = Ledger(pack([Record("a_1", 3, False, fingerprint("x"), 2)]))
    >>> ledger.find("a_1")[1].version, ledger.find("a_2")
    (3, None)
    """

    def __init__(self, data: bytes) -> None:
        if len(data) % RECORD:
            raise Damaged(f"a ledger of {len(data)} bytes does not hold whole records of {RECORD}")
        self._data = data
        self.quoted = bisect_left(range(len(self)), True, key=lambda number: not self._row(number)[3])

    def __len__(self) -> int:
        return len(self._data) // RECORD

    def find(self, key: str) -> tuple[int, Record] | None:
        """Return number and record of a key, if it is in this segment."""
        return self.find_all(fingerprints([key])).get(key)

    def find_all(self, wanted: Mapping[bytes, str]) -> dict[str, tuple[int, Record]]:
        """Return numbers and records of keys that are here; `wanted` is what `fingerprints` makes of the keys."""
        if len(wanted) * SEARCH < len(self):
            places = {found: place for found in wanted if (place := self._search(found)) is not None}
        else:
            hashes = enumerate(_KEY.iter_unpack(self._data))
            places = {found: number for number, (found,) in hashes if found in wanted}
        return {wanted[found]: (number, self._record(wanted[found], number)) for found, number in places.items()}

    def rows(self) -> Iterator[tuple[bytes, int, int, bytes]]:
        """Yield the hash of the key, the quotes, the sum of their ids, and the packed record of each, by number."""
        for number in range(len(self)):
            found, _, _, quotes, _, ids = self._row(number)
            yield found, quotes, ids, self._data[number * RECORD : (number + 1) * RECORD]

    def _search(self, wanted: bytes) -> int | None:
        for first, last in ((0, self.quoted), (self.quoted, len(self))):
            number = bisect_left(range(len(self)), wanted, first, last, key=self._hash)
            if number < last and self._hash(number) == wanted:
                return number
        return None

    def _hash(self, number: int) -> bytes:
        return self._data[number * RECORD : number * RECORD + 16]

    def _row(self, number: int) -> tuple[bytes, int, bool, int, bytes, int]:
        row: tuple[bytes, int, bool, int, bytes, int] = _RECORD.unpack_from(self._data, number * RECORD)
        return row

    def _record(self, key: str, number: int) -> Record:
        _, version, withdrawn, quotes, digest, ids = self._row(number)
        return Record(key, version, withdrawn, digest, quotes, ids)


class MergedLedger(NamedTuple):
    """Ledgers become one: its bytes, and for each of them the new number of each record, -1 of those left out."""

    ledger: bytes
    renumbered: tuple[list[int], ...]


def merge(ledgers: Sequence[Ledger], retired: Sequence[Sequence[int]]) -> MergedLedger:
    """Return the ledger of the records that are not retired; `retired` has the numbers of those of each ledger."""
    rows: list[tuple[bool, bytes, int, int, bytes]] = []
    for part, (ledger, gone) in enumerate(zip(ledgers, map(set, retired), strict=True)):
        kept = ((number, row) for number, row in enumerate(ledger.rows()) if number not in gone)
        rows += ((not quotes, found, part, number, data) for number, (found, quotes, _, data) in kept)
    rows.sort()
    renumbered = tuple([-1] * len(ledger) for ledger in ledgers)
    for new, (_, _, part, number, _) in enumerate(rows):
        renumbered[part][number] = new
    return MergedLedger(b"".join(data for *_, data in rows), renumbered)


def fingerprints(keys: Iterable[str]) -> dict[bytes, str]:
    """Return the keys by the hash under which ledgers hold them: made once, for however many ledgers."""
    return {_of_key(key): key for key in keys}


# A commit asks four times: to judge what comes, to number it in the index, to judge it beside the newest manifest, and
# to write it down.
_of_key = lru_cache(1 << 16)(fingerprint)
