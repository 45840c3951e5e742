"""Find the speakers who stand before a colon in another language than English: Giulia Ferri: «Avanti».

Cues, pronouns and roles are read by tables of English. In another language they would be guesses, so nothing else names
a speaker there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from quoth.extraction.entities.canonical import known
from quoth.extraction.entities.clusters import Person, surname
from quoth.extraction.scanner.layout import Range
from quoth.extraction.scanner.span import Span
from quoth.extraction.tables import given_names, words
from quoth.extraction.value import value

# Up to six words, each with a letter at its beginning, before a colon and a mark.
LABEL = re.compile(
    r"""
    [\s"”»」.!?–—-]{0,8}
    (?P<label> [^\W\d_][\w.'’·・‧-]{0,30} (?: [^\S\n] [^\W\d_][\w.'’-]{0,30} ){0,5} )
    [^\S\n]? [:：] \s{0,3}
    """,
    re.VERBOSE,
)
LONGEST_LABEL = 240  # characters before a mark that are searched
DOTS = re.compile("[·・‧]")  # between the parts of a foreign name in Chinese or Japanese
SPELT = re.compile(r"[^\W\d_][\w'’-]*")


@value
class Labelled:
    """A speaker, and the range of the words before the colon that name him."""

    person: Person
    label: Range


def labelled(text: str, spans: Sequence[Span], language: str) -> Iterator[Labelled | None]:
    """Yield the speaker of every span of a visible text, `None` if no name stands before it."""
    names = _Names(text, language)
    end, latest = 0, None
    for span in spans:
        label = _label(text, end, span)
        end = span.right
        person = None if label is None else names.person(text[slice(*label)])
        if label is not None and person is not None:
            latest = Labelled(person, label)
        elif not span.continues:
            latest = None
        yield latest


def _label(text: str, after: int, span: Span) -> Range | None:
    """Return the range of the words before a colon and a span, from the line's beginning or the span before it."""
    far = max(after, span.left - LONGEST_LABEL)
    line = text.rfind("\n", far, span.left) + 1
    floor = line or far
    if (floor == far and far > after) or span.style != "marks":
        return None  # the line or the words behind the span before are too long for a label
    match = LABEL.fullmatch(text, floor, span.left)
    return None if match is None else match.span("label")


class _Names:
    """Tells the names of one text from offices, bodies and things before a colon."""

    def __init__(self, text: str, language: str) -> None:
        spelt = SPELT.findall(text)
        self._words, self._pairs = frozenset(spelt), Counter(pairwise(spelt))
        self._has_capital_nouns = language in words("languages", "capital_nouns")
        self._people: dict[str, Person] = {}

    def person(self, label: str) -> Person | None:
        """Return the person that a label names; a surname alone needs the whole name above it, or fame."""
        key = surname(label)
        if len(label.split()) == 1 and key in self._people:
            return self._people[key]
        if known(label) is None and not self._is_name(label):
            return None
        return self._people.setdefault(key, Person(label, "person", len(self._people), spellings={label: None}))

    def _is_name(self, label: str) -> bool:
        if DOTS.search(label):
            return True
        parts = label.split()
        core = [part for part in parts if part not in words("names", "particles")]
        is_cased = all(part[0].isupper() and (len(part) < 3 or not part.isupper()) for part in core)
        if len(core) < 2 or not is_cased or parts[0] not in core:
            return False
        lower = [part.lower() for part in core]
        if lower[0] in words("languages", "articles") or not words("languages", "roles").isdisjoint(lower):
            return False
        given = lower[0].partition("-")[0]
        if given in given_names("male") | given_names("female") | words("languages", "given_german"):
            return True
        if self._has_capital_nouns or len(core) > 2:
            return self._pairs[parts[0], parts[1]] > 1  # it stands somewhere else too
        return lower[0] not in self._words  # a word that the text also writes in lower case is no name
