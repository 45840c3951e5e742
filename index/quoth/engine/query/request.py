"""What may be asked: the words, the filters, the order, and their bounds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args

from quoth.engine.query.grammar import MAX_CHARACTERS, ParsedQuery, parse
from quoth.errors import BadQuery
from quoth.quote import QuoteType, Status
from quoth.text import timestamps

MAX_LIMIT = 1_000
DEFAULT_LIMIT = 10
MAX_VALUES = 20  # of one filter

Sort = Literal["relevance", "newest", "oldest"]
Facet = Literal["speaker", "publisher", "type", "language", "status", "year", "month"]
Collapse = Literal["none", "utterance", "wording"]
Fuzzy = Literal["off", "auto"]

TYPES: tuple[QuoteType, ...] = get_args(QuoteType)
STATUSES: tuple[Status, ...] = get_args(Status)
SORTS: tuple[Sort, ...] = get_args(Sort)
FACETS: tuple[Facet, ...] = get_args(Facet)
COLLAPSES: tuple[Collapse, ...] = get_args(Collapse)
FUZZIES: tuple[Fuzzy, ...] = get_args(Fuzzy)
# A statement in the reporter's words is found by who asks for it, and by nobody else.
DEFAULT_TYPES: tuple[QuoteType, ...] = ("direct", "partial")

Several = str | Iterable[str] | None
T = TypeVar("T", bound=str)


@dataclass(frozen=True, slots=True)
class Request:
    """A search. `q` is a query of docs/query-language.md; without words the newest quotes come first.

    `speaker` is an id or any spelling of a name, `publisher` a name, `language` a BCP 47 tag that stands for narrower
    ones too; `type` and `status` are words of `quoth.quote`. Each may be several, in a list: any of them will do. Those
    that are words of ours may also be one text with commas between. Without `type` nothing `indirect` is looked at: a
    statement in the reporter's words. `from_` and `to` are ISO 8601 dates or times, both inclusive, UTC where no zone
    is given; a quote without a date is in no range. A quote whose speaker was given passes any `min_confidence` (0..1).

    `facets` are counted over all that match. `collapse` shows the best of each utterance, or of all quotes that have
    the same words, and tells how many there are. `fuzzy="auto"` lets a word that nobody said match at one typo.
    `cursor` goes on where a page has ended, `as_of` asks a past generation. Raises `BadQuery` naming the parameter.

    >>> Request(q="land", limit=0)
    Traceback (most recent call last):
    quoth.errors.BadQuery: limit: must be from 1 to 1,000, not 0
    """

    q: str | None = None
    speaker: Several = None
    publisher: Several = None
    type: Several = None
    language: Several = None
    status: Several = None
    from_: str | None = None
    to: str | None = None
    min_confidence: float | None = None
    sort: str | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    facets: Several = None
    collapse: str = "none"
    fuzzy: str = "off"
    highlight: bool = True
    as_of: int | None = None
    parsed: ParsedQuery = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_text("q", self.q)
        for name in ("speaker", "publisher", "language"):
            self._set(name, _texts(name, getattr(self, name)))
        self._set("type", _known("type", self.type, TYPES))
        self._set("status", _known("status", self.status, STATUSES))
        self._set("facets", _known("facets", self.facets, FACETS))
        for name, known in (("sort", SORTS), ("collapse", COLLAPSES), ("fuzzy", FUZZIES)):
            if (value := getattr(self, name)) is not None:
                one_of(name, value, known)
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise BadQuery("min_confidence", f"must be from 0 to 1, not {self.min_confidence}")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadQuery("limit", f"must be from 1 to {MAX_LIMIT:,}, not {self.limit}")
        if self.as_of is not None and self.as_of < 1:
            raise BadQuery("as_of", f"must be the number of a generation, not {self.as_of}")
        self._set("parsed", ParsedQuery() if self.q is None else parse(self.q))
        first, last = self._range
        if first is not None and last is not None and first > last:
            raise BadQuery("to", f"{self.to} is before from, {self.from_}")
        for qualifier in self.parsed.qualifiers:
            _check_qualifier(qualifier.name, qualifier.value)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def values(self, name: str) -> list[tuple[str, ...]]:
        """Return what a filter says, as parameter and inside `q`: of each list any value will do.

        >>> Request(q="speaker:ada speaker:bo", speaker="Lind").values("speaker")
        [('Lind',), ('ada', 'bo')]
        """
        inside = tuple(q.value for q in self.parsed.qualifiers if q.name == name and not q.is_excluded)
        return [values for values in (tuple(getattr(self, name) or ()), inside) if values]

    def left_out(self, name: str) -> tuple[str, ...]:
        """Return the values that `q` leaves out: `-speaker:ada`."""
        return tuple(q.value for q in self.parsed.qualifiers if q.name == name and q.is_excluded)

    @property
    def types(self) -> tuple[QuoteType, ...]:
        """The types of quotes that are looked at, in the order of `TYPES`.

        >>> Request().types, Request(type="indirect,direct").types, Request(q="-type:direct").types
        (('direct', 'partial'), ('direct', 'indirect'), ('partial',))
        """
        lists = self.values("type") or [DEFAULT_TYPES]
        gone = self.left_out("type")
        return tuple(known for known in TYPES if all(known in some for some in lists) and known not in gone)

    @property
    def seconds(self) -> tuple[int | None, int | None]:
        """The first and the last second of the range, since 1970."""
        first, last = self._range
        firsts = [first, *(_after(q.value) for q in self.parsed.qualifiers if q.name == "after")]
        lasts = [last, *(_before(q.value) for q in self.parsed.qualifiers if q.name == "before")]
        return (
            max((second for second in firsts if second is not None), default=None),
            min((second for second in lasts if second is not None), default=None),
        )

    @property
    def _range(self) -> tuple[int | None, int | None]:
        """What the parameters say of the range."""
        return (
            None if self.from_ is None else _first("from", self.from_),
            None if self.to is None else _last("to", self.to),
        )

    @property
    def has_words(self) -> bool:
        """Whether there is something that a quote can match better or worse."""
        return any(True for _ in self.parsed.wanted)

    @property
    def order(self) -> Sort:
        """The order of the hits: by relevance where there are words and nothing else is asked for.

        >>> Request(q="land").order, Request(q="-land").order, Request(q="land", sort="oldest").order
        ('relevance', 'newest', 'oldest')
        """
        sort: Any = self.sort
        if sort in ("newest", "oldest"):
            return "newest" if sort == "newest" else "oldest"
        return "relevance" if self.has_words else "newest"

    @property
    def canonical(self) -> str:
        """What decides which quotes are found and in which order, in one form: two requests that say it are equal."""
        names = ("q", "speaker", "publisher", "language", "status", "min_confidence", "collapse", "fuzzy")
        told = {name: value for name in names if (value := getattr(self, name)) is not None}
        return json.dumps({**told, "types": self.types, "range": self.seconds, "order": self.order}, ensure_ascii=True)


def check_text(name: str, value: str | None, most: int = MAX_CHARACTERS) -> None:
    """Refuse a text that is blank, too long or half a surrogate pair."""
    if value is None:
        return
    if not value.strip():
        raise BadQuery(name, "is empty; leave it out or say what to look for")
    if len(value) > most:
        raise BadQuery(name, f"is {len(value)} characters long; the limit is {most}")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadQuery(name, "has a lone surrogate")


def one_of(name: str, value: str, known: tuple[T, ...]) -> T:
    """Return a word that is known; raises `BadQuery` with those that are."""
    for word in known:
        if word == value:
            return word
    raise BadQuery(name, f"must be {', '.join(known[:-1])} or {known[-1]}, not {value[:40]!r}")


def _texts(name: str, given: Several) -> tuple[str, ...] | None:
    if given is None:
        return None
    values = (given,) if isinstance(given, str) else tuple(given)
    if len(values) > MAX_VALUES:
        raise BadQuery(name, f"has {len(values)} values; the limit is {MAX_VALUES}")
    for value in values or ("",):
        check_text(name, value)
    return tuple(dict.fromkeys(value.strip() for value in values))


def _known(name: str, given: Several, known: tuple[T, ...]) -> tuple[T, ...] | None:
    if given is None:
        return None
    parts = (given,) if isinstance(given, str) else given
    words = [word.strip() for part in parts for word in part.split(",")]
    named = {one_of(name, word, known) for word in words or [""]}
    return tuple(word for word in known if word in named)


def _check_qualifier(name: str, value: str) -> None:
    """Refuse a value inside `q` that cannot be, as the parameter of that name would."""
    try:
        match name:
            case "type":
                one_of(name, value, TYPES)
            case "status":
                one_of(name, value, STATUSES)
            case "before":
                _before(value)
            case "after":
                _after(value)
    except BadQuery as error:
        raise BadQuery("q", f"{name}: {error.detail}") from None


def _first(name: str, value: str) -> int:
    """Return the first second of a date or time."""
    return math.floor(_moment(name, value).timestamp())


def _last(name: str, value: str) -> int:
    """Return the last second of a date or time: a day alone is the whole day."""
    return _first(name, value) + (86_399 if timestamps.is_day(value) else 0)


def _after(value: str) -> int:
    return _last("after", value) + 1


def _before(value: str) -> int:
    return math.ceil(_moment("before", value).timestamp()) - 1


def _moment(name: str, value: str) -> datetime:
    try:
        return timestamps.parse(value)
    except ValueError:
        raise BadQuery(name, f"must be {timestamps.WANTED}, not {value[:40]!r}") from None
