"""The local server on raw sockets: a malformed request reaches no function, and is answered."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import quoth
from functions.local import application, channel, server
from functions.local.application import LocalFunctions
from functions.runtime import jobs
from quoth.cli import main
from tests.support.events import ROOT

ARTICLE = '{"body": "“The dam will hold,” said Ada Okafor."}'.encode()
POST = b"POST /v1/articles HTTP/1.1\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(ARTICLE)
LAMBDA_BYTES = 6 * 2**20  # of a request that Lambda accepts


class Local:
    """A running server, and the names of the functions that it has called."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.called: list[str] = []

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ask(self, raw: bytes, *, end: bool = True) -> bytes:
        """Send raw bytes on a new connection and return all that is answered."""
        with self.connect() as connection:
            connection.sendall(raw)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(2**16), b""))


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    for name in ("QUOTH_STORE", "QUOTH_QUEUE_URL", "QUOTH_EXPORT_QUEUE_URL"):
        monkeypatch.setenv(name, "")  # `configure` sets them, monkeypatch restores them
    server.configure(f"file:{tmp_path / 'store'}")
    jobs.open_queue.cache_clear()
    running = server.LocalServer(0)
    started = Local(running.port)
    real = LocalFunctions.call

    def call(functions: LocalFunctions, name: str, event: dict[str, Any]) -> dict[str, Any] | None:
        started.called.append(name)
        return real(functions, name, event)

    monkeypatch.setattr(LocalFunctions, "call", call)
    threading.Thread(target=running.run, daemon=True).start()
    yield started
    running.wait_until_indexed()  # a later test must not see the jobs of this one
    running.stop()
    running.close()


