"""An archive: a store, opened for adding and finding quotes. What `quoth.open` returns."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from quoth import intake
from quoth.engine.page import Coverage, Page
from quoth.engine.request import DEFAULT_LIMIT, Request
from quoth.engine.searcher import MEMORY, Searcher
from quoth.intake import Item
from quoth.quote import Quote
from quoth.storage.address import open_store
from quoth.storage.commit import Ledgers
from quoth.storage.disk import Disk
from quoth.storage.store import Store
from quoth.world import World

if TYPE_CHECKING:
    from quoth.indexing import Report

# What a folder may hold of what was read: half of the smallest /tmp that Lambda gives.
CACHE = 256 << 20

REAL = World(token=lambda: uuid.uuid4().hex, chance=random.random, sleep=time.sleep)


class Archive:
    """Quotes in a store: add articles, find who said it. Several threads may search; one at a time may add.

    >>> from quoth.storage.memory import MemoryStore
    >>> from quoth.article import Article
    >>> archive = Archive(MemoryStore())
    >>> archive.add(Article(body="“The dam will hold,” said Ada Okafor.")).generation
    1
    >>> [hit.quote.speaker.name for hit in archive.search("dams hold").hits]
    ['Ada Okafor']
    """

    def __init__(self, store: Store, world: World = REAL, *, memory: int = MEMORY, disk: Disk | None = None) -> None:
        self.store = store
        self._world = world
        self._ledgers = Ledgers(store)
        self._searcher = Searcher(store, memory=memory, disk=disk)

    def add(self, items: Item | Iterable[Item], done: Callable[[], object] = lambda: None) -> Report:
        """Keep articles or ready-made quotes and make them part of the index, in one commit.

        All of them are held in memory meanwhile. A stream of any length goes in batch by batch, one commit each:
        `for report in map(archive.add, batches(stream))`, with `batches` from `quoth.intake`.

        Adding again what is there changes nothing; a higher version replaces. An item that is refused, because its
        version is there with another text, stands in the report: call its `raise_for_refused`. `done` is called as
        work goes on, for a progress bar. Raises `Unavailable` when the commit could not be made: add again.
        """
        given = [items] if isinstance(items, Item) else list(items)
        intake.keep(self.store, given)
        return self.index(given, done)

    def index(self, items: Iterable[Item], done: Callable[[], object] = lambda: None) -> Report:
        """Make items part of the index that have been kept already; otherwise as `add`."""
        from quoth import indexing  # extraction stays out of a process that only searches

        return indexing.index(self.store, items, self._ledgers, self._world, done)

    def search(
        self,
        q: str | None = None,
        *,
        speaker: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page:
        """Return the best hits, best first; see `quoth.engine.request.Request` for what may be asked."""
        return self._searcher.search(Request(q=q, speaker=speaker, from_=from_, to=to, limit=limit))

    def find(self, request: Request) -> Page:
        """Return the best hits of a request that has been checked already."""
        return self._searcher.search(request)

    def get(self, quote_id: str) -> Quote:
        """Return one quote; raises `NotFound`."""
        return self._searcher.get(quote_id)

    def stats(self) -> Coverage:
        """Return what the archive holds."""
        return self._searcher.coverage()


def open_archive(uri: str, *, memory: int = MEMORY, cache: str | Path | None = None) -> Archive:
    """Open the archive at `file:DIR` or `s3://bucket/prefix`; it comes into being with the first quote added.

    Searches keep in memory what they read, up to `memory` bytes, and, where the store is far away, in the folder
    `cache`, for other processes too.
    """
    store = open_store(uri)
    disk = Disk(Path(cache), CACHE) if cache is not None and store.trip_bytes else None
    return Archive(store, memory=memory, disk=disk)
