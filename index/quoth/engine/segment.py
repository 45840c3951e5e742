"""A segment's index: quotes in, bytes out, and a reader over the bytes.

Whoosh's own W3 codec, packed into one file. Its table of contents, locks and clean-up stay unused: which segments
exist is the manifest's business. The bytes hold pickles, so only bytes that the manifest vouches for are opened.
"""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Iterable
from typing import Any

from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.reading import IndexReader, SegmentReader

from quoth.engine.schema import SCHEMA, document
from quoth.errors import Damaged
from quoth.quote import Quote, to_json

# The file: this mark, the length of a JSON header, the header, Whoosh's compound file.
_MAGIC = b"QUOTH-W3"
_HEAD = struct.Struct("<8sI")

_NAME = "quotes"
_SEGMENT = "1"
_FILE = f"{_NAME}_{_SEGMENT}.seg"
# Postings held in memory while a segment is built, before Whoosh spills them to a temporary file.
_BUILD_MEGABYTES = 256


class _Codec(W3Codec):  # type: ignore[misc]
    """W3 with a fixed segment name, so that equal quotes give equal bytes."""

    segment: W3Segment

    def new_segment(self, storage: Any, indexname: str) -> W3Segment:  # noqa: ARG002 - the base class's
        self.segment = W3Segment(self, indexname, segid=_SEGMENT)
        return self.segment


class _Files(RamStorage):  # type: ignore[misc]
    """Files in memory; what does not fit is spilled to a folder of our own.

    Whoosh's own choice is a folder with one name for all processes, which it leaves behind.
    """

    def __init__(self, spill: str = "") -> None:
        super().__init__()
        self._spill = spill

    def temp_storage(self, name: str | None = None) -> FileStorage:  # noqa: ARG002 - the base class's
        return FileStorage(self._spill)


def build(quotes: Iterable[tuple[str, Quote]]) -> bytes:
    """Return the index of quotes, each with the key of the record it belongs to; no quotes, no bytes."""
    codec, count = _Codec(), 0
    with tempfile.TemporaryDirectory(prefix="quoth-") as spill:
        files = _Files(spill)
        writer = files.create_index(SCHEMA, indexname=_NAME).writer(codec=codec, limitmb=_BUILD_MEGABYTES)
        try:
            for record, quote in quotes:
                stored = json.dumps(to_json(quote), ensure_ascii=False, separators=(",", ":"))
                writer.add_document(**document(quote, record, stored))
                count += 1
        except BaseException:
            writer.cancel()  # it closes its temporary files only then
            raise
        writer.commit()
    if not count:
        return b""
    # Whoosh keeps these sums in its table of contents, beside the segment's file.
    header = json.dumps({"quotes": count, "lengths": dict(codec.segment._fieldlengths)}).encode()
    return _HEAD.pack(_MAGIC, len(header)) + header + bytes(files.files[_FILE])


def open_reader(index: bytes, retired: Iterable[str]) -> IndexReader:
    """Return a Whoosh reader over `build`'s bytes, without the quotes of retired records."""
    magic, length = _HEAD.unpack_from(index)
    if magic != _MAGIC:
        raise Damaged(f"a segment begins with {magic!r}; this version of Quoth reads {_MAGIC!r}")
    header = json.loads(index[_HEAD.size : _HEAD.size + length])
    files = _Files()
    files.files[_FILE] = index[_HEAD.size + length :]
    whole = _reader(files, header, None)
    gone = {number for key in retired if ("record", key) in whole for number in whole.postings("record", key).all_ids()}
    # A second reader: Whoosh's remembers at its first posting which documents are deleted.
    return _reader(files, header, gone) if gone else whole


def _reader(files: _Files, header: dict[str, Any], gone: set[int] | None) -> IndexReader:
    segment = W3Segment(_Codec(), _NAME, doccount=header["quotes"], segid=_SEGMENT, deleted=gone)
    segment.compound = True
    segment._fieldlengths = header["lengths"]
    return SegmentReader(files, SCHEMA, segment)


def stored_quote(reader: IndexReader, number: int) -> dict[str, Any]:
    """Return the JSON of a quote by its document number."""
    value: dict[str, Any] = json.loads(reader.stored_fields(number)["quote"])
    return value
