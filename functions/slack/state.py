"""The state of the button More, in its value: which search, and where its next page begins.

Nothing of a conversation is stored. The state is signed, so that nobody can make the button search something else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from quoth.errors import BadInput

_PURPOSE = b"quoth more 1:"  # a signature of Slack's is of other bytes, and so can never be one of these
_SIGNATURE = 16  # bytes


@dataclass(frozen=True, slots=True)
class MoreState:
    """A search and the cursor of its next page."""

    words: str
    cursor: str


def pack(state: MoreState, secret: str) -> str:
    """Return the value of a button.

    >>> unpack(pack(MoreState("land", "abc"), "secret"), ("another", "secret"))
    MoreState(words='land', cursor='abc')
    """
    data = json.dumps([state.words, state.cursor], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_sign(data, secret) + data).decode().rstrip("=")


def unpack(value: str, secrets: tuple[str, ...]) -> MoreState:
    """Return the state in the value of a button; raises `BadInput` if we have not made it with one of these secrets."""
    try:
        packed = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        packed = b""
    data = packed[_SIGNATURE:]
    if not any(hmac.compare_digest(packed[:_SIGNATURE], _sign(data, secret)) for secret in secrets):
        raise BadInput("was not made by this app", field="the button")
    words, cursor = json.loads(data)
    return MoreState(words, cursor)


def _sign(data: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), _PURPOSE + data, hashlib.sha256).digest()[:_SIGNATURE]
