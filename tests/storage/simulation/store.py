"""A simulated S3 in memory, as one process sees it: every call takes time, and may fail as S3 calls fail."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

from quoth.errors import Conflict, NotFound, QuothError, Unavailable
from quoth.hashes import sha256
from quoth.storage.stores.protocol import Blob, Listing, Range, StoredObject, check_key, check_prefix
from tests.storage.simulation.scheduler import Scheduler

T = TypeVar("T")

# The most seconds until a call takes effect; in reality a few. A response may arrive hours later: a laptop sleeps.
LONGEST_CALL = 900.0
LONGEST_SLEEP = 4 * 3600.0


class Fault(StrEnum):
    """The ways in which a call fails."""

    NONE = "ok"
    BUSY = "503"  # no effect
    RACED = "409"  # no effect, conditional writes only
    LOST = "lost response"  # the call takes effect, its response is lost
    RETRIED = "asked twice"  # by the SDK, after a lost response: a write conflicts with its first attempt
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


class Course(NamedTuple):
    """The course of a call: seconds until its effect, seconds from there until its response, and its fault."""

    before: float = 0.0
    after: float = 0.0
    fault: Fault = Fault.NONE


class Faults(Protocol):
    """Decides the course of each call."""

    def course(self, *, writes: bool) -> Course:
        """Return the course of the next call; `writes` says that it is a conditional write."""


class Calm:
    """No call fails or takes time."""

    def course(self, *, writes: bool) -> Course:
        """See `Faults.course`."""
        return Course()


class Chaos:
    """Random faults. Each schedule has its own mixture, so that each rare combination is frequent in some schedule.

    `counted` counts the faults by kind; `tempo` is the typical time of a call that does not stall, in seconds.
    """

    def __init__(self, random: Random, counted: Counter[str]) -> None:
        self._random = random
        self._counted = counted
        self._kinds = [fault for fault in Fault if fault is not Fault.NONE and random.random() < 0.6]
        self._rate = random.choice((0.0, 0.03, 0.08, 0.2))
        self._stalls = random.choice((0.0, 0.01, 0.07, 0.3))
        self._sleeps = random.choice((0.0, 0.01, 0.05))
        self.tempo = random.choice((0.0, 0.05, 1.0, 100.0))

    def course(self, *, writes: bool) -> Course:
        """See `Faults.course`."""
        return Course(self._seconds(), self._seconds() + self._asleep(), self._fault(writes))

    def _asleep(self) -> float:
        if self._random.random() >= self._sleeps:
            return 0.0
        self._counted["asleep"] += 1
        return LONGEST_SLEEP * self._random.random()

    def _seconds(self) -> float:
        if self._random.random() < self._stalls:
            self._counted["stall"] += 1
            return LONGEST_CALL * self._random.choice((self._random.random(), 0.999))
        return self._random.choice((0.0, self._random.random())) * self.tempo

    def _fault(self, writes: bool) -> Fault:
        if not self._kinds or self._random.random() >= self._rate:
            return Fault.NONE
        fault = self._random.choice(self._kinds)
        if fault is Fault.RACED and not writes:
            return Fault.NONE
        self._counted[fault] += 1
        return fault


class Script:
    """Faults by the number of the call, counted from 0. `calls` is the number of calls so far."""

    def __init__(self, faults: Mapping[int, Fault]) -> None:
        self.calls = 0
        self._faults = faults

    def course(self, *, writes: bool) -> Course:
        """See `Faults.course`."""
        self.calls += 1
        fault = self._faults.get(self.calls - 1, Fault.NONE)
        return Course() if fault is Fault.RACED and not writes else Course(fault=fault)


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


class Stored(NamedTuple):
    """An object: its bytes, its ETag, and the time of its write by the store's clock."""

    data: bytes
    etag: str
    modified: float


class SimulatedBucket:
    """The objects that all processes share. `changed` is called at each change with key and bytes (`None`: deleted)."""

    def __init__(self, scheduler: Scheduler, changed: Callable[[str, bytes | None], object] = lambda *_: None) -> None:
        self.objects: dict[str, Stored] = {}
        self.scheduler = scheduler
        self._changed = changed

    def look(self, key: str) -> Stored:
        """Return an object; raises `NotFound`."""
        if key not in self.objects:
            raise NotFound(f"{key} is not in the store")
        return self.objects[key]

    def write(self, key: str, data: bytes) -> str:
        """Write an object and return its ETag."""
        # As in S3, `LastModified` has no fractions of seconds.
        stored = Stored(data, sha256(data), math.floor(self.scheduler.now))
        self.objects[key] = stored
        self._changed(key, data)
        return stored.etag

    def delete(self, key: str) -> None:
        """Delete an object, if it exists."""
        if self.objects.pop(key, None) is not None:
            self._changed(key, None)


