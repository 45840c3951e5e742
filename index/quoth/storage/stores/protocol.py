"""The object store that Quoth requires: read, create once, compare and swap, list, delete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

import msgspec

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_KEY = re.compile(f"{_NAME}(/{_NAME})*")
_PREFIX = re.compile(f"({_NAME}/)*({_NAME})?")


class Blob(msgspec.Struct, frozen=True):
    """The bytes of an object, and the ETag of exactly these bytes."""

    data: bytes
    etag: str


class Range(NamedTuple):
    """A half-open range of the bytes of an object."""

    key: str
    start: int
    stop: int


class StoredObject(NamedTuple):
    """An object in a listing.

    `size` is in bytes; `modified` is the time of the write, in seconds since 1970 by the store's clock. That may be
    the start of the write, a moment before the object exists.
    """

    key: str
    size: int
    modified: float


class Listing(msgspec.Struct, frozen=True):
    """Objects sorted by key, and the time `now` by the clock that set `modified`, never by the caller's own.

    `now` is the start of the listing or a little earlier, so an object is at least `now - modified` seconds old. It
    errs on that side because an object's age decides whether it may be deleted.
    """

    now: float
    entries: tuple[StoredObject, ...]


class Store(Protocol):
    """An object store with read-after-write consistency and compare-and-swap.

    S3, a directory and memory behave the same (one contract suite runs on all). Every call may also raise
    `Unavailable` (try later) or `Refused` (address or permissions).
    """

    @property
    def uri(self) -> str:
        """The address that opens this store again."""

    @property
    def trip_bytes(self) -> int:
        """The number of bytes transferred in the time of one round trip; 0 if another request costs nothing.

        A reader uses it to choose between a larger request and another request.
        """

    def get(self, key: str) -> Blob:
        """Return an object; raises `NotFound`."""

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """Return an object, or `None` if its ETag is still `etag`; raises `NotFound`."""

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """Return `stop - start` bytes of an object, fewer at its end; raises `NotFound`, except for an empty range."""

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """Yield the bytes of each range, as `get_range` does, in order; together they take one round trip."""

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        """Write a new object and return its ETag; raises `Conflict` if the key exists.

        `data` may be an open file: it is read from its beginning, and S3 and a directory never hold it in memory whole.
        """

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """Overwrite an object that still has `etag` and return its new ETag; raises `Conflict` otherwise."""

    def list(self, prefix: str) -> Listing:
        """Return all objects whose key starts with `prefix`: a folder (`segments/`), part of a name, or nothing.

        An object whose name is not a valid key is not ours and not listed. An object that is written or deleted
        during the listing may be listed or not.
        """

    def delete(self, key: str) -> None:
        """Delete an object; deleting a missing object is no error, since a deletion may have to be repeated."""


@runtime_checkable
class LinkingStore(Protocol):
    """A store that can give others a URL to read an object."""

    def link(self, key: str, seconds: int, media_type: str, filename: str) -> str:
        """Return a URL that reads an object for `seconds` seconds, whether the object exists yet or not.

        A browser that opens it saves a file of this type and name: it never shows the object as a page.
        """


@runtime_checkable
class SparingStore(Protocol):
    """A store that asks for many things at once, unless it is told not to: each costs money."""

    def sparing(self) -> AbstractContextManager[None]:
        """Ask for few things at once in the body, so that its seconds bound how many."""


@runtime_checkable
class SweepableStore(Protocol):
    """A store in which a killed writer leaves a temporary file."""

    def leftovers(self, age: float, *, delete: bool) -> tuple[StoredObject, ...]:
        """Return the temporary files of dead writers that are at least `age` seconds old, and delete them if asked.

        Their names are no keys. The file of a writer that lives is never among them, however long it takes.
        """


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
    """Whether a name is a valid key.

    >>> is_key("segments/3f2a"), is_key("segments/.tmp"), is_key("segments/")
    (True, False, False)
    """
    return _KEY.fullmatch(name) is not None


def check_prefix(prefix: str) -> str:
    """Return the prefix; a prefix that no key can start with is a programming error.

    >>> check_prefix("segments/"), check_prefix("segments/3f"), check_prefix("")
    ('segments/', 'segments/3f', '')
    >>> check_prefix("../")
    Traceback (most recent call last):
    ValueError: not a prefix of keys: '../'
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"not a prefix of keys: {prefix!r}")
    return prefix
