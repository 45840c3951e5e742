"""Deflate with a bound on the inflated size.

One byte of a stream can inflate to a thousand, and a stream may be hostile. A reader inflates at most `FREE` bytes or
`RATIO` times the stream, whichever is more, so its memory is bounded by the size of the file. A writer stores data that
would inflate to more, such as one word of a million equal letters, without compression.
"""

from __future__ import annotations

import zlib

from quoth.errors import Damaged

FREE = 1 << 20
RATIO = 64


def compress(data: bytes, level: int, wbits: int, sample: bytes = b"") -> bytes:
    """Return the deflate stream of `data`; `sample` is the preset dictionary."""
    stream = _deflated(data, level, wbits, sample)
    return stream if len(data) <= _max_size(len(stream)) else _deflated(data, 0, wbits, sample)


def _deflated(data: bytes, level: int, wbits: int, sample: bytes) -> bytes:
    deflate = zlib.compressobj(level, zlib.DEFLATED, wbits, zdict=sample)
    return deflate.compress(data) + deflate.flush()


def decompress(stream: bytes | memoryview, wbits: int, sample: bytes = b"") -> bytes:
    """Return the data of a stream; raises `Damaged` if it is truncated or inflates to more than the bound.

    >>> decompress(compress(b"some, some, some", 6, -15), -15)
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
