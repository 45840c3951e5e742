"""A reader survives collected segments, a failing or slow store, and a full or damaged disk."""

from __future__ import annotations

import errno
import gc
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quoth.archive import Archive
from quoth.engine import segment
from quoth.engine.execution.documents import stored
from quoth.engine.follower import FairLock
from quoth.engine.page import Page
from quoth.engine.query.filters import TYPES
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.engine.verify.verify import VerifyRequest
from quoth.errors import Damaged, Gone, Unavailable
from quoth.quote import from_text, to_text
from quoth.storage import segments, snapshot
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.maintenance import compaction
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob, Range, Store
from tests.support.builders import TestEffects, a_given, an_article
from tests.support.counting import CountingStore

# Distant enough that segments are read in parts.
FAR = 1_000
DISTANCES = pytest.mark.parametrize("trip_bytes", [0, FAR])

EACH = 180  # quotes per segment

DAM, RIVER, NEWEST = Request("dam"), Request("river"), Request(limit=100)


def an_archive(store: MemoryStore | None = None, segments: int = 3) -> tuple[MemoryStore, Archive]:
    """An archive of the given number of segments, of five pages each."""
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
    """A store that calls `before` with the key before each read."""

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
    @pytest.mark.prove
    @DISTANCES
    @pytest.mark.parametrize("is_warm", [False, True])
    def test_that_was_merged_after_the_manifest_is_read_in_the_new_one(self, trip_bytes: int, is_warm: bool) -> None:
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
            archive.add(a_given("Something else.", id="else"))  # the eighth commit, which merges all
            for name in old:
                store.delete(segments.PREFIX + name)

        hooked.before = merge_and_collect
        found = searcher.search(DAM)
        assert hooked.before is bool
        assert (found.total, found.generation) == (expected.total, 9)
        assert {hit.quote.id for hit in found.hits} <= {hit.quote.id for hit in Searcher(store).search(NEWEST).hits}
        assert hits(found) == hits(Searcher(store).search(DAM))

    @DISTANCES
    def test_again_and_again_is_an_error_at_last(self, trip_bytes: int) -> None:
        """A reader does not chase new generations forever."""
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
            with pytest.raises(Gone, match=f"segment {lost.id} is gone, but the manifest names it"):
                searcher.search(request)
        store.objects[segments.key(lost)] = data
        assert searcher.search(DAM).total == 3 * EACH

    @DISTANCES
    def test_that_is_fully_cached_is_not_missed(self, trip_bytes: int) -> None:
        store, _ = an_archive()
        searcher = Searcher(CountingStore(store, trip_bytes))
        expected = searcher.search(DAM)
        for key in [key for key in store.objects if key.startswith(segments.PREFIX)]:
            del store.objects[key]
        assert searcher.search(DAM) == expected


class TestAStoreThatFails:
    @pytest.mark.prove
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

    def test_during_a_read_ahead_does_not_matter(self) -> None:
        """The reads in parallel with the manifest are only speculative."""
        store, _ = an_archive()
        failing = Failing(store, FAR)
        searcher = Searcher(failing)
        searcher.search(Request("absent"))
        expected = Searcher(store).search(RIVER)
        failing.fail_at(1, segments.PREFIX)
        assert searcher.search(RIVER) == expected
        assert failing.has_failed

    def test_during_coverage_or_a_lookup_fails_that_call_only(self) -> None:
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


def test_quotes_that_were_shown_stay_decoded_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = an_archive()
    expected, decoded = Searcher(store).search(NEWEST), list[bytes]()
    monkeypatch.setattr(stored, "from_text", lambda text: decoded.append(text) or from_text(text))
    for most, again in ((stored.StoredQuotes.most_shown, [0]), (0, [100]), (30_000, range(1, 100))):
        monkeypatch.setattr(stored.StoredQuotes, "most_shown", most)
        searcher = Searcher(store)
        for new in ([100], again):
            decoded.clear()
            assert searcher.search(NEWEST) == expected
            assert len(decoded) in new
        kept = searcher._index.current().collection.index.stored._shown
        assert sum(len(to_text(quote.quote)) for quote in kept.values() if quote.quote) <= most


@pytest.mark.parametrize("types", ["direct", "direct,indirect", ",".join(TYPES)])
def test_the_memory_of_an_index_that_was_replaced_is_free_at_once(types: str) -> None:
    """Python's collector would come late: a cached megabyte is one object."""
    store, archive = an_archive()
    archive.add([an_article("Ada Okafor said the dam would hold.", id="indirect")])
    searcher = Searcher(store)
    how = {"facets": "speaker,month"}, {"sort": "newest"}, {"collapse": "wording"}, {"match": "all"}
    for q in ("dam", "dam rivr", '"the dam" river', "hold* OR mile", "dam -river", "speaker:grace dam"):
        for asked in ({}, *how):
            searcher.search(Request(q, type=types, **asked))
    searcher.verify(VerifyRequest("The dam at river 0 mile 7 will hold.", speaker="Grace Mbeki"))
    searcher.speakers("gra")
    searcher.profile("grace-mbeki")
    searcher.coverage()
    gc.collect()
    gc.disable()
    try:
        replaced = weakref.ref(searcher._index.current().collection.index.segments)
        archive.add([a_given("The dam holds.", id="new")])
        searcher.search(DAM)
        assert replaced() is None
        pages = weakref.ref(searcher._index._pages)
        del searcher
        assert pages() is None
    finally:
        gc.enable()


