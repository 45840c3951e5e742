"""The metrics of attribution: detection, speaker, both (end to end), and the calibration of confidence.

Gold quotes are the quoted spans that an annotator attributed. A predicted span matches when it is equal after trimming
marks and punctuation, or overlaps with intersection over union of at least 0.8 (greedy, one to one). The speaker is
right if its surname is a word of the gold entity. End to end, a prediction is right if span and speaker are; a quote
with an unknown gold speaker is not counted. An unattributed quote costs recall, not precision.

The strict score takes the whole name: by the surname alone, “Harbour Council Edgar Soland” would be Edgar Soland.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from quoth.extraction.entities.canonical import canonical, strip_titles
from quoth.extraction.parsing.name_runs import is_given
from quoth.extraction.tables import lowered, words
from quoth.text.slugs import slug
from training.corpus import GoldArticle, GoldQuote, is_named, surname, trimmed

OVERLAP = 0.8
CORE_ENDS = re.compile(r",|\(|\bwho\b|’s?\s|'s?\s|\s[-–—]\s")
Fault = Literal["name cut", "name too long", "another speaker", "not a quote of anybody"]


class Predicted(NamedTuple):
    """A quote predicted by a system: half-open code points without the marks, the speaker if any, the confidence."""

    start: int
    end: int
    speaker: str | None
    confidence: float = 1.0
    method: str = ""
    type: str = ""


class Judged(NamedTuple):
    """A prediction with its gold; `gold` is `None` if no annotated quote matches, `is_right` if it cannot be judged."""

    predicted: Predicted
    gold: GoldQuote | None
    is_right: bool | None

    @property
    def claims(self) -> bool:
        """Whether a speaker is predicted that the gold can judge."""
        return bool(surname(self.predicted.speaker or "")) and (self.gold is None or self.gold.entity is not None)


class AttributionScore(NamedTuple):
    """The figures for a set of articles, each between 0 and 1."""

    detection: float
    accuracy: float
    precision: float
    end_to_end: float
    recall: float


def judge(article: GoldArticle, predictions: Iterable[Predicted]) -> Iterator[Judged]:
    """Yield each prediction with its gold and verdict."""
    gold = [quote for quote in article.quotes if quote.is_spoken]
    spans = [trimmed(article.text, quote.start, quote.end) for quote in gold]
    free = set(range(len(gold)))
    for predicted in predictions:
        span = trimmed(article.text, predicted.start, predicted.end)
        chances = [(2.0 if spans[n] == span else _overlap(spans[n], span), -n) for n in free]
        value, negative = max(chances, default=(0.0, 0))
        if value < OVERLAP:
            yield Judged(predicted, None, False if surname(predicted.speaker or "") else None)
            continue
        free.remove(-negative)
        match = gold[-negative]
        is_right = None if match.entity is None else is_named(predicted.speaker, match.entity)
        yield Judged(predicted, match, is_right)


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    union = max(a[1], b[1]) - min(a[0], b[0])
    return shared / union if union else 0.0


def score(articles: Sequence[GoldArticle], judged: Sequence[Judged]) -> AttributionScore:
    """Return the figures of judged predictions on these articles."""
    n: Counter[str] = Counter()
    gold = [quote for article in articles for quote in article.quotes if quote.is_spoken]
    for item in judged:
        n["matched"] += item.gold is not None
        n["claimed"] += item.claims
        if item.gold is not None and item.gold.entity is not None:
            n["known"] += 1
            n["right"] += bool(item.is_right)
            n["attributed"] += bool(surname(item.predicted.speaker or ""))
    unknown = sum(item.gold is not None and item.gold.entity is None for item in judged)
    recall = _ratio(n["right"], len(gold) - unknown)
    return AttributionScore(
        detection=_f1(_ratio(n["matched"], len(judged)), _ratio(n["matched"], len(gold))),
        accuracy=_ratio(n["right"], n["known"]),
        precision=_ratio(n["right"], n["attributed"]),
        end_to_end=_f1(_ratio(n["right"], n["claimed"]), recall),
        recall=recall,
    )


def by_kind(judged: Iterable[Judged]) -> dict[str, tuple[int, int, int]]:
    """Return (known, named, right) for each kind of source and type of quote: counts of matched quotes."""
    counts: dict[str, list[int]] = {}
    known = [item for item in judged if item.gold is not None and item.gold.entity is not None]
    for item in known:
        for kind in (item.gold and item.gold.kind, item.predicted.type):
            row = counts.setdefault(kind or "none", [0, 0, 0])
            row[0] += 1
            row[1] += bool(surname(item.predicted.speaker or ""))
            row[2] += bool(item.is_right)
    return {kind: (row[0], row[1], row[2]) for kind, row in sorted(counts.items())}


class Band(NamedTuple):
    """Predictions of similar confidence: their number, mean confidence, and share of right ones."""

    named: int
    confidence: float
    right: float


def reliability(judged: Iterable[Judged], edges: Sequence[float] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)) -> list[Band]:
    """Return the reliability of confidences: one band between every two edges, without empty bands."""
    claimed = [item for item in judged if item.claims]
    bands = []
    for low, high in zip((0.0, *edges), edges, strict=False):
        inside = [item for item in claimed if low <= item.predicted.confidence < high]
        if inside:
            sure = sum(item.predicted.confidence for item in inside) / len(inside)
            bands.append(Band(len(inside), sure, sum(bool(item.is_right) for item in inside) / len(inside)))
    return bands


def calibrated(judged: Iterable[Judged]) -> tuple[float, float]:
    """Return the slope and offset of Platt scaling (Platt 1999) on the log odds of beliefs, by Newton's method."""
    points = [(_log_odds(item.predicted.confidence), bool(item.is_right)) for item in judged if item.claims]
    slope, offset = 1.0, 0.0
    for _ in range(50):
        g = [0.0, 0.0]
        h = [1e-6, 0.0, 1e-6]
        for x, right in points:
            p = 1 / (1 + math.exp(-(slope * x + offset)))
            w = p * (1 - p)
            g[0] += (p - right) * x
            g[1] += p - right
            h[0] += w * x * x
            h[1] += w * x
            h[2] += w
        determinant = h[0] * h[2] - h[1] * h[1]
        slope -= (h[2] * g[0] - h[1] * g[1]) / determinant
        offset -= (h[0] * g[1] - h[1] * g[0]) / determinant
    return round(slope, 3), round(offset, 3)


