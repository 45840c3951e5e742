"""How hard a test tries: a sample in `make test`, everything in `make prove`.

A test that is `sampled` runs in both, with fewer examples in `make test`. A test of which a sample would say nothing is
marked `prove`, and runs there alone.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import settings

Case = TypeVar("Case")
Test = TypeVar("Test", bound=Callable[..., Any])

# `make prove` sets it.
IN_FULL = os.environ.get("QUOTH_TESTS") == "in full"


def sampled(in_full: int) -> Callable[[Test], Test]:
    """Try a property on so many examples in `make prove`, and on a tenth of them in `make test`."""
    limited = settings(deadline=None, max_examples=examples(in_full))
    return lambda test: pytest.mark.sampled(limited(test))


def some(cases: Sequence[Case]) -> Sequence[Case]:
    """Return the cases that a test marked `sampled` tries: all in `make prove`, a fifth in `make test`."""
    return cases if IN_FULL else cases[::5]


def examples(in_full: int) -> int:
    """Return how many examples a test that is marked `sampled` tries, of so many."""
    return in_full if IN_FULL else max(in_full // 10, 1)


def needs(module: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need what an extra of the library brings; with QUOTH_EXTRAS they fail."""
    is_missing = importlib.util.find_spec(module) is None and "QUOTH_EXTRAS" not in os.environ
    return pytest.mark.skipif(is_missing, reason=f"{module} is not installed: make test-extras")
