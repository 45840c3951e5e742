"""Fixtures: the real things, in memory or in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from functions import ingest, jobs, settings
from quoth.archive import Archive
from quoth.storage.memory import MemoryStore
from tests.builders import TestWorld

BUCKET, INBOX, REGION = "quoth-store", "quoth-inbox", "eu-west-1"


@pytest.fixture
def archive() -> Archive:
    return Archive(MemoryStore(), TestWorld().world())


@pytest.fixture(autouse=True)
def fresh_functions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Each test is a cold start, with no environment but the test's own."""
    for name in ("QUOTH_STORE", "QUOTH_QUEUE_URL", "QUOTH_INBOX_BUCKET", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "quoth")
    caches = (settings.current, settings.archive, jobs.open_queue, ingest._inbox)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Buckets, a queue and the functions' environment; returns the queue's URL."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "QUOTH_STORE": f"s3://{BUCKET}",
        "QUOTH_INBOX_BUCKET": INBOX,
    }.items():
        monkeypatch.setenv(name, value)
    # One boto3 session for all tests: a new one reads S3's whole description again, half a second each time.
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        s3 = boto3.client("s3")
        for bucket in (BUCKET, INBOX):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        url = boto3.client("sqs").create_queue(QueueName="quoth")["QueueUrl"]
        monkeypatch.setenv("QUOTH_QUEUE_URL", url)
        yield url
