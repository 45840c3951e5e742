"""Scorers: a query tree compiles to a tree of them. A scorer returns matching documents and scores as whole arrays.

This module has the interface and the scorers without children; boolean.py has those that combine others.

A scorer has three operations: `matches` returns all its documents; `score_docs` scores given documents, so that the
rarest part of a query leads and frequent parts are only looked up; `top_k` returns the best few, so that a search for
frequent words need not sort all its matches. Scores equal Whoosh's; a score that all documents share is one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import msgspec
import numpy as np

from quoth.engine.execution.cache import Lazy
from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.index import Index, TermInfo
from quoth.engine.execution.postings import CHAMPIONS, Postings, top_places
from quoth.engine.execution.scratch import Scratch, common, distinct
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

Scores = Array | float

# So many positions are looked up in those of another term at once.
_FEW = 32


class ScoredDocs(NamedTuple):
    """Distinct documents, ascending, and their scores."""

    docs: Array
    scores: Scores


class ScoredPlaces(NamedTuple):
    """The matches among given documents: their places, ascending, and their scores."""

    places: Array | slice
    scores: Scores


class TopScores(NamedTuple):
    """The number of matches, and the best of them: highest score first, ties by document."""

    total: int
    docs: Array
    scores: Array


class Scorer:
    """A part of a query over one collection: Lucene's Scorer, a whole array at a time."""

    size: int  # an upper bound of the number of matches

    @property
    def parts(self) -> Sequence[Scorer]:
        """The scorers that this one combines."""
        return ()

    @property
    def cost(self) -> int:
        """An upper bound of the postings and documents scanned; it decides whether a query may run."""
        return self.size + sum([part.cost for part in self.parts])

    def spans(self) -> Iterator[FileSpan]:
        """Yield the file spans to read that are not in memory."""
        for part in self.parts:
            yield from part.spans()

    def matches(self) -> ScoredDocs:
        """Return all matches."""
        raise NotImplementedError

    def docs(self) -> Array:
        """Return all matching documents, where their scores do not matter."""
        return self.matches().docs

    def bits(self, documents: int) -> Array:
        """Return all matching documents as a bitmap of so many."""
        return bitmaps.of_docs(self.docs(), documents)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        """Return the matches among `docs`, which is sorted."""
        raise NotImplementedError

    def top_k(self, k: int) -> TopScores:
        """Return the `k` best matches."""
        docs, scores = self.matches()
        if isinstance(scores, float):
            return TopScores(len(docs), docs[:k], np.full(min(k, len(docs)), scores))
        places = top_places(scores, k)
        return TopScores(len(docs), docs[places], scores[places])


def take(scores: Scores, places: Array | slice) -> Scores:
    """Return the scores at some places."""
    return scores if isinstance(scores, float) else scores[places]


class NothingScorer(Scorer, msgspec.Struct):
    """Matches no document."""

    size: int = 0

    def matches(self) -> ScoredDocs:
        return ScoredDocs(np.empty(0, np.intp), 0.0)

    def score_docs(self, docs: Array) -> ScoredPlaces:  # noqa: ARG002 - one signature for all scorers
        return ScoredPlaces(slice(0, 0), 0.0)


class EverythingScorer(Scorer, msgspec.Struct):
    """Matches every visible document."""

    index: Index
    boost: float = 1.0

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.index.documents

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.index.visibility.docs, self.boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        return ScoredPlaces(slice(len(docs)), self.boost)


class TermScorer(Scorer):
    """Matches documents with a term, or with any of several terms that are scored as one."""

    def __init__(self, index: Index, scratch: Scratch, info: TermInfo, boost: float) -> None:
        self._index = index
        self._scratch = scratch
        self._info = info
        self._boost = boost
        self.size = info.size

    def spans(self) -> Iterator[FileSpan]:
        return self._index.spans(self._info)

    @Lazy
    def postings(self) -> Postings:
        """The postings, read on first use."""
        is_one_term = len(self._info.terms) <= 1
        return self._index.postings(self._info) if is_one_term else self._index.merged(self._info)

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.postings.docs, self._boosted(self.postings.weights))

    def docs(self) -> Array:
        return self.postings.docs

    def score_docs(self, docs: Array) -> ScoredPlaces:
        self._index.budget.check()
        postings = self.postings
        places, codes = postings.at(docs, self._scratch)
        return ScoredPlaces(places, self._boosted(postings.scores.take(codes)))

    def top_k(self, k: int) -> TopScores:
        postings = self.postings
        if k > CHAMPIONS:
            return super().top_k(k)
        places = postings.champions[:k]
        return TopScores(len(postings), postings.docs[places], self._boosted(postings.weights[places]))

    def _boosted(self, scores: Array) -> Array:
        return scores if self._boost == 1.0 else scores * self._boost


