"""The searcher: one snapshot of the index, opened for reading."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from whoosh import query

from quoth import moments
from quoth.engine import highlight, plan
from quoth.engine.collection import Census, Collection, Part
from quoth.engine.page import Coverage, Hit, Page
from quoth.engine.request import Request
from quoth.engine.segment.unsound import told_as_damage
from quoth.errors import Gone, NotFound, QuothError
from quoth.quote import Quote, QuoteType, from_text
from quoth.storage import history, snapshot
from quoth.storage.disk import Disk
from quoth.storage.manifest import Manifest
from quoth.storage.pages import Pages
from quoth.storage.snapshot import NOTHING_YET, Snapshot
from quoth.storage.store import Store

# Bytes of what was read that are kept, unless the caller says otherwise: half as pages, half decoded.
MEMORY = 512 << 20

# How often a search begins again because a segment that it needs was collected meanwhile.
ATTEMPTS = 3

T = TypeVar("T")

_1970 = datetime(1970, 1, 1, tzinfo=UTC)

# Without words the newest quotes come first.
_NEWEST_FIRST = ("published", True)


class Searcher:
    """Answers from the newest generation of a store; each answer from one generation, whole.

    Of a segment only what searches touch is read, and kept, since segments never change, up to `memory` bytes; `disk`
    keeps it for other processes too. With `as_of` it answers from that past generation. Safe for use by several
    threads, which wait for one another: searches share arrays to work in.
    """

    def __init__(
        self, store: Store, *, memory: int = MEMORY, disk: Disk | None = None, as_of: int | None = None
    ) -> None:
        self._store = store
        self._as_of = as_of
        self._memory = memory // 2
        self._pages = Pages(store, memory=memory // 2, disk=disk)
        self._snapshot = NOTHING_YET
        self._collection: Collection | None = None
        self._coverage: Coverage | None = None
        self._of_types: dict[tuple[QuoteType, ...], int] = {}
        self._one_at_a_time = threading.RLock()

    def search(self, request: Request) -> Page:
        """Return the best hits of a request; raises `BadQuery`, and `Damaged` rather than a wrong answer."""
        found = plan.terms(request)
        return self._answered(lambda: self._search(request, found))

    def _search(self, request: Request, terms: plan.Terms) -> Page:
        tree, filters = plan.matching(terms), plan.filtering(request)
        sort = None if request.q else _NEWEST_FIRST
        manifest = self._refresh(lambda held: held.prepare(tree, filters, sort))
        if self._collection is None:
            return Page(request, (), 0, manifest.generation, manifest.quotes, 0)
        found = self._collection.search(tree, filters, request.limit, sort)
        hits = []
        for stored, score in zip(self._collection.stored(found.docs), found.scores.tolist(), strict=True):
            quote = from_text(stored)
            hits.append(Hit(quote, score, highlight.spans(quote.text, terms)))
        searched = self._count(request.types)
        return Page(request, tuple(hits), found.total, manifest.generation, manifest.quotes, searched)

    def _count(self, types: tuple[QuoteType, ...]) -> int:
        """Return how many quotes of some types there are; counted once a generation."""
        if types not in self._of_types and self._collection is not None:
            self._of_types[types] = self._collection.search(query.Every(), plan.of_types(types), limit=0).total
        return self._of_types.get(types, 0)

    def get(self, quote_id: str) -> Quote:
        """Return one quote; raises `NotFound`."""
        wanted = query.Term("id", quote_id)
        return self._answered(lambda: self._get(wanted, quote_id))

    def _get(self, wanted: query.Term, quote_id: str) -> Quote:
        self._refresh(lambda held: held.prepare(wanted))
        if self._collection is not None:
            found = self._collection.search(wanted, limit=2)
            for stored in self._collection.stored(found.docs):
                quote = from_text(stored)
                if quote.id == quote_id:  # and not another one with the same hash
                    return quote
        raise NotFound(f"no quote has the id {quote_id[:80]}")

    def coverage(self) -> Coverage:
        """Return what the index holds; counted once a generation."""
        return self._answered(self._cover)

    def _cover(self) -> Coverage:
        manifest = self._refresh()
        if self._coverage is None:
            census = Census() if self._collection is None else self._collection.census()
            self._coverage = _cover(manifest, census)
        return self._coverage

    def _answered(self, answer: Callable[[], T]) -> T:
        """Return an answer; when a segment was collected meanwhile, one from a newer generation, which is without it.

        Raises `Gone` when there is no newer one: then the segment is lost.
        """
        with self._one_at_a_time, told_as_damage(self._segments):
            for _ in range(ATTEMPTS):
                try:
                    return answer()
                except Gone:
                    if self._newest(bool) is self._snapshot:
                        raise
            return answer()

    def _segments(self) -> str:
        names = [] if self._collection is None else [reader.name for reader in self._collection.index.readers]
        return f"segment {names[0]}" if len(names) == 1 else f"one of {len(names)} segments ({', '.join(names):.200})"

    def _refresh(self, ahead: Callable[[Collection], object] = bool) -> Manifest:
        """Return the newest manifest, its collection opened; `ahead` fetches what will be read of one."""
        newest = self._newest(ahead)
        if newest is not self._snapshot:
            self._open(newest.manifest)
            # Only now: had a segment failed to open, the next call must not believe that it holds this one.
            self._snapshot = newest
        return newest.manifest

    def _newest(self, ahead: Callable[[Collection], object]) -> Snapshot:
        held = self._collection
        if self._as_of is not None:
            past = self._snapshot is NOTHING_YET
            return Snapshot(history.read(self._store, self._as_of), None) if past else self._snapshot
        if held is None or not self._store.trip_bytes:
            return snapshot.refresh(self._store, self._snapshot)
        # A far store is asked whether this snapshot is still the newest while the postings are on their way: it
        # nearly always is. Where it is not, its segments may be gone, and what failed ahead does not matter.
        with ThreadPoolExecutor(1) as asking:
            answer = asking.submit(snapshot.refresh, self._store, self._snapshot)
            with suppress(QuothError):
                ahead(held)
            return answer.result()

    def _open(self, manifest: Manifest) -> None:
        entries = [segment for segment in manifest.segments if segment.quotes]
        files = self._pages.open(entries)
        parts = [Part(f, s.table, s.retired_numbers, s.id) for f, s in zip(files, entries, strict=True)]
        self._coverage, self._of_types = None, {}
        # What is near is read when it is needed: to gather it before would only take time.
        load = self._pages.load if self._store.trip_bytes else None
        older = self._collection
        self._collection = Collection(parts, load, memory=self._memory, older=older) if parts else None


def _cover(manifest: Manifest, census: Census) -> Coverage:
    return Coverage(
        generation=manifest.generation,
        segments=len(manifest.segments),
        bytes=sum(s.size for s in manifest.segments),
        quotes=manifest.quotes,
        articles=census.articles,
        speakers=census.speakers,
        undated=census.undated,
        oldest=_date(census.oldest),
        newest=_date(census.newest),
        publishers=census.publishers,
        types=census.types,
    )


def _date(seconds: int | None) -> str | None:
    return None if seconds is None else moments.write(_1970 + timedelta(seconds=seconds))
