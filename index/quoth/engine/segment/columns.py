"""Columns: one number a document, in place of a value that is compared, counted or sorted by."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np

from quoth.engine.segment.layout import Array


def key(name: str) -> int:
    """Return the 64-bit hash under which a name is compared: ids, articles, utterances, wordings.

    >>> hex(key("q_1"))
    '0xecc25a74ea6f011c'
    """
    return int(keys([name])[0])


def keys(names: Iterable[str]) -> Array:
    """Return the `key` of each name."""
    return np.frombuffer(b"".join([blake2b(name.encode(), digest_size=8).digest() for name in names]), "<u8")


def missing(kind: Any) -> int:
    """Return what stands for none in a column of numbers: the least of its type, which sorts before the oldest."""
    return int(np.iinfo(kind).min)


def narrow(numbers: Array) -> Array:
    """Return a column of numbers in the smallest type that holds them and still has room for none."""
    none = numbers == missing("i8")
    known = numbers[~none]
    for kind in ("<i2", "<i4"):
        if missing(kind) < known.min(initial=0) and known.max(initial=0) <= np.iinfo(kind).max:
            narrowed = numbers.astype(kind)
            narrowed[none] = missing(kind)
            return narrowed
    return numbers


def newest_first(published: Array) -> Array:
    """Return the order of documents: newest first, those without a date last, equals as they came."""
    return (len(published) - 1 - np.argsort(published[::-1], kind="stable"))[::-1]


def widened(numbers: Array) -> Array:
    """Return a column of numbers as 64-bit integers: what `narrow` made small."""
    wide = numbers.astype("<i8")
    if numbers.dtype != wide.dtype:
        wide[numbers == missing(numbers.dtype)] = missing("<i8")
    return wide
