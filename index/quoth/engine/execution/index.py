"""The segments of one snapshot as one index, with the statistics of all.

Nothing that concerns the whole collection is written into a segment, so a score does not depend on how quotes were
split: document frequencies are sums over the segments, and lengths are compared with the mean of all. Retired quotes
are left out when postings are loaded, at no cost later; they count in statistics until compaction drops them.

Not safe for use by several threads at once; the searcher takes care of that.
"""

from __future__ import annotations

import copy
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log
from typing import Any, NamedTuple

import numpy as np
from whoosh.scoring import BM25F

from quoth.engine import schema
from quoth.engine.execution.budget import Budget
from quoth.engine.execution.cache import Cache
from quoth.engine.execution.postings import Positions, Postings
from quoth.engine.segment import documents, layout
from quoth.engine.segment.columns import widened
from quoth.engine.segment.layout import Array
from quoth.engine.segment.lengths import LENGTHS
from quoth.engine.segment.reader import FileSpan, SegmentReader
from quoth.errors import Damaged
from quoth.storage.files.segment_file import SegmentFile

# Bytes of postings, columns and such that are kept between searches, and the part of them that stored quotes may take.
MEMORY = 256 << 20
_STORED = 1 / 8


class SegmentView(NamedTuple):
    """A segment of a collection: its bytes, its table as JSON values, the records that are no longer part of it.

    `retired` has their numbers in the segment, in any order; `name` is for messages.
    """

    file: SegmentFile
    table: Mapping[str, Any]
    retired: Array | Sequence[int] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TermInfo:
    """Terms of one field, and where their postings stand: of each segment the numbers of those it has.

    `name` says what it is a listing of. `frequencies` are the document frequencies in the whole collection, in the
    order of `terms`.
    """

    name: Hashable
    field: str
    terms: tuple[bytes, ...]
    frequencies: tuple[int, ...]
    numbers: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """At most so many documents hold one of the terms."""
        return sum(self.frequencies)


