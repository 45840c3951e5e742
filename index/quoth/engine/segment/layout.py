"""The file of a segment: a header, named sections, and the table of the sections. See docs/segment-format.md.

A section is a flat little-endian array that numpy reads in place, or bytes. Nothing in a file runs code.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import msgspec
import numpy as np

from quoth.errors import Damaged, Outdated

MAGIC = b"QUOTHSEG"
FORMAT = 3
FIRST_ANALYSIS = 1  # of tables that name none
ALIGNMENT = 64  # a cache line; more than any processor requires of an array

# The magic, the format, then the length, the start and the CRC-32 of the table; the rest of 64 bytes is zero.
_HEAD = struct.Struct("<8sIIQI36x")

Array = np.ndarray[Any, np.dtype[Any]]

# The types of sections, with the size of an item in bytes: `b` is bytes, the others are numpy's names for integers.
WIDTHS = {"b": 1, "u1": 1, "u2": 2, "u4": 4, "u8": 8, "i2": 2, "i4": 4, "i8": 8}


class Section(msgspec.Struct, frozen=True):
    """The span of a section (half-open, in bytes of the file), its type, and the CRC-32 of its bytes."""

    start: int
    stop: int
    type: str
    crc32: int

    @property
    def width(self) -> int:
        """The size of an item in bytes."""
        return WIDTHS[self.type]

    def __len__(self) -> int:
        return (self.stop - self.start) // self.width


class SectionTable(msgspec.Struct, frozen=True):
    """The metadata that a reader needs before any other byte of a segment.

    `documents` counts its quotes; `lengths` has the total number of tokens of each text field; `analysis` is the number
    of the analysis that made its terms.
    """

    documents: int
    lengths: Mapping[str, int]
    sections: Mapping[str, Section]
    analysis: int = FIRST_ANALYSIS

    def __getitem__(self, name: str) -> Section:
        try:
            return self.sections[name]
        except KeyError:
            raise Damaged(f"the segment has no section {name!r}") from None


def pack(
    documents: int,
    lengths: Mapping[str, int],
    contents: Iterable[tuple[str, Array | bytes]],
    analysis: int = FIRST_ANALYSIS,
) -> bytes:
    """Return a file with these sections, in this order.

    >>> data = pack(1, {}, [("published", np.array([7], "i8"))])
    >>> section = read_table(data)["published"]
    >>> section.start, section.stop, section.type
    (64, 72, 'i8')
    """
    file, sections = BytesIO(), dict[str, Section]()  # one buffer, not a join: a file may be large
    end = file.write(bytes(_HEAD.size))
    for name, content in contents:
        data, kind = (content, "b") if isinstance(content, bytes) else (_bytes(content), _type(content))
        start = end + file.write(bytes(-end % ALIGNMENT))
        end = start + file.write(data)
        sections[name] = Section(start, end, kind, zlib.crc32(data))
    table = json.dumps(to_json(SectionTable(documents, lengths, sections, analysis)), separators=(",", ":")).encode()
    file.write(table)
    file.seek(0)
    file.write(_HEAD.pack(MAGIC, FORMAT, len(table), end, zlib.crc32(table)))
    return file.getvalue()


def read_table(data: bytes | memoryview) -> SectionTable:
    """Return the table of a complete file; raises `Damaged`.

    A reader that fetches by range has the table from the manifest and needs no header.
    """
    if len(data) < _HEAD.size:
        raise Damaged(f"a segment of {len(data)} bytes has no header")
    magic, version, length, start, crc32 = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise Damaged(f"a segment begins with {magic!r}, not with {MAGIC!r}")
    _check_format(version)
    table = bytes(data[start : start + length])
    if len(table) != length or zlib.crc32(table) != crc32:
        raise Damaged("the table of a segment does not match its checksum")
    try:
        return from_json(json.loads(table))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"the table of a segment is not JSON: {error}") from error


def check(data: bytes | memoryview) -> None:
    """Verify the checksum of each section of a complete file; raises `Damaged` with the name of the section."""
    for name, section in read_table(data).sections.items():
        if zlib.crc32(data[section.start : section.stop]) != section.crc32:
            raise Damaged(f"section {name!r} of a segment does not match its checksum")


def _check_format(version: Any) -> None:
    if version in range(1, FORMAT):
        raise Outdated(
            f"this archive has segments of format {version}, and this version of Quoth has {FORMAT};"
            " carry it over: `quoth reindex --into NEW_STORE`"
        )
    if version != FORMAT:
        raise Damaged(f"a segment has format {version!r}; this version of Quoth reads {FORMAT}")


def to_json(table: SectionTable) -> dict[str, Any]:
    """Return the table as plain JSON values, compact: every manifest carries one for each segment."""
    sections = {name: [s.start, s.stop - s.start, s.type, s.crc32] for name, s in table.sections.items()}
    counts = {"documents": table.documents, "lengths": dict(table.lengths)}
    return {"format": FORMAT, "analysis": table.analysis, **counts, "sections": sections}


def from_json(value: Any) -> SectionTable:
    """Return the table that `to_json` wrote; raises `Damaged` for anything else."""
    try:
        _check_format(value["format"])
        sections = {name: _section(name, *entry) for name, entry in value["sections"].items()}
        lengths = {name: _natural(length) for name, length in value["lengths"].items()}
        analysis = _natural(value.get("analysis", FIRST_ANALYSIS))
        return SectionTable(_natural(value["documents"]), lengths, sections, analysis)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"the table of a segment cannot be read: {error!r}") from error


def _section(name: str, start: int, size: int, kind: str, crc32: int) -> Section:
    if _natural(start) % ALIGNMENT or _natural(size) % WIDTHS[kind]:
        raise ValueError(f"section {name!r} is not aligned")
    return Section(start, start + size, kind, _natural(crc32))


def _natural(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError(f"{value!r} is not a count")
    return value


def smallest(values: Array) -> Array:
    """Return non-negative integers in the smallest unsigned type that fits them.

    >>> smallest(np.array([3, 300])).dtype.str
    '<u2'
    """
    highest = int(values.max(initial=0))
    return values.astype(next(f"<{kind}" for kind in ("u1", "u2", "u4", "u8") if highest <= np.iinfo(kind).max))


def _type(array: Array) -> str:
    return array.dtype.str[1:]


def _bytes(array: Array) -> bytes:
    return (array if sys.byteorder == "little" else array.astype(array.dtype.newbyteorder("<"))).tobytes()
