"""Quotes as a Slack card.

Every word of an article is in a `rich_text` text element, which Slack shows unparsed: an article cannot inject a
mention, link, channel or emoji. Slack does parse the `text` of the message, so it has no word of an article.
"""

from __future__ import annotations

from typing import Any

from quoth.answers import explanation
from quoth.answers.labels import about, kind, marks, nobody, related, speaker
from quoth.engine.page import Hit, Page
from quoth.engine.query.filters import Correction
from quoth.text.sanitize import one_line

QUOTES = 3
# Slack rejects cards of about 13,000 characters; these limits keep the longest card below that.
QUOTE_CHARACTERS = 900
NAME_CHARACTERS = 100
REASON_CHARACTERS = 300
SOURCE_CHARACTERS = 300
LINK_CHARACTERS = 500  # a longer link is left out: a truncated one leads nowhere

Element = dict[str, Any]

USAGE = "Usage: /quote WORDS — for example /quote land swapping, or /quote “as it was said”"


def card(page: Page) -> dict[str, Any]:
    """Return a page of hits as a card: up to three quotes, each with speaker, reason and source."""
    if not page.hits:
        return _empty(page)
    hits = page.hits[:QUOTES]
    total = f"{page.total:,} quote{'' if page.total == 1 else 's'}"
    most = f", {related(page)}" if page.related else ""
    best = f", the best {len(hits)}" if page.start + len(page.hits) > len(hits) or page.next_cursor is not None else ""
    told = [_section(_text(f"{total}{most}{best}", bold=True)), *map(_correction, page.corrections)]
    return _message(total, [_rich(*told), *map(_quote_block, hits)])


def _empty(page: Page) -> dict[str, Any]:
    """Return a card that says why there is nothing."""
    reasons = [f"{_as_start(sentence)}." for sentence in explanation.sentences(page)]
    hint = f"Did you mean: {page.did_you_mean}" if page.did_you_mean is not None else "Try fewer or other words."
    told = [f"None of {page.searched:,} quotes has these words.", *(reasons or [hint])]
    if reasons and page.did_you_mean is not None:
        told.append(hint)
    return notice(" ".join(told))


def _correction(correction: Correction) -> Element:
    corrected = ", ".join(one_line(word, NAME_CHARACTERS) for word in correction.corrected_to)
    return _section(_text(f"“{one_line(correction.given, NAME_CHARACTERS)}” is unknown; corrected to {corrected}"))


def notice(sentence: str) -> dict[str, Any]:
    """Return a card with one sentence."""
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
    name = speaker(quote.speaker, NAME_CHARACTERS) if quote.speaker else _as_start(nobody(quote, NAME_CHARACTERS))
    confidence = f" · {attribution.confidence:.0%}" if attribution.confidence is not None else ""
    missing = f" · without {', '.join(hit.missing)}" if hit.missing else ""
    beside = f" · {words}" if (words := about(hit)) else ""
    return _rich(
        {"type": "rich_text_quote", "elements": _highlighted(hit)},
        _section(
            _text(name, bold=True),
            _text(one_line(f" · {kind(quote)}{confidence}{missing}{beside} · {attribution.why}", REASON_CHARACTERS)),
        ),
        _section(*_source(hit)),
    )


def _as_start(words: str) -> str:
    return words[:1].upper() + words[1:]


def _highlighted(hit: Hit) -> list[Element]:
    """Return the quote's text, or a window of a long text, with the matched words in bold."""
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
    date = origin.published.date().isoformat() if origin.published else "date unknown"
    description = " · ".join([origin.headline or "headline unknown", origin.publisher or "publisher unknown", date])
    is_linked = origin.url is not None and len(origin.url) <= LINK_CHARACTERS
    link = [_text(" · "), {"type": "link", "url": origin.url, "text": "source"}] if is_linked else []
    return [*_texts(description, limit=SOURCE_CHARACTERS), *link]


def _rich(*elements: Element) -> Element:
    return {"type": "rich_text", "elements": list(elements)}


def _section(*elements: Element) -> Element:
    return {"type": "rich_text_section", "elements": list(elements)}


def _texts(text: str, *, bold: bool = False, limit: int | None = None) -> list[Element]:
    """Return the element of a text; none for an empty text, which Slack rejects."""
    line = one_line(text, limit)
    return [_text(line, bold=bold)] if line else []


def _text(text: str, *, bold: bool = False) -> Element:
    element: Element = {"type": "text", "text": one_line(text)}
    return {**element, "style": {"bold": True}} if bold else element
