"""What Quoth needs of a place to keep objects: read, create once, compare and swap, list, delete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_KEY = re.compile(f"{_NAME}(/{_NAME})*")
_PREFIX = re.compile(f"({_NAME}/)*({_NAME})?")


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


class StoredObject(NamedTuple):
    """An object as a listing has it.

    `size` is in bytes; `modified` is when it was written, in seconds since 1970 by the store's clock. That may be
    when the writing began, a moment before the object was there.
    """

    key: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects sorted by key, and the time: `now` is by the clock that stamped them, never by the caller's own.

    `now` is when the listing began or a little before, so an object is at least `now - modified` seconds old. It errs
    on that side because age is what lets an object be deleted.
    """

    now: float
    entries: tuple[StoredObject, ...]


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

    def list(self, prefix: str) -> Listing:
        """Return all objects whose key starts with `prefix`: a folder (`segments/`), part of a name, or nothing.

        What lies there under a name that is no key is not ours, and not listed. An object that is written or deleted
        meanwhile may be listed or not.
        """

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error, since who deletes may have to do it again."""


@runtime_checkable
class LinkingStore(Protocol):
    """A store whose objects somebody else can read by a URL."""

    def link(self, key: str, seconds: int) -> str:
        """Return a URL that reads an object for so many seconds, whether it is there already or not."""


def check_key(key: str) -> str:
    """Return the key; a key that could leave its folder is a programming error.

    >>> check_key("segments/3f2a")
    'segments/3f2a'
    >>> check_key("segments/../manifest.json")
    Traceback (most recent call last):
    ValueError: not a key: 'segments/../manifest.json'
    """
    if not is_key(key):
        raise ValueError(f"not a key: {key!r}")
    return key


def is_key(name: str) -> bool:
    """Whether an object of ours could have this name.

    >>> is_key("segments/3f2a"), is_key("segments/.tmp"), is_key("segments/")
    (True, False, False)
    """
    return _KEY.fullmatch(name) is not None


def check_prefix(prefix: str) -> str:
    """Return the prefix; one that no key starts with is a programming error.

    >>> check_prefix("segments/"), check_prefix("segments/3f"), check_prefix("")
    ('segments/', 'segments/3f', '')
    >>> check_prefix("../")
    Traceback (most recent call last):
    ValueError: not a prefix of keys: '../'
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"not a prefix of keys: {prefix!r}")
    return prefix
