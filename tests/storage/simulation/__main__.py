"""Run schedules and report violations: `make simulate N=100000 SEED=7`; `python -m tests.storage.simulation --help`.

Schedule number i of seed S is replayed by the number S * 10^9 + i.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tqdm import tqdm

from tests.storage.simulation.mutants import MUTANTS
from tests.storage.simulation.schedule import run

# Seeds are so far apart that no two of them share a schedule.
APART = 10**9


class RunResult(NamedTuple):
    """The part of an outcome that is kept when thousands of schedules run."""

    number: int
    steps: int
    faults: Counter[str]
    events: Counter[str]
    violation: str | None


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 1 if an invariant was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.storage.simulation", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--schedules", type=int, default=20_000, metavar="N", help="how many schedules (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the schedules (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="processes to use (default: %(default)s)")
    parser.add_argument("--replay", type=int, metavar="NUMBER", help="run this one schedule and show every call")
    parser.add_argument(
        "--mutant", choices=[*MUTANTS], metavar="NAME", help="break the protocol, to see which seeds detect it"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    told = parser.parse_args(arguments)
    numbers = range(told.seed * APART, told.seed * APART + told.schedules)
    with ExitStack() as broken:
        if told.mutant is not None:
            broken.enter_context(MUTANTS[told.mutant].broken())
        if told.replay is not None:
            return _replay(told.replay, as_json=told.json)
        results = broken.enter_context(_results(numbers, told.jobs))
        bar = tqdm(results, total=len(numbers), unit=" schedules", disable=None, file=sys.stderr)
        return _report(bar, as_json=told.json)


def _replay(number: int, *, as_json: bool) -> int:
    outcome = run(number)
    if as_json:
        print(json.dumps({"number": number, "violation": outcome.violation, "trace": outcome.trace}))
    else:
        print(*outcome.trace, f"violation: {outcome.violation or 'none'}", sep="\n")
    return int(outcome.violation is not None)


@contextmanager
def _results(numbers: range, jobs: int) -> Iterator[Iterable[RunResult]]:
    if jobs == 1:
        yield map(_result, numbers)
    else:
        with multiprocessing.Pool(jobs) as pool:
            yield pool.imap(_result, numbers, chunksize=100)


def _result(number: int) -> RunResult:
    outcome = run(number)
    return RunResult(number, len(outcome.trace), outcome.faults, outcome.events, outcome.violation)


def _report(results: Iterable[RunResult], *, as_json: bool) -> int:
    schedules = steps = 0
    faults, events, violations = Counter[str](), Counter[str](), dict[int, str]()
    for result in results:
        schedules += 1
        steps += result.steps
        faults.update(result.faults)
        events.update(result.events)
        if result.violation is not None:
            violations[result.number] = result.violation
    counts = {"schedules": schedules, "steps": steps}
    if as_json:
        print(json.dumps({**counts, "events": events, "faults": faults, "violations": violations}, sort_keys=True))
        return int(bool(violations))
    _say(counts | dict(sorted(events.items())))
    _say({"faults injected": faults.total()}, {f"  {kind}": times for kind, times in sorted(faults.items())})
    _say({"violations": len(violations)})
    for number, violation in violations.items():
        print(f"  {violation}\n    replay it: make simulate REPLAY={number}")
    return int(bool(violations))


def _say(*counts: Mapping[str, int]) -> None:
    for some in counts:
        for what, times in some.items():
            print(f"{what}: {times:,}")


if __name__ == "__main__":
    sys.exit(main())
