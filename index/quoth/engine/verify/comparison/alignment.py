"""Align remembered words with the words said: the cheapest edits that turn the one into the other.

All remembered words are aligned with the best run of the words said (Sellers 1980), by dynamic programming row by row.
Within a row the steps to the right are a running minimum, so a row takes a handful of numpy calls. Costs are integers,
so that ties are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np

from quoth.engine.analysis import stem
from quoth.engine.segment.layout import Array
from quoth.text.function_words import FUNCTION_WORDS, NEGATIONS
from quoth.text.wording.contractions import READINGS

Op = Literal["equal", "close", "replaced", "not_said", "left_out"]

# The cost of a remembered word without a partner. A function word costs less than a content word.
WORD = 10
FUNCTION_WORD = 3
# The cost of a close word, and of a word said but not remembered, in tenths of that: memory has gaps.
CLOSE = 3
LEFT_OUT = 4

# Cells of the table, of four bytes each: remembered words times words said. A longer text is cut to fit.
MAX_CELLS = 1_500_000


class AlignedRun(NamedTuple):
    """Adjacent words with the same operation: half-open ranges of the remembered words and of the words said.

    `not_said` are remembered words without a partner; `left_out` are words said without a partner.
    """

    op: Op
    remembered: tuple[int, int]
    said: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The runs from the first remembered word to the last, and the window `[start, stop)` of the words said."""

    cost: int
    start: int
    stop: int
    runs: tuple[AlignedRun, ...]


def weight(word: str) -> int:
    """Return the weight of a word.

    >>> weight("land"), weight("the")
    (10, 3)
    """
    return FUNCTION_WORD if word in FUNCTION_WORDS else WORD


