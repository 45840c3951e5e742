"""The reads: GET /v1/quotes, /v1/quotes/{id}, /v1/speakers, /v1/speakers/{id}, /v1/verify, /v1/index, the contract."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, CORSConfig, Response

from functions.http import problem
from functions.http.models import (
    CSV,
    JSONL,
    NoParameters,
    Parameters,
    QuoteParameters,
    SearchParameters,
    SpeakersParameters,
    VerifyParameters,
)
from functions.http.request import parse_query
from functions.runtime import settings
from quoth import citation
from quoth.answers import build, export
from quoth.answers.schema import Answer
from quoth.archive import Archive
from quoth.engine.page import Edition, Page
from quoth.engine.query.request import MAX_LIMIT
from quoth.errors import BadQuery
from quoth.hashes import short_hash
from quoth.quote import Quote

# Of the answers' meaning: a change of it makes every kept answer stale.
CONTRACT = "1"
# Kept answers are asked for again each time: what is withdrawn must not live on in a cache.
CACHING = "no-cache"
CONTRACT_CACHING = "max-age=3600"
SIGNED_SECONDS = 3600  # that a large export can be fetched
# Of an export that is answered here. Lambda's answers may have 6 MiB, in which a curly mark is six characters.
MOST_INLINE = 2 * 2**20
MOST_ANSWERED = 6_000_000  # bytes of the body as Lambda writes it: in JSON once more
# What a page of another origin may read of an answer beside its body; template.yaml tells API Gateway the same.
EXPOSED = ("etag", "link", "retry-after")


class _HasEdition(Protocol):
    """What says of which edition of the index it is."""

    @property
    def edition(self) -> Edition: ...


P = TypeVar("P", bound=Parameters)
T = TypeVar("T", bound=_HasEdition)

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")|(\*)')

app = APIGatewayHttpResolver(cors=CORSConfig(allow_origin="*", expose_headers=[*EXPOSED]))
problem.attach(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request."""
    return app.resolve(event, context)


@app.get("/v1/quotes")
def get_quotes() -> Response[str]:
    """Search."""
    began = time.perf_counter()
    asked = _parameters(SearchParameters)
    request = asked.request()
    is_pinned = request.cursor is not None or request.as_of is not None
    if not is_pinned and (unchanged := _unchanged()) is not None:
        return unchanged
    if asked.rows > MAX_LIMIT:
        edition, quotes = _archive().rows(request, asked.rows)
        return _export(asked, edition, *_rows(asked, quotes))
    page = _archive().answer(request)
    headers = {"Link": f'<{_next(page.next_cursor)}>; rel="next"'} if page.next_cursor is not None else {}
    if asked.format == "json":
        answer = build.to_bytes(build.page(page, round((time.perf_counter() - began) * 1000))).decode()
        if len(answer) > MOST_INLINE and len(json.dumps(answer)) > MOST_ANSWERED:
            raise BadQuery("limit", "is too high for quotes as long as these; ask for fewer, or for format=jsonl")
        return _answer(page.edition, answer, "application/json", headers)
    kind, text = _hits(asked, page)
    return _export(asked, page.edition, kind, text, headers)


@app.get("/v1/quotes/<quote_id>")
def get_quote(quote_id: str) -> Response[str]:
    """One quote: all that is known, or how to cite it."""
    asked = _parameters(QuoteParameters)
    if asked.format == "json":
        return _read(lambda: _archive().detail(quote_id), build.detail)
    if (unchanged := _unchanged()) is not None:
        return unchanged
    edition = _archive().edition()
    form = citation.FORMATS[asked.format]
    return _answer(edition, form.cite(_archive().get(quote_id), edition.generation), form.media_type)


@app.get("/v1/speakers")
def get_speakers() -> Response[str]:
    """Those whose names begin alike."""
    asked = _parameters(SpeakersParameters)
    return _read(lambda: _archive().speakers(asked.prefix, asked.most), build.speakers)


@app.get("/v1/speakers/<speaker_id>")
def get_speaker(speaker_id: str) -> Response[str]:
    """One speaker in numbers."""
    _parameters(NoParameters)
    return _read(lambda: _archive().speaker(speaker_id), build.profile)


@app.get("/v1/verify")
def get_verification() -> Response[str]:
    """Whether somebody said that."""
    asked = _parameters(VerifyParameters)
    return _read(lambda: _archive().verify(asked.text, asked.speaker), build.verification)


@app.get("/v1/index")
def get_index() -> Response[str]:
    """What the index holds."""
    _parameters(NoParameters)
    return _read(_archive().stats, build.coverage)


