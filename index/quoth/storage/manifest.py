"""The one mutable object: which segments make the index now.

Everything here is pure: a transition takes a manifest and returns the next one. Reading and swapping it is the
business of snapshot.py and commit.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from quoth.errors import Damaged
from quoth.storage import pagetable
from quoth.storage.ledger import RECORD, Ledger, Record, Verdict, fingerprints, judge

FORMAT = 2

# S3 takes no more in one request, and a segment is written in one.
LARGEST_SEGMENT = 5 * 2**30

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as the manifest vouches for it.

    The file holds the page table up to `index_start`, the engine's index up to `ledger_start`, then the ledger.
    `sha256` is the whole file's; `pages_sha256` is the page table's, so that it vouches for each page. `table` is
    what the engine wants to know of its index before it reads any of it; storage does not look inside. `quotes`
    counts all that were written; `retired` names the records whose quotes are no longer part of the index, each with
    the number of its quotes.
    """

    id: str
    size: int
    sha256: str
    quotes: int
    index_start: int
    pages_sha256: str
    ledger_start: int
    ledger_sha256: str
    table: Mapping[str, Any] = field(default_factory=dict)
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


def standing(
    manifest: Manifest, ledgers: Mapping[str, Ledger], keys: Iterable[str]
) -> dict[str, tuple[Segment, Record]]:
    """Return the record of each key that is part of the index now, and its segment; at most one is.

    `ledgers` holds the ledger of each segment of the manifest, by the segment's id.
    """
    wanted = fingerprints(keys)
    return {
        key: (segment, record)
        for segment in manifest.segments
        for key, record in ledgers[segment.id].find_all(wanted).items()
        if key not in segment.retired
    }


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
    places = standing(manifest, ledgers, (record.key for record in records))
    for record in records:
        place = places.get(record.key)
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
    value = {
        "format": FORMAT,
        "generation": manifest.generation,
        "nonce": manifest.nonce,
        "segments": [{f.name: getattr(segment, f.name) for f in fields(segment)} for segment in manifest.segments],
    }
    return json.dumps(value, separators=(",", ":"), default=dict).encode()


def from_bytes(data: bytes) -> Manifest:
    """Read back what `to_bytes` wrote; raises `Damaged`."""
    try:
        value: dict[str, Any] = json.loads(data)
        if value["format"] != FORMAT:
            raise Damaged(_other_format(value["format"]))
        segments = tuple(_read_segment(entry) for entry in value["segments"])
        manifest = Manifest(value["generation"], value["nonce"], segments)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"manifest.json cannot be read: {error!r:.200}") from error
    if not (_is_count(manifest.generation) and _is_text(manifest.nonce)):
        raise Damaged("manifest.json has no generation")
    if len({segment.id for segment in segments}) < len(segments):
        raise Damaged("manifest.json names a segment twice")
    return manifest


def _other_format(found: object) -> str:
    told = f"manifest.json has format {found!r:.20}; this version of Quoth reads {FORMAT}"
    if found == 1:
        return f"{told}. What was handed in is kept beside it, under articles/ and imports/: index it into a new store"
    return told


def _read_segment(entry: Any) -> Segment:
    """Return an entry that a reader can rely on: it may be anybody's JSON, and its numbers become places in a file."""
    segment = Segment(**entry)
    if not (_is_text(segment.id) and _ID.fullmatch(segment.id)):
        raise Damaged(f"manifest.json names a segment {segment.id!r:.80}")
    if not (_has_sound_types(segment) and _adds_up(segment)):
        raise Damaged(f"what manifest.json says of segment {segment.id} does not add up")
    return segment


def _has_sound_types(segment: Segment) -> bool:
    numbers = (segment.size, segment.quotes, segment.index_start, segment.ledger_start)
    hashes = (segment.sha256, segment.pages_sha256, segment.ledger_sha256)
    return (
        all(map(_is_count, numbers))
        and all(_is_text(text) and _SHA256.fullmatch(text) for text in hashes)
        and isinstance(segment.table, dict)
        and isinstance(segment.retired, dict)
        and all(key.isascii() and _is_count(quotes) for key, quotes in segment.retired.items())
    )


def _adds_up(segment: Segment) -> bool:
    paged = segment.size - segment.index_start
    return (
        segment.index_start <= segment.ledger_start <= segment.size <= LARGEST_SEGMENT
        and segment.index_start == pagetable.pages(paged) * pagetable.DIGEST
        and (segment.size - segment.ledger_start) % RECORD == 0
        and segment.live_quotes >= 0
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53  # what every reader of JSON keeps exactly
