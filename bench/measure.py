"""The clock: every engine answers the same questions in one interleaved run, in one process, on one core.

Times are CPU of the process, since other programs share the machine. Within a repetition the engines take turns kind
by kind, in another order each time; so a slow minute of the machine is everybody's. The first answer of each is not
timed: it is compared.
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
from bench.queries import KINDS, BenchQuery

Times = dict[str, list[int]]  # by kind: nanoseconds of each search


@runtime_checkable
class Forgetful(EngineReader, Protocol):
    """A reader that remembers what it read, and can be made to forget."""

    def forget(self) -> None:
        """Remember nothing."""


@dataclass(frozen=True, slots=True)
class Task:
    """An engine with its questions prepared: of each kind that it has, one search a variant."""

    name: str
    repetitions: int
    searches: Mapping[str, Sequence[Search]]


def task(entry: EngineEntry, reader: EngineReader, questions: Sequence[BenchQuery], *, fetch: bool = True) -> Task:
    """Prepare the questions for an engine; see `Reader.prepare` for `fetch`."""
    searches: dict[str, list[Search]] = defaultdict(list)
    for question in questions:
        search = reader.prepare(question, fetch=fetch)
        if search is not None:
            searches[question.kind].append(search)
    return Task(entry.name if fetch else f"{entry.name} bare", entry.repetitions, searches)


def interleave(tasks: Sequence[Task], repetitions: int, done: Callable[[], object] = lambda: None) -> dict[str, Times]:
    """Time the searches of all tasks. `repetitions` are the most; an engine with fewer spreads them evenly."""
    samples: dict[str, Times] = {task.name: {kind: [] for kind in task.searches} for task in tasks}
    with _quiet():
        for number in range(repetitions):
            for place, kind in enumerate(KINDS):
                turn = (number + place) % len(tasks)
                for task in [*tasks[turn:], *tasks[:turn]]:
                    if kind.name in task.searches and is_due(number, repetitions, task.repetitions):
                        samples[task.name][kind.name] += [timed(search) for search in task.searches[kind.name]]
            gc.collect()
            done()
    return samples


def is_due(number: int, all_of_them: int, wanted: int) -> bool:
    """Whether an engine that wants fewer repetitions takes part in this one.

    >>> [number for number in range(10) if is_due(number, 10, 3)]
    [0, 4, 7]
    """
    wanted = min(wanted, all_of_them)
    return number * wanted // all_of_them != (number - 1) * wanted // all_of_them


def timed(search: Search) -> int:
    """Return the nanoseconds of CPU that a search takes."""
    start = time.process_time_ns()
    search()
    return time.process_time_ns() - start


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the least value that so many percent of the values do not exceed; 0 if there are none.

    >>> percentile([4, 1, 3, 2], 50), percentile([1, 2, 3], 95)
    (2, 3)
    """
    known = sorted(values)
    return known[max(0, math.ceil(len(known) * percent / 100) - 1)] if known else 0.0


def first_touches(
    reader: Forgetful, questions: Sequence[BenchQuery], rounds: int, done: Callable[[], object] = lambda: None
) -> tuple[Times, Times]:
    """Return what a search costs that finds nothing remembered.

    First the very first search after opening, which reads dictionaries and columns; then one whose words nobody asked
    for before, after another of its kind.
    """
    kinds: dict[str, list[BenchQuery]] = defaultdict(list)
    for question in questions:
        kinds[question.kind].append(question)
    first: Times = {kind: [] for kind in kinds}
    new: Times = {kind: [] for kind in kinds}
    with _quiet():
        for _ in range(rounds):
            for kind, asked in kinds.items():
                for place, question in enumerate(asked):
                    reader.forget()
                    first[kind].append(timed(_prepared(reader, question)))
                    reader.forget()
                    _prepared(reader, asked[(place + len(asked) // 2) % len(asked)])()
                    new[kind].append(timed(_prepared(reader, question)))
            gc.collect()
            done()
    return first, new


def _prepared(reader: Forgetful, question: BenchQuery) -> Search:
    search = reader.prepare(question)
    if search is None:
        raise ValueError(f"no way to ask {question}")
    return search


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """One core, and no garbage collection but between repetitions."""
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
