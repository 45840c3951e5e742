"""Invert quotes: analyze them, then sort whole arrays. A loop over postings would take minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, NamedTuple, TypeVar

import numpy as np

from quoth.engine import analysis, schema
from quoth.engine.analysis import stem
from quoth.engine.schema import Fields
from quoth.engine.segment.columns import distinct, keys, missing, narrow, newest_first
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
from quoth.engine.segment.writing.numbering import Tokens, numbered, ranked, stable_order
from quoth.hashes import fingerprint
from quoth.quote import Quote, to_texts
from quoth.text.wording.compounds import BEGINNINGS, as_one, compounds

# The bounds of a run, which is in memory while it is inverted, with about 5 KB per quote; an import commits as many at
# once.
RUN_DOCUMENTS = 50_000
RUN_TOKENS = 8_000_000

# Quotes that a run adds at once, and may exceed its bounds by. Any number from 100 to 2,000 is as fast.
BATCH = 200
BATCH_TEXT = 1 << 16  # characters

_BEGINNINGS = frozenset(map(str.encode, BEGINNINGS))

# The words about a part of an article: its headline, or a paragraph.
About = tuple[str, ...]
# A quote with the key of its record, and the stems of the words about it, part by part, if any are known.
Entry = tuple[str, Quote] | tuple[str, Quote, Sequence[About]]


T = TypeVar("T")


class _Numbering(defaultdict[T, int]):
    """Numbers for values, in order of first use."""

    def __init__(self) -> None:
        super().__init__(count().__next__)


@dataclass(slots=True)
class _Keywords:
    """The terms of documents, in parts that many documents share: the spellings of a speaker, a headline, a paragraph.

    `numbers` has the parts of all documents, document after document, and `counts` their number in each.
    """

    parts: _Numbering[Sequence[str]] = field(default_factory=_Numbering)
    numbers: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def add(self, documents: Sequence[Sequence[Sequence[str]]]) -> None:
        self.numbers += map(self.parts.__getitem__, chain.from_iterable(documents))
        self.counts += map(len, documents)

    def inverted(self, order: Array) -> FieldPostings:
        """Return the documents of each term, each once; `order` has the documents by their new numbers."""
        counts, numbers = _rearranged(np.array(self.counts, np.int64), np.array(self.numbers, np.int64), order)
        named = _Numbering[str]()
        terms = np.array(list(map(named.__getitem__, chain.from_iterable(self.parts))), np.int64)
        sizes, terms = _rearranged(np.array(list(map(len, self.parts)), np.int64), terms, numbers)
        documents = np.repeat(np.repeat(np.arange(len(order), dtype="u4"), counts), sizes)
        names, rank = ranked([name.encode() for name in named])
        term, documents, _ = _by_term(rank[terms], documents, len(names))
        is_new = _differs(term) | _differs(documents)
        return FieldPostings(names, np.bincount(term[is_new], minlength=len(names)), documents[is_new])


class _Compounds(NamedTuple):
    """The compounds of documents: their distinct names, and the number of each one's name, as in `Tokens`."""

    names: list[bytes]
    numbers: Array
    lengths: Array


@dataclass(slots=True)
class _Run:
    """Documents in the order of addition, not yet sorted."""

    wordings: list[bytes] = field(default_factory=list)
    words: int = 0
    # The compounds that all texts write with a mark, and the document of each.
    compounds: list[str] = field(default_factory=list)
    compounded: list[int] = field(default_factory=list)
    keywords: dict[str, _Keywords] = field(default_factory=lambda: {name: _Keywords() for name in schema.KEYWORDS})
    records: _Numbering[str] = field(default_factory=_Numbering)
    record_of: list[int] = field(default_factory=list)
    columns: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    keys: defaultdict[str, list[Array]] = field(default_factory=lambda: defaultdict(list))
    stored: list[bytes] = field(default_factory=list)

    def add(self, entries: Sequence[Entry]) -> None:
        """Add a batch of quotes, each with its record's key: each step for the whole batch, then the next step."""
        quotes = [entry[1] for entry in entries]
        texts = [quote.text for quote in quotes]
        wordings = analysis.wordings(texts)
        self.wordings += map(str.encode, wordings)
        self.words += " ".join(wordings).count(" ") + 1
        for number in analysis.with_marks(texts):
            found = compounds(texts[number])
            self.compounds += [compound.word for compound in found]
            self.compounded += [len(self.stored) + number] * len(found)
        self.record_of += map(self.records.__getitem__, [entry[0] for entry in entries])
        for name, values in zip(Fields._fields, schema.columns(quotes, wordings), strict=True):
            if name in schema.KEYS:
                self.keys[name].append(keys(values))
            elif name in schema.KEYWORDS:
                self.keywords[name].add([(value,) if value else () for value in values])
            else:
                self.columns[name] += values
        self.keywords["about"].add([entry[2] if len(entry) > 2 else () for entry in entries])
        self.stored += to_texts(quotes)

    @property
    def is_full(self) -> bool:
        return len(self.stored) >= RUN_DOCUMENTS or self.words >= RUN_TOKENS


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
    records, record = ranked(list(map(fingerprint, run.records)))
    segment = SegmentArrays(
        documents=len(order),
        texts=_texts(run, order),
        keywords={name: run.keywords[name].inverted(order) for name in schema.KEYWORDS},
        values={name: _values(columns[name], order) for name in schema.VALUES},
        numbers={name: narrow(column[order]) for name, column in numbers.items()},
        keys={name: np.concatenate(run.keys[name])[order] for name in schema.KEYS},
        records=record[run.record_of][order],
        stored=[run.stored[i] for i in order],
    )
    return segment, records


