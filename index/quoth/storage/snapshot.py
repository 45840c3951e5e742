"""A snapshot: one manifest and its ETag, what one search or one commit reads from first to last."""

from __future__ import annotations

from dataclasses import dataclass

from quoth.errors import Damaged, NotFound
from quoth.storage import manifest as manifests
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import Store

KEY = "manifest.json"
HISTORY = "history/"  # what becomes of generations that were replaced: see history.py


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A generation of the index; `etag` is `None` before the first commit."""

    manifest: Manifest
    etag: str | None


NOTHING_YET = Snapshot(Manifest(), None)


def load(store: Store) -> Snapshot:
    """Return the current generation; raises `Damaged` when there is none, but copies of generations before it."""
    try:
        return _load_if_any(store)
    except NotFound:
        past = store.list(HISTORY).entries
    if not past:
        return NOTHING_YET
    try:
        return _load_if_any(store)  # the first generations may have come between the two looks
    except NotFound:
        raise Damaged(f"{KEY} is gone, and {past[-1].key} shows that there was one") from None


def _load_if_any(store: Store) -> Snapshot:
    blob = store.get(KEY)
    return Snapshot(manifests.from_bytes(blob.data), blob.etag)


def refresh(store: Store, held: Snapshot) -> Snapshot:
    """Return the current generation, without reading it again when it is the one that is held.

    A reader never goes back: raises `Damaged` when the manifest is gone or older than the one that is held.
    """
    if held.etag is None:
        return load(store)
    try:
        blob = store.get_if_changed(KEY, held.etag)
    except NotFound:
        raise Damaged(f"{KEY} is gone; generation {held.manifest.generation} was read before") from None
    if blob is None:
        return held
    newest = Snapshot(manifests.from_bytes(blob.data), blob.etag)
    if newest.manifest.generation < held.manifest.generation:
        went_back = f"from generation {held.manifest.generation} to {newest.manifest.generation}"
        raise Damaged(f"{KEY} went back {went_back}")
    return newest


def swap(store: Store, held: Snapshot, manifest: Manifest) -> Snapshot:
    """Put the next generation in the place of the one that is held; raises `Conflict` when that has changed."""
    data = manifests.to_bytes(manifest)
    if held.etag is None:
        return Snapshot(manifest, store.create(KEY, data))
    return Snapshot(manifest, store.replace(KEY, data, held.etag))
