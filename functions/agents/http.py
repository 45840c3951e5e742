"""`POST /mcp`: the tools over HTTP, each message a request of its own, without sessions and without streams."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import Response

from functions.agents import protocol
from functions.agents.protocol import INVALID_REQUEST, PARSE_ERROR, ProtocolFault, Reply
from functions.agents.toolbox import Toolbox
from functions.http import gates
from functions.http.problem import TooLarge
from functions.runtime import settings
from quoth.errors import BadInput
from quoth.ingest.formats import strict_json

# Bytes of a message: a draft in the escapes of JSON, and its envelope.
MAX_MESSAGE = 3 * gates.MAX_DRAFT


def answer(event: dict[str, Any], context: Any) -> Response[str]:
    """Answer a request to /mcp."""
    if event["requestContext"]["http"]["method"] != "POST":  # no stream to open, and no session to end
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is served here", {"Allow": "POST"})
    base = settings.current().public_url or f"https://{event['requestContext']['domainName']}"
    headers = event.get("headers", {})
    if not _may_ask(headers.get("origin"), event, base):
        return _refused(HTTPStatus.FORBIDDEN, "a page of another origin may not ask")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the content type must be application/json")
    try:
        message = strict_json.loads(gates.small_body(event, MAX_MESSAGE))
    except TooLarge as error:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    except BadInput as error:
        fault = ProtocolFault(PARSE_ERROR, f"the body cannot be read: {error}")
        return _response(Reply(HTTPStatus.BAD_REQUEST, protocol.refusal(fault)))
    archive = settings.archive(settings.current().store)
    return _response(protocol.answer(message, Toolbox(archive, gates.checker(archive, context), base), headers))


def _may_ask(origin: str | None, event: dict[str, Any], base: str) -> bool:
    """Whether a request may come from this origin: no page of another site may use a reader's browser to ask.

    API Gateway passes on only requests for the API's own domain names.
    """
    if origin is None:
        return True
    parts = urlsplit(base)
    return origin.lower() in (
        f"{parts.scheme}://{parts.netloc}".lower(),
        f"https://{event['requestContext']['domainName']}".lower(),
    )


def _refused(status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> Response[str]:
    return _response(Reply(status, protocol.refusal(ProtocolFault(INVALID_REQUEST, message))), headers)


def _response(reply: Reply, headers: dict[str, str] | None = None) -> Response[str]:
    uncached = {"Cache-Control": "no-store", **(headers or {})}
    if reply.body is None:
        return Response(reply.status, headers=uncached)
    body = json.dumps(reply.body, ensure_ascii=True, separators=(",", ":"))
    return Response(reply.status, "application/json", body, headers=uncached)