@app.get("/v1/openapi.json")
def get_contract() -> Response[str]:
    """The contract of this API, in OpenAPI 3.1."""
    from functions.openapi import document  # what makes it is needed by nobody else

    _parameters(NoParameters)
    text = document.text()
    known = {"ETag": f'W/"{short_hash(text)}"', "Cache-Control": CONTRACT_CACHING}
    return _unless_held(known, lambda: Response(HTTPStatus.OK, "application/json", text, headers={**known}))


def _read(ask: Callable[[], T], told: Callable[[T], Answer]) -> Response[str]:
    """Answer a question whose answer says of which edition it is."""
    if (unchanged := _unchanged()) is not None:
        return unchanged
    found = ask()
    return _answer(found.edition, build.to_bytes(told(found)).decode(), "application/json")


def _answer(edition: Edition, body: str, kind: str, headers: dict[str, str] | None = None) -> Response[str]:
    known = {"ETag": _tag(edition), "Cache-Control": CACHING}
    return _unless_held(known, lambda: Response(HTTPStatus.OK, kind, body, headers={**known, **(headers or {})}))


def _unless_held(known: dict[str, str], answer: Callable[[], Response[str]]) -> Response[str]:
    """Return an answer, or 304 where the caller holds it; `*` is whoever holds any."""
    return _not_modified(known) if _held() & {_opaque(known["ETag"]), "*"} else answer()


def _unchanged() -> Response[str] | None:
    """Return 304 where the caller holds the answer of the newest edition; who holds none costs no question.

    Only an answer has a tag, so who holds it asks for what there is. `*` is no tag: there may be nothing.
    """
    held = _held() - {"*"}
    if not held:
        return None
    known = {"ETag": _tag(_archive().edition()), "Cache-Control": CACHING}
    return _not_modified(known) if _opaque(known["ETag"]) in held else None


def _not_modified(known: dict[str, str]) -> Response[str]:
    return Response(HTTPStatus.NOT_MODIFIED, headers=known)


def _tag(edition: Edition) -> str:
    """Return the name of an answer: weak, since `took_ms` is not the same twice."""
    event = app.current_event.raw_event
    asked = urlencode(sorted(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True)))
    return f'W/"{short_hash(CONTRACT, edition.generation, edition.nonce, event["rawPath"], asked)}"'


def _held() -> set[str]:
    """Return the tags that `If-None-Match` lists. It compares weakly: `W/"a"` is `"a"` (RFC 9110, 13.1.2)."""
    listed = app.current_event.headers.get("if-none-match") or ""
    return {tag or star for tag, star in _ENTITY_TAG.findall(listed)}


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")


def _next(cursor: str) -> str:
    given = parse_qsl(app.current_event.raw_event.get("rawQueryString") or "", keep_blank_values=True)
    others = [(name, value) for name, value in given if name != "cursor"]
    return "/v1/quotes?" + urlencode([*others, ("cursor", cursor)])


def _hits(asked: SearchParameters, page: Page) -> tuple[str, str]:
    """Return the hits of a page as rows: the media type, and the text."""
    if asked.format == "csv":
        return _rows(asked, (hit.quote for hit in page.hits))
    return JSONL, "".join(export.jsonl(build.to_json(build.hit(hit)) for hit in page.hits))


def _rows(asked: SearchParameters, quotes: Iterable[Quote]) -> tuple[str, str]:
    """Return quotes as rows: the media type, and the text."""
    if asked.format == "csv":
        return CSV, "".join(export.csv_lines(quotes))
    return JSONL, "".join(export.jsonl(build.to_json(build.quote(quote)) for quote in quotes))


def _export(
    asked: SearchParameters, edition: Edition, kind: str, text: str, headers: dict[str, str] | None = None
) -> Response[str]:
    """Answer rows. What is large is written into the store and the caller sent there, unless nobody can fetch it."""
    is_large = asked.rows > MAX_LIMIT or len(text.encode()) > MOST_INLINE
    url = _archive().publish(text, asked.format, SIGNED_SECONDS) if is_large else None
    if url is not None:
        found = {"Location": url, "Cache-Control": "no-store", **(headers or {})}
        return Response(HTTPStatus.SEE_OTHER, headers=found)
    named = {"Content-Disposition": f'attachment; filename="quotes.{asked.format}"'}
    return _answer(edition, text, kind, {**named, **(headers or {})})


def _archive() -> Archive:
    return settings.archive(settings.current().store)


def _parameters(model: type[P]) -> P:
    given = parse_query(app.current_event.raw_event.get("rawQueryString") or "", several=model.several())
    return model.model_validate(given)
