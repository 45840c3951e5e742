"""An answer that would come too late: the function invokes itself, and that invocation sends the answer to Slack.

Slack gives up after three seconds, and a cold start may need them. The invocation is asynchronous, Lambda does not try
it again (template.yaml), and the marker object of a turn is written on condition: whoever cannot write it does nothing.
So a turn is answered at most once, also if Lambda delivers its event twice or somebody replays the request.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions.slack.turn import SlackTurn, from_event, to_event
from quoth.errors import Conflict, Unavailable
from quoth.hashes import short_hash
from quoth.storage.stores.protocol import Store

PREFIX = "replies/"
KEPT_SECONDS = 24 * 3600
# Seconds after a request within which the answer should be on its way: Slack's three, less the way to us and back.
SOON = 2.0
# Seconds for an answer whose index is not opened yet, and for any other; docs/slack.md has the measured figures.
COLD_SECONDS, WARM_SECONDS = 1.0, 0.3

_EVENT = "slack_turn"
_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


def may_miss(age: float, *, is_cold: bool) -> bool:
    """Whether an answer may come later than Slack waits, for a request that was made so many seconds ago.

    >>> may_miss(0.5, is_cold=True), may_miss(1.4, is_cold=True), may_miss(1.4, is_cold=False)
    (False, True, False)
    """
    return age + (COLD_SECONDS if is_cold else WARM_SECONDS) > SOON


def turn_id(signature: str) -> str:
    """Return the id of a turn, by the signature of its request: a replay has the same one."""
    return short_hash("slack", signature)


def hand_over(function: str, turn: SlackTurn, name: str) -> None:
    """Invoke a function with a turn, and do not wait for it; raises `Unavailable`."""
    event = {_EVENT: to_event(turn), "id": name}
    try:
        _client().invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(f"the function cannot invoke itself: {type(error).__name__}") from None


def handed_over(event: dict[str, Any]) -> tuple[SlackTurn, str] | None:
    """Return the turn of an invocation with its id; `None` for an HTTP request."""
    return (from_event(event[_EVENT]), event["id"]) if _EVENT in event else None


def claim(store: Store, name: str) -> bool:
    """Write the marker of a turn; false if somebody has written it before."""
    with suppress(Conflict):
        store.create(PREFIX + name, b"")
        return True
    return False


def forget(store: Store) -> None:
    """Delete markers older than a day. In a bucket, a lifecycle rule does that."""
    listing = store.list(PREFIX)
    for entry in listing.entries:
        if listing.now - entry.modified > KEPT_SECONDS:
            store.delete(entry.key)


@cache
def _client() -> Any:
    return boto3.client("lambda", config=_CONFIG)
