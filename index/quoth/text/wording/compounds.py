"""Compounds: words that some write as one and others with a hyphen, an apostrophe, an & or a space between.

“co-operative”, “cooperative” and “co operative” are one word, and so are “COVID-19” and “covid19”, “O’Brien” and
“OBrien”. A text with the parts has the whole, too. A few initials in capitals spell a function word: “US” stands for
“u.s”, which the pronoun does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from quoth.text.function_words import FUNCTION_WORDS, MONTHS
from quoth.text.unseen import ACCENTS, UNSEEN, seen
from quoth.text.wording.spelling import HYPHEN_DIVIDES, TWO_WORDS

# Initials that are written in capitals, without full stops, and what they are in lower case.
CAPITALS = {"US": "u.s", "IT": "i.t", "WHO": "w.h.o", "AM": "a.m"}
INITIALS = frozenset(CAPITALS.values())
# Beginnings of words that are no words by themselves, so that the word behind them belongs to them.
PREFIXES = tuple("anti co e mc mid multi non o pre semi ultra".split())
# Words that may be the first part of a compound that only a space divides.
BEGINNINGS = frozenset((*PREFIXES, *(first for first, _ in TWO_WORDS)))
_MOST_PARTS = 4
_MOST_LETTERS = 40

_LETTER = rf"\w{ACCENTS}{UNSEEN}"
# An apostrophe joins the parts of a name; before the ending of a contraction or a genitive it does not.
_JOINT = r"(?:[-‐‑&]|['’](?!(?:[sStTdDmM]|[rR][eE]|[vV][eE]|[lL][lL])\b))"
_JOINTS = re.compile(rf"[-‐‑&'’](?<={_JOINT})(?=\w)")
_IS_LETTER = re.compile(rf"[{_LETTER}]")
_COMPOUND = re.compile(rf"[{_LETTER}]+(?:{_JOINT}[{_LETTER}]+)+")
_HYPHENS = re.compile("[-‐‑&]")
_APOSTROPHES = re.compile("['’]")
_CAPITALS = re.compile(rf"\b(?:{'|'.join(CAPITALS)})\b")
# Most texts have none of these; one search for them takes a third of the time of the others.
_MARKS = re.compile("[-‐‑&'’0-9]")
# The kinds of bytes without which a text has no compound: “-” for a mark or a digit, two of “A” for initials. The marks
# that are not ASCII begin with 0xE2 in UTF-8.
KINDS = bytes(ord("-" if c in b"-&'0123456789\xe2" else "A" if c in range(65, 91) else " ") for c in range(256))
_NUMBER = re.compile(r" ([0-9]{1,3})\b(?![.,:%][0-9])")


class Compound(NamedTuple):
    """A compound as one word in lower case, and its half-open span in the text."""

    word: str
    start: int
    end: int


def compounds(text: str) -> list[Compound]:
    """Return the compounds that a text writes with a mark between their parts, and its initials in capitals.

    >>> [word for word, _, _ in compounds("The US co-operates; it’s O’Brien’s R&B, e-mail and COVID 19.")]
    ['cooperates', 'obrien', 'rb', 'email', 'covid19', 'u.s']
    >>> compounds("re-sign"), compounds("TELL US"), compounds("9-11")
    ([], [], [])
    """
    found: list[Compound] = []
    if _MARKS.search(text):
        found += _marked(text)
        for number in _NUMBER.finditer(text):
            found += _numbered(text, number)
    # Four tests of a whole text take a quarter of the time of one expression.
    has_capitals = "US" in text or "IT" in text or "WHO" in text or "AM" in text
    if has_capitals and (not text.isupper() or text.strip() in CAPITALS):
        found += (Compound(CAPITALS[match[0]], *match.span()) for match in _CAPITALS.finditer(text))
    return found


def _marked(text: str) -> Iterator[Compound]:
    end = 0
    for joint in _JOINTS.finditer(text):
        if joint.start() >= end:
            start = joint.start()
            while start > end and _IS_LETTER.match(text, start - 1):
                start -= 1
            if match := _COMPOUND.match(text, start):
                end = match.end()
                yield from _joined(match[0], start)


def parted(words: Sequence[str]) -> list[tuple[str, int]]:
    """Return the compounds among words that only a space divides, each with the place of its first word.

    >>> parted("any more health care for the co operative".split())
    [('anymore', 0), ('healthcare', 2), ('cooperative', 6)]
    """
    if BEGINNINGS.isdisjoint(words):
        return []
    return [
        (word, place)
        for place, first in enumerate(words[:-1])
        if first in BEGINNINGS and (word := as_one(first, words[place + 1]))
    ]


def as_one(first: str, second: str) -> str | None:
    """Return the one word that two adjacent words are, if they are one in any text."""
    whole = first + second
    if (first, second) in TWO_WORDS:
        return whole
    is_prefixed = first in PREFIXES and len(second) > 2 and second.isalpha()
    return whole if is_prefixed and whole not in HYPHEN_DIVIDES else None


def _joined(written: str, start: int) -> Iterator[Compound]:
    """Yield what a run of letters and marks is as one word, and each part of it that an apostrophe divides."""
    parts = _HYPHENS.split(written)
    place = start
    for part in parts:
        if len(names := _APOSTROPHES.split(part)) in range(2, _MOST_PARTS + 1):
            yield Compound(_word("".join(names)), place, place + len(part))
        place += len(part) + 1
    if len(parts) in range(2, _MOST_PARTS + 1):
        word = _word(_APOSTROPHES.sub("", "".join(parts)))
        if word not in HYPHEN_DIVIDES and not word.isdigit() and len(word) <= _MOST_LETTERS:
            yield Compound(word, start, start + len(written))


def _numbered(text: str, number: re.Match[str]) -> Iterator[Compound]:
    """Yield a name with its number: “covid 19”, but not “October 25”."""
    start = number.start()
    while start and text[start - 1].isalpha():
        start -= 1
    name = text[start : number.start()].lower()
    if 0 < len(name) <= _MOST_LETTERS and name not in FUNCTION_WORDS and name not in MONTHS:
        yield Compound(name + number[1], start, number.end())


def _word(written: str) -> str:
    return seen(written).lower()
