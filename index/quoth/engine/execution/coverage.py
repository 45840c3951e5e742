"""Ranked retrieval of quotes that have most of a query: first by how much of it they cover, then by score.

Each word weighs a whole number of hundredths, its share of the idf of all words, so that sums and ties are exact. A
quote must cover half. So the words that weigh least, together less than half, cannot bring a quote in by themselves:
only the documents of the others are candidates, and the frequent words are looked up for these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quoth.engine.execution.index import Index
from quoth.engine.execution.scorers import Scorer
from quoth.engine.execution.scratch import distinct
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

HUNDREDTHS = 100
# The most quotes that miss words and are still listed.
MAX_RELATED = 1_000
# Lists with fewer documents in total than this fraction of the collection are sorted, not marked in a dense array.
_SPARSE = 16


@dataclass(frozen=True, slots=True)
class CoveredDocs:
    """The documents that cover enough of a query: how many have every word, how many others, and some in order.

    `places` is the number of all documents in that order. Bit n of a `missing` mask is word n of the query. `every` are
    the documents with every word, which `total` counts.
    """

    total: int
    related: int
    places: int
    docs: Array
    scores: Array
    missing: list[int]
    every: Array


def units(idfs: Sequence[float]) -> list[int]:
    """Return the weights of words: hundredths of the sum of their idf, at least one each.

    >>> units([6.0, 6.0, 0.5])
    [48, 48, 4]
    """
    total = sum(idfs)
    return [max(1, round(HUNDREDTHS * idf / total)) for idf in idfs]


@dataclass(frozen=True)
class CoverageSearch:
    """A ranked search: a scorer for each word with its weight, and those that every document must match.

    `required` adds to the score, `filter` does not. `exact` adds to the score where it matches.
    """

    index: Index
    words: Sequence[Scorer]
    units: Sequence[int]
    exact: Scorer
    required: Scorer | None = None
    filter: Scorer | None = None

    @property
    def cost(self) -> int:
        """An upper bound of the postings and documents scanned."""
        return sum(part.cost for part in (*self.words, self.exact, *self._conditions))

    def spans(self) -> Iterator[FileSpan]:
        """Yield the file spans to read that are not in memory."""
        for part in (*self.words, self.exact, *self._conditions):
            yield from part.spans()

    @property
    def _conditions(self) -> list[Scorer]:
        return [part for part in (self.required, self.filter) if part is not None]

    @cached_property
    def _half(self) -> int:
        return (sum(self.units) + 1) // 2

    def top(self, k: int, start: int = 0, shown: Array | None = None) -> CoveredDocs:
        """Return the documents from `start` to `k`, best first; ties go to the lower document number.

        `shown` says of each document of the collection whether it is shown, by default all are. Others take their
        places, but are not returned or counted.
        """
        docs, scores = self._candidates()
        covered, has = np.zeros(len(docs), np.int32), np.zeros(len(docs), np.int64)
        for number, (word, weight) in enumerate(zip(self.words, self.units, strict=True)):
            self.index.budget.check()
            matching, added = word.score_docs(docs)
            covered[matching] += weight
            scores[matching] += added
            has[matching] |= 1 << number
        kept = (covered >= self._half).nonzero()[0]
        docs, scores, covered, has = docs[kept], scores[kept], covered[kept], has[kept]
        full = sum(self.units)
        complete = int(np.count_nonzero(covered == full))
        places = complete + min(len(docs) - complete, MAX_RELATED)
        first, ranked = self._first(docs, covered, scores, min(k, places))
        first, ranked = first[start:], ranked[start:]
        every = docs[covered == full]
        counted, related = every, len(docs) - complete
        if shown is not None:
            is_shown = shown.take(docs[first])
            first, ranked, counted = first[is_shown], ranked[is_shown], every[shown.take(every)]
            related = int(np.count_nonzero(shown.take(docs))) - len(counted)
        all_words = (1 << len(self.words)) - 1
        return CoveredDocs(
            total=len(counted),
            related=related,
            places=places,
            docs=docs[first],
            scores=ranked,
            missing=[all_words & ~mask for mask in has[first].tolist()],
            every=counted,
        )

    def _candidates(self) -> tuple[Array, Array]:
        """Return the documents that may cover half and meet the conditions, with the scores of what is required."""
        self.index.budget.check()
        leading = self._leading
        rarest = min(self._conditions, key=lambda part: part.size, default=None)
        if rarest is not None and rarest.size < sum(word.size for word in leading):
            docs = rarest.matches().docs
        else:
            docs = self._any_of(leading)
        if self.filter is not None:
            docs = docs[self.filter.score_docs(docs).places]
        scores = np.zeros(len(docs))
        if self.required is not None:
            places, added = self.required.score_docs(docs)
            docs, scores = docs[places], scores[places] + added
        return docs, scores

    @property
    def _leading(self) -> list[Scorer]:
        """The fewest words, the weightiest first, such that the others together weigh less than half."""
        leading, left = [], sum(self.units)
        for number in sorted(range(len(self.words)), key=lambda number: -self.units[number]):
            if left < self._half:
                break
            leading.append(self.words[number])
            left -= self.units[number]
        return leading

    def _any_of(self, words: Sequence[Scorer]) -> Array:
        lists = []
        for word in words:
            self.index.budget.check()
            lists.append(word.matches().docs)
        if len(lists) == 1:
            return lists[0]
        docs = np.concatenate(lists)
        if len(docs) * _SPARSE < self.index.documents:
            return distinct(np.sort(docs))
        is_match = np.zeros(self.index.documents, bool)
        is_match[docs] = True
        return is_match.nonzero()[0]

    def _first(self, docs: Array, covered: Array, scores: Array, k: int) -> tuple[Array, Array]:
        """Return the places of the best `k` documents, by coverage, then by score, then in order, and their scores.

        Only the documents that cover as much as the last of them are looked up in `exact`.
        """
        if 0 < k < len(docs):
            candidates = (covered >= np.partition(covered, -k)[-k]).nonzero()[0]
            docs, covered, scores = docs[candidates], covered[candidates], scores[candidates]
        else:
            candidates = np.arange(len(docs))
        self.index.budget.check()
        matching, added = self.exact.score_docs(docs)
        scores[matching] += added
        order = np.lexsort((-scores, -covered))[:k]
        return candidates[order], scores[order]
