"""Invert quotes: analyze them, then sort whole arrays. A loop over postings would take minutes."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from quoth.engine import schema
from quoth.engine.analysis import compounds_of, stem, words
from quoth.engine.schema import Fields
from quoth.engine.segment.columns import keys, missing, narrow, newest_first
from quoth.engine.segment.layout import Array
from quoth.engine.segment.lengths import length_bytes
from quoth.engine.segment.writing.arrays import (
    FieldPositions,
    FieldPostings,
    FieldScoring,
    SegmentArrays,
    TextField,
    ValueField,
)
from quoth.quote import Quote, to_text
from quoth.storage.ledger import fingerprints

# The bounds of a run, which is in memory while it is inverted, with about 5 KB per quote; an import commits as many at
# once.
RUN_DOCUMENTS = 50_000
RUN_TOKENS = 8_000_000

# Quotes that a run adds at once, and may exceed its bounds by: 53 µs per quote, against 66 one by one, and no work for
# the garbage collector. Any number from 20 to 2,000 is as fast.
BATCH = 200
BATCH_TEXT = 1 << 16  # characters


# The words about a part of an article: its headline, or a paragraph.
About = tuple[str, ...]
# A quote with the key of its record, and the stems of the words about it, part by part, if any are known.
Entry = tuple[str, Quote] | tuple[str, Quote, Sequence[About]]
_CACHED_PARTS = 1_000


class _Numbering(defaultdict[str, int]):
    """Numbers for names, in order of first use."""

    def __init__(self) -> None:
        super().__init__(count().__next__)


@dataclass(slots=True)
class _Run:
    """Documents in the order of addition, not yet sorted."""

    vocabulary: _Numbering = field(default_factory=_Numbering)
    tokens: array[int] = field(default_factory=lambda: array("I"))
    lengths: list[int] = field(default_factory=list)
    # The compounds of all texts, and the number of those of each.
    compounds: list[str] = field(default_factory=list)
    compounded: list[int] = field(default_factory=list)
    # The stems of the words about each document, and their number; the documents of an article share most of them.
    about: array[int] = field(default_factory=lambda: array("I"))
    about_lengths: list[int] = field(default_factory=list)
    about_stems: _Numbering = field(default_factory=_Numbering)
    parts: dict[About, array[int]] = field(default_factory=dict)
    records: _Numbering = field(default_factory=_Numbering)
    record_of: array[int] = field(default_factory=lambda: array("I"))
    columns: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    keys: defaultdict[str, list[Array]] = field(default_factory=lambda: defaultdict(list))
    stored: list[bytes] = field(default_factory=list)

    def add(self, entries: Sequence[Entry]) -> None:
        """Add a batch of quotes, each with its record's key: each step for the whole batch, then the next step."""
        pairs = [entry[:2] for entry in entries]
        texts = [words(quote.text) for _, quote in pairs]
        for text in texts:
            self.tokens.extend(map(self.vocabulary.__getitem__, text))
        self.lengths += map(len, texts)
        for (_, quote), text in zip(pairs, texts, strict=True):
            found = compounds_of(quote.text, text)
            self.compounds += found
            self.compounded.append(len(found))
        for entry in entries:
            before = len(self.about)
            for part in entry[2] if len(entry) > 2 else ():
                self.about.extend(self._numbered(part))
            self.about_lengths.append(len(self.about) - before)
        self.record_of.extend([self.records[record] for record, _ in pairs])
        fields = [schema.fields(quote, text) for (_, quote), text in zip(pairs, texts, strict=True)]
        for name, values in zip(Fields._fields, zip(*fields, strict=True), strict=True):
            if name in schema.KEYS:
                self.keys[name].append(keys(values))
            else:
                self.columns[name] += values
        self.stored += [to_text(quote) for _, quote in pairs]

    def _numbered(self, part: About) -> array[int]:
        if part not in self.parts:
            if len(self.parts) >= _CACHED_PARTS:
                self.parts.clear()
            self.parts[part] = array("I", map(self.about_stems.__getitem__, part))
        return self.parts[part]

    @property
    def is_full(self) -> bool:
        return len(self.stored) >= RUN_DOCUMENTS or len(self.tokens) >= RUN_TOKENS


def runs(quotes: Iterable[Entry], indexed: int | None = None) -> Iterator[tuple[SegmentArrays, list[bytes]]]:
    """Yield the segments of quotes, each with its record's key; a new segment starts when a run is full.

    Each segment comes with the sorted fingerprints of its records: a record's number is its place there. A record may
    be in two runs. `indexed` is the time of indexing, in seconds since 1970.
    """
    run = _Run()
    for batch in _batches(quotes):
        run.add(batch)
        if run.is_full:
            yield _inverted(run, indexed)
            run = _Run()
    if run.stored:
        yield _inverted(run, indexed)


