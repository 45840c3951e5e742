"""The tables of names, read from data/ on first use and cached."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@cache
def table(name: str) -> dict[str, Any]:
    """Return the table data/NAME.json.

    >>> sorted(table("nicknames"))
    ['about', 'credit', 'given', 'words']
    """
    loaded: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return loaded
