"""A read-only Whoosh codec for our segments, so that tools for Whoosh can read them.

The engine never imports it. It serves tools that use Whoosh's API (its searcher, its spelling, its writer, which can
copy a segment into an index of Whoosh's own), and as a second oracle: the engine must return what Whoosh returns for
the same bytes. So it is simple where the engine is fast: it reads whole columns and goes through documents one by one.

The content of a segment by field, as Whoosh sees it:

- texts and keywords: terms, postings, and for texts lengths and frequencies; positions if the field has them;
- `schema.VALUES`: a column, and each value as a term;
- `schema.NUMBERS`: a column, and the terms that Whoosh derives from a number, one for each of its tiers;
- `schema.KEYS`: hashes of names. A lookup hashes the name. A list of all names is read from the stored quotes;
- `quote`: the stored quote as JSON.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, islice
from typing import Any, NoReturn, Protocol

import numpy as np
from whoosh import reading
from whoosh.codec import base
from whoosh.columns import ColumnReader
from whoosh.matching import LeafMatcher, ReadTooFar
from whoosh.reading import TermInfo, TermNotFound
from whoosh.system import pack_uint

from quoth.engine import schema
from quoth.engine.analysis import words
from quoth.engine.segment import documents, layout
from quoth.engine.segment.columns import key, keys, missing, widened
from quoth.engine.segment.dictionary import Dictionary
from quoth.engine.segment.layout import Array
from quoth.engine.segment.lengths import LENGTHS
from quoth.engine.segment.reader import SegmentReader
from quoth.errors import Damaged
from quoth.hashes import short_hash
from quoth.storage.files.segment_file import SegmentFile

# The names in a stored quote whose hashes are the columns of `schema.KEYS`.
_STORED_NAMES: Mapping[str, Callable[[Any], str]] = {
    "id": lambda quote: str(quote["id"]),
    "article": lambda quote: str(quote["article"]["id"]),
    "utterance": lambda quote: str(quote["utterance"]["id"]),
    "wording": lambda quote: " ".join(words(quote["text"])),
}


def open_reader(
    file: SegmentFile, table: Mapping[str, Any], retired: Array | Sequence[int] = (), name: str = ""
) -> reading.SegmentReader:
    """Return a Whoosh reader of a segment: its file, its table as JSON values, and the numbers of retired records.

    `name` is for error messages. Raises `Damaged` for a retired record that the segment does not have.

    Pass the reader to `whoosh.searching.Searcher`; combine several in a `whoosh.reading.MultiReader`.
    """
    return reading.SegmentReader(
        None, schema.SCHEMA, WhooshSegment(SegmentReader(file, layout.from_json(table), name), retired)
    )


class WhooshCodec(base.Codec):  # type: ignore[misc]
    """The codec that lets Whoosh read our segments. Its methods for writing raise `NotImplementedError`."""

    def per_document_reader(self, storage: None, segment: WhooshSegment) -> WhooshPerDocumentReader:  # noqa: ARG002 - Whoosh's
        return WhooshPerDocumentReader(segment)

    def terms_reader(self, storage: None, segment: WhooshSegment) -> WhooshTermsReader:  # noqa: ARG002 - Whoosh's
        return WhooshTermsReader(segment)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("this codec only reads; quoth.engine.segment.build writes segments")

    new_segment = per_document_writer = field_writer = postings_writer = _refuse

    def postings_reader(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("postings are not a separate file; get a matcher from the terms reader")


class WhooshSegment(base.Segment):  # type: ignore[misc]
    """One segment and its deleted documents. Its id is a hash of its content."""

    # Whoosh's own __init__ is not called: it sets a random id.
    def __init__(self, reader: SegmentReader, retired: Array | Sequence[int] = ()) -> None:
        self.indexname = "quotes"
        self.segid = short_hash(*(section.crc32 for section in reader.table.sections.values()))
        self.compound = False
        self.reader = reader
        self._deleted = frozenset(np.flatnonzero(reader.of_records(np.asarray(retired, np.int64))).tolist())

    def codec(self) -> WhooshCodec:
        return WhooshCodec()

    def doc_count_all(self) -> int:
        return self.reader.documents

    def deleted_count(self) -> int:
        return len(self._deleted)

    def deleted_docs(self) -> Iterator[int]:
        return iter(self._deleted)

    def is_deleted(self, docnum: int) -> bool:
        return docnum in self._deleted

    def delete_document(self, docnum: int, delete: bool = True) -> NoReturn:
        raise NotImplementedError("a segment is never changed; open it with its retired records")


# -------------------------------------------------------------------------------------------------- documents


class WhooshPerDocumentReader(base.PerDocumentReader):  # type: ignore[misc]
    """The data of a segment by document: deletions, lengths, columns, stored quotes."""

    def __init__(self, segment: WhooshSegment) -> None:
        self._segment = segment
        self._reader = segment.reader
        self._rows: dict[str, list[Any]] = {}
        self._lengths: dict[str, Array] = {}

    def doc_count(self) -> int:
        return int(self._segment.doc_count())

    def doc_count_all(self) -> int:
        return self._segment.doc_count_all()

    def has_deletions(self) -> bool:
        return bool(self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        return self._segment.is_deleted(docnum)

    def deleted_docs(self) -> Iterator[int]:
        return self._segment.deleted_docs()

    def supports_columns(self) -> bool:
        return True

    def has_column(self, fieldname: str) -> bool:
        return fieldname in schema.VALUES or fieldname in schema.NUMBERS

    def list_columns(self) -> list[str]:
        return [*schema.VALUES, *schema.NUMBERS]

    # Whoosh passes its own column type with the default value; our columns have their own.
    def column_reader(self, fieldname: str, column: Any) -> ColumnReader:  # noqa: ARG002 - Whoosh's
        if not self.has_column(fieldname):
            raise ValueError(f"the field {fieldname!r} has no column")
        is_number = fieldname in schema.NUMBERS
        if fieldname not in self._rows:
            self._rows[fieldname] = (_number_rows if is_number else _bytes_rows)(self._reader, fieldname)
        return (_NumberColumn if is_number else _Column)(self._rows[fieldname])

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return int(LENGTHS[self._length_bytes(fieldname)[docnum]]) if fieldname in schema.TEXTS else default

    def field_length(self, fieldname: str) -> int:
        return self._reader.table.lengths.get(fieldname, 0)

    def min_field_length(self, fieldname: str) -> int:
        return int(LENGTHS[self._length_bytes(fieldname).min()])

    def max_field_length(self, fieldname: str) -> int:
        return int(LENGTHS[self._length_bytes(fieldname).max()])

    def _length_bytes(self, name: str) -> Array:
        """Return the length byte of each document, the same in all its postings; 0 for a document without any."""
        if name not in self._lengths:
            self._lengths[name] = np.zeros(self._reader.documents, "u1")
            if name in schema.TEXTS:
                length, codes = self._reader.array(f"{name}.length"), self._reader.codes(name)
                self._lengths[name][self._reader.docs(name)] = length[codes]
        return self._lengths[name]

    def stored_fields(self, docnum: int) -> dict[str, str]:
        if not 0 <= docnum < self._reader.documents:
            raise IndexError(docnum)
        block, place = divmod(docnum, documents.BLOCK)
        return {"quote": self._reader.stored_block(block)[place].decode()}


def _bytes_rows(reader: SegmentReader, name: str) -> list[bytes]:
    values = [b"", *reader.values(name)]
    return [values[ordinal] for ordinal in reader.array(f"{name}.ordinals").tolist()]


def _number_rows(reader: SegmentReader, name: str) -> list[int]:
    """Return a column of numbers as Whoosh writes it, shifted so that the lowest number, no value, is 0."""
    numbers, sortable = widened(reader.array(name)).tolist(), schema.SCHEMA[name].to_column_value
    return [0 if number == missing("i8") else int(sortable(number)) for number in numbers]


class _Column(ColumnReader):  # type: ignore[misc]
    """A column whose rows are in memory."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def __getitem__(self, docnum: int) -> Any:
        return self._rows[docnum]


