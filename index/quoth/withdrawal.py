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
    """Take back a version and those before it; `None` is the one that stands when it is taken back.

    `key` is an article's (`a_…`) or that of a ready-made quote (`q_…`). A higher version may come and be found again.
    """

    key: str
    version: int | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise BadInput(f"must be that of an article (a_…) or a ready-made quote: {self.key[:80]!r}", field="id")
        if self.version is not None:
            check_version(self.version)

    @classmethod
    def of(cls, name: str, version: int | None = None) -> Withdrawal:
        """Return the withdrawal of what has this key, or of the article that was handed in under this id or URL.

        >>> Withdrawal.of("https://example.org/1").key == article_key("https://example.org/1")
        True
        """
        return cls(name if _KEY.fullmatch(name) else article_key(name), version)


def to_json(withdrawal: Withdrawal) -> dict[str, Any]:
    """Return the withdrawal as plain JSON values."""
    return {"withdraw": withdrawal.key, "version": withdrawal.version}


def from_json(value: dict[str, Any]) -> Withdrawal:
    """Read back what `to_json` wrote."""
    return Withdrawal(value["withdraw"], value["version"])
