"""The commands, run as a person types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quoth.cli import main


class Run:
    """Runs commands on one archive and records their output."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.store = f"file:{folder}"
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, command: str, *arguments: str | Path) -> int:
        stored = [] if command == "extract" or "--store" in arguments else ["--store", self.store]
        code = main.main([command, *map(str, arguments), *stored])
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def json(self) -> Any:
        return json.loads(self.out)
