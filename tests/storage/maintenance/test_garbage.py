"""Collection and history: which objects stay, and which are deleted."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quoth.engine import segment
from quoth.engine.searcher import Searcher
from quoth.errors import Damaged, NotFound, Refused
from quoth.storage import history, snapshot
from quoth.storage.commit import WRITER_LIFE
from quoth.storage.history import DAY, HOUR, ManifestCopy
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, GRACE, READER_LIFE, collect
from quoth.storage.stores.protocol import Listing
from tests.storage.maintenance.place import Place
from tests.support.builders import a_given
from tests.support.effort import sampled


@pytest.fixture
def place() -> Place:
    return Place()


def merged(place: Place) -> None:
    """Eight segments merged into one: only older generations need their eight files."""
    for number in range(8):
        place.add(f"Number {number}.")
    place.compact()


class TestCollection:
    def test_of_an_empty_store_there_is_nothing_to_collect(self, place: Place) -> None:
        found = place.collect()
        assert (found.deleted, found.kept, found.generations, found.is_complete) == ((), (), (0,), True)

    def test_live_segments_stay_forever(self, place: Place) -> None:
        place.add("One.")
        place.wait(1000 * DAY)
        assert place.collect().deleted == ()
        assert place.archive.stats().quotes == 1

    def test_merged_segments_stay_while_a_kept_generation_needs_them(self, place: Place) -> None:
        merged(place)
        assert len(place.keys("segments/")) == 9
        place.wait(GRACE - 1)
        place.collect()
        assert len(place.keys("segments/")) == 9
        place.wait(8 * DAY)
        place.collect()
        assert len(place.keys("segments/")) == 1
        assert place.keys("history/") == []
        assert place.archive.stats().quotes == 8

    def test_uncommitted_segments_are_left_to_their_writer(self, place: Place) -> None:
        place.add("One.")
        place.store.create("segments/early", b"of a writer at work")
        place.wait(GRACE - 1)
        assert place.collect().deleted == ()
        place.wait(1)
        assert [entry.key for entry in place.collect().deleted] == ["segments/early"]

    def test_without_a_manifest_nothing_is_deleted(self, place: Place) -> None:
        """The manifest may be lost, so that only the segments remain."""
        place.add("One.")
        place.store.delete("manifest.json")
        place.wait(1000 * DAY)
        found = place.collect()
        assert (found.deleted, len(found.kept), found.generations) == ((), 1, (0,))

    def test_a_dry_run_deletes_nothing_and_lists_the_garbage(self, place: Place) -> None:
        merged(place)
        place.wait(30 * DAY)
        before = dict(place.store.objects)
        told = place.collect(dry_run=True)
        assert place.store.objects == before
        assert told.deleted == place.collect().deleted != ()

    def test_nothing_but_segments_and_history_is_ever_touched(self, place: Place) -> None:
        place.archive.add(a_given("One."))
        place.store.create("articles/x.json", b"")
        place.store.create("else", b"")
        place.wait(1000 * DAY)
        place.collect(days=0.0)
        assert set(place.store.objects) >= {"articles/x.json", "else", "manifest.json"}

    def test_it_stops_in_time_and_goes_on_the_next_time(self, place: Place) -> None:
        merged(place)
        place.wait(30 * DAY)
        delete = place.store.delete

        def slow(key: str) -> None:
            place.effects.clock += COLLECTOR_LIFE / 3
            delete(key)

        place.store.delete = slow  # type: ignore[method-assign]
        first = place.collect()
        assert (len(first.deleted), first.is_complete) == (3, False)
        place.store.delete = delete  # type: ignore[method-assign]
        assert place.collect().is_complete
        assert len(place.keys("segments/")) == 1

    def test_two_at_a_time_do_no_harm(self, place: Place) -> None:
        """The other collector deletes copies between this one's listing and its reads."""
        merged(place)
        place.wait(6 * DAY)
        listed = place.store.list

        def and_then_another(prefix: str) -> Listing:
            found = listed(prefix)
            if prefix == history.PREFIX:
                place.store.list = listed  # type: ignore[method-assign]
                place.collect(days=0.0)
            return found

        place.store.list = and_then_another  # type: ignore[method-assign]
        place.collect()
        assert place.archive.stats().quotes == 8

    def test_each_deletion_is_reported(self, place: Place) -> None:
        merged(place)
        place.wait(30 * DAY)
        told: list[None] = []
        found = collect(place.store, place.effects.effects(), done=lambda: told.append(None))
        assert len(told) == len(found.deleted) > 8

    def test_generations_of_the_last_hour_are_all_kept(self, place: Place) -> None:
        merged(place)
        assert place.collect().generations == tuple(range(1, 10))


