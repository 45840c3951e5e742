"""The commit: one segment becomes part of the index, whoever else is committing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quoth.errors import Conflict, Unavailable
from quoth.storage import manifest as manifests
from quoth.storage import segments, snapshot
from quoth.storage.ledger import Ledger, Verdict
from quoth.storage.manifest import Manifest
from quoth.storage.segments import Draft
from quoth.storage.snapshot import Snapshot
from quoth.storage.store import Store
from quoth.world import World

ATTEMPTS = 10
FIRST_WAIT = 0.05  # seconds; doubled after each lost race, up to
LONGEST_WAIT = 3.0


@dataclass(frozen=True, slots=True)
class Committed:
    """The snapshot that holds the segment, and what became of each of its records, by key."""

    snapshot: Snapshot
    verdicts: Mapping[str, Verdict]


class Ledgers:
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


def commit(store: Store, draft: Draft, ledgers: Ledgers, world: World) -> Committed:
    """Write a segment and make it part of the index.

    A lost race is answered by reading the new manifest and applying the same transition to it. So is a lost
    response, when nobody knows whether the swap took place: a segment's id is never used twice, so if the manifest
    holds it, the swap was ours. Raises `Unavailable` when the race was lost `ATTEMPTS` times.
    """
    segments.write(store, draft)
    verdicts: Mapping[str, Verdict] = {}
    for attempt in range(ATTEMPTS):
        held = snapshot.read(store)
        if held.manifest.holds(draft.entry.id):
            return Committed(held, verdicts)
        step = manifests.add(held.manifest, draft.entry, draft.records, ledgers.of(held.manifest), world.token())
        verdicts = step.verdicts
        if step.manifest is held.manifest:
            return Committed(held, verdicts)
        try:
            return Committed(snapshot.swap(store, held, step.manifest), verdicts)
        except (Conflict, Unavailable):
            world.sleep(world.chance() * min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    raise Unavailable(f"{ATTEMPTS} commits in a row lost the race for the manifest; try again")