def _batches(quotes: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yield batches of quotes, smaller for long quotes: the words of a whole batch are in memory at once."""
    batch, characters = list[Entry](), 0
    for pair in quotes:
        batch.append(pair)
        characters += len(pair[1].text)
        if len(batch) == BATCH or characters >= BATCH_TEXT:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _inverted(run: _Run, indexed: int | None) -> tuple[SegmentArrays, list[bytes]]:
    """Return the segment of a run, and the sorted fingerprints of its records."""
    columns = run.columns
    columns["indexed"] = [indexed] * len(run.stored)
    numbers = {name: _numbers(columns[name]) for name in schema.NUMBERS}
    order = newest_first(numbers["published"])
    lengths, stream = _reordered(np.array(run.lengths, np.int64), np.frombuffer(run.tokens, "u4"), order)
    vocabulary = list(run.vocabulary)
    stems = _Numbering()
    stem_of = np.fromiter((stems[stem(word)] for word in vocabulary), np.int64, len(vocabulary))
    compounds = np.fromiter((stems[stem(word)] for word in run.compounds), np.int64, len(run.compounds))
    compounded, compounds = _reordered(np.array(run.compounded, np.int64), compounds, order)
    stemmed = np.insert(stem_of[stream], np.repeat(np.cumsum(lengths), compounded), compounds)
    about = _reordered(np.array(run.about_lengths, np.int64), np.frombuffer(run.about, "u4"), order)
    records, record = ranked(list(fingerprints(run.records)))
    segment = SegmentArrays(
        documents=len(order),
        texts={
            "exact": _text(vocabulary, stream, lengths, has_positions=True),
            "stemmed": _text(list(stems), stemmed, lengths + compounded, has_positions=False),
        },
        keywords={
            **{name: _keywords([columns[name][i] for i in order]) for name in schema.KEYWORDS if name != "about"},
            "about": _about(list(run.about_stems), *about),
        },
        values={name: _values(columns[name], order) for name in schema.VALUES},
        numbers={name: narrow(column[order]) for name, column in numbers.items()},
        keys={name: np.concatenate(run.keys[name])[order] for name in schema.KEYS},
        records=record[np.frombuffer(run.record_of, "u4")][order],
        stored=[run.stored[i] for i in order],
    )
    return segment, records


def _numbers(values: Sequence[int | None]) -> Array:
    none = missing("i8")
    return np.array([none if value is None else value for value in values], "<i8")


def _reordered(lengths: Array, stream: Array, order: Array) -> tuple[Array, Array]:
    """Return the lengths and the concatenated tokens of documents in another order of the documents."""
    starts = np.cumsum(lengths) - lengths
    moved = lengths[order]
    shift = np.repeat(starts[order] - (np.cumsum(moved) - moved), moved)
    return moved, stream[shift + np.arange(len(stream))]


def ranked(names: list[bytes]) -> tuple[list[bytes], Array]:
    """Return sorted names, and the new place of each."""
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return [names[i] for i in order], rank


def _text(names: list[str], stream: Array, lengths: Array, *, has_positions: bool) -> TextField:
    """Invert one field. `stream` has the number of each token's name, document after document."""
    terms, rank = ranked([name.encode() for name in names])
    doc_of_token = np.repeat(np.arange(len(lengths)), lengths)
    # The term in the upper bits and the token's place in the lower keep documents and positions ascending in a term.
    keys = rank[stream].astype("u8") << np.uint64(32) | np.arange(len(stream), dtype="u8")
    keys.sort()
    token, term = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64), (keys >> np.uint64(32)).astype(np.int64)
    doc = doc_of_token[token]
    is_new = np.ones(len(keys), bool)
    is_new[1:] = (term[1:] != term[:-1]) | (doc[1:] != doc[:-1])
    starts = np.flatnonzero(is_new)
    docs = doc[starts]
    postings = FieldPostings(terms, np.bincount(term[starts], minlength=len(terms)), docs)
    scoring = classes(np.diff(starts, append=len(keys)), length_bytes(lengths)[docs])
    positions = None
    if has_positions:
        position = token - (np.cumsum(lengths) - lengths)[doc]
        later = np.flatnonzero(~is_new)
        positions = FieldPositions(position[starts], np.cumsum(is_new)[later] - 1, position[later])
    return TextField(postings, scoring, positions, len(stream))


def _about(names: list[str], lengths: Array, stream: Array) -> FieldPostings:
    """Return the documents of each name; a name counts once a document. `stream` is as in `_text`."""
    terms, rank = ranked([name.encode() for name in names])
    doc_of_token = np.repeat(np.arange(len(lengths), dtype="u8"), lengths)
    keys = rank[stream].astype("u8") << np.uint64(32) | doc_of_token
    keys.sort()
    is_new = np.ones(len(keys), bool)
    is_new[1:] = keys[1:] != keys[:-1]
    term, docs = (keys[is_new] >> np.uint64(32)).astype(np.int64), (keys[is_new] & np.uint64(0xFFFFFFFF)).astype("u4")
    return FieldPostings(terms, np.bincount(term, minlength=len(terms)), docs)


def classes(tf: Array, length: Array) -> FieldScoring:
    """Return the distinct pairs of term frequency and length byte as classes, and the class of each posting."""
    pairs = tf.astype(np.int64) << 8 | length
    if pairs.max(initial=0) < 1 << 20:
        seen = np.flatnonzero(np.bincount(pairs))
        place = np.empty(int(pairs.max(initial=0)) + 1, np.int64)
        place[seen] = np.arange(len(seen))
        codes = place[pairs]
    else:
        seen, codes = np.unique(pairs, return_inverse=True)
    return FieldScoring(codes, seen >> 8, seen & 255)


def _keywords(values: Sequence[Sequence[str]]) -> FieldPostings:
    numbers = _Numbering()
    stream = np.array([numbers[value] for doc_values in values for value in doc_values], np.int64)
    doc = np.repeat(np.arange(len(values)), list(map(len, values)))
    terms, rank = ranked([name.encode() for name in numbers])
    term = rank[stream]
    order = np.lexsort((doc, term))
    return FieldPostings(terms, np.bincount(term, minlength=len(terms)), doc[order])


def _values(values: Sequence[str | None], order: Array) -> ValueField:
    terms = sorted(value.encode() for value in set(values) if value is not None)
    place: dict[str | None, int] = {None: 0, **{term.decode(): number for number, term in enumerate(terms, 1)}}
    return ValueField(terms, np.array([place[value] for value in values], "<u4")[order])
