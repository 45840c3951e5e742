"""The index of one segment as bytes to read: all in memory, or page by page as it is touched."""

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

# What is known of a page: it is not here; it is; it is, and was asked for again since pages were last given up.
_ABSENT, _HELD, _USED = 0, 1, 2
_TOUCH = bytes([_ABSENT, _USED, _USED]).ljust(256, b"\0")
_AGE = bytes([_ABSENT, _HELD, _HELD]).ljust(256, b"\0")
_USED_RUN = re.compile(rb"\x02+")


class SegmentFile(Protocol):
    """The index of one segment. What is read has been verified."""

    @property
    def size(self) -> int:
        """How many bytes the index has."""

    def read(self, start: int, stop: int) -> memoryview:
        """Return some bytes of the index, read-only, after loading what is missing of them.

        Raises `Damaged` when what is stored is not as vouched for, and when there are no such bytes. Reading again is
        cheap; a view that is kept keeps all pages of the segment in memory that were there when it was made.
        """


class InMemoryFile:
    """An index that is in memory already.

    >>> bytes(InMemoryFile(b"an index").read(3, 8))
    b'index'
    """

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._view = memoryview(data)

    def read(self, start: int, stop: int) -> memoryview:
        """See `File.read`."""
        if not 0 <= start <= stop <= self.size:
            raise Damaged(f"bytes {start} to {stop} of an index of {self.size}")
        return self._view[start:stop]


class _PageBuffer(NamedTuple):
    """Pages in memory, each at its own place in the index, so that any range of them is one view without a copy.

    `state` says of each page whether it is there. One that is there is never taken away or written again: a file
    gives pages up by beginning a new sheet, and whoever still looks at the old one keeps that. So reading needs no
    lock.
    """

    state: bytearray
    writable: memoryview
    view: memoryview


