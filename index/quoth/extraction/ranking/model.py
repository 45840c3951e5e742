"""The learned weights: two linear rankers and what their probabilities are worth, from one JSON file."""

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
MOST_SCORES = 30_000  # facts whose weights a ranker has added up: some ten megabytes


@dataclass(frozen=True, slots=True)
class Ranker:
    """A linear ranker: an option's score is the sum of the weights of its features."""

    weights: Mapping[str, float]
    _scores: _Scores = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_scores", _Scores(self.weights))

    def probabilities(self, options: Sequence[Iterable[FeatureTemplate]]) -> list[float]:
        """Return the probability of every option (softmax of the scores), in their order.

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
    """The sum of the weights of each fact, added up when the fact is met first.

    What weighs nothing is not kept, so that words which no article has taught do not fill it; and when hostile
    articles do, it begins anew.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__()
        self._weights = weights

    def __missing__(self, template: FeatureTemplate) -> float:
        weigh = self._weights.get
        name, *values = template
        score = sum([weigh(feature, 0.0) for feature in name(*values)])
        if score:
            if len(self) >= MOST_SCORES:
                self.clear()
            self[template] = score
        return score


@dataclass(frozen=True, slots=True)
class Model:
    """Both rankers, and the map from their belief to a confidence.

    `mention` ranks the phrases around a span, `speaker` the people whom a pronoun or a nominal may stand for.
    Confidence is the share of development quotes with such a belief whose speaker was right; below `threshold`
    nobody is named. `card` tells what the weights were learned from.
    """

    mention: Ranker
    speaker: Ranker
    slope: float
    offset: float
    threshold: float
    card: Mapping[str, Any]

    def confidence(self, belief: float) -> float:
        """Return how often a belief (0 to 1) was right, by logistic calibration (Platt 1999)."""
        bounded = min(max(belief, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(self.slope * math.log(bounded / (1 - bounded)) + self.offset)))

    def with_rankers(self, mention: Ranker, speaker: Ranker) -> Model:
        """Return this model with other rankers."""
        return replace(self, mention=mention, speaker=speaker)

    def with_threshold(self, threshold: float) -> Model:
        """Return this model with another confidence from which somebody is named."""
        return replace(self, threshold=threshold)

    def with_card(self, card: Mapping[str, Any]) -> Model:
        """Return this model with another card."""
        return replace(self, card=card)


@cache
def shipped() -> Model:
    """Return the model that comes with the package, read once."""
    return from_json(SHIPPED.read_text("utf-8"))


def from_json(text: str) -> Model:
    """Return the model that `to_json` has written."""
    record = json.loads(text)
    calibration = record["calibration"]
    return Model(
        Ranker(record["mention"]),
        Ranker(record["speaker"]),
        calibration["slope"],
        calibration["offset"],
        calibration["threshold"],
        record["card"],
    )


def to_json(model: Model) -> str:
    """Return a model as JSON, one weight a line and sorted, so that two of them can be compared.

    >>> model = Model(Ranker({"b": 1.0, "a": -0.5}), Ranker({}), 1.0, 0.0, 0.5, {"learned": "2026-01-01"})
    >>> from_json(to_json(model)) == model
    True
    """
    record = {
        "card": model.card,
        "calibration": {"slope": model.slope, "offset": model.offset, "threshold": model.threshold},
        "mention": dict(sorted(model.mention.weights.items())),
        "speaker": dict(sorted(model.speaker.weights.items())),
    }
    return json.dumps(record, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"
