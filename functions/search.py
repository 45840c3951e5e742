"""The reads: /v1/quotes, /v1/quotes/{id}, /v1/speakers, /v1/speakers/{id}, /v1/verify, /v1/check, /v1/index, OpenAPI.

Two of them are POST, since a remembered quote or a draft may be too long for an address. They write nothing either, and
nothing of what they are sent is kept or logged.
"""

from __future__ import annotations

from functions.runtime import startup

# isort: split
import time
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from functions.http import caching, gates, plain, problem
from functions.http.caching import CACHING
from functions.http.gates import MAX_RESPONSE
from functions.http.request import below, parse_query
from functions.http.router import Response, Router
from functions.runtime import initialization, settings
from quoth import citation
from quoth.answers import build
from quoth.answers.schema import Answer
from quoth.archive import Archive
from quoth.engine.page import Edition
from quoth.errors import BadInput, BadQuery, NotFound
from quoth.hashes import short_hash

if TYPE_CHECKING:
    from functions.http.models import Parameters
    from quoth.checking.drafts import ArticleDraft
    from quoth.engine.query.request import Request

CONTRACT_CACHING = "max-age=3600"
# Response headers that a page of another origin may read; template.yaml lists the same for API Gateway.
EXPOSED = ("etag", "link", "retry-after")
# The routes of the pages. A check by the form has a route of its own, since it has a rate of its own.
PAGES = ("$default", "POST /check")
# The address of the tools. POST has a route of its own, for its rate; other methods come by the default route.
AGENTS = "/mcp"
# API Gateway answers the preflights of pages of other origins. Without a route of their own, closed reads (the
# parameter Reads) would close these as well.
PREFLIGHT = "OPTIONS /{proxy+}"


class _HasEdition(Protocol):
    """A result that knows its edition of the index."""

    @property
    def edition(self) -> Edition: ...


P = TypeVar("P", bound="Parameters")
E = TypeVar("E", bound=_HasEdition)

