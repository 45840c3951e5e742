"""Reading segments in parts: fetch, verify and cache the pages that a search needs, and few others.

Docs: docs/decisions/0006-verified-ranged-reads.md, and 0050-cold-data.md for the limits.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from weakref import WeakValueDictionary

from quoth.errors import NotFound
from quoth.storage import segments
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.files.page_memory import PageMemory
from quoth.storage.files.segment_file import PagedFile, SegmentFile
from quoth.storage.manifest import SegmentEntry
from quoth.storage.stores.protocol import Range, Store

# The default limit of memory for pages, in bytes.
MEMORY = 256 * 2**20

# A file is read whole if that is faster, measured in round trips (see Store.trip_bytes): all files, if they take no
# longer than the two trips saved; a single file, if it takes no longer than its own further requests, of which some
# thirty share a trip.
WHOLE_TOGETHER = 2
WHOLE_ALONE = 1 / 4
# The gap between two pages is read as well if that is faster than another request.
GAP = 1 / 32

_Span = tuple[PagedFile, int, int]  # a half-open range of bytes of an index
_Needs = dict[PagedFile, set[int]]  # numbers of pages


class PageCache:
    """A cache of the pages of segments, in memory and optionally on a local disk.

    Safe for use by several threads; loads wait for one another.

    >>> from types import SimpleNamespace
    >>> from quoth.storage.stores.memory import MemoryStore
    >>> index = SimpleNamespace(data=b"an index", table={}, counts=[], ids=[], tombstones=0)
    >>> store, draft = MemoryStore(), segments.seal("s1", index, [])
    >>> segments.write(store, draft.entry, draft.data)
    >>> (file,) = PageCache(store).open([draft.entry])
    >>> bytes(file.read(3, 8))
    b'index'
    """

    def __init__(self, store: Store, *, memory: int = MEMORY, disk: DiskCache | None = None) -> None:
        self._store = store
        self._limit = memory
        self._memory = PageMemory()
        self.disk = disk
        # Files know their cache: it must not hold them as well, or their memory would wait for Python's collector.
        self._files: WeakValueDictionary[object, PagedFile] = WeakValueDictionary()
        self._lock = threading.RLock()

    @property
    def cached_bytes(self) -> int:
        """The memory that the cached pages take, in bytes."""
        return sum(file.cached_bytes for file in self._files.values())

    def open(self, entries: Iterable[SegmentEntry]) -> list[SegmentFile]:
        """Return the index of each segment; nothing is read yet. The pages of all other segments are dropped.

        Their memory is given up with the next eviction, or at once if it is more than half of all.
        """
        segments_to_open, trip = list(entries), self._store.trip_bytes
        with self._lock:
            files = [self._files.get(_identity(s)) or self._new_file(s) for s in segments_to_open]
            self._files = WeakValueDictionary({_identity(file.segment): file for file in files})
            together = sum(s.size for s in segments_to_open) <= trip * WHOLE_TOGETHER
            for file in files:
                file.is_whole = together or file.segment.size <= trip * WHOLE_ALONE
            if self._memory.taken > 2 * self.cached_bytes:
                self._move()
        return list(files)

    def load(self, ranges: Iterable[tuple[SegmentFile, int, int]]) -> None:
        """Fetch the missing pages of byte ranges of files, in one round trip.

        They stay cached at least until the next load, whatever the memory limit. Raises `Damaged`.
        """
        with self._lock:
            spans = [(file, start, stop) for file, start, stop in ranges if isinstance(file, PagedFile)]
            missing = [span for span in spans if not span[0].touch(span[1], span[2])]
            if not missing:
                return
            needs: _Needs = defaultdict(set)
            for file, start, stop in missing:
                needs[file] |= file.missing_pages(start, stop)
            self._make_room(self._incoming(needs), spans)
            if self.disk is not None:
                _read_from_disk(self.disk, needs)
            self._fetch({file: numbers for file, numbers in needs.items() if numbers})

    def _new_file(self, segment: SegmentEntry) -> PagedFile:
        return PagedFile(segment, self._memory, self.load, self._lock)

    @property
    def _gap(self) -> int:
        return int(self._store.trip_bytes * GAP)

    def _incoming(self, needs: _Needs) -> int:
        """Return the greatest number of bytes that a fetch can add, those of gaps and page tables included."""
        if not self._gap:
            return sum(len(numbers) * file.page + file.segment.index_start for file, numbers in needs.items())
        parts = (part for file, numbers in needs.items() for part in file.ranges(numbers, self._gap))
        return sum(stop - start for start, stop in parts)

    def _make_room(self, incoming: int, spans: Sequence[_Span]) -> None:
        """Evict pages to make room for others: those that no load has used again since the last eviction.

        If that leaves less than half of the memory free, evict all pages that this load does not use. So an eviction
        copies fewer pages than are fetched before the next one.
        """
        if self._memory.taken + incoming <= self._limit:
            return
        files = list(self._files.values())
        if self.cached_bytes + incoming > self._limit:  # otherwise the pages of forgotten files are room enough
            if sum(file.used_bytes for file in files) + incoming > self._limit // 2:
                for file in files:
                    file.age()
                for file, start, stop in spans:
                    file.touch(start, stop)
            for file in files:
                file.evict_unused()
        self._move()

    def _move(self) -> None:
        """Move all cached pages to new memory, and give up the old one."""
        self._memory.give_up()
        for file in self._files.values():
            file.move()

    def _fetch(self, needs: _Needs) -> None:
        parts, asked = [], []
        for file, numbers in needs.items():
            key = segments.key(file.segment)
            for start, stop in file.ranges(numbers, self._gap):
                parts.append((file, start, stop))
                asked.append(Range(key, start, stop))
        fetched = self._store.get_ranges(asked)
        for file, start, stop in parts:
            try:
                data = next(fetched)
            except NotFound:
                raise segments.missing_segment(file.segment) from None
            file.add(start, stop, data)
            if self.disk is not None:
                self.disk.write(file.segment.sha256, [(start, data)])


def _read_from_disk(disk: DiskCache, needs: _Needs) -> None:
    """Read needed pages from the disk, and remove them from `needs`."""
    for file, numbers in needs.items():
        name = file.segment.sha256
        if file.table is None:
            for table in disk.read(name, [(0, file.segment.index_start)]):
                file.accept_table(table)
        if file.table is not None:
            parts = list(file.ranges(numbers, 0))
            for (start, _), data in zip(parts, disk.read(name, parts), strict=False):
                numbers.difference_update(file.accept(start, data))


def _identity(segment: SegmentEntry) -> object:
    """Return the identity of a segment's file; entries of one file may differ in their retired records."""
    return segment.id, segment.size, segment.index_start, segment.ledger_start, segment.sha256, segment.pages_sha256
