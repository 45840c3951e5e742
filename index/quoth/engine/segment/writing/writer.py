"""Build a segment from quotes, and merge segments."""

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
    """A segment's file, its table (also in the manifest, which saves a reader one round trip), and its records.

    For each record, by number: `counts` is the count of its quotes (i8), `ids` the sum of their ids' `columns.key`,
    modulo 2^64 (u8).
    """

    data: bytes
    table: dict[str, Any]
    # Derived from the file: equal files have equal counts and sums.
    counts: Array = field(compare=False)
    ids: Array = field(compare=False)


def build(quotes: Iterable[tuple[str, Quote]]) -> BuiltSegment:
    """Build the segment of quotes, each with the key of its record.

    Records are numbered in the order of the `fingerprint` of their keys. Memory holds the quotes of one run and the
    files of the finished runs, which are merged at the end. Without quotes there is no file.
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
            (run.data, run.table, [place[fingerprint] for fingerprint in fingerprints])
            for run, fingerprints in zip(written, records, strict=True)
        ]
    )


def merge(parts: Sequence[tuple[bytes, Mapping[str, Any], Sequence[int] | Array]]) -> BuiltSegment:
    """Merge segments into one with the documents of the kept records.

    Each part is a segment's file, its table, and the new number of each of its records, or -1 to drop it. Documents
    with equal dates keep the order of the parts. If nothing is kept, there is no file. Raises `Damaged`, and
    `ValueError` if the new numbers have gaps.
    """
    renumber = [np.asarray(numbers, np.int64) for _, _, numbers in parts]
    if all((numbers < 0).all() for numbers in renumber):
        return BuiltSegment(b"", {}, np.empty(0, "i8"), np.empty(0, "u8"))
    _check_gaps(np.unique(np.concatenate(renumber)))
    with as_damage(lambda: "a segment that is merged"):
        readers = [SegmentReader(InMemoryFile(data), layout.from_json(table)) for data, table, _ in parts]
        return _written(merged(readers, renumber))


def _check_gaps(numbers: Array) -> None:
    """Raise `ValueError` unless the numbers, apart from -1, count up from 0."""
    kept = numbers[numbers >= 0]
    if (is_off := kept != np.arange(len(kept))).any():
        raise ValueError(f"no quote has record {is_off.argmax()} of {kept[-1] + 1} in the merged segment")


def _written(segment: SegmentArrays) -> BuiltSegment:
    data = write(segment)
    counts = np.bincount(segment.records)
    ids = np.zeros(len(counts), "u8")
    np.add.at(ids, segment.records, segment.keys["id"])
    return BuiltSegment(data, layout.to_json(layout.read_table(data)), counts, ids)
