"""The commit: apply a change as the next generation of the index, despite concurrent commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from quoth.effects import Effects
from quoth.errors import Conflict, Unavailable
from quoth.storage import history, segments, snapshot, transitions
from quoth.storage.ledger import Ledger, Verdict
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.segments import Draft
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store
from quoth.storage.transitions import VersionedKey

ATTEMPTS = 10
WRITES = 3
FIRST_WAIT = 0.05  # seconds; doubled after each lost race, up to
LONGEST_WAIT = 3.0

# Seconds that may pass between writing a segment and the swap that adds it to the index. An older file that is in no
# generation is garbage and may be collected at any moment (garbage.py). Lambda ends a function after the same time.
WRITER_LIFE = 900.0


class CommitResult(msgspec.Struct, frozen=True):
    """The snapshot with the committed segment, and the verdict on each of its records, by key."""

    snapshot: Snapshot
    verdicts: Mapping[str, Verdict]


class LedgerCache:
    """A cache of ledgers: each is read once, since a segment never changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ledgers: dict[str, Ledger] = {}

    def of(self, manifest: Manifest) -> Mapping[str, Ledger]:
        """Return the ledger of each segment of a manifest, by the segment's id."""
        held = self._ledgers
        missing = [s for s in manifest.segments if s.id not in held]
        read = zip(missing, segments.read_ledgers(self._store, missing), strict=True)
        known = {**held, **{segment.id: ledger for segment, ledger in read}}
        ledgers = {s.id: known[s.id] for s in manifest.segments}
        self._ledgers = ledgers  # another thread may ask for those of another manifest
        return ledgers


def commit(
    store: Store,
    draft: Draft,
    ledgers: LedgerCache,
    effects: Effects,
    withdrawn: Sequence[VersionedKey] = (),
) -> CommitResult:
    """Write a segment and add it to the index, with withdrawals that have no record in it; see `transitions.add`.

    Raises `Unavailable` if the race is lost too often or the store does not answer. It is then unknown whether the
    segment is part of the index; committing the same records again is harmless.
    """
    began = effects.clock()
    write(store, draft.entry, draft.data, effects)
    verdicts: Mapping[str, Verdict] = {}

    def change(manifest: Manifest, nonce: str) -> Manifest:
        nonlocal verdicts
        step = transitions.add(manifest, draft.entry, draft.records, ledgers.of(manifest), nonce, withdrawn)
        verdicts = step.verdicts
        return step.manifest

    after = apply_until_committed(
        store, effects, change, began=began, is_done=lambda manifest: manifest.holds(draft.entry.id)
    )
    return CommitResult(after, verdicts)


def withdraw(store: Store, withdrawn: Sequence[VersionedKey], effects: Effects) -> Snapshot:
    """List withdrawals of versions that the index has replaced by higher ones; see `transitions.withdraw`."""
    our_nonces = set[str]()

    def change(manifest: Manifest, nonce: str) -> Manifest:
        our_nonces.add(nonce)
        return transitions.withdraw(manifest, withdrawn, nonce)

    began = effects.clock()
    return apply_until_committed(
        store, effects, change, began=began, is_done=lambda manifest: manifest.nonce in our_nonces
    )


def write(store: Store, entry: SegmentEntry, data: bytes, effects: Effects) -> None:
    """Write a segment's file, with a few retries, since the client does not retry writes."""
    for attempt in range(WRITES - 1):
        try:
            return segments.write(store, entry, data)
        except Unavailable:
            effects.sleep(effects.random() * FIRST_WAIT * 2**attempt)
    return segments.write(store, entry, data)


def apply_until_committed(
    store: Store,
    effects: Effects,
    change: Callable[[Manifest, str], Manifest | None],
    *,
    began: float,
    is_done: Callable[[Manifest], bool],
) -> Snapshot:
    """Apply a change to the newest generation until a swap succeeds, and return the generation with the change.

    `change` takes a manifest and the nonce of the next one. It returns the next manifest, or the same manifest or
    `None` if there is nothing to do. `began` is the time, by `Effects.clock`, when the first file that the change
    names was written.

    After a lost race the change is applied to the winner's manifest. After a lost response it is unknown whether the
    swap took place; `is_done` then recognises our swap by content that only our swap can have added.
    """
    for attempt in range(ATTEMPTS):
        current = snapshot.load(store)
        if is_done(current.manifest):
            return current
        nonce = effects.new_id()
        next_manifest = change(current.manifest, nonce)
        if next_manifest is None or next_manifest is current.manifest:
            return current
        try:
            history.keep(store, current, nonce)
            if effects.clock() - began > WRITER_LIFE:
                break
            return snapshot.swap(store, current, next_manifest)
        except (Conflict, Unavailable):
            effects.sleep(effects.random() * min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    else:
        raise Unavailable(f"{ATTEMPTS} commits in a row lost the race for the manifest; try again")
    raise Unavailable(f"the commit took longer than {WRITER_LIFE:.0f} seconds; try again")
