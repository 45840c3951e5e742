"""Quoth's own engine, from a Whoosh query tree to the stored JSON, on one segment or several of equal size.

Several segments stand for an index that was written bit by bit and not yet compacted.
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
from quoth.engine.execution.collection import Collection, SegmentView
from quoth.storage.files.segment_file import InMemoryFile


class Quoth:
    """An index of so many segments."""

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
        """Open the files anew: nothing that was read of them is remembered."""
        self._collection = Collection([SegmentView(InMemoryFile(data), table) for data, table in self._files])

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """See `Reader.prepare`."""
        wanted, chosen = tree(question), filter_of(question)
        return lambda: answer(self._collection, wanted, chosen, question.kind, fetch=fetch)


def answer(
    collection: Collection, wanted: Query, chosen: Query | None, kind: str, *, fetch: bool = True
) -> EngineResult:
    """Return what a collection finds: what matches a tree and passes a filter, in the order that a kind asks for."""
    sort = ("published", True) if kind == "sort" else None
    facets = ("speaker",) if kind == "facet" else ()
    found = collection.search(wanted, filter=chosen, limit=LIMIT, sort=sort, facets=facets)
    hits = collection.stored(found.docs) if fetch else list(found.docs)
    return EngineResult(found.total, hits, found.facets["speaker"][:LIMIT] if facets else None)
