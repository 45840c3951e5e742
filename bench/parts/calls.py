"""Measure whole calls of `archive.search` and imports, beside tantivy and FTS5: `python -m bench.parts.calls`.

A call begins with the text of a query and ends with a page of ten hits, highlights included. The other engines begin
with the words of a query, build their query and read ten stored quotes. All of them take turns in one process; see
`bench.measure`. The report is docs/call-speed.md.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import quoth
from bench import library
from bench.corpora.seeded import synthetic
from bench.corpora.supply import Supply, write
from bench.engines import ENGINES, LIMIT, EngineResult, Search
from bench.measure import Task, interleave, percentile, timed
from bench.parts import imports
from bench.queries import VARIANTS, BenchQuery, Kind, TermCounts, questions
from bench.report import number
from quoth.archive import REAL, Archive
from quoth.engine.analysis import words
from quoth.engine.execution.documents.stored import StoredQuotes
from quoth.ingest import indexing
from quoth.quote import GivenQuote
from quoth.storage.commit import LedgerCache

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "call-speed.md"
OTHERS = ("tantivy", "fts5")
# The times of tantivy that were measured in turns with others.
FIRST = "first shown"
BESIDE = {"quoth": "tantivy", FIRST: "tantivy beside first shown"}
MANY = 20  # segments of an archive with recent writes
MEAN = {False: 0.9, True: 0.5}  # the goal below a million quotes, and from there on

# The kinds of calls. For the last three the other engines search for any of the words.
CALLS = (
    Kind("rare", "rare word"),
    Kind("term", "common word"),
    Kind("and", "two words"),
    Kind("or2", "a OR b"),
    Kind("or5", "a OR b OR c OR d OR e"),
    Kind("phrase", "phrase of 3"),
    Kind("speaker", "word + speaker"),
    Kind("dates", "word + dates"),
    Kind("sort", "word, newest first"),
    Kind("facet", "word, facet by speaker"),
    Kind("fuzzy", "one typo"),
    Kind("five", "five frequent words"),
    Kind("quote", "five words of a quote"),
    Kind("wrong", "five words of a quote and a wrong one"),
)
CALLERS = 10
CALLS_EACH = 60
NEVER_ASKED = 24
UNKNOWN = "qzxjkvwq"  # a word of no corpus, and near none


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `archive.search`, and the query that the other engines search for."""

    kind: str
    q: str
    equivalent: BenchQuery
    parameters: dict[str, Any] = field(default_factory=dict)


def remembered(folder: Path, number: int, seed: str) -> list[list[str]]:
    """Return five different words of each of some quotes, in any order."""
    rng = random.Random(seed)
    said = (list(dict.fromkeys(words(quote.text))) for _, quote in Supply(folder / "quotes", 0))
    long = [text for text in islice(said, 20_000) if len(text) > 8]
    return [rng.sample(text, 5) for text in rng.sample(long, number)]


def calls(questions: Sequence[BenchQuery], fives: Sequence[Sequence[str]]) -> Iterator[Call]:
    """Yield the calls for the queries of a corpus, and for five words of each of some quotes."""
    for five in fives:
        wrong = (*five, UNKNOWN)
        yield Call("wrong", " ".join(wrong), BenchQuery("or5", wrong))
        yield Call("quote", " ".join(five), BenchQuery("or5", tuple(five)))
    for one in questions:
        first, text = one.words[0], " ".join(one.words)
        match one.kind:
            case "rare" | "term" | "fuzzy" | "and":
                yield Call(one.kind, text, one)
            case "or2" | "or5":
                yield Call(one.kind, " OR ".join(one.words), one)
                if one.kind == "or5":
                    yield Call("five", text, one)
            case "phrase":
                yield Call(one.kind, f'"{text}"', one)
            case "speaker":
                yield Call(one.kind, first, one, {"speaker": one.speaker})
            case "dates":
                yield Call(one.kind, first, one, {"from_": day(one.first), "to": day(one.last)})
            case "sort":
                yield Call(one.kind, first, one, {"sort": "newest"})
            case "facet":
                yield Call(one.kind, first, one, {"facets": "speaker"})


def day(seconds: int | None) -> str:
    """Return a time as a parameter of a search."""
    return datetime.fromtimestamp(seconds or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def measure(folder: Path, repetitions: int) -> dict[str, Any]:
    """Return the medians of all kinds, of queries that were never asked before, and of concurrent callers."""
    asked = asked_in(folder)
    # First, as in a process without other engines, whose objects Python's collector would go through.
    never = _never_asked(folder)
    gc.collect()
    archive = quoth.open(f"file:{folder / 'archive'}")
    for one in asked:
        _call(archive, one)
    concurrent = _concurrent(archive, asked)
    tasks = [Task("quoth", 25, _searches(asked, archive))]
    tasks += [Task(name, ENGINES[name].repetitions, _others(asked, name, folder)) for name in OTHERS]
    for task in tasks:
        for search in (search for group in task.searches.values() for search in group):
            search()
    # FTS5 by itself: its searches take so long that the others would begin with the processor's caches empty.
    times = interleave(tasks[:2], repetitions, kinds=CALLS) | interleave(tasks[2:], repetitions, kinds=CALLS)
    with mock.patch.object(StoredQuotes, "most_shown", 0):
        again = interleave([_first_shown(asked, folder), tasks[1]], repetitions, kinds=CALLS)
    times |= {FIRST: again[FIRST], BESIDE[FIRST]: again[tasks[1].name]}
    return {
        "latency": {
            name: {
                kind: {"p50": percentile(ns, 50) / 1e6, "p95": percentile(ns, 95) / 1e6} for kind, ns in kinds.items()
            }
            for name, kinds in times.items()
        },
        "never": _spread(never),
        "concurrent": _spread(concurrent),
        "megabytes": _megabytes(folder),
    }


def _spread(ns: Sequence[int]) -> dict[str, float]:
    return {f"p{percent}": percentile(ns, percent) / 1e6 for percent in (50, 95, 99)}


def _searches(asked: Sequence[Call], archive: Archive) -> dict[str, list[Search]]:
    searches: dict[str, list[Search]] = defaultdict(list)
    for one in asked:
        searches[one.kind].append(lambda one=one: _call(archive, one))  # type: ignore[misc]
    return searches


def _call(archive: Archive, one: Call) -> EngineResult:
    page = archive.search(one.q, limit=LIMIT, **one.parameters)
    return EngineResult(page.total, [(hit.quote.text, hit.highlights) for hit in page.hits])


def _first_shown(asked: Sequence[Call], folder: Path) -> Task:
    """Return the calls of an archive that has shown no quote yet."""
    archive = quoth.open(f"file:{folder / 'archive'}")
    for one in asked:
        _call(archive, one)
    return Task(FIRST, 25, _searches(asked, archive))


def _others(asked: Sequence[Call], name: str, folder: Path) -> dict[str, list[Search]]:
    reader = ENGINES[name].make().open(folder / ENGINES[name].index)
    searches: dict[str, list[Search]] = defaultdict(list)
    for one in asked:
        if reader.prepare(one.equivalent) is not None:
            searches[one.kind].append(lambda one=one: reader.prepare(one.equivalent)())  # type: ignore[misc]
    return searches


def _never_asked(folder: Path) -> list[int]:
    """Return the times of queries of five words of one quote, whose words are in no cache, on twenty segments.

    Each is the second query of a newly opened archive, so that dictionaries are open.
    """
    times = []
    for before, five in pairwise(remembered(folder, NEVER_ASKED + 1, "never asked")):
        archive = quoth.open(f"file:{folder / 'archive-20'}")
        archive.search(" ".join(word for word in before if word not in five), limit=LIMIT)
        times.append(timed(lambda: _call(archive, Call("never", " ".join(five), BenchQuery("or5", ())))))  # noqa: B023 - called at once
    return times


def _concurrent(archive: Archive, asked: Sequence[Call]) -> list[int]:
    """Return the times of calls of ten threads at once, by the clock of the wall: waiting is what they measure."""
    times: list[int] = []

    def ask(seed: int) -> None:
        chosen = random.Random(seed).choices(asked, k=CALLS_EACH)
        for one in chosen:
            start = time.perf_counter_ns()
            _call(archive, one)
            times.append(time.perf_counter_ns() - start)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def asked_in(folder: Path) -> list[Call]:
    """Return the calls for a corpus."""
    given = json.loads((folder / "questions.json").read_text("utf-8"))
    known = [BenchQuery(**{**one, "words": tuple(one["words"])}) for one in given]
    return list(calls(known, remembered(folder, VARIANTS, "wrong")))


def _megabytes(folder: Path) -> float:
    """Return the resident memory of a process that has answered every call, and has no other engine."""
    code = f"from bench.parts import calls; calls.answer_all({str(folder)!r})"
    process = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    return float(process.stdout)


def answer_all(folder: str) -> None:
    """Answer every call, and print the resident memory in megabytes."""
    archive = quoth.open(f"file:{folder}/archive")
    for one in asked_in(Path(folder)):
        _call(archive, one)
    print(_resident())


def _resident() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def prepare(folder: Path, size: int) -> None:
    """Make the corpus, the archives and the other indexes in a folder; what `bench.run` made there is used again."""
    folder.mkdir(parents=True, exist_ok=True)
    quotes, asked = folder / "quotes", folder / "questions.json"
    if not asked.exists():
        counts = TermCounts()
        for _, quote in write(quotes, synthetic(size)):
            counts.add(quote)
        asked.write_text(json.dumps([asdict(question) for question in questions(counts)]), "utf-8")
    for name in OTHERS:
        if not (folder / name).exists():
            command = [sys.executable, "-m", "bench.build", name, quotes, size, folder / name]
            subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    library.filled(quotes, size, folder / "archive", library.SEGMENTS, lambda archive, lot: archive.add(lot))
    # Segments of their own, which no writer merges.
    library.filled(quotes, size, folder / "archive-20", MANY, _index_only)


def _index_only(archive: Archive, lot: list[GivenQuote]) -> None:
    indexing.index(archive.store, lot, LedgerCache(archive.store), REAL)


def page(size: int, figures: dict[str, Any], imported: dict[str, float]) -> Iterator[str]:
    """Yield the lines of the report on one size."""
    latency = figures["latency"]

    def ratio(name: str, kind: Kind) -> float:
        of_kind: float = latency[name][kind.name]["p50"] / latency[BESIDE[name]][kind.name]["p50"]
        return of_kind

    ratios = {kind.name: ratio("quoth", kind) for kind in CALLS}
    mean = statistics.geometric_mean(ratios.values())
    yield f"## {size:,} seeded quotes"
    yield ""
    yield f"{os.cpu_count()} cores; load average at the end: {os.getloadavg()[0]:.1f}."
    yield ""
    yield "| call | Quoth | tantivy | FTS5 | × tantivy | first shown |"
    yield "|---|---:|---:|---:|---:|---:|"
    for kind in CALLS:
        cells = [latency[name].get(kind.name, {}).get("p50") for name in ("quoth", *OTHERS)]
        both = f"{ratios[kind.name]:.2f} | {ratio(FIRST, kind):.2f}"
        yield f"| {kind.title} | {' | '.join(map(number, cells))} | {both} |"
    first = statistics.geometric_mean([ratio(FIRST, kind) for kind in CALLS])
    yield f"| geometric mean | | | | {mean:.2f} | {first:.2f} |"
    yield ""
    worst = max(ratios.values())
    concurrent, never = figures["concurrent"], figures["never"]["p50"]
    goals = [
        ("geometric mean, × tantivy", mean, MEAN[size >= 1_000_000], False),
        ("slowest kind, × tantivy", worst, 1.5, False),
        (f"never asked before, five words, {MANY} segments: ms", never, 15.0, False),
        (f"{CALLERS} callers at once, p99 × median", concurrent["p99"] / concurrent["p50"], 3.0, False),
        ("resident memory after all calls, MB", figures["megabytes"], 1024.0, False),
        ("import, × the rate of FTS5", imported["fts5"] / imported["quoth"], 0.45, True),
        ("bytes a quote in the store, originals included", imported["bytes"], 830.0, False),
    ]
    yield "| goal | limit | reached |"
    yield "|---|---:|---:|"
    for title, value, limit, at_least in goals:
        holds = value >= limit if at_least else value <= limit
        reached = number(value) if holds else f"**{number(value)} misses**"
        yield f"| {title} | {'≥' if at_least else '≤'} {number(limit)} | {reached} |"
    yield ""


HEAD = """\
# Speed of whole calls

`make bench` writes this page: CPU milliseconds in one process, p50; Quoth and tantivy take turns, FTS5 is measured by
itself. A call of Quoth begins with the text of a query and ends with a page of ten hits with highlights; nothing of an
earlier page is kept but what is cached of the index, and the quotes that were shown lately, which stay decoded; “first
shown” is without these. tantivy and FTS5 begin with the words, build their query and read ten stored quotes; FTS5 does
not count and has no typos. “Never asked before” opens the archive anew for each query, with one other query before.
Callers at once are threads; their times are those of the wall, so that other programs on the machine count. A busy
machine slows Quoth more than tantivy: it touches more memory for each call. Imports are medians of three, in turns.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="the file to write")
    parser.add_argument("--sizes", type=int, nargs="*", default=[200_000], help="quotes of the seeded corpora")
    parser.add_argument("--repetitions", type=int, default=25, help="runs of each call")
    options = parser.parse_args(arguments)
    lines = [HEAD]
    for size in options.sizes:
        folder = WORK / f"synthetic-{size}"
        prepare(folder, size)
        lines += page(size, measure(folder, options.repetitions), imports.measure(folder, size))
    print("\n".join(lines))
    options.out.write_text("\n".join(lines).rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
