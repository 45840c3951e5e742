"""A folder on a local disk that caches data read from a remote store."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

_FILE = re.compile(r"[0-9a-f]{64}\.pages")


class DiskCache:
    """Parts of files, each at its own offset in a sparse file; they outlive the process.

    The cache guarantees nothing: the bytes it returns may be short, stale, zeros or written by another user, and must
    be verified like bytes from anywhere. In return it never fails. It caches nothing if the disk is full or read-only,
    or if the folder is missing or writable by others. Several processes may share one: they write the same bytes at
    the same offsets, and a half-written page fails its hash.

    At most `limit` bytes are kept; the least recently used files are removed. (Processes that share a folder see one
    another's files only when they make room, so together they may exceed the limit for a while.)
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._room = 0  # bytes that may be written before making room again
        self._is_disabled = False

    def read(self, name: str, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the cached bytes of each half-open span of a file, named by its hash; `[]` for an uncached file."""
        try:
            with self._open(name, os.O_RDONLY) as descriptor:
                os.utime(descriptor)
                return [os.pread(descriptor, stop - start, start) for start, stop in spans]
        except OSError:
            return []

    def write(self, name: str, parts: Sequence[tuple[int, bytes]]) -> None:
        """Cache parts of a file, each given as (offset, bytes)."""
        size = sum(len(data) for _, data in parts)
        if self._is_disabled or size > self._limit:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if size > self._room:
                self._room = self._make_room(size)
            with self._open(name, os.O_RDWR | os.O_CREAT) as descriptor:
                for start, data in parts:
                    os.pwrite(descriptor, data, start)
            self._room -= size
        except OSError:
            # The disk is full or no longer available. Cached files may still be readable.
            self._is_disabled = True

    def _make_room(self, size: int) -> int:
        """Remove the least recently used files until `size` bytes fit; return the free bytes."""
        files = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # another process has removed it
                    if _FILE.fullmatch(entry.name):
                        status = entry.stat(follow_symlinks=False)
                        files.append((status.st_mtime_ns, status.st_blocks * 512, entry.path))
        used = sum(allocated for _, allocated, _ in files)
        for _, allocated, path in sorted(files):
            if used + size <= self._limit:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            used -= allocated
        return self._limit - used

    @contextlib.contextmanager
    def _open(self, name: str, flags: int) -> Iterator[int]:
        # In a shared folder like /tmp, another user may have planted a folder of theirs, a link to a file of ours, or a
        # pipe that blocks for ever.
        folder = os.stat(self._folder)
        if folder.st_uid != os.getuid() or folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"others may write to {self._folder}")
        path = self._folder / f"{name}.pages"
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
