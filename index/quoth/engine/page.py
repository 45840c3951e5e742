"""A page of hits, and its JSON: one shape for the HTTP API and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quoth.engine.request import Request
from quoth.quote import Quote, to_json


@dataclass(frozen=True, slots=True)
class Hit:
    """A quote that was found, how well it matches (0 without words), and where: spans of its text."""

    quote: Quote
    score: float
    highlights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The best hits of a search, best first; `total` counts all that match in this generation of the index.

    The index has `quotes` of all types; `searched` of them are of the types that were asked for.
    """

    request: Request
    hits: tuple[Hit, ...]
    total: int
    generation: int
    quotes: int
    searched: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the index holds: counts, the oldest and newest date (ISO 8601, UTC), quotes by publisher and by type."""

    generation: int
    segments: int
    bytes: int
    quotes: int
    articles: int
    speakers: int
    undated: int
    oldest: str | None
    newest: str | None
    publishers: tuple[tuple[str | None, int], ...]
    types: tuple[tuple[str, int], ...]


def page_json(page: Page, took_ms: int) -> dict[str, Any]:
    """Return a page as the API answers it."""
    request = page.request
    types = None if request.type is None else list(request.types)
    asked = {"q": request.q, "speaker": request.speaker, "type": types, "from": request.from_, "to": request.to}
    return {
        "query": {name: value for name, value in asked.items() if value is not None} | {"limit": request.limit},
        "total": {"value": page.total, "relation": "eq"},
        "took_ms": took_ms,
        "index": {"generation": page.generation, "quotes": page.quotes},
        "hits": [hit_json(hit) for hit in page.hits],
        "facets": {},
        "next_cursor": None,
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as the API answers it."""
    value = quote_json(hit.quote)
    links = value.pop("links")
    highlights = [{"start": start, "end": end} for start, end in hit.highlights]
    return {**value, "highlights": highlights, "score": round(hit.score, 4), "links": links}


def quote_json(quote: Quote) -> dict[str, Any]:
    """Return one quote as the API answers it. The spellings that find its speaker stay inside the index."""
    value = to_json(quote)
    if value["speaker"] is not None:
        del value["speaker"]["aliases"]
    return {**value, "links": {"self": f"/v1/quotes/{quote.id}", "source": quote.article.url}}


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """Return the coverage as the API answers it."""
    return {
        "generation": coverage.generation,
        "segments": coverage.segments,
        "bytes": coverage.bytes,
        "quotes": coverage.quotes,
        "articles": coverage.articles,
        "speakers": coverage.speakers,
        "types": dict(coverage.types),
        "published": {"from": coverage.oldest, "to": coverage.newest, "undated": coverage.undated},
        "publishers": [{"name": name, "quotes": count} for name, count in coverage.publishers],
    }
