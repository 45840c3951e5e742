"""Ready-made quotes from JSONL: each comes with its speaker, or with the person who did not say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import UNSET

from quoth.errors import BadInput
from quoth.ingest.formats import fields, strict_json
from quoth.quote import GivenQuote, Status

FIELDS = dict.fromkeys((*GivenQuote.__struct_fields__, "status"))  # a dict, for order and fast lookup


def read_lines(name: str, lines: Iterable[bytes]) -> Iterator[GivenQuote | BadInput]:
    """Yield the quote of each non-blank line, or its error with the line number."""
    return strict_json.read_lines(name, lines, from_json)


def from_json(value: Any) -> GivenQuote:
    """Return the ready-made quote of a JSON object; `text` and one of `speaker` and `denied_speaker` are required.

    A `status` is allowed and must be that of the quote: `denied` with a denied speaker, `given` with a speaker.

    >>> from_json({"text": "I shall return.", "speaker": "Douglas MacArthur"}).speaker
    'Douglas MacArthur'
    """
    return _usual(value) or _strict(value)


def _strict(value: Any) -> GivenQuote:
    """Return the quote of any value, field by field, with an error that says what is wrong."""
    members = fields.members(value, FIELDS)
    given = GivenQuote(
        text=fields.required_text(members, "text"),
        speaker=fields.text(members, "speaker"),
        denied_speaker=fields.text(members, "denied_speaker"),
        id=fields.text(members, "id"),
        version=fields.whole_number(members, "version", 1),
        url=fields.text(members, "url"),
        headline=fields.text(members, "headline"),
        publisher=fields.text(members, "publisher"),
        published=fields.moment(members, "published"),
        precision=fields.precision(members, "published") or UNSET,
        language=fields.text(members, "language"),
        context=fields.text(members, "context"),
    )
    status: Status = "given" if given.denied_speaker is None else "denied"
    if fields.text(members, "status") not in (None, status):
        named = "speaker" if given.denied_speaker is None else "denied_speaker"
        raise BadInput(f"must be {status} for a quote with {named}, not {members['status'][:40]!r}", field="status")
    return given


def _usual(value: Any) -> GivenQuote | None:
    """Return the quote of an object that needs no more than it says, in half the time; `None` for any other.

    Its values are text with a letter, a version that is a number, and nulls; it names no status.
    """
    if type(value) is not dict or value.get("text") is None or "precision" in value:
        return None
    strings = [one for one in value.values() if one is not None]
    if "version" in value:
        if type(value["version"]) is not int:
            return None
        strings.remove(value["version"])
    try:
        return GivenQuote(**value) if all(map(str.strip, strings)) else None
    except (TypeError, BadInput):  # a value that is no text, an unknown name, or a value to refuse
        return None
