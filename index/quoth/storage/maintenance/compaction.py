"""Compaction: merge small segments into larger ones, and replace retired quotes in the files by tombstones.

A pure function of the manifest decides which segments to merge. Segments belong to size tiers; a tier never has many
segments, so the index has few, and each quote is moved once per tier. A merge that loses a race to another merge is
dropped; one that loses it to a commit is applied to the manifest of that commit.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from quoth.effects import Effects
from quoth.storage import ledger as ledgers_
from quoth.storage import segments, snapshot, transitions
from quoth.storage.commit import apply_until_committed, write
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.segments import MergePart, SegmentIndex
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Store
from quoth.storage.transitions import Rewrite

# This many segments of one tier become one of the next.
FANOUT = 8
# Smaller segments belong to the first tier; in bytes of live quotes.
SMALLEST = 256 * 1024
# A merge reads at most this many bytes; larger segments are not merged. It takes about five times the memory.
LARGEST = 256 * 2**20
# The limit of a merge that a writer does after its own commit, in bytes: less than a second.
IN_PASSING = 4 * 2**20
# A file is rewritten when more than this share of its quotes is retired.
MOSTLY_LIVE = 0.25

# The engine's merge: see `quoth.engine.segment.merge`.
Merge = Callable[[Sequence[MergePart]], SegmentIndex]


def plan(manifest: Manifest, most: int = LARGEST, *, erase: bool = False) -> tuple[str, ...]:
    """Return the ids of the segments to merge next, smallest first; empty if no merge is due.

    The segments have at most `most` bytes together. With `erase` each segment that still has a retired quote is due,
    however large: of a withdrawn article also the words that it had before an edit are to go, and they were retired as
    replaced. Repeated merging terminates.
    """
    ascending = sorted(manifest.segments, key=lambda s: (s.size, s.id))
    movable = [s for s in ascending if s.size <= most]
    tiers: defaultdict[int, list[SegmentEntry]] = defaultdict(list)
    for segment in movable:
        tiers[_tier(segment)].append(segment)
    for _, tier in sorted(tiers.items()):
        chosen = _within(tier[:FANOUT], most)
        if len(tier) >= FANOUT and len(chosen) > 1:
            return tuple(s.id for s in chosen)
    # No search reads a segment without a live quote, so it can wait for maintenance, which takes all such at once.
    dead = [s for s in movable if _is_dead(s)]
    if dead and most == LARGEST:
        return tuple(s.id for s in _within(dead, most))
    worn = [s for s in ascending if _has_retired(s)] if erase else []
    worn += [s for s in movable if not _is_dead(s) and _is_worn(s)]
    return tuple(s.id for s in worn[:1])


def _is_worn(segment: SegmentEntry) -> bool:
    return segment.retired_quotes > MOSTLY_LIVE * segment.quotes or 4 * len(segment.retired) > segment.records


def _has_retired(segment: SegmentEntry) -> bool:
    return any(number < segment.quoted for number in segment.retired)


def has_withdrawn(segment: SegmentEntry) -> bool:
    """Whether the file of a segment still has words of a withdrawn quote."""
    return any(number < segment.quoted for number in segment.withdrawn)


def _is_dead(segment: SegmentEntry) -> bool:
    return segment.quotes > 0 == segment.live_quotes


def _tier(segment: SegmentEntry) -> int:
    live = segment.size * segment.live_quotes // max(1, segment.quotes)
    return max(0, math.ceil(math.log(max(1, live) / SMALLEST, FANOUT)))


def _within(tier: Sequence[SegmentEntry], most: int) -> list[SegmentEntry]:
    chosen, size = [], 0
    for segment in tier:
        size += segment.size
        if size > most:
            break
        chosen.append(segment)
    return chosen


def compact(
    store: Store, effects: Effects, merge: Merge, *, most: int = LARGEST, erase: bool = False
) -> Snapshot | None:
    """Merge the segments that `plan` selects, and return the new generation; `None` if no merge is due.

    Raises `Gone` or `Unavailable` after lost races: nothing needs repair, and the next compaction tries again.
    """
    current = snapshot.load(store)
    chosen = plan(current.manifest, most, erase=erase)
    entries = [s for s in current.manifest.segments if s.id in chosen]
    if not entries:
        return None
    contents = [segments.read_verified(store, entry) for entry in entries]
    merged = ledgers_.merge([ledger for _, ledger in contents], [entry.retired for entry in entries])
    done = Rewrite(
        inputs={entry.id: transitions.retirements(entry) for entry in entries},
        renumbered={entry.id: numbers for entry, numbers in zip(entries, merged.renumbered, strict=True)},
    )
    began = effects.clock()
    parts = [
        MergePart(data, entry.table, numbers[: entry.quoted], done.inputs[entry.id])
        for (data, _), entry, numbers in zip(contents, entries, merged.renumbered, strict=True)
        if entry.quoted or entry.tombstones
    ]
    segment, data = segments.seal_merged(effects.new_id(), merge(parts), merged.ledger)
    write(store, segment, data, effects)
    records = [(quotes, ids) for _, quotes, ids, _ in ledgers_.Ledger(merged.ledger).rows()]

    def change(manifest: Manifest, nonce: str) -> Manifest | None:
        return transitions.rewrite(manifest, done, segment, records, nonce)

    return apply_until_committed(
        store, effects, change, began=began, is_done=lambda manifest: manifest.holds(segment.id)
    )
