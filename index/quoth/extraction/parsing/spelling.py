"""Typing errors: which words are so close that one may stand for the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

CROWDED = 8  # more neighbours than these under one key: too many to mean anything


def tolerance(word: str) -> int:
    """Return how many edits a typing error may make in a word of this length.

    >>> tolerance("siad"), tolerance("zelensky"), tolerance("opbsereved")
    (0, 1, 2)
    """
    return 0 if len(word) < 5 else 1 if len(word) < 9 else 2


def distance(left: str, right: str) -> int:
    """Count the insertions, deletions, replacements and swaps of neighbours between two words.

    >>> distance("zelesnky", "zelensky"), distance("opbsereved", "observed"), distance("same", "same")
    (1, 2, 0)
    """
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


class Neighbours:
    """Words that can be found again by a misspelling, in time that does not grow with their number.

    Two words within `n` edits are equal after at most `n` deletions from each; so the words are filed under
    all their deletions (the idea is Garbe's SymSpell), and only what meets there is compared.

    >>> known = Neighbours(["zelensky", "trump"])
    >>> known.of("zelesnky"), known.of("tromp"), known.of("trumpet")
    (['zelensky'], ['trump'], [])
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = tuple(known)
        # First letters and lengths: most words are so unlike all known ones that nothing need be filed for them.
        self._shapes = {(word[:1], len(word)) for word in self._known}

    def of(self, word: str) -> list[str]:
        """Return the known words that differ from this one by a typing error, in alphabetical order."""
        if self._shapes.isdisjoint([(word[:1], len(word) + longer) for longer in (-2, -1, 0, 1, 2)]):
            return []
        met: set[str] = set()
        for key in _deletions(word, tolerance(word)):
            filed = self._filed.get(key, ())
            met.update(filed if len(filed) <= CROWDED else ())
        return sorted(known for known in met if self._is_near(word, known))

    @cached_property
    def _filed(self) -> Mapping[str, set[str]]:
        filed: dict[str, set[str]] = defaultdict(set)
        for word in self._known:
            for key in _deletions(word, tolerance(word)):
                filed[key].add(word)
        return filed

    @staticmethod
    def _is_near(word: str, known: str) -> bool:
        return known != word and known[0] == word[0] and distance(word, known) <= tolerance(max(word, known, key=len))


def _deletions(word: str, edits: int) -> set[str]:
    reached = {word}
    for _ in range(edits if len(word) <= 24 else 0):
        reached |= {shorter[:i] + shorter[i + 1 :] for shorter in reached for i in range(len(shorter))}
    return reached
