"""The postings of a term over all segments of a collection, as arrays."""

from __future__ import annotations

import numpy as np

from quoth.engine.execution.cache import Lazy
from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.scratch import SEARCH_COST, Scratch, common
from quoth.engine.segment.layout import Array

# The number of best postings that are precomputed; a search for more scans the whole list.
CHAMPIONS = 128
# So many scores are sorted at once.
_FEW = 512
# A term in at least 1 / _FREQUENT of all documents keeps a plane.
_FREQUENT = 64


class Postings:
    """The visible documents of a term, ascending, and their scores.

    `docs` are numbers in a collection of `documents`, `codes` the class of each posting, `scores[c]` the final score of
    class `c`, including idf and length. Class 0 scores 0 and stands for documents without the term.
    """

    def __init__(self, docs: Array, codes: Array, scores: Array, documents: int) -> None:
        self.docs = docs
        self.codes = codes
        self.scores = scores
        self._documents = documents

    def __len__(self) -> int:
        return len(self.docs)

    @Lazy
    def weights(self) -> Array:
        """The score of each posting."""
        return self.scores.take(self.codes)

    @Lazy
    def champions(self) -> Array:
        """The places of the best postings, best first, ties by document: enough for most one-word searches."""
        return top_places(self.weights, CHAMPIONS)

    @Lazy
    def _plane(self) -> Array:
        """The code of every document of the collection, 0 without the term."""
        plane = np.zeros(self._documents, self.codes.dtype)
        plane[self.docs] = self.codes
        return plane

    @Lazy
    def bits(self) -> Array:
        """The documents as a bitmap."""
        return bitmaps.of_docs(self.docs, self._documents)

    @property
    def _is_frequent(self) -> bool:
        return len(self.docs) * _FREQUENT >= self._documents

    def at(self, docs: Array, scratch: Scratch) -> tuple[Array, Array]:
        """Return the documents that have the term: their places in `docs`, which is sorted, and the code of each.

        The lengths decide how: a frequent term keeps a plane in which documents are looked up, a rare term is searched
        for in `docs`, and one in between is spread over a temporary plane.
        """
        if len(docs) * SEARCH_COST < len(self):
            kept, places = common(docs, self.docs)
            return kept, self.codes[places]
        if self._is_frequent:
            codes = self._plane.take(docs)
        elif len(self) * SEARCH_COST < len(docs):
            places, kept = common(self.docs, docs)
            return kept, self.codes[places]
        else:
            with scratch.plane(self.codes.dtype, self.docs) as plane:
                plane[self.docs] = self.codes
                codes = plane.take(docs)
        kept = (codes != 0).nonzero()[0]
        return kept, codes[kept]

    def scores_of(self, docs: Array) -> Array:
        """Return the scores of documents that all have the term."""
        codes = self._plane.take(docs) if self._is_frequent else self.codes.take(self.docs.searchsorted(docs))
        scores: Array = self.scores.take(codes)
        return scores

    @property
    def size(self) -> int:
        """The bytes in memory once every array is computed."""
        plane = self._documents * self.codes.itemsize if self._is_frequent else 0
        each = self.docs.itemsize + self.codes.itemsize + 8
        return len(self.docs) * each + plane + self._documents // 8 + 2048


def top_places(scores: Array, k: int) -> Array:
    """Return the places of the `k` highest scores, highest first; ties by place.

    >>> top_places(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist()
    [1, 3, 2]
    """
    if len(scores) <= max(k, _FEW):
        return (-scores).argsort(kind="stable")[:k]
    if not k:
        return np.empty(0, np.intp)
    places: Array = places_reaching(scores, k)
    order = (-scores.take(places)).argsort(kind="stable")
    return places.take(order[:k])


def places_reaching(scores: Array, k: int) -> Array:
    """Return the ascending places of the `k` highest scores, and possibly of some other high ones.

    The threshold is the k-th highest of the maxima of blocks: at least `k` scores reach it. That costs a fraction of
    sorting or partitioning all scores.
    """
    if len(scores) <= k:
        return np.arange(len(scores))
    block = min(1024, len(scores) // (2 * k))
    if block < 4:
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    else:
        whole = len(scores) // block
        highest = scores[: whole * block].reshape(whole, block).max(1)
        threshold = np.partition(highest, whole - k)[whole - k]
    places: Array = (scores >= threshold).nonzero()[0]
    return places
