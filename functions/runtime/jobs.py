"""The queues of jobs: from the ingest function to the indexer, and from a request for an export to its worker."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions.http.models import Job
from functions.runtime import retries
from quoth.archive import REAL
from quoth.errors import Refused, Unavailable

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

LOCAL = "local:"
LOCAL_EXPORTS = "local:exports"
SQS_BATCH = 10  # messages in one call, SQS's limit

# boto3 by itself would wait minutes for an answer, and the function would time out.
_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard"})


class Queue(Protocol):
    """A queue of jobs."""

    def send(self, keys: Sequence[str]) -> None:
        """Send one job for each key; raises `Unavailable` if a job could not be sent."""

    def redeliver(self, waits: Mapping[str, int]) -> None:
        """Deliver received messages again after some seconds each; raises `Unavailable` if one keeps its timeout.

        The messages are named by the handles of their receipts.
        """


class SqsQueue:
    """A queue in SQS."""

    def __init__(self, url: str, client: SQSClient | None = None) -> None:
        self._url = url
        self._sqs = client or boto3.client("sqs", config=_CONFIG)

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

    def redeliver(self, waits: Mapping[str, int]) -> None:
        """See `Queue.redeliver`."""
        receipts, unchanged = list(waits), []
        for start in range(0, len(receipts), SQS_BATCH):
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(position), "ReceiptHandle": receipt, "VisibilityTimeout": waits[receipt]}
                for position, receipt in enumerate(receipts[start : start + SQS_BATCH])
            ]
            try:
                response = self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise Unavailable(f"the queue did not change the visibility of its messages: {error}") from error
            unchanged += response.get("Failed", [])
        if unchanged:
            reason = unchanged[0].get("Code")
            raise Unavailable(f"the queue did not change the visibility of {len(unchanged)} messages: {reason}")


class LocalQueue:
    """A queue inside this process."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[str] = queue.Queue()

    def send(self, keys: Sequence[str]) -> None:
        """See `Queue.send`."""
        for key in keys:
            self.waiting.put(Job(key=key).model_dump_json())

    def redeliver(self, waits: Mapping[str, int]) -> None:
        """Do nothing: the local server delivers a failed job again at once."""


def retry_later(url: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Let SQS redeliver failed messages after the wait of their receive count; raises `Unavailable` as `redeliver`."""
    receives = {r["receiptHandle"]: int(r["attributes"]["ApproximateReceiveCount"]) for r in records}
    open_queue(url).redeliver({receipt: retries.wait(count, REAL.random()) for receipt, count in receives.items()})


@cache
def open_queue(url: str) -> Queue:
    """Return the queue at an address, opened once."""
    if url in (LOCAL, LOCAL_EXPORTS):
        return LocalQueue()
    if not url:
        raise Refused("the environment variable QUOTH_QUEUE_URL or QUOTH_EXPORT_QUEUE_URL is not set")
    return SqsQueue(url)
