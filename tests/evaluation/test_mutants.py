"""The tool that plants faults: what it compares, what it counts, and the list of equivalent mutants."""

from __future__ import annotations

from pathlib import Path

from tools import mutants
from tools.mutants import FaultVerdict, PlantedFault

ROOT = Path(__file__).resolve().parents[2]


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


def test_every_area_and_its_tests_are_there() -> None:
    for folder, tests in mutants.AREAS.values():
        assert any((ROOT / folder).rglob("*.py"))
        assert all((ROOT / path).exists() for path in tests)


def test_an_equivalent_mutant_is_of_code_that_is_still_there_and_has_a_reason() -> None:
    for (file, before, _), why in mutants.equivalents().items():
        assert before in " ".join((ROOT / file).read_text("utf-8").split())
        assert why
