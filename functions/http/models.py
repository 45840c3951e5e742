"""The parameters of each request, from which the OpenAPI document is generated, and the other incoming messages."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError

from functions.http.plain import PAGE
from quoth import citation
from quoth.answers.rows import FEED_FORMATS, ROW_FORMATS
from quoth.article import MAX_VERSION
from quoth.checking.formats import DraftFormat
from quoth.engine.query import request as requests
from quoth.engine.query.filters import FILTERS, Filter, parameter
from quoth.engine.query.grammar import MAX_CHARACTERS
from quoth.engine.query.request import DEFAULT_LIMIT, MAX_FACET, MAX_LIMIT, MAX_VALUES, Period, Request
from quoth.engine.verify.verify import MAX_SPEAKER, MAX_TEXT
from quoth.errors import BadQuery
from quoth.exports.job import MAX_ROWS
from quoth.reports import MAX_NOTE

FEED = 50  # the default limit of a feed; a reader that asks rarely misses older quotes

# What `format` may be: the JSON of the API, or a row of a table of formats.
SEARCH_FORMATS = ("json", *ROW_FORMATS, *FEED_FORMATS)
QUOTE_FORMATS = ("json", *citation.FORMATS)

MAX_GENERATION = 10**15 - 1
UNLIKE = "unlike"  # the type of pydantic's error for a text without the shape of its value


def _like(pattern: str, sentence: str) -> AfterValidator:
    """Check a text by a pattern; the error is a sentence, where pydantic's own would show the pattern."""
    whole = re.compile(pattern)

    def check(text: str) -> str:
        if not whole.fullmatch(text):
            raise PydanticCustomError(UNLIKE, "{sentence}", {"sentence": f"{sentence}, not {text[:40]!r}"})
        return text

    return AfterValidator(check)


def _whole(most: int, digits: int = 15) -> AfterValidator:
    """Check a text that is a whole number; whoever reads it checks its bounds."""
    return _like(f"[0-9]{{1,{digits}}}", f"must be a whole number from 1 to {most:,}")


def _integer(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": 1, "maximum": most})


# A query string is text: each type has a check of the text, and the schema of the value for the OpenAPI document.
_Page = Annotated[str, _whole(PAGE), _integer(PAGE)]
_Rows = Annotated[str, _whole(MAX_LIMIT), _integer(MAX_LIMIT)]
_FacetSize = Annotated[str, _whole(MAX_FACET), _integer(MAX_FACET)]
# A tag has a letter; the engine checks that.
_NUMBER = {"type": "integer", "minimum": 1, "maximum": MAX_GENERATION}
_TAG = {"type": "string", "pattern": r"^[a-z][a-z0-9._-]{0,62}$"}
_Generation = Annotated[str, Field(max_length=63), WithJsonSchema({"anyOf": [_NUMBER, _TAG]})]
_AS_OF = "a past generation, by its number or its tag; default: the newest."
_Version = Annotated[str, _whole(MAX_VERSION, digits=19), _integer(MAX_VERSION)]
_Share = Annotated[
    str,
    _like(r"[0-9]{0,8}(\.[0-9]{0,40})?([eE][-+]?[0-9]{1,3})?", "must be a number from 0 to 1"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
_Cursor = Annotated[
    str,
    _like(r"[A-Za-z0-9_-]{1,512}", "must be the `next_cursor` of a page"),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z0-9_-]+$", "maxLength": 512}),
]
# A loose pattern, neither all of ISO 8601 nor only valid dates: the engine checks the date.
_Moment = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]{4}(-[0-9]{2}(-[0-9]{2}|\s*$)|\s*$)"})]
_Name = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS})]
_Names = Annotated[list[_Name] | None, Field(max_length=MAX_VALUES)]
_Facet = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.FACETS]})]
_Sort = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.SORTS]})]
_Collapse = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.COLLAPSES]})]
_Fuzzy = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.FUZZIES]})]
_Match = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.MATCHES]})]
_Truth = Annotated[Literal["true", "false"], WithJsonSchema({"type": "boolean"})]

