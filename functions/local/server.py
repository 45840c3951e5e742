"""The local HTTP server in front of the functions, which `quoth serve` starts.

It makes the events that API Gateway makes (HTTP API, payload 2.0) and calls the same handlers. The queues are in this
process; two threads deliver their jobs to the indexer and to the exports, as SQS does. The file of an export, for which
S3 has a signed address, is an address of this server.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Any, NoReturn
from urllib.parse import urlsplit

from functions.http import problem
from functions.http.problem import NOSNIFF
from functions.local.events import LambdaContext, http_event, path_of, route, sqs_event
from functions.runtime import jobs, retries, settings
from quoth.answers.rows import ROW_FORMATS
from quoth.errors import NotFound, QuothError
from quoth.exports import job as exports
from quoth.storage.stores.protocol import LinkingStore
from quoth.text.sanitize import one_line

MAX_BODY_BYTES = 6 * 1024 * 1024  # the limit of Lambda
LINGER_SECONDS = 1.0  # the longest pause of a client that still sends a rejected body
MAX_LINE = 1024  # bytes of a chunk header
HERE = ("127.0.0.1", "localhost")
# API Gateway's response to a CORS preflight: the CorsConfiguration of template.yaml.
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "if-none-match",
    "Access-Control-Max-Age": "86400",
}
_EXPORT_FILE = re.compile(r"/v1/exports/(?P<id>[^/]+)/file")
PART = 2**20  # bytes of a file that are in memory
DELIVERIES = 3  # of a failing job, before the server gives up

Handler = Callable[[dict[str, Any], Any], dict[str, Any] | None]


class LocalFunctions:
    """The handlers, each loaded at its first call and called by one thread at a time, as an instance in Lambda.

    The exports have two instances: one writes files while the other answers how far they are.
    """

    def __init__(self) -> None:
        self._locks = {name: threading.Lock() for name in ("ingest", "indexer", "search", "exports", "slack")}
        self._writing = threading.Lock()

    def call(self, name: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """Call the handler of a function."""
        is_writing = name == "exports" and "Records" in event
        with self._writing if is_writing else self._locks[name]:
            handler: Handler = importlib.import_module(f"functions.{name}").handler
            return handler(event, LambdaContext(name))


class JobsThread(threading.Thread):
    """Delivers the jobs of a local queue to a function."""

    def __init__(self, functions: LocalFunctions, name: str, waiting: queue.Queue[str]) -> None:
        super().__init__(name=f"jobs of {name}", daemon=True)
        self._functions = functions
        self._function = name
        self._waiting = waiting

    def run(self) -> None:
        """Deliver each job until it is done, or give up with a message on the error output."""
        while True:
            body = self._waiting.get()
            try:
                self._deliver(body)
            finally:
                self._waiting.task_done()

    def _deliver(self, body: str) -> None:
        for number in range(1, DELIVERIES + 1):
            receives = number if number < DELIVERIES else retries.RECEIVES  # the function knows its last try by it
            try:
                answer = self._functions.call(self._function, sqs_event([body], receives))
            except Exception as error:  # as SQS: redeliver after a failed invocation
                print(f"quoth: {self._function} failed: {error!r}", file=sys.stderr)
                continue
            if answer is not None and not answer["batchItemFailures"]:
                return
        print(f"quoth: gave up a job after {DELIVERIES} deliveries: {body}", file=sys.stderr)


class LocalServer(ThreadingHTTPServer):
    """The HTTP server; `wait_until_indexed` waits for all accepted jobs."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), RequestHandler)
        self.functions = LocalFunctions()
        self._waiting = {"indexer": _local_queue(jobs.LOCAL), "exports": _local_queue(jobs.LOCAL_EXPORTS)}
        for name, local in self._waiting.items():
            JobsThread(self.functions, name, local.waiting).start()
        store = settings.archive(settings.current().store).store
        if not isinstance(store, LinkingStore):  # a bucket has a rule that deletes, and a queue that forgets nothing
            exports.forget(store)
            self._waiting["exports"].send([*exports.unfinished(store)])

    def wait_until_indexed(self) -> None:
        """Wait until every job of both queues is done."""
        for local in self._waiting.values():
            local.waiting.join()


