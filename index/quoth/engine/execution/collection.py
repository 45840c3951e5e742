"""A collection of quotes, searched by Whoosh's query trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from math import log1p
from typing import NamedTuple

import msgspec
import numpy as np
from whoosh import query
from whoosh.scoring import BM25F

from quoth.engine import schema
from quoth.engine.execution.boolean import FilteredScorer
from quoth.engine.execution.budget import Budget
from quoth.engine.execution.compile import SEARCHED, compile, compile_word, sections, sections_of, split
from quoth.engine.execution.coverage.search import CoverageSearch, units
from quoth.engine.execution.coverage.words import Found, WordTrees, found_in
from quoth.engine.execution.documents.segments import Load, SegmentView
from quoth.engine.execution.index import MEMORY, Index, open_index
from quoth.engine.execution.postings import top_places
from quoth.engine.execution.scorers import NothingScorer, Scorer, Scores
from quoth.engine.execution.scratch import Scratch
from quoth.engine.segment.columns import distinct, missing, newest_first
from quoth.engine.segment.layout import Array

# A column of numbers, and whether the greatest come first.
Order = tuple[str, bool]

# Values of a facet that are counted out, the most frequent first, and periods of time, the newest first.
BUCKETS = 10
PERIODS = 120

# What it takes to count a document in a facet, and to group it, beside passing it.
_COUNTED, _GROUPED = 1, 6

# What must be known to read any stored quote.
_STORED = ("stored.offsets", "stored.dictionary")

# Facets that no field of the schema has: the year and the month of publication.
_PERIODS = {"year": "datetime64[Y]", "month": "datetime64[M]"}


class DocGroup(NamedTuple):
    """Quotes that are shown as one: how many, of how many articles and publishers, and the dates of the outermost.

    Dates are seconds since 1970, `None` where no quote has one.
    """

    quotes: int
    articles: int
    publishers: int
    oldest: int | None
    newest: int | None


class TopDocs(msgspec.Struct, frozen=True):
    """What a search found: how many documents match, and some of them in order with their scores.

    `places` is the number of all documents in that order, or groups; it exceeds `total` if some are not shown. Sorted
    by a column, nothing is scored. A facet has its values with the number of documents that match, most frequent
    first, equals by name; `year` and `month` the newest first. Collapsed, `total` counts groups, and `groups` has
    the group of each document.
    """

    total: int
    places: int
    docs: Array
    scores: Array
    facets: Mapping[str, list[tuple[str, int]]]
    groups: tuple[DocGroup, ...] = ()


class IndexStats(msgspec.Struct, frozen=True):
    """What a collection holds: counts, oldest and newest date (seconds since 1970), quotes by publisher and by type."""

    articles: int = 0
    speakers: int = 0
    undated: int = 0
    oldest: int | None = None
    newest: int | None = None
    publishers: tuple[tuple[str | None, int], ...] = ()
    types: tuple[tuple[str, int], ...] = ()


class PreparedSearch(NamedTuple):
    """A search whose terms are looked up and whose spans are fetched: its scorer, order, facets and grouping."""

    scorer: Scorer
    sort: Order | None = None
    facets: tuple[str, ...] = ()
    collapse: str | None = None


class Collection:
    """The segments of one snapshot, searched. Not safe for use by several threads at once. See `open_index`."""

    def __init__(
        self,
        views: Sequence[SegmentView],
        load: Load | None = None,
        weighting: BM25F = schema.WEIGHTING,
        memory: int = MEMORY,
        older: Collection | None = None,
        budget: Budget | None = None,
        *,
        is_far: bool = True,
    ) -> None:
        opened = None if older is None else older.index
        self.index: Index = open_index(views, load, weighting, memory, opened, budget, is_far=is_far)
        self._scratch = Scratch(self.index.documents)
        self._stats: IndexStats | None = None

    def search(
        self,
        tree: query.Query,
        filter: query.Query | None = None,
        limit: int = 10,
        sort: Order | None = None,
        facets: Iterable[str] = (),
        start: int = 0,
        collapse: str | None = None,
        buckets: int | None = None,
    ) -> TopDocs:
        """Prepare a search and return its documents from `start` to `start + limit`; see `prepare` and `top_docs`."""
        return self.top_docs(self.prepare(tree, filter, sort, facets, collapse), limit, start, buckets)

    def prepare(
        self,
        tree: query.Query,
        filter: query.Query | None = None,
        sort: Order | None = None,
        facets: Iterable[str] = (),
        collapse: str | None = None,
    ) -> PreparedSearch:
        """Fetch what a search reads, except stored quotes: at most two round trips to a far store.

        The documents match `tree` and pass `filter`. `sort` names a column of numbers and says whether the greatest
        come first; documents without a number come last. Without `sort` the highest score comes first. `facets` are
        fields of `schema.VALUES`, `year` and `month`. `collapse` is one of `schema.KEYS`: of documents that share it
        only the first is returned. Raises `Unsupported` for a query that the engine does not execute, `TooBroad` for
        one that takes more work than an answer may.
        """
        facets = tuple(facets)
        if not self.index.documents:
            return PreparedSearch(NothingScorer(), facets=facets)
        left_out, filter = split(filter)
        segments = self.index.segments
        if segments.is_far:
            trees = [tree] if filter is None else [tree, filter]
            columns = () if sort is None else (sort[0],)
            self._open(trees, left_out, (*columns, *_facets(facets), *_groups(collapse)))
        index = self.index.without(*left_out)
        scorer = compile(tree, index, self._scratch)
        if filter is not None:
            scorer = FilteredScorer(scorer, compile(filter, index, self._scratch))
        index.budget.admit(scorer.cost + scorer.size * (_COUNTED * len(facets) + _GROUPED * (collapse is not None)))
        segments.fetch(chain(index.visibility.spans(), scorer.spans()))
        return PreparedSearch(scorer, sort, facets, collapse)

    def prepare_coverage(
        self,
        words: Sequence[WordTrees],
        extra: Sequence[query.Term] = (),
        required: query.Query | None = None,
        filter: query.Query | None = None,
        facets: Sequence[str] = (),
    ) -> CoverageSearch:
        """Fetch what a search for the quotes that have most of some words reads; see `prepare`.

        The documents match `required` and pass `filter`, and have words that together weigh half of all, or are about
        them; those that match terms of `extra` score more. A word of frequency 0 weighs as a word of one quote.
        """
        left_out, filter = split(filter)
        segments = self.index.segments
        if segments.is_far:
            trees = [*(tree for word in words for tree in word.all), *extra]
            trees += [tree for tree in (required, filter) if tree is not None]
            self._open(trees, left_out, _facets(facets))
        index = self.index.without(*left_out)
        search = CoverageSearch(
            index,
            [compile_word(word, index) for word in words],
            units([log1p(index.documents / max(word.frequency, 1)) for word in words]),
            compile(query.Or(list(extra)), index, self._scratch) if extra else None,
            None if required is None else compile(required, index, self._scratch),
            None if filter is None else compile(filter, index, self._scratch),
        )
        index.budget.admit(search.cost + _COUNTED * len(facets) * min(word.size for word in search.words))
        segments.fetch(chain(index.visibility.spans(), search.spans()))
        return search

    def places(self, words: Sequence[WordTrees], docs: Array, filter: query.Query | None = None) -> Sequence[Found]:
        """Return where documents with every word have each.

        `filter` is that of the search: documents that it leaves out are left out of postings, so that the search's own
        are used again.
        """
        if not words or not len(docs):
            return [()] * len(docs)
        index = self.index.without(*split(filter)[0])
        postings = [compile_word(word, index, is_ranked=False).postings for word in words]
        return found_in([(one, one.classes(docs)) for one in postings])

    def top_docs(
        self,
        prepared: PreparedSearch,
        limit: int,
        start: int = 0,
        buckets: int | None = None,
        shown: Array | None = None,
    ) -> TopDocs:
        """Return the documents from `start` to `start + limit` of a prepared search, each facet with `buckets` values.

        By default those of names have `BUCKETS` values, and periods `PERIODS`.

        Ties go to the lower document number: the newer document within a segment. `shown` says of each document of the
        collection whether it is shown, by default all are. Others take their places, but are not returned or counted.
        """
        scorer, sort, facets, collapse = prepared
        if not self.index.documents:
            return TopDocs(0, 0, np.empty(0, np.intp), np.empty(0), {field: [] for field in facets})
        if sort is not None:
            # First: a damaged segment may claim more documents than its column has, and arrays of that size follow.
            self.index.columns.numbers(sort[0])
        if sort is None and not facets and collapse is None and shown is None:
            top = scorer.top_k(start + limit)
            return TopDocs(top.total, top.total, top.docs[start:], top.scores[start:], {})
        docs, scores = (scorer.docs(), 0.0) if sort is not None or not limit else scorer.matches()
        counted = docs if shown is None else docs[shown.take(docs)]
        counts = self.facets(facets, counted, buckets)
        if collapse is not None:
            return self._collapsed(collapse, docs, scores, sort, start, limit, counts, shown)
        if sort is not None:
            first = self._first(docs, *sort, start + limit)[start:]
            ranked: Array = np.zeros(len(first))
        elif isinstance(scores, float):
            first = docs[start : start + limit]
            ranked = np.full(len(first), scores)
        else:
            places = top_places(scores, start + limit)[start:]
            first, ranked = docs[places], scores[places]
        if shown is not None:
            is_shown = shown.take(first)
            first, ranked = first[is_shown], ranked[is_shown]
        return TopDocs(len(counted), len(docs), first, ranked, counts)

    def facets(
        self, fields: Iterable[str], docs: Array, buckets: int | None = None
    ) -> dict[str, list[tuple[str, int]]]:
        """Count the values of some facets among some documents; see `TopDocs`."""
        return {field: self._counts(field, docs, buckets) for field in fields}

    def _collapsed(
        self,
        column: str,
        docs: Array,
        scores: Scores,
        sort: Order | None,
        start: int,
        limit: int,
        counts: Mapping[str, list[tuple[str, int]]],
        shown: Array | None,
    ) -> TopDocs:
        """Return the first document of each group that is shown, in order."""
        if sort is not None:
            ordered, ranked = self._first(docs, *sort, len(docs)), np.zeros(len(docs))
        elif isinstance(scores, float):
            ordered, ranked = docs, np.full(len(docs), scores)
        else:
            places = top_places(scores, len(docs))
            ordered, ranked = docs[places], scores[places]
        self.index.budget.check()
        keys = self.index.columns.keys(column).take(ordered)
        places = keys.argsort(kind="stable")  # group by group, each in order
        starts = (np.diff(keys[places], prepend=~keys[places[:1]]) != 0).nonzero()[0]
        leaders, ends = places[starts], np.append(starts, len(places))
        self.index.budget.check()
        on_page = leaders.argsort()[start : start + limit].tolist()
        members = [places[ends[one] : ends[one + 1]] for one in on_page]
        total = len(leaders)
        if shown is not None:
            is_shown = shown.take(ordered)
            members = [some for all_ in members if len(some := all_[is_shown[all_]])]
            total = len(distinct(keys[is_shown]))
        first = np.array([some[0] for some in members], np.intp)
        groups = tuple(self._group(ordered[some]) for some in members)
        return TopDocs(total, len(leaders), ordered[first], ranked[first], counts, groups)

    def _group(self, docs: Array) -> DocGroup:
        self.index.budget.check()
        dates = self.index.columns.numbers("published").take(docs)
        dated = dates[dates != missing("i8")]
        return DocGroup(
            quotes=len(docs),
            articles=len(distinct(self.index.columns.keys("article").take(docs))),
            publishers=int(np.count_nonzero(distinct(self.index.columns.ordinals("publisher").take(docs)))),
            oldest=int(dated.min()) if len(dated) else None,
            newest=int(dated.max()) if len(dated) else None,
        )

    def exemplars(self, field: str, values: Iterable[str]) -> list[int]:
        """Return of each value of a field the first document that has it; each value must be there."""
        wanted = [self.index.columns.ordinal(field, value.encode()) for value in values]
        firsts: list[int] = self._firsts(field).take(wanted).tolist()
        return firsts

    def _firsts(self, field: str) -> Array:
        """Return the first visible document of each ordinal of a field."""

        def make() -> Array:
            docs = self.index.visibility.docs[::-1]
            firsts: Array = np.zeros(len(self.index.columns.values(field)) + 1, np.intp)
            firsts[self.index.columns.ordinals(field).take(docs)] = docs  # of one ordinal the last item stays
            return firsts

        return self.index.segments.cache.get(("firsts", field), make, lambda firsts: firsts.nbytes)

    def with_keys(self, **keys: int) -> list[bytes]:
        """Return the JSON of the documents that have certain keys, by their hashes."""
        if not self.index.documents:
            return []
        columns = [self.index.columns.keys(name) == key for name, key in keys.items()]
        return self.stored(self.index.visibility.alive(np.logical_and.reduce(columns).nonzero()[0]))

    def stored(self, docs: Array) -> list[bytes]:
        """Return the JSON of some documents."""
        return self.index.stored.get(docs.tolist())

    def stats(self) -> IndexStats:
        """Count the visible documents, once."""
        if self._stats is None:
            self._stats = self._counted() if self.index.documents else IndexStats()
        return self._stats

    @property
    def stats_sections(self) -> tuple[str, ...]:
        """The sections that `stats` will read; none once it has counted."""
        return () if self._stats is not None else ("article", "published", *_facets(("speaker", "publisher", "type")))

    def _counted(self) -> IndexStats:
        self.index.segments.open((*self.stats_sections, *self.index.visibility.sections))
        columns, alive = self.index.columns, self.index.visibility.alive_mask

        def visible(column: Array) -> Array:
            return column if alive is None else column[alive]

        dates, articles = visible(columns.numbers("published")), visible(columns.keys("article"))
        dated = dates[dates != missing("i8")]
        # Quotes of one article mostly stand beside one another: sorting the first of each takes a third of the time.
        is_first = np.diff(articles, prepend=~articles[:1]) != 0
        names = [None, *(value.decode() for value in columns.values("publisher"))]
        counts = np.bincount(visible(columns.ordinals("publisher")), minlength=len(names)).tolist()
        return IndexStats(
            articles=len(distinct(articles[is_first])),
            speakers=int(np.count_nonzero(np.bincount(visible(columns.ordinals("speaker")), minlength=1)[1:])),
            undated=len(dates) - len(dated),
            oldest=int(dated.min()) if len(dated) else None,
            newest=int(dated.max()) if len(dated) else None,
            publishers=tuple(
                sorted(
                    ((name, count) for name, count in zip(names, counts, strict=True) if count),
                    key=lambda item: (-item[1], item[0] or ""),
                )
            ),
            types=tuple(self._counts("type", self.index.visibility.docs)),
        )

    def open(
        self,
        fields: Iterable[str],
        facets: Iterable[str] = (),
        collapse: str | None = None,
        more: Iterable[str] = (),
    ) -> None:
        """Fetch, in one go, what must be known to plan and prepare a search of some fields, and the sections `more`.

        If a plan can be made, columns wait for the postings: see `prepare`.
        """
        if self.index.segments.is_far:
            named = (section for field in fields for section in sections_of(field))
            few = (f"{field}.values" for field in schema.FEW_VALUES)
            wanted = {*_STORED, *few, *named, *_facets(facets), *_groups(collapse), *more}
            wanted.update(self.index.visibility.sections)
            if not self.index.segments.can_look_up(wanted):
                self.index.segments.open(wanted)

    def fetch(self, trees: Iterable[query.Query], sections: Iterable[str] = ()) -> None:
        """Fetch, in one go, sections and the postings of all terms of some trees, for several searches of them."""
        if self.index.segments.is_far:
            self._fetch(self.index, trees, sections)

    def _open(self, trees: Sequence[query.Query], left_out: Sequence[tuple[str, bytes]], more: Iterable[str]) -> None:
        """Fetch what some trees are compiled from; if their terms can be looked up, their postings come along."""
        segments = self.index.segments
        values = (f"{name}.values" for name, _ in left_out)
        named = (section for tree in trees for section in sections(tree))
        wanted = {*_STORED, *values, *named, *more, *self.index.visibility.sections}
        if segments.lacks_columns(wanted) and segments.can_look_up(wanted):
            self._fetch(self.index.without(*left_out), trees, wanted)
        else:
            segments.open(wanted)

    def _fetch(self, index: Index, trees: Iterable[query.Query], names: Iterable[str]) -> None:
        leaves = {leaf for tree in trees for leaf in tree.leaves() if getattr(leaf, "fieldname", None) in SEARCHED}
        postings = (span for leaf in leaves for span in compile(leaf, index, self._scratch).spans())
        index.segments.fetch(chain(index.segments.spans(names), index.visibility.spans(), postings))

    def _first(self, docs: Array, column: str, greatest: bool, limit: int) -> Array:
        """Return the first documents in the order of a column."""
        numbers = self.index.columns.numbers(column)
        if column == "published" and greatest:
            # In each segment the newest come first.
            cuts = docs.searchsorted(self.index.segments.bases)
            docs = np.concatenate([docs[cut : min(cut + limit, stop)] for cut, stop in pairwise(cuts)])
        keys = numbers.take(docs)
        if not greatest:
            keys[keys == missing("i8")] = np.iinfo("i8").max
        if len(docs) > limit:
            edge = np.partition(keys, len(keys) - limit if greatest else limit - 1)
            worst = edge[len(keys) - limit if greatest else limit - 1]
            kept = (keys >= worst if greatest else keys <= worst).nonzero()[0]
            docs, keys = docs[kept], keys[kept]
        return docs[(newest_first(keys) if greatest else np.argsort(keys, kind="stable"))[:limit]]

    def _counts(self, field: str, docs: Array, buckets: int | None = None) -> list[tuple[str, int]]:
        self.index.budget.check()
        if field in _PERIODS:
            return self._periods(_PERIODS[field], docs, buckets or PERIODS)
        values, counts = self.index.columns.values(field), self._totals(field, docs)
        return [
            (values[place].decode(), int(counts[place]))
            for place in top_places(counts, buckets or BUCKETS)
            if counts[place]
        ]

    def _periods(self, unit: str, docs: Array, most: int) -> list[tuple[str, int]]:
        dates = self.index.columns.numbers("published").take(docs)
        periods = dates[dates != missing("i8")].astype("datetime64[s]").astype(unit)
        if not len(periods):
            return []
        counts = np.bincount((periods - periods.min()).astype(np.intp))  # few: time has some 120,000 months
        newest = counts.nonzero()[0][::-1][:most]
        return list(zip((newest + periods.min()).astype(str).tolist(), counts[newest].tolist(), strict=True))

    def _totals(self, field: str, docs: Array) -> Array:
        """Return how many of some documents have each value of a field."""
        number = len(self.index.columns.values(field))
        totals: Array = np.bincount(self.index.columns.ordinals(field).take(docs), minlength=number + 1)[1:]
        return totals


def _facets(fields: Iterable[str]) -> Iterator[str]:
    """Yield the sections that facets read."""
    for name in fields:
        if name in _PERIODS:
            yield "published"
        else:
            yield from (f"{name}.values", f"{name}.ordinals")


def _groups(column: str | None) -> Iterator[str]:
    """Yield the sections that collapsing reads."""
    if column is not None:
        yield from (column, "published", "article", *_facets(["publisher"]))
