"""Following the index: the newest generation, opened for reading, and opened again when another replaces it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from types import TracebackType
from typing import TypeVar

import msgspec
from whoosh import query

from quoth.engine.execution.budget import Budget
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents import tombstones
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.execution.documents.tombstones import Tombstone
from quoth.engine.page import Coverage, Edition
from quoth.engine.query import plan
from quoth.engine.segment import columns, layout
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.unsound import as_damage
from quoth.errors import Gone, QuothError
from quoth.quote import QuoteType
from quoth.storage import history, snapshot, transitions
from quoth.storage.commit import LedgerCache
from quoth.storage.files.page_cache import PageCache
from quoth.storage.files.segment_file import SegmentFile
from quoth.storage.manifest import Manifest, SegmentEntry, WithdrawnItem
from quoth.storage.segments import Retirement
from quoth.storage.snapshot import NOTHING_YET, Snapshot
from quoth.storage.stores.protocol import Store

# How often an answer begins again because the collector deleted one of its segments meanwhile.
ATTEMPTS = 3

T = TypeVar("T")


class OpenGeneration(msgspec.Struct, dict=True):
    """One generation, opened: its manifest, its collection, and the counts that are made once a generation.

    A past generation leaves out later withdrawals. `withdrawn_until` is the generation of the last one, 0 without any.
    `as_published` is its collection with it, which has the places that the cursors of its pages count.
    """

    manifest: Manifest
    collection: Collection
    as_published: Collection
    _files: Mapping[str, SegmentFile] = msgspec.field(default_factory=dict)
    withdrawn_until: int = 0
    _by_types: dict[tuple[QuoteType, ...], int] = msgspec.field(default_factory=dict)

    @cached_property
    def edition(self) -> Edition:
        """Which index this is, as answers name it."""
        return Edition.of(self.manifest, self.withdrawn_until)

    @property
    def shown(self) -> Array | None:
        """Whether each document is in the generation; `None` if all are that were published with it."""
        return self.collection.index.visibility.alive_mask if self.collection is not self.as_published else None

    def tombstone(self, quote_id: str) -> Tombstone | None:
        """Return the tombstone of a quote that an earlier generation had, `None` for an unknown quote."""
        return tombstones.find(self._remembering, columns.key(quote_id))

    @cached_property
    def _remembering(self) -> list[tuple[SegmentReader, Mapping[int, Retirement]]]:
        """The segments that remember quotes which are no longer there, each with its retired records."""
        return [
            (SegmentReader(self._files[e.id], layout.from_json(e.table), e.id), transitions.retirements(e))
            for e in self.manifest.segments
            if e.retired_numbers or e.tombstones
        ]

    @cached_property
    def coverage(self) -> Coverage:
        """What the index holds."""
        return Coverage.of(self.manifest, self.collection.stats())

    def count(self, types: tuple[QuoteType, ...]) -> int:
        """Return how many quotes of some types are visible; counting is not charged to a query."""
        if types not in self._by_types:
            with self.collection.index.budget.paused():
                top = self.collection.search(query.Every(), plan.of_types(types), limit=0)
            self._by_types[types] = top.total
        return self._by_types[types]

    def __str__(self) -> str:
        """Name the segments, for an error that one of them causes."""
        names = [reader.name for reader in self.collection.index.segments.readers]
        return f"segment {names[0]}" if len(names) == 1 else f"one of {len(names)} segments ({', '.join(names):.200})"


class SnapshotFollower:
    """The newest generation of a store, or the past one `as_of`, kept open. One thread at a time computes an answer.

    `memory` bounds in bytes what is cached beside the pages that `pages` holds.
    """

    def __init__(self, store: Store, pages: PageCache, memory: int, budget: Budget, as_of: int | None = None) -> None:
        self._store = store
        self._pages = pages
        self._memory = memory
        self._budget = budget
        self._as_of = as_of
        self._snapshot = NOTHING_YET
        self._newest_known = NOTHING_YET  # of a past generation's follower, which asks what was withdrawn since
        empty = Collection([], budget=budget)
        self._open = OpenGeneration(NOTHING_YET.manifest, empty, empty)
        self.lock = FairLock()

    def answer(self, compute: Callable[[], T]) -> T:
        """Return an answer; when the collector deletes one of its segments meanwhile, one of a newer generation.

        Raises `Gone` when there is no newer one: then the segment is lost.
        """
        with self.lock, as_damage(lambda: str(self._open)):
            for _ in range(ATTEMPTS):
                try:
                    return compute()
                except Gone:
                    if self._newest(lambda _: None)[0] is self._snapshot:
                        raise
            return compute()

    def current(self) -> OpenGeneration:
        """Return the newest generation, opened."""
        return self.prepared(lambda _: None)[0]

    def prepared(self, prepare: Callable[[Collection], T], *, as_published: bool = False) -> tuple[OpenGeneration, T]:
        """Return the newest generation, opened, and what `prepare` makes of its collection, or of it as published."""
        newest, ahead = self._newest(prepare)
        if newest is not self._snapshot:
            self._open = self._opened(newest.manifest)
            # Only now: if a segment fails to open, the next call must not believe that this snapshot is open.
            self._snapshot, ahead = newest, []
        made = ahead[0] if ahead else prepare(self._open.as_published if as_published else self._open.collection)
        return self._open, made

    def _newest(self, prepare: Callable[[Collection], T]) -> tuple[Snapshot, list[T]]:
        """Return the newest snapshot, and what `prepare` made meanwhile of the collection that is open, if it did."""
        if self._as_of is not None:
            return self._past(self._as_of), []
        if self._snapshot is NOTHING_YET or not self._store.trip_bytes:
            return snapshot.refresh(self._store, self._snapshot), []
        # A far store is asked whether this snapshot is still the newest while postings are on their way: it nearly
        # always is. If it is not, its segments may be gone, and it does not matter what fails ahead.
        ahead: list[T] = []
        with ThreadPoolExecutor(1) as asking:
            newest = asking.submit(snapshot.refresh, self._store, self._snapshot)
            with suppress(QuothError):
                ahead.append(prepare(self._open.collection))
            return newest.result(), ahead

    def _past(self, generation: int) -> Snapshot:
        """Return a past generation: the one that is open, unless something was withdrawn since it was opened.

        Raises `NotFound` if it is not kept, or if more was withdrawn since than the newest manifest tells.
        """
        self._newest_known = snapshot.refresh(self._store, self._newest_known)
        later = self._newest_known.manifest.withdrawn_after(generation)
        if self._snapshot is NOTHING_YET:
            return Snapshot(history.find_generation(self._store, generation), None)
        is_current = _last(later) == self._open.withdrawn_until
        return self._snapshot if is_current else Snapshot(self._snapshot.manifest, None)

    def _opened(self, published: Manifest) -> OpenGeneration:
        # A reader opens no segment that has nothing but a ledger.
        entries = [segment for segment in published.segments if segment.quotes or segment.tombstones]
        files = dict(zip((entry.id for entry in entries), self._pages.open(entries), strict=True))
        searched = [entry for entry in entries if entry.live_quotes]
        as_published = self._collection(files, searched, self._open.as_published)
        newest = self._newest_known.manifest
        later = () if self._as_of is None else newest.withdrawn_after(published.generation)
        if not later:
            return OpenGeneration(published, as_published, as_published, files)
        # Read for this step only: they have 53 bytes an article, and no search needs them.
        ledgers = LedgerCache(self._store).of(published)
        shown = transitions.without_withdrawn(published, newest, ledgers)
        by_id = {entry.id: entry for entry in shown.segments}
        collection = self._collection(files, [by_id[entry.id] for entry in searched], as_published)
        return OpenGeneration(shown, collection, as_published, files, _last(later))

    def _collection(
        self, files: Mapping[str, SegmentFile], entries: Sequence[SegmentEntry], older: Collection
    ) -> Collection:
        views = [SegmentView(files[entry.id], entry.table, entry.retired_numbers, entry.id) for entry in entries]
        load, is_far = self._pages.load if views else None, bool(self._store.trip_bytes)
        return Collection(views, load, memory=self._memory, older=older, budget=self._budget, is_far=is_far)


class FairLock:
    """A lock that its thread may take again. Who asks first is served first.

    The lock of the standard library goes to whoever is running when it is free: a thread that searches in a loop takes
    it again and again, and the others wait until the interpreter switches threads.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._owner: int | None = None
        self._depth = 0
        self._waiting: deque[tuple[int, threading.Lock]] = deque()

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._owner == me:
            self._depth += 1
            return
        with self._mutex:
            if self._owner is None:
                self._owner, self._depth = me, 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append((me, turn))
        try:
            turn.acquire()  # until the owner before hands the lock over
        except BaseException:
            self._leave(me, turn)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if not self._depth:
            with self._mutex:
                self._hand_over()

    def _hand_over(self) -> None:
        self._owner = None
        if self._waiting:
            self._owner, turn = self._waiting.popleft()
            self._depth = 1
            turn.release()

    def _leave(self, me: int, turn: threading.Lock) -> None:
        """Stop waiting, although the lock may have been handed over already: an interrupt came in between."""
        with self._mutex:
            if self._owner == me:
                self._hand_over()
            else:
                self._waiting.remove((me, turn))


def _last(withdrawn: Sequence[WithdrawnItem]) -> int:
    return max((item.since for item in withdrawn), default=0)
