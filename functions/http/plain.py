"""The parameters that a plain search needs no models for: loading them takes pydantic, a fifth of a cold start.

The models validate every other request, and write the errors.
"""

from __future__ import annotations

import re
from typing import Any

from quoth.engine.query.filters import FILTERS
from quoth.engine.query.request import DEFAULT_LIMIT, MAX_VALUES, Request

PAGE = 100  # the most quotes on a page, or in a feed

# The parameters that may be repeated, and those whose text the engine checks and nothing else.
SEVERAL = frozenset({"facets", *(name for name, row in FILTERS.items() if row.kind in ("names", "words"))})
_TEXTS = ("q", "sort", "collapse", "fuzzy", "match", "from", "to")
_NAMES = {"from": "from_"}
_LIMIT = re.compile("[0-9]{1,15}")
_TRUTHS = {"true": True, "false": False}


def request(values: dict[str, Any]) -> Request | None:
    """Return the request of a search, `None` if the models must read its parameters; raises `BadQuery` as they do.

    >>> request({"q": "dam hold", "limit": "3"}).limit
    3
    >>> request({"q": "dam hold", "limit": "many"}) is request({"q": "dam hold", "page": "2"}) is None
    True
    """
    asked: dict[str, Any] = {}
    for name, value in values.items():
        if name in _TEXTS or (name in SEVERAL and len(value) <= MAX_VALUES):
            asked[_NAMES.get(name, name)] = value
        elif name == "highlight" and value in _TRUTHS:
            asked[name] = _TRUTHS[value]
        elif name == "limit" and _LIMIT.fullmatch(value) and 1 <= int(value) <= PAGE:
            asked[name] = int(value)
        elif (name, value) != ("format", "json"):
            return None
    return Request(**{"limit": DEFAULT_LIMIT, **asked})
