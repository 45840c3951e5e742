"""Measure the writing of rows: `python -m bench.parts.exports`. The report is docs/export-speed.md.

Times are CPU, in one process, the best of three runs, from the stored JSON of quotes to the bytes of a file. A ratio
compares with the standard library's csv module, which writes the same cells without making or sanitizing them.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.corpora.seeded import synthetic
from quoth.answers.rows import ROW_FORMATS
from quoth.exports.job import MAX_ROWS
from quoth.ingest.indexing import quotes_of
from quoth.quote import from_text, to_text

PAGE = Path(__file__).parents[2] / "docs" / "export-speed.md"
WITHIN = 3.0  # times the plain writer


def best(runs: int, write: Callable[[], object]) -> float:
    """Return the CPU seconds of the fastest of some runs."""
    spent = float("inf")
    for _ in range(runs):
        start = time.process_time()
        write()
        spent = min(spent, time.process_time() - start)
    return spent


def written(kind: str, stored: Sequence[bytes]) -> int:
    """Write a file of rows as an export does, and return its number of bytes."""
    digest, size = hashlib.sha256(), 0
    for line in ROW_FORMATS[kind].quotes(map(from_text, stored), ""):
        data = line.encode()
        digest.update(data)
        size += len(data)
    return size


def plain(table: Sequence[Sequence[str]]) -> int:
    """Write rows of cells with the csv module, and return their number of characters."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(table)
    return file.tell()


def page(rows: int, runs: int) -> Iterator[str]:
    """Yield the lines of the report."""
    stored = [to_text(quote) for given in synthetic(rows) for quote in quotes_of(given)]
    table = list(csv.reader(ROW_FORMATS["csv"].quotes(map(from_text, stored), "")))
    reference = best(runs, partial(plain, table))
    yield "# Export speed"
    yield ""
    yield "`make bench` writes this page: CPU time in one process, the best of three runs, on one machine, from the"
    yield "stored quotes to the bytes of a file and its SHA-256. The reference is the csv module, which gets the cells"
    yield f"of the same table ready-made and clean. A file should take less than {WITHIN:g} times as long."
    yield ""
    yield f"| {len(stored):,} rows | CPU s | µs a row | MB | times the reference |"
    yield "|---|---|---|---|---|"
    yield f"| csv module | {reference:.2f} | {1e6 * reference / len(stored):.0f} | {plain(table) / 1e6:.0f} | 1 |"
    for kind in ROW_FORMATS:
        write = partial(written, kind, stored)
        spent, size = best(runs, write), write() / 1e6
        yield f"| {kind} | {spent:.2f} | {1e6 * spent / len(stored):.0f} | {size:.0f} | {spent / reference:.1f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="the file to write")
    parser.add_argument("--rows", type=int, default=MAX_ROWS, help="number of rows")
    parser.add_argument("--runs", type=int, default=3, help="number of runs, of which the best counts")
    options = parser.parse_args(arguments)
    lines = []
    for line in page(options.rows, options.runs):
        print(line, flush=True)
        lines.append(line)
    options.out.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
