"""Readers' reports that a speaker is wrong: POST /v1/reports for anybody, POST /v1/quotes/{id}/reports for clients.

Anybody may report a quote, but without a word of their own: only clients that sign their requests may add one.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from functions.http import problem
from functions.http.models import NoParameters, NotedReportParameters, ReportParameters
from functions.http.request import FORM, parse_query, raw_body
from functions.http.router import Response, Router
from functions.runtime import reporting, settings
from quoth.answers.schema import ReportAccepted
from quoth.errors import BadInput, Removed
from quoth.ingest.formats import strict_json
from quoth.reports import ReportSource

MAX_BODY = 4096  # bytes: a note of 200 characters, each escaped

app = Router(problem.of)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request."""
    return problem.resolve(app, event, context)


@app.post("/v1/reports")
def post_report() -> Response:
    """Record that a reader of a page thinks that a speaker is wrong; the body is JSON, or the form of a page.

    A form leads back to the page, relative to this address, whatever base path the public one has. The page also says
    what became of a quote that was withdrawn or replaced meanwhile.
    """
    is_form = _is_form()
    parameters = ReportParameters.model_validate(_body(is_form=is_form))
    if not is_form:
        return _record(parameters.quote, "page", None)
    part = "#reported"
    try:
        _record(parameters.quote, "page", None)
    except Removed:
        part = ""
    return Response(HTTPStatus.SEE_OTHER, headers={"Location": f"../q/{parameters.quote}{part}"})


@app.post("/v1/quotes/<quote_id>/reports")
def post_noted_report(quote_id: str) -> Response:
    """Record the report of a client, with a word about it."""
    parameters = NotedReportParameters.model_validate(_body(is_form=False))
    return _record(quote_id, "api", parameters.note)


def _record(quote_id: str, source: ReportSource, note: str | None) -> Response:
    archive = settings.archive(settings.current().store)
    is_new = reporting.record(archive, quote_id, source, note)
    accepted = problem.answer(HTTPStatus.ACCEPTED, ReportAccepted(quote=quote_id, is_new=is_new))
    accepted.headers["Cache-Control"] = "no-store"
    return accepted


def _is_form() -> bool:
    return (app.headers.get("content-type") or "").partition(";")[0].strip().lower() == FORM


def _body(*, is_form: bool) -> dict[str, Any]:
    NoParameters.model_validate(parse_query(app.event.get("rawQueryString") or ""))
    data = raw_body(app.event)
    if len(data) > MAX_BODY:
        raise problem.TooLarge(f"the body is {len(data):,} bytes long; the limit is {MAX_BODY:,}")
    if is_form:
        return parse_query(strict_json.decode(data), "the body")
    value = strict_json.loads(data)
    if not isinstance(value, dict):
        raise BadInput("must be an object", field="the body")
    return value
