"""Following the index: the newest generation, opened for reading, and opened again when another replaces it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from whoosh import query

from quoth.engine.execution.budget import Budget
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.page import Coverage, Edition
from quoth.engine.query import plan
from quoth.engine.segment.unsound import as_damage
from quoth.errors import Gone, QuothError
from quoth.quote import QuoteType
from quoth.storage import history, snapshot
from quoth.storage.files.page_cache import PageCache
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import NOTHING_YET, Snapshot
from quoth.storage.stores.protocol import Store

# How often an answer begins again because the collector deleted one of its segments meanwhile.
ATTEMPTS = 3

T = TypeVar("T")


@dataclass
class OpenGeneration:
    """One generation, opened: its manifest, its collection, and the counts that are made once a generation."""

    manifest: Manifest
    collection: Collection
    _by_types: dict[tuple[QuoteType, ...], int] = field(default_factory=dict)

    @cached_property
    def edition(self) -> Edition:
        """Which index this is, as answers name it."""
        return Edition.of(self.manifest)

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
        self._open = OpenGeneration(NOTHING_YET.manifest, Collection([], budget=budget))
        self.lock = threading.RLock()

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

    def prepared(self, prepare: Callable[[Collection], T]) -> tuple[OpenGeneration, T]:
        """Return the newest generation, opened, and what `prepare` makes of its collection."""
        newest, ahead = self._newest(prepare)
        if newest is not self._snapshot:
            self._open = self._opened(newest.manifest)
            # Only now: if a segment fails to open, the next call must not believe that this snapshot is open.
            self._snapshot, ahead = newest, []
        made = ahead[0] if ahead else prepare(self._open.collection)
        return self._open, made

    def _newest(self, prepare: Callable[[Collection], T]) -> tuple[Snapshot, list[T]]:
        """Return the newest snapshot, and what `prepare` made meanwhile of the collection that is open, if it did."""
        if self._as_of is not None:
            is_open = self._snapshot is not NOTHING_YET
            return self._snapshot if is_open else self._find(self._as_of), []
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

    def _find(self, generation: int) -> Snapshot:
        return Snapshot(history.find_generation(self._store, generation), None)

    def _opened(self, manifest: Manifest) -> OpenGeneration:
        entries = [segment for segment in manifest.segments if segment.quotes]
        files = self._pages.open(entries)
        views = [SegmentView(f, s.table, s.retired_numbers, s.id) for f, s in zip(files, entries, strict=True)]
        # Local files are read on demand; prefetching them saves no round trip.
        load = self._pages.load if self._store.trip_bytes and views else None
        older = self._open.collection
        return OpenGeneration(manifest, Collection(views, load, memory=self._memory, older=older, budget=self._budget))
