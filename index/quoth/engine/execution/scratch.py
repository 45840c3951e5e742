"""Dense arrays with one item per document, reused by every search and always zeroed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from quoth.engine.segment.layout import Array

# Documents scored at a time in a union, so that their scores stay in the processor's cache.
WINDOW = 1 << 16

# A binary search for one document in a long list costs about as much as scanning two dozen of its items.
SEARCH_COST = 24


class Scratch:
    """Planes: arrays of a collection's size. A plane that is not zeroed would falsify the next search."""

    def __init__(self, documents: int) -> None:
        self._documents = documents
        self._planes: dict[Any, Array] = {}

    @contextmanager
    def plane(self, kind: Any, docs: Array | None = None) -> Iterator[Array]:
        """Lend a zeroed plane of a type, and always zero it afterwards. Given `docs`, write only at these."""
        plane = self._planes.pop(kind, None)
        if plane is None:
            plane = np.zeros(self._documents, kind)
        try:
            yield plane
        finally:
            if docs is not None and len(docs) * SEARCH_COST < len(plane):
                plane[docs] = 0
            else:
                plane.fill(0)
            self._planes[kind] = plane

    @contextmanager
    def window(self, size: int) -> Iterator[Array]:
        """Lend up to `WINDOW` zeros to sum scores in, and always zero them afterwards."""
        window = self._planes.pop("window", None)
        if window is None:
            window = np.zeros(WINDOW)
        try:
            yield window[:size]
        finally:
            window.fill(0)
            self._planes["window"] = window


def common(docs: Array, listed: Array) -> tuple[Array, Array]:
    """Return the intersection of two sorted lists of documents, as ascending places in each.

    Searches for each of `docs`, so `docs` should be short and `listed` long.

    >>> [places.tolist() for places in common(np.array([1, 4, 8]), np.array([0, 4, 5, 8]))]
    [[1, 2], [1, 3]]
    """
    if not len(listed):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    places = listed.searchsorted(docs)
    # A document beyond the end is compared with the last one, and differs from it.
    kept = (listed.take(places, mode="clip") == docs).nonzero()[0]
    return kept, places[kept]


def distinct(docs: Array) -> Array:
    """Return sorted documents without repeats.

    >>> distinct(np.array([1, 1, 4])).tolist()
    [1, 4]
    """
    is_new = np.empty(len(docs), bool)
    is_new[:1] = True
    np.not_equal(docs[1:], docs[:-1], out=is_new[1:])
    return docs[is_new]
