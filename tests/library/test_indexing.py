"""Indexing: it is idempotent, upserts by version, and rejects contradictions."""

from __future__ import annotations

import itertools
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from quoth.archive import Archive
from quoth.errors import BadInput, Damaged, StaleVersion
from quoth.ingest import originals
from quoth.quote import GivenQuote
from quoth.storage.stores.directory import DirectoryStore
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given, an_article, day


def texts(archive: Archive, q: str | None = None) -> set[str]:
    return {hit.quote.text for hit in archive.search(q, limit=100).hits}


def verdicts(archive: Archive, *items: originals.Item) -> list[str]:
    return [outcome.verdict for outcome in archive.add(items).outcomes]


class TestArticles:
    OLD = an_article("“The dam will hold,” said Ada Okafor.", id="urn:1")
    OTHER = an_article("“The dam may break,” said Ada Okafor.", id="urn:1")
    NEW = an_article("“The dam has burst,” said Ada Okafor.", id="urn:1", version=2)
    TAKEN_BACK = an_article("“The dam has burst,” said Ada Okafor.", id="urn:1", version=3, pub_status="canceled")

    def test_indexing_the_same_article_twice_changes_nothing(self, archive: Archive) -> None:
        assert verdicts(archive, self.OLD) == ["added"]
        before = dict(archive.store.objects) if isinstance(archive.store, MemoryStore) else {}
        assert verdicts(archive, self.OLD) == ["unchanged"]
        assert isinstance(archive.store, MemoryStore)
        assert archive.store.objects == before

    def test_a_higher_version_replaces_every_quote_of_the_older_one(self, archive: Archive) -> None:
        archive.add(self.OLD)
        assert verdicts(archive, self.NEW) == ["replaced"]
        assert texts(archive) == {"The dam has burst,"}

    def test_a_late_older_version_does_not_come_back(self, archive: Archive) -> None:
        archive.add(self.NEW)
        assert verdicts(archive, self.OLD) == ["superseded"]
        assert texts(archive) == {"The dam has burst,"}

    def test_the_same_version_with_another_body_is_refused_with_what_to_do(self, archive: Archive) -> None:
        archive.add(self.OLD)
        report = archive.add(self.OTHER)
        with pytest.raises(StaleVersion, match="raise the version"):
            report.raise_for_refused()
        assert texts(archive) == {"The dam will hold,"}

    def test_an_article_that_is_taken_back_has_no_quotes_and_stays_so(self, archive: Archive) -> None:
        archive.add(self.NEW)
        assert verdicts(archive, self.TAKEN_BACK) == ["replaced"]
        assert verdicts(archive, self.NEW) == ["superseded"]
        assert texts(archive) == set()

    def test_a_canceled_copy_of_a_withdrawn_article_is_no_clash(self, archive: Archive) -> None:
        """Both withdraw one version, but only the copy has a body."""
        archive.withdraw("urn:1", version=3)
        assert verdicts(archive, self.TAKEN_BACK) == ["unchanged"]

    def test_a_withdrawal_of_a_canceled_article_is_no_clash(self, archive: Archive) -> None:
        archive.add(self.TAKEN_BACK)
        assert archive.withdraw("urn:1").verdict == "unchanged"

    @pytest.mark.parametrize("order", list(itertools.permutations([OLD, NEW, TAKEN_BACK])))
    def test_any_order_gives_the_same_result(self, archive: Archive, order: tuple[originals.Item, ...]) -> None:
        for article in order:
            archive.add(article)
        assert texts(archive) == set()

    @pytest.mark.parametrize("order", list(itertools.permutations([OLD, OLD, NEW])))
    def test_a_batch_equals_single_additions(self, archive: Archive, order: tuple[originals.Item, ...]) -> None:
        archive.add(order)
        assert texts(archive) == {"The dam has burst,"}
        assert archive.stats().quotes == 1

    def test_of_two_bodies_of_one_version_the_first_enters(self, archive: Archive) -> None:
        assert verdicts(archive, self.OLD, self.OTHER) == ["added", "clash"]
        assert texts(archive) == {"The dam will hold,"}

    def test_an_article_without_quotes_is_remembered(self, archive: Archive) -> None:
        silent = an_article("Nobody spoke.", id="urn:2")
        assert verdicts(archive, silent) == ["added"]
        assert verdicts(archive, silent) == ["unchanged"]
        assert verdicts(archive, an_article("“Hello,” said Ada Okafor.", id="urn:2")) == ["clash"]

    def test_an_article_is_kept_as_it_came(self, archive: Archive) -> None:
        (key,) = originals.keep(archive.store, [self.OLD])
        assert originals.load(archive.store, key) == [self.OLD]
        assert "urn" not in key

    def test_progress_is_reported_once_per_item(self, archive: Archive) -> None:
        steps: list[None] = []
        archive.add([self.OLD, self.NEW, an_article("Nobody spoke.")], lambda: steps.append(None))
        assert len(steps) == 3


