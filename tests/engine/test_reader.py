"""A reader goes on: through collected segments, a store that fails or is slow, a disk that is full or lies."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from quoth.archive import Archive
from quoth.engine import segment
from quoth.engine.page import Page
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.errors import Damaged, Gone, Unavailable
from quoth.storage import segments, snapshot
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.maintenance import compaction
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob, Range, Store
from tests.support.builders import TestEffects, a_given
from tests.support.counting import CountingStore

# Far enough that segments are read in parts.
FAR = 1_000
DISTANCES = pytest.mark.parametrize("trip_bytes", [0, FAR])

EACH = 180  # quotes of a segment

DAM, RIVER, NEWEST = Request("dam"), Request("river"), Request(limit=100)


def an_archive(store: MemoryStore | None = None, segments: int = 3) -> tuple[MemoryStore, Archive]:
    """An archive of so many segments, of five pages each."""
    store = store or MemoryStore()
    archive = Archive(store, TestEffects().effects())
    for number in range(segments):
        archive.add(
            [a_given(f"The dam at river {number} mile {n} will hold.", id=f"{number}-{n}") for n in range(EACH)]
        )
    return store, archive


def hits(page: Page) -> list[tuple[str, float]]:
    return [(hit.quote.id, hit.score) for hit in page.hits]


class Hooked(CountingStore):
    """A store that does something before it answers a read: `before` gets the key."""

    def __init__(self, inner: Store, trip_bytes: int = 0) -> None:
        super().__init__(inner, trip_bytes)
        self.before: Callable[[str], object] = bool

    def get(self, key: str) -> Blob:
        self.before(key)
        return super().get(key)

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        self.before(key)
        return super().get_if_changed(key, etag)

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        for key in dict.fromkeys(wanted.key for wanted in ranges):
            self.before(key)
        return super().get_ranges(ranges)


class TestACollectedSegment:
    @DISTANCES
    @pytest.mark.parametrize("is_warm", [False, True])
    def test_that_was_merged_between_manifest_and_reading_is_read_where_it_went(
        self, trip_bytes: int, is_warm: bool
    ) -> None:
        store, archive = an_archive(segments=7)
        expected = Searcher(store).search(DAM)
        hooked = Hooked(store, trip_bytes)
        searcher = Searcher(hooked)
        if is_warm:
            searcher.search(Request("absent"))

        def merge_and_collect(key: str) -> None:
            if not key.startswith(segments.PREFIX):
                return
            hooked.before = bool
            old = {entry.id for entry in snapshot.load(store).manifest.segments}
            archive.add(a_given("Something else.", id="else"))  # the eighth, so that all are merged
            for name in old:
                store.delete(segments.PREFIX + name)

        hooked.before = merge_and_collect
        found = searcher.search(DAM)
        assert hooked.before is bool
        assert (found.total, found.generation) == (expected.total, 9)
        assert {hit.quote.id for hit in found.hits} <= {hit.quote.id for hit in Searcher(store).search(NEWEST).hits}
        assert hits(found) == hits(Searcher(store).search(DAM))

    @DISTANCES
    def test_again_and_again_is_told_at_last(self, trip_bytes: int) -> None:
        """A reader does not run after generations for ever."""
        store, archive = an_archive(segments=1)
        hooked = Hooked(store, trip_bytes)
        count = iter(range(1_000))

        def replace_and_collect(key: str) -> None:
            if key.startswith(segments.PREFIX):
                archive.add(a_given("Something else.", id=f"else {next(count)}"))
                store.delete(key)

        hooked.before = replace_and_collect
        with pytest.raises(Gone):
            Searcher(hooked).search(DAM)
        assert next(count) < 100

    @DISTANCES
    def test_that_is_lost_is_named(self, trip_bytes: int) -> None:
        store, _ = an_archive()
        (_, lost, _) = snapshot.load(store).manifest.segments
        searcher = Searcher(CountingStore(store, trip_bytes), memory=1)
        searcher.search(Request("absent"))
        data = store.objects.pop(segments.key(lost))
        for request in (DAM, NEWEST):
            with pytest.raises(Gone, match=f"segment {lost.id} is gone, the manifest names it"):
                searcher.search(request)
        store.objects[segments.key(lost)] = data
        assert searcher.search(DAM).total == 3 * EACH

    @DISTANCES
    def test_of_which_everything_was_read_is_not_missed(self, trip_bytes: int) -> None:
        store, _ = an_archive()
        searcher = Searcher(CountingStore(store, trip_bytes))
        expected = searcher.search(DAM)
        for key in [key for key in store.objects if key.startswith(segments.PREFIX)]:
            del store.objects[key]
        assert searcher.search(DAM) == expected


class TestAStoreThatFails:
    @DISTANCES
    @pytest.mark.parametrize("is_warm", [False, True])
    def test_at_any_call_brings_an_error_or_the_answer_and_the_next_search_is_right(
        self, trip_bytes: int, is_warm: bool
    ) -> None:
        store, _ = an_archive()
        for request in (DAM, Request('"the dam" river', speaker="Grace Mbeki"), NEWEST):
            expected, errors, failing = Searcher(store).search(request), 0, Failing(store, trip_bytes)
            for number in range(1, 100):
                searcher = Searcher(failing)
                if is_warm:
                    searcher.search(Request("absent"))
                failing.fail_at(number)
                try:
                    assert searcher.search(request) == expected
                except Unavailable:
                    errors += 1
                if not failing.has_failed:
                    break
                assert searcher.search(request) == expected
            assert not failing.has_failed
            assert errors > 0

    def test_while_it_looks_ahead_does_not_matter(self) -> None:
        """What is fetched while the manifest is asked for is only a guess."""
        store, _ = an_archive()
        failing = Failing(store, FAR)
        searcher = Searcher(failing)
        searcher.search(Request("absent"))
        expected = Searcher(store).search(RIVER)
        failing.fail_at(1, segments.PREFIX)
        assert searcher.search(RIVER) == expected
        assert failing.has_failed

    def test_for_the_coverage_and_for_one_quote_as_well(self) -> None:
        store, _ = an_archive()
        expected = Searcher(store).coverage()
        wanted = Searcher(store).search(DAM).hits[0].quote
        for number in range(1, 6):
            failing = Failing(store, FAR)
            searcher = Searcher(failing)
            for ask, right in (
                (searcher.coverage, expected),
                (lambda searcher=searcher: searcher.get(wanted.id), wanted),
            ):
                failing.fail_at(number)
                try:
                    assert ask() == right
                except Unavailable:
                    assert ask() == right


class Failing(Hooked):
    """A store of which one read fails: the k-th from now on, of those whose key begins with something."""

    def __init__(self, inner: Store, trip_bytes: int) -> None:
        super().__init__(inner, trip_bytes)
        self.has_failed = False
        self._left, self._prefix = 0, ""
        self.before = self._count

    def fail_at(self, number: int, prefix: str = "") -> None:
        self._left, self._prefix, self.has_failed = number, prefix, False

    def _count(self, key: str) -> None:
        if key.startswith(self._prefix):
            self._left -= 1
            if self._left == 0:
                self.has_failed = True
                raise Unavailable("the store did not answer in time")


class TestASlowStore:
    @DISTANCES
    def test_that_is_given_up_on_answers_the_next_search(self, trip_bytes: int) -> None:
        """As S3 is: a client that has waited long enough raises `Unavailable`, maybe after a part has come."""
        store, _ = an_archive()
        expected = Searcher(store).search(DAM)
        slow = Slow(store, trip_bytes)
        searcher = Searcher(slow)
        for patience in range(20):
            slow.patience = patience
            try:
                assert searcher.search(DAM) == expected
                break
            except Unavailable:
                continue
        assert patience > 0
        slow.patience = 10**6
        assert searcher.search(DAM) == expected
        assert searcher.search(NEWEST).total == 3 * EACH

    def test_does_not_hold_up_who_has_an_answer_already(self) -> None:
        """Threads wait for one another; a search that failed must not keep what it waited with."""
        store, _ = an_archive()
        slow = Slow(store, FAR)
        searcher = Searcher(slow)
        expected = searcher.search(DAM)
        slow.patience = 0
        with pytest.raises(Unavailable):
            searcher.search(RIVER)
        slow.patience = 10**6
        found: list[Page] = []
        threads = [threading.Thread(target=lambda: found.append(searcher.search(DAM))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert found == [expected] * 4


class Slow(CountingStore):
    """A store of which no more than `patience` pieces arrive in time in one call."""

    patience = 10**6

    def get(self, key: str) -> Blob:
        self._wait(1)
        return super().get(key)

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        self._wait(1)
        return super().get_if_changed(key, etag)

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        for number, data in enumerate(super().get_ranges(ranges)):
            self._wait(number + 1)
            yield data

    def _wait(self, pieces: int) -> None:
        if pieces > self.patience:
            raise Unavailable("the store did not answer in time")


class TestADiskThatFails:
    def test_after_any_number_of_bytes_fails_no_search(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A full disk takes the beginning of what is written to it; half a file is what remains."""
        store, _ = an_archive()
        far = CountingStore(store, FAR)
        expected = [Searcher(store).search(request) for request in (DAM, NEWEST)]
        real = os.pwrite
        for room in [*range(0, 400, 37), *range(400, 60_000, 3_301)]:
            left = [room]

            def pwrite(descriptor: int, data: bytes, place: int, left: list[int] = left) -> int:
                if data and not left[0]:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                written = real(descriptor, data[: left[0]], place)
                left[0] -= written
                return written

            folder = tmp_path / str(room)
            with monkeypatch.context() as full:
                full.setattr(os, "pwrite", pwrite)
                searcher = Searcher(far, disk=DiskCache(folder, 1 << 24))
                assert [searcher.search(request) for request in (DAM, NEWEST)] == expected
            another = Searcher(far, disk=DiskCache(folder, 1 << 24))
            assert [another.search(request) for request in (DAM, NEWEST)] == expected

    def test_while_it_is_used_does_not_change_what_is_in_memory(self, tmp_path: Path) -> None:
        store, _ = an_archive()
        searcher = Searcher(CountingStore(store, FAR), disk=DiskCache(tmp_path, 1 << 24))
        expected = [searcher.search(request) for request in (DAM, NEWEST)]
        for path in tmp_path.glob("*.pages"):
            path.write_bytes(os.urandom(path.stat().st_size))
        assert [searcher.search(request) for request in (DAM, NEWEST)] == expected

    def test_is_verified_each_time_it_is_read(self, tmp_path: Path) -> None:
        """With little memory pages are given up, and read again from a file that has changed since."""
        store, _ = an_archive()
        far = CountingStore(store, FAR)
        searcher = Searcher(far, memory=1, disk=DiskCache(tmp_path, 1 << 24))
        expected = [Searcher(store).search(request) for request in (DAM, RIVER, NEWEST)]
        for round_ in range(6):
            for path in tmp_path.glob("*.pages"):
                data = bytearray(path.read_bytes())
                for place in range(round_, len(data), 4_096):
                    data[place] ^= 1
                path.write_bytes(bytes(data))
            assert [searcher.search(request) for request in (DAM, RIVER, NEWEST)] == expected

    def test_cannot_hide_that_the_store_is_damaged(self, tmp_path: Path) -> None:
        store, _ = an_archive(segments=1)
        ((key, data),) = ((key, data) for key, data in store.objects.items() if key.startswith(segments.PREFIX))
        store.objects[key] = data[:1_000] + bytes(len(data) - 1_000)
        for _ in range(2):
            searcher = Searcher(CountingStore(store, FAR), disk=DiskCache(tmp_path, 1 << 24))
            with pytest.raises(Damaged, match=key.removeprefix(segments.PREFIX)):
                searcher.search(NEWEST)


