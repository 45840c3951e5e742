"""What the library promises to type checkers: they take a right program, and refuse its mistakes."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.functions.contract.clients.test_generated import HERE, NODE, run
from tests.support.events import ROOT

pytestmark = pytest.mark.clients


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(HERE / "library.py", tmp_path)
    return tmp_path


def test_mypy_refuses_mistakes_and_nothing_else(folder: Path) -> None:
    run(folder, [sys.executable, "-m", "mypy", "--strict", "library.py"], MYPYPATH=str(ROOT / "index"))


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed")
def test_pyright_refuses_mistakes_and_nothing_else(folder: Path) -> None:
    settings = {
        "include": ["library.py"],
        "extraPaths": [str(ROOT / "index")],
        "enableTypeIgnoreComments": False,  # those of mypy
        "reportUnnecessaryTypeIgnoreComment": "error",
        "reportAttributeAccessIssue": "error",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    run(folder, [NODE / "node_modules/.bin/pyright", "--pythonpath", sys.executable])
