"""The search filters, one row each in `FILTERS`.

A row feeds every face of a filter: `Request` validates the values, `plan` makes the queries; the HTTP parameter, the
option of the command line, the qualifier inside `q` and the OpenAPI document are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import msgspec
from whoosh import query

from quoth.engine.query.names import NameLexicon, NameMatch
from quoth.engine.schema import CONFIDENCE_UNITS
from quoth.quote import QuoteType, Status
from quoth.text.slugs import slug

if TYPE_CHECKING:
    from quoth.engine.query.lexicon import Lexicon

Kind = Literal["names", "words", "moment", "share"]

TYPES: tuple[QuoteType, ...] = get_args(QuoteType)
STATUSES: tuple[Status, ...] = get_args(Status)
# Statements in the reporter's words are searched only on request.
DEFAULT_TYPES: tuple[QuoteType, ...] = ("direct", "partial")


class Correction(NamedTuple):
    """A word or name of a request that the index does not have, and the terms that replace it."""

    parameter: str
    given: str
    corrected_to: tuple[str, ...]


class Lookup:
    """The lexicon that values of filters are looked up in, and the corrections that this made.

    `speaker_fields` are the fields that have the names of the speakers that a request asks for.
    """

    def __init__(self, lexicon: Lexicon, speaker_fields: tuple[str, ...] = ("known_as",)) -> None:
        self.lexicon = lexicon
        self.speaker_fields = speaker_fields
        self.corrections: list[Correction] = []


class Filter(msgspec.Struct, frozen=True):
    """One search filter.

    `kind` says what its values are: `names` (any text, several), `words` (some of `words`, several), `moment` (an ISO
    8601 date or time) or `share` (a number from 0 to 1). `fields` are the fields of the index that a plan looks up, for
    speakers those of `Request.speaker_fields`.
    `to_query` makes the query of one value; a filter without it has a meaning that depends on the rest of the request
    (see `Request.types` and `Request.seconds`). A filter with `is_qualifier` can also stand inside `q`: `name:value`.
    """

    kind: Kind
    description: str
    fields: tuple[str, ...] = ()
    to_query: Callable[[Lookup, Any], query.Query] | None = None
    words: tuple[str, ...] = ()
    is_qualifier: bool = False
    examples: tuple[str, ...] = ()


def by_speaker(lookup: Lookup, name: str) -> query.Query:
    """Match an id or any form of a name; the answer says if the name is not known as it is typed."""
    lexicon, fields = lookup.lexicon, lookup.speaker_fields
    match, tree = lexicon.remembered(("speaker", fields, name), lambda: _by_speaker(lexicon, fields, name))
    if match.certainty in ("likely", "guessed"):
        lookup.corrections.append(Correction("speaker", name, match.names))
    return tree


def _by_speaker(lexicon: Lexicon, fields: tuple[str, ...], name: str) -> tuple[NameMatch, query.Query]:
    match = NameLexicon(lexicon, fields).match(name)
    if match.certainty == "unknown":
        return match, any_of([query.Term(field, slug(name)) for field in fields])
    return match, any_of([match.tree(field) for field in fields])


def by_publisher(lookup: Lookup, name: str) -> query.Query:
    """Match the name of a publisher; case and accents do not count."""
    return _terms("publisher", (value for value in lookup.lexicon.values("publisher") if slug(value) == slug(name)))


def by_language(lookup: Lookup, tag: str) -> query.Query:
    """Match a language tag and the tags that are narrower: en matches en-GB."""
    wide = tag.lower()
    values = lookup.lexicon.values("language")
    return _terms("language", (v for v in values if v.lower() == wide or v.lower().startswith(wide + "-")))


def by_status(_: Lookup, status: str) -> query.Query:
    """Match a status of attribution."""
    return query.Term("status", status)


def by_confidence(_: Lookup, least: float) -> query.Query:
    """Match attributions of at least this confidence; a speaker that was given with the quote always passes."""
    units = round(least * CONFIDENCE_UNITS)
    return query.Or([query.NumericRange("confidence", units, None), query.Term("status", "given")])


def any_of(queries: list[query.Query]) -> query.Query:
    """Return the query that matches what any of some queries matches."""
    return queries[0] if len(queries) == 1 else query.Or(queries)


def _terms(field: str, values: Iterable[str]) -> query.Query:
    return any_of([query.Term(field, value) for value in values])


# By the name of its field in `Request`, which is the name of the parameter with an underscore where Python needs one.
FILTERS: Mapping[str, Filter] = {
    "speaker": Filter(
        "names",
        "An id, or any spelling of a name; with the status denied, of the person who did not say it.",
        fields=("known_as", "denied_as"),
        to_query=by_speaker,
        is_qualifier=True,
        examples=("Okafor",),
    ),
    "publisher": Filter(
        "names",
        "The name of a publisher; case and accents do not count.",
        fields=("publisher",),
        to_query=by_publisher,
        is_qualifier=True,
    ),
    "type": Filter(
        "words", f"The type of a quote, by default {' or '.join(DEFAULT_TYPES)}.", words=TYPES, is_qualifier=True
    ),
    "language": Filter(
        "names",
        "A BCP 47 tag; en also matches en-GB.",
        fields=("language",),
        to_query=by_language,
        is_qualifier=True,
    ),
    "status": Filter(
        "words",
        "How a quote got its speaker; denied: the article says that somebody did not say it.",
        fields=("status",),
        to_query=by_status,
        words=STATUSES,
        is_qualifier=True,
    ),
    "from_": Filter("moment", "Published then or later."),
    "to": Filter("moment", "Published then or earlier; a day, month or year includes its end."),
    "min_confidence": Filter(
        "share",
        "The least confidence of an attribution; quotes imported with a speaker always pass.",
        fields=("confidence", "status"),
        to_query=by_confidence,
    ),
}

# Filters inside `q`; `before` and `after` exclude the date that they name, unlike `from` and `to`.
QUALIFIERS = (*(name for name, row in FILTERS.items() if row.is_qualifier), "before", "after")


def parameter(name: str) -> str:
    """Return the parameter of a filter: its name without the underscore that Python needs.

    >>> parameter("from_"), parameter("min_confidence")
    ('from', 'min_confidence')
    """
    return name.rstrip("_")
