"""Read one segment: arrays over ranges of its file, read on demand."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from quoth.engine import schema
from quoth.engine.segment import dictionary, documents, shape
from quoth.engine.segment.columns import TOMBSTONES, TombstoneColumns, distinct
from quoth.engine.segment.dictionary import Dictionary, after, unpack_postings
from quoth.engine.segment.layout import Array, SectionTable
from quoth.errors import Damaged
from quoth.storage.files.segment_file import SegmentFile

T = TypeVar("T")


class FileSpan(NamedTuple):
    """A half-open range of a file's bytes; a batch of spans can be fetched at once."""

    file: SegmentFile
    start: int
    stop: int


class SegmentReader:
    """A reader of one segment. Documents are numbered from 0, newest first; `name` appears in errors.

    Raises `Damaged` if the table does not fit the file.
    """

    def __init__(self, file: SegmentFile, table: SectionTable, name: str = "") -> None:
        self.file = file
        self.table = table
        self.name = name
        self.documents = table.documents
        self._dictionaries: dict[str, Dictionary] = {}
        self._small: dict[str, Array] = {}
        self._sample: bytes | None = None
        # Of the sections that were read: where each begins, the bytes of an item, the number of items, their type.
        self._places: dict[str, tuple[int, int, int, Any]] = {}
        self._named(lambda: shape.check(table, file.size))

    def span(self, name: str, start: int = 0, stop: int | None = None) -> FileSpan:
        """Return the span of the items `start` to `stop` of a section."""
        return FileSpan(self.file, *self._span(name, start, stop)[:2])

    def array(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """Return items of a section as a view of the file's bytes."""
        first, last, kind = self._span(name, start, stop)
        return np.frombuffer(self.file.read(first, last), kind)

    def _span(self, name: str, start: int, stop: int | None) -> tuple[int, int, Any]:
        """Return the bytes of items of a section, half-open, and their type."""
        place = self._places.get(name)
        if place is None:
            section = self.table[name]
            place = self._places[name] = section.start, section.width, len(section), _dtype(section.type)
        first, width, length, kind = place
        if stop is None:
            stop = length
        if not 0 <= start <= stop <= length:
            raise self._damaged(f"section {name!r} has {length} items, {start} to {stop} were requested")
        return first + start * width, first + stop * width, kind

    def cached_array(self, name: str) -> Array:
        """Return a whole section that is small and read often; it stays in memory."""
        if name not in self._small:
            self._small[name] = self.array(name).copy()  # a view would keep the pages of the file in memory
        return self._small[name]

    def is_cached(self, name: str) -> bool:
        """Whether a section is in memory already."""
        return name in self._dictionaries or name in self._small

    def dictionary(self, name: str) -> Dictionary:
        """Return the dictionary in a section; it stays in memory."""
        if name not in self._dictionaries:
            self._dictionaries[name] = self._read_dictionary(name)
        return self._dictionaries[name]

    def _read_dictionary(self, name: str) -> Dictionary:
        """Return a dictionary whose counts match the segment's postings and positions."""
        view, (field, _, kind) = self._view(name), name.partition(".")
        if kind == "values":  # at most one for each document, without postings
            return self._named(lambda: Dictionary(view, self.documents, 1))
        postings, parts = len(self.table[posting_section(field)]), -(-self.documents // dictionary.PART)
        further = len(self.table[f"{field}.posting"]) if field in schema.POSITIONS else 0
        terms = self._named(lambda: Dictionary(view, postings, parts))
        if (terms.postings[-1], terms.further[-1]) != (postings, further):
            raise self._damaged(f"section {name!r} counts {terms.postings[-1]} postings, the segment has {postings}")
        return terms

    def docs(self, field: str, run: range | None = None) -> Array:
        """Return the documents of the postings of a run of terms of a field, or of all terms."""
        terms = self.dictionary(f"{field}.terms")
        run = range(len(terms)) if run is None else run
        items = self.array(posting_section(field), *terms.between_postings(run))
        docs = (unpack_postings(items)[0] if field in schema.TEXTS else items).astype(np.intp)
        if len(terms.in_parts) > 1:
            docs += terms.part_starts(run)
        if len(docs):
            self.check_doc(field, int(docs.max()))
        return docs

    def codes(self, field: str, start: int = 0, stop: int | None = None) -> Array:
        """Return the class of each posting of a text field."""
        return unpack_postings(self.array(posting_section(field), start, stop))[1]

    def check_doc(self, field: str, doc: int) -> None:
        """Raise `Damaged` for a document that the segment does not have."""
        if doc >= self.documents > 0:
            raise self._damaged(f"a posting of {field!r} has document {doc} of {self.documents}")

    def records(self) -> Array:
        """Return the number of each document's record."""
        numbers = self.array("record")
        if int(numbers.max(initial=0)) >= self.documents > 0:
            raise self._damaged(f"a quote has record {numbers.max()}, the segment has {self.documents} quotes")
        return numbers

    def of_records(self, chosen: Array) -> Array:
        """Return a mask of the documents of chosen record numbers; raises `Damaged` for one out of range."""
        numbers = self.records()
        count = int(numbers.max(initial=0)) + 1
        if not 0 <= int(chosen.min(initial=0)) <= int(chosen.max(initial=0)) < count:
            raise self._damaged(f"records {chosen.min()} to {chosen.max()} are requested in a segment of {count}")
        is_chosen = np.zeros(count, bool)
        is_chosen[chosen] = True
        return is_chosen.take(numbers)

    def tombstones(self) -> TombstoneColumns:
        """Return the columns of the quotes that the segment had; a segment without such quotes has no sections."""
        if TOMBSTONES[0] not in self.table.sections:
            return TombstoneColumns(*(np.empty(0, "u8") for _ in TOMBSTONES))
        return TombstoneColumns(*map(self.array, TOMBSTONES))

    def tombstone(self, quote: int) -> tuple[int, ...] | None:
        """Return the columns of the tombstone of a quote, except its id; `None` if there is none.

        Only the ids are read whole.
        """
        if TOMBSTONES[0] not in self.table.sections:
            return None
        ids = self.array(TOMBSTONES[0])
        place = int(ids.searchsorted(np.uint64(quote)))
        if place == len(ids) or ids[place] != quote:
            return None
        return tuple(int(self.array(name, place, place + 1)[0]) for name in TOMBSTONES[1:])

    def fuzzy(self, field: str, word: str, shared: int) -> list[int]:
        """Return the numbers of the terms within one edit of a word: a code point inserted, deleted or replaced.

        The first `shared` code points must be equal. One edit leaves the first or the second half of the word
        unchanged, so only terms that share a half are compared.
        """
        terms = self.dictionary(f"{field}.terms")
        half = max(shared, len(word) // 2)
        numbers = [np.arange(r.start, r.stop) for r in [terms.starting(word[:half].encode())]]
        if half > shared:
            numbers.append(self._ending(field, word[half:].encode()))
        near = distinct(np.concatenate(numbers))
        # A code point takes at most four bytes.
        near = near[np.abs(terms.lengths[near] - len(word.encode())) <= 4]
        return [number for number in near.tolist() if _is_within_one(terms[number].decode(), word, shared)]

    def ending(self, field: str, suffix: bytes) -> list[int]:
        """Return the numbers of the terms with a suffix, ascending."""
        return sorted(self._ending(field, suffix).tolist())

    def _ending(self, field: str, suffix: bytes) -> Array:
        terms = self.dictionary(f"{field}.terms")
        backwards = self.cached_array(f"{field}.reversed")

        def reverse(number: int) -> bytes:
            return terms[number][::-1]

        first = bisect_left(backwards, suffix[::-1], key=reverse)
        return backwards[first : bisect_left(backwards, after(suffix[::-1]), first, key=reverse)]

    def stored_span(self, block: int) -> FileSpan:
        """Return the span of a block of stored documents."""
        offsets = self.cached_array("stored.offsets")
        return self.span("stored.blocks", int(offsets[block]), int(offsets[block + 1]))

    def stored_block(self, block: int) -> list[bytes]:
        """Return the stored documents of a block; the last of a segment may have fewer."""
        file, start, stop = self.stored_span(block)
        if self._sample is None:
            self._sample = bytes(self._view("stored.dictionary"))
        view, sample = file.read(start, stop), self._sample
        stored = self._named(lambda: documents.unpack(view, sample))
        return stored[: self.documents - block * documents.BLOCK]

    def _view(self, name: str) -> memoryview:
        file, start, stop = self.span(name)
        return file.read(start, stop)

    def _named(self, read: Callable[[], T]) -> T:
        """Return the result of a step whose errors get the name of this segment."""
        try:
            return read()
        except Damaged as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, detail: str) -> Damaged:
        return Damaged(f"segment {self.name}: {detail}" if self.name else detail)

    def ordinal(self, field: str, value: bytes) -> int:
        """Return the ordinal of a value of a field, or 0 if no document has it."""
        number = self.dictionary(f"{field}.values").find(value)
        return 0 if number is None else number + 1

    def values(self, field: str) -> Sequence[bytes]:
        """Return the values of a field in the order of their bytes; the ordinal of the first is 1."""
        return list(self.dictionary(f"{field}.values"))


def posting_section(field: str) -> str:
    """Return the name of the section with the postings of a field: documents, of a text field with their classes."""
    return f"{field}.postings" if field in schema.TEXTS else f"{field}.docs"


def _is_within_one(term: str, word: str, shared: int) -> bool:
    """Whether two words are equal or differ by one edit after the first `shared` code points.

    >>> [_is_within_one(term, "land", 1) for term in ("land", "lad", "lands", "lend", "ladn", "and")]
    [True, True, True, True, False, False]
    """
    if abs(len(term) - len(word)) > 1 or term[:shared] != word[:shared]:
        return False
    same = next((i for i, (a, b) in enumerate(zip(term, word, strict=False)) if a != b), min(len(term), len(word)))
    skip_term, skip_word = len(term) >= len(word), len(word) >= len(term)
    return term[same + skip_term :] == word[same + skip_word :]


def _dtype(kind: str) -> Any:
    return np.dtype("u1") if kind == "b" else np.dtype(f"<{kind}")
