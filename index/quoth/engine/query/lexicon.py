"""What words and names the index has: what a query may mean by one that it does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quoth.engine.execution.index import Index

NEAREST = 16  # spellings that one word may stand for
MIN_LETTERS = 4  # of a word that may be misspelt: a shorter one is near too many others
EXPANSIONS = 64  # words that a prefix may stand for
_LOOKED_AT = 20_000  # spellings that are compared with the beginning of a name


class Lexicon:
    """The terms and values of an index, with how many of its documents have each."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents have a term, retired ones included."""
        return self._index.term_info(field, term.encode()).size

    def starting(self, field: str, start: str) -> int:
        """Return how many terms begin like this."""
        found = self._index.term_infos(
            field, ("prefix", start.encode()), lambda r: r.dictionary(f"{field}.terms").starting(start.encode())
        )
        return len(found.terms)

    def near(self, field: str, word: str) -> tuple[str, ...]:
        """Return the terms that one typo makes of a word, the most frequent first.

        A typo is a letter put in, left out or changed, but for the first, or two neighbours exchanged. Short words have
        no neighbours.
        """
        if len(word) < MIN_LETTERS:
            return ()
        self._index.budget.check()
        self._index.open([f"{field}.reversed"])  # of all segments in one go
        found = self._index.term_infos(field, ("fuzzy", word, 1), lambda reader: reader.fuzzy(field, word, 1))
        near = dict(zip(map(bytes.decode, found.terms), found.frequencies, strict=True))
        for other in _exchanged(word):
            if frequency := self.frequency(field, other):
                near[other] = frequency
        near.pop(word, None)
        return _most_frequent(near)

    def beginning_near(self, field: str, start: str) -> tuple[str, ...]:
        """Return the terms that begin like this but for one typo after the second letter, the most frequent first."""
        if len(start) < MIN_LETTERS:
            return ()
        near: dict[str, int] = {}
        for reader in self._index.readers:
            self._index.budget.check()
            terms = reader.dictionary(f"{field}.terms")
            for number in terms.starting(start[:2].encode())[:_LOOKED_AT]:
                term = terms[number].decode()
                if _begins_near(term, start):
                    near[term] = near.get(term, 0) + int(terms.frequencies[number])
        return _most_frequent(near)

    def values(self, field: str) -> list[str]:
        """Return the values of a field that has one a document."""
        return [value.decode() for value in self._index.values(field)]


def _most_frequent(near: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(near, key=lambda term: (-near[term], term))[:NEAREST])


def _exchanged(word: str) -> Iterator[str]:
    """Yield a word with two neighbouring letters exchanged.

    >>> list(_exchanged("land"))
    ['alnd', 'lnad', 'ladn']
    """
    for place in range(len(word) - 1):
        if word[place] != word[place + 1]:
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _begins_near(term: str, start: str) -> bool:
    """Whether one typo in its beginning makes a term begin like this.

    >>> [_begins_near(term, "zelins") for term in ("zelensky", "zelinsky", "zlinsk", "zelisnky", "zeppelin")]
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


def any_of(values: Iterable[str], wanted: str) -> list[str]:
    """Return those values that a language tag stands for: itself, and what is narrower.

    >>> any_of(["en", "en-GB", "eng"], "EN")
    ['en', 'en-GB']
    """
    tag = wanted.lower()
    return [value for value in values if value.lower() == tag or value.lower().startswith(tag + "-")]
