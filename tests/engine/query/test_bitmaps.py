"""Search by coverage on bitmaps answers what a plain loop over all documents answers, to the last bit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from quoth.engine.execution.budget import Budget
from quoth.engine.execution.coverage import bitmaps, maxscore, search
from quoth.engine.execution.coverage import words as words_
from quoth.engine.execution.coverage.bitmaps import Threshold
from quoth.engine.execution.coverage.search import MAX_RELATED, CoverageSearch, units
from quoth.engine.execution.coverage.words import Found, WordPostings
from quoth.engine.execution.scorers import ScoredDocs, ScoredPlaces, Scorer
from quoth.engine.execution.scratch import common

ABOUT = 4


@dataclass
class AWord:
    """A word of a random collection: its place and its score in each document that has it or is about it."""

    places: dict[int, int]
    scores: dict[int, float]
    documents: int

    @property
    def postings(self) -> WordPostings:
        classes = sorted({(self.scores[doc], self.places[doc]) for doc in self.places})
        docs = sorted(self.places)
        codes = [classes.index((self.scores[doc], self.places[doc])) + 1 for doc in docs]
        return WordPostings(
            np.array(docs, np.intp),
            np.array(codes, "u2"),
            np.array([0.0, *(score for score, _ in classes)]),
            np.array([0, *(place for _, place in classes)], np.intp),
            self.documents,
        )


class Some(Scorer):
    """Matches some documents, each with a score."""

    def __init__(self, scores: dict[int, float]) -> None:
        self.size = len(scores)
        self._docs = np.array(sorted(scores), np.intp)
        self._scores = np.array([scores[doc] for doc in sorted(scores)])

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self._docs, self._scores)

    def score_docs(self, docs: Any) -> ScoredPlaces:
        kept, places = common(docs, self._docs)
        return ScoredPlaces(kept, self._scores[places])


def a_word(rng: random.Random, documents: int) -> AWord:
    """A frequent or a rare word, with few scores, so that many documents are equal."""
    share = rng.choice([0.0, 0.01, 0.1, 0.4, 0.9])
    chosen = [doc for doc in range(documents) if rng.random() < share]
    scores = [rng.uniform(0.1, 6.0) for _ in range(rng.randint(1, 6))]
    about = rng.choice([0.0, 0.2, 0.7])
    return AWord(
        {doc: ABOUT if rng.random() < about else rng.randint(1, 3) for doc in chosen},
        {doc: rng.choice(scores) for doc in chosen},
        documents,
    )


def by_a_loop(
    words: Sequence[AWord],
    weights: Sequence[int],
    conditions: Sequence[dict[int, float] | None],
    extra: dict[int, float] | None,
    documents: int,
) -> tuple[int, int, list[tuple[int, float, Found]]]:
    """The total, the number of related documents, and all of them in order: document, score, places."""
    full, ranked, total = sum(weights), [], 0
    for doc in range(documents):
        if any(one is not None and doc not in one for one in conditions):
            continue
        places = [word.places.get(doc, 0) for word in words]
        has = sum(weight for weight, place in zip(weights, places, strict=True) if 0 < place < ABOUT)
        covered = sum(weight for weight, place in zip(weights, places, strict=True) if place)
        if 2 * covered < full:
            continue
        score = 0.0
        for word in words:
            score += word.scores.get(doc, 0.0)
        for some in (conditions[0], extra):
            if some is not None:
                score += some.get(doc, 0.0)
        total += has == full
        is_about = covered == full and 2 * sum(0 < place < ABOUT for place in places) >= len(places)
        ranked.append(((has < full, not is_about, -(has + covered), -score, doc), doc, score, places))
    ranked.sort()
    listed = ranked[: total + min(len(ranked) - total, MAX_RELATED)]
    return total, len(ranked) - total, [(doc, score, tuple(places)) for _, doc, score, places in listed]


def compare(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    documents = rng.choice([1, 40, 64, 300])
    words = [a_word(rng, documents) for _ in range(rng.choice([1, 2, 2, 3, 4, 5, 8, 9, 16]))]
    weights = units([rng.uniform(0.1, 9.0) for _ in words])
    required, filter = (
        {doc: rng.choice([0.5, 2.0]) for doc in range(documents) if rng.random() < share} if share else None
        for share in rng.choices([0.0, 0.01, 0.6], [14, 3, 6], k=2)
    )
    extra = {doc: 1.5 for doc in range(documents) if rng.random() < 0.3} if rng.random() < 0.2 else None
    index: Any = SimpleNamespace(documents=documents, budget=Budget())
    searched = CoverageSearch(
        index,
        cast("Any", words),
        weights,
        *(None if part is None else Some(part) for part in (extra, required, filter)),
    )
    total, related, ranked = by_a_loop(words, weights, (required, filter), extra, documents)
    k = rng.choice([1, 3, 10, 400])
    start = rng.choice([0, 0, k // 2])
    top = searched.top(k, start)
    assert (top.total, top.related, top.places) == (total, related, len(ranked))
    found = list(zip(top.docs.tolist(), top.scores.tolist(), top.found, strict=True))
    assert found == ranked[start:k]
    assert searched.every().tolist() == sorted(doc for doc, _, _ in ranked[:total])
    shown = np.array([rng.random() < 0.7 for _ in range(documents)])
    some = searched.top(k, start, shown)
    assert list(zip(some.docs.tolist(), some.found, strict=True)) == [
        (doc, places) for doc, _, places in ranked[start:k] if shown[doc]
    ]
    assert some.places == top.places
    every = [doc for doc, _, _ in ranked[:total]]
    assert some.total == np.count_nonzero(shown[every])
    assert searched.every(shown).tolist() == sorted(doc for doc in every if shown[doc])


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds so low that few documents are many: every way to find candidates is taken."""
    monkeypatch.setattr(maxscore, "SMALL", 4)
    monkeypatch.setattr(search, "_FEW", 8)
    monkeypatch.setattr(words_, "CHAMPIONS", 6)


