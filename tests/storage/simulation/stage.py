"""A stage: one bucket, one queue and one clock for all processes, and the checks at the end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from random import Random
from unittest import mock

from quoth.errors import QuothError
from quoth.storage import manifest as manifests
from quoth.storage.commit import WRITER_LIFE
from quoth.storage.maintenance import compaction, garbage, rollback
from tests.storage.simulation import actors
from tests.storage.simulation.actors import Process
from tests.storage.simulation.content import NewsMessage
from tests.storage.simulation.invariants import Violation
from tests.storage.simulation.queue import SimulatedQueue
from tests.storage.simulation.scheduler import Scheduler, Step
from tests.storage.simulation.store import Calm, Faults
from tests.storage.simulation.witness import Witness

HOUR = 3600.0
DAY = 24 * HOUR
# Merge two small segments already, not eight as in production: schedules are short.
FANOUT = 2


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """The outcome of a stage. `violation` is `None` when all invariants held.

    `faults` counts the injected faults and `events` the completed operations, as evidence of the coverage.
    """

    trace: tuple[Step, ...]
    faults: Counter[str]
    events: Counter[str]
    violation: str | None


class Stage:
    """The shared world of the processes. Every random choice is drawn from `random`."""

    def __init__(self, random: Random, messages: Sequence[NewsMessage], *, visibility: float, echo: float) -> None:
        self.random = random
        self.messages = messages
        self.scheduler = Scheduler(random)
        self.witness = Witness(self.scheduler, actors.GRACE)
        self.queue = SimulatedQueue(self.scheduler, random, visibility=visibility, echo=echo)
        self.export_queue = SimulatedQueue(self.scheduler, random, visibility=visibility, echo=echo)
        self._names: Counter[str] = Counter()

    def enter(self, kind: str, act: Callable[[Process], object], faults: Faults, after: float) -> None:
        """Start a process `after` seconds from now: in Lambda or on a laptop, with an exact or a wrong clock."""
        skew, life = self.random.choice((0.0, -HOUR, HOUR)), self.random.choice((WRITER_LIFE, math.inf))
        self.scheduler.faults["clock skew"] += skew != 0
        process = self._process(kind, faults, skew=skew, life=life)
        self.scheduler.spawn(process.name, lambda: act(process), after)

    def alone(self, kind: str, act: Callable[[Process], object], faults: Faults | None = None) -> None:
        """Run one process to its end, without faults unless some are given."""
        process = self._process(kind, faults or Calm())
        self.scheduler.spawn(process.name, lambda: act(process))
        self.scheduler.run()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.scheduler.spawn("time", lambda: self.scheduler.pause(seconds))
        self.scheduler.run()

    def settle(self) -> None:
        """Without faults, deliver the remaining messages, compact and collect; then check the result."""
        if self.witness.has_rolled_back:  # additions since the restored generation are lost
            self.queue.send(self.messages)
        self.queue.settle()
        while not self.queue.is_empty:
            self.alone("writer", partial(actors.write, queue=self.queue, invocations=1))
        self.witness.at_rest(self.messages)
        self.export_queue.settle()
        while not self.export_queue.is_empty:
            self.alone("exporter", partial(actors.work, queue=self.export_queue, invocations=1))
        self.alone("client", actors.check_exports)
        self.alone("compactor", partial(actors.tidy, rounds=9))
        self.wait((garbage.DAYS + 1) * DAY)
        self.alone("collector", partial(actors.clean, pauses=()))
        self.witness.cleaned()
        self.alone("reader", partial(actors.look, pauses=(0.0,)))

    def play(self, act: Callable[[Stage], object]) -> StageOutcome:
        """Run `act` on the stage, then settle; return the outcome."""
        violation = None
        # A generation is read dozens of times. Parsing it once has no visible effect and saves a third of the time.
        parse = lru_cache(manifests.from_bytes)
        try:
            with (
                mock.patch.object(compaction, "FANOUT", FANOUT),
                mock.patch.object(rollback, "GRACE", actors.GRACE),
                mock.patch.object(manifests, "from_bytes", parse),
            ):
                act(self)
                self.settle()
        except Violation as broken:
            violation = str(broken)
        except QuothError as error:  # an error that the called code does not document
            violation = f"unexpected: {self.scheduler.running} got {type(error).__name__}: {error}"
        return StageOutcome(tuple(self.scheduler.trace), self.scheduler.faults, self.scheduler.events, violation)

    def _process(self, kind: str, faults: Faults, **known: float) -> Process:
        self._names[kind] += 1
        return Process(f"{kind}{self._names[kind]}", self.witness, self.scheduler, self.random, faults, **known)
