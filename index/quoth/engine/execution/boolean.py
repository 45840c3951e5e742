"""Scorers that combine others: and, or, not, and a filter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise

import msgspec
import numpy as np

from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.coverage.maxscore import scores_of, with_any_word, with_every_word
from quoth.engine.execution.coverage.words import WordPostings, WordScorer, best_first
from quoth.engine.execution.index import Index
from quoth.engine.execution.postings import places_reaching, top_places
from quoth.engine.execution.scorers import NothingScorer, ScoredDocs, ScoredPlaces, Scorer, Scores, TopScores, take
from quoth.engine.execution.scratch import WINDOW, Scratch
from quoth.engine.segment.layout import Array

# Lists with fewer documents in total than this fraction of the collection are sorted, not summed in a dense array.
_SPARSE = 16
# More words than a query may have are not combined as bitmaps.
_MOST_WORDS = 16


class AndScorer(Scorer, msgspec.Struct):
    """Matches the documents that match every child; scores add up."""

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

    def top_k(self, k: int) -> TopScores:
        words = words_of(self)
        if words is None:
            return super().top_k(k)
        every = reduce(np.bitwise_and, (word.strong_bits for word in words))
        total = bitmaps.count(every)
        docs = with_every_word(words, k, every, total)
        return TopScores(total, *best_first(docs, scores_of(words, docs), k))

    @property
    def _order(self) -> list[Scorer]:
        return sorted(self.children, key=lambda child: child.size)


class OrScorer(Scorer, msgspec.Struct):
    """Matches the documents that match any child; scores add up. A child's scores must be above zero."""

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
        matches, match_scores = [], []
        for start, scores in self._windows(lists):
            docs = (scores > 0).nonzero()[0]
            match_scores.append(scores[docs])
            matches.append(docs + start)
        return ScoredDocs(np.concatenate(matches), np.concatenate(match_scores) * self.boost)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        is_match, total = np.zeros(len(docs), bool), np.zeros(len(docs))
        for child in self.children:
            places, scores = child.score_docs(docs)
            is_match[places] = True
            total[places] += scores
        kept = is_match.nonzero()[0]
        return ScoredPlaces(kept, total[kept] * self.boost)

    def top_k(self, k: int) -> TopScores:
        words = words_of(self)
        if words is not None and sum(word.total for word in words) * _SPARSE >= self.index.documents:
            docs = with_any_word(words, k)
            if len(docs) * _SPARSE < self.index.documents:
                total = bitmaps.count(reduce(np.bitwise_or, (word.strong_bits for word in words)))
                return TopScores(total, *best_first(docs, scores_of(words, docs), k))
        lists = self._lists()
        if sum(len(docs) for docs, _ in lists) * _SPARSE < self.index.documents:
            return super().top_k(k)
        total, docs, kept = 0, np.empty(0, np.intp), np.empty(0)
        for start, scores in self._windows(lists):
            total += int(np.count_nonzero(scores > 0))
            # Boost before comparing: scores that differ in their last bit may be equal after it.
            np.multiply(scores, self.boost, out=scores)
            places = places_reaching(scores, k)
            # Ties go to the lower document number, so a later window must score strictly higher.
            candidates = scores[places]
            better = (candidates > (kept[-1] if len(kept) == k else 0.0)).nonzero()[0]
            docs, kept = np.concatenate((docs, places[better] + start)), np.concatenate((kept, candidates[better]))
            order = top_places(kept, k)
            docs, kept = docs[order], kept[order]
        return TopScores(total, docs, kept)

    def _lists(self) -> list[tuple[Array, Array]]:
        matches = [child.matches() for child in self.children]
        return [(docs, np.full(len(docs), s) if isinstance(s, float) else s) for docs, s in matches]

    def _sorted(self, lists: list[tuple[Array, Array]]) -> ScoredDocs:
        docs = np.concatenate([docs for docs, _ in lists])
        if not len(docs):
            return NothingScorer().matches()
        order = np.argsort(docs, kind="stable")
        docs, scores = docs[order], np.concatenate([scores for _, scores in lists])[order]
        starts = np.diff(docs, prepend=-1).nonzero()[0]
        return ScoredDocs(docs[starts], np.add.reduceat(scores, starts) * self.boost)

    def _windows(self, lists: list[tuple[Array, Array]]) -> Iterator[tuple[int, Array]]:
        """Yield the scores of all documents window by window, each with the number of its first document."""
        edges = [*range(0, self.index.documents, WINDOW), self.index.documents]
        cuts = [docs.searchsorted(edges) for docs, _ in lists]
        for window, (start, stop) in enumerate(pairwise(edges)):
            self.index.budget.check()
            with self.scratch.window(stop - start) as plane:
                for (docs, scores), cut in zip(lists, cuts, strict=True):
                    inside = slice(cut[window], cut[window + 1])
                    np.add.at(plane, docs[inside] - start, scores[inside])
                yield start, plane


