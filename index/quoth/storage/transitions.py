"""Transitions from one generation of the index to the next: pure functions of a manifest.

Each transition accounts for every quote: the new count of live quotes and the sum of their ids equal the old ones,
plus the added quotes, minus the removed ones. So no quote is lost unnoticed while quotes move from segment to segment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from quoth.errors import Damaged, Unavailable
from quoth.storage.ledger import SUMS, Ledger, Record, Verdict, classify, fingerprints, in_order
from quoth.storage.manifest import (
    MOST_RETIRED,
    MOST_WITHDRAWN,
    Manifest,
    RecordLocation,
    SegmentEntry,
    WithdrawnItem,
    locate_records,
)
from quoth.storage.segments import Draft, Retirement


class Transition(msgspec.Struct, frozen=True):
    """The manifest after a change, and the verdict on each record, by key."""

    manifest: Manifest
    verdicts: Mapping[str, Verdict]


# A key, and a version of its item.
VersionedKey = tuple[str, int]

# A record that is rejected when it is added: it is retired in its own segment.
REJECTED = Retirement(0, is_withdrawn=False)


def retirements(segment: SegmentEntry) -> dict[int, Retirement]:
    """Return the retired records of a segment, by number."""
    withdrawn = set(segment.withdrawn)
    return {
        number: Retirement(since, number in withdrawn)
        for number, since in zip(segment.retired, segment.retired_since, strict=True)
    }


class Rewrite(msgspec.Struct, frozen=True):
    """The inputs of a merge: the id of each merged segment, and its retired records at that time.

    `renumbered` has, for each input, the new number of each of its records, -1 if dropped.
    """

    inputs: Mapping[str, Mapping[int, Retirement]]
    renumbered: Mapping[str, Sequence[int]]


def add(
    manifest: Manifest,
    segment: SegmentEntry,
    records: Sequence[Record],
    ledgers: Mapping[str, Ledger],
    nonce: str,
    withdrawn: Iterable[VersionedKey] = (),
) -> Transition:
    """Add a segment with its records, in any order; retire the records that they replace.

    A rejected record (nothing new, an older version, another body under the same version) is retired in its own
    segment, so the segment's file need not be written again after a lost race. If all records are rejected, the
    segment is not added. `withdrawn` are withdrawals that have no record, because a higher version of their item is
    there. Raises `Unavailable` if more records would be retired than a manifest may list.
    """
    verdicts: dict[str, Verdict] = dict.fromkeys([record.key for record in records], "added")
    withdrawals = [*withdrawn, *((record.key, record.version) for record in records if record.withdrawn)]
    retired = _Retired()
    since = manifest.generation + 1
    locations = locate_records(manifest, ledgers, {record.key_hash: record.key for record in records})
    for number, record in enumerate(in_order(records) if locations else ()):
        if (location := locations.get(record.key)) is None:
            continue
        verdict = verdicts[record.key] = classify(record, location.record)
        if verdict == "replaced":
            retired.add(location, Retirement(since, record.withdrawn))
        else:
            retired.add(RecordLocation(segment, number, record), REJECTED)
    if not any(verdict in ("added", "replaced") for verdict in verdicts.values()):
        return Transition(withdraw(manifest, withdrawals, nonce), verdicts)
    remembered = _remember(manifest, withdrawals)
    after = _next(remembered, nonce, retired.of((*manifest.segments, segment)))
    if sum(len(s.retired) for s in after.segments) > MOST_RETIRED:
        raise Unavailable(f"more than {MOST_RETIRED} records are retired; compact the archive, then try again")
    return Transition(after, verdicts)


def withdraw(manifest: Manifest, withdrawn: Iterable[VersionedKey], nonce: str) -> Manifest:
    """Return a generation that also lists withdrawals whose items have a higher version; the same if all are listed.

    The order in which a withdrawal and a higher version arrive must not decide what past generations show.
    """
    remembered = _remember(manifest, withdrawn)
    return manifest if remembered is manifest else _next(remembered, nonce, manifest.segments)


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
    retired = _Retired()
    for old in merged:
        now, then = retirements(old), done.inputs[old.id]
        if not now.items() >= then.items():
            return None  # a rollback has restored a record that the merge dropped
        for number in now.keys() - then.keys():
            new = done.renumbered[old.id][number]
            retired.add(RecordLocation(segment, new, Record("", 0, False, b"", *records[new])), now[number])
    first = manifest.segments.index(merged[0])
    others = [s for s in manifest.segments if s.id not in done.inputs]
    after = _next(manifest, nonce, retired.of((*others[:first], segment, *others[first:])))
    if (after.quotes, after.ids) != (manifest.quotes, manifest.ids):
        difference = f"{manifest.quotes} quotes would become {after.quotes}, or different ones"
        raise Damaged(f"merging the segments {', '.join(done.inputs)} would change the index: {difference}")
    return after


def restore(manifest: Manifest, older: Manifest, nonce: str) -> Manifest:
    """Return a new generation with the contents of an older one; what was withdrawn since is there again."""
    return replace(older, generation=manifest.generation + 1, nonce=nonce)


def roll_back(
    manifest: Manifest, older: Manifest, carried: Draft, ledgers: Mapping[str, Ledger], nonce: str
) -> Manifest:
    """Return a new generation with the contents of an older one, except what was withdrawn since.

    `carried` is a segment of the withdrawals after the older generation, so that a late delivery adds nothing.
    """
    kept = without_withdrawn(older, manifest, ledgers)
    after = add(kept, carried.entry, carried.records, ledgers, nonce).manifest
    later = manifest.withdrawn_after(older.generation)
    keys = {item.key for item in later}
    after = replace(after, generation=manifest.generation + 1, nonce=nonce, floor=max(older.floor, manifest.floor))
    return _with_withdrawn(after, [*(item for item in older.withdrawn if item.key not in keys), *later])


def without_withdrawn(older: Manifest, newest: Manifest, ledgers: Mapping[str, Ledger]) -> Manifest:
    """Return an older generation without the records that were withdrawn after it, up to the newest generation.

    `ledgers` has the ledger of each segment of the older generation. Raises `NotFound` if more was withdrawn since
    than the newest manifest tells.
    """
    later = {item.key: item for item in newest.withdrawn_after(older.generation)}
    retired = _Retired()
    for key, location in locate_records(older, ledgers, fingerprints(later)).items():
        if location.record.rank <= (later[key].version, False):
            retired.add(location, Retirement(later[key].since, is_withdrawn=True))
    return replace(older, segments=tuple(retired.of(older.segments)))


class _Retired:
    """Records to retire, by segment."""

    def __init__(self) -> None:
        self._by_segment = defaultdict[str, dict[int, tuple[Record, Retirement]]](dict)

    def add(self, location: RecordLocation, retirement: Retirement) -> None:
        """Retire a record."""
        self._by_segment[location.segment.id][location.number] = location.record, retirement

    def of(self, segments: Iterable[SegmentEntry]) -> Iterator[SegmentEntry]:
        """Yield the segments, each with its retired records."""
        return (_retire(segment, self._by_segment.get(segment.id, {})) for segment in segments)


def _retire(segment: SegmentEntry, records: Mapping[int, tuple[Record, Retirement]]) -> SegmentEntry:
    if not records:
        return segment
    new = {number: retirement for number, (_, retirement) in records.items()}
    retired = dict(sorted({**new, **retirements(segment)}.items()))
    return replace(
        segment,
        retired=tuple(retired),
        retired_since=tuple(retirement.since for retirement in retired.values()),
        withdrawn=tuple(number for number, retirement in retired.items() if retirement.is_withdrawn),
        retired_quotes=segment.retired_quotes + sum(record.quotes for record, _ in records.values()),
        retired_ids=(segment.retired_ids + sum(record.ids for record, _ in records.values())) % SUMS,
    )


def _remember(manifest: Manifest, withdrawn: Iterable[VersionedKey]) -> Manifest:
    """Add withdrawals to those that past generations are shown without, except those that it lists already."""
    known = {item.key: item.version for item in manifest.withdrawn}
    new: dict[str, int] = {}
    for key, version in withdrawn:
        if version > max(known.get(key, 0), new.get(key, 0)):
            new[key] = version
    if not new:
        return manifest
    since = manifest.generation + 1
    kept = (item for item in manifest.withdrawn if item.key not in new)
    return _with_withdrawn(manifest, [*kept, *(WithdrawnItem(key, version, since) for key, version in new.items())])


def _with_withdrawn(manifest: Manifest, items: Sequence[WithdrawnItem]) -> Manifest:
    """Return the manifest with the last of these withdrawals, oldest first; raise the floor above all others."""
    floor = max([manifest.floor, *(item.since for item in items[:-MOST_WITHDRAWN])])
    return replace(manifest, withdrawn=tuple(item for item in items if item.since > floor), floor=floor)


def _next(manifest: Manifest, nonce: str, segments: Iterable[SegmentEntry]) -> Manifest:
    """Return the next generation, without the segments of which nobody can remember anything."""
    kept = tuple(segment for segment in segments if not _is_forgotten(segment))
    return replace(manifest, generation=manifest.generation + 1, nonce=nonce, segments=kept)


def _is_forgotten(segment: SegmentEntry) -> bool:
    """Whether all records of a segment are retired, and no generation ever had one with a quote.

    Any other segment stays until a merge has made tombstones of its quotes.
    """
    if len(segment.retired) < segment.records or segment.tombstones:
        return False
    return not any(since for number, since in enumerate(segment.retired_since) if number < segment.quoted)


def reachable(manifests: Iterable[Manifest]) -> Collection[str]:
    """Return the ids of all segments of some generations."""
    return {segment.id for manifest in manifests for segment in manifest.segments}
