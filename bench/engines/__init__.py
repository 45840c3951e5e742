"""The engines, and what the benchmark asks of each: build an index in a folder, open it, prepare a question.

A question is prepared outside the clock: analysed, and put into the engine's own query objects. What is timed is the
call that `prepare` returns, from there to ten quotes as they are stored. Everything is imported when it is needed, so
that a missing engine is missed only by who asks for it.
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
EXACT_BOOST = 1.35  # Quoth's own plan: words as they were said outweigh their stems


@dataclass(frozen=True, slots=True)
class EngineResult:
    """An answer: how many match (`None` where the engine was not asked to count), and ten of them as stored.

    `buckets` are the ten speakers who stand most often in all that matches.
    """

    total: int | None
    hits: list[Any]
    buckets: list[tuple[str, int]] | None = None


Search = Callable[[], EngineResult]


class EngineReader(Protocol):
    """An index, opened."""

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """Return what answers a question, or `None` for a kind that this engine does not have.

        Without `fetch` hits are found and ranked, but nothing stored is read: `Found.hits` are then the engine's own
        numbers. `None` also where that was not made, since only the fastest engines are asked so.
        """


class Engine(Protocol):
    """One engine in one setting."""

    def build(self, supply: Supply, folder: Path) -> None:
        """Make the index of quotes in an empty folder, on one thread if the engine lets one choose."""

    def open(self, folder: Path) -> EngineReader:
        """Open the index."""


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """How an engine is run. `index` names the folder: settings that differ only in asking share one index.

    `repetitions` are those of each question, for slow engines fewer; `largest` is the most quotes that it is tried on
    unless it is asked for by name.
    """

    name: str
    title: str
    index: str
    made_by: str
    repetitions: int = 25
    largest: int | None = None

    def make(self) -> Engine:
        """Return the engine; imports it."""
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
