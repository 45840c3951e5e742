"""Stored quotes: the JSON of documents, read a block at a time and cached."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import ClassVar

from quoth.engine.analysis import ReadText, read_text
from quoth.engine.execution.documents.segments import OpenSegments
from quoth.engine.segment import documents
from quoth.quote import Quote, from_text

_OVERHEAD = 100  # bytes that a cached quote takes beside its JSON


class ShownQuote:
    """A quote to show. It is decoded, and its text read, when that is first needed."""

    __slots__ = ("_json", "quote", "text")

    def __init__(self, json: bytes) -> None:
        self._json = json
        self.quote: Quote | None = None
        self.text: ReadText | None = None

    def decode(self) -> Quote:
        """Return the quote; it is known from then on."""
        self.quote = from_text(self._json)
        return self.quote

    def read(self, text: str) -> ReadText:
        """Return the text of the quote as highlights look through it; it is known from then on."""
        self.text = read_text(text)
        return self.text


class StoredQuotes:
    """The JSON of documents, up to about `room` bytes of it in memory. When the room is used up, it begins anew."""

    # The JSON in bytes of the quotes that stay decoded: the next page often shows some of them again.
    most_shown: ClassVar[int] = 2 * 2**20

    def __init__(self, segments: OpenSegments, room: int) -> None:
        self._segments = segments
        self._starts: list[int] = segments.bases[:-1].tolist()
        self._quotes: dict[int, bytes] = {}
        self._shown: dict[int, ShownQuote] = {}
        self._left = self._room = room
        self._left_of_shown = self.most_shown

    def get(self, docs: Sequence[int]) -> list[bytes]:
        """Return the JSON of some documents, in their order."""
        if not self._quotes.keys() >= set(docs):
            self._read(docs)
        return [self._quotes[doc] for doc in docs]

    def shown(self, docs: Sequence[int], others: Sequence[int] = ()) -> tuple[list[ShownQuote], list[bytes]]:
        """Return the quotes of some documents, and the JSON of others, which is read together with them."""
        known = [self._shown.get(doc) for doc in docs]
        unknown = [doc for doc, quote in zip(docs, known, strict=True) if quote is None]
        if not unknown and not others:
            return [quote for quote in known if quote is not None], []
        read = iter(self.get([*unknown, *others]))
        quotes = [quote or self._show(doc, next(read)) for doc, quote in zip(docs, known, strict=True)]
        return quotes, list(read)

    def _show(self, doc: int, json: bytes) -> ShownQuote:
        quote = ShownQuote(json)
        self._left_of_shown -= len(json) + _OVERHEAD
        if self._left_of_shown < 0:
            self._shown.clear()
            self._left_of_shown = self.most_shown
        else:
            self._shown[doc] = quote
        return quote

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
