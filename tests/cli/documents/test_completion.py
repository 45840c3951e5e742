"""The completion of the command line in shells."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from quoth.cli import main
from quoth.cli.commands.completion import SHELLS, script
from tools.reference import completions

# What bash does when a reader presses Tab behind the last word.
PRESS_TAB = """
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_shtab_quoth && printf '%s\\n' "${COMPREPLY[@]}"
"""


def test_the_scripts_are_made_from_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make reference` writes them anew."""
    monkeypatch.delenv("QUOTH_STORE", raising=False)
    assert {shell: script(shell) for shell in SHELLS} == completions.scripts()


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["se"], ["search", "serve"]),
        (["search", "--so"], ["--sort"]),
        (["search", "land", "--sort", "n"], ["newest"]),
        (["search", "--limit", "3", "--col"], ["--collapse"]),
        (["slack", "m"], ["manifest"]),
        (["show", "--format", "bib"], ["bibtex"]),
        (["completion", ""], [*SHELLS]),
        (["index", "art"], ["article.txt"]),
        (["check", "art"], ["article.txt"]),
    ],
)
def test_bash_completes(tmp_path: Path, words: list[str], completed: list[str]) -> None:
    (tmp_path / "article.txt").touch()
    (tmp_path / "other.txt").touch()
    command = ["bash", "-c", script("bash") + PRESS_TAB, "bash", "quoth", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (completed, "")


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_a_shell_can_read_its_script(tmp_path: Path, shell: str, check: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script(shell), "utf-8")
    done = subprocess.run([shell, check, tmp_path / "script"], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_command_prints_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["completion", "fish"]) == 0
    assert capsys.readouterr().out == script("fish")
    with pytest.raises(SystemExit, match="2"):
        main.main(["completion", "cmd"])
