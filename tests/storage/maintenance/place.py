"""An archive in memory whose clock the tests of maintenance advance."""

from __future__ import annotations

from quoth.archive import Archive
from quoth.ingest import indexing
from quoth.storage import snapshot
from quoth.storage.commit import LedgerCache
from quoth.storage.maintenance import garbage
from quoth.storage.maintenance.garbage import collect
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given


class Place:
    """An archive in memory with a clock that the tests advance."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.store = MemoryStore(clock=lambda: self.now)
        self.effects = TestEffects()
        self.archive = Archive(self.store, self.effects.effects())

    def add(self, text: str, version: int = 1, url: str | None = None) -> None:
        """Add a quote without maintenance in passing."""
        given = a_given(text, url=url or f"https://e.org/{text.replace(' ', '-')}", version=version)
        indexing.index(self.store, [given], LedgerCache(self.store), self.effects.effects())

    def compact(self) -> None:
        self.archive.compact()

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def keys(self, prefix: str) -> list[str]:
        return [entry.key for entry in self.store.list(prefix).entries]

    def collect(self, **how: float | bool) -> garbage.CollectionReport:
        return collect(self.store, self.effects.effects(), **how)  # type: ignore[arg-type]

    @property
    def generation(self) -> int:
        return snapshot.load(self.store).manifest.generation
