"""A stand-in for Slack: it signs requests, receives messages over HTTP, and rejects those that Slack would reject."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.http.signature import sign
from functions.slack import function, outbox
from tests.support.events import call, committed, http
from tools.sign_event import EXAMPLE_SECRET

RESPONSE_URL = "https://hooks.slack.com/actions/T0001/5678/AbCd"
FORM = "application/x-www-form-urlencoded"
# Documented limits of Block Kit (docs.slack.dev/reference/block-kit), and the measured one of a whole message.
MAX_BLOCKS, MAX_MESSAGE = 50, 13_200
MEMBERS = {
    "response_type",
    "text",
    "mrkdwn",
    "blocks",
    "unfurl_links",
    "unfurl_media",
    "replace_original",
}


def check(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message that Slack would take: by the models of Slack's own package, and by the documented limits."""
    from slack_sdk.models.blocks import Block

    if message == {"delete_original": True}:  # alone: docs.slack.dev, "Handling user interaction", deleting a message
        return message
    assert message.keys() <= MEMBERS
    assert message.get("response_type", "ephemeral") in ("ephemeral", "in_channel")
    assert message["text"], "a message without blocks and screen readers have only this"
    assert 0 < len(message["blocks"]) <= MAX_BLOCKS
    assert len(json.dumps(message, ensure_ascii=False)) < MAX_MESSAGE
    names = [block["block_id"] for block in message["blocks"] if "block_id" in block]
    assert len(set(names)) == len(names), "a block id is unique in its message"
    for block in message["blocks"]:
        parsed = Block.parse(block)
        assert parsed is not None, block["type"]
        parsed.to_dict()  # raises for what a model forbids
        if block["type"] == "actions":
            ids = [element["action_id"] for element in block["elements"]]
            assert 0 < len(ids) == len(set(ids)) <= 25
        if block["type"] == "rich_text":
            assert all(part["elements"] for part in block["elements"]), "Slack rejects an empty section"
            assert all(leaf.get("text") != "" for leaf in leaves(message)), "and an empty text"
    return message


def leaves(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the elements of rich text."""
    rich = [block for block in message["blocks"] if block["type"] == "rich_text"]
    return [leaf for block in rich for section in block["elements"] for leaf in section["elements"]]


def words(message: dict[str, Any]) -> str:
    """Return the visible text of a message, a line for each section of rich text."""
    rich = [block for block in message["blocks"] if block["type"] == "rich_text"]
    return "\n".join(
        "".join(leaf.get("text", "") for leaf in section["elements"]) for block in rich for section in block["elements"]
    )


def labels(message: dict[str, Any]) -> list[str]:
    """Return the labels of the buttons, in order."""
    return [element["text"]["text"] for element in elements(message)]


def elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the buttons, in order."""
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return [element for block in rows for element in block["elements"]]


def button(message: dict[str, Any], label: str, number: int = 0) -> dict[str, Any]:
    """Return a button by its label; with the same label there may be several."""
    return [element for element in elements(message) if element["text"]["text"] == label][number]


def command_form(text: str, **form: str) -> bytes:
    """Return the body of a command."""
    usual = {"command": "/quote", "team_id": "T0001", "user_id": "U2147483697", "response_url": RESPONSE_URL}
    return urlencode({**usual, "text": text, **form}).encode()


def pressed_form(element: dict[str, Any], note: str | None = None, **payload: Any) -> bytes:
    """Return the body of a request for a button that somebody pressed."""
    usual = {
        "type": "block_actions",
        "team": {"id": "T0001", "domain": "example"},
        "user": {"id": "U2147483697", "username": "ada"},
        "container": {"type": "message", "is_ephemeral": True},
        "response_url": RESPONSE_URL,
        "actions": [{"type": "button", **element, "block_id": "quote"}],
        "state": {"values": {} if note is None else {"note": {"note": {"type": "plain_text_input", "value": note}}}},
    }
    return urlencode({"payload": json.dumps({**usual, **payload})}).encode()


def signed_headers(body: bytes, timestamp: int, secret: str) -> dict[str, str]:
    """Return the headers of a request of Slack's."""
    return {
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": sign(body, timestamp, secret),
    }


@contextmanager
def receiving(monkeypatch: pytest.MonkeyPatch, status: int = 200) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Receive what is sent to Slack: the path and the message of each request, checked as Slack does."""
    received: list[tuple[str, dict[str, Any]]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json; charset=utf-8"
            received.append((self.path, json.loads(body)))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setattr(outbox, "connect", lambda: HTTPConnection("127.0.0.1", server.server_port, timeout=5))
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    for _, message in received:
        check(message)


SIGNED_AT = int(committed("slack-command")["headers"]["x-slack-request-timestamp"])


def asked(text: str, **form: str) -> dict[str, Any]:
    """Return the event of a signed command."""
    body = command_form(text, **form)
    return http("POST", "/v1/slack/command", body, FORM, **signed_headers(body, SIGNED_AT, EXAMPLE_SECRET))


def pressed(element: dict[str, Any], note: str | None = None, **payload: Any) -> dict[str, Any]:
    """Return the event of a signed request for a button."""
    body = pressed_form(element, note, **payload)
    return http("POST", "/v1/slack/action", body, FORM, **signed_headers(body, SIGNED_AT, EXAMPLE_SECRET))


def answered(event: dict[str, Any]) -> dict[str, Any]:
    """Return the private answer to a command, in the response itself."""
    status, message = call(function, event)
    assert status == 200
    assert message["response_type"] == "ephemeral"
    return check(message)
