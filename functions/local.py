"""The functions behind a small HTTP front on this machine: what `quoth serve` starts.

The front makes the events that API Gateway makes (HTTP API, payload 2.0) and calls the same handlers. The queue is in
this process; a second thread hands its jobs to the indexer, as SQS would.
"""

from __future__ import annotations

import base64
import importlib
import os
import queue
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import urlsplit

from functions import jobs, settings
from quoth.errors import QuothError
from quoth.render import one_line

# The routes of template.yaml; a test holds the two together.
ROUTES = (
    ("POST", "/v1/articles", "ingest"),
    ("DELETE", "/v1/articles/{id}", "ingest"),
    ("POST", "/v1/quotes", "ingest"),
    ("GET", "/v1/quotes", "search"),
    ("GET", "/v1/quotes/{id}", "search"),
    ("GET", "/v1/index", "search"),
    ("POST", "/v1/slack/command", "slack"),
)
MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda's
HERE = ("127.0.0.1", "localhost")
DELIVERIES = 3  # of a job that fails, before it is given up

Handler = Callable[[dict[str, Any], Any], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a function about its invocation."""

    function_name: str
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:local:000000000000:function:local"

    def get_remaining_time_in_millis(self) -> int:
        """Return a quarter of an hour, the most that Lambda gives: nothing here is ever cut off."""
        return 900_000


class Functions:
    """The handlers, each loaded at its first call and called by one thread at a time, as Lambda does it."""

    def __init__(self) -> None:
        self._locks = {name: threading.Lock() for name in ("ingest", "indexer", "search", "slack")}

    def call(self, name: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """Call the handler of a function."""
        with self._locks[name]:
            handler: Handler = importlib.import_module(f"functions.{name}").handler
            return handler(event, Context(name))


class Indexing(threading.Thread):
    """Hands the jobs of the local queue to the indexer."""

    def __init__(self, functions: Functions, waiting: queue.Queue[str]) -> None:
        super().__init__(name="indexing", daemon=True)
        self._functions = functions
        self._waiting = waiting

    def run(self) -> None:
        """Deliver each job until it is indexed, or given up with a line on the error output."""
        while True:
            body = self._waiting.get()
            try:
                self._deliver(body)
            finally:
                self._waiting.task_done()

    def _deliver(self, body: str) -> None:
        for _ in range(DELIVERIES):
            try:
                answer = self._functions.call("indexer", sqs_event([body]))
            except Exception as error:  # as Lambda: an invocation that fails is delivered again
                print(f"quoth: the indexer failed: {error!r}", file=sys.stderr)
                continue
            if answer is not None and not answer["batchItemFailures"]:
                return
        print(f"quoth: gave up a job after {DELIVERIES} deliveries: {body}", file=sys.stderr)


class Front(ThreadingHTTPServer):
    """The HTTP server; `settle` waits until everything that was accepted is indexed."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Exchange)
        self.functions = Functions()
        local = jobs.open_queue(jobs.LOCAL)
        if not isinstance(local, jobs.LocalQueue):
            raise TypeError("the local queue is not local")
        self._waiting = local.waiting
        Indexing(self.functions, self._waiting).start()

    def settle(self) -> None:
        """Wait until every job is done."""
        self._waiting.join()


class Exchange(BaseHTTPRequestHandler):
    """One HTTP request and its response."""

    server: Front
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a GET request."""
        self._exchange()

    def do_POST(self) -> None:
        """Answer a POST request."""
        self._exchange()

    def do_DELETE(self) -> None:
        """Answer a DELETE request."""
        self._exchange()

    def _exchange(self) -> None:
        refused = refusal(self.headers, self.path)
        if refused is not None:
            self.close_connection = True  # the body stays unread, and must not be taken for the next request
            return self._send(refused[0], {}, refused[1].encode())
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        found = route(self.command, urlsplit(self.path).path)
        if found is None:
            return self._send(404, {"content-type": "application/json"}, b'{"message":"Not Found"}')
        event = http_event(self.command, self.path, found, dict(self.headers.items()), body)
        try:
            answer = self.server.functions.call(found.function, event) or {}
            content = (answer.get("body") or "").encode()
        except Exception as error:  # as API Gateway: a function that fails is a 500
            print(f"quoth: {found.function} failed: {error!r}", file=sys.stderr)
            return self._send(500, {"content-type": "application/json"}, b'{"message":"Internal Server Error"}')
        return self._send(answer.get("statusCode", 200), answer.get("headers") or {}, content)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - the base class's
        """Log method, path and status without the query: what people look for is their business."""
        print(one_line(f"{self.command or '-'} {self.path.partition('?')[0]} {int(code)}"), file=sys.stderr)


def refusal(headers: Message, target: str) -> tuple[int, str] | None:
    """Return status and reason for a request that this server does not read, `None` for one that it does.

    Only programs on this machine may ask. A page on the web could otherwise plant articles (a plain POST needs nobody's
    leave) or, under a host name of its own, read the archive.
    """
    try:
        host = urlsplit(f"//{headers.get('Host', '')}").hostname
        origin = urlsplit(headers.get("Origin", "")).hostname
        urlsplit(target)
    except ValueError:
        return 400, "the request cannot be read"
    if host not in HERE or ("Origin" in headers and origin not in HERE):
        return 403, "this server answers to programs on this machine only"
    if "Transfer-Encoding" in headers:
        return 411, "send a Content-Length"
    length = headers.get("Content-Length", "0")
    if not (length.isascii() and length.isdigit()):
        return 400, "the Content-Length cannot be read"
    if len(length) > 9 or int(length) > MAX_BODY_BYTES:
        return 413, "the body is too large"
    return None


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


def http_event(method: str, target: str, found: Route, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request. Bodies that are not text or JSON come as base64."""
    parts = urlsplit(target)
    lower = {name.lower(): value for name, value in headers.items()}
    text = _as_text(body, lower.get("content-type", ""))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": found.key,
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": lower,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "http": {
                "method": method,
                "path": parts.path,
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


def configure(store: str) -> None:
    """Tell the functions of this process where the archive is; must come before the first call of one."""
    os.environ["QUOTH_STORE"] = store
    os.environ["QUOTH_QUEUE_URL"] = jobs.LOCAL
    os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "quoth")


def serve(store: str, port: int) -> int:
    """Answer on 127.0.0.1 until interrupted; what was accepted by then is indexed before this returns."""
    configure(store)
    settings.archive(store)  # an address that is none is said now, not at the first request
    try:
        front = Front(port)
    except (OSError, OverflowError) as error:
        raise QuothError(f"cannot listen on 127.0.0.1:{port}: {error}; choose another --port") from None
    signal.signal(signal.SIGTERM, _interrupt)
    print(
        f"quoth: serving {store} on http://127.0.0.1:{front.server_port}/v1/quotes; stop with Ctrl-C", file=sys.stderr
    )
    try:
        front.serve_forever()
    except KeyboardInterrupt:
        print("quoth: indexing what was accepted, then stopping", file=sys.stderr)
    front.settle()
    front.server_close()
    return 0


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt
