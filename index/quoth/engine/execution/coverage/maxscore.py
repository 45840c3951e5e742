"""The best documents of several words without scoring all: those that cannot be among the best are passed over.

The functions return candidates: documents, ascending, with at least the best `k` among them. Bounds leave some slack,
since scores are summed in another order at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.coverage.bitmaps import Threshold
from quoth.engine.execution.coverage.words import WordPostings
from quoth.engine.execution.scratch import distinct
from quoth.engine.segment.layout import Array

# As many documents are scored at once without looking for a bound.
SMALL = 512
_SLACK = 1 - 1e-9
# The highest weight of a document in the search for those with any word.
_STEPS = 48


def scores_of(words: Sequence[WordPostings], docs: Array) -> Array:
    """Return the sum of the scores of some documents in all words, in the order of the words."""
    total: Array = np.zeros(len(docs))
    for word in words:
        total += word.scores.take(word.classes(docs))
    return total


def with_every_word(
    words: Sequence[WordPostings], k: int, every: Array, total: int, within: Array | None = None
) -> Array:
    """Return candidates among the `total` documents of the bitmap `every`, which have every word and are `within`."""
    if total <= max(SMALL, k):
        return bitmaps.unpacked(every)
    champions = np.concatenate([word.champions[0] for word in words])
    champions.sort()
    champions = distinct(champions)
    if within is not None:
        champions = champions[bitmaps.has(within, champions)]
    _, best = _kept(words, champions, np.zeros(len(champions)), 0.0)
    least = _kth(best, k) * _SLACK
    rarest, *others = sorted(words, key=len)
    rest = sum(word.highest for word in others)
    docs, _ = _kept(others, *rarest.reaching(least - rest), least)
    return docs if within is None else docs[bitmaps.has(within, docs)]


def _kept(words: Sequence[WordPostings], docs: Array, scores: Array, least: float) -> tuple[Array, Array]:
    """Return which of some documents have every word and may score at least so much, and what they score."""
    rest = sum(word.highest for word in words)
    for word in words:
        rest -= word.highest
        classes = word.classes(docs)
        scores = scores + word.scores.take(classes)
        kept = (word.is_strong.take(classes) & (scores >= least - rest)).nonzero()[0]
        docs, scores = docs.take(kept), scores.take(kept)
    return docs, scores


def with_any_word(words: Sequence[WordPostings], k: int) -> Array:
    """Return candidates among the documents that have any of the words."""
    highest = [word.highest for word in words]
    whole = sum(highest)
    # Rounded up: what a word can add at most. So a document reaches what it scores, and is never passed over.
    steps = [max(1, ceil(_STEPS * one / whole)) for one in highest]
    order = sorted(range(len(words)), key=lambda place: -steps[place])
    reaching = Threshold([words[place].strong_bits for place in order], [steps[place] for place in order])
    need, ascending = sum(steps), sorted(steps)
    found = reaching(need)
    if (total := bitmaps.count(found)) >= k:
        docs = with_every_word(words, k, found, total)
    else:
        while bitmaps.count(found) < k and ascending:
            need = max(1, need - ascending.pop(0))
            found = reaching(need)
        docs = bitmaps.unpacked(found)
    least = _kth(scores_of(words, docs), k) * _SLACK
    enough = max(1, floor(_STEPS * least / whole))
    # Above this only documents with every word reach it, and the best of these are known.
    return docs if enough > sum(steps) - min(steps) else bitmaps.unpacked(reaching(enough))


def _kth(scores: Array, k: int) -> float:
    """Return the k-th highest score, 0 if there are fewer."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) if len(scores) >= k > 0 else 0.0
