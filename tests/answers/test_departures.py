"""Quotes that a search had lately and has no longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quoth import departures
from quoth.archive import Archive
from quoth.engine.query.request import Request
from quoth.errors import Removed
from quoth.storage.history import DAY, HOUR, ManifestCopy
from quoth.storage.manifest import Manifest, WithdrawnItem
from quoth.storage.stores.directory import DirectoryStore
from tests.support.builders import a_given, a_segment, an_article

NEWEST = Request(sort="newest", limit=50)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(DirectoryStore(tmp_path))


def texts(archive: Archive) -> dict[str, str]:
    return {hit.quote.text: hit.quote.id for hit in archive.answer(NEWEST).hits}


def departed(archive: Archive, request: Request = NEWEST) -> set[tuple[str, str]]:
    present = {hit.quote.id for hit in archive.answer(request).hits}
    return {(one.quote_id, one.reason) for one in archive.departures(request, present)}


def test_nothing_departs_from_an_archive_that_only_grows(archive: Archive) -> None:
    assert departed(archive) == set()
    archive.add(an_article(id="urn:1"))
    archive.add(a_given())
    assert departed(archive) == set()


def test_a_withdrawn_quote_departs(archive: Archive) -> None:
    archive.add([an_article(id="urn:1"), a_given()])
    before = texts(archive)
    archive.withdraw("urn:1")
    (one,) = archive.departures(NEWEST, ())
    assert (one.quote_id, one.reason, one.since, one.successor) == (before["The dam will hold,"], "withdrawn", 2, None)
    assert one.seen > 0


def test_a_quote_departs_that_a_newer_version_has_not(archive: Archive) -> None:
    archive.add(an_article("“The dam will hold,” said Ada Okafor. “It is new.”", id="urn:1", version=1))
    before = texts(archive)
    archive.add(an_article("“The dam will not hold,” said Ada Okafor. “It is new.”", id="urn:1", version=2))
    assert departed(archive) == {(before["The dam will hold,"], "replaced")}
    assert before["It is new."] == texts(archive)["It is new."]


def test_a_quote_that_came_back_does_not_depart(archive: Archive) -> None:
    archive.add(an_article(id="urn:1", version=1))
    archive.withdraw("urn:1")
    archive.add(an_article(id="urn:1", version=2))
    assert departed(archive) == set()


def test_a_quote_that_a_search_never_had_does_not_depart_from_it(archive: Archive) -> None:
    archive.add([an_article(id="urn:1"), a_given(publisher="Gazette", id="urn:2")])
    archive.withdraw("urn:1")
    assert departed(archive, Request(publisher="Gazette", sort="newest")) == set()
    assert len(departed(archive, Request(speaker="Okafor", sort="newest"))) == 1


def test_what_was_merged_away_still_departs(archive: Archive) -> None:
    """A merge drops the quotes; the past generation has them, and their tombstone says that they ended."""
    for number in range(12):
        archive.add(an_article(f"“The dam {number} will hold,” said Ada Okafor.", id=f"urn:{number}"))
    before = texts(archive)
    archive.withdraw("urn:3")
    archive.compact(erase=True)
    assert departed(archive) == {(before["The dam 3 will hold,"], "withdrawn")}


def test_a_generation_that_is_gone_is_left_out(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.add(an_article(id="urn:1"))
    archive.withdraw("urn:1")
    for entry in list(archive.store.list("history/").entries):
        archive.store.delete(entry.key)
    assert departed(archive) == set()


def test_the_words_of_a_withdrawn_quote_are_told_by_nothing(archive: Archive) -> None:
    archive.add(an_article(id="urn:1"))
    archive.withdraw("urn:1")
    (one,) = archive.departures(NEWEST, ())
    assert "dam" not in str(one)
    with pytest.raises(Removed):
        archive.get(one.quote_id)


# --------------------------------------------------------------------------------------------- which copies are asked


def a_copy(generation: int, age: float) -> ManifestCopy:
    return ManifestCopy(f"history/{generation:012}-x", generation, 10 * DAY - age, 1)


def a_manifest(*, replaced: tuple[int, ...] = (), withdrawn: tuple[int, ...] = ()) -> Manifest:
    segment = a_segment(records=9, retired=tuple(range(len(replaced))), retired_since=replaced)
    items = tuple(WithdrawnItem(f"a_{since}", 1, since) for since in withdrawn)
    return Manifest(100, "n", (segment,), items)


def generations(manifest: Manifest, *copies: ManifestCopy) -> list[int]:
    return [copy.generation for copy in departures.asked(manifest, copies)]


AGED = (a_copy(10, 2 * DAY), a_copy(40, DAY), a_copy(70, HOUR), a_copy(90, 60), a_copy(99, 0))


@pytest.mark.parametrize(
    "removals", [{"replaced": (95,)}, {"withdrawn": (95,)}, {"replaced": (50, 95), "withdrawn": (3,)}]
)
def test_the_last_copy_before_the_latest_removal_is_asked_and_one_of_each_age(removals: dict[str, Any]) -> None:
    assert generations(a_manifest(**removals), *AGED) == [90, 70, 40]


def test_without_a_removal_the_ages_are_asked() -> None:
    """The manifest forgets removals that a merge has completed."""
    assert generations(a_manifest(), *AGED) == [70, 40]


def test_the_oldest_copy_stands_for_an_age_that_no_copy_has() -> None:
    assert generations(a_manifest(), a_copy(90, 60), a_copy(99, 0)) == [90]
    assert generations(a_manifest()) == []


def test_past_generations_are_asked_only_while_an_answer_has_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them is a search, and a feed is one answer."""
    archive.add(an_article(id="urn:1"))
    archive.withdraw("urn:1")
    with archive.bounded():
        assert archive.departures(NEWEST, set())
    monkeypatch.setattr("quoth.engine.searcher.SECONDS", -1.0)
    with archive.bounded():
        assert archive.departures(NEWEST, set()) == []
