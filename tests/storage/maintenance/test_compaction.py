"""Compaction: which segments are merged, and that no quote is lost while others commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count as count_from
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.archive import Archive
from quoth.article import article_key
from quoth.engine import segment
from quoth.errors import Damaged, Unavailable
from quoth.ingest import indexing
from quoth.ingest.originals import Item
from quoth.storage import snapshot
from quoth.storage.commit import WRITER_LIFE, LedgerCache
from quoth.storage.maintenance import compaction, rollback
from quoth.storage.maintenance.compaction import FANOUT, IN_PASSING, LARGEST, compact, plan
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.segments import SegmentIndex
from quoth.storage.stores.memory import MemoryStore
from quoth.withdrawal import Withdrawal
from tests.support.builders import AnIndex, TestEffects, a_given, a_segment, an_article
from tests.support.effort import sampled


def sized(name: str, size: int, *, retired: int = 0) -> SegmentEntry:
    """Return an entry of a hundred quotes with the given file size and number of retired records."""
    entry = a_segment(name, records=100, retired=tuple(range(retired)), retired_quotes=retired)
    return replace(entry, size=size, ledger_start=size - 100 * 53, index_start=0)


def small(count: int) -> Manifest:
    return Manifest(1, "n", tuple(sized(f"s{n}", 10_000 + n) for n in range(count)))


class TestPlan:
    def test_few_segments_are_left_alone(self) -> None:
        assert plan(Manifest()) == ()
        assert plan(small(FANOUT - 1)) == ()

    def test_many_of_a_size_become_one_smallest_first(self) -> None:
        assert plan(small(FANOUT + 3)) == tuple(f"s{n}" for n in range(FANOUT))

    def test_sizes_that_are_far_apart_are_not_mixed(self) -> None:
        large = [sized(f"l{n}", 3 * 2**20) for n in range(FANOUT - 1)]
        assert plan(Manifest(1, "n", (*small(FANOUT - 1).segments, *large))) == ()

    def test_small_ones_come_first(self) -> None:
        large = [sized(f"l{n}", 3 * 2**20) for n in range(FANOUT)]
        assert plan(Manifest(1, "n", (*large, *small(FANOUT).segments))) == tuple(f"s{n}" for n in range(FANOUT))

    def test_no_merge_reads_more_than_it_may(self) -> None:
        segments = tuple(sized(f"s{n}", LARGEST // 4) for n in range(FANOUT))
        chosen = plan(Manifest(1, "n", segments))
        assert sum(s.size for s in segments if s.id in chosen) <= LARGEST
        assert len(chosen) > 1
        assert plan(Manifest(1, "n", segments), most=LARGEST // 4) == ()

    def test_a_file_is_written_again_when_a_quarter_of_it_is_retired(self) -> None:
        assert plan(Manifest(1, "n", (sized("s1", 10_000, retired=25),))) == ()
        assert plan(Manifest(1, "n", (sized("s1", 10_000, retired=26),))) == ("s1",)

    def test_segments_without_a_live_quote_wait_for_maintenance_which_takes_all_of_them(self) -> None:
        dead = tuple(a_segment(name, retired=(0,), retired_quotes=1, ids=0) for name in ("s1", "s2"))
        manifest = Manifest(1, "n", (*dead, sized("s3", 10_000)))
        assert plan(manifest, most=IN_PASSING) == ()
        assert plan(manifest) == ("s1", "s2")

    def test_to_erase_words_each_file_with_a_retired_quote_is_written_again(self) -> None:
        """Also with a replaced one: its article may be withdrawn in another file."""
        retired = {"retired": (5, 7), "retired_quotes": 2, "ids": 0}
        replaced = a_segment("s1", records=100, **retired)
        without_quotes = replace(a_segment("s2", records=100, withdrawn=(5, 7), **retired), quoted=5, retired_quotes=0)
        manifest = Manifest(1, "n", (replaced, without_quotes))
        assert plan(manifest) == ()
        assert plan(manifest, erase=True) == ("s1",)
        assert plan(Manifest(1, "n", (without_quotes,)), erase=True) == ()

    def test_to_erase_words_the_largest_file_is_written_again_too(self) -> None:
        segment = sized("s1", LARGEST + 1, retired=1)
        assert plan(Manifest(1, "n", (segment,))) == ()
        assert plan(Manifest(1, "n", (segment,)), erase=True) == ("s1",)

    def test_withdrawals_that_took_no_quote_away_count_as_well(self) -> None:
        """The manifest lists every retired record, with or without quotes."""
        entry = replace(a_segment("s1", records=8, retired=(5, 6, 7)), quoted=5, quotes=5)
        assert plan(Manifest(1, "n", (entry,))) == ("s1",)

    @sampled(100)
    @given(st.lists(st.tuples(st.integers(6_000, 2 * LARGEST), st.integers(0, 99)), max_size=60))
    def test_repeated_plans_end_with_few_segments(self, files: list[tuple[int, int]]) -> None:
        manifest = Manifest(1, "n", tuple(sized(f"s{n}", size, retired=r) for n, (size, r) in enumerate(files)))
        for number in range(10 * len(files) + 1):
            chosen = plan(manifest)
            if not chosen:
                break
            merged = [s for s in manifest.segments if s.id in chosen]
            assert sum(s.size for s in merged) <= LARGEST
            size = sum(s.size * s.live_quotes // 100 for s in merged)
            rest = tuple(s for s in manifest.segments if s.id not in chosen)
            manifest = Manifest(1, "n", (*rest, sized(f"m{number}", max(6_000, size))))
        assert plan(manifest) == ()
        assert sum(s.size <= LARGEST // 2 for s in manifest.segments) < 5 * FANOUT


@pytest.mark.prove
def test_ten_thousand_commits_a_day_leave_few_segments() -> None:
    """Each commit compacts in passing; here only the plan is applied, to files of 6 KB."""
    manifest, most, moved = Manifest(), 0, 0
    for number in range(10_000):
        manifest = Manifest(1, "n", (*manifest.segments, sized(f"s{number}", 6_000)))
        chosen = plan(manifest)
        if chosen:
            merged = [s for s in manifest.segments if s.id in chosen]
            moved += sum(s.size for s in merged)
            rest = tuple(s for s in manifest.segments if s.id not in chosen)
            manifest = Manifest(1, "n", (*rest, sized(f"m{number}", sum(s.size for s in merged))))
        most = max(most, len(manifest.segments))
    assert most <= 4 * FANOUT
    assert moved <= 6 * 10_000 * 6_000  # each byte is rewritten about once per tier


# ------------------------------------------------------------------------------------------ compaction end to end


def an_archive(commits: int = 3, store: MemoryStore | None = None) -> Archive:
    archive = Archive(store or MemoryStore(), TestEffects().effects())
    for number in range(commits):
        quietly(archive, *(a_given(f"Sentence {number}, number {n}.", url=f"https://e.org/{n}") for n in (0, 1)))
    return archive


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan to merge all segments."""
    monkeypatch.setattr(compaction, "plan", lambda manifest, most, erase: tuple(s.id for s in manifest.segments))


