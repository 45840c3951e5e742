"""Quotes as a Slack card.

Every word that comes from an article stands in a `rich_text` text element, which Slack shows as it is: no mention,
link, channel or emoji can be written into it. The message's own `text`, which Slack does parse, holds none.
"""

from __future__ import annotations

from typing import Any

from quoth.answers.labels import kind, marks, speaker
from quoth.engine.page import Hit, Page
from quoth.text.sanitize import one_line

QUOTES = 3
# Slack refuses cards of about 13,000 characters; these keep the longest one below.
QUOTE_CHARACTERS = 900
NAME_CHARACTERS = 100
REASON_CHARACTERS = 300
SOURCE_CHARACTERS = 300
LINK_CHARACTERS = 500  # a longer one is left out: half a link leads nowhere

Element = dict[str, Any]

USAGE = "Usage: /quote WORDS — for example /quote land swapping, or /quote “as it was said”"


def card(page: Page) -> dict[str, Any]:
    """Return the answer to a search: up to three quotes, each with speaker, reason and source."""
    if not page.hits:
        meant = f"Did you mean: {page.did_you_mean}" if page.did_you_mean is not None else "Fewer or other words may."
        return notice(f"No quote of {page.searched:,} has these words. {meant}")
    shown = page.hits[:QUOTES]
    counted = f"{page.total:,} quote{'' if page.total == 1 else 's'}"
    head = counted if page.total <= len(shown) else f"{counted}, the best {len(shown)}"
    return _message(counted, [_rich(_section(_text(head, bold=True))), *map(_quote_block, shown)])


def notice(sentence: str) -> dict[str, Any]:
    """Return an answer of one sentence."""
    return _message("Quoth", [_rich(_section(_text(sentence)))])


def _message(text: str, blocks: list[Element]) -> dict[str, Any]:
    return {
        "response_type": "ephemeral",
        "text": text,
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _quote_block(hit: Hit) -> Element:
    quote, attribution = hit.quote, hit.quote.attribution
    who = speaker(quote.speaker, NAME_CHARACTERS) if quote.speaker else "Nobody we could name"
    sure = f" · {attribution.confidence:.0%}" if attribution.confidence is not None else ""
    return _rich(
        {"type": "rich_text_quote", "elements": _marked(hit)},
        _section(
            _text(who, bold=True),
            _text(one_line(f" · {kind(quote)}{sure} · {attribution.why}", REASON_CHARACTERS)),
        ),
        _section(*_source(hit)),
    )


def _marked(hit: Hit) -> list[Element]:
    """Return the quote's text, a window of it when it is long, with what was asked for in bold."""
    text = hit.quote.text
    first = hit.highlights[0][0] if hit.highlights else 0
    start = 0 if len(text) <= QUOTE_CHARACTERS else max(0, min(first - 100, len(text) - QUOTE_CHARACTERS))
    end = min(len(text), start + QUOTE_CHARACTERS)
    left, right = marks(hit.quote)
    pieces = _texts(left + ("" if start == 0 else "… "))
    at = start
    for first, last in ((max(a, start), min(b, end)) for a, b in hit.highlights if a < end and b > start):
        pieces += _texts(text[at:first]) + _texts(text[first:last], bold=True)
        at = last
    return [*pieces, *_texts(text[at:end]), *_texts(("" if end == len(text) else " …") + right)]


def _source(hit: Hit) -> list[Element]:
    origin = hit.quote.article
    date = origin.published.date().isoformat() if origin.published else "date not known"
    said = " · ".join([origin.headline or "headline not known", origin.publisher or "publisher not known", date])
    is_linked = origin.url is not None and len(origin.url) <= LINK_CHARACTERS
    link = [_text(" · "), {"type": "link", "url": origin.url, "text": "source"}] if is_linked else []
    return [*_texts(said, limit=SOURCE_CHARACTERS), *link]


def _rich(*elements: Element) -> Element:
    return {"type": "rich_text", "elements": list(elements)}


def _section(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def _texts(text: str, *, bold: bool = False, limit: int | None = None) -> list[Element]:
    """Return the element of a text, or none: Slack refuses empty ones."""
    shown = one_line(text, limit)
    return [_text(shown, bold=bold)] if shown else []


def _text(text: str, *, bold: bool = False) -> Element:
    element: Element = {"type": "text", "text": one_line(text)}
    return {**element, "style": {"bold": True}} if bold else element
