"""The words of a text as they are compared: without what merely is another way to write the same.

“We won’t spend $1.2m” and “we will not spend 1.2 million dollars” have the same compared words. Each keeps how it was
written, so that a difference of spelling can be shown, and its place in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from quoth.engine.analysis import places
from quoth.text.sentences import cuts
from quoth.text.unseen import UNSEEN
from quoth.text.wording.contractions import WORDS, expand
from quoth.text.wording.numbers import ReadNumber, read
from quoth.text.wording.spelling import HYPHEN_DIVIDES, ONE_OR_TWO, american
from quoth.text.wording.vocabulary import is_common

_APOSTROPHE = re.compile(rf"[{UNSEEN}]*['’‘ʼ`´][{UNSEEN}]*")
_HYPHEN = re.compile(rf"[{UNSEEN}]*[-‐‑][{UNSEEN}]*")
_RANGE = re.compile(r"\s*[-–—]\s*")
_ABBREVIATED = {
    "an": "a",
    "mr": "mister", "dr": "doctor", "prof": "professor", "sen": "senator", "gov": "governor", "gen": "general",
    "vs": "versus", "jan": "january", "feb": "february", "aug": "august", "sept": "september", "oct": "october",
    "nov": "november", "dec": "december",
}  # fmt: skip
# The fewest letters of a word that two words together may be: "a part" is not "apart".
_JOINED = 5


class ComparedWord(NamedTuple):
    """One word: as it is compared, as it is written in the text's analysis, and its half-open span.

    `written` has all words of a number or contraction; its further compared words have none and share the span. A word
    is a `name` if it has a capital inside a sentence. With `is_hyphenated` a hyphen joins it to the word before.
    """

    word: str
    written: str
    start: int
    end: int
    is_number: bool = False
    is_contracted: bool = False
    is_name: bool = False
    is_hyphenated: bool = False


def compare(text: str) -> list[ComparedWord]:
    """Return the compared words of a text.

    >>> [word.word for word in compare("We won’t spend $1.2m on Mr. Okafor's harbour.")]
    ['we', 'will', 'not', 'spend', '1200000', 'dollars', 'on', 'mister', 'okafor', '’s', 'harbor']
    """
    return list(_compared(text, places(text)))


def _compared(text: str, spans: Sequence[tuple[str, int, int]]) -> Iterator[ComparedWord]:
    numbers = {number.first: number for number in read(text, spans)}
    sentences = frozenset(range(len(spans))) if text.isupper() else frozenset(cuts(text, spans))
    place, before = 0, None
    while place < len(spans):
        if (number := numbers.get(place)) is not None:
            if before is not None and _RANGE.fullmatch(text, before.end, number.start):
                yield ComparedWord("to", "", before.end, number.start)
            yield from _number(number, spans)
            place, before = number.last, number
            continue
        at = place
        word, start, end = spans[place]
        is_name = text[start].isupper() and word != "i" and place not in sentences
        words: tuple[str, ...] = WORDS.get(word, ())
        written = word
        if place + 1 < len(spans):
            after, after_start, after_end = spans[place + 1]
            is_apostrophe = _APOSTROPHE.fullmatch(text, end, after_start) is not None
            if two := expand(word, after, is_apostrophe=is_apostrophe):
                words, written, end, place = two, f"{word} {after}", after_end, place + 1
        first, *rest = words or (word,)
        is_hyphenated = at > 0 and _HYPHEN.fullmatch(text, spans[at - 1][2], start) is not None
        if first == "us" and _is_country(text, spans, at):
            first = "u.s"
        yield ComparedWord(
            first if first == "u.s" else plain(first),
            written,
            start,
            end,
            is_contracted=bool(words),
            is_name=is_name,
            is_hyphenated=is_hyphenated,
        )
        yield from (ComparedWord(other, "", start, end, is_contracted=True) for other in rest)
        place, before = place + 1, None


def _number(number: ReadNumber, spans: Sequence[tuple[str, int, int]]) -> Iterator[ComparedWord]:
    written = " ".join(word for word, _, _ in spans[number.first : number.last])
    yield ComparedWord(number.value, written, number.start, number.end, is_number=True)
    if number.unit:
        yield ComparedWord(number.unit, "", number.start, number.end)


def _is_country(text: str, spans: Sequence[tuple[str, int, int]], place: int) -> bool:
    """Whether “us” is the country: in capitals, or behind an article."""
    _, start, end = spans[place]
    is_capital = text[start:end] == "US" and not text.isupper()
    return is_capital or (place > 0 and spans[place - 1][0] == "the")


@lru_cache(maxsize=1 << 16)
def plain(word: str) -> str:
    """Return a word in the spelling that is compared: without accents and full stops, American, not abbreviated.

    >>> plain("caf\u00e9"), plain("u.k"), plain("mr")
    ('cafe', 'uk', 'mister')
    """
    if word == "u.s":  # "us" is another word
        return word
    letters = word if word.isascii() else _without_accents(word)
    letters = letters.replace(".", "")
    return _ABBREVIATED.get(letters) or american(letters)


def _without_accents(word: str) -> str:
    """Return a word without the accents of its Latin letters; in other scripts marks are part of the letter."""
    letters = unicodedata.normalize("NFKD", word)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return bare if bare.isascii() else word


def joined(words: Sequence[ComparedWord], others: Collection[str]) -> list[ComparedWord]:
    """Return words with two adjacent ones as one, if the other text has them as one: e-mail is email.

    Two words that make another word are joined only by a hyphen, or if both forms are usual: "now here" is not
    "nowhere".

    >>> [word.word for word in joined(compare("no e-mail now here any more"), {"email", "anymore", "nowhere"})]
    ['no', 'email', 'now', 'here', 'anymore']
    """
    kept: list[ComparedWord] = []
    for word in words:
        before = kept[-1] if kept else None
        both = _alphabetic(before) + word.word if before is not None else ""
        if before is not None and both in others and word.written and _is_one(both, is_hyphenated=word.is_hyphenated):
            written = f"{before.written} {word.written}"
            kept[-1] = before._replace(word=both, written=written, end=word.end, is_number=False)
        else:
            kept.append(word)
    return kept


def _is_one(both: str, *, is_hyphenated: bool) -> bool:
    if len(both) < _JOINED or not both.isalpha():
        return False
    return both not in HYPHEN_DIVIDES if is_hyphenated else both in ONE_OR_TWO or not is_common(both)


def _alphabetic(word: ComparedWord) -> str:
    """Return a word in letters: a number in one word, as it is written."""
    return word.written if word.is_number and word.written.isalpha() else word.word
