"""The pages over a small archive of invented news, which is filled once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions import search
from functions.http.request import raw_body
from functions.local.events import LambdaContext
from quoth.archive import Archive, open_archive
from tests.functions.pages.seen import SeenPage
from tests.support import newspaper
from tests.support.events import http


@dataclass(frozen=True)
class Answered:
    """A response of the pages."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def page(self) -> SeenPage:
        return SeenPage(self.body.decode())


Ask = Callable[..., Answered]


def answered(event: dict[str, Any]) -> Answered:
    answer = search.handler(event, LambdaContext("search"))
    return Answered(answer["statusCode"], answer["headers"], raw_body(answer))


@pytest.fixture(scope="session")
def newspaper_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = f"file:{tmp_path_factory.mktemp('newspaper') / 'store'}"
    open_archive(store).add(newspaper.items())
    return store


@pytest.fixture
def archive(newspaper_store: str) -> Archive:
    """The archive to read; a test that writes makes one of its own."""
    return open_archive(newspaper_store)


@pytest.fixture
def ask(newspaper_store: str, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask the function for a page: a path, or a method and a path with a body."""
    monkeypatch.setenv("QUOTH_STORE", newspaper_store)

    def ask(target: str, method: str = "GET", body: bytes = b"", type: str = FORM, **headers: str) -> Answered:
        return answered(http(method, target, body, type, **headers))

    return ask


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An empty archive that a test may fill, served by the function."""
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path / 'own'}")
    return open_archive(f"file:{tmp_path / 'own'}")
