"""An answer that would come too late is given by another invocation, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions.local.events import LambdaContext
from functions.runtime import settings
from functions.slack import function, handover
from functions.slack.cards.buttons import DISMISS, SHARE
from quoth.archive import Archive
from quoth.errors import Unavailable
from quoth.storage.stores.directory import DirectoryStore
from tests.conftest import ACCOUNT
from tests.functions.slack.stand_in import (
    RESPONSE_URL,
    SIGNED_AT,
    answered,
    asked,
    button,
    check,
    pressed,
    receiving,
    words,
)
from tests.support.events import call

FUNCTION = "quoth-SlackFunction-1"


class Lambda(BaseHTTPRequestHandler):
    """A stand-in for Lambda's API: it takes asynchronous invocations."""

    invocations: list[tuple[str, str | None, dict[str, Any]]]
    status = 202

    def do_POST(self) -> None:
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.invocations.append((self.path, self.headers["X-Amz-Invocation-Type"], payload))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, workspace: Archive) -> Iterator[type[Lambda]]:
    """A cold start in Lambda, a second and a half after Slack has signed."""
    lambda_api = type("OneLambda", (Lambda,), {"invocations": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda_api)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{server.server_port}")
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    # A session of its own: the default one of the tests must have been made under moto.
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", FUNCTION)
    monkeypatch.setattr(function, "clock", lambda: SIGNED_AT + 1.5)
    yield lambda_api
    server.shutdown()
    thread.join()
    server.server_close()


def later(cloud: type[Lambda], number: int = 0) -> None:
    """Let Lambda deliver an invocation."""
    assert function.handler(cloud.invocations[number][2], LambdaContext("slack")) is None


def test_a_cold_start_acknowledges_and_answers_later(cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch) -> None:
    told = answered(asked("land swapping"))
    assert words(told) == function.SEARCHING
    ((path, kind, event),) = cloud.invocations
    assert (path, kind) == (f"/2015-03-31/functions/{FUNCTION}/invocations", "Event")
    assert len(json.dumps(event)) < 250_000, "Lambda's limit for an asynchronous event"
    with receiving(monkeypatch) as received:
        later(cloud)
    ((path, message),) = received
    assert RESPONSE_URL.endswith(path)
    assert words(message).startswith("Three quotes")


def test_however_often_lambda_delivers_it_is_answered_once(
    cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(asked("land swapping"))
    with receiving(monkeypatch) as received:
        for _ in range(3):
            later(cloud)
    assert len(received) == 1


def test_a_request_that_is_replayed_is_answered_once(cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        settings.archive.cache_clear()
        answered(asked("land swapping"))
    with receiving(monkeypatch) as received:
        later(cloud, 0)
        later(cloud, 1)
    assert len(received) == 1


def test_a_press_on_a_cold_start_is_done_later_and_once(cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(monkeypatch) as received:
        assert call(function, pressed({"action_id": DISMISS, "value": "-"})) == (200, {})
        assert received == []
        later(cloud)
        later(cloud)
    assert [message for _, message in received] == [{"delete_original": True}]


def test_a_failure_later_is_said_privately_with_the_id_that_is_in_the_log(
    cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answered(asked("land swapping canary"))
    monkeypatch.setattr(Archive, "answer", lambda *_: 1 / 0)
    context = LambdaContext("slack", aws_request_id="1a2b3c4d-5e6f")
    with receiving(monkeypatch) as received:
        function.handler(cloud.invocations[0][2], context)
    ((_, message),) = received
    assert message["response_type"] == "ephemeral"
    assert words(message) == "Something went wrong; the log has it under 1a2b3c4d."
    assert [record.incident for record in caplog.records] == ["1a2b3c4d"]
    assert "canary" not in caplog.text


def test_without_a_marker_it_says_so_and_nothing_else(cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise Unavailable("503 SlowDown")

    answered(asked("land swapping"))
    monkeypatch.setattr(DirectoryStore, "create", fail)
    with receiving(monkeypatch) as received:
        later(cloud)
    assert [words(message)[:29] for _, message in received] == ["The archive does not answer a"]


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_function_that_cannot_invoke_itself_answers_as_fast_as_it_can(
    cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(cloud, "status", status)
    assert words(answered(asked("land swapping"))).startswith("Three quotes")


def test_an_invocation_that_was_accepted_although_its_response_got_lost_answers_nothing_again(
    cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "status", 500)
    assert words(answered(asked("land swapping"))).startswith("Three quotes")
    with receiving(monkeypatch) as received:
        later(cloud)
    assert received == []


def test_an_invocation_that_was_faster_than_its_lost_response_has_answered(
    cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = handover.hand_over

    def lost(*arguments: Any) -> None:
        accepted(*arguments)
        later(cloud)
        raise Unavailable("the function cannot invoke itself: ReadTimeoutError")

    with receiving(monkeypatch) as received:
        monkeypatch.setattr(handover, "hand_over", lost)
        assert words(answered(asked("land swapping"))) == function.SEARCHING
    assert len(received) == 1


def test_a_turn_without_an_address_is_answered_at_once(cloud: type[Lambda]) -> None:
    assert words(answered(asked("land swapping", response_url="https://evil.example/"))).startswith("Three quotes")
    assert cloud.invocations == []


def test_a_warm_function_answers_in_the_response(cloud: type[Lambda]) -> None:
    settings.archive(settings.current().store)
    assert words(answered(asked("land swapping"))).startswith("Three quotes")
    assert cloud.invocations == []


def test_a_cold_start_with_enough_time_left_answers_in_the_response(
    cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function, "clock", lambda: SIGNED_AT + 0.5)
    assert words(answered(asked("land swapping"))).startswith("Three quotes")
    assert cloud.invocations == []


@pytest.mark.parametrize(
    ("age", "is_cold", "is_late"),
    [
        (0.0, True, False),
        (1.0, True, False),
        (1.1, True, True),
        (1.6, False, False),
        (1.8, False, True),
        (-5, True, False),
    ],
)
def test_whoever_may_miss_slacks_three_seconds_hands_over(age: float, is_cold: bool, is_late: bool) -> None:
    assert handover.may_miss(age, is_cold=is_cold) == is_late


def test_the_private_card_that_was_shared_later_goes(cloud: type[Lambda], monkeypatch: pytest.MonkeyPatch) -> None:
    settings.archive(settings.current().store)
    share = button(answered(asked("ceasefire")), "Share to channel")
    assert share["action_id"] == SHARE
    settings.archive.cache_clear()
    call(function, pressed(share))
    with receiving(monkeypatch) as received:
        later(cloud)
    assert [check(message).get("delete_original") for _, message in received] == [None, True]


def test_old_markers_are_deleted_and_young_ones_stay(workspace: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    assert handover.claim(workspace.store, "a")
    assert not handover.claim(workspace.store, "a")
    handover.forget(workspace.store)
    assert not handover.claim(workspace.store, "a")
    monkeypatch.setattr(handover, "KEPT_SECONDS", -1)
    handover.forget(workspace.store)
    assert handover.claim(workspace.store, "a")
