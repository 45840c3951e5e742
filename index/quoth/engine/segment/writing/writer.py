"""Build a segment from quotes, and merge segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from quoth.engine.segment import layout
from quoth.engine.segment.columns import TombstoneColumns
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.unsound import as_damage
from quoth.engine.segment.writing.arrays import SegmentArrays, write, write_tombstones
from quoth.engine.segment.writing.inversion import Entry, runs
from quoth.engine.segment.writing.merging import merged
from quoth.engine.segment.writing.tombstones import gather
from quoth.storage.files.segment_file import InMemoryFile
from quoth.storage.segments import MergePart


@dataclass(frozen=True, slots=True)
class BuiltSegment:
    """A segment's file, its table (also in the manifest, which saves a reader one round trip), and its records.

    For each record, by number: `counts` is the count of its quotes (i8), `ids` the sum of their ids' `columns.key`,
    modulo 2^64 (u8). `tombstones` counts the quotes that it only remembers.
    """

    data: bytes
    table: dict[str, Any]
    # Derived from the file: equal files have equal counts and sums.
    counts: Array = field(compare=False)
    ids: Array = field(compare=False)
    tombstones: int = 0


def build(quotes: Iterable[Entry], indexed: int | None = None) -> BuiltSegment:
    """Build the segment of quotes, each with the key of its record, and of the words about it if they are known.

    Records are numbered in the order of the `fingerprint` of their keys. Memory holds the quotes of one run and the
    files of the finished runs, which are merged at the end. Without quotes there is no file. `indexed` is the time of
    indexing, in seconds since 1970.
    """
    written, records = list[BuiltSegment](), list[list[bytes]]()
    for segment, fingerprints in runs(quotes, indexed):
        written.append(_written(segment))
        records.append(fingerprints)
    if len(written) == 1:
        return written[0]
    place = {fingerprint: number for number, fingerprint in enumerate(sorted(set().union(*records)))}
    return merge(
        [
            MergePart(run.data, run.table, [place[fingerprint] for fingerprint in fingerprints], {})
            for run, fingerprints in zip(written, records, strict=True)
        ]
    )


def merge(parts: Sequence[MergePart]) -> BuiltSegment:
    """Merge segments into one with the documents of the kept records, and tombstones of the dropped ones.

    Documents with equal dates keep the order of the parts. If nothing is left, there is no file. Raises `Damaged`, and
    `ValueError` if the new numbers have gaps.
    """
    renumber = [np.asarray(part.renumbered, np.int64) for part in parts]
    if parts:
        _check_gaps(np.unique(np.concatenate(renumber)))
    with as_damage(lambda: "a segment that is merged"):
        readers = [SegmentReader(InMemoryFile(part.data), layout.from_json(part.table)) for part in parts]
        columns = gather(readers, renumber, [part.retired for part in parts]) if parts else None
        tombstones = columns if columns is not None and len(columns.id) else None
        kept = [(reader, new) for reader, new in zip(readers, renumber, strict=True) if (new >= 0).any()]
        if kept:
            return _written(replace(merged(*zip(*kept, strict=True)), tombstones=tombstones))
        data = b"" if tombstones is None else write_tombstones(tombstones)
        return _described(data, np.empty(0, "i8"), np.empty(0, "u8"), tombstones)


def _check_gaps(numbers: Array) -> None:
    """Raise `ValueError` unless the numbers, apart from -1, count up from 0."""
    kept = numbers[numbers >= 0]
    if (is_off := kept != np.arange(len(kept))).any():
        raise ValueError(f"no quote has record {is_off.argmax()} of {kept[-1] + 1} in the merged segment")


def _written(segment: SegmentArrays) -> BuiltSegment:
    counts = np.bincount(segment.records)
    ids = np.zeros(len(counts), "u8")
    np.add.at(ids, segment.records, segment.keys["id"])
    return _described(write(segment), counts, ids, segment.tombstones)


def _described(data: bytes, counts: Array, ids: Array, tombstones: TombstoneColumns | None) -> BuiltSegment:
    table = layout.to_json(layout.read_table(data)) if data else {}
    return BuiltSegment(data, table, counts, ids, 0 if tombstones is None else len(tombstones.id))