class SimulatedStore:
    """The bucket as one process sees it. Each call has two moments at which other processes may run."""

    uri = "simulation:"
    trip_bytes = 0

    def __init__(self, bucket: SimulatedBucket, faults: Faults) -> None:
        self._bucket = bucket
        self._faults = faults
        self._scheduler = bucket.scheduler

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        return self._call("get", key, lambda: self._blob(key))

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        """See `Store.get_if_changed`."""
        blob = self._call("get if changed", key, lambda: self._blob(key))
        return None if blob.etag == etag else blob

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        """See `Store.get_range`."""
        return next(self.get_ranges([Range(key, start, stop)]))

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        """See `Store.get_ranges`."""
        # One call for all ranges: the objects are immutable, so one call per range would see no more.
        wanted = [wanted for wanted in ranges if wanted.start < wanted.stop]
        names = " ".join(each.key for each in wanted)
        found = self._call("get ranges", names, lambda: {w.key: self._bucket.objects.get(w.key) for w in wanted})
        for key, start, stop in ranges:
            if start >= stop:
                yield b""
            elif (stored := found[key]) is None:
                raise NotFound(f"{key} is not in the store")
            else:
                yield stored.data[start:stop]

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        """See `Store.create`."""
        content = data if isinstance(data, bytes) else _whole(data)

        def effect() -> str:
            if check_key(key) in self._bucket.objects:
                raise Conflict(f"{key} exists already")
            return self._bucket.write(key, content)

        return self._call("create", key, effect, writes=True)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        """See `Store.replace`."""

        def effect() -> str:
            stored = self._bucket.objects.get(check_key(key))
            if stored is None or stored.etag != etag:
                raise Conflict(f"{key} has changed")
            return self._bucket.write(key, data)

        return self._call("replace", key, effect, writes=True)

    def put(self, key: str, data: bytes) -> str:
        """Write an object unconditionally. S3 allows it, but only a broken protocol uses it."""
        return self._call("put", key, lambda: self._bucket.write(key, data))

    def list(self, prefix: str) -> Listing:
        """See `Store.list`."""

        check_prefix(prefix)

        def effect() -> Listing:
            found = sorted((key, s) for key, s in self._bucket.objects.items() if key.startswith(prefix))
            # A second less, because `modified` is rounded down as well.
            now = math.floor(self._scheduler.now) - 1.0
            return Listing(now, tuple(StoredObject(key, len(s.data), s.modified) for key, s in found))

        return self._call("list", prefix, effect)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self._call("delete", check_key(key), lambda: self._bucket.delete(key))

    def _blob(self, key: str) -> Blob:
        stored = self._bucket.look(check_key(key))
        return Blob(stored.data, stored.etag)

    def _call(self, call: str, key: str, effect: Callable[[], T], *, writes: bool = False) -> T:
        before, after, fault = self._faults.course(writes=writes)
        self._scheduler.pause(before)
        if fault in (Fault.BUSY, Fault.RACED, Fault.CRASH_BEFORE):
            self._scheduler.note(call, key, fault)
            self._fail(fault, key)
        try:
            answer = effect()
            if fault is Fault.RETRIED:
                self._scheduler.note(call, key, Fault.LOST)
                self._scheduler.pause(after)
                answer = effect()
        except QuothError as error:
            self._scheduler.note(call, key, type(error).__name__)
            self._scheduler.pause(after)
            raise
        self._scheduler.note(call, key, fault)
        self._scheduler.pause(after)
        if fault in (Fault.LOST, Fault.CRASH_AFTER):
            self._fail(fault, key)
        return answer

    def _fail(self, fault: Fault, key: str) -> None:
        if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
            self._scheduler.kill()
        if fault is Fault.RACED:
            raise Conflict(f"{key}: {fault}")
        raise Unavailable(f"{key}: {fault}")
