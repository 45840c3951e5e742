"""An invented archive that agents ask, with the questions of tests/cases/agents.json, and messages of the protocol."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.http import gates
from functions.http.agents import protocol
from functions.http.agents.toolbox import Toolbox
from functions.local.events import LambdaContext
from quoth.archive import Archive
from quoth.article import Article
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from quoth.storage.stores.memory import MemoryStore

CASES = json.loads((Path(__file__).parents[2] / "cases" / "agents.json").read_text("utf-8"))
QUESTIONS: list[dict[str, Any]] = CASES["questions"]
BASE = "https://quotes.example.org"


def items() -> list[Item]:
    """Return the articles and ready-made quotes of the invented archive."""
    articles = [Article(**_dated(known)) for known in CASES["articles"]]
    return [*articles, *(GivenQuote(**_dated(known)) for known in CASES["quotes"])]


def _dated(known: dict[str, Any]) -> dict[str, Any]:
    return {**known, "published": datetime.fromisoformat(known["published"]).replace(tzinfo=UTC)}


def toolbox(archive: Archive | None = None, base: str = BASE) -> Toolbox:
    """Return the tools over an archive, by default over the invented one."""
    if archive is None:
        archive = Archive(MemoryStore())
        archive.add(items())
    return Toolbox(archive, gates.checker(archive, LambdaContext("agents")), base)


def differences(expected: Any, answer: Any, place: str = "") -> list[str]:
    """Return where an answer lacks what is expected of it."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        lacking = [f"{place}/{name} is missing" for name in expected.keys() - answer.keys()]
        for name in expected.keys() & answer.keys():
            lacking += differences(expected[name], answer[name], f"{place}/{name}")
        return lacking
    if (
        isinstance(expected, list)
        and isinstance(answer, list)
        and len(answer) >= len(expected)
        and (expected or not answer)
    ):
        return [line for n, item in enumerate(expected) for line in differences(item, answer[n], f"{place}/{n}")]
    return [] if expected == answer else [f"{place} is {answer!r}, not {expected!r}"]


def legacy(method: str, params: dict[str, Any] | None = None, id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, **({} if params is None else {"params": params})}


def modern(method: str, params: dict[str, Any] | None = None, id: Any = 1) -> dict[str, Any]:
    meta = {protocol.VERSION_KEY: protocol.MODERN, protocol.CAPABILITIES_KEY: {}}
    return legacy(method, {**(params or {}), "_meta": meta}, id)


def headers_of(message: dict[str, Any]) -> dict[str, str]:
    """Return the headers that a modern client sends with a message."""
    headers = {protocol.VERSION_HEADER: protocol.MODERN, protocol.METHOD_HEADER: message["method"]}
    name = message["params"].get("name")
    return headers | ({protocol.NAME_HEADER: name} if isinstance(name, str) else {})
