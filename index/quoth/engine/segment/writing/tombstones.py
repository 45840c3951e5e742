"""Tombstones: what a merge remembers of the quotes that it drops. They have no text, only keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quoth.engine.segment.columns import TombstoneColumns
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.storage.segments import Retirement


def gather(
    readers: Sequence[SegmentReader], renumber: Sequence[Array], retired: Sequence[Mapping[int, Retirement]]
) -> TombstoneColumns:
    """Return the tombstones of some segments, and those of the quotes whose records a merge of them drops.

    `renumber` has, for each segment, the new number of each of its records, -1 for a dropped one; `retired` says how
    the records left the index. A record that no generation had leaves none. Of two tombstones of one quote, which two
    versions of an article had, the later one stays.
    """
    parts = [reader.tombstones() for reader in readers]
    parts += [_of_dropped(*one) for one in zip(readers, renumber, retired, strict=True) if one[0].documents and one[2]]
    columns = TombstoneColumns(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    order = np.lexsort((columns.since, columns.id))
    ids = columns.id[order]
    is_last = np.append(ids[1:] != ids[:-1], np.ones(len(ids[-1:]), bool))
    return TombstoneColumns(*(column[order[is_last]] for column in columns))


def _of_dropped(reader: SegmentReader, renumbered: Array, retired: Mapping[int, Retirement]) -> TombstoneColumns:
    since, withdrawn = np.zeros(len(renumbered), "u8"), np.zeros(len(renumbered), "u1")
    for number, retirement in retired.items():
        if number < len(renumbered) and renumbered[number] < 0:
            since[number], withdrawn[number] = retirement
    records = reader.records()
    docs = since.take(records).nonzero()[0]
    article, wording = reader.array("article"), reader.array("wording")
    of_docs = records[docs]
    return TombstoneColumns(
        reader.array("id")[docs], article[docs], wording[docs], since.take(of_docs), withdrawn.take(of_docs)
    )
