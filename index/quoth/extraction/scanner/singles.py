"""Pair single marks: scare quotes beside double marks, and speech in articles that quote with single marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from quoth.extraction.scanner.layout import Range, trimmed
from quoth.extraction.scanner.marks import BRACKETS, CLOSING, DASHES, DOUBLES, STRAIGHT, Mark
from quoth.extraction.scanner.pairing import cut
from quoth.extraction.scanner.span import Span
from quoth.extraction.tables import words
from quoth.extraction.value import value

# Words that begin with an apostrophe: ’em, ’tis, ’n’. Only in lower case, since ‘Cause may open speech.
CLIPPED = re.compile(r"(?:tis|twas|twere|em|till?|cause|cos|coz|bout|round|neath|[nN]|s|t|d|m|re|ve|ll)(?!\w)")
YEAR = re.compile(r"\d\d(s?)(?!\w)")
# Words that end with one: o’, an’, th’. (Words in -in’, such as goin’, are recognised by their letters.)
SHORTENED = re.compile(r"(?<!\w)(?:o|an|th|n|wi|ol|lil|mo|fo|t|d)\Z", re.IGNORECASE)
NEXT_WORD = re.compile(r"[^\S\n]([^\W\d_]{1,20})")
NEW_SENTENCE = re.compile(r"[.?!…]['’\"”)]?[^\S\n]{1,2}['‘\"“(]?[^\W\d_a-z]")
STILL_INSIDE = re.compile(r"[,.;:?!…]{1,3}['’]")  # it is the voters’.’
PAUSES = ",:;.?!…" + DASHES
BEFORE_OPENING = BRACKETS + DASHES + DOUBLES


@value
class SingleMarkedSpan:
    """A span in single marks; `is_sure` if it looks like speech: a pause before it and punctuation at its end."""

    span: Span
    is_sure: bool


# --- scare quotes, in articles with double marks


def pair_words(text: str, number: int, marks: Sequence[Mark]) -> Iterator[Span]:
    """Yield the spans in single curly marks of a paragraph, in an article that quotes with other marks.

    A pair is two consecutive marks, both at the border of a word: ‘no’, but no apostrophe.
    """
    possible = [mark for mark in marks if mark.family != "single" or _may_frame(text, mark)]
    for opening, closing in pairwise(possible):
        if (opening.family, opening.role, closing.family, closing.role) == ("single", "opens", "single", "closes"):
            yield from cut(text, number, opening, closing.start, closing.end, is_closed=True)


def _may_frame(text: str, mark: Mark) -> bool:
    char = text[mark.start]
    if char == "‘":
        return not (mark.before.isalnum() or mark.before in "_’‘" or mark.after.isspace() or mark.after in "’‘")
    return char == "’" and not (mark.before.isspace() or mark.before in "’‘([" or mark.after.isalnum())


# --- speech, in articles without double marks


def pair_speech(
    text: str, number: int, marks: Sequence[Mark], paragraph: Range, *, goes_on: bool
) -> Iterator[SingleMarkedSpan]:
    """Yield the spans of a paragraph in single marks, curly or straight: one pass over the single marks.

    An apostrophe at the end of a word looks like a closing mark. So a span closes at the first possible mark that
    cannot be an apostrophe, else at the last possible one of its sentence. `goes_on`: the next paragraph begins with
    a single mark.
    """
    first, _ = trimmed(text, *paragraph)
    position = 0
    while position < len(marks):
        opening = marks[position]
        position += 1
        if not may_open(text, opening):
            continue
        follows_pause = opening.start == first or _follows_pause(text, opening)
        is_left_open = goes_on and follows_pause and opening.after.isupper()
        closing, following = _closing(text, marks, position)
        if closing is not None and not (is_left_open and following == len(marks) and _may_be_apostrophe(text, closing)):
            is_sure = follows_pause and _ends_speech(text, closing)
            for span in cut(text, number, opening, closing.start, closing.end, is_closed=True):
                yield SingleMarkedSpan(span, is_sure)
            position = following
        elif opening.start == first or (is_left_open and following == len(marks)):
            end = marks[following].start if following < len(marks) else paragraph[1]
            for span in cut(text, number, opening, end, end, is_closed=False):
                yield SingleMarkedSpan(span, False)
            position = following


def may_open(text: str, mark: Mark) -> bool:
    """Whether a single mark can open speech and is not an apostrophe: ‘We go, but not ’em, ’90s, rock ’n’."""
    if mark.role == "closes" or mark.after.isspace() or mark.after in ",.;:?!)":
        return False
    if not (mark.before.isspace() or mark.before in BEFORE_OPENING):
        return False
    if mark.before in DASHES and not mark.after.isalnum():
        return False
    year = YEAR.match(text, mark.end)
    if year is not None:  # the class of ’68; but: ‘50 people saw it’
        return not year[1] and _follows_pause(text, mark)
    return CLIPPED.match(text, mark.end) is None


def _closing(text: str, marks: Sequence[Mark], first: int) -> tuple[Mark | None, int]:
    """Return the closing mark from `first` on, if any, and the number of the next mark to look at."""
    closing: Mark | None = None
    after = first
    is_one_sentence = True
    for index in range(first, len(marks)):
        mark = marks[index]
        if may_open(text, mark):
            return closing, after if closing else index
        if not _may_close(text, mark):
            continue
        if not _may_be_apostrophe(text, mark):
            return mark, index + 1
        if closing is not None and is_one_sentence:
            is_one_sentence = NEW_SENTENCE.search(text, closing.start - 1, mark.start) is None
        if is_one_sentence:
            closing, after = mark, index + 1
    return closing, after if closing else len(marks)


def _may_close(text: str, mark: Mark) -> bool:
    return text[mark.start] in "’'" and mark.ends_word


def _may_be_apostrophe(text: str, mark: Mark) -> bool:
    """Whether a mark at the end of a word may be an apostrophe: the voters’ choice, goin’ home, 6' tall."""
    following = NEXT_WORD.match(text, mark.end)
    if following is None:
        return STILL_INSIDE.match(text, mark.end) is not None
    word = text[max(0, mark.start - 4) : mark.start]
    if SHORTENED.search(word) or (len(word) == 4 and word.endswith("in") and word[1].isalpha()):
        return True
    return word[-1:] in "sSzZxX0123456789" and following[1].lower() not in _never_owned()


@cache
def _never_owned() -> frozenset[str]:
    """Return words that never follow a possessive, so that a mark before them closes: ‘losers’ and ..."""
    reported = frozenset(word for word in words("cues", "say") if word.endswith("ed"))
    others = frozenset("said says told wrote the a an these those he she it they we you i who which not nor".split())
    nouns = frozenset({"will", "can", "might", "may", "must"})  # the voters’ will
    return (reported | others | words("words", "prepositions", "clause_openers", "auxiliaries", "be")) - nouns


def _follows_pause(text: str, mark: Mark) -> bool:
    """Whether a pause stands before a mark, as before speech, or an opening bracket or mark."""
    before = text[max(0, mark.start - 3) : mark.start].rstrip()
    return not before or before[-1] in PAUSES or before[-1] in BEFORE_OPENING


def _ends_speech(text: str, mark: Mark) -> bool:
    """Whether punctuation stands before a closing mark, or (British style, after a fragment) behind it."""
    before = text[max(0, mark.start - 3) : mark.start].rstrip(CLOSING + STRAIGHT + " ")
    return before[-1:] in PAUSES or mark.after in ",."
