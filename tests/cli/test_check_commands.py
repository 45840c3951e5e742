"""The commands `check` and `recheck`, and the receipt of `verify`, as a person types them."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from quoth.archive import open_archive
from tests.support.builders import a_given, an_article, day
from tests.support.commands import Run
from tests.support.events import ROOT

RIGHT = "“We will not raise property taxes this year,” said Ada Okafor."
WRONG = "“We will raise property taxes this year,” said Ada Okafor."


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    archive = open_archive(f"file:{tmp_path / 'archive'}")
    archive.add([an_article(RIGHT, id="urn:1", url="https://example.org/1", publisher="The Harbour Times")])
    return Run(tmp_path / "archive", capsys)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.md"
    path.write_text(f"# Taxes\n\n{RIGHT}\n\n{WRONG}\n", "utf-8")
    return path


def a_file(folder: Path, text: str, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


class TestCheck:
    def test_the_page_about_it_shows_what_it_prints(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        page = (ROOT / "docs" / "check.md").read_text("utf-8")
        blocks = dict(re.findall(r"```\w+ (\w+)\n(.*?)```\n", page, re.DOTALL))
        article = an_article(
            blocks["article"].rstrip("\n"),
            id="urn:harbour:1",
            headline="The dam stays",
            url="https://example.org/the-dam-stays",
            publisher="The Harbour Times",
            published=day(2025, 8, 11),
        )
        open_archive(f"file:{tmp_path / 'archive'}").add(article)
        run = Run(tmp_path / "archive", capsys)
        assert run("check", a_file(tmp_path, blocks["draft"], "draft.md")) == 1
        assert run.out.replace(f"{tmp_path}/", "") == blocks["report"]

    def test_only_a_confirmed_draft_is_exit_code_0(self, run: Run, tmp_path: Path, draft: Path) -> None:
        assert run("check", draft) == 1
        assert run("check", a_file(tmp_path, f"{RIGHT}\n\nOn Monday.")) == 0
        assert run("check", a_file(tmp_path, "Rain fell.")) == 0
        assert "There is no quote to check." in run.out
        assert run("check", a_file(tmp_path, "")) == 0

    def test_several_drafts_are_one_report(self, run: Run, tmp_path: Path, draft: Path) -> None:
        fine = a_file(tmp_path, f"{RIGHT}\n\nOn Monday.")
        assert run("check", fine, draft) == 1
        assert f"{fine}: 1 quote, 0 to work on: 1 confirmed." in run.out
        assert f"{draft}: 2 quotes, 1 to work on: 1 altered, 1 confirmed." in run.out

    def test_json_is_one_value_a_draft(self, run: Run, tmp_path: Path, draft: Path) -> None:
        assert run("check", "--json", draft, a_file(tmp_path, "Rain fell.")) == 1
        first, second = map(json.loads, run.out.splitlines())
        assert (first["draft"], first["groups"]) == (str(draft), {"altered": 1, "confirmed": 1})
        assert [quote["line"] for quote in first["quotes"]] == [3, 5]
        assert (second["confirmed"], second["quotes"]) == (True, [])

    def test_markdown_and_a_page_are_forms_of_the_report(self, run: Run, draft: Path) -> None:
        assert run("check", "--format", "md", draft) == 1
        assert "## Altered: a difference may change what was said (1)" in run.out
        assert run("check", "--format", "html", draft) == 1
        assert run.out.startswith("<!DOCTYPE html>\n<html")
        assert "Altered: a difference" in run.out

    def test_a_draft_comes_from_standard_input(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"<p>{RIGHT}</p><p>{WRONG}</p>".encode())))
        assert run("check", "-") == 1
        assert run.out.startswith("standard input: 2 quotes, 1 to work on")

    def test_quotes_settled_by_hand_do_not_count(self, run: Run, tmp_path: Path, draft: Path) -> None:
        settled = a_file(tmp_path, "# by telephone\n“we will raise property taxes, this year”\n", "settled")
        assert run("check", draft, "--ignore", settled) == 0
        assert "Settled by hand (1)" in run.out
        run("check", "--json", draft)
        (altered,) = [quote["id"] for quote in run.json["quotes"] if quote["group"] == "altered"]
        assert run("check", draft, "--ignore", a_file(tmp_path, f"{altered} # by telephone\n", "ids")) == 0

    def test_a_publisher_can_be_left_out(self, run: Run, tmp_path: Path) -> None:
        fine = a_file(tmp_path, f"{RIGHT}\n\nOn Monday.")
        assert run("check", fine, "--without", "the harbour times") == 1
        assert "Not found in this archive (1)" in run.out

    def test_a_past_generation_can_be_asked(self, run: Run, tmp_path: Path) -> None:
        open_archive(run.store).add(a_given("The ferry will leave at noon every day,", "Bo Lind"))
        fine = a_file(tmp_path, "“The ferry will leave at noon every day,” said Bo Lind.")
        assert (run("check", fine), run("check", fine, "--as-of", "1")) == (0, 1)

    def test_what_cannot_be_read_is_exit_code_2_and_the_rest_is_checked(
        self, run: Run, tmp_path: Path, draft: Path
    ) -> None:
        (tmp_path / "b.txt").write_bytes(b"caf\xe9")
        unread = [tmp_path / "b.txt", tmp_path / "missing.txt", a_file(tmp_path, "No.", "a.docx"), tmp_path]
        assert run("check", *unread, draft) == 2
        assert [line.split(": ", 2)[2] for line in run.err.splitlines()] == [
            "is not UTF-8: byte 3 is 0xe9",
            "cannot be read: No such file or directory",
            "has an extension that is of no format; say whether it is text, markdown, html, ninjs",
            "cannot be read: Is a directory",
        ]
        assert f"{draft}: 2 quotes" in run.out
        assert run("check", draft, "--ignore", tmp_path / "missing") == 2
        assert run("check", a_file(tmp_path, f"{RIGHT}\n\nOn Monday.", "c.docx"), "--input", "text") == 0

    def test_an_archive_that_does_not_exist_is_exit_code_2(self, run: Run, tmp_path: Path, draft: Path) -> None:
        assert run("check", draft, "--store", f"file:{tmp_path / 'nowhere'}") == 2


class TestReceipts:
    @pytest.fixture
    def receipt(self, run: Run, tmp_path: Path) -> Path:
        path = tmp_path / "receipt.json"
        assert (
            run("verify", "we will not raise property taxes this year", "--speaker", "Okafor", "--receipt", path) == 0
        )
        return path

    def test_a_verdict_that_still_stands_is_exit_code_0(self, run: Run, receipt: Path) -> None:
        assert run("recheck", receipt) == 0
        assert run.out.startswith(f"{receipt}: still so: ")
        assert run("recheck", receipt, "--json") == 0
        assert (run.json["standing"], run.json["verification"]["verdict"]) == ("still_so", "exact")

    def test_a_corrected_article_is_exit_code_1(self, run: Run, receipt: Path) -> None:
        open_archive(run.store).add(an_article(WRONG, id="urn:1", version=2))
        assert run("recheck", receipt) == 1
        assert ": corrected: the quote q_" in run.out

    def test_a_withdrawn_article_is_exit_code_1(self, run: Run, receipt: Path) -> None:
        assert run("withdraw", "urn:1") == 0
        assert run("recheck", receipt) == 1
        assert ": withdrawn: the quote q_" in run.out

    def test_an_unreadable_receipt_is_exit_code_2_and_the_rest_is_rechecked(
        self, run: Run, receipt: Path, tmp_path: Path
    ) -> None:
        assert run("recheck", a_file(tmp_path, "{}"), tmp_path / "missing", receipt) == 2
        assert run.out.startswith(f"{receipt}: still so: ")
        assert len(run.err.splitlines()) == 2

    def test_a_receipt_that_cannot_be_written_is_exit_code_2(self, run: Run, tmp_path: Path) -> None:
        assert run("verify", "property taxes", "--receipt", tmp_path / "no" / "folder.json") == 2
        assert "cannot be written: No such file or directory" in run.err

    def test_words_of_a_receipt_are_harmless_in_a_terminal(self, run: Run, receipt: Path, tmp_path: Path) -> None:
        value = json.loads(receipt.read_text("utf-8"))
        value["question"]["text"] += "\u001b[31m\u202e\n\nfake: still so"
        hostile = a_file(tmp_path, json.dumps(value), "hostile.json")
        run("recheck", hostile)
        assert not set(run.out) & {"\x1b", "\u202e"}
        assert len(run.out.splitlines()) == 4
