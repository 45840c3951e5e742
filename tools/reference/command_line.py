"""Write docs/command-line.md, the reference of the command `quoth`, from its parser: `make reference`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from quoth.cli import parser, terminal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"

HEAD = """\
# The command line

Generated from the parser by `make reference`; a test compares the two. `quoth COMMAND --help` prints the same.

Exit codes: 0 done; 1 something was refused or damaged, or `verify`, `check` or `recheck` did not confirm; 2 the command
or one of its values cannot be used, or nothing has that name; 3 the store failed; 130 interrupted; 141 the reader
of the output closed it before the result was known.
"""


def reference() -> str:
    """Return the page."""
    commands = _commands(parser.build())
    index = " · ".join(f"[{name}](#quoth-{name.replace(' ', '-')})" for name in commands)
    return "\n".join([HEAD, index, *(_section(name, command) for name, command in commands.items())]) + "\n"


def _commands(root: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands by name; those of a group have its name before theirs."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                inner = {f"{name} {each}": its_parser for each, its_parser in _commands(command).items()}
                found |= inner or {name: command}
    return found


def _section(name: str, command: argparse.ArgumentParser) -> str:
    rows = list(_rows(command))
    table = ["| argument | meaning |", "|---|---|", *rows] if rows else []
    notes = [command.epilog] if command.epilog else []
    return "\n".join(["", f"## quoth {name}", "", command.description or "", *_paragraph(notes), *_paragraph(table)])


def _paragraph(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []


def _rows(command: argparse.ArgumentParser) -> Iterator[str]:
    for action in command._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
        names = ", ".join(f"`{option}{value}`" for option in action.option_strings) or f"`{value.strip()}`"
        choices = f"one of {', '.join(map(str, action.choices))}; " if action.choices else ""
        yield f"| {names} | {choices}{_help(action)} |"


def _help(action: argparse.Action) -> str:
    # The default store is a folder in the reader's home, not in the home of the user who generates the page.
    told = (action.help or "").replace(terminal.default_store(), "your data directory")
    return told.replace("%(default)s", str(action.default)).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
    print(f"wrote {PAGE.name}")
