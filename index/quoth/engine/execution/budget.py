"""How much work one answer may take. A public query must never hurt who runs the archive, or the next one who asks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from quoth.errors import QuothError

# CPU of the asking thread. What is read from a far store does not count: it is not the query's doing.
SECONDS = 1.0
# Postings and documents that a query may have to pass, at the most. One takes 7 to 28 ns where all is in memory, the
# most for phrases: what is let in takes less than a second, unless it is the first to read what it needs.
MOST = 30_000_000


class TooBroad(QuothError):
    """An answer would take more work than one query may."""


class Budget:
    """The CPU that is left for the answer under way; without an answer under way there is no limit.

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

    @contextmanager
    def of(self, seconds: float) -> Iterator[None]:
        """Limit what is done meanwhile, in this thread."""
        self._until, self._seconds = self._clock() + seconds, seconds
        try:
            yield
        finally:
            self._until = math.inf

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count what is done meanwhile: what a process does once, whatever is asked."""
        until, began = self._until, self._clock()
        self._until = math.inf
        try:
            yield
        finally:
            self._until = until + self._clock() - began

    def admit(self, cost: int) -> None:
        """Raise `TooBroad` for a query that would pass too many postings and documents."""
        if self._until < math.inf and cost > MOST:
            raise TooBroad(f"it would pass {cost:,} postings, and the limit is {MOST:,}")

    def check(self) -> None:
        """Raise `TooBroad` when there is nothing left; called between steps that are short themselves."""
        if self._until < math.inf and self._clock() > self._until:
            raise TooBroad(f"it took more than {self._seconds:g} s")