def test_a_mistake_of_ours_is_told_as_damage_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsound bytes raise what mistakes raise: the first error stays visible."""
    store, _ = an_archive(segments=1)
    (entry,) = snapshot.load(store).manifest.segments
    searcher = Searcher(store)
    searcher.search(DAM)

    def mistaken(*_: object) -> None:
        raise IndexError("far out")

    assert searcher._collection is not None
    monkeypatch.setattr(searcher._collection.index, "stored", mistaken)
    with pytest.raises(Damaged, match=f"segment {entry.id} holds what cannot be.*far out") as raised:
        searcher.search(DAM)
    assert isinstance(raised.value.__cause__, IndexError)


def test_compaction_of_a_damaged_segment_names_it_and_changes_nothing() -> None:
    store, _ = an_archive(segments=7)
    archive = Archive(store, TestEffects(names=iter(range(100, 200))).effects())  # type: ignore[arg-type]
    (first, *_) = snapshot.load(store).manifest.segments
    sound = store.objects[segments.key(first)]
    place = first.ledger_start - 1  # not in the ledger, which every commit reads
    store.objects[segments.key(first)] = sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :]
    archive.index([a_given("Something else.", id="else")])  # the eighth; what tidies up in passing fails in silence
    before = store.objects[snapshot.KEY]
    with pytest.raises(Damaged, match=f"segment {first.id} has sha256"):
        compaction.compact(store, TestEffects().effects(), segment.merge)
    assert store.objects[snapshot.KEY] == before
    store.objects[segments.key(first)] = sound
    assert archive.compact() == 1
    assert Searcher(store).search(DAM).total == 7 * EACH
