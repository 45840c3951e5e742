"""Compressed numbers: the retired records of a segment, and since when, as the manifest stores them.

The differences between ascending numbers are mostly small. They are written with seven bits a byte and deflated: with a
tenth of a million records retired the text takes 87 KB, where their keys would take 2.6 MB.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence

_RAW = -15  # deflate without header and checksum: the manifest has its own hash
_LONGEST = 5  # bytes of a step between two numbers of records
_WIDEST = 7  # bytes of a number that every JSON reader represents exactly
_DIGITS = 16  # of such a number


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
    return _deflated(bytes(steps))


def unpack(text: str, count: int, most: int) -> tuple[int, ...]:
    """Return the numbers, all below `count`; raises `ValueError` for a text that `pack` cannot have written.

    At most `most` numbers are accepted: a kilobyte of text can expand to a million numbers.

    >>> unpack("Y2F8wg4A", 1001, 10)
    (3, 4, 1000)
    """
    numbers, last, step, shift = [], -1, 0, 0
    for byte in _inflated(text, _LONGEST * min(count, most)):
        step |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            last += step
            numbers.append(last)
            if not (step > 0 and last < count):
                raise ValueError("numbers do not ascend, or leave their range")
            step = shift = 0
        elif shift == 7 * _LONGEST:  # a hostile text: to add up ever longer numbers would take minutes
            raise ValueError("a number is too large")
    if shift:
        raise ValueError("the last number does not end")
    if len(numbers) > most:
        raise ValueError("the numbers are too many")
    return tuple(numbers)


def pack_any(numbers: Sequence[int]) -> str:
    """Return natural numbers in any order as text: the least one, and byte by byte how far the others are above it.

    >>> pack_any([7, 7, 5])
    '5:Y2JiAAA='
    """
    if not numbers:
        return ""
    least = min(numbers)
    width = -(-(max(numbers) - least).bit_length() // 8)
    planes = b"".join(bytes((number - least) >> 8 * place & 255 for number in numbers) for place in range(width))
    return f"{least}:{_deflated(planes)}"


def unpack_any(text: str, length: int) -> tuple[int, ...]:
    """Return the `length` natural numbers that `pack_any` wrote; raises `ValueError` for any other text.

    >>> unpack_any("5:Y2JiAAA=", 3)
    (7, 7, 5)
    """
    if not text and not length:
        return ()
    least, _, packed = text.partition(":")
    if not (least.isascii() and least.isdecimal() and len(least) <= _DIGITS):
        raise ValueError("the numbers have no least one")
    planes = _inflated(packed, _WIDEST * length)
    width, rest = divmod(len(planes), length) if length else (0, 1)
    if rest:
        raise ValueError(f"{len(planes)} bytes are not {length} numbers")
    numbers = [int(least)] * length
    for place in range(width):
        plane = planes[place * length : (place + 1) * length]
        numbers = [number + (byte << 8 * place) for number, byte in zip(numbers, plane, strict=True)]
    return tuple(numbers)


def _deflated(data: bytes) -> str:
    """Return bytes as text; no bytes give the empty text."""
    if not data:
        return ""
    deflate = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    return base64.b64encode(deflate.compress(data) + deflate.flush()).decode()


def _inflated(text: str, most: int) -> bytes:
    """Return the bytes of a text; raises `ValueError` for more than `most`, which are not decompressed."""
    if not text:
        return b""
    inflate = zlib.decompressobj(_RAW)
    try:
        data = inflate.decompress(base64.b64decode(text, validate=True), most + 1)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from None
    if not inflate.eof or inflate.unused_data or len(data) > most:
        raise ValueError("the numbers do not end")
    return data


def holds(ascending: Sequence[int], number: int) -> bool:
    """Whether an ascending sequence contains a number."""
    position = bisect_left(ascending, number)
    return position < len(ascending) and ascending[position] == number
