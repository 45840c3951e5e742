"""The answers of `search` and `fetch`, in the form that deep-research clients expect.

They count a result without an address as no source, so every result has one.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from quoth.answers import labels
from quoth.answers.schema import Answer
from quoth.citation import source_link
from quoth.context import Detail
from quoth.engine.page import Page
from quoth.quote import Origin, Quote
from quoth.text import timestamps
from quoth.text.sanitize import one_line

TITLE = 120  # characters


class ResearchResult(Answer, frozen=True, kw_only=True):
    """A quote that was found, for `fetch`."""

    id: str
    title: Annotated[str, Meta(description="the speaker, the publisher and the date")]
    url: Annotated[str, Meta(min_length=1, description="of the article at the quote, else of the archive's page")]


class ResearchResults(Answer, frozen=True, kw_only=True):
    """The quotes that were found."""

    results: list[ResearchResult]


class ResearchDocument(Answer, frozen=True, kw_only=True):
    """One quote."""

    id: str
    title: str
    text: Annotated[str, Meta(description="the words of the quote, and nothing else")]
    url: Annotated[str, Meta(min_length=1)]
    metadata: Annotated[
        dict[str, str | None],
        Meta(description="speaker, status, confidence, why, type, headline, publisher, published, before and after"),
    ]


def results(page: Page, base: str) -> ResearchResults:
    """Return the hits of a page."""
    return ResearchResults(
        results=[
            ResearchResult(id=hit.quote.id, title=_title(hit.quote), url=_address(hit.quote, base)) for hit in page.hits
        ]
    )


def document(detail: Detail, base: str) -> ResearchDocument:
    """Return one quote as a document."""
    quote, context = detail.quote, detail.context
    article, attribution = quote.article, quote.attribution
    return ResearchDocument(
        id=quote.id,
        title=_title(quote),
        text=quote.text,
        url=_address(quote, base),
        metadata={
            "speaker": None if quote.speaker is None else quote.speaker.name,
            "denied_speaker": quote.denied_speaker.name if quote.denied_speaker else None,
            "status": attribution.status,
            "confidence": None if attribution.confidence is None else f"{attribution.confidence:.2f}",
            "why": attribution.why,
            "type": quote.type,
            "headline": article.headline,
            "publisher": article.publisher,
            "published": _date(article),
            "before": None if context is None else context.before,
            "after": None if context is None else context.after,
        },
    )


def _title(quote: Quote) -> str:
    """Return the title of a quote. It never has the words of the quote, which `text` alone holds."""
    speaker = labels.doubted(quote) if quote.speaker else f"speaker {quote.attribution.status}"
    return one_line(", ".join(part for part in (speaker, quote.article.publisher, _date(quote.article)) if part), TITLE)


def _date(article: Origin) -> str | None:
    """Return the date of an article, as far as it is known.

    >>> from datetime import UTC, datetime
    >>> _date(Origin("a", published=datetime(2025, 8, 1, tzinfo=UTC), precision="month"))
    '2025-08'
    """
    if article.published is None:
        return None
    return timestamps.date(article.published, article.precision or None)


def _address(quote: Quote, base: str) -> str:
    """Return where a quote can be read: in its article, else on the archive's own page, else its name."""
    return source_link(quote) or (f"{base}/q/{quote.id}" if base else f"urn:quoth:{quote.id}")
