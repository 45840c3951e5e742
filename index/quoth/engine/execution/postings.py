"""The postings of a term over all segments of a collection, ready for arithmetic."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from quoth.engine.execution.scratch import SEARCH, Scratch, common
from quoth.engine.segment.layout import Array

# Hits beyond this many are looked for in the whole list.
CHAMPIONS = 128
# So few documents are looked up one by one, however short the list: setting up anything else takes longer.
_FEW = 1024
# A term that stands in more than this part of all documents keeps a plane.
_FREQUENT = 64


class Postings:
    """The documents of a term that can be found, ascending, and what each scores.

    `docs` are numbers in a collection of `documents`, `codes` the class of each posting, `scores[c]` what class `c`
    scores: idf, length and all. Class 0 scores nothing and is no posting's.
    """

    def __init__(self, docs: Array, codes: Array, scores: Array, documents: int) -> None:
        self.docs = docs
        self.codes = codes
        self.scores = scores
        self._documents = documents

    def __len__(self) -> int:
        return len(self.docs)

    @cached_property
    def weights(self) -> Array:
        """What each posting scores."""
        return self.scores.take(self.codes)

    @cached_property
    def champions(self) -> Array:
        """The places of the best postings, best first, then by document: what most searches for one word show."""
        return top_places(self.weights, CHAMPIONS)

    @cached_property
    def _plane(self) -> Array:
        """The code of every document of the collection, 0 where the term is not."""
        plane = np.zeros(self._documents, self.codes.dtype)
        plane[self.docs] = self.codes
        return plane

    @property
    def _is_frequent(self) -> bool:
        return len(self.docs) * _FREQUENT >= self._documents

    def at(self, docs: Array, scratch: Scratch) -> tuple[Array, Array]:
        """Return which of some documents, ascending, hold the term: their places, and the code of each.

        How is decided by what is longer: a frequent term keeps a plane to look documents up in, a rare one is
        looked up itself, and one between is spread over a plane for this once.
        """
        if len(docs) * SEARCH < len(self):
            kept, places = common(docs, self.docs)
            return kept, self.codes[places]
        if self._is_frequent:
            found = self._plane.take(docs)
        elif len(self) * SEARCH < len(docs):
            places, kept = common(self.docs, docs)
            return kept, self.codes[places]
        else:
            with scratch.plane(self.codes.dtype, self.docs) as plane:
                plane[self.docs] = self.codes
                found = plane.take(docs)
        kept = (found != 0).nonzero()[0]
        return kept, found[kept]

    def locate(self, docs: Array, scratch: Scratch) -> tuple[Array, Array]:
        """Return which of some documents hold the term: their places, and those of their postings.

        The documents ascend; one may be there several times.
        """
        if len(docs) < _FEW or len(docs) * SEARCH < len(self):
            return common(docs, self.docs)
        kept, _ = self.at(docs, scratch)
        return kept, scratch.places(docs[kept], self.docs)

    def sure(self, docs: Array) -> Array:
        """Return what the term scores in documents that all hold it."""
        found: Array = self.scores.take(self.codes.take(self.docs.searchsorted(docs)))
        return found

    @property
    def size(self) -> int:
        """The bytes it takes once all of it was asked for."""
        plane = self._documents * self.codes.itemsize if self._is_frequent else 0
        return len(self.docs) * (self.docs.itemsize + self.codes.itemsize + 8) + plane + 2048


class Positions:
    """Where a term stands in its documents.

    `first` has one position for each of the term's postings. The other positions, few in short texts, are numbers
    that have the document in the upper 32 bits and the position in the lower, ascending.
    """

    def __init__(self, first: Array, further: Array) -> None:
        self.first = first
        self.further = further

    def has(self, docs: Array, places: Array, positions: Array) -> Array:
        """Return whether the term stands at a position of each document; `places` are the documents' postings."""
        found: Array = self.first[places] == positions
        if len(self.further) and not found.all():
            rest = (~found).nonzero()[0]
            wanted = docs[rest] << 32 | positions[rest]
            nearest = np.minimum(self.further.searchsorted(wanted), len(self.further) - 1)
            found[rest] = self.further[nearest] == wanted
        return found

    @property
    def size(self) -> int:
        """The bytes it takes."""
        return self.first.nbytes + self.further.nbytes + 1024


def top_places(scores: Array, k: int) -> Array:
    """Return the places of the `k` highest scores, highest first; equals in the order they stand.

    >>> top_places(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist()
    [1, 3, 2]
    """
    if len(scores) <= k:
        return (-scores).argsort(kind="stable")
    if not k:
        return np.empty(0, np.intp)
    places: Array = places_reaching(scores, k)
    order = np.argsort(-scores[places], kind="stable")
    first: Array = places[order[:k]]
    return first


def places_reaching(scores: Array, k: int) -> Array:
    """Return the places of the `k` highest scores, and perhaps of some more that are high, ascending.

    Of each block of scores the highest is taken: where `k` blocks reach a score, `k` scores do. That costs a
    fraction of sorting or partitioning them all.
    """
    if len(scores) <= k:
        return np.arange(len(scores))
    block = min(1024, len(scores) // (2 * k))
    if block < 4:
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
    else:
        whole = len(scores) // block
        highest = scores[: whole * block].reshape(whole, block).max(1)
        least = np.partition(highest, whole - k)[whole - k]
    reached: Array = (scores >= least).nonzero()[0]
    return reached
