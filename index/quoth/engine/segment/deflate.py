"""Deflate with a bound on what few bytes may open to.

One byte of a stream can open to a thousand, and a stream may be anybody's. A reader opens no more than `FREE` bytes,
or `RATIO` times the stream, whichever is more; so it needs memory for what is really there. A writer stores what would
open to more as it is: one word of a million equal letters.
"""

from __future__ import annotations

import zlib

from quoth.errors import Damaged

FREE = 1 << 20
RATIO = 64


def compress(data: bytes, level: int, wbits: int, sample: bytes = b"") -> bytes:
    """Return the stream of some bytes; `sample` is what both sides know beforehand."""
    stream = _deflated(data, level, wbits, sample)
    return stream if len(data) <= _most(len(stream)) else _deflated(data, 0, wbits, sample)


def _deflated(data: bytes, level: int, wbits: int, sample: bytes) -> bytes:
    deflate = zlib.compressobj(level, zlib.DEFLATED, wbits, zdict=sample)
    return deflate.compress(data) + deflate.flush()


def decompress(stream: bytes | memoryview, wbits: int, sample: bytes = b"") -> bytes:
    """Return what a stream was made of; raises `Damaged` when it is cut off, or opens to more than it may.

    >>> decompress(compress(b"some, some, some", 6, -15), -15)
    b'some, some, some'
    """
    most = _most(len(stream))
    inflate = zlib.decompressobj(wbits, zdict=sample)
    try:
        data = inflate.decompress(stream, most + 1)
    except zlib.error as error:
        raise Damaged(f"a stream of {len(stream)} bytes cannot be opened: {error}") from None
    if len(data) > most:
        raise Damaged(f"a stream of {len(stream)} bytes opens to more than {most}")
    if not inflate.eof:
        raise Damaged(f"a stream of {len(stream)} bytes has no end")
    return data


def _most(size: int) -> int:
    return max(FREE, RATIO * size)
