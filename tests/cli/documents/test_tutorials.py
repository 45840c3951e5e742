"""Every command of docs/tutorials.md runs, as it stands there, and prints what stands there."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from functions.local import server
from functions.runtime import jobs, settings
from quoth.cli import main
from tests.support.events import ROOT

PAGE = (ROOT / "docs/tutorials.md").read_text("utf-8")
START, FACTS, WEB, RESEARCH = ("You need", "The fact-checker", "The web developer", "The researcher")
NODE = ROOT / "build/clients-node/node_modules/.bin"  # `make test-clients` installs it
HERE = "http://127.0.0.1:8000"


class Block(NamedTuple):
    """A fenced block: its language, the name of its file if it is one, and its text."""

    language: str
    name: str
    text: str


def blocks(title: str) -> list[Block]:
    """Return the fenced blocks of a section; that before the first section has no title."""
    parts = re.split(r"^## (.+)\n", PAGE, flags=re.MULTILINE)
    sections = {START: parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    return [Block(*found) for found in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```", sections[title], re.M | re.S)]


class Follower:
    """Does what the page says, in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self._server: server.LocalServer | None = None
        self._names: dict[str, Any] = {}  # of the reader's session of Python

    def follow(self, title: str) -> None:
        """Do a section."""
        for block in blocks(title):
            if block.name:
                (self.folder / block.name).write_text(block.text, "utf-8")
            elif block.language == "python":
                self._python(block.text)
            else:
                assert block.language == "console"
                for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                    command, _, shown = part.partition("\n")
                    printed = self.run(command)
                    assert printed is None or matches(shown, printed), f"{command}\n{printed}"

    def run(self, command: str) -> str | None:
        """Run a command and return its output; `None` if a program that it needs is not installed here."""
        line, _, echo = command.partition("; echo $?")
        words = shlex.split(line)
        match words:
            case ["make", target]:
                assert f"step make {target}\n" in (ROOT / ".ci/run").read_text("utf-8")
            case [".", ".venv/bin/activate"] | ["cd", "tutorial"]:
                pass  # the test is there
            case ["mkdir", _]:
                pass
            case ["cp", source, "."]:
                shutil.copy(self.folder / source.replace("../", f"{ROOT}/"), self.folder)
            case ["export", setting]:
                self._monkeypatch.setenv(*setting.split("=", 1))
            case ["quoth", "serve", *arguments]:
                self._serve(arguments)
            case ["quoth", *arguments]:
                code = main.main(arguments)
                assert echo or code in (0, 1)  # a verdict is no failure
                return self._capsys.readouterr().out + (f"{code}\n" if command != line else "")
            case ["curl", "-s", *arguments]:
                return self._curl(arguments)
            case ["node", file]:
                return self._node(file)
            case ["npx", program, *arguments]:
                return self._npx(program, arguments)
            case ["echo" | "head", *_]:
                return subprocess.run(
                    ["bash", "-c", line], cwd=self.folder, check=True, capture_output=True, text=True
                ).stdout
            case _:
                raise AssertionError(f"the page has a command that the test cannot run: {command}")
        return ""

    def _python(self, text: str) -> None:
        test = doctest.DocTestParser().get_doctest(text, self._names, "tutorials", "docs/tutorials.md", 0)
        runner = doctest.DocTestRunner()
        runner.run(test, clear_globs=False)
        self._names = test.globs
        assert runner.failures == 0, self._capsys.readouterr().out

    def _serve(self, arguments: list[str]) -> None:
        assert arguments == ["--store", "file:site", "&"]
        server.configure("file:site")
        self._server = server.LocalServer(0)
        threading.Thread(target=self._server.run, daemon=True).start()

    def _here(self, text: str) -> str:
        assert self._server is not None
        return text.replace(HERE, f"http://127.0.0.1:{self._server.port}")

    def _curl(self, arguments: list[str]) -> str:
        """Ask as curl does; `--data-binary` is a POST."""
        assert self._server is not None
        headers, data, address = {}, None, ""
        words = iter(arguments)
        for word in words:
            if word == "-H":
                name, value = next(words).split(": ")
                headers[name] = value
            elif word == "--data-binary":
                data = (self.folder / next(words).removeprefix("@")).read_bytes()
            else:
                address = self._here(word)
        try:
            with urlopen(Request(address, data, headers)) as answer:  # noqa: S310 -- the server above
                body: str = answer.read().decode()
        except HTTPError as error:
            body = error.read().decode()
        if data is not None:
            self._server.wait_until_indexed()
        return body

    def _node(self, file: str) -> str | None:
        node = shutil.which("node")
        if node is None:
            return None
        program = self.folder / f"run-{file}"
        program.write_text(self._here((self.folder / file).read_text("utf-8")), "utf-8")
        return subprocess.run([node, program], check=True, capture_output=True, text=True).stdout

    def _npx(self, program: str, arguments: list[str]) -> str | None:
        if not (NODE / program).exists():
            return None
        command = [NODE / program, *map(self._here, arguments)]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return ""

    def leave(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.wait_until_indexed()
            self._server.stop()
            self._server.close()


@pytest.fixture
def reader(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    for name in ("QUOTH_STORE", "QUOTH_QUEUE_URL", "QUOTH_EXPORT_QUEUE_URL", "QUOTH_PUBLIC_URL"):
        monkeypatch.setenv(name, "")  # what the server sets, monkeypatch restores
    monkeypatch.chdir(tmp_path)
    jobs.open_queue.cache_clear()
    settings.current.cache_clear()
    reader = Follower(tmp_path, capsys, monkeypatch)
    reader.follow(START)
    yield reader
    reader.leave()
    settings.current.cache_clear()


def matches(shown: str, printed: str) -> bool:
    """Whether a command printed what is shown. A line with an ellipsis stands for any lines; times differ.

    >>> matches("3 quotes, 4 ms\\n…\\nb\\n", "3 quotes, 17 ms\\na\\na\\n\\nb\\n"), matches("a\\n", "a\\nb\\n")
    (True, False)
    """
    parts = [re.escape(without_times(part)) for part in re.split(r"^…\n", shown, flags=re.MULTILINE)]
    ended = printed if printed.endswith("\n") or not printed else f"{printed}\n"  # a prompt begins a new line
    return re.fullmatch(r"(?:.*\n)*?".join(parts), without_times(ended)) is not None


def without_times(text: str) -> str:
    return re.sub(r"\b\d+ ms\b", "N ms", text)


def test_the_fact_checker_gets_a_draft_that_is_confirmed(reader: Follower) -> None:
    reader.follow(FACTS)
    assert json.loads((reader.folder / "receipt.json").read_text())


def test_the_researcher_gets_a_table_and_counts(reader: Follower) -> None:
    reader.follow(RESEARCH)
    assert (reader.folder / "dam.csv").read_text().count("\n") == 6


def test_the_web_developer_gets_quotes_for_a_page(reader: Follower) -> None:
    reader.follow(WEB)


@pytest.mark.clients
def test_the_web_developer_gets_types(reader: Follower) -> None:
    assert (NODE / "openapi-typescript").exists() or shutil.which("npm") is None
    reader.follow(WEB)
    assert shutil.which("npm") is None or "hits:" in (reader.folder / "quoth.d.ts").read_text()


def test_no_section_is_left_out() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == [FACTS, WEB, RESEARCH]
