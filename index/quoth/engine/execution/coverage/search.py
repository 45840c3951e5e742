"""Ranked retrieval of quotes that have most of a query: first by how much of it they cover, then by score.

Each word weighs a whole number of hundredths, its share of the idf of all words, so that sums and ties are exact. A
quote must cover half. Bitmaps tell which documents do, and how many; only those that can be on the page are scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.coverage.bitmaps import Threshold
from quoth.engine.execution.coverage.maxscore import with_every_word
from quoth.engine.execution.coverage.words import WordPostings, WordScorer
from quoth.engine.execution.index import Index
from quoth.engine.execution.scorers import Scorer
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

HUNDREDTHS = 100
# The most quotes that miss words and are still listed.
MAX_RELATED = 1_000
# As many documents are looked up at once without looking for the weight that enough of them have.
_FEW = 4_096


@dataclass(frozen=True, slots=True)
class CoveredDocs:
    """The documents that cover enough of a query: how many have every word, how many others, and some in order.

    `places` is the number of all documents in that order. Bit n of a `missing` mask is word n of the query. `every` is
    the bitmap of the documents with every word, which `total` counts.
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

    `required` adds to the score, `filter` does not. `extra` adds to the score where it matches.
    """

    index: Index
    words: Sequence[WordScorer]
    units: Sequence[int]
    extra: Scorer | None = None
    required: Scorer | None = None
    filter: Scorer | None = None

    @property
    def cost(self) -> int:
        """An upper bound of the postings and documents scanned."""
        return sum(part.cost for part in self._parts)

    def spans(self) -> Iterator[FileSpan]:
        """Yield the file spans to read that are not in memory."""
        for part in self._parts:
            yield from part.spans()

    @property
    def _parts(self) -> list[Scorer]:
        return [part for part in (*self.words, self.extra, self.required, self.filter) if part is not None]

    def top(self, k: int, start: int = 0, shown: Array | None = None) -> CoveredDocs:
        """Return the documents from `start` to `k`, best first; ties go to the lower document number.

        `shown` says of each document of the collection whether it is shown, by default all are. Others take their
        places, but are not returned or counted.
        """
        every, cover = self._tiers
        total, covered = bitmaps.count(every), bitmaps.count(cover)
        places = total + min(covered - total, MAX_RELATED)
        docs, scores, missing = self._best(min(k, places), every, cover, total, covered)
        docs, scores, missing = docs[start:], scores[start:], missing[start:]
        if shown is not None:
            shown_bits, is_shown = bitmaps.packed(shown), shown.take(docs)
            docs, scores, missing = docs[is_shown], scores[is_shown], missing[is_shown]
            every, cover = every & shown_bits, cover & shown_bits
            total, covered = bitmaps.count(every), bitmaps.count(cover)
        return CoveredDocs(total, covered - total, places, docs, scores, missing.tolist(), every)

    @cached_property
    def _postings(self) -> list[WordPostings]:
        """The postings of each word, read on first use."""
        return [word.postings for word in self.words]

    @cached_property
    def _reaching(self) -> Threshold:
        # The rarest first: the others share more results.
        order = sorted(range(len(self.words)), key=lambda place: (len(self._postings[place]), place))
        return Threshold([self._postings[place].bits for place in order], [self.units[place] for place in order])

    @cached_property
    def _conditions(self) -> Array | None:
        """The bitmap of the documents that meet every condition; `None` without any."""
        conditions = [part for part in (self.required, self.filter) if part is not None]
        if not conditions:
            return None
        bits = None
        for part in conditions:
            self.index.budget.check()
            one = bitmaps.of_docs(part.matches().docs, self.index.documents)
            bits = one if bits is None else bits & one
        return bits

    @cached_property
    def _tiers(self) -> tuple[Array, Array]:
        """The documents with every word, and those that cover half."""
        self.index.budget.check()
        return self._at(sum(self.units)), self._at((sum(self.units) + 1) // 2)

    def _at(self, need: int) -> Array:
        found = self._reaching(need)
        return found if self._conditions is None else found & self._conditions

    def _best(self, k: int, every: Array, cover: Array, total: int, covered: int) -> tuple[Array, Array, Array]:
        """Return the best `k` documents that cover half, their scores, and their masks of missing words."""
        if k <= 0:
            return np.empty(0, np.intp), np.empty(0), np.empty(0, np.int64)
        self.index.budget.check()
        words = self._postings
        if total >= k:
            is_sum = self.extra is None and self.required is None
            docs = with_every_word(words, k, every) if is_sum else bitmaps.unpacked(every)
        else:
            docs = bitmaps.unpacked(cover if covered <= _FEW else self._enough(k))
        classes = [word.classes(docs) for word in words]
        weight, missing = np.zeros(len(docs), np.int64), np.zeros(len(docs), np.int64)
        for number, (some, unit) in enumerate(zip(classes, self.units, strict=True)):
            is_missing = some == 0
            weight += unit
            weight[is_missing] -= unit
            missing[is_missing] |= 1 << number
        if len(docs) > k:
            kept = (weight >= np.partition(weight, len(weight) - k)[len(weight) - k]).nonzero()[0]
            docs, weight, missing = docs[kept], weight[kept], missing[kept]
            classes = [some[kept] for some in classes]
        scores = self._scores(docs, classes)
        order = np.lexsort((-scores, -weight))[:k]
        return docs[order], scores[order], missing[order]

    def _enough(self, k: int) -> Array:
        """Return all documents that cover so much that there are at least `k`: the need falls word by word."""
        need = sum(self.units)
        half = (need + 1) // 2
        for unit in sorted(self.units):
            need = max(half, need - unit)
            found = self._at(need)
            if need == half or bitmaps.count(found) >= k:
                break
        return found

    def _scores(self, docs: Array, classes: Sequence[Array]) -> Array:
        scores: Array = np.zeros(len(docs))
        for word, some in zip(self._postings, classes, strict=True):
            scores += word.scores.take(some)
        for part in (self.required, self.extra):
            if part is not None:
                self.index.budget.check()
                places, added = part.score_docs(docs)
                scores[places] += added
        return scores
