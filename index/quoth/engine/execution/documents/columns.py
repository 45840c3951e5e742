"""Columns over all documents of a snapshot: Lucene's doc values."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise
from operator import neg
from typing import Any, cast

import numpy as np

from quoth.engine.execution.documents.segments import OpenSegments
from quoth.engine.segment.columns import widened
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.errors import Damaged

_DAY = 86_400
_YEAR = 366 * _DAY


class Columns:
    """One number a document for each column, computed on first use and cached."""

    def __init__(self, segments: OpenSegments) -> None:
        self._segments = segments

    def numbers(self, name: str) -> Array:
        """Return a column of numbers over all documents; the least number of its type means no value."""
        return self._column(name, lambda reader: widened(reader.array(name)))

    def published(self, first: int, last: int, reaching: int | None = None) -> Iterator[range]:
        """Yield, segment by segment, the documents whose first second is from `first` to `last`, both inclusive.

        With `reaching`, only those whose last second is not before: no date is longer than a year.
        """
        column = memoryview(cast("Any", self.numbers("published")))  # whose items are Python's own numbers
        for start, stop in pairwise(self._segments.bases.tolist()):
            newest = bisect_left(column, -last, start, stop, key=neg)
            least = first if reaching is None else max(first, reaching)
            rest = bisect_right(column, -least, newest, stop, key=neg)
            yield range(newest, rest)
            if reaching is not None and first < reaching:
                # Most dates are those of a day or shorter.
                day, end = (
                    bisect_right(column, -max(first, reaching - most), rest, stop, key=neg) for most in (_DAY, _YEAR)
                )
                if day > rest:
                    yield from _runs(self.numbers("published_to")[rest:day] >= reaching, rest)
                longer = self._longer_than_a_day
                for doc in longer[slice(*longer.searchsorted((day, end)))].tolist():
                    if self.numbers("published_to")[doc] >= reaching:
                        yield range(doc, doc + 1)

    @property
    def _longer_than_a_day(self) -> Array:
        """The documents whose date is longer than a day, ascending."""

        def make() -> Array:
            return (self.numbers("published_to") - self.numbers("published") > _DAY).nonzero()[0]

        return self._segments.cache.get("longer than a day", make, lambda made: made.nbytes)

    def keys(self, name: str) -> Array:
        """Return a column of hashes over all documents."""
        return self._column(name, lambda reader: reader.array(name))

    def ordinals(self, field: str) -> Array:
        """Return for each document the place of its value in `values(field)`, plus one; 0 means no value."""
        return self._column(f"{field}.ordinals", lambda reader: self._renumbered(field, reader))

    def values(self, field: str) -> list[bytes]:
        """Return the values of a field over all segments in the order of their bytes."""
        return self._segments.cache.get(
            ("values", field),
            lambda: sorted({value for reader in self._segments.readers for value in reader.values(field)}),
            lambda values: sum(map(len, values)) + 64 * len(values),
        )

    def ordinal(self, field: str, value: bytes) -> int:
        """Return the ordinal of a value; 0 when no document has it."""
        values = self.values(field)
        place = bisect_left(values, value)
        return place + 1 if place < len(values) and values[place] == value else 0

    def _renumbered(self, field: str, reader: SegmentReader) -> Array:
        ordinals = reader.array(f"{field}.ordinals")
        if len(self._segments.readers) == 1:
            return ordinals
        values = self.values(field)
        numbers = [0, *(bisect_left(values, value) + 1 for value in reader.values(field))]
        return np.array(numbers, "<u4").take(ordinals)

    def _column(self, name: str, of: Callable[[SegmentReader], Array]) -> Array:
        def make() -> Array:
            readers = self._segments.readers
            columns = [of(reader) for reader in readers]
            for column, reader in zip(columns, readers, strict=True):
                if len(column) != reader.documents:
                    raise Damaged(f"section {name!r} has {len(column)} items for {reader.documents} documents")
            return np.concatenate(columns)  # a copy even of one: a view would keep all pages of its file in memory

        return self._segments.cache.get(("column", name), make, lambda column: column.nbytes)


def _runs(is_in: Array, base: int) -> Iterator[range]:
    """Yield the runs of true values, numbered from `base`.

    >>> list(_runs(np.array([False, True, True, False, True]), 10))
    [range(11, 13), range(14, 15)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_in, [False])))).tolist()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield range(base + start, base + stop)
