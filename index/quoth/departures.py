"""Quotes that a search had lately and has no longer: for feeds, whose subscribers have read them.

Past generations are kept for a while (history.py). A few of them are asked again, and nothing is left out of their
answers that was withdrawn since; only the ids of the quotes are used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.errors import Gone, NotFound
from quoth.storage import history, snapshot
from quoth.storage.history import ManifestCopy
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import Store

# Ages of the past generations that are asked, in seconds before the newest copy. A departed quote is found if it was
# there at one of these times, or just before the latest removal.
AGES = (history.HOUR, history.DAY)


class Departure(NamedTuple):
    """A quote that is no longer there: why, since which generation, and which quote has its words now.

    `seen` is the time, by the store's clock, until which a kept generation had it, in seconds since 1970.
    """

    quote_id: str
    reason: Literal["withdrawn", "replaced"]
    since: int
    successor: str | None
    seen: float


def find(store: Store, searcher: Searcher, request: Request, present: Collection[str]) -> list[Departure]:
    """Return the departed quotes of a request, the last first; `present` are ids that are known to be there.

    Inside `Searcher.bounded` no generation is asked once its time is over.
    """
    manifest = snapshot.load(store).manifest
    kept = history.copies(store.list(history.PREFIX).entries)
    found: dict[str, Departure] = {}
    for copy in asked(manifest, kept):
        if searcher.is_spent():  # each of them is a search; the entries that are there matter more
            break
        try:
            ids = searcher.at(copy.generation).published_ids(request)
        except (NotFound, Gone):  # the collector was faster
            continue
        unknown = [quote_id for quote_id in ids if quote_id not in present and quote_id not in found]
        for quote_id, end in searcher.removed(unknown):
            found[quote_id] = Departure(quote_id, end.reason, end.since, end.successor, copy.modified)
    return list(found.values())


def asked(manifest: Manifest, copies: Sequence[ManifestCopy]) -> list[ManifestCopy]:
    """Return the copies to ask, the newest first: the last before the latest removal, and the last of each age.

    Without a copy of an age the oldest stands for it.
    """
    latest = max(_removals(manifest), default=0)
    newest = max((copy.modified for copy in copies), default=0.0)
    before = [copy for copy in copies if copy.generation < latest]
    aged = [[copy for copy in copies if copy.modified <= newest - age] or [*copies][:1] for age in AGES]
    chosen = {_last(some) for some in (before, *aged) if some}
    return sorted(chosen, key=lambda copy: copy.generation, reverse=True)


def _last(copies: Iterable[ManifestCopy]) -> ManifestCopy:
    return max(copies, key=lambda copy: (copy.generation, copy.modified))


def _removals(manifest: Manifest) -> Iterator[int]:
    """Yield the generations that were the first without something, as far as the manifest knows."""
    for segment in manifest.segments:
        yield from segment.retired_since
    yield from (item.since for item in manifest.withdrawn)
