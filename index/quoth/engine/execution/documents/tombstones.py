"""Tombstones of a generation: what it still knows of quotes that are no longer in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from quoth.engine.segment.reader import SegmentReader
from quoth.storage.segments import Retirement


class Tombstone(NamedTuple):
    """The end of one quote: the first generation without it, and why; `article` and `wording` are its keys."""

    since: int
    is_withdrawn: bool
    article: int
    wording: int


def find(segments: Iterable[tuple[SegmentReader, Mapping[int, Retirement]]], quote: int) -> Tombstone | None:
    """Return the latest tombstone of a quote, given by its key; `None` if no generation had it.

    Each segment comes with its retired records. Until a merge drops them, their quotes are still in the file.
    """
    ends = [
        end for reader, retired in segments for end in (*_dropped(reader, quote), *_retired(reader, retired, quote))
    ]
    return max(ends, default=None)


def _dropped(reader: SegmentReader, quote: int) -> Iterator[Tombstone]:
    found = reader.tombstone(quote)
    if found is not None:
        article, wording, since, withdrawn = found
        yield Tombstone(since, bool(withdrawn), article, wording)


def _retired(reader: SegmentReader, retired: Mapping[int, Retirement], quote: int) -> Iterator[Tombstone]:
    if not retired:
        return
    for doc in (reader.array("id") == quote).nonzero()[0].tolist():
        end = retired.get(int(reader.records()[doc]))
        if end is not None and end.since:
            yield Tombstone(*end, *(int(reader.array(name)[doc]) for name in ("article", "wording")))
