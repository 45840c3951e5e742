"""An archive: a store opened for adding and searching quotes. `quoth.open` returns one.

A method loads the modules that a first search does not need: each costs a cold start up to some milliseconds.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from quoth.article import Article
from quoth.effects import Effects
from quoth.engine import segment
from quoth.engine.page import Coverage, Edition, Page, SpeakerList, SpeakerProfile
from quoth.engine.query.request import (
    DEFAULT_LIMIT,
    Collapse,
    Fuzzy,
    Match,
    Period,
    Request,
    Several,
    Sort,
    generation_or_tag,
)
from quoth.engine.searcher import MEMORY, Searcher, VerifyResult
from quoth.errors import Expired, NotFound, QuothError, Refused, Removed
from quoth.quote import Quote, from_text
from quoth.storage import history, snapshot
from quoth.storage.commit import LedgerCache
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.history import DAYS, ManifestCopy, Tag
from quoth.storage.ledger import fingerprints
from quoth.storage.manifest import Manifest, locate_records
from quoth.storage.stores.address import open_store
from quoth.storage.stores.protocol import Store

if TYPE_CHECKING:
    from quoth.checking.drafts import ArticleDraft
    from quoth.checking.report import CheckReport
    from quoth.context import Detail
    from quoth.departures import Departure
    from quoth.ingest.indexing import Outcome, Report
    from quoth.ingest.originals import Item
    from quoth.ingest.reindexing import ReindexReport
    from quoth.ingest.status import ItemStatus
    from quoth.scrub import ScrubReport
    from quoth.storage.maintenance.garbage import CollectionReport
    from quoth.withdrawal import Withdrawal

    Addable: TypeAlias = Item | dict[str, Any]

# The size limit of the cache folder, in bytes: half of Lambda's smallest /tmp.
CACHE = 256 << 20

REAL = Effects(new_id=lambda: uuid.uuid4().hex, random=random.random, sleep=time.sleep, clock=time.time)


class Archive:
    """Quotes in a store: add articles, search quotes. Several threads may search; only one at a time may add.

    >>> from quoth.storage.stores.memory import MemoryStore
    >>> from quoth.article import Article
    >>> archive = Archive(MemoryStore())
    >>> archive.add(Article(body="“The dam will hold,” said Ada Okafor.")).generation
    1
    >>> [hit.quote.speaker.name for hit in archive.search("dams hold").hits]
    ['Ada Okafor']
    """

    def __init__(
        self,
        store: Store,
        effects: Effects = REAL,
        *,
        memory: int = MEMORY,
        disk: DiskCache | None = None,
        as_of: int | None = None,
    ) -> None:
        self.store = store
        self._effects = effects
        self._memory, self._disk, self._as_of = memory, disk, as_of
        self._ledgers = LedgerCache(store)
        self._searcher = Searcher(store, memory=memory, disk=disk, as_of=as_of)

    def add(self, items: Addable | Iterable[Addable], done: Callable[[], object] = lambda: None) -> Report:
        """Store articles or ready-made quotes and add them to the index, in one commit.

        An item may be a dict with the fields of docs/articles.md: with a speaker a ready-made quote, else an article.
        Raises `BadInput` with the field for one that cannot be used, and adds nothing.

        All items are in memory at once. To add a stream of any length, commit it batch by batch:
        `for report in map(archive.add, batches(stream))`, with `batches` from `quoth.ingest.originals`.

        Adding an item again changes nothing; a higher version replaces a lower one. An item whose version is already
        indexed with another text is refused; the report lists it, and its `raise_for_refused` raises the error.
        `done` is called once for each item, for a progress bar. Raises `Unavailable` if the commit fails: add again.
        """
        from quoth.ingest import originals

        batch = [_item(one) for one in ([items] if isinstance(items, originals.Item | dict) else items)]
        originals.keep(self.store, batch)
        return self.index(batch, done)

    def index(self, items: Iterable[Item], done: Callable[[], object] = lambda: None) -> Report:
        """Add items to the index that are already stored; otherwise like `add`."""
        from quoth.ingest import indexing  # extraction stays out of a process that only searches
        from quoth.storage.maintenance import compaction

        if self._as_of is not None:
            raise Refused(f"generation {self._as_of} is read-only; add to the current archive")
        report = indexing.index(self.store, items, self._ledgers, self._effects, done)
        with suppress(QuothError):  # the next commit compacts as well
            compaction.compact(self.store, self._effects, segment.merge, most=compaction.IN_PASSING)
        return report

    def withdraw(self, name: str, version: int | None = None) -> Outcome:
        """Withdraw an article, by its key (`a_…`), id or URL, or a ready-made quote (`q_…`): no search returns it.

        `version` is the highest version to withdraw, by default the current one. Adding that version again changes
        nothing; a higher version is added as usual. Raises `NotFound` for an unknown name without a version.
        """
        return self.add(self.withdrawal(name, version)).outcomes[0]

    def withdrawal(self, name: str, version: int | None = None) -> Withdrawal:
        """Return the withdrawal that `withdraw` would add, for a caller that queues it instead.

        It names its version, so that delivery is idempotent.
        """
        from quoth import withdrawal

        key = withdrawal.key_of(name)
        if version is not None:
            return withdrawal.Withdrawal(key, version)
        manifest = snapshot.load(self.store).manifest
        location = locate_records(manifest, self._ledgers.of(manifest), fingerprints([key])).get(key)
        if location is None:
            how = "" if key == name else "; a ready-made quote is withdrawn by its own id (q_…), not by a URL"
            raise NotFound(
                f"nothing in the index has the id {name[:80]}; to withdraw it in advance, give a version{how}"
            )
        return withdrawal.Withdrawal(key, location.record.version)

    def status(self, key: str) -> ItemStatus:
        """Return how far an article is, by its key (`a_…`), or a batch of ready-made quotes, by its id (`i_…`).

        Raises `NotFound` if nothing of it was ever sent; see `quoth.ingest.status`.
        """
        from quoth.ingest import status  # only the function that takes articles asks

        return status.of(self.store, key, self._ledgers, self._effects.clock())

    def compact(
        self,
        done: Callable[[Manifest], object] = lambda _: None,
        *,
        may_continue: Callable[[], bool] = lambda: True,
        erase: bool = False,
        broken: Callable[[Tag], object] = lambda _: None,
    ) -> int:
        """Merge small segments and drop retired quotes until nothing is left to merge; return the number of merges.

        Of a few retired quotes in a segment the words stay in its file; with `erase` they do not,
        readers' reports of them are deleted, and the tags of generations that hold them are broken, of which `broken`
        is told.
        `done` is called after each merge with the new generation. `may_continue` is asked before each merge: a caller
        with a deadline ends there, and the next call goes on. Searches and commits continue meanwhile.
        """
        from quoth import reports
        from quoth.storage.maintenance import compaction

        merges = 0
        while may_continue():
            snapshot = compaction.compact(self.store, self._effects, segment.merge, erase=erase)
            if snapshot is None:
                break
            merges += 1
            done(snapshot.manifest)
        if erase:
            from quoth.storage.maintenance import tags

            reports.erase(self.store, self._is_withdrawn)
            for tag in tags.break_withdrawn(self.store):
                broken(tag)
        return merges

    def _is_withdrawn(self, quote_id: str) -> bool:
        try:
            self.get(quote_id)
        except Removed as error:
            return error.reason == "withdrawn"
        except NotFound:  # of an index that was begun anew, or no quote's
            return True
        return False

    def collect(
        self,
        *,
        days: float = DAYS,
        seconds: float | None = None,
        dry_run: bool = False,
        done: Callable[[], object] = lambda: None,
    ) -> CollectionReport:
        """Delete the objects that neither the newest generation nor one kept for `days` needs.

        It stops after `seconds`, by default the longest life of a collector; the next call continues. With `dry_run` it
        only reports what it would delete. `done` is called for each object. See `quoth.storage.maintenance.garbage`.
        """
        from quoth.storage.maintenance import garbage

        life = garbage.COLLECTOR_LIFE if seconds is None else seconds
        return garbage.collect(self.store, self._effects, days=days, life=life, dry_run=dry_run, done=done)

    def scrub(self, done: Callable[[], object] = lambda: None) -> ScrubReport:
        """Read all objects of the kept generations and report damage; `done` is called for each object.

        A finding is reported, not raised. See `quoth.scrub`.
        """
        from quoth import scrub  # a search process starts faster without it

        return scrub.scrub(self.store, done)

    def history(self) -> list[ManifestCopy]:
        """Return the copies of past generations, oldest first; a generation may have two copies."""
        return history.copies(self.store.list(history.PREFIX).entries)

    def generation_of(self, as_of: int | str) -> int:
        """Return the number of the generation that a number or a tag names; raises `BadQuery` for no tag."""
        return self._searcher.generation_of(generation_or_tag(as_of) if isinstance(as_of, str) else as_of)

    def tags(self) -> list[Tag]:
        """Return the tags, by name; see `tag`."""
        return history.tags(self.store)

    def tag(self, generation: int, name: str, *, days: float = DAYS) -> Tag:
        """Keep a generation under a name, such as that of a publication: `as_of=name` finds it for ever.

        Raises `NotFound` for a generation that is not kept, and `Conflict` if the name is another's, or if the
        generation has words of what was withdrawn. `days` is the retention of `collect`.
        """
        from quoth.storage.maintenance import tags

        return tags.tag(self.store, generation, name, self._effects, days=days)

    def untag(self, name: str) -> None:
        """Give a tag up, so that `collect` may delete its generation; raises `NotFound`."""
        from quoth.storage.maintenance import tags

        tags.untag(self.store, name)

    def holding(self, key: str, version: int) -> list[Tag]:
        """Return the tags of generations that have an article or a ready-made quote, by its key, up to a version."""
        from quoth.storage.maintenance import tags

        return tags.holding(self.store, key, version)

    def rollback(self, generation: int, *, days: float = DAYS, restore_withdrawn: bool = False) -> int:
        """Restore the contents of a past generation, and return the number of the new generation.

        Items added since then are no longer in the index; add them again. Items withdrawn since then stay withdrawn
        unless `restore_withdrawn`. `days` is the retention of `collect`. Raises `NotFound` for a generation that is not
        kept.
        """
        from quoth.storage.maintenance.rollback import rollback

        empty = segment.build([])
        after = rollback(self.store, generation, self._effects, empty, days=days, restore_withdrawn=restore_withdrawn)
        return after.manifest.generation

    def restore(self, saved: Manifest, *, above: int = 0) -> int:
        """Restore a lost or damaged manifest.json from a saved one, and return the number of the new generation.

        It is higher than `above` and every generation that the store knows. Raises `Conflict` if manifest.json is
        readable and another generation than `saved`, and `Gone` if a segment is missing.
        """
        from quoth.storage.maintenance.restore import restore

        return restore(self.store, saved, self._effects, above=above).manifest.generation

    def reindex(
        self,
        into: Archive,
        begin: Callable[[int], object] = lambda _: None,
        done: Callable[[], object] = lambda: None,
    ) -> ReindexReport:
        """Carry this archive over into a new one, from the originals in its store; see `quoth.ingest.reindexing`.

        It is needed after the analysis of text has changed. An interrupted call is begun again, and continues.
        """
        from quoth.ingest import reindexing

        if into.store is self.store:
            raise Refused("an archive cannot be carried over into itself; name a new store")
        return reindexing.reindex(self.store, into.store, into.add, begin, done)

    def at(self, as_of: int | str) -> Archive:
        """Return the archive at a past generation, read-only: its number, or a tag.

        Raises `BadQuery` if there is no such tag; the first search raises `NotFound` if the generation is not kept.
        """
        generation = self.generation_of(as_of)
        past = Archive(self.store, self._effects, memory=self._memory, disk=self._disk, as_of=generation)
        past._searcher = self._searcher.pinned(generation)  # whose caches are shared
        return past

    def search(
        self,
        q: str | None = None,
        *,
        speaker: Several = None,
        publisher: Several = None,
        type: Several = None,
        language: Several = None,
        status: Several = None,
        from_: str | date | None = None,
        to: str | date | None = None,
        min_confidence: float | None = None,
        sort: Sort | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
        facets: Several = None,
        facet_size: int | None = None,
        collapse: Collapse = "none",
        fuzzy: Fuzzy = "auto",
        match: Match = "best",
        highlight: bool = True,
        as_of: int | str | None = None,
    ) -> Page:
        """Return the best hits, best first; `quoth.engine.query.request.Request` describes the parameters.

        A date is a text, such as "2025-08" (docs/articles.md), or a `date` or `datetime`.

        >>> from quoth.storage.stores.memory import MemoryStore
        >>> Archive(MemoryStore()).search("land swapping", speaker="Trump", limit=3).total
        0
        """
        request = Request(
            q=q,
            speaker=speaker,
            publisher=publisher,
            type=type,
            language=language,
            status=status,
            from_=from_.isoformat() if isinstance(from_, date) else from_,
            to=to.isoformat() if isinstance(to, date) else to,
            min_confidence=min_confidence,
            sort=sort,
            limit=limit,
            cursor=cursor,
            facets=facets,
            facet_size=facet_size,
            collapse=collapse,
            fuzzy=fuzzy,
            match=match,
            highlight=highlight,
            as_of=as_of,
        )
        return self._searcher.search(request)

    def answer(self, request: Request) -> Page:
        """Return the best hits of a request that is already validated."""
        return self._searcher.search(request)

    def departures(self, request: Request, present: Collection[str]) -> list[Departure]:
        """Return the quotes that a request had lately and has no longer; see `quoth.departures`.

        `present` are the ids of quotes that are known to be there. The request must be sorted by a date.
        """
        from quoth import departures  # only a feed asks for them

        return departures.find(self.store, self._searcher, request, present)

    def bounded(self, parameter: str = "q") -> AbstractContextManager[Callable[[], None]]:
        """Limit the CPU time of the body as that of one answer; see `quoth.engine.searcher.Searcher.bounded`."""
        return self._searcher.bounded(parameter)

    def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[Quote]]:
        """Return up to `most` quotes that match a request, in its order, and their edition."""
        edition, stored = self._searcher.rows(request, most)
        return edition, map(from_text, stored)

    def withdrawn_since(self, generation: int) -> frozenset[str]:
        """Return the keys of the articles and ready-made quotes that were withdrawn after a generation.

        Raises `Expired` if more were withdrawn than the index remembers.
        """
        try:
            later = snapshot.load(self.store).manifest.withdrawn_after(generation)
        except NotFound as error:
            raise Expired(str(error)) from None
        return frozenset(item.key for item in later)

    def get(self, quote_id: str) -> Quote:
        """Return one quote; raises `NotFound`, and `Removed` if there was one."""
        return self._searcher.get(quote_id)

    def detail(self, quote_id: str) -> Detail:
        """Return one quote with its utterance and its context; raises as `get`."""
        from quoth import context
        from quoth.ingest import originals

        edition, (quote, *utterance) = self._searcher.in_full(quote_id)
        article = None if quote.selector.start is None else originals.article_of(self.store, quote.article)
        return context.Detail(quote, tuple(utterance), context.of(quote, article), edition)

    def same_words(self, quote: Quote, most: int = 10) -> tuple[Quote, ...]:
        """Return other quotes with the same words: in other articles, or again in the same one."""
        return self._searcher.same_words(quote, most)

    def speakers(self, prefix: str | None = None, limit: int = DEFAULT_LIMIT, by: Period | None = None) -> SpeakerList:
        """Return the speakers whose names start with `prefix`, the most quoted first; `by` counts their quotes by time.

        An unknown name prefix matches prefixes within one typo.
        """
        return self._searcher.speakers(prefix, limit, by)

    def speaker(self, speaker_id: str) -> SpeakerProfile:
        """Return the statistics of one speaker; raises `NotFound`."""
        return self._searcher.profile(speaker_id)

    def distinctive_words(self, speaker_id: str) -> tuple[str, ...]:
        """Return the words that the newest quotes of a speaker have more often than those of others."""
        return self._searcher.distinctive_words(speaker_id)

    def verify(self, text: str, speaker: str | None = None) -> VerifyResult:
        """Return whether anybody, or this speaker, said a text; see `quoth.engine.searcher.VerifyResult`."""
        from quoth.engine.verify.verify import VerifyRequest

        return self._searcher.verify(VerifyRequest(text, speaker))

    def check(
        self,
        draft: ArticleDraft | Article | str,
        *,
        without: Iterable[str] = (),
        most: int | None = None,
        may_continue: Callable[[], bool] = lambda: True,
        begin: Callable[[int], object] = lambda _: None,
        done: Callable[[], object] = lambda: None,
    ) -> CheckReport:
        """Verify every quote of a draft: an article, a text, or what `quoth.checking.drafts.read` returns.

        Quotes of the same article, by id, URL or body, never confirm it, nor do those of the publishers `without`.
        `most` and the callbacks are those of `quoth.checking.check.check`. Raises `BadInput` for an unusable text.

        >>> from quoth.storage.stores.memory import MemoryStore
        >>> archive = Archive(MemoryStore())
        >>> _ = archive.add(Article(body="“The dam will hold,” said Ada Okafor."))
        >>> [quote.verdict for quote in archive.check("“The dam will hold,” Okafor said on Monday.").quotes]
        ['exact']
        """
        from quoth.checking import check, drafts  # with the extraction, which stays out of a process that only searches

        if isinstance(draft, str):
            draft = drafts.of_text(draft)
        elif isinstance(draft, Article):
            draft = drafts.of_article(draft)
        coverage, verify = self._searcher.verifier()
        return check.check(
            draft, coverage, verify, without=without, most=most, may_continue=may_continue, begin=begin, done=done
        )

    def edition(self) -> Edition:
        """Return the edition of the index that answers come from; its generation is 0 before the first commit."""
        return self._searcher.edition()

    def stats(self) -> Coverage:
        """Return the counts and dates of the archive's quotes."""
        return self._searcher.coverage()