_MOMENT = "An ISO 8601 date or time, or a month or a year alone; UTC by default."
_COMMAS = "Several values may also be separated by commas."


def _word(name: str, known: tuple[str, ...], value: str) -> str:
    return requests.one_of(name, value, known)


class Parameters(BaseModel):
    """A query string. An unknown parameter is rejected by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def several(cls) -> frozenset[str]:
        """The parameters that may be repeated."""
        return frozenset(
            field.alias or name for name, field in cls.model_fields.items() if "list[" in str(field.annotation)
        )


class NoParameters(Parameters):
    """The query string of a request without parameters."""


class SearchOptions(Parameters):
    """The parameters of GET /v1/quotes that are not filters; `SearchParameters` adds those."""

    q: Annotated[
        _Name | None,
        Field(
            description="The query: words, “phrases”, -word, prefix*, OR, and qualifiers such as speaker:name.",
            examples=["dam hold", '"the dam" speaker:Okafor'],
        ),
    ] = None
    sort: Annotated[
        _Sort | None,
        Field(
            description="Default: relevance for a query with words, else newest. indexed: what came last into the "
            "archive first."
        ),
    ] = None
    limit: Annotated[
        _Rows, Field(description=f"Up to {PAGE} as json, up to {MAX_LIMIT:,} as {' or '.join(ROW_FORMATS)}.")
    ] = str(DEFAULT_LIMIT)
    cursor: Annotated[
        _Cursor | None,
        Field(description="`next_cursor` of the previous page; the other parameters must stay the same."),
    ] = None
    facets: Annotated[list[_Facet] | None, Field(description=f"The facets to count over all matches. {_COMMAS}")] = None
    collapse: Annotated[
        _Collapse,
        Field(description="Show only the best hit of each utterance, or of all quotes with the same wording."),
    ] = "none"
    fuzzy: Annotated[_Fuzzy, Field(description="off: a word that no quote has matches no word within one typo.")] = (
        "auto"
    )
    match: Annotated[_Match, Field(description="all: every word must be in the text of the quote.")] = "best"
    highlight: Annotated[_Truth, Field(description="false omits the highlights.")] = "true"
    format: Annotated[
        str,
        AfterValidator(partial(_word, "format", SEARCH_FORMATS)),
        WithJsonSchema({"type": "string", "enum": [*SEARCH_FORMATS]}),
        Field(
            description=f"{' and '.join(ROW_FORMATS)} return rows for export, {' and '.join(FEED_FORMATS)} a feed: in "
            f"the order of indexing, without pages, with up to {FEED} quotes by default."
        ),
    ] = "json"
    facet_size: Annotated[
        _FacetSize | None, Field(description="The most values of each facet; default: 10, and 120 periods.")
    ] = None
    as_of: Annotated[_Generation | None, Field(description=f"Search {_AS_OF}")] = None

    @property
    def rows(self) -> int:
        """The number of requested quotes; raises `BadQuery` above the limit of the format."""
        if self.is_feed and "limit" not in self.model_fields_set:
            return FEED
        rows, most = int(self.limit), MAX_LIMIT if self.format in ROW_FORMATS else PAGE
        if not 1 <= rows <= most:
            more = f"; POST /v1/exports makes a file of up to {MAX_ROWS:,}" if rows > most else ""
            raise BadQuery("limit", f"must be from 1 to {most:,} as {self.format}, not {rows}{more}")
        return rows

    @property
    def is_feed(self) -> bool:
        """Whether a feed is requested."""
        return self.format in FEED_FORMATS

    def _order(self) -> str | None:
        """Return the order of the quotes; raises `BadQuery` for what a feed cannot have."""
        if not self.is_feed:
            return self.sort
        for name in ("cursor", "as_of", "facets"):
            if getattr(self, name) is not None:
                raise BadQuery(name, "is not for a feed; leave it out")
        if self.sort not in (None, "indexed") or self.collapse != "none":
            name = "sort" if self.sort not in (None, "indexed") else "collapse"
            raise BadQuery(name, "is not for a feed, which has each quote in the order of indexing; leave it out")
        return "indexed"

    def request(self) -> Request:
        """Return the search request; raises `BadQuery`."""
        filters: dict[str, Any] = {name: getattr(self, name) for name in FILTERS}
        for name, row in FILTERS.items():
            if row.kind == "share" and filters[name] is not None:
                filters[name] = _share(name, filters[name])
        return Request(
            q=self.q,
            **filters,
            sort=self._order(),
            limit=self.rows,
            cursor=self.cursor,
            facets=self.facets,
            collapse=self.collapse,
            fuzzy=self.fuzzy,
            match=self.match,
            highlight=self.highlight == "true",
            facet_size=None if self.facet_size is None else int(self.facet_size),
            as_of=self.as_of,
        )


def _share(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:  # "." and "e5" have the shape of a number
        raise BadQuery(parameter(name), f"must be a number from 0 to 1, not {text!r}") from None


def _filter_field(name: str, row: Filter) -> tuple[Any, Any]:
    """Return the type and the field of the parameter of a search filter."""
    match row.kind:
        case "names":
            examples = [list(row.examples)] if row.examples else None
            return Annotated[_Names, Field(description=row.description, examples=examples)], None
        case "words":
            word = Annotated[str, WithJsonSchema({"type": "string", "enum": [*row.words]})]
            return Annotated[list[word] | None, Field(description=f"{row.description} {_COMMAS}")], None
        case "moment":
            about = f"{row.description} {_MOMENT}"
            return Annotated[_Moment | None, Field(alias=parameter(name), description=about)], None
        case "share":
            return Annotated[_Share | None, Field(description=row.description)], None


_FILTERS: dict[str, Any] = {name: _filter_field(name, row) for name, row in FILTERS.items()}

SearchParameters = create_model(
    "SearchParameters",
    __base__=SearchOptions,
    __doc__="The query string of GET /v1/quotes; the engine validates the values.",
    **_FILTERS,
)


class QueryOptions(Parameters):
    """The members of every query that is JSON, but for its filters: the values have their types, and are strict."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    q: Annotated[_Name | None, Field(description="The query, as of GET /v1/quotes.", examples=["dam hold"])] = None
    sort: Annotated[_Sort | None, Field(description="Default: relevance for a query with words, else newest.")] = None
    fuzzy: Annotated[_Fuzzy, Field(description="off: a word that no quote has matches no word within one typo.")] = (
        "auto"
    )
    match: Annotated[_Match, Field(description="all: every word must be in the text of the quote.")] = "best"
    as_of: Annotated[
        int | str | None,
        WithJsonSchema({"anyOf": [_NUMBER, _TAG, {"type": "null"}]}),
        Field(description=f"Ask {_AS_OF}"),
    ] = None

    def query(self) -> dict[str, Any]:
        """Return these members and the filters, as fields of a search request."""
        return {name: getattr(self, name) for name in ("q", *FILTERS, "sort", "fuzzy", "match", "as_of")}


