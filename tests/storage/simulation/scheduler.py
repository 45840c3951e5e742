"""Tasks under a virtual clock: one runs at a time, and a seed alone decides which goes on.

The code that is simulated is synchronous: a greenlet lets it stop in the middle of a call and be resumed later.
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
    """The process is gone in the middle of what it did. No `Exception`: nothing may catch it and go on."""


class Step(NamedTuple):
    """One line of the trace: at this time (seconds) a task's call came to this outcome."""

    time: float
    task: str
    call: str
    key: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.time:12.3f} s  {self.task:<12} {self.call:<14} {self.key:<32} {self.outcome}".rstrip()


class SimulatedTask:
    """A flow of one process. It dies at its deadline, wherever it is then."""

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
    """Runs tasks in the order of the times at which they wake; the seed breaks ties.

    What happened: `trace` has every call, `faults` how often what went wrong, `events` how often what was done.

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
        """The name of the task that runs."""
        return self._running.name

    def spawn(self, name: str, run: Callable[[], object], after: float = 0.0) -> SimulatedTask:
        """Let a task begin so many seconds from now."""
        task = SimulatedTask(name, run)
        self._wake(task, self.now + after)
        return task

    def run(self) -> None:
        """Run until every task has ended; what one raises, other than `Killed`, ends it all."""
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
        """Let others run for so many seconds; the running task may not live to see the end of it."""
        task = self._running
        in_time = self.now + seconds < task.deadline
        if in_time and not self._waking:  # nobody else to run
            self.now += seconds
            return
        self._wake(task, self.now + seconds if in_time else max(self.now, task.deadline))
        self._outside.switch()
        if not in_time:
            self.faults["time limit"] += 1
            raise Killed

    def limit(self, seconds: float) -> None:
        """Give the running task so long to live from now."""
        self._running.deadline = self.now + seconds

    def kill(self) -> None:
        """End the running task here. What it calls on its way out fails too."""
        self._running.deadline = self.now
        raise Killed

    def note(self, call: str, key: str, outcome: str) -> None:
        """Add a line to the trace."""
        self.trace.append(Step(self.now, self._running.name, call, key, outcome))

    def _wake(self, task: SimulatedTask, when: float) -> None:
        heappush(self._waking, (when, self._random.random(), next(self._count), task))
