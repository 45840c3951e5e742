"""What may be asked: the words, the filters, and their bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from quoth import moments
from quoth.errors import BadQuery
from quoth.quote import QuoteType

MAX_CHARACTERS = 256
MAX_WORDS = 16
MAX_PHRASES = 4
MAX_PHRASE_WORDS = 8
MAX_LIMIT = 100
DEFAULT_LIMIT = 10

TYPES: tuple[QuoteType, ...] = get_args(QuoteType)
# A statement in the reporter's words is found by who asks for it, and by nobody else.
DEFAULT_TYPES: tuple[QuoteType, ...] = ("direct", "partial")

_PHRASE = re.compile(r'"([^"]*)"')
_MARKS = str.maketrans("“”„«»", '"""""')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Request:
    """A search. Words must all match by their stem; words in double marks must stand together as written.

    `speaker` is an id or any spelling of a name. `type` is a type of quotes or several, separated by commas or in a
    list; without it nothing `indirect` is looked at: a statement in the reporter's words. `from_` and `to` are ISO 8601
    dates or times, both inclusive, UTC where no zone is given; a quote without a date is in no range. Without words the
    newest quotes come first. Raises `BadQuery` naming the parameter that cannot be.

    >>> Request(q="land", limit=0)
    Traceback (most recent call last):
    quoth.errors.BadQuery: limit: must be from 1 to 100, not 0
    """

    q: str | None = None
    speaker: str | None = None
    type: str | Iterable[str] | None = None
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
        if self.type is not None:
            object.__setattr__(self, "type", _types(self.type))

    @property
    def types(self) -> tuple[QuoteType, ...]:
        """The types of quotes that are looked at, in the order of `TYPES`.

        >>> Request().types, Request(type="indirect,direct").types, Request(type=["partial"]).types
        (('direct', 'partial'), ('direct', 'indirect'), ('partial',))
        """
        return DEFAULT_TYPES if self.type is None else _types(self.type)

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


def _types(given: str | Iterable[str]) -> tuple[QuoteType, ...]:
    parts = (given,) if isinstance(given, str) else given
    named = [name.strip() for part in parts for name in part.split(",")]
    for name in named or [""]:
        if name not in TYPES:
            raise BadQuery("type", f"must be {', '.join(TYPES[:-1])} or {TYPES[-1]}, not {name[:40]!r}")
    return tuple(known for known in TYPES if known in named)


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
