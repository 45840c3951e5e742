"""Hashes that identify bodies, ids and records."""

from __future__ import annotations

import binascii
import hashlib

from msgspec.json import Encoder

_framed = Encoder().encode
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(text: str) -> bytes:
    """Return 128 bits of SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


def digest(*parts: str | int | None) -> bytes:
    """Return 128 bits of SHA-256 over the parts.

    The parts are encoded as a JSON list, so that moving a boundary between two parts changes the hash.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    return hashlib.sha256(b"[%b]" % b", ".join(map(_framed, parts))).digest()[:16]


def short_hash(*parts: str | int | None) -> str:
    """Return the digest of the parts as 22 URL-safe characters.

    >>> len(short_hash("https://example.org/1", "No.", 0))
    22
    """
    return binascii.b2a_base64(digest(*parts), newline=False).translate(_URL_SAFE, b"=").decode()
