"""Hashes: what names a body, an id, a record."""

from __future__ import annotations

import base64
import hashlib
import json


def sha256(data: bytes) -> str:
    """Return SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(text: str) -> bytes:
    """Return 128 bits of SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


def short_hash(*parts: str | int | None) -> str:
    """Return 128 bits of SHA-256 over the parts, as 22 URL-safe characters.

    The parts are framed as JSON, so that moving a border between two of them changes the hash.

    >>> short_hash("ab", "c") == short_hash("a", "bc")
    False
    """
    framed = json.dumps(parts, ensure_ascii=False)
    return base64.urlsafe_b64encode(fingerprint(framed)).rstrip(b"=").decode()
