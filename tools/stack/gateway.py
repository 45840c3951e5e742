"""The gateway of the stack: what API Gateway's HTTP APIs do between a client and a function, by the template's routes.

It checks the signatures of IAM, counts requests against the declared rates, and waits for a function as long as API
Gateway does. The statuses of its own answers are those of AWS.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from functions.local.application import headers_of, rejection
from functions.local.events import DEFAULT, Route, http_event, path_of
from tools.stack import signature
from tools.stack.functions import EventTooLarge, Invocation, LocalFunction, TooManyEvents
from tools.stack.template.declared import DeclaredRoute

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY = 10 * 2**20  # bytes, of a request: API Gateway's limit; Lambda's own, for the event, is lower


class GatewayAnswer(NamedTuple):
    """An answer to a client: its route, if it has one, status, headers and body."""

    key: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class TokenBucket:
    """The requests that a route accepts: `rate` per second, and up to `burst` at once.

    >>> bucket = TokenBucket(rate=1, burst=2)
    >>> [bucket.takes(now) for now in (0, 0, 0, 0.5, 1, 1)]
    [True, True, False, False, True, False]
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._tokens, self._since = self._burst, 0.0
        self._lock = threading.Lock()

    def takes(self, now: float) -> bool:
        """Whether one more request is accepted at a time."""
        with self._lock:
            self._tokens = min(self._burst, self._tokens + (now - self._since) * self._rate)
            self._since = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class GatewayRoute:
    """A route with its pattern and its count of requests.

    >>> route = GatewayRoute(DeclaredRoute("GET /v1/{kind}/{rest+}", "SearchFunction", False, 10, 20))
    >>> route.match("GET", "/v1/quotes/a/b"), route.match("GET", "/v1/quotes"), route.match("PUT", "/v1/quotes/a")
    ({'kind': 'quotes', 'rest': 'a/b'}, None, None)
    """

    def __init__(self, declared: DeclaredRoute) -> None:
        self.declared = declared
        self.bucket = TokenBucket(declared.rate, declared.burst)
        self.method, _, path = declared.key.partition(" ")
        self.parameters = re.findall(r"\{\w+(\+?)\}", path)
        one = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
        self._pattern = re.compile(re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", one))

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the values of the parameters in a path, `None` if the route is not its own."""
        found = self._pattern.fullmatch(path) if self.method in (method, "ANY") else None
        return None if found is None else found.groupdict()


class Gateway:
    """The WSGI application; several threads may call it."""

    def __init__(
        self,
        routes: Iterable[DeclaredRoute],
        cors: Mapping[str, Any],
        functions: Mapping[str, LocalFunction],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        made = [GatewayRoute(route) for route in routes]
        self._default = next((route for route in made if route.declared.key == DEFAULT), None)
        # The route with the fewest parameters is the most specific one, and one that takes all the rest the least.
        others = (route for route in made if route is not self._default)
        self._routes = sorted(others, key=lambda route: ("+" in route.parameters, len(route.parameters)))
        self._cors = cors
        self._functions = functions
        self._clock = clock
        self._threads = ThreadPoolExecutor(64, thread_name_prefix="integration")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333). waitress has read its body whole."""
        headers = dict(headers_of(environ))
        method, target = environ["REQUEST_METHOD"], environ["REQUEST_URI"]
        answer = self._answer(method, target, headers, environ["wsgi.input"].read())
        # The route, never the path or the query, since searches are private.
        print(f"{answer.key} {answer.status}", file=sys.stderr, flush=True)
        told = [*self._without_cors(answer), *self._cors_headers(headers)]
        if answer.status not in (204, 304):
            told.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", told)
        return () if method == "HEAD" else (answer.body,)

    def close(self) -> None:
        """Forget the events that nobody waits for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> GatewayAnswer:
        rejected = rejection(headers, target, 0)  # only programs of this machine may ask
        if rejected is not None:
            return message("no route", *rejected)
        if method == "OPTIONS" and self._cors and {"origin", "access-control-request-method"} <= headers.keys():
            return GatewayAnswer("OPTIONS", 204, self._preflight(), b"")
        route, parameters = self._matched(method, path_of(target))
        if route is None:
            return message("no route", 404, "Not Found")
        key = route.declared.key
        if route.declared.is_signed and not signature.is_valid(method, target, headers, body, datetime.now(UTC)):
            return message(key, 403, "Forbidden")
        if not route.bucket.takes(self._clock()):
            return message(key, 429, "Too Many Requests")
        if len(body) > MAX_BODY:
            return message(key, 413, "Request Entity Too Large")
        event = http_event(method, target, Route(key, route.declared.function, parameters), headers.items(), body)
        return self._integrated(route.declared, event)

    def _matched(self, method: str, path: str) -> tuple[GatewayRoute | None, dict[str, str]]:
        for route in self._routes:
            if (parameters := route.match(method, path)) is not None:
                return route, parameters
        return self._default, {}

    def _integrated(self, route: DeclaredRoute, event: dict[str, Any]) -> GatewayAnswer:
        """Return the answer of a function, or that of API Gateway if there is none in time."""
        waiting: Future[Invocation] = self._threads.submit(self._functions[route.function].invoke, event)
        try:
            invocation = waiting.result(route.seconds)
        except NotYet:  # the function works on, and nobody reads what it answers
            return message(route.key, 503, "Service Unavailable")
        except TooManyEvents:
            return message(route.key, 503, "Service Unavailable")
        except EventTooLarge:
            return message(route.key, 413, "Request Entity Too Large")
        if invocation.is_failed:
            return message(route.key, 500, "Internal Server Error")
        try:
            return told(route.key, invocation.value)
        except (KeyError, TypeError, ValueError):
            return message(route.key, 500, "Internal Server Error")

    def _preflight(self) -> list[tuple[str, str]]:
        names = {"allowOrigins": "Origin", "allowMethods": "Methods", "allowHeaders": "Headers"}
        lists = [(f"Access-Control-Allow-{name}", ",".join(self._cors[key])) for key, name in names.items()]
        return [*lists, ("Access-Control-Max-Age", str(self._cors["maxAge"]))]

    def _without_cors(self, answer: GatewayAnswer) -> list[tuple[str, str]]:
        """Return the headers of an answer: an API that has rules for other origins ignores those of its functions."""
        if not self._cors or answer.key == "OPTIONS":
            return answer.headers
        return [(name, value) for name, value in answer.headers if not name.lower().startswith("access-control-")]

    def _cors_headers(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        if "origin" not in headers or not self._cors or "access-control-request-method" in headers:
            return []
        names = {"allowOrigins": "Allow-Origin", "exposeHeaders": "Expose-Headers"}
        return [(f"Access-Control-{name}", ",".join(self._cors[key])) for key, name in names.items()]


def message(key: str, status: int, text: str) -> GatewayAnswer:
    """Return an answer of the gateway itself."""
    return GatewayAnswer(key, status, [("Content-Type", "application/json")], json.dumps({"message": text}).encode())


def told(key: str, value: Any) -> GatewayAnswer:
    """Return the answer that a function gave (payload 2.0); a value without a status is a body of JSON.

    >>> told("GET /", {"statusCode": 201, "headers": {"X": 1}, "body": "aGk=", "isBase64Encoded": True})[1:]
    (201, [('X', '1')], b'hi')
    """
    if not isinstance(value, dict) or "statusCode" not in value:
        return GatewayAnswer(key, 200, [("Content-Type", "application/json")], json.dumps(value).encode())
    headers = [(name, str(text)) for name, text in (value.get("headers") or {}).items()]
    headers += [("Set-Cookie", cookie) for cookie in value.get("cookies") or ()]
    body = value.get("body") or ""
    content = base64.b64decode(body, validate=True) if value.get("isBase64Encoded") else body.encode()
    return GatewayAnswer(key, int(value["statusCode"]), headers, content)
