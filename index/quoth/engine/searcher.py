"""The searcher: answers from the index, each answer from one generation.

Verification, speakers and explanations are loaded by the first request that needs them: they would cost the cold start
of a search a tenth.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace
from whoosh import query

from quoth.engine.analysis import words
from quoth.engine.execution.budget import SECONDS, Budget, Limit, TooBroad
from quoth.engine.execution.collection import Collection, PreparedSearch, TopDocs
from quoth.engine.execution.coverage.search import CoverageSearch
from quoth.engine.execution.coverage.words import PLACES, Found, Place
from quoth.engine.execution.documents.stored import ShownQuote
from quoth.engine.follower import OpenGeneration, SnapshotFollower
from quoth.engine.page import (
    Bucket,
    CollapsedGroup,
    Coverage,
    Edition,
    Explanation,
    Hit,
    Page,
    SpeakerList,
    SpeakerProfile,
)
from quoth.engine.query import cursor as cursors
from quoth.engine.query import plan
from quoth.engine.query.highlight import Highlighter
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.plan import Plan
from quoth.engine.query.request import DEFAULT_LIMIT, MAX_LIMIT, Period, Request
from quoth.engine.segment.columns import missing
from quoth.engine.segment.layout import Array
from quoth.engine.segment.unsound import as_damage
from quoth.errors import BadQuery, Expired, Gone, NotFound, QuothError, Removed
from quoth.quote import Quote, from_text
from quoth.storage import history
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.files.page_cache import PageCache
from quoth.storage.stores.protocol import Store

if TYPE_CHECKING:
    from quoth.engine.verify.comparison.differences import WordChange
    from quoth.engine.verify.verdict import Verdict
    from quoth.engine.verify.verify import Verification, VerifyRequest

# Bytes that are cached, unless the caller says otherwise: half as pages, half decoded.
MEMORY = 512 << 20

# Past generations that are kept open: for clients that page through one while others write, and for feeds.
PAST = 3

# Stored quotes that `rows` reads at a time: one round trip to a far store, and usually half a megabyte.
PART = 500

# Hits between two looks at the clock: it costs as much as reading half a quote.
_CHECKED = 16

T = TypeVar("T")


class VerifyResult(NamedTuple):
    """The verdict on a remembered quote, and the coverage of the index: what it lacks may still have been said."""

    verification: Verification
    coverage: Coverage

    @property
    def edition(self) -> Edition:
        """Which index answered."""
        return self.coverage.edition

    @property
    def verdict(self) -> Verdict:
        """The verdict: see docs/verify.md."""
        return self.verification.verdict

    @property
    def why(self) -> str:
        """The reason for the verdict, in a sentence."""
        return self.verification.why

    @property
    def quote(self) -> Quote | None:
        """The quote that supports the verdict, if one does."""
        return self.verification.quote

    @property
    def differences(self) -> tuple[WordChange, ...]:
        """The differences between the remembered words and the words said."""
        return self.verification.differences


class Searcher:
    """Answers from the newest generation of a store; each answer from one whole generation.

    It reads only the parts of segments that searches touch, and caches up to `memory` bytes of them, since segments
    never change; `disk` caches them for other processes too. With `as_of` it answers from that past generation. Safe
    for use by several threads, which wait for one another: searches share arrays to work in.
    """

    def __init__(
        self, store: Store, *, memory: int = MEMORY, disk: DiskCache | None = None, as_of: int | None = None
    ) -> None:
        self._store = store
        self._as_of = as_of
        self._memory = memory // 2
        self._disk = disk
        self._budget = Budget()
        pages = PageCache(store, memory=memory // 2, disk=disk)
        self._index = SnapshotFollower(store, pages, self._memory, self._budget, as_of)
        self._past: OrderedDict[int, Searcher] = OrderedDict()

    def search(self, request: Request) -> Page:
        """Return the best hits of a request; raises `BadQuery`, and `Damaged` rather than a wrong answer.

        A cursor's page is of the generation of the page before; raises `Expired` when that generation is gone.
        """
        if request.cursor is not None:
            cursor = cursors.decode(request.cursor, request)
            try:
                return self._pinned(request, cursor.generation, cursor.start)
            except (NotFound, Gone):
                raise Expired(f"generation {cursor.generation} is no longer kept; begin again without cursor") from None
        if request.as_of is not None:
            generation = self.generation_of(request.as_of)
            try:
                return self._pinned(request, generation)
            except (NotFound, Gone) as error:
                raise self._not_kept(generation, error) from None
        return self._page(request)

    @contextmanager
    def bounded(self, parameter: str = "q") -> Iterator[Callable[[], None]]:
        """Limit the work of the body as that of one answer: its searches, and what the caller makes of them.

        Yields the check that the caller's loops call. Raises `BadQuery` naming the parameter.
        """
        with self._index.lock, self._bounded(parameter):
            yield self._budget.check

    def is_spent(self) -> bool:
        """Whether the time of the answer that `bounded` limits is over."""
        try:
            self._budget.check()
        except TooBroad:
            return True
        return False

    def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[bytes]]:
        """Return up to `most` quotes of a request in its order, as they are stored; raises `BadQuery` as `search`.

        They are read in parts, and other threads are answered between two of them. Reading raises `Gone` when the
        collector has deleted a segment since.
        """
        if request.cursor is not None or request.collapse != "none":
            name = "cursor" if request.cursor is not None else "collapse"
            raise BadQuery(name, f"is for up to {MAX_LIMIT:,} rows; leave it out, or ask for fewer")

        def answer() -> tuple[Edition, Iterator[bytes]]:
            generation = self._index.current()
            with self._bounded("q"):
                collection = generation.collection
                collection.open(plan.fields(request))
                made = plan.plan(request, Lexicon(collection.index))
                docs = collection.top_docs(collection.prepare(made.tree, made.filter, made.sort), most).docs
            return generation.edition, self._stored(generation, [docs[i : i + PART] for i in range(0, len(docs), PART)])

        if request.as_of is None:
            return self._index.answer(answer)
        bare, generation_number = replace(request, as_of=None), self.generation_of(request.as_of)
        try:
            edition, rows = self.at(generation_number).rows(bare, most)  # see `_pinned`
            is_pinned = edition.generation == generation_number
            return (edition, rows) if is_pinned else self.at(generation_number).rows(bare, most)
        except (NotFound, Gone) as error:
            raise self._not_kept(generation_number, error) from None

    def generation_of(self, as_of: int | str) -> int:
        """Return the number of a generation that is named by its number or a tag; raises `BadQuery` for no tag."""
        if isinstance(as_of, int):
            return as_of
        try:
            return history.find_tag(self._store, as_of).generation
        except NotFound as error:
            raise BadQuery("as_of", str(error)) from None

    def _not_kept(self, generation: int, error: QuothError) -> QuothError:
        """Return the error for a generation that cannot be read; the newest one is damaged if a segment is gone."""
        if isinstance(error, NotFound):
            return BadQuery("as_of", str(error))
        is_newest = self.edition().generation == generation
        return error if is_newest else BadQuery("as_of", f"generation {generation} is no longer kept")

    def _stored(self, generation: OpenGeneration, parts: Iterable[Array]) -> Iterator[bytes]:
        for part in parts:
            with self._index.lock, as_damage(lambda: str(generation)):
                stored = generation.collection.stored(part)
            yield from stored

    def at(self, generation: int) -> Searcher:
        """Return a searcher of one generation: this one while it is the newest."""
        return self if self._as_of is None and self.edition().generation == generation else self.pinned(generation)

    def pinned(self, generation: int) -> Searcher:
        """Return a searcher of one generation, whatever is committed; the last few are kept open."""
        if generation == self._as_of:
            return self
        with self._index.lock:
            if generation not in self._past:
                self._past[generation] = Searcher(
                    self._store, memory=self._memory // 2, disk=self._disk, as_of=generation
                )
            self._past.move_to_end(generation)
            while len(self._past) > PAST:
                self._past.popitem(last=False)
            return self._past[generation]

    def edition(self) -> Edition:
        """Return the edition of the next answer, unless another process commits meanwhile."""
        return self._index.answer(lambda: self._index.current().edition)

    def _pinned(self, request: Request, generation: int, start: int = 0) -> Page:
        """Return a page of one generation, whatever is committed meanwhile."""
        page = self.at(generation)._page(request, start)
        # It may have been the newest in `at` and be a past one now: then `at` opens it from its copy.
        return page if page.edition.generation == generation else self.at(generation)._page(request, start)

    def _page(self, request: Request, start: int = 0) -> Page:
        def answer() -> _Found:
            with self._bounded("q"):
                return self._search(request, start)

        found = self._index.answer(answer)
        # Quotes are decoded when the next thread has its turn.
        budget = self._budget.fresh()
        with self._bounded("q", budget):
            return found.page(tuple(_hits(request, found, budget.check)))

    def _bounded(self, parameter: str, budget: Budget | None = None) -> _Bounded:
        return _Bounded(budget or self._budget, parameter)

    def _search(self, request: Request, start: int) -> _Found:
        """Return the page of a request without its hits, and what they are made of."""
        # What was withdrawn since keeps its place, so that no other hit moves to a page that has been read.
        generation, (made, prepared) = self._index.prepared(
            lambda collection: _prepare(request, collection), as_published=True
        )
        end, related = start + request.limit, 0
        if isinstance(prepared, PreparedSearch):
            top = generation.as_published.top_docs(prepared, request.limit, start, request.facet_size, generation.shown)
            found = generation.as_published.places([word.trees for word in made.words], top.docs, made.filter)
        else:
            covered = prepared.top(end, start, generation.shown)
            every = prepared.every(generation.shown) if request.facets else covered.docs[:0]
            facets = generation.as_published.facets(request.facets, every, request.facet_size) if request.facets else {}
            top = TopDocs(covered.total, covered.places, covered.docs, covered.scores, facets)
            related, found = covered.related, covered.found
        # The quotes of the page are read together with those that have the names of its facet.
        people = [speaker_id for speaker_id, _ in top.facets.get("speaker", ())]
        named, docs = generation.collection.exemplars("speaker", people) if people else [], top.docs.tolist()
        quotes, naming = generation.collection.index.stored.shown(docs, named)
        has_more = end < top.places
        is_empty = not top.places and generation.edition.quotes > 0
        page = partial(
            Page,
            request,
            total=top.total,
            edition=generation.edition,
            searched=generation.count(request.types),
            start=start,
            stop=end if has_more else None,
            facets=_buckets(top.facets, naming),
            corrections=made.corrections,
            did_you_mean=made.did_you_mean,
            related=related,
            explanation=_explained(request, made, generation.collection) if is_empty else None,
        )
        times: list[int | None] = [None] * len(quotes)
        if request.order == "indexed" and quotes:
            column = generation.collection.index.columns.numbers("indexed").take(top.docs)
            times = [None if time == missing("i8") else time for time in column.tolist()]
        return _Found(page, made, top, quotes, found, times)

    def speakers(self, prefix: str | None = None, limit: int = DEFAULT_LIMIT, by: Period | None = None) -> SpeakerList:
        """Return the speakers with a name that starts with `prefix`, the most quoted first, and their periods."""
        from quoth.engine.guide import speakers

        def answer() -> SpeakerList:
            with self._bounded("prefix"):
                generation, quotes = self._index.prepared(
                    lambda collection: speakers.prepare_lookup(collection, prefix, by)
                )
                return speakers.lookup(generation.collection, generation.edition, prefix, limit, quotes, by)

        return self._index.answer(answer)

    def profile(self, speaker_id: str) -> SpeakerProfile:
        """Return the counts of one speaker; raises `NotFound`."""
        from quoth.engine.guide import speakers

        def answer() -> SpeakerProfile:
            generation, quotes = self._index.prepared(
                lambda collection: speakers.prepare_profile(collection, speaker_id)
            )
            return speakers.profile(generation.collection, generation.edition, speaker_id, quotes)

        return self._index.answer(answer)

    def distinctive_words(self, speaker_id: str) -> tuple[str, ...]:
        """Return the words that a speaker uses more often than others; see `quoth.engine.guide.speakers`."""
        from quoth.engine.guide import speakers

        def answer() -> tuple[str, ...]:
            with self._bounded("id"):
                generation, quotes = self._index.prepared(
                    lambda collection: speakers.prepare_words(collection, speaker_id)
                )
                return speakers.distinctive_words(generation.collection, quotes)

        return self._index.answer(answer)

    def verify(self, request: VerifyRequest) -> VerifyResult:
        """Return whether somebody, or a given speaker, said something; see `quoth.engine.verify`."""
        from quoth.engine.verify.verify import prepare, verify

        def answer() -> VerifyResult:
            with self._bounded("text"):
                # The coverage is read along with what the verdict needs.
                generation, _ = self._index.prepared(
                    lambda collection: prepare(collection, request, collection.stats_sections)
                )
                verification = verify(generation.collection, request, self._budget.check)
            return VerifyResult(verification, generation.coverage)

        return self._index.answer(answer)

    def verifier(self) -> tuple[Coverage, Callable[[VerifyRequest], Verification]]:
        """Return the coverage of the newest generation, and a function that verifies in it, whatever is committed.

        It asks no far store whether it is still the newest. The function raises `BadQuery` as `verify` does,
        and `Gone` when the collector has deleted a segment since.
        """
        from quoth.engine.verify.verify import verify

        def answer() -> tuple[OpenGeneration, Coverage]:
            generation = self._index.current()
            return generation, generation.coverage

        generation, coverage = self._index.answer(answer)

        def in_generation(request: VerifyRequest) -> Verification:
            with self._index.lock, as_damage(lambda: str(generation)), self._bounded("text"):
                return verify(generation.collection, request, self._budget.check)

        return coverage, in_generation

    def same_words(self, of: Quote, most: int) -> tuple[Quote, ...]:
        """Return up to `most` other quotes with the same words, in any article."""
        wording = words(of.text)
        found = self._quotes(query.Term("wording", " ".join(wording)), most + 1)
        # Hashes may be equal where words are not.
        return tuple(quote for quote in found if quote.id != of.id and words(quote.text) == wording)[:most]

    def get(self, quote_id: str) -> Quote:
        """Return one quote; raises `NotFound`, and `Removed` if there was one."""
        return self.in_full(quote_id)[1][0]

    def in_full(self, quote_id: str) -> tuple[Edition, tuple[Quote, ...]]:
        """Return one quote and behind it its utterance in order, of one edition; raises as `get`."""
        from quoth.engine.guide import utterances

        def answer() -> tuple[Edition, tuple[Quote, ...]]:
            generation, found = self._index.prepared(lambda collection: collection.prepare(query.Term("id", quote_id)))
            collection = generation.collection
            docs = collection.top_docs(found, 2).docs.tolist()
            utterances.read_beside(collection, docs)
            for doc, quote in zip(docs, map(from_text, collection.index.stored.get(docs)), strict=True):
                if quote.id == quote_id:  # hashes may be equal where ids are not
                    return generation.edition, (quote, *utterances.whole(collection, doc, quote))
            self._raise_if_removed(quote_id)
            raise NotFound(f"no quote has the id {quote_id[:80]}")

        return self._index.answer(answer)

    def published_ids(self, request: Request) -> list[str]:
        """Return the ids of the first quotes of a request as they were published: also of those withdrawn since."""

        def answer() -> list[str]:
            with self._bounded("q"):
                generation, (_, prepared) = self._index.prepared(
                    lambda collection: _prepare(request, collection), as_published=True
                )
                if not isinstance(prepared, PreparedSearch):
                    raise TypeError("only a request that is sorted has places")
                collection = generation.as_published
                docs = collection.top_docs(prepared, request.limit).docs
                return [from_text(stored).id for stored in collection.stored(docs)]

        return self._index.answer(answer)

    def removed(self, quote_ids: Iterable[str]) -> list[tuple[str, Removed]]:
        """Return those quotes of some that earlier generations had and that are no longer there, and why."""

        def answer() -> list[str]:
            generation = self._index.current()
            return [quote_id for quote_id in quote_ids if generation.tombstone(quote_id) is not None]

        found = []
        for quote_id in self._index.answer(answer):
            try:
                self.get(quote_id)  # it may be there again
            except Removed as end:
                found.append((quote_id, end))
        return found

    def _raise_if_removed(self, quote_id: str) -> None:
        generation = self._index.current()
        end = generation.tombstone(quote_id)
        if end is not None:
            same_words = generation.collection.with_keys(article=end.article, wording=end.wording)
            raise Removed(
                quote_id,
                "withdrawn" if end.is_withdrawn else "replaced",
                end.since,
                from_text(same_words[0]).id if same_words else None,
            )

    def _quotes(self, term: query.Term, most: int) -> list[Quote]:
        def answer() -> list[Quote]:
            generation, prepared = self._index.prepared(lambda collection: collection.prepare(term))
            docs = generation.collection.top_docs(prepared, most).docs
            return [from_text(stored) for stored in generation.collection.stored(docs)]

        return self._index.answer(answer)

    def coverage(self) -> Coverage:
        """Return what the index holds; counted once a generation."""
        return self._index.answer(
            lambda: self._index.prepared(lambda collection: collection.fetch((), collection.stats_sections))[0].coverage
        )


class _Bounded(Limit):
    """Limits the work of an answer; an error names the parameter that is too broad."""

    def __init__(self, budget: Budget, parameter: str) -> None:
        super().__init__(budget, SECONDS)
        self._parameter = parameter

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if isinstance(error, TooBroad):
            raise BadQuery(self._parameter, f"is too broad: {error}; use rarer words, or a filter") from None


class _Found(msgspec.Struct, frozen=True):
    """A page without its hits, and what they are made of: quotes, where each has each word, their times."""

    page: Callable[[tuple[Hit, ...]], Page]
    made: Plan
    top: TopDocs
    quotes: Sequence[ShownQuote]
    places: Sequence[Found]
    times: Sequence[int | None]


def _hits(request: Request, found: _Found, check: Callable[[], None]) -> Iterator[Hit]:
    made, top = found.made, found.top
    groups, words = top.groups or (None,) * len(top.docs), [word.written for word in made.words]
    spans = Highlighter(made.highlight_terms).spans if request.highlight else None
    whereabouts: dict[Found, tuple[tuple[str, ...], dict[str, Place]]] = {}  # few of them differ
    described = zip(found.quotes, top.scores.tolist(), groups, found.places, found.times, strict=True)
    for number, (shown, score, group, places, time) in enumerate(described, 1):
        if number % _CHECKED == 0:
            check()
        if places not in whereabouts:
            whereabouts[places] = _whereabouts(words, places)
        quote = shown.quote or shown.decode()
        yield Hit(
            quote,
            score,
            () if spans is None else spans(shown.text or shown.read(quote.text), check),
            None if group is None else CollapsedGroup.of(group),
            *whereabouts[places],
            time,
        )


def _whereabouts(words: Sequence[str], places: Found) -> tuple[tuple[str, ...], dict[str, Place]]:
    """Return the words that are in no place, and the place of each other one."""
    found = {word: PLACES[place - 1] for word, place in zip(words, places, strict=True) if place}
    return tuple(word for word, place in zip(words, places, strict=True) if not place), found


def _prepare(request: Request, collection: Collection) -> tuple[Plan, PreparedSearch | CoverageSearch]:
    """Plan a request and prepare its search; the spans that each step reads are fetched in one go."""
    facets = tuple(request.facets or ())
    collapse = None if request.collapse == "none" else request.collapse
    collection.open(plan.fields(request), facets, collapse)
    made = plan.plan(request, Lexicon(collection.index))
    if made.ranked is None or collapse is not None or not collection.index.documents:
        return made, collection.prepare(made.tree, made.filter, made.sort, facets, collapse)
    ranked = made.ranked
    trees = [word.trees for word in ranked.words]
    return made, collection.prepare_coverage(trees, ranked.extra, ranked.required, ranked.filter, facets)


def _explained(request: Request, made: Plan, collection: Collection) -> Explanation:
    from quoth.engine.guide import explanation  # only a search without hits is explained

    return explanation.explain(request, made, collection, lambda other: _count(other, collection))


def _count(request: Request, collection: Collection) -> tuple[int, int]:
    """Count the quotes with every word of a request, and the related ones."""
    _, prepared = _prepare(replace(request, facets=None), collection)
    if isinstance(prepared, PreparedSearch):
        return collection.top_docs(prepared, 1).total, 0
    covered = prepared.top(1)
    return covered.total, covered.related


def _buckets(counts: Mapping[str, list[tuple[str, int]]], named: Sequence[bytes]) -> dict[str, tuple[Bucket, ...]]:
    """Return facets as buckets; those of speakers carry their names, each from a stored quote of `named`."""
    facets = {name: tuple([Bucket(*item) for item in items]) for name, items in counts.items()}
    if named:
        from quoth.engine.guide import speakers

        facets["speaker"] = tuple(
            bucket._replace(name=one.name, mixed_script=bool(one.mixed_script))
            for bucket, one in zip(facets["speaker"], map(speakers.of_stored, named), strict=True)
        )
    return facets
