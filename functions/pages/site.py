"""The pages behind the route $default: which page an address is, and what a reader is told when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote as percent_encoded

from pydantic import ValidationError

from functions.http import caching, gates, problem
from functions.http.caching import CACHING
from functions.http.request import below
from functions.pages import about, machines, reply, verdicts
from functions.pages import quote as quote_page
from functions.pages import search as search_page
from functions.pages import speaker as speaker_page
from functions.pages.parts import layout
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.layout import PageHead
from functions.pages.parts.state import SearchState
from functions.pages.reply import PageReply
from functions.pages.static import assets
from functions.runtime import settings
from quoth.answers.markup import Markup, element
from quoth.archive import Archive
from quoth.engine.page import Edition
from quoth.errors import BadQuery, NotFound, Removed

Event = dict[str, Any]
Api = Callable[[Event, Any], dict[str, Any]]

IMMUTABLE = "public, max-age=31536000, immutable"
HOURLY = "public, max-age=3600"
READS = ("GET", "HEAD")


def answer(event: Event, context: Any, api: Api) -> dict[str, Any]:
    """Answer a request for a page; `api` answers what belongs to the API, such as HEAD of one of its routes."""
    site = SiteAddresses.of(event, settings.current().public_url)
    path = _path(site, event)
    method = event["requestContext"]["http"]["method"]
    is_api = path.startswith("/v1/") and path != "/v1/oembed"
    if path.rstrip("/") != path and path != "/" and (is_api or method in READS):
        return reply.response(_moved(site, path, event), event)
    if is_api:
        return _of_api(event, context, api, path, method)
    return reply.response(_reply(site, path, method, event, context), event)


def _path(site: SiteAddresses, event: Event) -> str:
    """Return the path of a request below the base path."""
    path: str = event["rawPath"]
    stage = event["requestContext"].get("stage", "$default")
    return below(below(path, f"/{stage}"), site.base)


def _moved(site: SiteAddresses, path: str, event: Event) -> PageReply:
    """Return the answer to an address with a final slash. Two slashes at its start would lead to another host."""
    query = event.get("rawQueryString") or ""
    target = f"{site.base}/{percent_encoded(path.strip('/'), safe='/~')}"
    return reply.moved(f"{target}?{query}" if query else target, is_shared=path.startswith("/v1/"))


def _of_api(event: Event, context: Any, api: Api, path: str, method: str) -> dict[str, Any]:
    """Answer HEAD as GET without its body, and whatever has no route as a problem."""
    http = {**event["requestContext"]["http"], "method": "GET" if method == "HEAD" else method}
    own = {**event["requestContext"], "http": http, "stage": "$default"}
    answered = api({**event, "rawPath": settings.base_path() + path, "requestContext": own}, context)
    return {**answered, "body": ""} if method == "HEAD" else answered


def _reply(site: SiteAddresses, path: str, method: str, event: Event, context: Any) -> PageReply:
    try:
        made = gates.private(
            lambda: _read(site, path, event) if method in READS else _posted(site, path, method, event, context)
        )
        if len(made.encoded) > gates.MAX_RESPONSE:
            raise BadQuery("the page", f"has more than {gates.MAX_RESPONSE:,} bytes; POST /v1/exports has the quotes")
        return made
    except Exception as error:  # the last word: a page, never a stack trace
        return _failure(site, path, event, error)


def _read(site: SiteAddresses, path: str, event: Event) -> PageReply:
    name, _, rest = path.removeprefix("/").partition("/")
    match name, rest:
        case "", "":
            return _search(site, event)
        case "q", quote_id if quote_id:
            detail = _archive().detail(quote_id)
            same = _archive().same_words(detail.quote, quote_page.SAME)
            body = quote_page.page(site, detail, same, is_indexed=settings.current().is_indexed)
            return _fresh(event, detail.edition, body, body.html)
        case "s", speaker_id if speaker_id:
            return _unchanged(event) or _speaker(site, event, speaker_id)
        case "verify", "":
            return verdicts.verify(site, event, _archive())
        case "check", "":
            return reply.page(verdicts.check_form(site))
        case "about", "":
            coverage = _archive().stats()
            return _unchanged(event, coverage.edition) or _fresh(event, coverage.edition, about.page(site, coverage))
        case "robots.txt", "":
            return PageReply(
                HTTPStatus.OK, machines.robots(site), "text/plain; charset=utf-8", {"Cache-Control": HOURLY}
            )
        case "v1", "oembed":
            return machines.oembed(site, event, _archive())
        case file, "" if file in assets.MEDIA_TYPES:
            return _asset(file, event)
    raise NotFound(f"there is no page {path[:80]}")


def _posted(site: SiteAddresses, path: str, method: str, event: Event, context: Any) -> PageReply:
    if method == "POST" and path == "/verify":
        return verdicts.verify_posted(site, event, _archive())
    if method == "POST" and path == "/check":
        return verdicts.check(site, event, context, _archive())
    raise NotFound(f"nothing is sent to {path[:80]}")


def _search(site: SiteAddresses, event: Event) -> PageReply:
    state = SearchState.of(event.get("rawQueryString") or "")
    request = state.request()
    is_pinned = request.cursor is not None or request.as_of is not None
    if not is_pinned and (unchanged := _unchanged(event)) is not None:
        return unchanged
    found = _archive().answer(request)
    return _fresh(event, found.edition, search_page.page(site, state, found))


def _speaker(site: SiteAddresses, event: Event, speaker_id: str) -> PageReply:
    archive = _archive()
    profile = archive.speaker(speaker_id)
    latest = archive.search(speaker=profile.speaker.id, sort="newest", limit=speaker_page.LATEST)
    own_words = archive.distinctive_words(profile.speaker.id)
    is_indexed = settings.current().is_indexed
    return _fresh(
        event, profile.edition, speaker_page.page(site, profile, latest.hits, own_words, is_indexed=is_indexed)
    )


def _asset(name: str, event: Event) -> PageReply:
    file = assets.asset(name)
    is_versioned = event.get("rawQueryString") == f"v={file.version}"
    shared = reply.SHARED if name == "embed.js" else {}
    # Weak, since the file may be sent compressed.
    headers = {"ETag": f'W/"{file.version}"', "Cache-Control": IMMUTABLE if is_versioned else HOURLY, **shared}
    if caching.opaque(headers["ETag"]) in caching.client_tags(event):
        return PageReply(HTTPStatus.NOT_MODIFIED, b"", headers=headers)
    return PageReply(HTTPStatus.OK, file.content, file.media_type, headers)


def _fresh(event: Event, edition: Edition, html: Markup, covers: str = "") -> PageReply:
    """Return a page with its ETag; `covers` is the part that edition and request do not determine."""
    headers = _caching(event, edition, covers)
    if caching.opaque(headers["ETag"]) in caching.client_tags(event):
        return PageReply(HTTPStatus.NOT_MODIFIED, b"", headers=headers)
    return reply.page(html, headers)


def _unchanged(event: Event, edition: Edition | None = None) -> PageReply | None:
    """Return 304 if the client has the page of an edition already, by default of the newest.

    A client without an ETag costs no question which that is.
    """
    tags = caching.client_tags(event)
    if not tags:
        return None
    headers = _caching(event, edition or _archive().edition())
    is_known = caching.opaque(headers["ETag"]) in tags
    return PageReply(HTTPStatus.NOT_MODIFIED, b"", headers=headers) if is_known else None


def _caching(event: Event, edition: Edition, covers: str = "") -> dict[str, str]:
    public = settings.current().public_url
    return {
        "ETag": caching.tag(event, edition, "page", assets.version(), public, covers),
        "Cache-Control": CACHING,
    }


def _failure(site: SiteAddresses, path: str, event: Event, error: Exception) -> PageReply:
    """Return the page for an error: what happened, and where to go on."""
    told = problem.of(error)  # which also logs what an operator must know
    status = HTTPStatus(told.status_code)
    if path == "/" and isinstance(error, BadQuery | ValidationError):
        query = _raw_query(event)
        return reply.page(search_page.failed(site, query, _detail(error)), status=status)
    if isinstance(error, Removed):
        return reply.page(quote_page.removed(site, error), status=status)
    titles = {
        404: ("There is no such page", "The address may be mistyped, or what it named was never here."),
        410: ("This page is gone", "The archive has moved on; begin the search again."),
        413: ("That is too long", _detail(error)),
        503: ("Just a moment", f"{problem.NOT_AVAILABLE[:1].upper()}{problem.NOT_AVAILABLE[1:]}."),
    }
    title, detail = titles.get(status, ("That did not work", _detail(error) if status < 500 else "Please try again."))
    again = search_page.form(site, SearchState(()))
    content = layout.frame(site, PageHead(title), element("h1", title), layout.notice(detail, kind="error"), again)
    retry = {"Retry-After": problem.RETRY_AFTER_SECONDS} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return reply.page(content, {**reply.NO_INDEX, **retry}, status)


def _detail(error: Exception) -> str:
    if isinstance(error, ValidationError):
        names = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_url=False)[:5])
        return f"The address has something that this page does not know: {names[:200]}."
    if isinstance(error, BadQuery) and error.parameter in ("q", "text"):
        return f"What you look for {error.detail}."
    return f"{str(error)[:300]}."


def _raw_query(event: Event) -> str:
    try:
        return SearchState.of(event.get("rawQueryString") or "").get("q") or ""
    except BadQuery:
        return ""


def _archive() -> Archive:
    return settings.archive(settings.current().store)
