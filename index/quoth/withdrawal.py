"""A withdrawal: it removes an article or a ready-made quote from search, even when the item is delivered again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from quoth.article import article_key, check_version
from quoth.errors import BadInput

_KEY = re.compile(r"[aq]_[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Withdraw a version and all earlier ones; a higher version may still be added.

    `key` is the key of an article (`a_…`) or of a ready-made quote (`q_…`).
    """

    key: str
    version: int

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise BadInput(
                f"must be the key of an article (a_…) or a ready-made quote (q_…), not {self.key[:80]!r}", field="id"
            )
        check_version(self.version)


def key_of(name: str) -> str:
    """Return a name that is already a key, or the key of the article with this id or URL.

    >>> key_of("https://example.org/1") == article_key("https://example.org/1")
    True
    """
    return name if _KEY.fullmatch(name) else article_key(name)


def to_json(withdrawal: Withdrawal) -> dict[str, Any]:
    """Return the withdrawal as plain JSON values."""
    return {"withdraw": withdrawal.key, "version": withdrawal.version}


def from_json(value: dict[str, Any]) -> Withdrawal:
    """Return the withdrawal that `to_json` wrote."""
    return Withdrawal(value["withdraw"], value["version"])
