"""A collection of quotes, searched by Whoosh's query trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from whoosh import query
from whoosh.scoring import BM25F

from quoth.engine import schema
from quoth.engine.compile import compile, sections, split
from quoth.engine.compounds import Filtered
from quoth.engine.index import MEMORY, Index, Part
from quoth.engine.nodes import Node
from quoth.engine.postings import best
from quoth.engine.scratch import Scratch
from quoth.engine.segment.columns import missing, newest_first
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import Span

__all__ = ["Census", "Collection", "Found", "Part"]

# Values of a facet that are counted out, the most frequent first.
BUCKETS = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: how many documents match, and the first of them in order with their scores.

    Sorted by a column, nothing is scored. A facet has its most frequent values with the number of documents that
    match, most frequent first, equals by name.
    """

    total: int
    docs: Array
    scores: Array
    facets: Mapping[str, list[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Census:
    """What a collection holds: counts, oldest and newest date (seconds since 1970), quotes by publisher and by type."""

    articles: int = 0
    speakers: int = 0
    undated: int = 0
    oldest: int | None = None
    newest: int | None = None
    publishers: tuple[tuple[str | None, int], ...] = ()
    types: tuple[tuple[str, int], ...] = ()


class Collection:
    """The segments of one snapshot, searched. Not safe for use by several threads at once. See `Index`."""

    def __init__(
        self,
        parts: Sequence[Part],
        load: Callable[[Iterable[Span]], object] | None = None,
        weighting: BM25F = schema.WEIGHTING,
        memory: int = MEMORY,
        older: Collection | None = None,
    ) -> None:
        self.index: Index = Index(parts, load, weighting, memory, None if older is None else older.index)
        self._scratch = Scratch(self.index.documents)

    def search(
        self,
        tree: query.Query,
        filter: query.Query | None = None,
        limit: int = 10,
        sort: tuple[str, bool] | None = None,
        facets: Iterable[str] = (),
    ) -> Found:
        """Return the first documents that match a tree and pass a filter.

        `sort` names a column of numbers and says whether the greatest come first; without it the highest score does.
        Equals stand in the order of their numbers, the newer first within a segment. `facets` are fields of
        `schema.VALUES`. Raises `Unsupported` for a query that is not executed.
        """
        facets = tuple(facets)
        if not self.index.documents:
            return Found(0, np.empty(0, np.intp), np.empty(0), {field: [] for field in facets})
        node = self.prepare(tree, filter, sort, facets)
        if sort is not None:
            self.index.numbers(sort[0])  # before arrays are made of as many numbers as there are said to be documents
        if sort is None and not facets:
            return Found(*node.best(limit), {})
        docs, scores = node.all()
        counts = {field: self._counts(field, docs) for field in facets}
        if sort is not None:
            first = self._first(docs, *sort, limit)
            return Found(len(docs), first, np.zeros(len(first)), counts)
        if isinstance(scores, float):
            return Found(len(docs), docs[:limit], np.full(len(docs[:limit]), scores), counts)
        places = best(scores, limit)
        return Found(len(docs), docs[places], scores[places], counts)

    def prepare(
        self,
        tree: query.Query,
        filter: query.Query | None = None,
        sort: tuple[str, bool] | None = None,
        facets: Iterable[str] = (),
    ) -> Node:
        """Fetch what a search will read, but for the stored quotes: at most two round trips. See `search`."""
        left_out, filter = split(filter)
        if self.index.is_far:
            self._open(tree, filter, sort, (*(f"{name}.values" for name, _ in left_out), *_facets(facets)))
        index = self.index
        for name, value in left_out:
            index = index.without(name, value)
        node = compile(tree, index, self._scratch)
        if filter is not None:
            node = Filtered(node, compile(filter, index, self._scratch))
        if self.index.is_far:
            self.index.fetch(chain(index.masks(), node.spans()))
        return node

    def stored(self, docs: Array) -> list[bytes]:
        """Return the JSON of some documents."""
        return self.index.stored(docs.tolist())

    def census(self) -> Census:
        """Count what can be found."""
        self.index.open(("article", "published", *_facets(("speaker", "publisher", "type")), *self.index.always))
        docs = self.index.everything
        dates = self.index.numbers("published").take(docs)
        dated = dates[dates != missing("i8")]
        names = [None, *(value.decode() for value in self.index.values("publisher"))]
        counts = np.bincount(self.index.ordinals("publisher").take(docs), minlength=len(names)).tolist()
        speakers = np.unique(self.index.ordinals("speaker").take(docs))
        return Census(
            articles=len(np.unique(self.index.keys("article").take(docs))),
            speakers=int(np.count_nonzero(speakers)),
            undated=len(dates) - len(dated),
            oldest=int(dated.min()) if len(dated) else None,
            newest=int(dated.max()) if len(dated) else None,
            publishers=tuple(
                sorted(
                    ((name, count) for name, count in zip(names, counts, strict=True) if count),
                    key=lambda item: (-item[1], item[0] or ""),
                )
            ),
            types=tuple(self._counts("type", docs)),
        )

    def _open(
        self,
        tree: query.Query,
        filter: query.Query | None,
        sort: tuple[str, bool] | None,
        more: Iterable[str],
    ) -> None:
        wanted = {"stored.offsets", "stored.dictionary", *sections(tree), *self.index.always, *more}
        if filter is not None:
            wanted.update(sections(filter))
        if sort is not None:
            wanted.add(sort[0])
        self.index.open(wanted)

    def _first(self, docs: Array, column: str, greatest: bool, limit: int) -> Array:
        """Return the first documents in the order of a column."""
        numbers = self.index.numbers(column)
        if column == "published" and greatest:
            # In each segment the newest come first.
            cuts = docs.searchsorted(self.index.bases)
            docs = np.concatenate([docs[cut : min(cut + limit, stop)] for cut, stop in pairwise(cuts)])
        keys = numbers.take(docs)
        if len(docs) > limit:
            edge = np.partition(keys, len(keys) - limit if greatest else limit - 1)
            worst = edge[len(keys) - limit if greatest else limit - 1]
            kept = (keys >= worst if greatest else keys <= worst).nonzero()[0]
            docs, keys = docs[kept], keys[kept]
        return docs[(newest_first(keys) if greatest else np.argsort(keys, kind="stable"))[:limit]]

    def _counts(self, field: str, docs: Array) -> list[tuple[str, int]]:
        values, counts = self.index.values(field), self._totals(field, docs)
        return [(values[place].decode(), int(counts[place])) for place in best(counts, BUCKETS) if counts[place]]

    def _totals(self, field: str, docs: Array) -> Array:
        """Return how many of some documents have each value of a field."""
        number = len(self.index.values(field))
        totals: Array = np.bincount(self.index.ordinals(field).take(docs), minlength=number + 1)[1:]
        return totals


def _facets(fields: Iterable[str]) -> Iterator[str]:
    """Yield the sections that facets read."""
    for name in fields:
        yield from (f"{name}.values", f"{name}.ordinals")