app = Router(problem.of, exposed=EXPOSED)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request: those of the API here, those of agents and pages by modules that no other request loads."""
    if event["routeKey"] == PREFLIGHT:
        return {"statusCode": HTTPStatus.NO_CONTENT}
    if AGENTS in (below(event["rawPath"], settings.base_path()), event["routeKey"].partition(" ")[2]):
        from functions.http.agents import endpoint

        return endpoint.answer(event, context)
    if event["routeKey"] not in PAGES:
        return problem.resolve(app, event, context)
    from functions.pages import site

    return site.answer(event, context, partial(problem.resolve, app))


@app.get("/v1/quotes")
def get_quotes() -> Response:
    """Search quotes."""
    began = time.perf_counter()
    request, format = _search()
    if format != "json":
        from quoth.answers.rows import FEED_FORMATS

        if format in FEED_FORMATS:
            return _feed(format, request)
    is_pinned = request.cursor is not None or request.as_of is not None
    if not is_pinned and (unchanged := _unchanged()) is not None:
        return unchanged
    archive = _archive()
    with archive.bounded() as check:  # the search and the writing of its rows
        page = archive.answer(request)
        cursor = page.next_cursor if format == "json" or len(page.rows) == len(page.hits) else None
        headers = {} if cursor is None else {"Link": f'<{_next(cursor)}>; rel="next"'}
        if format == "json":
            _check_length("limit", sum(len(hit.quote.text) for hit in page.hits))
            answer = build.to_bytes(build.page(page, round((time.perf_counter() - began) * 1000)))
            return _answer(page.edition, "limit", answer, "application/json", headers)
        from quoth.answers.rows import ROW_FORMATS

        rows = ROW_FORMATS[format]
        headers |= {"Content-Disposition": f'attachment; filename="quotes.{format}"'}
        return _answer(
            page.edition,
            "limit",
            _joined(rows.hits(page.rows, request.tag), check),
            rows.media_type,
            headers,
        )


@app.get("/v1/quotes/<quote_id>")
def get_quote(quote_id: str) -> Response:
    """Return one quote in full, or its citation."""
    from functions.http.models import QuoteParameters

    parameters = _parameters(QuoteParameters)
    archive = _archive_as_of(parameters.as_of)
    if parameters.format == "json":
        # The text around a quote comes from its article, which an operator may erase: no generation tells.
        detail = archive.detail(quote_id)
        body = build.to_bytes(build.detail(detail))
        return _answer(detail.edition, "id", body, "application/json", covers=body.decode())
    if parameters.as_of is None and (unchanged := _unchanged()) is not None:
        return unchanged
    edition = archive.edition()
    style = citation.FORMATS[parameters.format]
    cited = style.cite(archive.get(quote_id), edition.generation)
    return _answer(edition, "id", cited.encode(), style.media_type)


@app.get("/v1/speakers")
def get_speakers() -> Response:
    """Return the speakers whose names begin with a prefix."""
    from functions.http.models import SpeakersParameters

    parameters = _parameters(SpeakersParameters)
    prefix, most, by = parameters.prefix, parameters.most, parameters.by
    return _read("limit", lambda archive: archive.speakers(prefix, most, by), build.speakers, parameters.as_of)


@app.get("/v1/speakers/<speaker_id>")
def get_speaker(speaker_id: str) -> Response:
    """Return one speaker in numbers."""
    return _read("id", lambda archive: archive.speaker(speaker_id), build.profile, _as_of())


@app.get("/v1/verify")
def get_verification() -> Response:
    """Verify a remembered quote."""
    from functions.http.models import VerifyParameters

    parameters = _parameters(VerifyParameters)
    text, speaker = parameters.text, parameters.speaker
    return _read("text", lambda archive: archive.verify(text, speaker), build.verification, parameters.as_of)


@app.post("/v1/verify")
def post_verification() -> Response:
    """Verify a remembered quote of any length that GET accepts, in any script."""
    from functions.http.models import VerifyParameters

    _no_parameters()
    parameters = VerifyParameters.model_validate(_object(gates.small_body(app.event)))
    archive = _archive_as_of(parameters.as_of)
    result = gates.private(lambda: archive.verify(parameters.text, parameters.speaker))
    return _uncached("text", build.to_bytes(build.verification(result)))


@app.post("/v1/check")
def post_check() -> Response:
    """Verify every quote of a draft: a text, Markdown, HTML, or JSON with the text and its format."""
    _no_parameters()
    began = gates.checker(_archive(), app.context)
    body = gates.small_body(app.event)
    draft, without, as_of = gates.private(lambda: _draft(body))
    check = began if as_of is None else gates.checker(_archive_as_of(as_of), app.context)
    return _uncached("the body", build.to_bytes(build.check(gates.private(lambda: check(draft, without)))))


@app.get("/v1/index")
def get_index() -> Response:
    """Return the contents of the index, in numbers."""
    return _read("the index", lambda archive: archive.stats(), build.coverage, _as_of())


@app.get("/v1/openapi.json")
def get_contract() -> Response:
    """Return the OpenAPI 3.1 document of this API."""
    from functions.http.models import ContractParameters
    from functions.http.openapi import document  # only this route needs the generator

    text = document.text(_parameters(ContractParameters).formats)
    headers = {"ETag": f'W/"{short_hash(text)}"', "Cache-Control": CONTRACT_CACHING}
    return _conditional(headers, lambda: Response(HTTPStatus.OK, "application/json", text, headers={**headers}))


def _feed(format: str, request: Request) -> Response:
    """Return a feed of a search."""
    from functions.http import feeds  # only a feed needs them
    from quoth.answers.rows import FEED_FORMATS

    base = settings.current().public_url or f"https://{app.event['requestContext']['domainName']}"
    if (unchanged := _unchanged(base)) is not None:
        return unchanged
    with _archive().bounded():
        edition, text = feeds.feed(_archive(), request, format, base, app.event.get("rawQueryString") or "")
    return _answer(edition, "limit", text.encode(), FEED_FORMATS[format].media_type, covers=base)


def _object(data: bytes) -> dict[str, Any]:
    from quoth.ingest.formats import strict_json

    value = strict_json.loads(data)
    if not isinstance(value, dict):
        raise BadInput("must be an object", field="the body")
    return value


def _draft(data: bytes) -> tuple[ArticleDraft, list[str], str | None]:
    """Return the draft in a body, the publishers that are left out, and the generation that is asked."""
    from quoth.checking import drafts, formats  # not before the first check, as the extraction

    media_type = (app.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        from functions.http.models import CheckParameters

        parameters = CheckParameters.model_validate(_object(data))
        return drafts.of_text(parameters.text, parameters.format), parameters.without or [], parameters.as_of
    format = formats.of_media_type(media_type)
    if format is None:
        raise BadInput(f"must be {', '.join(formats.MEDIA_TYPES)} or application/json", field="content-type")
    return drafts.read(data, format), [], None


def _uncached(parameter: str, body: bytes) -> Response:
    _check_length(parameter, len(body))
    return Response(HTTPStatus.OK, "application/json", body.decode(), headers={"Cache-Control": "no-store"})


def _read(
    parameter: str, query: Callable[[Archive], E], to_answer: Callable[[E], Answer], as_of: str | None
) -> Response:
    """Answer a read whose result knows its edition; `parameter` names what makes an answer too long."""
    if as_of is None and (unchanged := _unchanged()) is not None:
        return unchanged
    result = query(_archive_as_of(as_of))
    return _answer(result.edition, parameter, build.to_bytes(to_answer(result)), "application/json")


def _joined(lines: Iterable[str], check: Callable[[], None]) -> bytes:
    """Return lines as a body; raises `BadQuery` as soon as it is too long, or took too much work."""
    body = bytearray()
    for line in lines:
        check()
        body += line.encode()
        _check_length("limit", len(body))
    return bytes(body)


def _check_length(parameter: str, length: int) -> None:
    if length > MAX_RESPONSE:
        advice = "request fewer, or POST /v1/exports" if parameter == "limit" else "POST /v1/exports has the quotes"
        raise BadQuery(parameter, f"makes an answer of more than {MAX_RESPONSE:,} bytes; {advice}")


def _answer(
    edition: Edition,
    parameter: str,
    body: bytes,
    media_type: str,
    headers: dict[str, str] | None = None,
    covers: str = "",
) -> Response:
    _check_length(parameter, len(body))
    fresh = {"ETag": caching.tag(app.event, edition, covers), "Cache-Control": CACHING}
    return _conditional(
        fresh, lambda: Response(HTTPStatus.OK, media_type, body.decode(), headers={**fresh, **(headers or {})})
    )


def _conditional(headers: dict[str, str], answer: Callable[[], Response]) -> Response:
    """Return an answer, or 304 if the client has its ETag or sends `*`, which stands for any."""
    tags = caching.client_tags(app.event)
    return _not_modified(headers) if tags & {caching.opaque(headers["ETag"]), "*"} else answer()


def _unchanged(covers: str = "") -> Response | None:
    """Return 304 if the client has the ETag of the newest edition; a client without an ETag costs no request.

    Only an existing resource has an ETag, so a client with one requests an existing resource. `*` is not an ETag: the
    resource may not exist.
    """
    tags = caching.client_tags(app.event) - {"*"}
    if not tags:
        return None
    headers = {"ETag": caching.tag(app.event, _archive().edition(), covers), "Cache-Control": CACHING}
    return _not_modified(headers) if caching.opaque(headers["ETag"]) in tags else None


def _not_modified(headers: dict[str, str]) -> Response:
    return Response(HTTPStatus.NOT_MODIFIED, headers=headers)


def _next(cursor: str) -> str:
    parameters = parse_qsl(app.event.get("rawQueryString") or "", keep_blank_values=True)
    others = [(name, value) for name, value in parameters if name != "cursor"]
    return f"{settings.base_path()}/v1/quotes?{urlencode([*others, ('cursor', cursor)])}"


def _archive() -> Archive:
    return settings.archive(settings.current().store)


def _archive_as_of(as_of: str | None) -> Archive:
    """Return the archive at a generation, by default the newest; raises `BadQuery` for one that is not kept."""
    if as_of is None:
        return _archive()
    past = _archive().at(as_of)
    try:
        past.edition()
    except NotFound as error:
        raise BadQuery("as_of", str(error)) from None
    return past


def _as_of() -> str | None:
    """Return the only parameter of a read; most requests have none, and load no models."""
    if not app.event.get("rawQueryString"):
        return None
    from functions.http.models import PastParameters

    return _parameters(PastParameters).as_of


def _search() -> tuple[Request, str]:
    """Return the request of a search and the format of its answer."""
    values = parse_query(app.event.get("rawQueryString") or "", several=plain.SEVERAL)
    if (request := plain.request(values)) is not None:
        return request, "json"
    from functions.http.models import SearchParameters

    parameters = SearchParameters.model_validate(values)
    return parameters.request(), parameters.format


def _no_parameters() -> None:
    """Reject parameters; most requests have none, and load no models."""
    if app.event.get("rawQueryString"):
        from functions.http.models import NoParameters

        _parameters(NoParameters)


def _parameters(model: type[P]) -> P:
    values = parse_query(app.event.get("rawQueryString") or "", several=model.several())
    return model.model_validate(values)


initialization.begin()
startup.finished()
