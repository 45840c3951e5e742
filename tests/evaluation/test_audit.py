"""`make audit` tells three outcomes apart: no advisory, some, and no answer. A server of our own speaks for OSV."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tools import audit
from tools.artifact.check import locked

Speak = Callable[[Any], str]


@pytest.fixture
def source() -> Iterator[Speak]:
    """Start a server that answers with a value, or with what a function makes of the question; return its address."""
    reply: Any = None
    asked: list[Any] = []

    class Osv(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            content = json.dumps(reply(asked[-1]) if callable(reply) else reply).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    def speak(value: Any) -> str:
        nonlocal reply
        reply = value
        return f"http://127.0.0.1:{server.server_port}/v1/querybatch"

    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield speak
    server.shutdown()
    server.server_close()


def about(name: str) -> Callable[[Any], Any]:
    """Answer that there is an advisory about one name."""
    found = {"vulns": [{"id": "GHSA-2"}, {"id": "GHSA-1"}]}
    return lambda question: {"results": [found if q["package"]["name"] == name else {} for q in question["queries"]]}


def test_no_advisory_is_success(source: Speak, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["--source", source(about("nothing"))]) == 0
    assert capsys.readouterr().out.endswith(" locked versions checked, 0 with advisories\n")


def test_an_advisory_is_named_with_its_version_and_locks(source: Speak, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["--source", source(about("waitress"))]) == 1
    (line, _) = capsys.readouterr().out.splitlines()
    assert line.startswith("waitress 3.0.2 (dev.txt, serve.txt): GHSA-1, GHSA-2; ")


@pytest.mark.parametrize(("options", "code"), [([], 3), (["--optional"], 0)])
@pytest.mark.parametrize("answer", [None, [], {}, {"results": [{}]}])
def test_without_an_answer_it_says_that_nothing_was_checked(
    source: Speak, capsys: pytest.CaptureFixture[str], answer: Any, options: list[str], code: int
) -> None:
    address = source(answer) if answer is not None else "http://127.0.0.1:1/"
    assert audit.main(["--source", address, *options]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("audit: nothing was checked: the advisories cannot be reached (http://127.0.0.1:")


def test_every_locked_version_is_asked_for_in_parts(source: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 50)
    locks = {path.name: path.read_text("utf-8") for path in (audit.ROOT / "requirements").glob("*.txt")}
    wanted = sorted(audit.pins(locks))
    everything = audit.advisories(
        wanted, source(lambda question: {"results": [{"vulns": [{"id": q["version"]}]} for q in question["queries"]]})
    )
    assert everything == {pin: [pin[1]] for pin in wanted}
    assert len(wanted) > 150
    assert locked(locks["dev.txt"]).items() <= set(wanted)
