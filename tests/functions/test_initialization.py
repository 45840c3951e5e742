"""What a function does before its first request: on a start, and before and after it is copied (SnapStart)."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from functions.runtime import initialization, settings
from quoth.archive import Archive, open_archive
from quoth.engine.query.request import Request
from quoth.errors import Unavailable
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob
from tests.conftest import BUCKET, renew_session
from tests.support.builders import an_article
from tests.support.events import http

ROOT = Path(__file__).parents[2]
VERSION = "/2018-06-01/runtime"  # of Lambda's Runtime API
CLIENT = ROOT / "build" / "emulator"  # Lambda's client of the Runtime API
ON_DEMAND = {initialization.TYPE: "on-demand"}


class FarStore(MemoryStore):
    """A store that a test can make fail or wait, and that keeps what was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.is_down = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def get(self, key: str) -> Blob:
        self.read.append(key)
        self.may_answer.wait(10)
        if self.is_down:
            raise Unavailable("the store is down")
        return super().get(key)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> FarStore:
    store = FarStore()
    archive = Archive(store)
    archive.add(an_article(body="“The dam will hold,” said Ada Okafor."))
    opened = Archive(store)
    monkeypatch.setattr(settings, "archive", lambda _: opened)
    monkeypatch.setenv("QUOTH_STORE", "file:nowhere")
    settings.current.cache_clear()
    store.read.clear()
    return store


def found() -> int:
    return settings.archive("").answer(Request("dam")).total


def test_lambda_finds_the_index_open_at_the_first_request(store: FarStore) -> None:
    initialization.begin(ON_DEMAND)
    assert store.read == ["manifest.json"]
    assert found() == 1


def test_a_server_on_a_laptop_opens_nothing_before_it_is_asked(store: FarStore) -> None:
    initialization.begin({})
    assert store.read == []


def test_a_store_that_fails_is_asked_again_by_the_first_request(store: FarStore) -> None:
    store.is_down = True
    initialization.begin(ON_DEMAND)
    store.is_down = False
    assert found() == 1


def test_a_store_that_does_not_answer_delays_no_start(store: FarStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initialization, "SECONDS", 0.05)
    store.may_answer.clear()
    initialization.begin(ON_DEMAND)
    threading.Timer(0.05, store.may_answer.set).start()
    assert found() == 1


@pytest.mark.parametrize("module", initialization.LATER)
def test_what_a_copy_has_already_is_there(module: str) -> None:
    import_module(module)


def test_two_copies_draw_different_numbers(store: FarStore) -> None:
    """The state of `random` is copied, too."""
    copied = random.getstate()
    drawn = set()
    for _ in range(2):
        random.setstate(copied)
        initialization.after_copy()
        drawn.add(random.getstate())
    assert len(drawn) == 2


class StandInRuntimeApi:
    """A stand-in for Lambda's Runtime API, with a part that its emulator lacks: a snapshot, and a restore from it.

    It gives a runtime one event after another, and keeps what it asked and answered, in order.

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


def run(api: StandInRuntimeApi, store: str, more: dict[str, str]) -> subprocess.Popen[bytes]:
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, (CLIENT, ROOT / "index", ROOT))),
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "search",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_REGION": "eu-west-1",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "QUOTH_MOSTLY_READS": "true",
        "QUOTH_STORE": store,
        initialization.TYPE: "snap-start",
        **more,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", "functions.search.handler"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.mark.prove
@pytest.mark.skipif(not CLIENT.is_dir(), reason="build/emulator is missing: make build/emulator.stamp")
def test_the_runtime_copies_the_function_and_the_copy_answers(tmp_path: Path) -> None:
    open_archive(f"file:{tmp_path}").add(an_article(body="“The dam will hold,” said Ada Okafor."))
    with StandInRuntimeApi(http("GET", "/v1/quotes?q=dam")) as api, run(api, f"file:{tmp_path}", {}) as process:
        try:
            assert api.done.wait(30), api.asked
        finally:
            process.kill()
    assert api.asked[:3] == ["/restore/next", "/invocation/next", "/invocation/r-1/response"]
    [answer] = api.answers
    assert answer["statusCode"] == 200, answer
    assert json.loads(answer["body"])["total"]["value"] == 1


@pytest.mark.prove
@pytest.mark.skipif(not CLIENT.is_dir(), reason="build/emulator is missing: make build/emulator.stamp")
def test_a_copy_signs_with_keys_of_its_own(moto_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A restored function has no keys in its environment, but an address."""
    for name, value in moto_server.items():
        monkeypatch.setenv(name, value)
    renew_session(monkeypatch)
    store = f"s3://{BUCKET}/copied"
    open_archive(store).add(an_article(body="“The dam will hold,” said Ada Okafor."))
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    keys = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "t", "Expiration": end}
    with StandInRuntimeApi(http("GET", "/v1/quotes?q=dam"), keys=keys) as api:
        more = {name: value for name, value in moto_server.items() if "KEY" not in name}
        more["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://{api.address}/keys"
        with run(api, store, more) as process:
            try:
                assert api.done.wait(30), api.asked
            finally:
                process.kill()
    # Once for the index that is opened before the copy, once for the copy.
    assert [path for path in api.asked if path != "/invocation/r-1/response"] == [
        "/keys",
        "/restore/next",
        "/invocation/next",
        "/keys",
        "/invocation/next",
    ]
    [answer] = api.answers
    assert answer["statusCode"] == 200, answer
