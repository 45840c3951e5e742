"""Differences between remembered words and the words said: the kind of each, and whether it may change the meaning.

A difference may change the meaning unless a rule here says that it does not: a wrong "harmless" confirms what nobody
said, a wrong "may change" costs a look at the quote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from quoth.engine.analysis import stem
from quoth.engine.verify.comparison.alignment import AlignedRun
from quoth.engine.verify.comparison.words import ComparedWord
from quoth.text.function_words import NEGATIONS
from quoth.text.wording.contractions import GENITIVE, READINGS
from quoth.text.wording.opposites import are_opposite

DifferenceKind = Literal[
    "negation", "number", "name", "opposite", "word", "order", "missing", "added", "inflection", "spelling",
    "contraction", "small_word",
]  # fmt: skip

# Words that may be left out or put in without a change of meaning. One exchanged for another is a change of a word.
SMALL_WORDS = frozenset(["a", "an", "the", "that", "just", "very", "really", "so", "and", "of", "'s", GENITIVE])
# Of these, the words that a negation turns: "not just" is not "not". And words that "a" turns: "a few" is not "few".
_TURNED = frozenset(["that", "just", "very", "really", "so"])
_WITH_ARTICLE = frozenset(["few", "little"])
SCALES = frozenset("hundred thousand million billion trillion dozen half double twice".split())

Words = Sequence[ComparedWord]


class WordChange(NamedTuple):
    """A run of words as remembered and as said, and the kind of their difference, `None` if they are the same.

    `may_change` if the difference may change the meaning.
    """

    kind: DifferenceKind | None
    remembered: str
    said: str
    may_change: bool


class ClassifiedRun(NamedTuple):
    """A run of an alignment, with the kind of its difference: half-open ranges of compared words."""

    kind: DifferenceKind | None
    remembered: tuple[int, int]
    said: tuple[int, int]
    may_change: bool = False


def classify(
    runs: Iterable[AlignedRun], remembered: Words, said: Words, slips: Collection[str] = ()
) -> list[ClassifiedRun]:
    """Return the runs of an alignment with their kinds, in order; adjacent words without a partner are one run."""
    found: list[ClassifiedRun] = []
    for is_paired, group in groupby(runs, key=lambda run: run.op in ("equal", "close")):
        block = list(group)
        if is_paired:
            for run in block:
                found += _pairs(run, remembered, said, slips)
        else:
            left = block[0].remembered[0], block[-1].remembered[1]
            right = block[0].said[0], block[-1].said[1]
            kind = _kind(remembered[slice(*left)], said[slice(*right)])
            if kind == "small_word" and (_is_turned(remembered, left) or _is_turned(said, right)):
                kind = "missing" if left[0] == left[1] else "added"
            found.append(ClassifiedRun(kind, left, right, kind != "small_word"))
    return _moved(found, remembered, said)


def _pairs(run: AlignedRun, remembered: Words, said: Words, slips: Collection[str]) -> Iterator[ClassifiedRun]:
    """Yield a run of equal or close words, divided by how the partners differ."""
    start, base = run.remembered[0], run.said[0]
    partners = zip(remembered[slice(*run.remembered)], said[slice(*run.said)], strict=True)
    kinds = [_pair(one, other, is_slip=one.word in slips) for one, other in partners]
    for kind, group in groupby(kinds):
        count = len(list(group))
        may_change = kind == "inflection"
        yield ClassifiedRun(kind, (start, start + count), (base, base + count), may_change)
        start, base = start + count, base + count


def _pair(one: ComparedWord, other: ComparedWord, *, is_slip: bool) -> DifferenceKind | None:
    """Return how two equal or close words differ."""
    if one.word != other.word:
        if other.word in READINGS.get(one.word, ()) or one.word in READINGS.get(other.word, ()):
            return "contraction"
        # A slip at the end of a word leaves its stem; an s makes another form of a word that no list has.
        is_typo = is_slip and one.word.rstrip("s") != other.word.rstrip("s")
        return "inflection" if is_inflection(one.word, other.word) and not is_typo else "spelling"
    if one.written == other.written or not (one.written and other.written):
        is_same = one.is_contracted == other.is_contracted
        return None if is_same else "contraction"
    if one.is_number:
        return "number"
    return "contraction" if one.is_contracted != other.is_contracted else "spelling"


def is_inflection(one: str, other: str) -> bool:
    """Whether two words have one stem.

    >>> is_inflection("swaps", "swapping"), is_inflection("yrad", "yard")
    (True, False)
    """
    return stem(one) == stem(other)


def _kind(left: Words, right: Words) -> DifferenceKind:
    """Return the kind of a difference between words without partners; one side may be empty."""
    lost, put = {word.word for word in left}, {word.word for word in right}
    if NEGATIONS & lost != NEGATIONS & put:
        return "negation"
    if _numbers(left) != _numbers(right):
        return "number"
    if any(are_opposite(one, other) for one in lost for other in put):
        return "opposite"
    if not (left and right) and lost | put <= SMALL_WORDS:
        return "small_word"
    if not right:
        return "added"
    if not left:
        return "missing"
    if any(word.is_name for word in (*left, *right)):
        return "name"
    return "order" if Counter(word.word for word in left) == Counter(word.word for word in right) else "word"


def _is_turned(words: Words, place: tuple[int, int]) -> bool:
    """Whether small words change the meaning where they stand: behind a negation, or before "few" and "little"."""
    start, stop = place
    found = {word.word for word in words[start:stop]}
    before, after = words[max(start - 1, 0) : start], words[stop : stop + 1]
    is_negated = any(word.word in NEGATIONS for word in before) and not found.isdisjoint(_TURNED)
    return is_negated or ("a" in found and any(word.word in _WITH_ARTICLE for word in after))


def _numbers(words: Words) -> list[str]:
    return [word.word for word in words if word.is_number or word.word in SCALES]


def _moved(runs: Sequence[ClassifiedRun], remembered: Words, said: Words) -> list[ClassifiedRun]:
    """Return the runs, where words that are added in one place and missing in another are of the kind `order`."""
    added = {_sorted(remembered, run.remembered) for run in runs if run.kind == "added"}
    moved = added & {_sorted(said, run.said) for run in runs if run.kind == "missing"}
    return [
        run._replace(kind="order")
        if (run.kind == "added" and _sorted(remembered, run.remembered) in moved)
        or (run.kind == "missing" and _sorted(said, run.said) in moved)
        else run
        for run in runs
    ]


def _sorted(words: Words, place: tuple[int, int]) -> tuple[str, ...]:
    return tuple(sorted(word.word for word in words[slice(*place)]))


def excerpt(text: str, words: Words, place: tuple[int, int]) -> str:
    """Return the text from the first to the last of some compared words."""
    start, stop = place
    return text[words[start].start : words[stop - 1].end] if start < stop else ""
