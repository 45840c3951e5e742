"""Errors become RFC 9457 problems: what happened, and what to change.

BadQuery, BadInput, a request that is no request     400
NotFound                                             404
too large                                            413
Unavailable, Conflict                                503, with Retry-After
Refused, anything else                               500, details only in the log
Damaged                                              the same, and the integrity alarm
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import ValidationError

from functions import integrity
from quoth.errors import BadInput, BadQuery, Conflict, NotFound, QuothError, Unavailable

MOST_ERRORS = 20  # that one answer lists
RETRY_AFTER_SECONDS = "2"

logger = Logger()


class TooLarge(QuothError):
    """The request's body is larger than what is read."""


class BadBatch(QuothError):
    """Some of several things in one request cannot be used; nothing of it was kept."""

    def __init__(self, errors: Sequence[BadInput]) -> None:
        super().__init__(f"{len(errors)} of them cannot be used; nothing was kept")
        self.errors = errors


def answer(status: HTTPStatus, value: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    """Return a JSON response."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, "application/json", body, headers=headers or {})


def problem(
    status: HTTPStatus, detail: str, errors: Sequence[dict[str, str | None]] = (), headers: dict[str, str] | None = None
) -> Response[str]:
    """Return a problem response.

    >>> problem(HTTPStatus.NOT_FOUND, "no quote has the id q_1").body
    '{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no quote has the id q_1"}'
    """
    value: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    if errors:
        value["errors"] = list(errors)
    body = json.dumps(value, ensure_ascii=False)
    kept_nowhere = {"Cache-Control": "no-store"}
    return Response(status, "application/problem+json", body, headers={**kept_nowhere, **(headers or {})})


def of(error: Exception) -> Response[str]:
    """Return the problem that an error is."""
    match error:
        case BadQuery():
            return problem(HTTPStatus.BAD_REQUEST, str(error), [{"parameter": error.parameter, "detail": error.detail}])
        case BadInput():
            return problem(HTTPStatus.BAD_REQUEST, str(error), [_field_error(error)])
        case BadBatch():
            return problem(HTTPStatus.BAD_REQUEST, str(error), [_field_error(e) for e in error.errors[:MOST_ERRORS]])
        case ValidationError():
            return _invalid(error)
        case NotFound():
            return problem(HTTPStatus.NOT_FOUND, str(error))
        case NotFoundError():
            return problem(HTTPStatus.NOT_FOUND, "there is nothing at this address")
        case TooLarge():
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        case Unavailable() | Conflict():
            logger.warning("store unavailable", exc_info=error)
            later = "the archive is not available; try again in a moment"
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, later, headers={"Retry-After": RETRY_AFTER_SECONDS})
    logger.error("request failed", exc_info=error, extra=integrity.field(error))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; the log says what")


def attach(app: APIGatewayHttpResolver) -> None:
    """Make every error of an application a problem."""
    app.exception_handler(Exception)(of)
    app.not_found(of)


def _field_error(error: BadInput) -> dict[str, str | None]:
    return {"parameter": error.field, "detail": str(error)}


def _invalid(error: ValidationError) -> Response[str]:
    errors: list[dict[str, str | None]] = []
    for item in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, item["loc"])) or None
        detail = "is not a parameter of this request" if item["type"] == "extra_forbidden" else item["msg"]
        errors.append({"parameter": name, "detail": detail})
    said = "; ".join(f"{item['parameter']}: {item['detail']}" for item in errors)
    return problem(HTTPStatus.BAD_REQUEST, said, errors)
