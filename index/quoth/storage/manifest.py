"""The one mutable object: the list of the segments that make up the index now.

All functions here are pure. transitions.py computes the next manifest; snapshot.py and commit.py read and swap it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from quoth.article import MAX_VERSION
from quoth.errors import Damaged, NotFound
from quoth.hashes import sha256
from quoth.storage import numbers
from quoth.storage.files import page_table
from quoth.storage.ledger import RECORD, SUMS, Ledger, Record

FORMAT = 4

# The limit of one S3 request, and a segment is written in one request.
LARGEST_SEGMENT = 5 * 2**30

# The limit of retired records in all segments together: more could exhaust a reader's memory.
MOST_RETIRED = 1 << 22

# How many withdrawals past generations are kept clear of. Each takes some 40 bytes of the manifest, which every reader
# reads; generations from before an older withdrawal can no longer be read.
MOST_WITHDRAWN = 4096

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUM = re.compile(r"[0-9a-f]{16}")

# The file is JSON and begins with the hash of its rest: otherwise a flipped bit in a number would go unnoticed.
_HEAD = b'{"format":4,"sha256":"%b","manifest":'
_HASH_AT = slice(22, 86)


class SegmentEntry(msgspec.Struct, frozen=True):
    """The manifest's entry of a segment.

    The file has the page table up to `index_start`, the engine's index up to `ledger_start`, then the ledger.
    `sha256` is the whole file's hash; `pages_sha256` is the page table's, which vouches for each page. `table` is the
    engine's own description of its index, which it needs before it reads any of it; storage does not interpret it.

    `quotes` counts all quotes in the file, which belong to the first `quoted` records of the ledger; `ids` is the sum
    of their ids' hashes modulo 2^64. `retired` has, ascending, the numbers of the records that are no longer part of
    the index; `retired_quotes` and `retired_ids` are the count and sum of their quotes. `retired_since` has for each of
    them the first generation without it, 0 if no generation ever had it; `withdrawn` the numbers of those that were
    withdrawn. All others were replaced. `tombstones` counts the quotes that the engine remembers by their ids only.
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
    table: Mapping[str, Any] = msgspec.field(default_factory=dict)
    retired: tuple[int, ...] = ()
    retired_since: tuple[int, ...] = ()
    withdrawn: tuple[int, ...] = ()
    retired_quotes: int = 0
    retired_ids: int = 0
    tombstones: int = 0

    @property
    def records(self) -> int:
        """The number of records in the file, retired ones included."""
        return (self.size - self.ledger_start) // RECORD

    @property
    def retired_numbers(self) -> tuple[int, ...]:
        """The numbers of the retired records that have quotes."""
        return tuple(number for number in self.retired if number < self.quoted)

    @property
    def live_quotes(self) -> int:
        """The number of quotes that are not retired."""
        return self.quotes - self.retired_quotes

    @property
    def live_ids(self) -> int:
        """The sum of the ids' hashes of the quotes that are not retired, modulo 2^64."""
        return (self.ids - self.retired_ids) % SUMS


class WithdrawnItem(NamedTuple):
    """A withdrawal that took effect: the key and the highest version that it covers, and its generation."""

    key: str
    version: int
    since: int


class Manifest(msgspec.Struct, frozen=True):
    """One generation of the index. `nonce` makes the bytes of each generation, and so its ETag, unique.

    `withdrawn` has the latest withdrawals, oldest first, each key once: past generations are shown without them. It has
    all those that are later than the generation `floor`; an older generation can no longer be shown.
    """

    generation: int = 0
    nonce: str = ""
    segments: tuple[SegmentEntry, ...] = ()
    withdrawn: tuple[WithdrawnItem, ...] = ()
    floor: int = 0

    @property
    def quotes(self) -> int:
        """The number of live quotes."""
        return sum(segment.live_quotes for segment in self.segments)

    @property
    def ids(self) -> int:
        """The sum of the ids' hashes of all live quotes, modulo 2^64; it does not depend on their segments."""
        return sum(segment.live_ids for segment in self.segments) % SUMS

    def holds(self, segment_id: str) -> bool:
        """Whether a segment is part of this generation."""
        return any(segment.id == segment_id for segment in self.segments)

    def withdrawn_after(self, generation: int) -> tuple[WithdrawnItem, ...]:
        """Return what was withdrawn after a generation; raises `NotFound` for a generation below the floor."""
        if generation < self.floor:
            raise NotFound(f"generation {generation} is not kept: too much was withdrawn since")
        return tuple(item for item in self.withdrawn if item.since > generation)


class RecordLocation(msgspec.Struct, frozen=True):
    """A record and its location: its segment, and its number there."""

    segment: SegmentEntry
    number: int
    record: Record


def locate_records(
    manifest: Manifest, ledgers: Mapping[str, Ledger], keys: Mapping[bytes, str]
) -> dict[str, RecordLocation]:
    """Return the location of the live record of each key; a key has at most one.

    `ledgers` has the ledger of each segment of the manifest, by the segment's id; `keys` is the result of
    `fingerprints`, or the keys of records by their hashes.
    """
    return {
        key: RecordLocation(segment, number, record)
        for segment in manifest.segments
        for key, (number, record) in ledgers[segment.id].find_all(keys).items()
        if not numbers.holds(segment.retired, number)
    }


