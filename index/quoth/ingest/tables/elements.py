"""The elements of a JSON list, one at a time: a list of any length takes the memory of one element."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TypeVar

from quoth.article import MAX_BYTES
from quoth.errors import BadInput
from quoth.ingest.formats import strict_json
from quoth.ingest.formats.sources import Count

T = TypeVar("T")

_CHUNK = 1 << 16
# A whole string, so that no bracket in it counts; or one that the chunk cuts, a bracket, or a comma.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|"|[\[\]{},]', re.DOTALL)
_TOO_LONG = f"has an element above the limit of {MAX_BYTES:,} bytes"


def read(name: str, file: BinaryIO, count: Count, parse: Callable[[Any], T]) -> Iterator[T | BadInput]:
    """Parse each element of the list that a file is; yield its value, or its error with its line."""
    try:
        for line, element in split(file, count):
            try:
                yield parse(strict_json.loads(element))
            except BadInput as error:
                yield error.at(name, line)
    except BadInput as error:  # of the list
        yield error.at(name, error.line)


def split(file: BinaryIO, count: Count) -> Iterator[tuple[int, bytes]]:
    r"""Yield the elements of the list that a file is, as they are written, with the lines in which they begin.

    Whether an element is JSON is not checked. Raises `BadInput` if the list does not end.

    >>> import io
    >>> list(split(io.BytesIO(b'[{"a": "]"},\n {"b": [1, 2]}]'), lambda _: None))
    [(1, b'{"a": "]"}'), (2, b'{"b": [1, 2]}')]
    """
    data, at, depth, start, line = b"", 0, 0, 0, 1
    while chunk := file.read(_CHUNK):
        count(len(chunk))
        data += chunk
        if len(data) > MAX_BYTES + 2 * _CHUNK:
            raise BadInput(_TOO_LONG, line=line)
        counted = 0
        while token := _TOKEN.search(data, at):
            mark = token[0]
            if mark == b'"':  # the rest of the string is in the next chunk
                at = token.start()
                break
            at = token.end()
            if mark in (b"[", b"{"):
                depth += 1
                start = at if depth == 1 else start
            elif mark in (b"]", b"}"):
                depth -= 1
            if (depth == 0 and mark in (b"]", b"}")) or (depth == 1 and mark == b","):
                element = data[start : token.start()]
                line += data.count(b"\n", counted, start)
                counted = start
                if (bare := element.strip()) or depth:
                    yield line + _leading_lines(element), bare
                start = at
            if depth == 0:
                if data[at:].strip() or file.read(_CHUNK).strip():
                    raise BadInput("has something after the end of its list", line=line)
                return
        else:
            at = len(data)
        line += data.count(b"\n", counted, start)
        data, at, start = data[start:], at - start, 0
    raise BadInput("is a JSON list that does not end: is the file complete?")


def _leading_lines(element: bytes) -> int:
    return element[: len(element) - len(element.lstrip())].count(b"\n")