class TestStatements:
    """Statements in the reporter's words are added and withdrawn with the quotes of their article."""

    ARTICLE = an_article("“The dam will hold,” said Ada Okafor.\n\nBo Lind said that the river will rise.", id="urn:1")

    def found(self, archive: Archive, type: str | None = None) -> list[tuple[str, str | None]]:
        hits = archive.search(type=type).hits
        return [(hit.quote.text, hit.quote.speaker and hit.quote.speaker.name) for hit in hits]

    def test_a_statement_is_indexed_and_matches_only_on_request(self, archive: Archive) -> None:
        (outcome,) = archive.add(self.ARTICLE).outcomes
        assert (outcome.quotes, archive.stats().types) == (2, (("direct", 1), ("indirect", 1)))
        assert self.found(archive) == [("The dam will hold,", "Ada Okafor")]
        assert self.found(archive, "indirect") == [("the river will rise", "Bo Lind")]

    def test_a_statement_is_withdrawn_with_its_article(self, archive: Archive) -> None:
        archive.add(self.ARTICLE)
        archive.withdraw("urn:1")
        assert self.found(archive, "direct,partial,indirect") == []

    def test_a_merge_keeps_a_statement(self, archive: Archive) -> None:
        archive.add(self.ARTICLE)
        archive.add(an_article("“Yes,” said Bo Lind.", id="urn:2"))
        archive.compact()
        assert len(self.found(archive)) == 2
        assert len(self.found(archive, "indirect")) == 1