class ExportOptions(QueryOptions):
    """The members of the body of POST /v1/exports that are not filters; `ExportParameters` adds those."""

    format: Annotated[
        str,
        AfterValidator(partial(_word, "format", tuple(ROW_FORMATS))),
        WithJsonSchema({"type": "string", "enum": [*ROW_FORMATS]}),
        Field(description="The format of the rows."),
    ] = "jsonl"
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS, description="The most rows.")] = MAX_ROWS

    def request(self) -> Request:
        """Return the search request; raises `BadQuery`."""
        return Request(**self.query())


def _typed_field(name: str, row: Filter) -> tuple[Any, Any]:
    """Return the type and the field of a search filter in a query that is JSON."""
    match row.kind:
        case "names":
            return Annotated[_Names, Field(description=row.description)], None
        case "words":
            word = Annotated[str, WithJsonSchema({"type": "string", "enum": [*row.words]})]
            return Annotated[list[word] | None, Field(description=row.description)], None
        case "moment":
            about = f"{row.description} {_MOMENT}"
            return Annotated[_Moment | None, Field(alias=parameter(name), description=about)], None
        case "share":
            return Annotated[float | None, Field(ge=0, le=1, description=row.description)], None


TYPED_FILTERS: dict[str, Any] = {name: _typed_field(name, row) for name, row in FILTERS.items()}

