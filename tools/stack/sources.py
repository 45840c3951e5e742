"""What invokes the functions besides the gateway: queues, asynchronous events, uploads among them, and schedules.

SQS itself, which moto is here, counts the receives, hides messages, and moves them to the dead letters. Lambda's part
is here: it fills batches, deletes what succeeded, and leaves the rest hidden.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tools.stack.emulator import REGION
from tools.stack.functions import Invocation, LocalFunction, TooManyEvents
from tools.stack.template.declared import ACCOUNT, DeclaredSchedule, DeclaredSource, function_arn, queue_arn

# Between two looks into a queue: moto answers one request at a time, so nobody waits inside one.
POLL_SECONDS = 0.25
EVENTS_POLL_SECONDS = 1.0  # there are as many queues of events as functions
RECEIVED = 10  # messages in one call, SQS's limit
# Lambda waits a minute before the second attempt of an asynchronous event, and two before the third.
RETRY_SECONDS = (60, 120)

Message = Mapping[str, Any]


class EventSource(threading.Thread):
    """A thread that works until it is stopped; a fault of moto, which may be stopping too, ends no source."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work, in turns, and report a turn that failed."""
        while not self.stopping.is_set():
            try:
                self.turn()
            except Exception as error:
                if not self.stopping.is_set():
                    print(f"{self.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                    self.stopping.wait(1)

    def turn(self) -> None:
        """Do one piece of work, or wait a little."""
        raise NotImplementedError


class QueueSource(EventSource):
    """Brings the messages of a queue to a function; as many as the template says do so, and one of them receives."""

    def __init__(
        self, declared: DeclaredSource, sqs: Any, url: str, function: LocalFunction, receiving: threading.Lock
    ) -> None:
        super().__init__(f"{declared.queue} -> {declared.function}")
        self._receiving = receiving
        self._declared = declared
        self._sqs = sqs
        self._url = url
        self._function = function

    def turn(self) -> None:
        """Deliver one batch, if there is a message."""
        with self._receiving:
            batch = self._batch()
            if not batch:
                self.stopping.wait(POLL_SECONDS)
                return
        try:
            invocation = self._function.invoke({"Records": [record(self._declared.queue, each) for each in batch]})
        except TooManyEvents:  # the messages return after their visibility timeout, as in Lambda
            return
        self._acknowledge(succeeded(batch, invocation, is_partial=self._declared.is_partial))

    def _batch(self) -> list[Message]:
        """Return messages: as many as fit, or as came within the window after the first one."""
        batch: list[Message] = []
        end = 0.0
        while len(batch) < self._declared.batch and not self.stopping.is_set():
            wanted = min(RECEIVED, self._declared.batch - len(batch))
            found = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=wanted, AttributeNames=["All"], MessageAttributeNames=["All"]
            ).get("Messages", [])
            if found and not batch:
                end = time.monotonic() + self._declared.window
            batch += found
            if not batch or time.monotonic() >= end:
                break
            if not found:
                self.stopping.wait(POLL_SECONDS)
        return batch

    def _acknowledge(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), RECEIVED):
            entries = [
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(messages[start : start + RECEIVED])
            ]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)


def record(queue: str, message: Message) -> dict[str, Any]:
    """Return a message as Lambda gives it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": REGION,
    }


def succeeded(batch: Sequence[Message], invocation: Invocation, *, is_partial: bool) -> list[Message]:
    """Return the messages that Lambda deletes: none of a failed invocation, nor of an answer that names a stranger.

    >>> batch = [{"MessageId": "a"}, {"MessageId": "b"}]
    >>> told = lambda *ids: Invocation({"batchItemFailures": [{"itemIdentifier": i} for i in ids]}, is_failed=False)
    >>> [message["MessageId"] for message in succeeded(batch, told("a"), is_partial=True)]
    ['b']
    >>> succeeded(batch, told("c"), is_partial=True)
    []
    """
    if invocation.is_failed:
        return []
    if not is_partial or not invocation.value:
        return list(batch)
    failed = {item["itemIdentifier"] for item in invocation.value.get("batchItemFailures") or ()}
    if failed - {message["MessageId"] for message in batch}:
        return []
    return [message for message in batch if message["MessageId"] not in failed]


class EventsSource(EventSource):
    """Brings the asynchronous events of a function to it, again after a failure, and then to its queue of failures."""

    def __init__(self, function: LocalFunction, sqs: Any, url: str, failures: str | None) -> None:
        super().__init__(f"events of {function.declared.name}")
        self._function = function
        self._sqs = sqs
        self._url = url
        self._failures = failures

    def turn(self) -> None:
        """Deliver one event, if there is one."""
        found = self._sqs.receive_message(QueueUrl=self._url, AttributeNames=["ApproximateReceiveCount"])
        for message in found.get("Messages", ()):
            self._deliver(message)
            return
        self.stopping.wait(EVENTS_POLL_SECONDS)

    def _deliver(self, message: Message) -> None:
        event, attempt = json.loads(message["Body"]), int(message["Attributes"]["ApproximateReceiveCount"])
        receipt = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
        invocation = self._function.invoke(event)
        if invocation.is_failed and attempt <= self._function.declared.retries:
            wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1]
            self._sqs.change_message_visibility(**receipt, VisibilityTimeout=wait)
            return
        if invocation.is_failed and self._failures is not None:
            body = failure(self._function.declared.name, event, attempt, invocation.value)
            self._sqs.send_message(QueueUrl=self._failures, MessageBody=json.dumps(body))
        self._sqs.delete_message(**receipt)


def failure(function: str, event: Any, attempts: int, error: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of an event that failed for good, as Lambda sends it."""
    return {
        "version": "1.0",
        "timestamp": _now(),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function_arn(function)}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": dict(error),
    }


class ScheduleSource(EventSource):
    """Sends the event of a schedule, again and again; the first one after a whole interval."""

    def __init__(self, declared: DeclaredSchedule, sqs: Any, url: str) -> None:
        super().__init__(f"schedule of {declared.function}")
        self._declared = declared
        self._sqs = sqs
        self._url = url

    def turn(self) -> None:
        """Wait for an interval, and send one event."""
        if not self.stopping.wait(self._declared.seconds):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(scheduled(self._declared.rule)))


def scheduled(rule: str) -> dict[str, Any]:
    """Return the event of a schedule, as EventBridge sends it."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": _now(),
        "region": REGION,
        "resources": [rule],
        "detail": {},
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
