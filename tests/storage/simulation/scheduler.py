"""Tasks under a virtual clock: one runs at a time, and the seed alone decides which one runs next.

The simulated code is synchronous: a greenlet can suspend it in the middle of a call and resume it later.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process died in the middle of a call. Not an `Exception`, so that no code catches it and goes on."""


class Step(NamedTuple):
    """One line of the trace: time in seconds, task, call, key and outcome."""

    time: float
    task: str
    call: str
    key: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.time:12.3f} s  {self.task:<12} {self.call:<14} {self.key:<32} {self.outcome}".rstrip()


class SimulatedTask:
    """The control flow of one process. It dies at its deadline, in whatever call it is."""

    def __init__(self, name: str, run: Callable[[], object]) -> None:
        self.name = name
        self.deadline = math.inf
        self.flow = greenlet(self._run)
        self._given = run

    def _run(self) -> None:
        try:
            self._given()
        except Killed:
            return


class Scheduler:
    """Runs tasks in the order of their wake-up times; the seed breaks ties.

    `trace` has every call, `faults` counts the injected faults, `events` counts the completed operations.

    >>> scheduler, said = Scheduler(Random(7)), []
    >>> def speak(word, seconds):
    ...     scheduler.pause(seconds)
    ...     said.append((scheduler.now, word))
    >>> for word, seconds in (("late", 5), ("soon", 1)):
    ...     _ = scheduler.spawn(word, lambda word=word, seconds=seconds: speak(word, seconds))
    >>> scheduler.run()
    >>> said
    [(1.0, 'soon'), (5.0, 'late')]
    """

    def __init__(self, random: Random) -> None:
        self.now = 0.0
        self.trace: list[Step] = []
        self.faults: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self._random = random
        self._count = itertools.count()
        self._waking: list[tuple[float, float, int, SimulatedTask]] = []
        self._running = SimulatedTask("nobody", lambda: None)
        self._outside = getcurrent()

    @property
    def running(self) -> str:
        """The name of the running task."""
        return self._running.name

    def spawn(self, name: str, run: Callable[[], object], after: float = 0.0) -> SimulatedTask:
        """Start a task `after` seconds from now."""
        task = SimulatedTask(name, run)
        self._wake(task, self.now + after)
        return task

    def run(self) -> None:
        """Run until every task has ended. Any exception except `Killed` ends all tasks."""
        self._outside = getcurrent()
        try:
            while self._waking:
                self.now, _, _, self._running = heappop(self._waking)
                self._running.flow.parent = self._outside
                self._running.flow.switch()
        finally:
            for *_, task in self._waking:
                task.flow.throw()

    def pause(self, seconds: float) -> None:
        """Suspend the running task for some seconds. It dies if its deadline comes first."""
        task = self._running
        in_time = self.now + seconds < task.deadline
        if in_time and not self._waking:  # no other task is waiting
            self.now += seconds
            return
        self._wake(task, self.now + seconds if in_time else max(self.now, task.deadline))
        self._outside.switch()
        if not in_time:
            self.faults["time limit"] += 1
            raise Killed

    def limit(self, seconds: float) -> None:
        """Set the deadline of the running task, in seconds from now."""
        self._running.deadline = self.now + seconds

    def kill(self) -> None:
        """Kill the running task. Store calls in its cleanup code fail too."""
        self._running.deadline = self.now
        raise Killed

    def note(self, call: str, key: str, outcome: str) -> None:
        """Add a line to the trace."""
        self.trace.append(Step(self.now, self._running.name, call, key, outcome))

    def _wake(self, task: SimulatedTask, when: float) -> None:
        heappush(self._waking, (when, self._random.random(), next(self._count), task))
