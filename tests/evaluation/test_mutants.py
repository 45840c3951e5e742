"""The tool that plants faults: what it compares, what it counts, and the list of equivalent mutants."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import FaultVerdict, PlantedFault
from tools.reach import OUTSIDE, Reach

ROOT = Path(__file__).resolve().parents[2]


# Changes that are equivalent in any file.
EVERYWHERE = {"@cache", "@dataclass(frozen=True, slots=True)"}


def a_verdict(line: int, *, is_noticed: bool, area: str = "engine") -> FaultVerdict:
    return FaultVerdict(PlantedFault(area, "a.py", line, f"a < {line}", f"a <= {line}"), "", is_noticed)


def test_an_equivalent_mutant_counts_neither_as_noticed_nor_as_survived() -> None:
    verdicts = [a_verdict(1, is_noticed=True), *(a_verdict(line, is_noticed=False) for line in (2, 3))]
    written = mutants.report(verdicts, {("a.py", "a < 2", "a <= 2"): "it is never 2"}, 7)
    assert "| engine | 3 | 1 | 1 | 1 | 50% |" in written
    assert "| all | 3 | 1 | 1 | 1 | 50% |" in written
    survived, equivalent = written.split("## Equivalent")
    assert "- a.py, line 3: `a < 3` → `a <= 3`\n" in survived
    assert "- a.py, line 2: `a < 2` → `a <= 2`: it is never 2\n" in equivalent


def test_any_change_of_a_line_may_be_equivalent() -> None:
    verdicts = [a_verdict(line, is_noticed=False) for line in (1, 2)]
    written = mutants.report(verdicts, {("a.py", "a < 2", "*"): "a is never read"}, 7)
    assert "| engine | 2 | 0 | 1 | 1 | 100% |" in written
    assert "- a.py, line 2: `a < 2` → `a <= 2`: a is never read\n" in written


def test_every_area_and_its_tests_are_there() -> None:
    for folder, tests in mutants.AREAS.values():
        assert any((ROOT / folder).rglob("*.py"))
        assert all((ROOT / path).exists() for path in tests)


def test_an_equivalent_mutant_is_of_code_that_is_still_there_and_has_a_reason() -> None:
    texts = {file: " ".join((ROOT / file).read_text("utf-8").split()) for file, _, _ in mutants.equivalents()}
    for (file, before, _), why in mutants.equivalents().items():
        assert why
        assert before in texts[file] or before in EVERYWHERE


SOURCE = """\
LIMIT = 3


def is_many(count):
    if (
        count > LIMIT
    ):
        return True
    return False
"""
REACH = Reach(
    {
        "a.py": {
            1: {OUTSIDE},
            4: {OUTSIDE},
            5: {"test_few", "test_many"},
            6: {"test_few", "test_many"},
            8: {"test_many"},
        }
    },
    {"test_few": 2.0, "test_many": 1.0},
    {},
)


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (8, ["test_many"]),
        (6, ["test_many", "test_few"]),
        (4, ["test_many", "test_few"]),
        (1, ["test_many", "test_few"]),
        (9, []),
    ],
    ids=["a body", "a condition of three lines", "the head of a function", "a constant", "what no test runs"],
)
def test_a_mutant_is_tried_with_the_tests_that_run_its_statement_the_fastest_first(line: int, tests: list[str]) -> None:
    assert REACH.of({"a.py": SOURCE}, "a.py", line) == (tests, bool(tests))


def test_a_draw_on_one_file_stays_when_another_one_grows() -> None:
    sizes = {"a.py": 300, "b.py": 200, "c.py": 100}
    before, after = ([mutants.drawn({**sizes, "c.py": size}, str(n)) for n in range(300)] for size in (100, 150))
    assert any(old != new for old, new in zip(before, after, strict=True))
    assert all(new in (old, "c.py") for old, new in zip(before, after, strict=True))
