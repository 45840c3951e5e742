"""Tags: a generation stays for a publication, whatever is collected, until it is untagged or erased."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from quoth.article import Article
from quoth.engine import segment
from quoth.errors import BadQuery, Conflict, Damaged, Gone, NotFound, QuothError, Unavailable
from quoth.ingest import indexing
from quoth.quote import GivenQuote
from quoth.storage import history, snapshot
from quoth.storage import manifest as manifests
from quoth.storage.commit import WRITER_LIFE, LedgerCache
from quoth.storage.history import DAY
from quoth.storage.maintenance import compaction, tags
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, GRACE, collect
from quoth.storage.maintenance.restore import restore
from quoth.storage.maintenance.rollback import rollback
from quoth.storage.stores.memory import MemoryStore
from quoth.withdrawal import Withdrawal
from tests.storage.maintenance.place import Place
from tests.support.builders import a_given, an_article


@pytest.fixture
def place() -> Place:
    return Place()


def tag(place: Place, generation: int, name: str = "paper", **how: float) -> history.Tag:
    return tags.tag(place.store, generation, name, place.effects.effects(), **how)


def unfinished(place: Place, generation: int) -> str:
    """Leave a tag as a process does that ends before its second look."""
    manifest = history.find_generation(place.store, generation)
    return place.store.create("tags/paper", history.unfinished(manifest, "nonce"))


def withdraw(place: Place, text: str) -> None:
    withdrawal = Withdrawal(indexing.record_of(given(text)).key, 1)
    index(place, withdrawal)


def index(place: Place, *items: Article | Withdrawal) -> None:
    indexing.index(place.store, items, LedgerCache(place.store), place.effects.effects())


def given(text: str) -> GivenQuote:
    return a_given(text, url=f"https://e.org/{text.replace(' ', '-')}")


def is_whole(place: Place, name: str = "paper") -> bool:
    manifest = history.find_tag(place.store, name).manifest
    assert manifest is not None
    return {f"segments/{one.id}" for one in manifest.segments} <= set(place.keys("segments/"))


def merged(place: Place) -> int:
    """Eight segments, and then one: only generations up to the eighth need the eight files."""
    for number in range(8):
        place.add(f"Number {number}.")
    place.compact()
    return place.generation


class TestTag:
    @pytest.mark.parametrize("generation", [3, 9])
    def test_keeps_a_past_or_the_newest_generation_for_ever(self, place: Place, generation: int) -> None:
        merged(place)
        made = tag(place, generation)
        assert (made.name, made.generation) == ("paper", generation)
        assert [one.tagged for one in history.tags(place.store)] == [place.now]
        for number in range(9, 20):
            place.add(f"Number {number}.")
        place.compact()
        place.wait(1000 * DAY)
        found = place.collect()
        assert generation in found.generations
        assert place.keys("history/") == []
        assert is_whole(place)
        assert place.archive.at(generation).stats().quotes == min(generation, 8)

    def test_without_it_the_generation_goes(self, place: Place) -> None:
        merged(place)
        tag(place, 3)
        tag(place, 9, "newest")
        tags.untag(place.store, "paper")
        place.wait(1000 * DAY)
        place.collect()
        assert len(place.keys("segments/")) == 1
        with pytest.raises(NotFound, match="generation 3 is not kept"):
            history.find_generation(place.store, 3)
        with pytest.raises(NotFound, match="no generation has the tag 'paper'"):
            tags.untag(place.store, "paper")

    def test_is_made_once(self, place: Place) -> None:
        merged(place)
        assert tag(place, 3).etag == tag(place, 3).etag
        with pytest.raises(Conflict, match="paper is the tag of generation 3; `quoth untag paper` frees the name"):
            tag(place, 4)

    @pytest.mark.parametrize("name", ["", "42", "Paper", ".paper", "a/b", "a" * 64, "a b", "1.0"])
    def test_has_a_name_that_is_no_number(self, place: Place, name: str) -> None:
        place.add("One.")
        with pytest.raises(BadQuery, match=r"^name: must be up to 63 small letters"):
            tag(place, 1, name)
        with pytest.raises(NotFound):
            tags.untag(place.store, name)
        with pytest.raises(NotFound):
            history.find_tag(place.store, name)

    def test_of_another_name_is_not_found_by_its_beginning(self, place: Place) -> None:
        place.add("One.")
        tag(place, 1, "paper-2")
        with pytest.raises(NotFound):
            history.find_tag(place.store, "paper")
        assert [one.name for one in history.tags(place.store)] == ["paper-2"]

    def test_is_one_of_a_limited_number(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tags, "MOST", 2)
        place.add("One.")
        tag(place, 1, "a")
        tag(place, 1, "b")
        with pytest.raises(BadQuery, match="is one too many: 2 tags are the limit"):
            tag(place, 1, "c")
        assert tag(place, 1, "b").name == "b"

    @pytest.mark.parametrize(("generation", "why"), [(0, "the archive is empty"), (7, "generation 7 is not kept")])
    def test_of_a_generation_that_is_not_there_is_refused(self, place: Place, generation: int, why: str) -> None:
        with pytest.raises(NotFound, match=why):
            tag(place, generation)

    def test_of_a_generation_about_to_be_collected_is_refused(self, place: Place) -> None:
        merged(place)
        place.wait(7 * DAY - WRITER_LIFE)
        assert history.find_generation(place.store, 8).generation == 8
        with pytest.raises(NotFound, match="generation 8 is not kept"):
            tag(place, 8)
        assert tag(place, 8, days=30).generation == 8

    def test_that_took_too_long_is_never_finished(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.add("One.")
        create = place.store.create

        def slow(key: str, data: bytes) -> str:
            place.effects.clock += WRITER_LIFE + 1
            return create(key, data)

        monkeypatch.setattr(place.store, "create", slow)
        with pytest.raises(Unavailable, match="the tag took longer than 900 seconds"):
            tag(place, 1)
        with pytest.raises(NotFound, match="the tag paper is not finished; `quoth tag 1 paper` finishes it"):
            history.find_tag(place.store, "paper")
        monkeypatch.undo()
        assert tag(place, 1) == history.find_tag(place.store, "paper")

    def test_whose_process_has_ended_is_no_promise_and_can_be_made_again(self, place: Place) -> None:
        merged(place)
        unfinished(place, 3)
        assert [one.is_unfinished for one in history.tags(place.store)] == [True]
        assert tags.holding(place.store, indexing.record_of(given("Number 1.")).key, 1) == []
        assert place.archive.scrub().findings == ()
        place.wait(GRACE - 1)
        assert 3 in place.collect().generations
        place.wait(1000 * DAY)
        place.collect()
        assert len(place.keys("segments/")) == 1
        with pytest.raises(NotFound, match="generation 3 is not kept"):
            tag(place, 3)
        assert tag(place, 9).generation == 9
        assert is_whole(place)

    def test_whose_response_is_lost_is_looked_at_a_second_time(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The client asks again after a lost response, and S3 says that the tag is there already."""
        place.add("One.")
        create = place.store.create

        def lost(key: str, data: bytes) -> str:
            create(key, data)
            monkeypatch.setattr(place.store, "create", create)
            if withdrawn:
                withdraw(place, "One.")
            raise Conflict("it exists already")

        for withdrawn in (False, True):
            monkeypatch.setattr(place.store, "create", lost)
            if withdrawn:
                with pytest.raises(Conflict, match="generation 1 has words of what was withdrawn"):
                    tag(place, 1)
            else:
                assert tag(place, 1) == history.find_tag(place.store, "paper")
                tags.untag(place.store, "paper")

    def test_of_two_who_choose_one_name_at_once_one_gets_it(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        merged(place)
        create = place.store.create

        def raced(key: str, data: bytes) -> str:
            monkeypatch.setattr(place.store, "create", create)
            tag(place, 4)
            return create(key, data)

        monkeypatch.setattr(place.store, "create", raced)
        with pytest.raises(Conflict, match="paper is the tag of generation 4"):
            tag(place, 3)

    def test_that_cannot_be_read_stops_the_collector(self, place: Place) -> None:
        """Nobody knows which segments it needs."""
        merged(place)
        place.wait(1000 * DAY)
        for data in (b"{}", b'{"broken":[1', b'{"broken":3}', b"\xff"):
            place.store.create("tags/paper", data)
            with pytest.raises(Damaged, match=r"tags/paper cannot be read: .*`quoth untag paper` deletes it"):
                place.collect()
            tags.untag(place.store, "paper")
        assert place.collect().is_complete

    def test_that_is_deleted_while_they_are_read_is_none(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.add("One.")
        tag(place, 1)
        get = place.store.get

        def late(key: str) -> Any:
            if key.startswith("tags/"):
                place.store.delete(key)
            return get(key)

        monkeypatch.setattr(place.store, "get", late)
        assert history.tags(place.store) == []

    def test_stays_in_a_rollback_and_a_restore(self, place: Place) -> None:
        merged(place)
        tag(place, 3)
        rollback(place.store, 5, place.effects.effects(), segment.build([]))
        saved = snapshot.load(place.store).manifest
        place.store.delete("manifest.json")
        restore(place.store, saved, place.effects.effects())
        place.wait(1000 * DAY)
        place.collect()
        assert is_whole(place)


class TestErasure:
    def test_breaks_the_tags_that_hold_what_was_withdrawn_and_no_others(self, place: Place) -> None:
        place.add("One.")
        tag(place, 1, "before")
        place.add("Two.")
        tag(place, 2, "both")
        withdraw(place, "Two.")
        key = indexing.record_of(given("Two.")).key
        assert [held.name for held in tags.holding(place.store, key, 1)] == ["both"]
        assert tags.holding(place.store, key, 0) == []
        assert place.archive.at(2).stats().quotes == 1  # it is not shown
        compacted = compaction.compact(place.store, place.effects.effects(), segment.merge, erase=True)
        assert [one.name for one in tags.break_withdrawn(place.store)] == ["both"]
        assert tags.break_withdrawn(place.store) == []
        assert tags.holding(place.store, key, 1) == []
        with pytest.raises(NotFound, match="the tag both of generation 2 is broken: part of what it held was erased"):
            history.find_tag(place.store, "both")
        with pytest.raises(Conflict, match="both is broken; `quoth untag both` frees the name"):
            tag(place, 2, "both")
        told = [(one.name, one.generation, one.manifest is None, one.broken_in) for one in history.tags(place.store)]
        assert told == [("before", 1, False, None), ("both", 2, True, place.generation)]
        assert compacted is None or is_whole(place, "before")

    def test_leaves_nothing_of_it_after_a_collection(self, place: Place) -> None:
        place.add("One.")
        place.add("Two.")
        tag(place, 2)
        withdraw(place, "Two.")
        place.archive.compact(erase=True)
        tags.break_withdrawn(place.store)
        place.wait(1000 * DAY)
        place.collect()
        assert b"Two." not in held(place)
        assert history.tags(place.store)[0].broken_in is not None

    def test_erases_the_words_before_an_edit_too(self, place: Place) -> None:
        """They were replaced, not withdrawn, and the last version of the article may have no words at all."""
        texts = [f"Number {number}." for number in range(9)]
        items = [an_article(body=quoted(text), id=text) for text in ("Poison.", *texts)]
        index(place, *items)
        index(place, an_article(body="We say nothing.", id="Poison.", version=2))
        tag(place, 2)
        index(place, Withdrawal(items[0].key, 2))
        assert b"Poison" in held(place)
        with pytest.raises(Conflict, match="generation 3 has words of what was withdrawn"):
            tag(place, 3, "after")
        place.archive.compact(erase=True)
        assert [one.broken_in for one in history.tags(place.store)] == [place.generation]
        place.wait(1000 * DAY)
        place.collect()
        assert b"Poison" not in held(place)
        assert b"Number" in held(place)

    def test_of_more_than_is_remembered_breaks_older_tags(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("quoth.storage.transitions.MOST_WITHDRAWN", 1)
        for text in ("One.", "Two.", "Three."):
            place.add(text)
        tag(place, 3)
        withdraw(place, "One.")
        withdraw(place, "Two.")
        assert [one.name for one in tags.break_withdrawn(place.store)] == ["paper"]

    def test_comes_before_a_tag(self, place: Place) -> None:
        """A tag that holds withdrawn words from the beginning would be broken without a reason that its owner knows."""
        place.add("One.")
        place.add("Two.")
        withdraw(place, "Two.")
        for generation in (2, 3):
            with pytest.raises(
                Conflict, match=f"generation {generation} has words of what was withdrawn; run `quoth co"
            ):
                tag(place, generation)
        place.archive.compact(erase=True)
        assert tag(place, place.generation).manifest is not None

    def test_that_a_tag_has_missed_is_seen_by_its_second_look(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place.add("One.")
        place.add("Two.")
        create = place.store.create

        def raced(key: str, data: bytes) -> str:
            monkeypatch.setattr(place.store, "create", create)
            withdraw(place, "Two.")
            place.archive.compact(erase=True)
            return create(key, data)

        monkeypatch.setattr(place.store, "create", raced)
        with pytest.raises(Conflict, match="generation 2 has words of what was withdrawn"):
            tag(place, 2)
        assert [one.is_unfinished for one in history.tags(place.store)] == [True]

    def test_breaks_a_tag_that_is_finished_meanwhile(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.add("One.")
        etag = unfinished(place, 1)
        withdraw(place, "One.")
        replace, manifest = place.store.replace, history.tags(place.store)[0].manifest
        assert manifest is not None

        def raced(key: str, data: bytes, held: str) -> str:
            monkeypatch.setattr(place.store, "replace", replace)
            replace("tags/paper", manifests.to_bytes(manifest), etag)
            return replace(key, data, held)

        monkeypatch.setattr(place.store, "replace", raced)
        assert [one.name for one in tags.break_withdrawn(place.store)] == ["paper"]
        assert history.tags(place.store)[0].broken_in == place.generation

    def test_breaks_an_unfinished_tag_whose_segments_are_collected(self, place: Place) -> None:
        merged(place)
        unfinished(place, 3)
        withdraw(place, "Number 1.")
        place.wait(1000 * DAY)
        place.collect()
        assert [one.name for one in tags.break_withdrawn(place.store)] == ["paper"]

    def test_of_two_at_once_breaks_a_tag_once(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.add("One.")
        tag(place, 1)
        withdraw(place, "One.")
        replace = place.store.replace

        def raced(key: str, data: bytes, etag: str) -> str:
            monkeypatch.setattr(place.store, "replace", replace)
            tags.untag(place.store, "paper")
            raise Conflict("it has been deleted")

        monkeypatch.setattr(place.store, "replace", raced)
        assert tags.break_withdrawn(place.store) == []
        assert place.keys("tags/") == []


def held(place: Place) -> bytes:
    """Return the bytes of all segments."""
    return b"".join(place.store.get(key).data for key in place.keys("segments/"))


def quoted(text: str) -> str:
    return f"“{text}” said Ada Lovelace."


class Paused:
    """A store whose process waits before each of its operations, until the test lets it go on."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        if not callable(operation):
            return operation

        def after_a_pause(*given: Any, **named: Any) -> Any:
            getcurrent().parent.switch()
            return operation(*given, **named)

        return after_a_pause


def process(place: Place, run: Callable[[Any], object]) -> greenlet:
    def until_the_end() -> None:
        with suppress(QuothError):  # it is refused
            run(Paused(place.store))

    return greenlet(until_the_end)


class TestRaces:
    """A collector and the making of a tag, in every order of their operations that one interruption of each makes."""

    @pytest.mark.parametrize("waits", [(0.0, 0.0), (WRITER_LIFE, COLLECTOR_LIFE - 1)])
    @pytest.mark.parametrize("age", [0.0, 7 * DAY - WRITER_LIFE - COLLECTOR_LIFE - 1, 7 * DAY - 60])
    def test_a_tag_that_is_made_has_all_its_segments(self, age: float, waits: tuple[float, float]) -> None:
        """The newest generation is replaced meanwhile; the second age is the last in which a past one may be tagged."""
        built = Place()
        for number in range(3):
            built.add(f"Number {number}.")
        if age:
            replaced(built)
            built.wait(age)
        tagged = 0
        for first, second in itertools.product(range(9), range(12)):
            place = copied(built)
            tagger = process(place, partial(tags.tag, generation=3, name="paper", effects=place.effects.effects()))
            collector = process(place, partial(collect, effects=place.effects.effects()))
            go(tagger, first)
            if not age:
                replaced(place, times=2)
                passes(place, GRACE - WRITER_LIFE - COLLECTOR_LIFE)
            passes(place, waits[0] / 2)
            go(collector, second)
            passes(place, waits[0] / 2)
            go(tagger)
            passes(place, waits[1])
            go(collector)
            place.wait(30 * DAY)
            place.collect()
            if any(not one.is_unfinished for one in history.tags(place.store)):
                tagged += 1
                assert is_whole(place), (first, second)
        assert (tagged > 20) == (age < 7 * DAY - 60)


def replaced(place: Place, times: int = 1) -> None:
    """Replace the newest generation by one without two of its segments.

    Twice: of an hour only the last copy is kept when it is old.
    """
    for _ in range(times):
        rollback(place.store, 1, place.effects.effects(), segment.build([]))


def copied(built: Place) -> Place:
    """Return a place with the same objects, as old as they are."""
    place = Place()
    place.now, place.effects.names = built.now, itertools.count(1000)
    place.store.objects.update(built.store.objects)
    place.store._modified.update(built.store._modified)
    return place


def go(running: greenlet, steps: int = 1000) -> None:
    """Let a process go on until it has ended, or waits before its next operation but so many."""
    for _ in range(steps):
        if not running.dead:
            running.switch()


def passes(place: Place, seconds: float) -> None:
    """Let time pass, by the clock of the store and by that of the processes."""
    place.wait(seconds)
    place.effects.clock += seconds


def test_a_reader_of_a_tag_whose_segments_are_lost_says_so(place: Place) -> None:
    merged(place)
    tag(place, 3)
    place.wait(1000 * DAY)
    place.collect()
    manifest = history.find_tag(place.store, "paper").manifest
    assert manifest is not None
    place.store.delete(f"segments/{manifest.segments[0].id}")
    with pytest.raises(Gone):
        place.archive.at(3).stats()
