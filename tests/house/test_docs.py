"""The documents are correct: their links resolve, their commands run, and their examples give the printed output."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

import quoth
from demo.expectations import SAMPLE, read
from quoth.answers import build
from quoth.archive import Archive
from quoth.cli import main
from tests.support.events import ROOT
from tools.reference import command_line

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)\)")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(document: str) -> None:
    code = re.findall(r"`(make [^`]+)`|^\$ (make .+)$", (ROOT / document).read_text("utf-8"), re.MULTILINE)
    commands = [re.sub(r'#.*|\w+="[^"]*"', "", "".join(pair)) for pair in code]
    targets = {word for command in commands for word in command.split()[1:] if re.fullmatch(r"[a-z-]+", word)}
    assert {"demo", "test"} <= targets
    assert {target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)} == set()


def test_every_folder_has_its_question() -> None:
    said = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "index" / "quoth").rglob("__init__.py")}
    missing = [folder for folder in folders - {"index/quoth"} if f"({folder}/)" not in said]
    assert missing == []


def test_the_commands_of_the_readme_give_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
    blocks = re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if "$ quoth" in block]
    for part in block.split("$ quoth ")[1:]:
        line, _, shown = part.partition("\n")
        command, echo, _ = line.partition("; echo $?")
        code = main.main(shlex.split(command))
        printed = capsys.readouterr().out + (f"{code}\n" if echo else "")
        assert _without_times(printed) == _without_times(shown)
        assert echo or code == 0


def test_the_hit_in_the_readme_is_real(archive: Archive) -> None:
    """Shortened texts end in an ellipsis; everything else is verbatim."""
    archive.add(read(SAMPLE))
    (shown,) = re.findall(r"^```json\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    shown = json.loads(shown)
    (found,) = [
        build.to_json(build.hit(hit)) for hit in archive.search("land swapping").hits if hit.quote.id == shown["id"]
    ]
    assert unlike(shown, found) == []


def unlike(shown: Any, found: Any, place: str = "") -> list[str]:
    if isinstance(shown, dict):
        names = [] if shown.keys() == found.keys() else [f"{place}: {shown.keys() ^ found.keys()}"]
        return names + [bad for name in shown for bad in unlike(shown[name], found.get(name), f"{place}.{name}")]
    if isinstance(shown, str) and shown.endswith("…"):
        return [] if found.startswith(shown[:-1].rstrip()) else [place]
    return [] if shown == found else [place]


def _without_times(text: str) -> str:
    return re.sub(r"\d+ ms", "N ms", text).strip()


def test_the_python_of_the_readme_gives_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert results.attempted > 3
    assert results.failed == 0


def test_the_reference_of_the_command_line_is_made_from_its_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make reference` writes it anew."""
    monkeypatch.delenv("QUOTH_STORE", raising=False)
    assert command_line.PAGE.read_text("utf-8") == command_line.reference()


def test_a_release_in_the_changelog_has_a_version_and_a_date() -> None:
    titles = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert titles[0] == "Unreleased"
    assert [title for title in titles[1:] if not re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", title)] == []


def test_the_version_stands_in_one_place() -> None:
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dynamic"]
    assert metadata.version("quoth") == quoth.__version__


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem)
def test_a_workflow_only_calls_make(workflow: Path) -> None:
    """How a step works stands in one place, which a laptop uses too."""
    jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert commands
    assert all(command.startswith("make ") for command in commands)
    words = [word for command in commands for word in re.sub(r"\$\{\{.*?\}\}", "", command).split()[1:]]
    targets = {word for word in words if "=" not in word}
    assert {target for target in targets if not re.search(rf"\b{target}\b.*: ", MAKEFILE)} == set()
