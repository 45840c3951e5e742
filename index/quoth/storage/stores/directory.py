"""A store in a directory: the default for local use."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from quoth.errors import Conflict, NotFound, QuothError, Refused, Unavailable
from quoth.hashes import sha256
from quoth.storage.stores.protocol import Blob, Listing, Range, StoredObject, check_key, check_prefix, is_key

PART = 2**20  # bytes of an open file that are in memory
TEMPORARY = ".tmp-"  # the beginning of the name of a file that is being written


class DirectoryStore:
    """Objects as files. Safe for several processes on one machine, and against a crash between any two calls.

    A file appears whole or not at all: it is written under a temporary name, flushed to disk, then linked or renamed.
    Its writer locks it until then. The system releases the lock of a killed process, so `leftovers` knows its file.
    """

    trip_bytes = 0

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[str, _OpenFile] = {}

    def __reduce__(self) -> tuple[type[DirectoryStore], tuple[Path]]:
        return DirectoryStore, (self.root,)  # open files stay in their process

    @property
    def uri(self) -> str:
        """See `Store.uri`."""
        return f"file:{self.root}"

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        with _translated_errors(key):
            data = self._path(key).read_bytes()
        return Blob(data, sha256(data))

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """See `Store.get_if_changed`. A file that was read before and is still there is not read again.

        The file that was read stays open: no other file can have its number until it is closed.
        """
        read = self._read.get(key)
        if read is not None and read.etag == etag and read.is_current():
            return None
        with _translated_errors(key):
            file = _OpenFile(f"{self.root}/{check_key(key)}")
            data = file.read()
        file.etag = sha256(data)
        self._read[key] = file
        return None if file.etag == etag else Blob(data, file.etag)

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """See `Store.get_range`."""
        return next(self.get_ranges((Range(key, start, stop),)))

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """See `Store.get_ranges`. It reads sequentially: starting a thread takes longer than reading a page."""
        for key, group in groupby(ranges, key=_key_of):
            spans = [(start, max(0, stop - start)) for _, start, stop in group]
            if not any(length for _, length in spans):
                yield from (b"" for _ in spans)
                continue
            with _translated_errors(key), self._open(key) as descriptor:
                for start, length in spans:
                    yield os.pread(descriptor, length, start)

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        """See `Store.create`."""
        path = self._path(key)
        with _translated_errors(key), self._temporary_file(path, data) as temporary:
            os.link(temporary, path)  # fails if the path exists: the file system's own create-if-absent
            _flush_directory(path.parent)
        return sha256(data) if isinstance(data, bytes) else _sha256_of_file(data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`."""
        path = self._path(key)
        with _translated_errors(key), self._locked():
            # Compare and swap under one lock: otherwise two writers could both compare before either swaps.
            if not path.exists() or sha256(path.read_bytes()) != etag:
                raise Conflict(f"{key} has changed")
            with self._temporary_file(path, data) as temporary:
                temporary.replace(path)
                _flush_directory(path.parent)
        return sha256(data)

    def list(self, prefix: str) -> Listing:
        """See `Store.list`. Without the root folder the time is 1970, so that no object counts as old."""
        folder = check_prefix(prefix)[: prefix.rfind("/") + 1]
        with _translated_errors(prefix):
            if not self.root.exists():
                return Listing(0.0, ())
            now = self._now()
            return Listing(now, tuple(sorted(_files(self.root / folder, folder, prefix))))

    def delete(self, key: str) -> None:
        """See `Store.delete`. After a power failure the file may reappear; a later collection deletes it again."""
        # Under the lock: if deleted between the compare and the swap of a replace, the object would reappear.
        with _translated_errors(key), self._locked():
            self._path(key).unlink(missing_ok=True)

    def leftovers(self, age: float, *, delete: bool) -> tuple[StoredObject, ...]:
        """See `SweepableStore.leftovers`."""
        with _translated_errors(TEMPORARY):
            if not self.root.exists():
                return ()
            newest = self._now() - age
            old = [file for file in _temporary_files(self.root, "") if file.modified <= newest]
            return tuple(file for file in sorted(old) if _is_left(self.root / file.key, delete=delete))

    def _now(self) -> float:
        # The clock of the file system: on a network share it is not this machine's. The file has no name.
        with tempfile.TemporaryFile(prefix=".", dir=self.root) as file:
            return os.fstat(file.fileno()).st_mtime

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    @contextlib.contextmanager
    def _open(self, key: str) -> Iterator[int]:
        descriptor = os.open(f"{self.root}/{check_key(key)}", os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _temporary_file(self, path: Path, data: bytes | BinaryIO) -> Iterator[Path]:
        _make_folder(path.parent)
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # until the file has its name; see `leftovers`
                if isinstance(data, bytes):
                    file.write(data)
                else:
                    data.seek(0)
                    shutil.copyfileobj(data, file, PART)
                file.flush()
                os.fsync(file.fileno())
                yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        _make_folder(self.root)
        with (self.root / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class _OpenFile:
    """A file that is open until it is forgotten: which file it is, when it changed last, and the ETag of its bytes."""

    _descriptor = -1

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY)
        self._version = _version(self._descriptor)
        self.etag = ""

    def is_current(self) -> bool:
        """Whether its path still leads to it, unchanged."""
        try:
            if _is_on_disk(self._version):
                return _version(self._path) == self._version
            # A network share looks whether its cache is current when a file is opened.
            descriptor = os.open(self._path, os.O_RDONLY)
        except OSError:
            return False
        try:
            return _version(descriptor) == self._version
        finally:
            os.close(descriptor)

    def read(self) -> bytes:
        """Return all its bytes."""
        with open(self._descriptor, "rb", closefd=False) as file:
            return file.read()

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _is_on_disk(version: tuple[int, ...]) -> bool:
    """Whether a file is on a disk of this machine; other file systems of Linux have devices without a major number."""
    return sys.platform == "linux" and os.major(version[0]) > 0


def _version(file: str | int) -> tuple[int, ...]:
    status = os.stat(file)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _key_of(byte_range: Range) -> str:
    return byte_range.key


def _files(folder: Path, name: str, prefix: str) -> Iterator[StoredObject]:
    """Yield the objects in a folder and its subfolders, unordered; `name` is the key prefix of the folder."""
    try:
        children = tuple(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for child in children:
        key = name + child.name
        if not key.startswith(prefix) or not is_key(key):
            continue
        try:
            status = child.stat()
        except FileNotFoundError:  # deleted meanwhile
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _files(folder / child.name, f"{key}/", prefix)
        else:
            yield StoredObject(key, status.st_size, status.st_mtime)


def _temporary_files(folder: Path, name: str) -> Iterator[StoredObject]:
    """Yield the temporary files in a folder and its subfolders, unordered; `name` is the key prefix of the folder."""
    for child in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            if child.is_dir(follow_symlinks=False):
                if is_key(child.name):
                    yield from _temporary_files(folder / child.name, f"{name}{child.name}/")
            elif child.name.startswith(TEMPORARY) and child.is_file(follow_symlinks=False):
                status = child.stat(follow_symlinks=False)
                yield StoredObject(name + child.name, status.st_size, status.st_mtime)


def _is_left(path: Path, *, delete: bool) -> bool:
    """Whether no process holds the lock of a temporary file; if asked, delete it before the lock is released."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if delete:
                path.unlink()
    except (BlockingIOError, FileNotFoundError, PermissionError):  # of a live writer, finished, or of another user
        return False
    return True


@contextlib.contextmanager
def _translated_errors(key: str) -> Iterator[None]:
    try:
        yield
    except QuothError:
        raise
    except FileNotFoundError:
        raise NotFound(f"{key} is not in the store") from None
    except FileExistsError as error:
        if error.filename2 is None:  # not from os.link: a file has the name of a required folder
            raise Refused(f"cannot write {key}: {error.filename} is not a folder") from error
        raise Conflict(f"{key} exists already") from None
    except (PermissionError, NotADirectoryError, IsADirectoryError) as error:
        raise Refused(f"cannot use {error.filename}: {error.strerror}") from error
    except OSError as error:
        raise Unavailable(f"cannot read or write {key}: {error.strerror}") from error


def _sha256_of_file(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(PART):
        digest.update(part)
    return digest.hexdigest()


def _make_folder(path: Path) -> None:
    """Make a folder and its missing parents; their names survive a power failure, like those of objects."""
    if not path.is_dir():
        _make_folder(path.parent)
        path.mkdir(exist_ok=True)
        _flush_directory(path.parent)


def _flush_directory(path: Path) -> None:
    """Make the new name itself survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
