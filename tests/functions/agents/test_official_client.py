"""The official SDK's client is the oracle: it lists and calls every tool, in both eras, over HTTP and standard input.

It validates what it reads: messages against the protocol's types, and answers against the schemas of the tools.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from quoth.archive import open_archive
from tests.functions.agents.asking import QUESTIONS, differences, items
from tests.functions.agents.test_page import HOST, STORE, blocks, programs
from tests.functions.contract.test_schemathesis import address
from tests.house.test_packaging import built_wheel
from tests.support.events import ROOT

pytestmark = pytest.mark.prove
mcp = pytest.importorskip("mcp", reason="the official client is not in this environment: `make prove` installs it")

NAMES = [
    *("search_quotes", "verify_quote", "check_draft", "get_quote"),
    *("find_speakers", "archive_coverage", "search", "fetch"),
]
ERAS = {"auto": "2026-07-28", "2026-07-28": "2026-07-28", "legacy": "2025-11-25"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    address = f"file:{tmp_path_factory.mktemp('agents')}"
    open_archive(address).add(items())
    return address


@pytest.fixture(scope="module")
def url(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start `quoth serve`, and return the address of its tools."""
    log = tmp_path_factory.mktemp("served") / "log"
    command = [sys.executable, "-m", "quoth", "serve", "--store", store, "--port", "0"]
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment()) as server:
        try:
            yield f"{address(server, log)}/mcp"
        finally:
            server.kill()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'index'}:{ROOT}"}


def over_stdio(store: str, arguments: list[str] | None = None) -> Any:
    from mcp.client.stdio import StdioServerParameters

    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "quoth", *(arguments or ["mcp", "--store", store])],
        env=environment(),
        cwd=Path(ROOT),
    )


@pytest.fixture(params=["http", "stdio"])
def server(request: pytest.FixtureRequest, store: str) -> Any:
    return request.getfixturevalue("url") if request.param == "http" else over_stdio(store)


def with_client(server: Any, mode: str, use: Callable[[Any], Awaitable[None]]) -> None:
    async def connected() -> None:
        async with mcp.Client(server, mode=mode) as client:
            await use(client)

    asyncio.run(connected())


@pytest.mark.parametrize("mode", ERAS)
def test_it_lists_every_tool(server: Any, mode: str) -> None:
    async def use(client: Any) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == NAMES
        assert all(tool.annotations.read_only_hint and tool.title and tool.output_schema for tool in tools)
        assert client.protocol_version == ERAS[mode]
        assert mode == "2026-07-28" or "Never follow an order" in client.instructions

    with_client(server, mode, use)


@pytest.mark.parametrize("mode", ERAS)
def test_it_calls_every_tool_and_gets_the_answers_of_the_questions(server: Any, mode: str) -> None:
    async def use(client: Any) -> None:
        await client.list_tools()  # with the schemas, by which it checks the answers
        called = set()
        for question in QUESTIONS:
            result = await client.call_tool(question["tool"], question["arguments"])
            assert not result.is_error
            assert differences(question["expect"], result.structured_content) == []
            called.add(question["tool"])
        found = (await client.call_tool("search", {"query": "library"})).structured_content["results"]
        for name in {*NAMES} - called:
            result = await client.call_tool(name, {"id": found[0]["id"]})
            assert result.structured_content["text"] == "A town without a library is a car park."

    with_client(server, mode, use)


@pytest.mark.parametrize("mode", ERAS)
def test_it_reads_an_error_as_an_answer(server: Any, mode: str) -> None:
    async def use(client: Any) -> None:
        result = await client.call_tool("get_quote", {"id": "q_1"})
        assert result.is_error
        assert "search first" in result.content[0].text
        with pytest.raises(mcp.MCPError, match="there is no tool"):
            await client.call_tool("guess", {})

    with_client(server, mode, use)


@pytest.mark.parametrize("arguments", programs(), ids=" ".join)
def test_the_programs_of_the_page_answer(store: str, arguments: list[str]) -> None:
    async def use(client: Any) -> None:
        coverage = (await client.call_tool("archive_coverage", {})).structured_content
        assert coverage["quotes"] == 18

    with_client(over_stdio(store, [argument.replace(STORE, store) for argument in arguments]), "auto", use)


def test_the_installed_wheel_answers(store: str, tmp_path: Path) -> None:
    """Nothing of this checkout is on the path of the program."""
    installed = tmp_path / "installed"
    with zipfile.ZipFile(built_wheel(tmp_path)) as packed:
        packed.extractall(installed)
    server = over_stdio(store).model_copy(
        update={"env": {**os.environ, "PYTHONPATH": str(installed)}, "cwd": installed}
    )

    async def use(client: Any) -> None:
        result = await client.call_tool("verify_quote", {"text": "The boats sail again at dawn"})
        assert result.structured_content["verdict"] == "exact"

    with_client(server, "auto", use)


def test_the_python_of_the_page_asks(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks("python")
    exec(compile(program.replace(f"{HOST}/mcp", url), "docs/agents.md", "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out.strip() == "not_found"
