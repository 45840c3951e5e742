"""Dates and times: ISO 8601 in, UTC inside, RFC 3339 out. A time without a zone is UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

EXPECTED = "a date or time such as 2025-08-11 or 2025-08-11T09:30:00Z"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def is_day(text: str) -> bool:
    """Whether a text is a date without a time.

    >>> is_day("2025-08-11"), is_day("2025-08-11T09:30")
    (True, False)
    """
    return _DAY.fullmatch(text.strip()) is not None


def parse(text: str) -> datetime:
    """Return a date (its start) or time in UTC; raises `ValueError`.

    >>> parse("2025-08-11T01:00:00+10:00").isoformat()
    '2025-08-10T15:00:00+00:00'
    """
    return _parse(text.strip())


# Cached: an article has many quotes, and an import is often sorted by date.
@lru_cache(1024)
def _parse(text: str) -> datetime:
    if not _DAY.match(text):  # the standard library also accepts week dates and digits without hyphens
        raise ValueError(f"not a date: {text[:40]!r}")
    return to_utc(datetime.fromisoformat(text))


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; raises `ValueError` if that is outside the years 1 to 9999."""
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"out of range: {moment.isoformat()}") from None


def to_rfc3339(moment: datetime | None) -> str | None:
    """Return the RFC 3339 form of a moment, in UTC.

    >>> to_rfc3339(datetime(2025, 8, 11, 9, 30, tzinfo=UTC))
    '2025-08-11T09:30:00Z'
    """
    return None if moment is None else _format(to_utc(moment))


@lru_cache(1024)
def _format(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def from_rfc3339(text: str | None) -> datetime | None:
    """Return the moment that `to_rfc3339` wrote."""
    return None if text is None else datetime.fromisoformat(text)
