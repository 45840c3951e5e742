"""Scorers that combine others: and, or, not, and a filter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from quoth.engine.execution.index import Index
from quoth.engine.execution.postings import places_reaching, top_places
from quoth.engine.execution.scorers import NothingScorer, ScoredDocs, ScoredPlaces, Scorer, Scores, TopScores, take
from quoth.engine.execution.scratch import WINDOW, Scratch
from quoth.engine.segment.layout import Array

# Lists that hold together fewer documents than this part of the collection are sorted, not spread over all places.
_SPARSE = 16


@dataclass
class AndScorer(Scorer):
    """What matches every child; scores add up."""

    children: Sequence[Scorer]
    boost: float = 1.0

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(child.size for child in self.children)

    @property
    def parts(self) -> Sequence[Scorer]:
        return self.children

    def matches(self) -> ScoredDocs:
        first, *others = self._order
        docs, scores = first.matches()
        for child in others:
            places, added = child.score_docs(docs)
            docs, scores = docs[places], take(scores, places) + added
        return ScoredDocs(docs, scores if self.boost == 1.0 else scores * self.boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        kept: Array = np.arange(len(docs))
        scores: Scores = 0.0
        for child in self._order:
            places, added = child.score_docs(docs[kept])
            kept, scores = kept[places], take(scores, places) + added
        return ScoredPlaces(kept, scores * self.boost)

    @property
    def _order(self) -> list[Scorer]:
        return sorted(self.children, key=lambda child: child.size)


@dataclass
class OrScorer(Scorer):
    """What matches any child; scores add up. A child's scores must be above zero."""

    index: Index
    scratch: Scratch
    children: Sequence[Scorer]
    boost: float = 1.0

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(self.index.documents, sum(child.size for child in self.children))

    @property
    def parts(self) -> Sequence[Scorer]:
        return self.children

    def matches(self) -> ScoredDocs:
        lists = self._lists()
        if sum(len(docs) for docs, _ in lists) * _SPARSE < self.index.documents:
            return self._sorted(lists)
        found, scored = [], []
        for start, scores in self._windows(lists):
            docs = (scores > 0).nonzero()[0]
            scored.append(scores[docs])
            found.append(docs + start)
        return ScoredDocs(np.concatenate(found), np.concatenate(scored) * self.boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        is_found, total = np.zeros(len(docs), bool), np.zeros(len(docs))
        for child in self.children:
            places, scores = child.score_docs(docs)
            is_found[places] = True
            total[places] += scores
        kept = is_found.nonzero()[0]
        return ScoredPlaces(kept, total[kept] * self.boost)

    def top_k(self, k: int) -> TopScores:
        lists = self._lists()
        if sum(len(docs) for docs, _ in lists) * _SPARSE < self.index.documents:
            return super().top_k(k)
        total, docs, kept = 0, np.empty(0, np.intp), np.empty(0)
        for start, scores in self._windows(lists):
            total += int(np.count_nonzero(scores > 0))
            # Before they are compared: scores that differ in their last bit may be equal after.
            np.multiply(scores, self.boost, out=scores)
            places = places_reaching(scores, k)
            # Of equals the one that stands first wins: what a later window has must be better.
            found = scores[places]
            better = (found > (kept[-1] if len(kept) == k else 0.0)).nonzero()[0]
            docs, kept = np.concatenate((docs, places[better] + start)), np.concatenate((kept, found[better]))
            order = top_places(kept, k)
            docs, kept = docs[order], kept[order]
        return TopScores(total, docs, kept)

    def _lists(self) -> list[tuple[Array, Array]]:
        found = [child.matches() for child in self.children]
        return [(docs, np.full(len(docs), s) if isinstance(s, float) else s) for docs, s in found]

    def _sorted(self, lists: list[tuple[Array, Array]]) -> ScoredDocs:
        docs = np.concatenate([docs for docs, _ in lists])
        if not len(docs):
            return NothingScorer().matches()
        order = np.argsort(docs, kind="stable")
        docs, scores = docs[order], np.concatenate([scores for _, scores in lists])[order]
        starts = np.diff(docs, prepend=-1).nonzero()[0]
        return ScoredDocs(docs[starts], np.add.reduceat(scores, starts) * self.boost)

    def _windows(self, lists: list[tuple[Array, Array]]) -> Iterator[tuple[int, Array]]:
        """Yield the scores of all documents, a window after the other, each with the number of its first document."""
        edges = [*range(0, self.index.documents, WINDOW), self.index.documents]
        cuts = [docs.searchsorted(edges) for docs, _ in lists]
        for window, (start, stop) in enumerate(pairwise(edges)):
            self.index.budget.check()
            with self.scratch.window(stop - start) as plane:
                for (docs, scores), cut in zip(lists, cuts, strict=True):
                    some = slice(cut[window], cut[window + 1])
                    np.add.at(plane, docs[some] - start, scores[some])
                yield start, plane


@dataclass
class NotScorer(Scorer):
    """What can be found and does not match the child. Scores 1, as in Whoosh, wherever it stands."""

    index: Index
    child: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.index.documents

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.child,)

    def matches(self) -> ScoredDocs:
        docs = self.index.everything
        return ScoredDocs(docs[self.score_docs(docs).places], 1.0)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        is_left = np.ones(len(docs), bool)
        is_left[self.child.score_docs(docs).places] = False
        return ScoredPlaces(is_left.nonzero()[0], 1.0)


