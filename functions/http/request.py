"""The raw body and the query string of an HTTP event, as the client sent them."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

from quoth.errors import BadInput, BadQuery

MAX_PARAMETERS = 100
FORM = "application/x-www-form-urlencoded"


def below(path: str, base: str) -> str:
    """Return a path without the base path before it.

    >>> below("/news/v1/quotes", "/news"), below("/newspaper", "/news"), below("/news", "/news"), below("/", "")
    ('/v1/quotes', '/newspaper', '/', '/')
    """
    return path[len(base) :] or "/" if path == base or path.startswith(f"{base}/") else path


def raw_body(event: dict[str, Any]) -> bytes:
    """Return the bytes of the body, which API Gateway passes as text or as base64; raises `BadInput`.

    >>> raw_body({"body": "bGFuZA==", "isBase64Encoded": True}), raw_body({"body": "land"}), raw_body({})
    (b'land', b'land', b'')
    """
    body = event.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:  # not base64, or a lone surrogate
        raise BadInput("cannot be decoded", field="the body") from None


def parse_query(raw: str, name: str = "the query string", several: Collection[str] = ()) -> dict[str, Any]:
    """Return the parameters of a query string; raises `BadQuery` for a repeated one and for invalid UTF-8.

    Parameters in `several` may be repeated; their values are lists.

    API Gateway's own dictionary joins the values of a repeated parameter with commas, so `q=a,b` and `q=a&q=b` are
    indistinguishable there.

    >>> parse_query("q=land+swapping&limit=3")
    {'q': 'land swapping', 'limit': '3'}
    >>> parse_query("type=direct&type=indirect", several=["type"])
    {'type': ['direct', 'indirect']}
    """
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise BadQuery(name, "is not UTF-8") from None
    except ValueError:
        raise BadQuery(name, f"has more than {MAX_PARAMETERS} parameters") from None
    parameters: dict[str, Any] = {}
    for key, value in pairs:
        if key in several:
            parameters.setdefault(key, []).append(value)
        elif key in parameters:
            raise BadQuery(key, "is given twice")
        else:
            parameters[key] = value
    return parameters
