"""The words of a text as they are compared: without what merely is another way to write the same.

“We won’t spend $1.2m” and “we will not spend 1.2 million dollars” have the same compared words. Each keeps how it was
written, so that a difference of spelling can be shown, and its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from quoth.engine.analysis import places
from quoth.text.function_words import FUNCTION_WORDS, MONTHS
from quoth.text.sentences import cuts
from quoth.text.unseen import UNSEEN
from quoth.text.wording.contractions import WORDS, expand
from quoth.text.wording.folding import folded
from quoth.text.wording.numbers import ReadNumber, read
from quoth.text.wording.spelling import HYPHEN_DIVIDES, ONE_OR_TWO
from quoth.text.wording.vocabulary import is_common

# All that is typed for an apostrophe. The analysis of the index takes the first for a letter.
APOSTROPHES = str.maketrans(dict.fromkeys("\u02bc\u2032\uff07`´‘", "’"))
_APOSTROPHE = re.compile(rf"[{UNSEEN}]*['’][{UNSEEN}]*")
# A figure with its unit, 12kg or 6.30pm.
_GLUED = re.compile(r"(\d+(?:\.\d+)?)([^\W\d_]+)")
_SIGN = re.compile(r"[<>≤≥±~≈≠=+×÷/]")
_ALWAYS = frozenset("≤≥≠")
_BESIDE = 4  # characters on either side of a sign in which a number is beside it
_CURRENCY_SIGNS = frozenset("$£€")
_MINUSES = frozenset("-−")
_OPENING = " \n\t\u00a0\u202f([“‘\"'"
_DAY = re.compile(r"(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?")
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
    >>> [word.word for word in compare("[T]he 3rd of May: -4C, 9am, >30 or A$5")]
    ['the', 'may', '3', '-4', 'c', '9', 'am', '>', '30', 'or', 'a$', '5', 'dollars']
    """
    text = text.translate(APOSTROPHES)
    return _with_dates(text, list(_compared(text, places(text))))


def _compared(text: str, spans: Sequence[tuple[str, int, int]]) -> Iterator[ComparedWord]:
    numbers = {number.first: number for number in read(text, spans)}
    sentences = frozenset(range(len(spans))) if text.isupper() else frozenset(cuts(text, spans))
    place, end, before = 0, 0, None
    while place < len(spans):
        number = numbers.get(place)
        start = spans[place][1] if number is None else number.start
        yield from _signs(text, end, start)
        if number is not None:
            if before is not None and _RANGE.fullmatch(text, before.end, start):
                yield ComparedWord("to", "", before.end, start)
            yield from _number(number, spans)
            place, end, before = number.last, number.end, number
            continue
        is_name = text[start].isupper() and spans[place][0] != "i" and place not in sentences
        if spans[place][0] == "us" and _is_currency(text, spans[place][2]):
            place, end, before = place + 1, spans[place][2], None
            continue
        first, *rest = found = list(_word(text, spans, place))
        yield first._replace(is_name=is_name)
        yield from rest
        place += len(first.written.split())
        end, before = found[-1].end, None
    yield from _signs(text, end, len(text))


def _word(text: str, spans: Sequence[tuple[str, int, int]], place: int) -> Iterator[ComparedWord]:
    """Yield the compared words of a word that is no number, or of the contraction that it begins."""
    word, start, end = spans[place]
    is_hyphenated = place > 0 and _HYPHEN.fullmatch(text, spans[place - 1][2], start) is not None
    words: tuple[str, ...] = WORDS.get(word, ())
    written = word
    if place + 1 < len(spans):
        after, after_start, after_end = spans[place + 1]
        if len(word) == 1 and text[start - 1 : start] == "[" and text[end:after_start] == "]":
            # “[T]he” begins a sentence anew: the letter belongs to the word behind it.
            yield ComparedWord(plain(word + after), f"{word} {after}", start, after_end)
            return
        is_apostrophe = _APOSTROPHE.fullmatch(text, end, after_start) is not None
        if two := expand(word, after, is_apostrophe=is_apostrophe):
            words, written, end = two, f"{word} {after}", after_end
    if not words and (glued := _GLUED.fullmatch(word)):
        is_negative = text[start - 1 : start] in _MINUSES and not text[max(start - 2, 0) : start - 1].strip(_OPENING)
        value = f"-{glued[1]}" if is_negative else glued[1]
        yield ComparedWord(value, word, start, end, is_number=True)
        yield ComparedWord(glued[2], "", start, end)
        return
    first, *rest = words or (word,)
    if first == "us" and _is_country(text, spans, place):
        first = "u.s"
    elif _is_currency(text, end):
        first = f"{first}{text[end]}"
    compared = first if first == "u.s" or first[-1] in _CURRENCY_SIGNS else plain(first)
    is_contracted = bool(words)
    yield ComparedWord(compared, written, start, end, is_contracted=is_contracted, is_hyphenated=is_hyphenated)
    yield from (ComparedWord(other, "", start, end, is_contracted=True) for other in rest)


