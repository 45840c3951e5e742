"""Compressed files: gzip, bzip2, xz, and a zip archive of one file. The first bytes decide, not the name."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from quoth.errors import BadInput
from quoth.ingest.formats.sources import Count

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "zip"}


def head(file: BinaryIO) -> bytes:
    """Return the first bytes of a file without reading them; none of a file that cannot be looked into."""
    peek = getattr(file, "peek", None)
    return b"" if peek is None else bytes(peek(io.DEFAULT_BUFFER_SIZE))


@contextlib.contextmanager
def unpacked(file: BinaryIO, count: Count) -> Iterator[tuple[BinaryIO, Count]]:
    """Yield a file as it was before compression, and the counter of its bytes; any other file as it is.

    Of a compressed file the bytes on the disk are counted. Raises `BadInput` for one that is damaged.
    """
    start = head(file)
    form = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    if form is None:
        yield file, count
        return
    counted = cast("BinaryIO", _Counted(file, count))
    try:
        with _opened(form, counted) as plain:
            yield plain, _ignore
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise BadInput(f"is a damaged {form} file: {error}") from None
    except OSError as error:
        if error.errno is not None:  # the disk, not the data
            raise
        raise BadInput(f"is a damaged {form} file: {error}") from None


def _opened(form: str, file: BinaryIO) -> contextlib.AbstractContextManager[BinaryIO]:
    if form == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    if form == "bzip2":
        return cast("BinaryIO", bz2.BZ2File(file))
    return cast("BinaryIO", lzma.LZMAFile(file)) if form == "xz" else _member(file)


@contextlib.contextmanager
def _member(file: BinaryIO) -> Iterator[BinaryIO]:
    """Open the only file of a zip archive."""
    if not file.seekable():
        raise BadInput("is a zip archive, which cannot be read from a pipe; name the file")
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
        if "[Content_Types].xml" in names:
            kind = "an Excel workbook" if any(name.startswith("xl/") for name in names) else "an Office document"
            raise BadInput(f"is {kind}; save it as CSV UTF-8, and import that")
        if len(names) != 1:
            raise BadInput(f"is a zip archive of {len(names):,} files; Quoth reads one of a single file")
        if archive.getinfo(names[0]).flag_bits & 1:
            raise BadInput("is a zip archive with a password; unpack it first")
        with archive.open(names[0]) as member:
            yield cast("BinaryIO", io.BufferedReader(member))


class _Counted:
    """A file whose reads are counted."""

    def __init__(self, file: BinaryIO, count: Count) -> None:
        self._file, self._count = file, count
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._count(len(data))
        return data


def _ignore(_: int) -> None:
    pass
