"""A search request: the query, the filters, the order, and their bounds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args

import msgspec
from msgspec.structs import force_setattr

from quoth.engine.execution.cache import Lazy
from quoth.engine.query.filters import DEFAULT_TYPES, FILTERS, STATUSES, TYPES, parameter
from quoth.engine.query.grammar import MAX_CHARACTERS, ParsedQuery, parse
from quoth.errors import BadQuery
from quoth.quote import QuoteType
from quoth.storage.history import TAG_NAME
from quoth.text import timestamps

MAX_LIMIT = 1_000
MAX_FACET = 1_000  # values of a facet
DEFAULT_LIMIT = 10
MAX_VALUES = 20  # of one filter

Sort = Literal["relevance", "newest", "oldest", "indexed"]
Facet = Literal["speaker", "publisher", "type", "language", "status", "year", "month"]
Period = Literal["month", "year"]
Collapse = Literal["none", "utterance", "wording"]
Fuzzy = Literal["off", "auto"]
Match = Literal["best", "all"]

PERIODS: tuple[Period, ...] = get_args(Period)
SORTS: tuple[Sort, ...] = get_args(Sort)
FACETS: tuple[Facet, ...] = get_args(Facet)
COLLAPSES: tuple[Collapse, ...] = get_args(Collapse)
FUZZIES: tuple[Fuzzy, ...] = get_args(Fuzzy)
MATCHES: tuple[Match, ...] = get_args(Match)
_CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sort", SORTS),
    ("collapse", COLLAPSES),
    ("fuzzy", FUZZIES),
    ("match", MATCHES),
)
Several = str | Iterable[str] | None
T = TypeVar("T", bound=str)


class Request(msgspec.Struct, frozen=True, dict=True):
    """A search. `q` is a query of docs/query-language.md; without words the newest quotes come first.

    `FILTERS` describes the filters, from `speaker` to `min_confidence`. A filter of names or words takes one value or
    several, any of which may match; words may also be one text with commas between. Without `type` nothing
    `indirect` is searched: statements in the reporter's words. `from_` and `to` are inclusive, UTC without a zone; a
    quote without a date is in no range. `types` are the types that are searched, in the order of `TYPES`, and `seconds`
    the first and the last second of the range, since 1970.

    `facets` are counted over all matches, each with up to `facet_size` values. `collapse` shows the best quote of each
    utterance, or of all quotes with the same words, and counts the others. With `fuzzy="auto"` an unknown word matches
    words within one typo. With `match="best"` a word also matches a name of the speaker, and the quotes with every word
    are followed by the related ones, which miss some; with `match="all"` every word must be in the text of the quote.
    `cursor` continues after a page, `as_of` searches a past generation, by its number or tag. Raises `BadQuery` naming
    the parameter.

    >>> Request().types, Request(type="indirect,direct").types, Request(q="-type:direct").types
    (('direct', 'partial'), ('direct', 'indirect'), ('partial',))
    >>> Request(q="land").order, Request(q="-land").order, Request(q="land", sort="oldest").order
    ('relevance', 'newest', 'oldest')
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
    facet_size: int | None = None
    collapse: str = "none"
    fuzzy: str = "auto"
    match: str = "best"
    highlight: bool = True
    as_of: int | str | None = None

    def __post_init__(self) -> None:
        check_text("q", self.q)
        for name, row in FILTERS.items():
            if (given := getattr(self, name)) is None:
                continue
            if row.kind == "names":
                self._set(name, _texts(name, given))
            elif row.kind == "words":
                self._set(name, _known(name, given, row.words))
            elif row.kind == "share":
                _check_share(name, given)
        if self.facets is not None:
            self._set("facets", _known("facets", self.facets, FACETS))
        for name, known in _CHOICES:
            if (value := getattr(self, name)) is not None and value not in known:
                one_of(name, value, known)
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadQuery("limit", f"must be from 1 to {MAX_LIMIT:,}, not {self.limit}")
        if self.facet_size is not None and not 1 <= self.facet_size <= MAX_FACET:
            raise BadQuery("facet_size", f"must be from 1 to {MAX_FACET:,}, not {self.facet_size}")
        if self.as_of is not None:
            self._set("as_of", generation_or_tag(self.as_of))
        qualifiers = self.parsed.qualifiers
        if self.from_ is not None or self.to is not None:
            first, last = self._range
            if first is not None and last is not None and first > last:
                raise BadQuery("to", f"{self.to} is before from, {self.from_}")
        for qualifier in qualifiers:
            _check_qualifier(qualifier.name, qualifier.value)

    def _set(self, name: str, value: object) -> None:
        force_setattr(self, name, value)

    # Read more than once in every search, and the same each time.

    @Lazy
    def parsed(self) -> ParsedQuery:
        """The query `q`, read."""
        return ParsedQuery() if self.q is None else parse(self.q)

    def values(self, name: str) -> list[tuple[str, ...]]:
        """Return the values of a filter, as parameter and inside `q`; a quote matches one value of each tuple.

        >>> Request(q="speaker:ada speaker:bo", speaker="Lind").values("speaker")
        [('Lind',), ('ada', 'bo')]
        """
        value = getattr(self, name)
        if value is None and not self.parsed.qualifiers:
            return []
        inside = tuple(q.value for q in self.parsed.qualifiers if q.name == name and not q.is_excluded)
        given = () if value is None else value if isinstance(value, tuple) else (value,)
        return [values for values in (given, inside) if values]

    def left_out(self, name: str) -> tuple[str, ...]:
        """Return the values that `q` excludes: `-speaker:ada`."""
        if not self.parsed.qualifiers:
            return ()
        return tuple(q.value for q in self.parsed.qualifiers if q.name == name and q.is_excluded)

    @Lazy
    def types(self) -> tuple[QuoteType, ...]:
        """The types that are searched, in the order of `TYPES`."""
        if self.type is None and not self.parsed.qualifiers:
            return DEFAULT_TYPES
        lists = self.values("type") or [DEFAULT_TYPES]
        gone = self.left_out("type")
        return tuple(known for known in TYPES if all(known in some for some in lists) and known not in gone)

    @property
    def speaker_fields(self) -> tuple[str, ...]:
        """The fields that a filter for speakers looks up: those who are denied to have said it only if asked for.

        >>> Request().speaker_fields, Request(status="denied").speaker_fields
        (('known_as',), ('denied_as',))
        """
        if self.status is None and not self.parsed.qualifiers:
            return ("known_as",)
        lists = self.values("status")
        statuses = set(STATUSES).intersection(*lists).difference(self.left_out("status")) if lists else set()
        if "denied" not in statuses:
            return ("known_as",)
        return ("denied_as",) if statuses == {"denied"} else ("known_as", "denied_as")

    @Lazy
    def seconds(self) -> tuple[int | None, int | None]:
        """The first and the last second of the range, since 1970."""
        first, last = self._range
        if not self.parsed.qualifiers:
            return first, last
        firsts = [first, *(_after(q.value) for q in self.parsed.qualifiers if q.name == "after")]
        lasts = [last, *(_before(q.value) for q in self.parsed.qualifiers if q.name == "before")]
        return (
            max((second for second in firsts if second is not None), default=None),
            min((second for second in lasts if second is not None), default=None),
        )

    @Lazy
    def _range(self) -> tuple[int | None, int | None]:
        """The range of the parameters `from` and `to`."""
        return (
            None if self.from_ is None else _first("from", self.from_),
            None if self.to is None else _last("to", self.to),
        )

    @property
    def tag(self) -> str:
        """The tag that `as_of` names, empty for the number of a generation, and for the newest."""
        return self.as_of if isinstance(self.as_of, str) else ""

    @property
    def has_words(self) -> bool:
        """Whether the query has words, so that quotes match better or worse."""
        return any(True for _ in self.parsed.included)

    @Lazy
    def order(self) -> Sort:
        """The order of the hits: by default relevance with words, else newest. `indexed`: the last indexed first."""
        sort: Any = self.sort
        if sort in ("newest", "oldest", "indexed"):
            order: Sort = sort
            return order
        return "relevance" if self.has_words else "newest"

    @property
    def canonical(self) -> str:
        """The parts of a request that decide the matches and their order, as text: equal for equivalent requests."""
        names = (
            "q",
            *(name for name, row in FILTERS.items() if row.to_query is not None),
            "collapse",
            "fuzzy",
            "match",
        )
        values = {name: value for name in names if (value := getattr(self, name)) is not None}
        return json.dumps(
            {**values, "types": self.types, "range": self.seconds, "order": self.order}, ensure_ascii=True
        )