def _is_currency(text: str, end: int) -> bool:
    """Whether a word belongs to the sign of a currency: A$5, US$5."""
    return text[end : end + 1] in _CURRENCY_SIGNS and text[end + 1 : end + 2].isdigit()


def _signs(text: str, start: int, end: int) -> Iterator[ComparedWord]:
    """Yield the signs between two words that say something of a number beside them: >30, ±5, 12+, 10/20."""
    for sign in _SIGN.finditer(text, start, end):
        before, behind = text[max(sign.start() - _BESIDE, 0) : sign.start()], text[sign.end() : sign.end() + _BESIDE]
        left, right = before.rstrip()[-1:], behind.lstrip()[:1]
        beside = [one.isdigit() or one in _CURRENCY_SIGNS for one in (left, right) if one]
        if sign[0] in _ALWAYS or (all(beside) and len(beside) == 2 if sign[0] == "/" else any(beside)):
            yield ComparedWord(sign[0], sign[0], sign.start(), sign.end())


def _with_dates(text: str, words: list[ComparedWord]) -> list[ComparedWord]:
    """Return words with the month before the day: 3 May, the 3rd of May and May 3rd are May 3.

    A month has a capital, unlike "may" and "march".
    """
    kept: list[ComparedWord] = []
    for word in words:
        if word.word in MONTHS and text[word.start].isupper():
            behind_of = kept[:-1] if kept and kept[-1].word == "of" else kept
            if behind_of and (day := _day(behind_of[-1])) is not None:
                written = " ".join(w.written for w in (*kept[len(behind_of) - 1 :], word))
                date = word._replace(written=written, start=behind_of[-1].start)
                kept[len(behind_of) - 1 :] = [date, day._replace(written="", start=date.start, end=date.end)]
                continue
        is_day = bool(kept) and kept[-1].word in MONTHS and text[kept[-1].start].isupper()
        kept.append((_day(word) or word) if is_day else word)
    return kept


def _day(word: ComparedWord) -> ComparedWord | None:
    """Return a number that may be the day of a month, without the ending of an ordinal."""
    day = _DAY.fullmatch(word.word) if word.is_number and word.written else None
    return None if day is None else word._replace(word=day[1])


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
    letters = folded(word).replace(".", "")
    return _ABBREVIATED.get(letters, letters)


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
        if before is not None and both in others and word.written and _is_one(both, before.word, word):
            written = f"{before.written} {word.written}"
            kept[-1] = before._replace(word=both, written=written, end=word.end, is_number=False)
        else:
            kept.append(word)
    return kept


def _is_one(both: str, first: str, second: ComparedWord) -> bool:
    """Whether two words are one: "the-rapist" and "not-able" are two."""
    if len(both) < _JOINED or not both.isalpha():
        return False
    if both in ONE_OR_TWO or not is_common(both):
        return True
    return second.is_hyphenated and both not in HYPHEN_DIVIDES and first not in FUNCTION_WORDS


def _alphabetic(word: ComparedWord) -> str:
    """Return a word in letters: a number in one word, as it is written."""
    return word.written if word.is_number and word.written.isalpha() else word.word