class _NumberColumn(_Column):
    """A column that can also sort in reverse."""

    _sign = 1

    def sort_key(self, docnum: int) -> int:
        return self._sign * int(self._rows[docnum])

    def set_reverse(self) -> None:
        self._sign = -1


# --------------------------------------------------------------------------------------------------- postings


@dataclass(frozen=True, slots=True)
class _Positions:
    """The positions of one term in the documents of its postings: `arrays.FieldPositions` of one term."""

    first: Array
    posting: Array
    further: Array

    def of(self, place: int) -> list[int]:
        """Return the positions of one posting, ascending."""
        start, stop = self.posting.searchsorted((place, place + 1))
        return [int(self.first[place]), *self.further[start:stop].tolist()]


@dataclass(frozen=True, slots=True)
class _Postings:
    """The documents of a term, ascending, with its frequency and the length byte of each."""

    docs: Array
    tf: Array
    length: Array
    positions: _Positions | None = None

    @classmethod
    def unscored(cls, docs: Array) -> _Postings:
        """Return postings of a field that is not scored: frequency 1 and no length."""
        return cls(docs, np.ones(len(docs), "u1"), np.zeros(len(docs), "u1"))

    @property
    def info(self) -> TermInfo:
        """Whoosh's statistics of the term."""
        return TermInfo(
            weight=float(self.tf.sum()),
            df=len(self.docs),
            minlength=int(LENGTHS[self.length.min()]),
            maxlength=int(LENGTHS[self.length.max()]),
            maxweight=float(self.tf.max()),
            minid=int(self.docs[0]),
            maxid=int(self.docs[-1]),
        )


