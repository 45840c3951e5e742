"""The local HTTP server in front of the functions, which `quoth serve` starts: waitress, in one process.

The queues are in this process too; two threads deliver their jobs to the indexer and to the exports, as SQS does.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import sys
import threading
from typing import Any, NoReturn

from waitress import create_server, wasyncore

from functions.local.application import MAX_BODY_BYTES, LocalApplication, LocalFunctions
from functions.local.channel import LocalChannel
from functions.local.events import sqs_event
from functions.local.log import log_failure
from functions.runtime import jobs, retries, settings
from functions.slack import handover
from quoth.errors import QuothError
from quoth.exports import job as exports
from quoth.storage.stores.protocol import LinkingStore

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

    def __init__(self, port: int) -> None:
        listening = _listen(port)
        functions = LocalFunctions()
        # Waitress warns when requests queue and when a client disconnects; neither needs a line in the log.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        self._is_stopping, self._has_ended = threading.Event(), threading.Event()
        self._map: dict[int, Any] = {}
        self._http: Any = create_server(
            LocalApplication(functions),
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
        """The port on 127.0.0.1."""
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


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise QuothError(f"cannot listen on 127.0.0.1:{port}: {error}; choose another --port") from None


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


def serve(store: str, port: int, public_url: str | None = None) -> int:
    """Serve on 127.0.0.1 until interrupted; accepted jobs are indexed before this returns.

    `public_url` is the address that cards and embeds name; by default it is that of this server.
    """
    configure(store, public_url or "")
    settings.archive(store)  # report an invalid address now, not at the first request
    server = LocalServer(port)
    here = f"http://127.0.0.1:{server.port}"
    if public_url is None:
        configure(store, here)
        settings.current.cache_clear()
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"quoth: serving {store} on {here}/; the API is at {here}/v1/quotes; stop with Ctrl-C", file=sys.stderr)
    server.run()
    print("quoth: indexing accepted jobs, then stopping", file=sys.stderr)
    server.wait_until_indexed()
    server.close()
    return 0


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt
