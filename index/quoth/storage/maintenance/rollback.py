"""Rollback: a new generation with the contents of an older one, except what was withdrawn since."""

from __future__ import annotations

from quoth.effects import Effects
from quoth.errors import Gone, NotFound, Unavailable
from quoth.storage import history, segments, snapshot, transitions
from quoth.storage.commit import ATTEMPTS, WRITER_LIFE, LedgerCache, apply_until_committed, write
from quoth.storage.ledger import Record
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, GRACE
from quoth.storage.manifest import Manifest, WithdrawnItem
from quoth.storage.segments import SegmentIndex
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store


def rollback(
    store: Store,
    generation: int,
    effects: Effects,
    empty: SegmentIndex,
    *,
    days: float = history.DAYS,
    restore_withdrawn: bool = False,
) -> Snapshot:
    """Restore the contents of an older generation as a new one, and return that; `days` is the collector's retention.

    Items added since then leave the index. Items withdrawn since then stay withdrawn, also for a late delivery, unless
    `restore_withdrawn`. `empty` is the engine's index of no quotes. Raises `NotFound` for a generation that is not
    kept, or that expires soon: a collector may already be deleting its segments.
    """
    began = effects.clock()
    older = lasting(store, generation, days)
    ledgers = LedgerCache(store).of(older)
    our_nonces = set[str]()
    for _ in range(ATTEMPTS):
        later = () if restore_withdrawn else withdrawn_after(snapshot.load(store).manifest, generation)
        carried = segments.seal(effects.new_id(), empty, [_record(item) for item in later])
        if later:
            write(store, carried.entry, carried.data, effects)

        def change(
            manifest: Manifest,
            nonce: str,
            later: tuple[WithdrawnItem, ...] = later,
            carried: segments.Draft = carried,
        ) -> Manifest | None:
            if not restore_withdrawn and manifest.withdrawn_after(older.generation) != later:
                return None  # something was withdrawn meanwhile: the segment lacks it
            our_nonces.add(nonce)
            if not later:
                return transitions.restore(manifest, older, nonce)
            return transitions.roll_back(manifest, older, carried, ledgers, nonce)

        after = apply_until_committed(
            store, effects, change, began=began, is_done=lambda manifest: manifest.nonce in our_nonces
        )
        if after.manifest.nonce in our_nonces:
            return after
    raise Unavailable(f"articles were withdrawn during {ATTEMPTS} rollbacks in a row; try again")


def lasting(store: Store, generation: int, days: float) -> Manifest:
    """Return an older generation that no collector deletes soon; raises `NotFound`, and `Gone` without a segment.

    Soon is within a writer's life and a collector's: what the caller writes until then, every collector sees that might
    delete a segment later.
    """
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
    return older


def withdrawn_after(manifest: Manifest, generation: int) -> tuple[WithdrawnItem, ...]:
    """Return what a rollback to an older generation keeps withdrawn; raises `NotFound` if nobody knows all of it."""
    try:
        return manifest.withdrawn_after(generation)
    except NotFound:
        raise NotFound(
            f"more was withdrawn after generation {generation} than is remembered, so a rollback cannot keep it"
            " withdrawn; `--restore-withdrawn` restores all of it"
        ) from None


def _record(item: WithdrawnItem) -> Record:
    return Record(item.key, item.version, True, bytes(16), 0)