def texts(archive: Archive) -> list[str]:
    return sorted(hit.quote.text for hit in archive.search(limit=50).hits)


class Meanwhile(MemoryStore):
    """A store that runs a hook just before a swap of the manifest."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], object]] = []

    def replace(self, key: str, data: bytes, etag: str) -> str:
        if self.before:
            self.before.pop()()
        return super().replace(key, data, etag)


@pytest.mark.usefixtures("everything")
class TestCompact:
    def test_an_empty_archive_is_not_compacted(self) -> None:
        assert compact(MemoryStore(), TestEffects().effects(), segment.merge) is None

    def test_segments_become_one_and_answers_stay(self) -> None:
        archive = an_archive()
        before = snapshot.load(archive.store).manifest
        expected = texts(archive)
        after = compact(archive.store, TestEffects(names=count_from(100)).effects(), segment.merge)
        assert after is not None
        assert len(after.manifest.segments) == 1
        assert after.manifest.generation == before.generation + 1
        assert (after.manifest.quotes, after.manifest.ids) == (before.quotes, before.ids)
        assert texts(archive) == expected

    def test_retired_quotes_are_gone_from_the_file(self) -> None:
        archive = an_archive()
        quietly(archive, a_given("Sentence 0, number 0.", url="https://e.org/0", version=2))
        compact(archive.store, TestEffects(names=count_from(100)).effects(), segment.merge)
        (only,) = snapshot.load(archive.store).manifest.segments
        assert (only.quotes, only.live_quotes, only.retired, only.records) == (6, 6, (), 6)

    def test_redelivery_is_still_harmless_and_a_withdrawal_still_holds(self) -> None:
        archive = an_archive(0)
        article = an_article(url="https://e.org/1")
        quietly(archive, article)
        quietly(archive, Withdrawal(article_key("https://e.org/1"), 1))
        quietly(archive, an_article(url="https://e.org/2"))
        compact(archive.store, TestEffects(names=count_from(100)).effects(), segment.merge)
        assert [o.verdict for o in archive.add([article, an_article(url="https://e.org/2")]).outcomes] == [
            "superseded",
            "unchanged",
        ]
        assert archive.stats().quotes == 1

    def test_when_no_quote_is_left_the_ledger_stays(self) -> None:
        archive = an_archive(0)
        quietly(archive, an_article(url="https://e.org/1"))
        quietly(archive, Withdrawal(article_key("https://e.org/1"), 1))
        compact(archive.store, TestEffects(names=count_from(100)).effects(), segment.merge)
        (only,) = snapshot.load(archive.store).manifest.segments
        assert (only.quotes, only.quoted, only.records) == (0, 0, 1)
        assert archive.search().total == 0

    def test_when_no_quote_of_a_segment_is_left_a_tombstone_is(self) -> None:
        archive = an_archive(0)
        quietly(archive, an_article(url="https://e.org/1"))
        quietly(archive, Withdrawal(article_key("https://e.org/1"), 1))
        quietly(archive, Withdrawal(article_key("https://e.org/1"), 2))
        compact(archive.store, TestEffects(names=count_from(100)).effects(), segment.merge)
        manifest = snapshot.load(archive.store).manifest
        assert [(s.quotes, s.records, s.tombstones) for s in manifest.segments] == [(0, 1, 1)]

    def test_a_segment_without_a_quote_of_which_every_record_is_retired_disappears(self) -> None:
        archive = an_archive(0)
        quietly(archive, Withdrawal("a_" + 22 * "x", 1))
        quietly(archive, Withdrawal("a_" + 22 * "x", 2))
        assert len(snapshot.load(archive.store).manifest.segments) == 1


@pytest.mark.usefixtures("everything")
class TestCompactAmongOthers:
    """Another writer commits between the reads of the inputs and the swap."""

    def interrupted(self, do: Callable[[Archive], object], merge: Any = segment.merge) -> tuple[Archive, Any]:
        store = Meanwhile()
        archive = an_archive(store=store)
        rival = Archive(store, TestEffects(names=count_from(5000)).effects())
        store.before = [lambda: do(rival)]
        return archive, compact(store, TestEffects(names=count_from(100)).effects(), merge)

    def test_a_commit_is_kept(self) -> None:
        archive, after = self.interrupted(lambda rival: quietly(rival, a_given("New.", url="https://e.org/9")))
        assert "New." in texts(archive)
        assert len(after.manifest.segments) == 2
        assert archive.stats().quotes == 7

    def test_a_withdrawal_is_carried_over(self) -> None:
        archive = an_archive()
        (hit,) = [hit for hit in archive.search(limit=50).hits if hit.quote.text == "Sentence 1, number 0."]
        archive, after = self.interrupted(lambda rival: quietly(rival, Withdrawal(hit.quote.id, 1)))
        assert "Sentence 1, number 0." not in texts(archive)
        assert after.manifest.quotes == 5

    def test_a_new_version_is_carried_over(self) -> None:
        newer = a_given("Sentence 1, number 0.", url="https://e.org/0", version=2)
        archive, _ = self.interrupted(lambda rival: quietly(rival, newer))
        assert archive.stats().quotes == 6
        assert [hit.quote.article.version for hit in archive.search('"Sentence 1, number 0"').hits] == [2]

    def test_of_two_merges_one_is_dropped(self) -> None:
        archive, after = self.interrupted(
            lambda rival: compact(rival.store, TestEffects(names=count_from(5000)).effects(), segment.merge)
        )
        assert [s.id for s in after.manifest.segments] == ["token5000"]
        assert archive.stats().quotes == 6

    def test_a_rollback_that_restores_a_dropped_record_drops_the_merge(self) -> None:
        store = Meanwhile()
        archive = an_archive(store=store)
        (hit,) = [hit for hit in archive.search(limit=50).hits if hit.quote.text == "Sentence 1, number 0."]
        quietly(archive, Withdrawal(hit.quote.id, 1))
        rival = TestEffects(names=count_from(5000)).effects()
        back = partial(rollback.rollback, empty=segment.build([]), restore_withdrawn=True)
        store.before = [lambda: back(store, 3, rival)]
        compact(store, TestEffects(names=count_from(100)).effects(), segment.merge)
        assert len(snapshot.load(store).manifest.segments) == 3
        assert archive.stats().quotes == 6

    def test_a_merge_that_loses_a_quote_is_not_committed(self) -> None:
        def careless(parts: Sequence[tuple[bytes, Mapping[str, Any], Sequence[int]]]) -> SegmentIndex:
            good = segment.merge(parts)
            return AnIndex(good.data, tuple(good.counts.tolist()), (*good.ids.tolist()[:-1], 7), dict(good.table))

        store = MemoryStore()
        archive = an_archive(store=store)
        with pytest.raises(Damaged, match="do not match its ledger"):
            compact(store, TestEffects(names=count_from(100)).effects(), careless)
        assert archive.stats().quotes == 6

    def test_a_merge_that_took_too_long_is_not_committed(self) -> None:
        effects = TestEffects(names=count_from(100))
        store = Meanwhile()
        an_archive(store=store)

        def slow(parts: Any) -> SegmentIndex:
            return segment.merge(parts)

        def create(key: str, data: bytes) -> str:
            effects.clock += WRITER_LIFE + 1 if key.startswith("segments/token100") else 0
            return MemoryStore.create(store, key, data)

        store.create = create  # type: ignore[method-assign]
        with pytest.raises(Unavailable, match="took longer than 900 seconds"):
            compact(store, effects.effects(), slow)
        assert len(snapshot.load(store).manifest.segments) == 3


def quietly(archive: Archive, *items: Item) -> None:
    """Add without compaction in passing: the plan of these tests would merge at once."""
    indexing.index(archive.store, items, LedgerCache(archive.store), archive._effects)


def test_a_commit_tidies_up_behind_itself() -> None:
    archive = an_archive(FANOUT - 1)
    archive.add([a_given("The last.", url="https://e.org/last"), a_given("The very last.", url="https://e.org/last")])
    assert len(snapshot.load(archive.store).manifest.segments) == 1
    assert archive.stats().quotes == 2 * FANOUT


def test_everything_mergeable_is_merged() -> None:
    store = MemoryStore()
    archive = Archive(store, TestEffects().effects())
    for number in range(2 * FANOUT):
        quietly(archive, a_given(f"Sentence {number}.", url=f"https://e.org/{number}"))
    generations: list[int] = []
    merges = archive.compact(lambda merged: generations.append(merged.generation))
    newest = snapshot.load(store).manifest.generation
    assert (merges, generations) == (2, [newest - 1, newest])
    assert len(snapshot.load(store).manifest.segments) == 2


def test_a_caller_with_a_deadline_ends_between_two_merges_and_the_next_call_goes_on() -> None:
    archive = an_archive(2 * FANOUT)
    answers = iter([True, False])
    assert archive.compact(may_continue=lambda: next(answers)) == 1
    assert archive.compact() == 1


def test_a_segment_that_vanishes_while_it_is_merged_is_an_error() -> None:
    archive = an_archive(FANOUT - 1)
    quietly(archive, a_given("One more."))
    victim = snapshot.load(archive.store).manifest.segments[0]
    archive.store.delete(f"segments/{victim.id}")
    with pytest.raises(Damaged, match=f"segment {victim.id} is gone"):
        archive.compact()
