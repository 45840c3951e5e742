"""The learned model: two linear rankers and the calibration of their probabilities, from one JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from quoth.extraction.ranking.features import FeatureTemplate
from quoth.extraction.tables import DATA

SHIPPED = DATA / "attribution.json"
LEAST_NAMED = 0.7  # probability from which a span is a term although a speaker is named
MOST_SCORES = 30_000  # cached scores of feature templates: some ten megabytes


@dataclass(frozen=True, slots=True)
class Ranker:
    """A linear ranker: the score of an option is the sum of the weights of its features."""

    weights: Mapping[str, float]
    _scores: _Scores = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_scores", _Scores(self.weights))

    def probabilities(self, options: Sequence[Iterable[FeatureTemplate]]) -> list[float]:
        """Return the probability of every option, the softmax of their scores, in the same order.

        >>> def place(where): return where, f"{where} the quote"
        >>> near, far = Ranker({"near": 2.0, "far": -1.0}).probabilities([[(place, "near")], [(place, "far")]])
        >>> round(near, 3), round(far, 3)
        (0.953, 0.047)
        """
        weigh = self._scores.__getitem__
        scores = [sum(map(weigh, templates)) for templates in options]
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]


class _Scores(dict[FeatureTemplate, float]):
    """The score of each feature template, computed on first use.

    Zero scores are not cached, so that words without a weight do not fill the cache; if hostile articles do fill it, it
    is cleared.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__()
        self._weights = weights

    def __missing__(self, template: FeatureTemplate) -> float:
        weigh = self._weights.get
        function, *values = template
        score = sum([weigh(feature, 0.0) for feature in function(*values)])
        if score:
            if len(self) >= MOST_SCORES:
                self.clear()
            self[template] = score
        return score


@dataclass(frozen=True, slots=True)
class Model:
    """The rankers, and the calibration from their belief to a confidence.

    `mention` ranks the candidate mentions of a span, `speaker` the antecedents of a pronoun or a nominal. `matter`
    tells speech from terms and titles: a span is one of those from the probability `least_matter` on. Confidence is
    the share of correct speakers among development quotes with this belief; below `threshold` a quote stays
    unattributed. `card` records the training data.
    """

    mention: Ranker
    speaker: Ranker
    slope: float
    offset: float
    threshold: float
    card: Mapping[str, Any]
    matter: Ranker = field(default_factory=lambda: Ranker({}))
    least_matter: float = 1.0

    def is_matter(self, templates: Iterable[FeatureTemplate], *, is_named: bool) -> bool:
        """Whether a span is a term or a title, not speech; if a speaker is named, that takes more."""
        least = max(self.least_matter, LEAST_NAMED) if is_named else self.least_matter
        return self.matter.probabilities([templates, ()])[0] >= least

    def confidence(self, belief: float) -> float:
        """Return the confidence of a belief (0 to 1), by logistic calibration (Platt 1999)."""
        bounded = min(max(belief, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(self.slope * math.log(bounded / (1 - bounded)) + self.offset)))

    def with_rankers(self, mention: Ranker, speaker: Ranker, matter: Ranker) -> Model:
        """Return this model with other rankers."""
        return replace(self, mention=mention, speaker=speaker, matter=matter)

    def with_threshold(self, threshold: float) -> Model:
        """Return this model with another confidence threshold."""
        return replace(self, threshold=threshold)

    def with_card(self, card: Mapping[str, Any]) -> Model:
        """Return this model with another card."""
        return replace(self, card=card)


@cache
def shipped() -> Model:
    """Return the model of the package, cached."""
    return from_json(SHIPPED.read_text("utf-8"))


def from_json(text: str) -> Model:
    """Return a model from the JSON of `to_json`."""
    record = json.loads(text)
    calibration = record["calibration"]
    return Model(
        Ranker(record["mention"]),
        Ranker(record["speaker"]),
        calibration["slope"],
        calibration["offset"],
        calibration["threshold"],
        record["card"],
        Ranker(record["matter"]),
        calibration["matter"],
    )


def to_json(model: Model) -> str:
    """Return a model as JSON, one weight a line and sorted, so that two models can be compared by diff.

    >>> model = Model(Ranker({"b": 1.0, "a": -0.5}), Ranker({}), 1.0, 0.0, 0.5, {"learned": "2026-01-01"})
    >>> from_json(to_json(model)) == model
    True
    """
    record = {
        "card": model.card,
        "calibration": {
            "slope": model.slope,
            "offset": model.offset,
            "threshold": model.threshold,
            "matter": model.least_matter,
        },
        "mention": dict(sorted(model.mention.weights.items())),
        "speaker": dict(sorted(model.speaker.weights.items())),
        "matter": dict(sorted(model.matter.weights.items())),
    }
    return json.dumps(record, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"