def generation_or_tag(value: int | str) -> int | str:
    """Return the number of a generation, or a tag; raises `BadQuery` for what can be neither.

    >>> generation_or_tag("42"), generation_or_tag("paper-2026")
    (42, 'paper-2026')
    """
    is_number = isinstance(value, int) or (value.isascii() and value.isdigit() and len(value) < 16)
    if is_number and int(value) >= 1:
        return int(value)
    if not isinstance(value, str) or not TAG_NAME.fullmatch(value):
        raise BadQuery("as_of", f"must be the number of a generation, or a tag, not {str(value)[:40]!r}")
    return value


def check_text(name: str, value: str | None, most: int = MAX_CHARACTERS) -> None:
    """Reject a text that is blank, too long or has half a surrogate pair."""
    if value is None:
        return
    if not value.strip():
        raise BadQuery(name, "is empty; leave it out or say what to look for")
    if len(value) > most:
        raise BadQuery(name, f"is {len(value)} characters long; the limit is {most}")
    if not value.isascii() and any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadQuery(name, "has a lone surrogate")


def one_of(name: str, value: str, known: tuple[T, ...]) -> T:
    """Return a word of a closed set; raises `BadQuery` that lists the set."""
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


def _check_share(name: str, value: float | None) -> None:
    if value is not None and not 0 <= value <= 1:
        raise BadQuery(parameter(name), f"must be from 0 to 1, not {value}")


def _check_qualifier(name: str, value: str) -> None:
    """Reject a value inside `q` for the reasons for which the parameter rejects it."""
    try:
        if name == "before":
            _before(value)
        elif name == "after":
            _after(value)
        elif FILTERS[name].kind == "words":
            one_of(name, value, FILTERS[name].words)
    except BadQuery as error:
        raise BadQuery("q", f"{name}: {error.detail}") from None


def _first(name: str, value: str) -> int:
    """Return the first second of a date or time."""
    return math.floor(_moment(name, value).timestamp())


def _last(name: str, value: str) -> int:
    """Return the last second of a date or time: a day, a month or a year alone is the whole of it."""
    return timestamps.last_second(_moment(name, value), timestamps.precision(value))


def _after(value: str) -> int:
    return _last("after", value) + 1


def _before(value: str) -> int:
    return math.ceil(_moment("before", value).timestamp()) - 1


def _moment(name: str, value: str) -> datetime:
    try:
        return timestamps.parse(value)
    except ValueError:
        raise BadQuery(name, f"must be {timestamps.EXPECTED}, not {value[:40]!r}") from None
