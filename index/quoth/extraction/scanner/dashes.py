"""Find the lines of dialogue that begin with a dash: — Vamos — dijo Ana —. No hay duda."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from quoth.extraction.scanner.layout import Range, trimmed
from quoth.extraction.scanner.pairing import WORD
from quoth.extraction.scanner.span import Span
from quoth.extraction.tables import words

# A dash between two parts: after a space, or before one, or after the comma or the stop of Slavic languages.
INNER = re.compile(r"[,.?!…]?[^\S\n][—–―]|[—–―](?=[\s,.;:])")
OPENING = re.compile(r"[^\S\n]{0,8}(?P<dash>[—–―])[^\S\n]?(?=[\w«“„”\"¿¡])")
CLAUSE = re.compile(r"[,?!…][^\S\n](?P<verb>[^\W\d_][\w-]{0,20})")
ENDS_SENTENCE = '.!?…»”"'
MOST_PARTS = 40  # of one line


def dialogue(
    text: str, ranges: Sequence[Range], quoted: Sequence[Sequence[Span]], language: str
) -> Mapping[int, list[Span]]:
    """Return the spans of the paragraphs that are lines of dialogue, by paragraph number.

    A dash alone may begin an item of a list. A line counts if it tells who speaks, and so do the lines beside it.
    """
    openings = [OPENING.match(text, *paragraph) for paragraph in ranges]
    lines = {
        number: (match.start("dash"), *trimmed(text, match.end(), ranges[number][1]))
        for number, match in enumerate(openings)
        if match is not None and not quoted[number]
    }
    spoken = {number: list(_parts(text, *lines[number][1:], language)) for number in lines}
    told = {number for number, parts in spoken.items() if parts[-1][1] < lines[number][2] or len(parts) > 1}
    lines = {number: line for number, line in lines.items() if number in told or text[line[2] - 1] in ENDS_SENTENCE}
    found: dict[int, list[Span]] = {}
    for run in _runs(sorted(lines)):
        if told.intersection(run):
            for number in run:
                left = lines[number][0]
                found[number] = [
                    Span(start, end, left if index == 0 else start, end, number)
                    for index, (start, end) in enumerate(spoken[number])
                    if WORD.search(text, start, end)
                ]
    return found


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield the runs of consecutive numbers."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _parts(text: str, start: int, end: int, language: str) -> Iterator[Range]:
    """Yield what is spoken in a line: to the words that tell who speaks, and from the dash behind them."""
    clause = _clause(text, start, end, language)
    if clause is not None:
        yield start, clause
        return
    is_spoken, begin = True, start
    for dash in list(INNER.finditer(text, start, end))[:MOST_PARTS]:
        stop = dash.start() + (not text[dash.start()].isspace() and text[dash.start()] not in "—–―")
        if is_spoken and _tells(text, dash.end(), end):
            yield trimmed(text, begin, stop)
            is_spoken = False
        elif not is_spoken:
            begin, is_spoken = _after_stop(text, dash.end(), end), True
    if is_spoken:
        yield trimmed(text, begin, end)


def _tells(text: str, start: int, end: int) -> bool:
    """Whether the words behind a dash tell who speaks: they go on in lower case."""
    return text[start : min(end, start + 2)].lstrip()[:1].islower()


def _after_stop(text: str, start: int, end: int) -> int:
    """Return where the speech goes on: behind the stop that closes the words of the reporter."""
    while start < end and text[start] in ",.;: ":
        start += 1
    return start


def _clause(text: str, start: int, end: int, language: str) -> int | None:
    """Return where the speech ends before a clause that tells who speaks, after a comma: , sier hun."""
    if language not in words("languages", "comma"):
        return None
    verbs = words("languages", language)
    clauses = (match.start() + 1 for match in CLAUSE.finditer(text, start, end) if match["verb"] in verbs)
    return next(clauses, None)
