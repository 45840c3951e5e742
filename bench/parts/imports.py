"""Import of ready-made quotes from a JSONL file, and the same by FTS5.

FTS5 has one table here, with stems, the plainest that answers a search: JSON is parsed by Python, and rows are inserted
in one transaction. Times are CPU of the process, in turns; FOLDER has the quotes of `bench.corpora.supply`.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import quoth
from bench.corpora.supply import Supply
from bench.library import given
from quoth.errors import BadInput
from quoth.ingest.formats import quotes as ready_made
from quoth.ingest.originals import batches
from quoth.quote import to_text

_TABLE = """
    create virtual table quotes using fts5(
        text, speaker, headline, publisher unindexed, url unindexed, published unindexed, language unindexed,
        tokenize='porter unicode61')
"""
TURNS = 3
_FIELDS = ("text", "speaker", "headline", "publisher", "url", "published", "language")


def measure(folder: Path, size: int) -> dict[str, float]:
    """Return the median CPU seconds of both, and the bytes a quote of the archive with its originals."""
    lines = folder / "quotes.jsonl"
    with lines.open("wb") as file:
        file.writelines(to_text(given(quote)) + b"\n" for _, quote in Supply(folder / "quotes", size))
    archive, base = folder / "imported", folder / "imported.sqlite"
    times: dict[str, list[float]] = {"fts5": [], "quoth": []}
    for _ in range(TURNS):
        shutil.rmtree(archive, ignore_errors=True)
        base.unlink(missing_ok=True)
        times["fts5"].append(_timed(lambda: _into_fts5(lines, base)))
        times["quoth"].append(_timed(lambda: _into_quoth(lines, archive)))
    stored = sum(path.stat().st_size for path in archive.rglob("*") if path.is_file())
    return {name: statistics.median(seconds) for name, seconds in times.items()} | {"bytes": stored / size}


def _timed(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _into_quoth(lines: Path, folder: Path) -> None:
    archive = quoth.open(f"file:{folder}")
    with lines.open("rb") as file:
        read = (item for item in ready_made.read_lines(lines.name, file) if not isinstance(item, BadInput))
        for batch in batches(read):
            archive.add(batch)


def _into_fts5(lines: Path, path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("pragma journal_mode = off")
    base.execute("pragma synchronous = off")
    base.execute(_TABLE)
    places = ", ".join("?" * len(_FIELDS))
    with lines.open("rb") as file:
        rows = (tuple(map(json.loads(line).get, _FIELDS)) for line in file)
        base.executemany(f"insert into quotes values ({places})", rows)  # noqa: S608 - names of our own
    base.commit()
    base.close()
