"""Storage under every fault: random schedules, a fault at each call in turn, and protocols broken on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from tests.storage.simulation import __main__ as simulation
from tests.storage.simulation import exhaustive, schedule
from tests.storage.simulation.mutants import MUTANTS, Mutant
from tests.storage.simulation.scheduler import Scheduler
from tests.storage.simulation.store import Fault

ROOT = Path(__file__).resolve().parents[2]

EVERY_FAULT = {fault for fault in Fault if fault is not Fault.NONE} | {
    "asleep",
    "clock skew",
    "duplicate delivery",
    "stall",
    "time limit",
    "visibility reset",
}
EVERY_DEED = {
    "erasures",
    "exports fetched",
    "generations by a compactor",
    "generations by a rollback",
    "generations by a writer",
    "generations read",
    "generations tagged",
    "messages acknowledged",
    "objects deleted",
    "past generations read",
    "readers that outlived their generation",
    "tags read",
}


def violations(seeds: Iterable[int]) -> dict[int, str]:
    """Return the violations of the schedules of some seeds; assert that every fault and operation occurs in them."""
    faults, events, found = Counter[str](), Counter[str](), dict[int, str]()
    for seed in seeds:
        outcome = schedule.run(seed)
        faults.update(outcome.faults)
        events.update(outcome.events)
        if outcome.violation is not None:
            found[seed] = outcome.violation
    assert set(faults) == EVERY_FAULT
    assert set(events) >= EVERY_DEED
    return found


@pytest.mark.parametrize("schedules", [140, pytest.param(2_000, marks=pytest.mark.prove)])
def test_no_schedule_violates_an_invariant(schedules: int) -> None:
    assert violations(range(schedules)) == {}


@pytest.mark.prove(minutes=2)
def test_no_schedule_of_twenty_thousand_violates_an_invariant() -> None:
    assert violations(range(simulation.APART, simulation.APART + 20_000)) == {}


class TestEveryCallFailsOnce:
    """Two messages are indexed, their segments compacted, the garbage collected; one call fails, or two."""

    def test_nothing_is_violated_when_nothing_fails(self) -> None:
        outcome, calls = exhaustive.run({})
        assert (outcome.violation, calls) == (None, 28)

    @pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
    def test_any_call_may_fail_in_any_way(self, fault: Fault) -> None:
        _, calls = exhaustive.run({})
        assert [call for call in range(calls) if exhaustive.run({call: fault})[0].violation] == []

    @pytest.mark.prove
    @pytest.mark.parametrize("first", exhaustive.SIDES)
    @pytest.mark.parametrize("second", exhaustive.SIDES)
    def test_any_call_of_the_recovery_may_fail_as_well(self, first: Fault, second: Fault) -> None:
        _, calls = exhaustive.run({})
        violated = []
        for call in range(calls):
            _, until = exhaustive.run({call: first})
            later = range(call + 1, until)
            violated += [(call, n) for n in later if exhaustive.run({call: first, n: second})[0].violation]
        assert violated == []


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=str)
class TestABrokenProtocol:
    """New code has other schedules: `python -m tests.storage.simulation --mutant NAME` finds new seeds."""

    def test_is_noticed(self, mutant: Mutant) -> None:
        with mutant.broken():
            assert mutant.seeds
            assert [seed for seed in mutant.seeds if schedule.run(seed).violation is None] == []

    def test_is_not_the_real_one(self, mutant: Mutant) -> None:
        assert [seed for seed in mutant.seeds if schedule.run(seed).violation is not None] == []


class TestReplay:
    def test_equal_seeds_give_equal_schedules(self) -> None:
        assert [schedule.run(seed) for seed in range(20)] == [schedule.run(seed) for seed in range(20)]

    def test_different_seeds_give_different_schedules(self) -> None:
        assert len({schedule.run(seed).trace for seed in range(20)}) == 20

    @pytest.mark.prove
    def test_the_order_of_sets_in_memory_does_not_matter(self) -> None:
        traces = {replay(hash_seed) for hash_seed in ("0", "1")}
        assert len(traces) == 1

    def test_a_violation_is_printed_with_the_number_that_replays_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        broken = ["--mutant", "no ledger"]
        assert simulation.main([*broken, "--schedules", "5", "--seed", "7"]) == 1
        number = capsys.readouterr().out.partition("REPLAY=")[2].split()[0]
        assert simulation.main([*broken, "--replay", number]) == 1
        assert capsys.readouterr().out.splitlines()[-1].startswith("violation: I")
        assert simulation.main(["--replay", number]) == 0


def replay(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.storage.simulation", "--replay", "7"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


class TestTheScheduler:
    def test_a_task_ends_at_its_deadline(self) -> None:
        scheduler, reached = Scheduler(Random(0)), list[float]()  # noqa: S311

        def work() -> None:
            scheduler.limit(900)
            while True:
                reached.append(scheduler.now)
                scheduler.pause(400)

        scheduler.spawn("work", work)
        scheduler.run()
        assert (reached, scheduler.now) == ([0, 400, 800], 900)

    def test_an_exception_of_a_task_ends_all_tasks(self) -> None:
        scheduler, cleaned = Scheduler(Random(0)), list[str]()  # noqa: S311

        def wait() -> None:
            try:
                scheduler.pause(10)
            finally:
                cleaned.append("up")

        def fail() -> None:
            scheduler.pause(1)
            raise ZeroDivisionError

        scheduler.spawn("wait", wait)
        scheduler.spawn("fail", fail)
        with pytest.raises(ZeroDivisionError):
            scheduler.run()
        assert cleaned == ["up"]
