"""Stored quotes: the JSON of documents, read a block at a time and cached."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from quoth.engine.execution.documents.segments import OpenSegments
from quoth.engine.segment import documents

_OVERHEAD = 100  # bytes that a cached quote takes beside its JSON


class StoredQuotes:
    """The JSON of documents, up to about `room` bytes of it in memory. When the room is used up, it begins anew."""

    def __init__(self, segments: OpenSegments, room: int) -> None:
        self._segments = segments
        self._starts: list[int] = segments.bases[:-1].tolist()
        self._quotes: dict[int, bytes] = {}
        self._left = self._room = room

    def get(self, docs: Sequence[int]) -> list[bytes]:
        """Return the JSON of some documents, in their order."""
        if not self._quotes.keys() >= set(docs):
            self._read(docs)
        return [self._quotes[doc] for doc in docs]

    def _read(self, docs: Sequence[int]) -> None:
        """Read the blocks of some documents in one go; the other quotes of a block are cached too."""
        if self._left < 0:
            self._quotes.clear()
            self._left = self._room
        readers = self._segments.readers
        blocks = set()
        for doc in docs:
            part = bisect_right(self._starts, doc) - 1
            blocks.add((part, (doc - self._starts[part]) // documents.BLOCK))
        self._segments.fetch([readers[part].stored_span(block) for part, block in sorted(blocks)])
        for part, block in blocks:
            self._segments.budget.check()
            first = self._starts[part] + block * documents.BLOCK
            quotes = readers[part].stored_block(block)
            self._quotes.update(enumerate(quotes, first))
            self._left -= sum(map(len, quotes)) + _OVERHEAD * len(quotes)
