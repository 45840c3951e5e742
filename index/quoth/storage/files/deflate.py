"""Deflate: ISA-L writes it, several times faster than zlib, and zlib reads it.

One byte of a stream can inflate to a thousand, and a stream may be hostile. A reader of segments inflates at most
`FREE` bytes or `RATIO` times the stream, whichever is more, so its memory is bounded by the size of the file. A writer
of them stores data that would inflate to more, such as one word of a million equal letters, without compression.
"""

from __future__ import annotations

import zlib

from quoth.errors import Damaged

FREE = 1 << 20
RATIO = 64

# ISA-L's own default, of 0 to 3. Level 1 is hardly faster; level 3 takes twice the time for a hundredth of the bytes.
_LEVEL = 2


def deflated(data: bytes, wbits: int = zlib.MAX_WBITS, sample: bytes = b"") -> bytes:
    """Return the stream of `data`; `sample` is the preset dictionary."""
    from isal import isal_zlib  # here, since searches write nothing, and must start fast

    deflate = isal_zlib.compressobj(_LEVEL, zlib.DEFLATED, wbits, zdict=sample)
    return deflate.compress(data) + deflate.flush()


def compress(data: bytes, wbits: int, sample: bytes = b"") -> bytes:
    """Return a stream that `decompress` reads, and zlib too; `sample` is the preset dictionary."""
    stream = deflated(data, wbits, sample)
    return stream if len(data) <= _max_size(len(stream)) else _stored(data, wbits, sample)


def _stored(data: bytes, wbits: int, sample: bytes) -> bytes:
    """Return a stream without compression, which ISA-L has no level for."""
    deflate = zlib.compressobj(0, zlib.DEFLATED, wbits, zdict=sample)
    return deflate.compress(data) + deflate.flush()


def decompress(stream: bytes | memoryview, wbits: int, sample: bytes = b"") -> bytes:
    """Return the data of a stream; raises `Damaged` if it is truncated or inflates to more than the bound.

    >>> decompress(compress(b"some, some, some", -15), -15)
    b'some, some, some'
    """
    limit = _max_size(len(stream))
    inflate = zlib.decompressobj(wbits, zdict=sample)
    try:
        data = inflate.decompress(stream, limit + 1)
    except zlib.error as error:
        raise Damaged(f"a stream of {len(stream)} bytes cannot be inflated: {error}") from None
    if len(data) > limit:
        raise Damaged(f"a stream of {len(stream)} bytes inflates to more than {limit}")
    if not inflate.eof:
        raise Damaged(f"a stream of {len(stream)} bytes is truncated")
    return data


def _max_size(size: int) -> int:
    return max(FREE, RATIO * size)
