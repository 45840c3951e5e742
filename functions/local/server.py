"""The local HTTP server in front of the functions, which `quoth serve` starts: waitress, in one process.

The queues are in this process too; two threads deliver their jobs to the indexer and to the exports, as SQS does.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import signal
import socket
import sys
import threading
from collections.abc import Collection
from typing import Any, NoReturn

from waitress import create_server, wasyncore

from functions.local.application import (
    HERE,
    MAX_BODY_BYTES,
    ON_THIS_MACHINE,
    Callers,
    LocalApplication,
    LocalFunctions,
)
from functions.local.channel import LocalChannel
from functions.local.events import sqs_event
from functions.local.log import log_failure
from functions.runtime import jobs, retries, settings
from functions.slack import handover
from quoth.errors import BadQuery, QuothError
from quoth.exports import job as exports
from quoth.storage.stores.protocol import LinkingStore

HOME = "127.0.0.1"
_ORIGIN = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?")
_OPEN = "whoever reaches this machine can read the archive, and add to it and withdraw from it: nothing is signed here"
_ANY_PAGE = "any page that a browser on this machine opens can read the archive, and add to it"
DELIVERIES = 3  # of a failing job, before the server gives up
THREADS = 8  # that answer requests; each function answers one at a time
MAX_HEADER_BYTES = 64 * 1024


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
                log_failure(self._function, error)
                continue
            if answer is not None and not answer["batchItemFailures"]:
                return
        print(f"quoth: gave up a job after {DELIVERIES} deliveries: {body}", file=sys.stderr)


class LocalServer:
    """The HTTP server; `wait_until_indexed` waits for all accepted jobs."""

    def __init__(self, port: int, host: str = HOME, origins: Collection[str] = ()) -> None:
        allowed = callers(host, origins)
        listening = _listen(host, port)
        functions = LocalFunctions()
        # Waitress warns when requests queue and when a client disconnects; neither needs a line in the log.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        self._is_stopping, self._has_ended = threading.Event(), threading.Event()
        self._map: dict[int, Any] = {}
        self._http: Any = create_server(
            LocalApplication(functions, allowed),
            map=self._map,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            max_request_header_size=MAX_HEADER_BYTES,
            # The application rejects bodies above its own, lower limit: a client that has sent all of its body reads
            # the answer.
            max_request_body_size=2 * MAX_BODY_BYTES,
        )
        self._http.channel_class = LocalChannel
        self._waiting = {"indexer": _local_queue(jobs.LOCAL), "exports": _local_queue(jobs.LOCAL_EXPORTS)}
        for name, local in self._waiting.items():
            JobsThread(functions, name, local.waiting).start()
        store = settings.archive(settings.current().store).store
        if not isinstance(store, LinkingStore):  # a bucket has a rule that deletes, and a queue that forgets nothing
            exports.forget(store)
            handover.forget(store)
            self._waiting["exports"].send([*exports.unfinished(store)])

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._http.effective_port)

    def run(self) -> None:
        """Answer requests until `stop` or an interrupt of the main thread; requests in progress are answered."""
        try:
            while not self._is_stopping.is_set():
                wasyncore.loop(timeout=1.0, map=self._map, count=1)
        except KeyboardInterrupt:
            pass
        finally:
            self._http.task_dispatcher.shutdown()
            self._has_ended.set()

    def stop(self) -> None:
        """End `run`, from another thread."""
        self._is_stopping.set()
        self._http.pull_trigger()
        self._has_ended.wait()

    def wait_until_indexed(self) -> None:
        """Wait until every job of both queues is done."""
        for local in self._waiting.values():
            local.waiting.join()

    def close(self) -> None:
        """Close every connection, after `run` has ended."""
        wasyncore.close_all(self._map)


def callers(host: str, origins: Collection[str]) -> Callers:
    """Return the hosts and origins that may call a server on `host`; raises `BadQuery` for an invalid origin.

    >>> callers("127.0.0.1", ["https://Desk.example/"]).origins
    frozenset({'https://desk.example'})
    """
    known = frozenset(origin.rstrip("/").lower() for origin in origins)
    for origin in known:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise BadQuery(
                "--allow-origin", f"must be an origin such as https://example.org, or *, not {origin[:60]!r}"
            )
    if is_here(host):
        return Callers(origins=known)
    own = {socket.gethostname().lower(), socket.getfqdn().lower(), host.lower()}
    return Callers(names=ON_THIS_MACHINE.names | own, origins=known, by_address=True)


def is_here(host: str) -> bool:
    """Whether only programs on this machine can reach a server that listens on an address, or a name."""
    return host in HERE or host == "::1" or host.startswith("127.")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise QuothError(f"cannot listen on {host}:{port}: {error}; choose another --port or --host") from None


def _address(host: str, port: int) -> str:
    """Return the address at which a program on this machine reaches the server.

    >>> _address("0.0.0.0", 80), _address("::1", 80)
    ('http://127.0.0.1:80', 'http://[::1]:80')
    """
    name = {"0.0.0.0": HOME, "::": "::1"}.get(host, host)  # noqa: S104 -- a value of --host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _local_queue(url: str) -> jobs.LocalQueue:
    local = jobs.open_queue(url)
    if not isinstance(local, jobs.LocalQueue):
        raise TypeError("the local queue is not local")
    return local


def configure(store: str, public_url: str = "") -> None:
    """Configure the functions of this process for an archive; call this before the first call of a function."""
    os.environ["QUOTH_PUBLIC_URL"] = public_url
    os.environ["QUOTH_STORE"] = store
    os.environ["QUOTH_QUEUE_URL"] = jobs.LOCAL
    os.environ["QUOTH_EXPORT_QUEUE_URL"] = jobs.LOCAL_EXPORTS
    os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "quoth")


def serve(store: str, port: int, public_url: str | None = None, host: str = HOME, origins: Collection[str] = ()) -> int:
    """Serve until interrupted; accepted jobs are indexed before this returns.

    Other machines reach it on another `host` than this machine's own, and pages of the `origins` may ask it.

    `public_url` is the address that cards and embeds name; by default it is that of this server.
    """
    configure(store, public_url or "")
    settings.archive(store)  # report an invalid address now, not at the first request
    server = LocalServer(port, host, origins)
    here = _address(host, server.port)
    if public_url is None:
        configure(store, here)
        settings.current.cache_clear()
    signal.signal(signal.SIGTERM, _interrupt)
    if not is_here(host):
        print(f"quoth: warning: {_OPEN}", file=sys.stderr)
    if "*" in origins:
        print(f"quoth: warning: {_ANY_PAGE}", file=sys.stderr)
    print(f"quoth: serving {store} on {here}/; the API is at {here}/v1/quotes; stop with Ctrl-C", file=sys.stderr)
    server.run()
    print("quoth: indexing accepted jobs, then stopping", file=sys.stderr)
    server.wait_until_indexed()
    server.close()
    return 0


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt
