"""Past generations: copies of the manifest, for rollback and audit. They are never what decides a commit.

Before a generation is replaced, it is copied to `history/<generation>-<nonce of what replaces it>`: a fresh name for
each attempt, so that the age of a copy by the store's clock is the time since its generation was replaced, give or
take a writer's life. Copies are thinned by the collector (garbage.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from quoth.errors import Damaged, NotFound
from quoth.storage import manifest as manifests
from quoth.storage import snapshot
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store, StoredObject

PREFIX = snapshot.HISTORY

_NAME = re.compile(r"history/(\d{12})-[A-Za-z0-9_-]+")

HOUR, DAY = 3600.0, 86400.0


class ManifestCopy(NamedTuple):
    """A copy of a generation, and when it was made, by the store's clock."""

    key: str
    generation: int
    modified: float
    size: int


def keep(store: Store, held: Snapshot, nonce: str) -> None:
    """Copy the generation that is about to be replaced by the one with this nonce.

    Raises `Conflict` and `Unavailable` when nobody knows whether the copy is there: try again with another nonce.
    """
    if held.etag is not None:
        store.create(f"{PREFIX}{held.manifest.generation:012}-{nonce}", manifests.to_bytes(held.manifest))


def copies(entries: Iterable[StoredObject]) -> list[ManifestCopy]:
    """Return the copies among listed objects, oldest generation first."""
    found = [(entry, _NAME.fullmatch(entry.key)) for entry in entries]
    named = [ManifestCopy(entry.key, int(name[1]), entry.modified, entry.size) for entry, name in found if name]
    return sorted(named, key=lambda copy: (copy.generation, copy.modified, copy.key))


def copies_to_keep(copies: Iterable[ManifestCopy], now: float, *, grace: float, days: float) -> set[str]:
    """Return the keys of the copies to keep: all for `grace` seconds, then one an hour for a day, then one a day.

    The last of each hour of the store's clock is kept, and after a day the last of those of each day, for so many days.
    A copy that is let go is so for good: one of a day is chosen among those that were the last of an hour.
    """
    young, hours = set[str](), dict[float, ManifestCopy]()
    for copy in sorted(copies, key=lambda copy: (copy.modified, copy.generation)):
        if now - copy.modified < grace:
            young.add(copy.key)
        else:
            hours[copy.modified // HOUR] = copy
    old = [copy for copy in hours.values() if now - copy.modified >= DAY]
    daily = {copy.modified // DAY: copy for copy in old if now - copy.modified < days * DAY}
    return young | {copy.key for copy in hours.values() if now - copy.modified < DAY} | {c.key for c in daily.values()}


def find_generation(store: Store, generation: int) -> Manifest:
    """Return a past generation, or the current one; raises `NotFound` when it is not kept."""
    for copy in reversed(copies(store.list(f"{PREFIX}{generation:012}-").entries)):
        with suppress(NotFound):
            return read_copy(store, copy)
    current = snapshot.load(store).manifest
    if current.generation != generation or not generation:
        raise NotFound(f"generation {generation} is not kept; `quoth history` lists those that are")
    return current


def read_copy(store: Store, copy: ManifestCopy) -> Manifest:
    """Return the generation of a copy; raises `Damaged` when it is another one than its name says."""
    manifest = manifests.from_bytes(store.get(copy.key).data)
    if manifest.generation != copy.generation:
        raise Damaged(f"{copy.key} holds generation {manifest.generation}")
    return manifest
