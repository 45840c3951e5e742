"""The command line helps: it names what was meant, says what it left out, and looks after itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

import quoth
from quoth.quote import GivenQuote
from quoth.storage import snapshot
from quoth.storage.maintenance import checkup, compaction
from quoth.storage.manifest import Manifest
from tests.support.commands import Run


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path / "archive", capsys)


def a_manifest(run: Run) -> Manifest:
    archive = quoth.open(run.store)
    archive.add([GivenQuote(text="No.", speaker=f"{name} Okafor") for name in ("Ada", "Bo", "Cy")])
    return snapshot.load(archive.store).manifest


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["verifyy", "dam"], "'verifyy' is no command; did you mean verify?"),
        (["--store", "file:x", "idnex", "a.txt"], "'idnex' is no command; did you mean index?"),
        (["zebra"], "'zebra' is no command; the commands are extract, index, import, "),
        (["search", "dam", "--limmit", "3"], "unrecognized arguments: --limmit 3; did you mean --limit?"),
        (["verify", "dam", "--speeker=Ada"], "unrecognized arguments: --speeker=Ada; did you mean --speaker?"),
        (["stats", "--zebra"], "unrecognized arguments: --zebra\n"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], arguments: list[str], meant: str
) -> None:
    from quoth.cli import main

    with pytest.raises(SystemExit) as stopped:
        main.main(arguments)
    assert stopped.value.code == 2
    assert f"error: {meant}" in capsys.readouterr().err


def test_a_list_says_that_it_is_a_part(run: Run) -> None:
    a_manifest(run)
    run("speakers", "--limit", "2")
    assert run.out.startswith("2 of 3 speakers (--limit)\n")
    run("speakers")
    assert run.out.startswith("3 speakers\n")


@pytest.mark.parametrize(
    "typed", ["2026-10", "2026-10-11", "Oct 2026", "11 October 2026", "Oct. 11, 2026", "2026–10", "2026‑10‑11"]
)
def test_a_date_is_read_as_people_write_it(run: Run, typed: str) -> None:
    given = [
        GivenQuote(text=f"In {day}.", speaker="Ada", published=day) for day in ("2026-09-30", "2026-10-11", "2026-12")
    ]
    quoth.open(run.store).add(given)
    assert run("search", "--from", typed, "--to", typed, "--format", "jsonl") == 0
    assert [json.loads(line)["text"] for line in run.out.splitlines()] == ["In 2026-10-11."]


@pytest.mark.parametrize("typed", ["yesterday", "10/11/2026", "2026-13", "31 June 2026", "0 May 2026"])
def test_a_date_that_is_none_is_refused_as_it_was_typed_or_read(run: Run, typed: str) -> None:
    a_manifest(run)
    assert run("search", "--from", typed) == 2
    assert "from: must be a date or time such as 2025-08-11" in run.err


@pytest.mark.parametrize("minus", ["-", "−", "‐", "‑", "－"])
def test_a_word_behind_any_minus_is_excluded(run: Run, minus: str) -> None:
    quoth.open(run.store).add([GivenQuote(text=text, speaker="Ada") for text in ("The dam holds.", "The old dam.")])
    assert run("search", "dam", f"{minus}old", "--format", "jsonl") == 0
    assert [json.loads(line)["text"] for line in run.out.splitlines()] == ["The dam holds."]


class TestDoctor:
    def test_an_archive_in_order_needs_no_advice(self, run: Run) -> None:
        manifest = a_manifest(run)
        assert run("doctor") == 0
        assert f"version     quoth {quoth.__version__}, python 3." in run.out
        assert f"newest      generation 1: 3 quotes in 1 segment, {manifest.segments[0].size:,} bytes\n" in run.out
        assert run.out.endswith("advice      nothing would make searches faster\n")

    def test_an_empty_archive_says_what_to_do(self, run: Run) -> None:
        run.folder.mkdir()
        assert run("doctor", "--json") == 1
        assert run.json["advice"] == ["the archive is empty: add articles with `quoth index FILE`"]

    def test_many_small_segments_are_to_be_merged(self, run: Run) -> None:
        manifest = a_manifest(run)
        copies = tuple(replace(manifest.segments[0], id=f"{n:032x}") for n in range(compaction.FANOUT))
        (told,) = checkup.advice(replace(manifest, segments=copies))
        assert told.startswith("8 of the 8 segments can be merged or shortened")
        assert list(checkup.advice(replace(manifest, segments=copies[:2]))) == []


def test_a_month_is_a_range(run: Run) -> None:
    archive = quoth.open(run.store)
    archive.add([{"text": f"Number {n}.", "speaker": "Ada", "published": f"2026-{n:02}-28"} for n in range(8, 12)])
    run("search", "--from", "2026-09", "--to", "2026-10", "--sort", "oldest", "--format", "jsonl")
    assert [json.loads(line)["text"] for line in run.out.splitlines()] == ["Number 9.", "Number 10."]
    assert run("search", "--from", "2026-13") == 2