class TestReadyMadeQuotes:
    def test_a_given_quote_is_found_unchanged(self, archive: Archive) -> None:
        given = a_given(
            "We are not for sale.",
            "Grace Mbeki",
            url="https://example.org/1",
            publisher="The Daily Example",
            published=day(2024, 5, 6),
            language="en",
            context="Asked again, she said: “We are not for sale.” Then she left.",
        )
        archive.add(given)
        (hit,) = archive.search("sale", speaker="mbeki").hits
        quote = hit.quote
        assert (quote.text, quote.type, quote.speaker and quote.speaker.name) == (given.text, "direct", given.speaker)
        assert (quote.attribution.status, quote.attribution.confidence) == ("given", None)
        assert (quote.article.url, quote.article.publisher) == (given.url, given.publisher)
        assert (quote.article.published, quote.article.language) == (given.published, "en")
        assert quote.selector.prefix.endswith("she said: “")
        assert quote.selector.suffix.startswith("” Then")
        assert (quote.selector.start, quote.article.sha256) == (None, None)

    def test_the_same_again_changes_nothing(self, archive: Archive) -> None:
        assert verdicts(archive, a_given(), a_given()) == ["added", "unchanged"]
        assert verdicts(archive, a_given()) == ["unchanged"]
        assert archive.stats().quotes == 1

    def test_two_papers_may_quote_the_same_without_an_address(self, archive: Archive) -> None:
        quotes = [a_given("No comment.", publisher=name) for name in ("The Daily", "The Weekly")]
        dates = [a_given("No comment.", published=day(year)) for year in (2024, 2025)]
        assert verdicts(archive, *quotes, *dates) == ["added"] * 4

    def test_two_people_may_say_the_same_in_one_article(self, archive: Archive) -> None:
        url = "https://example.org/1"
        assert (
            verdicts(archive, a_given("No.", "Ada Okafor", url=url), a_given("No.", "Bo Lind", url=url))
            == ["added"] * 2
        )

    def test_a_quote_with_an_id_is_replaced_by_a_higher_version(self, archive: Archive) -> None:
        archive.add(a_given("No.", "Ada Okafor", id="7"))
        assert verdicts(archive, a_given("No.", "Bo Lind", id="7")) == ["clash"]
        assert verdicts(archive, a_given("No.", "Bo Lind", id="7", version=2)) == ["replaced"]
        (hit,) = archive.search("no").hits
        assert hit.quote.speaker is not None
        assert hit.quote.speaker.name == "Bo Lind"

    def test_a_denial_is_found_without_a_speaker_and_marked(self, archive: Archive) -> None:
        archive.add(a_given("The dam will fall.", None, denied_speaker="Donald Trump", publisher="The Daily"))
        (hit,) = archive.search("dam").hits
        assert (hit.quote.speaker, hit.quote.attribution.status) == (None, "denied")
        assert hit.quote.denied_speaker
        assert (hit.quote.denied_speaker.id, hit.quote.denied_speaker.as_written) == ("donald-trump", "Donald Trump")
        assert hit.quote.attribution.why == "the import says that Donald Trump did not say this"

    def test_a_speaker_has_no_part_in_what_is_denied(self, archive: Archive) -> None:
        said, denied = "The dam will hold.", "The dam will fall."
        archive.add([a_given(said, "Donald Trump"), a_given(denied, None, denied_speaker="Donald Trump")])
        archive.add(a_given("No dam.", None, denied_speaker="Bo Lind"))
        page = archive.search("dam", facets=["speaker", "status"])
        assert [(bucket.value, bucket.quotes) for bucket in page.facets["speaker"]] == [("donald-trump", 1)]
        assert [(bucket.value, bucket.quotes) for bucket in page.facets["status"]] == [("denied", 2), ("given", 1)]
        assert texts(archive, 'speaker:"Trump"') == {said}
        assert [(one.id, count) for one, count in archive.speakers().speakers] == [("donald-trump", 1)]
        assert archive.speakers("Lind").total == 0
        assert archive.speaker("donald-trump").quotes == archive.stats().speakers == 1

    @pytest.mark.parametrize("named", ["donald-trump", "Trump", "DONALD TRUMP", "Trumpp"])
    def test_a_denial_is_found_by_whom_it_is_about(self, archive: Archive, named: str) -> None:
        said, denied = "The dam will hold.", "The dam will fall."
        archive.add([a_given(said, "Donald Trump"), a_given("No.", None, denied_speaker="Bo Lind")])
        archive.add(a_given(denied, None, denied_speaker="Donald Trump"))
        archive.add(a_given("Yes.", "Bo Lind"))
        both = archive.search(speaker=named, status=["denied", "given"])
        assert {hit.quote.text for hit in both.hits} == {said, denied}
        assert texts(archive, f'speaker:"{named}" status:denied') == {denied}
        assert texts(archive, f'-speaker:"{named}" status:denied') == {"No."}
        assert texts(archive, f'-speaker:"{named}"') == {"No.", "Yes.", denied}

    def test_a_denial_is_not_the_same_words_attributed(self, archive: Archive) -> None:
        said, denied = a_given("No.", "Bo Lind"), a_given("No.", None, denied_speaker="Bo Lind")
        assert verdicts(archive, said, denied, denied) == ["added", "added", "unchanged"]
        assert verdicts(archive, replace(said, id="7"), replace(denied, id="7")) == ["added", "clash"]
        assert verdicts(archive, replace(denied, id="7", version=2)) == ["replaced"]

    def test_articles_and_quotes_may_come_together(self, archive: Archive) -> None:
        assert verdicts(archive, an_article(), a_given()) == ["added", "added"]
        assert archive.stats().quotes == 2


