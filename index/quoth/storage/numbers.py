"""Compressed sets of numbers: the retired records of a segment, as the manifest stores them.

The differences between ascending numbers are mostly small. They are written with seven bits a byte and deflated:
with a tenth of a million records retired the text takes 87 KB, where their keys would take 2.6 MB.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence

_RAW = -15  # deflate without header and checksum: the manifest has its own hash


def pack(numbers: Iterable[int]) -> str:
    """Return ascending numbers as text; no numbers give the empty text.

    >>> pack([3, 4, 1000])
    'Y2F8wg4A'
    """
    steps, last = bytearray(), -1
    for number in numbers:
        step, last = number - last, number
        while step > 127:
            steps.append(step & 127 | 128)
            step >>= 7
        steps.append(step)
    if not steps:
        return ""
    deflate = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    return base64.b64encode(deflate.compress(bytes(steps)) + deflate.flush()).decode()


def unpack(text: str, count: int, most: int) -> tuple[int, ...]:
    """Return the numbers, all below `count`; raises `ValueError` for a text that `pack` cannot have written.

    At most `most` numbers are accepted: a kilobyte of text can expand to a million numbers.

    >>> unpack("Y2F8wg4A", 1001, 10)
    (3, 4, 1000)
    """
    if not text:
        return ()
    inflate = zlib.decompressobj(_RAW)
    try:
        # A number takes at most five bytes; longer data is not decompressed.
        steps = inflate.decompress(base64.b64decode(text, validate=True), 5 * min(count, most) + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from None
    numbers, last, step, shift = [], -1, 0, 0
    for byte in steps:
        step |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            last += step
            numbers.append(last)
            if not (step > 0 and last < count and len(numbers) <= most):
                raise ValueError("numbers do not ascend, leave their range, or are too many")
            step = shift = 0
    if not inflate.eof or inflate.unused_data or shift:
        raise ValueError("the numbers do not end")
    return tuple(numbers)


def holds(ascending: Sequence[int], number: int) -> bool:
    """Whether an ascending sequence contains a number."""
    position = bisect_left(ascending, number)
    return position < len(ascending) and ascending[position] == number