class PagedFile:
    """An index in a store, and the pages of it that are here. What is fetched, and when, is decided by `Pages`."""

    def __init__(
        self,
        segment: SegmentEntry,
        load: Callable[[Iterable[tuple[SegmentFile, int, int]]], None],
        lock: AbstractContextManager[Any],
    ) -> None:
        self.segment = segment
        self.size = segment.ledger_start - segment.index_start
        self.is_whole = False  # whether a missing page means to get the whole file
        self.table: bytes | None = None
        self.held = 0  # pages
        self._load = load
        self._lock = lock
        self._sheet = self._blank()

    def read(self, start: int, stop: int) -> memoryview:
        """See `File.read`."""
        if not 0 <= start <= stop <= self.size:
            raise self._beyond(start, stop)
        state, _, view = self._sheet
        if state.find(_ABSENT, start // PAGE, -(-stop // PAGE)) >= 0:
            with self._lock:  # nobody gives it up before it is in our hands
                self._load([(self, start, stop)])
                view = self._sheet.view
        return view[start:stop]

    def touch(self, start: int, stop: int) -> bool:
        """Note that the pages of some bytes are being used; return whether all of them are here."""
        if not 0 <= start <= stop <= self.size:
            raise self._beyond(start, stop)
        state, first, past = self._sheet.state, start // PAGE, -(-stop // PAGE)
        if state.count(_USED, first, past) == past - first:
            return True
        state[first:past] = state[first:past].translate(_TOUCH)
        return state.find(_ABSENT, first, past) < 0

    def missing_pages(self, start: int, stop: int) -> set[int]:
        """Return the pages to get, so that some bytes are here."""
        state, first, past = self._sheet.state, start // PAGE, -(-stop // PAGE)
        if self.is_whole and state.find(_ABSENT, first, past) >= 0:
            first, past = 0, len(state)
        return {number for number in range(first, past) if state[number] == _ABSENT}

    @property
    def used(self) -> int:
        """How many pages were used again since pages were last given up."""
        return self._sheet.state.count(_USED)

    def age(self) -> None:
        """Forget which pages were used."""
        state = self._sheet.state
        state[:] = state.translate(_AGE)

    def keep_used(self) -> None:
        """Give up the pages that were not used again, and forget which ones were."""
        old, used = self._sheet, self.used
        if old.state.find(_HELD) >= 0:
            new = self._mapped() if used else self._blank()
            for run in _USED_RUN.finditer(old.state):
                start, stop = run.start() * PAGE, run.end() * PAGE
                new.writable[start:stop] = old.view[start:stop]
                new.state[run.start() : run.end()] = run.group()
            self._sheet, self.held = new, used
        self.age()

    def ranges(self, numbers: Iterable[int], gap: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of the file that hold some pages, and the page table if it is not here yet.

        Parts that are no further apart than `gap` bytes become one.
        """
        parts = [(self._place(number), self._place(number + 1)) for number in sorted(numbers)]
        if self.table is None:
            parts.insert(0, (0, self.segment.index_start))
        for position, (start, stop) in enumerate(parts):
            if position and start - parts[position - 1][1] <= gap:
                parts[position] = parts[position - 1][0], stop
            elif position:
                yield parts[position - 1]
        yield from parts[-1:]

    def take(self, start: int, stop: int, data: bytes) -> None:
        """Keep a part of the file as the store gave it; raises `Damaged` unless all of it is as vouched for.

        The first part of a file to come is the one with the page table.
        """
        if len(data) != stop - start:
            raise Damaged(f"segment {self.segment.id} ends at byte {start + len(data)}, it should reach {stop}")
        if self.table is None and not self.accept_table(data[: self.segment.index_start]):
            raise Damaged(f"the page table of segment {self.segment.id} is not what the manifest vouches for")
        first = page_table.pages(max(0, start - self.segment.index_start))
        past = page_table.pages(stop - self.segment.index_start)
        if wrong := set(range(first, past)) - self.accept(start, data):
            raise Damaged(f"page {min(wrong)} of segment {self.segment.id} is not what its page table says")

    def accept_table(self, data: bytes) -> bool:
        """Keep the page table if this is it; return whether it is."""
        is_sound = sha256(data) == self.segment.pages_sha256
        if is_sound:
            self.table = data
        return is_sound

    def accept(self, start: int, data: bytes) -> set[int]:
        """Keep the sound pages of a part of the file, and return which they are; needs the page table."""
        if self.table is None:
            return set()
        if not self._sheet.view:
            self._sheet = self._mapped()
        sheet, part = self._sheet, memoryview(data)
        begin = max(0, self.segment.index_start - start)
        first = (start + begin - self.segment.index_start) // PAGE
        sound = set()
        for number, place in enumerate(range(begin, len(data), PAGE), first):
            page = part[place : place + PAGE]
            if sheet.state[number] == _ABSENT:
                if not page_table.matches(self.table, number, page):
                    continue
                sheet.writable[number * PAGE : number * PAGE + len(page)] = page
                sheet.state[number] = _HELD  # only now may anybody read it
                self.held += 1
            sound.add(number)
        return sound

    def _beyond(self, start: int, stop: int) -> Damaged:
        return Damaged(f"bytes {start} to {stop} of the index of segment {self.segment.id}, which has {self.size}")

    def _place(self, number: int) -> int:
        """Return where in the file a page begins."""
        return min(self.segment.index_start + number * PAGE, self.segment.size)

    def _blank(self) -> _PageBuffer:
        nothing = memoryview(b"")
        return _PageBuffer(bytearray(page_table.pages(self.segment.size - self.segment.index_start)), nothing, nothing)

    def _mapped(self) -> _PageBuffer:
        """Return a sheet of the size of the index. It takes memory only where pages are written to it."""
        try:
            memory = mmap.mmap(-1, self.segment.size - self.segment.index_start, **_PRIVATE)
        except OSError as error:
            raise Unavailable(f"no memory for segment {self.segment.id}: {error.strerror}") from error
        if hasattr(mmap, "MADV_NOHUGEPAGE"):
            with contextlib.suppress(OSError):  # a kernel that knows of no huge pages
                memory.madvise(mmap.MADV_NOHUGEPAGE)  # else a page of ours may take 2 MiB
        writable = memoryview(memory)
        return _PageBuffer(self._blank().state, writable, writable.toreadonly())


_PRIVATE = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)}
