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
    """Make the index what it was in an older generation, and return the new one; `days` is what the collector keeps.

    What was added since is no longer part of it, what was withdrawn since is again. Raises `NotFound` for a generation
    that is not kept, or not for much longer: a collector may be at its segments already.
    """
    began = effects.clock()
    past = store.list(history.PREFIX)
    copies = history.copies(past.entries)
    staying = history.copies_to_keep(copies, past.now + WRITER_LIFE + COLLECTOR_LIFE, grace=GRACE, days=days)
    found = [copy for copy in copies if copy.generation == generation and copy.key in staying]
    if not found:
        raise NotFound(f"generation {generation} is not kept; `quoth history` lists those that are")
    older = history.read_copy(store, found[-1])
    there = {entry.key for entry in store.list(segments.PREFIX).entries}
    for segment in older.segments:
        if segments.key(segment) not in there:
            raise Gone(f"segment {segment.id} of generation {generation} is gone")
    ours = set[str]()

    def change(manifest: Manifest, nonce: str) -> Manifest:
        ours.add(nonce)
        return transitions.restore(manifest, older, nonce)

    return apply_until_committed(store, effects, change, began=began, is_done=lambda manifest: manifest.nonce in ours)