@dataclass
class AndNotScorer(Scorer):
    """What matches `wanted` and not `unwanted`, with the scores of `wanted`."""

    wanted: Scorer
    unwanted: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.wanted.size

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.wanted, self.unwanted)

    def matches(self) -> ScoredDocs:
        docs, scores = self.wanted.matches()
        is_left = np.ones(len(docs), bool)
        is_left[self.unwanted.score_docs(docs).places] = False
        left = is_left.nonzero()[0]
        return ScoredDocs(docs[left], take(scores, left))

    def score_docs(self, docs: Array) -> ScoredPlaces:
        places, scores = self.wanted.score_docs(docs)
        kept = np.arange(len(docs))[places]
        is_left = np.ones(len(kept), bool)
        is_left[self.unwanted.score_docs(docs[kept]).places] = False
        left = is_left.nonzero()[0]
        return ScoredPlaces(kept[left], take(scores, left))


@dataclass
class AndMaybeScorer(Scorer):
    """What matches `must`; what matches `may` as well scores more."""

    must: Scorer
    may: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.must.size

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.must, self.may)

    def matches(self) -> ScoredDocs:
        docs, scores = self.must.matches()
        return ScoredDocs(docs, self._added(docs, scores))

    def score_docs(self, docs: Array) -> ScoredPlaces:
        places, scores = self.must.score_docs(docs)
        return ScoredPlaces(places, self._added(docs[places], scores))

    def _added(self, docs: Array, scores: Scores) -> Array:
        total = np.zeros(len(docs)) + scores
        places, added = self.may.score_docs(docs)
        total[places] += added
        return total


@dataclass
class ConstantScorer(Scorer):
    """What matches the child, with one score for all."""

    child: Scorer
    score: float

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.child.size

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.child,)

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.child.matches().docs, self.score)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        return ScoredPlaces(self.child.score_docs(docs).places, self.score)


@dataclass
class FilteredScorer(Scorer):
    """What matches `wanted` and passes `filter`, which adds nothing to the scores."""

    wanted: Scorer
    filter: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(self.wanted.size, self.filter.size)

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.wanted, self.filter)

    def matches(self) -> ScoredDocs:
        if self.filter.size < self.wanted.size:
            docs = self.filter.matches().docs
            places, scores = self.wanted.score_docs(docs)
            return ScoredDocs(docs[places], scores)
        docs, scores = self.wanted.matches()
        places, _ = self.filter.score_docs(docs)
        return ScoredDocs(docs[places], take(scores, places))

    def score_docs(self, docs: Array) -> ScoredPlaces:
        kept, scores = self.wanted.score_docs(docs)
        places, _ = self.filter.score_docs(docs[kept])
        return ScoredPlaces(np.arange(len(docs))[kept][places], take(scores, places))
