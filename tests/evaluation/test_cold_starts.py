"""The measurement of cold starts: its clocks and its artifacts. `make bench-cold` runs the whole."""

import os
import time
from pathlib import Path

import pytest

from bench.parts.cold import __main__ as cold


def test_the_cpu_of_a_process_is_that_of_all_its_threads() -> None:
    before = 1e3 * time.process_time()
    measured = cold._cpu(os.getpid())
    assert before <= measured <= 1e3 * time.process_time()


def test_an_artifact_without_bytecode_has_everything_else(tmp_path: Path) -> None:
    (tmp_path / "full/quoth/__pycache__").mkdir(parents=True)
    for name in ("quoth/page.py", "quoth/page.css", "quoth/__pycache__/page.cpython-313.pyc"):
        (tmp_path / "full" / name).write_text(name)
    bare = cold.without_bytecode(tmp_path / "full", tmp_path / "bare")
    assert sorted(path.name for path in bare.rglob("*") if path.is_file()) == ["page.css", "page.py"]


def test_a_row_has_the_medians_of_its_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cold, "modules", lambda variant: len(variant.name))
    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact/page.py").write_bytes(bytes(140_000))
    starts = [cold.Start(9, 20, 80), cold.Start(7, 10, 60), cold.Start(8, 90, 70)]
    variant = cold.Variant("search", "functions.search.handler", (tmp_path / "artifact",))
    assert cold.table({variant: starts})[-1] == "| search | 8 | 20 | 70 | 6 | 0.1 |"