def align(
    remembered: Sequence[str],
    said: Sequence[str],
    weigh: Callable[[str], int] = weight,
    *,
    slips: Collection[str] = (),
    elisions: Collection[int] = (),
    whole: bool = False,
) -> Alignment:
    """Align all remembered words with the cheapest run of the words said, or with all of these if `whole`.

    `slips` are the remembered words that are no words: only these may be close to a word by a typo. `elisions` are the
    numbers of remembered words that an ellipsis stands before: words left out there cost nothing.

    A replacement costs as much as the dearer of the two words alone. Ties go to the window that ends first. If the
    table would have more than `MAX_CELLS` cells, only the stretch of the words said that is densest in remembered words
    is aligned. With `whole` nothing is cut, and the caller must bound the size.

    >>> said = "yes there will be land swapping".split()
    >>> alignment = align(["there", "is", "land", "swaping"], said, slips={"swaping"})
    >>> alignment.start, alignment.stop, alignment.cost
    (1, 6, 7)
    >>> [run.op for run in alignment.runs]
    ['equal', 'replaced', 'left_out', 'equal', 'close']
    """
    length = max(MAX_CELLS // (len(remembered) + 1), 1)
    base = 0 if whole or len(said) < length else _densest(remembered, said, length)
    table = _Table(remembered, said if whole else said[base : base + length], weigh, slips, elisions, whole)
    return table.trace(base)


def is_close(remembered: str, said: str, *, is_slip: bool = False) -> bool:
    """Whether two different words have the same stem, or one stands for the other in a contraction, or one is a slip.

    A word is never a slip of another word: "billion" is not "million". Only a remembered word that is no word may
    differ by one typo from the word said. A typo inserts, deletes or replaces a letter or swaps two adjacent ones, in
    words of at least four letters. Numbers and negations are close to no other word.

    >>> is_close("swaps", "swapping"), is_close("'s", "has")
    (True, True)
    >>> is_close("thier", "their", is_slip=True), is_close("billion", "million")
    (True, False)
    >>> is_close("2014", "2015", is_slip=True), is_close("nevr", "never", is_slip=True), is_close("land", "land")
    (False, False, False)
    """
    if remembered == said:
        return False
    if said in READINGS.get(remembered, ()) or remembered in READINGS.get(said, ()):
        return True
    if not (_may_be_close(remembered) and _may_be_close(said)):
        return False
    return stem(remembered) == stem(said) or (is_slip and is_one_typo(remembered, said))


# A shorter word with a typo is not recognizable.
_MIN_LETTERS = 4


@lru_cache(maxsize=1 << 16)
def _may_be_close(word: str) -> bool:
    return word not in NEGATIONS and not any(map(str.isdigit, word))


def is_one_typo(one: str, other: str) -> bool:
    """Whether two different words of at least four letters differ by one typo."""
    if max(len(one), len(other)) < _MIN_LETTERS:
        return False
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[same:] == other[same + 1 :]
    swapped = one[same + 1 : same + 2] + one[same : same + 1]
    return one[same + 1 :] == other[same + 1 :] or swapped + one[same + 2 :] == other[same:]


@lru_cache(maxsize=1 << 16)
def _letters(word: str) -> int:
    """Return the set of letters of a word as bits; a typo changes at most two."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


def _close(ones: Sequence[str], others: Sequence[str], slips: Collection[str]) -> Array:
    """Return a table of the close pairs of two vocabularies; only words with similar letters are compared for typos."""
    table = np.zeros((len(ones), len(others)), bool)
    columns = {word: column for column, word in enumerate(others)}
    by_stem: dict[str, list[int]] = {}
    by_reading: dict[str, list[int]] = {}
    for word, column in columns.items():
        if _may_be_close(word):
            by_stem.setdefault(stem(word), []).append(column)
        for reading in READINGS.get(word, ()):
            by_reading.setdefault(reading, []).append(column)
    for row, word in enumerate(ones):
        table[row, by_reading.get(word, [])] = True
        table[row, [columns[reading] for reading in READINGS.get(word, ()) if reading in columns]] = True
        if _may_be_close(word):
            table[row, by_stem.get(stem(word), [])] = True
            if word in slips:
                table[row, _slips_of(word, others)] = True
        if word in columns:
            table[row, columns[word]] = False
    return table


def _slips_of(word: str, others: Sequence[str]) -> list[int]:
    """Return the places of the words that one typo makes a word."""
    letters = _letters(word)
    similar = (n for n, other in enumerate(others) if (letters ^ _letters(other)).bit_count() <= 2)
    return [n for n in similar if is_close(word, others[n], is_slip=True)]


class _Table:
    """The least cost of aligning each prefix of the remembered words up to each word said."""

    def __init__(
        self,
        remembered: Sequence[str],
        said: Sequence[str],
        weigh: Callable[[str], int],
        slips: Collection[str],
        elisions: Collection[int],
        whole: bool,
    ) -> None:
        ones, self._left = _numbered(remembered)
        others, self._right = _numbered(said)
        self._weights = np.array([weigh(word) for word in ones], np.int32)
        weights = np.array([weigh(word) for word in others], np.int32)
        gaps = np.maximum(weights * LEFT_OUT // 10, 1)
        self._close = _close(ones, others, slips)
        close = np.maximum(np.maximum(self._weights[:, None], weights) * CLOSE // 10, 1)
        self._pairs = np.where(self._close, close, np.maximum(self._weights[:, None], gaps)).astype(np.int32)
        places = {word: place for place, word in enumerate(others)}
        for row, word in enumerate(ones):
            if word in places:
                self._pairs[row, places[word]] = 0
        self._gaps = gaps[self._right]
        skipped = np.concatenate(([0], np.cumsum(self._gaps))).astype(np.int32)
        self._rows = np.empty((len(remembered) + 1, len(said) + 1), np.int32)
        self._rows[0] = skipped if whole else 0
        for place, number in enumerate(self._left.tolist()):
            above, row = self._rows[place], self._rows[place + 1]
            np.add(above, self._weights[number], out=row)
            np.minimum(row[1:], above[:-1] + self._pairs[number].take(self._right), out=row[1:])
            # Steps to the right leave words out: the least cost so far plus the gaps in between.
            if place + 1 in elisions:
                np.minimum.accumulate(row, out=row)
                continue
            row -= skipped
            np.minimum.accumulate(row, out=row)
            row += skipped
        self._stop = len(said) if whole else int(self._rows[-1].argmin())
        self._whole = whole
        self._elisions = elisions

    def trace(self, base: int) -> Alignment:
        """Return the cheapest alignment; `base` is the number of the first word said in the table."""
        steps = list(self._steps())
        start = self._stop - sum(op != "not_said" for op in steps)
        steps.reverse()
        return Alignment(
            int(self._rows[-1, self._stop]), base + start, base + self._stop, tuple(_runs(steps, base + start))
        )

    def _steps(self) -> Iterator[Op]:
        """Yield the operation of each step, from the last word to the first."""
        i, j, rows = len(self._left), self._stop, self._rows
        while i or (self._whole and j):
            cost = rows[i, j]
            left, right = int(self._left[i - 1]) if i else 0, int(self._right[j - 1]) if j else 0
            diagonal = i > 0 and j > 0 and cost == rows[i - 1, j - 1] + self._pairs[left, right]
            # Ties prefer partners; then a gap, since it leads to partners further on; then a word without a partner to
            # two that replace each other, which keeps the window small at its edge.
            if diagonal and (not self._pairs[left, right] or self._close[left, right]):
                i, j = i - 1, j - 1
                yield "close" if self._pairs[left, right] else "equal"
            elif j and (not i or cost == rows[i, j - 1] + (0 if i in self._elisions else self._gaps[j - 1])):
                j -= 1
                yield "left_out"
            elif cost == rows[i - 1, j] + self._weights[left]:
                i -= 1
                yield "not_said"
            else:
                i, j = i - 1, j - 1
                yield "replaced"


def _numbered(words: Sequence[str]) -> tuple[list[str], Array]:
    """Return the distinct words, and the number of each word among them."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return list(numbers), np.array([numbers[word] for word in words], np.intp)


def _runs(steps: Iterable[Op], start: int) -> Iterator[AlignedRun]:
    left, right = 0, start
    for op, group in groupby(steps):
        count = len(list(group))
        remembered = (left, left + count * (op != "left_out"))
        said = (right, right + count * (op != "not_said"))
        yield AlignedRun(op, remembered, said)
        left, right = remembered[1], said[1]


def _densest(remembered: Sequence[str], said: Sequence[str], length: int) -> int:
    """Return the start of the stretch of `length` words that is richest in remembered words, each 1 / its count."""
    known, counts = set(remembered), Counter(said)
    values = np.array([1 / counts[word] if word in known else 0.0 for word in said])
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return int((sums[length:] - sums[:-length]).argmax())
