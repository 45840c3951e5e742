"""Pair double marks and guillemets, paragraph by paragraph: which open, which close, which are inner pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from quoth.extraction.scanner.layout import Range
from quoth.extraction.scanner.marks import ENDS_A_WORD, Family, Mark, Role
from quoth.extraction.scanner.span import Span

Ahead = dict[tuple[Family, Role], int]  # the number of marks of each kind still ahead in the paragraph

STICKS = frozenset(",:")  # marks after which a straight mark may open without a space
WORD = re.compile(r"[^\W_]")

# The effect of a mark on an open span: opens or closes an inner pair, ends the span and opens the next, or closes it.
Action = Literal["opens inner", "closes inner", "restarts", "closes", "nothing"]


@dataclass(slots=True)
class _Open:
    """An open span: its mark, and the open inner pairs of the same form (`depth`) and of the other (`others`)."""

    mark: Mark
    depth: int = 0
    others: int = 0

    @property
    def is_straight(self) -> bool:
        return self.mark.role == "either"

    def nest(self, mark: Mark, change: int) -> None:
        """Count an inner pair that a mark opens (1) or closes (-1)."""
        if self.is_straight == (mark.role == "either"):
            self.depth += change
        else:
            self.others += change


def pair(text: str, number: int, marks: Sequence[Mark], paragraph: Range, *, goes_on: bool) -> Iterator[Span]:
    """Yield the spans of one paragraph: one pass over its marks, with at most one span open.

    A mark that never closes runs to the paragraph's end. `goes_on`: the next paragraph begins with a mark.
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
        action = _action(text, opened, mark, ahead, is_left_open=may_stay_open and opened.mark is marks[0])
        if action == "opens inner":
            opened.nest(mark, 1)
        elif action == "closes inner":
            opened.nest(mark, -1)
        elif action == "restarts":
            yield from cut(text, number, opened.mark, mark.start, mark.start, is_closed=False)
            opened = _Open(mark)
        elif action == "closes":
            yield from cut(text, number, opened.mark, mark.start, mark.end, is_closed=True)
            opened = None
    if opened is not None and (opened.mark.family, opened.mark.role) != ("angle", "either"):
        yield from cut(text, number, opened.mark, end, end, is_closed=False)


def begins(text: str, marks: Sequence[Mark], paragraph: Range) -> bool:
    """Whether a paragraph begins with a mark that can open."""
    return bool(marks) and marks[0].role != "closes" and not text[paragraph[0] : marks[0].start].strip()


def cut(text: str, number: int, opening: Mark, end: int, right: int, *, is_closed: bool) -> Iterator[Span]:
    """Yield the span from an opening mark to an offset, without the space at its ends; nothing if it has no word."""
    if WORD.search(text, opening.end, end):
        inner = text[opening.end : end]
        start = end - len(inner.lstrip())
        yield Span(start, start + len(inner.strip()), opening.start, right, number, is_closed)


def _opens(mark: Mark) -> bool:
    """Whether a mark opens a span while none is open."""
    if mark.role == "opens":
        return mark.family == "angle" or not mark.after.isspace() or mark.before.isspace()
    if mark.role == "closes":  # the wrong way round: ”Hello,” she said
        return mark.faces_word
    if mark.family == "angle":
        return mark.faces_word
    is_stuck = mark.before in STICKS and mark.after.isalpha()  # she said,"Yes."
    return is_stuck or (not mark.before.isalnum() and mark.before not in ENDS_A_WORD)


def _action(text: str, opened: _Open, mark: Mark, ahead: Ahead, *, is_left_open: bool) -> Action:
    """Return the action of a mark, by its role and by the form of the mark that opened the span."""
    family = opened.mark.family
    if mark.family != family:  # guillemets inside “...” and marks inside «...» belong to the quoted words
        return "nothing"
    closing, straight = ahead.get((family, "closes"), 0), ahead.get((family, "either"), 0)
    if mark.role == "opens":
        is_inner = is_left_open and closing > 0 and _is_inside_clause(text, mark)
        if opened.is_straight:
            return _opening_in_straight(closing, straight, is_inner=is_inner)
        return _opening_in_curly(opened, closing, ahead.get((family, "opens"), 0), is_inner=is_inner)
    if mark.role == "closes":
        return _closing_in_straight(opened, mark, straight) if opened.is_straight else _closing_in_curly(opened)
    return _straight_in_straight(opened, mark) if opened.is_straight else _straight_in_curly(opened, mark, closing)


def _opening_in_straight(closing: int, straight: int, *, is_inner: bool) -> Action:
    if straight == 0 and not is_inner:  # no straight mark ahead closes the open span
        return "restarts"
    return "opens inner" if closing else "nothing"


def _opening_in_curly(opened: _Open, closing: int, opening: int, *, is_inner: bool) -> Action:
    """Open an inner pair if enough closing marks are ahead: one for each pair that is open or will open."""
    return "opens inner" if is_inner or closing >= opening + opened.depth + 2 else "restarts"


def _closing_in_straight(opened: _Open, mark: Mark, straight: int) -> Action:
    if opened.others:
        return "closes inner"
    return "closes" if mark.ends_word or not straight else "nothing"


def _closing_in_curly(opened: _Open) -> Action:
    return "closes inner" if opened.depth else "closes"


def _straight_in_straight(opened: _Open, mark: Mark) -> Action:
    is_apart = mark.start > opened.mark.end
    return "restarts" if is_apart and mark.faces_word else "closes"


def _straight_in_curly(opened: _Open, mark: Mark, closing: int) -> Action:
    if opened.others:
        return "closes inner"
    if mark.faces_word:
        return "opens inner" if closing else "restarts"
    if closing and (mark.before.isdigit() or not mark.ends_word):  # 6" tall
        return "nothing"
    return _closing_in_curly(opened)


def _is_inside_clause(text: str, mark: Mark) -> bool:
    """Whether a mark stands in the middle of a clause, as an inner quote does: for its “Bathroom Bill”."""
    return mark.before == " " and text[mark.start - 2].isalpha()
