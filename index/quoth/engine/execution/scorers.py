"""Scorers: what a query tree compiles to. A scorer says which documents match and what each scores, in whole arrays.

This module has the interface and the scorers without children; boolean.py has those that combine others.

A scorer answers in three ways: `matches` returns all its documents; `score_docs` looks given documents up, so that the
rare part of a query leads and frequent parts are only looked up; `top_k` returns the best few, so that a search for
frequent words need not sort all its matches. Scores mean what they mean in Whoosh; a score that all documents share is
one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from quoth.engine.execution.index import Index, TermInfo
from quoth.engine.execution.postings import CHAMPIONS, Positions, Postings, top_places
from quoth.engine.execution.scratch import Scratch, common, distinct
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

Scores = Array | float


class ScoredDocs(NamedTuple):
    """Documents, ascending, each once, and what each scores."""

    docs: Array
    scores: Scores


class ScoredPlaces(NamedTuple):
    """Which of given documents match: their places, ascending, and what each scores."""

    places: Array | slice
    scores: Scores


class TopScores(NamedTuple):
    """How many documents match, and the best of them: highest score first, equals by document."""

    total: int
    docs: Array
    scores: Array


class Scorer:
    """A part of a query over one collection: Lucene's Scorer, a whole array at a time."""

    size: int  # at most so many documents match

    @property
    def parts(self) -> Sequence[Scorer]:
        """The scorers that it combines."""
        return ()

    @property
    def cost(self) -> int:
        """At most so many postings and documents are passed to answer: what a query is refused by before it runs."""
        return self.size + sum(part.cost for part in self.parts)

    def spans(self) -> Iterator[FileSpan]:
        """Yield what must be read of the segments' files and is not in memory."""
        for part in self.parts:
            yield from part.spans()

    def matches(self) -> ScoredDocs:
        """Return all documents that match."""
        raise NotImplementedError

    def score_docs(self, docs: Array) -> ScoredPlaces:
        """Return which of some documents, ascending, match."""
        raise NotImplementedError

    def top_k(self, k: int) -> TopScores:
        """Return the `k` best documents."""
        docs, scores = self.matches()
        if isinstance(scores, float):
            return TopScores(len(docs), docs[:k], np.full(min(k, len(docs)), scores))
        places = top_places(scores, k)
        return TopScores(len(docs), docs[places], scores[places])


def take(scores: Scores, places: Array | slice) -> Scores:
    """Return the scores at some places."""
    return scores if isinstance(scores, float) else scores[places]


@dataclass
class NothingScorer(Scorer):
    """Matches no document."""

    size: int = 0

    def matches(self) -> ScoredDocs:
        return ScoredDocs(np.empty(0, np.intp), 0.0)

    def score_docs(self, docs: Array) -> ScoredPlaces:  # noqa: ARG002 - one signature for all scorers
        return ScoredPlaces(slice(0, 0), 0.0)


@dataclass
class EverythingScorer(Scorer):
    """Every document that can be found."""

    index: Index
    boost: float = 1.0

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.index.documents

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.index.everything, self.boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        return ScoredPlaces(slice(len(docs)), self.boost)


