"""Translate errors into RFC 9457 problems: what happened, and what to change.

BadQuery, BadInput, an invalid request               400
StaleVersion                                         409
NotFound                                             404
Expired                                              410
Removed                                              410, with reason, since_generation and successor
too large                                            413
Unavailable, Conflict                                503, with Retry-After
Refused, anything else                               500, details only in the log
Damaged                                              the same, and the integrity alarm
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeGuard

from msgspec import UNSET, Meta, UnsetType

from functions.http.request import below
from functions.http.router import Response, Router
from functions.runtime import integrity, records, settings
from quoth.answers import build
from quoth.answers.schema import Answer
from quoth.errors import BadInput, BadQuery, Conflict, Expired, NotFound, QuothError, Removed, StaleVersion, Unavailable

if TYPE_CHECKING:
    from pydantic import ValidationError

MAX_ERRORS = 20  # in one response
RETRY_AFTER_SECONDS = "2"
MEDIA_TYPE = "application/problem+json"
# In every response: a browser must not guess a type from words that an article put into the body.
NOSNIFF = {"X-Content-Type-Options": "nosniff"}

# The only detail that a client gets about a fault of the service.
NOT_AVAILABLE = "the archive is not available; try again in a moment"
WENT_WRONG = "an internal error occurred; the log has the details"

# In place of pydantic's own words, by the type of its error.
SENTENCES = {
    "extra_forbidden": "is not a parameter of this request",
    "missing": "is missing",
    "literal_error": "must be {expected}",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length:,} characters",
    "list_type": "must be a list",
    "too_long": "must have at most {max_length:,} values",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge:,}",
    "less_than_equal": "must be at most {le:,}",
}


class ProblemError(Answer, frozen=True, kw_only=True):
    """One thing that is wrong with a request."""

    parameter: Annotated[
        str | None, Meta(description="the parameter, or the field of the body; null for the whole body")
    ]
    detail: Annotated[str, Meta(description="what is wrong with it, or what to change")]


class Problem(Answer, frozen=True, kw_only=True):
    """A problem (RFC 9457)."""

    type: Annotated[str, Meta(description="about:blank: the status is the kind of problem")]
    title: Annotated[str, Meta(description="the phrase of the status")]
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(description="what happened, in one sentence")]
    errors: Annotated[
        list[ProblemError] | UnsetType, Meta(description=f"the individual errors, up to {MAX_ERRORS} of them")
    ] = UNSET
    reason: Annotated[
        Literal["withdrawn", "replaced"] | UnsetType,
        Meta(description="of a quote, or an export, that was there once: why it is not there now"),
    ] = UNSET
    since_generation: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType, Meta(description="the first generation of the index without that quote")
    ] = UNSET
    successor: Annotated[
        str | UnsetType | None,
        Meta(description="the id of the quote with the same words in the article as it is now, null if there is none"),
    ] = UNSET


class TooLarge(QuothError):
    """The request's body exceeds the limit."""


class BadBatch(QuothError):
    """Some quotes of a request are invalid; nothing of the request was stored."""

    def __init__(self, errors: Sequence[BadInput]) -> None:
        super().__init__(f"{len(errors)} quotes cannot be used; nothing was stored")
        self.errors = errors


def answer(status: HTTPStatus, value: Answer, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(status, "application/json", build.to_bytes(value).decode(), headers=headers)


def problem(
    status: HTTPStatus,
    detail: str,
    errors: Sequence[ProblemError] = (),
    headers: dict[str, str] | None = None,
    **members: Any,
) -> Response:
    """Return a problem response. No cache may store it: the next request may succeed.

    >>> problem(HTTPStatus.NOT_FOUND, "no quote has the id q_1").body
    '{"type":"about:blank","title":"Not Found","status":404,"detail":"no quote has the id q_1"}'
    """
    value = Problem(
        type="about:blank",
        title=status.phrase,
        status=status.value,
        detail=detail,
        errors=list(errors) if errors else UNSET,
        **members,
    )
    caching = {"Cache-Control": "no-store"}
    return Response(status, MEDIA_TYPE, build.to_bytes(value).decode(), headers={**caching, **(headers or {})})


def of(error: Exception) -> Response:
    """Return the problem response for an error."""
    match error:
        case BadQuery():
            return problem(HTTPStatus.BAD_REQUEST, str(error), [_parameter_error(error)])
        case StaleVersion():
            return problem(HTTPStatus.CONFLICT, str(error), [_field_error(error)])
        case BadInput():
            return problem(HTTPStatus.BAD_REQUEST, str(error), [_field_error(error)])
        case BadBatch():
            return problem(HTTPStatus.BAD_REQUEST, str(error), [_field_error(e) for e in error.errors[:MAX_ERRORS]])
        case ValueError() if is_invalid(error):
            return _invalid(error)
        case Removed(reason=reason, since=since, successor=successor):
            return problem(HTTPStatus.GONE, str(error), reason=reason, since_generation=since, successor=successor)
        case NotFound():
            return problem(HTTPStatus.NOT_FOUND, str(error))
        case Expired():
            return problem(HTTPStatus.GONE, str(error))
        case TooLarge():
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        case Unavailable() | Conflict():
            records.logger().warning("store unavailable", exc_info=error)
            return unavailable()
    records.logger().error("request failed", exc_info=error, extra=integrity.field(error))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, WENT_WRONG)


def unavailable() -> Response:
    """Return the problem of a temporary outage, with the time to retry."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, NOT_AVAILABLE, headers={"Retry-After": RETRY_AFTER_SECONDS})


def resolve(app: Router, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request; every response, a problem or not, tells browsers not to guess its type.

    The gateway selects a route without the base path of a custom domain, and passes the path with it.
    """
    answer = app.resolve({**event, "rawPath": below(event["rawPath"], settings.base_path())}, context)
    return {**answer, "headers": {**answer["headers"], **NOSNIFF}}


def is_invalid(error: Exception) -> TypeGuard[ValidationError]:
    """Whether pydantic raised an error; where nothing has loaded pydantic, nothing can be of it."""
    return "pydantic" in sys.modules and isinstance(error, sys.modules["pydantic"].ValidationError)


def _field_error(error: BadInput) -> ProblemError:
    return ProblemError(parameter=error.field, detail=str(error))


def _parameter_error(error: BadQuery) -> ProblemError:
    return ProblemError(parameter=error.parameter, detail=error.detail)


def _invalid(error: ValidationError) -> Response:
    errors: list[ProblemError] = []
    for item in error.errors(include_url=False, include_input=False)[:MAX_ERRORS]:
        name = ".".join(map(str, item["loc"])) or None
        sentence = SENTENCES.get(item["type"])
        detail = item["msg"] if sentence is None else sentence.format(**item.get("ctx", {}))
        errors.append(ProblemError(parameter=name, detail=detail))
    detail = "; ".join(f"{item.parameter}: {item.detail}" for item in errors)
    return problem(HTTPStatus.BAD_REQUEST, detail, errors)
