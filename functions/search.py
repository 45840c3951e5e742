"""GET /v1/quotes, /v1/quotes/{id} and /v1/index."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from functions import problem, settings
from functions.models import SEVERAL, SearchParameters
from functions.request import parse_query
from quoth.archive import Archive
from quoth.engine.page import coverage_json, page_json, quote_json
from quoth.errors import BadQuery

app = APIGatewayHttpResolver()
problem.attach(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request."""
    return app.resolve(event, context)


@app.get("/v1/quotes")
def get_quotes() -> Response[str]:
    """Search."""
    began = time.perf_counter()
    request = SearchParameters.model_validate(_parameters()).request()
    page = _archive().find(request)
    return problem.answer(HTTPStatus.OK, page_json(page, round((time.perf_counter() - began) * 1000)))


@app.get("/v1/quotes/<quote_id>")
def get_quote(quote_id: str) -> Response[str]:
    """One quote."""
    _no_parameters()
    return problem.answer(HTTPStatus.OK, quote_json(_archive().get(quote_id)))


@app.get("/v1/index")
def get_index() -> Response[str]:
    """What the index holds."""
    _no_parameters()
    return problem.answer(HTTPStatus.OK, coverage_json(_archive().stats()))


def _archive() -> Archive:
    return settings.archive(settings.current().store)


def _parameters() -> dict[str, Any]:
    return parse_query(app.current_event.raw_event.get("rawQueryString") or "", several=SEVERAL)


def _no_parameters() -> None:
    for name in _parameters():
        raise BadQuery(name, "is not a parameter of this request")
