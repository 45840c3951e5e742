"""The reads of a search in a distant store: its round trips, requests and bytes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from quoth.engine import segment
from quoth.engine.execution.collection import Collection
from quoth.engine.query import plan
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.quote import Quote, QuoteType
from quoth.storage import snapshot
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.segments import seal
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob, Range, Store
from tests.support.builders import TestEffects, a_quote, a_record, day, denied
from tests.support.counting import CountingStore

SEGMENTS, QUOTES = 3, 3_000
# As distant as S3 for segments of this size: reading them whole would take more than two trips.
FAR = 200_000

KINDS = {
    "a word": Request("w5"),
    "a rare word": Request("only7"),
    "two words": Request("w5 w9"),
    "a phrase": Request('"a phrase"'),
    "a word by a speaker": Request("w5", speaker="Speaker 3"),
    "a word that is denied": Request("w5", speaker="Speaker 3", status="denied"),
    "a word in a range of dates": Request("w5", from_="2020-01-01", to="2022-12-31"),
    "the newest": Request(),
    "no word that is there": Request("absent"),
    "two words and a facet": Request("w5 w9", facets="year"),
    "a name and a word": Request("speaker w9"),
}
# The searches for quotes that have most of some words.
RANKED = tuple(kind for kind in KINDS if kind not in ("a phrase", "the newest"))


def quotes(part: int, told: int = 0) -> Iterator[Quote]:
    """Yield the quotes of a segment, some of them denied, some of them statements in the reporter's words."""
    chance = random.Random(part)  # noqa: S311 - the same every time
    for number in range(QUOTES):
        words = [f"w{int(chance.expovariate(0.02))}" for _ in range(20)]
        name = f"q_{part}_{number}"
        text = " ".join([*words, f"only{number}", "a", "phrase"])
        year = chance.randrange(2015, 2026)
        type: QuoteType = "indirect" if told and number % told == 0 else "direct"
        said = a_quote(text, id=name, type=type, speaker=f"Speaker {number % 50}", published=day(year), article_id=name)
        yield denied(said) if number % 250 == 3 else said


@pytest.fixture(scope="module")
def archive() -> Store:
    store, effects = MemoryStore(), TestEffects().effects()
    for part in range(SEGMENTS):
        built = segment.build((quote.id, quote) for quote in quotes(part))
        records = [a_record(f"q_{part}_{number}") for number in range(QUOTES)]
        commit(store, seal(f"s{part}", built, records), LedgerCache(store), effects)
    return store


@pytest.fixture(scope="module")
def told() -> Store:
    """Add a segment where every fifth quote is a statement in the reporter's words."""
    store, effects = MemoryStore(), TestEffects().effects()
    for part in range(SEGMENTS + 1):
        found = list(quotes(part, told=5 if part == SEGMENTS else 0))
        built = segment.build((quote.id, quote) for quote in found)
        commit(store, seal(f"s{part}", built, [a_record(quote.id) for quote in found]), LedgerCache(store), effects)
    return store


@pytest.fixture
def far(archive: Store) -> CountingStore:
    return CountingStore(archive, FAR)


def noting(calls: list[str], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **options: Any) -> Any:
        calls.append(name)
        return call(*args, **options)

    return wrapped


