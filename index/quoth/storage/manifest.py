"""The one mutable object: which segments make the index now.

Everything here is pure. What follows a manifest is the business of transitions.py, reading and swapping it that of
snapshot.py and commit.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from quoth.errors import Damaged
from quoth.hashes import sha256
from quoth.storage import numbers
from quoth.storage.files import page_table
from quoth.storage.ledger import RECORD, SUMS, Ledger, Record, fingerprints

FORMAT = 3

# S3 takes no more in one request, and a segment is written in one.
LARGEST_SEGMENT = 5 * 2**30

# Records that may be retired in all segments together. A manifest that says more would take all of a reader's memory.
MOST_RETIRED = 1 << 22

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUM = re.compile(r"[0-9a-f]{16}")

# The file is JSON, and begins with the hash of the rest of it: a flipped bit in a number would go unnoticed.
_HEAD = b'{"format":3,"sha256":"%b","manifest":'
_HASH_AT = slice(22, 86)


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment as the manifest vouches for it.

    The file holds the page table up to `index_start`, the engine's index up to `ledger_start`, then the ledger.
    `sha256` is the whole file's; `pages_sha256` is the page table's, so that it vouches for each page. `table` is
    what the engine wants to know of its index before it reads any of it; storage does not look inside.

    `quotes` counts all that were written, by the first `quoted` records of the ledger, and `ids` is the sum of their
    ids' hashes modulo 2^64. `retired` has, ascending, the numbers of the records that are no longer part of the index,
    `retired_quotes` and `retired_ids` are what they take away.
    """

    id: str
    size: int
    sha256: str
    index_start: int
    pages_sha256: str
    ledger_start: int
    ledger_sha256: str
    quotes: int
    quoted: int
    ids: int
    table: Mapping[str, Any] = field(default_factory=dict)
    retired: tuple[int, ...] = ()
    retired_quotes: int = 0
    retired_ids: int = 0

    @property
    def records(self) -> int:
        """How many records were written."""
        return (self.size - self.ledger_start) // RECORD

    @property
    def retired_numbers(self) -> tuple[int, ...]:
        """Those of the retired records that have quotes."""
        return tuple(number for number in self.retired if number < self.quoted)

    @property
    def live_quotes(self) -> int:
        """How many of its quotes can be found."""
        return self.quotes - self.retired_quotes

    @property
    def live_ids(self) -> int:
        """The sum of the ids' hashes of the quotes that can be found, modulo 2^64."""
        return (self.ids - self.retired_ids) % SUMS


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of the index. `nonce` makes every generation's bytes, and so its ETag, unlike any other's."""

    generation: int = 0
    nonce: str = ""
    segments: tuple[SegmentEntry, ...] = ()

    @property
    def quotes(self) -> int:
        """How many quotes can be found."""
        return sum(segment.live_quotes for segment in self.segments)

    @property
    def ids(self) -> int:
        """The sum of the ids' hashes of all quotes that can be found, modulo 2^64, whatever segments they are in."""
        return sum(segment.live_ids for segment in self.segments) % SUMS

    def holds(self, segment_id: str) -> bool:
        """Whether a segment is part of this generation."""
        return any(segment.id == segment_id for segment in self.segments)


@dataclass(frozen=True, slots=True)
class RecordLocation:
    """Where a record stands: its segment, and its number there."""

    segment: SegmentEntry
    number: int
    record: Record


def locate_records(manifest: Manifest, ledgers: Mapping[str, Ledger], keys: Iterable[str]) -> dict[str, RecordLocation]:
    """Return where the record of each key stands that is part of the index now; at most one is.

    `ledgers` holds the ledger of each segment of the manifest, by the segment's id.
    """
    wanted = fingerprints(keys)
    return {
        key: RecordLocation(segment, number, record)
        for segment in manifest.segments
        for key, (number, record) in ledgers[segment.id].find_all(wanted).items()
        if not numbers.holds(segment.retired, number)
    }