class TestWhatIsSeenWhileOthersCommit:
    """The index may change between any two reads of the collector, which must not delete a live reader's segments."""

    @pytest.mark.parametrize("look", range(4))
    def test_a_merge_in_between_does_not_cost_a_reader_its_segments(self, place: Place, look: int) -> None:
        for number in range(8):
            place.add(f"Number {number}.")
        place.wait(30 * DAY)
        looks = itertools.count()
        reader = Searcher(place.store)

        def between(call: Callable[..., object]) -> Callable[..., object]:
            def called(*arguments: object) -> object:
                if next(looks) == look:
                    reader.coverage()  # opens the generation that the next commit replaces
                    place.compact()
                return call(*arguments)

            return called

        place.store.list, place.store.get = between(place.store.list), between(place.store.get)  # type: ignore[method-assign]
        place.collect()
        del place.store.list, place.store.get  # type: ignore[method-assign]
        held = {f"segments/{s.id}" for s in reader._index._snapshot.manifest.segments}
        assert held <= set(place.keys("segments/"))


def test_the_grace_outlasts_writers_readers_and_collectors() -> None:
    assert max(WRITER_LIFE, COLLECTOR_LIFE) + READER_LIFE < GRACE
    assert WRITER_LIFE + COLLECTOR_LIFE < GRACE


class TestThinning:
    @sampled(100)
    @given(
        st.lists(st.integers(0, 150) | st.integers(0, 9).map(lambda n: n * 144), unique=True, max_size=30),
        st.integers(0, 150),
        st.integers(0, 6) | st.integers(0, 300),
    )
    @example(made=[61, 64], now=54, later=2)  # the copies of 10:10 and 10:40, at 10:00 and 10:20 the next day
    def test_a_copy_once_dropped_is_never_kept_again(self, made: list[int], now: int, later: int) -> None:
        """So a rollback can know which copies will stay for a while. Times are in tens of minutes."""
        copies = [ManifestCopy(f"history/{n}", n, n * 600.0, 1) for n in sorted(made)]
        first, then = (
            history.copies_to_keep(copies, (now + 150 + wait) * 600, grace=GRACE, days=7) for wait in (0, later)
        )
        assert then <= first

    def test_all_for_an_hour_then_one_an_hour_then_one_a_day(self) -> None:
        copies = [ManifestCopy(f"history/{n}", n, n * 600.0, 1) for n in range(1, 10 * 144)]  # one in ten minutes
        now = copies[-1].modified + 1
        kept = history.copies_to_keep(copies, now, grace=GRACE, days=7)
        ages = [now - copy.modified for copy in copies if copy.key in kept]
        assert sum(age < HOUR for age in ages) == 6
        assert 23 <= sum(HOUR <= age < DAY for age in ages) <= 24
        assert 6 <= sum(age >= DAY for age in ages) <= 7
        assert max(ages) < 7 * DAY

    def test_names_that_are_no_copies_are_left_out(self, place: Place) -> None:
        place.store.create("history/notes.txt", b"")
        assert place.archive.history() == []


class TestHistory:
    def test_every_generation_that_was_replaced_is_kept(self, place: Place) -> None:
        for text in ("One.", "Two.", "Three."):
            place.add(text)
        assert [copy.generation for copy in place.archive.history()] == [1, 2]

    def test_the_past_can_be_read(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        place.add("Three.")
        past = place.archive.at(2)
        assert sorted(hit.quote.text for hit in past.search().hits) == ["One.", "Two."]
        place.add("Four.")
        assert past.search().total == 2
        assert past.stats().generation == 2

    def test_the_present_can_be_read_by_its_number(self, place: Place) -> None:
        place.add("One.")
        assert place.archive.at(1).search().total == 1

    @pytest.mark.parametrize("generation", [0, 7, -1])
    def test_a_generation_without_a_copy_is_not_found(self, place: Place, generation: int) -> None:
        place.add("One.")
        place.add("Two.")
        with pytest.raises(NotFound, match=f"generation {generation} is not kept"):
            place.archive.at(generation).search()

    def test_of_two_copies_of_a_generation_one_may_go(self, place: Place) -> None:
        place.add("One.")
        held = snapshot.load(place.store)
        history.keep(place.store, held, "zzz")
        place.add("Two.")
        listed = place.store.list

        def and_then_one_goes(prefix: str) -> Listing:
            found = listed(prefix)
            place.store.delete("history/000000000001-zzz")
            return found

        place.store.list = and_then_one_goes  # type: ignore[method-assign]
        assert place.archive.at(1).search().total == 1

    def test_a_copy_that_holds_another_generation_is_damage(self, place: Place) -> None:
        for text in ("One.", "Two.", "Three."):
            place.add(text)
        one, two = (copy.key for copy in place.archive.history())
        place.store.objects[one] = place.store.objects[two]
        with pytest.raises(Damaged, match=f"{one} holds generation 2"):
            place.archive.at(1).search()

    def test_the_past_is_read_only(self, place: Place) -> None:
        place.add("One.")
        with pytest.raises(Refused, match="generation 1 is read-only"):
            place.archive.at(1).add(a_given("Two."))


def test_the_collector_leaves_only_the_merged_segment(place: Place) -> None:
    merged(place)
    place.wait(30 * DAY)
    place.collect()
    (only,) = snapshot.load(place.store).manifest.segments
    assert place.keys("segments/") == [f"segments/{only.id}"]
    assert segment.merge([]).data == b""
