"""The maintenance commands as a new operator runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from pathlib import Path

import pytest

import quoth
from quoth.archive import Archive
from quoth.article import article_key
from quoth.cli import main
from quoth.cli.commands import maintain
from quoth.storage import history, snapshot
from quoth.storage.maintenance.compaction import FANOUT
from quoth.storage.stores.directory import DirectoryStore
from tests.support.builders import a_given, an_article
from tests.support.commands import Run

WEEK = 7 * 86400


class RunMaintenance(Run):
    """Runs commands, adds articles and lets time pass."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(folder, capsys)
        self.archive = quoth.open(self.store)

    def add(self, *numbers: int) -> None:
        """Add articles with one quote each, in one commit each."""
        for number in numbers:
            self.archive.add(an_article(f"“Number {number},” said Ada Okafor.", id=f"urn:{number}"))

    def found(self, *more: str) -> list[str]:
        """Return all quotes, with a search as a person types it."""
        assert self("search", "number", "--limit", "100", "--json", *more) == 0
        return sorted(hit["text"] for hit in self.json["hits"])

    def age(self, seconds: int = WEEK + 86400) -> None:
        """Make every file older: a directory's clock is the time of its files."""
        for path in self.folder.rglob("*"):
            at = path.stat().st_mtime - seconds
            os.utime(path, (at, at))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> RunMaintenance:
    return RunMaintenance(tmp_path / "archive", capsys)


