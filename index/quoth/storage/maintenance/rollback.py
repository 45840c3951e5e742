"""Rollback: a new generation with the contents of an older one."""

from __future__ import annotations

from quoth.effects import Effects
from quoth.errors import Gone, NotFound
from quoth.storage import history, segments, transitions
from quoth.storage.commit import WRITER_LIFE, apply_until_committed
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, DAYS, GRACE
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store


def rollback(store: Store, generation: int, effects: Effects, *, days: float = DAYS) -> Snapshot:
    """Restore the contents of an older generation as a new one, and return that; `days` is the collector's retention.

    Items added since then leave the index, and items withdrawn since then return. Raises `NotFound` for a generation
    that is not kept, or that expires soon: a collector may already be deleting its segments.
    """
    began = effects.clock()
    past = store.list(history.PREFIX)
    copies = history.copies(past.entries)
    lasting = history.copies_to_keep(copies, past.now + WRITER_LIFE + COLLECTOR_LIFE, grace=GRACE, days=days)
    candidates = [copy for copy in copies if copy.generation == generation and copy.key in lasting]
    if not candidates:
        raise NotFound(f"generation {generation} is not kept; `quoth history` lists those that are")
    older = history.read_copy(store, candidates[-1])
    existing = {entry.key for entry in store.list(segments.PREFIX).entries}
    for segment in older.segments:
        if segments.key(segment) not in existing:
            raise Gone(f"segment {segment.id} of generation {generation} is gone")
    our_nonces = set[str]()

    def change(manifest: Manifest, nonce: str) -> Manifest:
        our_nonces.add(nonce)
        return transitions.restore(manifest, older, nonce)

    return apply_until_committed(
        store, effects, change, began=began, is_done=lambda manifest: manifest.nonce in our_nonces
    )
