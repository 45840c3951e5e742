"""Look up words and names in an index, and find the nearest terms of one that it does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

import numpy as np

from quoth.engine.analysis import words
from quoth.engine.execution.index import Index
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.slugs import slug

T = TypeVar("T")

# The bytes that a few terms take in memory.
_TERMS = 2_048

NEAREST = 16  # terms that may replace one unknown word
MIN_LETTERS = 4  # of a word that is corrected: a shorter one is near too many others
EXPANSIONS = 64  # terms that a prefix may expand to
_MAX_COMPARED = 20_000  # terms that are compared with an unknown prefix, in each segment


class Lexicon:
    """The terms and values of an index, with their document frequencies."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def frequency(self, field: str, term: str) -> int:
        """Return the document frequency of a term, retired documents included."""
        return self._index.term_info(field, term.encode()).size

    def remembered(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what was made of this index under a name: a few terms, made once while the index is open."""
        return self._index.segments.cache.get(name, make, lambda _: _TERMS)

    def count_prefixed(self, field: str, start: str) -> int:
        """Return the number of terms with a prefix."""
        matches = self._index.term_infos(
            field, ("prefix", start.encode()), lambda r: r.dictionary(f"{field}.terms").starting(start.encode())
        )
        return len(matches.terms)

    def ending(self, field: str, end: str) -> tuple[str, ...]:
        """Return the terms of a field with an ending, the most frequent first."""
        self._index.budget.check()
        self._index.segments.open([f"{field}.reversed"])
        matches = self._index.term_infos(field, ("ending", end), lambda reader: reader.ending(field, end.encode()))
        return _most_frequent(dict(zip(map(bytes.decode, matches.terms), matches.frequencies, strict=True)), EXPANSIONS)

    def near(self, fields: str | tuple[str, ...], word: str) -> tuple[str, ...]:
        """Return the terms of a field, or of several, within one typo of a word, the most frequent first.

        A typo inserts, deletes or replaces a letter, or swaps two adjacent letters. Words of fewer than `MIN_LETTERS`
        letters have none.
        """
        if len(word) < MIN_LETTERS:
            return ()
        several = (fields,) if isinstance(fields, str) else fields
        return self.remembered(("near", several, word), lambda: self._nearest(several, word))

    def _nearest(self, several: tuple[str, ...], word: str) -> tuple[str, ...]:
        self._index.budget.check()
        self._index.segments.open([f"{field}.reversed" for field in several])  # of all segments in one batch
        near = Counter[str]()
        for field in several:
            near.update(self._near(field, word))
        near.pop(word, None)
        return _most_frequent(near)

    def _near(self, field: str, word: str) -> dict[str, int]:
        """Return the terms of a field within one typo of a word, with their document frequencies."""
        matches = self._index.term_infos(field, ("fuzzy", word, 0), lambda reader: reader.fuzzy(field, word, 0))
        near = dict(zip(map(bytes.decode, matches.terms), matches.frequencies, strict=True))
        for other in _transpositions(word):
            if frequency := self.frequency(field, other):
                near[other] = frequency
        return near

    def near_prefix(self, field: str, start: str) -> tuple[str, ...]:
        """Return the terms with a prefix one typo away, after its second letter, from `start`; most frequent first."""
        if len(start) < MIN_LETTERS:
            return ()
        near: dict[str, int] = {}
        for reader in self._index.segments.readers:
            self._index.budget.check()
            terms = reader.dictionary(f"{field}.terms")
            for number in terms.starting(start[:2].encode())[:_MAX_COMPARED]:
                term = terms[number].decode()
                if _has_prefix_near(term, start):
                    near[term] = near.get(term, 0) + int(terms.frequencies[number])
        return _most_frequent(near)

    @property
    def documents(self) -> int:
        """The number of quotes in the index, retired ones included."""
        return self._index.documents

    def publishers(self, word: str) -> dict[str, int]:
        """Return the publishers with a word in their name, each with the number of its quotes; see `slug`."""
        names = self._index.segments.cache.get(
            "publishers by word", self._publishers_by_word, lambda made: 256 * len(made)
        ).get(word, ())
        if not names:
            return {}
        self._index.segments.open(["publisher.ordinals"])  # of all segments in one batch
        counts = self._index.segments.cache.get(
            "quotes by publisher",
            lambda: np.bincount(self._index.columns.ordinals("publisher")),
            lambda made: made.nbytes,
        )
        return {name: int(counts[self._index.columns.ordinal("publisher", name.encode())]) for name in names}

    def _publishers_by_word(self) -> dict[str, list[str]]:
        self._index.dictionaries("publisher.values")
        by_word: dict[str, list[str]] = {}
        for name in self.values("publisher"):
            for word in {slug(word) for word in words(name) if word not in FUNCTION_WORDS}:
                by_word.setdefault(word, []).append(name)
        return by_word

    def values(self, field: str) -> list[str]:
        """Return the values of a field with one value per document."""
        return [value.decode() for value in self._index.columns.values(field)]


def _most_frequent(near: dict[str, int], most: int = NEAREST) -> tuple[str, ...]:
    return tuple(sorted(near, key=lambda term: (-near[term], term))[:most])


def _transpositions(word: str) -> Iterator[str]:
    """Yield a word with each pair of adjacent letters swapped.

    >>> list(_transpositions("land"))
    ['alnd', 'lnad', 'ladn']
    """
    for i in range(len(word) - 1):
        if word[i] != word[i + 1]:
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _has_prefix_near(term: str, start: str) -> bool:
    """Whether a prefix of the term is within one typo of `start`.

    >>> [_has_prefix_near(term, "zelins") for term in ("zelensky", "zelinsky", "zlinsk", "zelisnky", "zeppelin")]
    [True, True, True, True, False]
    """
    same = next((i for i, (a, b) in enumerate(zip(term, start, strict=False)) if a != b), min(len(term), len(start)))
    rest = start[same:]
    return any(
        term.startswith(end, at)
        for end, at in (
            (rest, same),
            (rest[1:], same + 1),
            (rest[1:], same),
            (rest, same + 1),
            (rest[1:2] + rest[:1] + rest[2:], same),
        )
    )
