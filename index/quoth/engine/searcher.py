"""The searcher: one snapshot of the index, opened for reading."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from whoosh import query

from quoth.engine import highlight, speakers
from quoth.engine.execution.budget import SECONDS, Budget, TooBroad
from quoth.engine.execution.collection import Collection, DocGroup, IndexStats, SegmentView, TopDocs
from quoth.engine.page import Bucket, CollapsedGroup, Coverage, Edition, Hit, Page, SpeakerList, SpeakerProfile
from quoth.engine.query import cursor as cursors
from quoth.engine.query import plan
from quoth.engine.query.cursor import Cursor
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.plan import Plan
from quoth.engine.query.request import DEFAULT_LIMIT, MAX_LIMIT, Request
from quoth.engine.segment.unsound import as_damage
from quoth.engine.verify.verify import Verification, VerifyRequest, verify
from quoth.errors import BadQuery, Expired, Gone, NotFound, QuothError
from quoth.quote import Quote, QuoteType, from_text
from quoth.storage import history, snapshot
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.files.page_cache import PageCache
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import NOTHING_YET, Snapshot
from quoth.storage.stores.protocol import Store
from quoth.text import timestamps

# Bytes of what was read that are kept, unless the caller says otherwise: half as pages, half decoded.
MEMORY = 512 << 20

# How often a search begins again because a segment that it needs was collected meanwhile.
ATTEMPTS = 3

T = TypeVar("T")

_1970 = datetime(1970, 1, 1, tzinfo=UTC)

# Past generations that are held open, for those who page through one while others write.
PAST = 2


class VerifyResult(NamedTuple):
    """Whether somebody said something, and what the index holds: what is not found in it may still have been said."""

    verification: Verification
    coverage: Coverage

    @property
    def edition(self) -> Edition:
        """Which index answered."""
        return self.coverage.edition


class Searcher:
    """Answers from the newest generation of a store; each answer from one generation, whole.

    Of a segment only what searches touch is read, and kept, since segments never change, up to `memory` bytes; `disk`
    keeps it for other processes too. With `as_of` it answers from that past generation. Safe for use by several
    threads, which wait for one another: searches share arrays to work in.
    """

    def __init__(
        self, store: Store, *, memory: int = MEMORY, disk: DiskCache | None = None, as_of: int | None = None
    ) -> None:
        self._store = store
        self._as_of = as_of
        self._memory = memory // 2
        self._pages = PageCache(store, memory=memory // 2, disk=disk)
        self._snapshot = NOTHING_YET
        self._collection: Collection | None = None
        self._coverage: Coverage | None = None
        self._of_types: dict[tuple[QuoteType, ...], int] = {}
        self._past: OrderedDict[int, Searcher] = OrderedDict()
        self._budget = Budget()
        self._one_at_a_time = threading.RLock()

    def search(self, request: Request) -> Page:
        """Return the best hits of a request; raises `BadQuery`, and `Damaged` rather than a wrong answer.

        A page that a cursor asks for is of the generation that the page before was of: `Expired` when that is gone.
        """
        if request.cursor is not None:
            cursor = cursors.decode(request.cursor, request)
            try:
                return self._pinned(request, cursor.generation, cursor.start)
            except (NotFound, Gone):
                raise Expired(f"generation {cursor.generation} is no longer kept; begin again without cursor") from None
        if request.as_of is not None:
            try:
                return self._pinned(request, request.as_of)
            except NotFound as error:
                raise BadQuery("as_of", str(error)) from None
        return self._page(request)

    def rows(self, request: Request, most: int) -> tuple[Edition, list[bytes]]:
        """Return up to so many quotes of a request, first to last, as they are stored; `BadQuery` as `search`."""
        if request.cursor is not None or request.collapse != "none":
            name = "cursor" if request.cursor is not None else "collapse"
            raise BadQuery(name, f"is for up to {MAX_LIMIT:,} rows; leave it out, or ask for fewer")

        def answer() -> tuple[Edition, list[bytes]]:
            manifest = self._refresh()
            if self._collection is None:
                return Edition.of(manifest), []
            with self._within_reason("q"):
                made = _planned(request, self._collection)
                docs = self._collection.search(made.tree, made.filter, most, made.sort).docs
            parts = (docs[start : start + MAX_LIMIT] for start in range(0, len(docs), MAX_LIMIT))
            return Edition.of(manifest), [stored for part in parts for stored in self._opened().stored(part)]

        if request.as_of is None:
            return self._answered(answer)
        bare = replace(request, as_of=None)
        try:
            found = self.at(request.as_of).rows(bare, most)  # see `_pinned`
            return found if found[0].generation == request.as_of else self.at(request.as_of).rows(bare, most)
        except NotFound as error:
            raise BadQuery("as_of", str(error)) from None

    def at(self, generation: int) -> Searcher:
        """Return a searcher of one generation: this one while it is the newest."""
        if generation == self._as_of or (self._as_of is None and self.edition().generation == generation):
            return self
        with self._one_at_a_time:
            if generation not in self._past:
                self._past[generation] = Searcher(
                    self._store, memory=self._memory // 2, disk=self._pages.disk, as_of=generation
                )
            self._past.move_to_end(generation)
            while len(self._past) > PAST:
                self._past.popitem(last=False)
            return self._past[generation]

    def edition(self) -> Edition:
        """Return which index the next answer is of, unless somebody writes meanwhile."""
        return self._answered(lambda: Edition.of(self._refresh()))

    def _pinned(self, request: Request, generation: int, start: int = 0) -> Page:
        """Return a page of one generation, whatever is committed meanwhile."""
        page = self.at(generation)._page(request, start)
        # It was the newest when it was looked for and another is now: from here on it is of the past.
        return page if page.edition.generation == generation else self.at(generation)._page(request, start)

    def _page(self, request: Request, start: int = 0) -> Page:
        def answer() -> Page:
            with self._within_reason("q"):
                return self._search(request, start)

        return self._answered(answer)

    @contextmanager
    def _within_reason(self, parameter: str) -> Iterator[None]:
        """Limit the work of an answer; what is too broad is the parameter's fault."""
        try:
            with self._budget.of(SECONDS):
                yield
        except TooBroad as error:
            raise BadQuery(parameter, f"is too broad: {error}; use rarer words, or a filter") from None

    def _search(self, request: Request, start: int) -> Page:
        collapse, facets = _collapse(request), tuple(request.facets or ())

        def prepare(held: Collection) -> None:
            made = _planned(request, held)
            held.prepare(made.tree, made.filter, made.sort, facets, collapse)

        manifest = self._refresh(prepare)
        if self._collection is None:
            return Page(request, (), 0, Edition.of(manifest), 0, facets=dict.fromkeys(facets, ()))
        made = _planned(request, self._collection)
        found = self._collection.search(made.tree, made.filter, request.limit, made.sort, facets, start, collapse)
        end = start + len(found.docs)
        rest = (
            cursors.encode(Cursor(manifest.generation, end), request) if len(found.docs) and end < found.total else None
        )
        return Page(
            request,
            tuple(self._hits(request, made, found)),
            found.total,
            Edition.of(manifest),
            self._count(request.types),
            start=start,
            next_cursor=rest,
            facets=self._facets(found.facets),
            corrections=made.corrections,
            did_you_mean=made.did_you_mean,
        )

    def _hits(self, request: Request, made: Plan, found: TopDocs) -> Iterator[Hit]:
        collection = self._opened()
        groups = found.groups or (None,) * len(found.docs)
        for stored, score, group in zip(collection.stored(found.docs), found.scores.tolist(), groups, strict=True):
            self._budget.check()
            quote = from_text(stored)
            spans = highlight.spans(quote.text, made.highlight_terms, self._budget.check) if request.highlight else ()
            yield Hit(quote, score, spans, None if group is None else _collapsed(group))

    def _facets(self, found: Mapping[str, list[tuple[str, int]]]) -> dict[str, tuple[Bucket, ...]]:
        """Return facets with the names of their speakers."""
        facets = {name: tuple(Bucket(*item) for item in items) for name, items in found.items()}
        if people := facets.get("speaker"):
            names = speakers.of_ids(self._opened(), (bucket.value for bucket in people))
            facets["speaker"] = tuple(bucket._replace(name=one.name) for bucket, one in zip(people, names, strict=True))
        return facets

    def _opened(self) -> Collection:
        """Return the collection that is open; asked only when there is one."""
        if self._collection is None:
            raise NotFound("the index is empty")
        return self._collection

    def speakers(self, prefix: str | None = None, limit: int = DEFAULT_LIMIT) -> SpeakerList:
        """Return those who are quoted and whose names begin like this, the most quoted first."""

        def answer() -> SpeakerList:
            manifest = self._refresh()
            if self._collection is None:
                return SpeakerList(prefix, (), 0, Edition.of(manifest))
            with self._within_reason("prefix"):
                return speakers.lookup(self._collection, Edition.of(manifest), prefix, limit)

        return self._answered(answer)

    def profile(self, speaker_id: str) -> SpeakerProfile:
        """Return one speaker in numbers; raises `NotFound`."""

        def answer() -> SpeakerProfile:
            manifest = self._refresh()
            if self._collection is None:
                raise NotFound(f"no quote is by a speaker with the id {speaker_id[:80]}")
            return speakers.profile(self._collection, Edition.of(manifest), speaker_id)

        return self._answered(answer)

    def _count(self, types: tuple[QuoteType, ...]) -> int:
        """Return how many quotes of some types there are; counted once a generation, and not at a query's cost."""
        if types not in self._of_types and self._collection is not None:
            with self._budget.paused():
                self._of_types[types] = self._collection.search(query.Every(), plan.of_types(types), limit=0).total
        return self._of_types.get(types, 0)

    def verify(self, question: VerifyRequest) -> VerifyResult:
        """Return whether somebody said something; see `quoth.engine.verify`."""

        def answer() -> VerifyResult:
            coverage = self._cover()
            collection = self._collection
            if collection is None:
                return VerifyResult(verify(Collection([]), question), coverage)
            with self._within_reason("text"):
                return VerifyResult(verify(collection, question, self._budget.check), coverage)

        return self._answered(answer)

    def utterance(self, of: Quote) -> tuple[Quote, ...]:
        """Return the quotes that belong to one act of speaking with a quote, in order."""
        if of.utterance.of == 1:
            return (of,)
        wanted = query.Term("utterance", of.utterance.id)
        return self._answered(lambda: self._utterance(wanted, of))

    def _utterance(self, wanted: query.Term, of: Quote) -> tuple[Quote, ...]:
        self._refresh(lambda held: held.prepare(wanted))
        if self._collection is None:
            return (of,)
        found = self._collection.search(wanted, limit=of.utterance.of)
        quotes = [from_text(stored) for stored in self._collection.stored(found.docs)]
        same = [quote for quote in quotes if quote.utterance.id == of.utterance.id]
        return tuple(sorted(same, key=lambda quote: quote.utterance.position)) or (of,)

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
            census = IndexStats() if self._collection is None else self._collection.stats()
            self._coverage = _cover(manifest, census)
        return self._coverage

    def _answered(self, answer: Callable[[], T]) -> T:
        """Return an answer; when a segment was collected meanwhile, one from a newer generation, which is without it.

        Raises `Gone` when there is no newer one: then the segment is lost.
        """
        with self._one_at_a_time, as_damage(self._segments):
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
            return Snapshot(history.find_generation(self._store, self._as_of), None) if past else self._snapshot
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
        parts = [SegmentView(f, s.table, s.retired_numbers, s.id) for f, s in zip(files, entries, strict=True)]
        self._coverage, self._of_types = None, {}
        # What is near is read when it is needed: to gather it before would only take time.
        load = self._pages.load if self._store.trip_bytes else None
        older = self._collection
        self._collection = (
            Collection(parts, load, memory=self._memory, older=older, budget=self._budget) if parts else None
        )


def _planned(request: Request, collection: Collection) -> Plan:
    """Return how a request is answered; what this looks up, and what a search needs first, is fetched in one go."""
    collection.open(plan.fields(request), request.facets or (), _collapse(request))
    return plan.plan(request, Lexicon(collection.index))


def _collapse(request: Request) -> str | None:
    return None if request.collapse == "none" else request.collapse


def _collapsed(group: DocGroup) -> CollapsedGroup:
    return CollapsedGroup(group.quotes, group.articles, group.publishers, _moment(group.oldest), _moment(group.newest))


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else _1970 + timedelta(seconds=seconds)


def _cover(manifest: Manifest, census: IndexStats) -> Coverage:
    return Coverage(
        edition=Edition.of(manifest),
        segments=len(manifest.segments),
        bytes=sum(s.size for s in manifest.segments),
        articles=census.articles,
        speakers=census.speakers,
        undated=census.undated,
        oldest=_date(census.oldest),
        newest=_date(census.newest),
        publishers=census.publishers,
        types=census.types,
    )


def _date(seconds: int | None) -> str | None:
    return timestamps.to_rfc3339(_moment(seconds))
