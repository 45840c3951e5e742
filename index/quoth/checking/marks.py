"""The quotation marks of a draft, as the extraction of quotes sees them.

The extraction reads published articles, in which a line is a paragraph and one kind of mark quotes. A draft is less
tidy, and a quote that is not seen is never checked. So its text is given to the extraction with other marks and spaces
in a few places; every offset stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from quoth.extraction import scanner
from quoth.extraction.scanner import Span, marks
from quoth.extraction.scanner.marks import Mark
from quoth.extraction.scanner.singles import may_open

_ANGLES = str.maketrans("‹›", "«»")
_BLANK_LINE = re.compile(r"\n[^\S\n]*(?:>[> \t]*)?\n")
# A line end with the space around it, and the > of a block quote that goes on.
_LINE_END = re.compile(r"[^\S\n]*\n\s*(?:>[> \t]*(?:\n\s*)?)*")
_TEXT_BELOW = re.compile(r"\s+\S")
_PAUSES = ",.!?…"
_BEFORE_SPEECH = ",:—–"
_MOST_INNER = 20  # marks inside one quote


class MarkedText(NamedTuple):
    """A text of the same length, and the offsets of its quotes whose mark never closes though text follows."""

    text: str
    unclosed: frozenset[int]


def mark(body: str) -> MarkedText:
    r"""Return the text of a draft with marks that the extraction sees, and each quote in one paragraph.

    >>> mark("“One.\nTwo,” said Ada. ‹Three.›").text
    '“One. Two,” said Ada. «Three.»'
    >>> mark("“One,” he said.\n\n'Two,' she said.").text
    '“One,” he said.\n\n“Two,” she said.'
    >>> mark("“One.\n\nTwo.").unclosed
    frozenset({1})
    """
    text = body.translate(_ANGLES)
    spans = scanner.scan(text)
    for change in (_with_singles, _with_lines_joined):
        changed = change(text, spans)
        text, spans = (text, spans) if changed == text else (changed, scanner.scan(changed))
    return MarkedText(text, frozenset(_unclosed(text, spans)))


# --- speech in single marks


def _with_singles(text: str, spans: Sequence[Span]) -> str:
    """Return a text in which the speech in single marks stands in one paragraph, and in marks that are seen."""
    pieces: list[str] = []
    position = number = 0
    for opening, closing in _speech(text):
        while number < len(spans) and spans[number].right <= opening.start:
            number += 1
        is_seen = number < len(spans) and spans[number].left < closing.end
        inner = _LINE_END.sub(_spaces, text[opening.end : closing.start])
        both = (text[opening.start], text[closing.start]) if is_seen else ("“", "”")
        pieces += text[position : opening.start], both[0], inner, both[1]
        position = closing.end
    return "".join(pieces) + text[position:]


def _speech(text: str) -> Iterator[tuple[Mark, Mark]]:
    """Yield the single marks around speech: after a pause, with punctuation at its end."""
    opening: Mark | None = None
    for each in marks.find(text):
        if each.family != "single":
            opening = None
        elif _opens_speech(text, each):
            opening = each
        elif opening is not None and _closes_speech(each):
            # Over an empty line, the apostrophe of a plural is likelier: the voters', ...
            if each.before in _PAUSES or _BLANK_LINE.search(text, opening.end, each.start) is None:
                yield opening, each
            opening = None


def _opens_speech(text: str, each: Mark) -> bool:
    follows_pause = _begins_line(text, each) or text[max(0, each.start - 3) : each.start].rstrip()[-1:] in tuple(
        _BEFORE_SPEECH
    )
    return follows_pause and each.after.isupper() and may_open(text, each)


def _begins_line(text: str, each: Mark) -> bool:
    return text[max(0, each.start - 4) : each.start].rstrip(" \t>")[-1:] in ("", "\n")


def _closes_speech(each: Mark) -> bool:
    return each.role != "opens" and each.ends_word and (each.before in _PAUSES or each.after in ",.")


# --- quotes of several lines


def _with_lines_joined(text: str, spans: Sequence[Span]) -> str:
    """Return a text in which every quote in other marks stands in one paragraph."""
    pieces: list[str] = []
    position = 0
    for start, end in _across_lines(text, spans):
        if start >= position:
            pieces += text[position:start], _LINE_END.sub(_spaces, text[start:end])
            position = end
    return "".join(pieces) + text[position:]


def _across_lines(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield the range from the end of each span that is left open to the mark that closes it in a later paragraph."""
    found = [each for each in marks.find(text) if each.family != "single"]
    number = 0
    for span in spans:
        if span.is_closed or span.style != "marks":
            continue
        while number < len(found) and found[number].start < span.right:
            number += 1
        end = _closing(text, text[span.left], span.right, found[number : number + _MOST_INNER])
        if end is not None:
            yield span.right, end


def _closing(text: str, opened: str, start: int, ahead: Sequence[Mark]) -> int | None:
    """Return the offset of the mark that closes what a mark before `start` opened, `None` if none does."""
    depth = 1
    family = "angle" if opened in marks.ANGLES else "double"
    for each in ahead:
        if each.family != family:
            continue
        if depth > 1 and _BLANK_LINE.search(text, start, each.start) is not None:
            return None
        if _may_close(each):
            depth -= 1
        elif each.role != "opens" or _begins_line(text, each):
            return None  # another quote, or a paragraph that goes on with this one, begins with it
        else:
            depth += 1
        if not depth:
            return each.start
    return None


def _may_close(each: Mark) -> bool:
    if each.role == "closes":
        return each.family == "angle" or not each.faces_word  # « French ones, » with spaces
    return each.role == "either" and each.ends_word


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _unclosed(text: str, spans: Sequence[Span]) -> Iterator[int]:
    """Yield the start of every span that is left open at the end of its paragraph, before text that goes on."""
    for span, after in pairwise([*spans, None]):
        if span is None or span.is_closed or span.style != "marks" or (after is not None and after.continues):
            continue
        if _TEXT_BELOW.match(text, span.right) is not None:
            yield span.start
