"""Whole calls of `archive.search`, beside tantivy and FTS5: `python -m bench.parts.calls FOLDER REPETITIONS`.

A call begins with the text of a query and ends with a page of ten hits, highlights included. The other engines begin
with the words of a query, build their query and read ten stored quotes. All of them take turns in one process; see
`bench.measure`. FOLDER has the archive of `bench.library`, the indexes of `bench.build`, and `questions.json`.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import quoth
from bench.corpora.supply import Supply
from bench.engines import ENGINES, LIMIT, EngineResult, Search
from bench.measure import Task, interleave, percentile, timed
from bench.queries import BenchQuery, Kind
from quoth.archive import Archive
from quoth.engine.analysis import words

# The kinds of calls. The last three are ranked by what they cover, and so is `and`: other engines search for any word.
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
    Kind("wrong", "three words and a wrong one"),
    Kind("five", "five words"),
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


def calls(questions: Sequence[BenchQuery]) -> Iterator[Call]:
    """Yield the calls for the queries of a corpus."""
    for one in questions:
        first, text = one.words[0], " ".join(one.words)
        match one.kind:
            case "rare" | "term" | "fuzzy" | "and":
                yield Call(one.kind, text, one)
            case "or2":
                yield Call(one.kind, " OR ".join(one.words), one)
            case "or5":
                yield Call(one.kind, " OR ".join(one.words), one)
                yield Call("five", text, one)
                wrong = (*one.words[:3], UNKNOWN)
                yield Call("wrong", " ".join(wrong), BenchQuery("or5", wrong))
            case "phrase":
                yield Call(one.kind, f'"{text}"', one)
            case "speaker":
                yield Call(one.kind, first, one, {"speaker": one.speaker})
            case "dates":
                yield Call(one.kind, first, one, {"from_": _day(one.first), "to": _day(one.last)})
            case "sort":
                yield Call(one.kind, first, one, {"sort": "newest"})
            case "facet":
                yield Call(one.kind, first, one, {"facets": "speaker"})


def _day(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def measure(folder: Path, repetitions: int) -> dict[str, Any]:
    """Return the medians of all kinds, of queries that were never asked before, and of concurrent callers."""
    given = json.loads((folder / "questions.json").read_text("utf-8"))
    asked = list(calls([BenchQuery(**{**one, "words": tuple(one["words"])}) for one in given]))
    archive = quoth.open(f"file:{folder / 'archive'}")
    tasks = [Task("quoth", 25, _searches(asked, archive))]
    tasks += [
        Task(name, ENGINES[name].repetitions, _others(asked, name, folder))
        for name in ("tantivy", "fts5")
        if (folder / name).exists()
    ]
    for task in tasks:
        for search in (search for group in task.searches.values() for search in group):
            search()
    times = interleave(tasks, repetitions, kinds=CALLS)
    return {
        "latency": {
            name: {
                kind: {"p50": percentile(ns, 50) / 1e6, "p95": percentile(ns, 95) / 1e6} for kind, ns in kinds.items()
            }
            for name, kinds in times.items()
        },
        "never": _spread(_never_asked(folder)),
        "concurrent": _spread(_concurrent(archive, asked)),
        "megabytes": _resident(),
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
    rng = random.Random("never asked")
    texts = [words(quote.text) for _, quote in Supply(folder / "quotes", 0)][:: max(1, 20_000 // NEVER_ASKED)]
    fives = [rng.sample(list(dict.fromkeys(text)), 5) for text in texts if len(set(text)) > 8][: NEVER_ASKED + 1]
    times = []
    for before, five in pairwise(fives):
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


def _resident() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
