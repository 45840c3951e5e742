"""A store that records its requests, so that a test can pin requests, bytes and round trips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from quoth.storage.stores.protocol import Blob, Listing, Range, Store


@dataclass(frozen=True)
class Asked:
    """One request. Requests of the same `trip` are sent together; each trip waits for the one before."""

    trip: int
    method: str
    key: str
    start: int = 0
    stop: int = 0
    bytes: int = 0


class CountingStore:
    """A wrapper that counts the requests to another store. `trip_bytes` simulates its distance: see `Store.trip_bytes`.

    >>> from quoth.storage.stores.memory import MemoryStore
    >>> store = CountingStore(MemoryStore())
    >>> tag = store.create("a", b"0123456789")
    >>> store.forget()
    >>> parts = list(store.get_ranges([Range("a", 0, 2), Range("a", 4, 8)])), store.get("a")
    >>> store.trips, len(store.asked), store.bytes
    (2, 3, 16)
    """

    def __init__(self, inner: Store, trip_bytes: int | None = None) -> None:
        self.inner = inner
        self.trip_bytes = inner.trip_bytes if trip_bytes is None else trip_bytes
        self.asked: list[Asked] = []
        self.trip = 0  # the number of the next

    @property
    def uri(self) -> str:
        return self.inner.uri

    @property
    def trips(self) -> int:
        """The number of sequential round trips."""
        return len({one.trip for one in self.asked})

    @property
    def bytes(self) -> int:
        """The number of bytes read."""
        return sum(one.bytes for one in self.asked)

    @property
    def ranges(self) -> Sequence[tuple[str, int, int]]:
        """The key, start and stop of every ranged read."""
        return [(one.key, one.start, one.stop) for one in self.asked if one.method == "get_range"]

    def of(self, trip: int) -> Sequence[Asked]:
        """Return the requests of one round trip, counted from 0."""
        numbers = sorted({one.trip for one in self.asked})
        return [one for one in self.asked if one.trip == numbers[trip]]

    def forget(self) -> None:
        """Reset the counts."""
        self.asked.clear()

    def get(self, key: str) -> Blob:
        trip = self._next()
        blob = self.inner.get(key)
        self.asked.append(Asked(trip, "get", key, 0, len(blob.data), len(blob.data)))
        return blob

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        trip = self._next()
        blob = self.inner.get_if_changed(key, etag)
        size = len(blob.data) if blob else 0
        self.asked.append(Asked(trip, "get_if_changed", key, 0, size, size))
        return blob

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        return next(self.get_ranges([Range(key, start, stop)]))

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        trip = self._next()
        for wanted, data in zip(ranges, self.inner.get_ranges(ranges), strict=True):
            self.asked.append(Asked(trip, "get_range", *wanted, len(data)))
            yield data

    def create(self, key: str, data: bytes) -> str:
        self.asked.append(Asked(self._next(), "create", key))
        return self.inner.create(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        self.asked.append(Asked(self._next(), "replace", key))
        return self.inner.replace(key, data, etag)

    def list(self, prefix: str) -> Listing:
        self.asked.append(Asked(self._next(), "list", prefix))
        return self.inner.list(prefix)

    def delete(self, key: str) -> None:
        self.asked.append(Asked(self._next(), "delete", key))
        self.inner.delete(key)

    def _next(self) -> int:
        self.trip += 1
        return self.trip


class TripsBeside:
    """Stands in for a pool of threads: what it runs makes its trips beside those of the caller.

    A thread is ahead of its caller or behind it, so that a count of its trips would depend on chance.

    >>> from quoth.storage.stores.memory import MemoryStore
    >>> store = CountingStore(MemoryStore())
    >>> tag = store.create("a", b"0123456789")
    >>> store.forget()
    >>> with TripsBeside(store) as asking:
    ...     blob = asking.submit(store.get, "a")
    ...     parts = [store.get_range("a", 0, 2), store.get_range("a", 2, 4)]
    ...     same = blob.result().data
    >>> store.trips, len(store.asked)
    (2, 3)
    """

    def __init__(self, store: CountingStore) -> None:
        self._store = store

    def __enter__(self) -> TripsBeside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a call now, as if its trips began now and the caller went on."""
        start, answer = self._store.trip, _Answer(self._store)
        try:
            answer.set_result(call(*arguments))
        except Exception as error:
            answer.set_exception(error)
        self._store.trip, answer.end = start, self._store.trip
        return answer


class _Answer(Future[Any]):
    """An answer that is awaited: the trips after it follow its own."""

    def __init__(self, store: CountingStore) -> None:
        super().__init__()
        self._store = store
        self.end = 0

    def result(self, timeout: float | None = None) -> Any:
        self._store.trip = max(self._store.trip, self.end)
        return super().result(timeout)
