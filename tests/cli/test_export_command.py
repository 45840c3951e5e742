"""`quoth export`: a whole search in a file, which is complete or not there."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import quoth
from quoth.archive import Archive
from quoth.article import Article
from quoth.cli.commands import export
from quoth.engine import searcher
from quoth.quote import GivenQuote
from tests.support.commands import Run

QUOTES = [
    GivenQuote(text=f"Number {n} of the dam; =1.", speaker=("Ada Okafor", "Bo Lind")[n % 2], published=None)
    for n in range(25)
]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    run = Run(tmp_path / "archive", capsys)
    archive = opened(run)
    archive.add(QUOTES)
    archive.add(Article(body="“No,” said Cy Example.", id="urn:1", published=None))
    return run


def opened(run: Run) -> Archive:
    return quoth.open(run.store)


def test_every_quote_of_a_search_is_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searcher, "PART", 4)
    assert run("export", "dam", "--speaker", "okafor") == 0
    rows = [json.loads(line) for line in run.out.splitlines()]
    assert sorted(row["text"] for row in rows) == sorted(quote.text for quote in QUOTES[::2])
    assert run.err == "quoth: complete: 13 quotes of generation 2\n"


def test_the_name_of_the_file_says_the_format(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    assert run("export", "--output", file) == 0
    assert run.err == f"quoth: complete: 26 quotes of generation 2 in {file}\n"
    with file.open(encoding="utf-8", newline="") as opened:
        assert len(list(csv.DictReader(opened))) == 26
    assert run("export", "-cy", "-o", file, "--format", "jsonl", "--as-of", "1") == 0
    assert len(file.read_text("utf-8").splitlines()) == 25


def test_nothing_found_is_complete(run: Run) -> None:
    assert run("export", "zebra") == 0
    assert (run.out, run.err) == ("", "quoth: complete: 0 quotes of generation 2\n")


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda archive: archive.withdraw("urn:1"), "incomplete: 1 item withdrawn meanwhile; run it again"),
        (lambda archive: None, "complete: 26 quotes of generation 2 in "),
    ],
)
def test_a_file_is_complete_or_as_it_was(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Archive], object], why: str
) -> None:
    choose = export._chosen

    def chosen(*asked: object) -> object:
        found = choose(*asked)  # type: ignore[arg-type]
        meanwhile(opened(run))
        return found

    monkeypatch.setattr(export, "_chosen", chosen)
    file = tmp_path / "all.jsonl"
    file.write_text("old")
    code = run("export", "--output", file)
    assert run.err.startswith(f"quoth: {why}")
    assert (code, file.read_text("utf-8") == "old") == ((3, True) if "incomplete" in why else (0, False))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["all.jsonl"]


def test_a_folder_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("export", "--output", tmp_path / "missing" / "all.csv") == 1
    assert run.err == f"quoth: cannot write {tmp_path / 'missing' / 'all.csv'}: No such file or directory\n"


def test_a_table_of_quotes_comes_back_row_for_row(run: Run, tmp_path: Path) -> None:
    rows = "text,speaker,url,headline,publisher,published,language,version\n" + "".join(
        f"Number {n} of “all”.,Ada Okafor {n % 7} Example,https://example.org/{n // 3},Head {n},Post,20{n:02},en,2\n"
        for n in range(40)
    )
    given, out, again = tmp_path / "given.csv", tmp_path / "out.csv", tmp_path / "again.csv"
    given.write_text(rows, "utf-8")
    stores = [("--store", f"file:{tmp_path / name}") for name in ("one", "two")]
    assert run("import", given, *stores[0]) == 0
    assert run("export", "-o", out, *stores[0], "--sort", "oldest") == 0
    assert run("import", out, *stores[1]) == 0
    assert run("export", "-o", again, *stores[1], "--sort", "oldest") == 0
    assert again.read_bytes() == out.read_bytes()
    with out.open(encoding="utf-8", newline="") as opened:
        kept = [(row["text"], row["speaker"], row["published"][:4], row["precision"]) for row in csv.DictReader(opened)]
    assert kept == [(f"Number {n} of “all”.", f"Ada Okafor {n % 7} Example", f"20{n:02}", "year") for n in range(40)]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_export_is_imported_again_and_exported_as_it_was(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    texts = ["=1+1", "'=1", "; =2", ";'=2", "It's; fine.", "'Tis “so”.", 'It said "no".']
    texts += ["Two\u2028lines."] if ending == "jsonl" else []  # a cell has one line, and no words about the quote
    given = [
        GivenQuote(text=text, speaker="'=Ada Okafor", url=f"https://example.org/{n}", context=context)
        for n, text in enumerate(texts)
        for context in [f"He heard “{text}” twice." if ending == "jsonl" else None]
    ]
    given.append(GivenQuote(text="Never.", denied_speaker="Bo Lind", publisher="=Post", url="https://example.org/x"))
    stores = [("--store", f"file:{tmp_path / name}") for name in ("one", "two")]
    quoth.open(stores[0][1]).add(given)
    first, again = tmp_path / f"first.{ending}", tmp_path / f"again.{ending}"
    assert run("export", "-o", first, "--sort", "oldest", *stores[0]) == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(first.read_bytes())))
    assert run("import", "-", *stores[1]) == 0
    assert run("export", "-o", again, "--sort", "oldest", *stores[1]) == 0
    assert first.read_bytes() == again.read_bytes()
    assert run("import", first, *stores[0]) == 0
    assert run.out == f"quotes: {len(given)} unchanged\n"
    assert run("search", "--json", *stores[1]) == 0
    assert sorted(hit["text"] for hit in run.json["hits"]) == sorted(quote.text for quote in given)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_exported_statement_of_the_reporter_is_not_imported_as_words_of_a_speaker(
    run: Run, tmp_path: Path, ending: str
) -> None:
    opened(run).add(Article(body="Ada Okafor said that the dam would hold.", id="urn:2"))
    file = tmp_path / f"all.{ending}"
    run("export", "--type", "indirect", "-o", file)
    assert run("import", file) == 1
    assert run.err.endswith("type is indirect: not the words of a speaker; leave it out of the export\n")


def test_a_search_says_that_it_prints_a_part(run: Run) -> None:
    assert run("search", "dam", "--format", "csv") == 0
    assert run.err == "quoth: rows 1 to 10 of 25; `quoth export` gives all\n"
    run("search", "dam", "--format", "csv", "--limit", "25")
    assert run.err == ""


def test_a_pipe_or_a_device_is_written_to_and_a_link_is_followed(run: Run, tmp_path: Path) -> None:
    read: list[str] = []
    pipe, link, target = tmp_path / "pipe", tmp_path / "link.csv", tmp_path / "target.csv"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text("utf-8")))
    reader.start()
    assert run("export", "-o", pipe) == 0
    reader.join(10)
    assert len(read[0].splitlines()) == 26
    assert pipe.is_fifo()
    target.write_text("old")
    link.symlink_to(target)
    assert run("export", "-o", link) == 0
    assert link.is_symlink()
    assert target.read_text("utf-8").startswith('"id"')


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no device that is always full")
def test_a_full_disk_is_no_complete_export(run: Run) -> None:
    assert run("export", "-o", Path("/dev/full")) == 1
    assert run.err == "quoth: cannot write /dev/full: No space left on device\n"
    assert Path("/dev/full").is_char_device()