def _local_queue(url: str) -> jobs.LocalQueue:
    local = jobs.open_queue(url)
    if not isinstance(local, jobs.LocalQueue):
        raise TypeError("the local queue is not local")
    return local


class RequestHandler(BaseHTTPRequestHandler):
    """One HTTP request and its response."""

    server: LocalServer
    protocol_version = "HTTP/1.1"
    path = ""  # of a request that cannot be read

    # Send a response in one piece: the second of two would wait 40 ms for the TCP acknowledgement of the first.
    wbufsize = -1

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Handle every method alike, as API Gateway does: a request without a route is a 404."""
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def _exchange(self) -> None:
        rejected = rejection(self.headers, self.path)
        if rejected is not None:
            self.close_connection = True  # the body stays unread, and must not be parsed as the next request
            return self._send_message(*rejected)
        try:
            body = self._body()
        except ValueError as error:
            self.close_connection = True
            self._send_message(413 if isinstance(error, BodyTooLarge) else 400, str(error))
            return self._linger()
        if self.command == "OPTIONS" and {"Origin", "Access-Control-Request-Method"} <= {*self.headers}:
            return self._send(204, PREFLIGHT, b"")
        if self.command == "GET" and (file := _EXPORT_FILE.fullmatch(path_of(self.path))):
            return self._send_export(file["id"])
        matched = route(self.command, path_of(self.path))
        if matched is None:
            return self._send_message(404, "Not Found")
        event = http_event(self.command, self.path, matched, self.headers.items(), body)
        try:
            answer = self.server.functions.call(matched.function, event) or {}
            content = (answer.get("body") or "").encode()
        except Exception as error:  # as API Gateway: a failed function is a 500
            print(f"quoth: {matched.function} failed: {error!r}", file=sys.stderr)
            return self._send_message(500, "Internal Server Error")
        return self._send(answer.get("statusCode", 200), answer.get("headers") or {}, content)

    def _body(self) -> bytes:
        """Return the body; raises `ValueError` for malformed chunks, `BodyTooLarge` for too many."""
        if "Transfer-Encoding" not in self.headers:
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        return b"".join(chunks(self.rfile))

    def _linger(self) -> None:
        """Discard the rest of the body for a moment, so that a client that is still sending it reads the response.

        A socket that is closed with unread data is reset, which discards the response too.
        """
        self.wfile.flush()
        self.connection.settimeout(LINGER_SECONDS)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            discarded = 0
            while discarded < 2 * MAX_BODY_BYTES and (data := self.rfile.read1(2**16)):
                discarded += len(data)

    def _send_message(self, status: int, message: str) -> None:
        """Send a message of the server itself, in the format of API Gateway."""
        self._send(status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode())

    def _send_export(self, job_id: str) -> None:
        """Send the file of an export part by part: the address that S3 would sign."""
        archive = settings.archive(settings.current().store)
        try:
            job = exports.look(archive, job_id)
            if job.status != "done":
                raise NotFound(f"export {job_id} has no file yet: it is {job.status}")
        except QuothError as error:
            answer = problem.of(error)
            return self._send(
                answer.status_code,
                {"Content-Type": problem.MEDIA_TYPE, "Cache-Control": "no-store"},
                (answer.body or "").encode(),
            )
        headers = {
            "Content-Type": ROW_FORMATS[job.format].media_type,
            "Content-Disposition": f'attachment; filename="quotes.{job.format}"',
            "Cache-Control": "no-store",
        }
        self._send_head(200, headers, job.bytes)
        try:
            for start in range(0, job.bytes, PART):
                self.wfile.write(archive.store.get_range(exports.file_key(job_id, job), start, start + PART))
        except QuothError as error:  # the client sees that the file is too short
            self.close_connection = True
            print(f"quoth: the file of export {job_id} cannot be read: {error}", file=sys.stderr)
        return None

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._send_head(status, headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.request_version = self.protocol_version  # of a line that cannot be read it is 0.9, which has no headers
        self.send_response(status)
        for name, value in {**headers, **NOSNIFF}.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer a request that cannot be read in the format of API Gateway; the base class sends a page of HTML."""
        self.close_connection = True
        self._send_message(code, message or HTTPStatus(code).phrase)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - the base class's
        """Log method, path and status, but not the query: searches are private."""
        print(one_line(f"{self.command or '-'} {self.path.partition('?')[0]} {int(code)}"), file=sys.stderr)


