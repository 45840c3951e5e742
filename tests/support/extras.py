"""Tests of what an extra of the library brings: left out where it is not installed, unless they are asked for."""

from __future__ import annotations

import importlib.util
import os

import pytest


def needs(module: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need a module; with QUOTH_EXTRAS they fail without it."""
    is_missing = importlib.util.find_spec(module) is None and "QUOTH_EXTRAS" not in os.environ
    return pytest.mark.skipif(is_missing, reason=f"{module} is not installed: make test-extras")
