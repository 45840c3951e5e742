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


def nobody(quote: Quote, limit: int | None = None) -> str:
    """Return what stands in the place of the speaker of a quote that has none; `limit` is that of a name."""
    if quote.denied_speaker:
        return f"denied by the article: {speaker(quote.denied_speaker, limit)} did not say this"
    return "speaker unknown"


def speaker(speaker: Speaker, limit: int | None = None) -> str:
    r"""Return the name of a speaker on one line, followed by the type if it is not a person and by a warning.

    >>> speaker(Speaker("un", "United Nations", type="organisation")), speaker(Speaker("ada", "Ada", type="person"))
    ('United Nations (organisation)', 'Ada')
    >>> speaker(Speaker("n-1", "\u0410da", mixed_script=True)) == "\u0410da (mixed script)"
    True
    """
    name = one_line(speaker.name, limit)
    labels: list[str] = [] if speaker.type in (None, "person") else [speaker.type]
    if speaker.mixed_script:
        labels.append("mixed script")
    return f"{name} ({', '.join(labels)})" if labels else name
