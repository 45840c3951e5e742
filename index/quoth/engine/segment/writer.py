"""Segments are written: of quotes, or of other segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from quoth.engine.segment import layout
from quoth.engine.segment.arrays import Segment, write
from quoth.engine.segment.inversion import runs
from quoth.engine.segment.layout import Array
from quoth.engine.segment.merging import merged
from quoth.engine.segment.reader import Reader
from quoth.quote import Quote
from quoth.storage.file import Whole


@dataclass(frozen=True, slots=True)
class Built:
    """A segment's file, and its table: what the manifest carries, so that a reader needs no trip for it."""

    data: bytes
    table: dict[str, Any]


def build(quotes: Iterable[tuple[str, Quote]]) -> Built:
    """Return the segment of quotes, each with the key of the record it belongs to.

    Memory holds the quotes of one run unsorted, and the finished runs as they are written; several are merged. No
    quotes make no file.
    """
    written = [_written(run) for run in runs(quotes)]
    if not written:
        return Built(b"", {})
    return written[0] if len(written) == 1 else merge([(one, None) for one in written])


def merge(segments: Sequence[tuple[Built, Array | None]]) -> Built:
    """Return the segment of the documents of some segments without those that a mask says are gone.

    Raises `Damaged`. When nothing is left there is no file.
    """
    if all(gone is not None and gone.all() for _, gone in segments):
        return Built(b"", {})
    readers = [Reader(Whole(one.data), layout.from_json(one.table)) for one, _ in segments]
    return _written(merged(readers, [gone for _, gone in segments]))


def _written(segment: Segment) -> Built:
    data = write(segment)
    return Built(data, layout.to_json(layout.read_table(data)))
