"""When a failed message is delivered again: within seconds at first, and for the last time within an hour."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from functions import indexer
from functions.local.events import LambdaContext, sqs_event
from functions.runtime import jobs, retries, settings
from quoth.errors import Unavailable
from quoth.ingest import originals
from tests.house.test_template import FUNCTIONS, QUEUES
from tests.support.builders import an_article
from tests.support.served import stored

RECEIVES = QUEUES["IndexQueue"]["RedrivePolicy"]["maxReceiveCount"]
WINDOW = FUNCTIONS["IndexerFunction"]["Events"]["Queue"]["Properties"]["MaximumBatchingWindowInSeconds"]
HIDDEN = QUEUES["IndexQueue"]["VisibilityTimeout"]
HOUR = 3600
ANY_NUMBER = st.floats(0, 1, exclude_max=True)


class TestSchedule:
    @given(ANY_NUMBER)
    def test_the_second_try_comes_within_seconds(self, number: float) -> None:
        assert 1 <= retries.wait(1, number) <= 5

    def test_the_last_try_comes_within_an_hour_even_if_every_wait_is_the_longest(self) -> None:
        longest = 1 - 2**-53
        assert sum(retries.wait(receives, longest) + WINDOW for receives in range(1, RECEIVES)) < HOUR

    def test_a_message_is_still_tried_after_a_quarter_of_an_hour_even_if_every_wait_is_the_shortest(self) -> None:
        """An outage of some minutes must not fill the queue of dead letters."""
        assert sum(retries.wait(receives, 0) for receives in range(1, RECEIVES)) > HOUR / 4

    @given(st.integers(1, RECEIVES - 2), ANY_NUMBER, ANY_NUMBER)
    def test_each_wait_is_longer_than_the_one_before(self, receives: int, one: float, other: float) -> None:
        assert retries.wait(receives, one) < retries.wait(receives + 1, other)

    def test_failed_messages_do_not_all_come_back_at_once(self) -> None:
        assert len({retries.wait(3, number / 100) for number in range(100)}) > 50

    @given(ANY_NUMBER)
    def test_a_message_becomes_a_dead_letter_within_seconds_of_its_last_try(self, number: float) -> None:
        """SQS moves it when somebody would receive it once more, so the wait delays the alarm."""
        assert retries.RECEIVES == RECEIVES
        assert retries.wait(RECEIVES, number) <= 5

    @given(st.integers(), ANY_NUMBER)
    def test_no_wait_is_longer_than_sqs_allows(self, receives: int, number: float) -> None:
        """Twelve hours since the message was received."""
        timeout = FUNCTIONS["IndexerFunction"]["Timeout"]
        assert 0 < retries.wait(receives, number) <= 12 * HOUR - timeout


class QueueClock:
    """The clock of moto's SQS, which stands still until a test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from moto.sqs import models as sqs_models

        self.now = 1_800_000_000.0
        monkeypatch.setattr(sqs_models, "unix_time", lambda: self.now)
        monkeypatch.setattr(sqs_models, "unix_time_millis", lambda: 1000 * self.now)


@pytest.fixture
def clock(aws: str, monkeypatch: pytest.MonkeyPatch) -> QueueClock:
    """The queues of template.yaml, with a clock of their own."""
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES}
    attributes = {"VisibilityTimeout": str(HIDDEN), "RedrivePolicy": json.dumps(redrive)}
    sqs.set_queue_attributes(QueueUrl=aws, Attributes=attributes)
    return QueueClock(monkeypatch)