def to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as it is stored."""
    value = {
        "generation": manifest.generation,
        "nonce": manifest.nonce,
        "segments": [_entry(segment) for segment in manifest.segments],
        "withdrawn": manifest.withdrawn,
        "floor": manifest.floor,
    }
    body = json.dumps(value, separators=(",", ":"), default=dict).encode()
    return _HEAD % sha256(body).encode() + body + b"}"


def _entry(segment: SegmentEntry) -> dict[str, Any]:
    entry = {name: getattr(segment, name) for name in SegmentEntry.__struct_fields__}
    sums = {"ids": f"{segment.ids:016x}", "retired_ids": f"{segment.retired_ids:016x}"}
    retired = {
        "retired": numbers.pack(segment.retired),
        "retired_since": numbers.pack_any(segment.retired_since),
        "withdrawn": numbers.pack(segment.withdrawn),
    }
    return {**entry, **sums, **retired}


def from_bytes(data: bytes) -> Manifest:
    """Return the manifest that `to_bytes` wrote; raises `Damaged`."""
    try:
        body = _body(data)
        value: dict[str, Any] = json.loads(body)
        segments = tuple(_read_segments(value["segments"]))
        withdrawn = tuple(WithdrawnItem(*item) for item in value["withdrawn"])
        manifest = Manifest(value["generation"], value["nonce"], segments, withdrawn, value["floor"])
        has_sound_withdrawals = _has_sound_withdrawals(manifest)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"manifest.json cannot be read: {error!r:.200}") from error
    if not (_is_count(manifest.generation) and isinstance(manifest.nonce, str)):
        raise Damaged("manifest.json has no generation")
    if not has_sound_withdrawals:
        raise Damaged("the withdrawals in manifest.json do not add up")
    if len({segment.id for segment in segments}) < len(segments):
        raise Damaged("manifest.json names a segment twice")
    return manifest


def _body(data: bytes) -> bytes:
    """Return the manifest's JSON, verified by the hash in front of it."""
    expected = data[_HASH_AT]
    head = _HEAD % expected
    if not (data.startswith(head) and data.endswith(b"}")):
        raise Damaged(_other_format(json.loads(data)["format"]))
    body = data[len(head) : -1]
    if sha256(body).encode() != expected:
        raise Damaged("manifest.json does not match its own hash")
    return body


def _other_format(number: object) -> str:
    if number == FORMAT:
        return "manifest.json does not begin with its own hash"
    message = f"manifest.json has format {number!r:.20}; this version of Quoth reads {FORMAT}"
    if number in (1, 2, 3):
        return (
            f"{message}. The originals are in the same store, under articles/ and imports/: index it into a new store"
        )
    return message


def _read_segments(entries: Iterable[Any]) -> Iterator[SegmentEntry]:
    room = MOST_RETIRED
    for entry in entries:
        segment = _read_segment(entry, room)
        room -= len(segment.retired)
        yield segment


def _read_segment(entry: Any, most_retired: int) -> SegmentEntry:
    """Return an entry after validation: its JSON is untrusted, and its numbers become offsets in a file."""
    name = entry["id"]
    texts = [entry[name] for name in ("ids", "retired_ids", "retired", "retired_since", "withdrawn")]
    if not (isinstance(name, str) and _ID.fullmatch(name)):
        raise Damaged(f"manifest.json names a segment {name!r:.80}")
    inconsistent = Damaged(f"the manifest.json entry of segment {name} does not add up")
    if not (all(isinstance(text, str) for text in texts) and all(map(_SUM.fullmatch, texts[:2]))):
        raise inconsistent
    sums = {"ids": int(texts[0], 16), "retired_ids": int(texts[1], 16)}
    segment = SegmentEntry(**{**entry, **sums, "retired": (), "retired_since": (), "withdrawn": ()})
    if not (_has_sound_types(segment) and _adds_up(segment)):
        raise inconsistent
    try:
        retired = numbers.unpack(texts[2], segment.records, most_retired)
        since = numbers.unpack_any(texts[3], len(retired))
        withdrawn = numbers.unpack(texts[4], segment.records, len(retired))
    except ValueError:
        raise inconsistent from None
    if not set(retired).issuperset(withdrawn):
        raise inconsistent
    return replace(segment, retired=retired, retired_since=since, withdrawn=withdrawn)


def _has_sound_withdrawals(manifest: Manifest) -> bool:
    counts = [manifest.floor, *(item.since for item in manifest.withdrawn)]
    versions = [item.version for item in manifest.withdrawn]
    generations = [manifest.floor, *(item.since for item in manifest.withdrawn)]
    return (
        all(map(_is_count, counts))
        and all(type(version) is int and 1 <= version <= MAX_VERSION for version in versions)
        and all(map(_ID.fullmatch, (item.key for item in manifest.withdrawn)))
        and all(earlier <= later for earlier, later in pairwise(generations))
        and len({item.key for item in manifest.withdrawn}) == len(manifest.withdrawn) <= MOST_WITHDRAWN
    )


def _has_sound_types(segment: SegmentEntry) -> bool:
    counts = (segment.size, segment.quotes, segment.quoted, segment.index_start, segment.ledger_start)
    hashes: tuple[object, ...] = (segment.sha256, segment.pages_sha256, segment.ledger_sha256)
    return (
        all(map(_is_count, (*counts, segment.retired_quotes, segment.tombstones)))
        and all(isinstance(text, str) and _SHA256.fullmatch(text) for text in hashes)
        and isinstance(segment.table, dict)
    )


def _adds_up(segment: SegmentEntry) -> bool:
    paged = segment.size - segment.index_start
    return (
        segment.index_start <= segment.ledger_start <= segment.size <= LARGEST_SEGMENT
        and page_table.page_size(segment.index_start, paged) is not None
        and (segment.size - segment.ledger_start) % RECORD == 0
        and segment.quoted <= min(segment.records, segment.quotes)
        and segment.live_quotes >= 0
    )


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53  # every JSON reader represents these integers exactly
