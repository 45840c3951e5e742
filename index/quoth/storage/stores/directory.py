"""A store in a directory: the embedded default, for a laptop."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from quoth.errors import Conflict, NotFound, QuothError, Refused, Unavailable
from quoth.hashes import sha256
from quoth.storage.stores.protocol import Blob, Listing, Range, StoredObject, check_key, check_prefix, is_key


class DirectoryStore:
    """Objects as files. Safe for several processes on one machine, and against a crash between any two calls.

    A file appears whole or not at all: it is written aside, flushed to the disk, then linked or renamed into place.
    """

    trip_bytes = 0

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def uri(self) -> str:
        """See `Store.uri`."""
        return f"file:{self.root}"

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        with _translated(key):
            data = self._path(key).read_bytes()
        return Blob(data, sha256(data))

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """See `Store.get_if_changed`."""
        blob = self.get(key)
        return None if blob.etag == etag else blob

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """See `Store.get_range`."""
        return next(self.get_ranges((Range(key, start, stop),)))

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """See `Store.get_ranges`. One after the other: threads take longer to start than a page takes to read."""
        for key, group in groupby(ranges, key=_key_of):
            spans = [(start, max(0, stop - start)) for _, start, stop in group]
            if not any(length for _, length in spans):
                yield from (b"" for _ in spans)
                continue
            with _translated(key), self._opened(key) as descriptor:
                for start, length in spans:
                    yield os.pread(descriptor, length, start)

    def create(self, key: str, data: bytes) -> str:
        """See `Store.create`."""
        path = self._path(key)
        with _translated(key), self._aside(path, data) as written:
            os.link(written, path)  # fails when the path exists: the file system's own create-if-absent
            _flush_directory(path.parent)
        return sha256(data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`."""
        path = self._path(key)
        with _translated(key), self._locked():
            # Compare and swap under one lock: without it two writers could both compare before either swaps.
            if not path.exists() or sha256(path.read_bytes()) != etag:
                raise Conflict(f"{key} has changed")
            with self._aside(path, data) as written:
                written.replace(path)
                _flush_directory(path.parent)
        return sha256(data)

    def list(self, prefix: str) -> Listing:
        """See `Store.list`. In a folder that is not there the time is 1970: it says of nothing that it is old."""
        folder = check_prefix(prefix)[: prefix.rfind("/") + 1]
        with _translated(prefix):
            if not self.root.exists():
                return Listing(0.0, ())
            now = self._now()
            return Listing(now, tuple(sorted(_files(self.root / folder, folder, prefix))))

    def delete(self, key: str) -> None:
        """See `Store.delete`. After a power cut the file may be there again; whoever deletes looks again anyway."""
        # Under the lock: between a replace's compare and its swap the object would come back.
        with _translated(key), self._locked():
            self._path(key).unlink(missing_ok=True)

    def _now(self) -> float:
        # What stamps the files: on a network share that is not this machine's clock. The file has no name.
        with tempfile.TemporaryFile(prefix=".", dir=self.root) as stamped:
            return os.fstat(stamped.fileno()).st_mtime

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    @contextlib.contextmanager
    def _opened(self, key: str) -> Iterator[int]:
        descriptor = os.open(self._path(key), os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _aside(self, path: Path, data: bytes) -> Iterator[Path]:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _key_of(wanted: Range) -> str:
    return wanted.key


def _files(folder: Path, name: str, prefix: str) -> Iterator[StoredObject]:
    """Yield the objects of a folder, whose keys begin with `name`, and of the folders in it; unordered."""
    try:
        found = tuple(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for item in found:
        key = name + item.name
        if not key.startswith(prefix) or not is_key(key):
            continue
        try:
            status = item.stat()
        except FileNotFoundError:  # deleted since
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _files(folder / item.name, f"{key}/", prefix)
        else:
            yield StoredObject(key, status.st_size, status.st_mtime)


@contextlib.contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except QuothError:
        raise
    except FileNotFoundError:
        raise NotFound(f"{key} is not in the store") from None
    except FileExistsError as error:
        if error.filename2 is None:  # not os.link: something that is no folder stands where a folder must be
            raise Refused(f"cannot write {key}: {error.filename} is not a folder") from error
        raise Conflict(f"{key} exists already") from None
    except (PermissionError, NotADirectoryError, IsADirectoryError) as error:
        raise Refused(f"cannot use {error.filename}: {error.strerror}") from error
    except OSError as error:
        raise Unavailable(f"cannot read or write {key}: {error.strerror}") from error


def _flush_directory(path: Path) -> None:
    """Make the new name itself survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
