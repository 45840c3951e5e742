"""Compaction: small segments become larger ones, and quotes that were retired leave the files.

What to merge is decided by a pure function of the manifest. Segments are counted in tiers of size; of one tier there
are never many, so that the index has few segments, and each quote is moved once a tier. A merge that was overtaken by
another one is dropped; one that was overtaken by a commit is applied to what the commit left.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quoth.effects import Effects
from quoth.storage import ledger as ledgers_
from quoth.storage import segments, snapshot, transitions
from quoth.storage.commit import apply_until_committed, write
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.segments import SegmentIndex
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store
from quoth.storage.transitions import Rewrite

# So many segments of one tier become one of the next.
FANOUT = 8
# Everything smaller is of the first tier, in bytes of the quotes that can be found.
SMALLEST = 256 * 1024
# No merge reads more than this, in bytes, and what is larger is merged no more. It takes some five times the memory.
LARGEST = 256 * 2**20
# What a writer may spend on tidying up behind itself, in bytes: less than a second.
IN_PASSING = 4 * 2**20
# A file is written again when more than this share of its quotes are retired.
MOSTLY_LIVE = 0.25

# The engine's merge, of (index, table, renumbered): see `quoth.engine.segment.merge`.
Merge = Callable[[Sequence[tuple[bytes, Mapping[str, Any], Sequence[int]]]], SegmentIndex]


def plan(manifest: Manifest, most: int = LARGEST) -> tuple[str, ...]:
    """Return the ids of the segments to merge next, small ones first; none when all is well.

    No more than `most` bytes are read. Carried out again and again it comes to an end.
    """
    movable = sorted((s for s in manifest.segments if s.size <= most), key=lambda s: (s.size, s.id))
    tiers: defaultdict[int, list[SegmentEntry]] = defaultdict(list)
    for segment in movable:
        tiers[_tier(segment)].append(segment)
    for _, tier in sorted(tiers.items()):
        chosen = _within(tier[:FANOUT], most)
        if len(tier) >= FANOUT and len(chosen) > 1:
            return tuple(s.id for s in chosen)
    worn = [s for s in movable if s.retired_quotes > MOSTLY_LIVE * s.quotes or 4 * len(s.retired) > s.records]
    return tuple(s.id for s in worn[:1])


def _tier(segment: SegmentEntry) -> int:
    live = segment.size * segment.live_quotes // max(1, segment.quotes)
    return max(0, math.ceil(math.log(max(1, live) / SMALLEST, FANOUT)))


def _within(some: Sequence[SegmentEntry], most: int) -> list[SegmentEntry]:
    chosen, size = [], 0
    for segment in some:
        size += segment.size
        if size > most:
            break
        chosen.append(segment)
    return chosen


def compact(store: Store, effects: Effects, merge: Merge, *, most: int = LARGEST) -> Snapshot | None:
    """Merge what `plan` says, and return the generation that has it; `None` when there was nothing to do.

    Raises `Gone` or `Unavailable` when others were in the way: there is nothing to mend, the next one will do it.
    """
    held = snapshot.load(store)
    chosen = plan(held.manifest, most)
    entries = [s for s in held.manifest.segments if s.id in chosen]
    if not entries:
        return None
    read = [segments.read_verified(store, entry) for entry in entries]
    merged = ledgers_.merge([ledger for _, ledger in read], [entry.retired for entry in entries])
    done = Rewrite(
        inputs={entry.id: entry.retired for entry in entries},
        renumbered={entry.id: numbers for entry, numbers in zip(entries, merged.renumbered, strict=True)},
    )
    began = effects.clock()
    # There is always a record left: a segment of which none is left is no longer part of the index.
    parts = [
        (data, entry.table, numbers[: entry.quoted])
        for (data, _), entry, numbers in zip(read, entries, merged.renumbered, strict=True)
        if entry.quoted
    ]
    segment, data = segments.seal_merged(effects.new_id(), merge(parts), merged.ledger)
    write(store, segment, data, effects)
    records = [(quotes, ids) for _, quotes, ids, _ in ledgers_.Ledger(merged.ledger).rows()]

    def change(manifest: Manifest, nonce: str) -> Manifest | None:
        return transitions.rewrite(manifest, done, segment, records, nonce)

    return apply_until_committed(
        store, effects, change, began=began, is_done=lambda manifest: manifest.holds(segment.id)
    )
