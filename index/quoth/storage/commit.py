"""The commit: a change becomes the next generation of the index, whoever else is committing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from quoth.effects import Effects
from quoth.errors import Conflict, Unavailable
from quoth.storage import history, segments, snapshot, transitions
from quoth.storage.ledger import Ledger, Verdict
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.segments import Draft
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store

ATTEMPTS = 10
WRITES = 3
FIRST_WAIT = 0.05  # seconds; doubled after each lost race, up to
LONGEST_WAIT = 3.0

# Seconds that may pass from the writing of a segment to the swap that makes it part of the index. A file that is older
# and in no generation is garbage, and may be collected at any moment (garbage.py). Lambda ends a function as soon.
WRITER_LIFE = 900.0


@dataclass(frozen=True, slots=True)
class CommitResult:
    """The snapshot that holds the segment, and what became of each of its records, by key."""

    snapshot: Snapshot
    verdicts: Mapping[str, Verdict]


class LedgerCache:
    """The ledgers of segments, each read once: a segment never changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[str, Ledger] = {}

    def of(self, manifest: Manifest) -> Mapping[str, Ledger]:
        """Return the ledger of each segment of a manifest, by the segment's id."""
        missing = [s for s in manifest.segments if s.id not in self._held]
        read = zip(missing, segments.read_ledgers(self._store, missing), strict=True)
        held = {**self._held, **{segment.id: ledger for segment, ledger in read}}
        self._held = {s.id: held[s.id] for s in manifest.segments}
        return self._held


def commit(store: Store, draft: Draft, ledgers: LedgerCache, effects: Effects) -> CommitResult:
    """Write a segment and make it part of the index.

    Raises `Unavailable` when that could not be done: the race was lost too often, or the store did not answer. Whether
    the segment is part of the index nobody knows then; committing the same records again is harmless.
    """
    began = effects.clock()
    write(store, draft.entry, draft.data, effects)
    verdicts: Mapping[str, Verdict] = {}

    def change(manifest: Manifest, nonce: str) -> Manifest:
        nonlocal verdicts
        step = transitions.add(manifest, draft.entry, draft.records, ledgers.of(manifest), nonce)
        verdicts = step.verdicts
        return step.manifest

    after = apply_until_committed(
        store, effects, change, began=began, is_done=lambda manifest: manifest.holds(draft.entry.id)
    )
    return CommitResult(after, verdicts)


def write(store: Store, entry: SegmentEntry, data: bytes, effects: Effects) -> None:
    """Write a segment's file; tried again a few times, since the client does not do that for writes."""
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
    """Make a change to whatever is the newest generation, and return the one that has it.

    `change` takes a manifest and the nonce of the next one; it returns that, or the same manifest or `None` when there
    is nothing to do. `began` is when the first file was written that the change names, by `World.now`.

    A lost race is answered by applying the change to the winner's manifest. So is a lost answer, when nobody knows
    whether the swap took place: `is_done` tells it by what only our swap can have brought.
    """
    for attempt in range(ATTEMPTS):
        held = snapshot.load(store)
        if is_done(held.manifest):
            return held
        nonce = effects.new_id()
        following = change(held.manifest, nonce)
        if following is None or following is held.manifest:
            return held
        try:
            history.keep(store, held, nonce)
            if effects.clock() - began > WRITER_LIFE:
                break
            return snapshot.swap(store, held, following)
        except (Conflict, Unavailable):
            effects.sleep(effects.random() * min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    else:
        raise Unavailable(f"{ATTEMPTS} commits in a row lost the race for the manifest; try again")
    raise Unavailable(f"the commit took longer than {WRITER_LIFE:.0f} seconds; try again")
