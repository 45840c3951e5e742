"""The whole stack: moto, the functions in emulators, their sources, Lambda's API and the gateway."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from waitress import create_server, wasyncore

from functions.local.channel import LocalChannel
from tools.sign_event import EXAMPLE_SECRET
from tools.stack.functions import Artifacts, LocalFunction
from tools.stack.gateway import MAX_BODY, Gateway
from tools.stack.invoking import InvokeApi
from tools.stack.moto import resources
from tools.stack.moto.process import Moto
from tools.stack.moto.resources import EVENTS
from tools.stack.sources import EventSource, EventsSource, QueueSource, ScheduleSource
from tools.stack.template.declared import declared, transformed

THREADS = 16  # that answer requests


class HttpServer(threading.Thread):
    """A WSGI application on a port of this machine."""

    def __init__(self, application: Any, listening: socket.socket) -> None:
        super().__init__(daemon=True)
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        self._map: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._http: Any = create_server(
            application,
            map=self._map,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            # A client that has sent more than the application accepts still reads its answer.
            max_request_body_size=2 * MAX_BODY,
        )
        self._http.channel_class = LocalChannel
        self.address = f"http://127.0.0.1:{self._http.effective_port}"
        self.start()

    def run(self) -> None:
        """Answer requests until `stop`."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=1.0, map=self._map, count=1)

    def stop(self) -> None:
        """Answer no more requests."""
        self._stopping.set()
        self._http.pull_trigger()
        self.join()
        self._http.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        wasyncore.close_all(self._map)


class LocalStack:
    """The running stack of a template. `functions` and `urls`, the queues, have the names of the template.

    `environments` are variables of single functions, over those of the template.
    """

    def __init__(
        self,
        template: Path,
        artifacts: Artifacts,
        listening: socket.socket,
        parameters: Mapping[str, Any],
        environments: Mapping[str, Mapping[str, str]] | None = None,
        moto_port: int | None = None,
    ) -> None:
        made = transformed(template)
        with (artifacts.logs / "moto.log").open("ab") as log:
            self.moto = Moto(log, moto_port)
        self._sources: list[EventSource] = []
        self.functions: dict[str, LocalFunction] = {}
        self._servers: list[HttpServer] = []
        try:
            self.declared = declared(made, self.moto.address, parameters)
            self.urls = resources.make(self.declared, self.moto.address, EXAMPLE_SECRET)
            self.sqs = resources.client("sqs", self.moto.address)
            lambda_api = HttpServer(
                InvokeApi(self.functions, self.sqs, self.urls), socket.create_server(("127.0.0.1", 0))
            )
            self._servers.append(lambda_api)
            self.lambda_address = lambda_api.address
            self.moto.interpret(lambda_api.address)
            resources.make_machines(self.declared, self.moto.address)
            endpoints = {
                "AWS_ENDPOINT_URL": self.moto.address,
                "AWS_ENDPOINT_URL_LAMBDA": lambda_api.address,
            }
            for name, function in self.declared.functions.items():
                artifacts.of(name)  # to say now what is missing, not at the first event
                variables = {**endpoints, **(environments or {}).get(name, {})}
                self.functions[name] = LocalFunction(function, partial(artifacts.start, function, variables))
            self._sources = self._made_sources()
            for source in self._sources:
                source.start()
            self.gateway = Gateway(self.declared.routes, self.declared.cors, self.functions)
            front = HttpServer(self.gateway, listening)
            self._servers.append(front)
            self.address = front.address
        except BaseException:
            self.stop()
            listening.close()
            raise

    def _made_sources(self) -> list[EventSource]:
        made: list[EventSource] = []
        for source in self.declared.sources:
            function, receiving = self.functions[source.function], threading.Lock()
            made += [
                QueueSource(source, self.sqs, self.urls[source.queue], function, receiving)
                for _ in range(source.concurrency)
            ]
        for name, function in self.functions.items():
            failures = function.declared.failures
            told = None if failures is None else self.urls[failures]
            made.append(EventsSource(function, self.sqs, self.urls[EVENTS + name], told))
        for schedule in self.declared.schedules:
            made.append(ScheduleSource(schedule, self.sqs, self.urls[EVENTS + schedule.function]))
        return made

    def stop(self) -> None:
        """End everything; nothing of it is left."""
        for source in self._sources:
            source.stopping.set()
        for server in self._servers:
            server.stop()
        for function in self.functions.values():
            function.stop()
        self.moto.stop()
        for source in self._sources:
            source.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
