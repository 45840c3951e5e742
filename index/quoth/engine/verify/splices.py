"""Find the pieces of two or more utterances that are remembered as one.

The longest piece comes first: the stretch of the remembered words that one utterance covers best (Smith and Waterman
1981). Then the words on both sides of it are covered in the same way, until too few are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from quoth.engine.verify.comparison.alignment import LEFT_OUT, MAX_CELLS, weight
from quoth.engine.verify.comparison.words import ComparedWord
from quoth.engine.verify.passages import SpokenText
from quoth.text.function_words import FUNCTION_WORDS

# A piece has at least so many words, so many of them content words, and so large a share of them was said.
MIN_WORDS = 4
MIN_CONTENT = 2
MIN_SAID = 0.8
MAX_PIECES = 6
# The pieces together cover so much of the weight of the remembered words, and so much more than the longest alone.
MIN_COVERED = 0.75
MIN_GAIN = 0.15


class Stretch(NamedTuple):
    """A stretch of the remembered words and the stretch of an utterance's words that covers it: half-open ranges."""

    remembered: tuple[int, int]
    said: tuple[int, int]
    score: int
    matched: int
    content_words: int

    @property
    def is_piece(self) -> bool:
        """Whether it is long and close enough to be a piece of a splice."""
        start, stop = self.remembered
        is_long = self.matched >= MIN_WORDS and self.content_words >= MIN_CONTENT
        return is_long and self.matched >= MIN_SAID * (stop - start)


class PlacedPiece(NamedTuple):
    """A piece of the remembered words, and the utterance that it stands in."""

    stretch: Stretch
    spoken: SpokenText


def stretch(remembered: Sequence[str], said: Sequence[str]) -> Stretch:
    """Return the stretch of the remembered words that a text covers best.

    >>> stretch("we like the old bridge and the moon".split(), "yes the old stone bridge and a boat".split())[:2]
    ((2, 6), (1, 6))
    """
    said = said[: max(MAX_CELLS // (len(remembered) + 1), 1)]
    rows = np.zeros((len(remembered) + 1, len(said) + 1), np.int32)
    weights = np.array([weight(word) for word in said], np.int32)
    gaps = np.maximum(weights * LEFT_OUT // 10, 1)
    skipped = np.concatenate(([0], np.cumsum(gaps))).astype(np.int32)
    numbers = {word: number for number, word in enumerate(dict.fromkeys((*remembered, *said)))}
    right = np.array([numbers[word] for word in said], np.int32)
    for place, word in enumerate(remembered):
        above, row, cost = rows[place], rows[place + 1], weight(word)
        np.maximum(above - cost, 0, out=row)
        pairs = np.where(right == numbers[word], cost, -np.maximum(weights, cost))
        np.maximum(row[1:], above[:-1] + pairs, out=row[1:])
        row += skipped
        np.maximum.accumulate(row, out=row)
        row -= skipped
    return _trace(rows, remembered, said, gaps.tolist())


def _trace(rows: np.ndarray[tuple[int, int], np.dtype[np.int32]], left: Sequence[str], right: Sequence[str],
           gaps: Sequence[int]) -> Stretch:  # fmt: skip
    i, j = (int(place) for place in np.unravel_index(int(rows.argmax()), rows.shape))
    last, score, matched = (i, j), int(rows[i, j]), list[str]()
    while rows[i, j] > 0:
        here = int(rows[i, j])
        if i and j and left[i - 1] == right[j - 1] and here == rows[i - 1, j - 1] + weight(left[i - 1]):
            i, j = i - 1, j - 1
            matched.append(left[i])
        elif j and here == rows[i, j - 1] - gaps[j - 1]:
            j -= 1
        elif i and here == rows[i - 1, j] - weight(left[i - 1]):
            i -= 1
        else:
            i, j = i - 1, j - 1
    content_words = sum(word not in FUNCTION_WORDS for word in matched)
    return Stretch((i, last[0]), (j, last[1]), score, len(matched), content_words)


def find(
    remembered: Sequence[ComparedWord],
    known: Iterable[SpokenText],
    search: Callable[[Sequence[ComparedWord]], Iterable[SpokenText]],
) -> tuple[PlacedPiece, ...]:
    """Return the pieces of remembered words in their order, nothing if they are not a splice.

    `known` are the utterances that share most with all words; `search` returns those that share most with some.
    """
    words = [word.word for word in remembered]
    candidates, pieces, left = list(known), list[PlacedPiece](), [(0, len(words))]
    while left and len(pieces) < MAX_PIECES:
        start, stop = left.pop(max(range(len(left)), key=lambda place: left[place][1] - left[place][0]))
        if stop - start < MIN_WORDS:
            continue
        best = _best(words, start, stop, candidates)
        if pieces and (best is None or best.stretch.matched < stop - start):
            further = _best(words, start, stop, search(remembered[start:stop]))
            if further is not None and (best is None or further.stretch.score > best.stretch.score):
                best = further
        if best is not None:
            pieces.append(best)
            first, last = best.stretch.remembered
            left += [(start, first), (last, stop)]
    return tuple(sorted(pieces, key=lambda piece: piece.stretch.remembered)) if _is_splice(words, pieces) else ()


def _best(words: Sequence[str], start: int, stop: int, candidates: Iterable[SpokenText]) -> PlacedPiece | None:
    """Return the best piece of a range of the words; the first of equals."""
    best: PlacedPiece | None = None
    for spoken in candidates:
        found = stretch(words[start:stop], [word.word for word in spoken.said.words])
        if found.is_piece and (best is None or found.score > best.stretch.score):
            first, last = found.remembered
            best = PlacedPiece(found._replace(remembered=(first + start, last + start)), spoken)
    return best


def _is_splice(words: Sequence[str], pieces: Sequence[PlacedPiece]) -> bool:
    if len({piece.spoken.parts[0].utterance.id for piece in pieces}) < 2:
        return False
    weights = [weight(word) for word in words]
    shares = [sum(weights[slice(*piece.stretch.remembered)]) / sum(weights) for piece in pieces]
    return sum(shares) >= MIN_COVERED and sum(shares) - max(shares) >= MIN_GAIN
