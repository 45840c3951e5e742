"""The command line as a new user runs it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tqdm import tqdm

import quoth
from demo.expectations import EXPECTED, SAMPLE
from quoth import citation
from quoth.cli import main, terminal
from quoth.cli.commands import add, ask
from quoth.errors import BadInput
from quoth.ingest import originals
from quoth.text.sanitize import one_line
from tests.conftest import BUCKET
from tests.support.commands import Run
from tests.support.events import ROOT


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path / "archive", capsys)


def lines(path: Path, *values: object) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), "utf-8")
    return path


class TestExtract:
    def test_one_line_holds_the_article_and_its_quotes(self, run: Run) -> None:
        assert run("extract", "--json", SAMPLE) == 0
        assert run.out.count("\n") == 1
        assert list(run.json) == ["article", "quotes"]
        article = run.json["article"]
        assert (article["url"], article["published"], article["publisher"]) == (None, None, None)
        body = SAMPLE.read_text("utf-8")
        for quote, expected in zip(run.json["quotes"], EXPECTED, strict=True):
            selector = quote["selector"]
            assert body[selector["start"] : selector["end"]] == quote["text"] == expected["text"]
            assert (quote["speaker"]["name"], quote["type"]) == (expected["speaker"], expected["type"])
        utterances = [quote["utterance"]["id"] for quote in run.json["quotes"]]
        assert len(set(utterances)) == 3
        assert utterances[1] == utterances[2] == utterances[3]

    def test_people_read_speakers_and_reasons(self, run: Run) -> None:
        assert run("extract", SAMPLE) == 0
        assert "5 quotes, 3 utterances" in run.out
        assert "why: continues the quote that “Trump said” introduces one paragraph above" in run.out

    def test_statements_are_shown_on_request_without_marks(self, run: Run) -> None:
        run("extract", SAMPLE)
        assert "without conditions" not in run.out
        assert run("extract", SAMPLE, "--indirect") == 0
        assert "5 quotes, 3 utterances, 1 indirect statement" in run.out
        (block,) = (block for block in run.out.split("\n\n") if "without conditions" in block)
        statement, told, *_ = block.splitlines()
        assert statement == "he will not accept a ceasefire without conditions"
        assert told.startswith("   Vladimir Putin · indirect, in the reporter’s words · ")
        run("extract", SAMPLE, "--indirect", "--json")
        quotes = [quote for quote in run.json["quotes"] if quote["type"] != "indirect"]
        assert len(run.json["quotes"]) == 6
        run("extract", SAMPLE, "--json")
        assert run.json["quotes"] == quotes

    def test_bodies_and_documents_are_labelled(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "a.txt"
        file.write_text("“No,” the United Nations said in a statement.\n\n“Yes,” said Ada Okafor.", "utf-8")
        run("extract", file)
        assert "   United Nations (organisation) · direct" in run.out
        assert "   Ada Okafor · direct" in run.out

    def test_a_text_may_come_from_standard_input(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("“No,” said Ada Okafor.".encode())))
        assert run("extract", "--json", "-") == 0
        assert run.json["quotes"][0]["speaker"]["name"] == "Ada Okafor"

    def test_nothing_is_stored(self, run: Run, tmp_path: Path) -> None:
        run("extract", SAMPLE)
        assert list(tmp_path.iterdir()) == []

    def test_hostile_text_cannot_steer_the_terminal(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "a.txt"
        file.write_text("“\x1b[2J\u202eOwned,” said Ada Okafor.", "utf-8")
        assert run("extract", file) == 0
        assert "Owned" in run.out
        assert not {"\x1b", "\u202e"} & set(run.out)


class TestIndex:
    def test_the_issue_in_one_go(self, run: Run) -> None:
        """Index, search, filter by any spelling."""
        assert run("index", SAMPLE) == 0
        assert run.out == "articles: 1 added; 6 quotes added\n"
        assert run("search", "land swapping", "--json") == 0
        hits = run.json["hits"]
        assert [hit["speaker"]["name"] for hit in hits] == ["Donald Trump"] * 3
        assert all("land swapping" in hit["text"] for hit in hits[:2])
        assert "land swap." in hits[2]["text"]
        for spelling in ("Zelenskyy", "Zelensky"):
            run("search", "ceasefire", "--speaker", spelling, "--json")
            assert [hit["speaker"]["id"] for hit in run.json["hits"]] == ["volodymyr-zelensky"]
        run("search", "ceasefire", "--speaker", "Trump", "--json")
        assert run.json["total"] == {"value": 0, "relation": "eq"}

    def test_indexing_twice_changes_nothing(self, run: Run) -> None:
        run("index", SAMPLE)
        assert run("index", SAMPLE) == 0
        assert run.out == "articles: 1 unchanged; 0 quotes added\n"

    def test_a_link_out_of_a_folder_is_refused_and_the_rest_is_read(self, run: Run, tmp_path: Path) -> None:
        lines(tmp_path / "secret.json", {"publisher": "Secret"})
        (tmp_path / "secret.txt").write_text("“Secret,” said Ada Okafor.", "utf-8")
        folder = tmp_path / "news"
        folder.mkdir()
        (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
        (folder / "b.txt").write_text("“Two,” said Bo Lind.", "utf-8")
        (folder / "b.json").symlink_to(tmp_path / "secret.json")
        (folder / "c.txt").write_text("“Three,” said Bo Lind.", "utf-8")
        assert run("index", folder, "--json") == 1
        assert (run.json["added"], run.json["refused_count"], run.json["quotes"]) == (1, 2, 1)
        assert run.err == "".join(
            f"quoth: {folder / name}: cannot be read: a symbolic link leads out of the folder\n"
            for name in ("a.txt", "b.txt")
        )

    def test_a_folder_is_read_with_its_sidecars(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "news"
        (folder / "deep").mkdir(parents=True)
        (folder / "a.txt").write_text("“One,” said Ada Okafor.", "utf-8")
        lines(folder / "a.json", {"publisher": "The Daily"})
        lines(folder / "deep" / "b.jsonl", {"body": "“Two,” said Bo Lind."}, {"body": "“Three,” said Bo Lind."})
        (folder / "notes.pdf").write_bytes(b"%PDF")
        (folder / "LOUD.TXT").write_text("Nobody spoke.", "utf-8")
        lines(folder / "LOUD.json", {"publisher": "The Weekly"})
        assert run("index", folder, "--json") == 0
        assert (run.json["added"], run.json["quotes"], run.json["refused"]) == (4, 3, [])
        run("stats", "--json")
        assert run.json["publishers"] == [{"name": None, "quotes": 2}, {"name": "The Daily", "quotes": 1}]

    def test_a_bad_line_is_reported_and_the_good_ones_kept(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "a.jsonl", {"body": "“One,” said Ada Okafor."}, {"body": 2}, {"body": "Three."})
        assert run("index", file) == 1
        assert f"{file} line 2: body must be a string" in run.err
        assert run.out == "articles: 2 added, 1 refused; 1 quote added\n"

    def test_strict_keeps_nothing_when_anything_is_bad(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "a.jsonl", {"body": "“One,” said Ada Okafor."}, {"body": 2})
        assert run("index", file, "--strict") == 1
        assert "nothing was added" in run.out
        assert not (tmp_path / "archive").exists()

    def test_the_same_version_with_another_body_says_what_to_do(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "a.jsonl"
        run("index", lines(file, {"id": "urn:1", "body": "“One,” said Ada Okafor."}))
        assert run("index", lines(file, {"id": "urn:1", "body": "“Two,” said Ada Okafor."})) == 1
        assert "urn:1 is already indexed with another text; raise the version to replace it" in run.err
        assert run("index", lines(file, {"id": "urn:1", "body": "“Two,” said Ada Okafor.", "version": 2})) == 0
        assert run.out == "articles: 1 replaced; 1 quote added\n"
        run("search", "--json")
        assert [hit["text"] for hit in run.json["hits"]] == ["Two,"]

    @pytest.mark.parametrize("name", ["missing.txt", "missing.jsonl", "a.pdf"])
    def test_a_file_that_cannot_be_read_is_named(self, run: Run, tmp_path: Path, name: str) -> None:
        assert run("index", tmp_path / name) == 1
        assert name in run.err


MISSING = "speaker is missing, and so is denied_speaker"


class TestImport:
    def test_three_thousand_lines_are_imported(self, run: Run, tmp_path: Path) -> None:
        quotes = ({"text": f"Sentence number {n}.", "speaker": f"Speaker {n % 97} Example"} for n in range(3_000))
        assert run("import", lines(tmp_path / "q.jsonl", *quotes)) == 0
        assert run.out == "quotes: 3,000 added\n"
        run("search", '"number 2711"', "--json")
        assert [hit["attribution"]["status"] for hit in run.json["hits"]] == ["given"]

    def test_a_bad_line_is_reported_by_number_and_the_good_ones_kept(self, run: Run, tmp_path: Path) -> None:
        good = {"text": "No.", "speaker": "Ada", "published": "2025-08-11", "url": "https://example.org/1"}
        file = lines(tmp_path / "q.jsonl", good, {"text": "No."}, {"text": "Yes.", "speaker": "Bo"})
        assert run("import", file, "--json") == 1
        assert (run.json["added"], run.json["quotes"]) == (2, 2)
        assert run.json["refused"] == [{"source": str(file), "line": 2, "field": "speaker", "detail": MISSING}]

    def test_a_denial_is_shown_as_one(self, run: Run, tmp_path: Path) -> None:
        run("import", lines(tmp_path / "q.jsonl", {"text": "The dam will fall.", "denied_speaker": "Ada Okafor"}))
        run("search", "dam")
        assert "denied by the article: Ada Okafor did not say this · direct" in run.out
        run("search", "dam", "--speaker", "okafor", "--json")
        assert run.json["hits"] == []
        run("search", "dam", "--speaker", "okafor", "--status", "denied", "--json")
        (hit,) = run.json["hits"]
        assert (hit["speaker"], hit["denied_speaker"]["id"]) == (None, "ada-okafor")

    def test_a_file_that_is_not_there_does_not_stop_the_others(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "q.jsonl", {"text": "No.", "speaker": "Ada"})
        assert run("import", tmp_path / "missing.jsonl", file, "--json") == 1
        assert (run.json["added"], run.json["refused"][0]["source"]) == (1, str(tmp_path / "missing.jsonl"))

    def test_strict_keeps_nothing_when_a_line_is_bad(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "q.jsonl", {"text": "No.", "speaker": "Ada"}, {"text": "No."})
        assert run("import", file, "--strict") == 1
        assert not run.folder.exists()

    def test_importing_twice_changes_nothing(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "q.jsonl", {"text": "No.", "speaker": "Ada"}, {"text": "No.", "speaker": "Bo"})
        run("import", file)
        assert run("import", file) == 0
        assert run.out == "quotes: 2 unchanged\n"


class Typing(io.BytesIO):
    """A standard input that calls a hook, or is interrupted, before its `n`-th line is read."""

    def __init__(self, *quotes: dict[str, str]) -> None:
        super().__init__(b"".join(json.dumps(quote).encode() + b"\n" for quote in quotes))
        self.before: dict[int, Callable[[], None]] = {}
        self._read = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self._read += 1
        self.before.get(self._read, lambda: None)()
        return super().readline(size)


class TestStreams:
    """Input is added commit by commit, and never more than one commit is in memory."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(originals, "QUOTES_A_COMMIT", 10)
        monkeypatch.setattr(originals, "ARTICLES_A_COMMIT", 10)

    @pytest.fixture
    def typing(self, monkeypatch: pytest.MonkeyPatch) -> Typing:
        typing = Typing(*({"text": f"Number {n}.", "speaker": "Ada Okafor"} for n in range(35)))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(typing))
        return typing

    def test_an_import_is_added_before_more_is_read(self, run: Run, typing: Typing) -> None:
        held: list[int] = []
        for line in (10, 11, 20, 21, 31):
            typing.before[line] = lambda: held.append(quoth.open(run.store).stats().quotes)
        assert run("import", "-") == 0
        assert run.out == "quotes: 35 added\n"
        assert held == [0, 10, 10, 20, 30]
        run("stats", "--json")
        assert (run.json["quotes"], run.json["segments"], run.json["generation"]) == (35, 4, 4)

    def test_articles_are_added_before_more_is_read(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "a.jsonl", *({"body": f"“Number {n},” said Ada Okafor."} for n in range(25)))
        assert run("index", file) == 0
        assert run.out == "articles: 25 added; 25 quotes added\n"
        run("stats", "--json")
        assert (run.json["quotes"], run.json["segments"]) == (25, 3)

    def test_commits_survive_an_interrupt_and_the_next_run_continues(
        self, run: Run, typing: Typing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        typing.before[25] = interrupt
        assert run("import", "-") == 130
        assert run.err == "quoth: stopped; committed changes stay, and running the command again continues\n"
        run("stats", "--json")
        assert run.json["quotes"] == 20
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typing.getvalue())))
        assert run("import", "-") == 0
        assert run.out == "quotes: 15 added, 20 unchanged\n"

    def test_a_refusal_is_printed_at_once(self, run: Run, typing: Typing, capsys: pytest.CaptureFixture[str]) -> None:
        said: list[str] = []
        typing.seek(0, io.SEEK_END)
        typing.write(b"rubbish\n\n")
        typing.seek(0)
        typing.before[37] = lambda: said.append(capsys.readouterr().err)
        assert run("import", "-") == 1
        assert said == ["quoth: standard input line 36: is not JSON: Expecting value at column 1\n"]
        assert run.out == "quotes: 35 added, 1 refused\n"

    def test_refusals_are_printed_up_to_a_limit_and_counted(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(add, "MAX_LISTED_REFUSALS", 3)
        file = lines(tmp_path / "q.jsonl", *[{"text": "No."}] * 8, {"text": "No.", "speaker": "Ada"})
        assert run("import", file, "--json") == 1
        assert [refusal["line"] for refusal in run.json["refused"]] == [1, 2, 3]
        assert (run.json["refused_count"], run.json["added"]) == (8, 1)
        assert run.err.count("\n") == 4
        assert run.err.endswith("quoth: 5 more were refused\n")


class TestStrict:
    """All input is read twice: first to check it, then to add it."""

    GOOD, BAD = {"text": "No.", "speaker": "Ada Okafor"}, {"text": "No."}

    def test_a_bad_line_at_the_end_of_the_last_file_keeps_everything_out(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(originals, "QUOTES_A_COMMIT", 2)
        one = lines(tmp_path / "1.jsonl", *[self.GOOD] * 5)
        other = lines(tmp_path / "2.jsonl", *[self.GOOD] * 5, self.BAD)
        assert run("import", one, other, "--strict") == 1
        assert run.out == "quotes: 1 refused (--strict: nothing was added)\n"
        assert run.err == f"quoth: {other} line 6: {MISSING}\n"
        assert not (tmp_path / "archive").exists()

    def test_a_missing_file_keeps_everything_out(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "q.jsonl", self.GOOD)
        assert run("import", file, tmp_path / "missing.jsonl", "--strict", "--json") == 1
        assert (run.json["added"], run.json["refused_count"]) == (0, 1)
        assert not (tmp_path / "archive").exists()

    def test_valid_input_is_added(self, run: Run, tmp_path: Path) -> None:
        assert run("import", lines(tmp_path / "q.jsonl", self.GOOD), "--strict") == 0
        assert run.out == "quotes: 1 added\n"
        assert run("index", SAMPLE, "--strict") == 0
        assert run.out == "articles: 1 added; 6 quotes added\n"

    @pytest.mark.parametrize(
        ("command", "given", "said"),
        [
            ("import", b'{"text": "No.", "speaker": "Ada Okafor"}\n', "quotes: 1 added\n"),
            ("index", "“No,” said Ada Okafor.".encode(), "articles: 1 added; 1 quote added\n"),
        ],
    )
    def test_standard_input_can_be_read_only_once_and_is_added_all_the_same(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, command: str, given: bytes, said: str
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        assert run(command, "-", "--strict") == 0
        assert run.out == said

    def test_a_bad_line_of_standard_input_keeps_everything_out(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = "\n".join(json.dumps(quote) for quote in (self.GOOD, self.BAD))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert run("import", "-", "--strict") == 1
        assert run.err == f"quoth: standard input line 2: {MISSING}\n"
        assert not (tmp_path / "archive").exists()

    def test_another_text_under_the_same_version_is_refused_alone(self, run: Run, tmp_path: Path) -> None:
        """A file decides whether an item is readable; the index decides whether it may enter."""
        file = tmp_path / "q.jsonl"
        run("import", lines(file, {**self.GOOD, "id": "7"}))
        assert run("import", lines(file, {**self.GOOD, "id": "7", "text": "Yes."}, self.GOOD), "--strict") == 1
        assert run.out == "quotes: 1 added, 1 refused\n"


class TestProgress:
    """Only a terminal shows the bar itself, so these tests check its steps."""

    def test_progress_ends_at_the_size_of_the_files(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bars: list[tqdm[Any]] = []

        class Shown(tqdm):
            def __init__(self, **options: Any) -> None:
                super().__init__(**{**options, "disable": False, "file": io.StringIO()})
                bars.append(self)

        monkeypatch.setattr(add, "tqdm", Shown)
        monkeypatch.setattr(originals, "QUOTES_A_COMMIT", 10)
        file = lines(tmp_path / "q.jsonl", *({"text": f"Number {n}.", "speaker": "Ada"} for n in range(25)))
        assert run("import", file, "--strict") == 0
        assert [(bar.desc, bar.total, round(bar.n)) for bar in bars] == [
            ("checking", file.stat().st_size, file.stat().st_size),
            ("adding", file.stat().st_size, file.stat().st_size),
        ]
        assert bars[-1].postfix == "25 quotes"


class TestAsking:
    def test_an_empty_archive_says_how_to_fill_it(self, run: Run) -> None:
        run.folder.mkdir()
        assert run("search", "anything") == 0
        assert "quoth index FILE" in run.out

    @pytest.mark.parametrize("folder", ["archive", "a file/archive"])
    @pytest.mark.parametrize(
        "command",
        [
            *(["search", "dam"], ["search", "dam", "--as-of", "1"], ["verify", "the dam"], ["speakers"]),
            *(["show", "q_1"], ["stats"], ["stats", "--json"], ["history"], ["scrub"], ["compact"]),
            *(["collect"], ["collect", "--dry-run"], ["rollback", "1", "--yes"], ["restore", "manifest.json"]),
        ],
    )
    def test_a_directory_that_does_not_exist_is_no_empty_archive(
        self, run: Run, command: list[str], folder: str
    ) -> None:
        """A typing error in --store must not read as: nobody said that, nothing is damaged."""
        (run.folder.parent / "a file").touch()
        place = run.folder.parent / folder
        assert run(*command, "--store", f"file:{place}") == 2
        assert run.out == ""
        assert run.err == (
            f"quoth: file:{place} does not exist; check --store, or begin an archive with `quoth index FILE`\n"
        )
        assert not run.folder.exists()

    def test_adding_begins_an_archive(self, run: Run, tmp_path: Path) -> None:
        file = lines(tmp_path / "q.jsonl", {"text": "No.", "speaker": "Ada"})
        for command, *arguments in (["index", SAMPLE], ["import", file], ["withdraw", "urn:1", "--version", "1"]):
            store = f"file:{tmp_path / str(command)}"
            assert run(str(command), *arguments, "--store", store) == 0
            assert run("stats", "--store", store) == 0

    def test_words_may_begin_with_a_minus_and_stand_behind_options(self, run: Run) -> None:
        run("index", SAMPLE)
        for words in (["land", "-kill"], ["-kill", "land"], ["--limit", "3", "land", '-"kill everybody"']):
            assert run("search", *words) == 0
            assert run.out.startswith("2 quotes of 5 in the index")
        assert run("search", "land", "--speaker", "Trump", "swap") == 0
        assert run.out.startswith("3 quotes of 5")
        assert run("search", "land", "--limit", "-1") == 2
        for wrong in (["search", "land", "--nothing"], ["verify", "land", "-swap"]):
            with pytest.raises(SystemExit):
                run(*wrong)

    def test_an_empty_page_says_why(self, run: Run) -> None:
        run("index", SAMPLE)
        run("search", "land", "--speaker", "Jane Trump", "--publisher", "Le Phare")
        head, *reasons = run.out.splitlines()
        assert head.startswith("0 quotes of 5 in the index")
        assert reasons == [
            "no quote is by “Jane Trump”; near is Donald Trump (4 quotes)",
            "3 quotes without any filter",
        ]
        run("search", "conditions", "--match", "all")
        assert "1 quote among the statements in the reporter’s words (type:indirect)" in run.out

    def test_statements_match_only_on_request(self, run: Run) -> None:
        run("index", SAMPLE)
        run("search", "conditions")
        assert run.out.startswith("0 quotes of 5 in the index")
        assert run("search", "conditions", "--type", "indirect") == 0
        assert run.out.startswith("1 indirect statement of 1 in the index")
        assert "1. he will not accept a ceasefire without conditions\n   Vladimir Putin · indirect" in run.out
        for types in (["--type", "direct,partial,indirect"], ["--type", "direct", "--type", "partial,indirect"]):
            run("search", "ceasefire", *types, "--json")
            hits = run.json["hits"][: run.json["total"]["value"]]
            assert [hit["type"] for hit in hits] == ["indirect", "partial"]
            assert run.json["query"]["type"] == ["direct", "partial", "indirect"]
        run("search", "ceasefire", "--type", "partial,indirect")
        assert run.out.startswith("2 quotes of 3 of these types, ")

    def test_an_unknown_type_is_refused_with_the_known_types(self, run: Run) -> None:
        run.folder.mkdir()
        assert run("search", "dam", "--type", "quoted") == 2
        assert run.err == "quoth: type: must be direct, partial, indirect, term or title, not 'quoted'\n"

    @pytest.mark.parametrize("arguments", [["!"], ["dam", "--limit", "0"], ["dam", "--from", "soon"]])
    def test_an_invalid_request_is_exit_code_2(self, run: Run, arguments: list[str]) -> None:
        assert run("search", *arguments) == 2
        assert run.err.startswith("quoth: ")

    def test_words_need_no_quotation(self, run: Run) -> None:
        run("index", SAMPLE)
        run("search", "land", "swapping", "--json")
        assert run.json["query"]["q"] == "land swapping"
        assert run.json["total"]["value"] == 3

    @pytest.mark.prove
    def test_a_terminal_that_knows_no_curly_marks_still_gets_an_answer(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "quoth", "extract", str(SAMPLE)],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'index'}", "PYTHONIOENCODING": "ascii"},
        )
        assert b"\\u201cland swapping\\u201d" in done.stdout

    @pytest.mark.parametrize("command", [["search", "dam"], ["serve"], ["stats"]])
    def test_a_bad_store_address_is_exit_code_3(self, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
        assert main.main([*command, "--store", "nowhere"]) == 3
        assert "a store is file:DIR or s3://bucket/prefix" in capsys.readouterr().err

    def test_stats_describe_the_archive(self, run: Run) -> None:
        run("index", SAMPLE)
        assert run("stats") == 0
        assert "quotes      6 from 1 article by 3 speakers" in run.out
        assert "types       3 direct, 2 partial, 1 indirect" in run.out
        assert run("stats", "--json") == 0
        assert run.json["store"] == run.store

    def test_ctrl_c_is_exit_code_130(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(add, "read_articles", interrupt)
        assert run("index", SAMPLE) == 130
        assert "running the command again continues" in run.err


class TestVerify:
    """Exit code 0 means that the claimed speaker said the words; a script may rely on it."""

    @pytest.mark.parametrize(
        ("words", "speaker", "code", "verdict"),
        [
            ("land swapping", "Trump", 0, "exact"),
            ("land swapping", None, 0, "exact"),
            ("because there will be some land swaping going on", "Donald Trump", 0, "near"),
            ("because there won’t be some land swapping going on", "Donald Trump", 1, "altered"),
            ("some land swapping going on", "Putin", 1, "other speaker"),
            ("a constitutional approval", "Trump", 1, "partial"),
            ("the moon is made of cheese", None, 1, "not found"),
        ],
    )
    def test_the_exit_code_is_0_only_for_the_right_speaker(
        self, run: Run, words: str, speaker: str | None, code: int, verdict: str
    ) -> None:
        run("index", SAMPLE)
        asked = [*words.split(), *(("--speaker", speaker) if speaker else ())]
        assert run("verify", *asked) == code
        assert run.out.startswith(f"{verdict}: ")
        assert run("verify", *asked, "--json") == code
        assert run.json["verdict"] == verdict.replace(" ", "_")

    def test_no_match_is_reported_with_the_coverage(self, run: Run) -> None:
        run("index", SAMPLE)
        run("verify", "the moon is made of cheese")
        assert "This index has 6 quotes from 1 article, no dates" in run.out
        assert run("verify", "--as-of", "1", "land", "swapping") == 0

    def test_an_invalid_request_is_exit_code_2(self, run: Run) -> None:
        run.folder.mkdir()
        assert run("verify", "…") == 2
        assert run.err == "quoth: text: has no word\n"


class TestShow:
    @pytest.fixture
    def shown(self, run: Run) -> str:
        run("index", SAMPLE)
        run("search", "--json", "everybody", "conversations")
        return str(run.json["hits"][0]["id"])

    def test_a_quote_is_shown_where_it_stands_with_its_whole_utterance(self, run: Run, shown: str) -> None:
        assert run("show", shown) == 0
        assert "the whole utterance\n   “I was" in run.out
        assert "\n\n… " in run.out
        assert run("show", shown, "--json") == 0
        assert [part["position"] for part in run.json["spoken"]] == [1, 2, 3]
        body = SAMPLE.read_text("utf-8")
        assert run.json["context"]["before"] + run.json["text"] + run.json["context"]["after"] in body

    BEGINNINGS: ClassVar = {
        "text": "“Because",
        "ris": "TY  - NEWS",
        "bibtex": "@misc{",
        "csl": "[\n  {",
        "jsonld": "{",
        "wikipedia": "{{cite news |title=",
    }

    @pytest.mark.prove
    @pytest.mark.parametrize("format", citation.FORMATS)
    def test_it_is_cited_in_every_format(self, run: Run, shown: str, format: str) -> None:
        assert run("show", shown, "--format", format) == 0
        assert run.out.startswith(self.BEGINNINGS[format])
        assert "n.d." in run.out or format == "jsonld"

    def test_a_missing_quote_is_exit_code_2(self, run: Run) -> None:
        run.folder.mkdir()
        assert run("show", "q_none") == 2
        assert run.err == "quoth: no quote has the id q_none\n"


class TestRows:
    def test_a_search_is_printed_as_rows(self, run: Run) -> None:
        run("index", SAMPLE)
        assert run("search", "land", "--format", "csv") == 0
        assert [row["speaker"] for row in csv.DictReader(io.StringIO(run.out))] == ["Donald Trump"] * 3
        assert run("search", "land", "--format", "jsonl") == 0
        assert {json.loads(line)["speaker"]["id"] for line in run.out.splitlines()} == {"donald-trump"}

    @pytest.mark.parametrize("format", ["csv", "jsonl"])
    def test_rows_have_the_quotes_with_every_word_only(self, run: Run, format: str) -> None:
        run("index", SAMPLE)
        run("search", "swapping conversations unicorn")
        assert "without unicorn" in run.out
        assert run("search", "swapping conversations unicorn", "--format", format) == 0
        assert run.out.count("\n") == (1 if format == "csv" else 0)

    def test_a_page_says_how_to_go_on_and_goes_on(self, run: Run) -> None:
        run("index", SAMPLE)
        run("search", "--limit", "2", "--facets", "speaker")
        first = run.out
        assert "5 quotes" in first
        assert ", the best 2 of 5\n" in first
        assert "by speaker\n           4  Donald Trump\n           1  Volodymyr Zelensky" in first
        cursor = first.rsplit("--cursor ", 1)[1].strip()
        assert run("search", "--limit", "2", "--cursor", cursor) == 0
        assert ", 3 to 4 of 5\n\n3. " in run.out

    def test_collapsed_hits_count_their_repeats(self, run: Run) -> None:
        run("index", SAMPLE)
        run("search", "--collapse", "utterance", "land")
        assert "2 quotes like it in 1 article, 0 publishers" in run.out

    def test_a_typo_is_answered_with_a_suggestion(self, run: Run) -> None:
        run("index", SAMPLE)
        run("search", "land", "swaping", "--fuzzy", "off")
        assert "did you mean: land swapping" in run.out
        run("search", "land", "swaping", "--speaker", "Trunp")
        assert "no quote has the word “swaping”\n   corrected to swapping" in run.out
        assert "no speaker is named “Trunp”\n   corrected to trump" in run.out


class TestSpeakers:
    def test_speakers_are_listed_the_most_quoted_first(self, run: Run) -> None:
        run("index", SAMPLE)
        assert run("speakers") == 0
        assert [line.split()[0] for line in run.out.splitlines()] == ["2", "4", "1"]
        assert run("speakers", "zelinsk") == 0
        assert run.out.startswith("1 speaker with the name prefix “zelinsk”, corrected to zelensk")
        assert run("speakers", "zel", "--json") == 0
        assert [one["id"] for one in run.json["speakers"]] == ["volodymyr-zelensky"]

    def test_a_table_of_speakers_by_time(self, run: Run, tmp_path: Path) -> None:
        given = [
            {
                "text": f"Number {n}.",
                "speaker": ("Ada Okafor", "=Bo Lind")[n % 3 == 0],
                "published": f"{2010 + n}-0{n % 9 + 1}",
            }
            for n in range(10)
        ]
        run("import", lines(tmp_path / "q.jsonl", *given, {"text": "No.", "speaker": "Ada Okafor"}))
        assert run("speakers", "--by", "year") == 0
        head, columns, ada, bo, told = run.out.splitlines()
        assert (head, columns.split()[:3]) == ("2 speakers", ["speaker", "all", "2012"])
        assert ada.split() == ["Ada", "Okafor", "7", *"111111"[:1], *"1" * 4]
        assert bo.split()[:3] == ["=Bo", "Lind", "4"]
        assert told == "the last 8 of 10 periods; `--format csv` has all"
        assert run("speakers", "ada", "--by", "month", "--format", "csv") == 0
        (row,) = csv.DictReader(run.out.splitlines())
        assert list(row)[:4] == ["speaker_id", "speaker", "quotes", "2011-02"]
        assert (row["quotes"], sum(int(row[name]) for name in list(row)[3:])) == ("7", 6)
        assert run("speakers", "--format", "csv") == 0
        assert run.out.splitlines()[0] == '"speaker_id","speaker","quotes"'
        assert [row["speaker"] for row in csv.DictReader(run.out.splitlines())] == ["Ada Okafor", "'=Bo Lind"]

    def test_a_facet_has_as_many_values_as_are_asked_for(self, run: Run, tmp_path: Path) -> None:
        given = [{"text": "No.", "speaker": f"Speaker {letter}"} for letter in "abcdefghijklmno"]
        run("import", lines(tmp_path / "q.jsonl", *given))
        for size, found in (([], 10), (["--facet-size", "12"], 12)):
            assert run("search", "--facets", "speaker", *size, "--json") == 0
            assert len(run.json["facets"]["speaker"]) == found
        assert run("search", "--facets", "speaker", "--facet-size", "1001") == 2
        assert run.err == "quoth: facet_size: must be from 1 to 1,000, not 1001\n"


class TestDefaults:
    def test_the_store_is_under_the_data_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", "/data")
        assert terminal.default_store() == "file:/data/quoth"

    def test_the_environment_may_name_the_store(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}/elsewhere")
        assert main.main(["index", str(SAMPLE)]) == 0
        assert (tmp_path / "elsewhere" / "manifest.json").exists()

    def test_python_m_quoth_is_the_command(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "quoth", "--version"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'index'}"},
        )
        assert done.stdout == "quoth 0.1.0\n"


@pytest.mark.prove
class TestManyWriters:
    """Several commands at once, on a directory and on a real S3 server; `make test` has tests/storage/test_races.py."""

    @pytest.mark.parametrize(("writers", "own"), [(2, 1), (4, 4)])
    def test_in_a_directory_nothing_is_lost_and_nothing_is_there_twice(
        self, tmp_path: Path, writers: int, own: int
    ) -> None:
        self.race(f"file:{tmp_path}/archive", tmp_path, {}, writers, own)

    def test_in_s3_nothing_is_lost_and_nothing_is_there_twice(self, tmp_path: Path, real_s3: dict[str, str]) -> None:
        self.race(f"s3://{BUCKET}/race-{uuid.uuid4()}", tmp_path, real_s3, 4, 4)

    def race(self, store: str, folder: Path, environment: dict[str, str], count: int, own: int) -> None:
        """Each writer indexes some articles of its own, and one that is everybody's."""
        given = {**os.environ, "PYTHONPATH": f"{ROOT / 'index'}", **environment}
        script = 'for file in "$@"; do "$PYTHON" -m quoth index "$file" --store "$STORE" || exit 1; done'
        shared = lines(folder / "shared.jsonl", {"id": "urn:shared", "body": "“Mine,” said Ada Okafor."})
        writers = []
        for writer in range(count):
            said = [{"id": f"urn:{writer}:{n}", "body": f"“Number {n},” said Bo Lind."} for n in range(own)]
            first, *others = [lines(folder / f"{writer}-{n}.jsonl", article) for n, article in enumerate(said)]
            command = ["sh", "-c", script, "sh", *map(str, [first, shared, *others])]
            writers.append(subprocess.Popen(command, env={**given, "PYTHON": sys.executable, "STORE": store}))
        assert [writer.wait() for writer in writers] == [0] * count
        done = subprocess.run(
            [sys.executable, "-m", "quoth", "search", "--store", store, "--limit", "100", "--json"],
            env=given,
            capture_output=True,
            check=True,
        )
        page = json.loads(done.stdout)
        articles = sorted(hit["article"]["id"] for hit in page["hits"])
        written = ["urn:shared", *(f"urn:{writer}:{n}" for writer in range(count) for n in range(own))]
        assert articles == sorted(written)
        assert page["index"]["quotes"] == len(written)
        assert page["index"]["generation"] >= len(written)  # and what was merged in passing


def test_a_terminal_shows_matches_in_bold(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("index", SAMPLE)
    monkeypatch.setattr(ask, "is_coloured", lambda: True)
    run("search", "ceasefire")
    assert "a \x1b[1mceasefire\x1b[0m or" in run.out


def test_every_error_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.fail(str(BadInput("two\nlines\x1b[0m", source="a")), 1)
    assert capsys.readouterr().err == "quoth: a: two lines[0m\n"
    assert one_line("a\u2028b") == "a b"
    assert one_line("".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))) == ""


def test_a_text_of_spaces_is_shown_in_one_pass() -> None:
    """A pattern with quadratic backtracking over spaces would hang here."""
    assert one_line("a" + " " * 500_000 + "b") == "a b"
