"""The postings of a term over all segments of a collection, ready for arithmetic."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from quoth.engine.segment.layout import Array

# Hits beyond this many are looked for in the whole list.
CHAMPIONS = 128


class Postings:
    """The documents of a term that can be found, ascending, and what each scores.

    `docs` are numbers in the collection, `codes` the class of each posting, `scores[c]` what class `c` scores: idf,
    length and all. Class 0 scores nothing and is no posting's.
    """

    def __init__(self, docs: Array, codes: Array, scores: Array) -> None:
        self.docs = docs
        self.codes = codes
        self.scores = scores

    def __len__(self) -> int:
        return len(self.docs)

    @cached_property
    def weights(self) -> Array:
        """What each posting scores."""
        return self.scores.take(self.codes)

    @cached_property
    def champions(self) -> Array:
        """The places of the best postings, best first, then by document: what most searches for one word show."""
        return best(self.weights, CHAMPIONS)

    @property
    def size(self) -> int:
        """The bytes it takes once all of it was asked for."""
        return len(self.docs) * (self.docs.itemsize + self.codes.itemsize + 8) + 2048


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
            rest = np.flatnonzero(~found)
            wanted = docs[rest] << 32 | positions[rest]
            nearest = np.minimum(self.further.searchsorted(wanted), len(self.further) - 1)
            found[rest] = self.further[nearest] == wanted
        return found

    @property
    def size(self) -> int:
        """The bytes it takes."""
        return self.first.nbytes + self.further.nbytes + 1024


def best(scores: Array, k: int) -> Array:
    """Return the places of the `k` highest scores, highest first; equals in the order they stand.

    >>> best(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist()
    [1, 3, 2]
    """
    places: Array = reaching(scores, k)
    order = np.argsort(-scores[places], kind="stable")
    first: Array = places[order[:k]]
    return first


def reaching(scores: Array, k: int) -> Array:
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
    return np.flatnonzero(scores >= least)
