"""Columns: one number per document, in place of a value to compare, count or sort by."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from quoth.engine.segment.layout import Array


class TombstoneColumns(NamedTuple):
    """The columns of quotes that are no longer there, sorted by `id`, each id once.

    `id`, `article` and `wording` are keys. `since` has the first generation without the quote, `withdrawn` 1 if it was
    withdrawn and 0 if it was replaced.
    """

    id: Array
    article: Array
    wording: Array
    since: Array
    withdrawn: Array


# The sections that hold them.
TOMBSTONES = tuple(f"tombstones.{name}" for name in TombstoneColumns._fields)


def key(name: str) -> int:
    """Return the 64-bit hash of a name that is compared by hash: an id, article, utterance or wording.

    >>> hex(key("q_1"))
    '0xecc25a74ea6f011c'
    """
    return int(keys([name])[0])


def keys(names: Iterable[str]) -> Array:
    """Return the `key` of each name."""
    digests = list[bytes]()
    for name in names:
        hashed = _EMPTY.copy()
        hashed.update(name.encode())
        digests.append(hashed.digest())
    return np.frombuffer(b"".join(digests), "<u8")


# A copy of a hash takes half of the time of a new one.
_EMPTY = blake2b(digest_size=8)


def missing(kind: Any) -> int:
    """Return the number for no value in a column: the lowest of its type, which sorts before the oldest."""
    return int(np.iinfo(kind).min)


def narrow(numbers: Array) -> Array:
    """Return a column of numbers in the smallest type that fits them and the number for no value."""
    is_missing = numbers == missing("i8")
    known = numbers[~is_missing]
    for kind in ("<i2", "<i4"):
        if missing(kind) < known.min(initial=0) and known.max(initial=0) <= np.iinfo(kind).max:
            narrowed = numbers.astype(kind)
            narrowed[is_missing] = missing(kind)
            return narrowed
    return numbers


def newest_first(published: Array) -> Array:
    """Return the order of documents: newest first, undated last, ties in the order of addition."""
    return (len(published) - 1 - np.argsort(published[::-1], kind="stable"))[::-1]


def widened(numbers: Array) -> Array:
    """Return a column of numbers as 64-bit integers: the inverse of `narrow`."""
    wide = numbers.astype("<i8")
    if numbers.dtype != wide.dtype:
        wide[numbers == missing(numbers.dtype)] = missing("<i8")
    return wide


def distinct(values: Array) -> Array:
    """Return the different values of an array, in order: `numpy.unique`, which would load numpy.ma at a cold start.

    >>> distinct(np.array([3, 1, 3])).tolist(), distinct(np.array([])).tolist()
    ([1, 3], [])
    """
    ordered = np.sort(values)
    is_new = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered[is_new]
