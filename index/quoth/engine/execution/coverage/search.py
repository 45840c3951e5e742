"""Ranked retrieval of quotes that have most of a query: first by how much of it they cover, then by score.

A quote has a word in its text or as a name; or the word stands about it, in the headline or beside it. Each word weighs
a whole number of hundredths, its share of the idf of all words, so that sums and ties are exact. First come the quotes
that have every word, then those that have half of the words and that the others stand about, then those that cover
most, where a word about a quote counts half. A quote must cover half. Bitmaps tell which documents do, and how many;
only those that can be on the page are scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quoth.engine.execution.cache import Lazy
from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.coverage.bitmaps import Threshold
from quoth.engine.execution.coverage.maxscore import with_every_word
from quoth.engine.execution.coverage.words import WordPostings, WordScorer
from quoth.engine.execution.index import Index
from quoth.engine.execution.scorers import Scorer
from quoth.engine.execution.scratch import distinct
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

HUNDREDTHS = 100
# The most quotes that miss words and are still listed.
MAX_RELATED = 1_000
# As many documents are looked up at once without looking for the weight that enough of them have.
_FEW = 4_096
# Documents of a condition that matches fewer than this fraction of all are looked at one by one.
_RARE = 64


class CoveredDocs(NamedTuple):
    """The documents that cover enough of a query: how many have every word, how many others, and some in order.

    `places` is the number of all documents in that order. `found` says of each document where it has each word, as a
    number of `PLACES` from 1; 0 is nowhere.
    """

    total: int
    related: int
    places: int
    docs: Array
    scores: Array
    found: list[list[int]]


def units(idfs: Sequence[float]) -> list[int]:
    """Return the weights of words: hundredths of the sum of their idf, at least one each.

    >>> units([6.0, 6.0, 0.5])
    [48, 48, 4]
    """
    total = sum(idfs)
    return [max(1, round(HUNDREDTHS * idf / total)) for idf in idfs]


def rank(has: Array, covered: Array, full: int, is_most: Array) -> Array:
    """Return the ranks of documents, whole numbers, greater ones first.

    `has` is the weight of the words that a document has, `covered` with those about it, `full` that of all words;
    `is_most` says whether it has at least half of the words. The documents with every word rank before all others, then
    those that have half of them and that the others stand about. A word about a document counts half.

    >>> rank(np.array([100, 60, 80, 40]), np.array([100, 100, 80, 100]), 100, np.array([True, True, True, False]))
    array([2200, 1160,  160,  140])
    """
    is_about = (covered == full) & is_most
    ranks: Array = has + covered + 1_000 * is_about + 1_000 * (has == full)
    return ranks


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
        self.index.budget.check()
        if (champions := self._champions(k)) is not None and shown is None:
            return champions._replace(
                docs=champions.docs[start:], scores=champions.scores[start:], found=champions.found[start:]
            )
        if self._few is not None:
            return self._top_of_few(self._few, k, start, shown)
        every, cover = self._every, self._within(self._covering(self._half))
        total, covered = bitmaps.count(every), bitmaps.count(cover)
        places = total + min(covered - total, MAX_RELATED)
        k = min(k, places)
        candidates = self._candidates(k, every, cover, total, covered) if k > start else np.empty(0, np.intp)
        docs, scores, found = (part[start:] for part in self._best(k, candidates))
        if shown is not None:
            shown_bits, is_shown = bitmaps.packed(shown), shown.take(docs)
            docs, scores, found = docs[is_shown], scores[is_shown], found[is_shown]
            every, cover = every & shown_bits, cover & shown_bits
            total, covered = bitmaps.count(every), bitmaps.count(cover)
        return CoveredDocs(total, covered - total, places, docs, scores, found.tolist())

    def every(self, shown: Array | None = None) -> Array:
        """Return the documents with every word, those that the total counts."""
        if self._few is not None:
            has, _ = self._weights(self._classes(self._few))
            docs: Array = self._few[has == self._full]
            return docs if shown is None else docs[shown.take(docs)]
        return bitmaps.unpacked(self._every if shown is None else self._every & bitmaps.packed(shown))

    @Lazy
    def _few(self) -> Array | None:
        """Documents with all that may cover half, if they are so few that they are looked at one by one.

        They meet every condition. They come from the rarest condition, or from the words without which no document
        covers half.
        """
        conditions = sorted(self._required, key=lambda part: part.size)
        leading = self._leading
        if conditions and conditions[0].size * _RARE <= self.index.documents:
            docs = conditions.pop(0).docs()
        elif sum(map(len, leading)) * _RARE <= self.index.documents:
            docs = distinct(np.sort(np.concatenate([word.all_docs for word in leading]))).astype(np.intp)
        else:
            return None
        for part in conditions:
            docs = docs[part.score_docs(docs).places]
        return docs

    @property
    def _leading(self) -> list[WordPostings]:
        """The fewest words, the weightiest first, such that the others together weigh less than half."""
        leading, left = [], self._full
        for place in sorted(range(len(self.units)), key=lambda place: -self.units[place]):
            if left < self._half:
                break
            leading.append(self._postings[place])
            left -= self.units[place]
        return leading

    def _top_of_few(self, docs: Array, k: int, start: int, shown: Array | None) -> CoveredDocs:
        has, covered = self._weights(self._classes(docs))
        kept = covered >= self._half
        docs, is_complete = docs[kept], has[kept] == self._full
        total = int(np.count_nonzero(is_complete))
        places = total + min(len(docs) - total, MAX_RELATED)
        first, scores, found = (part[start:] for part in self._best(min(k, places), docs))
        if shown is None:
            return CoveredDocs(total, len(docs) - total, places, first, scores, found.tolist())
        total, related = (int(np.count_nonzero(shown.take(docs[part]))) for part in (is_complete, ~is_complete))
        is_shown = shown.take(first)
        return CoveredDocs(total, related, places, first[is_shown], scores[is_shown], found[is_shown].tolist())

    def _champions(self, k: int) -> CoveredDocs | None:
        """Return the best documents of one word, without any condition, if they are known."""
        if len(self.words) > 1 or not (self.extra is self.required is self.filter is None):
            return None
        (word,) = self._postings
        docs, scores = word.champions
        if k > min(len(docs), word.total):
            return None
        others = len(word) - word.total
        found = word.places.take(word.classes(docs[:k]))[:, None].tolist()
        return CoveredDocs(word.total, others, word.total + min(others, MAX_RELATED), docs[:k], scores[:k], found)

    @Lazy
    def _every(self) -> Array:
        return self._within(self._having(self._full))

    @Lazy
    def _postings(self) -> list[WordPostings]:
        """The postings of each word, read on first use."""
        return [word.postings for word in self.words]

    @Lazy
    def _order(self) -> list[int]:
        # The rarest first: the others share more results.
        return sorted(range(len(self.words)), key=lambda place: (len(self._postings[place]), place))

    @Lazy
    def _having(self) -> Threshold:
        """The documents that have words of a given weight."""
        return Threshold([self._postings[at].strong_bits for at in self._order], [self.units[at] for at in self._order])

    @Lazy
    def _covering(self) -> Threshold:
        """The documents that have words of a given weight, or these stand about them."""
        if all(word.bits is word.strong_bits for word in self._postings):
            return self._having
        return Threshold([self._postings[at].bits for at in self._order], [self.units[at] for at in self._order])

    @Lazy
    def _full(self) -> int:
        return sum(self.units)

    @property
    def _half(self) -> int:
        return (self._full + 1) // 2

    @Lazy
    def _conditions(self) -> Array | None:
        """The bitmap of the documents that meet every condition; `None` without any."""
        bits = None
        for part in self._required:
            self.index.budget.check()
            one = bitmaps.of_docs(part.docs(), self.index.documents)
            bits = one if bits is None else bits & one
        return bits

    @property
    def _required(self) -> list[Scorer]:
        return [part for part in (self.required, self.filter) if part is not None]

    def _within(self, bits: Array) -> Array:
        return bits if self._conditions is None else bits & self._conditions

    def _candidates(self, k: int, every: Array, cover: Array, total: int, covered: int) -> Array:
        """Return documents, ascending, with the best `k` among them."""
        self.index.budget.check()
        if total >= k:
            is_sum = self.extra is None and self.required is None
            return with_every_word(self._postings, k, every, self._conditions) if is_sum else bitmaps.unpacked(every)
        if covered <= _FEW:
            return bitmaps.unpacked(cover)
        # At least `k` documents have words of this weight. One that does not even cover it ranks below all of them.
        need = self._full
        for unit in sorted(self.units):
            need = max(self._half, need - unit)
            if need == self._half or bitmaps.count(self._within(self._having(need))) >= k:
                break
        return bitmaps.unpacked(self._within(self._covering(need)))

    def _best(self, k: int, docs: Array) -> tuple[Array, Array, Array]:
        """Return the best `k` of some documents, their scores, and of each where it has each word."""
        self.index.budget.check()
        classes = self._classes(docs)
        strong = sum(word.is_strong.take(some).astype("u1") for word, some in zip(self._postings, classes, strict=True))
        ranks = rank(*self._weights(classes), self._full, 2 * np.asarray(strong) >= len(classes))
        if len(docs) > k > 0:
            kept = (ranks >= np.partition(ranks, len(ranks) - k)[len(ranks) - k]).nonzero()[0]
            docs, ranks, classes = docs[kept], ranks[kept], [some[kept] for some in classes]
        scores = self._scores(docs, classes)
        order = np.lexsort((-scores, -ranks))[:k]
        found = [word.places.take(some[order]) for word, some in zip(self._postings, classes, strict=True)]
        return docs[order], scores[order], np.array(found, np.intp).T

    def _classes(self, docs: Array) -> list[Array]:
        return [word.classes(docs) for word in self._postings]

    def _weights(self, classes: Sequence[Array]) -> tuple[Array, Array]:
        """Return the weight of the words that some documents have, and of these with those about them."""
        has, covered = np.zeros(len(classes[0]), np.int32), np.zeros(len(classes[0]), np.int32)
        for word, some, unit in zip(self._postings, classes, self.units, strict=True):
            has += word.is_strong.take(some) * np.int32(unit)
            covered += (some != 0) * np.int32(unit)
        return has, covered

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
