"""Where messages go: to Slack and nowhere else."""

from __future__ import annotations

from http.client import HTTPSConnection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.slack import outbox
from quoth.errors import BadInput, Unavailable
from tests.support.effort import sampled

GOOD = [
    "https://hooks.slack.com/commands/1234/5678",
    "https://hooks.slack.com/actions/T0001/5678/AbC_-d",
]
BAD = [
    "",
    "http://hooks.slack.com/commands/1",
    "HTTPS://hooks.slack.com/commands/1",
    "https://hooks.slack.com",
    "https://hooks.slack.com/",
    "https://hooks.slack.com/commands",
    "https://hooks.slack.com/commands/",
    "https://hooks.slack.com/services/T0/B0/x",
    "https://hooks.slack.com/commands/../services/x",
    "https://hooks.slack.com/commands/..",
    "https://hooks.slack.com/commands//x",
    "https://hooks.slack.com/commands/%2e%2e/x",
    "https://hooks.slack.com/commands/1?x=1",
    "https://hooks.slack.com/commands/1#x",
    "https://hooks.slack.com/commands/1\n",
    "https://hooks.slack.com/commands/1\r\nHost: evil",
    " https://hooks.slack.com/commands/1",
    "https://hooks.slack.com:443/commands/1",
    "https://hooks.slack.com:8443/commands/1",
    "https://hooks.slack.com./commands/1",
    "https://hooks.slack.com.evil.example/commands/1",
    "https://evil.example/hooks.slack.com/commands/1",
    "https://hooks.slack.com@evil.example/commands/1",
    "https://evil.example@hooks.slack.com/commands/1",
    "https://user:word@hooks.slack.com/commands/1",
    "https://hooks.slack.com\\@evil.example/commands/1",
    "https://hooks.slack.com\t.evil.example/commands/1",
    "https://evil.example\\hooks.slack.com/commands/1",
    "https://hookssslack.com/commands/1",
    "https://hooks-slack.com/commands/1",
    "https://xhooks.slack.com/commands/1",
    "https://hooks.slack.com/xcommands/1",
    "https://127.0.0.1/commands/1",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/commands/1",
    "https:/hooks.slack.com/commands/1",
    "https:hooks.slack.com/commands/1",
    "//hooks.slack.com/commands/1",
    "ftp://hooks.slack.com/commands/1",
    "file:///commands/1",
    "https://ｈooks.slack.com/commands/1",
    "https://hooks.slack.com/commands/é",
]


@pytest.mark.parametrize("url", GOOD)
def test_an_address_of_slacks_is_its_path(url: str) -> None:
    assert url == f"https://{outbox.HOST}{outbox.path_of(url)}"


@pytest.mark.parametrize("url", BAD)
def test_no_other_address_is_connected_to(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(outbox, "connect", lambda: pytest.fail("it connects"))
    with pytest.raises(BadInput):
        outbox.post(url, {"text": "x"})


@sampled(100)
@given(st.text(max_size=30))
def test_whatever_stands_before_or_after_an_address_makes_it_another_one(text: str) -> None:
    for url in (text + GOOD[0], GOOD[0] + "?" + text, GOOD[0] + "@" + text):
        if url not in GOOD:
            with pytest.raises(BadInput):
                outbox.path_of(url)


def test_the_connection_is_encrypted_and_to_slack() -> None:
    connection = outbox.connect()
    assert isinstance(connection, HTTPSConnection)
    assert (connection.host, connection.port, connection.timeout) == ("hooks.slack.com", 443, outbox.SECONDS)


def test_a_slack_that_does_not_answer_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    from http.client import HTTPConnection

    monkeypatch.setattr(outbox, "connect", lambda: HTTPConnection("127.0.0.1", 1, timeout=1))
    with pytest.raises(Unavailable, match="Slack did not answer: ConnectionRefusedError"):
        outbox.post(GOOD[0], {"text": "x"})
