"""Reading the index of one segment: all in memory, or loaded page by page on demand."""

from __future__ import annotations

import contextlib
import mmap
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from quoth.errors import Damaged, Unavailable
from quoth.hashes import sha256
from quoth.storage.files import page_table
from quoth.storage.files.page_table import PAGE
from quoth.storage.manifest import SegmentEntry

# The state of a page: not cached; cached; cached, and used again since the last eviction.
_ABSENT, _CACHED, _USED = 0, 1, 2
_TOUCH = bytes([_ABSENT, _USED, _USED]).ljust(256, b"\0")
_AGE = bytes([_ABSENT, _CACHED, _CACHED]).ljust(256, b"\0")
_USED_RUN = re.compile(rb"\x02+")


class SegmentFile(Protocol):
    """The index of one segment. All bytes it returns are verified."""

    @property
    def size(self) -> int:
        """The size of the index in bytes."""

    def read(self, start: int, stop: int) -> memoryview:
        """Return some bytes of the index, read-only; load missing pages first.

        Raises `Damaged` if the stored bytes do not match their hash, or the range is outside the index. Reading again
        is cheap, but a view that is kept keeps all pages of the segment in memory that were cached at that time.
        """


class InMemoryFile:
    """An index in memory.

    >>> bytes(InMemoryFile(b"an index").read(3, 8))
    b'index'
    """

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._view = memoryview(data)

    def read(self, start: int, stop: int) -> memoryview:
        """See `SegmentFile.read`."""
        if not 0 <= start <= stop <= self.size:
            raise Damaged(f"bytes {start} to {stop} are outside the index, which has {self.size} bytes")
        return self._view[start:stop]


class _PageBuffer(NamedTuple):
    """Pages in memory, each at its own offset in the index, so that any range is one view without a copy.

    `state` has the state of each page. A cached page is never removed or overwritten: a file evicts pages by starting
    a new buffer, and readers of the old buffer keep it alive. So reading needs no lock.
    """

    state: bytearray
    writable: memoryview
    view: memoryview


