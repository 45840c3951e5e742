"""Transitions from one generation of the index to the next: pure functions of a manifest.

Each transition accounts for every quote: the new count of live quotes and the sum of their ids equal the old ones,
plus the added quotes, minus the removed ones. So no quote is lost unnoticed while quotes move from segment to segment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from quoth.errors import Damaged, Unavailable
from quoth.storage.ledger import SUMS, Ledger, Record, Verdict, classify
from quoth.storage.manifest import MOST_RETIRED, Manifest, SegmentEntry, locate_records


@dataclass(frozen=True, slots=True)
class Transition:
    """The manifest after a change, and the verdict on each record, by key."""

    manifest: Manifest
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The inputs of a merge: the id of each merged segment, and its retired records at that time.

    `renumbered` has, for each input, the new number of each of its records, -1 if dropped.
    """

    inputs: Mapping[str, tuple[int, ...]]
    renumbered: Mapping[str, Sequence[int]]


def add(
    manifest: Manifest, segment: SegmentEntry, records: Sequence[Record], ledgers: Mapping[str, Ledger], nonce: str
) -> Transition:
    """Add a segment with its records, in the order of their numbers; retire the records that they replace.

    A rejected record (nothing new, an older version, another body under the same version) is retired in its own
    segment, so the segment's file need not be written again after a lost race. If all records are rejected, the
    manifest stays unchanged. Raises `Unavailable` if more records would be retired than a manifest may list.
    """
    verdicts: dict[str, Verdict] = {}
    retired: defaultdict[str, dict[int, Record]] = defaultdict(dict)
    locations = locate_records(manifest, ledgers, (record.key for record in records))
    for number, record in enumerate(records):
        location = locations.get(record.key)
        verdict = classify(record, location.record if location else None)
        verdicts[record.key] = verdict
        if verdict == "replaced" and location is not None:
            retired[location.segment.id][location.number] = location.record
        elif verdict != "added":
            retired[segment.id][number] = record
    if not any(verdict in ("added", "replaced") for verdict in verdicts.values()):
        return Transition(manifest, verdicts)
    segments = tuple(_retire(s, retired[s.id]) for s in (*manifest.segments, segment))
    after = _next(manifest, nonce, segments)
    if sum(len(s.retired) for s in after.segments) > MOST_RETIRED:
        raise Unavailable(f"more than {MOST_RETIRED} records are retired; compact the archive, then try again")
    return Transition(after, verdicts)


def rewrite(
    manifest: Manifest, done: Rewrite, segment: SegmentEntry, records: Sequence[tuple[int, int]], nonce: str
) -> Manifest | None:
    """Replace the inputs of a merge by the merged segment; return `None` if an input has left the index or reverted.

    Records retired in the inputs since the merge are retired in the merged segment. `records` has the quotes and the
    sum of ids of each of its records, by number. Raises `Damaged` if the quotes before and after differ.
    """
    merged = [s for s in manifest.segments if s.id in done.inputs]
    if len(merged) < len(done.inputs):
        return None
    retired_since: dict[int, Record] = {}
    for old in merged:
        if not set(old.retired).issuperset(done.inputs[old.id]):
            return None  # a rollback has restored a record that the merge dropped
        for number in set(old.retired).difference(done.inputs[old.id]):
            new = done.renumbered[old.id][number]
            retired_since[new] = Record("", 0, False, b"", *records[new])
    first = manifest.segments.index(merged[0])
    others = [s for s in manifest.segments if s.id not in done.inputs]
    after = _next(manifest, nonce, (*others[:first], _retire(segment, retired_since), *others[first:]))
    if (after.quotes, after.ids) != (manifest.quotes, manifest.ids):
        difference = f"{manifest.quotes} quotes would become {after.quotes}, or different ones"
        raise Damaged(f"merging the segments {', '.join(done.inputs)} would change the index: {difference}")
    return after


def restore(manifest: Manifest, older: Manifest, nonce: str) -> Manifest:
    """Return a new generation with the contents of an older one."""
    return Manifest(manifest.generation + 1, nonce, older.segments)


def _retire(segment: SegmentEntry, records: Mapping[int, Record]) -> SegmentEntry:
    if not records:
        return segment
    return replace(
        segment,
        retired=tuple(sorted({*segment.retired, *records})),
        retired_quotes=segment.retired_quotes + sum(record.quotes for record in records.values()),
        retired_ids=(segment.retired_ids + sum(record.ids for record in records.values())) % SUMS,
    )


def _next(manifest: Manifest, nonce: str, segments: Iterable[SegmentEntry]) -> Manifest:
    """Return the next generation, without the segments whose records are all retired."""
    return Manifest(manifest.generation + 1, nonce, tuple(s for s in segments if not _is_fully_retired(s)))


def _is_fully_retired(segment: SegmentEntry) -> bool:
    return len(segment.retired) == segment.records


def reachable(manifests: Iterable[Manifest]) -> Collection[str]:
    """Return the ids of all segments of some generations."""
    return {segment.id for manifest in manifests for segment in manifest.segments}
