"""Train the attribution model: `python -m training.train DATA`.

The training data are DATA/polnear/train.jsonl and DATA/ggt/dev.jsonl, with the labels of training/labels, and passages
of our own. Beliefs are calibrated on articles outside the training data: DATA/polnear/dev.jsonl, and ggt by folds.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from tqdm import tqdm

from quoth.article import Article
from quoth.extraction import extract
from quoth.extraction.ranking.model import SHIPPED, Model, Ranker, to_json
from training.corpus import GoldArticle, read, split
from training.examples import SPOKEN, Lesson, lesson_of
from training.fit import fit
from training.metric import AttributionScore, Judged, Predicted, calibrated, judge, score
from training.passages import FILE as PASSAGES
from training.passages import passages

LABELS = Path(__file__).parent / "labels" / "polnear-antecedents.jsonl"
FOLDS = 5
PENALTIES = (1.5, 4.0, 4.0)  # of the mention ranker, of the speaker ranker, and of speech or not
SELDOM = (4, 2, 8)  # a feature in fewer options is dropped
KEPT = 0.985  # share of the spoken spans, on PolNeAR dev, that are taken for neither terms nor titles
# Groups of passages whose quotes without a speaker are terms and titles; elsewhere they are words of two at once, say.
TERMS = frozenset({"titles of works", "nicknames", "names of things", "words at arm’s length", "code names"})
PRECISION = 0.963  # of attributed quotes, on the calibration articles
LIMITS = tuple(percent / 100 for percent in range(46, 76, 2))  # thresholds that are tried
NEAR = 0.021  # thresholds whose figures are averaged: one error more or less then moves no threshold far

Lessons = Mapping[str, Lesson]


def lessons_of(articles: Iterable[GoldArticle], *, quiet: bool = False) -> Lessons:
    """Return the training examples of each article, by its id."""
    progress = tqdm(list(articles), desc="reading", unit="article", disable=quiet or None)
    return {article.id: lesson_of(article) for article in progress}


def own_lessons() -> Lessons:
    """Return the training examples of our own passages."""
    lessons = lessons_of(passages(), quiet=True)
    return {
        id: lesson._replace(matter=[e for e in lesson.matter if SPOKEN in e.right or id.partition("/")[0] in TERMS])
        for id, lesson in lessons.items()
    }


def learn(lessons: Iterable[Lesson]) -> tuple[Ranker, Ranker, Ranker]:
    """Return the trained rankers of mentions, of speakers, and of speech or not."""
    all_lessons = list(lessons)
    matter = [example for lesson in all_lessons for example in lesson.matter]
    mentions = [example for lesson in all_lessons for example in lesson.mentions]
    speakers = [example for lesson in all_lessons for example in lesson.speakers]
    return (
        fit(mentions, penalty=PENALTIES[0], seldom=SELDOM[0]),
        fit(speakers, penalty=PENALTIES[1], seldom=SELDOM[1]),
        fit(matter, penalty=PENALTIES[2], seldom=SELDOM[2]),
    )


def believing(mention: Ranker, speaker: Ranker, matter: Ranker, least_matter: float = 1.0) -> Model:
    """Return a model without threshold or calibration: its confidence is the belief itself."""
    return Model(mention, speaker, 1.0, 0.0, 0.0, {}, matter, least_matter)


def judged(articles: Iterable[GoldArticle], model: Model) -> list[Judged]:
    """Return every quote that a model finds in these articles, with its gold and verdict."""
    return [item for article in articles for item in judge(article, predictions(article, model))]


def predictions(article: GoldArticle, model: Model) -> list[Predicted]:
    """Return the quotes that a model finds in an article."""
    return [
        Predicted(
            quote.selector.start or 0,
            quote.selector.end or 0,
            quote.speaker.name if quote.speaker else None,
            quote.attribution.confidence or 0.0,
            quote.attribution.method,
            quote.type,
        )
        for quote in extract(Article(body=article.text, id=article.id), model)
        if quote.type not in ("term", "title")
    ]


def crossed(
    articles: Sequence[GoldArticle], lessons: Lessons, others: Iterable[Lesson], model: Model | None = None
) -> list[Judged]:
    """Judge articles by cross-validation: each fold by rankers trained on `others` and the remaining folds.

    `model` supplies calibration and thresholds; without it the belief is the confidence.
    """
    return judged_by(folds_of(articles, lessons, others), believing if model is None else model.with_rankers)


Fold = tuple[tuple[Ranker, Ranker, Ranker], Sequence[GoldArticle]]


def folds_of(articles: Sequence[GoldArticle], lessons: Lessons, others: Iterable[Lesson]) -> list[Fold]:
    """Return the folds of articles, each with rankers that have not seen it."""
    other_lessons = list(others)
    return [
        (learn([*other_lessons, *(lessons[article.id] for article in training)]), held_out)
        for training, held_out in split(articles, FOLDS)
    ]


def judged_by(folds: Iterable[Fold], model_of: Callable[..., Model]) -> list[Judged]:
    """Judge every fold by the model of its rankers."""
    return [item for rankers, held_out in folds for item in judged(held_out, model_of(*rankers))]


def train(others: Lessons, ggt: Lessons, held_out: Sequence[GoldArticle], folds: Sequence[GoldArticle]) -> Model:
    """Return the calibrated model of all lessons; `folds` are the articles of `ggt`."""
    rankers = learn([*others.values(), *ggt.values()])
    least = least_matter(held_out, rankers[2])
    crossing = folds_of(folds, ggt, others.values())
    model = believing(*rankers, least)
    slope, offset = calibrated([*judged(held_out, model), *judged_by(crossing, model.with_rankers)])
    model = replace(model, slope=slope, offset=offset)

    def figures(limit: float) -> AttributionScore:
        limited = model.with_threshold(limit)
        found = [*judged(held_out, limited), *judged_by(crossing, limited.with_rankers)]
        return score([*held_out, *folds], found)

    return model.with_threshold(threshold({limit: figures(limit) for limit in LIMITS}))


def least_matter(articles: Sequence[GoldArticle], ranker: Ranker) -> float:
    """Return the least probability of a term or a title at which KEPT of the spoken spans of articles stay quotes."""
    examples = [example for lesson in lessons_of(articles).values() for example in lesson.matter]
    weigh = ranker.weights.get
    spoken = [sum(weigh(f, 0.0) for f in example.options[0]) for example in examples if SPOKEN in example.right]
    chances = [1 / (1 + math.exp(-score)) for score in spoken]
    total = sum(quote.is_spoken for article in articles for quote in article.quotes)
    return next(
        percent / 100
        for percent in range(20, 101)
        if sum(chance >= percent / 100 for chance in chances) <= (1 - KEPT) * total
    )


def threshold(figures: Mapping[float, AttributionScore]) -> float:
    """Return the threshold with the best end-to-end F1 among those that reach PRECISION, by their smoothed figures.

    `figures` are those of the model as it runs at each threshold: whom it names decides what it believes next. The
    figures of a threshold are averaged with those beside it.
    """
    best = (0.0, 0.0)
    for limit in figures:
        near = [one for other, one in figures.items() if abs(other - limit) < NEAR]
        if fmean(one.precision for one in near) >= PRECISION:
            best = max(best, (fmean(one.end_to_end for one in near), limit))
    return best[1] or max(figures)


def card(data: Path, files: Sequence[str], model: Model, date: str) -> dict[str, Any]:
    """Return the card of a model: the hashes of its training data, its date and its size."""
    sums = {name: hashlib.sha256((data / name).read_bytes()).hexdigest()[:16] for name in files}
    return {
        "learned": date,
        "from": sums,
        "labels": hashlib.sha256(LABELS.read_bytes()).hexdigest()[:16],
        "passages": hashlib.sha256(PASSAGES.read_bytes()).hexdigest()[:16],
        "features": {name: len(getattr(model, name).weights) for name in ("mention", "speaker", "matter")},
        "more": "docs/attribution-model.md",
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the model, and write its weights."""
    parser = argparse.ArgumentParser(prog="make train", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with polnear/ and ggt/")
    parser.add_argument(
        "--out", type=Path, default=SHIPPED, help="the file for the weights (default: that of the package)"
    )
    parser.add_argument(
        "--date", default=datetime.now(UTC).date().isoformat(), help="the date on the card (default: today)"
    )
    options = parser.parse_args(arguments)
    polnear = lessons_of(read(options.data / "polnear/train.jsonl", LABELS))
    folds = read(options.data / "ggt/dev.jsonl")
    ggt = lessons_of(folds)
    model = train({**polnear, **own_lessons()}, ggt, read(options.data / "polnear/dev.jsonl"), folds)
    files = ("polnear/train.jsonl", "polnear/dev.jsonl", "ggt/dev.jsonl")
    model = model.with_card(card(options.data, files, model, options.date))
    text = to_json(model)
    options.out.write_text(text, "utf-8")
    print(
        f"{options.out}: {len(text.encode()) / 1000:.0f} KB, "
        f"{len(model.mention.weights)} + {len(model.speaker.weights)} + {len(model.matter.weights)} weights, "
        f"confidence = logistic({model.slope} x + {model.offset}), nobody is named below {model.threshold}, "
        f"terms and titles from {model.least_matter}"
    )


if __name__ == "__main__":
    main()
