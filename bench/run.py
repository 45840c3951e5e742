"""Run the benchmark and write its report: `make bench`, `make bench-smoke`; `python -m bench.run --help`.

Each index is built in a process of its own, then one process opens all of them and asks in turn. Everything lies
under build/bench; the report is docs/performance.md, or beside the rest for a smoke test.
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

# The answers of the first are what the others' are compared with.
REFERENCE = ("quoth-1", "tantivy")


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is searched: a name, and where its quotes come from."""

    name: str
    size: int
    given: Callable[[], Iterator[GivenQuote]]

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return WORK / f"{self.name}-{self.size}"


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How often things are measured."""

    repetitions: int
    touches: int
    openings: int


THOROUGH = Thoroughness(repetitions=25, touches=2, openings=5)
SMOKE = Thoroughness(repetitions=2, touches=1, openings=1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line says."""
    chosen = _parser().parse_args(arguments)
    named = chosen.engines.split(",") if chosen.engines else None
    how = SMOKE if chosen.smoke else THOROUGH
    folder = Path(chosen.natural) if chosen.natural else None
    corpora = [Corpus("synthetic", size, partial(synthetic, size)) for size in chosen.sizes]
    if chosen.natural_size:
        corpora.append(Corpus("natural", chosen.natural_size, partial(natural, chosen.natural_size, folder)))
    results = WORK / ("smoke.json" if chosen.smoke else "results.json")
    found: report.Results = {"machine": machine(), "corpora": []}
    if chosen.keep and results.exists():
        found["corpora"] = json.loads(results.read_text("utf-8"))["corpora"]
    for corpus in corpora:
        found["corpora"] = report.replaced(found["corpora"], run(corpus, named, how))
        # After each: an hour's work is not lost to what goes wrong with the next.
        results.write_text(json.dumps(found, indent=1), "utf-8")
    written = report.write(found, WORK if chosen.smoke else ROOT / "docs")
    print(report.summary(found))
    print(f"wrote {', '.join(path.relative_to(ROOT).as_posix() for path in [*written, results])}")


def run(corpus: Corpus, named: Sequence[str] | None, how: Thoroughness) -> dict[str, Any]:
    """Build and measure everything on one corpus."""
    entries = [entry for entry in ENGINES.values() if _is_wanted(entry, corpus, named)]
    corpus.folder.mkdir(parents=True, exist_ok=True)
    census = _written(corpus)
    asked = questions(census)
    built = _built(corpus, census.quotes, entries)
    readers = {entry.name: entry.make().open(corpus.folder / entry.index) for entry in entries}
    tasks = [measure.task(entry, readers[entry.name], asked) for entry in entries]
    bare = [measure.task(entry, readers[entry.name], asked, fetch=False) for entry in entries]
    tasks += [task for task in bare if task.searches]
    answers = {task.name: {kind: [s() for s in some] for kind, some in task.searches.items()} for task in tasks}
    with _progress(f"{_said(corpus)}: asking", how.repetitions) as bar:
        times = measure.interleave(tasks, how.repetitions, bar.update)
    return {
        "name": corpus.name,
        "quotes": census.quotes,
        "tokens": census.tokens,
        "terms": len(census.words),
        "engines": [entry.name for entry in entries],
        "built": built,
        "opened": _opened(corpus, entries, asked, how.openings),
        "latency": {name: _spread(by_kind) for name, by_kind in times.items()},
        "library": _library(corpus, census.quotes, asked, how.repetitions) if _has_quoth(entries) else None,
        **_touched(corpus, readers, asked, how.touches),
        "totals": {kind: [found.total for found in found_all] for kind, found_all in _reference(answers).items()},
        "agreement": {name: agreement(_reference(answers), some) for name, some in answers.items()},
    }


def agreement(reference: dict[str, list[EngineResult]], other: dict[str, list[EngineResult]]) -> dict[str, float]:
    """Return by how much the totals of an engine differ from the reference's at most, by kind, as a share of them.

    A facet counts as wholly different if any of its buckets does. An engine that does not count is not compared.
    """
    compared = {kind: list(zip(reference[kind], answers, strict=True)) for kind, answers in other.items()}
    return {kind: max(_difference(a, b) for a, b in pairs) for kind, pairs in compared.items() if _is_counted(pairs)}


def _is_counted(pairs: list[tuple[EngineResult, EngineResult]]) -> bool:
    return all(found.total is not None for pair in pairs for found in pair)


