"""A quote in the text around it, with the quote, the mention of the speaker and the cue marked apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from quoth.answers import labels
from quoth.answers.markup import Child, element
from quoth.context import WIDTH, Context
from quoth.quote import Quote

# Characters between a cue and the mention, or without one the quote: the same word further away reports something else.
NEAR = 120
LONG_WORD = 50


class PassageMark(NamedTuple):
    """A half-open span of the passage, and what it is: q for quote, m for mention or c for cue."""

    start: int
    end: int
    kind: str


def passage(quote: Quote, context: Context) -> Iterator[Child]:
    """Yield the text with its marks. A ready-made quote has no marks of the article's own, so it gets ours."""
    selector = quote.selector
    left, right = ("", "") if selector.start is not None else labels.marks(quote)
    before, words, after = f"{context.before}{left}", quote.text, f"{right}{context.after}".rstrip()
    text = f"{before}{words}{after}"
    said = PassageMark(len(before), len(before) + len(words), "q")
    # Offsets are those of the article: the passage begins so far into it.
    offset = None if selector.start is None else selector.start - len(before)
    found = [said]
    mention = _mention(quote, offset, said, len(text))
    if mention is not None:
        found.append(mention)
    cue = _cue(quote, text, mention or said, found)
    if cue is not None:
        found.append(cue)
    at = 0
    yield "" if offset == 0 else "… "
    for mark in sorted(found):
        yield text[at : mark.start]
        yield element("mark", text[mark.start : mark.end], class_=mark.kind)
        at = mark.end
    # A context that is much shorter than it may be ends with its article.
    yield text[at:] if len(context.after) < WIDTH - LONG_WORD else f"{text[at:]} …"


def _mention(quote: Quote, offset: int | None, said: PassageMark, length: int) -> PassageMark | None:
    mention = quote.attribution.mention
    if mention is None or offset is None:
        return None
    start, end = mention.start - offset, mention.end - offset
    is_inside = 0 <= start < end <= length
    return PassageMark(start, end, "m") if is_inside and _is_apart(start, end, [said]) else None


def _cue(quote: Quote, text: str, anchor: PassageMark, taken: list[PassageMark]) -> PassageMark | None:
    """Return the cue that is nearest to the mention, or without one to the quote."""
    cue = quote.attribution.cue
    if not cue:
        return None
    spans = [match.span() for match in re.finditer(rf"\b{re.escape(cue)}\b", text, re.IGNORECASE)]
    near = [(_distance(span, anchor), span) for span in spans if _is_apart(*span, taken)]
    if not near or min(near)[0] > NEAR:
        return None
    return PassageMark(*min(near)[1], "c")


def _distance(span: tuple[int, int], anchor: PassageMark) -> int:
    return max(anchor.start - span[1], span[0] - anchor.end, 0)


def _is_apart(start: int, end: int, marks: list[PassageMark]) -> bool:
    return all(end <= mark.start or start >= mark.end for mark in marks)
