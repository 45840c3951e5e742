"""`quoth import`: tables and lists of other people, as docs/articles.md tells it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import shlex
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from quoth.cli import main
from quoth.cli.commands import add
from quoth.ingest.formats import articles
from quoth.ingest.tables import columns
from tests.support.commands import Run
from tests.support.events import ROOT

TABLE = "quote,who,date\r\n“The dam will hold.”,Ada Okafor,2025-08\r\n"
GUESS = "reading quote as text, who as speaker, date as published"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path / "archive", capsys)


def a_file(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def zipped(*members: str) -> Callable[[bytes], bytes]:
    def pack(data: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for member in members:
                archive.writestr(member, data)
        return packed.getvalue()

    return pack


def test_the_examples_of_the_page_give_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path / 'archive'}")
    page = (ROOT / "docs" / "articles.md").read_text("utf-8")
    for name, text in re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        a_file(tmp_path / name, text)
    consoles = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    blocks = [
        block for console in consoles for block in re.findall(r"^\$ quoth (.*)\n((?:[^$].*\n)*)", console, re.MULTILINE)
    ]
    for command, shown in blocks:
        main.main(shlex.split(command))
        told = capsys.readouterr()
        assert told.err + told.out == shown, command
    assert len(blocks) == 7


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("q.csv.gz", gzip.compress),
        ("q.bz2", bz2.compress),
        ("q.xz", lzma.compress),
        ("q.zip", zipped("q.csv")),
        ("q.csv", bytes),
    ],
)
def test_a_compressed_table_is_read_as_it_was(
    run: Run, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    file = a_file(tmp_path / name, pack(TABLE.encode()))
    assert run("import", file) == 0
    assert run.err == f"quoth: {file}: {GUESS}\n"
    run("search", "dam", "--from", "2025-08-31", "--to", "2025-09", "--json")
    (hit,) = run.json["hits"]
    article = hit["article"]
    assert (hit["speaker"]["name"], article["published"], article["precision"]) == (
        "Ada Okafor",
        "2025-08-01T00:00:00Z",
        "month",
    )
    run("search", "dam")
    assert " · 2025-08 · " in run.out


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (gzip.compress(TABLE.encode(), mtime=0)[:40], "is a damaged gzip file: "),
        (zipped("a.csv", "b.csv")(b""), "is a zip archive of 2 files; Quoth reads one of a single file"),
        (zipped("[Content_Types].xml", "xl/workbook.xml")(b""), "is an Excel workbook; save it as CSV UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is a binary file; Quoth reads "),
        (TABLE.encode("utf-16"), "is UTF-16; save it as UTF-8; Quoth reads "),
        (b"one line of words\nand another\n", "is no table with a header, nor JSON; Quoth reads "),
        (b"page,line\n1,2\n", "has no column for the text; name it with --map COLUMN=text; the columns are page, line"),
        (b"quote,page\nNo.,2\n", "has no column for the speaker; name it with --map COLUMN=speaker; the columns are "),
        (b"body,title,speaker\nNo.,2,3\n", "has articles, which `quoth index` reads"),
        (b'""\n', "is no table with a header, nor JSON; Quoth reads "),
        (b'"quote,who\nNo.,Ada\n', "cannot be read as a row of a table: unexpected end of data"),
        (b"quote,who,who\nNo.,2,3\n", "has two columns who; rename one"),
        (b'{\n "quotes": []\n}\n', "is one JSON object over several lines; Quoth reads "),
        (b'[{"text": "No.", "speaker": "Ada"}', "is a JSON list that does not end"),
        (b'[{"text": "No.", "speaker": "Ada"}] x', "has something after the end of its list"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_with_one_sentence(run: Run, tmp_path: Path, data: bytes, why: str) -> None:
    file = a_file(tmp_path / "given", data)
    assert run("import", file) == 1
    (line,) = [line for line in run.err.splitlines() if GUESS not in line]
    assert re.sub(r" line \d+", "", line).startswith(f"quoth: {file}: {why}")


def test_rows_that_cannot_be_read_are_refused_and_the_others_kept(run: Run, tmp_path: Path) -> None:
    rows = (
        b'text;speaker;language\n"Two\nlines.";Ada;en\nShort;Bo\nCaf\xe9.;Cy;fr\n"No ""ends"".";Di;\n"broken" x;Ed;en\n'
    )
    file = a_file(tmp_path / "q.csv", rows)
    assert run("import", file, "--json") == 1
    assert [(refusal["line"], refusal["detail"][:12]) for refusal in run.json["refused"]] == [
        (4, "has 2 cells,"),
        (5, "is not UTF-8"),
        (7, "cannot be re"),
    ]
    run("search", "--sort", "oldest", "--json")
    assert {(hit["text"], hit["article"]["language"]) for hit in run.json["hits"]} == {
        ("Two\nlines.", "en"),
        ('No "ends".', None),
    }


def test_blank_lines_before_the_header_count_as_lines_only(run: Run, tmp_path: Path) -> None:
    file = a_file(tmp_path / "q.csv", "\n\r\ntext;;speaker\nNo.;3;Ada\nYes.;4;\n")
    assert run("import", file) == 1
    assert (run.out, run.err) == (
        "quotes: 1 added, 1 refused\n",
        f"quoth: {file} line 5: speaker is missing, and so is denied_speaker\n",
    )


def test_elements_of_a_list_are_refused_by_line_and_the_others_kept(run: Run, tmp_path: Path) -> None:
    values = [{"text": "No, [never}.", "speaker": "Ada"}, {"text": "No."}, 3, {"text": "Yes.", "speaker": "Bo"}]
    file = a_file(tmp_path / "q.json", "[\n" + ",\n".join(map(json.dumps, values)) + "\n]\n")
    assert run("import", file, "--json") == 1
    assert (run.json["added"], [refusal["line"] for refusal in run.json["refused"]]) == (2, [3, 4])


def test_a_long_list_is_read_piece_by_piece(run: Run, tmp_path: Path) -> None:
    values = [{"text": f"Number “{n}”: " + '\\"' * (n % 50), "speaker": "Ada"} for n in range(4_000)]
    file = a_file(tmp_path / "q.json", json.dumps(values))
    assert file.stat().st_size > 3 * (1 << 16)
    assert run("import", file) == 0
    assert run.out == "quotes: 4,000 added\n"


class TestConsent:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(add, "ASKED_FROM", 10)

    def test_without_a_terminal_a_guess_needs_yes_or_names(self, run: Run, tmp_path: Path) -> None:
        file = a_file(tmp_path / "q.csv", TABLE)
        assert run("import", file) == 2
        assert run.err.endswith("map: the columns are a guess; name them as COLUMN=FIELD, or accept it with --yes\n")
        assert not run.folder.exists()
        assert run("import", file, "--yes") == 0
        named = ("--map", "quote=text", "--map", "who=speaker", "--map", "date=published")
        assert run("import", file, *named) == 0
        assert (run.out, run.err) == ("quotes: 1 unchanged\n", "")

    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 2)])
    def test_a_person_is_asked_once(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
    ) -> None:
        typed = io.StringIO(answer)
        monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys, "stdin", typed)
        assert run("import", a_file(tmp_path / "q.csv", TABLE), "--strict") == code
        assert run.err.count("Import it so? [y/N]") == 1

    def test_names_of_fields_are_no_guess(self, run: Run, tmp_path: Path) -> None:
        assert run("import", a_file(tmp_path / "q.csv", "text\tspeaker\nNo.\tAda\n")) == 0

    @pytest.mark.parametrize("pair", ["quote", "=text", "quote=page", "a=text"])
    def test_a_map_that_cannot_be_is_refused(self, run: Run, tmp_path: Path, pair: str) -> None:
        assert run("import", a_file(tmp_path / "q.csv", TABLE), "--map", "b=text", "--map", pair) == 2
        assert run.err.startswith("quoth: map: ")


def test_refusals_with_the_same_words_are_printed_three_times_and_counted(run: Run, tmp_path: Path) -> None:
    file = a_file(tmp_path / "a.jsonl", '{"body": "“No,” said Ada.", "publishd": 1}\n' * 9)
    assert run("index", file) == 1
    assert run.err.count("publishd is not a field of this object") == 4
    assert f"quoth: {file}: 6 more: publishd is not a field" in run.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            '{"body": "“No,” said Ada Okafor."}\n{"text": "“Yes,” said Bo Lind."}\n',
            "articles: 2 added; 2 quotes added\n",
        ),
        ('{"title": "x",\n "text": "“No,” said Ada Okafor."}\n', "articles: 1 added; 1 quote added\n"),
        ('[{"title": "x", "text": "“No,” said Ada Okafor."}]', "articles: 1 added; 1 quote added\n"),
        ("[The dam] “No,” said Ada Okafor.", "articles: 1 added; 1 quote added\n"),
        ('{"title": "x", "headline": "y", "text": "a"}\n', "articles: 1 refused; 0 quotes added\n"),
    ],
)
def test_what_begins_as_json_on_standard_input_is_read_as_json(
    run: Run, monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    typed = io.TextIOWrapper(io.BufferedReader(io.BytesIO(given.encode())))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", typed)
    run("index", "-")
    assert run.out == said


def test_names_that_include_a_sidecar_are_read_as_a_folder_is(run: Run, tmp_path: Path) -> None:
    text = a_file(tmp_path / "a.txt", "“No,” said Ada Okafor.")
    sidecar = a_file(tmp_path / "a.json", '{"title": "The dam", "date": "2025"}')
    other = a_file(tmp_path / "b.json", '{"body": "“Yes,” said Bo Lind."}')
    assert run("index", text, sidecar, other) == 0
    assert run.out == "articles: 2 added; 2 quotes added\n"
    run("search", "--speaker", "okafor")
    assert "The dam · publisher unknown · 2025 · no link" in run.out


def test_members_that_are_no_field_are_left_out_and_named_once(run: Run, tmp_path: Path) -> None:
    feed = [
        {"title": "x", "text": f"“No {n},” said Ada Okafor.", "tags": ["dam"], **({"image": 1} if n else {})}
        for n in range(3)
    ]
    assert (
        run("index", a_file(tmp_path / "feed.json", json.dumps(feed)), a_file(tmp_path / "b.json", json.dumps(feed[0])))
        == 0
    )
    assert run.err == (
        "quoth: leaving out tags: no field of an article\nquoth: leaving out image: no field of an article\n"
    )
    assert run.out == "articles: 3 added, 1 unchanged; 3 quotes added\n"


def test_a_sidecar_may_have_other_members_too_and_a_quote_is_no_article(run: Run, tmp_path: Path) -> None:
    text = a_file(tmp_path / "a.txt", "“No,” said Ada Okafor.")
    a_file(tmp_path / "a.json", '{"title": "The dam", "desk": "local"}')
    assert run("index", text) == 0
    assert run.err == "quoth: leaving out desk: no field of an article\n"
    assert run("index", a_file(tmp_path / "b.jsonl", '{"text": "No.", "speaker": "Ada", "desk": "local"}\n')) == 1
    assert "speaker is not a field of this object" in run.err


def test_what_needs_an_extra_says_which(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pyarrow", "lxml", "trafilatura"):
        monkeypatch.setitem(sys.modules, module, None)
    page = a_file(tmp_path / "a.html", "<p>“No,” said Ada.</p>")
    assert run("index", page) == 1
    assert run.err == f'quoth: {page}: is HTML, which an extra reads: pip install "quoth[html]"\n'
    file = a_file(tmp_path / "q", b"PAR1 and more")
    assert run("import", file) == 1
    assert (
        run.err == f'quoth: {file}: needs pyarrow for Parquet, which an extra installs: pip install "quoth[parquet]"\n'
    )
    run("index", a_file(tmp_path / "a.txt", "“No,” said Ada Okafor."))
    assert run("export", "-o", tmp_path / "all.parquet") == 2
    assert run.err == 'quoth: format: parquet needs pyarrow, which an extra installs: pip install "quoth[parquet]"\n'
    assert not list(tmp_path.glob("*all.parquet*"))


def table(heading: str) -> dict[str, set[str]]:
    """Return the fields of a table of the page, each with its other names."""
    section = (ROOT / "docs" / "articles.md").read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {re.findall(r"`(\w+)`", row[0])[0]: set(re.findall(r"`(\w+)`", row[2])) for row in rows}


def test_the_page_has_every_field_and_every_other_name() -> None:
    quotes = table("A ready-made quote")
    assert quotes.keys() == set(columns.FIELDS)
    assert {field: names for field, names in quotes.items() if names} == {
        field: set(names) for field, names in columns.NAMES.items()
    }
    told = table("An article")
    assert told.keys() == set(articles.FIELDS)
    assert {name: field for field, names in told.items() for name in names} == articles.FEED_NAMES