def _difference(a: EngineResult, b: EngineResult) -> float:
    if a.total is None or b.total is None:
        raise ValueError("an engine did not count")
    if a.total == b.total and a.buckets is not None and b.buckets is not None:
        return float([count for _, count in a.buckets] != [count for _, count in b.buckets])
    return abs(a.total - b.total) / max(a.total, b.total, 1)


def machine() -> dict[str, Any]:
    """Return what the figures were measured on and with."""
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


def _is_wanted(entry: EngineEntry, corpus: Corpus, named: Sequence[str] | None) -> bool:
    if named is not None:
        return entry.name in named
    return entry.largest is None or corpus.size <= entry.largest


def _written(corpus: Corpus) -> TermCounts:
    census = TermCounts()
    with _progress(f"{_said(corpus)}: writing", corpus.size) as bar:
        for _, quote in write(corpus.folder / "quotes", corpus.given()):
            census.add(quote)
            bar.update()
    return census


def _built(corpus: Corpus, size: int, entries: Sequence[EngineEntry]) -> dict[str, Any]:
    indexes = {entry.index: entry.name for entry in reversed(entries)}
    built = {}
    with _progress(f"{_said(corpus)}: building", len(indexes)) as bar:
        for index, name in indexes.items():
            bar.set_postfix_str(index)
            built[index] = _child("bench.build", name, corpus.folder / "quotes", size, corpus.folder / index)
            bar.update()
    return built


def _opened(corpus: Corpus, entries: Sequence[EngineEntry], asked: Sequence[BenchQuery], times: int) -> dict[str, Any]:
    word = next(question.words[0] for question in asked if question.kind == "term")
    indexes = {entry.index: entry.name for entry in reversed(entries)}
    opened = {}
    with _progress(f"{_said(corpus)}: opening", len(indexes)) as bar:
        for index, name in indexes.items():
            rounds = [_child("bench.opening", name, word, corpus.folder / index) for _ in range(times)]
            opened[index] = {what: statistics.median(r[what] for r in rounds) for what in rounds[0]}
            bar.update()
    return opened


def _library(corpus: Corpus, size: int, asked: Sequence[BenchQuery], repetitions: int) -> dict[str, Any]:
    (corpus.folder / "questions.json").write_text(json.dumps([asdict(question) for question in asked]))
    with _progress(f"{_said(corpus)}: as a library", 1) as bar:
        quotes, questions = corpus.folder / "quotes", corpus.folder / "questions.json"
        found = _child("bench.library", quotes, size, questions, corpus.folder / "archive", repetitions)
        bar.update()
    return found


def _has_quoth(entries: Sequence[EngineEntry]) -> bool:
    return any(entry.name.startswith("quoth") for entry in entries)


def _touched(
    corpus: Corpus, readers: dict[str, EngineReader], asked: Sequence[BenchQuery], rounds: int
) -> dict[str, Any]:
    forgetful = {name: reader for name, reader in readers.items() if isinstance(reader, measure.Forgetful)}
    found: dict[str, Any] = {"first": {}, "new": {}}
    with _progress(f"{_said(corpus)}: forgetting", rounds * len(forgetful)) as bar:
        for name, reader in forgetful.items():
            first, new = measure.first_touches(reader, asked, rounds, bar.update)
            found["first"][name], found["new"][name] = _spread(first), _spread(new)
    return found


def _spread(times: measure.Times) -> dict[str, Any]:
    return {
        kind: {"p50": measure.percentile(some, 50) / 1e6, "p95": measure.percentile(some, 95) / 1e6, "times": len(some)}
        for kind, some in times.items()
    }


def _reference(answers: dict[str, dict[str, list[EngineResult]]]) -> dict[str, list[EngineResult]]:
    return next((answers[name] for name in REFERENCE if name in answers), next(iter(answers.values())))


def _child(module: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return answer


def _said(corpus: Corpus) -> str:
    return f"{corpus.size:,} {corpus.name}"


def _progress(what: str, total: int) -> Any:
    return tqdm(total=total, desc=f"{what:32}", leave=True, smoothing=0, dynamic_ncols=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Quoth and its peers, measured side by side.")
    parser.add_argument("--sizes", type=int, nargs="*", default=[20_000, 200_000], help="quotes of the seeded corpora")
    parser.add_argument("--natural-size", type=int, default=200_000, help="at most so many quotes of natural text")
    parser.add_argument("--natural", help="a folder of text to draw them from")
    parser.add_argument("--engines", help=f"only these, by name, of any size: {', '.join(ENGINES)}")
    parser.add_argument("--keep", action="store_true", help="what was measured before on other corpora stays")
    parser.add_argument("--smoke", action="store_true", help="a few repetitions, and nothing written to docs/")
    return parser


if __name__ == "__main__":
    main()
