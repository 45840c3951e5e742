"""Reading segments in parts: which pages are fetched, verified and cached."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.errors import Damaged
from quoth.storage import manifest, segments
from quoth.storage.files import page_memory, page_table
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.files.page_cache import PageCache
from quoth.storage.files.page_memory import PageMemory
from quoth.storage.files.page_table import DIGEST, PAGE
from quoth.storage.files.segment_file import InMemoryFile, SegmentFile
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import a_draft, a_record
from tests.support.counting import CountingStore
from tests.support.effort import sampled

FAR = 100 * PAGE  # a distant store: it transfers this much in the time of one round trip
GAP = FAR // 32
LARGE = 300  # pages of an index that is too large to be read whole at that distance
PLENTY = 10**9


@cache
def noise(size: int, seed: str = "") -> bytes:
    """Return bytes of which no two pages are equal."""
    return hashlib.shake_128(seed.encode()).digest(size)


def put(store: MemoryStore | CountingStore, name: str = "s1", pages: float = LARGE) -> SegmentEntry:
    """Write a segment whose index has `pages` pages of noise."""
    draft = a_draft(name, a_record(name), data=noise(int(pages * PAGE), name))
    segments.write(store, draft.entry, draft.data)
    return draft.entry


def far_store(**sizes: float) -> tuple[CountingStore, list[SegmentEntry]]:
    """A distant store with segments of the given numbers of pages, its counts reset."""
    store = CountingStore(MemoryStore(), FAR)
    entries = [put(store, name, pages) for name, pages in sizes.items()]
    store.forget()
    return store, entries


def page(number: float, count: float = 1) -> tuple[int, int]:
    """Return the bytes of some pages of an index."""
    return int(number * PAGE), int((number + count) * PAGE)


class TestWhatIsRead:
    @sampled(100)
    @given(st.integers(0, 3 * PAGE + 9), st.data())
    def test_is_what_was_written(self, size: int, data: st.DataObject) -> None:
        store, index = MemoryStore(), noise(size)
        draft = a_draft("s1", a_record(), data=index)
        segments.write(store, draft.entry, draft.data)
        (file,) = PageCache(store).open([draft.entry])
        assert file.size == size
        for _ in range(3):
            start = data.draw(st.integers(0, size))
            stop = data.draw(st.integers(start, size))
            assert file.read(start, stop) == index[start:stop]

    def test_cannot_be_written_to(self) -> None:
        store = MemoryStore()
        (file,) = PageCache(store).open([put(store)])
        assert file.read(0, 10).readonly

    def test_ends_where_the_index_ends(self) -> None:
        """The manifest locates sections by numbers, and these may be hostile."""
        store = MemoryStore()
        entry = put(store, pages=2)
        files: list[SegmentFile] = [*PageCache(store).open([entry]), InMemoryFile(noise(2 * PAGE))]
        for file in files:
            for start, stop in [(0, file.size + 1), (-1, 4), (5, 4), (10**30, 10**30)]:
                with pytest.raises(Damaged, match=str(start)):
                    file.read(start, stop)

    def test_of_an_index_without_bytes_is_nothing(self) -> None:
        store, (entry,) = far_store(s1=0)
        (file,) = PageCache(store).open([entry])
        assert (file.size, bytes(file.read(0, 0)), store.trips) == (0, b"", 0)


class TestEarlierPages:
    def test_are_as_large_as_the_page_table_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = CountingStore(MemoryStore())
        with monkeypatch.context() as patch:
            patch.setattr(page_table, "PAGE", 2 * PAGE)
            entry = put(store, pages=20)
        (again,) = manifest.from_bytes(manifest.to_bytes(Manifest(1, "", (entry,)))).segments
        (file,) = PageCache(store).open([again])
        assert file.read(*page(7, 4)) == noise(20 * PAGE, "s1")[slice(*page(7, 4))]
        assert [stop - start for _, start, stop in store.ranges] == [again.index_start, 6 * PAGE]


class TestWhatIsFetched:
    def test_is_nothing_before_something_is_touched(self) -> None:
        store, entries = far_store(s1=LARGE, s2=1)
        PageCache(store).open(entries)
        assert store.asked == []

    def test_is_what_is_touched_and_the_page_table(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store).open([entry])
        file.read(*page(200.5, 1))
        at = entry.index_start
        assert store.ranges == [
            ("segments/s1", 0, at),
            ("segments/s1", at + 200 * PAGE, at + 202 * PAGE),
        ]
        assert store.trips == 1

    def test_is_one_request_where_an_index_begins(self) -> None:
        """The page table precedes the bytes that a reader needs first."""
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store).open([entry])
        file.read(*page(0, 3))
        assert store.ranges == [("segments/s1", 0, entry.index_start + 3 * PAGE)]

    def test_is_not_fetched_again(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store).open([entry])
        file.read(*page(7, 5))
        store.forget()
        file.read(*page(8, 2))
        file.read(*page(8, 3.5))
        assert store.asked == []

    @pytest.mark.prove
    def test_of_many_files_comes_in_one_trip(self) -> None:
        store, entries = far_store(**{f"s{n}": LARGE for n in range(20)})
        pages = PageCache(store)
        pages.load([(file, *page(spot)) for file in pages.open(entries) for spot in (0, 100, 250)])
        assert (store.trips, len(store.asked)) == (1, 60)

    def test_is_one_request_for_overlapping_ranges(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store)
        (file,) = pages.open([entry])
        pages.load([(file, *page(90, 2)), (file, *page(91, 2)), (file, *page(90.2, 0.1))])
        assert [stop - start for _, start, stop in store.ranges] == [LARGE * DIGEST + DIGEST, 3 * PAGE]

    def test_skips_no_gap_that_is_shorter_than_a_request(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store)
        (file,) = pages.open([entry])
        bridged = GAP // PAGE
        pages.load([(file, *page(50)), (file, *page(51 + bridged)), (file, *page(200)), (file, *page(202 + bridged))])
        assert len(store.ranges) == 1 + 1 + 2
        store.forget()
        file.read(*page(50, bridged))
        assert store.asked == []

    def test_skips_every_gap_where_requests_cost_nothing(self) -> None:
        store = CountingStore(MemoryStore())
        entry = put(store)
        store.forget()
        pages = PageCache(store)
        (file,) = pages.open([entry])
        pages.load([(file, *page(50)), (file, *page(52))])
        assert len(store.ranges) == 3


class TestAWholeFile:
    def test_is_fetched_when_its_bytes_come_sooner_than_its_requests(self) -> None:
        store, entries = far_store(small=24, large=LARGE)
        pages = PageCache(store)
        small, large = pages.open(entries)
        pages.load([(small, *page(20)), (large, *page(40))])
        assert store.ranges[0] == ("segments/small", 0, entries[0].size)
        assert store.bytes < entries[0].size + entries[1].index_start + 2 * PAGE
        store.forget()
        assert small.read(0, small.size) == noise(24 * PAGE, "small")
        assert store.asked == []

    def test_is_fetched_when_all_of_them_come_in_the_time_that_is_saved(self) -> None:
        store, entries = far_store(s1=60, s2=60, s3=70)
        pages = PageCache(store)
        pages.load([(file, *page(30)) for file in pages.open(entries)])
        assert [stop - start for _, start, stop in store.ranges] == [entry.size for entry in entries]
        assert store.trips == 1

    def test_is_not_fetched_when_parts_come_sooner(self) -> None:
        store, entries = far_store(s1=60, s2=60, s3=90)
        pages = PageCache(store)
        pages.load([(file, *page(30)) for file in pages.open(entries)])
        assert store.bytes < 6 * PAGE

    def test_is_not_fetched_where_requests_cost_nothing(self) -> None:
        store = CountingStore(MemoryStore())
        entry = put(store, pages=3)
        store.forget()
        (file,) = PageCache(store).open([entry])
        file.read(*page(2, 0.5))
        assert store.bytes == entry.index_start + PAGE


class TestTheNextGeneration:
    def test_keeps_cached_pages_when_more_quotes_are_retired(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store)
        (file,) = pages.open([entry])
        file.read(*page(3))
        (again,) = pages.open([SegmentEntry(**{**vars_of(entry), "retired": (0,)})])
        assert again is file

    def test_forgets_files_that_are_not_in_it(self) -> None:
        store, entries = far_store(s1=LARGE, s2=LARGE)
        pages = PageCache(store)
        for file in pages.open(entries):
            file.read(*page(90, 2))
        pages.open(entries[1:])
        assert pages.cached_bytes == 2 * PAGE

    @pytest.mark.parametrize("field", ["id", "size", "index_start", "ledger_start", "sha256", "pages_sha256"])
    def test_does_not_mistake_a_file_for_another_that_differs_in(self, field: str) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store)
        (file,) = pages.open([entry])
        value = getattr(entry, field)
        changed = value + 1 if isinstance(value, int) else value[::-1]
        (other,) = pages.open([SegmentEntry(**{**vars_of(entry), field: changed})])
        assert other is not file


def vars_of(entry: SegmentEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__struct_fields__}


class TestDamage:
    @pytest.mark.parametrize("spot", [0, PAGE, 5 * PAGE - 1])
    def test_in_a_page_is_found_when_it_is_read(self, spot: int) -> None:
        store = MemoryStore()
        entry = put(store, pages=5)
        data = bytearray(store.objects["segments/s1"])
        data[entry.index_start + spot] ^= 1
        store.objects["segments/s1"] = bytes(data)
        pages = PageCache(store)
        (file,) = pages.open([entry])
        with pytest.raises(Damaged, match=f"page {spot // PAGE} of segment s1"):
            file.read(0, file.size)
        for number in range(5):
            if number != spot // PAGE:
                assert file.read(*page(number)) == noise(5 * PAGE, "s1")[slice(*page(number))]

    @pytest.mark.parametrize(
        ("damage", "message"),
        [
            (lambda data: b"X" + data[1:], "page table of segment s1"),
            (lambda data: data[: 6 * PAGE], f"segment s1 ends at byte {6 * PAGE}"),
            (lambda data: data[:10], "segment s1 ends at byte 10"),
            (lambda data: b"", "segment s1 ends at byte 0"),
            (lambda data: data[1:] + b"X", "page table of segment s1"),
        ],
    )
    def test_of_a_file_is_found_wherever_it_is_read(self, damage: Callable[[bytes], bytes], message: str) -> None:
        for trip_bytes in (0, FAR):
            store = MemoryStore()
            entry = put(store, pages=9)
            store.objects["segments/s1"] = damage(store.objects["segments/s1"])
            (file,) = PageCache(CountingStore(store, trip_bytes)).open([entry])
            with pytest.raises(Damaged, match=message):
                file.read(*page(5, 3))

    def test_is_told_by_the_beginning_of_both_hashes(self) -> None:
        store = MemoryStore()
        entry = put(store, pages=5)
        store.objects["segments/s1"] = store.objects["segments/s1"][:-1] + b"X"
        told = r"the file of segment s1 has sha256 [0-9a-f]{12}…, the manifest says [0-9a-f]{12}…$"
        with pytest.raises(Damaged, match=told):
            segments.read_verified(store, entry)

    def test_another_segments_file_is_not_taken_for_it(self) -> None:
        store = MemoryStore()
        entry = put(store, "s1", pages=5)
        put(store, "s2", pages=5)
        store.objects["segments/s1"] = store.objects["segments/s2"]
        (file,) = PageCache(store).open([entry])
        with pytest.raises(Damaged, match="s1"):
            file.read(*page(3))

    def test_a_file_that_is_gone_is_named(self) -> None:
        store = MemoryStore()
        entries = [put(store, "s1"), put(store, "s2")]
        del store.objects["segments/s2"]
        pages = PageCache(store)
        with pytest.raises(Damaged, match="segment s2 is gone"):
            pages.load([(file, 0, 1) for file in pages.open(entries)])

    def test_is_not_remembered_once_it_is_repaired(self, tmp_path: Path) -> None:
        store = MemoryStore()
        entry = put(store, pages=5)
        sound = store.objects["segments/s1"]
        for disk in (None, DiskCache(tmp_path, PLENTY)):
            store.objects["segments/s1"] = sound[:-100] + bytes(100)
            pages = PageCache(store, disk=disk)
            (file,) = pages.open([entry])
            with pytest.raises(Damaged):
                file.read(*page(4))
            store.objects["segments/s1"] = sound
            assert file.read(*page(4)) == noise(5 * PAGE, "s1")[4 * PAGE :]


class TestMemory:
    @sampled(100)
    @given(
        st.lists(st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.integers(0, 29), st.integers(1, 8)), max_size=60),
        st.sampled_from([0, 16 * PAGE]),
    )
    def test_is_bounded_and_never_wrong(self, steps: list[tuple[str, int, int]], trip_bytes: int) -> None:
        store = CountingStore(MemoryStore(), trip_bytes)
        pages = PageCache(store, memory=12 * PAGE)
        opened = pages.open([put(store, name, 37) for name in ("s1", "s2", "s3")])
        files = dict(zip(("s1", "s2", "s3"), opened, strict=True))
        seen = []
        for name, first, count in steps:
            start, stop = page(first, count)
            seen.append((files[name].read(start, stop), noise(37 * PAGE, name)[start:stop]))
            assert pages.cached_bytes <= 12 * PAGE
        assert all(view == expected for view, expected in seen), "a view that is kept never changes"

    def test_holds_the_pages_of_a_load_beyond_its_limit(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store, memory=2 * PAGE)
        (file,) = pages.open([entry])
        pages.load([(file, *page(10, 20)), (file, *page(100, 20))])
        store.forget()
        assert file.read(*page(10, 20)) == noise(LARGE * PAGE, "s1")[slice(*page(10, 20))]
        assert file.read(*page(100, 20)) == noise(LARGE * PAGE, "s1")[slice(*page(100, 20))]
        assert store.asked == []
        pages.load([(file, *page(200))])
        assert pages.cached_bytes <= 2 * PAGE

    def test_keeps_frequently_loaded_pages(self) -> None:
        store = CountingStore(MemoryStore())
        entry = put(store)
        pages = PageCache(store, memory=20 * PAGE)
        (file,) = pages.open([entry])
        for number in range(10, LARGE):
            pages.load([(file, *page(number % 2)), (file, *page(number))])
        fetched = [start - entry.index_start for _, start, _ in store.ranges]
        assert (store.ranges[0][2] - entry.index_start, fetched.count(0), fetched.count(PAGE)) == (PAGE, 0, 1)

    def test_keeps_nothing_else_if_half_of_it_would_be_full_at_once(self) -> None:
        store = CountingStore(MemoryStore())
        pages = PageCache(store, memory=20 * PAGE)
        (file,) = pages.open([put(store)])
        for first in (0, 0, 8, 20):
            pages.load([(file, *page(first, 8))])
        assert pages.cached_bytes == 8 * PAGE

    def test_is_bounded_with_what_came_in_gaps(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store, memory=40 * PAGE)
        (file,) = pages.open([entry])
        for number in range(50, 250):
            pages.load([(file, *page(number)), (file, *page(number + 5)), (file, *page(number + 10))])
            assert pages.cached_bytes <= 40 * PAGE

    def test_is_bounded_though_all_of_it_is_asked_for_again(self) -> None:
        store = MemoryStore()
        pages = PageCache(store, memory=20 * PAGE)
        (file,) = pages.open([put(store)])
        for number in range(100):
            pages.load([(file, *page(number))])
            pages.load([(file, *page(number))])
            assert pages.cached_bytes <= 20 * PAGE

    def test_of_files_of_the_past_is_used_before_pages_are_evicted(self) -> None:
        store, entries = far_store(s1=LARGE, s2=LARGE)
        pages = PageCache(store, memory=20 * PAGE)
        past, file = pages.open(entries)
        pages.load([(past, *page(100, 8)), (file, *page(100, 10))])
        (file,) = pages.open(entries[1:])
        store.forget()
        for number in (102, 200, 201, 202, 102):
            file.read(*page(number))
        assert len(store.ranges) == 3

    def test_that_was_fetched_piece_by_piece_is_read_as_one(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store).open([entry])
        for number in (104, 101, 103, 100, 102):
            file.read(*page(number))
        assert file.read(*page(100.5, 4)) == noise(LARGE * PAGE, "s1")[slice(*page(100.5, 4))]

    def test_that_was_evicted_is_fetched_again(self) -> None:
        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store, memory=20 * PAGE)
        (file,) = pages.open([entry])
        for number in [50, *range(100, 200), 50]:
            assert file.read(*page(number)) == noise(LARGE * PAGE, "s1")[slice(*page(number))]
        assert sum(start == entry.index_start + 50 * PAGE for _, start, _ in store.ranges) == 2

    def test_is_shared_by_threads(self) -> None:
        store = MemoryStore()
        pages = PageCache(store, memory=8 * PAGE)
        (file,) = pages.open([put(store, pages=50)])
        index = noise(50 * PAGE, "s1")

        def read(seed: int) -> bool:
            spots = [page((seed * 7 + step * step) % 47, 1 + step % 3) for step in range(60)]
            return all(file.read(*spot) == index[slice(*spot)] for spot in spots)

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(read, range(16)))


class TestTheDisk:
    def test_saves_the_next_process_every_request(self, tmp_path: Path) -> None:
        store, entries = far_store(s1=LARGE, s2=20)
        wanted = [page(0, 2), page(15, 4.5)]
        for _ in range(2):
            store.forget()
            pages = PageCache(store, disk=DiskCache(tmp_path, PLENTY))
            files = pages.open(entries)
            pages.load([(file, *spot) for file in files for spot in wanted])
            assert files[0].read(*page(15, 4.5)) == noise(LARGE * PAGE, "s1")[slice(*page(15, 4.5))]
        assert store.asked == []

    def test_returns_the_bytes_of_each_span_and_no_more(self, tmp_path: Path) -> None:
        disk, data = DiskCache(tmp_path, PLENTY), noise(5 * PAGE)
        disk.write("0" * 64, [(0, data)])
        spans = [(0, PAGE), (PAGE, 4 * PAGE), (5, 9)]
        assert disk.read("0" * 64, spans) == [data[start:stop] for start, stop in spans]

    def test_is_asked_before_the_store_page_by_page(self, tmp_path: Path) -> None:
        store, (entry,) = far_store(s1=LARGE)
        for spot in [page(40, 2), page(39, 4)]:
            store.forget()
            (file,) = PageCache(store, disk=DiskCache(tmp_path, PLENTY)).open([entry])
            assert file.read(*spot) == noise(LARGE * PAGE, "s1")[slice(*spot)]
        assert store.bytes == 4 * PAGE, "the two on both sides, with what lies between"

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
            lambda data: data[:-1] + bytes([data[-1] ^ 1]),
            lambda data: data[: len(data) // 2],
            lambda data: b"",
            lambda data: b"somebody else's file",
        ],
    )
    def test_is_not_believed(self, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
        store, (entry,) = far_store(s1=LARGE)
        for _ in range(2):
            store.forget()
            (file,) = PageCache(store, disk=DiskCache(tmp_path, PLENTY)).open([entry])
            assert file.read(*page(0, 30)) == noise(LARGE * PAGE, "s1")[: 30 * PAGE]
            (kept,) = tmp_path.glob("*")
            kept.write_bytes(damage(kept.read_bytes()))
        assert store.trips == 1
        (file,) = PageCache(store, disk=DiskCache(tmp_path, PLENTY)).open([entry])
        assert file.read(*page(0, 30)) == noise(LARGE * PAGE, "s1")[: 30 * PAGE]

    @pytest.mark.parametrize("call", ["pwrite", "pread", "open", "utime", "scandir", "stat"])
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.ENOENT])
    def test_that_fails_fails_no_search(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(code, os.strerror(code))

        store, (entry,) = far_store(s1=LARGE)
        pages = PageCache(store, disk=DiskCache(tmp_path / "folder", PLENTY))
        (file,) = pages.open([entry])
        file.read(*page(0))
        with monkeypatch.context() as broken:
            broken.setattr(os, call, fail)
            found = bytes(file.read(*page(100)))
        assert found == noise(LARGE * PAGE, "s1")[slice(*page(100))]
        assert file.read(*page(200)) == noise(LARGE * PAGE, "s1")[slice(*page(200))]

    def test_whose_folder_cannot_be_made_is_done_without(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("no folder")
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store, disk=DiskCache(tmp_path / "file" / "folder", PLENTY)).open([entry])
        assert file.read(*page(9)) == noise(LARGE * PAGE, "s1")[slice(*page(9))]

    def test_may_be_removed_at_any_time(self, tmp_path: Path) -> None:
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store, disk=DiskCache(tmp_path, PLENTY)).open([entry])
        file.read(*page(9))
        for kept in tmp_path.glob("*"):
            kept.unlink()
        tmp_path.rmdir()
        assert file.read(*page(109)) == noise(LARGE * PAGE, "s1")[slice(*page(109))]

    def test_is_private_to_the_user(self, tmp_path: Path) -> None:
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store, disk=DiskCache(tmp_path / "folder", PLENTY)).open([entry])
        usual = os.umask(0)  # a user whose files are writable by everybody
        try:
            file.read(*page(9))
        finally:
            os.umask(usual)
        assert [path.stat().st_mode & 0o077 for path in [tmp_path / "folder", *(tmp_path / "folder").glob("*")]] == [
            0,
            0,
        ]

    @pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
    def test_in_a_folder_that_others_may_write_to_is_left_alone(self, tmp_path: Path, mode: int) -> None:
        tmp_path.chmod(mode)
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store, disk=DiskCache(tmp_path, PLENTY)).open([entry])
        file.read(*page(9))
        assert list(tmp_path.glob("*")) == []

    def test_in_a_folder_of_another_user_is_left_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store, disk=DiskCache(tmp_path, PLENTY)).open([entry])
        file.read(*page(9))
        assert list(tmp_path.glob("*")) == []

    def test_follows_no_link_and_waits_for_no_pipe(self, tmp_path: Path) -> None:
        store, entries = far_store(s1=LARGE, s2=LARGE)
        (tmp_path / "mine").write_text("precious")
        (tmp_path / f"{entries[0].sha256}.pages").symlink_to(tmp_path / "mine")
        os.mkfifo(tmp_path / f"{entries[1].sha256}.pages")
        pages = PageCache(store, disk=DiskCache(tmp_path, PLENTY))
        pages.load([(file, *page(0)) for file in pages.open(entries)])
        assert (tmp_path / "mine").read_text() == "precious"

    def test_takes_no_more_room_than_it_may_and_lets_go_of_the_oldest(self, tmp_path: Path) -> None:
        store, entries = far_store(**{f"s{n}": 30 for n in range(6)})
        (tmp_path / "not ours").write_bytes(noise(40 * PAGE))
        disk = DiskCache(tmp_path, 100 * PAGE)
        for entry in entries:
            (file,) = PageCache(store, disk=disk).open([entry])
            file.read(*page(0))
            for path in tmp_path.glob("*.pages"):  # file systems keep coarse clocks
                age = 0 if path.name.startswith(entry.sha256) else 10
                os.utime(path, ns=(0, path.stat().st_mtime_ns - age * 10**9))
            (first,) = PageCache(store, disk=disk).open(entries[:1])
            first.read(*page(0))  # read repeatedly
            held = {path.name for path in tmp_path.glob("*.pages")}
            assert sum(path.stat().st_blocks * 512 for path in tmp_path.glob("*.pages")) <= 100 * PAGE
            assert {f"{entries[0].sha256}.pages", f"{entry.sha256}.pages"} <= held
        assert len(held) == 3
        assert [key for key, _, _ in store.ranges].count("segments/s0") == 1
        assert (tmp_path / "not ours").exists()

    def test_counts_no_file_that_a_link_leads_to(self, tmp_path: Path) -> None:
        folder, target = tmp_path / "cache", tmp_path / "large"
        disk = DiskCache(folder, 16 * PAGE)
        disk.write("0" * 64, [(0, noise(PAGE))])
        target.write_bytes(noise(64 * PAGE))
        (folder / f"{'1' * 64}.pages").symlink_to(target)
        DiskCache(folder, 16 * PAGE).write("2" * 64, [(0, noise(PAGE))])
        assert disk.read("0" * 64, [(0, PAGE)]) == [noise(PAGE)]

    def test_keeps_nothing_that_is_larger_than_itself(self, tmp_path: Path) -> None:
        store, (entry,) = far_store(s1=LARGE)
        (file,) = PageCache(store, disk=DiskCache(tmp_path, 5 * PAGE)).open([entry])
        file.read(*page(0, 4))
        file.read(*page(100, 40))
        (kept,) = tmp_path.glob("*.pages")
        assert kept.stat().st_blocks * 512 <= 5 * PAGE

    def test_is_shared_by_processes_that_write_at_once(self, tmp_path: Path) -> None:
        store = MemoryStore()
        entry = put(store)
        index = noise(LARGE * PAGE, "s1")
        start = threading.Barrier(4)

        def read(seed: int) -> bool:
            (file,) = PageCache(store, memory=10 * PAGE, disk=DiskCache(tmp_path, 60 * PAGE)).open([entry])
            start.wait()
            spots = [page((seed * 31 + step * 17) % (LARGE - 5), 5) for step in range(100)]
            return all(file.read(*spot) == index[slice(*spot)] for spot in spots)

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(read, range(4)))


def test_mappings_are_about_as_large_as_what_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may have many small archives open, and the system may give each mapping whole."""
    made, mapped = list[int](), page_memory._mapped
    monkeypatch.setattr(page_memory, "_mapped", lambda size: made.append(size) or mapped(size))
    memory = PageMemory()
    memory.take(1)
    assert made == [page_memory.FIRST]
    for _ in range(200):
        memory.take(100_000)
    assert sum(made) <= 2.5 * memory.taken
    assert len(made) < 20
    assert {size % page_memory.HUGE for size in made if size > page_memory.HUGE // 2} == {0}
