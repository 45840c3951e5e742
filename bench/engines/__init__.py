"""The engines behind one interface: build an index in a folder, open it, prepare a query.

Preparation is not timed: it analyses the query and makes the engine's own query objects. The benchmark times the call
that `prepare` returns, up to ten stored quotes. Engines are imported on first use, so that a missing package matters
only if its engine is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from bench.corpora.supply import Supply
from bench.queries import BenchQuery

LIMIT = 10  # hits, and buckets of a facet
EXACT_BOOST = 1.35  # as in Quoth's own plan: exact word forms outweigh their stems


@dataclass(frozen=True, slots=True)
class EngineResult:
    """The answer of an engine: the number of matches (`None` if it does not count), and ten stored quotes.

    `buckets` are the ten most frequent speakers among all matches, with their counts.
    """

    total: int | None
    hits: list[Any]
    buckets: list[tuple[str, int]] | None = None


Search = Callable[[], EngineResult]


class EngineReader(Protocol):
    """An open index."""

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """Return the search for a query, or `None` for a kind that this engine does not support.

        Without `fetch`, the search ranks hits but reads no stored quotes: `EngineResult.hits` are the engine's own
        document numbers. Only the fastest engines support that; the others return `None`.
        """


class Engine(Protocol):
    """One engine in one setting."""

    def build(self, supply: Supply, folder: Path) -> None:
        """Build an index of quotes in an empty folder, on one thread if the engine has a choice."""

    def open(self, folder: Path) -> EngineReader:
        """Open the index."""


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """The settings of an engine. `index` names its folder: settings that differ only in search share one index.

    `repetitions` counts the runs of each query, fewer for slow engines. `largest` limits the number of quotes, unless
    the engine is chosen by name.
    """

    name: str
    title: str
    index: str
    made_by: str
    repetitions: int = 25
    largest: int | None = None

    def make(self) -> Engine:
        """Import and return the engine."""
        module, _, call = self.made_by.partition(":")
        name, _, argument = call.partition("=")
        engine: Engine = getattr(import_module(f"bench.engines.{module}"), name)(*([int(argument)] if argument else []))
        return engine


ENGINES = {
    entry.name: entry
    for entry in (
        EngineEntry("quoth-1", "Quoth, 1 segment", "quoth-1", "quoth_:Quoth=1"),
        EngineEntry("quoth-4", "Quoth, 4 segments", "quoth-4", "quoth_:Quoth=4"),
        EngineEntry("quoth-20", "Quoth, 20 segments", "quoth-20", "quoth_:Quoth=20"),
        EngineEntry("tantivy", "tantivy", "tantivy", "tantivy_:Tantivy=1"),
        EngineEntry("tantivy-top", "tantivy, no count", "tantivy", "tantivy_:Tantivy=0"),
        EngineEntry("fts5", "SQLite FTS5", "fts5", "fts5:Fts5", repetitions=4),
        EngineEntry("bm25s", "bm25s", "bm25s", "bm25s_:Bm25s", repetitions=6),
        EngineEntry("whoosh", "Whoosh", "whoosh", "whoosh_:Whoosh", repetitions=2, largest=20_000),
    )
}
