"""Find the quoted spans of a body: marks first, then transcript turns and block quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from quoth.extraction.scanner import layout, marks
from quoth.extraction.scanner.blocks import blocks
from quoth.extraction.scanner.dashes import dialogue
from quoth.extraction.scanner.layout import Range
from quoth.extraction.scanner.marks import Mark
from quoth.extraction.scanner.nicknames import without_nicknames
from quoth.extraction.scanner.pairing import begins, pair
from quoth.extraction.scanner.plain import plain
from quoth.extraction.scanner.singles import SingleMarkedSpan, may_open, pair_speech, pair_words
from quoth.extraction.scanner.span import Span
from quoth.extraction.scanner.turns import turns
from quoth.extraction.tables import words

Quoted = list[list[Span]]  # the spans of every paragraph


def paragraphs(body: str) -> list[Range]:
    r"""Return the paragraphs of a body as half-open ranges, without blank lines.

    >>> paragraphs("One line.\n\nAnother.")
    [(0, 9), (11, 19)]
    """
    visible = plain(body)
    return [(visible.start(start), visible.end(end)) for start, end in layout.paragraphs(visible.text)]


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
    visible = plain(body)
    return [visible.place(span) for span in survey(visible.text, layout.paragraphs(visible.text))]


def survey(text: str, ranges: Sequence[Range], language: str | None = None) -> list[Span]:
    """Find the quoted spans of a visible text with these paragraph ranges.

    `language` is that of a text in another language than English: it may set off dialogue with dashes. The turns of a
    transcript are found by English words, so in English only.
    """
    grouped = _by_paragraph(marks.find(text), ranges)
    quoted = [list(without_nicknames(text, spans)) for spans in _in_marks(text, ranges, grouped)]
    if language is None:
        labelled = turns(text, ranges, quoted)
    else:
        labelled = dialogue(text, ranges, quoted, language) if language in words("languages", "dashes") else {}
    for number, spans in labelled.items():
        quoted[number] = spans
    for number, spans in blocks(text, ranges, quoted).items():
        quoted[number] = spans
    _continue(text, ranges, quoted)
    return [span for spans in quoted for span in spans]


def _by_paragraph(marks: Sequence[Mark], ranges: Sequence[Range]) -> list[list[Mark]]:
    grouped: list[list[Mark]] = [[] for _ in ranges]
    number = 0
    for mark in marks:
        while mark.start >= ranges[number][1]:
            number += 1
        grouped[number].append(mark)
    return grouped


def _in_marks(text: str, ranges: Sequence[Range], grouped: Sequence[Sequence[Mark]]) -> Quoted:
    doubles = [[mark for mark in group if mark.family != "single"] if group else group for group in grouped]
    in_doubles = [
        list(pair(text, number, doubles[number], ranges[number], goes_on=goes_on)) if doubles[number] else []
        for number, goes_on in enumerate(_followed(text, ranges, doubles))
    ]
    if _may_quote_in_singles(text, grouped):
        singles = [[mark for mark in group if mark.family == "single"] for group in grouped]
        speech = [
            list(pair_speech(text, number, singles[number], ranges[number], goes_on=goes_on)) if singles[number] else []
            for number, goes_on in enumerate(_followed(text, ranges, singles))
        ]
        outer = [_outermost(*both) for both in zip(in_doubles, speech, strict=True)]
        if _quotes_in_singles(outer, speech):
            return outer
    return [
        _beside(spans, pair_words(text, number, group)) if len(group) > len(doubles[number]) else spans
        for number, (spans, group) in enumerate(zip(in_doubles, grouped, strict=True))
    ]


def _followed(text: str, ranges: Sequence[Range], grouped: Sequence[Sequence[Mark]]) -> Iterator[bool]:
    """Yield for every paragraph whether the next one begins with a mark."""
    for number in range(1, len(ranges)):
        yield begins(text, grouped[number], ranges[number])
    if ranges:
        yield False


# --- British articles, which quote with single marks


def _may_quote_in_singles(text: str, grouped: Sequence[Sequence[Mark]]) -> bool:
    """Whether an article has opening single marks and few others; a cheap test before pairing them."""
    others = sum(mark.family != "single" for group in grouped for mark in group)
    opening = sum(mark.family == "single" and may_open(text, mark) for group in grouped for mark in group)
    return opening > 0 and others <= 4 * opening


def _quotes_in_singles(outer: Quoted, speech: Sequence[Sequence[SingleMarkedSpan]]) -> bool:
    """Whether the single marks of an article quote speech, with few other spans outside them."""
    is_sure = {item.span: item.is_sure for spans in speech for item in spans}
    kept = [span for spans in outer for span in spans]
    sure = sum(is_sure.get(span, False) for span in kept)
    others = sum(span not in is_sure for span in kept)
    return sure > 0 and sure >= 2 * others


def _outermost(spans: Iterable[Span], speech: Iterable[SingleMarkedSpan]) -> list[Span]:
    """Return the spans in reading order, without those that begin inside another."""
    kept: list[Span] = []
    for span in sorted([*spans, *(item.span for item in speech)], key=lambda span: span.left):
        if not kept or span.left >= kept[-1].right:
            kept.append(span)
    return kept


def _beside(spans: list[Span], others: Iterable[Span]) -> list[Span]:
    """Add the other spans that do not overlap the first ones."""
    merged: list[Span] = []
    rest = list(others)
    if not rest:
        return spans
    at = 0
    for span in spans:
        while at < len(rest) and rest[at].left < span.right:
            if rest[at].right <= span.left:
                merged.append(rest[at])
            at += 1
        merged.append(span)
    return merged + rest[at:]


def _continue(text: str, ranges: Sequence[Range], quoted: Quoted) -> None:
    """Mark the spans that continue a span left open in the paragraph above."""
    is_announced = False
    for (start, end), spans in zip(ranges, quoted, strict=True):
        if is_announced and spans and spans[0].style == "marks" and not text[start : spans[0].left].strip():
            spans[0] = replace(spans[0], continues=True)
        is_announced = bool(spans) and not spans[-1].is_closed and spans[-1].right == end
