"""How remembered words line up with what was said: the cheapest way to turn the one into the other.

All remembered words are held against the best run of what was said (Sellers 1980), row by row: within a row the way
to the right is a running minimum, so that a row is a handful of numpy calls. Costs are whole numbers, so that equal
ways cost the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np

from quoth.engine.analysis import stem
from quoth.engine.segment.layout import Array
from quoth.text.function_words import FUNCTION_WORDS, NEGATIONS

Op = Literal["equal", "close", "replaced", "not_said", "left_out"]

# What a word costs that has no partner. A word that holds a sentence together counts less than what it is about.
WORD = 10
FUNCTION_WORD = 3
# What a close word costs of that, and a word that was said and not remembered: memory has gaps. In tenths.
CLOSE = 3
LEFT_OUT = 4

# Cells of the table, of four bytes each: remembered words times words said. What was said is cut down to it.
MOST_CELLS = 1_500_000


class AlignedRun(NamedTuple):
    """Words that fare alike: half-open ranges of the remembered words, and of those said.

    `not_said` are remembered words without a partner in what was said, `left_out` the other way round.
    """

    op: Op
    remembered: tuple[int, int]
    said: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The runs that lead from the first remembered word to the last, and the window `[start, stop)` of words said."""

    cost: int
    start: int
    stop: int
    runs: tuple[AlignedRun, ...]


def weight(word: str) -> int:
    """Return what a word counts.

    >>> weight("land"), weight("the")
    (10, 3)
    """
    return FUNCTION_WORD if word in FUNCTION_WORDS else WORD


