"""Misspellings: edit distance, and a fast lookup of the known words within it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

CROWDED = 8  # a key with more words than this is ignored: too ambiguous


def tolerance(word: str) -> int:
    """Return the number of edits that a typing error may make in a word of this length.

    >>> tolerance("siad"), tolerance("zelensky"), tolerance("opbsereved")
    (0, 1, 2)
    """
    return 0 if len(word) < 5 else 1 if len(word) < 9 else 2


def distance(left: str, right: str) -> int:
    """Count the insertions, deletions, replacements and transpositions between two words.

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
    """An index of known words for lookup by a misspelling, in time independent of their number.

    Two words within `n` edits become equal after at most `n` deletions from each. So each known word is indexed under
    all its deletions (the idea is Garbe's SymSpell), and only words that share a key are compared.

    >>> known = Neighbours(["zelensky", "trump"])
    >>> known.of("zelesnky"), known.of("tromp"), known.of("trumpet")
    (['zelensky'], ['trump'], [])
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = tuple(known)
        # First letters and lengths: they rule out most words, so the index is often never built.
        self._shapes = {(word[:1], len(word)) for word in self._known}

    def of(self, word: str) -> list[str]:
        """Return the known words within a typing error of this one, in alphabetical order."""
        if self._shapes.isdisjoint([(word[:1], len(word) + longer) for longer in (-2, -1, 0, 1, 2)]):
            return []
        candidates: set[str] = set()
        for key in _deletions(word, tolerance(word)):
            words = self._by_deletion.get(key, ())
            candidates.update(words if len(words) <= CROWDED else ())
        return sorted(known for known in candidates if self._is_near(word, known))

    @cached_property
    def _by_deletion(self) -> Mapping[str, set[str]]:
        by_deletion: dict[str, set[str]] = defaultdict(set)
        for word in self._known:
            for key in _deletions(word, tolerance(word)):
                by_deletion[key].add(word)
        return by_deletion

    @staticmethod
    def _is_near(word: str, known: str) -> bool:
        return known != word and known[0] == word[0] and distance(word, known) <= tolerance(max(word, known, key=len))


def _deletions(word: str, edits: int) -> set[str]:
    variants = {word}
    for _ in range(edits if len(word) <= 24 else 0):
        variants |= {shorter[:i] + shorter[i + 1 :] for shorter in variants for i in range(len(shorter))}
    return variants
