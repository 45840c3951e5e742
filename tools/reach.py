"""Which tests run a line, and how long they take: from one run of all of them under coverage.

This module is also the plugin of pytest that names the contexts of coverage in that run.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from coverage import Coverage, CoverageData

OUTSIDE = ""  # the context of what runs outside of tests, as imports do
SECONDS = defaultdict[str, float](float)


class Reach(NamedTuple):
    """The tests that run each line of a file, and the seconds that each test takes; parameters are not told apart."""

    lines: Mapping[str, Mapping[int, frozenset[str]]]
    seconds: Mapping[str, float]

    def of(self, file: str, source: str, line: int) -> tuple[list[str], bool]:
        """Return the tests that run the statement at a line, the fastest first, and whether only tests run it."""
        here = self.lines.get(file, {})
        found = frozenset[str]().union(*(here.get(each, ()) for each in statement(source, line)))
        tests = found - {OUTSIDE}
        return sorted(tests, key=self.seconds.__getitem__), found == tests != frozenset()


def statement(source: str, line: int) -> range:
    r"""Return the lines of the statement at a line, without those of the statements in its body.

    >>> statement("if (a\n    or b):\n    c()\n", 2)
    range(1, 3)
    """
    own = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # from the outside in
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = max(body[0].lineno - 1, node.lineno) if body else node.end_lineno or node.lineno
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            if first <= line <= (node.end_lineno or 0):
                own = range(first, max(end, line) + 1)
    return own


def record(tree: Path, tests: Sequence[str], data: Path, environment: Mapping[str, str]) -> bool:
    """Run some tests under coverage into the file `data`; return whether they pass."""
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
    return done.returncode == 0


def read(tree: Path, data: Path) -> Reach:
    """Return what a run has recorded."""
    recorded = CoverageData(str(data))
    recorded.read()
    lines = {
        Path(path).relative_to(tree).as_posix(): {
            line: frozenset(contexts) for line, contexts in recorded.contexts_by_lineno(path).items()
        }
        for path in recorded.measured_files()
    }
    return Reach(lines, json.loads(data.with_suffix(".json").read_text("utf-8")))


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
