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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import urlsplit

from functions import jobs

# The routes of template.yaml; a test holds the two together.
ROUTES = (
    ("POST", "/v1/articles", "ingest"),
    ("POST", "/v1/quotes", "ingest"),
    ("GET", "/v1/quotes", "search"),
    ("GET", "/v1/quotes/{id}", "search"),
    ("GET", "/v1/index", "search"),
    ("POST", "/v1/slack/command", "slack"),
)
MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda's
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
        """Return 30 seconds: nothing here is ever cut off."""
        return 30_000


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
            answer = self._functions.call("indexer", sqs_event([body]))
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

    def _exchange(self) -> None:
        # A page on the web could otherwise reach this server under a host name of its own (DNS rebinding).
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in ("127.0.0.1", "localhost"):
            return self._send(403, {}, b"this server answers to 127.0.0.1 and localhost only")
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True  # the body stays unread
            return self._send(413, {}, b"the body is too large")
        body = self.rfile.read(int(length))
        found = route(self.command, urlsplit(self.path).path)
        if found is None:
            return self._send(404, {"content-type": "application/json"}, b'{"message":"Not Found"}')
        event = http_event(self.command, self.path, found, dict(self.headers.items()), body)
        answer = self.server.functions.call(found.function, event) or {}
        content = answer.get("body") or ""
        data = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        return self._send(answer.get("statusCode", 200), answer.get("headers") or {}, data)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - the base class's
        """Log method, path and status without the query: what people look for is their business."""
        print(f"{self.command} {urlsplit(self.path).path} {code}", file=sys.stderr)


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
    is_text = lower.get("content-type", "").startswith(("text/", "application/json"))
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
        "isBase64Encoded": bool(body) and not is_text,
    }
    if found.parameters:
        event["pathParameters"] = found.parameters
    if body:
        event["body"] = body.decode(errors="replace") if is_text else base64.b64encode(body).decode()
    return event


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
    try:
        front = Front(port)
    except OSError as error:
        print(f"quoth: cannot listen on 127.0.0.1:{port}: {error.strerror}; choose another --port", file=sys.stderr)
        return 3
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
