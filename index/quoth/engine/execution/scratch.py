"""Arrays with one place for each document, used again by every search and always left clean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from quoth.engine.segment.layout import Array

# Documents that are scored at a time when lists are united, so that their scores stay in the processor's cache.
WINDOW = 1 << 16

# One step of a binary search in a long list costs about as much as two dozen of a pass over it.
SEARCH = 24


class Scratch:
    """Planes of a collection's size. A plane that was left dirty would give wrong answers to the next search."""

    def __init__(self, documents: int) -> None:
        self._documents = documents
        self._planes: dict[Any, Array] = {}

    @contextmanager
    def plane(self, kind: Any, docs: Array | None = None) -> Iterator[Array]:
        """Give a plane of zeros of a type; it is cleaned whatever happens. Only at `docs` something may be written."""
        plane = self._planes.pop(kind, None)
        if plane is None:
            plane = np.zeros(self._documents, kind)
        try:
            yield plane
        finally:
            if docs is not None and len(docs) * SEARCH < len(plane):
                plane[docs] = 0
            else:
                plane.fill(0)
            self._planes[kind] = plane

    @contextmanager
    def window(self, size: int) -> Iterator[Array]:
        """Give up to `WINDOW` zeros to add scores in; they are cleaned whatever happens."""
        window = self._planes.pop("window", None)
        if window is None:
            window = np.zeros(WINDOW)
        try:
            yield window[:size]
        finally:
            window.fill(0)
            self._planes["window"] = window

    def places(self, docs: Array, listed: Array) -> Array:
        """Return the place in a list of each of some documents that are all listed.

        Both ascend; `docs` may have one document several times.

        >>> Scratch(9).places(np.array([1, 1, 8]), np.array([0, 1, 5, 8])).tolist()
        [1, 1, 3]
        """
        if len(docs) * SEARCH < len(listed):
            return listed.searchsorted(docs)
        with self.plane(np.bool_, docs) as plane:
            plane[docs] = True
            found: Array = plane.take(listed).nonzero()[0]
        if len(found) == len(docs):
            return found
        spread: Array = found[np.cumsum(np.diff(docs, prepend=-1) != 0) - 1]
        return spread


def common(docs: Array, listed: Array) -> tuple[Array, Array]:
    """Return which of some documents are listed: their places among the documents, ascending, and in the list.

    Looks each document up, so it is for few documents and a long list.

    >>> [places.tolist() for places in common(np.array([1, 4, 8]), np.array([0, 4, 5, 8]))]
    [[1, 2], [1, 3]]
    """
    if not len(listed):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    places = listed.searchsorted(docs)
    # What would stand behind the last is compared with the last, and is not equal to it.
    kept = (listed.take(places, mode="clip") == docs).nonzero()[0]
    return kept, places[kept]


def distinct(docs: Array) -> Array:
    """Return ascending documents, each once.

    >>> distinct(np.array([1, 1, 4])).tolist()
    [1, 4]
    """
    is_new = np.empty(len(docs), bool)
    is_new[:1] = True
    np.not_equal(docs[1:], docs[:-1], out=is_new[1:])
    return docs[is_new]
