"""Timeouts, throttles and sizes of the stack itself, on a small template whose limits a test can reach."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.functions.stack.visitor import Received, Visitor, until
from tools.stack.__main__ import listen
from tools.stack.functions import Artifacts
from tools.stack.local import LocalStack

pytestmark = pytest.mark.local

HERE = Path(__file__).parent / "small"


@pytest.fixture(scope="module")
def small(built: Artifacts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    code = tmp_path_factory.mktemp("small")
    for name in ("ShortFunction", "LongFunction", "MessagesFunction"):
        (code / name).symlink_to(HERE)
    with LocalStack(HERE / "template.yaml", built._replace(code=code), listen(0), {}) as stack:
        yield Visitor(stack)


def asked(small: Visitor, path: str, **body: Any) -> Received:
    return small.ask("POST", path, json.dumps(body).encode(), content_type="application/json")


def together(small: Visitor, path: str, number: int, **body: Any) -> list[int]:
    """Ask several times at once, and return the statuses in order."""
    with ThreadPoolExecutor(number) as threads:
        return sorted(reply.status for reply in threads.map(lambda _: asked(small, path, **body), range(number)))


def test_a_function_gets_its_event_its_timeout_and_its_memory(small: Visitor) -> None:
    reply = asked(small, "/things/a%20b")
    assert (reply.status, reply.headers["x-told"], reply.headers["set-cookie"]) == (200, "yes", "b=2")
    assert (reply.json["route"], reply.json["parameters"]) == ("POST /things/{id}", {"id": "a b"})
    assert 500 < reply.json["left"] <= 1000
    assert int(reply.json["memory"]) == 256
    assert asked(small, "/things/special").json["route"] == "POST /things/special"


def test_what_has_no_route_is_not_found(small: Visitor) -> None:
    assert small.ask("GET", "/short").status == small.ask("POST", "/things/a/b", b"").status == 404


def test_an_instance_answers_one_event_after_the_other_and_another_one_at_the_same_time(small: Visitor) -> None:
    first, second = (asked(small, "/short").json["process"] for _ in range(2))
    assert first == second
    with ThreadPoolExecutor(2) as threads:
        replies = list(threads.map(lambda _: asked(small, "/short", sleep=0.4), range(2)))
    assert [reply.status for reply in replies] == [200, 200]
    assert len({reply.json["process"] for reply in replies}) == 2


@pytest.mark.parametrize("body", [{"sleep": 3}, {"exit": True}, {"raise": True}, {"bytes": 7_000_000}])
def test_a_function_that_ends_without_an_answer_is_a_500_and_the_next_event_is_answered(
    small: Visitor, body: dict[str, Any]
) -> None:
    began = time.monotonic()
    reply = asked(small, "/short", **body)
    assert (reply.status, reply.json) == (500, {"message": "Internal Server Error"})
    assert time.monotonic() - began < 2.9, "a second of timeout, and a cold start"
    assert asked(small, "/short").status == 200


def test_a_value_without_a_status_is_a_body_and_a_broken_answer_a_500(small: Visitor) -> None:
    reply = asked(small, "/short", answer=[5])
    assert (reply.status, reply.json) == (200, [5])
    assert asked(small, "/short", answer={"statusCode": 200, "isBase64Encoded": True, "body": "?"}).status == 500


def test_the_gateway_waits_as_long_as_the_route_says_and_the_function_works_on(small: Visitor) -> None:
    asked(small, "/long")  # so that it is warm
    began = time.monotonic()
    reply = asked(small, "/long", sleep=4)
    assert (reply.status, reply.json) == (503, {"message": "Service Unavailable"})
    assert 1.4 < time.monotonic() - began < 3
    assert asked(small, "/long").status == 503, "its one reserved instance still works on the event"
    until(lambda: asked(small, "/long").status == 200, "it has an instance again")


def test_reserved_concurrency_is_a_limit(small: Visitor) -> None:
    until(lambda: asked(small, "/long").status == 200, "it has an instance")
    assert together(small, "/long", 3, sleep=0.4) == [200, 503, 503], "one after the other all would be in time"


def test_a_route_accepts_as_many_requests_as_it_declares(small: Visitor) -> None:
    asked(small, "/short")
    assert together(small, "/slowly", 6, sleep=0) in ([200] * 3 + [429] * 3, [200] * 4 + [429] * 2)
    assert asked(small, "/slowly").json == {"message": "Too Many Requests"}
    until(lambda: asked(small, "/slowly").status == 200, "a second later it accepts one again", seconds=5)


@pytest.mark.parametrize("size", [7 * 2**20, 11 * 2**20])
def test_an_event_that_is_too_large_reaches_no_function(small: Visitor, size: int) -> None:
    reply = small.ask("POST", "/short", b"x" * size, content_type="text/plain")
    assert (reply.status, reply.json) == (413, {"message": "Request Entity Too Large"})


def test_of_a_batch_the_failed_message_alone_returns_and_then_is_a_dead_letter(small: Visitor) -> None:
    stack = small.stack
    for body in ("good", "bad", "fine"):
        stack.sqs.send_message(QueueUrl=stack.urls["Messages"], MessageBody=body)
    for _ in range(2):
        until(lambda: small.waiting("Messages") == (0, 1), "the bad one alone is hidden")
        assert small.waiting("Dead") == (0, 0)
        stack.moto.hasten(30)
        until(lambda: small.waiting("Messages") != (1, 0), "it is received again")
    until(lambda: small.waiting("Dead") == (1, 0), "it is a dead letter")
    assert small.take("Dead") == ["bad"]


def test_lambdas_own_api_says_what_failed(small: Visitor) -> None:
    client = small.client("lambda")
    told = client.invoke(FunctionName="ShortFunction", Payload=json.dumps({"body": '{"raise": true}'}).encode())
    assert told["FunctionError"] == "Unhandled"
    assert json.loads(told["Payload"].read())["errorMessage"] == "as you like"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="NoFunction", Payload=b"{}")