def received() -> dict[str, Any] | None:
    """Return the event that SQS makes of the messages that are visible now; `None` if there are none."""
    found = boto3.client("sqs").receive_message(
        QueueUrl=settings.current().queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
    )
    messages = found.get("Messages", [])
    records = sqs_event([message["Body"] for message in messages])["Records"]
    for record, message in zip(records, messages, strict=True):
        record |= {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
        record["attributes"] = message["Attributes"]
    return {"Records": records} if records else None


def index(event: dict[str, Any]) -> list[str]:
    """Return the ids of the messages that failed; delete the others, as Lambda does."""
    failed = [f["itemIdentifier"] for f in indexer.handler(event, LambdaContext("indexer"))["batchItemFailures"]]
    for record in event["Records"]:
        if record["messageId"] not in failed:
            url = settings.current().queue_url
            boto3.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    return failed


def next_delivery(clock: QueueClock, within: int = 5, step: int = 1) -> tuple[int, dict[str, Any] | None]:
    """Let the clock run until a message is visible, and return the seconds with its event, `None` if there is none."""
    for seconds in range(step, within + 1, step):
        clock.now += step
        if (event := received()) is not None:
            return seconds, event
    return within, None


def send(*keys: str) -> None:
    jobs.open_queue(settings.current().queue_url).send(keys)


def kept(name: str) -> str:
    """Store an article, and return its key."""
    (key,) = originals.keep(stored().store, [an_article(id=name)])
    return key


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> str:
        raise Unavailable("503 SlowDown")

    monkeypatch.setattr(type(stored().store), "create", fail)


class TestFailedMessages:
    def test_a_commit_that_fails_once_is_tried_again_within_seconds(
        self, clock: QueueClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(kept("urn:1"), kept("urn:2"))
        event = received()
        assert event is not None
        with monkeypatch.context() as during:
            refuse(during)
            assert len(index(event)) == 2
        _, again = next_delivery(clock)
        assert again is not None
        assert index(again) == []
        assert stored().stats().edition.quotes > 0

    @pytest.mark.parametrize("cause", ["the archive", "a bug"])
    def test_an_invocation_that_fails_as_a_whole_is_tried_again_within_seconds(
        self, clock: QueueClock, monkeypatch: pytest.MonkeyPatch, cause: str
    ) -> None:
        """Lambda counts it as an error, and leaves its messages hidden."""

        def stumble(*_: Any) -> Any:
            raise ZeroDivisionError

        send(kept("urn:1"))
        event = received()
        assert event is not None
        with monkeypatch.context() as during:
            if cause == "the archive":
                during.setattr(settings, "archive", stumble)
            else:
                during.setattr(indexer, "_commits", stumble)
            with pytest.raises(ZeroDivisionError):
                indexer.handler(event, LambdaContext("indexer"))
        assert next_delivery(clock)[1] is not None

    def test_only_the_failed_messages_are_tried_again(self, clock: QueueClock) -> None:
        send("poison", kept("urn:1"))
        event = received()
        assert event is not None
        (failed,) = index(event)
        _, again = next_delivery(clock)
        assert again is not None
        assert [record["messageId"] for record in again["Records"]] == [failed]

    def test_more_messages_than_one_call_takes_are_all_tried_again(self, clock: QueueClock) -> None:
        send(*(f"poison {n}" for n in range(2 * jobs.SQS_BATCH + 1)))
        records: list[dict[str, Any]] = []
        while (event := received()) is not None:
            records += event["Records"]
        assert len(index({"Records": records})) == len(records) == 2 * jobs.SQS_BATCH + 1
        clock.now += 5
        again = []
        while (event := received()) is not None:
            again += event["Records"]
        assert {r["messageId"] for r in again} == {r["messageId"] for r in records}


@pytest.mark.prove
def test_a_message_that_always_fails_is_a_dead_letter_within_the_hour(clock: QueueClock) -> None:
    send("poison")
    event = received()
    tries, total = 0, 0
    while event is not None:
        tries += 1
        index(event)
        seconds, event = next_delivery(clock, within=HOUR, step=10)
        total += seconds if event is not None else 0
    assert (tries, total < HOUR) == (RECEIVES, True)
    dead = boto3.client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    (letter,) = boto3.client("sqs").receive_message(QueueUrl=dead)["Messages"]
    assert json.loads(letter["Body"]) == {"key": "poison"}


class Deaf:
    """An SQS client that cannot change the visibility of messages."""

    def __init__(self, fault: Callable[[], dict[str, Any]]) -> None:
        self._fault = fault

    def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        return self._fault()


def _forbidden() -> dict[str, Any]:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ChangeMessageVisibilityBatch")


def _in_part() -> dict[str, Any]:
    return {"Successful": [], "Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid"}]}


def _broken() -> dict[str, Any]:
    raise ZeroDivisionError


class Unreachable:
    """An SQS client all of whose requests fail."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        raise self._error

    def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://queue"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessageBatch"),
    ],
)
def test_an_error_of_sqs_is_translated_at_the_border(error: Exception) -> None:
    queue = jobs.SqsQueue("https://queue", client=Unreachable(error))  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="did not accept the jobs: "):
        queue.send(["articles/1"])
    with pytest.raises(Unavailable, match="did not change the visibility of its messages: "):
        queue.redeliver({"a receipt": 5})


@pytest.mark.usefixtures("served")
class TestWithoutVisibility:
    @pytest.mark.parametrize("fault", [_forbidden, _in_part, _broken])
    def test_the_batch_is_answered_as_before_if_the_visibility_cannot_be_reset(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Callable[[], dict[str, Any]]
    ) -> None:
        queue = jobs.SqsQueue("https://queue", client=Deaf(fault))  # type: ignore[arg-type]
        event = sqs_event(["poison", json.dumps({"key": kept("urn:1")})])
        monkeypatch.setattr(jobs, "open_queue", lambda _: queue)
        failed = indexer.handler(event, LambdaContext("indexer"))["batchItemFailures"]
        assert failed == [{"itemIdentifier": event["Records"][0]["messageId"]}]
        assert stored().stats().edition.quotes > 0
        assert caplog.records[-1].message == "failed messages stay hidden for the timeout of the queue"

    @pytest.mark.parametrize("attributes", [{}, {"ApproximateReceiveCount": "many"}])
    def test_a_record_without_a_count_fails_as_any_other(self, attributes: dict[str, str]) -> None:
        event = sqs_event(["poison"])
        event["Records"][0]["attributes"] = attributes
        assert len(indexer.handler(event, LambdaContext("indexer"))["batchItemFailures"]) == 1

    def test_a_laptop_has_no_visibility_to_reset(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The local queue delivers a failed job again at once."""
        monkeypatch.setenv("QUOTH_QUEUE_URL", jobs.LOCAL)
        settings.current.cache_clear()
        assert len(indexer.handler(sqs_event(["poison"]), LambdaContext("indexer"))["batchItemFailures"]) == 1
        assert [record.message for record in caplog.records] == ["job cannot be read"]