def words_of(scorer: AndScorer | OrScorer) -> list[WordPostings] | None:
    """Return the postings of the words that a scorer combines; `None` if it combines anything else."""
    words = [child for child in scorer.children if isinstance(child, WordScorer)]
    is_sum = scorer.boost == 1.0 and len(words) == len(scorer.children) <= _MOST_WORDS
    return [word.postings for word in words] if is_sum else None


class NotScorer(Scorer, msgspec.Struct):
    """Matches the visible documents that do not match the child, all with score 1, as in Whoosh."""

    index: Index
    child: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.index.documents

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.child,)

    def matches(self) -> ScoredDocs:
        docs = self.index.visibility.docs
        return ScoredDocs(docs[self.score_docs(docs).places], 1.0)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        is_kept = np.ones(len(docs), bool)
        is_kept[self.child.score_docs(docs).places] = False
        return ScoredPlaces(is_kept.nonzero()[0], 1.0)


class AndNotScorer(Scorer, msgspec.Struct):
    """Matches the documents that match `child` but not `excluded`, with the scores of `child`."""

    child: Scorer
    excluded: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.child.size

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.child, self.excluded)

    def matches(self) -> ScoredDocs:
        docs, scores = self.child.matches()
        is_kept = np.ones(len(docs), bool)
        is_kept[self.excluded.score_docs(docs).places] = False
        rest = is_kept.nonzero()[0]
        return ScoredDocs(docs[rest], take(scores, rest))

    def score_docs(self, docs: Array) -> ScoredPlaces:
        places, scores = self.child.score_docs(docs)
        kept = np.arange(len(docs))[places]
        is_kept = np.ones(len(kept), bool)
        is_kept[self.excluded.score_docs(docs[kept]).places] = False
        rest = is_kept.nonzero()[0]
        return ScoredPlaces(kept[rest], take(scores, rest))


class AndMaybeScorer(Scorer, msgspec.Struct):
    """Matches the documents that match `must`; those that also match `may` score more."""

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


class ConstantScorer(Scorer, msgspec.Struct):
    """Matches the documents that match the child, all with the same score."""

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


class FilteredScorer(Scorer, msgspec.Struct):
    """Matches the documents that match both `child` and `filter`, with the scores of `child`."""

    child: Scorer
    filter: Scorer

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(self.child.size, self.filter.size)

    @property
    def parts(self) -> Sequence[Scorer]:
        return (self.child, self.filter)

    def matches(self) -> ScoredDocs:
        if self.filter.size < self.child.size:
            docs = self.filter.matches().docs
            places, scores = self.child.score_docs(docs)
            return ScoredDocs(docs[places], scores)
        docs, scores = self.child.matches()
        places, _ = self.filter.score_docs(docs)
        return ScoredDocs(docs[places], take(scores, places))

    def score_docs(self, docs: Array) -> ScoredPlaces:
        kept, scores = self.child.score_docs(docs)
        places, _ = self.filter.score_docs(docs[kept])
        return ScoredPlaces(np.arange(len(docs))[kept][places], take(scores, places))
