"""What a web page states about its article: JSON-LD first, then OpenGraph and other meta elements.

Only statements count: no date is guessed from the text or the address, and a value that cannot be used is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from quoth.article import MAX_FIELD, check_language, check_url
from quoth.errors import BadInput
from quoth.text import timestamps
from quoth.text.sanitize import one_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# The names of meta elements, the surest first.
_META = {
    "headline": ("og:title", "twitter:title", "dc.title", "headline"),
    "published": (
        *("article:published_time", "og:published_time", "datepublished", "parsely-pub-date", "dcterms.created"),
        *("dcterms.issued", "dc.date.issued", "dc.date", "sailthru.date", "pubdate", "publishdate", "date"),
    ),
    "byline": ("author", "article:author", "parsely-author", "dc.creator", "sailthru.author", "byl"),
    "publisher": ("og:site_name", "dc.publisher", "publisher"),
    "url": ("og:url", "parsely-link"),
    "language": ("content-language", "dc.language", "og:locale"),
}
_ARTICLES = ("Article", "NewsArticle", "Report", "BlogPosting", "Posting")
_INSIDE = ("@graph", "mainEntity", "mainEntityOfPage")
_MOST = 1000  # values of JSON-LD that are looked at
_MOST_AUTHORS = 20


def read(root: HtmlElement) -> dict[str, Any]:
    """Return the metadata of a page as fields of an article; an unknown one is `None`."""
    meta = _meta(root)
    nodes = list(_linked_data(root))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    canonical = _first(_links(root, "canonical"), _url)
    stated = _article(nodes, {canonical, _first(meta("url"), _url)})
    published = _first([stated.get("datePublished"), *meta("published"), *_times(root)], _date)
    language = _first([stated.get("inLanguage"), root.get("lang"), root.get("xml:lang"), *meta("language")], _language)
    return {
        "url": canonical or _first([*meta("url"), *_addresses(stated)], _url),
        "headline": _first([stated.get("headline"), *meta("headline"), *_headings(root)], _text),
        "byline": _names(stated.get("author"), by_id) or _first(meta("byline"), _person),
        "publisher": _names(stated.get("publisher"), by_id) or _first(meta("publisher"), _text),
        "published": None if published is None else timestamps.parse(published),
        "precision": None if published is None else timestamps.precision(published),
        "language": language,
    }


def _first(values: Iterable[Any], read: Callable[[str], str | None]) -> str | None:
    """Return the first of some values that can be used."""
    return next((found for value in values if isinstance(value, str) and (found := read(value))), None)


def _text(value: str) -> str | None:
    text = one_line(unescape(value)).encode(errors="replace").decode().strip()  # JSON may have lone surrogates
    return text if text and len(text) <= MAX_FIELD else None


def _person(value: str) -> str | None:
    return None if "://" in value else _text(value)  # OpenGraph's author is the address of a profile


def _date(value: str) -> str | None:
    try:
        timestamps.parse(value)
    except ValueError:
        return None
    return value


def _language(value: str) -> str | None:
    tag = value.strip().replace("_", "-")
    try:
        check_language(tag)
    except BadInput:
        return None
    return tag


def _url(value: str) -> str | None:
    """Return an address that can be that of one article: with a path or a query."""
    address = value.strip()
    try:
        check_url(address)
    except BadInput:
        return None
    parts = urlsplit(address)
    return address if len(address) <= MAX_FIELD and (parts.path.strip("/") or parts.query) else None


# --- the elements


def _meta(root: HtmlElement) -> Callable[[str], list[str]]:
    """Return a function that gives the contents of the meta elements for a field."""
    contents: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if (name := element.get(attribute)) and (content := element.get("content")):
                contents.setdefault(name.strip().lower(), []).append(content)
    return lambda field: [content for name in _META[field] for content in contents.get(name, ())]


def _links(root: HtmlElement, rel: str) -> list[str]:
    return [link.get("href", "") for link in root.iter("link") if rel in link.get("rel", "").lower().split()]


def _times(root: HtmlElement) -> list[str]:
    """Return the times that are marked as that of the publication."""
    return [
        time.get("datetime", "")
        for time in root.iter("time")
        if time.get("pubdate") is not None or time.get("itemprop") == "datePublished"
    ]


def _headings(root: HtmlElement) -> list[str]:
    """Return the only heading of the first order, if there is one, and the title."""
    headings = [element.text_content() for element in root.iter("h1")]
    return [*(headings if len(headings) == 1 else ()), *(element.text_content() for element in root.iter("title"))]


# --- JSON-LD


def _linked_data(root: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the things that a page describes; not those that it lists, mentions or has beside its article."""
    waiting: list[Any] = []
    for script in root.iter("script"):
        if script.get("type", "").partition(";")[0].strip().lower() == "application/ld+json":
            text = (script.text or "").strip().removeprefix("<!--").removesuffix("-->").strip()
            try:
                waiting.append(json.loads(text, strict=False))
            except (ValueError, RecursionError):
                continue
    for _ in range(_MOST):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting = value[:_MOST] + waiting
        elif isinstance(value, dict):
            yield value
            waiting = [value[name] for name in _INSIDE if isinstance(value.get(name), dict | list)] + waiting


def _article(nodes: list[dict[str, Any]], addresses: set[str | None]) -> dict[str, Any]:
    """Return the description of the article: the only one, or of several that with the address of the page."""
    articles = [node for node in nodes if any(kind.endswith(_ARTICLES) for kind in _kinds(node))]
    if len(articles) > 1:
        here = [node for node in articles if not addresses.isdisjoint(_addresses(node))]
        return here[0] if here else {}
    return articles[0] if articles else {}


def _kinds(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def _addresses(node: dict[str, Any]) -> list[str]:
    page = node.get("mainEntityOfPage")
    values = (node.get("url"), page, page.get("@id") if isinstance(page, dict) else None, node.get("@id"))
    return [value for value in values if isinstance(value, str)]


def _names(value: Any, by_id: dict[str, dict[str, Any]]) -> str | None:
    """Return the names of people or bodies, separated by commas."""
    values = value[:_MOST_AUTHORS] if isinstance(value, list) else [value]
    things = (
        by_id.get(one["@id"], one) if isinstance(one, dict) and isinstance(one.get("@id"), str) else one
        for one in values
    )
    names = (one.get("name") if isinstance(one, dict) else one for one in things)
    found = [name for one in names if isinstance(one, str) and (name := _person(one))]
    return _text(", ".join(dict.fromkeys(found)))
