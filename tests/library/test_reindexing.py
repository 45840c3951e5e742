"""Reindexing: an archive of an older analysis is rejected, and carried over quote for quote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import quoth
from bench.corpora.seeded import synthetic
from quoth.archive import Archive
from quoth.cli import main
from quoth.engine.query.request import Request
from quoth.engine.segment import shape
from quoth.engine.segment.writing import arrays
from quoth.errors import Outdated, Refused
from quoth.ingest import indexing, originals
from quoth.ingest.originals import Item
from quoth.quote import Quote
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given, an_article

OLDER = shape.ANALYSIS + 1  # of this test only: any other number


@pytest.fixture
def by_older_analysis(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let segments be those of another analysis, until the patch is undone."""
    monkeypatch.setattr(arrays, "ANALYSIS", OLDER)
    monkeypatch.setattr(shape, "ANALYSIS", OLDER)
    return monkeypatch


def an_archive() -> Archive:
    return Archive(MemoryStore(), TestEffects().effects())


def everything(archive: Archive) -> list[Quote]:
    _, quotes = archive.rows(Request(type="direct,partial,indirect"), 10**6)
    return sorted(quotes, key=lambda quote: quote.id)


def lived_in(archive: Archive) -> Archive:
    """Versions, withdrawals, refused texts, a rollback, and the same article with another headline."""
    archive.add(an_article("“The dam will hold,” said Ada Okafor.", id="urn:1", headline="First"))
    archive.add(an_article("“The dam will hold,” said Ada Okafor.", id="urn:1", headline="Second"))
    archive.add(an_article("“The dam broke,” said Ada Okafor.", id="urn:1", headline="Refused"))
    archive.add(
        [an_article("“No,” said Bo Lind.", id="urn:2"), a_given("I did.", id="one"), a_given("We did.", id="two")]
    )
    archive.add(an_article("“Yes,” said Bo Lind.", id="urn:2", version=2))
    archive.add(a_given("I lied.", None, denied_speaker="Bo Lind"))
    archive.withdraw("urn:2")
    archive.withdraw(archive.search('"We did"').hits[0].quote.id)
    kept = archive.edition().generation
    archive.add(an_article("“Never,” said Cy Beo.", id="urn:3"))
    archive.add(an_article("“The dam held,” said Ada Okafor.", id="urn:1", version=2))
    archive.rollback(kept)
    archive.add(an_article("“At last,” said Cy Beo.", id="urn:4", pub_status="canceled"))
    return archive


class TestOlderAnalysis:
    def test_its_segments_are_rejected_with_the_command_that_helps(self, by_older_analysis: pytest.MonkeyPatch) -> None:
        archive = an_archive()
        archive.add(an_article(id="urn:1"))
        by_older_analysis.undo()
        for act in self.acts(Archive(archive.store, TestEffects().effects())):
            with pytest.raises(Outdated, match=rf"analysis {OLDER}, .*`quoth reindex --into NEW_STORE`"):
                act()

    def acts(self, archive: Archive) -> list[Callable[[], object]]:
        later = an_article(id="urn:2")
        return [
            lambda: archive.search("dam"),
            lambda: archive.verify("the dam will hold"),
            archive.stats,
            archive.scrub,
            lambda: archive.add(later),
            lambda: archive.withdraw("urn:1"),
        ]

    def test_no_merge_mixes_two(self, by_older_analysis: pytest.MonkeyPatch) -> None:
        archive = an_archive()
        for number in range(8):
            originals.keep(archive.store, [item := a_given(f"Number {number}.", id=str(number))])
            indexing.index(archive.store, [item], archive._ledgers, archive._effects)
        by_older_analysis.undo()
        with pytest.raises(Outdated):
            archive.compact()


