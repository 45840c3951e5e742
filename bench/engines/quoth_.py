"""Quoth's own engine, from a Whoosh query tree to the stored JSON, on one segment or several of equal size.

Several segments represent an index after several commits, before compaction.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

from whoosh.query import Query

from bench.corpora.supply import Supply
from bench.engines import LIMIT, EngineResult, Search
from bench.engines.trees import filter_of, tree
from bench.queries import BenchQuery
from quoth.engine import segment
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.storage.files.segment_file import InMemoryFile


class Quoth:
    """An index of `segments` segments."""

    def __init__(self, segments: int) -> None:
        self._segments = segments

    def build(self, supply: Supply, folder: Path) -> None:
        """See `Engine.build`."""
        left = iter(supply)
        for number in range(self._segments):
            share = supply.size * (number + 1) // self._segments - supply.size * number // self._segments
            built = segment.build(islice(left, share))
            (folder / f"{number:02}.segment").write_bytes(built.data)
            (folder / f"{number:02}.table").write_text(json.dumps(built.table, separators=(",", ":")))

    def open(self, folder: Path) -> QuothReader:
        """See `Engine.open`."""
        return QuothReader(folder)


class QuothReader:
    """A collection over files in memory."""

    def __init__(self, folder: Path) -> None:
        self._files = [
            (path.read_bytes(), json.loads(path.with_suffix(".table").read_text()))
            for path in sorted(folder.glob("*.segment"))
        ]
        self.forget()

    def forget(self) -> None:
        """Open the files again, with empty caches."""
        self._collection = Collection([SegmentView(InMemoryFile(data), table) for data, table in self._files])

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """See `EngineReader.prepare`."""
        scored, filtered = tree(question), filter_of(question)
        return lambda: answer(self._collection, scored, filtered, question.kind, fetch=fetch)


def answer(
    collection: Collection, scored: Query, filtered: Query | None, kind: str, *, fetch: bool = True
) -> EngineResult:
    """Return the matches of a tree and a filter in a collection, in the order of a kind of query."""
    sort = ("published", True) if kind == "sort" else None
    facets = ("speaker",) if kind == "facet" else ()
    top = collection.search(scored, filter=filtered, limit=LIMIT, sort=sort, facets=facets)
    hits = collection.stored(top.docs) if fetch else list(top.docs)
    return EngineResult(top.total, hits, top.facets["speaker"][:LIMIT] if facets else None)
