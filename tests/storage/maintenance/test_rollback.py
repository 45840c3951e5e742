"""Rollback: which generations can be restored, and what stays withdrawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quoth.engine import segment
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.errors import Expired, Gone, NotFound, Removed, Unavailable
from quoth.ingest.identity import record_of
from quoth.storage import history, manifest, snapshot, transitions
from quoth.storage.history import DAY
from quoth.storage.maintenance import rollback as rollbacks
from quoth.storage.maintenance.garbage import GRACE
from quoth.storage.maintenance.rollback import rollback
from tests.storage.maintenance.place import Place
from tests.support.builders import a_given


@pytest.fixture
def place() -> Place:
    return Place()


class TestRollback:
    def test_makes_the_index_what_it_was_under_a_new_number(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        assert place.archive.rollback(1) == 3
        assert [hit.quote.text for hit in place.archive.search().hits] == ["One."]

    def test_later_additions_can_be_added_again(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        place.archive.rollback(1)
        place.add("Two.")
        assert place.archive.stats().quotes == 2

    def test_can_be_taken_back(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        place.archive.rollback(1)
        place.archive.rollback(2)
        assert place.archive.stats().quotes == 2

    def test_a_generation_that_is_not_kept_is_not_found(self, place: Place) -> None:
        place.add("One.")
        with pytest.raises(NotFound, match="generation 5 is not kept"):
            place.archive.rollback(5)

    def test_a_generation_about_to_be_collected_is_not_found(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        place.wait(7 * DAY - 60)
        assert len(history.copies_to_keep(place.archive.history(), place.now, grace=GRACE, days=7)) == 1
        with pytest.raises(NotFound, match="generation 1 is not kept"):
            place.archive.rollback(1)

    def test_a_generation_that_lost_a_segment_is_not_brought_back(self, place: Place) -> None:
        place.add("One.")
        lost = snapshot.load(place.store).manifest.segments[0].id
        place.add("Two.")
        place.store.delete(f"segments/{lost}")
        with pytest.raises(Gone, match=f"segment {lost} of generation 1 is gone"):
            rollback(place.store, 1, place.effects.effects(), segment.build([]))
        assert place.generation == 2

    def test_a_lost_answer_is_settled_by_reading(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        swap = place.store.replace

        def and_lose_the_answer(key: str, data: bytes, etag: str) -> str:
            swap(key, data, etag)
            raise Unavailable("the answer was lost")

        place.store.replace = and_lose_the_answer  # type: ignore[method-assign]
        assert place.archive.rollback(1) == 3

    def test_readers_go_forward_to_it(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        reader = Searcher(place.store)
        assert reader.search(Request()).total == 2
        place.archive.rollback(1)
        page = reader.search(Request())
        assert (page.total, page.generation) == (1, 3)


def found(place: Place) -> list[str]:
    return sorted(hit.quote.text for hit in place.archive.search(limit=50).hits)


def key(text: str) -> str:
    """Return the key of a quote that `Place.add` adds."""
    return record_of(a_given(text, url=f"https://e.org/{text.replace(' ', '-')}")).key


class TestWithdrawn:
    """Generation 2 has two quotes; the first is withdrawn in generation 3."""

    @pytest.fixture(autouse=True)
    def withdrawn(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        place.archive.withdraw(key("One."))

    def test_what_was_withdrawn_since_stays_so(self, place: Place) -> None:
        assert place.archive.rollback(2) == 4
        assert found(place) == ["Two."]

    def test_it_can_be_restored_on_request(self, place: Place) -> None:
        place.archive.rollback(2, restore_withdrawn=True)
        assert found(place) == ["One.", "Two."]
        assert place.archive.withdrawn_since(2) == frozenset()

    def test_a_late_delivery_does_not_bring_it_back(self, place: Place) -> None:
        place.archive.rollback(2)
        place.add("One.")
        assert found(place) == ["Two."]

    def test_it_was_withdrawn_in_the_generation_that_it_was(self, place: Place) -> None:
        place.archive.rollback(2)
        with pytest.raises(Removed) as removed:
            place.archive.get(key("One."))
        assert (removed.value.reason, removed.value.since) == ("withdrawn", 3)

    def test_a_generation_without_it_restores_nothing_of_it(self, place: Place) -> None:
        """Its withdrawal comes along, so that no late delivery adds it."""
        place.add("Three.")
        place.archive.rollback(3)
        place.add("One.")
        assert found(place) == ["Two."]

    def test_it_stays_so_when_it_came_later_than_the_restored_generation(self, place: Place) -> None:
        place.add("Three.")
        place.archive.withdraw(key("Three."))
        place.archive.rollback(2)
        place.add("Three.")
        assert found(place) == ["Two."]

    def test_a_higher_version_that_was_there_is_restored(self, place: Place) -> None:
        """A withdrawal that a rollback left behind is of an older version than the restored one."""
        place.add("Four.", version=3, url="https://e.org/4")
        four = place.archive.search('"Four."').hits[0].quote.id
        assert place.archive.rollback(3) == place.generation == 5
        place.archive.withdraw(four, 2)
        assert place.archive.rollback(4) == place.generation
        assert found(place) == ["Four.", "Two."]

    def test_a_merge_since_then_changes_nothing(self, place: Place) -> None:
        for number in range(9):
            place.add(f"Number {number}.")
        place.compact()
        place.archive.rollback(2)
        assert found(place) == ["Two."]

    def test_past_generations_stay_without_it_after_the_rollback(self, place: Place) -> None:
        place.archive.rollback(1)
        assert found(place) == []
        assert place.archive.search(as_of=2).total == 1
        assert place.archive.withdrawn_since(2) == {key("One.")}

    def test_a_withdrawal_during_the_rollback_is_kept_too(self, place: Place) -> None:
        before = self.between(place, lambda: place.archive.withdraw(key("Two.")))
        assert place.archive.rollback(2) > before
        assert found(place) == []

    def test_a_withdrawal_during_every_attempt_ends_it(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rollbacks, "ATTEMPTS", 3)
        texts = iter("ABCDEFGH")

        def again() -> None:
            place.archive.withdraw(key(next(texts)), 1)

        self.between(place, again, times=9)
        with pytest.raises(Unavailable, match="during 3 rollbacks in a row"):
            place.archive.rollback(2)

    def between(self, place: Place, act: Callable[[], object], times: int = 1) -> int:
        """Let something happen after the rollback has written the withdrawals, before it swaps."""
        create, left = place.store.create, [times]

        def create_then_act(written: str, data: bytes) -> str:
            etag = create(written, data)
            if written.startswith("segments/") and left[0]:
                left[0] -= 1
                place.store.create = create  # type: ignore[method-assign]
                act()
                place.store.create = create_then_act  # type: ignore[method-assign]
            return etag

        place.store.create = create_then_act  # type: ignore[method-assign]
        return place.generation


class TestMoreThanIsRemembered:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
        monkeypatch.setattr(transitions, "MOST_WITHDRAWN", 2)
        monkeypatch.setattr(manifest, "MOST_WITHDRAWN", 2)
        for text in ("One.", "Two.", "Three.", "Four."):
            place.add(text)
        for text in ("One.", "Two.", "Three."):
            place.archive.withdraw(key(text))

    def test_a_generation_from_before_the_forgotten_one_is_not_shown(self, place: Place) -> None:
        """The first of three withdrawals is forgotten: it was in generation 5."""
        assert (snapshot.load(place.store).manifest.floor, place.generation) == (5, 7)
        assert place.archive.withdrawn_since(5) == {key("Two."), key("Three.")}
        assert [hit.quote.text for hit in place.archive.search(as_of=5).hits] == ["Four."]
        with pytest.raises(Expired, match="generation 4 is not kept: too much was withdrawn since"):
            place.archive.withdrawn_since(4)
        with pytest.raises(NotFound, match="generation 4 is not kept: too much"):
            place.archive.at(4).search()

    def test_a_rollback_to_it_must_restore_everything(self, place: Place) -> None:
        with pytest.raises(NotFound, match="`--restore-withdrawn` restores all of it"):
            place.archive.rollback(4)
        place.archive.rollback(4, restore_withdrawn=True)
        assert len(found(place)) == 4

    @pytest.mark.parametrize("generation", [5, 6])
    def test_a_rollback_forgets_the_oldest_too(self, place: Place, generation: int) -> None:
        """The lists of both generations together would be too long, and one item is below the floor of the other."""
        place.archive.withdraw(key("Four."))
        assert place.archive.withdrawn_since(7) == {key("Four.")}
        with pytest.raises(NotFound, match="cannot keep it"):
            place.archive.rollback(generation - 1)
        place.archive.rollback(max(generation, snapshot.load(place.store).manifest.floor))
        manifest = snapshot.load(place.store).manifest
        assert len(manifest.withdrawn) <= 2
        assert found(place) == []
        place.add("Five.")
        assert found(place) == ["Five."]

    def test_several_withdrawals_of_one_commit_are_forgotten_together(self, place: Place) -> None:
        place.archive.add([place.archive.withdrawal(key(text), 1) for text in "ABC"])
        manifest = snapshot.load(place.store).manifest
        assert (manifest.withdrawn, manifest.floor) == ((), 8)  # generation 9 is a merge in passing