def _plain(value: Any) -> Any:
    """Return a value of a dict as JSON has it: a date as a text, and a data frame's missing value as null."""
    if value != value:  # noqa: PLR0124 -- not a number, or not a time
        return None
    return value.isoformat() if isinstance(value, date) else value


def _item(given: Addable) -> Item:
    """Return an item as it is, and the article or ready-made quote of a dict."""
    if not isinstance(given, dict):
        return given
    from quoth.ingest.formats import articles, quotes  # a process that only searches needs no formats

    given = {name: _plain(value) for name, value in given.items()}
    is_article = articles.is_article(given)
    return articles.from_json(given) if is_article else quotes.from_json(given)


def open_archive(
    uri: str,
    *,
    memory: int = MEMORY,
    cache: str | Path | None = None,
    reads_with: Mapping[str, str] | None = None,
) -> Archive:
    """Open the archive at `file:DIR` or `s3://bucket/prefix`; the first added quote creates it.

    Searches cache up to `memory` bytes of data in memory. With a remote store they also cache data in the folder
    `cache`, which several processes may share. The first search needs less time if
    S3 is read with an environment that has the keys, `reads_with`.
    """
    store = open_store(uri, None if reads_with is None else (reads_with, REAL))
    disk = DiskCache(Path(cache), CACHE) if cache is not None and store.trip_bytes else None
    return Archive(store, memory=memory, disk=disk)
