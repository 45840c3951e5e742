"""Which tests run a line, and how long they take: from one run of all of them under coverage.

This module is also the plugin of pytest that names the contexts of coverage in that run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

import pytest
from coverage import Coverage, CoverageData

OUTSIDE = ""  # the context of what runs outside of tests, as imports do
FEW_FILES = 10
SECONDS = defaultdict[str, float](float)


class Reach(NamedTuple):
    """The tests that run each line of a file, and the seconds that each test takes; parameters are not told apart.

    `files` has the hash of each file of tests.
    """

    lines: Mapping[str, Mapping[int, AbstractSet[str]]]
    seconds: Mapping[str, float]
    files: Mapping[str, str]

    def of(self, sources: Mapping[str, str], file: str, line: int) -> tuple[list[str], bool]:
        """Return the tests of the statement at a line, the fastest first, and whether only tests run it.

        A constant is run where it is named, and the head of a function where the function is.
        """
        found = set[str]()
        for place, lines in _effects(sources, file, line):
            here = self.lines.get(place, {})
            found.update(*(here.get(each, ()) for each in lines))
        tests = found - {OUTSIDE}
        return sorted(tests, key=self.seconds.__getitem__), found == tests != set()

    def digest(self, tests: Iterable[str]) -> str:
        """Return the hash of the files of some tests, which are named by themselves, their files or folders."""
        parts = {test.partition("::")[0] for test in tests}
        known = [(file, its) for file, its in self.files.items() if any(file.startswith(part) for part in parts)]
        return hashlib.sha256(repr(sorted(known)).encode()).hexdigest()[:16]


def statement(source: str, line: int) -> tuple[ast.stmt | None, range]:
    r"""Return the innermost statement at a line, and its lines without those of the statements in its body.

    >>> statement("if (a\n    or b):\n    c()\n", 2)[1]
    range(1, 3)
    """
    found, own = None, range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # from the outside in
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = max(body[0].lineno - 1, node.lineno) if body else node.end_lineno or node.lineno
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            if first <= line <= (node.end_lineno or 0):
                found, own = node, range(first, max(end, line) + 1)
    return found, own


def _effects(sources: Mapping[str, str], file: str, line: int) -> Iterator[tuple[str, range]]:
    node, own = statement(sources[file], line)
    names = [each.id for each in getattr(node, "targets", ()) if isinstance(each, ast.Name)]
    if isinstance(node, ast.FunctionDef):
        yield file, range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    elif names and all(name.isupper() for name in names):
        named = re.compile(rf"\b(?:{'|'.join(names)})\b")
        for place, source in sources.items():
            for number, text in enumerate(source.splitlines(), 1):
                if named.search(text) and not (place == file and number in own):
                    user, lines = statement(source, number)
                    if not isinstance(user, ast.Import | ast.ImportFrom):
                        yield place, lines
    else:
        yield file, own


def recorded(tree: Path, tests: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Reach:
    """Return which tests of some files and folders run each line of a checkout; exits if a test fails.

    It is recorded in `folder`. New and changed files of tests run again, and all of them if many files of the code have
    changed; of a few that have, it tells nothing.
    """
    found = {path for test in tests for path in (*(tree / test).rglob("test_*.py"), tree / test) if path.is_file()}
    files = {path.relative_to(tree).as_posix(): _digest(path) for path in sorted(found)}
    paths = (path for part in ("functions", "index", "tests") for path in sorted((tree / part).rglob("*.py")))
    code = {path.relative_to(tree).as_posix(): _digest(path) for path in paths if not path.name.startswith("test_")}
    kept = folder / "kept.json"
    known = json.loads(kept.read_text("utf-8")) if kept.exists() else {"code": {}, "runs": []}
    changed = {file for file, _ in known["code"].items() ^ code.items()}
    if len(changed) > FEW_FILES:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        known, changed = {"code": code, "runs": []}, set()
    done = {file: its for run in known["runs"] for file, its in run.items()}
    if new := {file: its for file, its in files.items() if done.get(file) != its}:
        print(f"running {len(new)} files of tests, to see which lines they run ...", flush=True)
        _record(tree, list(new), folder / str(len(known["runs"])), environment)
        known["runs"].append(new)
        kept.write_text(json.dumps(known), "utf-8")
    latest = {file: number for number, run in enumerate(known["runs"]) for file in run if file in files}
    lines, seconds = _read(tree, folder, latest)
    return Reach({file: here for file, here in lines.items() if file not in changed}, seconds, files)


def _read(
    tree: Path, folder: Path, latest: Mapping[str, int]
) -> tuple[dict[str, dict[int, set[str]]], dict[str, float]]:
    """Return what the runs in a folder have recorded, of each file of tests what the latest run of it has."""
    lines, seconds = defaultdict[str, dict[int, set[str]]](dict), dict[str, float]()
    for number in sorted(set(latest.values())):
        names = {OUTSIDE, *(file for file, its in latest.items() if its == number)}
        took = json.loads((folder / f"{number}.json").read_text("utf-8"))
        seconds |= {test: each for test, each in took.items() if test.partition("::")[0] in names}
        data = CoverageData(str(folder / str(number)))
        data.read()
        for path in data.measured_files():
            here = lines[Path(path).relative_to(tree).as_posix()]
            for line, contexts in data.contexts_by_lineno(path).items():
                here.setdefault(line, set()).update(test for test in contexts if test.partition("::")[0] in names)
    return lines, seconds


def _record(tree: Path, tests: Sequence[str], data: Path, environment: Mapping[str, str]) -> None:
    settings = data.with_suffix(".ini")
    settings.write_text(f"[run]\ndata_file = {data}\ninclude =\n  index/quoth/*\n  functions/*\n", "utf-8")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest", "-p", __name__]
    with data.with_suffix(".log").open("wb") as log:
        done = subprocess.run(
            [*command, "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=tree,
            env={**environment, "QUOTH_TEST_SECONDS": str(data.with_suffix(".json"))},
            stdout=log,
            stderr=log,
            check=False,
        )
    if done.returncode:
        sys.exit(f"make: the tests fail without a fault; see {log.name}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Name the context after the test while it and its fixtures run."""
    recording, name, began = Coverage.current(), item.nodeid.partition("[")[0], time.perf_counter()
    assert recording is not None
    recording.switch_context(name)
    try:
        return (yield)
    finally:
        recording.switch_context(OUTSIDE)
        SECONDS[name] += time.perf_counter() - began


def pytest_sessionfinish() -> None:
    """Write the seconds of the tests to the file that the environment names."""
    Path(os.environ["QUOTH_TEST_SECONDS"]).write_text(json.dumps(SECONDS), "utf-8")