class Index:
    """The segments of one snapshot. Documents are numbered through, segment after segment.

    `load` fetches spans of the segments' files ahead, in one go. Without it the files are near: each span is read
    when it is needed. What `older`, an earlier snapshot, has opened of the same files is not opened again. `budget`
    limits the work of an answer.
    """

    def __init__(
        self,
        parts: Sequence[SegmentView],
        load: Callable[[Iterable[FileSpan]], object] | None = None,
        weighting: BM25F = schema.WEIGHTING,
        memory: int = MEMORY,
        older: Index | None = None,
        budget: Budget | None = None,
    ) -> None:
        known = {reader.file: reader for reader in older.readers} if older is not None else {}
        self.readers: list[SegmentReader] = [
            known.get(part.file) or SegmentReader(part.file, layout.from_json(part.table), part.name) for part in parts
        ]
        self._retired = [np.asarray(part.retired, np.int64) for part in parts]
        self._has_retired = any(len(retired) for retired in self._retired)
        self._load = load
        self.is_far = load is not None
        self._weighting = weighting
        self._cache = Cache(memory)
        self.budget = budget or Budget()
        self.bases = np.cumsum([0, *(reader.documents for reader in self.readers)])
        self.documents = int(self.bases[-1])
        self._starts: list[int] = self.bases[:-1].tolist()
        self._hidden: tuple[tuple[str, bytes], ...] = ()
        self._views: dict[tuple[str, bytes], Index] = {}
        self._stored: dict[int, bytes] = {}
        self._stored_room = self._stored_most = int(memory * _STORED)

    # ------------------------------------------------------------------------------------------- fetching ahead

    def open(self, sections: Iterable[str]) -> None:
        """Fetch whole sections of every segment in one go, unless they stay in memory already."""
        wanted = sorted(name for name in set(sections) if ("column", name) not in self._cache)
        self.fetch(r.span(name) for r in self.readers for name in wanted if not r.holds(name))

    @property
    def always(self) -> tuple[str, ...]:
        """The sections that every search needs: which documents belong to retired records."""
        return ("record",) if self._has_retired else ()

    def fetch(self, spans: Iterable[FileSpan]) -> None:
        """Fetch spans in one go, if the files are far."""
        if self._load is not None:
            self._load(spans)

    # ------------------------------------------------------------------------------------------------ documents

    def without(self, field: str, value: bytes) -> Index:
        """Return this index without the documents that have a value; statistics stay those of all.

        They are left out once, when postings are loaded, as those of retired records are: a search pays nothing for
        it. Where no document has the value, this is the index itself.
        """
        name = field, value
        if name not in self._views:
            has_value = any(reader.ordinal(field, value) for reader in self.readers)
            self._views[name] = self._hiding(name) if has_value else self
        return self._views[name]

    def _hiding(self, name: tuple[str, bytes]) -> Index:
        """Return a view of this index, which shares what is read and what is computed of all documents."""
        view = copy.copy(self)
        view._hidden = (*self._hidden, name)
        view._views = {}
        view.__dict__.pop("alive_mask", None)
        return view

    def masks(self) -> Iterator[FileSpan]:
        """Yield what must be read to know which documents are hidden, unless that is known."""
        if "alive_mask" not in self.__dict__:
            for field, value in self._hidden:
                yield from (r.span(f"{field}.ordinals") for r in self.readers if r.ordinal(field, value))

    @cached_property
    def alive_mask(self) -> Array | None:
        """Which documents can be found; `None` when all can. Raises `Damaged` if a retired record is not there."""
        if not self._has_retired and not self._hidden:
            return None
        found = np.ones(self.documents, bool)
        for reader, base, retired in zip(self.readers, self.bases, self._retired, strict=False):
            part = found[base : base + reader.documents]
            if len(retired):
                part &= ~reader.of_records(retired)
            for field, value in self._hidden:
                if ordinal := reader.ordinal(field, value):
                    part &= reader.array(f"{field}.ordinals") != ordinal
        return found

    @property
    def everything(self) -> Array:
        """All documents that can be found, ascending; not to be written to."""

        def make() -> Array:
            docs = self.within([range(self.documents)])
            docs.setflags(write=False)
            return docs

        return self._cache.get(("everything", self._hidden), make, lambda docs: docs.nbytes)

    def within(self, ranges: Iterable[range]) -> Array:
        """Return those documents of some ranges that can be found."""
        if self.alive_mask is None:
            return np.concatenate([np.arange(some.start, some.stop) for some in ranges])
        return np.concatenate([self.alive_mask[some.start : some.stop].nonzero()[0] + some.start for some in ranges])

    def alive(self, docs: Array) -> Array:
        """Return those of some documents that can be found."""
        return docs if self.alive_mask is None else docs[self.alive_mask.take(docs)]

    def stored(self, docs: Sequence[int]) -> list[bytes]:
        """Return the JSON of some documents."""
        if not self._stored.keys() >= set(docs):
            self._read_stored(docs)
        return [self._stored[doc] for doc in docs]

    def _read_stored(self, docs: Sequence[int]) -> None:
        """Read the blocks of some documents, in one go; their neighbours come with them and are kept as well."""
        if self._stored_room < 0:
            self._stored.clear()
            self._stored_room = self._stored_most
        blocks = set()
        for doc in docs:
            part = bisect_right(self._starts, doc) - 1
            blocks.add((part, (doc - self._starts[part]) // documents.BLOCK))
        self.fetch(self.readers[part].stored_span(block) for part, block in sorted(blocks))
        for part, block in blocks:
            self.budget.check()
            first = self._starts[part] + block * documents.BLOCK
            opened = self.readers[part].stored_block(block)
            self._stored.update(enumerate(opened, first))
            self._stored_room -= sum(map(len, opened)) + 100 * len(opened)

    # -------------------------------------------------------------------------------------------------- columns

    def numbers(self, name: str) -> Array:
        """Return a column of numbers over all documents; the least that the type holds means none."""
        return self._column(name, lambda reader: widened(reader.array(name)))

    def published(self, first: int, last: int) -> Iterator[range]:
        """Yield of each segment the documents that were published from `first` to `last`, both inclusive."""
        column = self.numbers("published")
        for start, stop in pairwise(self.bases.tolist()):
            newest = bisect_left(column, -last, start, stop, key=_backwards)
            yield range(newest, bisect_right(column, -first, newest, stop, key=_backwards))

    def keys(self, name: str) -> Array:
        """Return a column of hashes over all documents."""
        return self._column(name, lambda reader: reader.array(name))

    def ordinals(self, field: str) -> Array:
        """Return the place of each document's value among `values(field)`, plus one; 0 means none."""
        return self._column(f"{field}.ordinals", lambda reader: self._renumbered(field, reader))

    def values(self, field: str) -> list[bytes]:
        """Return the values of a field over all segments in the order of their bytes."""
        return self._cache.get(
            ("values", field),
            lambda: sorted({value for reader in self.readers for value in reader.values(field)}),
            lambda values: sum(map(len, values)) + 64 * len(values),
        )

    def value(self, field: str, value: bytes) -> int:
        """Return the ordinal of a value; 0 when no document has it."""
        values = self.values(field)
        place = bisect_left(values, value)
        return place + 1 if place < len(values) and values[place] == value else 0

    def _renumbered(self, field: str, reader: SegmentReader) -> Array:
        ordinals = reader.array(f"{field}.ordinals")
        if len(self.readers) == 1:
            return ordinals
        values = self.values(field)
        numbers = [0, *(bisect_left(values, value) + 1 for value in reader.values(field))]
        return np.array(numbers, "<u4").take(ordinals)

    def _column(self, name: str, of: Callable[[SegmentReader], Array]) -> Array:
        def make() -> Array:
            columns = [of(reader) for reader in self.readers]
            for column, reader in zip(columns, self.readers, strict=True):
                if len(column) != reader.documents:
                    raise Damaged(f"section {name!r} has {len(column)} items for {reader.documents} documents")
            return np.concatenate(columns)  # a copy even of one: a view would keep all pages of its file in memory

        return self._cache.get(("column", name), make, lambda column: column.nbytes)

    # -------------------------------------------------------------------------------------------------- terms

    def term_info(self, field: str, term: bytes) -> TermInfo:
        """Return where the postings of a term stand."""
        return self.term_infos(field, term, lambda reader: reader.dictionary(f"{field}.terms").range_of(term))

    def term_infos(self, field: str, name: Hashable, numbers: Callable[[SegmentReader], Iterable[int]]) -> TermInfo:
        """Return where the postings of several terms stand; `name` says which, `numbers` finds them in a segment."""
        whole = ("term_infos", field, name)

        def make() -> TermInfo:
            self._open_dictionaries(f"{field}.terms")
            return self._find(whole, field, [tuple(numbers(reader)) for reader in self.readers])

        return self._cache.get(whole, make, _info_size)

    def _open_dictionaries(self, name: str) -> None:
        """Open a dictionary of every segment, once: seconds of CPU where there are many millions of quotes."""
        if not all(reader.holds(name) for reader in self.readers):
            with self.budget.paused():
                for reader in self.readers:
                    reader.dictionary(name)

    def _find(self, name: Hashable, field: str, numbers: Sequence[tuple[int, ...]]) -> TermInfo:
        frequencies: dict[bytes, int] = {}
        for reader, some in zip(self.readers, numbers, strict=True):
            terms = reader.dictionary(f"{field}.terms")
            for number in some:
                term = terms[number]
                frequencies[term] = frequencies.get(term, 0) + int(terms.frequencies[number])
        known = sorted(frequencies)
        return TermInfo(name, field, tuple(known), tuple(frequencies[term] for term in known), tuple(numbers))

    # ------------------------------------------------------------------------------------------------- scoring

    def idf(self, frequency: int) -> float:
        """Return the inverse document frequency, as Whoosh has it."""
        return log(self.documents / (frequency + 1)) + 1

    def _factors(self, field: str) -> tuple[list[Array], Array]:
        """Return what each class of a field scores beside the idf, and each segment's codes in these classes.

        Class 0 is kept for documents without the term.
        """

        def make() -> tuple[list[Array], Array]:
            pairs = [r.array(f"{field}.tf").astype("i8") << 8 | r.array(f"{field}.length") for r in self.readers]
            known = np.unique(np.concatenate(pairs))
            tf, length = known >> 8, LENGTHS[known & 255]
            mean = sum(reader.table.lengths[field] for reader in self.readers) / self.documents or 1
            b = self._weighting._field_B.get(field, self._weighting.B)
            k1 = self._weighting.K1
            factors = (tf * (k1 + 1)) / (tf + k1 * ((1 - b) + b * length / mean))
            kind = "u1" if len(known) < 256 else "u2" if len(known) < 65536 else "u4"
            return [(known.searchsorted(some) + 1).astype(kind) for some in pairs], np.concatenate(([0.0], factors))

        return self._cache.get(("factors", field), make, lambda made: 16 * len(made[1]) + 4096)

    # ------------------------------------------------------------------------------------------------ postings

    def spans(self, info: TermInfo, *, positions: bool = False) -> Iterator[FileSpan]:
        """Yield what the postings of a listing read, and their positions, unless they are in memory."""
        need: tuple[str, ...] = ()
        if not any(self._name(kind, info) in self._cache for kind in ("postings", "merged")):
            need = _POSTINGS[info.field in schema.TEXTS]
        more = positions and self._name("positions", info) not in self._cache
        for part, run, start, stop in self._ranges(info):
            reader = self.readers[part]
            for section in (*need, "first") if more else need:
                yield reader.span(f"{info.field}.{section}", start, stop)
            if more:
                further = _between(reader.dictionary(f"{info.field}.terms").further, run)
                for section in ("posting", "further"):
                    yield reader.span(f"{info.field}.{section}", *further)

    def postings(self, info: TermInfo) -> Postings:
        """Return the postings of a listing of one term."""

        def make() -> Postings:
            docs, codes = self._read(info)
            kept = self._kept(docs)
            scores = np.array([0.0, 1.0])
            if info.field in schema.TEXTS:
                scores = self._factors(info.field)[1] * self.idf(sum(info.frequencies))
            return Postings(docs[kept], codes[kept], scores, self.documents)

        return self._cache.get(self._name("postings", info), make, lambda found: found.size)

    def merged(self, info: TermInfo) -> Postings:
        """Return the documents that hold any term of a listing; each scores the sum of what it holds."""

        def make() -> Postings:
            docs, codes = self._read(info)
            weights = np.ones(len(docs))
            if info.field in schema.TEXTS:
                weights = self._idfs(info) * self._factors(info.field)[1].take(codes)
            kept = self._kept(docs)
            scores = np.bincount(docs[kept], weights[kept], self.documents)
            found = (scores > 0).nonzero()[0]
            ones = np.arange(1, len(found) + 1, dtype=np.uint32)
            return Postings(found, ones, np.concatenate(([0.0], scores[found])), self.documents)

        return self._cache.get(self._name("merged", info), make, lambda found: found.size + found.scores.nbytes)

    def positions(self, info: TermInfo) -> Positions:
        """Return the positions of a listing of one term."""

        def make() -> Positions:
            firsts, further = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
            for part, numbers, start, stop in self._ranges(info):
                self.budget.check()
                reader = self.readers[part]
                docs = reader.docs(info.field, numbers) + self.bases[part]
                first = reader.array(f"{info.field}.first", start, stop).astype(np.int64)
                firsts.append(first[self._kept(docs)])
                span = _between(reader.dictionary(f"{info.field}.terms").further, numbers)
                posting = reader.array(f"{info.field}.posting", *span).astype(np.int64) - start
                places = docs[posting] << 32 | reader.array(f"{info.field}.further", *span)
                further.append(places[self._kept(docs[posting])])
            return Positions(np.concatenate(firsts), np.concatenate(further))

        return self._cache.get(self._name("positions", info), make, lambda found: found.size)

    def _name(self, kind: str, info: TermInfo) -> Hashable:
        """Return under which name what was made of a listing is kept, without the documents that are hidden."""
        return kind, self._hidden, info.name

    def _read(self, info: TermInfo) -> tuple[Array, Array]:
        """Return all documents of a listing and the class of each, segment by segment and term by term."""
        self.budget.check()
        docs, codes = [np.empty(0, np.intp)], [np.empty(0, "u1")]
        for part, numbers, start, stop in self._ranges(info):
            reader = self.readers[part]
            local = reader.docs(info.field, numbers)
            docs.append(local + self.bases[part])
            if info.field in schema.TEXTS:
                recode = self._factors(info.field)[0][part]
                codes.append(recode.take(reader.array(f"{info.field}.codes", start, stop)))
            else:
                codes.append(np.ones(len(local), "u1"))
        return np.concatenate(docs), np.concatenate(codes)

    def _idfs(self, info: TermInfo) -> Array:
        """Return the idf of the term of each posting that `_read` returns."""
        idf = {term: self.idf(n) for term, n in zip(info.terms, info.frequencies, strict=True)}
        parts = [np.empty(0)]
        for reader, numbers in zip(self.readers, info.numbers, strict=True):
            terms = reader.dictionary(f"{info.field}.terms")
            parts.append(np.repeat([idf[terms[n]] for n in numbers], terms.frequencies[list(numbers)]))
        return np.concatenate(parts)

    def _kept(self, docs: Array) -> Array | slice:
        """Return which of some documents can be found."""
        return slice(None) if self.alive_mask is None else self.alive_mask.take(docs).nonzero()[0]

    def _ranges(self, info: TermInfo) -> Iterator[tuple[int, range, int, int]]:
        """Yield each run of a listing's terms: the segment's place, the terms' numbers, the range of postings."""
        for part, numbers in enumerate(info.numbers):
            terms = self.readers[part].dictionary(f"{info.field}.terms")
            for run in _runs(numbers):
                yield part, run, *_between(terms.postings, run)


# The sections that hold the postings of a text field, and of one that is not scored.
_POSTINGS = {True: ("docs", "codes"), False: ("docs",)}


def _info_size(info: TermInfo) -> int:
    return 256 + 128 * len(info.terms) + 8 * sum(map(len, info.numbers))


def _backwards(date: int) -> int:
    return -int(date)


def _between(starts: Array, run: range) -> tuple[int, int]:
    return int(starts[run.start]), int(starts[run.stop])


def _runs(numbers: Sequence[int]) -> Iterator[range]:
    """Yield numbers that ascend, as ranges without gaps.

    >>> list(_runs([3, 4, 5, 9]))
    [range(3, 6), range(9, 10)]
    """
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield range(numbers[start], numbers[place - 1] + 1)
            start = place
