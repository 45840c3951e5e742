"""Shared by all commands: exit codes, error messages, JSON output, number arguments and progress bars."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from quoth import archive as archives
from quoth.archive import Archive
from quoth.engine.query.request import generation_or_tag
from quoth.engine.searcher import MEMORY
from quoth.errors import BadQuery, NotFound
from quoth.storage.stores.directory import DirectoryStore
from quoth.text.sanitize import one_line

DONE, SOME_REFUSED, BAD_USAGE, STORE_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
NOT_CONFIRMED = SOME_REFUSED  # of `quoth verify`
OUTPUT_CLOSED = 141  # as of a process that SIGPIPE ended: its result is not known


def fail(message: str, code: int) -> int:
    """Print an error as one line on the error output, and return the exit code."""
    print(sentence(message), file=sys.stderr)
    return code


def sentence(message: str) -> str:
    r"""Return an error message as the command prints it.

    >>> sentence("a.txt:\nis gone")
    'quoth: a.txt: is gone'
    """
    return f"quoth: {one_line(message)}"


def print_json(value: dict[str, Any]) -> None:
    """Print a JSON value as one line."""
    print(json.dumps(value, ensure_ascii=False))


def agrees(question: str) -> bool:
    """Ask on the error output; standard output is for the result of the command."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def positive(text: str) -> int:
    """Parse an argument that is a whole number of at least 1."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text)):
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return int(text)


def generation(text: str) -> int | str:
    """Parse an argument that names a generation, by its number or a tag."""
    try:
        return generation_or_tag(text)
    except BadQuery as error:
        raise argparse.ArgumentTypeError(error.detail) from None


def tag(options: argparse.Namespace) -> str:
    """Return the tag that --as-of names, empty for the number of a generation and without it."""
    return options.as_of if isinstance(options.as_of, str) else ""


def open_generation(options: argparse.Namespace) -> Archive:
    """Open the archive at its newest generation, or at the one that --as-of names."""
    archive = open_existing(options)
    return archive if options.as_of is None else archive.at(options.as_of)


def steps(description: str, unit: str) -> tqdm[Any]:
    """Return a progress bar for an unknown number of steps; it appears on a terminal only."""
    return tqdm(desc=description, unit=f" {unit}", disable=None, leave=False)


def default_store() -> str:
    """Return the address of this user's archive: a directory under the data home."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"file:{Path(home).expanduser() / 'quoth'}"


def open_archive(options: argparse.Namespace, memory: int = MEMORY) -> Archive:
    """Open the archive, which may be new; data read from a remote one is cached for the next command."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return archives.open_archive(options.store, memory=memory, cache=Path(home).expanduser() / "quoth")


def open_existing(options: argparse.Namespace, memory: int = MEMORY) -> Archive:
    """Open the archive for a command that does not begin one; raises `NotFound` if its directory does not exist.

    A mistyped --store would otherwise be an empty archive, and every answer of it wrong. `memory` bounds in bytes what
    of it is cached.
    """
    archive = open_archive(options, memory)
    if isinstance(archive.store, DirectoryStore) and not archive.store.root.exists():
        uri = archive.store.uri
        raise NotFound(f"{uri} does not exist; check --store, or begin an archive with `quoth index FILE`")
    return archive


def is_coloured() -> bool:
    """Whether the output is a terminal that shows bold text."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
