"""A schedule: everything that one seed decides."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from tests.storage.simulation import actors, content
from tests.storage.simulation.actors import Process
from tests.storage.simulation.content import NewsMessage
from tests.storage.simulation.stage import DAY, HOUR, Stage, StageOutcome
from tests.storage.simulation.store import Chaos


def run(seed: int) -> StageOutcome:
    """Run the schedule of a seed from beginning to end. Equal seeds give equal outcomes, whatever the process."""
    random = Random(seed)  # noqa: S311 - it must be predictable
    messages = content.draw_messages(random, random.randint(3, 8))
    visibility = random.choice((1.0, 60.0, 900.0, 5400.0))
    stage = Stage(random, messages, visibility=visibility, echo=random.choice((0.0, 0.3)))
    return stage.play(_a_day_later if random.random() < 0.1 else _all_at_once)


def _all_at_once(stage: Stage) -> None:
    """Index some messages without faults and let time pass; then run all processes at once, with faults."""
    early = stage.random.randint(0, 4)
    for message in stage.messages[:early]:
        _index(stage, message)
    if stage.random.random() < 0.3:
        stage.alone("compactor", partial(actors.tidy, rounds=1))
    stage.queue.send(stage.messages[early:])
    # A collector ignores young segments.
    stage.wait(stage.random.choice((0.0, actors.GRACE, DAY)))
    chaos = Chaos(stage.random, stage.scheduler.faults)
    # Most processes start within a few calls of one another, so that they interleave. Collectors are dangerous once a
    # grace period has passed.
    span = chaos.tempo * stage.random.choice((0, 3, 10))
    for kind, act in _cast(stage):
        late = 2 * actors.GRACE if kind == "collector" else HOUR
        after = stage.random.uniform(0, span) + stage.random.choice((0, 0, 0, late * stage.random.random()))
        stage.enter(kind, act, chaos, after)
    stage.scheduler.run()


def _a_day_later(stage: Stage) -> None:
    """Index and compact without faults; roll back to a generation while the copies of generations are thinned out."""
    for message in stage.messages:
        _index(stage, message)
        stage.alone("compactor", partial(actors.tidy, rounds=2))
        stage.wait(HOUR / 12)
    # Another rule thins out copies that are a day old.
    stage.wait(DAY - HOUR * stage.random.random())
    chaos = Chaos(stage.random, stage.scheduler.faults)
    for kind, act in (("rollback", actors.go_back), ("collector", partial(actors.clean, pauses=()))):
        stage.enter(kind, act, chaos, 5 * chaos.tempo * stage.random.random())
    stage.scheduler.run()


def _index(stage: Stage, message: NewsMessage) -> None:
    stage.queue.send([message])
    stage.alone("writer", partial(actors.write, queue=stage.queue, invocations=1))


def _cast(stage: Stage) -> list[tuple[str, Callable[[Process], object]]]:
    """Return the processes of a schedule: kind and function of each."""
    random = stage.random
    cast: list[tuple[str, Callable[[Process], object]]] = []
    for _ in range(random.randint(2, 5)):
        cast.append(("writer", partial(actors.write, queue=stage.queue, invocations=random.randint(1, 2))))
    for _ in range(random.choice((0, 1, 1, 2))):
        cast.append(("compactor", partial(actors.tidy, rounds=random.randint(1, 2))))
    for _ in range(random.choice((0, 1, 1, 2))):
        again = random.choice(((), (random.uniform(0, HOUR),), (8 * DAY,)))
        cast.append(("collector", partial(actors.clean, pauses=again)))
    for _ in range(random.choice((0, 1, 2))):
        pauses = [random.choice((0.0, 1.0, random.uniform(0, HOUR), 9 * DAY)) for _ in range(random.randint(1, 3))]
        cast.append(("reader", partial(actors.look, pauses=pauses)))
    if random.random() < 0.15:
        cast.append(("rollback", actors.go_back))
    if random.random() < 0.3:
        cast.append(("historian", partial(actors.recall, rounds=random.randint(1, 3))))
    if random.random() < 0.3:
        for _ in range(random.randint(1, 2)):
            pauses = [random.choice((0.0, 1.0, 60.0, HOUR)) for _ in range(random.randint(2, 5))]
            cast.append(("client", partial(actors.export, queue=stage.export_queue, pauses=pauses)))
            cast.append(("exporter", partial(actors.work, queue=stage.export_queue, invocations=3)))
    for _ in range(random.choice((0, 0, 1, 2))):
        cast.append(("author", partial(actors.publish, rounds=random.randint(1, 4))))
    if random.random() < 0.15:
        cast.append(("eraser", actors.erase))
    return cast
