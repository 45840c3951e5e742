"""Ready-made quotes from JSONL: each comes with its speaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from quoth.errors import BadInput
from quoth.ingest.formats import fields, strict_json
from quoth.quote import GivenQuote

_FIELDS = dict.fromkeys(GivenQuote.__struct_fields__)  # a dict, for order and fast lookup


def read_lines(name: str, lines: Iterable[bytes]) -> Iterator[GivenQuote | BadInput]:
    """Yield the quote of each non-blank line, or its error with the line number."""
    return strict_json.read_lines(name, lines, from_json)


def from_json(value: Any) -> GivenQuote:
    """Return the ready-made quote of a JSON object; `text` and `speaker` are required.

    >>> from_json({"text": "I shall return.", "speaker": "Douglas MacArthur"}).speaker
    'Douglas MacArthur'
    """
    members = fields.members(value, _FIELDS)
    return GivenQuote(
        text=fields.required_text(members, "text"),
        speaker=fields.required_text(members, "speaker"),
        id=fields.text(members, "id"),
        version=fields.whole_number(members, "version", 1),
        url=fields.text(members, "url"),
        headline=fields.text(members, "headline"),
        publisher=fields.text(members, "publisher"),
        published=fields.moment(members, "published"),
        language=fields.text(members, "language"),
        context=fields.text(members, "context"),
    )
