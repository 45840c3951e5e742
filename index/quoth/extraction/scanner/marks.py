"""The marks of a text: which characters quote, and what their neighbours say each of them does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from quoth.extraction.value import value

Family = Literal["double", "angle", "single"]
Role = Literal["opens", "closes", "either"]

OPENING = "“„‟"
CLOSING = "”"
STRAIGHT = '"＂'
ANGLES = "«»"
SINGLE_OPENING = "‘‛"
SINGLE_CLOSING = "’"
SINGLE_STRAIGHT = "'"
DOUBLES = OPENING + CLOSING + STRAIGHT + ANGLES
SINGLES = SINGLE_OPENING + SINGLE_CLOSING + SINGLE_STRAIGHT

# Two singles are a double mark where the keyboard had no other: ''Yes,'' he said, ``yes''. Of three, the outer two.
TWO_STRAIGHT = r"(?<=') ' (?: (?<=\S'') (?!') | (?<!\S'') )"
TWO_CURLY = r"(?<=‘) ‘ | (?<=’) ’ (?! [”\"’] ) | (?<=`) `"
# A single mark counts only at the border of a word, never inside one: don’t, O'Neill, Ukraine‘s.
AT_BORDER = rf"(?<=[{SINGLES}]) (?: (?<!\w.) | (?!\w) )"
# The one set comes first, so that a search runs over ordinary text at the speed of a set.
MARK = re.compile(
    rf"[{DOUBLES}{SINGLES}`] (?: (?<=[{DOUBLES}]) | {TWO_STRAIGHT} | {TWO_CURLY} | {AT_BORDER} )", re.VERBOSE
)
DOUBLED: dict[str, Role] = {"''": "either", "‘‘": "opens", "``": "opens", "’’": "closes"}

BRACKETS = "([{"
DASHES = "—–―-/"
BEFORE_OPENING = BRACKETS + DASHES + OPENING
# After one of these no straight mark opens: he said, "yes" but not 5'10" and not end."
ENDS_A_WORD = frozenset(",.?!…;:%)]")


@value
class Mark:
    """A mark by what it does: half-open range, the characters beside it, a space at either end of the text."""

    family: Family
    role: Role
    start: int
    end: int
    before: str
    after: str

    @property
    def faces_word(self) -> bool:
        """Whether it stands where a mark opens: after a space and before none."""
        return self.before.isspace() and not self.after.isspace()

    @property
    def ends_word(self) -> bool:
        """Whether it stands where a mark closes: after no space and before no word."""
        return not (self.before.isspace() or self.before in BRACKETS or self.after.isalnum())


def find(text: str) -> list[Mark]:
    """Return the marks of a text in their order."""
    return list(_read(text, _opening_angle(text)))


def _read(text: str, angle: str) -> Iterator[Mark]:
    last = len(text)
    for match in MARK.finditer(text):
        start, end = match.span()
        char = text[start]
        before = text[start - 1] if start else " "
        after = text[end] if end < last else " "
        if end - start == 2:
            yield Mark("double", DOUBLED[match[0]], start, end, before, after)
        elif char in SINGLES:
            yield Mark("single", _role_of_single(char), start, end, before, after)
        elif char in ANGLES:
            role: Role = "either" if not angle else "opens" if char == angle else "closes"
            yield Mark("angle", role, start, end, before, after)
        else:
            yield Mark("double", _role_of_double(char, before, after), start, end, before, after)


def _opening_angle(text: str) -> str:
    """Return which guillemet opens here: the first of both; none where every one looks the same (»Ja», sade hon)."""
    left, right = text.find("«"), text.find("»")
    if left < 0 <= right:
        return ""
    return "«" if right < 0 or left < right else "»"


def _role_of_double(char: str, before: str, after: str) -> Role:
    if char in STRAIGHT:
        return "either"
    if char in CLOSING:
        return "closes"
    # “ closes what „ opens, and now and then, by a slip, what “ opens.
    is_end = char == "“" and not (before.isspace() or before in BEFORE_OPENING or after.isalnum() or after in OPENING)
    return "closes" if is_end else "opens"


def _role_of_single(char: str) -> Role:
    if char in SINGLE_CLOSING:
        return "closes"
    return "opens" if char in SINGLE_OPENING else "either"
