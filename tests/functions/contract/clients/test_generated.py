"""Clients that generators make of the contract compile, and get from a running server what the library answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.support.events import ROOT

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent
PYTHON = ROOT / "build/clients/bin"  # `make test-clients` installs both
NODE = ROOT / "build/clients-node"
# The answers, by whatever client.
ANSWERS = {
    "speaker": "Ada Okafor",
    "total": 1,
    "count": 1,
    "context": "” said A",
    "verdict": "altered",
    "said": "will",
    "checked": ["exact"],
    "version": 1,
    "ninjs": "urn:ninjs",
    "accepted": 1,
    "status": 400,
    "error": "must be from 1 to 100 as json, not 0",
}


@pytest.fixture
def contract(url: str, tmp_path: Path) -> Path:
    """The contract as the server gives it to anybody."""
    file = tmp_path / "openapi.json"
    with urlopen(f"{url}/v1/openapi.json") as answer:  # noqa: S310 -- an address of the test
        file.write_bytes(answer.read())
    return file


def run(folder: Path, command: list[str | Path], **environment: str) -> str:
    """Run a command that must succeed; return its output."""
    known = {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=known, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def differing(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answers[name] for name in ANSWERS if answers[name] != ANSWERS[name]}


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed")
def test_a_client_in_typescript_needs_no_cast(contract: Path, url: str, tmp_path: Path) -> None:
    for name in ("use.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    tools = NODE / "node_modules/.bin"
    run(tmp_path, [tools / "openapi-typescript", contract, "-o", "quoth.d.ts"])
    run(tmp_path, [tools / "tsc"])
    answers = json.loads(run(tmp_path, ["node", "use.js"], QUOTH_URL=url))
    assert differing(answers) == {}
    assert (answers["published"], answers["misspelt"]) == ("2025-08-11T09:30:00Z", "speeker")


def test_a_client_in_python_is_typed(contract: Path, url: str, tmp_path: Path) -> None:
    shutil.copy(HERE / "use.py", tmp_path)
    python = PYTHON / "python"
    programs = os.pathsep.join([str(PYTHON), os.environ["PATH"]])  # the generator calls ruff
    generate = [PYTHON / "openapi-python-client", "generate", "--path", contract, "--meta", "none"]
    told = run(tmp_path, [*generate, "--output-path", "quoth_client"], PATH=programs)
    assert "arning" not in told, told
    run(tmp_path, [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "use.py"])
    answers = json.loads(run(tmp_path, [python, "use.py"], QUOTH_URL=url, PYTHONPATH=""))
    assert differing(answers) == {}
    assert answers["published"] == "2025-08-11T09:30:00+00:00"
