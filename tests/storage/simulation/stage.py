"""A stage: one bucket, one queue, one clock; processes come and go on it, and in the end it is looked at."""

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
# Two small segments are merged already, where it is eight in earnest: schedules are short.
FANOUT = 2


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """What happened on a stage. `violation` is `None` when all invariants held.

    `faults` has how often what went wrong, `events` how often what was done, so that one can see what was tried at all.
    """

    trace: tuple[Step, ...]
    faults: Counter[str]
    events: Counter[str]
    violation: str | None


class Stage:
    """Where processes meet. Everything that is left to chance is drawn from `random`."""

    def __init__(self, random: Random, messages: Sequence[NewsMessage], *, visibility: float, echo: float) -> None:
        self.random = random
        self.messages = messages
        self.scheduler = Scheduler(random)
        self.witness = Witness(self.scheduler, actors.GRACE)
        self.queue = SimulatedQueue(self.scheduler, random, visibility=visibility, echo=echo)
        self._names: Counter[str] = Counter()

    def enter(self, kind: str, act: Callable[[Process], object], faults: Faults, after: float) -> None:
        """Let a process begin so many seconds from now: a function or one on a laptop, its clock right or wrong."""
        skew, life = self.random.choice((0.0, -HOUR, HOUR)), self.random.choice((WRITER_LIFE, math.inf))
        self.scheduler.faults["clock skew"] += skew != 0
        process = self._process(kind, faults, skew=skew, life=life)
        self.scheduler.spawn(process.name, lambda: act(process), after)

    def alone(self, kind: str, act: Callable[[Process], object], faults: Faults | None = None) -> None:
        """Let one process run to its end; nothing goes wrong unless faults are given."""
        process = self._process(kind, faults or Calm())
        self.scheduler.spawn(process.name, lambda: act(process))
        self.scheduler.run()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.scheduler.spawn("time", lambda: self.scheduler.pause(seconds))
        self.scheduler.run()

    def settle(self) -> None:
        """End all faults: deliver what is left, compact, collect; and look at what remains."""
        if self.witness.has_rolled_back:  # then what was added since has to be added again
            self.queue.send(self.messages)
        self.queue.settle()
        while not self.queue.is_empty:
            self.alone("writer", partial(actors.write, queue=self.queue, invocations=1))
        self.witness.at_rest(self.messages)
        self.alone("compactor", partial(actors.tidy, rounds=9))
        self.wait((garbage.DAYS + 1) * DAY)
        self.alone("collector", partial(actors.clean, pauses=()))
        self.witness.cleaned()
        self.alone("reader", partial(actors.look, pauses=(0.0,)))

    def play(self, act: Callable[[Stage], object]) -> StageOutcome:
        """Let something happen on the stage, then settle; return what became of it."""
        violation = None
        # A generation is read dozens of times. Parsing it only once, which nobody can tell, saves a third of the time.
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
        except QuothError as error:  # one that no caller is told to expect
            violation = f"unexpected: {self.scheduler.running} got {type(error).__name__}: {error}"
        return StageOutcome(tuple(self.scheduler.trace), self.scheduler.faults, self.scheduler.events, violation)

    def _process(self, kind: str, faults: Faults, **known: float) -> Process:
        self._names[kind] += 1
        return Process(f"{kind}{self._names[kind]}", self.witness, self.scheduler, self.random, faults, **known)
