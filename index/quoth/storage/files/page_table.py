"""The page table: a hash for each page of a segment, so that any part can be verified without the rest.

A segment's file is its page table, the engine's index and the ledger, in this order. Page 0 starts right after the
table; the last page is short. Docs: docs/decisions/0006-verified-ranged-reads.md.
"""

from __future__ import annotations

import hashlib

# Small pages waste less when a query reads little in many places. The page table is 1/512 of the data. Files written
# earlier have larger pages: the size of the table tells which.
PAGE = 8 * 1024
_EARLIER = 16 * 1024

# 128 bits of SHA-256: finding other bytes with a given hash is infeasible.
DIGEST = 16


def build(data: bytes | memoryview, page: int | None = None) -> bytes:
    """Return the page table of an index and its ledger, by default in pages of `PAGE` bytes.

    >>> len(build(bytes(PAGE + 1))) // DIGEST
    2
    """
    view, page = memoryview(data), page or PAGE
    return b"".join(
        [hashlib.sha256(view[start : start + page]).digest()[:DIGEST] for start in range(0, len(data), page)]
    )


def pages(size: int, page: int | None = None) -> int:
    """Return the number of pages of `size` bytes, by default of `PAGE` bytes each."""
    return -(-size // (page or PAGE))


def page_size(table: int, size: int) -> int | None:
    """Return the size of the pages of `size` bytes whose page table has `table` bytes; `None` if no table has so many.

    >>> page_size(2 * DIGEST, PAGE + 1), page_size(DIGEST, PAGE + 1), page_size(3 * DIGEST, PAGE + 1)
    (8192, 16384, None)
    """
    return next((page for page in (PAGE, _EARLIER) if table == pages(size, page) * DIGEST), None)


def match(table: bytes, numbers: range, data: bytes | memoryview, page: int) -> bool:
    """Whether some bytes match the hashes of some successive pages, each of `page` bytes."""
    return build(data, page) == table[numbers.start * DIGEST : numbers.stop * DIGEST]
