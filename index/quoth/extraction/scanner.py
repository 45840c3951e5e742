"""From a body to its quoted spans: which marks open, which close, and what an unclosed mark means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Double marks by what they do; a straight mark does either, and its neighbours decide.
OPENING = "“„‟"
CLOSING = "”"
STRAIGHT = '"＂'
SINGLE_OPENING = "‘"
SINGLE_CLOSING = "’"

# A single curly mark counts only at the border of a word: ‘no’, but neither Ukraine‘s nor rock ’n’ roll.
OPENS_SINGLE = r"(?<![\w’‘]) ‘ (?=[^\s’‘])"
CLOSES_SINGLE = r"(?<=[^\s’‘(\[]) ’ (?!\w)"
MARK = re.compile(rf"[{OPENING}{CLOSING}{STRAIGHT}] | {OPENS_SINGLE} | {CLOSES_SINGLE}", re.VERBOSE)

NEWLINE = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
# After one of these no straight mark opens: he said, "yes" but not 5'10" and not end."
ENDS_A_WORD = frozenset(",.?!…;:%)]")


class Span(NamedTuple):
    """A quoted span: half-open code points of the body, without the marks and the space at both ends.

    `left` and `right` are the same range with its marks. A span that is not `is_closed` has an opening mark
    only; one that `continues` opens the paragraph after such a span and goes on with it.
    """

    start: int
    end: int
    left: int
    right: int
    paragraph: int
    is_closed: bool = True
    continues: bool = False


class Mark(NamedTuple):
    """A mark that may open or close: its character and offset."""

    char: str
    at: int


def paragraphs(body: str) -> list[tuple[int, int]]:
    r"""Return the paragraphs of a body as half-open ranges, blank lines left out.

    Every line is a paragraph, as in most plain files, unless the file is wrapped: then most lines that follow
    another one begin in lower case, and only a blank line ends a paragraph.

    >>> paragraphs("One line.\nAnother.")
    [(0, 9), (10, 18)]
    >>> paragraphs("A wrapped\nline.\n\nAnother.")
    [(0, 15), (17, 25)]
    """
    lines = list(_lines(body))
    filled = [bool(body[start:end].strip()) for start, end in lines]
    if not _is_wrapped(body, lines, filled):
        return [line for line, is_filled in zip(lines, filled, strict=True) if is_filled]
    joined: list[tuple[int, int]] = []
    after_blank = True
    for (start, end), is_filled in zip(lines, filled, strict=True):
        if is_filled and after_blank:
            joined.append((start, end))
        elif is_filled:
            joined[-1] = (joined[-1][0], end)
        after_blank = not is_filled
    return joined


def scan(body: str) -> list[Span]:
    r"""Find the quoted spans of a body, in reading order and never overlapping.

    Marks pair inside one paragraph. A mark that never closes runs to the paragraph's end; when the next
    paragraph opens with a mark, that span continues it. An odd number of marks is normal, never an error.

    >>> [(span.start, span.end) for span in scan('“Yes,” she said. "No."')]
    [(1, 5), (18, 21)]
    >>> body = "“One.\n\n“Two.”"
    >>> [(body[span.start : span.end], span.is_closed, span.continues) for span in scan(body)]
    [('One.', False, False), ('Two.', True, True)]
    """
    spans: list[Span] = []
    is_announced = False
    for number, (start, end) in enumerate(paragraphs(body)):
        found = list(_scan_paragraph(body, number, start, end))
        if is_announced and found and not body[start : found[0].left].strip():
            found[0] = found[0]._replace(continues=True)
        is_announced = bool(found) and not found[-1].is_closed and not body[found[-1].right : end].strip()
        spans += found
    return spans


def _lines(body: str) -> Iterator[tuple[int, int]]:
    start = 0
    for newline in NEWLINE.finditer(body):
        yield start, newline.start()
        start = newline.end()
    yield start, len(body)


def _is_wrapped(body: str, lines: Sequence[tuple[int, int]], filled: Sequence[bool]) -> bool:
    firsts = [
        body[start:end].lstrip()[0]
        for (start, end), is_filled, follows in zip(lines[1:], filled[1:], filled, strict=False)
        if is_filled and follows
    ]
    return 2 * sum(first.islower() for first in firsts) > len(firsts)


def _scan_paragraph(body: str, number: int, start: int, end: int) -> Iterator[Span]:
    """Yield the spans of one paragraph: one pass over its marks, with at most one span open."""
    marks = [Mark(match[0], match.start()) for match in MARK.finditer(body, start, end)]
    ahead = _Ahead(marks)
    opened: Mark | None = None
    depth = 0
    for position, mark in enumerate(marks):
        ahead.passed(mark)
        if opened is None:
            opened = mark if _opens(body, mark, marks[position + 1 : position + 2], start, end) else None
            depth = 0
        elif _nests(opened, mark, ahead, depth):
            depth += 1
        elif _restarts(body, opened, mark, ahead, end):
            yield from _cut(body, number, opened, mark.at, mark.at, is_closed=False)
            opened, depth = mark, 0
        elif depth and mark.char in CLOSING:
            depth -= 1
        elif _closes(opened, mark, ahead):
            yield from _cut(body, number, opened, mark.at, mark.at + 1, is_closed=True)
            opened = None
    if opened is not None:
        yield from _cut(body, number, opened, end, end, is_closed=False)


class _Ahead:
    """How many marks of each kind are still ahead in the paragraph."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.opening = sum(mark.char in OPENING for mark in marks)
        self.closing = sum(mark.char in CLOSING for mark in marks)
        self.straight = sum(mark.char in STRAIGHT for mark in marks)

    def passed(self, mark: Mark) -> None:
        self.opening -= mark.char in OPENING
        self.closing -= mark.char in CLOSING
        self.straight -= mark.char in STRAIGHT


