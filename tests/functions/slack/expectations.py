"""The committed events of the Slack function, and what each must be answered.

After a change of the cards run `python -m tests.functions.slack.expectations`, and read the difference.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from functions.local.events import LambdaContext
from functions.runtime import reporting, settings
from functions.slack import function, outbox, state
from functions.slack.state import MoreState
from quoth.archive import Archive
from quoth.engine.query.request import Request
from quoth.storage.stores.directory import DirectoryStore
from tests.functions.slack.stand_in import RESPONSE_URL, SIGNED_AT, asked, pressed
from tests.support.events import EVENTS
from tools.sign_event import EXAMPLE_SECRET
from tools.stack.sample import QUOTES

EXPECTED = EVENTS / "expected"
COMMANDS = {
    "slack-verify": "verify there will be no land swaping going on by Okafor",
    "slack-who": "who <@U024BE7LH|okafor>",
    "slack-help": "help",
    "slack-nothing": "unicorn &amp; dragon",
}
BUTTONS = ("share", "context", "cite", "wrong", "report", "dismiss")


def sample(folder: Path) -> Archive:
    """Make the archive that the events ask, and let the functions of this process serve it."""
    archive = Archive(DirectoryStore(folder))
    archive.add(QUOTES)
    os.environ.update(QUOTH_STORE=f"file:{folder}", QUOTH_SLACK_SIGNING_SECRET=EXAMPLE_SECRET)
    return archive


def events(archive: Archive) -> dict[str, dict[str, Any]]:
    """Return the events but the first, which is committed as Slack sends it."""
    quote = archive.search("ceasefire").hits[0].quote.id
    who = 'speaker:"ada-okafor"'
    cursor = archive.answer(Request(q=who, limit=3)).next_cursor or ""
    values = {"dismiss": "-", "more": state.pack(MoreState(who, cursor), EXAMPLE_SECRET)}
    pressing = {
        f"slack-{name}": pressed(
            {"action_id": name, "value": values.get(name, quote)}, "Ada Okafor said it" if name == "report" else None
        )
        for name in (*BUTTONS, "more")
    }
    return {name: asked(text) for name, text in COMMANDS.items()} | pressing


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """Return what the function answers to an event, and what it sends to Slack."""
    sent: list[dict[str, Any]] = []

    def post(url: str, message: dict[str, Any]) -> None:
        assert url == RESPONSE_URL
        sent.append(message)

    usual, outbox.post = outbox.post, post
    try:
        response = function.handler(event, LambdaContext("slack"))
    finally:
        outbox.post = usual
    assert response is not None
    return {"status": response["statusCode"], "response": json.loads(response["body"]), "sent": sent}


def write() -> None:
    """Write the events, and what they are answered."""
    with tempfile.TemporaryDirectory() as folder:
        made = events(sample(Path(folder)))
        function.clock = reporting.clock = lambda: SIGNED_AT + 0.5
        settings.current.cache_clear()
        for name, event in made.items():
            event["requestContext"] |= {"requestId": "JKJaXmPLvHcESHA=", "timeEpoch": SIGNED_AT * 1000}
            (EVENTS / f"{name}.json").write_text(json.dumps(event, indent=2) + "\n", "utf-8")
        for name in ("slack-command", *made):
            told = answer(json.loads((EVENTS / f"{name}.json").read_text("utf-8")))
            EXPECTED.mkdir(exist_ok=True)
            (EXPECTED / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    write()
