"""Exports of quotes, one line each: JSON lines keep everything, and a spreadsheet can open the CSV safely."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from quoth.citation import plain, source_link
from quoth.quote import Quote
from quoth.text import timestamps
from quoth.text.sanitize import one_line

Cell = str | int | float | None

COLUMNS = (
    *("id", "text", "type"),
    *("speaker_id", "speaker", "speaker_as_written", "speaker_type"),
    *("status", "confidence", "method", "cue", "why"),
    *("headline", "publisher", "published", "language", "url", "source_link"),
    *("article_id", "article_sha256", "article_version", "start", "end"),
    *("utterance_id", "utterance_position", "utterance_of", "citation"),
)

# JSON allows these unescaped, but readers that split lines by Unicode's rules split at three of them, and terminals
# interpret the others.
_RAW = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_INVISIBLE = (
    r"[\s\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
_SIGN = r"[=+\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"  # also the full-width, small and minus forms
_FORMULA = re.compile(rf"{_INVISIBLE}{_SIGN}|[\t\r\n]")
_INNER_FORMULA = re.compile(rf"(;{_INVISIBLE[:-2]}\"]*)(?={_SIGN})")


def jsonl(values: Iterable[dict[str, Any]]) -> Iterator[str]:
    r"""Yield plain JSON values as JSON lines, each ending in LF. Nothing is omitted, changed or sanitized.

    Characters that could break a line or control a terminal are escaped, so that a JSON reader restores them.

    >>> list(jsonl([{"text": "“No,”\nshe said.\u2028"}]))
    ['{"text":"“No,”\\nshe said.\\u2028"}\n']
    """
    for value in values:
        line = msgspec.json.encode(value).decode()
        yield _RAW.sub(lambda match: f"\\u{ord(match[0]):04x}", line) + "\n"


def csv_lines(quotes: Iterable[Quote]) -> Iterator[str]:
    r"""Yield a header and a line for each quote: RFC 4180, every line ending in CR LF, to be sent as UTF-8.

    Every text is quoted, numbers are not, and an unknown value is an empty text. Texts are sanitized: one line, without
    control characters and reordering marks.

    Spreadsheets run a cell that begins like a formula, even if it is quoted. As OWASP advises ("CSV Injection"), an
    apostrophe is put before a text that begins with `=`, `+`, `-`, `@`, a tab or a line break, also in full width and
    also after invisible characters. Inside a text it is put before such a sign after a semicolon, since half of
    Europe's spreadsheets begin a new cell there. So a cell does not always equal its text. The JSON lines of the same
    quotes hold the text of the article unchanged, under the same id.

    >>> next(csv_lines([]))[:18]
    '"id","text","type"'
    >>> _cell("=1+1"), _cell(-1), _cell("He said; =1"), _cell("a\tb\n\x00c")
    ("'=1+1", -1, "He said; '=1", 'a b c')
    """
    yield _line(COLUMNS)
    for quote in quotes:
        yield _line(map(_cell, _row(quote)))


def _row(quote: Quote) -> tuple[Cell, ...]:
    speaker, attribution, article, utterance = quote.speaker, quote.attribution, quote.article, quote.utterance
    columns = (speaker.id, speaker.name, speaker.as_written, speaker.type) if speaker else (None, None, None, None)
    return (
        *(quote.id, quote.text, quote.type),
        *columns,
        *(attribution.status, attribution.confidence, attribution.method, attribution.cue, attribution.why),
        *(article.headline, article.publisher, timestamps.to_rfc3339(article.published), article.language),
        *(article.url, source_link(quote)),
        *(article.id, article.sha256, article.version, quote.selector.start, quote.selector.end),
        *(utterance.id, utterance.position, utterance.of, plain(quote)),
    )


def _cell(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    shown = _INNER_FORMULA.sub(r"\1'", one_line(value))
    return f"'{shown}" if _FORMULA.match(value) else shown


def _line(cells: Iterable[Cell]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC).writerow(cells)
    return line.getvalue()
