"""A snapshot: one manifest and its ETag. One search or one commit reads a single snapshot throughout."""

from __future__ import annotations

import msgspec

from quoth.errors import Damaged, NotFound
from quoth.storage import manifest as manifests
from quoth.storage.manifest import Manifest
from quoth.storage.stores.protocol import Store

KEY = "manifest.json"
HISTORY = "history/"  # copies of replaced generations: see history.py


class Snapshot(msgspec.Struct, frozen=True):
    """A generation of the index; `etag` is `None` before the first commit."""

    manifest: Manifest
    etag: str | None


NOTHING_YET = Snapshot(Manifest(), None)


def load(store: Store) -> Snapshot:
    """Return the current generation; raises `Damaged` if the manifest is missing but past generations have copies."""
    try:
        return _load_if_any(store)
    except NotFound:
        copies = store.list(HISTORY).entries
    if not copies:
        return NOTHING_YET
    try:
        return _load_if_any(store)  # the first commits may have happened between the two reads
    except NotFound:
        raise Damaged(f"{KEY} is gone, but {copies[-1].key} shows that it existed") from None


def _load_if_any(store: Store) -> Snapshot:
    blob = store.get(KEY)
    return Snapshot(manifests.from_bytes(blob.data), blob.etag)


def refresh(store: Store, last: Snapshot) -> Snapshot:
    """Return the current generation, by a conditional read that returns `last` if it is still current.

    A reader never goes back: raises `Damaged` if the manifest is missing, older than `last`, or another generation
    with the number of `last`. The message has the number that `quoth restore --above` needs to let this reader go on.
    """
    if last.etag is None:
        return load(store)
    try:
        blob = store.get_if_changed(KEY, last.etag)
    except NotFound:
        raise Damaged(f"{KEY} is gone; generation {last.manifest.generation} was read before") from None
    if blob is None:
        return last
    newest = Snapshot(manifests.from_bytes(blob.data), blob.etag)
    if _follows(newest.manifest, last.manifest):
        return newest
    served, stored = last.manifest.generation, newest.manifest.generation
    went_back = f"from generation {served} to {stored if stored < served else f'another generation {stored}'}"
    raise Damaged(f"{KEY} went back {went_back}; `quoth restore FILE --above {served}` lets its readers go on")


def _follows(manifest: Manifest, served: Manifest) -> bool:
    # The same generation under another ETag: an object that was copied onto itself, or encrypted with another key.
    is_same = (manifest.generation, manifest.nonce) == (served.generation, served.nonce)
    return is_same or manifest.generation > served.generation


def swap(store: Store, current: Snapshot, manifest: Manifest) -> Snapshot:
    """Replace the current generation by the next one; raises `Conflict` if another writer has replaced it first."""
    data = manifests.to_bytes(manifest)
    manifests.from_bytes(data)  # raises what every reader would raise: nothing unreadable may be published
    if current.etag is None:
        return Snapshot(manifest, store.create(KEY, data))
    return Snapshot(manifest, store.replace(KEY, data, current.etag))