class TermScorer(Scorer):
    """The documents that hold a term, or any of several terms that are taken together."""

    def __init__(self, index: Index, scratch: Scratch, info: TermInfo, boost: float) -> None:
        self._index = index
        self._scratch = scratch
        self._info = info
        self._boost = boost
        self.size = info.size

    def spans(self) -> Iterator[FileSpan]:
        return self._index.spans(self._info)

    @cached_property
    def postings(self) -> Postings:
        """The postings, read when they are first needed."""
        one = len(self._info.terms) <= 1
        return self._index.postings(self._info) if one else self._index.merged(self._info)

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.postings.docs, self._boosted(self.postings.weights))

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
    """The documents where terms of one field stand one behind the other. Scores the sum of its terms."""

    def __init__(self, index: Index, scratch: Scratch, infos: Sequence[TermInfo], boost: float) -> None:
        self._index = index
        self._scratch = scratch
        self._infos = infos
        self._boost = boost
        self.size = min(info.size for info in infos)

    @property
    def cost(self) -> int:
        # Positions are read beside each posting, and there are more of them.
        return 3 * sum(info.size for info in self._infos)

    def spans(self) -> Iterator[FileSpan]:
        for info in dict.fromkeys(self._infos):
            yield from self._index.spans(info, positions=True)

    def matches(self) -> ScoredDocs:
        if not self.size:
            return NothingScorer().matches()
        words = [(self._index.postings(info), self._index.positions(info)) for info in self._infos]
        # The rarest term leads; each other one leaves those of its places that stand right.
        first, *others = sorted(range(len(words)), key=lambda place: len(words[place][0]))
        docs, starts = _starts(*words[first], first)
        for place in others:
            self._index.budget.check()
            postings, positions = words[place]
            kept, places = postings.locate(docs, self._scratch)
            docs, starts = docs[kept], starts[kept]
            stands = positions.has(docs, places, starts + place)
            docs, starts = docs[stands], starts[stands]
        if len(words[first][1].further):  # else no document was there twice
            docs = distinct(docs)
        scores = words[0][0].sure(docs)
        for postings, _ in words[1:]:
            scores = scores + postings.sure(docs)
        return ScoredDocs(docs, scores if self._boost == 1.0 else scores * self._boost)

    @cached_property
    def _matches(self) -> ScoredDocs:
        return self.matches()

    def score_docs(self, docs: Array) -> ScoredPlaces:
        kept, places = common(docs, self._matches.docs)
        return ScoredPlaces(kept, take(self._matches.scores, places))


def _starts(postings: Postings, positions: Positions, place: int) -> tuple[Array, Array]:
    """Return where a phrase would have to start for each position of the term at a place of it."""
    docs, starts = postings.docs, positions.first - place if place else positions.first
    if len(positions.further):
        docs = np.concatenate((docs, positions.further >> 32))
        starts = np.concatenate((starts, (positions.further & 0xFFFFFFFF) - place))
        order = docs.argsort(kind="stable")
        docs, starts = docs[order], starts[order]
    if place:
        possible = starts >= 0
        docs, starts = docs[possible], starts[possible]
    return docs, starts


class DateRangeScorer(Scorer):
    """The documents of a range of dates: neighbours in each segment, since documents stand newest first."""

    def __init__(self, index: Index, first: int, last: int, boost: float) -> None:
        self._index = index
        self._boost = boost
        self._ranges = list(index.published(first, last))
        self.size = sum(map(len, self._ranges))

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self._index.within(self._ranges), self._boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        places = [range(*docs.searchsorted((some.start, some.stop))) for some in self._ranges]
        if len(places) == 1:
            return ScoredPlaces(slice(places[0].start, places[0].stop), self._boost)
        return ScoredPlaces(np.concatenate([np.arange(some.start, some.stop) for some in places]), self._boost)


class ColumnRangeScorer(Scorer):
    """The documents whose number in a column is from `first` to `last`, both inclusive."""

    def __init__(self, index: Index, column: Array, first: int, last: int, boost: float) -> None:
        self._index = index
        self._column = column
        self._first = first
        self._last = last
        self._boost = boost
        self.size = len(column)

    def matches(self) -> ScoredDocs:
        self._index.budget.check()
        return ScoredDocs(self._index.alive(self._is_within(self._column).nonzero()[0]), self._boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        self._index.budget.check()
        return ScoredPlaces(self._is_within(self._column.take(docs)).nonzero()[0], self._boost)

    def _is_within(self, numbers: Array) -> Array:
        is_within: Array = numbers == self._first
        if self._first != self._last:
            is_within = (numbers >= self._first) & (numbers <= self._last)
        return is_within
