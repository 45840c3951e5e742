"""A backfill on the stack: the command line, the state machine of the template, and the built indexer."""

from __future__ import annotations

from pathlib import Path

import pytest

from quoth.ingest import backfill
from tests.conftest import renew_session
from tests.functions.stack.visitor import Visitor, article
from tests.support.commands import Run
from tools.stack.emulator import KEYS
from tools.stack.template.declared import machine_arn

pytestmark = pytest.mark.local

NAMES = ("Ada Okafor", "Bo Lind", "Grace Mbeki")


@pytest.fixture
def run(visitor: Visitor, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": visitor.stack.moto.address}.items():
        monkeypatch.setenv(name, value)
    renew_session(monkeypatch)
    (store,) = (bucket.name for bucket in visitor.stack.declared.buckets if "-store-" in bucket.name)
    made = Run(tmp_path, capsys)
    made.store = f"s3://{store}"
    return made


def test_an_archive_is_indexed_and_found_and_nothing_is_done_twice(
    visitor: Visitor, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "ARTICLES_A_BATCH", 10)
    folder = run.folder / "archive"
    folder.mkdir()
    for number in range(35):
        said = f"The lighthouse number {number} was never lit."
        (folder / f"{number}.txt").write_text(article(f"lighthouse {number}", said, NAMES[number % 3]), "utf-8")
    start = ("backfill", "start", folder, "--name", "lighthouses", "--machine", machine_arn("BackfillMachine"))
    assert run(*start) == 0, run.err
    assert "4 batches of 4 started" in run.out
    assert run("backfill", "status", "lighthouses", "--follow", "--json") == 0
    assert (run.json["execution"]["status"], run.json["done"]) == ("SUCCEEDED", 4)
    assert run.json["results"]["added"] == run.json["articles"] == 35
    assert visitor.found("lighthouse lit") == 35
    assert run(*start) == 0
    assert "nothing is left to do" in run.out
