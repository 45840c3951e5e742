"""Merge segments by operations on their arrays, without the documents that are dropped.

The documents of all segments are sorted by date again; every posting keeps its class and its positions and gets a new
document number. Nothing is analyzed again. The result equals, byte for byte, one build of the same documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quoth.engine import schema
from quoth.engine.segment import documents
from quoth.engine.segment.columns import narrow, newest_first, widened
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.writing.arrays import (
    FieldPositions,
    FieldPostings,
    FieldScoring,
    SegmentArrays,
    TextField,
    ValueField,
)
from quoth.errors import Damaged

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def merged(readers: Sequence[SegmentReader], renumber: Sequence[Array]) -> SegmentArrays:
    """Return the merged segment of the documents whose records are kept.

    `renumber` has, for each segment, the new number of each of its records, -1 for a dropped one. Raises `Damaged`.
    """
    merge = _Merge(readers, renumber)
    return SegmentArrays(
        documents=len(merge.order),
        texts={name: merge.text(name) for name in schema.TEXTS},
        keywords={name: merge.postings(name)[0] for name in schema.KEYWORDS},
        values={name: merge.values(name) for name in schema.VALUES},
        numbers={name: narrow(merge.column([widened(r.array(name)) for r in readers])) for name in schema.NUMBERS},
        keys={name: merge.column([r.array(name) for r in readers]) for name in schema.KEYS},
        records=merge.records,
        stored=merge.stored(),
    )


class _Merge:
    """Documents are numbered through all segments; `order` has the kept ones in their new order."""

    def __init__(self, readers: Sequence[SegmentReader], renumber: Sequence[Array]) -> None:
        self._readers = readers
        self._bases = np.cumsum([0, *(reader.documents for reader in readers)])
        records = np.concatenate([_renumbered(r, new) for r, new in zip(readers, renumber, strict=True)])
        self._is_kept = records >= 0
        order = newest_first(np.concatenate([widened(reader.array("published")) for reader in readers]))
        self.order = order[self._is_kept[order]]
        self._number = np.zeros(len(order), "u8")
        self._number[self.order] = np.arange(len(self.order))
        self.records = records[self.order]

    def column(self, columns: Sequence[Array]) -> Array:
        merged: Array = np.concatenate(columns)[self.order]
        return merged

    def values(self, name: str) -> ValueField:
        by_reader = [reader.values(name) for reader in self._readers]
        known = sorted({value for values in by_reader for value in values})
        place = {value: number for number, value in enumerate(known, 1)}
        renumbered = [np.array([0, *map(place.__getitem__, values)], np.int64) for values in by_reader]
        ordinals = [r.array(f"{name}.ordinals") for r in self._readers]
        merged = self.column([new.take(old) for new, old in zip(renumbered, ordinals, strict=True)])
        used, number = _used(merged, len(known) + 1, always=0)
        return ValueField([known[value - 1] for value in used[1:]], number[merged])

    def postings(self, name: str) -> tuple[FieldPostings, Array]:
        """Return the postings of a field, and the place of each among the postings of all segments."""
        dictionaries = [reader.dictionary(f"{name}.terms") for reader in self._readers]
        known = sorted(set().union(*dictionaries))
        place = {term: number for number, term in enumerate(known)}
        keys, kept_parts = [], []
        for reader, base, terms in zip(self._readers, self._bases, dictionaries, strict=False):
            docs = reader.docs(name) + base
            term = np.fromiter(map(place.__getitem__, terms), "u8", len(terms))
            keys.append(np.repeat(term, terms.frequencies) << _HALF | self._number[docs])
            kept_parts.append(self._is_kept[docs])
        pairs, is_kept = np.concatenate(keys), np.concatenate(kept_parts)
        del keys, kept_parts  # the largest arrays of a merge: no more of them in memory than needed
        source = is_kept.nonzero()[0]
        if len(source) < len(pairs):
            pairs = pairs[source]
        order = pairs.argsort()
        pairs, source = pairs[order], source[order].astype("u4")
        del order
        frequencies = np.bincount((pairs >> _HALF).astype("u4"), minlength=len(known))
        used = np.flatnonzero(frequencies)
        return FieldPostings([known[term] for term in used], frequencies[used], (pairs & _LOW).astype("u4")), source

    def text(self, name: str) -> TextField:
        postings, source = self.postings(name)
        pairs = [r.array(f"{name}.tf").astype("i8") << 8 | r.array(f"{name}.length") for r in self._readers]
        known = np.unique(np.concatenate(pairs))
        codes = [r.codes(name) for r in self._readers]
        classes = np.concatenate([known.searchsorted(p).take(c) for p, c in zip(pairs, codes, strict=True)])[source]
        used, number = _used(classes, len(known))
        scoring = FieldScoring(number.astype("u4")[classes], known[used] >> 8, known[used] & 255)
        positions = self._positions(name, source) if name in schema.POSITIONS else None
        return TextField(postings, scoring, positions, int(scoring.tf[scoring.codes].sum()))

    def _positions(self, name: str, source: Array) -> FieldPositions:
        counts = [len(reader.table[f"{name}.postings"]) for reader in self._readers]
        starts = np.cumsum([0, *counts])
        new = np.full(starts[-1], -1, np.int64)
        new[source] = np.arange(len(source))
        posting = np.concatenate([r.array(f"{name}.posting") + s for r, s in zip(self._readers, starts, strict=False)])
        place = new[posting]
        order = np.argsort(place, kind="stable")[np.count_nonzero(place < 0) :]
        further = np.concatenate([reader.array(f"{name}.further") for reader in self._readers])
        first = np.concatenate([reader.array(f"{name}.first") for reader in self._readers])
        return FieldPositions(first[source], place[order], further[order])

    def stored(self) -> Iterator[bytes]:
        """Yield the stored documents; those of one segment keep their order, so each segment is read front to back."""
        streams = [self._stored(part) for part in range(len(self._readers))]
        for part in self._bases.searchsorted(self.order, "right") - 1:
            yield next(streams[part])

    def _stored(self, part: int) -> Iterator[bytes]:
        reader, is_kept = self._readers[part], self._is_kept[self._bases[part] : self._bases[part + 1]]
        for block in range(0, reader.documents, documents.BLOCK):
            kept = np.flatnonzero(is_kept[block : block + documents.BLOCK])
            if len(kept):
                stored = reader.stored_block(block // documents.BLOCK)
                yield from (stored[place] for place in kept)


def _renumbered(reader: SegmentReader, new: Array) -> Array:
    """Return the new number of each document's record."""
    records = reader.records()
    if int(records.max(initial=0)) >= len(new):
        raise Damaged(f"a segment has a quote of record {records.max()}; {len(new)} records have new numbers")
    if not (occurs := np.bincount(records, minlength=len(new)) > 0).all():
        raise Damaged(f"a segment has no quote of record {occurs.argmin()} of {len(new)}")
    return new.take(records)


def _used(numbers: Array, count: int, always: int | None = None) -> tuple[Array, Array]:
    """Return the numbers below `count` that occur, and the new number of each if the others are dropped."""
    is_used = np.bincount(numbers, minlength=count) > 0
    if always is not None:
        is_used[always] = True
    return np.flatnonzero(is_used), np.cumsum(is_used) - 1
