"""Differences between remembered words and the words said: the kind of each, and whether it may change the meaning.

A difference may change the meaning unless a rule here says that it does not: a wrong "harmless" confirms what nobody
said, a wrong "may change" costs a look at the quote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from quoth.engine.analysis import stem
from quoth.engine.verify.comparison.alignment import AlignedRun
from quoth.engine.verify.comparison.kinds import DifferenceKind
from quoth.engine.verify.comparison.words import ComparedWord
from quoth.text.function_words import NEGATIONS
from quoth.text.wording.contractions import READINGS
from quoth.text.wording.opposites import are_opposite

# Words that may be left out or put in without a change of meaning. One exchanged for another is a change of a word.
SMALL_WORDS = frozenset(["a", "an", "the", "that", "just", "very", "really", "so", "and", "of"])
# Where a small word says something: "not just" is not "not", "a few" not "few", "a just war" not "a war", "no more than
# that" not "no more than", "because of" not "because", "12 of 40" not "12 40".
_TURNED_BY_NEGATION = frozenset(["that", "just", "very", "really", "so"])
_BEFORE_ADJECTIVE = frozenset("a the my our your his her its their this no".split())
_FEW = frozenset(["few", "little"])
_BEFORE_OF = frozenset("because instead out rid".split())
_BEFORE_PRONOUN = frozenset("than of for about with like to at by".split())

_SCALES = frozenset("hundred thousand million billion trillion dozen half double twice".split())
# The fewest letters of a name in which a typo may be no other name.
_MIN_NAME = 4
_VOWELS = frozenset("aeiouy")

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
        may_change = kind in ("inflection", "name")
        yield ClassifiedRun(kind, (start, start + count), (base, base + count), may_change)
        start, base = start + count, base + count


def _pair(one: ComparedWord, other: ComparedWord, *, is_slip: bool) -> DifferenceKind | None:
    """Return how two equal or close words differ."""
    if one.word != other.word:
        if other.word in READINGS.get(one.word, ()) or one.word in READINGS.get(other.word, ()):
            return "contraction"
        # A slip at the end of a word leaves its stem; an s makes another form of a word that no list has.
        is_typo = is_slip and one.word.rstrip("s") != other.word.rstrip("s")
        if is_slip and other.is_name and _is_other_name(one.word, other.word):
            return "name"
        return "inflection" if is_inflection(one.word, other.word) and not is_typo else "spelling"
    if one.written == other.written or not (one.written and other.written):
        is_same = one.is_contracted == other.is_contracted
        return None if is_same else "contraction"
    if one.is_number:
        return "number"
    return "contraction" if one.is_contracted != other.is_contracted else "spelling"


def _is_other_name(one: str, other: str) -> bool:
    """Whether a slip in a name may make the name of somebody else: a vowel for a vowel, or another end.

    >>> _is_other_name("zelenska", "zelensky"), _is_other_name("smyth", "smith"), _is_other_name("reade", "read")
    (True, True, True)
    >>> _is_other_name("okafro", "okafor"), _is_other_name("donafd", "donald"), _is_other_name("bbcc", "bbc")
    (False, False, True)
    """
    if len(other) < _MIN_NAME:
        return True
    if len(one) != len(other):
        return one[: len(other)] == other or other[: len(one)] == one
    changed = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(changed) == 1 and (one[-1] != other[-1] or set(changed[0]) <= _VOWELS)


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
    """Whether small words of a text change the meaning where they stand."""
    start, stop = place
    found = {word.word for word in words[start:stop]}
    if not found:
        return False
    before, after = (words[start - 1] if start else None), (words[stop] if stop < len(words) else None)
    left, right = "" if before is None else before.word, "" if after is None else after.word
    has_number = (before is not None and before.is_number) or (after is not None and after.is_number)
    return (
        (left in NEGATIONS and not found.isdisjoint(_TURNED_BY_NEGATION))
        or (left in _BEFORE_ADJECTIVE and "just" in found)
        or (right in _FEW and not found.isdisjoint(("a", "just", "very")))
        or ("so" in found and right == "that")
        or ("of" in found and (has_number or left in _BEFORE_OF))
        or ("that" in found and (not right or left in _BEFORE_PRONOUN))
    )


def _numbers(words: Words) -> list[str]:
    return [word.word for word in words if word.is_number or word.word in _SCALES]


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
    """Return the text from the first to the last of some compared words.

    A further word of a contraction or a number has no text of its own, unless it stands alone.
    """
    start, stop = place
    while start + 1 < stop and not words[start].written:
        start += 1
    return text[words[start].start : words[stop - 1].end] if start < stop else ""
