"""The one mutable object: which segments make the index now.

Everything here is pure: a transition takes a manifest and returns the next one. Reading and swapping it is the
business of snapshot.py and commit.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quoth.errors import Damaged
from quoth.storage.ledger import Ledger, Record, Verdict, judge

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as the manifest vouches for it.

    The file holds the engine's index in its first `ledger_start` bytes and the ledger in the rest. `quotes` counts
    all that were written; `retired` names the records whose quotes are no longer part of the index, each with the
    number of its quotes.
    """

    id: str
    size: int
    sha256: str
    quotes: int
    ledger_start: int
    ledger_sha256: str
    retired: Mapping[str, int] = field(default_factory=dict)

    @property
    def live_quotes(self) -> int:
        """How many of its quotes can be found."""
        return self.quotes - sum(self.retired.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of the index. `nonce` makes every generation's bytes, and so its ETag, unlike any other's."""

    generation: int = 0
    nonce: str = ""
    segments: tuple[Segment, ...] = ()

    @property
    def quotes(self) -> int:
        """How many quotes can be found."""
        return sum(segment.live_quotes for segment in self.segments)

    def holds(self, segment_id: str) -> bool:
        """Whether a segment is part of this generation."""
        return any(segment.id == segment_id for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Transition:
    """The manifest after a change, and what became of each record, by key."""

    manifest: Manifest
    verdicts: Mapping[str, Verdict]


def standing(manifest: Manifest, ledgers: Mapping[str, Ledger], key: str) -> tuple[Segment, Record] | None:
    """Return the record of a key that is part of the index now, and its segment; at most one is.

    `ledgers` holds the ledger of each segment of the manifest, by the segment's id.
    """
    for segment in manifest.segments:
        if key not in segment.retired and (record := ledgers[segment.id].find(key)):
            return segment, record
    return None


def add(
    manifest: Manifest, segment: Segment, records: Sequence[Record], ledgers: Mapping[str, Ledger], nonce: str
) -> Transition:
    """Add a segment with its records; what they replace is retired where it stands.

    A record that may not enter (nothing new, an older version, another body under the same version) is retired in
    its own segment: the segment's file need not be written again when another writer was first. When nothing
    enters, the manifest stays as it is.
    """
    verdicts: dict[str, Verdict] = {}
    retired: dict[str, dict[str, int]] = {segment.id: {}, **{s.id: dict(s.retired) for s in manifest.segments}}
    for record in records:
        place = standing(manifest, ledgers, record.key)
        verdict = judge(record, place and place[1])
        verdicts[record.key] = verdict
        if verdict == "replaced" and place is not None:
            retired[place[0].id][record.key] = place[1].quotes
        elif verdict != "added":
            retired[segment.id][record.key] = record.quotes
    if not any(verdict in ("added", "replaced") for verdict in verdicts.values()):
        return Transition(manifest, verdicts)
    segments = tuple(replace(s, retired=retired[s.id]) for s in (*manifest.segments, segment))
    return Transition(Manifest(manifest.generation + 1, nonce, segments), verdicts)


def to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is stored."""
    segments = [
        {
            "id": s.id,
            "size": s.size,
            "sha256": s.sha256,
            "quotes": s.quotes,
            "ledger_start": s.ledger_start,
            "ledger_sha256": s.ledger_sha256,
            "retired": dict(s.retired),
        }
        for s in manifest.segments
    ]
    value = {
        "format": FORMAT,
        "generation": manifest.generation,
        "nonce": manifest.nonce,
        "segments": segments,
    }
    return json.dumps(value, separators=(",", ":")).encode()


def from_bytes(data: bytes) -> Manifest:
    """Read back what `to_bytes` wrote; raises `Damaged`."""
    try:
        value: dict[str, Any] = json.loads(data)
        if value["format"] != FORMAT:
            raise Damaged(f"manifest.json has format {value['format']}; this version of Quoth reads {FORMAT}")
        segments = tuple(Segment(**entry) for entry in value["segments"])
        return Manifest(value["generation"], value["nonce"], segments)
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"manifest.json cannot be read: {error!r}") from error
