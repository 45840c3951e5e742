"""What a segment is made of: one record for each article or ready-made quote that a commit brought.

A record is what is added, replaced and withdrawn as a whole. The ledger is committed in the same swap as the quotes
themselves, because it is part of the segment's file: that is what makes a second delivery harmless. It is spread
over the segments, so that the manifest does not grow with the number of articles.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from quoth.errors import Damaged
from quoth.hashes import fingerprint

Verdict = Literal["added", "replaced", "unchanged", "superseded", "clash"]

# key's hash, version, withdrawn, quotes, digest
_RECORD = struct.Struct("<16sQ?I16s")
RECORD = _RECORD.size

# A search takes as long as looking at so many records: with more keys than that, one look at each record is quicker.
SEARCH = 40


class Record(NamedTuple):
    """One article (key `a_…`) or ready-made quote (key `q_…`) at one version.

    `digest` is the fingerprint that tells two bodies apart; `quotes` is how many quotes it brought.
    """

    key: str
    version: int
    withdrawn: bool
    digest: bytes
    quotes: int

    @property
    def rank(self) -> tuple[int, bool]:
        """The order of versions; taking a version back outranks publishing it."""
        return self.version, self.withdrawn


def judge(incoming: Record, standing: Record | None) -> Verdict:
    """Say what an incoming record is beside the one that stands in the index.

    The outcome does not depend on the order of delivery: the highest rank wins.

    >>> old = Record("a_1", version=1, withdrawn=False, digest=fingerprint("x"), quotes=2)
    >>> judge(Record("a_1", version=1, withdrawn=False, digest=fingerprint("y"), quotes=2), old)
    'clash'
    """
    if standing is None:
        return "added"
    if incoming.rank > standing.rank:
        return "replaced"
    if incoming.rank < standing.rank:
        return "superseded"
    return "unchanged" if incoming.digest == standing.digest else "clash"


def pack(records: Iterable[Record]) -> bytes:
    """Return the ledger of a segment: records of 45 bytes, sorted by the hash of their key."""
    return b"".join(sorted(_RECORD.pack(_of_key(r.key), r.version, r.withdrawn, r.quotes, r.digest) for r in records))


class Ledger:
    """A packed ledger, looked up in place.

    >>> ledger = Ledger(pack([Record("a_1", 3, False, fingerprint("x"), 2)]))
    >>> ledger.find("a_1").version, ledger.find("a_2")
    (3, None)
    """

    def __init__(self, data: bytes) -> None:
        if len(data) % RECORD:
            raise Damaged(f"a ledger of {len(data)} bytes does not hold whole records of {RECORD}")
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // RECORD

    def find(self, key: str) -> Record | None:
        """Return the record of a key, if it is in this segment."""
        return self.find_all(fingerprints([key])).get(key)

    def find_all(self, wanted: Mapping[bytes, str]) -> dict[str, Record]:
        """Return the records of keys that are in this segment; `wanted` is what `fingerprints` makes of the keys."""
        if len(wanted) * SEARCH < len(self):
            places = {found: place for found in wanted if (place := self._search(found)) is not None}
        else:
            starts = range(0, len(self._data), RECORD)
            places = {found: start for start in starts if (found := self._data[start : start + 16]) in wanted}
        return {wanted[found]: self._record(wanted[found], place) for found, place in places.items()}

    def _search(self, wanted: bytes) -> int | None:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._data[middle * RECORD : middle * RECORD + 16] < wanted:
                low = middle + 1
            else:
                high = middle
        start = low * RECORD
        return start if self._data[start : start + 16] == wanted else None

    def _record(self, key: str, place: int) -> Record:
        _, version, withdrawn, quotes, digest = _RECORD.unpack_from(self._data, place)
        return Record(key, version, withdrawn, digest, quotes)


def fingerprints(keys: Iterable[str]) -> dict[bytes, str]:
    """Return the keys by the hash under which ledgers hold them: made once, for however many ledgers."""
    return {_of_key(key): key for key in keys}


# A commit asks three times: to judge what comes, to judge it beside the newest manifest, and to write it down.
_of_key = lru_cache(1 << 16)(fingerprint)
