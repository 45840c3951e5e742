"""A segment as arrays: the result of building and merging, and its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quoth.engine import schema
from quoth.engine.analysis import ANALYSIS
from quoth.engine.segment import dictionary, documents, layout
from quoth.engine.segment.columns import TOMBSTONES, TombstoneColumns
from quoth.engine.segment.layout import Array
from quoth.engine.segment.writing.numbering import ascending


@dataclass(frozen=True, slots=True)
class FieldPostings:
    """The postings of one field, by term and then by document.

    `terms` are in the order of their bytes; `frequencies[t]` is the document frequency of term `t`. `docs` has the
    documents of all terms, one term after the other.
    """

    terms: Sequence[bytes]
    frequencies: Array
    docs: Array


@dataclass(frozen=True, slots=True)
class FieldScoring:
    """The term frequency and document length of each posting: all that BM25 needs of a document.

    Each distinct pair of the two is a class. `codes` has the class of each posting; class `c` means `tf[c]` and
    `length[c]` (Whoosh's length byte). Classes are in the order of (tf, length).
    """

    codes: Array
    tf: Array
    length: Array


@dataclass(frozen=True, slots=True)
class FieldPositions:
    """The positions of each posting's term in its document.

    `first` has the first position of each posting. Few terms occur twice in a quote: `further` has the other positions,
    by posting and then ascending, and `posting` the posting of each.
    """

    first: Array
    posting: Array
    further: Array


@dataclass(frozen=True, slots=True)
class TextField:
    """One text field. `positions` is `None` for a field without phrase search; `length` counts its tokens."""

    postings: FieldPostings
    scoring: FieldScoring
    positions: FieldPositions | None
    length: int


@dataclass(frozen=True, slots=True)
class ValueField:
    """One value per document: `ordinals` has 0 for none, otherwise the value's place in `values`, from 1."""

    values: Sequence[bytes]
    ordinals: Array


@dataclass(frozen=True, slots=True)
class SegmentArrays:
    """All arrays of a segment, documents newest first; each mapping has one entry per field of that kind.

    `records` has the number of each document's record, from 0 and without gaps. `tombstones` are not of its documents,
    but of dropped ones.
    """

    documents: int
    texts: Mapping[str, TextField]
    keywords: Mapping[str, FieldPostings]
    values: Mapping[str, ValueField]
    numbers: Mapping[str, Array]
    keys: Mapping[str, Array]
    records: Array
    stored: Iterable[bytes]
    tombstones: TombstoneColumns | None = None


def write(segment: SegmentArrays) -> bytes:
    """Return the file of a segment."""
    lengths = {name: text.length for name, text in segment.texts.items()}
    return layout.pack(segment.documents, lengths, _sections(segment), ANALYSIS)


def _sections(segment: SegmentArrays) -> Iterator[tuple[str, Array | bytes]]:
    # Dictionaries and classes come first and close together: most queries read them before anything else.
    for name, text in segment.texts.items():
        posting = None if text.positions is None else text.positions.posting
        yield f"{name}.terms", _dictionary(text.postings, posting, segment.documents)
        yield f"{name}.tf", text.scoring.tf.astype("<u4")
        yield f"{name}.length", text.scoring.length.astype("u1")
    for name, postings in segment.keywords.items():
        if name not in schema.SELDOM:
            yield f"{name}.terms", _dictionary(postings, None, segment.documents)
    for name, values in segment.values.items():
        none = np.zeros(len(values.values), "<u4")
        yield f"{name}.values", dictionary.pack(values.values, none, none[np.newaxis])
    yield from documents.pack(segment.stored)
    for name, values in segment.values.items():
        yield f"{name}.ordinals", layout.smallest(values.ordinals)
    for name, numbers in segment.numbers.items():
        yield name, numbers
    for name, keys in segment.keys.items():
        yield name, keys.astype("<u8")
    yield "record", layout.smallest(segment.records)
    for name, text in segment.texts.items():
        yield f"{name}.postings", dictionary.pack_postings(text.postings.docs, text.scoring.codes)
        if text.positions is not None:
            yield f"{name}.first", layout.smallest(text.positions.first)
            yield f"{name}.posting", text.positions.posting.astype("<u4")
            yield f"{name}.further", layout.smallest(text.positions.further)
        yield f"{name}.reversed", _reversed(text.postings.terms)
    for name, postings in segment.keywords.items():
        if name in schema.SELDOM:
            yield f"{name}.terms", _dictionary(postings, None, segment.documents)
        yield f"{name}.docs", (postings.docs % dictionary.PART).astype("<u2")
        if name in schema.FUZZY:
            yield f"{name}.reversed", _reversed(postings.terms)
    if segment.tombstones is not None:
        yield from _tombstones(segment.tombstones)


def write_tombstones(columns: TombstoneColumns) -> bytes:
    """Return the file of a segment that has no document left."""
    keys = [(name, np.empty(0, "<u8")) for name in schema.KEYS]
    return layout.pack(0, {}, [*keys, *_tombstones(columns)], ANALYSIS)


def _tombstones(columns: TombstoneColumns) -> Iterator[tuple[str, Array]]:
    packed = columns._replace(since=layout.smallest(columns.since), withdrawn=columns.withdrawn.astype("u1"))
    return zip(TOMBSTONES, packed, strict=True)


def _dictionary(postings: FieldPostings, posting: Array | None, count: int) -> bytes:
    terms, parts = len(postings.terms), -(-count // dictionary.PART)
    term_of_posting = np.repeat(np.arange(terms), postings.frequencies)
    further = np.zeros(terms, "<u4") if posting is None else np.bincount(term_of_posting[posting], minlength=terms)
    part_of_term = term_of_posting * parts + postings.docs // dictionary.PART
    in_parts = np.bincount(part_of_term, minlength=terms * parts).reshape(terms, parts).T
    return dictionary.pack(postings.terms, further, in_parts)


def _reversed(terms: Sequence[bytes]) -> Array:
    """Return the numbers of the terms in the order of their reversed bytes, for fuzzy lookup."""
    return ascending(terms, backwards=True).astype("<u4")
