"""The events that API Gateway and SQS make, and where a request goes."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

# The routes of template.yaml; a test holds the two together.
ROUTES = (
    ("POST", "/v1/articles", "ingest"),
    ("DELETE", "/v1/articles/{id}", "ingest"),
    ("POST", "/v1/quotes", "ingest"),
    ("GET", "/v1/quotes", "search"),
    ("GET", "/v1/quotes/{id}", "search"),
    ("GET", "/v1/speakers", "search"),
    ("GET", "/v1/speakers/{id}", "search"),
    ("GET", "/v1/verify", "search"),
    ("GET", "/v1/index", "search"),
    ("GET", "/v1/openapi.json", "search"),
    ("POST", "/v1/slack/command", "slack"),
)


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda tells a function about its invocation."""

    function_name: str
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:local:000000000000:function:local"

    def get_remaining_time_in_millis(self) -> int:
        """Return a quarter of an hour, the most that Lambda gives: nothing here is ever cut off."""
        return 900_000


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: the route's key, the function behind it, the values of its path."""

    key: str
    function: str
    parameters: dict[str, str]


def route(method: str, path: str) -> Route | None:
    """Return where a request goes, as API Gateway decides it.

    >>> route("GET", "/v1/quotes/q_1")
    Route(key='GET /v1/quotes/{id}', function='search', parameters={'id': 'q_1'})
    """
    for routed, pattern, function in ROUTES:
        found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern)), path)
        if routed == method and found:
            return Route(f"{method} {pattern}", function, found.groupdict())
    return None


def path_of(target: str) -> str:
    """Return the path of a request as API Gateway's HTTP APIs hand it over: decoded.

    >>> path_of("/v1/quotes/a%20b?q=%20")
    '/v1/quotes/a b'
    """
    return unquote(urlsplit(target).path)


def http_event(
    method: str, target: str, found: Route, headers: Iterable[tuple[str, str]], body: bytes
) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request.

    The names of headers are in lower case, and those that came more than once are one with commas between. Bodies that
    are not text or JSON come as base64.
    """
    path, query = path_of(target), urlsplit(target).query
    lower: dict[str, str] = {}
    for name, value in headers:
        lower[name.lower()] = f"{lower[name.lower()]},{value}" if name.lower() in lower else value
    text = _as_text(body, lower.get("content-type", ""))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": found.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": lower,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": lower.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": found.key,
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": text is None,
    }
    if found.parameters:
        event["pathParameters"] = found.parameters
    if body:
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def _as_text(body: bytes, content_type: str) -> str | None:
    if body and not content_type.startswith(("text/", "application/json")):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def sqs_event(bodies: list[str]) -> dict[str, Any]:
    """Return the event that SQS makes of some messages."""
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "local",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:local:000000000000:quoth",
                "awsRegion": "local",
            }
            for body in bodies
        ]
    }