class TestBatches:
    """A stream of any length is indexed in successive commits."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(originals, "QUOTES_A_COMMIT", 50)
        monkeypatch.setattr(originals, "ARTICLES_A_COMMIT", 5)
        monkeypatch.setattr(originals, "TEXT_A_COMMIT", 10_000)

    @pytest.mark.parametrize(
        ("item", "count", "sizes"),
        [
            (a_given(), 120, [50, 50, 20]),
            (a_given(), 100, [50, 50]),
            (a_given(), 0, []),
            (an_article(), 12, [5, 5, 2]),
            (an_article("x" * 3_000), 6, [4, 2]),
            (a_given("x" * 3_000), 6, [4, 2]),
            (a_given(context="I shall return. " * 200), 6, [4, 2]),
            (a_given("x" * 30_000), 3, [1, 1, 1]),
        ],
    )
    def test_a_commit_is_bounded_by_quotes_by_articles_and_by_text(
        self, item: originals.Item, count: int, sizes: list[int]
    ) -> None:
        assert [len(batch) for batch in originals.batches([item] * count)] == sizes

    def test_an_endless_stream_is_read_no_further_than_a_commit_needs(self) -> None:
        numbers = itertools.count()
        stream = (a_given(f"Number {n}.") for n in numbers)
        first = next(originals.batches(stream))
        assert [item.text for item in first if isinstance(item, GivenQuote)] == [f"Number {n}." for n in range(50)]
        assert next(numbers) == 50

    def test_each_commit_is_one_segment(self, archive: Archive) -> None:
        reports = list(map(archive.add, originals.batches(a_given(f"Number {n}.") for n in range(120))))
        assert [report.generation for report in reports] == [1, 2, 3]
        held = archive.stats()
        assert (held.segments, held.quotes) == (3, 120)

    def test_a_repetition_in_a_later_commit_is_not_there_twice(self, archive: Archive) -> None:
        stream = [a_given(f"Number {n % 60}.") for n in range(120)]
        reports = list(map(archive.add, originals.batches(stream)))
        assert Counter(outcome.verdict for report in reports for outcome in report.outcomes) == {
            "added": 60,
            "unchanged": 60,
        }
        assert archive.stats().quotes == 60

    def test_only_one_commit_of_a_stream_is_in_memory(self, tmp_path: Path) -> None:
        """When the stream yields a new quote, the quotes of the commit before are garbage-collected."""

        class Watched(GivenQuote, frozen=True, weakref=True, gc=True):
            """A quote with support for weak references."""

        alive = weakref.WeakSet[Watched]()
        most = 0

        def stream() -> Iterator[GivenQuote]:
            nonlocal most
            for n in range(300):
                quote = Watched(text=f"Number {n}.", speaker="Ada Okafor")
                alive.add(quote)
                most = max(most, len(alive))
                yield quote

        archive = Archive(DirectoryStore(tmp_path), TestEffects().effects())
        for _ in map(archive.add, originals.batches(stream())):
            pass
        assert archive.stats().quotes == 300
        assert most <= 50 + 1


class TestIntake:
    def test_a_quote_at_the_size_limit_is_read_back(self) -> None:
        """A stored line is longer than its input: it also has the unknown values."""
        store = MemoryStore()
        given = a_given("x" * (1024 * 1024 - 50))
        (key,) = originals.keep(store, [given])
        assert originals.load(store, key) == [given]

    @pytest.mark.parametrize("key", ["manifest.json", "articles/../manifest.json", "segments/x", "", "imports/a.jsonl"])
    def test_a_job_may_name_only_stored_originals(self, key: str) -> None:
        with pytest.raises(BadInput, match="is not the key of an article, an import or a withdrawal"):
            originals.load(MemoryStore(), key)

    def test_a_damaged_original_is_reported(self) -> None:
        store = MemoryStore()
        article, quotes = originals.keep(store, [an_article(), a_given()])
        for rubbish in (b"{}", b'{"body": 5, "published": null}', b"[" * 100_000, b"[]", b"\xff", b"3"):
            store.objects[article] = store.objects[quotes] = rubbish
            for key in (article, quotes):
                with pytest.raises(Damaged):
                    originals.load(store, key)


def test_two_archives_in_one_directory_see_each_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    one, other = (Archive(DirectoryStore(folder)) for _ in range(2))
    one.add(an_article(id="urn:1"))
    other.add(an_article(id="urn:2"))
    assert other.add(an_article(id="urn:1")).outcomes[0].verdict == "unchanged"
    assert one.search("dam").total == other.search("dam").total == 2


def test_after_a_lost_race_the_report_has_the_final_outcome() -> None:
    class Raced(MemoryStore):
        rival: Archive | None = None

        def replace(self, key: str, data: bytes, etag: str) -> str:
            rival, self.rival = self.rival, None
            if rival is not None:
                rival.add(TestArticles.OTHER)
            return super().replace(key, data, etag)

    store = Raced()
    archive, rival = (Archive(store, TestEffects(names=itertools.count(start)).effects()) for start in (0, 100))
    archive.add(an_article(id="urn:0"))
    store.rival = rival
    (outcome,) = archive.add(TestArticles.OLD).outcomes
    assert outcome.verdict == "clash"
    assert texts(archive, "break") == {"The dam may break,"}


def test_a_flow_can_be_replayed_to_the_byte() -> None:
    def run() -> dict[str, bytes]:
        store = MemoryStore()
        archive = Archive(store, TestEffects().effects())
        archive.add([TestArticles.OLD, a_given()])
        archive.add(TestArticles.NEW)
        return store.objects

    assert run() == run()
