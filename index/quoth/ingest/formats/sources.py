"""Input sources: files, folders and standard input, read lazily and up to the size limits."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path, PurePath
from typing import BinaryIO, NamedTuple

from quoth.article import MAX_BYTES
from quoth.errors import BadInput
from quoth.ingest.formats.articles import sidecar_of

Count = Callable[[int], object]


class Source(NamedTuple):
    """An input source: `name` appears in errors, `path` is `None` for standard input.

    `folder` is the folder that the user named, if the file was found below one.
    """

    name: str
    path: Path | None
    folder: Path | None = None


def named(name: str, standard_input: str) -> Source:
    """Return the source of a command line argument; `-` is standard input, called `standard_input` in errors."""
    return Source(standard_input, None) if name == "-" else Source(name, Path(name))


def files(source: Source, endings: Collection[str]) -> Iterator[Source]:
    """Yield a file source itself, or all files below a folder with one of the extensions, in a fixed order.

    A JSON file beside a text file of the same name is its sidecar and not yielded. Linked folders are not entered, nor
    is `NAME_files` beside the page NAME.html, where browsers save its parts; `opened` refuses a file whose link leads
    out of the folder.
    """
    if source.path is None or not source.path.is_dir():
        yield source
        return
    for folder, folders, names in os.walk(source.path):
        parts = {f"{PurePath(name).stem}_files" for name in names if PurePath(name).suffix.lower() in (".html", ".htm")}
        folders[:] = sorted(name for name in folders if name not in parts)  # os.walk descends in this order
        sidecars = {sidecar_of(name) for name in names}
        for name in sorted(names):
            path = Path(folder, name)
            if PurePath(name).suffix.lower() in endings and name not in sidecars and path.is_file():
                yield Source(str(path), path, source.path)


def size(sources: Iterable[Source]) -> int | None:
    """Return the number of bytes to read; `None` if one of the sources is a pipe."""
    total = 0
    for source in sources:
        if source.path is None:
            return None
        with contextlib.suppress(OSError):  # reading a missing file reports it
            status = source.path.stat()
            if not stat.S_ISREG(status.st_mode):
                return None
            total += status.st_size
    return total


@contextlib.contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a source at its start, and close it afterwards unless it is standard input; raises `OSError`."""
    if source.path is None:
        yield sys.stdin.buffer
        return
    with contained(source.path, source.folder).open("rb") as file:
        yield file


def contained(path: Path, folder: Path | None) -> Path:
    """Return the path of a file of a folder, without symbolic links; raises `OSError` if it is outside the folder.

    A folder may come from somebody else, and a link in it must not read a file that only this user may read. A file
    that the user named has no folder, and its links are followed.
    """
    if folder is None:
        return path
    resolved = path.resolve(strict=True)
    if not resolved.is_relative_to(folder.resolve()):
        raise OSError(errno.ELOOP, "a symbolic link leads out of the folder", str(path))
    return resolved


@contextlib.contextmanager
def repeatable(source: Source) -> Iterator[Source]:
    """Yield a source that can be read twice; a pipe is copied to a temporary file, which is deleted afterwards."""
    if source.path is not None and not _is_pipe(source.path):
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="quoth-") as copy:
        try:
            with opened(source) as pipe:
                shutil.copyfileobj(pipe, copy)
            copy.flush()
        except OSError as error:
            raise BadInput(f"cannot be copied to {copy.name}: {error.strerror}", source=source.name) from error
        yield Source(source.name, Path(copy.name))


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def lines(file: BinaryIO, count: Count) -> Iterator[bytes]:
    r"""Yield the lines of a file without their newlines, each up to just above the size limit, so that it is refused.

    `count` is called with the number of bytes of each read.

    >>> import io
    >>> list(lines(io.BytesIO(b"one\n\ntwo"), count=print))
    4
    1
    3
    [b'one', b'', b'two']
    """
    longest = MAX_BYTES + 1  # with its newline
    while line := file.readline(longest + 1):
        count(len(line))
        yield line.removesuffix(b"\n")
        while len(line) > longest and not line.endswith(b"\n"):
            line = file.readline(longest + 1)
            count(len(line))


def whole(file: BinaryIO, count: Count, most: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file, up to just above the size limit, so that a larger file is refused."""
    data = file.read(most + 1)
    count(len(data))
    return data
