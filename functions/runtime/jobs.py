"""The queue between the ingest function and the indexer."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from functions.http.models import Job
from quoth.errors import Refused, Unavailable

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

LOCAL = "local:"
SQS_BATCH = 10  # messages in one call, SQS's limit


class Queue(Protocol):
    """The queue of jobs for the indexer."""

    def send(self, keys: Sequence[str]) -> None:
        """Send one job for each key; raises `Unavailable` if a job could not be sent."""


class SqsQueue:
    """A queue in SQS."""

    def __init__(self, url: str, client: SQSClient | None = None) -> None:
        self._url = url
        self._sqs = client or boto3.client("sqs")

    def send(self, keys: Sequence[str]) -> None:
        """See `Queue.send`."""
        for start in range(0, len(keys), SQS_BATCH):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(position), "MessageBody": Job(key=key).model_dump_json()}
                for position, key in enumerate(keys[start : start + SQS_BATCH])
            ]
            try:
                response = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise Unavailable(f"the queue did not accept the jobs: {error}") from error
            # A batch can fail in part and still return 200.
            if failed := response.get("Failed"):
                raise Unavailable(f"the queue did not accept {len(failed)} jobs: {failed[0].get('Code')}")


class LocalQueue:
    """A queue inside this process."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[str] = queue.Queue()

    def send(self, keys: Sequence[str]) -> None:
        """See `Queue.send`."""
        for key in keys:
            self.waiting.put(Job(key=key).model_dump_json())


@cache
def open_queue(url: str) -> Queue:
    """Return the queue at an address, opened once."""
    if url == LOCAL:
        return LocalQueue()
    if not url:
        raise Refused("the environment variable QUOTH_QUEUE_URL is not set")
    return SqsQueue(url)
