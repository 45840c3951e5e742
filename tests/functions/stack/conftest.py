"""The stack of template.yaml, running: one for all tests of this folder, which ask for words of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.stack.interceptor import Interceptor
from tests.functions.stack.visitor import Visitor
from tools.stack.__main__ import artifacts, listen
from tools.stack.emulator import ROOT
from tools.stack.functions import Artifacts
from tools.stack.local import LocalStack


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    return artifacts(ROOT / "build/lambda-host-functions", ROOT / "build/emulator", tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="session")
def interceptor() -> Iterator[Interceptor]:
    """What stands between the indexer and S3."""
    made = Interceptor()
    yield made
    made.close()


@pytest.fixture(scope="session")
def visitor(built: Artifacts, interceptor: Interceptor) -> Iterator[Visitor]:
    """A client of the stack. Only the indexer's way to S3 has a detour."""
    detour = {"IndexerFunction": {"AWS_ENDPOINT_URL_S3": interceptor.address}}
    listening = listen(0)
    public = {"PublicUrl": f"http://127.0.0.1:{listening.getsockname()[1]}"}
    with LocalStack(ROOT / "template.yaml", built, listening, public, detour) as stack:
        interceptor.target = stack.moto.address
        yield Visitor(stack)


@pytest.fixture
def logs(built: Artifacts) -> Path:
    return built.logs
