"""`quoth mcp`: a message a line, and nothing else on the output."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from functions.local import stdio
from functions.local.stdio import MAX_LINE
from quoth.archive import Archive
from quoth.cli import main
from quoth.storage.stores.memory import MemoryStore
from tests.functions.agents.asking import items, legacy, modern
from tests.support.builders import an_article


def talk(*messages: object, archive: Archive | None = None, url: str = "") -> list[Any]:
    """Send messages, or lines of bytes, and return the answers."""
    lines = [message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n" for message in messages]
    target = io.BytesIO()
    stdio.serve(archive or Archive(MemoryStore()), url, io.BytesIO(b"".join(lines)), target)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def test_both_eras_may_ask_in_one_process() -> None:
    opened, listed, discovered, found = talk(
        legacy("initialize", {"protocolVersion": "2025-06-18"}),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        legacy("tools/list", id=2),
        modern("server/discover", id=3),
        modern("tools/call", {"name": "archive_coverage"}, id=4),
    )
    assert opened["result"]["protocolVersion"] == "2025-06-18"
    assert len(listed["result"]["tools"]) == 8
    assert discovered["result"]["supportedVersions"][0] == "2026-07-28"
    assert (found["id"], found["result"]["structuredContent"]["quotes"]) == (4, 0)


def test_a_legacy_server_is_told_by_an_error_that_is_not_modern() -> None:
    """So a client that probes with server/discover, but without an envelope, falls back to `initialize`."""
    assert talk(legacy("server/discover"))[0]["error"]["code"] == -32601


def test_a_line_that_is_no_message_is_answered_and_the_next_one_read() -> None:
    long = b'{"a": "' + b"x" * (2 * MAX_LINE) + b'"}\n'
    broken, blank, answered, too_long, last = talk(b"{\n", [], b"\n", legacy("ping"), long, legacy("ping", id=2))
    assert (broken["error"]["code"], blank["error"]["code"], too_long["error"]["code"]) == (-32700, -32600, -32600)
    assert (answered["id"], last["id"]) == (1, 2)


def test_an_answer_is_one_line_whatever_is_quoted() -> None:
    archive = Archive(MemoryStore())
    archive.add(an_article("“The dam\u2028will\u0085hold\x0b.\u202e”, said Ada Okafor."))
    target = io.BytesIO()
    source = io.BytesIO(json.dumps(legacy("tools/call", {"name": "search_quotes"})).encode())
    stdio.serve(archive, "", source, target)
    assert len(target.getvalue().decode().splitlines()) == 1
    assert target.getvalue().isascii()


def test_the_command_serves_an_archive(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    from quoth.archive import open_archive

    open_archive(f"file:{tmp_path}").add(items())
    message = legacy("tools/call", {"name": "search", "arguments": {"query": "library"}})
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(message).encode() + b"\n")))
    assert main.main(["mcp", "--store", f"file:{tmp_path}", "--public-url", "https://quotes.example.org/"]) == 0
    answer = json.loads(capsysbinary.readouterr().out)
    (found,) = answer["result"]["structuredContent"]["results"]
    assert found["url"] == f"https://quotes.example.org/q/{found['id']}"


def test_the_command_begins_no_archive(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["mcp", "--store", f"file:{tmp_path / 'nowhere'}"]) == 2
    assert "does not exist" in capsys.readouterr().err
