"""Messages to Slack through the address that came with a command or a button.

Slack takes five of them in half an hour. The address is in a signed request, and yet this function only ever talks to
Slack: the host is a constant, only the path comes from the address, and no redirect is followed.
"""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from functions.slack.cards.blocks import Message
from quoth.errors import BadInput, Unavailable

HOST = "hooks.slack.com"
SECONDS = 5.0

_URL = re.compile(rf"https://{re.escape(HOST)}(?P<path>/(?:commands|actions)(?:/[A-Za-z0-9_-]{{1,200}}){{1,6}})")


def path_of(url: str) -> str:
    """Return the path of an address of Slack's; raises `BadInput` for any other address.

    >>> path_of("https://hooks.slack.com/actions/T1/2/abc")
    '/actions/T1/2/abc'
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise BadInput("is not an address of Slack's", field="response_url")
    return match["path"]


def connect() -> HTTPConnection:
    """Return a connection to Slack."""
    return HTTPSConnection(HOST, timeout=SECONDS)


def post(url: str, message: Message) -> None:
    """Send a message; raises `BadInput` for an address that is not Slack's, and `Unavailable` if Slack refuses it."""
    path = path_of(url)
    body = json.dumps(message, ensure_ascii=False).encode()
    connection = connect()
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Unavailable(f"Slack did not answer: {type(error).__name__}") from None
    finally:
        connection.close()
    if status != 200:
        raise Unavailable(f"Slack answered {status}")