def _numbers(values: Sequence[int | None]) -> Array:
    none = missing("i8")
    return np.array([none if value is None else value for value in values], "<i8")


def _rearranged(sizes: Array, items: Array, order: Array) -> tuple[Array, Array]:
    """Return the sizes and the items of groups in another order of the groups; any may be left out or repeated.

    `items` has the items of all groups, one group after the other.
    """
    starts = np.cumsum(sizes) - sizes
    moved = sizes[order]
    shift = np.repeat(starts[order] - (np.cumsum(moved) - moved), moved)
    return moved, items[shift + np.arange(len(shift))]


def _texts(run: _Run, order: Array) -> dict[str, TextField]:
    """Return the text fields of a run; `order` has the documents by their new numbers."""
    words = numbered([run.wordings[document] for document in order])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    compounds = _compounds(run.compounds, place[run.compounded], words)
    numbers = _Numbering[bytes]()
    spelt = (*words.names, *compounds.names)
    stems = np.array(list(map(numbers.__getitem__, map(_stems.__getitem__, spelt))), np.int64)
    names, rank = ranked(list(numbers))
    stems = rank[stems]
    lengths = words.lengths + compounds.lengths
    stemmed = np.insert(
        stems[words.numbers],
        np.repeat(np.cumsum(words.lengths), compounds.lengths),
        stems[compounds.numbers + len(words.names)],
    )
    return {
        "exact": _text(words, has_positions=True),
        "stemmed": _text(Tokens(names, stemmed, lengths), has_positions=False),
    }


class _Stems(dict[bytes, bytes]):
    """Caches the stem of each word: most words of a run were in another run of the process."""

    def __missing__(self, word: bytes) -> bytes:
        if len(self) >= _CACHED_STEMS:
            self.clear()
        found = self[word] = stem(word.decode()).encode()
        return found


_CACHED_STEMS = 100_000
_stems = _Stems()


def _compounds(marked: Sequence[str], documents: Array, words: Tokens) -> _Compounds:
    """Return the compounds of documents, each once a document.

    `marked` are those that are written with a mark, `documents` has the document of each. The others are found among
    the words.
    """
    names = words.names
    numbers = _Numbering[str]()
    known = [numbers[compound] for compound in marked]
    document = np.repeat(np.arange(len(words.lengths)), words.lengths)
    may_begin = np.array(list(map(_BEGINNINGS.__contains__, names)), bool)
    places = np.flatnonzero(may_begin[words.numbers[:-1]] & (document[:-1] == document[1:]))
    pairs = words.numbers[places] * len(names) + words.numbers[places + 1]
    distinct_pairs = distinct(pairs)
    halves = [divmod(pair, len(names)) for pair in distinct_pairs.tolist()]
    wholes = [as_one(names[first].decode(), names[second].decode()) for first, second in halves]
    number = np.array([-1 if whole is None else numbers[whole] for whole in wholes], np.int64)
    parted = number[distinct_pairs.searchsorted(pairs)]
    is_one = parted >= 0
    both = distinct(
        np.concatenate([documents, document[places[is_one]]]) << 32
        | np.concatenate([np.array(known, np.int64), parted[is_one]])
    )
    lengths = np.bincount(both >> 32, minlength=len(words.lengths))
    return _Compounds([name.encode() for name in numbers], both & 0xFFFFFFFF, lengths)


def _text(tokens: Tokens, *, has_positions: bool) -> TextField:
    """Invert one field."""
    documents = np.repeat(np.arange(len(tokens.lengths), dtype="u4"), tokens.lengths)
    term, document, by_term = _by_term(tokens.numbers, documents, len(tokens.names))
    is_new = _differs(term) | _differs(document)
    starts = np.flatnonzero(is_new)
    docs = document[starts]
    postings = FieldPostings(tokens.names, np.bincount(term[starts], minlength=len(tokens.names)), docs)
    scoring = classes(np.diff(starts, append=len(term)), length_bytes(tokens.lengths)[docs])
    positions = None
    if has_positions:
        position = by_term - (np.cumsum(tokens.lengths) - tokens.lengths)[document]
        later = np.flatnonzero(~is_new)
        positions = FieldPositions(position[starts], np.cumsum(is_new)[later] - 1, position[later])
    return TextField(postings, scoring, positions, len(term))


def _by_term(terms: Array, documents: Array, count: int) -> tuple[Array, Array, Array]:
    """Sort pairs by term, of `count` terms; return terms, documents and their order."""
    order = stable_order(terms)
    return np.repeat(np.arange(count), np.bincount(terms, minlength=count)), documents[order], order


def _differs(numbers: Array) -> Array:
    """Whether each number differs from the one before it."""
    differs = np.ones(len(numbers), bool)
    differs[1:] = numbers[1:] != numbers[:-1]
    return differs


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


def _values(values: Sequence[str | None], order: Array) -> ValueField:
    terms = sorted(value.encode() for value in set(values) if value is not None)
    place: dict[str | None, int] = {None: 0, **{term.decode(): number for number, term in enumerate(terms, 1)}}
    return ValueField(terms, np.fromiter(map(place.__getitem__, values), "<u4", len(values))[order])
