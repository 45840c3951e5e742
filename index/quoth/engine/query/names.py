"""Find the names of an index that a typed name stands for. Search and `verify` share these rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice, product
from typing import Literal, NamedTuple

from whoosh import query

from quoth.engine.query.lexicon import Lexicon
from quoth.text.names.nicknames import is_word, other_names
from quoth.text.names.readings import other_forms, readings
from quoth.text.names.titles import SUFFIXES
from quoth.text.names.variants import spellings
from quoth.text.slugs import slug

# How a typed name is found: as it is; in another form, which may be another person's; in a near spelling; or not.
Certainty = Literal["known", "likely", "guessed", "unknown"]

MAX_NAMES = 64  # that one typed name may stand for
MAX_WORDS = 6  # of a name whose words are looked up one by one
MIN_GENITIVE = 4  # letters of a name before a genitive s that is written without its apostrophe


class NameMatch(NamedTuple):
    """What a typed name stands for in an index: its speakers have a term of each group.

    >>> NameMatch((("joe", "joseph"), ("lind",)), "likely").names
    ('joe-lind', 'joseph-lind')
    """

    groups: tuple[tuple[str, ...], ...] = ()
    certainty: Certainty = "unknown"

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a speaker may have."""
        return tuple(map("-".join, islice(product(*self.groups), MAX_NAMES))) if self.groups else ()

    def tree(self, field: str) -> query.Query:
        """Return the query for the quotes whose speaker has such a name in a field."""
        groups = [query.Or([query.Term(field, name) for name in group]) for group in self.groups]
        parts = [group.subqueries[0] if len(group.subqueries) == 1 else group for group in groups]
        return parts[0] if len(parts) == 1 else query.And(parts)


class NameLexicon:
    """The names in some fields of an index, and which of them a typed name may stand for."""

    def __init__(self, lexicon: Lexicon, fields: tuple[str, ...]) -> None:
        self._lexicon = lexicon
        self._fields = fields

    def has(self, name: str) -> bool:
        """Whether a speaker has a name; each single word of a name is one, too."""
        return any(self._lexicon.frequency(field, name) for field in self._fields)

    def match(self, name: str) -> NameMatch:
        """Return what a typed name stands for, in the most certain way: as typed, in another form, with one typo."""
        return self._lexicon.remembered(("names", self._fields, name), lambda: self._matched(name))

    def _matched(self, name: str) -> NameMatch:
        typed = readings(name)
        if known := self._known(name, typed):
            return NameMatch((known,), "known")
        words = _words(typed[-1]) if typed else []
        if spelt := self._whole(words, spellings):
            return NameMatch((spelt,), "guessed")
        if likely := self._likely(words):
            # A single name may be a slip as well: Phillip is a form of Phil, or Phillips with a typo.
            slips = self._lexicon.near(self._fields, words[-1]) if len(words) == 1 else ()
            return NameMatch((tuple(dict.fromkeys((*likely, *slips))),), "likely")
        for key in dict.fromkeys((*typed[-1:], *typed[:1])):
            if near := self._lexicon.near(self._fields, key):
                return NameMatch((near,), "guessed")
        return self._by_word([word for word in words if len(word) > 1])

    def of_word(self, word: str, beside: tuple[str | None, str | None] = (None, None)) -> tuple[str, ...]:
        """Return the names that a word of a query stands for: itself, without its genitive, and its other forms.

        A nickname that is a word as well, and an initial, is only read as a name beside the surname: `beside` are the
        words before and behind it.

        >>> from quoth.engine.execution.index import open_index
        >>> NameLexicon(Lexicon(open_index([])), ("known_as",)).of_word("bob")
        ()
        """
        key = slug(word)
        surnames = [slug(other) for other in beside if other is not None]
        if _is_initial(key):
            return self._beginning((key,), surnames)
        if is_word(key):
            given = tuple(f"{other}-" for other in other_names(key))
            named = self._beginning(given, surnames)
            return (key, *named) if self.has(key) else named
        names = (key, *other_forms(key))
        found = tuple(filter(self.has, names))
        if not found and len(key) > MIN_GENITIVE and key.endswith("s") and self.has(key[:-1]):
            return () if self._lexicon.frequency("exact", word) else (key[:-1],)
        return found

    def _known(self, name: str, typed: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names that are known as typed, also without titles: but not Francis for Pope Francis."""
        known = [key for key in dict.fromkeys((name, *typed)) if key and self.has(key)]
        return tuple(key for key in known if key == known[0] or "-" in key)

    def _likely(self, words: list[str]) -> tuple[str, ...]:
        """Return the whole names that some words may stand for: with a nickname, an initial or without one."""
        whole = [word for word in words if len(word) > 1]
        if len(words) > 1 and len(whole) == 1 and words[-1] == whole[0]:
            return self._beginning((words[0],), whole)
        return self._whole(whole, other_forms)

    def _whole(self, words: list[str], forms: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
        """Return the whole names of some words, each as it is or in another form."""
        options = [[form for form in (word, *forms(word)) if self.has(form)] for word in words]
        names = map("-".join, islice(product(*options), MAX_NAMES)) if options else ()
        return tuple(filter(self.has, names))

    def _beginning(self, starts: tuple[str, ...], surnames: Iterable[str]) -> tuple[str, ...]:
        """Return the whole names with one of some surnames and a given name that begins so."""
        endings = (
            self._lexicon.ending(field, f"-{surname}")
            for surname in surnames
            if self.has(surname)
            for field in self._fields
        )
        return tuple(dict.fromkeys(name for some in endings for name in some if name.startswith(starts)))[:MAX_NAMES]

    def _by_word(self, words: list[str]) -> NameMatch:
        """Return a match of each word by itself, for a name of several words of which none is unknown."""
        if not 2 <= len(words) <= MAX_WORDS:
            return NameMatch()
        exact = [tuple(self._forms(word)) for word in words]
        groups = tuple(
            group or self._lexicon.near(self._fields, word) for group, word in zip(exact, words, strict=True)
        )
        if not all(groups):
            return NameMatch()
        is_typed = all(group == (word,) for group, word in zip(groups, words, strict=True))
        return NameMatch(groups, "known" if is_typed else "likely" if all(exact) else "guessed")

    def _forms(self, word: str) -> Iterable[str]:
        return (word,) if self.has(word) else filter(self.has, other_forms(word))


def depends_on_neighbours(key: str) -> bool:
    """Whether the names that a word stands for depend on the words beside it; see `NameLexicon.of_word`.

    >>> depends_on_neighbours("j"), depends_on_neighbours("bill"), depends_on_neighbours("lind")
    (True, True, False)
    """
    return _is_initial(key) or is_word(key)


def _is_initial(key: str) -> bool:
    return len(key) == 1 and key.isalpha()


def _words(name: str) -> list[str]:
    """Return the words of a slug without suffixes; an initial is a word of one letter.

    >>> _words("donald-j-trump-jr")
    ['donald', 'j', 'trump']
    """
    parts = name.split("-")
    kept = [part for part in parts if part not in SUFFIXES]
    return kept or parts
