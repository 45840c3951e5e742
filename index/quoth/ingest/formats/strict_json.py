"""Strict JSON: reject, with a clear message, the invalid input that Python's parser accepts.

The standard parser accepts NaN, keeps the last of two equal keys, turns `1e999` into infinity, accepts lone surrogates
(which cannot be written to a file) and fails on deep nesting with `RecursionError`.
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
        raise BadInput(
            f"is too long; the limit is {MAX_BYTES:,} bytes"
        )  # the length is unknown: it may be only partly read
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
    if (simple := _parse_simple(data)) is not None:
        return simple
    text = decode(data).removeprefix("\ufeff")
    try:
        value = _READER.decode(text)
    except json.JSONDecodeError as error:
        position = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno} column {error.colno}"
        raise BadInput(f"is not JSON: {error.msg} at {position}") from None
    except RecursionError:
        raise BadInput(f"is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:  # a number with thousands of digits
        raise BadInput(f"is not usable JSON: {error}") from None
    _check(value)
    return value


def _parse_simple(data: bytes) -> dict[str, str | int | None] | None:
    """Return the value of the most common kind of JSON line, in a quarter of the time; `None` for any other.

    That is an object of strings, integers and nulls with nothing to reject. If the number of quotation marks is twice
    the number of names and strings, no name is given twice; only an escape can make a lone surrogate.
    """
    escapes = b"\\" in data
    if len(data) > MAX_BYTES or (escapes and (b"\\\\" in data or b"\\u" in data)):
        return None
    try:
        value = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    marks = data.count(b'"') - (data.count(b'\\"') if escapes else 0)
    strings = [*map(type, value.values())].count(str)
    return value if marks == 2 * (len(value) + strings) else None


def read_lines(name: str, lines: Iterable[bytes], parse: Callable[[Any], T], first: int = 1) -> Iterator[T | BadInput]:
    """Parse each non-blank JSON line; yield its value, or its error with the line number, counted from `first`."""
    for number, line in enumerate(lines, start=first):
        try:
            yield parse(loads(line))
        except BadInput as error:
            if line.strip() or len(line) > MAX_BYTES:  # a longer line may be only partly read
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
    """Check a value for depth, infinite numbers and lone surrogates, without recursion."""
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
                raise BadInput("is a number too large to store", field=name)
        if not below:
            return
        level = below
    raise BadInput(f"is nested deeper than {MAX_DEPTH} levels")
