"""The WSGI application of the local server: what API Gateway does between a client and a function.

It makes the events that API Gateway makes (HTTP API, payload 2.0) and calls the same handlers. The file of an export,
for which S3 has a signed address, is an address of this application.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from functions.http import problem
from functions.http.problem import NOSNIFF
from functions.http.request import raw_body
from functions.local.events import LambdaContext, http_event, path_of, route
from functions.local.log import log_failure, log_request
from functions.runtime import settings
from quoth.answers.rows import ROW_FORMATS
from quoth.archive import Archive
from quoth.errors import NotFound, QuothError
from quoth.exports import job as exports
from quoth.exports.job import ExportJob
from quoth.text.sanitize import one_line

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_BODY_BYTES = 6 * 1024 * 1024  # the limit of Lambda
HERE = ("127.0.0.1", "localhost")
PART = 2**20  # bytes of a file that are in memory
# API Gateway's response to a CORS preflight: the CorsConfiguration of template.yaml.
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "if-none-match",
    "Access-Control-Max-Age": "86400",
}
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_EXPORT_FILE = re.compile(r"/v1/exports/(?P<id>[^/]+)/file")

# The modules of the handlers, by function.
MODULES = {
    "ingest": "functions.ingest",
    "indexer": "functions.indexer",
    "search": "functions.search",
    "exports": "functions.exports",
    "reports": "functions.reports",
    "slack": "functions.slack.function",
}

Handler = Callable[[dict[str, Any], Any], dict[str, Any] | None]


class Callers(NamedTuple):
    """Who may send requests: the names that a request may give the server, and the origins of web pages.

    By default only programs on this machine may. Otherwise a web page could plant articles (a plain POST needs no
    permission) or, under a host name of its own, read the archive. `by_address`: the server may be called by any
    address, since only a name can be made to point elsewhere.
    """

    names: frozenset[str] = frozenset(HERE)
    origins: frozenset[str] = frozenset()
    by_address: bool = False

    def may_name(self, name: str) -> bool:
        """Whether a request may give the server a name.

        >>> [Callers(by_address=one).may_name("10.0.0.7") for one in (False, True)], Callers().may_name("LOCALHOST")
        ([False, True], True)
        """
        name = name.lower()
        return name in self.names or (self.by_address and _is_address(name))

    def may_ask(self, origin: str, host: str) -> bool:
        """Whether a page may ask the server, which it calls by `host`: a page here, of the server, or an allowed one.

        >>> callers = Callers(origins=frozenset({"https://desk.example"}))
        >>> callers.may_ask("https://desk.example", "localhost"), callers.may_ask("https://evil.example", "localhost")
        (True, False)
        """
        origin = origin.lower()
        match = _HOST.fullmatch(re.sub("^https?://", "", origin))
        is_here = match is not None and (match["name"] in HERE or match[0] == host.lower())
        return is_here or not self.origins.isdisjoint({origin, "*"})


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


ON_THIS_MACHINE = Callers()


class LocalFunctions:
    """The handlers, each loaded at its first call and called by one thread at a time, as an instance in Lambda.

    The exports have two instances: one writes files while the other answers how far they are.
    """

    def __init__(self) -> None:
        self._locks = {name: threading.Lock() for name in MODULES}
        self._writing = threading.Lock()

    def call(self, name: str, event: dict[str, Any]) -> dict[str, Any] | None:
        """Call the handler of a function."""
        is_writing = name == "exports" and "Records" in event
        with self._writing if is_writing else self._locks[name]:
            handler: Handler = importlib.import_module(MODULES[name]).handler
            return handler(event, LambdaContext(name))


class LocalAnswer(NamedTuple):
    """An answer: the key of its route, if it has one, its status, headers and body, and the bytes of the body."""

    key: str | None
    status: int
    headers: dict[str, str]
    parts: Iterable[bytes]
    size: int


class LocalApplication:
    """Answers the requests of the local server; several threads may call it."""

    def __init__(self, functions: LocalFunctions, callers: Callers = ON_THIS_MACHINE) -> None:
        self._functions = functions
        self._callers = callers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333). waitress has read its body whole."""
        method = environ["REQUEST_METHOD"]
        answer = self._answer(method, environ["REQUEST_URI"], dict(headers_of(environ)), environ["wsgi.input"].read())
        log_request(answer.key, answer.status)
        length = {} if answer.status in (204, 304) else {"Content-Length": str(answer.size)}
        phrase = HTTPStatus(answer.status).phrase
        start_response(f"{answer.status} {phrase}", [*{**answer.headers, **NOSNIFF, **length}.items()])
        return () if method == "HEAD" else answer.parts

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> LocalAnswer:
        rejected = rejection(headers, target, len(body), self._callers)
        if rejected is not None:
            return _message(None, *rejected)
        if method == "OPTIONS" and {"origin", "access-control-request-method"} <= headers.keys():
            return LocalAnswer("OPTIONS", 204, PREFLIGHT, (), 0)
        if method == "GET" and (file := _EXPORT_FILE.fullmatch(path_of(target))):
            return export_file(file["id"])
        matched = route(method, path_of(target))
        event = http_event(method, target, matched, headers.items(), body)
        try:
            answer = self._functions.call(matched.function, event) or {}
            content = raw_body(answer)  # text or base64, as in an event
        except Exception as error:  # as API Gateway: a failed function is a 500
            log_failure(matched.function, error)
            return _message(matched.key, 500, "Internal Server Error")
        return _whole(matched.key, answer.get("statusCode", 200), answer.get("headers") or {}, content)


