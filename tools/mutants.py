"""Plant small faults in the code one by one, and write to docs/mutants.md which of them no test notices.

`make mutants` runs it. Cosmic Ray makes the mutants: `<` becomes `<=`, 1 becomes 2, a loop has no iteration. A sample
is drawn area by area from a seed: first a place in the code, then one of its mutants. Each runs in a copy of the
checkout, with the examples of its own file and the tests that run its line; with all tests of its area if its line runs
outside of tests too. A mutant survives if all of them pass. Verdicts are kept in build/mutants, so a run that was
interrupted goes on; a survivor is tried again if its tests have changed, unless it is equivalent.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import importlib
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate, chain
from pathlib import Path
from typing import NamedTuple

import pytest

from tools import reach
from tools.reach import Reach

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutants"
REPORT = ROOT / "docs" / "mutants.md"
EQUIVALENT = ROOT / "tools" / "equivalent_mutants.json"

# The mutants of a folder, and the tests of it. All of them are tried if a line runs outside of tests.
VALUES = "tests/house/test_values.py"
AREAS = {
    "storage": ("index/quoth/storage", (VALUES, "tests/storage")),
    "engine": ("index/quoth/engine", (VALUES, "tests/engine")),
    "functions": (
        "functions",
        (VALUES, "tests/functions", "tests/house/test_template.py", "tests/house/test_alarms.py"),
    ),
    "extraction": ("index/quoth/extraction", (VALUES, "tests/extraction")),
}
WHOLE = ("tests/library",)  # tests of all areas
# The tests may take so many times what they take under coverage, and then so many seconds: an endless loop is noticed.
PATIENCE, SECONDS = 2.0, 20.0
FEW = 4.0  # seconds of the tests that are tried first

# What takes long to import is loaded once; each run of tests is a fork.
HEAVY = ("aws_lambda_powertools.event_handler", "boto3", "hypothesis", "moto", "numpy", "schemathesis", "whoosh.index")
FORK = multiprocessing.get_context("fork")

NO_TESTS = 5  # the status of pytest when it has collected none


Position = tuple[int, int]  # line and column


class PlantedFault(NamedTuple):
    """One fault: the file, the line, and the text of the changed lines before and after."""

    area: str
    file: str
    line: int
    before: str
    after: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The file and the change, which stay the same when the line moves."""
        return self.file, self.before, self.after


class FaultVerdict(NamedTuple):
    """Whether the tests noticed a mutant; `digest` is that of the file before, and `tests` that of the tests."""

    mutant: PlantedFault
    digest: str
    is_noticed: bool
    tests: str = ""


