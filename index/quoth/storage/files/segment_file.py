"""Reading the index of one segment: all in memory, or loaded page by page on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from quoth.errors import Damaged
from quoth.hashes import sha256
from quoth.storage.files import page_table
from quoth.storage.files.page_memory import PageMemory
from quoth.storage.manifest import SegmentEntry

# The state of a page: not cached; cached; cached, and used again since the last eviction.
_ABSENT, _CACHED, _USED = 0, 1, 2
_TOUCH = bytes([_ABSENT, _USED, _USED]).ljust(256, b"\0")
_AGE = bytes([_ABSENT, _CACHED, _CACHED]).ljust(256, b"\0")
_EVICT = bytes([_ABSENT, _ABSENT, _CACHED]).ljust(256, b"\0")
_CACHED_RUN = re.compile(rb"[\x01\x02]+")


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


class _Run(NamedTuple):
    """Cached pages that stand side by side in memory, from byte `start` of the index to byte `stop`; read-only.

    They are never overwritten: eviction moves pages elsewhere, and readers of a run keep its memory alive. So reading
    needs no lock.
    """

    start: int
    stop: int
    view: memoryview


_NO_RUN = _Run(0, 0, memoryview(b""))


class PagedFile:
    """An index in a store, with its cached pages. `PageCache` decides which pages to fetch, and when."""

    def __init__(
        self,
        segment: SegmentEntry,
        memory: PageMemory,
        load: Callable[[Iterable[tuple[SegmentFile, int, int]]], None],
        lock: AbstractContextManager[Any],
    ) -> None:
        self.segment = segment
        self.size = segment.ledger_start - segment.index_start
        self.is_whole = False  # whether one missing page makes the whole file load
        self.table: bytes | None = None
        self._memory = memory
        self._load = load
        self._lock = lock
        paged = segment.size - segment.index_start
        self.page = page_table.page_size(segment.index_start, paged) or page_table.PAGE
        pages = page_table.pages(paged, self.page)
        self._state = bytearray(pages)
        self._runs = [_NO_RUN] * (pages + 1)  # of each page; the end of the file has none

    def read(self, start: int, stop: int) -> memoryview:
        """See `SegmentFile.read`."""
        if not 0 <= start <= stop <= self.size:
            raise self._out_of_range(start, stop)
        page = self.page
        run = self._runs[start // page]
        if stop <= run.stop:
            return run.view[start - run.start : stop - run.start]
        with self._lock:  # no other load may evict the pages before they are read
            if self._state.find(_ABSENT, start // page, -(-stop // page)) >= 0:
                self._load([(self, start, stop)])
            return self._cached(start, stop)

    def _cached(self, start: int, stop: int) -> memoryview:
        """Return bytes whose pages are all cached: a view, or a copy if the pages do not stand side by side."""
        parts, place = [], start
        while place < stop:
            run = self._runs[place // self.page]
            end = min(stop, run.stop)
            parts.append(run.view[place - run.start : end - run.start])
            place = end
        return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))

    def touch(self, start: int, stop: int) -> bool:
        """Mark the pages of some bytes as used; return whether all of them are cached."""
        if not 0 <= start <= stop <= self.size:
            raise self._out_of_range(start, stop)
        state, first, past = self._state, start // self.page, -(-stop // self.page)
        if state.count(_USED, first, past) == past - first:
            return True
        state[first:past] = state[first:past].translate(_TOUCH)
        return state.find(_ABSENT, first, past) < 0

    def missing_pages(self, start: int, stop: int) -> set[int]:
        """Return the numbers of the pages to fetch before some bytes can be read."""
        state, first, past = self._state, start // self.page, -(-stop // self.page)
        if self.is_whole and state.find(_ABSENT, first, past) >= 0:
            first, past = 0, len(state)
        return {number for number in range(first, past) if state[number] == _ABSENT}

    @property
    def cached_bytes(self) -> int:
        """The bytes of the cached pages."""
        return (len(self._state) - self._state.count(_ABSENT)) * self.page

    @property
    def used_bytes(self) -> int:
        """The bytes of the pages used again since the last eviction."""
        return self._state.count(_USED) * self.page

    def age(self) -> None:
        """Mark all pages as not used since the last eviction."""
        self._state[:] = self._state.translate(_AGE)

    def evict_unused(self) -> None:
        """Evict the pages that were not used again, and mark the others as not used."""
        self._state[:] = self._state.translate(_EVICT)

    def move(self) -> None:
        """Move the cached pages to new memory, and forget the others."""
        runs, paged = [_NO_RUN] * len(self._runs), self.segment.size - self.segment.index_start
        for found in _CACHED_RUN.finditer(self._state):
            start, stop = found.start() * self.page, min(found.end() * self.page, paged)
            runs[found.start() : found.end()] = [self._stored(start, self._cached(start, stop))] * len(found.group())
        self._runs = runs

    def ranges(self, numbers: Iterable[int], gap: int) -> Iterator[tuple[int, int]]:
        """Yield the byte ranges of some pages, and of the page table if it is not loaded yet.

        Ranges at most `gap` bytes apart become one.
        """
        first, end = self.segment.index_start, self.segment.size
        starts = [first + number * self.page for number in sorted(numbers)]
        parts = [(start, min(start + self.page, end)) for start in starts]
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
        accepted = self.accept(start, data)
        pages = self._pages(start, len(data))
        if len(accepted) < len(pages):
            wrong = min({*pages}.difference(accepted))
            raise Damaged(f"page {wrong} of segment {self.segment.id} does not match its page table")

    def accept_table(self, data: bytes) -> bool:
        """Cache the page table if its hash matches; return whether it does."""
        is_sound = sha256(data) == self.segment.pages_sha256
        if is_sound:
            self.table = data
        return is_sound

    def accept(self, start: int, data: bytes) -> Collection[int]:
        """Cache the pages of a part of the file that match their hashes; return their numbers. Needs the page table."""
        table, state, page, pages = self.table, self._state, self.page, self._pages(start, len(data))
        if table is None or not pages:
            return ()
        begin = pages.start * page  # of the pages in the index
        part = memoryview(data)[begin + self.segment.index_start - start :]
        if state.count(_ABSENT, pages.start, pages.stop) == len(pages) and page_table.match(table, pages, part, page):
            self._keep(pages, part)
            return pages
        for number in pages:
            one = range(number, number + 1)
            content = part[number * page - begin : (number + 1) * page - begin]
            if state[number] == _ABSENT and page_table.match(table, one, content, page):
                self._keep(one, content)
        return [number for number in pages if state[number] != _ABSENT]

    def _pages(self, start: int, size: int) -> range:
        """Return the numbers of the pages that begin in a part of the file."""
        first, page = start - self.segment.index_start, self.page
        return range(page_table.pages(max(0, first), page), page_table.pages(max(0, first + size), page))

    def _keep(self, pages: range, data: memoryview) -> None:
        run = self._stored(pages.start * self.page, data)
        self._runs[pages.start : pages.stop] = [run] * len(pages)
        self._state[pages.start : pages.stop] = bytes([_CACHED]) * len(pages)

    def _stored(self, start: int, data: memoryview) -> _Run:
        """Copy verified pages, which begin at byte `start` of the index, to memory of ours."""
        memory = self._memory.take(len(data))
        memory[:] = data
        return _Run(start, start + len(data), memory.toreadonly())

    def _out_of_range(self, start: int, stop: int) -> Damaged:
        return Damaged(
            f"bytes {start} to {stop} are outside the index of segment {self.segment.id}, which has {self.size} bytes"
        )
