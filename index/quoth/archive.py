"""An archive: a store, opened for adding and finding quotes. What `quoth.open` returns."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quoth import context
from quoth.context import Detail
from quoth.effects import Effects
from quoth.engine import segment
from quoth.engine.page import Coverage, Edition, Page, SpeakerList, SpeakerProfile
from quoth.engine.query.request import DEFAULT_LIMIT, Request
from quoth.engine.searcher import MEMORY, Searcher, VerifyResult
from quoth.engine.verify.verify import VerifyRequest
from quoth.errors import Conflict, NotFound, QuothError, Refused
from quoth.hashes import sha256
from quoth.ingest import originals
from quoth.ingest.originals import Item
from quoth.quote import Quote, from_text
from quoth.storage import history, snapshot
from quoth.storage.commit import LedgerCache
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.history import ManifestCopy
from quoth.storage.maintenance import compaction, garbage
from quoth.storage.maintenance.garbage import CollectionReport
from quoth.storage.maintenance.rollback import rollback
from quoth.storage.manifest import locate_records
from quoth.storage.stores.address import open_store
from quoth.storage.stores.protocol import LinkingStore, Store
from quoth.withdrawal import Withdrawal, key_of

if TYPE_CHECKING:
    from quoth.ingest.indexing import Outcome, Report
    from quoth.scrub import ScrubReport

# What a folder may hold of what was read: half of the smallest /tmp that Lambda gives.
CACHE = 256 << 20

REAL = Effects(new_id=lambda: uuid.uuid4().hex, random=random.random, sleep=time.sleep, clock=time.time)


class Archive:
    """Quotes in a store: add articles, find who said it. Several threads may search; one at a time may add.

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

    def add(self, items: Item | Iterable[Item], done: Callable[[], object] = lambda: None) -> Report:
        """Keep articles or ready-made quotes and make them part of the index, in one commit.

        All of them are held in memory meanwhile. A stream of any length goes in batch by batch, one commit each:
        `for report in map(archive.add, batches(stream))`, with `batches` from `quoth.ingest.originals`.

        Adding again what is there changes nothing; a higher version replaces. An item that is refused, because its
        version is there with another text, stands in the report: call its `raise_for_refused`. `done` is called as
        work goes on, for a progress bar. Raises `Unavailable` when the commit could not be made: add again.
        """
        given = [items] if isinstance(items, Item) else list(items)
        originals.keep(self.store, given)
        return self.index(given, done)

    def index(self, items: Iterable[Item], done: Callable[[], object] = lambda: None) -> Report:
        """Make items part of the index that have been kept already; otherwise as `add`."""
        from quoth.ingest import indexing  # extraction stays out of a process that only searches

        if self._as_of is not None:
            raise Refused(f"generation {self._as_of} is the past; add to the archive as it is now")
        report = indexing.index(self.store, items, self._ledgers, self._effects, done)
        with suppress(QuothError):  # whoever commits next tidies up as well
            compaction.compact(self.store, self._effects, segment.merge, most=compaction.IN_PASSING)
        return report

    def withdraw(self, name: str, version: int | None = None) -> Outcome:
        """Take back an article, by its key (`a_…`), id or URL, or a ready-made quote (`q_…`): nothing of it is found.

        `version` is the highest that is taken back, without it the one that stands; a later copy of it changes nothing,
        a higher version comes back. Raises `NotFound` when nothing stands under that name and no version is given.
        """
        return self.add(self.withdrawal(name, version)).outcomes[0]

    def withdrawal(self, name: str, version: int | None = None) -> Withdrawal:
        """Return what `withdraw` would add, for who hands it in elsewhere.

        It names its version, so that it does the same however often and late it is delivered.
        """
        key = key_of(name)
        if version is not None:
            return Withdrawal(key, version)
        manifest = snapshot.load(self.store).manifest
        place = locate_records(manifest, self._ledgers.of(manifest), [key]).get(key)
        if place is None:
            raise NotFound(f"nothing is in the index as {name[:80]}; say which version, to keep out what is to come")
        return Withdrawal(key, place.record.version)

    def compact(self, done: Callable[[], object] = lambda: None) -> int:
        """Merge small segments and leave out what is retired, until all is well; return how many merges it took.

        `done` is called after each. Searches go on meanwhile, and so does whoever adds.
        """
        merges = 0
        while compaction.compact(self.store, self._effects, segment.merge) is not None:
            merges += 1
            done()
        return merges

    def collect(
        self,
        *,
        days: float = garbage.DAYS,
        seconds: float = garbage.COLLECTOR_LIFE,
        dry_run: bool = False,
        done: Callable[[], object] = lambda: None,
    ) -> CollectionReport:
        """Delete what is needed by no generation, neither the newest nor one that is kept for `days`.

        It stops after so many `seconds`; the next time goes on. With `dry_run` only say what would be deleted.
        `done` is called for each object. See `quoth.storage.maintenance.garbage`.
        """
        return garbage.collect(self.store, self._effects, days=days, life=seconds, dry_run=dry_run, done=done)

    def scrub(self, done: Callable[[], object] = lambda: None) -> ScrubReport:
        """Read everything that is kept and say what is wrong with it; `done` is called for each object.

        A finding is told, not raised. See `quoth.scrub`.
        """
        from quoth import scrub  # a process that searches starts sooner without it

        return scrub.scrub(self.store, done)

    def history(self) -> list[ManifestCopy]:
        """Return the past generations that are kept, oldest first; a generation may be there twice."""
        return history.copies(self.store.list(history.PREFIX).entries)

    def rollback(self, generation: int, *, days: float = garbage.DAYS) -> int:
        """Make the archive what it was in a past generation, and return the number of the new one.

        What was added since is no longer found; add it again. `days` is what `collect` keeps. Raises `NotFound` for a
        generation that is not kept.
        """
        return rollback(self.store, generation, self._effects, days=days).manifest.generation

    def at(self, generation: int) -> Archive:
        """Return the archive as it was in a past generation, for reading. Raises `NotFound` when it is asked."""
        return Archive(self.store, self._effects, memory=self._memory, disk=self._disk, as_of=generation)

    def search(self, q: str | None = None, **asked: Any) -> Page:
        """Return the best hits, best first; see `quoth.engine.query.request.Request` for what may be asked.

        >>> from quoth.storage.stores.memory import MemoryStore
        >>> Archive(MemoryStore()).search("land swapping", speaker="Trump", limit=3).total
        0
        """
        return self._searcher.search(Request(q=q, **asked))

    def answer(self, request: Request) -> Page:
        """Return the best hits of a request that has been checked already."""
        return self._searcher.search(request)

    def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[Quote]]:
        """Return up to so many quotes that a request finds, in its order, and the edition they are of."""
        edition, stored = self._searcher.rows(request, most)
        return edition, map(from_text, stored)

    def publish(self, text: str, ending: str, seconds: int) -> str | None:
        """Keep a text in the store for whoever has the URL, for so many seconds; `None` where there are no URLs."""
        if not isinstance(self.store, LinkingStore):
            return None
        data = text.encode()
        # The day is part of the key: what was kept yesterday may be cleared away while its URL is still good.
        key = f"exports/{int(self._effects.clock() // 86_400)}-{sha256(data)}.{ending}"
        with suppress(Conflict):  # named by the hash of the data: what is there already is the same
            self.store.create(key, data)
        return self.store.link(key, seconds)

    def get(self, quote_id: str) -> Quote:
        """Return one quote; raises `NotFound`."""
        return self._searcher.get(quote_id)

    def detail(self, quote_id: str) -> Detail:
        """Return one quote with its utterance and its context; raises `NotFound`."""
        edition = self.edition()  # first: an answer may be newer than the edition it names, and never older
        quote = self.get(quote_id)
        article = None if quote.selector.start is None else originals.article_of(self.store, quote.article)
        spoken = self._searcher.utterance(quote)
        return Detail(quote, spoken, context.of(quote, article), edition)

    def speakers(self, prefix: str | None = None, limit: int = DEFAULT_LIMIT) -> SpeakerList:
        """Return those who are quoted and whose names begin like this, the most quoted first.

        A beginning that nobody's name has is taken for those that one typo makes of it.
        """
        return self._searcher.speakers(prefix, limit)

    def speaker(self, speaker_id: str) -> SpeakerProfile:
        """Return one speaker in numbers; raises `NotFound`."""
        return self._searcher.profile(speaker_id)

    def verify(self, text: str, speaker: str | None = None) -> VerifyResult:
        """Return whether somebody, or this speaker, said something; see `quoth.engine.verify.Verification`."""
        return self._searcher.verify(VerifyRequest(text, speaker))

    def edition(self) -> Edition:
        """Return which index answers are of; its generation is 0 before the first."""
        return self._searcher.edition()

    def stats(self) -> Coverage:
        """Return what the archive holds."""
        return self._searcher.coverage()


def open_archive(uri: str, *, memory: int = MEMORY, cache: str | Path | None = None) -> Archive:
    """Open the archive at `file:DIR` or `s3://bucket/prefix`; it comes into being with the first quote added.

    Searches keep in memory what they read, up to `memory` bytes, and, where the store is far away, in the folder
    `cache`, for other processes too.
    """
    store = open_store(uri)
    disk = DiskCache(Path(cache), CACHE) if cache is not None and store.trip_bytes else None
    return Archive(store, memory=memory, disk=disk)