def _opens(body: str, mark: Mark, following: Sequence[Mark], start: int, end: int) -> bool:
    """Whether a mark opens a span when none is open."""
    before = body[mark.at - 1] if mark.at > start else " "
    after = body[mark.at + 1] if mark.at + 1 < end else " "
    if mark.char in OPENING:
        return not after.isspace() or before.isspace()
    if mark.char in SINGLE_OPENING:
        return bool(following) and following[0].char in SINGLE_CLOSING
    if mark.char in SINGLE_CLOSING:
        return False
    if mark.char in CLOSING:  # a wrong way round: ”Hello,” she said
        return before.isspace() and not after.isspace()
    return not before.isalnum() and before not in ENDS_A_WORD


def _nests(opened: Mark, mark: Mark, ahead: _Ahead, depth: int) -> bool:
    """Whether “ inside “ has its own ” ahead, beside those that the open ones need."""
    both_curly = opened.char in OPENING and mark.char in OPENING
    return both_curly and ahead.closing >= ahead.opening + depth + 2


def _restarts(body: str, opened: Mark, mark: Mark, ahead: _Ahead, end: int) -> bool:
    """Whether a mark can only open, so that the open span has lost its closing mark."""
    if mark.char in OPENING:
        return opened.char in OPENING + CLOSING or (opened.char in STRAIGHT and not ahead.straight)
    if mark.char in STRAIGHT and opened.char in STRAIGHT and mark.at - 1 > opened.at:
        after = body[mark.at + 1] if mark.at + 1 < end else " "
        return body[mark.at - 1].isspace() and not after.isspace()
    return False


def _closes(opened: Mark, mark: Mark, ahead: _Ahead) -> bool:
    """Whether a mark closes the open span; a mark of the other style does when no fitting one is ahead."""
    if opened.char in SINGLE_OPENING:
        return mark.char in SINGLE_CLOSING
    if opened.char in STRAIGHT:
        return mark.char in STRAIGHT or (mark.char in CLOSING and not ahead.straight)
    return mark.char in CLOSING or (mark.char in STRAIGHT and not ahead.closing)


def _cut(body: str, number: int, opened: Mark, end: int, right: int, *, is_closed: bool) -> Iterator[Span]:
    """Yield the span between two offsets without the space at its ends, unless it holds no word."""
    text = body[opened.at + 1 : end]
    start = end - len(text.lstrip())
    if any(c.isalnum() for c in text):
        yield Span(start, start + len(text.strip()), opened.at, right, number, is_closed)