class TestReindex:
    def test_it_has_every_quote_of_the_index_and_no_other(self, by_older_analysis: pytest.MonkeyPatch) -> None:
        old = lived_in(an_archive())
        expected = everything(old)
        by_older_analysis.undo()
        new = an_archive()
        report = Archive(old.store).reindex(new)
        assert everything(new) == expected
        assert (report.carried, report.present, report.missing) == (6, 0, 0)
        assert report.left_out == 7  # three of urn:1, two of urn:2, the second saying, and urn:3
        assert len({quote.article.headline for quote in expected} & {"Second", "Refused"}) == 0

    def test_what_is_withdrawn_stays_so(self, by_older_analysis: pytest.MonkeyPatch) -> None:
        old = lived_in(an_archive())
        by_older_analysis.undo()
        new = an_archive()
        Archive(old.store).reindex(new)
        late = [an_article("“Yes,” said Bo Lind.", id="urn:2", version=2), a_given("We did.", id="two")]
        assert [outcome.verdict for outcome in new.add(late).outcomes] == ["superseded", "superseded"]

    def test_it_continues_where_it_was_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(originals, "ARTICLES_A_COMMIT", 3)
        old, new = an_archive(), an_archive()
        old.add([an_article(f"“Number {n} holds,” said Ada Okafor.", id=f"urn:{n}") for n in range(10)])
        added: list[int] = []
        add = new.add

        def stop_after_two(batch: list[Item]) -> object:
            if len(added) == 2:
                raise KeyboardInterrupt
            added.append(len(batch))
            return add(batch)

        monkeypatch.setattr(new, "add", stop_after_two)
        with pytest.raises(KeyboardInterrupt):
            old.reindex(new)
        monkeypatch.setattr(new, "add", add)
        report = old.reindex(new)
        assert (added, report.carried, report.present) == ([3, 3], 4, 6)
        assert everything(new) == everything(old)
        assert old.reindex(new).carried == 0

    def test_later_commits_come_with_another_run(self) -> None:
        old, new = lived_in(an_archive()), an_archive()
        old.reindex(new)
        old.add(an_article("“At once,” said Cy Beo.", id="urn:5"))
        old.withdraw("urn:1")
        assert old.reindex(new).carried == 2
        assert everything(new) == everything(old)

    def test_a_record_whose_original_was_erased_is_counted(self) -> None:
        old, new = an_archive(), an_archive()
        old.add([an_article(id="urn:1"), a_given("I did.", id="one")])
        for entry in old.store.list("articles/").entries:
            old.store.delete(entry.key)
        report = old.reindex(new)
        assert (report.carried, report.missing) == (1, 1)

    def test_without_originals_there_is_nothing_to_carry_over(self) -> None:
        old = an_archive()
        indexing.index(old.store, [a_given("I did.", id="one")], old._ledgers, old._effects)
        with pytest.raises(Refused, match="has no originals"):
            old.reindex(an_archive())

    def test_an_archive_is_not_carried_over_into_itself(self) -> None:
        archive = an_archive()
        with pytest.raises(Refused, match="into itself"):
            archive.reindex(archive)


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
        code = main.main([*words])
        out, err = capsys.readouterr()
        return code, out, err

    def test_it_names_what_it_did(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        old, new = f"file:{tmp_path}/old", f"file:{tmp_path}/new"
        quoth.open(old).add([an_article(id="urn:1"), a_given("I did.", id="one")])
        code, out, _ = self.run(capsys, "reindex", "--store", old, "--into", new)
        assert (code, out) == (0, f"{new} has 2 quotes in generation 1\n2 items carried over\n")
        assert self.run(capsys, "reindex", "--store", old, "--into", old)[0] == 2
        code, out, _ = self.run(capsys, "reindex", "--store", old, "--into", new, "--json")
        told = json.loads(out)
        assert (code, told["carried"], told["present"], told["store"]) == (0, 0, 2, new)
        for entry in quoth.open(old).store.list("articles/").entries:
            quoth.open(old).store.delete(entry.key)
        code, out, _ = self.run(capsys, "reindex", "--store", old, "--into", f"file:{tmp_path}/newer")
        assert (code, out.splitlines()[2]) == (1, "1 item not in the new store: the original was deleted")

    def test_a_search_of_an_older_archive_names_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], by_older_analysis: pytest.MonkeyPatch
    ) -> None:
        quoth.open(f"file:{tmp_path}").add(an_article(id="urn:1"))
        by_older_analysis.undo()
        code, _, err = self.run(capsys, "search", "dam", "--store", f"file:{tmp_path}")
        assert code == 3
        assert "`quoth reindex --into NEW_STORE`" in err


@pytest.mark.prove
def test_twenty_thousand_quotes_are_carried_over_though_it_is_killed_twice(
    tmp_path: Path, by_older_analysis: pytest.MonkeyPatch
) -> None:
    """Killed for good: the processes get no chance to tidy up."""
    old, new, fresh = (f"file:{tmp_path / name}" for name in ("old", "new", "fresh"))
    articles = [an_article(f"“Number {n} holds,” said Ada Okafor.", id=f"urn:{n}") for n in range(100)]
    items: list[Item] = [*synthetic(20_000), *articles]
    for start in range(0, len(items), 1_000):
        quoth.open(old).add(items[start : start + 1_000])
    by_older_analysis.undo()
    with pytest.raises(Outdated):
        everything(quoth.open(old))
    for calls in (25, 15):
        assert killed_after(calls, old, new)
    report = quoth.open(old).reindex(quoth.open(new))
    assert (report.missing, report.left_out) == (0, 0)
    assert report.present > 0
    quoth.open(fresh).add(items)
    assert everything(quoth.open(new)) == everything(quoth.open(fresh))


def killed_after(calls: int, old: str, new: str) -> bool:
    """Run the command in a process of its own that ends at a certain write to the new store."""
    program = f"""
import os
from quoth.cli import main
from quoth.ingest import indexing, originals
from quoth.storage.stores.directory import DirectoryStore
originals.QUOTES_A_COMMIT = 2_000
left, create = [{calls}], DirectoryStore.create
def counted(self, key, data):
    if self.uri == {new!r}:
        left[0] -= 1
        if not left[0]:
            os._exit(9)
    return create(self, key, data)
DirectoryStore.create = counted
main.main(["reindex", "--store", {old!r}, "--into", {new!r}])
"""
    return subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 9
