"""The functions' archive and queue, wherever a test has them, as another process reads and damages them."""

from __future__ import annotations

import os

import boto3

from functions.runtime import jobs, settings
from quoth.archive import Archive, open_archive


def stored() -> Archive:
    """Return the archive that the functions serve, opened anew."""
    return open_archive(os.environ["QUOTH_STORE"])


def keys(prefix: str) -> list[str]:
    return [entry.key for entry in stored().store.list(prefix).entries]


def damage(prefix: str) -> str:
    """Write rubbish over the one object with a prefix; return its name."""
    (key,) = keys(prefix)
    write_over(key, b"rubbish")
    return key.split("/")[-1]


def write_over(key: str, data: bytes) -> None:
    store = stored().store
    store.replace(key, data, store.get(key).etag)


def delete(prefix: str) -> list[str]:
    """Remove every object with a prefix; return their names."""
    found = keys(prefix)
    for key in found:
        stored().store.delete(key)
    return [key.split("/")[-1] for key in found]


def queued(url: str | None = None) -> list[str]:
    """Take the jobs from a queue, by default the indexer's: in SQS, or in this process."""
    url = url or settings.current().queue_url
    queue = jobs.open_queue(url)
    bodies: list[str] = []
    if isinstance(queue, jobs.LocalQueue):
        while not queue.waiting.empty():
            bodies.append(queue.waiting.get())
        return bodies
    sqs = boto3.client("sqs")
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies
