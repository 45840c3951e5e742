"""The command that writes every quote of a search to a file: export."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from quoth.answers import parquet
from quoth.answers.labels import count
from quoth.answers.rows import ROW_FORMATS
from quoth.archive import Archive
from quoth.cli import terminal
from quoth.cli.terminal import DONE, SOME_REFUSED, STORE_FAILED, fail, open_existing
from quoth.engine.page import Edition
from quoth.engine.query.filters import FILTERS
from quoth.engine.query.request import Request
from quoth.errors import BadQuery, Expired, Unavailable
from quoth.quote import Quote

PARQUET = "parquet"  # which is no text, and so no format of an answer
_FORMATS = (*ROW_FORMATS, PARQUET)
_MEMORY = 32 << 20  # each part of the archive is read once: with the usual cache an export would fill it
_ATTEMPTS = 3  # to find the total and the rows in one generation while others commit


def run(options: argparse.Namespace) -> int:
    """Write all rows of a search, as a stream, and say at the end whether they are complete."""
    name = options.format or _format_of(options.output)
    parameters = {name: getattr(options, name) for name in (*FILTERS, "sort", "fuzzy", "match", "as_of")}
    archive = open_existing(options, _MEMORY)
    newest = archive.edition().generation  # first: nothing that it has withdrawn is in the rows
    edition, total, quotes = _chosen(archive, Request(q=" ".join(options.q) or None, limit=1, **parameters))
    written = 0

    def counted() -> Iterator[Quote]:
        nonlocal written
        for quote in quotes:
            yield quote
            written += 1
            bar.update()

    try:
        with _opened(options.output, is_text=name in ROW_FORMATS) as file, _bar(total) as bar:
            _write(file, name, counted(), edition, terminal.tag(options))
            if written != total:
                raise Unavailable(f"incomplete: {written:,} of {count(total, 'quote')}; run it again")
            if withdrawn := _withdrawn(archive, newest):
                raise Unavailable(f"incomplete: {withdrawn}; run it again")
    except Unavailable as error:
        return fail(str(error), STORE_FAILED)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        return fail(f"cannot write {options.output or 'standard output'}: {error.strerror}", SOME_REFUSED)
    where = f" in {options.output}" if options.output else ""
    tagged = f" ({tag})" if (tag := terminal.tag(options)) else ""
    return fail(f"complete: {count(written, 'quote')} of generation {edition.generation}{tagged}{where}", DONE)


def _format_of(output: str | None) -> str:
    """Return the format that the name of a file asks for; JSON lines, which keep everything, for any other."""
    ending = Path(output or "").suffix.lower().removeprefix(".")
    return ending if ending in _FORMATS else "jsonl"


def _write(file: IO[Any], name: str, quotes: Iterator[Quote], edition: Edition, tag: str) -> None:
    if name == PARQUET:
        if file.isatty():
            raise BadQuery("format", "parquet is not for a terminal; name a file with --output")
        parquet.write(file, quotes, edition.generation, tag)
        return
    for line in ROW_FORMATS[name].quotes(quotes, tag):
        file.write(line)


def _chosen(archive: Archive, request: Request) -> tuple[Edition, int, Iterator[Quote]]:
    """Return the edition, the number and the quotes of a whole search."""
    for _ in range(_ATTEMPTS):
        page = archive.answer(request)
        edition, quotes = archive.rows(request, max(page.total, 1))
        if edition.generation == page.generation:
            return edition, page.total, quotes if page.total else iter(())
    raise Unavailable("others commit too fast to begin; name a generation with --as-of")


def _bar(total: int) -> tqdm[Any]:
    return tqdm(total=total, desc="writing", unit=" quotes", unit_scale=True, disable=None, leave=False)


def _withdrawn(archive: Archive, generation: int) -> str:
    """Return a sentence if anything was withdrawn since a generation: it may be among the rows."""
    try:
        keys = archive.withdrawn_since(generation)
    except Expired as error:
        return str(error)
    return f"{count(len(keys), 'item')} withdrawn meanwhile" if keys else ""


@contextlib.contextmanager
def _opened(output: str | None, *, is_text: bool) -> Iterator[IO[Any]]:
    """Open the output. A named file has its name only when it is complete; a device or a pipe is written to."""
    if output is None:
        yield sys.stdout if is_text else sys.stdout.buffer
        sys.stdout.flush()  # a full disk is known only here
        return
    path = Path(output).resolve()  # what a link leads to is replaced, not the link
    is_special = path.exists() and not path.is_file()
    part = path if is_special else path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="") if is_text else part.open("wb") as file:
            yield file
            file.flush()
            if not is_special:
                os.fsync(file.fileno())
                part.replace(path)
    except BaseException:
        if not is_special:
            part.unlink(missing_ok=True)
        raise


def declare(exported: argparse.ArgumentParser) -> None:
    """Add the arguments of the command that a search has not."""
    exported.add_argument("--format", choices=_FORMATS, help="default: by the ending of FILE, else jsonl")
    exported.add_argument(
        "--output", "-o", metavar="FILE", help="a file, which appears when it is complete (default: standard output)"
    )
