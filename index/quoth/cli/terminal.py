"""What all commands do in the same way: exit codes, errors, JSON, numbers, and progress."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

import quoth
from quoth.archive import Archive
from quoth.text.sanitize import one_line

DONE, SOME_REFUSED, BAD_USAGE, STORE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
NOT_CONFIRMED = SOME_REFUSED  # of `quoth verify`


def fail(said: str, code: int) -> int:
    """Say an error in one line of the error output, and return the exit code."""
    print(sentence(said), file=sys.stderr)
    return code


def sentence(said: str) -> str:
    r"""Return an error as the command says it.

    >>> sentence("a.txt:\nis gone")
    'quoth: a.txt: is gone'
    """
    return f"quoth: {one_line(said)}"


def print_json(value: dict[str, Any]) -> None:
    """Print a JSON value as one line."""
    print(json.dumps(value, ensure_ascii=False))


def positive(text: str) -> int:
    """Read an argument that counts from 1."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text)):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {text!r}")
    return int(text)


def steps(doing: str, unit: str) -> tqdm[Any]:
    """Return a bar that counts steps whose number nobody knows before; it is shown on a terminal only."""
    return tqdm(desc=doing, unit=f" {unit}", disable=None, leave=False)


def default_store() -> str:
    """Return the archive of this user: a directory under the data home."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"file:{Path(home).expanduser() / 'quoth'}"


def open_archive(options: argparse.Namespace) -> Archive:
    """Open the archive; what is read of a far one is kept for the next command."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return quoth.open(options.store, cache=Path(home).expanduser() / "quoth")


def is_coloured() -> bool:
    """Whether the output is a terminal that shows bold text."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
