"""The words beside a quote, the same in a terminal, in Slack and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quoth.quote import Quote, Speaker
from quoth.text.sanitize import one_line as one_line  # noqa: PLC0414 - mypy exports what has an alias

if TYPE_CHECKING:
    pass


def marks(quote: Quote) -> tuple[str, str]:
    """Return what stands before and behind a quote: nothing where the words are the reporter's."""
    return ("", "") if quote.type == "indirect" else ("“", "”")


def kind(quote: Quote) -> str:
    """Return the type of a quote as it is told."""
    return "indirect, in the reporter’s words" if quote.type == "indirect" else quote.type


def speaker(one: Speaker, limit: int | None = None) -> str:
    """Return the name of a speaker, in one line; a body or a document is said to be one.

    >>> speaker(Speaker("un", "United Nations", type="organisation")), speaker(Speaker("ada", "Ada", type="person"))
    ('United Nations (organisation)', 'Ada')
    """
    name = one_line(one.name, limit)
    return name if one.type in (None, "person") else f"{name} ({one.type})"
