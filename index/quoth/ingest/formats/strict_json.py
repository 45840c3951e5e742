"""JSON read strictly: what Python's reader lets through by accident is refused with a sentence.

The standard reader accepts NaN, keeps the last of two equal keys, turns `1e999` into infinity, lets lone
surrogates in (which no file can then hold) and fails on deep nesting with `RecursionError`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, TypeVar

import msgspec

from quoth.article import MAX_BYTES, encoded
from quoth.errors import BadInput

MAX_DEPTH = 32

T = TypeVar("T")


def decode(data: bytes) -> str:
    r"""Return the text of UTF-8 bytes, unchanged.

    >>> decode(b"caf\xe9")
    Traceback (most recent call last):
    quoth.errors.BadInput: is not UTF-8: byte 3 is 0xe9
    """
    if len(data) > MAX_BYTES:
        raise BadInput(f"is too long; the limit is {MAX_BYTES:,} bytes")  # how long, nobody may have looked
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}") from None


def loads(data: bytes) -> Any:
    """Return the value of one JSON document.

    >>> loads(b'{"version": 2}')
    {'version': 2}
    >>> loads(b'{"url": null, "url": null}')
    Traceback (most recent call last):
    quoth.errors.BadInput: url is given twice
    """
    if (usual := _usual(data)) is not None:
        return usual
    text = decode(data).removeprefix("\ufeff")
    try:
        value = _READER.decode(text)
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno} column {error.colno}"
        raise BadInput(f"is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise BadInput(f"is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:  # a number with thousands of digits
        raise BadInput(f"is not usable JSON: {error}") from None
    _check(value)
    return value


def _usual(data: bytes) -> dict[str, str | int | None] | None:
    """Return the value of what nearly every line of many is, in a quarter of the time; `None` of anything else.

    That is an object of texts, whole numbers and nulls with nothing in it to refuse: no name is given twice if each
    name and each text has its two quotation marks, and only an escape makes half of a surrogate pair.
    """
    escapes = b"\\" in data
    if len(data) > MAX_BYTES or (escapes and (b"\\\\" in data or b"\\u" in data)):
        return None
    try:
        value = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    marks = data.count(b'"') - (data.count(b'\\"') if escapes else 0)
    texts = [*map(type, value.values())].count(str)
    return value if marks == 2 * (len(value) + texts) else None


def read_lines(name: str, lines: Iterable[bytes], parse: Callable[[Any], T]) -> Iterator[T | BadInput]:
    """Yield what `parse` makes of each JSON line that is not blank, or its error with the line's number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip() and len(line) <= MAX_BYTES:  # of a longer one not all may have been read
            continue
        try:
            yield parse(loads(line))
        except BadInput as error:
            yield error.at(name, number)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BadInput("is given twice", field=name)
            seen.add(name)
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput(f"is not JSON: {name} is not a JSON number")


_decode = msgspec.json.Decoder(dict[str, str | int | None]).decode
_READER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _check(value: Any) -> None:
    """Walk the value without recursion: depth, infinite numbers, lone surrogates."""
    level: list[tuple[str | None, Any]] = [(None, value)]
    for _ in range(MAX_DEPTH):
        below: list[tuple[str | None, Any]] = []
        for name, item in level:
            if isinstance(item, dict):
                below += [(key, key) for key in item]
                below += item.items()
            elif isinstance(item, list):
                below += [(name, element) for element in item]
            elif isinstance(item, str):
                encoded(item, name)
            elif isinstance(item, float) and not math.isfinite(item):
                raise BadInput("is a number too large to hold", field=name)
        if not below:
            return
        level = below
    raise BadInput(f"is nested deeper than {MAX_DEPTH} levels")
