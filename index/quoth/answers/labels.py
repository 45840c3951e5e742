"""The labels of a quote, the same in a terminal, in Slack and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quoth.quote import Quote, Speaker
from quoth.text.sanitize import one_line as one_line  # noqa: PLC0414 - an alias makes it a re-export

if TYPE_CHECKING:
    pass


def marks(quote: Quote) -> tuple[str, str]:
    """Return the quotation marks around a quote: none if the words are the reporter's."""
    return ("", "") if quote.type == "indirect" else ("“", "”")


def kind(quote: Quote) -> str:
    """Return the type of a quote as readers see it."""
    return "indirect, in the reporter’s words" if quote.type == "indirect" else quote.type


def speaker(speaker: Speaker, limit: int | None = None) -> str:
    """Return the name of a speaker on one line, followed by the type if it is not a person.

    >>> speaker(Speaker("un", "United Nations", type="organisation")), speaker(Speaker("ada", "Ada", type="person"))
    ('United Nations (organisation)', 'Ada')
    """
    name = one_line(speaker.name, limit)
    return name if speaker.type in (None, "person") else f"{name} ({speaker.type})"
