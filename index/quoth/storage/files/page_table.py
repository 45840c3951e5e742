"""The page table: a hash for each page of a segment, so that a part of it can be verified without the rest.

A segment's file is its page table, the engine's index and the ledger, in this order. Pages are counted from behind
the table; the last one is short. Docs: docs/decisions/0006-verified-ranged-reads.md.
"""

from __future__ import annotations

import hashlib

# Small pages waste less where a query touches little in many places; their hashes are 1/1024 of what they vouch for.
PAGE = 16 * 1024

# 128 bits of SHA-256: finding other bytes for a given hash stays out of reach.
DIGEST = 16


def build(data: bytes) -> bytes:
    """Return the page table of an index with its ledger.

    >>> len(build(bytes(PAGE + 1))) // DIGEST
    2
    """
    view = memoryview(data)
    return b"".join(_digest(view[start : start + PAGE]) for start in range(0, len(data), PAGE))


def pages(size: int) -> int:
    """Return how many pages hold so many bytes."""
    return -(-size // PAGE)


def matches(table: bytes, number: int, page: bytes | memoryview) -> bool:
    """Whether these bytes are the page of that number."""
    return _digest(page) == table[number * DIGEST : (number + 1) * DIGEST]


def _digest(page: bytes | memoryview) -> bytes:
    return hashlib.sha256(page).digest()[:DIGEST]
