"""Where a page ends: an opaque text that names a generation, so that the next page is of the same index."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from quoth.engine.query.request import Request
from quoth.errors import BadQuery
from quoth.hashes import short_hash

_FURTHEST = 2**53


class Cursor(NamedTuple):
    """The generation that is paged through, and how many hits come before the next page."""

    generation: int
    start: int


def encode(cursor: Cursor, request: Request) -> str:
    """Return a cursor as text that goes with this search and no other.

    >>> text = encode(Cursor(42, 10), Request(q="land"))
    >>> decode(text, Request(q="land", limit=50))
    Cursor(generation=42, start=10)
    >>> decode(text, Request(q="swap"))
    Traceback (most recent call last):
    quoth.errors.BadQuery: cursor: belongs to another search; go on with the same parameters, or begin without it
    """
    value = json.dumps([cursor.generation, cursor.start, _search(request)], separators=(",", ":"))
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def decode(text: str, request: Request) -> Cursor:
    """Read back what `write` wrote for this search; raises `BadQuery`."""
    try:
        value = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        value = None
    match value:
        case [int(generation), int(start), str(search)] if 0 < generation < _FURTHEST and 0 < start < _FURTHEST:
            pass
        case _:
            raise BadQuery("cursor", "is none that a page gave; begin without it")
    if search != _search(request):
        raise BadQuery("cursor", "belongs to another search; go on with the same parameters, or begin without it")
    return Cursor(generation, start)


def _search(request: Request) -> str:
    return short_hash(request.canonical)
