"""What Quoth needs of a place to keep objects: read, create once, compare and swap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of an object, and the tag of exactly these bytes."""

    data: bytes
    etag: str


class Range(NamedTuple):
    """Some bytes of an object, half-open."""

    key: str
    start: int
    stop: int


class Store(Protocol):
    """A place for objects with read-after-write consistency and compare-and-swap.

    S3 is one; a directory and memory behave the same (one contract suite runs on all). Every call may also raise
    `Unavailable` (try later) or `Refused` (address or permissions).
    """

    @property
    def uri(self) -> str:
        """The address that opens this store again."""

    @property
    def trip_bytes(self) -> int:
        """How many bytes arrive in the time of one round trip; 0 where asking once more costs nothing.

        Who reads chooses by it between asking for more and asking again.
        """

    def get(self, key: str) -> Blob:
        """Return an object; raises `NotFound`."""

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """Return an object unless its tag is still `etag`; raises `NotFound`."""

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """Return `stop - start` bytes of an object, fewer at its end; raises `NotFound` unless none are asked for."""

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """Yield what `get_range` returns for each, in this order; together they are one round trip."""

    def create(self, key: str, data: bytes) -> str:
        """Write an object that is not there yet and return its tag; raises `Conflict` when it is."""

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Write over an object that still has `etag` and return its new tag; raises `Conflict` otherwise."""


def check_key(key: str) -> str:
    """Return the key; a key that could leave its folder is a programming error.

    >>> check_key("segments/3f2a")
    'segments/3f2a'
    >>> check_key("segments/../manifest.json")
    Traceback (most recent call last):
    ValueError: not a key: 'segments/../manifest.json'
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key!r}")
    return key
