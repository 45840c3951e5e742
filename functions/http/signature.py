"""Slack's request signature, version 0.

Source: Slack's "Verifying requests from Slack". The standard library needs a few lines; Slack's own package raises on
malformed headers, and its import takes longer than the whole response.
"""

from __future__ import annotations

import hashlib
import hmac

WINDOW_SECONDS = 300


def sign(body: bytes, timestamp: int, secret: str) -> str:
    """Return the value of `X-Slack-Signature`.

    >>> sign(b"command=%2Fquote", 1700000000, "secret")[:15]
    'v0=c10659ca3b0f'
    """
    message = b"v0:%d:%s" % (timestamp, body)
    return "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def is_fresh(timestamp: str, now: float) -> bool:
    """Whether a timestamp is a number of the last five minutes, or of the next: clocks differ.

    >>> is_fresh("1700000000", 1700000300.0), is_fresh("1700000000", 1700000301.0), is_fresh("1.7e9", 1700000000.0)
    (True, False, False)
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(now - int(timestamp)) <= WINDOW_SECONDS


def is_valid(body: bytes, timestamp: str, signature: str, secret: str, now: float) -> bool:
    """Whether Slack signed exactly these bytes within the last five minutes. Malformed headers are invalid."""
    if not is_fresh(timestamp, now):
        return False
    return hmac.compare_digest(sign(body, int(timestamp), secret).encode(), signature.encode("utf-8", "replace"))
