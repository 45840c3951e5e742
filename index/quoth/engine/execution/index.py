"""The segments of one snapshot as one index, with the statistics of all.

No segment holds statistics of the whole collection, so a score does not depend on how quotes were split into segments:
document frequencies are sums over the segments, and lengths are compared with the mean of all. Retired quotes are left
out when postings are loaded, which costs later searches nothing; they count in statistics until compaction drops them.

Not safe for use by several threads at once; the searcher serialises its callers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from math import log

import msgspec
import numpy as np
from msgspec.structs import replace
from whoosh.scoring import BM25F

from quoth.engine import schema
from quoth.engine.execution.budget import Budget
from quoth.engine.execution.documents.columns import Columns
from quoth.engine.execution.documents.segments import Load, OpenSegments, SegmentView
from quoth.engine.execution.documents.stored import StoredQuotes
from quoth.engine.execution.documents.visibility import Visibility
from quoth.engine.execution.postings import Postings
from quoth.engine.segment.columns import distinct
from quoth.engine.segment.dictionary import Dictionary, unpack_postings
from quoth.engine.segment.layout import Array
from quoth.engine.segment.lengths import LENGTHS
from quoth.engine.segment.reader import FileSpan, SegmentReader, posting_section

# Bytes of postings, columns and such that are cached between searches, and the share of it for stored quotes.
MEMORY = 256 << 20
_STORED = 1 / 8


class TermInfo(msgspec.Struct, frozen=True, eq=False):
    """Terms of one field, and where their postings stand.

    `runs` has each run of the terms: the segment's place, the terms' numbers in it, the range of their postings.
    `name` names the terms in the cache. `frequencies` are the document frequencies in the whole collection, in the
    order of `terms`; `size` is their sum, an upper bound of the documents that hold one of the terms.
    """

    name: Hashable
    field: str
    terms: tuple[bytes, ...]
    frequencies: tuple[int, ...]
    runs: tuple[tuple[int, range, int, int], ...]
    size: int


class Index(msgspec.Struct, frozen=True, eq=False):
    """The segments of one snapshot: their columns, stored quotes and visible documents; terms, scores and postings.

    Made by `open_index`. Indexes of one snapshot that differ in visibility share everything else.
    """

    segments: OpenSegments
    columns: Columns
    stored: StoredQuotes
    visibility: Visibility
    weighting: BM25F
    _narrowed: dict[tuple[tuple[str, bytes], ...], Index | None] = msgspec.field(default_factory=dict)

    @property
    def documents(self) -> int:
        """The number of all documents, visible or not."""
        return self.segments.documents

    @property
    def budget(self) -> Budget:
        """The work that the answer under way may still take."""
        return self.segments.budget

    def without(self, *excluded: tuple[str, bytes]) -> Index:
        """Return this index without the documents that have some values of fields; statistics stay those of all.

        They are left out when postings are loaded, like those of retired records, so that a search pays nothing for
        it. Where no document has one of the values, this is the index itself.
        """
        if excluded not in self._narrowed:
            visibility = self.visibility
            for field, value in excluded:
                if any(reader.ordinal(field, value) for reader in self.segments.readers):
                    visibility = visibility.hiding(field, value)
            is_same = visibility is self.visibility
            # Not itself: in a cycle its memory would wait for Python's collector, which counts objects, not bytes.
            self._narrowed[excluded] = None if is_same else replace(self, visibility=visibility, _narrowed={})
        return self._narrowed[excluded] or self

    # -------------------------------------------------------------------------------------------------- terms

    def term_info(self, field: str, term: bytes) -> TermInfo:
        """Return where the postings of a term stand."""
        name = ("term_infos", field, term)

        def make() -> TermInfo:
            runs, size = [], 0
            for part, terms in enumerate(self.dictionaries(f"{field}.terms")):
                number = terms.find(term)
                if number is not None:
                    run = range(number, number + 1)
                    start, stop = terms.between_postings(run)
                    runs.append((part, run, start, stop))
                    size += stop - start
            return TermInfo(name, field, (term,) if runs else (), (size,) if runs else (), tuple(runs), size)

        return self.segments.cache.get(name, make, _info_size)

    def term_infos(self, field: str, name: Hashable, numbers: Callable[[SegmentReader], Iterable[int]]) -> TermInfo:
        """Return where the postings of several terms stand; `name` says which, `numbers` finds them in a segment."""
        whole = ("term_infos", field, name)

        def make() -> TermInfo:
            self.dictionaries(f"{field}.terms")
            return self._find(whole, field, [tuple(numbers(reader)) for reader in self.segments.readers])

        return self.segments.cache.get(whole, make, _info_size)

    def dictionaries(self, name: str) -> list[Dictionary]:
        """Return a dictionary of every segment, opened once: with many millions of quotes that takes seconds of CPU."""

        def make() -> list[Dictionary]:
            with self.budget.paused():
                return [reader.dictionary(name) for reader in self.segments.readers]

        return self.segments.cache.get(("dictionaries", name), make, lambda made: 64 + 8 * len(made))

    def _find(self, name: Hashable, field: str, numbers: Sequence[tuple[int, ...]]) -> TermInfo:
        frequencies: dict[bytes, int] = {}
        runs = []
        for part, some in enumerate(numbers):
            if not some:
                continue
            terms = self.segments.readers[part].dictionary(f"{field}.terms")
            for number in some:
                term, (start, stop) = terms[number], terms.between_postings(range(number, number + 1))
                frequencies[term] = frequencies.get(term, 0) + stop - start
            runs += [(part, run, *terms.between_postings(run)) for run in _runs(some)]
        known = sorted(frequencies)
        return TermInfo(
            name,
            field,
            tuple(known),
            tuple(frequencies[term] for term in known),
            tuple(runs),
            sum(frequencies.values()),
        )

    # ------------------------------------------------------------------------------------------------- scoring

    def idf(self, frequency: int) -> float:
        """Return the inverse document frequency, as Whoosh has it."""
        return log(self.documents / (frequency + 1)) + 1

    def _factors(self, field: str) -> tuple[list[Array], Array]:
        """Return the score of each class of a field without the idf, and the class of each code, segment by segment.

        Class 0 stands for documents without the term.
        """

        def make() -> tuple[list[Array], Array]:
            readers = self.segments.readers
            pairs = [r.array(f"{field}.tf").astype("i8") << 8 | r.array(f"{field}.length") for r in readers]
            known = distinct(np.concatenate(pairs))
            tf, length = known >> 8, LENGTHS[known & 255]
            mean = sum(reader.table.lengths[field] for reader in readers) / self.documents or 1
            b = self.weighting._field_B.get(field, self.weighting.B)
            k1 = self.weighting.K1
            factors = (tf * (k1 + 1)) / (tf + k1 * ((1 - b) + b * length / mean))
            kind = "u1" if len(known) < 256 else "u2" if len(known) < 65536 else "u4"
            return [(known.searchsorted(some) + 1).astype(kind) for some in pairs], np.concatenate(([0.0], factors))

        return self.segments.cache.get(("factors", field), make, lambda made: 16 * len(made[1]) + 4096)

    def _recodes(self, field: str) -> tuple[Array, Array]:
        """Return the class of each code of all segments, one segment after the other, and where each begins."""

        def make() -> tuple[Array, Array]:
            recodes = self._factors(field)[0]
            return np.concatenate(recodes), np.cumsum([0, *map(len, recodes)])

        return self.segments.cache.get(("recodes", field), make, lambda made: made[0].nbytes + made[1].nbytes)

    def ranked_factors(self, field: str) -> tuple[Array, Array]:
        """Return the different scores of a field without the idf, ascending from 0, and the place of each class's."""

        def make() -> tuple[Array, Array]:
            factors = self._factors(field)[1]
            order = factors.argsort(kind="stable")
            is_new = np.diff(factors[order], prepend=0.0) > 0
            places = np.zeros(len(factors), np.uint32)
            places[order] = np.cumsum(is_new)
            return np.concatenate(([0.0], factors[order][is_new])), places

        return self.segments.cache.get(("ranked factors", field), make, lambda made: made[0].nbytes + made[1].nbytes)

    # ------------------------------------------------------------------------------------------------ postings

    def spans(self, info: TermInfo, *, positions: bool = False) -> Iterator[FileSpan]:
        """Yield the spans that the postings of terms, and their positions, are read from, unless they are cached."""
        cache = self.segments.cache
        need: tuple[str, ...] = ()
        if self._name("postings", info) not in cache and self._name("merged", info) not in cache:
            need = (posting_section(info.field),)
        more = positions and self._name("positions", info) not in cache
        if not need and not more:
            return
        for part, run, start, stop in info.runs:
            reader = self.segments.readers[part]
            for section in (*need, f"{info.field}.first") if more else need:
                yield reader.span(section, start, stop)
            if more:
                further = _between(reader.dictionary(f"{info.field}.terms").further, run)
                for section in ("posting", "further"):
                    yield reader.span(f"{info.field}.{section}", *further)

    def postings(self, info: TermInfo) -> Postings:
        """Return the postings of one term."""
        name = self._name("postings", info)
        return self.segments.cache.get(name, lambda: self.read_postings(info), lambda made: made.size)

    def read_postings(self, info: TermInfo) -> Postings:
        """Return the postings of one term, and cache nothing."""
        docs, codes = self._read(info)
        visible = self.visibility.places(docs)
        scores = np.array([0.0, 1.0])
        if info.field in schema.TEXTS:
            scores = self._factors(info.field)[1] * self.idf(sum(info.frequencies))
        return Postings(docs[visible], codes[visible], scores, self.documents)

    def merged(self, info: TermInfo) -> Postings:
        """Return the documents that hold any of the terms; each scores the sum over the terms that it holds."""

        def make() -> Postings:
            docs, codes = self._read(info)
            weights = np.ones(len(docs))
            if info.field in schema.TEXTS:
                weights = self._idfs(info) * self._factors(info.field)[1].take(codes)
            visible = self.visibility.places(docs)
            scores = np.bincount(docs[visible], weights[visible], self.documents)
            matching = (scores > 0).nonzero()[0]
            ones = np.arange(1, len(matching) + 1, dtype=np.uint32)
            return Postings(matching, ones, np.concatenate(([0.0], scores[matching])), self.documents)

        return self.segments.cache.get(self._name("merged", info), make, lambda made: made.size + made.scores.nbytes)

    def positions(self, info: TermInfo) -> Array:
        """Return the positions of one term, ascending: the document in the upper 32 bits, the position in the lower."""

        def make() -> Array:
            parts = [np.empty(0, np.int64)]
            for part, numbers, start, stop in info.runs:
                self.budget.check()
                reader = self.segments.readers[part]
                docs = reader.docs(info.field, numbers) + self.segments.bases[part]
                first = docs << 32 | reader.array(f"{info.field}.first", start, stop)
                span = _between(reader.dictionary(f"{info.field}.terms").further, numbers)
                posting = reader.array(f"{info.field}.posting", *span).astype(np.int64) - start
                places = docs[posting] << 32 | reader.array(f"{info.field}.further", *span)
                keys = np.concatenate(
                    (first[self.visibility.places(docs)], places[self.visibility.places(docs[posting])])
                )
                keys.sort(kind="stable")  # which merges the two
                parts.append(keys)
            return np.concatenate(parts)

        return self.segments.cache.get(self._name("positions", info), make, lambda made: made.nbytes + 1024)

    def _name(self, kind: str, info: TermInfo) -> Hashable:
        """Return the cache key of a result. It names the hidden documents, because the result leaves them out."""
        return kind, self.visibility.hidden, info.name

    def _read(self, info: TermInfo) -> tuple[Array, Array]:
        """Return all documents of the terms and the class of each, segment by segment and term by term."""
        self.budget.check()
        runs, readers, section = info.runs, self.segments.readers, posting_section(info.field)
        if not runs:
            return np.empty(0, np.intp), np.empty(0, "u1")
        # Few steps a segment: a new word in twenty segments is read in some fifty pieces.
        items = np.concatenate([readers[part].array(section, start, stop) for part, _, start, stop in runs])
        parts, sizes = [part for part, *_ in runs], [stop - start for *_, start, stop in runs]
        docs, codes = unpack_postings(items) if info.field in schema.TEXTS else (items, None)
        if self.segments.have_parts:
            terms = self.dictionaries(f"{info.field}.terms")
            docs = docs + np.concatenate([terms[part].part_starts(run) for part, run, *_ in runs])
        highest = np.maximum.reduceat(docs, np.cumsum([0, *sizes[:-1]]))
        bases = self.segments.bases
        if (bases[parts] + highest >= bases.take([part + 1 for part in parts])).any():
            for part, one in zip(parts, highest.tolist(), strict=True):
                readers[part].check_doc(info.field, one)
        docs = docs + np.repeat(bases[parts], sizes)
        if codes is None:
            return docs, np.ones(len(docs), "u1")
        recodes, firsts = self._recodes(info.field)
        return docs, recodes.take(codes + np.repeat(firsts[parts], sizes))

    def _idfs(self, info: TermInfo) -> Array:
        """Return the idf of the term of each posting that `_read` returns."""
        idf = {term: self.idf(n) for term, n in zip(info.terms, info.frequencies, strict=True)}
        parts = [np.empty(0)]
        for part, run, *_ in info.runs:
            terms = self.segments.readers[part].dictionary(f"{info.field}.terms")
            parts.append(np.repeat([idf[terms[n]] for n in run], terms.frequencies[run.start : run.stop]))
        return np.concatenate(parts)


def open_index(
    views: Sequence[SegmentView],
    load: Load | None = None,
    weighting: BM25F = schema.WEIGHTING,
    memory: int = MEMORY,
    older: Index | None = None,
    budget: Budget | None = None,
    *,
    is_far: bool = True,
) -> Index:
    """Open the segments of a snapshot as one index; see `OpenSegments` for `load`, `older` and `is_far`.

    `memory` bounds in bytes what is cached, `budget` the work of an answer.
    """
    opened = None if older is None else older.segments
    segments = OpenSegments(views, load, memory, opened, budget or Budget(), is_far=is_far)
    return Index(
        segments,
        Columns(segments),
        StoredQuotes(segments, int(memory * _STORED)),
        Visibility(segments, [np.asarray(view.retired, np.int64) for view in views]),
        weighting,
    )


def _info_size(info: TermInfo) -> int:
    return 256 + 128 * len(info.terms) + 256 * len(info.runs)


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