class PagedFile:
    """An index in a store, with its cached pages. `PageCache` decides which pages to fetch, and when."""

    def __init__(
        self,
        segment: SegmentEntry,
        load: Callable[[Iterable[tuple[SegmentFile, int, int]]], None],
        lock: AbstractContextManager[Any],
    ) -> None:
        self.segment = segment
        self.size = segment.ledger_start - segment.index_start
        self.is_whole = False  # whether one missing page makes the whole file load
        self.table: bytes | None = None
        self.cached_pages = 0
        self._load = load
        self._lock = lock
        self._buffer = self._empty_buffer()

    def read(self, start: int, stop: int) -> memoryview:
        """See `SegmentFile.read`."""
        if not 0 <= start <= stop <= self.size:
            raise self._out_of_range(start, stop)
        state, _, view = self._buffer
        if state.find(_ABSENT, start // PAGE, -(-stop // PAGE)) >= 0:
            with self._lock:  # no other load may evict the pages before the view is taken
                self._load([(self, start, stop)])
                view = self._buffer.view
        return view[start:stop]

    def touch(self, start: int, stop: int) -> bool:
        """Mark the pages of some bytes as used; return whether all of them are cached."""
        if not 0 <= start <= stop <= self.size:
            raise self._out_of_range(start, stop)
        state, first, past = self._buffer.state, start // PAGE, -(-stop // PAGE)
        if state.count(_USED, first, past) == past - first:
            return True
        state[first:past] = state[first:past].translate(_TOUCH)
        return state.find(_ABSENT, first, past) < 0

    def missing_pages(self, start: int, stop: int) -> set[int]:
        """Return the numbers of the pages to fetch before some bytes can be read."""
        state, first, past = self._buffer.state, start // PAGE, -(-stop // PAGE)
        if self.is_whole and state.find(_ABSENT, first, past) >= 0:
            first, past = 0, len(state)
        return {number for number in range(first, past) if state[number] == _ABSENT}

    @property
    def used_pages(self) -> int:
        """The number of pages used again since the last eviction."""
        return self._buffer.state.count(_USED)

    def age(self) -> None:
        """Mark all pages as not used since the last eviction."""
        state = self._buffer.state
        state[:] = state.translate(_AGE)

    def evict_unused(self) -> None:
        """Evict the pages that were not used again, and mark the others as not used."""
        old, used_pages = self._buffer, self.used_pages
        if old.state.find(_CACHED) >= 0:
            new = self._mapped_buffer() if used_pages else self._empty_buffer()
            for run in _USED_RUN.finditer(old.state):
                start, stop = run.start() * PAGE, run.end() * PAGE
                new.writable[start:stop] = old.view[start:stop]
                new.state[run.start() : run.end()] = run.group()
            self._buffer, self.cached_pages = new, used_pages
        self.age()

    def ranges(self, numbers: Iterable[int], gap: int) -> Iterator[tuple[int, int]]:
        """Yield the byte ranges of some pages, and of the page table if it is not loaded yet.

        Ranges at most `gap` bytes apart become one.
        """
        first, end = self.segment.index_start, self.segment.size
        starts = [first + number * PAGE for number in sorted(numbers)]
        parts = [(start, min(start + PAGE, end)) for start in starts]
        if self.table is None:
            parts.insert(0, (0, self.segment.index_start))
        for position, (start, stop) in enumerate(parts):
            if position and start - parts[position - 1][1] <= gap:
                parts[position] = parts[position - 1][0], stop
            elif position:
                yield parts[position - 1]
        yield from parts[-1:]

    def add(self, start: int, stop: int, data: bytes) -> None:
        """Verify and cache a part of the file from the store; raises `Damaged` unless every page matches its hash.

        The first part must contain the page table.
        """
        if len(data) != stop - start:
            raise Damaged(f"segment {self.segment.id} ends at byte {start + len(data)}, not at byte {stop} or later")
        if self.table is None and not self.accept_table(data[: self.segment.index_start]):
            raise Damaged(f"the page table of segment {self.segment.id} does not match the manifest")
        first = page_table.pages(max(0, start - self.segment.index_start))
        past = page_table.pages(stop - self.segment.index_start)
        accepted = self.accept(start, data)
        if len(accepted) < past - first:
            damaged = set(range(first, past)) - accepted
            raise Damaged(f"page {min(damaged)} of segment {self.segment.id} does not match its page table")

    def accept_table(self, data: bytes) -> bool:
        """Cache the page table if its hash matches; return whether it does."""
        is_sound = sha256(data) == self.segment.pages_sha256
        if is_sound:
            self.table = data
        return is_sound

    def accept(self, start: int, data: bytes) -> set[int]:
        """Cache the pages of a part of the file that match their hashes; return their numbers. Needs the page table."""
        table = self.table
        if table is None:
            return set()
        if not self._buffer.view:
            self._buffer = self._mapped_buffer()
        (state, writable, _), part = self._buffer, memoryview(data)
        begin = max(0, self.segment.index_start - start)
        first = (start + begin - self.segment.index_start) // PAGE
        accepted = set()
        for number, offset in enumerate(range(begin, len(data), PAGE), first):
            page = part[offset : offset + PAGE]
            if state[number] == _ABSENT:
                if not page_table.matches(table, number, page):
                    continue
                writable[number * PAGE : number * PAGE + len(page)] = page
                state[number] = _CACHED  # last: readers check the state without a lock
                self.cached_pages += 1
            accepted.add(number)
        return accepted

    def _out_of_range(self, start: int, stop: int) -> Damaged:
        return Damaged(
            f"bytes {start} to {stop} are outside the index of segment {self.segment.id}, which has {self.size} bytes"
        )

    def _empty_buffer(self) -> _PageBuffer:
        empty = memoryview(b"")
        return _PageBuffer(bytearray(page_table.pages(self.segment.size - self.segment.index_start)), empty, empty)

    def _mapped_buffer(self) -> _PageBuffer:
        """Return a buffer of the size of the index and ledger. Only the pages written to it take memory."""
        try:
            memory = mmap.mmap(-1, self.segment.size - self.segment.index_start, **_PRIVATE)
        except OSError as error:
            raise Unavailable(f"no memory for segment {self.segment.id}: {error.strerror}") from error
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            with contextlib.suppress(OSError):  # a kernel without huge pages
                memory.madvise(mmap.MADV_NOHUGEPAGE)  # otherwise one page of ours may take 2 MiB
        writable = memoryview(memory)
        return _PageBuffer(self._empty_buffer().state, writable, writable.toreadonly())


_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)}
