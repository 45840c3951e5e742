"""Dates and times: ISO 8601 in, UTC inside, RFC 3339 out. A time without a zone is UTC."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

EXPECTED = "a date or time such as 2025-08-11, 2025-08 or 2025-08-11T09:30:00Z"

# How much of a date is written, where it is less than a time.
Precision = Literal["year", "month", "day"]

# `calendar` has them, too, and loads `locale`: a millisecond of a cold start.
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# The precision of a text without a time, by its length.
_SHORT = re.compile(r"\d{4}(?:-\d{2}){0,2}", re.ASCII)
_LENGTHS: dict[int, Precision] = {4: "year", 7: "month", 10: "day"}


_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY_OF_MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r",?\s+(?P<year>\d{4})"
_WORDED = (
    re.compile(rf"(?:{_DAY_OF_MONTH}\.?\s+(?:of\s+)?)?{_MONTH}{_YEAR}", re.ASCII | re.IGNORECASE),
    re.compile(rf"{_MONTH}\s+{_DAY_OF_MONTH}{_YEAR}", re.ASCII | re.IGNORECASE),
)
_PARTS = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?", re.ASCII)


def as_iso(text: str) -> str:
    """Return a date as ISO 8601 that a person has typed: with an English month, any dash, or without zeros.

    Another text is returned as it is, and so is 11/8/2025: a day in August, or in November.

    >>> as_iso("Oct 2026"), as_iso("11 August 2025"), as_iso("Aug. 11, 2025"), as_iso("2026–1"), as_iso("11/8/2025")
    ('2026-10', '2025-08-11', '2025-08-11', '2026-01', '11/8/2025')
    """
    plain = _DASHES.sub("-", text.strip())
    for pattern in (_PARTS, *_WORDED):
        if match := pattern.fullmatch(plain):
            month = match["month"]
            number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
            day = f"-{int(match['day']):02}" if match["day"] else ""
            return f"{match['year']}-{number:02}{day}"
    return plain


def precision(text: str) -> Precision | None:
    """Return the precision in which a date or time is written; `None` for a time.

    >>> precision("2025"), precision("2025-08"), precision("2025-08-11"), precision("2025-08-11T09:30")
    ('year', 'month', 'day', None)
    """
    text = text.strip()
    return _LENGTHS[len(text)] if _SHORT.fullmatch(text) else None


def date(moment: datetime, precision: Precision | None) -> str:
    """Return the date of a moment in UTC, as far as it is known.

    >>> date(datetime(2025, 8, 1, tzinfo=UTC), "month"), date(datetime(2025, 8, 1, 9, 30, tzinfo=UTC), None)
    ('2025-08', '2025-08-01')
    """
    return to_utc(moment).date().isoformat()[: {"year": 4, "month": 7}.get(precision or "day", 10)]


def last_second(first: datetime, precision: Precision | None) -> int:
    """Return the last second, since 1970, of the year, month or day that begins with a moment, or of that moment.

    >>> last_second(datetime(2024, 2, 1, tzinfo=UTC), "month") == datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC).timestamp()
    True
    """  # noqa: E501 - two moments
    second = math.floor(first.timestamp())
    if precision is None:
        return second
    days = 1
    if precision == "month":
        days = 29 if first.month == 2 and _is_leap(first.year) else _DAYS[first.month - 1]
    elif precision == "year":
        days = 366 if _is_leap(first.year) else 365
    return second + days * 86_400 - 1


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def parse(text: str) -> datetime:
    """Return a time, or the start of a day, a month or a year, in UTC; raises `ValueError`.

    >>> parse("2025-08-11T01:00:00+10:00").isoformat(), parse("2025-08").isoformat()
    ('2025-08-10T15:00:00+00:00', '2025-08-01T00:00:00+00:00')
    """
    return parse_with_precision(text)[0]


# Cached: an article has many quotes, and an import is often sorted by date.
@lru_cache(1024)
def parse_with_precision(text: str) -> tuple[datetime, Precision | None]:
    """Return the results of `parse` and `precision`; raises `ValueError`."""
    return _parse(text.strip()), precision(text)


def _parse(text: str) -> datetime:
    if len(text) in (4, 7) and _SHORT.fullmatch(text):
        text += "-01-01" if len(text) == 4 else "-01"
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