def to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is stored."""
    value = {
        "generation": manifest.generation,
        "nonce": manifest.nonce,
        "segments": [_entry(segment) for segment in manifest.segments],
    }
    body = json.dumps(value, separators=(",", ":"), default=dict).encode()
    return _HEAD % sha256(body).encode() + body + b"}"


def _entry(segment: SegmentEntry) -> dict[str, Any]:
    entry = {f.name: getattr(segment, f.name) for f in fields(segment)}
    sums = {"ids": f"{segment.ids:016x}", "retired_ids": f"{segment.retired_ids:016x}"}
    return {**entry, **sums, "retired": numbers.pack(segment.retired)}


def from_bytes(data: bytes) -> Manifest:
    """Read back what `to_bytes` wrote; raises `Damaged`."""
    try:
        body = _body(data)
        value: dict[str, Any] = json.loads(body)
        segments = tuple(_read_segments(value["segments"]))
        manifest = Manifest(value["generation"], value["nonce"], segments)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"manifest.json cannot be read: {error!r:.200}") from error
    if not (_is_count(manifest.generation) and isinstance(manifest.nonce, str)):
        raise Damaged("manifest.json has no generation")
    if len({segment.id for segment in segments}) < len(segments):
        raise Damaged("manifest.json names a segment twice")
    return manifest


def _body(data: bytes) -> bytes:
    """Return what the hash in front of it vouches for."""
    found = data[_HASH_AT]
    head = _HEAD % found
    if not (data.startswith(head) and data.endswith(b"}")):
        raise Damaged(_other_format(json.loads(data)["format"]))
    body = data[len(head) : -1]
    if sha256(body).encode() != found:
        raise Damaged("manifest.json is not what its own hash says")
    return body


def _other_format(found: object) -> str:
    if found == FORMAT:
        return "manifest.json does not begin with its own hash"
    told = f"manifest.json has format {found!r:.20}; this version of Quoth reads {FORMAT}"
    if found in (1, 2):
        return f"{told}. What was handed in is kept beside it, under articles/ and imports/: index it into a new store"
    return told


def _read_segments(entries: Iterable[Any]) -> Iterator[SegmentEntry]:
    room = MOST_RETIRED
    for entry in entries:
        segment = _read_segment(entry, room)
        room -= len(segment.retired)
        yield segment


def _read_segment(entry: Any, most_retired: int) -> SegmentEntry:
    """Return an entry that a reader can rely on: it may be anybody's JSON, and its numbers become places in a file."""
    name, texts = entry["id"], [entry[name] for name in ("ids", "retired_ids", "retired")]
    if not (isinstance(name, str) and _ID.fullmatch(name)):
        raise Damaged(f"manifest.json names a segment {name!r:.80}")
    odd = Damaged(f"what manifest.json says of segment {name} does not add up")
    if not (all(isinstance(text, str) for text in texts) and all(map(_SUM.fullmatch, texts[:2]))):
        raise odd
    sums = {"ids": int(texts[0], 16), "retired_ids": int(texts[1], 16)}
    segment = SegmentEntry(**{**entry, **sums, "retired": ()})
    if not (_has_sound_types(segment) and _adds_up(segment)):
        raise odd
    try:
        return replace(segment, retired=numbers.unpack(texts[2], segment.records, most_retired))
    except ValueError:
        raise odd from None


def _has_sound_types(segment: SegmentEntry) -> bool:
    counts = (segment.size, segment.quotes, segment.quoted, segment.index_start, segment.ledger_start)
    hashes: tuple[object, ...] = (segment.sha256, segment.pages_sha256, segment.ledger_sha256)
    return (
        all(map(_is_count, (*counts, segment.retired_quotes)))
        and all(isinstance(text, str) and _SHA256.fullmatch(text) for text in hashes)
        and isinstance(segment.table, dict)
    )


def _adds_up(segment: SegmentEntry) -> bool:
    paged = segment.size - segment.index_start
    return (
        segment.index_start <= segment.ledger_start <= segment.size <= LARGEST_SEGMENT
        and segment.index_start == page_table.pages(paged) * page_table.DIGEST
        and (segment.size - segment.ledger_start) % RECORD == 0
        and segment.quoted <= min(segment.records, segment.quotes)
        and segment.live_quotes >= 0
    )


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53  # what every reader of JSON keeps exactly
