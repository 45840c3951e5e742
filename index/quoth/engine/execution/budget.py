"""Limit the work of one answer, so that a public query cannot exhaust the archive or delay other queries."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from quoth.errors import QuothError

# CPU time of the querying thread. Waiting for a remote store does not count: the query does not cause it.
SECONDS = 1.0
# Postings and documents that one query may scan. Each takes 7 to 28 ns in memory, the most for phrases, so an admitted
# query takes less than a second, unless it is the first to read its postings.
MAX_COST = 30_000_000


class TooBroad(QuothError):
    """An answer would take more work than the limit for one query."""


class Budget:
    """The CPU time left for the current answer; outside an answer there is no limit.

    >>> seconds = iter([0.0, 0.4, 1.2])
    >>> budget = Budget(clock=lambda: next(seconds))
    >>> with budget.of(1.0):
    ...     budget.check()
    ...     budget.check()
    Traceback (most recent call last):
    quoth.engine.execution.budget.TooBroad: it took more than 1 s
    """

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._until = math.inf
        self._seconds = math.inf
        self._uncounted = 0.0

    def of(self, seconds: float) -> Limit:
        """Limit the CPU time of the body, in this thread. Inside another limit the earlier of both ends applies."""
        return Limit(self, seconds)

    def fresh(self) -> Budget:
        """Return a budget without a limit, by the same clock: for work that no lock guards."""
        return Budget(self._clock)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count the body: work that a process does once, whatever the query."""
        until, start = self._until, self._clock()
        self._until = math.inf
        try:
            yield
        finally:
            self._until = until
            self._uncounted += self._clock() - start

    def admit(self, cost: int) -> None:
        """Raise `TooBroad` for a query that would scan too many postings and documents."""
        if self._until < math.inf and cost > MAX_COST:
            raise TooBroad(f"it would scan {cost:,} postings, and the limit is {MAX_COST:,}")

    def check(self) -> None:
        """Raise `TooBroad` if no time is left; called between short steps."""
        if self._until < math.inf and self._now() > self._until:
            raise TooBroad(f"it took more than {self._seconds:g} s")

    def _now(self) -> float:
        return self._clock() - self._uncounted


class Limit:
    """The limit of the CPU time of one body; see `Budget.of`."""

    def __init__(self, budget: Budget, seconds: float) -> None:
        self._budget = budget
        self._seconds = seconds

    def __enter__(self) -> None:
        budget, seconds = self._budget, self._seconds
        self._outer = budget._until, budget._seconds
        until = budget._now() + seconds
        if until < budget._until:
            budget._until, budget._seconds = until, seconds

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget._until, self._budget._seconds = self._outer
