"""A store in memory: the contract's plainest reading, and the tests' store."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from quoth.errors import Conflict, NotFound
from quoth.hashes import sha256
from quoth.storage.store import Blob, Range, check_key


class MemoryStore:
    """Objects in a dict; gone with the process.

    >>> store = MemoryStore()
    >>> tag = store.create("segments/1", b"one")
    >>> store.get("segments/1").data
    b'one'
    """

    uri = "memory:"
    trip_bytes = 0

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
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
        return (self.get_range(*wanted) for wanted in ranges)

    def create(self, key: str, data: bytes) -> str:
        """See `Store.create`."""
        with self._lock:
            if check_key(key) in self.objects:
                raise Conflict(f"{key} exists already")
            self.objects[key] = data
        return sha256(data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`."""
        with self._lock:
            if check_key(key) not in self.objects or sha256(self.objects[key]) != etag:
                raise Conflict(f"{key} has changed")
            self.objects[key] = data
        return sha256(data)

    def _data(self, key: str) -> bytes:
        try:
            return self.objects[check_key(key)]
        except KeyError:
            raise NotFound(f"{key} is not in the store") from None