def _message(key: str | None, status: int, message: str) -> LocalAnswer:
    """Return a message of the server itself, in the format of API Gateway."""
    return _whole(key, status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode())


def _whole(key: str | None, status: int, headers: dict[str, str], content: bytes) -> LocalAnswer:
    return LocalAnswer(key, status, headers, (content,), len(content))


def headers_of(environ: WSGIEnvironment) -> Iterator[tuple[str, str]]:
    """Yield the headers of a request, their names in lower case.

    >>> list(headers_of({"HTTP_IF_NONE_MATCH": "*", "CONTENT_TYPE": "text/plain", "SERVER_NAME": "x"}))
    [('if-none-match', '*'), ('content-type', 'text/plain')]
    """
    for name, value in environ.items():
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            yield name.removeprefix("HTTP_").replace("_", "-").lower(), value


def rejection(
    headers: dict[str, str], target: str, size: int, callers: Callers = ON_THIS_MACHINE
) -> tuple[int, str] | None:
    """Return status and reason for a request that this server rejects, `None` for an acceptable one.

    >>> rejection({"host": "localhost:8000"}, "/v1/index", 0)
    >>> rejection({"host": "evil@127.0.0.1"}, "/v1/index", 0)
    (400, 'the Host cannot be read')
    """
    host = headers.get("host", "")
    hosts = [host, *([urlsplit(target).netloc] if not re.match("/(?!/)", target) else [])]
    names = [_HOST.fullmatch(one) for one in hosts]
    if not all(names):
        return 400, "the Host cannot be read"
    if not all(match and callers.may_name(match["name"]) for match in names):
        return 403, "this server accepts requests from programs on this machine only, unless it was started with --host"
    if not callers.may_ask(headers.get("origin", "localhost"), host):
        return (
            403,
            "this server accepts requests from pages on this machine only, unless it was started with --allow-origin",
        )
    return (413, "the body is too large") if size > MAX_BODY_BYTES else None


def export_file(job_id: str) -> LocalAnswer:
    """Return the file of an export, or the problem with it: the address that S3 would sign."""
    key = "GET /v1/exports/{id}/file"
    archive = settings.archive(settings.current().store)
    try:
        job = exports.look(archive, job_id)
        if job.status != "done":
            raise NotFound(f"export {job_id} has no file yet: it is {job.status}")
    except QuothError as error:
        told = problem.of(error)
        headers = {"Content-Type": problem.MEDIA_TYPE, "Cache-Control": "no-store"}
        return _whole(key, told.status_code, headers, (told.body or "").encode())
    headers = {
        "Content-Type": ROW_FORMATS[job.format].media_type,
        "Content-Disposition": f'attachment; filename="quotes.{job.format}"',
        "Cache-Control": "no-store",
    }
    return LocalAnswer(key, 200, headers, _parts(archive, job_id, job), job.bytes)


def _parts(archive: Archive, job_id: str, job: ExportJob) -> Iterator[bytes]:
    try:
        for start in range(0, job.bytes, PART):
            yield archive.store.get_range(exports.file_key(job_id, job), start, start + PART)
    except QuothError as error:  # the client sees that the file is too short
        print(one_line(f"quoth: the file of export {job_id} cannot be read: {error}"), file=sys.stderr)
