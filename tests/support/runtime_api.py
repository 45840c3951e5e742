"""A stand-in for Lambda's Runtime API, with the part that its emulator lacks: a snapshot, and a restore from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

VERSION = "/2018-06-01/runtime"


class StandInRuntimeApi:
    """Gives a runtime one event after another, and keeps what it asked and answered, in order.

    `keys` are what it answers as the service of keys that a restored function asks.
    """

    def __init__(self, *events: Mapping[str, Any], keys: Mapping[str, str] | None = None) -> None:
        self.asked: list[str] = []
        self.answers: list[Any] = []
        self.done = threading.Event()
        self._events = list(events)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(keys or {}))
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandInRuntimeApi:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, keys: Mapping[str, str]) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                api.asked.append(self.path.removeprefix(VERSION))
                if self.path == "/keys":
                    return self._answer(200, json.dumps(keys).encode())
                if self.path == f"{VERSION}/restore/next":
                    return self._answer(200, b"")
                if not api._events:  # a runtime waits here until it is ended
                    api.done.set()
                    threading.Event().wait(30)
                    return None
                event = json.dumps(api._events.pop(0)).encode()
                return self._answer(
                    200,
                    event,
                    {
                        "Content-Type": "application/json",
                        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
                        "Lambda-Runtime-Aws-Request-Id": "r-1",
                        "Lambda-Runtime-Deadline-Ms": "99999999999999",
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:1:function:search",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                api.asked.append(self.path.removeprefix(VERSION))
                api.answers.append(json.loads(body or b"null"))
                self._answer(202, b"{}")

            def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
