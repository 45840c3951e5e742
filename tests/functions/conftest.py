"""Where the archive is that a function serves."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.prove)])
def served(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An empty archive in a directory; in the proofs also in a bucket of moto's, which takes three times as long.

    A test of AWS itself, of its queue, an upload or an address that anybody can fetch, asks for `aws` instead.
    """
    if request.param == "s3":
        request.getfixturevalue("aws")
    else:
        monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path_factory.mktemp('served')}")
        monkeypatch.setenv("QUOTH_QUEUE_URL", "local:")
        monkeypatch.setenv("QUOTH_EXPORT_QUEUE_URL", "local:exports")