class TestWithdraw:
    def test_an_article_is_withdrawn_by_id_or_key(self, run: RunMaintenance) -> None:
        run.add(1, 2, 3)
        assert run("withdraw", "urn:1") == 0
        key = article_key("urn:1")
        assert run.out == f"withdrawn: {key} up to version 1; no search finds it any more\n"
        assert run("withdraw", article_key("urn:2"), "--json") == 0
        assert (run.json["key"], run.json["version"], run.json["verdict"]) == (article_key("urn:2"), 1, "replaced")
        assert run.found() == ["Number 3,"]

    def test_a_repetition_changes_nothing_and_redelivery_stays_out(self, run: RunMaintenance) -> None:
        run.add(1)
        run("withdraw", "urn:1")
        run.add(1)
        assert run("withdraw", "urn:1") == 0
        assert run.out == f"unchanged: {article_key('urn:1')} is already withdrawn\n"
        assert run.found() == []

    def test_an_unknown_article_needs_a_version_and_is_then_kept_out(self, run: RunMaintenance) -> None:
        assert run("withdraw", "urn:1") == 2
        assert "nothing in the index has the id urn:1; to withdraw it in advance, give a version" in run.err
        assert run("withdraw", "urn:1", "--version", "1") == 0
        assert run.out.startswith("blocked: ")
        run.add(1)
        assert run.found() == []

    def test_a_ready_made_quote_is_withdrawn_by_its_own_id(self, run: RunMaintenance) -> None:
        run.archive.add(a_given("The ferry leaves at noon,", url="https://example.org/1"))
        assert run("withdraw", "https://example.org/1") == 2
        assert "a ready-made quote is withdrawn by its own id (q_…), not by a URL" in run.err
        assert run("withdraw", run.archive.search("ferry").hits[0].quote.id) == 0
        assert run.found() == []

    def test_a_lower_version_does_not_withdraw_a_higher_one(self, run: RunMaintenance) -> None:
        run.archive.add(an_article("“Number 1,” said Ada Okafor.", id="urn:1", version=3))
        assert run("withdraw", "urn:1", "--version", "2") == 1
        assert "a version higher than 2" in run.out
        assert run.found() == ["Number 1,"]

    @pytest.mark.parametrize("version", ["0", "-1", "two", "²", "9" * 5000])
    def test_an_invalid_version_is_exit_code_2(self, run: RunMaintenance, version: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            run("withdraw", "urn:1", f"--version={version}")
        assert stopped.value.code == 2


class TestCompactAndCollect:
    @pytest.fixture
    def scattered(self, run: RunMaintenance, monkeypatch: pytest.MonkeyPatch) -> RunMaintenance:
        """Nine segments without any merge in passing."""
        with monkeypatch.context() as patched:
            patched.setattr("quoth.storage.maintenance.compaction.IN_PASSING", 0)
            run.add(*range(FANOUT + 1))
        return run

    def test_compact_merges_and_prints_the_new_state(self, scattered: RunMaintenance) -> None:
        before = scattered.found()
        assert scattered("compact") == 0
        assert scattered.out.startswith("compacted: 1 merge; 9 quotes in 2 segments, ")
        assert scattered("compact", "--json") == 0
        assert (scattered.json["merges"], scattered.json["segments"], scattered.json["quotes"]) == (0, 2, 9)
        assert scattered("compact") == 0
        assert scattered.out.startswith("nothing to merge; ")
        assert scattered.found() == before

    def test_young_files_are_never_deleted(self, scattered: RunMaintenance) -> None:
        scattered("compact")
        assert scattered("collect", "--days", "0", "--json") == 0
        assert (scattered.json["deleted"], scattered.json["is_complete"]) == ({"objects": 0, "bytes": 0}, True)

    def test_a_dry_run_says_what_would_be_deleted_and_deletes_nothing(self, scattered: RunMaintenance) -> None:
        scattered("compact")
        scattered.age()
        files = sorted(scattered.folder.rglob("*"))
        assert scattered("collect", "--dry-run", "--json") == 0
        told = scattered.json
        assert told["deleted"]["objects"] == FANOUT + 9  # merged segments, and generations before the newest
        assert sorted(scattered.folder.rglob("*")) == files
        assert scattered("collect") == 0
        deleted = f"deleted  {told['deleted']['objects']} objects, {told['deleted']['bytes']:,} bytes\n"
        assert scattered.out.startswith(deleted)
        assert "2 objects" in scattered.out.splitlines()[1]
        assert len(scattered.found()) == 9

    def test_days_say_how_long_generations_are_kept(self, scattered: RunMaintenance) -> None:
        scattered.age(2 * 86400)
        scattered("collect", "--days", "1", "--dry-run", "--json")
        assert len(scattered.json["generations"]) == 1
        scattered("collect", "--days", "3", "--dry-run", "--json")
        assert len(scattered.json["generations"]) > 1

    @pytest.mark.parametrize("days", ["-1", "nan", "inf", "soon"])
    def test_invalid_days_are_exit_code_2(self, run: RunMaintenance, days: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            run("collect", f"--days={days}")
        assert stopped.value.code == 2

    def test_when_time_is_up_it_says_to_run_it_again(
        self, scattered: RunMaintenance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scattered("compact")
        scattered.age()
        monkeypatch.setitem(Archive.collect.__kwdefaults__, "seconds", 0.0)
        assert scattered("collect") == 0
        assert scattered.out.endswith("The time ran out before everything was deleted: run it again.\n")

    @pytest.mark.parametrize("command", ["compact", "collect"])
    def test_an_empty_archive_has_nothing_to_do(self, run: RunMaintenance, command: str) -> None:
        run.folder.mkdir()
        assert run(command) == 0

    def test_it_may_be_stopped_and_run_again(self, scattered: RunMaintenance, monkeypatch: pytest.MonkeyPatch) -> None:
        scattered("compact")
        scattered.age()
        deleted: list[str] = []
        real = DirectoryStore.delete

        def delete(store: DirectoryStore, key: str) -> None:
            if len(deleted) == 3:
                raise KeyboardInterrupt
            deleted.append(key)
            real(store, key)

        with monkeypatch.context() as patched:
            patched.setattr(DirectoryStore, "delete", delete)
            assert scattered("collect") == 130
        assert "running the command again continues" in scattered.err
        assert len(scattered.found()) == 9
        assert scattered("collect", "--json") == 0
        assert scattered.json["kept"]["objects"] == 2


class TestHistory:
    def test_generations_are_listed_oldest_first_with_the_time_they_were_replaced(self, run: RunMaintenance) -> None:
        run.add(1, 2, 3)
        assert run("history") == 0
        head, *rows = run.out.splitlines()
        assert head.split() == ["generation", "replaced", "(UTC)", "quotes", "segments", "bytes"]
        assert [row.split()[0] for row in rows] == ["1", "2", "3"]
        assert rows[-1].split()[1:6] == ["the", "newest", "3", "3", f"{run.archive.stats().bytes:,}"]
        assert len(rows[0].split()) == 3, "what each held costs a request each"

    def test_long_shows_the_contents_of_each_generation(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        assert run("history", "--long", "--json") == 0
        (past,) = run.json["generations"]
        assert (past["generation"], past["quotes"], past["segments"]) == (1, 1, 1)
        assert past["replaced"].endswith("Z")
        assert (run.json["newest"]["generation"], run.json["newest"]["replaced"]) == (2, None)

    def test_without_long_unread_values_are_null(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        run("history", "--json")
        assert [generation["quotes"] for generation in run.json["generations"]] == [None]

    def test_a_copy_that_a_lost_race_left_is_not_listed_twice(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        (copy,) = (run.folder / "history").iterdir()
        copy.with_name(copy.name[:13] + "loser").write_bytes(copy.read_bytes())
        run("history", "--json")
        assert [generation["generation"] for generation in run.json["generations"]] == [1]

    def test_an_empty_archive_says_how_to_fill_it(self, run: RunMaintenance) -> None:
        run.folder.mkdir()
        assert run("history") == 0
        assert "quoth index FILE" in run.out


class TestAsOf:
    def test_a_past_generation_is_searched_and_described(self, run: RunMaintenance) -> None:
        run.add(1, 2, 3)
        run("withdraw", "urn:1")
        assert run.found("--as-of", "4") == run.found() == ["Number 2,", "Number 3,"]
        assert run("stats", "--as-of", "2", "--json") == 0
        assert (run.json["generation"], run.json["quotes"]) == (2, 1)

    def test_it_is_shown_without_what_was_withdrawn_since(self, run: RunMaintenance) -> None:
        run.add(1, 2, 3)
        run("withdraw", "urn:1")
        assert run.found("--as-of", "2") == ["Number 2,"]

    @pytest.mark.parametrize("command", [["search", "number"], ["stats"]])
    def test_a_missing_generation_is_exit_code_2(self, run: RunMaintenance, command: list[str]) -> None:
        run.add(1)
        assert run(*command, "--as-of", "7") == 2
        assert run.err == "quoth: generation 7 is not kept; `quoth history` lists those that are\n"


class Answering(io.StringIO):
    """A terminal with a user who answers prompts."""

    def isatty(self) -> bool:
        return True


class TestRollback:
    def test_it_makes_the_archive_what_it_was_and_can_be_undone(self, run: RunMaintenance) -> None:
        run.add(1, 2, 3)
        assert run("rollback", "1", "--yes") == 0
        assert run.out == "generation 4 restores generation 1, 1 quote; `quoth rollback 3` undoes it\n"
        assert run.found() == ["Number 1,"]
        assert run("rollback", "3", "--yes", "--json") == 0
        assert (run.json["generation"], run.json["holds"], run.json["before"]) == (5, 3, 4)
        assert len(run.found()) == 3

    def test_it_keeps_what_was_withdrawn_unless_told_otherwise(
        self, run: RunMaintenance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run.add(1, 2, 3)
        run("withdraw", "urn:1")
        monkeypatch.setattr(sys, "stdin", Answering("y\n"))
        assert run("rollback", "2") == 0
        assert "until they are added again; 1 later withdrawal stays.\n" in run.err
        assert "2 quotes, except 1 later withdrawal that is kept; `quoth rollback 4` undoes it" in run.out
        assert run.found() == ["Number 2,"]
        assert run("rollback", "2", "--yes", "--json") == 0
        assert (run.json["withdrawals_kept"], run.found()) == (1, ["Number 2,"])
        run("withdraw", "urn:2")
        monkeypatch.setattr(sys, "stdin", Answering("y\n"))
        assert run("rollback", "2", "--restore-withdrawn") == 0
        assert "later withdrawals are undone" in run.err
        assert run.found() == ["Number 1,", "Number 2,"]

    @pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 1), ("YES\n", 0, 1), ("n\n", 1, 2), ("", 1, 2)])
    def test_on_a_terminal_it_says_what_it_does_and_asks(
        self, run: RunMaintenance, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: int
    ) -> None:
        run.add(1, 2)
        monkeypatch.setattr(sys, "stdin", Answering(answer))
        assert run("rollback", "1") == code
        assert "Generation 1 has 1 quote; the newest, 2, has 2 quotes." in run.err
        assert "Later additions disappear until they are added again" in run.err
        assert ("nothing was changed" in run.err) is (code == 1)
        assert len(run.found()) == left

    def test_without_a_terminal_it_never_waits_for_an_answer(
        self, run: RunMaintenance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run.add(1, 2)
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        assert run("rollback", "1") == 2
        assert "pass --yes" in run.err
        assert len(run.found()) == 2

    def test_the_newest_needs_no_rollback(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        assert run("rollback", "2") == 0
        assert run.out == "generation 2 is the newest: nothing to do\n"

    def test_a_missing_generation_changes_nothing(self, run: RunMaintenance) -> None:
        run.add(1)
        assert run("rollback", "9", "--yes") == 2
        assert "generation 9 is not kept" in run.err
        assert Archive(run.archive.store).stats().generation == 1


class TestRestore:
    """docs/operating.md has the whole procedures; test_runbook.py runs them."""

    @pytest.fixture
    def saved(self, run: RunMaintenance, tmp_path: Path) -> Path:
        """The newest of two manifests, saved before the archive lost it."""
        run.add(1, 2)
        return (run.folder / "manifest.json").rename(tmp_path / "saved.json")

    def test_it_restores_a_saved_manifest_as_a_new_generation(self, run: RunMaintenance, saved: Path) -> None:
        assert run("restore", str(saved)) == 0
        assert run.out == "generation 3 has the contents of generation 2, 2 quotes\n"
        assert len(run.found()) == 2

    def test_it_says_which_generations_may_be_lost(self, run: RunMaintenance, saved: Path) -> None:
        assert run("restore", str(saved), "--above", "7") == 0
        text = "generation 8 has the contents of generation 2, 2 quotes; add again what was committed up to"
        assert run.out == f"{text} generation 7\n"

    def test_as_json_it_prints_both_numbers(self, run: RunMaintenance, saved: Path) -> None:
        assert run("restore", str(saved), "--json") == 0
        assert (run.json["generation"], run.json["holds"]) == (3, 2)

    def test_twice_it_leaves_the_first_restore_alone(self, run: RunMaintenance, saved: Path) -> None:
        run("restore", str(saved))
        assert run("restore", str(saved)) == 3
        assert "manifest.json is readable, as generation 3, and would lose its later commits" in run.err
        assert run.archive.stats().generation == 3

    @pytest.mark.parametrize("data", [b"", b"{}", b'{"format":3}', b"\xff"])
    def test_a_file_that_is_no_good_manifest_changes_nothing(
        self, run: RunMaintenance, saved: Path, data: bytes
    ) -> None:
        saved.write_bytes(data)
        assert run("restore", str(saved)) == 2
        assert f"{saved} is not a good manifest: " in run.err
        assert not (run.folder / "manifest.json").exists()

    def test_a_file_that_cannot_be_read_is_exit_code_2(self, run: RunMaintenance, saved: Path) -> None:
        assert run("restore", str(saved.parent)) == 2
        assert "Is a directory" in run.err

    @pytest.mark.parametrize("above", ["0", "-1", "soon", str(10**9 + 1)])
    def test_a_typing_error_does_not_use_up_the_numbers(self, run: RunMaintenance, saved: Path, above: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            run("restore", str(saved), f"--above={above}")
        assert stopped.value.code == 2


class TestScrub:
    def test_a_sound_archive_is_exit_code_0(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        assert run("scrub") == 0
        assert run.out.startswith("read 2 generations, 4 objects, ")
        assert run.out.endswith(" bytes, 2 quotes in the newest, 2: nothing is damaged\n")

    def test_damage_is_named_and_exit_code_1(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        damaged, *_ = sorted((run.folder / "segments").iterdir())
        data = bytearray(damaged.read_bytes())
        data[-1] ^= 1
        damaged.write_bytes(data)
        assert run("scrub") == 1
        assert f"segments/{damaged.name}: it has sha256 " in run.out
        assert run.out.endswith(": 1 finding; the archive is damaged\n")
        assert run("scrub", "--json") == 1
        assert [finding["key"] for finding in run.json["findings"]] == [f"segments/{damaged.name}"]
        assert (run.json["generation"], run.json["quotes"], run.json["objects"]) == (2, 2, 4)

    def test_an_empty_archive_is_sound(self, run: RunMaintenance) -> None:
        run.folder.mkdir()
        assert run("scrub") == 0


@pytest.mark.parametrize("command", ["withdraw", "compact", "collect", "history", "rollback", "restore", "scrub"])
def test_help_says_that_stopping_is_harmless(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main.main([command, "--help"])
    out = capsys.readouterr().out
    assert maintain._HARMLESS in out
    assert "--json" in out


class TestTags:
    def test_a_tagged_generation_stays_whatever_is_added_collected_and_rolled_back(self, run: RunMaintenance) -> None:
        run.add(1, 2)
        assert run("tag", "2", "paper-2026") == 0
        assert run.out == "tagged: generation 2 stays as paper-2026 until `quoth untag paper-2026`\n"
        run.add(*range(3, 3 + FANOUT))
        run("rollback", "5", "--yes")
        run("compact")
        run.age()
        assert run("collect") == 0
        assert run("search", "--as-of", "1") == 2
        assert "generation 1 is not kept" in run.err
        two = ["Number 1,", "Number 2,"]
        assert run.found("--as-of", "paper-2026") == run.found("--as-of", "2") == two
        for command in (
            ["verify", "Number 2"],
            ["show", run.archive.search("2").hits[0].quote.id],
            ["stats"],
            ["speakers"],
        ):
            assert run(*command, "--as-of", "paper-2026") == 0, command
        assert run("speakers", "--as-of", "paper-2026", "--json") == 0
        assert [speaker["quotes"] for speaker in run.json["speakers"]] == [2]
        assert run("verify", "Number 9", "--as-of", "paper-2026") == 1
        assert run("tags") == 0
        assert run.out.splitlines()[1].split()[:2] == ["paper-2026", "2"]
        assert run.out.splitlines()[1].endswith(" 2")
        assert run("scrub") == 0
        assert run("untag", "paper-2026", "--json") == 0
        run("collect")
        assert run("search", "--as-of", "paper-2026") == 2
        assert run.err == "quoth: as_of: no generation has the tag 'paper-2026'; `quoth tags` lists the tags\n"
        assert run("tags") == 0
        assert run.out == "No generation has a tag: `quoth tag GENERATION NAME` makes one.\n"

    def test_exports_cite_the_tag(self, run: RunMaintenance, tmp_path: Path) -> None:
        run.add(1, 2)
        assert run("tag", "newest", "paper", "--json") == 0
        assert (run.json["tag"], run.json["generation"]) == ("paper", 2)
        run.add(3)
        rows, lines = tmp_path / "all.csv", tmp_path / "all.jsonl"
        assert run("export", "--as-of", "paper", "-o", rows) == 0
        assert run.err == f"quoth: complete: 2 quotes of generation 2 (paper) in {rows}\n"
        run("export", "--as-of", "paper", "-o", lines)
        with rows.open(encoding="utf-8", newline="") as opened:
            assert [row["tag"] for row in csv.DictReader(opened)] == ["paper"] * 2
        assert [json.loads(line)["tag"] for line in lines.read_text("utf-8").splitlines()] == ["paper"] * 2
        for file in (rows, lines):
            assert run("import", file, "--store", f"file:{tmp_path / file.suffix}") == 0
        run("export", "--as-of", "2", "-o", lines)
        assert '"tag"' not in lines.read_text("utf-8")

    def test_an_erasure_lists_and_breaks_the_tags_that_hold_it(self, run: RunMaintenance) -> None:
        run.add(1)
        run("tag", "1", "before")
        run.add(2)
        run("tag", "2", "both")
        assert run("withdraw", "urn:2") == 0
        assert run.out.endswith(
            "its words stay in what is tagged both, until `quoth compact --erase` breaks the tags\n"
        )
        assert run.found("--as-of", "both") == ["Number 1,"]
        assert run("compact", "--erase") == 0
        assert run.out.endswith("broken: the tag both of generation 2, which has words of what was withdrawn\n")
        assert run("tags", "--json") == 0
        assert [(tag["name"], tag["quotes"], tag["broken_in"]) for tag in run.json["tags"]] == [
            ("before", 1, None),
            ("both", None, run.archive.edition().generation),
        ]
        assert run("tags") == 0
        assert "broken in generation" in run.out
        assert run("stats", "--as-of", "both") == 2
        assert run.err == "quoth: as_of: the tag both of generation 2 is broken: part of what it held was erased\n"

    def test_a_tag_that_is_not_finished_is_listed_as_such_and_finished_again(self, run: RunMaintenance) -> None:
        run.add(1)
        manifest = snapshot.load(run.archive.store).manifest
        run.archive.store.create("tags/paper", history.unfinished(manifest, "nonce"))
        assert run("tags") == 0
        assert run.out.endswith("  not finished\n")
        assert run("search", "number", "--as-of", "paper") == 2
        assert run.err == "quoth: as_of: the tag paper is not finished; `quoth tag 1 paper` finishes it\n"
        assert run("tag", "1", "paper") == 0
        assert run("tags", "--json") == 0
        assert [(tag["quotes"], tag["unfinished"]) for tag in run.json["tags"]] == [(1, False)]

    @pytest.mark.parametrize("name", ["Paper", "7", "a/b"])
    def test_a_name_that_is_none_is_refused(self, run: RunMaintenance, name: str) -> None:
        run.add(1)
        assert run("tag", "1", name) == 2
        assert "name: must be up to 63 small letters" in run.err
