"""The quick loop stays quick, and what it leaves out is done in full by the proofs."""

from __future__ import annotations

import sys

import pytest

from tests.support import effort
from tools import cpu_limit

NOTHING, A_FAILURE = "pass", "raise SystemExit(3)"


def run(limit: str, program: str) -> int:
    return cpu_limit.main([limit, sys.executable, "-c", program])


def test_what_a_command_cost_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("10000", NOTHING) == 0
    assert capfd.readouterr().out.endswith(" s of 10000\n")


def test_a_command_that_cost_too_much_fails_and_says_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("0", NOTHING) == 1
    assert "mark them `prove`" in capfd.readouterr().err


@pytest.mark.parametrize("limit", ["0", "10000"])
def test_a_command_that_fails_keeps_its_status(limit: str) -> None:
    assert run(limit, A_FAILURE) == 3


@pytest.mark.prove
def test_the_proofs_try_everything() -> None:
    """Without the environment of `make prove` they would try a sample, and nobody would notice."""
    assert effort.IN_FULL
    assert effort.examples(100) == 100
    assert effort.some(range(10)) == range(10)
