"""Find the quotes of one utterance. Of one article, documents keep their order, so they stand beside one another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from whoosh import query

from quoth.engine.execution.collection import Collection
from quoth.quote import Quote, from_text

# Documents on each side of a quote that are read: those of a few blocks, which are nearly always in pages that are read
# anyway. A part that is farther away costs the column of all utterances, eight bytes a quote.
REACH = 8
# Quotes of one utterance that are read.
MAX_PARTS = 64


def read_beside(collection: Collection, docs: Iterable[int]) -> None:
    """Read the quotes beside some documents, in one go."""
    collection.index.stored.get([near for doc in docs for near in _beside(collection, doc)])


def whole(collection: Collection, doc: int, of: Quote) -> tuple[Quote, ...]:
    """Return the quotes of the utterance of a quote, the one of a document, in order."""
    utterance = of.utterance
    if utterance.of == 1:
        return (of,)
    parts = _parts(collection, _beside(collection, doc), utterance.id)
    if len(parts) < utterance.of:
        docs = collection.search(query.Term("utterance", utterance.id), limit=MAX_PARTS).docs.tolist()
        parts = _parts(collection, docs, utterance.id)
    return tuple(sorted(parts, key=lambda part: part.utterance.position)) or (of,)


def _parts(collection: Collection, docs: Sequence[int], utterance_id: str) -> list[Quote]:
    # Hashes may be equal where ids are not.
    return [part for part in map(from_text, collection.index.stored.get(docs)) if part.utterance.id == utterance_id]


def _beside(collection: Collection, doc: int) -> list[int]:
    """Return a document and the visible ones beside it in its segment."""
    index = collection.index
    bases = index.segments.bases.tolist()
    part = bisect_right(bases, doc) - 1
    near = range(max(bases[part], doc - REACH), min(bases[part + 1], doc + REACH + 1))
    docs: list[int] = index.visibility.within([near]).tolist()
    return docs
