"""A workspace whose commands go to an archive with the sample article."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from demo.expectations import SAMPLE, read
from functions.runtime import reporting
from functions.slack import function
from functions.slack.secret import SigningSecret
from quoth.archive import Archive
from quoth.storage.stores.directory import DirectoryStore
from tests.functions.slack.stand_in import SIGNED_AT
from tools.sign_event import EXAMPLE_SECRET


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the sample article, which takes longer to make than to copy."""
    folder = tmp_path_factory.mktemp("sample")
    Archive(DirectoryStore(folder)).add(read(SAMPLE))
    return folder


@pytest.fixture
def workspace(sample: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The archive that answers; a moment has passed since Slack signed."""
    folder = tmp_path_factory.mktemp("store")
    shutil.copytree(sample, folder, dirs_exist_ok=True)
    archive = Archive(DirectoryStore(folder))
    monkeypatch.setenv("QUOTH_STORE", f"file:{folder}")
    monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", EXAMPLE_SECRET)
    monkeypatch.setattr(function, "clock", lambda: SIGNED_AT + 0.5)
    monkeypatch.setattr(function, "secret", SigningSecret())
    monkeypatch.setattr(reporting, "clock", lambda: SIGNED_AT + 0.5)
    return archive
