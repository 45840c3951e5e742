"""Strict scoring: a speaker is right only by the whole name. “Harbour Council Enver Soland” is not Enver Soland.

The lenient score compares surnames, as is usual: it takes relatives for one person, and a name that is cut or too long
for the right one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from quoth.extraction.entities.canonical import canonical, strip_titles
from quoth.extraction.parsing.name_runs import is_given
from quoth.extraction.tables import lowered, words
from quoth.text.slugs import slug
from training.corpus import GoldArticle, surname
from training.metric import AttributionScore, Judged, score

CORE_ENDS = re.compile(r",|\(|\bwho\b|’s?\s|'s?\s|\s[-–—]\s")
Fault = Literal["name cut", "name too long", "another speaker", "not a quote of anybody"]


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

    >>> fault_of_name("Enver Soland", "Enver Soland, CEO of the Harbour Council")
    >>> fault_of_name("Harbour Council Enver Soland", "Enver Soland")
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
