"""Segments are written: of quotes, or of other segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quoth.engine.segment import layout
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.unsound import as_damage
from quoth.engine.segment.writing.arrays import SegmentArrays, write
from quoth.engine.segment.writing.inversion import runs
from quoth.engine.segment.writing.merging import merged
from quoth.quote import Quote
from quoth.storage.files.segment_file import InMemoryFile


@dataclass(frozen=True, slots=True)
class BuiltSegment:
    """A segment's file, its table (what the manifest carries, so that a reader needs no trip for it), its records.

    Of each record, in the order of their numbers: `counts` its quotes in this segment (i8), `ids` the sum of their
    ids' `columns.key`, modulo 2^64 (u8).
    """

    data: bytes
    table: dict[str, Any]
    # The file says these as well: where it is equal, so are they.
    counts: Array = field(compare=False)
    ids: Array = field(compare=False)


def build(quotes: Iterable[tuple[str, Quote]]) -> BuiltSegment:
    """Return the segment of quotes, each with the key of the record it belongs to.

    A record's number is its place among those of the segment, in the order of the `fingerprint` of their keys. Memory
    holds the quotes of one run unsorted, and the finished runs as they are written; several are merged. No quotes make
    no file.
    """
    written, records = list[BuiltSegment](), list[list[bytes]]()
    for segment, fingerprints in runs(quotes):
        written.append(_written(segment))
        records.append(fingerprints)
    if len(written) == 1:
        return written[0]
    place = {fingerprint: number for number, fingerprint in enumerate(sorted(set().union(*records)))}
    return merge(
        [
            (one.data, one.table, [place[fingerprint] for fingerprint in fingerprints])
            for one, fingerprints in zip(written, records, strict=True)
        ]
    )


def merge(parts: Sequence[tuple[bytes, Mapping[str, Any], Sequence[int] | Array]]) -> BuiltSegment:
    """Return the segment of the documents of some segments whose records stay.

    Each part is a segment's file, its table, and what becomes of its records: by number, the number of each in the
    merged segment, or -1 for one whose quotes are left out. Documents of one date stand in the order of the parts.
    When nothing is left there is no file. Raises `Damaged`, and `ValueError` when the new numbers are not all those
    from 0 to the highest.
    """
    renumber = [np.asarray(numbers, np.int64) for _, _, numbers in parts]
    if all((numbers < 0).all() for numbers in renumber):
        return BuiltSegment(b"", {}, np.empty(0, "i8"), np.empty(0, "u8"))
    _check_gaps(np.unique(np.concatenate(renumber)))
    with as_damage(lambda: "a segment that is merged"):
        readers = [SegmentReader(InMemoryFile(data), layout.from_json(table)) for data, table, _ in parts]
        return _written(merged(readers, renumber))


def _check_gaps(numbers: Array) -> None:
    """Raise `ValueError` unless the numbers from 0 up are all there are, beside -1."""
    kept = numbers[numbers >= 0]
    if (is_off := kept != np.arange(len(kept))).any():
        raise ValueError(f"no quote has record {is_off.argmax()} of {kept[-1] + 1} in the merged segment")


def _written(segment: SegmentArrays) -> BuiltSegment:
    data = write(segment)
    counts = np.bincount(segment.records)
    ids = np.zeros(len(counts), "u8")
    np.add.at(ids, segment.records, segment.keys["id"])
    return BuiltSegment(data, layout.to_json(layout.read_table(data)), counts, ids)