def read(store: CountingStore, searcher: Searcher, request: Request) -> tuple[int, int, int]:
    """Return the number of trips of a search, its requests for parts of segments, and their kilobytes.

    The check for a newer snapshot is not counted, since it runs in parallel with the first trip.
    """
    store.forget()
    searcher.search(request)
    trips = {asked.trip for asked in store.asked if asked.method != "get_if_changed"}
    return len(trips), len(store.ranges), -(-store.bytes // 1000)


class TestFromNothing:
    # The limit for a search in three segments of 1 MB each. The dictionaries of its fields, 32 KB each, are most of it,
    # followed by a page or two for each posting list and each stored quote.
    @pytest.mark.parametrize(
        ("kind", "trips", "requests", "kilobytes"),
        [
            ("a word", 4, 18, 450),
            ("a rare word", 4, 18, 350),
            ("two words", 4, 30, 710),
            ("two words and a facet", 4, 33, 760),
            ("a name and a word", 4, 30, 680),
            ("a phrase", 4, 18, 580),
            ("a word by a speaker", 4, 26, 560),
            ("a word that is denied", 4, 28, 640),
            ("a word in a range of dates", 4, 22, 560),
            ("the newest", 3, 11, 180),
            ("no word that is there", 3, 9, 280),  # one more trip: words and names that are like it
        ],
    )
    def test_a_search_reads_little_and_waits_seldom(
        self, far: CountingStore, kind: str, trips: int, requests: int, kilobytes: int
    ) -> None:
        took = read(far, Searcher(far), KINDS[kind])
        assert took <= (trips, requests, kilobytes)
        assert took[1] <= requests
        assert took[2] <= kilobytes

    def test_small_segments_are_read_whole_in_one_trip(self, archive: Store) -> None:
        near = CountingStore(archive, 10_000_000)
        trips, requests, _ = read(near, Searcher(near), KINDS["a word"])
        assert (trips, requests) == (2, SEGMENTS)


class TestWithADisk:
    def test_another_process_reads_nothing_of_segments_again(self, far: CountingStore, tmp_path: Path) -> None:
        wanted = KINDS["a word by a speaker"]
        first = Searcher(far, disk=DiskCache(tmp_path, 1 << 24)).search(wanted)
        second = Searcher(far, disk=DiskCache(tmp_path, 1 << 24))
        assert read(far, second, wanted)[:2] == (1, 0)  # the manifest
        assert second.search(wanted).hits == first.hits

    def test_little_memory_is_enough(self, far: CountingStore) -> None:
        poor = Searcher(far, memory=1)
        for request in KINDS.values():
            assert poor.search(request).hits == Searcher(far).search(request).hits


class TestWithAWarmSnapshot:
    @pytest.mark.parametrize("kind", KINDS)
    def test_no_search_takes_more_than_two_trips(self, far: CountingStore, kind: str) -> None:
        searcher = Searcher(far)
        searcher.search(Request('w40 "a phrase"', speaker="Speaker 7", from_="2020-01-01"))
        trips, _, _ = read(far, searcher, KINDS[kind])
        # The names of those who deny are read by no other search; here they may share a page with what it read.
        assert trips <= (3 if kind == "a word that is denied" else 2)

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_same_search_again_reads_nothing(self, far: CountingStore, kind: str) -> None:
        searcher = Searcher(far)
        searcher.search(KINDS[kind])
        assert read(far, searcher, KINDS[kind]) == (0, 0, 0)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_search_is_planned_and_prepared_once(
        self, far: CountingStore, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is prepared while the store is asked for its newest snapshot serves the search."""
        searcher = Searcher(far)
        searcher.search(KINDS[kind])
        calls: list[str] = []
        for owner, name in ((plan, "plan"), (Collection, "prepare"), (Collection, "prepare_coverage")):
            monkeypatch.setattr(owner, name, noting(calls, name, getattr(owner, name)))
        searcher.search(KINDS[kind])
        assert calls == ["plan", "prepare_coverage" if kind in RANKED else "prepare"]

    def test_the_snapshot_is_checked_while_postings_are_on_their_way(self, archive: Store) -> None:
        far = _Patient(archive, FAR)
        searcher = Searcher(far)
        searcher.search(KINDS["a word"])
        far.is_waiting = True
        assert searcher.search(KINDS["a rare word"]).total == SEGMENTS

    def test_a_failed_read_ahead_does_not_fail_the_search(self) -> None:
        store, effects = CountingStore(MemoryStore(), FAR), TestEffects().effects()
        searcher, ledgers = Searcher(store), LedgerCache(store)
        for part in range(2):
            built = segment.build((quote.id, quote) for quote in quotes(part))
            records = [a_record(f"q_{part}_{number}") for number in range(QUOTES)]
            commit(store, seal(f"s{part}", built, records), ledgers, effects)
            searcher.search(KINDS["no word that is there"])
        # As if the quotes of the first segment had been withdrawn and compacted, and its file collected.
        held = snapshot.load(store)
        manifest = replace(held.manifest, generation=9, nonce="9", segments=held.manifest.segments[1:])
        snapshot.swap(store, held, manifest)
        del store.inner.objects["segments/s0"]
        assert searcher.search(KINDS["a rare word"]).total == 1


class TestStatements:
    """Leaving statements out, as most searches do, costs one column of types, only in segments with statements."""

    @pytest.mark.prove
    @pytest.mark.parametrize("kind", KINDS)
    def test_statements_cost_no_extra_trip(self, told: Store, kind: str) -> None:
        far = CountingStore(told, FAR)
        searcher = Searcher(far)
        assert read(far, searcher, KINDS[kind])[0] <= 4
        assert read(far, searcher, KINDS[kind]) == (0, 0, 0)
        assert read(far, searcher, replace(KINDS[kind], type="indirect"))[0] <= 2
        assert read(far, searcher, replace(KINDS[kind], type="direct,partial,indirect"))[0] <= 2

    @pytest.mark.prove
    def test_only_a_segment_with_statements_reads_its_types(self, told: Store) -> None:
        far = CountingStore(told, FAR)
        read(far, Searcher(far), KINDS["a word"])
        asked = {key: [r for r in far.ranges if r[0] == key] for key, _, _ in far.ranges}
        types = {}
        for entry in snapshot.load(told).manifest.segments:
            start, size, *_ = entry.table["sections"]["type.ordinals"]
            first, last = entry.index_start + start, entry.index_start + start + size
            types[entry.id] = any(a <= first and last <= b for _, a, b in asked[f"segments/{entry.id}"])
        assert types == {"s0": False, "s1": False, "s2": False, "s3": True}


class _Patient(CountingStore):
    """A store that, while `is_waiting`, delays the check for a changed object until another object is read."""

    def __init__(self, inner: Store, trip_bytes: int) -> None:
        super().__init__(inner, trip_bytes)
        self.is_waiting = False
        self._read = threading.Event()

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        if self.is_waiting and not self._read.wait(timeout=20):
            raise AssertionError("nothing was read while the answer was awaited")
        return super().get_if_changed(key, etag)

    def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
        self._read.set()
        return super().get_ranges(ranges)
