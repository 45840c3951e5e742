"""schema.org's Quotation as JSON-LD, for search engines and whoever else reads a page by machine."""

from __future__ import annotations

import json
from typing import Any

from quoth.citation import facts
from quoth.citation.deeplink import source_link
from quoth.citation.plain import plain
from quoth.quote import Quote, Speaker
from quoth.text import timestamps

_TYPES = {"person": "Person", "organisation": "Organization"}

# `</script>` ends the element in the middle of a string, `<!--` keeps it from ending, and `&` would matter in XHTML;
# the last two end a line in old JavaScript.
_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def json_ld(quote: Quote) -> dict[str, Any] | None:
    """Return a quote as a schema.org Quotation, or `None` where machines should be told nothing.

    That is so when nobody could be named, and for a statement in the reporter's words, which is no quotation. The
    speaker is `creator` (schema.org's own example) and `spokenByCharacter` (what assistants have read). A document is
    neither: only people and bodies create, so that it is what the quotation `isBasedOn`. A speaker of whom we do not
    know which of them it is has no `@type`.
    """
    if quote.type == "indirect" or quote.speaker is None or facts.speaker(quote) is None:
        return None
    return _known(
        {
            "@context": "https://schema.org",
            "@type": "Quotation",
            "identifier": facts.clean(quote.id),
            "text": facts.words(quote),
            **_said_by(quote.speaker),
            "description": facts.mark(quote),
            "inLanguage": facts.clean(quote.article.language),
            "datePublished": timestamps.to_rfc3339(quote.article.published),
            "isPartOf": _article(quote),
            "citation": plain(quote),
            "url": source_link(quote),
        }
    )


def json_ld_text(value: dict[str, Any]) -> str:
    r"""Return JSON-LD as text that can stand in `<script type="application/ld+json">` and in no way end it.

    >>> json_ld_text({"text": "</script>"})
    '{"text":"\\u003c/script\\u003e"}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def _said_by(speaker: Speaker) -> dict[str, Any]:
    same = [address for address in map(facts.address, speaker.same_as) if address]
    named = {"name": facts.clean(speaker.name), "sameAs": same}
    if speaker.type == "document":
        return {"isBasedOn": _known({"@type": "CreativeWork", **named})}
    person = _known({"@type": _TYPES.get(speaker.type or ""), **named})
    return {"creator": person, "spokenByCharacter": person}


def _article(quote: Quote) -> dict[str, Any] | None:
    """Return the article that a quote is part of, unless nothing is known that a reader could find it by."""
    publisher = facts.clean(quote.article.publisher)
    found_by = _known(
        {
            "headline": facts.clean(quote.article.headline),
            "url": facts.address(quote.article.url),
            "publisher": {"@type": "Organization", "name": publisher} if publisher else None,
        }
    )
    if not found_by:
        return None
    dated = {
        "datePublished": timestamps.to_rfc3339(quote.article.published),
        "inLanguage": facts.clean(quote.article.language),
    }
    return {"@type": "NewsArticle", **found_by, **_known(dated)}


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
