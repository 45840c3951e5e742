"""A withdrawal: an article or a ready-made quote may no longer be found, and stays away when it comes again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from quoth.article import article_key, check_version
from quoth.errors import BadInput

_KEY = re.compile(r"[aq]_[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Take back a version and those before it; a higher one may come and be found.

    `key` is an article's (`a_…`) or that of a ready-made quote (`q_…`).
    """

    key: str
    version: int

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise BadInput(f"must be that of an article (a_…) or a ready-made quote: {self.key[:80]!r}", field="id")
        check_version(self.version)


def key_of(name: str) -> str:
    """Return the key that a name is, or that of the article which was handed in under this id or URL.

    >>> key_of("https://example.org/1") == article_key("https://example.org/1")
    True
    """
    return name if _KEY.fullmatch(name) else article_key(name)


def to_json(withdrawal: Withdrawal) -> dict[str, Any]:
    """Return the withdrawal as plain JSON values."""
    return {"withdraw": withdrawal.key, "version": withdrawal.version}


def from_json(value: dict[str, Any]) -> Withdrawal:
    """Read back what `to_json` wrote."""
    return Withdrawal(value["withdraw"], value["version"])
