"""Parquet in and out, by the extra `quoth[parquet]`; `make test-extras` runs these wherever it is missing."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

import quoth
from quoth.answers import parquet as written
from quoth.answers.export import COLUMNS
from quoth.article import Article
from quoth.ingest.tables import parquet as read
from quoth.quote import GivenQuote
from tests.support.commands import Run
from tests.support.effort import needs

pytestmark = needs("pyarrow")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path / "archive", capsys)


def a_table(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    import pyarrow
    from pyarrow.parquet import write_table

    write_table(pyarrow.table(columns), path, **options)
    return path


def hits(run: Run) -> list[dict[str, Any]]:
    assert run("search", "--sort", "oldest", "--json") == 0
    return list(run.json["hits"])


def test_values_of_every_kind_are_read_as_the_text_they_mean(run: Run, tmp_path: Path) -> None:
    import pyarrow

    when = datetime(2025, 8, 11, 9, 30, tzinfo=UTC)
    columns = {
        "Quote": pyarrow.array(["Number 0.", "Number 1.", "Number 2.", "Number 3."]).dictionary_encode(),
        "who": pyarrow.array([b"Ada Okafor"] * 4, pyarrow.binary()),
        "year": [2021.0, 2022.0, 2023.0, float("nan")],
        "page": [[1], [2], [3], [4]],
        "id": [1, 2, 3, None],
    }
    file = a_table(tmp_path / "q.parquet", columns, row_group_size=3)
    assert run("import", file) == 0
    told = "reading Quote as text, who as speaker, year as published; leaving out page"
    assert (run.err, run.out) == (f"quoth: {file}: {told}\n", "quotes: 4 added\n")
    found = [(hit["text"], hit["speaker"]["name"], hit["article"]["published"]) for hit in hits(run)]
    assert found == [(f"Number {n}.", "Ada Okafor", f"202{n + 1}-01-01T00:00:00Z") for n in range(3)] + [
        ("Number 3.", "Ada Okafor", None)
    ]
    times = {
        "text": ["a", "b"],
        "speaker": ["Bo", "Cy"],
        "published": pyarrow.array([when] * 2, pyarrow.timestamp("ns")),
    }
    assert run("import", a_table(tmp_path / "t.parquet", times)) == 0
    days = {"text": ["c"], "speaker": ["Di"], "published": [date(2025, 8, 11)]}
    assert run("import", a_table(tmp_path / "d.parquet", days)) == 0
    assert {(hit["article"]["published"], hit["article"].get("precision")) for hit in hits(run)[3:6]} == {
        ("2025-08-11T00:00:00Z", "day"),
        ("2025-08-11T09:30:00Z", None),
    }


def test_rows_that_cannot_be_used_are_refused_by_number_and_the_others_kept(run: Run, tmp_path: Path) -> None:
    columns = {"text": [["a"], ["b"]], "speaker": ["Ada", "Bo"]}
    assert run("import", a_table(tmp_path / "a.parquet", columns)) == 1
    assert "a.parquet line 2: text must be text, not list" in run.err
    assert run("import", a_table(tmp_path / "b.parquet", {"text": ["No.", "Yes."], "speaker": ["Ada", None]})) == 1
    assert run.err.endswith("b.parquet line 2: speaker is missing, and so is denied_speaker\n")
    assert run.out == "quotes: 1 added, 1 refused\n"


def test_a_value_that_python_does_not_have_refuses_its_row_alone(run: Run, tmp_path: Path) -> None:
    import pyarrow

    times = pyarrow.array([0, -(2**62)], pyarrow.timestamp("us"))
    days = pyarrow.array([2**30, 0], pyarrow.date32())
    elsewhere = pyarrow.array([None, 0], pyarrow.timestamp("us", "Mars/Olympus"))
    for column, kind, line in (
        (times, r"timestamp[us]", 2),
        (days, r"date32[day]", 1),
        (elsewhere, "timestamp[us, tz=Mars/Olympus]", 2),
    ):
        columns = {"text": ["No.", "Yes."], "speaker": ["Ada", "Bo"], "published": column}
        file = a_table(tmp_path / "a.parquet", columns)
        assert run("import", file, "--store", f"file:{tmp_path / kind}") == 1
        assert run.err == f"quoth: {file} line {line}: published is a {kind} that cannot be read\n"
        assert run.out == "quotes: 1 added, 1 refused\n"


def test_a_small_file_of_long_texts_is_not_in_memory_at_once(tmp_path: Path) -> None:
    import pyarrow

    texts = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 300, pyarrow.int8()), ["x" * 2**20])
    file = a_table(tmp_path / "a.parquet", {"text": texts}, store_schema=False)
    assert file.stat().st_size < 100_000
    before, most = pyarrow.total_allocated_bytes(), 0
    with file.open("rb") as opened:
        for _ in read.opened(opened, lambda _: None).rows(["text"]):
            most = max(most, pyarrow.total_allocated_bytes())
    assert most - before < 150 * 2**20


@pytest.mark.parametrize("how", ["file", "standard input", "gzip"])
def test_a_file_is_read_by_arrow_itself(tmp_path: Path, how: str) -> None:
    """Its threads must not hold an object of Python when the interpreter ends: half of the short imports aborted."""
    path = a_table(tmp_path / "a.parquet", {"text": ["No."]})
    packed = tmp_path / "a.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with path.open("rb") as file, packed.open("rb") as raw, gzip.GzipFile(fileobj=raw) as plain:
        number = open(file.fileno(), "rb", closefd=False)  # noqa: SIM115 - as standard input: without a path
        opened = {"file": file, "standard input": number, "gzip": plain}[how]
        table = read.opened(cast("BinaryIO", opened), lambda _: None)
    assert [row.cells for row in table.rows(["text"])] == [["No."]]


def test_a_damaged_file_and_a_pipe_are_refused_with_one_sentence(run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    whole = a_table(tmp_path / "q.parquet", {"text": ["No."] * 50, "speaker": ["Ada"] * 50}).read_bytes()
    file = tmp_path / "damaged.parquet"
    for at in range(4, len(whole), len(whole) // 40):
        data = bytearray(whole)
        data[at] ^= 0xFF
        file.write_bytes(data)
        assert run("import", file, "--yes") in (0, 1)
        assert run.err.count("\n") <= 4
    file.write_bytes(whole[:-9])
    assert run("import", file) == 1
    assert run.err.startswith(f"quoth: {file}: is a damaged Parquet file: ")

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Pipe(whole))))  # type: ignore[arg-type]
    assert run("import", "-") == 1
    assert run.err == "quoth: standard input: is Parquet, which cannot be read from a pipe; name the file\n"


def test_an_export_has_the_cells_of_csv_with_their_types_and_comes_back(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow.parquet import ParquetFile

    monkeypatch.setattr(written, "GROUP", 3)
    monkeypatch.setattr(written, "BATCH", 1)
    archive = quoth.open(run.store)
    given = [
        GivenQuote(text=f"={n}\n", speaker="Ada Okafor", url=f"https://example.org/{n}", published="2025-08")
        for n in range(7)
    ]  # type: ignore[arg-type]
    archive.add(given)
    archive.add(GivenQuote(text="Never.", denied_speaker="Bo Lind"))
    file, table, again = tmp_path / "all.parquet", tmp_path / "all.csv", tmp_path / "again.parquet"
    assert run("export", "-o", file, "--sort", "oldest") == 0
    assert run.err == f"quoth: complete: 8 quotes of generation 2 in {file}\n"
    assert run("export", "-o", table, "--sort", "oldest") == 0
    opened = ParquetFile(file)
    assert (opened.num_row_groups, opened.metadata.metadata[b"quoth.generation"]) == (3, b"2")
    rows = opened.read().to_pylist()
    with table.open(encoding="utf-8", newline="") as lines:
        shown = list(csv.DictReader(lines))
    assert tuple(rows[0]) == COLUMNS
    for row, cells in zip(rows, shown, strict=True):
        plain = {
            name: value for name, value in row.items() if name not in ("text", "published", "citation", "source_link")
        }
        assert {name: "" if value is None else str(value) for name, value in plain.items()} == {
            name: cells[name] for name in plain
        }
    assert [row["text"] for row in rows] == [*(quote.text for quote in given), "Never."]
    assert rows[0]["published"] == datetime(2025, 8, 1, tzinfo=UTC)
    assert run("import", file, "--store", f"file:{tmp_path / 'other'}") == 0
    assert run("export", "-o", again, "--sort", "oldest", "--store", f"file:{tmp_path / 'other'}") == 0
    kept = ParquetFile(again).read().to_pylist()
    assert [row["speaker"] for row in kept] == [row["speaker"] for row in rows]
    assert [row["precision"] for row in kept] == ["month"] * 7 + [None]


def test_the_cells_of_an_extracted_quote_have_their_columns(run: Run, tmp_path: Path) -> None:
    from pyarrow.parquet import read_table

    quoth.open(run.store).add(Article(body="“The dam will hold,” said Ada Okafor.", id="urn:1"))
    file = tmp_path / "all.parquet"
    assert run("export", "-o", file) == 0
    (row,) = read_table(file).to_pylist()
    assert run("search", "--json") == 0
    (hit,) = run.json["hits"]
    assert (row["confidence"], row["start"], row["end"]) == (
        hit["attribution"]["confidence"],
        hit["selector"]["start"],
        hit["selector"]["end"],
    )
    assert json.dumps(row["article_sha256"]) == json.dumps(hit["article"]["sha256"])
