"""`POST /mcp`: the tools over HTTP, each message a request of its own, without sessions and without streams."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from functions.http import gates, problem
from functions.http.agents import protocol
from functions.http.agents.protocol import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, ProtocolFault, Reply
from functions.http.agents.toolbox import Toolbox
from functions.http.problem import NOSNIFF, TooLarge
from functions.runtime import settings
from quoth.errors import BadInput
from quoth.ingest.formats import strict_json

JSON = "application/json"
# Bytes of a message: a draft in the escapes of JSON, and its envelope.
MAX_MESSAGE = 3 * gates.MAX_DRAFT

_UNCACHED = {"Cache-Control": "no-store", **NOSNIFF}


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request to /mcp, whatever its method."""
    try:
        reply = _reply(event, context)
    except Exception as error:  # the edge: a fault of the archive, or of its settings
        told = problem.of(error)
        fault = ProtocolFault(INTERNAL_ERROR, str(json.loads(told.body or "{}").get("detail")))
        reply = Reply(HTTPStatus(told.status_code), protocol.refusal(fault))
    allowed = {"Allow": "POST"} if reply.status is HTTPStatus.METHOD_NOT_ALLOWED else {}
    if reply.body is None:
        return {"statusCode": reply.status.value, "headers": _UNCACHED, "body": "", "isBase64Encoded": False}
    return {
        "statusCode": reply.status.value,
        "headers": {"Content-Type": JSON, **_UNCACHED, **allowed},
        "body": json.dumps(reply.body, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def _reply(event: dict[str, Any], context: Any) -> Reply:
    known = settings.current()
    domain = event["requestContext"]["domainName"]
    base = known.public_url or f"https://{domain}"
    headers: Mapping[str, str] = event.get("headers", {})
    if not known.serves_agents:
        return _refused(HTTPStatus.NOT_FOUND, "this archive serves no agents")
    if event["requestContext"]["http"]["method"] != "POST":  # no stream to open, and no session to end
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "send each message with POST")
    if not _may_ask(headers.get("origin"), base, f"https://{domain}"):
        return _refused(HTTPStatus.FORBIDDEN, "a page of another origin may not ask")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        return _refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type must be {JSON}")
    try:
        message = strict_json.loads(gates.small_body(event, MAX_MESSAGE))
    except TooLarge as error:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    except BadInput as error:
        return _refused(HTTPStatus.BAD_REQUEST, f"the body cannot be read: {error}", PARSE_ERROR)
    archive = settings.archive(known.store)
    return protocol.answer(message, Toolbox(archive, gates.checker(archive, context), base), headers)


def _may_ask(origin: str | None, *addresses: str) -> bool:
    """Whether a request may come from this origin: no page of another site may use a reader's browser to ask.

    API Gateway passes on only requests for the API's own domain names.

    >>> _may_ask(None, "https://a.example/x"), _may_ask("https://a.example", "https://a.example/x")
    (True, True)
    >>> _may_ask("https://b.example", "https://a.example"), _may_ask("null", "https://a.example")
    (False, False)
    """
    own = {f"{parts.scheme}://{parts.netloc}".lower() for parts in map(urlsplit, addresses)}
    return origin is None or origin.lower() in own


def _refused(status: HTTPStatus, message: str, code: int = INVALID_REQUEST) -> Reply:
    return Reply(status, protocol.refusal(ProtocolFault(code, message)))
