"""The documents of a word: its stem, its exact form and the names of speakers, combined once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.index import Index, TermInfo
from quoth.engine.execution.postings import CHAMPIONS, Postings, top_places
from quoth.engine.execution.scorers import ScoredDocs, ScoredPlaces, Scorer, TopScores
from quoth.engine.execution.scratch import SEARCH_COST, Scratch, distinct
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

# More combinations of classes than this are not listed in a table.
_MOST_COMBINATIONS = 1 << 16


class BoostedTerm(NamedTuple):
    """A term, and by how much its score is multiplied."""

    info: TermInfo
    boost: float


class WordPostings(Postings):
    """The postings of a word: those of any of its terms, scored by the sum. Classes ascend by score.

    Every scorer of a ranked search asks for the best possible score, for all documents as a bitmap, and for the class
    of given documents.
    """

    @cached_property
    def bits(self) -> Array:
        """All documents as a bitmap."""
        return bitmaps.of_docs(self.docs, self._documents)

    @property
    def highest(self) -> float:
        """The best score."""
        return float(self.scores[-1])

    def classes(self, docs: Array) -> Array:
        """Return the class of each of some ascending documents; 0 where the word is not."""
        if self._is_frequent:
            return self._plane.take(docs)
        if not len(self.docs):
            return np.zeros(len(docs), self.codes.dtype)
        places = self.docs.searchsorted(docs)
        found = self.docs.take(places, mode="clip") == docs
        codes: Array = self.codes.take(places, mode="clip") * found
        return codes

    @property
    def size(self) -> int:
        """The bytes in memory once every array is computed."""
        return super().size + self._documents // 8


class WordScorer(Scorer):
    """Matches documents with any term of `must`; a document with terms of `may` scores more."""

    def __init__(
        self, index: Index, scratch: Scratch, must: Sequence[BoostedTerm], may: Sequence[BoostedTerm] = ()
    ) -> None:
        self._index = index
        self._scratch = scratch
        self._must = [term for term in must if term.info.size]
        self._may = [term for term in may if term.info.size]
        self._name = "word", index.visibility.hidden, _names(self._must), _names(self._may)
        self.size = min(index.documents, sum(term.info.size for term in self._must))

    def spans(self) -> Iterator[FileSpan]:
        if self._name not in self._index.segments.cache:
            for term in (*self._must, *self._may):
                yield from self._index.spans(term.info)

    @cached_property
    def postings(self) -> WordPostings:
        """The postings, combined on first use."""

        def make() -> WordPostings:
            self._index.budget.check()
            parts = [_scaled(self._index.read_postings(term.info), term.boost) for term in (*self._must, *self._may)]
            return _combined(parts, len(self._must), self._index.documents)

        return self._index.segments.cache.get(self._name, make, lambda made: made.size)

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.postings.docs, self.postings.weights)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        self._index.budget.check()
        places, codes = self.postings.at(docs, self._scratch)
        return ScoredPlaces(places, self.postings.scores.take(codes))

    def top_k(self, k: int) -> TopScores:
        postings = self.postings
        if k > CHAMPIONS:
            return super().top_k(k)
        places = postings.champions[:k]
        return TopScores(len(postings), postings.docs[places], postings.weights[places])


def _names(terms: Sequence[BoostedTerm]) -> tuple[tuple[object, float], ...]:
    return tuple((term.info.name, term.boost) for term in terms)


class _Part(NamedTuple):
    """The documents of one term, the class of each, and the score of each class; class 0 is none."""

    docs: Array
    codes: Array
    scores: Array


def _scaled(postings: Postings, boost: float) -> _Part:
    """Return postings with as few classes as they have scores, in their order."""
    scores = postings.scores * boost
    order = scores.argsort(kind="stable")
    is_new = np.diff(scores[order], prepend=0.0) > 0
    classes = np.zeros(len(scores), np.uint32)
    classes[order] = np.cumsum(is_new)
    return _Part(postings.docs, classes.take(postings.codes), np.concatenate(([0.0], scores[order][is_new])))


def _combined(parts: Sequence[_Part], required: int, documents: int) -> WordPostings:
    """Return the documents of the first `required` parts, each with the sum of its scores in all parts, in order."""
    if not parts:
        return WordPostings(np.empty(0, np.intp), np.empty(0, "u1"), np.zeros(1), documents)
    strides = [1]
    for part in parts:
        strides.append(strides[-1] * len(part.scores))
    if strides[-1] > _MOST_COMBINATIONS:
        return _summed(parts, required, documents)
    docs, combinations = _combinations(parts, strides, required, documents)
    used = np.bincount(combinations, minlength=strides[-1]).nonzero()[0]
    sums = np.zeros(len(used))
    for part, stride in zip(parts, strides, strict=False):
        sums += part.scores.take(used // stride % len(part.scores))
    order = sums.argsort(kind="stable")
    table = np.zeros(strides[-1], _kind(len(used)))
    table[used[order]] = np.arange(1, len(used) + 1)
    return WordPostings(docs, table.take(combinations), np.concatenate(([0.0], sums[order])), documents)


def _combinations(
    parts: Sequence[_Part], strides: Sequence[int], required: int, documents: int
) -> tuple[Array, Array]:
    """Return the documents that have one of the required parts, and the classes of each in all parts as one number."""
    total = sum(len(part.docs) for part in parts)
    first = parts[0]
    if required == 1 and total * SEARCH_COST < documents:
        combinations = first.codes.astype(np.intp)
        for part, stride in zip(parts[1:], strides[1:], strict=False):
            places = first.docs.searchsorted(part.docs)
            kept = (first.docs.take(places, mode="clip") == part.docs).nonzero()[0]
            combinations[places[kept]] += part.codes[kept].astype(np.intp) * stride
        return first.docs, combinations
    plane = np.zeros(documents, np.uint32)
    for part, stride in zip(parts[:required], strides, strict=False):
        plane[part.docs] += part.codes * np.uint32(stride)
    docs = first.docs if required == 1 else _union([part.docs for part in parts[:required]], plane)
    for part, stride in zip(parts[required:], strides[required:], strict=False):
        plane[part.docs] += part.codes * np.uint32(stride)
    return docs, plane.take(docs)


def _union(lists: Sequence[Array], plane: Array) -> Array:
    if sum(map(len, lists)) * SEARCH_COST < len(plane):
        return distinct(np.sort(np.concatenate(lists)))
    return plane.nonzero()[0]


def _summed(parts: Sequence[_Part], required: int, documents: int) -> WordPostings:
    """Return what `_combined` returns, where each document may be a class of its own."""
    weights = np.zeros(documents)
    for part in parts[:required]:
        weights[part.docs] += part.scores.take(part.codes)
    docs = weights.nonzero()[0]
    for part in parts[required:]:
        weights[part.docs] += part.scores.take(part.codes)
    sums = weights.take(docs)
    scores = distinct(np.sort(sums))
    codes = scores.searchsorted(sums) + 1
    return WordPostings(docs, codes.astype(_kind(len(scores))), np.concatenate(([0.0], scores)), documents)


def _kind(classes: int) -> str:
    return "u1" if classes < 256 else "u2" if classes < 65536 else "u4"


def best_first(docs: Array, scores: Array, k: int) -> tuple[Array, Array]:
    """Return the best `k` documents and their scores, ties by document."""
    places = top_places(scores, k)
    return docs[places], scores[places]