class WhooshMatcher(LeafMatcher):  # type: ignore[misc]
    """An iterator over the postings of one term."""

    def __init__(self, term: tuple[str, bytes], postings: _Postings, format_: Any, scorer: Any) -> None:
        self._term = term
        self._postings = postings
        self.format = format_
        self.scorer = scorer
        self._place = 0

    def reset(self) -> None:
        self._place = 0

    def copy(self) -> WhooshMatcher:
        return copy(self)

    def is_active(self) -> bool:
        return self._place < len(self._postings.docs)

    def id(self) -> int:
        return int(self._postings.docs[self._place])

    def weight(self) -> float:
        return float(self._postings.tf[self._place])

    def value(self) -> bytes:
        """Return the bytes that Whoosh's format would write for this posting."""
        if self._postings.positions is not None:
            return bytes(self.format.encode(self._postings.positions.of(self._place)))
        if self.format.fixed_value_size() == 0:
            return b""
        return bytes(pack_uint(int(self._postings.tf[self._place])))

    def next(self) -> None:
        if not self.is_active():
            raise ReadTooFar
        self._place += 1

    def skip_to(self, id: int) -> None:
        if not self.is_active():
            raise ReadTooFar
        self._place += int(self._postings.docs[self._place :].searchsorted(id))

    # Whoosh skips blocks whose quality cannot reach the best hits so far, and with boosts or Nots it skips too much
    # (tests/engine/test_oracle.py). Without block quality it skips nothing, so a limit loses no hits.
    def supports_block_quality(self) -> bool:
        return False

    def max_quality(self) -> float:
        return math.inf


# ------------------------------------------------------------------------------------------------------ terms


