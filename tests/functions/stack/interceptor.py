"""A proxy before moto's S3 that stops a request on its way there, or an answer on its way back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class StoppedRequest:
    """A request to stop: its method, the end of its path, and on which way."""

    method: str
    end: str
    way: str  # "there" or "back"
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class Interceptor:
    """The proxy; `target` is set before the first request."""

    def __init__(self) -> None:
        self.target = ""
        self._stops: list[StoppedRequest] = []
        interceptor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Callable[[], None]:
                if not name.startswith("do_"):
                    raise AttributeError(name)
                return partial(interceptor.pass_on, self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        path = urlsplit(request.path).path
        stops = [stop for stop in self._stops if request.command == stop.method and path.endswith(stop.end)]
        for stop in stops:
            if stop.way == "there":
                stop.reached.set()
                if stop.released.wait(60):
                    return  # its sender is dead, so it never arrives
        connection = HTTPConnection(urlsplit(self.target).netloc)
        connection.request(request.command, request.path, body, dict(request.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        for stop in stops:
            if stop.way == "back":
                stop.reached.set()
                if stop.released.wait(60):
                    return
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection"):
                request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)

    @contextmanager
    def stopping(self, method: str, end: str, way: str) -> Iterator[StoppedRequest]:
        """Stop such requests; whatever is stopped at the end of the block is dropped."""
        stop = StoppedRequest(method, end, way)
        self._stops.append(stop)
        try:
            yield stop
        finally:
            self._stops.remove(stop)
            stop.released.set()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
