"""Ranked retrieval of quotes that have most of a query: first by how much of it they cover, then by score.

A quote has a word in its text or as a name; or the word stands about it, in the headline or beside it. Each word weighs
a whole number of hundredths, its share of the idf of all words, so that sums and ties are exact. First come the quotes
that have every word, then those that have half of the words and that the others stand about, then those that cover
most, where a word about a quote counts half. A quote must cover half. Bitmaps tell which documents do, and how many;
only those that can be on the page are scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

import msgspec
import numpy as np

from quoth.engine.execution.cache import Lazy
from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.coverage.bitmaps import Threshold
from quoth.engine.execution.coverage.maxscore import with_every_word
from quoth.engine.execution.coverage.words import Found, WordPostings, WordScorer, found_in
from quoth.engine.execution.index import Index
from quoth.engine.execution.postings import top_places
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


class CoveredDocs(msgspec.Struct, frozen=True):
    """The documents that cover enough of a query: how many have every word, how many others, and some in order.

    `places` is the number of all documents in that order. `found` says of each document where it has each word.
    """

    total: int
    related: int
    places: int
    docs: Array
    scores: Array
    found: Sequence[Found]


def units(idfs: Sequence[float]) -> list[int]:
    """Return the weights of words: hundredths of the sum of their idf, at least one each.

    >>> units([6.0, 6.0, 0.5])
    [48, 48, 4]
    """
    total = sum(idfs)
    return [max(1, round(HUNDREDTHS * idf / total)) for idf in idfs]


class _Candidates(NamedTuple):
    """Some documents, ascending, and the class of each in each word."""

    docs: Array
    classes: list[Array]

    def at(self, kept: Array) -> _Candidates:
        """Return those at some places."""
        docs, classes = self
        return self if len(kept) == len(docs) else _Candidates(docs.take(kept), [some.take(kept) for some in classes])


# Of a document, the weight of the words that it has or that stand about it, that of the words it has, and their number
# are one number: the first above the bits of the second, that above those of the third.
_COVERED, _HAS = 40, 20


@lru_cache(256)
def _of_places(unit: int) -> Array:
    """Return what a word of a weight adds to that number, by its place in `PLACES`, from 1."""
    strong = unit << _COVERED | unit << _HAS | 1
    return np.array([0, strong, strong, strong, unit << _COVERED])


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


class CoverageSearch:
    """A ranked search: a scorer for each word with its weight, and those that every document must match.

    `required` adds to the score, `filter` does not. `extra` adds to the score where it matches.
    """

    def __init__(
        self,
        index: Index,
        words: Sequence[WordScorer],
        units: Sequence[int],
        extra: Scorer | None = None,
        required: Scorer | None = None,
        filter: Scorer | None = None,
    ) -> None:
        self.index = index
        self.words = words
        self.units = units
        self.extra = extra
        self.required = required
        self._conditions = [part for part in (required, filter) if part is not None]
        self._parts = [*words, *([] if extra is None else [extra]), *self._conditions]
        self._full = sum(units)
        self._half = (self._full + 1) // 2
        self._complete = self._full << _COVERED | self._full << _HAS

    @property
    def cost(self) -> int:
        """An upper bound of the postings and documents scanned."""
        return sum([part.cost for part in self._parts])

    def spans(self) -> Iterator[FileSpan]:
        """Yield the file spans to read that are not in memory."""
        for part in self._parts:
            yield from part.spans()

    def top(self, k: int, start: int = 0, shown: Array | None = None) -> CoveredDocs:
        """Return the documents from `start` to `k`, best first; ties go to the lower document number.

        `shown` says of each document of the collection whether it is shown, by default all are. Others take their
        places, but are not returned or counted.
        """
        if shown is None and (champions := self._champions(k, start)) is not None:
            return champions
        if self._few is not None:
            return self._top_of_few(self._few, k, start, shown)
        every, cover = self._every, self._within(self._covering(self._half))
        total, covered = bitmaps.count(every), bitmaps.count(cover)
        places = total + min(covered - total, MAX_RELATED)
        k = min(k, places)
        docs = self._candidates(k, every, cover, total, covered) if k > start else np.empty(0, np.intp)
        candidates = self._looked_up(docs)
        ranks = None if total >= k else self._ranks(self._sums(candidates.classes))
        docs, scores, found = self._best(k, candidates, ranks, start)
        if shown is not None:
            shown_bits, is_shown = bitmaps.packed(shown), shown.take(docs)
            docs, scores, found = docs[is_shown], scores[is_shown], list(compress(found, is_shown))
            every, cover = every & shown_bits, cover & shown_bits
            total, covered = bitmaps.count(every), bitmaps.count(cover)
        return CoveredDocs(total, covered - total, places, docs, scores, found)

    def every(self, shown: Array | None = None) -> Array:
        """Return the documents with every word, those that the total counts."""
        if self._few is not None:
            docs: Array = self._few[self._sums(self._looked_up(self._few).classes) >= self._complete]
            return docs if shown is None else docs[shown.take(docs)]
        return bitmaps.unpacked(self._every if shown is None else self._every & bitmaps.packed(shown))

    @Lazy
    def _few(self) -> Array | None:
        """Documents with all that may cover half, if they are so few that they are looked at one by one.

        They meet every condition. They come from the rarest condition, or from the words without which no document
        covers half.
        """
        conditions = sorted(self._conditions, key=lambda part: part.size)
        if conditions and conditions[0].size * _RARE <= self.index.documents:
            docs = conditions.pop(0).docs()
        elif sum(map(len, leading := self._leading)) * _RARE <= self.index.documents:
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
        candidates = self._looked_up(docs)
        sums = self._sums(candidates.classes)
        complete, covers = ((sums >= least).nonzero()[0] for least in (self._complete, self._half << _COVERED))
        total, related = len(complete), len(covers) - len(complete)
        places = total + min(related, MAX_RELATED)
        if total >= k:  # they rank before the others
            first, scores, found = self._best(k, candidates.at(complete), None, start)
        else:
            ranks = self._ranks(sums.take(covers))
            first, scores, found = self._best(min(k, places), candidates.at(covers), ranks, start)
        if shown is None:
            return CoveredDocs(total, related, places, first, scores, found)
        total, covered = (int(np.count_nonzero(shown.take(docs[part]))) for part in (complete, covers))
        is_shown = shown.take(first)
        found = list(compress(found, is_shown))
        return CoveredDocs(total, covered - total, places, first[is_shown], scores[is_shown], found)

    def _champions(self, k: int, start: int) -> CoveredDocs | None:
        """Return the best documents of one word, without any condition, if they are known; see `top`."""
        if len(self._parts) > 1:
            return None
        (word,) = self._postings
        docs, scores = word.champions
        if k > min(len(docs), word.total):
            return None
        others = len(word) - word.total
        places = word.total + min(others, MAX_RELATED)
        page = slice(start, k)
        return CoveredDocs(word.total, others, places, docs[page], scores[page], word.champions_found[page])

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
    def _allowed(self) -> Array | None:
        """The bitmap of the documents that meet every condition; `None` without any."""
        bits = None
        for part in self._conditions:
            self.index.budget.check()
            one = part.bits(self.index.documents)
            bits = one if bits is None else bits & one
        return bits

    def _within(self, bits: Array) -> Array:
        return bits if self._allowed is None else bits & self._allowed

    def _candidates(self, k: int, every: Array, cover: Array, total: int, covered: int) -> Array:
        """Return documents, ascending, with the best `k` among them."""
        self.index.budget.check()
        if total >= k:
            is_sum = self.extra is None and self.required is None
            return (
                with_every_word(self._postings, k, every, total, self._allowed) if is_sum else bitmaps.unpacked(every)
            )
        if covered <= _FEW:
            return bitmaps.unpacked(cover)
        # At least `k` documents have words of this weight. One that does not even cover it ranks below all of them.
        need = self._full
        for unit in sorted(self.units):
            need = max(self._half, need - unit)
            if need == self._half or bitmaps.count(self._within(self._having(need))) >= k:
                break
        return bitmaps.unpacked(self._within(self._covering(need)))

    def _best(
        self, k: int, candidates: _Candidates, ranks: Array | None, start: int
    ) -> tuple[Array, Array, list[Found]]:
        """Return the best `k` of some documents from `start`, their scores, and of each where it has each word.

        Without ranks all of them have every word.
        """
        self.index.budget.check()
        if ranks is not None and len(ranks) > k > 0:
            kept = (ranks >= np.partition(ranks, len(ranks) - k)[len(ranks) - k]).nonzero()[0]
            candidates, ranks = candidates.at(kept), ranks.take(kept)
        docs, classes = candidates
        scores = self._scores(docs, classes)
        order = (top_places(scores, k) if ranks is None else np.lexsort((-scores, -ranks))[:k])[start:]
        found = found_in([(word, some.take(order)) for word, some in zip(self._postings, classes, strict=True)])
        return docs.take(order), scores.take(order), found

    def _looked_up(self, docs: Array) -> _Candidates:
        return _Candidates(docs, [word.classes(docs) for word in self._postings])

    def _sums(self, classes: Sequence[Array]) -> Array:
        """Return what some documents have of the query, as one number each; see `_of_places`."""
        worth = [_of_places(unit).take(word.places) for word, unit in zip(self._postings, self.units, strict=True)]
        parts = [of_word.take(some) for of_word, some in zip(worth, classes, strict=True)]
        sums: Array = parts[0] if len(parts) == 1 else np.add.reduce(parts)
        return sums

    def _ranks(self, sums: Array) -> Array:
        lower = (1 << _HAS) - 1
        is_most = 2 * (sums & lower) >= len(self.words)
        return rank(sums >> _HAS & lower, sums >> _COVERED, self._full, is_most)

    def _scores(self, docs: Array, classes: Sequence[Array]) -> Array:
        first, *others = zip(self._postings, classes, strict=True)
        scores: Array = first[0].scores.take(first[1])
        for word, some in others:
            scores += word.scores.take(some)
        for part in (self.required, self.extra):
            if part is not None:
                self.index.budget.check()
                places, added = part.score_docs(docs)
                scores[places] += added
        return scores
