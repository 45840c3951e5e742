"""Tombstones: what the index still knows of a quote that was in it once."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.archive import Archive
from quoth.article import Article
from quoth.errors import NotFound, Removed
from quoth.extraction import extract
from quoth.ingest.indexing import quotes_of
from quoth.quote import Quote
from quoth.storage import snapshot
from quoth.storage.maintenance import compaction
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given, an_article
from tests.support.effort import sampled

DAM, ICE, SEA = "The dam will hold", "The ice is thin", "The sea is calm"


@pytest.fixture
def archive() -> Archive:
    return Archive(MemoryStore(), TestEffects().effects())


def told(*sentences: str, version: int = 1, id: str = "urn:1") -> Article:
    """Return an article of one quote a paragraph."""
    return an_article("\n\n".join(f"“{one},” said Ada Okafor." for one in sentences), id=id, version=version)


def ids(article: Article) -> list[str]:
    return [quote.id for quote in extract(article)]


def end(archive: Archive, quote_id: str) -> tuple[str, int, str | None]:
    with pytest.raises(Removed) as removed:
        archive.get(quote_id)
    return removed.value.reason, removed.value.since, removed.value.successor


def compacted(archive: Archive) -> None:
    """Merge everything, however small."""
    for number in range(compaction.FANOUT):
        archive.add(a_given(f"Number {number}.", id=str(number)))
    archive.compact()
    (entry,) = (entry for entry in snapshot.load(archive.store).manifest.segments if entry.tombstones)
    assert entry.retired == ()


class TestReplaced:
    def test_a_quote_says_since_when_a_newer_version_has_replaced_it(self, archive: Archive) -> None:
        archive.add(told(DAM, ICE))
        gone, stays = ids(told(DAM, ICE))
        archive.add(told(ICE, version=2))
        assert end(archive, gone) == ("replaced", 2, None)
        assert archive.get(stays).article.version == 2

    def test_the_same_words_in_the_new_version_are_its_successor(self, archive: Archive) -> None:
        """Of two quotes with the same words the first is left; the second has another id."""
        archive.add(told(DAM, DAM))
        first, second = ids(told(DAM, DAM))
        archive.add(told(DAM, ICE, version=2))
        assert end(archive, second) == ("replaced", 2, first)

    def test_words_are_the_same_in_other_case_and_punctuation(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.add(told(DAM.upper(), version=2))
        assert end(archive, *ids(told(DAM))) == ("replaced", 2, *ids(told(DAM.upper())))

    def test_the_same_words_in_another_article_are_not(self, archive: Archive) -> None:
        archive.add([told(DAM), told(DAM, id="urn:2")])
        archive.add(told(ICE, version=2))
        assert end(archive, *ids(told(DAM))) == ("replaced", 2, None)

    def test_of_several_with_the_same_words_the_first_is_its_successor(self, archive: Archive) -> None:
        archive.add(told(DAM))
        newer = told(DAM.upper(), DAM.upper(), version=2)
        archive.add(newer)
        assert end(archive, *ids(told(DAM))) == ("replaced", 2, ids(newer)[0])

    def test_the_successor_is_that_of_the_newest_version(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.add(told(ICE, version=2))
        archive.add(told(DAM.upper(), version=3))
        _, _, successor = end(archive, *ids(told(DAM)))
        assert successor == ids(told(DAM.upper()))[0]

    def test_it_is_still_known_after_a_merge(self, archive: Archive) -> None:
        archive.add(told(DAM, ICE))
        archive.add(told(DAM.upper(), version=2))
        before = [end(archive, quote_id) for quote_id in ids(told(DAM, ICE))]
        compacted(archive)
        assert [end(archive, quote_id) for quote_id in ids(told(DAM, ICE))] == before
        compacted(archive)
        assert [end(archive, quote_id) for quote_id in ids(told(DAM, ICE))] == before

    def test_a_quote_that_comes_back_is_there(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.add(told(ICE, version=2))
        compacted(archive)
        archive.add(told(DAM, version=3))
        assert archive.get(*ids(told(DAM))).article.version == 3

    def test_a_quote_of_a_version_that_came_too_late_was_never_there(self, archive: Archive) -> None:
        archive.add(told(ICE, version=2))
        archive.add([told(DAM), told(SEA, id="urn:2")])
        for _ in range(2):
            with pytest.raises(NotFound, match="no quote has the id"):
                archive.get(*ids(told(DAM)))
            archive.add(a_given("Another.", id="another"))
            archive.compact()


class TestWithdrawn:
    def test_a_quote_says_since_when_it_is_withdrawn(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.withdraw("urn:1")
        assert end(archive, *ids(told(DAM))) == ("withdrawn", 2, None)
        compacted(archive)
        assert end(archive, *ids(told(DAM))) == ("withdrawn", 2, None)

    def test_a_ready_made_quote_does_as_well(self, archive: Archive) -> None:
        archive.add(a_given("I did.", id="one"))
        (hit,) = archive.search("did").hits
        archive.withdraw(hit.quote.id)
        assert end(archive, hit.quote.id) == ("withdrawn", 2, None)

    def test_what_both_versions_had_ended_with_the_later_one(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.add(told(DAM, ICE, version=2))
        archive.withdraw("urn:1")
        since = archive.edition().generation
        assert [end(archive, quote_id)[:2] for quote_id in ids(told(DAM, ICE))] == [("withdrawn", since)] * 2
        compacted(archive)
        assert [end(archive, quote_id)[:2] for quote_id in ids(told(DAM, ICE))] == [("withdrawn", since)] * 2

    def test_a_version_after_the_withdrawal_may_have_a_successor(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.withdraw("urn:1")
        archive.add(told(DAM.upper(), version=2))
        assert end(archive, *ids(told(DAM))) == ("withdrawn", 2, *ids(told(DAM.upper())))

    def test_a_past_generation_says_so_too(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.withdraw("urn:1")
        with pytest.raises(Removed) as removed:
            archive.at(1).get(*ids(told(DAM)))
        assert (removed.value.reason, removed.value.since) == ("withdrawn", 2)


class TestCorrected:
    """The first version is withdrawn and a second one published, in any order and in any commits."""

    @pytest.mark.parametrize("order", ["withdrawn first", "corrected first", "together", "together, corrected first"])
    def test_the_first_version_is_shown_nowhere(self, archive: Archive, order: str) -> None:
        archive.add(told(DAM))
        withdrawal, correction = archive.withdrawal("urn:1", 1), told(ICE, version=2)
        items = [correction, withdrawal] if "corrected first" in order else [withdrawal, correction]
        for batch in [items] if "together" in order else [[item] for item in items]:
            archive.add(batch)
        assert [hit.quote.text for hit in archive.search().hits] == [f"{ICE},"]
        assert archive.search(as_of=1).hits == ()
        archive.rollback(1)
        assert archive.search().hits == ()
        assert archive.add(withdrawal).outcomes[0].verdict in ("unchanged", "superseded")

    def test_a_withdrawal_that_changes_nothing_makes_no_generation(self, archive: Archive) -> None:
        archive.add(told(DAM))
        archive.add(told(ICE, version=2))
        archive.withdraw("urn:1", 1)
        generation = archive.edition().generation
        archive.withdraw("urn:1", 1)
        assert archive.edition().generation == generation


def test_no_file_of_the_index_has_a_word_of_it_after_a_merge(archive: Archive) -> None:
    archive.add([told("Zanzibar is mine"), told(DAM, id="urn:2")])
    archive.withdraw("urn:1")
    compacted(archive)
    archive.compact()
    named = {f"segments/{entry.id}" for entry in snapshot.load(archive.store).manifest.segments}
    assert named
    for key in (*named, snapshot.KEY):
        assert b"zanzibar" not in archive.store.get(key).data.lower()
    tables = json.loads(archive.store.get(snapshot.KEY).data)["manifest"]["segments"]
    assert any("tombstones.id" in entry["table"]["sections"] for entry in tables)


sentences = st.lists(st.sampled_from([DAM, DAM.upper(), ICE, SEA]), max_size=3)
steps_of_two = st.one_of(st.none(), st.tuples(st.sampled_from(["urn:1", "urn:2"]), sentences))
Step = tuple[str, list[str]] | None


@sampled(40)
@given(st.lists(st.one_of(st.none(), st.tuples(st.sampled_from(["urn:1", "urn:2"]), sentences)), max_size=8))
def test_every_quote_that_was_there_is_there_or_says_how_it_ended(
    steps: Sequence[tuple[str, list[str]] | None],
) -> None:
    """Each step publishes the next version of an article, without a quote if it has no sentence, or compacts."""
    archive = Archive(MemoryStore(), TestEffects().effects())
    there: dict[str, dict[str, Quote]] = {}
    ended: dict[str, int] = {}
    for version, step in enumerate(steps, 1):
        if step is None:
            archive.compact()
            continue
        name, some = step
        article = told(*some, version=version, id=name) if some else an_article("Nothing.", id=name, version=version)
        report = archive.add(article)
        now = {quote.id: quote for quote in quotes_of(article)}
        ended |= dict.fromkeys(there.get(name, {}).keys() - now.keys(), report.generation)
        there[name] = now
        for quote_id in now:
            ended.pop(quote_id, None)
    for quote in (quote for quotes in there.values() for quote in quotes.values()):
        assert archive.get(quote.id) == quote
    for quote_id, since in ended.items():
        assert end(archive, quote_id)[:2] == ("replaced", since)
