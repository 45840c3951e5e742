"""Feature templates: the input of the rankers, and the coarse scales and word classes that they use.

A feature template is a function with its arguments, `(position, "before", "name", "_cw")`. Calling it gives one or more
features: short strings, which are the keys of the learned weights. The same few templates occur again and again, in one
span and article after another, so a ranker calls each template once and caches its score by the tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import cache

from quoth.extraction.tables import words

FeatureTemplate = tuple[Callable[..., tuple[str, ...]], *tuple[Hashable, ...]]


def spell_out(templates: Iterable[FeatureTemplate]) -> list[str]:
    """Return the features of feature templates.

    >>> def gap(where, steps):
    ...     return f"{where} gap {steps}", f"gap {steps}"
    >>> spell_out([(gap, "before", 2), (gap, "after", 1)])
    ['before gap 2', 'gap 2', 'after gap 1', 'gap 1']
    """
    return [feature for template, *values in templates for feature in template(*values)]


# --- scales


def bucket(count: int) -> str:
    """Return a count rounded up to the next step of a coarse scale, as text: 4 is “5”, 100 is “many”."""
    return "many" if count > 40 else _STEPS[count] if count > 0 else "0"


_STEPS = tuple(next(str(limit) for limit in (0, 1, 2, 3, 5, 8, 13, 21, 40) if n <= limit) for n in range(41))


def class_of(word: str) -> str:
    """Return the class of a word: that of a table, else one by its form."""
    listed = _classes().get(word)
    if listed is not None:
        return listed
    if not word[:1].isalnum():
        return word[:1] or "edge"
    if not word.endswith(("ing", "ed", "ly", "s")):
        return "word"
    return "-s" if word[-1] == "s" else "-ing" if word[-1] == "g" else "-ed" if word[-1] == "d" else "-ly"


@cache
def _classes() -> dict[str, str]:
    classes: dict[str, str] = {}
    for table, key in (
        ("words", "clause_openers"), ("words", "adverbs"), ("words", "determiners"), ("words", "prepositions"),
        ("words", "governing_verbs"), ("words", "auxiliaries"), ("words", "be"), ("words", "so_called"),
        ("words", "works"), ("words", "naming"), ("cues", "participle"), ("cues", "judge"), ("cues", "say"),
        ("cues", "addressee"),
    ):  # fmt: skip
        classes |= dict.fromkeys((word.lower() for word in words(table, key)), key)
    return classes


def noun_class(head: str) -> str:
    """Return the class of the head of a nominal, by the tables: statements, roles, kin ..."""
    return _nouns().get(head, "other")


@cache
def _nouns() -> dict[str, str]:
    """Return the class of every listed noun; the last table in this list that has it wins."""
    classes: dict[str, str] = {}
    for table, key in (
        ("names", "body_heads"), ("names", "unnamed"), ("names", "bystanders"), ("names", "kin"),
        ("names", "roles_female"), ("names", "roles_male"), ("names", "roles"), ("words", "works"),
        ("words", "statements"),
    ):  # fmt: skip
        classes |= dict.fromkeys(words(table, key), key)
    return classes
