"""`POST /mcp`: the edge that API Gateway calls, as `quoth serve` does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from demo.expectations import SAMPLE, read
from functions import search
from functions.http.agents import protocol
from functions.http.agents.endpoint import MAX_MESSAGE
from functions.local.events import LambdaContext
from functions.runtime import settings
from tests.functions.agents.asking import headers_of, items, legacy, modern
from tests.support.events import ROOT, committed, http
from tests.support.served import stored

pytestmark = pytest.mark.usefixtures("served")


def post(body: bytes, content_type: str = "application/json", method: str = "POST", **headers: str) -> dict[str, Any]:
    event = http(method, "/mcp", body, content_type)
    event["headers"] |= headers
    answer: dict[str, Any] = search.handler(event, LambdaContext("search"))
    return answer


def ask(message: object, **headers: str) -> tuple[int, Any]:
    sent = headers_of(message) if isinstance(message, dict) and "_meta" in message.get("params", {}) else {}
    answer = post(json.dumps(message).encode(), **{**sent, **headers})
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    return modern("tools/call", {"name": tool, "arguments": arguments})


@pytest.mark.parametrize("era", [legacy, modern])
def test_a_question_is_answered_in_both_eras(era: Any) -> None:
    stored().add(items())
    status, body = ask(era("tools/call", {"name": "search_quotes", "arguments": {"q": "lorries"}}))
    (hit,) = body["result"]["structuredContent"]["hits"]
    assert (status, hit["speaker"]["name"], hit["attribution"]["status"]) == (200, "Helen Okoye", "attributed")


def test_the_event_for_sam_is_answered() -> None:
    stored().add(read(SAMPLE))
    answer = search.handler(committed("search-mcp"), LambdaContext("search"))
    result = json.loads(answer["body"])["result"]
    assert (answer["statusCode"], result["structuredContent"]["verdict"]) == (200, "partial")


def test_an_answer_is_not_kept_and_its_type_not_guessed() -> None:
    answer = post(json.dumps(legacy("ping")).encode())
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def test_a_notification_gets_202_and_nothing_more() -> None:
    answer = post(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode())
    assert (answer["statusCode"], answer["body"]) == (202, "")
    assert "Content-Type" not in answer["headers"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "PUT", "PATCH"])
def test_other_methods_are_not_allowed(method: str) -> None:
    """No stream to open, and no session to end."""
    answer = post(b"", method=method)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "POST")


class TestOrigin:
    """A page of another site must not use a reader's browser to ask."""

    @pytest.mark.parametrize(
        "origin",
        [
            "https://evil.example",
            "null",
            "",
            "http://localhost",
            "https://localhost.evil.example",
            "https://localhost:444",
        ],
    )
    def test_another_is_forbidden(self, origin: str) -> None:
        status, body = ask(legacy("ping"), origin=origin)
        assert (status, body["error"]["code"], body["id"]) == (403, -32600, None)

    @pytest.mark.parametrize(
        "origin", ["https://localhost", "https://quotes.example.org", "HTTPS://QUOTES.example.org"]
    )
    def test_our_own_may_ask(self, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://quotes.example.org/archive")
        assert ask(legacy("ping"), origin=origin)[0] == 200

    def test_a_program_sends_none(self) -> None:
        assert ask(legacy("ping"))[0] == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_a_form_of_a_page_is_not_a_message(content_type: str) -> None:
    """A browser sends these to another origin without asking it first."""
    assert post(b"{}", content_type=content_type)["statusCode"] == 415


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the body cannot be read"),
        (b"{", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b'{"id": 1, "id": 2}', "id is given twice"),
        (b"[" * 100_000, "nested"),
        (b'{"id": NaN}', "NaN"),
    ],
)
def test_a_body_that_two_readers_read_differently_is_refused(body: bytes, words: str) -> None:
    answer = post(body) if body else post(b" ")
    told = json.loads(answer["body"])
    assert (answer["statusCode"], told["error"]["code"], told["id"]) == (400, -32700, None)
    assert words in told["error"]["message"]


def test_too_long_a_message_is_refused() -> None:
    assert post(b" " * (MAX_MESSAGE + 1))["statusCode"] == 413


def test_header_and_body_must_agree() -> None:
    status, body = ask(call("fetch", id="q_1"), **{protocol.NAME_HEADER: "search"})
    assert (status, body["error"]["code"]) == (400, -32020)


def test_a_page_is_where_readers_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stored().add(items())
    (found,) = ask(call("search", query="library"))[1]["result"]["structuredContent"]["results"]
    assert found["url"] == f"https://localhost/q/{found['id']}"
    monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://quotes.example.org/archive/")
    settings.current.cache_clear()
    (found,) = ask(call("search", query="library"))[1]["result"]["structuredContent"]["results"]
    assert found["url"] == f"https://quotes.example.org/archive/q/{found['id']}"


def test_a_base_path_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://quotes.example.org/archive")
    answer = search.handler(http("GET", "/archive/mcp"), LambdaContext("search"))
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "POST")


def test_a_closed_archive_serves_no_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_AGENTS", "closed")
    status, body = ask(legacy("tools/list"))
    assert (status, body["error"]["message"]) == (404, "this archive serves no agents")


def test_a_fault_of_the_archive_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_STORE", "ftp://nowhere")
    status, body = ask(legacy("tools/list"))
    assert (status, body["error"]["code"]) == (500, -32603)
    assert "nowhere" not in json.dumps(body)


def test_a_search_loads_nothing_of_agents() -> None:
    """Only a request to /mcp pays for the tools, their schemas and the generator of the contract."""
    program = """
import sys
from functions import search
from functions.local.events import LambdaContext
from tests.support.events import http
search.handler(http("GET", "/v1/quotes?q=dam"), LambdaContext("search"))
wanted = ("functions.http.agents", "functions.http.openapi", "mcp")
before = [name for name in sys.modules if name.startswith(wanted)]
search.handler(http("DELETE", "/mcp"), LambdaContext("search"))
print(before, "functions.http.agents.endpoint" in sys.modules)
"""
    import os

    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'index'}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["[] True"], done.stderr
