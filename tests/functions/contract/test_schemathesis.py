"""Schemathesis reads the contract, and sends valid and invalid requests to a running server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.expectations import SAMPLE, read
from functions.http.openapi import document as contract
from functions.http.openapi import examples
from quoth.archive import open_archive
from tests.support.builders import a_given, an_article, day

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Start `quoth serve` over a few articles; its output is shown when a test fails."""
    store = f"file:{tmp_path / 'store'}"
    nobody = an_article("“Nobody knows who said this,” it was said.", id="urn:nobody", published=day(1999))
    open_archive(store).add(
        [examples.ARTICLE, read(SAMPLE), nobody, a_given(publisher="The Daily", published=day(1945))]
    )
    command = [sys.executable, "-m", "quoth", "serve", "--store", store, "--port", "0"]
    environment = {**os.environ, "QUOTH_SLACK_SIGNING_SECRET": "secret"}
    log = tmp_path / "log"
    with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment) as server:
        try:
            yield address(server, log)
        finally:
            server.kill()
    sys.stdout.write(log.read_text("utf-8", "replace")[-5_000:])


def address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server prints its address."""
    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8")):
            return found[0]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the server did not come up: {log.read_text('utf-8')[-2_000:]}")


def unsigned() -> dict[str, Any]:
    """The contract without signatures, since this machine has no gateway to check them."""
    document = contract.document()
    del document["components"]["securitySchemes"]
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    return document


def run(url: str, folder: Path, examples: int, *options: str) -> None:
    """Ask the server, and fail with what Schemathesis says."""
    (folder / "contract.json").write_text(json.dumps(unsigned()), "utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", str(folder / "contract.json")),
        *("--url", url, "--max-examples", str(examples), "--continue-on-failure", "--no-color"),
        *options,
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    # It leaves its examples in its working folder.
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout[-10_000:]


@pytest.mark.prove
def test_no_request_finds_the_server_at_odds_with_its_contract(url: str, tmp_path: Path) -> None:
    """The examples of the contract; the proof below generates thousands of other requests.

    In `make test`, test_contract.py checks the examples, posts those that are bodies, and asks for every resource.
    """
    run(url, tmp_path, 1, "--phases", "examples")


@pytest.mark.prove(minutes=6)
def test_nor_does_one_of_a_thousand_an_operation(url: str, tmp_path: Path) -> None:
    run(url, tmp_path, 1_000)
