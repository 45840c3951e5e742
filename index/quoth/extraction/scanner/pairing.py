"""Double marks and guillemets: which open, which close, which stand inside, paragraph by paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from quoth.extraction.scanner.layout import Range
from quoth.extraction.scanner.marks import ENDS_A_WORD, Family, Mark, Role
from quoth.extraction.scanner.span import Span

Ahead = dict[tuple[Family, Role], int]  # how many marks of each kind are still ahead in the paragraph

WORD = re.compile(r"[^\W_]")

# What a mark does to an open span: it opens or closes a pair inside, ends the span and opens the next, closes it.
Deed = Literal["enters", "leaves", "restarts", "closes", "nothing"]


@dataclass(slots=True)
class _Open:
    """An open span: its mark, and how many pairs inside are open, of its own form and of the other."""

    mark: Mark
    depth: int = 0
    others: int = 0

    @property
    def is_straight(self) -> bool:
        return self.mark.role == "either"


def pair(text: str, number: int, marks: Sequence[Mark], paragraph: Range, *, goes_on: bool) -> Iterator[Span]:
    """Yield the spans of one paragraph: one pass over its marks, with at most one span open.

    A mark that never closes runs to the paragraph's end; `goes_on` says that the next paragraph begins with a mark.
    """
    end = paragraph[1]
    ahead: Ahead = {}
    for mark in marks:
        ahead[mark.family, mark.role] = ahead.get((mark.family, mark.role), 0) + 1
    may_stay_open = goes_on and begins(text, marks, paragraph)
    opened: _Open | None = None
    for mark in marks:
        ahead[mark.family, mark.role] -= 1
        if opened is None:
            opened = _Open(mark) if _opens(mark) else None
            continue
        deed = _deed(text, opened, mark, ahead, is_left_open=may_stay_open and opened.mark is marks[0])
        if deed == "enters":
            opened.depth += opened.is_straight == (mark.role == "either")
            opened.others += opened.is_straight != (mark.role == "either")
        elif deed == "leaves":
            opened.depth -= opened.is_straight == (mark.role == "either")
            opened.others -= opened.is_straight != (mark.role == "either")
        elif deed == "restarts":
            yield from cut(text, number, opened.mark, mark.start, mark.start, is_closed=False)
            opened = _Open(mark)
        elif deed == "closes":
            yield from cut(text, number, opened.mark, mark.start, mark.end, is_closed=True)
            opened = None
    if opened is not None and (opened.mark.family, opened.mark.role) != ("angle", "either"):
        yield from cut(text, number, opened.mark, end, end, is_closed=False)


def begins(text: str, marks: Sequence[Mark], paragraph: Range) -> bool:
    """Whether a paragraph begins with a mark that may open."""
    return bool(marks) and marks[0].role != "closes" and not text[paragraph[0] : marks[0].start].strip()


def cut(text: str, number: int, opening: Mark, end: int, right: int, *, is_closed: bool) -> Iterator[Span]:
    """Yield the span from an opening mark to an offset without the space at its ends, unless it holds no word."""
    if WORD.search(text, opening.end, end):
        inner = text[opening.end : end]
        start = end - len(inner.lstrip())
        yield Span(start, start + len(inner.strip()), opening.start, right, number, is_closed)


def _opens(mark: Mark) -> bool:
    """Whether a mark opens a span when none is open."""
    if mark.role == "opens":
        return mark.family == "angle" or not mark.after.isspace() or mark.before.isspace()
    if mark.role == "closes":  # “ or ” the wrong way round: ”Hello,” she said
        return mark.faces_word
    if mark.family == "angle":
        return mark.faces_word
    return not mark.before.isalnum() and mark.before not in ENDS_A_WORD


def _deed(text: str, opened: _Open, mark: Mark, ahead: Ahead, *, is_left_open: bool) -> Deed:
    family = opened.mark.family
    if mark.family != family:  # guillemets inside “...” and marks inside «...» are part of what is said
        return "nothing"
    closing, straight = ahead.get((family, "closes"), 0), ahead.get((family, "either"), 0)
    if mark.role == "opens":
        stays_inside = is_left_open and closing > 0 and _runs_on(text, mark)
        if opened.is_straight:
            if straight == 0 and not stays_inside:
                return "restarts"
            return "enters" if closing else "nothing"
        opening = ahead.get((family, "opens"), 0)
        return "enters" if stays_inside or closing >= opening + opened.depth + 2 else "restarts"
    if mark.role == "closes":
        if opened.is_straight:
            return "leaves" if opened.others else "closes" if mark.ends_word or not straight else "nothing"
        return "leaves" if opened.depth else "closes"
    if opened.is_straight:
        is_apart = mark.start > opened.mark.end
        return "restarts" if is_apart and mark.faces_word else "closes"
    if opened.others:
        return "leaves"
    if mark.faces_word:
        return "enters" if closing else "restarts"
    if closing and (mark.before.isdigit() or not mark.ends_word):
        return "nothing"
    return "leaves" if opened.depth else "closes"


def _runs_on(text: str, mark: Mark) -> bool:
    """Whether a mark stands in the middle of a clause, as that of words quoted inside does: for its “Bathroom Bill”."""
    return mark.before == " " and text[mark.start - 2].isalpha()
