"""A folder on a local disk that remembers what was read from a far store."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

_FILE = re.compile(r"[0-9a-f]{64}\.pages")


class DiskCache:
    """Pieces of files, each at its own place in a sparse file; kept from one process to the next.

    It promises nothing: what it returns may be short, stale, zeros or somebody else's, and must be verified like
    bytes from anywhere. In return it never fails. A disk that is full or read-only, a folder that is gone or that
    others may write to, remembers nothing. Several processes may share one: they write the same bytes in the same
    places, and half a page is found out by its hash.

    No more than `limit` bytes are kept; the files that were used longest ago are removed. (Processes that share a
    folder see one another's files only when they look for room, so together they may exceed it for a while.)
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._room = 0  # bytes that may be written before looking for room again
        self._gave_up = False

    def read(self, name: str, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return what is there of each span (half-open) of a file named by its hash; nothing if it is not there."""
        try:
            with self._opened(name, os.O_RDONLY) as descriptor:
                os.utime(descriptor)
                return [os.pread(descriptor, stop - start, start) for start, stop in spans]
        except OSError:
            return []

    def write(self, name: str, pieces: Sequence[tuple[int, bytes]]) -> None:
        """Remember pieces of a file, each with the place where it begins."""
        size = sum(len(data) for _, data in pieces)
        if self._gave_up or size > self._limit:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if size > self._room:
                self._room = self._make_room(size)
            with self._opened(name, os.O_RDWR | os.O_CREAT) as descriptor:
                for start, data in pieces:
                    os.pwrite(descriptor, data, start)
            self._room -= size
        except OSError:
            # The disk is full, or was taken away. What it holds can still be read.
            self._gave_up = True

    def _make_room(self, size: int) -> int:
        """Remove the files used longest ago until so many bytes fit; return how many do."""
        files = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # another process was first
                    if _FILE.fullmatch(entry.name):
                        found = entry.stat(follow_symlinks=False)
                        files.append((found.st_mtime_ns, found.st_blocks * 512, entry.path))
        held = sum(blocks for _, blocks, _ in files)
        for _, blocks, path in sorted(files):
            if held + size <= self._limit:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            held -= blocks
        return self._limit - held

    @contextlib.contextmanager
    def _opened(self, name: str, flags: int) -> Iterator[int]:
        # In a folder like /tmp somebody may have been there first: with a folder of theirs, a link to a file of
        # ours, or a pipe that waits for ever.
        folder = os.stat(self._folder)
        if folder.st_uid != os.getuid() or folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"others may write to {self._folder}")
        path = self._folder / f"{name}.pages"
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
