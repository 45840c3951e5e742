"""The cursor of a page: an opaque text that names a generation, so that the next page comes from the same index."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from quoth.engine.query.request import Request
from quoth.errors import BadQuery
from quoth.hashes import short_hash

_MAX_NUMBER = 2**53


class Cursor(NamedTuple):
    """The generation of the pages, and the number of hits before the next page."""

    generation: int
    start: int


def encode(cursor: Cursor, request: Request) -> str:
    """Return a cursor as text that is valid for this search only.

    >>> text = encode(Cursor(42, 10), Request(q="land"))
    >>> decode(text, Request(q="land", limit=50))
    Cursor(generation=42, start=10)
    >>> decode(text, Request(q="swap"))
    Traceback (most recent call last):
    quoth.errors.BadQuery: cursor: belongs to another search; repeat its parameters, or start again without it
    """
    value = json.dumps([cursor.generation, cursor.start, _fingerprint(request)], separators=(",", ":"))
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def decode(text: str, request: Request) -> Cursor:
    """Return the cursor that `encode` wrote for this search; raises `BadQuery`."""
    try:
        value = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        value = None
    match value:
        case [int(generation), int(start), str(search)] if 0 < generation < _MAX_NUMBER and 0 < start < _MAX_NUMBER:
            pass
        case _:
            raise BadQuery("cursor", "is not a cursor of a page; start again without it")
    if search != _fingerprint(request):
        raise BadQuery("cursor", "belongs to another search; repeat its parameters, or start again without it")
    return Cursor(generation, start)


def _fingerprint(request: Request) -> str:
    return short_hash(request.canonical)