class PhraseScorer(Scorer):
    """Matches documents with adjacent terms of one field, combined once. The score is the sum of the terms' scores."""

    def __init__(self, index: Index, infos: Sequence[TermInfo], boost: float) -> None:
        self._index = index
        self._infos = infos
        self._boost = boost
        self._name = ("phrase", index.visibility.hidden, *[info.name for info in infos])
        self.size = min([info.size for info in infos])

    @property
    def cost(self) -> int:
        # Each posting is scanned with its positions, which are more numerous.
        return 3 * sum([info.size for info in self._infos])

    def spans(self) -> Iterator[FileSpan]:
        if self._name not in self._index.segments.cache:
            for info in dict.fromkeys(self._infos):
                yield from self._index.spans(info, positions=True)

    def matches(self) -> ScoredDocs:
        docs, scores = self._index.segments.cache.get(
            self._name, self._combined, lambda made: 1024 + 16 * len(made.docs)
        )
        return ScoredDocs(docs, scores if self._boost == 1.0 else scores * self._boost)

    def _combined(self) -> ScoredDocs:
        if not self.size:
            return NothingScorer().matches()
        # The rarest term leads; each other term keeps the phrase starts where it is at the right position.
        first, *others = sorted(range(len(self._infos)), key=lambda place: self._infos[place].size)
        starts = self._index.positions(self._infos[first]) - first
        if others and len(starts) > _FEW:
            # Most documents lack another word, which a bitmap says without reading its positions.
            bits = reduce(np.bitwise_and, [self._index.postings(self._infos[place]).bits for place in others])
            starts = starts.take(bitmaps.has(bits, starts + first >> 32).nonzero()[0])
        for place in others:
            self._index.budget.check()
            kept, _ = common(starts + place, self._index.positions(self._infos[place]))
            starts = starts.take(kept)
        docs = distinct(starts >> 32)
        scores: Scores = sum([self._index.postings(info).scores_of(docs) for info in self._infos])
        return ScoredDocs(docs, scores)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        found = self.matches()
        kept, places = common(docs, found.docs)
        return ScoredPlaces(kept, take(found.scores, places))


class DateRangeScorer(Scorer):
    """Matches a range of dates: few ranges of documents in each segment, which is sorted newest first.

    The first second of a date is from `first` to `last`, its last second not before `reaching`.
    """

    def __init__(self, index: Index, first: int, last: int, reaching: int | None, boost: float) -> None:
        self._index = index
        self._boost = boost
        self._ranges = list(index.columns.published(first, last, reaching))
        self.size = sum(map(len, self._ranges))

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self._index.visibility.within(self._ranges), self._boost)

    def bits(self, documents: int) -> Array:
        bits, visible = bitmaps.of_ranges(self._ranges, documents), self._index.visibility.bits
        return bits if visible is None else bits & visible

    def score_docs(self, docs: Array) -> ScoredPlaces:
        places = [range(*docs.searchsorted((run.start, run.stop))) for run in self._ranges]
        if len(places) == 1:
            return ScoredPlaces(slice(places[0].start, places[0].stop), self._boost)
        return ScoredPlaces(np.concatenate([np.arange(run.start, run.stop) for run in places]), self._boost)


class ColumnRangeScorer(Scorer):
    """Matches documents whose number in a column is from `first` to `last`, both inclusive."""

    def __init__(self, index: Index, column: Array, first: int, last: int, boost: float) -> None:
        self._index = index
        self._column = column
        self._first = first
        self._last = last
        self._boost = boost
        self.size = len(column)

    def matches(self) -> ScoredDocs:
        self._index.budget.check()
        return ScoredDocs(self._index.visibility.alive(self._is_within(self._column).nonzero()[0]), self._boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        self._index.budget.check()
        return ScoredPlaces(self._is_within(self._column.take(docs)).nonzero()[0], self._boost)

    def _is_within(self, numbers: Array) -> Array:
        is_within: Array = numbers == self._first
        if self._first != self._last:
            is_within = (numbers >= self._first) & (numbers <= self._last)
        return is_within