ExportParameters = create_model(
    "ExportParameters",
    __base__=ExportOptions,
    __doc__="The body of POST /v1/exports; the engine validates the values.",
    **TYPED_FILTERS,
)


class PastParameters(Parameters):
    """The query string of a read of one generation."""

    as_of: Annotated[_Generation | None, Field(description=f"Answer from {_AS_OF}")] = None


class QuoteParameters(PastParameters):
    """The query string of GET /v1/quotes/{id}."""

    format: Annotated[
        str,
        AfterValidator(partial(_word, "format", QUOTE_FORMATS)),
        WithJsonSchema({"type": "string", "enum": [*QUOTE_FORMATS]}),
        Field(description="json returns the quote in full, the others a citation."),
    ] = "json"


class SpeakersParameters(PastParameters):
    """The query string of GET /v1/speakers."""

    prefix: Annotated[
        str | None,
        Field(max_length=MAX_CHARACTERS, description="A prefix of a name, in any spelling.", examples=["oka"]),
    ] = None
    limit: Annotated[_Page, Field(description="The number of speakers.")] = str(DEFAULT_LIMIT)
    by: Annotated[
        Period | None, Field(description="Count the quotes of each speaker in each month or year as well.")
    ] = None

    @property
    def most(self) -> int:
        """The number of requested speakers; raises `BadQuery`."""
        if not 1 <= int(self.limit) <= PAGE:
            raise BadQuery("limit", f"must be from 1 to {PAGE}, not {int(self.limit)}")
        return int(self.limit)


class RememberedQuote(Parameters):
    """What is verified."""

    text: Annotated[
        str,
        Field(
            max_length=MAX_TEXT,
            json_schema_extra={"minLength": 1},
            description="The remembered quote; at least one word.",
            examples=["the dam will hold"],
        ),
    ]
    speaker: Annotated[
        str | None,
        Field(
            max_length=MAX_SPEAKER,
            json_schema_extra={"minLength": 1},
            description="The claimed speaker: an id, or any spelling of a name.",
            examples=["Okafor"],
        ),
    ] = None


class VerifyParameters(RememberedQuote, PastParameters):
    """The query string of GET /v1/verify."""


class DraftToCheck(Parameters):
    """What is checked."""

    text: Annotated[
        str,
        Field(description="The draft.", examples=["“The dam will hold,” Ada Okafor said."]),
    ]
    format: Annotated[DraftFormat, Field(description="The format of the draft.")] = "text"
    without: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]] | None,
        Field(max_length=MAX_VALUES, description="Publishers whose quotes confirm nothing; case does not count."),
    ] = None


class CheckParameters(DraftToCheck, PastParameters):
    """The JSON body of POST /v1/check."""


class ReportParameters(Parameters):
    """The body of POST /v1/reports. It has no text of a reader's, since anybody may send it."""

    quote_id: Annotated[str, Field(max_length=MAX_CHARACTERS, description="The id of a quote.", examples=["q_…"])]


class NotedReportParameters(Parameters):
    """The body of POST /v1/quotes/{id}/reports."""

    note: Annotated[
        str | None,
        Field(max_length=MAX_NOTE, description="A word about it, such as who said it.", examples=["Bo Lind said it"]),
    ] = None


class ContractParameters(Parameters):
    """The query string of GET /v1/openapi.json."""

    formats: Annotated[
        Literal["json", "all"],
        Field(
            description="json: only the JSON of each operation, of which generators make clients whose answers have "
            "one type; all: also its rows, feeds, citations, texts and forms."
        ),
    ] = "json"


class WithdrawalParameters(Parameters):
    """The query string of DELETE /v1/articles/{id}."""

    version: Annotated[
        _Version | None, Field(description="The highest version to withdraw; default: the current one.")
    ] = None

    @property
    def number(self) -> int | None:
        """The version as a number; `None` is the current one."""
        return None if self.version is None else int(self.version)


class Job(BaseModel):
    """A queue message: the key of a stored original, or of an export job."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