class _Terms(Protocol):
    """Terms in the order of their bytes, each once."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> bytes: ...

    def __iter__(self) -> Iterator[bytes]: ...


class _Field(ABC):
    """The terms of one field and their postings."""

    def __init__(self, reader: SegmentReader, name: str) -> None:
        self._reader = reader
        self._name = name

    @property
    @abstractmethod
    def terms(self) -> _Terms:
        """All terms."""

    @property
    def is_used(self) -> bool:
        """Whether the segment has a term of the field."""
        return len(self.terms) > 0

    @abstractmethod
    def postings(self, term: bytes) -> _Postings | None:
        """Return the postings of a term, if the field has it."""


class _Inverted(_Field):
    """A text or keyword field, stored as terms and postings."""

    @property
    def terms(self) -> Dictionary:
        return self._reader.dictionary(f"{self._name}.terms")

    def postings(self, term: bytes) -> _Postings | None:
        number = self.terms.find(term)
        if number is None:
            return None
        place = int(self.terms.postings[number]), int(self.terms.postings[number + 1])
        docs = self._reader.docs(self._name, range(number, number + 1))
        if self._name not in schema.TEXTS:
            return _Postings.unscored(docs)
        codes = self._reader.codes(self._name, *place)
        tf, length = self._reader.cached_array(f"{self._name}.tf"), self._reader.cached_array(f"{self._name}.length")
        positions = self._positions(number, *place) if self._name in schema.POSITIONS else None
        return _Postings(docs, tf[codes], length[codes], positions)

    def _positions(self, number: int, start: int, stop: int) -> _Positions:
        further = int(self.terms.further[number]), int(self.terms.further[number + 1])
        return _Positions(
            self._reader.array(f"{self._name}.first", start, stop),
            self._reader.array(f"{self._name}.posting", *further) - start,
            self._reader.array(f"{self._name}.further", *further),
        )


class _Values(_Field):
    """A field with one value per document or none: each value is a term."""

    @property
    def terms(self) -> Dictionary:
        return self._reader.dictionary(f"{self._name}.values")

    def postings(self, term: bytes) -> _Postings | None:
        number = self.terms.find(term)
        if number is None:
            return None
        return _Postings.unscored(np.flatnonzero(self._reader.array(f"{self._name}.ordinals") == number + 1))


class _Numbers(_Field):
    """A field with one number per document or none, as the terms that Whoosh derives, one for each tier of digits."""

    @cached_property
    def terms(self) -> _Terms:
        return sorted(self._numbers_by_term)

    def postings(self, term: bytes) -> _Postings | None:
        if term not in self._numbers_by_term:
            return None
        return _Postings.unscored(np.flatnonzero(np.isin(self._column, self._numbers_by_term[term])))

    @cached_property
    def _column(self) -> Array:
        return widened(self._reader.array(self._name))

    @cached_property
    def _numbers_by_term(self) -> Mapping[bytes, list[int]]:
        """The numbers that each term stands for."""
        numbers = defaultdict[bytes, list[int]](list)
        for number in np.unique(self._column[self._column != missing("i8")]).tolist():
            for term, *_ in schema.SCHEMA[self._name].index(number):
                numbers[term].append(number)
        return dict(numbers)


class _Keys(_Field):
    """A field with one name per document, of which the segment has the hash."""

    @property
    def is_used(self) -> bool:
        return True

    @cached_property
    def terms(self) -> _Terms:
        """The names in the stored quotes. Raises `Damaged` if their hashes are not those of the column."""
        names = [_STORED_NAMES[self._name](json.loads(stored)) for stored in self._stored()]
        if not np.array_equal(keys(names), self._reader.array(self._name)):
            raise Damaged(f"the stored quotes do not match the column {self._name!r}")
        return sorted({name.encode() for name in names})

    def postings(self, term: bytes) -> _Postings | None:
        docs = np.flatnonzero(self._reader.array(self._name) == key(term.decode()))
        return _Postings.unscored(docs) if len(docs) else None

    def _stored(self) -> Iterator[bytes]:
        blocks = range(-(-self._reader.documents // documents.BLOCK))
        return islice(chain.from_iterable(map(self._reader.stored_block, blocks)), self._reader.documents)


_KINDS: tuple[tuple[Sequence[str], type[_Field]], ...] = (
    (schema.TEXTS, _Inverted),
    (schema.KEYWORDS, _Inverted),
    (schema.VALUES, _Values),
    (schema.NUMBERS, _Numbers),
    (schema.KEYS, _Keys),
)


class WhooshTermsReader(base.TermsReader):  # type: ignore[misc]
    """The data of a segment by term.

    Fields are sorted by name, as in Whoosh's own files, since merging several segments relies on it.
    """

    def __init__(self, segment: WhooshSegment) -> None:
        kinds = sorted((name, kind) for names, kind in _KINDS for name in names)
        self._fields = {name: kind(segment.reader, name) for name, kind in kinds}

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        name, text = term
        return name in self._fields and self._fields[name].postings(text) is not None

    def indexed_field_names(self) -> list[str]:
        return [name for name, field in self._fields.items() if field.is_used]

    def cursor(self, fieldname: str, fieldobj: Any) -> WhooshCursor:
        return WhooshCursor(self._fields[fieldname].terms, fieldobj, partial(self.term_info, fieldname))

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return ((name, term) for name, field in self._fields.items() for term in field.terms)

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        terms = self._fields[fieldname].terms
        yield from ((fieldname, terms[place]) for place in range(bisect_left(terms, prefix), len(terms)))
        for name, field in self._fields.items():
            if name > fieldname:
                yield from ((name, term) for term in field.terms)

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms())

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        return ((term, self.term_info(*term)) for term in self.terms_from(fieldname, prefix))

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        return self._postings(fieldname, text).info

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> WhooshMatcher:
        try:
            return WhooshMatcher((fieldname, text), self._postings(fieldname, text), format_, scorer)
        except KeyError:  # Whoosh's reader translates it everywhere but here
            raise TermNotFound(f"{fieldname}:{text!r}") from None

    def _postings(self, name: str, text: bytes) -> _Postings:
        """Return the postings of a term; raises `KeyError` for an unknown term."""
        postings = self._fields[name].postings(text)
        if postings is None:
            raise KeyError(text)
        return postings


class WhooshCursor(base.FieldCursor):  # type: ignore[misc]
    """A position in the terms of a field."""

    def __init__(self, terms: _Terms, field: Any, info: Callable[[bytes], TermInfo]) -> None:
        self._terms = terms
        self._field = field
        self._info = info
        self._place = 0

    def first(self) -> Any:
        self._place = 0
        return self.text()

    def find(self, term: str | bytes) -> Any:
        """Move to the first term that is not before `term`."""
        self._place = bisect_left(self._terms, self._field.to_bytes(term))
        return self.text()

    def next(self) -> Any:
        self._place += 1
        return self.text()

    def is_valid(self) -> bool:
        return self._place < len(self._terms)

    def text(self) -> Any:
        return self._field.from_bytes(self._terms[self._place]) if self.is_valid() else None

    term = text  # Whoosh uses both names

    def term_info(self) -> TermInfo | None:
        return self._info(self._terms[self._place]) if self.is_valid() else None
