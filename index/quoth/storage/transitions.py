"""From one generation of the index to the next: pure functions of a manifest.

Each keeps the books: how many quotes can be found, and the sum of their ids, are what they were, plus what entered,
minus what left. Nothing is lost in silence while quotes move from segment to segment.
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
    """The manifest after a change, and what became of each record, by key."""

    manifest: Manifest
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Segments that were merged: which, and what was retired in each at that time.

    `renumbered` has, for each of them, the new number of each of its records, -1 of those that were left out.
    """

    inputs: Mapping[str, tuple[int, ...]]
    renumbered: Mapping[str, Sequence[int]]


def add(
    manifest: Manifest, segment: SegmentEntry, records: Sequence[Record], ledgers: Mapping[str, Ledger], nonce: str
) -> Transition:
    """Add a segment with its records, in the order of their numbers; what they replace is retired where it stands.

    A record that may not enter (nothing new, an older version, another body under the same version) is retired in
    its own segment: the segment's file need not be written again when another writer was first. When nothing
    enters, the manifest stays as it is. Raises `Unavailable` when more would be retired than a manifest may say.
    """
    verdicts: dict[str, Verdict] = {}
    retired: defaultdict[str, dict[int, Record]] = defaultdict(dict)
    places = locate_records(manifest, ledgers, (record.key for record in records))
    for number, record in enumerate(records):
        place = places.get(record.key)
        verdict = classify(record, place.record if place else None)
        verdicts[record.key] = verdict
        if verdict == "replaced" and place is not None:
            retired[place.segment.id][place.number] = place.record
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
    """Put a merged segment in the place of those it was made of; `None` when they are no longer what was merged.

    What was retired in them since is retired in the new one. `records` has quotes and sum of ids of each of its
    records, by number. Raises `Damaged` if the quotes before and after are not the same.
    """
    merged = [s for s in manifest.segments if s.id in done.inputs]
    if len(merged) < len(done.inputs):
        return None
    late: dict[int, Record] = {}
    for old in merged:
        if not set(old.retired).issuperset(done.inputs[old.id]):
            return None  # a rollback has brought back what was left out
        for number in set(old.retired).difference(done.inputs[old.id]):
            new = done.renumbered[old.id][number]
            late[new] = Record("", 0, False, b"", *records[new])
    first = manifest.segments.index(merged[0])
    others = [s for s in manifest.segments if s.id not in done.inputs]
    after = _next(manifest, nonce, (*others[:first], _retire(segment, late), *others[first:]))
    if (after.quotes, after.ids) != (manifest.quotes, manifest.ids):
        lost = f"{manifest.quotes} quotes would become {after.quotes}, or others"
        raise Damaged(f"merging the segments {', '.join(done.inputs)} is not sound: {lost}")
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
    """Return the next generation; a segment of which nothing is left is no longer part of it."""
    return Manifest(manifest.generation + 1, nonce, tuple(s for s in segments if not _is_spent(s)))


def _is_spent(segment: SegmentEntry) -> bool:
    return len(segment.retired) == segment.records


def reachable(manifests: Iterable[Manifest]) -> Collection[str]:
    """Return the ids of all segments that some generations are made of."""
    return {segment.id for manifest in manifests for segment in manifest.segments}
