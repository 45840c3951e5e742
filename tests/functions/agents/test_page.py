"""docs/agents.md and the README: each configuration is read, and what it starts or asks is what there is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from demo.expectations import SAMPLE, read
from functions import search
from functions.http.agents import protocol
from functions.http.agents.toolbox import MAX_ANSWER, TOOLS
from quoth.archive import Archive
from quoth.cli import parser
from quoth.cli.commands import ask
from quoth.storage.stores.memory import MemoryStore
from tests.functions.agents.asking import toolbox
from tests.house.test_docs import unlike
from tests.house.test_template import TEMPLATE
from tests.support.events import ROOT

PAGE = (ROOT / "docs" / "agents.md").read_text("utf-8")
HOST = "https://quotes.example.org"
STORE = "file:/home/me/archive"


def blocks(language: str, page: str = PAGE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def configurations() -> Iterator[dict[str, Any]]:
    """Yield what each configuration says of the server."""
    for text in blocks("json"):
        known = json.loads(text)
        yield (known.get("mcpServers") or known.get("servers") or known["mcp_servers"])["quoth"]
    for text in blocks("toml"):
        yield tomllib.loads(text)["mcp_servers"]["quoth"]
    for line in blocks("console"):
        words = line.removeprefix("$ claude mcp add ").split()
        yield {"url": words[-1]} if "--transport" in words else {"command": words[2], "args": words[3:]}


def programs() -> list[list[str]]:
    """Return the programs that clients start: the arguments of `quoth`."""
    return [known["args"] for known in configurations() if known.get("command") == "quoth"]


def addresses() -> list[str]:
    return [known.get("url") or known["httpUrl"] for known in configurations() if "command" not in known]


def test_a_program_that_a_configuration_starts_is_a_command() -> None:
    assert len(programs()) == 4
    for arguments in programs():
        options = parser.build().parse_args(arguments)
        assert options.run is ask.mcp
        assert options.store == STORE


def test_an_address_of_a_configuration_is_that_of_the_tools() -> None:
    assert len(addresses()) == 6
    assert set(addresses()) == {f"{HOST}{search.AGENTS}"}
    assert f'Client("{HOST}{search.AGENTS}")' in blocks("python")[0]


def test_the_page_lists_the_tools_and_the_limits() -> None:
    (table,) = re.findall(r"^\| tool \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert re.findall(r"`(\w+)`", table) == list(TOOLS)
    assert f"up to {MAX_ANSWER:,} bytes" in PAGE
    assert all(version in PAGE for version in protocol.VERSIONS)


def test_the_parameter_that_closes_it_is_that_of_the_template() -> None:
    assert "`Agents=closed`" in PAGE
    assert TEMPLATE["Parameters"]["Agents"]["AllowedValues"] == ["open", "closed"]
    assert TEMPLATE["Parameters"]["Agents"]["Default"] == "open"


def test_the_question_in_the_readme_gets_the_answer_that_it_shows() -> None:
    """Shortened texts end in an ellipsis; everything else is verbatim."""
    (shown,) = blocks("jsonl", (ROOT / "README.md").read_text("utf-8"))
    question, end = json.JSONDecoder().raw_decode(shown)
    answer = json.loads(shown[end:])
    archive = Archive(MemoryStore())
    archive.add(read(SAMPLE))
    result = toolbox(archive).call(question["tool"], question["arguments"])
    assert unlike(answer, result["structuredContent"]) == []
