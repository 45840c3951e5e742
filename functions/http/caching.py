"""Conditional requests: ETags, and 304 for a client that has the answer."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from quoth import __version__
from quoth.engine.page import Edition
from quoth.hashes import short_hash

# The version of the answers' meaning: a change invalidates every cached answer.
CONTRACT = "1"
# Caches must revalidate each time: a withdrawn quote must not survive in a cache.
CACHING = "no-cache"

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")|(\*)')


def tag(event: dict[str, Any], edition: Edition, *covers: str) -> str:
    """Return the ETag of an answer of this version of the code: weak, since `took_ms` varies.

    `covers` are the parts of the answer that request and edition do not determine.
    """
    parameters = urlencode(sorted(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True)))
    return f'W/"{short_hash(CONTRACT, __version__, *edition, event["rawPath"], parameters, *covers)}"'


def client_tags(event: dict[str, Any]) -> set[str]:
    """Return the ETags that `If-None-Match` lists. It compares weakly: `W/"a"` equals `"a"` (RFC 9110, 13.1.2)."""
    listed = event.get("headers", {}).get("if-none-match") or ""
    return {found or star for found, star in _ENTITY_TAG.findall(listed)}


def opaque(tag: str) -> str:
    """Return an ETag as it is compared."""
    return tag.removeprefix("W/")
