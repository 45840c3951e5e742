"""The dictionary of a field: its terms in the order of their bytes, and the start of the postings of each.

A dictionary is read whole, since it is small compared to the postings: a zlib stream of the length of each term, the
number of its further positions, its document frequency in each part of the segment, and the concatenated terms.

A part has 65,536 documents, so that a posting needs only the lower 16 bits of its document's number: the document
frequencies tell which part it belongs to.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np

from quoth.engine.segment.layout import Array
from quoth.errors import Damaged
from quoth.storage.files import deflate

# Of so many terms one is kept apart, to search for a term.
_STEP = 128

_HEAD = struct.Struct("<III")

# Documents in a part, and the bits of a posting that tell which of them it is.
PART = 1 << 16
_LOW = 0xFFFF


def pack(terms: Sequence[bytes], further: Array, frequencies: Array) -> bytes:
    """Return a dictionary's bytes.

    `terms` are distinct and in the order of their bytes; `further` has a number for each; `frequencies` has a row for
    each part of the segment and a column for each term.
    """
    text = b"".join(terms)
    lengths = np.fromiter(map(len, terms), "<u4", len(terms))
    planes = b"".join(_planes(numbers) for numbers in (lengths, further, *frequencies))
    return deflate.compress(_HEAD.pack(len(terms), len(text), len(frequencies)) + planes + text, zlib.MAX_WBITS)


def _planes(numbers: Array) -> bytes:
    """Return 32-bit numbers as four planes of bytes, lowest byte first: most planes are zeros, which compress well."""
    return numbers.astype("<u4").view("u1").reshape(-1, 4).T.tobytes()


def _numbers(planes: Array) -> Array:
    planes = planes.reshape(4, -1)
    if not planes[1:].any():  # numbers below 256: to interleave the planes takes ten times as long
        small: Array = planes[0].astype(np.int64)
        return small
    return np.ascontiguousarray(planes.T).view("<u4").ravel().astype(np.int64)


def pack_postings(docs: Array, codes: Array) -> Array:
    """Return postings, each as one number: the lower 16 bits of its document, and above them its class.

    >>> pack_postings(np.array([PART + 3]), np.array([2])) == (2 << 16) + 3
    array([ True])
    """
    kind = "<u4" if codes.max(initial=0) <= _LOW else "<u8"
    items: Array = codes.astype(kind) << 16 | (docs % PART).astype(kind)
    return items


def unpack_postings(items: Array) -> tuple[Array, Array]:
    """Return the lower 16 bits of the document of each posting, and its class."""
    return items & _LOW, items >> 16


class Dictionary:
    """The terms of one field of one segment. A term's number is its place in the order of bytes.

    `most` is the maximum number of terms, `parts` the number of parts of the segment. Raises `Damaged`.
    """

    def __init__(self, data: bytes | memoryview, most: int | None = None, parts: int | None = None) -> None:
        content = deflate.decompress(data, zlib.MAX_WBITS)
        if len(content) < _HEAD.size:
            raise Damaged(f"a dictionary of {len(content)} bytes has no head")
        count, size, rows = _HEAD.unpack_from(content)
        if (most is not None and count > most) or (parts is not None and rows != parts):
            raise Damaged(f"a dictionary has {count} terms in {rows} parts, the segment allows {most} in {parts}")
        arrays = 4 * count * (2 + rows)
        if len(content) != _HEAD.size + arrays + size:
            raise Damaged(f"a dictionary of {count} terms has {len(content)} bytes")
        planes = np.frombuffer(content, "u1", arrays, _HEAD.size).reshape(2 + rows, -1)
        self.lengths, further, *in_parts = map(_numbers, planes)
        self.in_parts = np.array(in_parts)
        self.frequencies = self.in_parts.sum(0)
        self._text = content[_HEAD.size + arrays :]
        self._ends = np.cumsum(self.lengths)
        if count and self._ends[-1] != size:
            raise Damaged(f"a dictionary's terms have {self._ends[-1]} bytes, its head says {size}")
        self._starts = self._ends - self.lengths
        # Views, whose items are Python's own numbers: searches for a term read many.
        self._first, self._past = memoryview(cast("Any", self._starts)), memoryview(cast("Any", self._ends))
        # The start of the postings and of the further positions of each term, and the end of the last.
        self.postings = np.concatenate(([0], np.cumsum(self.frequencies)))
        self._postings = memoryview(cast("Any", self.postings))
        self.further = np.concatenate(([0], np.cumsum(further)))

    @cached_property
    def _every(self) -> list[bytes]:
        """Every so many terms, close together."""
        text, first, past = self._text, self._first[::_STEP], self._past[::_STEP]
        return [text[start:stop] for start, stop in zip(first, past, strict=True)]

    def __len__(self) -> int:
        return len(self._first)

    def __getitem__(self, number: int) -> bytes:
        if not 0 <= number < len(self._first):
            raise IndexError(number)
        return self._text[self._first[number] : self._past[number]]

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def part_starts(self, run: range) -> Array:
        """Return the first document of the part of each posting of a run of terms."""
        counts = self.in_parts[:, run.start : run.stop].T.ravel()
        return np.repeat(np.tile(np.arange(len(self.in_parts)) * PART, len(run)), counts)

    def between_postings(self, run: range) -> tuple[int, int]:
        """Return the range of the postings of a run of terms."""
        return self._postings[run.start], self._postings[run.stop]

    def find(self, term: bytes) -> int | None:
        """Return the number of a term, if the dictionary has it."""
        # Terms are far apart in memory, and each step of a search among all of them would wait for it.
        every, first, past = self._every, self._first, self._past
        block = bisect_left(every, term)
        if block < len(every) and every[block] == term:
            return block * _STEP
        if not block:
            return None
        # The letters of an unknown word stand in few others: one look at all terms in between says so.
        low, high = (block - 1) * _STEP, min(block * _STEP, len(first))
        at = self._text.find(term, first[low], past[high - 1])
        if at < 0:
            return None
        number = bisect_left(first, at, low, high)
        if number == high or first[number] != at or past[number] != at + len(term):
            number = bisect_left(self, term, low, high)
        return number if number < high and self[number] == term else None

    def starting(self, prefix: bytes) -> range:
        """Return the numbers of the terms with a prefix."""
        first = bisect_left(self, prefix)
        return range(first, bisect_left(self, after(prefix), first) if after(prefix) else len(self))

    def between(self, first: bytes | None, last: bytes | None) -> range:
        """Return the numbers of the terms from `first` up to but excluding `last`; `None` is an open end."""
        start = 0 if first is None else bisect_left(self, first)
        return range(start, len(self) if last is None else max(start, bisect_left(self, last)))


def after(prefix: bytes) -> bytes:
    r"""Return the lowest bytes after all that have a prefix, or empty bytes if there are none.

    >>> after(b"ab"), after(b"a\xff")
    (b'ac', b'b')
    """
    bare = prefix.rstrip(b"\xff")
    return bare[:-1] + bytes([bare[-1] + 1]) if bare else b""
