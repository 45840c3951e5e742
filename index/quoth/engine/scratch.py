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
_SEARCH = 24


class Scratch:
    """Planes of a collection's size. A plane that was left dirty would give wrong answers to the next search."""

    def __init__(self, documents: int) -> None:
        self._documents = documents
        self._planes: dict[Any, Array] = {}

    @contextmanager
    def plane(self, kind: Any) -> Iterator[Array]:
        """Give a plane of zeros of a type; it is cleaned whatever happens."""
        plane = self._planes.pop(kind, None)
        if plane is None:
            plane = np.zeros(self._documents, kind)
        try:
            yield plane
        finally:
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

    def locate(self, docs: Array, listed: Array) -> tuple[Array, Array]:
        """Return which of `docs` are `listed`: their places in `docs`, ascending, and their places in the list.

        Both ascend, `docs` may have one document several times. Lengths decide how: by binary search of the shorter
        in the longer, or through a plane.

        >>> [places.tolist() for places in Scratch(9).locate(np.array([1, 4, 8]), np.array([0, 4, 5, 8]))]
        [[1, 2], [1, 3]]
        """
        if len(docs) * _SEARCH < len(listed):
            return _search(docs, listed)
        with self.plane(np.int32) as plane:
            plane[listed] = np.arange(1, len(listed) + 1, dtype=np.int32)
            found = plane.take(docs)
        kept = np.flatnonzero(found)
        return kept, found[kept] - 1

    def classes(self, docs: Array, listed: Array, codes: Array) -> tuple[Array, Array]:
        """Return which of `docs` are `listed`, and the code of each; no code is 0. Otherwise as `locate`."""
        if len(docs) * _SEARCH < len(listed):
            kept, places = _search(docs, listed)
            return kept, codes[places]
        if len(listed) * _SEARCH < len(docs):
            places, kept = _search(listed, docs)
            return kept, codes[places]
        with self.plane(codes.dtype) as plane:
            plane[listed] = codes
            found = plane.take(docs)
        kept = np.flatnonzero(found)
        return kept, found[kept]


def _search(needles: Array, hay: Array) -> tuple[Array, Array]:
    if not len(hay):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    places = hay.searchsorted(needles)
    places[places == len(hay)] = 0
    kept = np.flatnonzero(hay.take(places) == needles)
    return kept, places[kept]
