"""One fixed scenario in which every store call fails in turn: nothing is random."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random

from tests.storage.simulation import actors
from tests.storage.simulation.content import NewsItem, NewsMessage
from tests.storage.simulation.stage import Stage, StageOutcome
from tests.storage.simulation.store import Fault, Script

# A fault before and after the effect of a call, each with a caller that survives it and one that crashes.
SIDES = (Fault.BUSY, Fault.LOST, Fault.CRASH_BEFORE, Fault.CRASH_AFTER)

# The second message replaces one article and withdraws another, so that there is something to compact and to collect.
MESSAGES = (
    NewsMessage(
        "m0",
        (NewsItem("a_0", 1, False, "one", 2), NewsItem("a_1", 1, False, "one", 1), NewsItem("q_0", 1, False, "one", 1)),
    ),
    NewsMessage("m1", (NewsItem("a_0", 2, False, "two", 1), NewsItem("a_1", 1, True, "withdrawn", 0))),
)


def run(faults: Mapping[int, Fault]) -> tuple[StageOutcome, int]:
    """Play the scenario, then repeat it once per fault, as recovery; return the outcome and the number of calls.

    `faults` maps the number of a call, counted from 0 through all repetitions, to its fault.
    """
    script = Script(faults)
    stage = Stage(Random(0), MESSAGES, visibility=0.0, echo=0.0)  # noqa: S311 - nothing is random

    def act(stage: Stage) -> None:
        for _ in range(1 + len(faults)):
            _scenario(stage, script)

    return stage.play(act), script.calls


def _scenario(stage: Stage, script: Script) -> None:
    """Index two messages, compact, and collect the garbage of both."""
    for message in MESSAGES:
        stage.queue.send([message])
        stage.alone("writer", partial(actors.write, queue=stage.queue, invocations=1), script)
    stage.alone("compactor", partial(actors.tidy, rounds=2), script)
    stage.wait(8 * 24 * 3600.0)
    stage.alone("collector", partial(actors.clean, pauses=()), script)
