"""Training of the weights: the fit, the examples from articles, the measures, and `make train` on a small corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quoth.article import Article
from quoth.extraction import extract
from quoth.extraction.ranking.model import from_json
from training import train
from training.corpus import GoldArticle, GoldQuote, read, split
from training.examples import Example, lesson_of
from training.fit import fit
from training.metric import (
    AttributionScore,
    Judged,
    Predicted,
    calibrated,
    confusions,
    fault_of_name,
    judge,
    reliability,
    score,
    strict_score,
)
from training.passages import FILLINGS, passages
from training.train import main


def an_article(text: str, *quotes: GoldQuote, **known: Any) -> GoldArticle:
    return GoldArticle("1", text, quotes, known.get("labels", {}))


def named(feature: str) -> tuple[str, ...]:
    """Return the single feature of a template."""
    return (feature,)


def a_quote(text: str, quoted: str, source: str | None, kind: str = "name", entity: str | None = None) -> GoldQuote:
    start = text.index(quoted)
    where = None if source is None else (text.rindex(source), text.rindex(source) + len(source))
    is_spoken = source is not None or entity is not None
    named = entity if entity is not None else source if kind == "name" else None
    return GoldQuote(start, start + len(quoted), is_spoken, where, kind, named)


class TestFit:
    CHOICES = (
        Example([["far"], ["near", "named"]], frozenset({1})),
        Example([["near"], ["far", "named"]], frozenset({0})),
    )

    def test_weights_prefer_the_right_options(self) -> None:
        ranker = fit(self.CHOICES, penalty=0.1, seldom=1)
        assert ranker.weights["near"] > 0 > ranker.weights["far"]
        assert ranker.probabilities([[(named, "near")], [(named, "far")]])[0] > 0.9

    def test_equal_examples_give_equal_weights(self) -> None:
        assert fit(self.CHOICES, penalty=0.1, seldom=1) == fit(self.CHOICES, penalty=0.1, seldom=1)

    def test_rare_features_are_left_out(self) -> None:
        rare = Example([["near", "once in a lifetime"], ["far"]], frozenset({0}))
        assert "once in a lifetime" not in fit([*self.CHOICES, rare], penalty=0.1, seldom=2).weights

    def test_of_several_right_options_any_will_do(self) -> None:
        choice = Example([["a"], ["b"], ["c"]], frozenset({0, 1}))
        chances = fit([choice], penalty=0.01, seldom=1).probabilities([[(named, name)] for name in "abc"])
        assert chances[0] + chances[1] > 0.9


class TestLessons:
    def test_the_mention_of_the_gold_is_right(self) -> None:
        text = "Ada Byron met Bo Lind. “It holds,” Byron said."
        [example] = lesson_of(an_article(text, a_quote(text, "It holds,", "Byron"))).mentions
        [right] = example.right
        assert "pattern cue after" in example.options[right]

    def test_an_unspoken_title_has_no_right_mention(self) -> None:
        text = "Ada Byron read “The Long Way”."
        [example] = lesson_of(an_article(text, GoldQuote(16, 28, False, None, "none", None))).mentions
        assert example.right == {0}

    def test_a_pronoun_teaches_its_antecedent(self) -> None:
        text = "Ada Byron met Bo Lind. “It holds,” she said."
        quote = a_quote(text, "It holds,", "she", "pron", "Ada Byron")
        [example] = lesson_of(an_article(text, quote)).speakers
        [right] = example.right
        assert right != 0
        assert "she gender agrees" in example.options[right]

    def test_a_label_tells_that_the_article_names_nobody(self) -> None:
        text = "Ada Byron left. “It holds,” a guard said."
        quote = a_quote(text, "It holds,", "a guard", "nominal")
        labels = {text.index("a guard"): None}
        [example] = lesson_of(an_article(text, quote, labels=labels)).speakers
        assert example.right == {0}


class TestMeasures:
    TEXT = "“One two,” Ada Byron said. “Three four,” he said. He read “Five Six”."

    def gold(self) -> GoldArticle:
        text = self.TEXT
        return an_article(
            text,
            a_quote(text, "One two,", "Ada Byron"),
            a_quote(text, "Three four,", "he", "pron"),
            a_quote(text, "Five Six", None),
        )

    def predicted(self, quoted: str, speaker: str | None, confidence: float = 0.9) -> Predicted:
        start = self.TEXT.index(quoted)
        return Predicted(start, start + len(quoted), speaker, confidence, "cue after")

    def test_a_span_and_its_speaker_are_right(self) -> None:
        found = list(judge(self.gold(), [self.predicted("One two", "Byron")]))
        assert [item.is_right for item in found] == [True]
        figures = score([self.gold()], found)
        assert (figures.precision, figures.accuracy, figures.recall) == (1, 1, 0.5)

    def test_a_speaker_whom_nobody_knows_counts_neither_way(self) -> None:
        found = list(judge(self.gold(), [self.predicted("Three four", "Bo Lind")]))
        assert [(item.is_right, item.claims) for item in found] == [(None, False)]
        assert score([self.gold()], found).precision == 0

    def test_a_title_that_is_attributed_costs_precision_end_to_end(self) -> None:
        both = [self.predicted("One two", "Byron"), self.predicted("Five Six", "Byron")]
        figures = score([self.gold()], list(judge(self.gold(), both)))
        assert figures.precision == 1  # of the attributed gold quotes
        assert figures.end_to_end == pytest.approx(2 * 0.5 * 0.5 / (0.5 + 0.5))

    def test_nobody_named_costs_recall_alone(self) -> None:
        figures = score([self.gold()], list(judge(self.gold(), [self.predicted("One two", None)])))
        assert (figures.precision, figures.end_to_end, figures.accuracy) == (0, 0, 0)
        assert figures.detection == pytest.approx(2 * 1 * 0.5 / 1.5)

    def test_one_gold_quote_is_matched_once(self) -> None:
        twice = [self.predicted("One two", "Byron"), self.predicted("One two", "Byron")]
        assert [item.gold is not None for item in judge(self.gold(), twice)] == [True, False]

    def test_the_costliest_confusion_comes_first(self) -> None:
        wrong = [self.predicted("One two", "Lind"), self.predicted("Five Six", "Byron")]
        counts = confusions(judge(self.gold(), [*wrong, self.predicted("Five Six", "Byron")]))
        assert next(iter(counts.items())) == (("not a quote of anybody", "named by cue after"), 2)

    def test_confidence_is_compared_with_accuracy(self) -> None:
        found = list(
            judge(self.gold(), [self.predicted("One two", "Byron", 0.97), self.predicted("Five Six", "X", 0.55)])
        )
        bands = reliability(found)
        assert [(band.named, band.right) for band in bands] == [(1, 0.0), (1, 1.0)]

    def test_calibration_finds_the_accuracy_of_probabilities(self) -> None:
        """Of a hundred predictions of .9, seventy were right; of a hundred of .6, half."""
        found = [
            Judged(Predicted(0, 1, "Byron", belief), GoldQuote(0, 1, True, None, "name", "Byron"), number < right)
            for belief, right in ((0.9, 70), (0.6, 50))
            for number in range(100)
        ]
        slope, offset = calibrated(found)
        model = from_json(
            json.dumps({**EMPTY, "calibration": {"slope": slope, "offset": offset, "threshold": 0, "matter": 1}})
        )
        assert model.confidence(0.9) == pytest.approx(0.7, abs=0.01)
        assert model.confidence(0.6) == pytest.approx(0.5, abs=0.01)


class TestThreshold:
    """The threshold is the best of those that are precise enough, by figures averaged with those beside."""

    @staticmethod
    def chosen(*figures: tuple[float, float]) -> float:
        """Return the threshold for the pairs of precision and end-to-end F1 at .50, .52 and so on."""
        return train.threshold(
            {
                (50 + 2 * number) / 100: AttributionScore(0.9, 0.9, precision, end_to_end, 0.9)
                for number, (precision, end_to_end) in enumerate(figures)
            }
        )

    def test_the_best_that_is_precise_enough_is_chosen(self) -> None:
        assert self.chosen((0.8, 0.9), (0.9, 0.89), (0.96, 0.88), (0.97, 0.87), (0.98, 0.86)) == 0.56

    def test_one_lucky_threshold_is_not_chosen(self) -> None:
        assert self.chosen((0.8, 0.9), (0.99, 0.9), (0.8, 0.9), (0.96, 0.88), (0.97, 0.88), (0.97, 0.87)) == 0.58

    def test_the_strictest_is_chosen_if_none_is_precise_enough(self) -> None:
        assert self.chosen((0.8, 0.9), (0.85, 0.8)) == 0.52


EMPTY: dict[str, Any] = {"card": {}, "mention": {}, "speaker": {}, "matter": {}}


class TestCorpus:
    def test_a_line_that_is_no_json_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "", "quotes": []}\n{"id":\n', "utf-8")
        with pytest.raises(SystemExit, match="line 2: not JSON"):
            read(tmp_path / "a.jsonl")

    def test_every_article_is_held_out_once(self) -> None:
        articles = [GoldArticle(str(n), "", (), {}) for n in range(12)]
        folds = list(split(articles, 5))
        assert sorted(article.id for _, held_out in folds for article in held_out) == sorted(a.id for a in articles)
        assert all(not {a.id for a in learned} & {a.id for a in held_out} for learned, held_out in folds)


class TestCommand:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        """A corpus of our own passages in the format of the large corpora."""
        folder = tmp_path / "data"
        folder.mkdir()
        ours = passages()[::20]
        for name, part in (("polnear/train", ours[:-40]), ("polnear/dev", ours[-40:-20]), ("ggt/dev", ours[-20:])):
            path = folder / f"{name}.jsonl"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(json.dumps(as_record(article)) + "\n" for article in part), "utf-8")
        return folder

    @pytest.mark.prove
    def test_the_same_data_give_the_same_weights(self, data: Path, tmp_path: Path) -> None:
        for name in ("one", "two"):
            main([str(data), "--out", str(tmp_path / name), "--date", "2026-01-01"])
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()

    @pytest.mark.prove
    @pytest.mark.parametrize("fillings", [2, FILLINGS])
    def test_it_learns_who_speaks_and_what_is_no_quote(
        self, data: Path, tmp_path: Path, fillings: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(train, "passages", lambda: passages(fillings))
        main([str(data), "--out", str(tmp_path / "weights"), "--date", "2026-01-01"])
        model = from_json((tmp_path / "weights").read_text("utf-8"))
        assert model.card["learned"] == "2026-01-01"
        [quote] = extract(Article(body="It rained. “The bridge holds,” said Ada Byron."), model)
        assert quote.speaker is not None
        assert quote.speaker.id == "ada-byron"
        [quote] = extract(Article(body="Ada Byron never said “no” to the bridge."), model)
        assert quote.speaker is None


def as_record(article: GoldArticle) -> dict[str, Any]:
    quotes = [
        {
            "start": quote.start,
            "end": quote.end,
            "attr": "x" if quote.is_spoken else None,
            "source": [list(quote.source)] if quote.source else [],
            "source_kind": quote.kind,
            "entity": quote.entity,
        }
        for quote in article.quotes
    ]
    return {"id": article.id, "text": article.text, "quotes": quotes}


class TestWholeNames:
    def test_a_name_that_is_too_long_or_cut_is_wrong_although_its_surname_is_right(self) -> None:
        article = an_article(
            "“It holds,” said Edgar Soland.", a_quote("“It holds,” said Edgar Soland.", "It holds", "Edgar Soland")
        )
        for name, is_wrong in (("Edgar Soland", 0.0), ("Harbour Council Edgar Soland", 1.0)):
            found = strict_score([article], judge(article, [Predicted(1, 10, name)]))
            assert (found.wrong, found.wrong_strictly) == (0.0, is_wrong)
            assert found.strict.end_to_end == 1.0 - is_wrong

    def test_a_claim_for_a_span_that_nobody_said_is_wrong(self) -> None:
        article = an_article("The “Sluice” opens.")
        found = strict_score([article], judge(article, [Predicted(5, 11, "Ada Byron")]))
        assert (found.named, found.wrong_strictly, dict(found.faults)) == (1, 1.0, {"not a quote of anybody": 1})

    @pytest.mark.parametrize(
        ("predicted", "entity"),
        [
            ("Ada Byron", "the mayor, Ada Byron of Weyhaven"),
            ("Ada Byron", "IMF chief economist Ada Byron"),
            ("Ada J. Byron", "Ada Byron"),
            ("Joseph Biden", "Joe Biden"),
            ("Bank of England", "the Bank of England"),
        ],
    )
    def test_roles_initials_and_known_spellings_do_not_count(self, predicted: str, entity: str) -> None:
        assert fault_of_name(predicted, entity) is None
