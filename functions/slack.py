"""POST /v1/slack/command: the slash command /quote, answered in the response itself."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities import parameters
from pydantic import ValidationError

from functions import card
from functions.http import problem, signature
from functions.http.models import SlackCommand
from functions.http.request import parse_query, raw_body
from functions.runtime import settings
from quoth.engine.query.request import Request
from quoth.errors import BadInput, BadQuery, Refused

SECRET_CACHE_SECONDS = 300  # short, so that a rotated secret takes effect soon

app = APIGatewayHttpResolver()
problem.attach(app)
clock = time.time


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP request."""
    return problem.resolve(app, event, context)


@app.post("/v1/slack/command")
def command() -> Response[str]:
    """Answer a slash command, if Slack signed it."""
    body = _signed_body()
    if body is None:
        return problem.problem(HTTPStatus.UNAUTHORIZED, "the request does not carry a valid Slack signature")
    return _answer(_search(body))


def _search(body: bytes) -> dict[str, Any]:
    try:
        command = SlackCommand.model_validate(parse_query(body.decode(), "the command"))
        words = command.text.strip()
        if not words or words == "help":
            return card.notice(card.USAGE)
        return card.card(settings.archive(settings.current().store).answer(Request(q=words, limit=card.QUOTES)))
    except (BadQuery, UnicodeDecodeError, ValidationError) as error:
        reason = str(error) if isinstance(error, BadQuery) else "The command cannot be read"
        return card.notice(f"{reason}. {card.USAGE}")


def _signed_body() -> bytes | None:
    """Return the raw body, or None unless Slack signed it."""
    event = app.current_event
    try:
        body = raw_body(event.raw_event)
    except BadInput:
        return None
    headers = event.headers
    timestamp, signed = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    return body if signature.is_valid(body, timestamp, signed, _secret(), clock()) else None


def _secret() -> str:
    now = settings.current()
    if now.slack_signing_secret:
        return now.slack_signing_secret
    if not now.slack_secret_parameter:
        raise Refused("set QUOTH_SLACK_SIGNING_SECRET, or QUOTH_SLACK_SECRET_PARAMETER to its name in SSM")
    return parameters.get_parameter(now.slack_secret_parameter, decrypt=True, max_age=SECRET_CACHE_SECONDS)


def _answer(message: dict[str, Any]) -> Response[str]:
    return Response(HTTPStatus.OK, "application/json", json.dumps(message, ensure_ascii=False))
