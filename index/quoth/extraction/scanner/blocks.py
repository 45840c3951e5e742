"""Find block quotes: lines that begin with >, and paragraphs indented after a colon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from quoth.extraction.scanner.layout import Range, lines, trimmed
from quoth.extraction.scanner.pairing import WORD
from quoth.extraction.scanner.span import Span
from quoth.extraction.value import value

ANGLED = re.compile(r"[^\S\n]{0,3}(?P<angles>(?:>[^\S\n]?){0,8}>(?:[^\S\n]|$))")
INDENTED = re.compile(r"\t|[^\S\n]{4}")
ITEM = re.compile(r"[-–—―•*·▪◦‣+]|\(?(?:\d{1,3}|[a-zA-Z])[.)]\s")  # a list item, or the signature of a block
ENDS_SENTENCE = frozenset(".?!…\"”'’)]")
FEWEST_WORDS = 3


@value
class _Line:
    """A line of a block, or an indented paragraph; `left` is its > if it has one, `start` and `end` are its words."""

    paragraph: int
    left: int
    start: int
    end: int


def blocks(text: str, ranges: Sequence[Range], quoted: Sequence[Sequence[Span]]) -> Mapping[int, list[Span]]:
    """Return the spans of the paragraphs that are block quotes, by paragraph number.

    A block with marks of its own is left to its marks.
    """
    spans: dict[int, list[Span]] = {}
    if not any(text[start] == ">" or text[start].isspace() for start, _ in ranges):
        return spans  # most bodies
    for run in [*_angled(text, ranges), *_indented(text, ranges)]:
        if _are_sentences(text, run) and not any(quoted[line.paragraph] for line in run):
            for index, line in enumerate(run):
                number, end = line.paragraph, line.end
                span = Span(line.start, end, line.left, end, number, continues=index > 0, style="block")
                spans.setdefault(number, []).append(span)
    return spans


def _angled(text: str, ranges: Sequence[Range]) -> Iterator[list[_Line]]:
    """Yield the lines of every run of paragraphs whose lines all begin with >, without the signature."""
    run: list[_Line] = []
    for number, paragraph in enumerate(ranges):
        angled = list(_angled_lines(text, number, paragraph))
        if angled:
            run += [line for line in angled if _has_words(text, line)]
        elif run:
            yield run
            run = []
    if run:
        yield run


def _angled_lines(text: str, number: int, paragraph: Range) -> Iterator[_Line]:
    """Yield the lines of a paragraph, or nothing when any of them lacks the >."""
    if ANGLED.match(text, *paragraph) is None:
        return
    rows = [(ANGLED.match(text, *line), line[1]) for line in lines(text, *paragraph)]
    matches = [(match, end) for match, end in rows if match is not None]
    if len(matches) == len(rows):
        for match, end in matches:
            yield _Line(number, match.start("angles"), *trimmed(text, match.end(), end))


def _has_words(text: str, line: _Line) -> bool:
    """Whether a line of a block has words and is not the signature: — Ada Byron."""
    return WORD.search(text, line.start, line.end) is not None and not ITEM.match(text, line.start, line.end)


def _indented(text: str, ranges: Sequence[Range]) -> Iterator[list[_Line]]:
    """Yield the runs of indented paragraphs that follow an unindented one with a colon at its end."""
    matches = [INDENTED.match(text, *paragraph) for paragraph in ranges]
    if 2 * sum(match is not None for match in matches) > len(ranges):
        return  # where most paragraphs are indented, indentation does not mark quotes
    run: list[_Line] = []
    for number, match in enumerate(matches):
        if match is None:
            if run:
                yield run
            run = []
        elif run or (number and matches[number - 1] is None and _ends_with_colon(text, ranges[number - 1])):
            start, end = trimmed(text, *ranges[number])
            if WORD.search(text, start, end):
                run.append(_Line(number, start, start, end))
    if run:
        yield run


def _are_sentences(text: str, run: Sequence[_Line]) -> bool:
    """Whether the lines of a block are sentences, not a list or a link: > Read more."""
    if any(ITEM.match(text, line.start, line.end) for line in run) or text[run[-1].end - 1] not in ENDS_SENTENCE:
        return False
    return sum(len(text[line.start : line.end].split()) for line in run) >= FEWEST_WORDS


def _ends_with_colon(text: str, paragraph: Range) -> bool:
    return text[slice(*paragraph)].rstrip().endswith(":")