MALFORMED = {
    "two hosts": POST + LENGTH + b"Host: localhost\r\nHost: evil.example\r\n\r\n" + ARTICLE,
    "the same host twice": POST + LENGTH + b"Host: localhost\r\nhost: localhost\r\n\r\n" + ARTICLE,
    "a list of hosts": POST + LENGTH + b"Host: localhost, localhost\r\n\r\n" + ARTICLE,
    "a host with a user": POST + LENGTH + b"Host: evil@127.0.0.1\r\n\r\n" + ARTICLE,
    "a host that is none": POST + LENGTH + b"Host: [\r\n\r\n" + ARTICLE,
    "a host that goes on": POST + LENGTH + b"Host: localhost\r\n .evil.example\r\n\r\n" + ARTICLE,
    "no host": POST + LENGTH + b"\r\n" + ARTICLE,
    "a target with a user": b"GET http://evil@127.0.0.1/v1/index HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two lengths": POST + LENGTH + b"Content-Length: 4\r\nHost: localhost\r\n\r\n" + ARTICLE,
    "the same length twice": POST + LENGTH + LENGTH + b"Host: localhost\r\n\r\n" + ARTICLE,
    "a length with a sign": POST + b"Content-Length: +4\r\nHost: localhost\r\n\r\n" + ARTICLE,
    "a length and chunks": POST + LENGTH + b"Transfer-Encoding: chunked\r\nHost: localhost\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"Host: localhost\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\nHost: localhost\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0")
    + b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\nHost: localhost\r\n\r\n0\r\n\r\n",
    "a chunk without a size": POST + b"Transfer-Encoding: chunked\r\nHost: localhost\r\n\r\nno\r\n",
    "half a body": POST + LENGTH + b"Host: localhost\r\n\r\n" + ARTICLE[:20],
    "half of the chunks": POST + b"Transfer-Encoding: chunked\r\nHost: localhost\r\n\r\n4\r\nRain\r\n",
    "half of the headers": POST + b"Host: localhost\r\n",
    "a target that cannot be split": b"GET http://[/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": b"GET /v1/index HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /v1/index\r\nHost: localhost\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "garbage without an end": b"\x16\x03\x01\x02\x00\x01\x00",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_a_400_and_reaches_no_function(local: Local, name: str) -> None:
    answer = local.ask(MALFORMED[name])
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.count(b"HTTP/1.1 ") == answer.count(b"X-Content-Type-Options: nosniff") == 1
    assert b'{"message": ' in answer
    assert local.called == []


def test_a_request_that_is_well_formed_reaches_its_function(local: Local) -> None:
    """The requests above differ from this one by their error alone."""
    answer = local.ask(POST + LENGTH + b"Host: LOCALHOST:8000\r\nConnection: close\r\n\r\n" + ARTICLE)
    assert answer.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert local.called[0] == "ingest"


@pytest.mark.parametrize("head", [b"\r\n", LENGTH * 2 + b"\r\n"])
def test_a_client_that_still_sends_reads_why_it_was_rejected(local: Local, head: bytes) -> None:
    """To close a socket with unread data would reset it, and discard the answer."""
    raw = b"<garbage>\r\n" + head + b"x" * 2**20
    assert local.ask(raw, end=False).startswith(b"HTTP/1.1 400 ")


def test_a_client_that_never_stops_is_cut_off(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MAX_LINGER_BYTES", 2**20)
    with local.connect() as connection:
        connection.sendall(b"<garbage>\r\n\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(bytes(2**27))


@pytest.mark.parametrize("more", [0, 1, LAMBDA_BYTES])
def test_a_body_that_is_too_large_for_lambda_is_refused(local: Local, more: int) -> None:
    head = b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    size = LAMBDA_BYTES + more
    assert local.ask(head % size + b"x" * size).startswith(b"HTTP/1.1 413 ")  # an article has a lower limit
    assert local.called == ([] if more else ["ingest"])


def test_headers_have_a_limit(local: Local) -> None:
    raw = b"GET /v1/index HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * server.MAX_HEADER_BYTES
    assert local.ask(raw, end=False).startswith(b"HTTP/1.1 431 ")


def test_a_connection_is_used_again(local: Local) -> None:
    with local.connect() as connection, connection.makefile("rb") as answers:
        for _ in range(2):
            connection.sendall(b"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answers.readline() == b"HTTP/1.1 404 Not Found\r\n"
            headers = dict(line.split(b": ", 1) for line in iter(lambda: answers.readline().strip(), b""))
            assert answers.read(int(headers[b"Content-Length"])).startswith(b'{"type":"about:blank"')


def test_no_word_of_a_request_is_logged(local: Local, capfd: pytest.CaptureFixture[str]) -> None:
    """Searches are private. A mistyped address may have the query in its path."""
    targets = ("quotes?q=canary", "quotes?canary=1", "quotes/canary", "speakers/canary", "quotes%3Fq=canary", "canary")
    for target in targets:
        local.ask(f"GET /v1/{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    for target in ("quotes?q=canary two", "quotes?q=canary\x07"):
        local.ask(f"GET /v1/{target} HTTP/1.1\r\nHost: canary\r\nCanary : canary\r\n\r\n".encode())
    local.ask(b"GET http://canary[/?q=canary HTTP/1.1\r\nHost: localhost\r\n\r\n")
    out, err = capfd.readouterr()
    assert "canary" not in (out + err).lower()
    assert err.splitlines()[:3] == ["GET /v1/quotes 200", "GET /v1/quotes 400", "GET /v1/quotes/{id} 404"]
    assert len(err.splitlines()) == 9


@pytest.mark.parametrize("end", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.prove)])
def test_a_signal_ends_it_after_the_accepted_jobs(tmp_path: Path, end: signal.Signals) -> None:
    store = f"file:{tmp_path / 'store'}"
    command = [sys.executable, "-m", "quoth", "serve", "--store", store, "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'index'}{os.pathsep}{ROOT}"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as running:
        assert running.stderr is not None
        found = re.search(r"127\.0\.0\.1:(\d+)", running.stderr.readline())
        assert found is not None
        local = Local(int(found[1]))
        raw = POST + LENGTH + b"Host: localhost\r\nConnection: close\r\n\r\n" + ARTICLE
        assert local.ask(raw).startswith(b"HTTP/1.1 202 ")
        running.send_signal(end)
        told = running.stderr.read()
    assert running.returncode == 0
    assert told.endswith("quoth: indexing accepted jobs, then stopping\n")
    assert quoth.open(store).stats().edition.quotes == 1


EVERYWHERE = "0.0.0.0"  # noqa: S104 -- what is tested
HEAD = b"GET /v1/index HTTP/1.1\r\nConnection: close\r\nHost: "


@pytest.mark.parametrize(
    ("host", "origins", "named", "origin", "status"),
    [
        ("127.0.0.1", (), "localhost", None, 200),
        ("127.0.0.1", (), "10.0.0.7", None, 403),
        ("127.0.0.1", (), "evil.example", None, 403),
        ("127.0.0.1", (), "localhost", "http://localhost:3000", 200),
        ("127.0.0.1", (), "localhost", "https://desk.example", 403),
        ("127.0.0.1", (), "localhost", "null", 403),
        ("127.0.0.1", ("https://desk.example/",), "localhost", "https://desk.example", 200),
        ("127.0.0.1", ("https://desk.example",), "localhost", "http://desk.example", 403),
        ("127.0.0.1", ("https://desk.example",), "localhost", "https://desk.example.evil", 403),
        ("127.0.0.1", ("*",), "localhost", "https://desk.example", 200),
        (EVERYWHERE, (), "10.0.0.7:8000", None, 200),
        (EVERYWHERE, (), "[::1]", None, 200),
        (EVERYWHERE, (), socket.gethostname(), None, 200),
        (EVERYWHERE, (), "evil.example", None, 403),  # a name that somebody has made to point here
        (EVERYWHERE, (), "10.0.0.7:8000", "http://10.0.0.7:8000", 200),  # a form of the pages
        (EVERYWHERE, (), "10.0.0.7:8000", "http://10.0.0.7:9000", 403),
    ],
)
def test_callers_are_this_machine_and_whoever_is_allowed(
    host: str, origins: tuple[str, ...], named: str, origin: str | None, status: int
) -> None:
    headers = {"host": named, **({} if origin is None else {"origin": origin})}
    told = application.rejection(headers, "/v1/index", 0, server.callers(host, origins))
    assert (200 if told is None else told[0]) == status


def test_a_server_for_others_warns_and_answers_by_its_address(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "quoth", "serve", "--store", f"file:{tmp_path / 'store'}", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'index'}{os.pathsep}{ROOT}"}
    more = ["--host", EVERYWHERE, "--allow-origin", "https://desk.example"]
    with subprocess.Popen([*command, *more], stderr=subprocess.PIPE, env=environment, text=True) as running:
        assert running.stderr is not None
        assert "warning: whoever reaches this machine can read the archive, and add to it" in running.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", running.stderr.readline())
        assert found is not None
        answer = Local(int(found[1])).ask(HEAD + b"10.0.0.7\r\nOrigin: https://desk.example\r\n\r\n")
        running.terminate()
        running.stderr.read()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Access-Control-Allow-Origin: *\r\n" in answer


def test_an_origin_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["serve", "--store", f"file:{tmp_path}", "--port", "0"]
    assert main.main([*command, "--allow-origin", "desk.example"]) == 2
    assert "--allow-origin: must be an origin such as https://example.org, or *" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main.main(["serve", "--store", f"file:{tmp_path}", "--port", str(port)]) == 3
    assert f"cannot listen on 127.0.0.1:{port}: " in capsys.readouterr().err


def test_without_the_extra_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "waitress"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("channel", "server"):
        monkeypatch.delitem(sys.modules, f"functions.local.{name}")
        monkeypatch.delattr(f"functions.local.{name}")
    monkeypatch.setitem(sys.modules, "waitress", None)
    assert main.main(["serve"]) == 2
    assert capsys.readouterr().err == (
        'quoth: serve needs waitress, which an extra installs: pip install "quoth[serve]"\n'
    )