def _log_odds(chance: float) -> float:
    bounded = min(max(chance, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def confusions(judged: Iterable[Judged]) -> Mapping[tuple[str, str], int]:
    """Count the missed or wrong quotes by kind of source and action of the system, the costliest first."""
    counts: Counter[tuple[str, str]] = Counter()
    for item in judged:
        if item.gold is None and item.claims:
            counts["not a quote of anybody", f"named by {item.predicted.method}"] += 1
        elif item.gold is not None and item.gold.entity is not None and not item.is_right:
            action = f"wrong by {item.predicted.method}" if item.predicted.speaker else "nobody named"
            counts[f"source: {item.gold.kind}", action] += 1
    return dict(counts.most_common())


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# --- whole names


def fault(item: Judged) -> Fault | None:
    """Return why a named quote is wrong by the whole name, `None` if it is right or names nobody."""
    if not item.claims:
        return None
    if item.gold is None:
        return "not a quote of anybody"
    if not item.is_right:
        return "another speaker"
    return fault_of_name(item.predicted.speaker or "", item.gold.entity or "")


def fault_of_name(predicted: str, entity: str) -> Fault | None:
    """Return how a name with the right surname differs from the name of the gold entity.

    >>> fault_of_name("Edgar Soland", "Edgar Soland, CEO of the Harbour Council")
    >>> fault_of_name("Harbour Council Edgar Soland", "Edgar Soland")
    'name too long'
    >>> fault_of_name("Bank", "the Bank of England"), fault_of_name("Ann Byron", "Ada Byron")
    ('name cut', 'another speaker')
    >>> fault_of_name("Ada Byron", "Byron"), fault_of_name("Byron", "Mayor Ada Byron")
    (None, None)
    """
    own, gold = _words(predicted), _words(_core(entity))
    if not own or not gold or own == gold or canonical(predicted, scope="").id == canonical(_core(entity), scope="").id:
        return None
    if len(gold) == 1:  # only the surname is annotated
        return None if own[-1] == gold[0] and all(map(_may_be_given, own[:-1])) else "name too long"
    if len(own) == 1:  # the article may not tell the given name here
        return (
            None
            if own[0] == gold[-1] and all(_may_be_given(word) or _is_title(word) for word in gold[:-1])
            else "name cut"
        )
    at = next((n for n in range(len(gold)) if gold[n : n + len(own)] == own), None)
    if at is not None:  # a gold mention has roles around the name: IMF chief economist Ada Byron of Weyhaven
        is_described = at == 0 or any(map(_is_title, gold[:at])) or any(word.islower() for word in entity.split()[:at])
        goes_on = own[-1] in words("names", "body_openers") and gold[at + len(own) :][:1] in (["of"], ["for"])
        return None if is_described and not goes_on else "name cut"
    if gold == own[-len(gold) :]:
        return None if all(map(_may_be_given, own[: -len(gold)])) else "name too long"
    if own[-1] != gold[-1]:
        return "name cut" if set(own) < set(gold) else "name too long"
    given = [word for word in gold[:-1] if not _is_title(word)][-1:] or [""]
    is_short = own[0].startswith(given[0][:2]) or given[0].startswith(own[0][:2])
    return None if is_short else "another speaker"


def _core(entity: str) -> str:
    """Return the name in a gold mention: “the mayor, Ada Byron” annotates more than the name."""
    parts = [part.strip() for part in entity.split(",")]
    text = next((part for part in parts if any(word[:1].isupper() for word in part.split())), entity)
    text = text.removeprefix("the ").removeprefix("The ")
    end = CORE_ENDS.search(text)
    return strip_titles(text[: end.start()] if end is not None and end.start() > 2 else text)


def _words(name: str) -> list[str]:
    """Return the words of a name without initials and suffixes."""
    suffixes = lowered("names", "suffixes")
    return [word for word in slug(name).split("-") if len(word) > 1 and word not in suffixes]


def _may_be_given(word: str) -> bool:
    return is_given(word) or word not in words("names", "body_heads", "roles")


def _is_title(word: str) -> bool:
    return word in lowered("names", "titles", "titles_male", "titles_female", "roles", "demonyms") or word in (
        "former", "campaign", "presidential", "democratic", "vice",
    )  # fmt: skip


class StrictScore(NamedTuple):
    """The strict figures, and the shares of all named quotes that are wrong by the surname and by the whole name."""

    strict: AttributionScore
    named: int
    wrong: float
    wrong_strictly: float
    faults: Counter[Fault]


def strict_score(articles: Sequence[GoldArticle], judged: Iterable[Judged]) -> StrictScore:
    """Return the strict figures of judged predictions on these articles."""
    items = list(judged)
    found = [(item, fault(item)) for item in items]
    strict = [item._replace(is_right=False) if item.is_right and why else item for item, why in found]
    named = [(item, why) for item, why in found if item.claims and surname(item.predicted.speaker or "")]
    faults = Counter(why for _, why in named if why)
    lenient = sum(not item.is_right for item, _ in named)
    total = len(named) or 1
    return StrictScore(score(articles, strict), len(named), lenient / total, faults.total() / total, faults)
