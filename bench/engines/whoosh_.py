"""Stock Whoosh: its own writer, codec and searcher, with Quoth's schema and weighting, in one segment.

It defines the meaning of Quoth's answers: the same query trees, the same BM25F.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whoosh import index, query
from whoosh.sorting import Count, FieldFacet

from bench.corpora.supply import Supply
from bench.engines import LIMIT, EngineResult, Search
from bench.engines.trees import filter_of, tree
from bench.queries import BenchQuery
from quoth.engine import schema
from quoth.engine.schema import WEIGHTING
from quoth.quote import to_text

MEGABYTES = 1024  # buffer before Whoosh spills: enough for one segment


class Whoosh:
    """The distribution of Whoosh that Quoth pins."""

    def build(self, supply: Supply, folder: Path) -> None:
        """See `Engine.build`."""
        writer = index.create_in(folder, schema.SCHEMA).writer(limitmb=MEGABYTES)
        for _, quote in supply:
            writer.add_document(**schema.document(quote, to_text(quote).decode()))
        writer.commit(merge=False)

    def open(self, folder: Path) -> WhooshReader:
        """See `Engine.open`."""
        return WhooshReader(index.open_dir(folder, schema=schema.SCHEMA).searcher(weighting=WEIGHTING))


class WhooshReader:
    """Whoosh's searcher."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """See `EngineReader.prepare`."""
        if not fetch:
            return None
        scored, filtered = tree(question), filter_of(question)
        if question.kind == "sort":
            return lambda: self._search(scored, filtered, sortedby=FieldFacet("published", reverse=True))
        if question.kind == "facet":
            return lambda: self._search(scored, filtered, groupedby="speaker", maptype=Count)
        return lambda: self._search(scored, filtered)

    def _search(self, scored: query.Query, filtered: query.Query | None, **options: Any) -> EngineResult:
        results = self._searcher.search(scored, limit=LIMIT, filter=filtered, **options)
        hits = [hit["quote"] for hit in results]
        buckets = None
        if "groupedby" in options:
            counts = results.groups("speaker")
            buckets = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:LIMIT]
        return EngineResult(len(results), hits, buckets)