class Failing(Hooked):
    """A store whose k-th read from now on of keys with a prefix fails."""

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
        """Like S3: a client raises `Unavailable` after its timeout, maybe after partial data."""
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

    def test_does_not_block_a_search_with_cached_data(self) -> None:
        """Threads wait for one another, so a failed search must release its locks."""
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
    """A store that delivers at most `patience` pieces in time per call."""

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
    @pytest.mark.prove
    def test_after_any_number_of_bytes_fails_no_search(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A full disk stores only the beginning of a write, so half a file remains."""
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
        """With little memory, pages are evicted and read again from a file that has changed since."""
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


def test_a_bug_is_reported_as_damage_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged bytes raise the same errors as bugs, so the original error stays visible."""
    store, _ = an_archive(segments=1)
    (entry,) = snapshot.load(store).manifest.segments
    searcher = Searcher(store)
    searcher.search(DAM)

    def mistaken(*_: object) -> None:
        raise IndexError("far out")

    monkeypatch.setattr(searcher._index.current().collection.index.stored, "shown", mistaken)
    with pytest.raises(Damaged, match=f"segment {entry.id} has invalid data.*far out") as raised:
        searcher.search(DAM)
    assert isinstance(raised.value.__cause__, IndexError)


def test_compaction_of_a_damaged_segment_names_it_and_changes_nothing() -> None:
    store, _ = an_archive(segments=7)
    archive = Archive(store, TestEffects(names=iter(range(100, 200))).effects())  # type: ignore[arg-type]
    (first, *_) = snapshot.load(store).manifest.segments
    sound = store.objects[segments.key(first)]
    place = first.ledger_start - 1  # outside the ledger, which every commit reads
    store.objects[segments.key(first)] = sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :]
    archive.index([a_given("Something else.", id="else")])  # the eighth commit; its merge in passing fails silently
    before = store.objects[snapshot.KEY]
    with pytest.raises(Damaged, match=f"segment {first.id} has sha256"):
        compaction.compact(store, TestEffects().effects(), segment.merge)
    assert store.objects[snapshot.KEY] == before
    store.objects[segments.key(first)] = sound
    assert archive.compact() == 1
    assert Searcher(store).search(DAM).total == 7 * EACH


@DISTANCES
def test_others_are_answered_between_two_parts_of_many_rows(trip_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows stay those of their generation, whatever is committed and opened meanwhile."""
    monkeypatch.setattr("quoth.engine.searcher.PART", 50)
    store, archive = an_archive()
    searcher = Searcher(CountingStore(store, trip_bytes), memory=0)
    expected = list(searcher.rows(NEWEST, 3 * EACH)[1])
    edition, rows = searcher.rows(NEWEST, 3 * EACH)
    first = [next(rows) for _ in range(60)]
    archive.add(a_given("A dam that nobody has seen."))
    found: list[Page] = []
    other = threading.Thread(target=lambda: found.append(searcher.search(Request("nobody"))))
    other.start()
    other.join(timeout=10)
    assert [page.total for page in found] == [1]
    assert (edition.generation, [*first, *rows]) == (3, expected)
    assert len(set(expected)) == 3 * EACH


class TestTurns:
    def test_threads_are_served_in_the_order_in_which_they_ask(self) -> None:
        lock, served = FairLock(), list[int]()

        def ask(number: int) -> None:
            with lock:
                served.append(number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        with lock:
            for number, thread in enumerate(threads, 1):
                thread.start()
                while len(lock._waiting) < number:
                    time.sleep(0.001)
        for thread in threads:
            thread.join()
        assert served == list(range(8))

    def test_a_thread_may_take_its_lock_again(self) -> None:
        lock = FairLock()
        with lock, lock:
            pass
        with ThreadPoolExecutor(1) as other:
            assert other.submit(lock.__enter__).result(timeout=10) is None

    def test_who_is_interrupted_while_waiting_keeps_nobody_waiting(self) -> None:
        lock = FairLock()
        before, behind = threading.Lock(), threading.Lock()
        with lock:
            lock._waiting += [(1, before), (2, behind)]
            lock._leave(1, before)
            assert [one for one, _ in lock._waiting] == [2]
            behind.acquire()
        assert behind.acquire(blocking=False)  # it was handed over
        lock._leave(2, behind)
        with lock:
            pass
