"""Restore: a new generation with the contents of a saved manifest, when manifest.json is lost or damaged.

Putting the old bytes back would number the next commits like generations that readers have already served: a warm
reader would fail until the commits overtake it, and then take other contents for their successor. So a restored
generation is above every generation that can have been served, and no reader has to be told.
"""

from __future__ import annotations

from msgspec.structs import replace

from quoth.effects import Effects
from quoth.errors import Conflict, Damaged, Gone, NotFound, Unavailable
from quoth.storage import history, segments, snapshot
from quoth.storage import manifest as manifests
from quoth.storage.commit import ATTEMPTS, FIRST_WAIT, LONGEST_WAIT
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store


def restore(store: Store, saved: Manifest, effects: Effects, *, above: int = 0) -> Snapshot:
    """Publish the contents of a saved manifest as a new generation, higher than all others and than `above`.

    `above` is needed only if the store does not know the highest generation itself, because its history is lost too.

    Only a manifest.json that is missing, unreadable, or the saved generation itself is replaced: raises `Conflict` if
    it is readable and another generation, since that may have commits that the saved one has not. So of two operators
    who restore at once, one succeeds. Raises `Gone` if a segment of the saved manifest is missing.
    """
    our_nonces = set[str]()
    for attempt in range(ATTEMPTS):
        current, etag = _current(store)
        if current is not None and current.nonce in our_nonces:  # our swap, whose response was lost
            return Snapshot(current, etag)
        if current is not None and not _is_same(current, saved):
            raise Conflict(
                f"{snapshot.KEY} is readable, as generation {current.generation}, and would lose its later commits; "
                "`quoth rollback` restores a past generation"
            )
        _check_segments(store, saved)
        # List the history after reading the manifest: a writer copies each generation there before replacing it,
        # so the lost generation is at most one above the newest copy.
        highest = max(saved.generation, above, _highest_possible(store))
        nonce = effects.new_id()
        our_nonces.add(nonce)
        try:
            if current is not None:
                history.keep(store, Snapshot(current, etag), nonce)
            # Not `saved` under its own number and nonce: no ETag may occur twice (ABA).
            restored = replace(saved, generation=highest + 1, nonce=nonce)
            if highest > saved.generation:  # nobody knows what was withdrawn since: no older generation may be shown
                restored = replace(restored, withdrawn=(), floor=restored.generation)
            return snapshot.swap(store, Snapshot(Manifest(), etag), restored)
        except (Conflict, Unavailable):
            effects.sleep(effects.random() * min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    raise Unavailable(f"{ATTEMPTS} attempts in a row to replace {snapshot.KEY} failed; try again")


def _current(store: Store) -> tuple[Manifest | None, str | None]:
    """Return manifest.json, `None` if it is missing or unreadable, and its ETag, `None` if it is missing."""
    try:
        blob = store.get(snapshot.KEY)
    except NotFound:
        return None, None
    try:
        return manifests.from_bytes(blob.data), blob.etag
    except Damaged:
        return None, blob.etag


def _is_same(current: Manifest, saved: Manifest) -> bool:
    return (current.generation, current.nonce) == (saved.generation, saved.nonce)


def _check_segments(store: Store, saved: Manifest) -> None:
    existing = {entry.key for entry in store.list(segments.PREFIX).entries}
    for segment in saved.segments:
        if segments.key(segment) not in existing:
            raise Gone(f"segment {segment.id} of generation {saved.generation} is gone; restore its file first")


def _highest_possible(store: Store) -> int:
    """Return the highest generation that can have been current, as far as the history shows."""
    copies = history.copies(store.list(history.PREFIX).entries)
    return copies[-1].generation + 1 if copies else 0
