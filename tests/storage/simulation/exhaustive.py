"""One fixed scenario, in which every call of the store goes wrong in turn: nothing is left to chance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random

from tests.storage.simulation import actors
from tests.storage.simulation.content import NewsItem, NewsMessage
from tests.storage.simulation.stage import Stage, StageOutcome
from tests.storage.simulation.store import Fault, Script

# The two sides of a call, each with a caller that lives to hear of it, and one that does not.
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
    """Play the scenario, and once more for each fault, as recovery; return its outcome and how many calls there were.

    `faults` has what goes wrong by the number of the call, counted from 0 through all repetitions.
    """
    script = Script(faults)
    stage = Stage(Random(0), MESSAGES, visibility=0.0, echo=0.0)  # noqa: S311 - nothing is left to chance

    def act(stage: Stage) -> None:
        for _ in range(1 + len(faults)):
            _scenario(stage, script)

    return stage.play(act), script.calls


def _scenario(stage: Stage, script: Script) -> None:
    """Index two messages, compact, and collect what is then garbage."""
    for message in MESSAGES:
        stage.queue.send([message])
        stage.alone("writer", partial(actors.write, queue=stage.queue, invocations=1), script)
    stage.alone("compactor", partial(actors.tidy, rounds=2), script)
    stage.wait(8 * 24 * 3600.0)
    stage.alone("collector", partial(actors.clean, pauses=()), script)