def annotated(source: str) -> list[tuple[Position, Position]]:
    """Return where each annotation begins and ends: nothing executes them.

    >>> annotated("def f(a: int | None) -> str: ...")
    [((1, 9), (1, 19)), ((1, 24), (1, 27))]
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if isinstance(part, ast.expr):
                found.append(((part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)))
    return sorted(found)


def changed(before: str, after: str) -> tuple[int, str, str]:
    r"""Return the number of the first line that differs, and the lines that differ.

    >>> changed("a\nb < 1\n", "a\nb <= 1\n")
    (2, 'b < 1', 'b <= 1')
    """
    old, new = before.splitlines(), after.splitlines()
    edits = [
        edit for edit in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if edit[0] != "equal"
    ]
    first, last = edits[0], edits[-1]
    removed, added = old[first[1] : last[2]], new[first[3] : last[4]]
    return first[1] + 1, _one_line(removed), _one_line(added)


def _one_line(lines: Sequence[str]) -> str:
    return " ".join(" ".join(lines).split())


@cache
def places(file: str) -> tuple[tuple[tuple[str, int], ...], ...]:
    """Return the places of a file that have mutants: of each mutant its operator and its number there."""
    from cosmic_ray import plugins  # installed by `make mutants` only
    from cosmic_ray.ast import ast_nodes, get_ast

    source = (ROOT / file).read_text("utf-8")
    skipped, nodes = annotated(source), list(ast_nodes(get_ast(source)))
    found = defaultdict[Position, list[tuple[str, int]]](list)
    for name in plugins.operator_names():
        if plugins.get_operator(name).arguments():
            continue
        operator = plugins.get_operator(name)()
        positions = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for number, start in enumerate(positions):
            if not any(first <= start < last for first, last in skipped):
                found[start].append((name, number))
    return tuple(tuple(found[start]) for start in sorted(found))


def drawn(sizes: Mapping[str, int], key: str) -> str:
    """Draw a file; its chance is proportional to its size (Efraimidis and Spirakis, 2006).

    >>> Counter(drawn({"a.py": 300, "b.py": 100}, str(number)) for number in range(400))["a.py"]
    289
    """

    def rank(file: str) -> float:
        chance = random.Random(f"{key} {file}").random()  # noqa: S311 - a sample, not a secret
        return chance ** (1 / sizes[file]) if sizes[file] else 0.0

    return max(sizes, key=rank)


def sample(area: str, count: int, seed: int) -> Iterator[tuple[PlantedFault, str]]:
    """Yield up to `count` different mutants of an area, each with the source of its file.

    Each draw has its own random numbers, so an edit of one file changes only the draws that fall on this file.
    """
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    folder, _ = AREAS[area]
    files = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / folder).rglob("*.py"))]
    sizes = {file: (ROOT / file).stat().st_size for file in files}
    seen = set[PlantedFault]()
    for draw in range(20 * count):
        if len(seen) == count:
            return
        key = f"{seed} {area} {draw}"
        file = drawn(sizes, key)
        if not (here := places(file)):
            continue
        chance = random.Random(f"{key} {file}")  # noqa: S311 - a sample, not a secret
        name, number = chance.choice(chance.choice(here))
        before = (ROOT / file).read_text("utf-8")
        after = mutate_code(before, plugins.get_operator(name)(), number)
        if after is None or after == before:
            continue
        mutant = PlantedFault(area, file, *changed(before, after))
        if mutant not in seen:
            seen.add(mutant)
            yield mutant, after


def copy_checkout() -> Path:
    """Copy the files that are not ignored to a folder of their own, and return it."""
    tree = BUILD / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    (tree / "build").mkdir()  # for the temporary files of the tests
    return tree


def passes(tree: Path, tests: Sequence[str], timeout: float) -> bool:
    """Whether some tests pass in time, in a process that has the dependencies loaded."""
    testing = FORK.Process(target=_test, args=(tree, tests))
    testing.start()
    testing.join(timeout)
    testing.kill()
    testing.join()
    return testing.exitcode in (0, NO_TESTS)


def _test(tree: Path, tests: Sequence[str]) -> None:
    with (BUILD / "last.log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(tree)
    os.environ |= _environment(tree)
    libraries = [path for path in sys.path if "site-packages" in path or not Path(path).is_relative_to(ROOT)]
    sys.path[:] = [str(tree / "index"), str(tree), *libraries]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("quoth", "functions", "tests")]:
        del sys.modules[name]
    # Plain asserts: what a failure prints is not read, and to rewrite takes longer than to run most tests.
    options = ["-q", "-x", "--assert=plain", "--hypothesis-seed=0", "-p", "no:cacheprovider"]
    os._exit(pytest.main([*options, *tests]))


def _environment(tree: Path) -> dict[str, str]:
    # The environment's own Quoth is the checkout, not the copy: tests that start programs must get the copy.
    return {**os.environ, "PYTHONPATH": f"{tree / 'index'}{os.pathsep}{tree}"}


@cache
def sources(tree: Path) -> dict[str, str]:
    """Return the text of each file of the areas."""
    paths = (path for folder, _ in AREAS.values() for path in sorted((tree / folder).rglob("*.py")))
    return {path.relative_to(tree).as_posix(): path.read_text("utf-8") for path in paths}


def rounds(tree: Path, mutant: PlantedFault, ran: Reach) -> list[list[str]]:
    """Return the tests of a mutant: the fastest that run its line, then the others; all of its area if need be."""
    tests, is_all = ran.of(sources(tree), mutant.file, mutant.line)
    few = within(FEW, tests, ran.seconds)
    area = [] if is_all else list(AREAS[mutant.area][1])
    return [each for each in ([mutant.file, *few], tests[len(few) :], area) if each]


def judged(tree: Path, mutant: PlantedFault, source: str, ran: Reach) -> FaultVerdict:
    """Return whether the tests notice a mutant."""
    path, tests = tree / mutant.file, rounds(tree, mutant, ran)
    before = path.read_bytes()
    path.write_text(source, "utf-8")
    try:
        is_noticed = not all(passes(tree, each, _timeout(each, ran.seconds)) for each in tests)
    finally:
        path.write_bytes(before)
    return FaultVerdict(mutant, digest(mutant.file), is_noticed, ran.digest(chain.from_iterable(tests)))


def within(limit: float, tests: Sequence[str], seconds: Mapping[str, float]) -> list[str]:
    """Return the first of some tests that take no more than a limit together, but at least one.

    >>> within(2, ["a", "b", "c"], {"a": 1, "b": 0.5, "c": 1})
    ['a', 'b']
    """
    total = accumulate(seconds[test] for test in tests)
    return [test for number, (test, sum_) in enumerate(zip(tests, total, strict=True)) if not number or sum_ <= limit]


def _timeout(tests: Sequence[str], seconds: Mapping[str, float]) -> float:
    return SECONDS + PATIENCE * sum(took for name, took in seconds.items() if name.startswith(tuple(tests)))


def digest(file: str) -> str:
    """Return the hash of a file of the checkout: a verdict holds as long as the file stays the same."""
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()[:16]


def kept() -> dict[PlantedFault, FaultVerdict]:
    """Return the verdicts of earlier runs on files that are still the same."""
    try:
        lines = (BUILD / "verdicts.jsonl").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    verdicts = (FaultVerdict(PlantedFault(*mutant), *rest) for mutant, *rest in map(json.loads, lines))
    return {v.mutant: v for v in verdicts if (ROOT / v.mutant.file).exists() and digest(v.mutant.file) == v.digest}


def run(areas: Sequence[str], count: int, seed: int, until: float) -> list[FaultVerdict]:
    """Judge a sample of each area, area by area in turn, until the time is over; return all its verdicts.

    A part of the areas runs with the tests of this part only.
    """
    tests = list(dict.fromkeys((*chain.from_iterable(AREAS[area][1] for area in areas), *WHOLE)))
    tree, known, reasons, verdicts = copy_checkout(), kept(), equivalents(), list[FaultVerdict]()
    for name in HEAVY:
        importlib.import_module(name)
    ran = reach.recorded(tree, tests, BUILD / "reach", _environment(tree))
    samples = {area: sample(area, count, seed) for area in areas}

    def is_same(verdict: FaultVerdict) -> bool:
        return verdict.tests == ran.digest(chain.from_iterable(rounds(tree, verdict.mutant, ran)))

    while samples:
        for area in list(samples):
            following = next(samples[area], None)
            if following is None:
                del samples[area]
                continue
            mutant, source = following
            verdict, is_over = known.get(mutant), time.monotonic() > until
            if verdict is None and is_over:
                del samples[area]
                continue
            if verdict is None or not (is_over or verdict.is_noticed or reason(mutant, reasons) or is_same(verdict)):
                verdict = judged(tree, mutant, source, ran)
                with (BUILD / "verdicts.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(verdict) + "\n")
                told = "noticed " if verdict.is_noticed else "SURVIVED"
                print(f"{told} {mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}", flush=True)
            verdicts.append(verdict)
    return verdicts


def equivalents() -> dict[tuple[str, str, str], str]:
    """Return why some mutants do the same as the code, by file and by the lines before and after.

    “*” after stands for any change of the line.
    """
    listed = json.loads(EQUIVALENT.read_text("utf-8"))
    every = [
        path.relative_to(ROOT).as_posix() for folder, _ in AREAS.values() for path in (ROOT / folder).rglob("*.py")
    ]
    return {
        (file, one["before"], one["after"]): one["why"]
        for one in listed
        for file in (every if one["file"] == "*" else [one["file"]])
    }


def reason(mutant: PlantedFault, reasons: Mapping[tuple[str, str, str], str]) -> str | None:
    """Return why a mutant does the same as the code, `None` if no reason is known."""
    return reasons.get(mutant.key) or reasons.get((mutant.file, mutant.before, "*"))


def report(verdicts: Sequence[FaultVerdict], reasons: Mapping[tuple[str, str, str], str], seed: int) -> str:
    """Return the report on some verdicts as Markdown."""
    survivors = [v.mutant for v in verdicts if not v.is_noticed]
    equivalent = {mutant for mutant in survivors if reason(mutant, reasons)}
    tried = Counter(v.mutant.area for v in verdicts)
    rows = []
    for area in (*tried, "all"):
        mine = [m for m in survivors if area in (m.area, "all")]
        same = sum(m in equivalent for m in mine)
        count, lost = (tried.total() if area == "all" else tried[area]), len(mine) - same
        share = f"{100 * lost / (count - same):.0f}%" if count > same else "-"
        rows.append(f"| {area} | {count} | {count - len(mine)} | {same} | {lost} | {share} |")
    left = [_item(m) for m in sorted(survivors) if m not in equivalent]
    named = [f"{_item(m)}: {reason(m, reasons)}" for m in sorted(equivalent)]
    return "\n".join(
        [
            "# Mutants",
            "",
            f"Written by `make mutants` (seed {seed}). A mutant is the code with one small fault; tools/mutants.py",
            "says how a sample is drawn, and which tests it runs with. A mutant that no test notices survives: it is a",
            "fault that nobody would see, or it is equivalent (it does the same as the code), and the reason is given.",
            "The table has what the tests notice now: some of them were written because a mutant had survived.",
            "",
            "| area | tried | noticed | equivalent | survived | share that survived |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "## Survived",
            "",
            *(left or ["None."]),
            "",
            "## Equivalent",
            "",
            *(named or ["None."]),
            "",
        ]
    )


def _item(mutant: PlantedFault) -> str:
    return f"- {mutant.file}, line {mutant.line}: `{mutant.before}` → `{mutant.after}`"


def main() -> None:
    """Run a sample, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=100, help="mutants of each area")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="begin no other mutant after so long")
    parser.add_argument("--areas", default=",".join(AREAS), help="names of areas, with commas")
    arguments = parser.parse_args()
    os.nice(10)
    BUILD.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * arguments.minutes
    verdicts = run(arguments.areas.split(","), arguments.each, arguments.seed, until)
    REPORT.write_text(report(verdicts, equivalents(), arguments.seed), "utf-8")
    print(f"{len(verdicts)} mutants; see {REPORT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