@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize("lot", range(4))
def test_the_answer_is_that_of_a_plain_loop(lot: int) -> None:
    for seed in range(75 * lot, 75 * (lot + 1)):
        compare(seed)


@pytest.mark.prove
@pytest.mark.usefixtures("small_bounds")
@pytest.mark.parametrize("lot", range(20))
def test_the_answer_is_that_of_a_plain_loop_for_thousands_of_queries(lot: int) -> None:
    for seed in range(1_000 + 500 * lot, 1_500 + 500 * lot):
        compare(seed)


@pytest.mark.parametrize("number", [1, 2, 5, 8, 9, 16])
def test_a_threshold_is_the_sum_of_the_weights(number: int) -> None:
    rng = random.Random(number)  # noqa: S311 - not for secrets
    masks = [np.array([rng.random() < 0.5 for _ in range(130)]) for _ in range(number)]
    weights = [rng.randint(1, 40) for _ in range(number)]
    sums = sum(mask * weight for mask, weight in zip(masks, weights, strict=True))
    reaching = Threshold([bitmaps.packed(mask) for mask in masks], weights)
    for need in range(1, sum(weights) + 2):
        assert bitmaps.unpacked(reaching(need)).tolist() == (sums >= need).nonzero()[0].tolist()


@pytest.mark.parametrize("documents", [0, 1, 63, 64, 65, 5_000])
def test_a_bitmap_holds_its_documents(documents: int) -> None:
    rng = random.Random(documents)  # noqa: S311 - not for secrets
    docs = np.array([doc for doc in range(documents) if rng.random() < 0.1], np.intp)
    bits = bitmaps.of_docs(docs, documents)
    assert bitmaps.unpacked(bits).tolist() == docs.tolist()
    assert bitmaps.count(bits) == len(docs)
    assert bitmaps.has(bits, np.arange(documents)).nonzero()[0].tolist() == docs.tolist()
