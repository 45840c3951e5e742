"""What may be asked: the words, the filters, and their bounds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from quoth import moments
from quoth.errors import BadQuery

MAX_CHARACTERS = 256
MAX_WORDS = 16
MAX_PHRASES = 4
MAX_PHRASE_WORDS = 8
MAX_LIMIT = 100
DEFAULT_LIMIT = 10

_PHRASE = re.compile(r'"([^"]*)"')
_MARKS = str.maketrans("“”„«»", '"""""')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Request:
    """A search. Words must all match by their stem; words in double marks must stand together as written.

    `speaker` is an id or any spelling of a name. `from_` and `to` are ISO 8601 dates or times, both inclusive, UTC
    where no zone is given; a quote without a date is in no range. Without words the newest quotes come first.
    Raises `BadQuery` naming the parameter that cannot be.

    >>> Request(q="land", limit=0)
    Traceback (most recent call last):
    quoth.errors.BadQuery: limit: must be from 1 to 100, not 0
    """

    q: str | None = None
    speaker: str | None = None
    from_: str | None = None
    to: str | None = None
    limit: int = DEFAULT_LIMIT

    def __post_init__(self) -> None:
        for name, value in (("q", self.q), ("speaker", self.speaker)):
            _check_text(name, value)
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadQuery("limit", f"must be from 1 to {MAX_LIMIT}, not {self.limit}")
        first, last = self.seconds
        if first is not None and last is not None and first > last:
            raise BadQuery("to", f"{self.to} is before from, {self.from_}")

    @property
    def seconds(self) -> tuple[int | None, int | None]:
        """The first and the last second of the range, since 1970."""
        first, last = _moment("from", self.from_), _moment("to", self.to)
        if last is not None and self.to is not None and moments.is_day(self.to):
            last += timedelta(days=1) - timedelta(seconds=1)
        return _seconds(first), _seconds(last)

    @property
    def split(self) -> tuple[str, tuple[str, ...]]:
        """The text outside double marks, and the texts inside them. A mark without a partner is not a mark.

        >>> Request(q='“land swapping” Putin').split
        ('  Putin', ('land swapping',))
        """
        marked = _CONTROLS.sub(" ", self.q or "").translate(_MARKS)
        return _PHRASE.sub(" ", marked), tuple(_PHRASE.findall(marked))


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else math.floor(moment.timestamp())


def _check_text(name: str, value: str | None) -> None:
    if value is None:
        return
    if not value.strip():
        raise BadQuery(name, "is empty; leave it out or say what to look for")
    if len(value) > MAX_CHARACTERS:
        raise BadQuery(name, f"is {len(value)} characters long; the limit is {MAX_CHARACTERS}")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadQuery(name, "has a lone surrogate")


def _moment(name: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return moments.parse(value)
    except ValueError:
        raise BadQuery(name, f"must be {moments.WANTED}, not {value[:40]!r}") from None