class BodyTooLarge(ValueError):
    """The body exceeds the limit."""


def chunks(file: BufferedIOBase) -> Iterator[bytes]:
    r"""Yield the chunks of a chunked body (RFC 9112, 7.1); raises `ValueError`.

    >>> import io
    >>> list(chunks(io.BytesIO(b"4\r\nland\r\n0\r\n\r\n")))
    [b'land']
    """
    size = -1
    total = 0
    while size:
        line = file.readline(MAX_LINE)
        digits = line.partition(b";")[0].strip()
        if not (re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits) and line.endswith(b"\n")):
            raise ValueError("the chunks of the body cannot be read")
        size = int(digits, 16)
        total += size
        if total > MAX_BODY_BYTES:
            raise BodyTooLarge("the body is too large")
        chunk = file.read(size)
        if file.readline(3) != b"\r\n" or len(chunk) < size:  # trailers are not supported
            raise ValueError("the chunks of the body cannot be read")
        if size:
            yield chunk


def rejection(headers: Message, target: str) -> tuple[int, str] | None:
    """Return status and reason for a request that this server rejects, `None` for an acceptable one.

    Only programs on this machine may send requests. Otherwise a web page could plant articles (a plain POST needs no
    permission) or, under a host name of its own, read the archive.
    """
    try:
        host = urlsplit(f"//{headers.get('Host', '')}").hostname
        origin = urlsplit(headers.get("Origin", "")).hostname
        urlsplit(target)
    except ValueError:
        return 400, "the request cannot be read"
    if host not in HERE or ("Origin" in headers and origin not in HERE):
        return 403, "this server accepts requests from programs on this machine only"
    if "Transfer-Encoding" in headers:
        is_valid = headers["Transfer-Encoding"].lower() == "chunked" and "Content-Length" not in headers
        return None if is_valid else (411, "send a Content-Length")
    length = headers.get("Content-Length", "0")
    if not (length.isascii() and length.isdigit()):
        return 400, "the Content-Length cannot be read"
    if len(length) > 9 or int(length) > MAX_BODY_BYTES:
        return 413, "the body is too large"
    return None


def configure(store: str) -> None:
    """Configure the functions of this process for an archive; call this before the first call of a function."""
    os.environ["QUOTH_STORE"] = store
    os.environ["QUOTH_QUEUE_URL"] = jobs.LOCAL
    os.environ["QUOTH_EXPORT_QUEUE_URL"] = jobs.LOCAL_EXPORTS
    os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "quoth")


def serve(store: str, port: int) -> int:
    """Serve on 127.0.0.1 until interrupted; accepted jobs are indexed before this returns."""
    configure(store)
    settings.archive(store)  # report an invalid address now, not at the first request
    try:
        server = LocalServer(port)
    except (OSError, OverflowError) as error:
        raise QuothError(f"cannot listen on 127.0.0.1:{port}: {error}; choose another --port") from None
    signal.signal(signal.SIGTERM, _interrupt)
    print(
        f"quoth: serving {store} on http://127.0.0.1:{server.server_port}/v1/quotes; stop with Ctrl-C", file=sys.stderr
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("quoth: indexing accepted jobs, then stopping", file=sys.stderr)
    server.wait_until_indexed()
    server.server_close()
    return 0


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt
