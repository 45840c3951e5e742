"""Run the benchmark and write its report: `make bench`, `make bench-smoke`; `python -m bench.run --help`.

Each index is built in a separate process, then one process opens all of them and queries them in turn. All files are
in build/bench, except the report docs/performance.md; the report of a smoke test is in build/bench too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bench import measure, report
from bench.corpora.natural import natural
from bench.corpora.seeded import synthetic
from bench.corpora.supply import write
from bench.engines import ENGINES, EngineEntry, EngineReader, EngineResult
from bench.queries import BenchQuery, TermCounts, questions
from quoth.quote import GivenQuote

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "bench"

# The first of these that is measured is the reference for the answers of the others.
REFERENCE = ("quoth-1", "tantivy")


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus to search: its name, its size, and the source of its quotes."""

    name: str
    size: int
    given: Callable[[], Iterator[GivenQuote]]

    @property
    def folder(self) -> Path:
        """The folder of its files."""
        return WORK / f"{self.name}-{self.size}"


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """The number of repetitions of each measurement."""

    repetitions: int
    touches: int
    openings: int


THOROUGH = Thoroughness(repetitions=25, touches=2, openings=5)
SMOKE = Thoroughness(repetitions=2, touches=1, openings=1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(arguments)
    engines = options.engines.split(",") if options.engines else None
    thoroughness = SMOKE if options.smoke else THOROUGH
    folder = Path(options.natural) if options.natural else None
    corpora = [Corpus("synthetic", size, partial(synthetic, size)) for size in options.sizes]
    if options.natural_size:
        corpora.append(Corpus("natural", options.natural_size, partial(natural, options.natural_size, folder)))
    results_path = WORK / ("smoke.json" if options.smoke else "results.json")
    results: report.Results = {"machine": machine(), "corpora": []}
    if options.keep and results_path.exists():
        results["corpora"] = json.loads(results_path.read_text("utf-8"))["corpora"]
    for corpus in corpora:
        results["corpora"] = report.replaced(results["corpora"], run(corpus, engines, thoroughness))
        # Write after each corpus, so that a failure of the next does not lose an hour's work.
        results_path.write_text(json.dumps(results, indent=1), "utf-8")
    written = report.write(results, WORK if options.smoke else ROOT / "docs")
    print(report.summary(results))
    print(f"wrote {', '.join(path.relative_to(ROOT).as_posix() for path in [*written, results_path])}")


def run(corpus: Corpus, engines: Sequence[str] | None, thoroughness: Thoroughness) -> dict[str, Any]:
    """Build and measure everything on one corpus."""
    entries = [entry for entry in ENGINES.values() if _is_selected(entry, corpus, engines)]
    corpus.folder.mkdir(parents=True, exist_ok=True)
    counts = _written(corpus)
    queries = questions(counts)
    built = _built(corpus, counts.quotes, entries)
    readers = {entry.name: entry.make().open(corpus.folder / entry.index) for entry in entries}
    tasks = [measure.task(entry, readers[entry.name], queries) for entry in entries]
    bare = [measure.task(entry, readers[entry.name], queries, fetch=False) for entry in entries]
    tasks += [task for task in bare if task.searches]
    answers = {task.name: {kind: [s() for s in group] for kind, group in task.searches.items()} for task in tasks}
    with _progress(f"{_title(corpus)}: querying", thoroughness.repetitions) as bar:
        times = measure.interleave(tasks, thoroughness.repetitions, bar.update)
    return {
        "name": corpus.name,
        "quotes": counts.quotes,
        "tokens": counts.tokens,
        "terms": len(counts.words),
        "engines": [entry.name for entry in entries],
        "built": built,
        "opened": _opened(corpus, entries, queries, thoroughness.openings),
        "latency": {name: _spread(by_kind) for name, by_kind in times.items()},
        "library": _library(corpus, counts.quotes, queries, thoroughness.repetitions) if _has_quoth(entries) else None,
        **_touched(corpus, readers, queries, thoroughness.touches),
        "totals": {kind: [result.total for result in results] for kind, results in _reference(answers).items()},
        "agreement": {name: agreement(_reference(answers), results) for name, results in answers.items()},
    }


def agreement(reference: dict[str, list[EngineResult]], other: dict[str, list[EngineResult]]) -> dict[str, float]:
    """Return the largest relative difference between the totals of an engine and of the reference, by kind.

    A facet with any different bucket counts as entirely different. An engine that does not count is not compared.
    """
    compared = {kind: list(zip(reference[kind], answers, strict=True)) for kind, answers in other.items()}
    return {kind: max(_difference(a, b) for a, b in pairs) for kind, pairs in compared.items() if _is_counted(pairs)}


def _is_counted(pairs: list[tuple[EngineResult, EngineResult]]) -> bool:
    return all(result.total is not None for pair in pairs for result in pair)


def _difference(a: EngineResult, b: EngineResult) -> float:
    if a.total is None or b.total is None:
        raise ValueError("an engine did not count")
    if a.total == b.total and a.buckets is not None and b.buckets is not None:
        return float([count for _, count in a.buckets] != [count for _, count in b.buckets])
    return abs(a.total - b.total) / max(a.total, b.total, 1)


def machine() -> dict[str, Any]:
    """Return the machine and the versions of the measurements."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "versions": {
            name: _version(name) for name in ("numpy", "tantivy", "bm25s", "PyStemmer", "Whoosh-Reloaded", "SQLite")
        },
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _version(name: str) -> str:
    if name == "SQLite":
        import sqlite3

        return sqlite3.sqlite_version
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _is_selected(entry: EngineEntry, corpus: Corpus, engines: Sequence[str] | None) -> bool:
    if engines is not None:
        return entry.name in engines
    return entry.largest is None or corpus.size <= entry.largest


def _written(corpus: Corpus) -> TermCounts:
    counts = TermCounts()
    with _progress(f"{_title(corpus)}: writing", corpus.size) as bar:
        for _, quote in write(corpus.folder / "quotes", corpus.given()):
            counts.add(quote)
            bar.update()
    return counts


def _built(corpus: Corpus, size: int, entries: Sequence[EngineEntry]) -> dict[str, Any]:
    indexes = {entry.index: entry.name for entry in reversed(entries)}
    built = {}
    with _progress(f"{_title(corpus)}: building", len(indexes)) as bar:
        for index, name in indexes.items():
            bar.set_postfix_str(index)
            built[index] = _child("bench.build", name, corpus.folder / "quotes", size, corpus.folder / index)
            bar.update()
    return built


def _opened(
    corpus: Corpus, entries: Sequence[EngineEntry], queries: Sequence[BenchQuery], times: int
) -> dict[str, Any]:
    word = next(question.words[0] for question in queries if question.kind == "term")
    indexes = {entry.index: entry.name for entry in reversed(entries)}
    opened = {}
    with _progress(f"{_title(corpus)}: opening", len(indexes)) as bar:
        for index, name in indexes.items():
            rounds = [_child("bench.opening", name, word, corpus.folder / index) for _ in range(times)]
            opened[index] = {figure: statistics.median(r[figure] for r in rounds) for figure in rounds[0]}
            bar.update()
    return opened


def _library(corpus: Corpus, size: int, queries: Sequence[BenchQuery], repetitions: int) -> dict[str, Any]:
    (corpus.folder / "questions.json").write_text(json.dumps([asdict(question) for question in queries]))
    with _progress(f"{_title(corpus)}: as a library", 1) as bar:
        quotes, questions = corpus.folder / "quotes", corpus.folder / "questions.json"
        figures = _child("bench.library", quotes, size, questions, corpus.folder / "archive", repetitions)
        bar.update()
    return figures


def _has_quoth(entries: Sequence[EngineEntry]) -> bool:
    return any(entry.name.startswith("quoth") for entry in entries)


def _touched(
    corpus: Corpus, readers: dict[str, EngineReader], queries: Sequence[BenchQuery], rounds: int
) -> dict[str, Any]:
    forgetful = {name: reader for name, reader in readers.items() if isinstance(reader, measure.Forgetful)}
    times: dict[str, Any] = {"first": {}, "new": {}}
    with _progress(f"{_title(corpus)}: cold searches", rounds * len(forgetful)) as bar:
        for name, reader in forgetful.items():
            first, new = measure.first_touches(reader, queries, rounds, bar.update)
            times["first"][name], times["new"][name] = _spread(first), _spread(new)
    return times


def _spread(times: measure.Times) -> dict[str, Any]:
    return {
        kind: {"p50": measure.percentile(ns, 50) / 1e6, "p95": measure.percentile(ns, 95) / 1e6, "times": len(ns)}
        for kind, ns in times.items()
    }


def _reference(answers: dict[str, dict[str, list[EngineResult]]]) -> dict[str, list[EngineResult]]:
    return next((answers[name] for name in REFERENCE if name in answers), next(iter(answers.values())))


def _child(module: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    figures: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return figures


def _title(corpus: Corpus) -> str:
    return f"{corpus.size:,} {corpus.name}"


def _progress(label: str, total: int) -> Any:
    return tqdm(total=total, desc=f"{label:32}", leave=True, smoothing=0, dynamic_ncols=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measure Quoth and other engines side by side.")
    parser.add_argument("--sizes", type=int, nargs="*", default=[20_000, 200_000], help="quotes of the seeded corpora")
    parser.add_argument("--natural-size", type=int, default=200_000, help="the most quotes of natural text")
    parser.add_argument("--natural", help="the folder of natural text")
    parser.add_argument("--engines", help=f"run only these engines, on any corpus size: {', '.join(ENGINES)}")
    parser.add_argument("--keep", action="store_true", help="keep earlier results of other corpora")
    parser.add_argument("--smoke", action="store_true", help="run a few repetitions, and write nothing to docs/")
    return parser


if __name__ == "__main__":
    main()
