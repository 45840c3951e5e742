"""Write the completion scripts of the shells from the parser of the command line: `make reference`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import shtab

from quoth.cli import parser, terminal
from quoth.cli.commands.completion import FOLDER, SHELLS

PLACE = Path(__file__).resolve().parents[2] / "index/quoth/cli" / FOLDER
FILES = {"FILE", "DRAFT"}  # the names of the values that are files


def scripts() -> dict[str, str]:
    """Return the script of each shell."""
    return {shell: _script(shell) for shell in SHELLS}


def _script(shell: str) -> str:
    root = parser.build()
    for action in _actions(root):
        if action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks for it
        # The default store is a folder in the home of the user who makes the script.
        action.help = (action.help or "").replace(terminal.default_store().replace("%", "%%"), "your data directory")
    lines = shtab.complete(root, shell).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _actions(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in command._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _actions(each)


if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    for shell, text in scripts().items():
        (PLACE / f"quoth.{shell}").write_text(text, "utf-8")
    print(f"wrote {', '.join(scripts())} into {PLACE.name}/")
