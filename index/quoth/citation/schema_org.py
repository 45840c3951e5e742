"""schema.org's Quotation as JSON-LD, for search engines and other machine readers of a page."""

from __future__ import annotations

import json
from typing import Any

from quoth.citation import facts
from quoth.citation.deeplink import source_link
from quoth.citation.plain import plain
from quoth.quote import Origin, Quote, Speaker
from quoth.text import timestamps

_TYPES = {"person": "Person", "organisation": "Organization"}

# `</script>` ends the element even inside a string, `<!--` keeps it from ending, and `&` is special in XHTML; the last
# two end a line in old JavaScript.
_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def json_ld(quote: Quote) -> dict[str, Any] | None:
    """Return a quote as a schema.org Quotation, or `None` if there is none to publish.

    There is none for an unattributed quote, and none for a statement in the reporter's words, which is not a quotation.
    The speaker is `creator` (schema.org's own example) and `spokenByCharacter` (which assistants have read). A document
    is neither, since only people and organisations create; the quotation `isBasedOn` it. A speaker of unknown type has
    no `@type`.
    """
    if quote.type == "indirect" or quote.speaker is None or facts.speaker(quote) is None:
        return None
    return _known(
        {
            "@context": "https://schema.org",
            "@type": "Quotation",
            "identifier": facts.clean(quote.id),
            "text": facts.words(quote),
            **_speaker(quote.speaker),
            "description": facts.mark(quote),
            "inLanguage": facts.clean(quote.article.spoken_language),
            "datePublished": _published(quote.article),
            "isPartOf": _article(quote),
            "citation": plain(quote),
            "url": source_link(quote),
        }
    )


def json_ld_text(value: dict[str, Any]) -> str:
    r"""Return JSON-LD as text that is safe inside `<script type="application/ld+json">`: it cannot end the element.

    >>> json_ld_text({"text": "</script>"})
    '{"text":"\\u003c/script\\u003e"}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def _speaker(speaker: Speaker) -> dict[str, Any]:
    same = [address for address in map(facts.address, speaker.same_as) if address]
    members = {"name": facts.clean(speaker.name), "sameAs": same}
    if speaker.type == "document":
        return {"isBasedOn": _known({"@type": "CreativeWork", **members})}
    person = _known({"@type": _TYPES.get(speaker.type or ""), **members})
    return {"creator": person, "spokenByCharacter": person}


def _article(quote: Quote) -> dict[str, Any] | None:
    """Return the article of a quote, or `None` if no known fact would let a reader find it."""
    publisher = facts.clean(quote.article.publisher)
    identity = _known(
        {
            "headline": facts.clean(quote.article.headline),
            "url": facts.address(quote.article.url),
            "publisher": {"@type": "Organization", "name": publisher} if publisher else None,
        }
    )
    if not identity:
        return None
    details = {
        "datePublished": _published(quote.article),
        "inLanguage": facts.clean(quote.article.spoken_language),
    }
    return {"@type": "NewsArticle", **identity, **_known(details)}


def _published(article: Origin) -> str | None:
    """Return the date of an article, which ISO 8601 writes as far as it is known."""
    if article.published is not None and article.precision in ("year", "month"):
        return timestamps.date(article.published, article.precision)
    return timestamps.to_rfc3339(article.published)


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
