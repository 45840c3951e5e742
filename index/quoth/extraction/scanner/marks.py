"""Find the quotation marks of a text and the role of each, by its character and its neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from quoth.extraction.value import value

Family = Literal["double", "angle", "corner", "single"]
Role = Literal["opens", "closes", "either"]

OPENING = "“„‟"
CLOSING = "”"
STRAIGHT = '"＂'
ANGLES = "«»"
CORNERS = "「」"  # of East Asia; 『』 is the inner pair, or the title of a work
SINGLE_OPENING = "‘‛"
SINGLE_CLOSING = "’"
SINGLE_STRAIGHT = "'"
DOUBLES = OPENING + CLOSING + STRAIGHT + ANGLES + CORNERS
SINGLES = SINGLE_OPENING + SINGLE_CLOSING + SINGLE_STRAIGHT

# Two single marks make a double one on some keyboards: ''Yes,'' he said, ``yes''. Of three, the outer two count.
TWO_STRAIGHT = r"(?<=') ' (?: (?<=\S'') (?!') | (?<!\S'') )"
TWO_CURLY = r"(?<=‘) ‘ | (?<=’) ’ (?! [”\"’] ) | (?<=`) `"
# A single mark counts at the border of a word, never inside one: don’t, O'Neill, Ukraine‘s.
AT_BORDER = rf"(?<=[{SINGLES}]) (?: (?<!\w.) | (?!\w) )"
# The pattern begins with one set, so that a search skips ordinary text at the speed of a set.
MARK = re.compile(
    rf"[{DOUBLES}{SINGLES}`] (?: (?<=[{DOUBLES}]) | {TWO_STRAIGHT} | {TWO_CURLY} | {AT_BORDER} )", re.VERBOSE
)
DOUBLED: dict[str, Role] = {"''": "either", "‘‘": "opens", "``": "opens", "’’": "closes"}

BRACKETS = "([{"
DASHES = "—–―-/"
BEFORE_OPENING = BRACKETS + DASHES + OPENING
# No straight mark opens after one of these: he said, "yes" but not 5'10" and not end."
ENDS_A_WORD = frozenset(",.?!…;:%)]")


@value
class Mark:
    """A quotation mark: its role, half-open range, and neighbouring characters (a space at either end of the text)."""

    family: Family
    role: Role
    start: int
    end: int
    before: str
    after: str

    @property
    def faces_word(self) -> bool:
        """Whether a mark here can open: a space before it, none after it."""
        return self.before.isspace() and not self.after.isspace()

    @property
    def ends_word(self) -> bool:
        """Whether a mark here can close: no space or bracket before it, no word after it."""
        return not (self.before.isspace() or self.before in BRACKETS or self.after.isalnum())


def find(text: str) -> list[Mark]:
    """Return the marks of a text, in order."""
    return list(_classify(text, _opening_angle(text)))


def _classify(text: str, opening_angle: str) -> Iterator[Mark]:
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
            role: Role = "either" if not opening_angle else "opens" if char == opening_angle else "closes"
            yield Mark("angle", role, start, end, before, after)
        elif char in CORNERS:
            yield Mark("corner", "opens" if char == CORNERS[0] else "closes", start, end, before, after)
        else:
            yield Mark("double", _role_of_double(char, before, after), start, end, before, after)


def _opening_angle(text: str) -> str:
    """Return the guillemet that opens in this text: the first one; none if only » occurs (»Ja», sade hon)."""
    left, right = text.find("«"), text.find("»")
    if left < 0 <= right:
        return ""
    return "«" if right < 0 or left < right else "»"


def _role_of_double(char: str, before: str, after: str) -> Role:
    if char in STRAIGHT:
        return "either"
    if char in CLOSING:
        return "closes"
    # “ closes after „, and sometimes, by mistake, after “.
    is_end = char == "“" and not (before.isspace() or before in BEFORE_OPENING or after.isalnum() or after in OPENING)
    return "closes" if is_end else "opens"


def _role_of_single(char: str) -> Role:
    if char in SINGLE_CLOSING:
        return "closes"
    return "opens" if char in SINGLE_OPENING else "either"
