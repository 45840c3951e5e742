"""The page table: a hash for each page of a segment, so that any part can be verified without the rest.

A segment's file is its page table, the engine's index and the ledger, in this order. Page 0 starts right after the
table; the last page is short. Docs: docs/decisions/0006-verified-ranged-reads.md.
"""

from __future__ import annotations

import hashlib

# Small pages waste less when a query reads little in many places. The page table is 1/1024 of the data.
PAGE = 16 * 1024

# 128 bits of SHA-256: finding other bytes with a given hash is infeasible.
DIGEST = 16


def build(data: bytes) -> bytes:
    """Return the page table of an index and its ledger.

    >>> len(build(bytes(PAGE + 1))) // DIGEST
    2
    """
    view = memoryview(data)
    return b"".join(_digest(view[start : start + PAGE]) for start in range(0, len(data), PAGE))


def pages(size: int) -> int:
    """Return the number of pages of `size` bytes."""
    return -(-size // PAGE)


def matches(table: bytes, number: int, page: bytes | memoryview) -> bool:
    """Whether these bytes match the hash of page `number`."""
    return _digest(page) == table[number * DIGEST : (number + 1) * DIGEST]


def _digest(page: bytes | memoryview) -> bytes:
    return hashlib.sha256(page).digest()[:DIGEST]
