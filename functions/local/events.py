"""The routes of the API, and the events that API Gateway and SQS make."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

# The routes of template.yaml; a test compares the two.
ROUTES = (
    ("POST", "/v1/articles", "ingest"),
    ("GET", "/v1/articles/{id}", "ingest"),
    ("DELETE", "/v1/articles/{id}", "ingest"),
    ("POST", "/v1/quotes", "ingest"),
    ("GET", "/v1/quotes", "search"),
    ("GET", "/v1/quotes/{id}", "search"),
    ("GET", "/v1/speakers", "search"),
    ("GET", "/v1/speakers/{id}", "search"),
    ("GET", "/v1/verify", "search"),
    ("POST", "/v1/verify", "search"),
    ("POST", "/v1/check", "search"),
    ("GET", "/v1/index", "search"),
    ("GET", "/v1/openapi.json", "search"),
    ("POST", "/v1/exports", "exports"),
    ("GET", "/v1/exports/{id}", "exports"),
    ("POST", "/v1/reports", "reports"),
    ("POST", "/v1/quotes/{id}/reports", "reports"),
    ("POST", "/v1/slack/command", "slack"),
    ("POST", "/v1/slack/action", "slack"),
    ("POST", "/check", "search"),
    ("POST", "/mcp", "search"),
    ("OPTIONS", "/{proxy+}", "search"),
)
# What has no other route: the pages, HEAD, an address with a final slash, and what does not exist.
DEFAULT = "$default"
_PARAMETER = re.compile(r"\\\{(?P<name>\w+)(?P<greedy>\\\+)?\\\}")


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The context object of a Lambda invocation."""

    function_name: str
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:local:000000000000:function:local"

    def get_remaining_time_in_millis(self) -> int:
        """Return 15 minutes, the maximum of Lambda; no timeout applies here."""
        return 900_000


@dataclass(frozen=True, slots=True)
class Route:
    """A matched route: its key, its function, and the values of its path parameters."""

    key: str
    function: str
    parameters: dict[str, str]


def route(method: str, path: str) -> Route:
    """Return the route of a request as API Gateway selects it.

    >>> route("GET", "/v1/quotes/q_1")
    Route(key='GET /v1/quotes/{id}', function='search', parameters={'id': 'q_1'})
    >>> route("GET", "/about").key, route("OPTIONS", "/v1/quotes").key
    ('$default', 'OPTIONS /{proxy+}')
    """
    for route_method, pattern, function in ROUTES:
        match = re.fullmatch(_PARAMETER.sub(_value, re.escape(pattern)), path)
        if route_method == method and match:
            return Route(f"{method} {pattern}", function, match.groupdict())
    return Route(DEFAULT, "search", {})


def _value(parameter: re.Match[str]) -> str:
    """Return the pattern of a parameter's value; with a plus it takes the rest of the path."""
    return f"(?P<{parameter['name']}>{'.+' if parameter['greedy'] else '[^/]+'})"


def path_of(target: str) -> str:
    """Return the path of a request as API Gateway's HTTP APIs pass it: decoded.

    >>> path_of("/v1/quotes/a%20b?q=%20")
    '/v1/quotes/a b'
    """
    return unquote(urlsplit(target).path)


def http_event(
    method: str, target: str, route: Route, headers: Iterable[tuple[str, str]], body: bytes
) -> dict[str, Any]:
    """Return the event that API Gateway makes for a request.

    Header names are in lower case, and the values of a repeated header are joined with commas. Bodies that are not text
    or JSON are base64.
    """
    path, query = path_of(target), urlsplit(target).query
    lower: dict[str, str] = {}
    for name, value in headers:
        lower[name.lower()] = f"{lower[name.lower()]},{value}" if name.lower() in lower else value
    text = _as_text(body, lower.get("content-type", ""))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
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
            "routeKey": route.key,
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": text is None,
    }
    if route.parameters:
        event["pathParameters"] = route.parameters
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


def sqs_event(bodies: list[str], receives: int = 1) -> dict[str, Any]:
    """Return the event that SQS makes for messages that were received so often."""
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "local",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:local:000000000000:quoth",
                "awsRegion": "local",
            }
            for body in bodies
        ]
    }
