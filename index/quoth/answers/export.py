"""Exports of quotes, one line each: JSON lines keep everything, and a spreadsheet can open the CSV safely."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from quoth.citation import plain, source_link
from quoth.quote import Quote
from quoth.text import timestamps
from quoth.text.formulas import harmless
from quoth.text.sanitize import one_line

if TYPE_CHECKING:
    from quoth.engine.page import SpeakerList

COLUMNS = (
    *("id", "text", "type"),
    *("speaker_id", "speaker", "speaker_as_written", "speaker_type"),
    *("status", "confidence", "method", "cue", "why"),
    *("headline", "publisher", "published", "language", "url", "source_link"),
    *("article_id", "article_sha256", "article_version", "start", "end"),
    *("utterance_id", "utterance_position", "utterance_of", "citation"),
    *("denied_speaker", "mixed_script", "language_detected", "precision", "article_key"),
)

# JSON allows these unescaped, but readers that split lines by Unicode's rules split at three of them, and terminals
# interpret the others.
_RAW = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_UNKNOWN = '""'
_NOBODY = (_UNKNOWN,) * 4
_MIXED = '"true"'
_USUAL_START = frozenset(string.ascii_letters + string.digits + "“‘")


def jsonl(values: Iterable[Any]) -> Iterator[str]:
    r"""Yield answers or plain JSON values as JSON lines, each ending in LF. Nothing is omitted, changed or sanitized.

    Characters that could break a line or control a terminal are escaped, so that a JSON reader restores them.

    >>> list(jsonl([{"text": "“No,”\nshe said.\u2028"}]))
    ['{"text":"“No,”\\nshe said.\\u2028"}\n']
    """
    for value in values:
        line = msgspec.json.encode(value).decode()
        yield _RAW.sub(lambda match: f"\\u{ord(match[0]):04x}", line) + "\n"


def csv_lines(quotes: Iterable[Quote], tag: str = "") -> Iterator[str]:
    r"""Yield a header and a line for each quote: RFC 4180, every line ending in CR LF, to be sent as UTF-8.

    Every text is quoted, numbers are not, and an unknown value is an empty text. Texts are sanitized: one line, without
    control characters and reordering marks.

    Spreadsheets run a cell that begins like a formula, even if it is quoted, so such a text gets an apostrophe; see
    `quoth.text.formulas`. So a cell does not always equal its text; `quoth import` takes the apostrophe away again. The
    JSON lines of the same quotes hold the text of the article unchanged, under the same id. As of a tag there is a
    column more, with the tag.

    >>> next(csv_lines([]))[:18]
    '"id","text","type"'
    >>> print(_text("=1+1"), _number(-1), _text("He said; =1"), _text('a\tb\n\x00"c" d'))
    "'=1+1" -1 "He said; '=1" "a b ""c"" d"
    """
    tagged = (_text(tag),) if tag else ()
    yield _line(map(_text, (*COLUMNS, *(("tag",) if tag else ()))))
    for quote in quotes:
        yield _line((*_cells(quote), *tagged))


def speaker_lines(result: SpeakerList, tag: str = "") -> Iterator[str]:
    """Yield a header and a line for each speaker, with a column for each period in which one of them is quoted.

    A cell of a period is 0 without a quote. Quotes without a date are in `quotes` and in no period. The format is that
    of `csv_lines`.
    """
    listed = result.periods or ((),) * len(result.speakers)
    every = sorted({bucket.value for buckets in listed for bucket in buckets})
    yield _line(map(_text, ("speaker_id", "speaker", "quotes", *every, *(("tag",) if tag else ()))))
    for (speaker, count), buckets in zip(result.speakers, listed, strict=True):
        counts = {bucket.value: bucket.quotes for bucket in buckets}
        cells = (_text(speaker.id), _text(speaker.name), _number(count))
        yield _line((*cells, *(_number(counts.get(period, 0)) for period in every), *((_text(tag),) if tag else ())))


def _cells(quote: Quote) -> tuple[str, ...]:
    """Return the cells of a quote, one for each column."""
    speaker, attribution, article, utterance = quote.speaker, quote.attribution, quote.article, quote.utterance
    return (
        _text(quote.id),
        _text(quote.text),
        _shared(quote.type),
        *(_NOBODY if speaker is None else map(_shared, (speaker.id, speaker.name, speaker.as_written, speaker.type))),
        _shared(attribution.status),
        _number(attribution.confidence),
        _shared(attribution.method),
        _shared(attribution.cue),
        _shared(attribution.why),
        _shared(article.headline),
        _shared(article.publisher),
        _shared(timestamps.to_rfc3339(article.published)),
        _shared(article.language),
        _shared(article.url),
        _text(source_link(quote)),
        _shared(article.id),
        _shared(article.sha256),
        _number(article.version),
        _number(quote.selector.start),
        _number(quote.selector.end),
        _text(utterance.id),
        _number(utterance.position),
        _number(utterance.of),
        _text(plain(quote)),
        _shared(quote.denied_speaker.name) if quote.denied_speaker else _UNKNOWN,
        _MIXED if any(one and one.mixed_script for one in (speaker, quote.denied_speaker)) else _UNKNOWN,
        _shared(article.language_detected) if article.language_detected else _UNKNOWN,
        _shared(article.precision) if article.precision else _UNKNOWN,
        _text(article.key),
    )


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else str(value)


def _text(value: str | None) -> str:
    """Return a text as a cell."""
    if not value:
        return _UNKNOWN
    # Most texts are plain and begin with a letter or a digit: then nothing has to be changed.
    if value[0] in _USUAL_START and value.isprintable() and '"' not in value and ";" not in value and "  " not in value:
        return f'"{value}"'
    return '"' + harmless(value, one_line(value)).replace('"', '""') + '"'


# Quotes share their speakers, articles, cues and reasons.
_shared = lru_cache(8192)(_text)


def _line(cells: Iterable[str]) -> str:
    return ",".join(cells) + "\r\n"