def align(
    remembered: Sequence[str],
    said: Sequence[str],
    weigh: Callable[[str], int] = weight,
    *,
    whole: bool = False,
) -> Alignment:
    """Line up all remembered words with the run of words said that costs least, or with all of them if `whole`.

    Replacing costs what the dearer of the two words would cost alone. Of equals the window that ends first wins.
    Where the table would have more than `MOST_CELLS` cells, only the stretch of what was said that is densest in
    remembered words is looked at; with `whole` nothing is cut, and the caller answers for the size.

    >>> found = align(["there", "is", "land", "swaping"], "yes there will be land swapping".split())
    >>> found.start, found.stop, found.cost
    (1, 6, 7)
    >>> [run.op for run in found.runs]
    ['equal', 'replaced', 'left_out', 'equal', 'close']
    """
    room = max(MOST_CELLS // (len(remembered) + 1), 1)
    base = 0 if whole or len(said) < room else _densest(remembered, said, room)
    heard = said if whole else said[base : base + room]
    table = _Table(remembered, heard, weigh, whole)
    return table.traced(base)


def is_close(one: str, other: str) -> bool:
    """Whether a word may stand for another one: the same stem, or one slip of the pen.

    A slip is a letter put in, left out, changed, or swapped with its neighbour, in words of four letters. A number
    is close to none, and neither is a word that says no.

    >>> is_close("swaps", "swapping"), is_close("thier", "their"), is_close("u.s", "us")
    (True, True, True)
    >>> is_close("2014", "2015"), is_close("ever", "never"), is_close("now", "not"), is_close("land", "land")
    (False, False, False, False)
    """
    if one == other or not (_may_be_close(one) and _may_be_close(other)):
        return False
    if _stem(one) == _stem(other):
        return True
    return max(len(one), len(other)) >= _SLIP and _is_one_slip(one, other)


# A word must be so long for a slip to leave it recognisable.
_SLIP = 4


@lru_cache(maxsize=1 << 16)
def _may_be_close(word: str) -> bool:
    return word not in NEGATIONS and not any(map(str.isdigit, word))


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    """Return the stem of a word; U.S. and US are one."""
    return stem(word.replace(".", ""))


def _is_one_slip(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or len(one) < _SLIP - 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[same:] == other[same + 1 :]
    swapped = one[same + 1 : same + 2] + one[same : same + 1]
    return one[same + 1 :] == other[same + 1 :] or swapped + one[same + 2 :] == other[same:]


@lru_cache(maxsize=1 << 16)
def _letters(word: str) -> int:
    """Return which letters a word has, as bits; a slip changes at most two."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


def _close(ones: Sequence[str], others: Sequence[str]) -> Array:
    """Return which words of two vocabularies are close, as a table; those of much the same letters are compared."""
    table = np.zeros((len(ones), len(others)), bool)
    rows = [n for n, word in enumerate(ones) if _may_be_close(word)]
    columns = [n for n, word in enumerate(others) if _may_be_close(word)]
    if not rows or not columns:
        return table
    by_stem: dict[str, list[int]] = {}
    for column in columns:
        by_stem.setdefault(_stem(others[column]), []).append(column)
    for row in rows:
        for column in by_stem.get(_stem(ones[row]), ()):
            table[row, column] = ones[row] != others[column]
    letters = [np.array([_letters(some[n]) for n in kept], "u4") for some, kept in ((ones, rows), (others, columns))]
    lengths = [np.array([len(some[n]) for n in kept], "i4") for some, kept in ((ones, rows), (others, columns))]
    alike = np.bitwise_count(letters[0][:, None] ^ letters[1]) <= 2
    alike &= np.abs(lengths[0][:, None] - lengths[1]) <= 1
    alike &= np.maximum(lengths[0][:, None], lengths[1]) >= _SLIP
    for row, column in zip(*(found.tolist() for found in alike.nonzero()), strict=True):
        one, other = ones[rows[row]], others[columns[column]]
        if one != other and _is_one_slip(one, other):
            table[rows[row], columns[column]] = True
    return table


class _Table:
    """The least costs of all beginnings of the remembered words against all places in what was said."""

    def __init__(
        self, remembered: Sequence[str], said: Sequence[str], weigh: Callable[[str], int], whole: bool
    ) -> None:
        ones, self._left = _numbered(remembered)
        others, self._right = _numbered(said)
        self._weights = np.array([weigh(word) for word in ones], np.int32)
        weights = np.array([weigh(word) for word in others], np.int32)
        gaps = np.maximum(weights * LEFT_OUT // 10, 1)
        self._close = _close(ones, others)
        slips = np.maximum(np.maximum(self._weights[:, None], weights) * CLOSE // 10, 1)
        self._pairs = np.where(self._close, slips, np.maximum(self._weights[:, None], gaps)).astype(np.int32)
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
            # To the right by words that are left out: the least of all that stand before, and what lies between.
            row -= skipped
            np.minimum.accumulate(row, out=row)
            row += skipped
        self._stop = len(said) if whole else int(self._rows[-1].argmin())
        self._whole = whole

    def traced(self, base: int) -> Alignment:
        """Return the cheapest way; `base` is the place of the first word said that was looked at."""
        steps = list(self._steps())
        start = self._stop - sum(op != "not_said" for op in steps)
        steps.reverse()
        return Alignment(
            int(self._rows[-1, self._stop]), base + start, base + self._stop, tuple(_runs(steps, base + start))
        )

    def _steps(self) -> Iterator[Op]:
        """Yield what becomes of each word, from the last to the first."""
        i, j, rows = len(self._left), self._stop, self._rows
        while i or (self._whole and j):
            cost = rows[i, j]
            left, right = int(self._left[i - 1]) if i else 0, int(self._right[j - 1]) if j else 0
            diagonal = i > 0 and j > 0 and cost == rows[i - 1, j - 1] + self._pairs[left, right]
            # Of ways that cost the same, partners first; then a gap, since it leads to partners further on; and a
            # word without a partner before two that replace each other, which keeps the window small at its edge.
            if diagonal and (not self._pairs[left, right] or self._close[left, right]):
                i, j = i - 1, j - 1
                yield self._told(left, right)
            elif j and (not i or cost == rows[i, j - 1] + self._gaps[j - 1]):
                j -= 1
                yield "left_out"
            elif cost == rows[i - 1, j] + self._weights[left]:
                i -= 1
                yield "not_said"
            else:
                i, j = i - 1, j - 1
                yield "replaced"

    def _told(self, left: int, right: int) -> Op:
        return "close" if self._pairs[left, right] else "equal"


def _numbered(words: Sequence[str]) -> tuple[list[str], Array]:
    """Return the distinct words, and the number of each word among them."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
    return list(numbers), np.array([numbers[word] for word in words], np.intp)


def _runs(steps: Iterable[Op], start: int) -> Iterator[AlignedRun]:
    left, right = 0, start
    for op, some in groupby(steps):
        count = len(list(some))
        remembered = (left, left + count * (op != "left_out"))
        said = (right, right + count * (op != "not_said"))
        yield AlignedRun(op, remembered, said)
        left, right = remembered[1], said[1]


def _densest(remembered: Sequence[str], said: Sequence[str], room: int) -> int:
    """Return where the stretch of so many words begins that is richest in remembered words, rare ones above all."""
    known, counts = set(remembered), Counter(said)
    worth = np.array([1 / counts[word] if word in known else 0.0 for word in said])
    sums = np.concatenate(([0.0], np.cumsum(worth)))
    return int((sums[room:] - sums[:-room]).argmax())
