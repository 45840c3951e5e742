"""The clock: every engine answers the same queries in one interleaved run, in one process, on one core.

Times are CPU of the process, since other programs share the machine. Within a repetition the engines take turns kind
by kind, in another order each time, so a slow minute of the machine slows all of them. The first answer to each query
is not timed, but compared.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bench.engines import EngineEntry, EngineReader, Search
from bench.queries import KINDS, BenchQuery, Kind

Times = dict[str, list[int]]  # by kind: nanoseconds of each search


@runtime_checkable
class Forgetful(EngineReader, Protocol):
    """A reader with caches that can be cleared."""

    def forget(self) -> None:
        """Clear all caches."""


@dataclass(frozen=True, slots=True)
class Task:
    """An engine with its prepared queries: one search per variant of each supported kind."""

    name: str
    repetitions: int
    searches: Mapping[str, Sequence[Search]]


def task(entry: EngineEntry, reader: EngineReader, questions: Sequence[BenchQuery], *, fetch: bool = True) -> Task:
    """Prepare the queries for an engine; see `EngineReader.prepare` for `fetch`."""
    searches: dict[str, list[Search]] = defaultdict(list)
    for question in questions:
        search = reader.prepare(question, fetch=fetch)
        if search is not None:
            searches[question.kind].append(search)
    return Task(entry.name if fetch else f"{entry.name} bare", entry.repetitions, searches)


def interleave(
    tasks: Sequence[Task], repetitions: int, done: Callable[[], object] = lambda: None, kinds: Sequence[Kind] = KINDS
) -> dict[str, Times]:
    """Time the searches of all tasks. An engine with fewer repetitions than `repetitions` spreads them evenly."""
    samples: dict[str, Times] = {task.name: {kind: [] for kind in task.searches} for task in tasks}
    with _quiet():
        for number in range(repetitions):
            for place, kind in enumerate(kinds):
                turn = (number + place) % len(tasks)
                for task in [*tasks[turn:], *tasks[:turn]]:
                    if kind.name in task.searches and is_due(number, repetitions, task.repetitions):
                        samples[task.name][kind.name] += [timed(search) for search in task.searches[kind.name]]
            gc.collect()
            done()
    return samples


def is_due(number: int, total: int, repetitions: int) -> bool:
    """Whether an engine with fewer repetitions takes part in this one.

    >>> [number for number in range(10) if is_due(number, 10, 3)]
    [0, 4, 7]
    """
    repetitions = min(repetitions, total)
    return number * repetitions // total != (number - 1) * repetitions // total


def timed(search: Search) -> int:
    """Return the CPU nanoseconds of a search."""
    start = time.process_time_ns()
    search()
    return time.process_time_ns() - start


def percentile(values: Iterable[float], percent: float) -> float:
    """Return a percentile by the nearest-rank method; 0 if there are no values.

    >>> percentile([4, 1, 3, 2], 50), percentile([1, 2, 3], 95)
    (2, 3)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def first_touches(
    reader: Forgetful, questions: Sequence[BenchQuery], rounds: int, done: Callable[[], object] = lambda: None
) -> tuple[Times, Times]:
    """Return the times of searches with cold caches.

    First the times of the first search after opening, which reads dictionaries and columns; then those of a search for
    new words after another search of its kind.
    """
    by_kind: dict[str, list[BenchQuery]] = defaultdict(list)
    for question in questions:
        by_kind[question.kind].append(question)
    first: Times = {kind: [] for kind in by_kind}
    new: Times = {kind: [] for kind in by_kind}
    with _quiet():
        for _ in range(rounds):
            for kind, variants in by_kind.items():
                for place, question in enumerate(variants):
                    reader.forget()
                    first[kind].append(timed(_prepared(reader, question)))
                    reader.forget()
                    _prepared(reader, variants[(place + len(variants) // 2) % len(variants)])()
                    new[kind].append(timed(_prepared(reader, question)))
            gc.collect()
            done()
    return first, new


def _prepared(reader: Forgetful, question: BenchQuery) -> Search:
    search = reader.prepare(question)
    if search is None:
        raise ValueError(f"no search for {question}")
    return search


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Run on one core, with garbage collection only between repetitions."""
    cores: set[int] | None = None
    if sys.platform == "linux":
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores)})
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        if cores is not None:
            os.sched_setaffinity(0, cores)
