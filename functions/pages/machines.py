"""What programs read: robots.txt for crawlers, and oEmbed for those who show a link to a quote as the quote."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from functions.http import problem
from functions.http.request import parse_query
from functions.pages import quote as quote_page
from functions.pages import reply
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.reply import PageReply
from quoth.archive import Archive
from quoth.errors import BadQuery, NotFound

WIDTH = 600  # pixels of an embed whose page does not say how wide it may be
LEAST_WIDTH = 200


def robots(site: SiteAddresses) -> str:
    """Return robots.txt: crawlers may read quotes and speakers, and start no search.

    Whether a search engine may index what it reads, each page says.
    """
    refused = [f"{site.base}/?", f"{site.base}/verify", f"{site.base}/check", f"{site.base}/v1/"]
    return "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in refused)])


def oembed(site: SiteAddresses, event: dict[str, Any], archive: Archive) -> PageReply:
    """Answer GET /v1/oembed: JSON alone, for the pages of quotes under the public address."""
    try:
        return _embedded(site, event, archive)
    except Exception as error:  # the last word: a problem, as of every other route of /v1/
        told = problem.of(error)
        headers = {**told.headers, **reply.SHARED}
        return PageReply(HTTPStatus(told.status_code), told.body or "", problem.MEDIA_TYPE, _plain(headers))


def _plain(headers: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items()}


def _embedded(site: SiteAddresses, event: dict[str, Any], archive: Archive) -> PageReply:
    parameters = parse_query(event.get("rawQueryString") or "")
    unknown = [name for name in parameters if name not in ("url", "format", "maxwidth", "maxheight")]
    if unknown:
        raise BadQuery(unknown[0], "is not a parameter of this request")
    if parameters.get("format", "json") != "json":
        return PageReply(HTTPStatus.NOT_IMPLEMENTED, "", "text/plain; charset=utf-8", reply.SHARED)
    quote = archive.get(_quote_id(site, parameters.get("url", "")))
    html = quote_page.embedded(site, quote)
    if html is None:
        raise NotFound("these pages have no public address")
    answer = {
        "version": "1.0",
        "type": "rich",
        "provider_name": "Quoth",
        "provider_url": site.absolute(site.home),
        "title": quote_page.title(quote),
        "html": html.html,
        "width": _width(parameters.get("maxwidth")),
        "height": None,
        "cache_age": 3600,
    }
    headers = {"Cache-Control": "no-cache", **reply.SHARED}
    return PageReply(HTTPStatus.OK, json.dumps(answer, ensure_ascii=False), "application/json", headers)


def _quote_id(site: SiteAddresses, url: str) -> str:
    """Return the id in the address of a quote's page; raises `NotFound` for every other address."""
    if not url:
        raise BadQuery("url", "is missing: the address of a quote’s page")
    pages = site.absolute(site.page("q/"))
    bare = re.split("[?#]", url, maxsplit=1)[0]  # urlsplit raises for an address that is none
    if pages is None or not bare.startswith(pages):
        raise NotFound("the url is not that of a quote here")
    return unquote(bare.removeprefix(pages).rstrip("/"))


def _width(most: str | None) -> int:
    if most is None:
        return WIDTH
    if not most.isdecimal() or len(most) > 6:
        raise BadQuery("maxwidth", "must be a number of pixels")
    return max(LEAST_WIDTH, min(WIDTH, int(most)))
