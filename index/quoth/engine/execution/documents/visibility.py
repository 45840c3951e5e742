"""Which documents of a snapshot a search sees: all but those of retired records and those with a hidden value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from quoth.engine.execution.cache import Lazy
from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.documents.segments import OpenSegments
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan


class Visibility:
    """The visible documents. `retired` has the numbers of each segment's retired records.

    `hidden` are values of fields, each with its field, whose documents are not visible; it is part of the name of
    whatever is cached without those documents.
    """

    def __init__(
        self, segments: OpenSegments, retired: Sequence[Array], hidden: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        self._segments = segments
        self._retired = retired
        self._has_retired = any(len(numbers) for numbers in retired)
        self.hidden = hidden

    def hiding(self, field: str, value: bytes) -> Visibility:
        """Return the visibility without the documents that have a value."""
        return Visibility(self._segments, self._retired, (*self.hidden, (field, value)))

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections that every search reads: they say which documents belong to retired records."""
        return ("record",) if self._has_retired else ()

    def spans(self) -> Iterator[FileSpan]:
        """Yield the spans that the mask of hidden values is made from, unless the mask is there."""
        if "alive_mask" not in self.__dict__:
            for field, value in self.hidden:
                yield from (r.span(f"{field}.ordinals") for r in self._segments.readers if r.ordinal(field, value))

    @Lazy
    def alive_mask(self) -> Array | None:
        """Whether each document is visible; `None` when all are. Raises `Damaged` if a retired record is missing."""
        if not self._has_retired and not self.hidden:
            return None
        segments = self._segments
        mask = np.ones(segments.documents, bool)
        for reader, base, retired in zip(segments.readers, segments.bases, self._retired, strict=False):
            part = mask[base : base + reader.documents]
            if len(retired):
                part &= ~reader.of_records(retired)
            for field, value in self.hidden:
                if ordinal := reader.ordinal(field, value):
                    part &= reader.array(f"{field}.ordinals") != ordinal
        return mask

    @Lazy
    def bits(self) -> Array | None:
        """The visible documents as a bitmap; `None` when all are."""
        return None if self.alive_mask is None else bitmaps.packed(self.alive_mask)

    @property
    def docs(self) -> Array:
        """All visible documents, ascending; read-only."""

        def make() -> Array:
            docs = self.within([range(self._segments.documents)])
            docs.setflags(write=False)
            return docs

        return self._segments.cache.get(("visible", self.hidden), make, lambda docs: docs.nbytes)

    def within(self, ranges: Iterable[range]) -> Array:
        """Return the visible documents of some ranges."""
        if self.alive_mask is None:
            return np.concatenate([np.arange(some.start, some.stop) for some in ranges])
        return np.concatenate([self.alive_mask[some.start : some.stop].nonzero()[0] + some.start for some in ranges])

    def alive(self, docs: Array) -> Array:
        """Return the visible documents among `docs`."""
        return docs if self.alive_mask is None else docs[self.alive_mask.take(docs)]

    def places(self, docs: Array) -> Array | slice:
        """Return the places of the visible documents in `docs`."""
        return slice(None) if self.alive_mask is None else self.alive_mask.take(docs).nonzero()[0]
