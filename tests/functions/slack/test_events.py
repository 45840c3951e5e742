"""events/slack-*.json get the answers of events/expected/, and every one of them is committed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.slack.cards import buttons
from quoth.archive import Archive
from tests.functions.slack import expectations
from tests.functions.slack.stand_in import check
from tests.support.events import EVENTS, committed


@pytest.fixture
def asked(workspace: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Archive:
    """The archive that the events ask."""
    archive = expectations.sample(tmp_path)
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
    return archive


NAMES = sorted(path.stem for path in EVENTS.glob("slack-*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_an_event_gets_its_answer(asked: Archive, name: str) -> None:
    told = expectations.answer(committed(name))
    assert told == json.loads((expectations.EXPECTED / f"{name}.json").read_text("utf-8"))
    for message in ([told["response"]] if told["response"] else []) + told["sent"]:
        check(message)


def test_there_is_an_event_for_each_kind_of_command_and_each_button() -> None:
    actions = {value for name, value in vars(buttons).items() if name.isupper()}
    commands = {"slack-command", *expectations.COMMANDS}
    assert {*NAMES} == commands | {f"slack-{action}" for action in actions}
    assert sorted(path.stem for path in expectations.EXPECTED.glob("slack-*.json")) == NAMES


def test_the_events_are_those_that_slack_would_send(asked: Archive) -> None:
    """The stand-in for Slack makes them; the ids of quotes and the state of More must be of this code."""
    for name, event in expectations.events(asked).items():
        stored = committed(name)
        assert (stored["body"], stored["headers"]) == (event["body"], event["headers"]), name
