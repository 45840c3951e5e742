"""The scores of the rankers: feature templates are spelled out once, then cached by their values."""

from __future__ import annotations

import pytest

from quoth.article import Article
from quoth.extraction import extract
from quoth.extraction.ranking import model
from quoth.extraction.ranking.features import FeatureTemplate, spell_out
from quoth.extraction.ranking.model import Ranker, shipped

WEIGHTS = {"near": 2.0, "near by a mile": 1.0, "far": -1.0}


def place(where: str, steps: str) -> tuple[str, ...]:
    return where, f"{where} by {steps}"


def size(steps: str) -> tuple[str, ...]:
    return (steps,)


NEAR: list[FeatureTemplate] = [(place, "near", "a mile")]
FAR: list[FeatureTemplate] = [(place, "far", "a mile")]


def test_a_template_scores_as_the_sum_of_its_features() -> None:
    assert spell_out([*NEAR, (size, "big")]) == ["near", "near by a mile", "big"]
    near, far = Ranker(WEIGHTS).probabilities([NEAR, FAR])
    assert near / far == pytest.approx(2.718281828**4)


def test_a_cached_score_equals_the_first_one() -> None:
    ranker = Ranker(WEIGHTS)
    first = ranker.probabilities([NEAR, FAR])
    assert ranker.probabilities([NEAR, FAR]) == ranker.probabilities([NEAR, FAR]) == first


def test_two_templates_with_equal_values_have_separate_scores() -> None:
    ranker = Ranker({"big": 1.0, "BIG": 3.0})

    def shout(steps: str) -> tuple[str, ...]:
        return (steps.upper(),)

    small, big = ranker.probabilities([[(size, "big")], [(shout, "big")]])
    assert big / small == pytest.approx(2.718281828**2)


def test_rankers_of_equal_weights_are_equal_despite_their_caches() -> None:
    met, fresh = Ranker(WEIGHTS), Ranker(WEIGHTS)
    met.probabilities([NEAR, FAR])
    assert met == fresh
    assert repr(met) == repr(fresh)


def test_words_without_weight_are_not_cached() -> None:
    ranker = Ranker(WEIGHTS)
    ranker.probabilities([[(size, f"word{number}")] for number in range(100)])
    assert len(ranker._scores) == 0


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_SCORES", 10)
    ranker = Ranker(WEIGHTS)
    options: list[list[FeatureTemplate]] = [[(place, "near", f"{number} miles")] for number in range(25)]
    assert ranker.probabilities(options) == pytest.approx([1 / 25] * 25)
    assert 0 < len(ranker._scores) <= 10


def test_an_article_gives_the_same_quotes_with_a_warm_cache() -> None:
    article = Article(body="“It holds,” Ada Byron said. The mayor left. “For now,” he added.", id="example")
    fresh = shipped().with_rankers(
        Ranker(shipped().mention.weights), Ranker(shipped().speaker.weights), Ranker(shipped().matter.weights)
    )
    extract(Article(body="Bo Lind met Ada Byron. “No,” she told him, “never.”", id="other"))
    assert extract(article) == extract(article, fresh)
