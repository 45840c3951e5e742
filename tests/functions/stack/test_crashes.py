"""What must hold when a function dies, and when a message is poisoned."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from functions.runtime import retries
from tests.functions.stack.interceptor import Interceptor
from tests.functions.stack.visitor import Visitor, article, until

pytestmark = pytest.mark.local


@pytest.mark.parametrize(
    ("way", "name"),
    [
        pytest.param("there", "harbour", id="before the commit reached S3"),
        pytest.param("back", "lighthouse", id="after it reached S3, before the messages were acknowledged"),
    ],
)
def test_an_indexer_that_is_killed_in_the_middle_of_a_commit_loses_nothing_and_doubles_nothing(
    visitor: Visitor, interceptor: Interceptor, way: str, name: str
) -> None:
    stack = visitor.stack
    with interceptor.stopping("PUT", "/manifest.json", way) as stop:
        before = visitor.generation()
        for number in ("first", "second", "third"):
            visitor.post(article(f"{name} {number}", f"The {name} will be paid for by the {number} of us."))
        assert stop.reached.wait(60)
        (process,) = stack.functions["IndexerFunction"].running()
        os.kill(process, signal.SIGKILL)
        until(lambda: not stack.functions["IndexerFunction"].running(), "the dead indexer has no event")
    assert visitor.generation() == before + (way == "back")
    assert visitor.found(f"{name} paid") == (3 if way == "back" else 0)
    # SQS hides the messages for as long as the template says, and no longer.
    (queue,) = (queue for queue in stack.declared.queues if queue.name == "IndexQueue")
    timeout = int(queue.attributes["VisibilityTimeout"])
    stack.moto.hasten(timeout - 60)
    assert visitor.waiting("IndexQueue") == (0, 3)
    stack.moto.hasten(60)
    until(lambda: visitor.waiting("IndexQueue") == (0, 0), "the messages were delivered again and acknowledged")
    assert visitor.found(f"{name} paid") == 3
    assert visitor.generation() == before + 1
    assert visitor.waiting("IndexDeadLetters") == (0, 0)


def test_a_poisoned_message_becomes_a_dead_letter_and_its_neighbours_are_indexed(visitor: Visitor, logs: Path) -> None:
    """It is received as often as the template says, each time after a longer wait (functions/runtime/retries.py)."""
    stack = visitor.stack
    poison = json.dumps({"key": f"articles/{'0' * 64}/{'0' * 64}.json"})

    def failures() -> int:
        return (logs / "IndexerFunction.log").read_text("utf-8").count(f"{'0' * 64}.json is not in")

    visitor.post(article("orchard", "The orchard must not be sold to anybody."))
    stack.sqs.send_message(QueueUrl=stack.urls["IndexQueue"], MessageBody=poison)
    visitor.post(article("vineyard", "The vineyard must not be sold to anybody either."))
    until(lambda: visitor.found("vineyard sold") == visitor.found("orchard sold") == 1, "its neighbours are indexed")
    for receives in range(1, retries.RECEIVES + 1):
        until(lambda receives=receives: failures() == receives, f"it is received {receives} times")
        assert visitor.waiting("IndexDeadLetters") == (0, 0)
        stack.moto.hasten(retries.wait(receives, 1.0))
    until(lambda: visitor.waiting("IndexDeadLetters") == (1, 0), "the message is a dead letter")
    assert visitor.take("IndexDeadLetters") == [poison]
    assert visitor.waiting("IndexQueue") == (0, 0)
    assert failures() == retries.RECEIVES
