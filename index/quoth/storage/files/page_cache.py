"""Reading segments in parts: what a search touches is fetched, verified and kept, and little else.

Docs: docs/decisions/0006-verified-ranged-reads.md.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence

from quoth.errors import NotFound
from quoth.storage import segments
from quoth.storage.files import page_table
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.files.page_table import PAGE
from quoth.storage.files.segment_file import PagedFile, SegmentFile
from quoth.storage.manifest import SegmentEntry
from quoth.storage.stores.protocol import Range, Store

# The memory that pages may take, unless the caller says otherwise.
MEMORY = 256 * 2**20

# A file is read whole when that is quicker, counted in round trips (see Store.trip_bytes): all files, when they take
# no longer than the two trips that are saved; one of many, when it takes no longer than its own further requests.
WHOLE_TOGETHER = 2
WHOLE_ALONE = 1 / 2
# What lies between two pages is read as well when that is quicker than another request.
GAP = 1 / 16

_Span = tuple[PagedFile, int, int]  # a half-open range of bytes of an index
_Needs = dict[PagedFile, set[int]]  # numbers of pages


class PageCache:
    """The pages of segments that were read so far, in memory and maybe on a local disk.

    Safe for use by several threads; loads wait for one another.

    >>> from types import SimpleNamespace
    >>> from quoth.storage.stores.memory import MemoryStore
    >>> index = SimpleNamespace(data=b"an index", table={}, counts=[], ids=[])
    >>> store, draft = MemoryStore(), segments.seal("s1", index, [])
    >>> segments.write(store, draft.entry, draft.data)
    >>> (file,) = PageCache(store).open([draft.entry])
    >>> bytes(file.read(3, 8))
    b'index'
    """

    def __init__(self, store: Store, *, memory: int = MEMORY, disk: DiskCache | None = None) -> None:
        self._store = store
        self._memory = memory // PAGE
        self.disk = disk
        self._files: dict[object, PagedFile] = {}
        self._lock = threading.RLock()

    @property
    def held(self) -> int:
        """How many bytes of memory the pages take."""
        return sum(file.held for file in self._files.values()) * PAGE

    def open(self, entries: Iterable[SegmentEntry]) -> list[SegmentFile]:
        """Return the index of each segment; nothing is read yet. Files that are not among them are forgotten."""
        opened, trip = list(entries), self._store.trip_bytes
        with self._lock:
            files = [self._files.get(_identity(s)) or PagedFile(s, self.load, self._lock) for s in opened]
            self._files = {_identity(file.segment): file for file in files}
            together = sum(s.size for s in opened) <= trip * WHOLE_TOGETHER
            for file in files:
                file.is_whole = together or file.segment.size <= trip * WHOLE_ALONE
        return list(files)

    def load(self, wanted: Iterable[tuple[SegmentFile, int, int]]) -> None:
        """Fetch what is missing of ranges of bytes of files, in one round trip.

        It is kept at least until the next load, whatever may be kept. Raises `Damaged`.
        """
        with self._lock:
            spans = [(file, start, stop) for file, start, stop in wanted if isinstance(file, PagedFile)]
            missing = [span for span in spans if not span[0].touch(span[1], span[2])]
            if not missing:
                return
            needs: _Needs = defaultdict(set)
            for file, start, stop in missing:
                needs[file] |= file.missing_pages(start, stop)
            self._make_room(self._coming(needs), spans)
            if self.disk is not None:
                _recall(self.disk, needs)
            self._fetch({file: numbers for file, numbers in needs.items() if numbers})

    @property
    def _gap(self) -> int:
        return int(self._store.trip_bytes * GAP)

    def _coming(self, needs: _Needs) -> int:
        """Return how many pages will come at most, with those in gaps."""
        parts = (part for file, numbers in needs.items() for part in file.ranges(numbers, self._gap))
        return sum(page_table.pages(stop - start) for start, stop in parts)

    def _make_room(self, coming: int, spans: Sequence[_Span]) -> None:
        """Give up pages so that others have room: those that no load has asked for again since the last time.

        If that leaves less than half of the memory free, all but those that this load asks for. So less is copied to
        give up pages than is fetched before it happens again.
        """
        files = self._files.values()
        if sum(file.held for file in files) + coming <= self._memory:
            return
        if sum(file.used for file in files) + coming > self._memory // 2:
            for file in files:
                file.age()
            for file, start, stop in spans:
                file.touch(start, stop)
        for file in files:
            file.keep_used()

    def _fetch(self, needs: _Needs) -> None:
        parts = [(file, *part) for file, numbers in needs.items() for part in file.ranges(numbers, self._gap)]
        answers = self._store.get_ranges([Range(segments.key(file.segment), *part) for file, *part in parts])
        for file, start, stop in parts:
            try:
                data = next(answers)
            except NotFound:
                raise segments.missing_segment(file.segment) from None
            file.take(start, stop, data)
            if self.disk is not None:
                self.disk.write(file.segment.sha256, [(start, data)])


def _recall(disk: DiskCache, needs: _Needs) -> None:
    """Take what the disk has of the pages that are needed, and strike them off."""
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
    """Return what makes two entries the same file; what is retired in them may differ."""
    return segment.id, segment.size, segment.index_start, segment.ledger_start, segment.sha256, segment.pages_sha256
