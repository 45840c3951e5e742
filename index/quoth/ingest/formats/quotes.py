"""Ready-made quotes from JSONL: somebody else has already said who said it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from quoth.errors import BadInput
from quoth.ingest.formats import fields, strict_json
from quoth.quote import GivenQuote

_FIELDS = dict.fromkeys(GivenQuote.__struct_fields__)  # in order, and looked up at once


def read_lines(name: str, lines: Iterable[bytes]) -> Iterator[GivenQuote | BadInput]:
    """Yield the quote of each line that is not blank, or its error with the line's number."""
    return strict_json.read_lines(name, lines, from_json)


def from_json(value: Any) -> GivenQuote:
    """Return the ready-made quote of a JSON object; `text` and `speaker` must be there.

    >>> from_json({"text": "I shall return.", "speaker": "Douglas MacArthur"}).speaker
    'Douglas MacArthur'
    """
    given = fields.members(value, _FIELDS)
    return GivenQuote(
        text=fields.required_text(given, "text"),
        speaker=fields.required_text(given, "speaker"),
        id=fields.text(given, "id"),
        version=fields.whole_number(given, "version", 1),
        url=fields.text(given, "url"),
        headline=fields.text(given, "headline"),
        publisher=fields.text(given, "publisher"),
        published=fields.moment(given, "published"),
        language=fields.text(given, "language"),
        context=fields.text(given, "context"),
    )
