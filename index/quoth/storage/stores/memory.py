"""A store in memory: the simplest implementation of the contract, used by tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from quoth.errors import Conflict, NotFound
from quoth.hashes import sha256
from quoth.storage.stores.protocol import Blob, Listing, Range, StoredObject, check_key, check_prefix


class MemoryStore:
    """Objects in a dict; they end with the process. `clock` returns the time in seconds since 1970.

    >>> store = MemoryStore()
    >>> tag = store.create("segments/1", b"one")
    >>> store.get("segments/1").data
    b'one'
    """

    uri = "memory:"
    trip_bytes = 0

    def __init__(self, clock: Callable[[], float] = time.time) -> None:  # noqa: TID251 - a default; it is an argument
        self.objects: dict[str, bytes] = {}
        self._clock = clock
        self._modified: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        data = self._data(key)
        return Blob(data, sha256(data))

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """See `Store.get_if_changed`."""
        blob = self.get(key)
        return None if blob.etag == etag else blob

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """See `Store.get_range`."""
        return self._data(key)[start:stop] if start < stop else b""

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """See `Store.get_ranges`."""
        return (self.get_range(*byte_range) for byte_range in ranges)

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        """See `Store.create`."""
        if not isinstance(data, bytes):
            data.seek(0)
            data = data.read()
        with self._lock:
            if check_key(key) in self.objects:
                raise Conflict(f"{key} exists already")
            self._put(key, data)
        return sha256(data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`."""
        with self._lock:
            if check_key(key) not in self.objects or sha256(self.objects[key]) != etag:
                raise Conflict(f"{key} has changed")
            self._put(key, data)
        return sha256(data)

    def list(self, prefix: str) -> Listing:
        """See `Store.list`."""
        check_prefix(prefix)
        with self._lock:
            now = self._clock()
            keys = (key for key in sorted(self.objects) if key.startswith(prefix))
            # Bytes that a test puts directly into `objects` have no modification time.
            return Listing(now, tuple(StoredObject(k, len(self.objects[k]), self._modified.get(k, now)) for k in keys))

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        with self._lock:
            self.objects.pop(check_key(key), None)
            self._modified.pop(key, None)

    def _put(self, key: str, data: bytes) -> None:
        self.objects[key] = data
        self._modified[key] = self._clock()

    def _data(self, key: str) -> bytes:
        try:
            return self.objects[check_key(key)]
        except KeyError:
            raise NotFound(f"{key} is not in the store") from None
