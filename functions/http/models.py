"""What crosses the edge inward: the parameters of each request, which are also what the published contract says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from quoth.engine.query import request as requests
from quoth.engine.query.grammar import MAX_CHARACTERS
from quoth.engine.query.request import DEFAULT_LIMIT, MAX_LIMIT, MAX_VALUES, Request
from quoth.engine.verify.verify import MAX_SPEAKER, MAX_TEXT
from quoth.errors import BadQuery

PAGE = 100  # quotes of a page
MOST_ROWS = 50_000  # of an export

CSV = "text/csv; charset=utf-8; header=present"
JSONL = "application/x-ndjson"

Format = Literal["json", "jsonl", "csv"]
CitationFormat = Literal["json", "csl", "ris", "bibtex", "text", "jsonld"]

# A query string is text; beside the check of the text stands what the contract says of the value.
_Digits = Annotated[str, Field(pattern=r"^[0-9]{1,15}$")]
_Page = Annotated[_Digits, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": PAGE})]
_Rows = Annotated[_Digits, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_ROWS})]
_Generation = Annotated[_Digits, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 10**15 - 1})]
_Version = Annotated[
    str, Field(pattern=r"^[0-9]{1,12}$"), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 10**12 - 1})
]
_Share = Annotated[
    str,
    Field(pattern=r"^[0-9]{0,8}(\.[0-9]{0,40})?([eE][-+]?[0-9]{1,3})?$"),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
# Not all of ISO 8601, and not every day that this lets through has been or will be: the engine knows.
_Moment = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}"})]
_Name = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS})]
_Names = Annotated[list[_Name] | None, Field(max_length=MAX_VALUES)]
_Type = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.TYPES]})]
_Status = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.STATUSES]})]
_Facet = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.FACETS]})]
_Sort = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.SORTS]})]
_Collapse = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.COLLAPSES]})]
_Fuzzy = Annotated[str, WithJsonSchema({"type": "string", "enum": [*requests.FUZZIES]})]
_Truth = Annotated[Literal["true", "false"], WithJsonSchema({"type": "boolean"})]

_MOMENT = "An ISO 8601 date or time; UTC where no zone is given."
_COMMAS = "Several may also stand in one, with commas between."


class Parameters(BaseModel):
    """A query string. What is not named here is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def several(cls) -> frozenset[str]:
        """The parameters that may be given more than once."""
        return frozenset(
            field.alias or name for name, field in cls.model_fields.items() if "list[" in str(field.annotation)
        )


class NoParameters(Parameters):
    """The query string of a request that has none."""


class SearchParameters(Parameters):
    """The query string of GET /v1/quotes; what each may be is the engine's to say."""

    q: Annotated[
        _Name | None,
        Field(
            description="What to look for: words, “phrases”, -word, prefix*, OR, and qualifiers such as speaker:name.",
            examples=["dam hold", '"the dam" speaker:Okafor'],
        ),
    ] = None
    speaker: Annotated[_Names, Field(description="An id, or any spelling of a name.", examples=[["Okafor"]])] = None
    publisher: Annotated[_Names, Field(description="A publisher's name; case and accents do not count.")] = None
    type: Annotated[list[_Type] | None, Field(description=f"Without it direct and partial. {_COMMAS}")] = None
    language: Annotated[_Names, Field(description="A BCP 47 tag; en stands for en-GB, too.")] = None
    status: Annotated[list[_Status] | None, Field(description=f"How a quote got its speaker. {_COMMAS}")] = None
    from_: Annotated[_Moment | None, Field(alias="from", description=f"Published then or later. {_MOMENT}")] = None
    to: Annotated[_Moment | None, Field(description=f"Published then or earlier; a day is all of it. {_MOMENT}")] = None
    min_confidence: Annotated[_Share | None, Field(description="A speaker that was given passes any.")] = None
    sort: Annotated[
        _Sort | None, Field(description="Without it relevance where there are words to look for, or else newest.")
    ] = None
    limit: Annotated[_Rows, Field(description=f"Up to {PAGE} as json, up to {MOST_ROWS:,} as jsonl or csv.")] = str(
        DEFAULT_LIMIT
    )
    cursor: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9_-]+$",
            max_length=512,
            description="`next_cursor` of the page before, beside the same other parameters.",
        ),
    ] = None
    facets: Annotated[list[_Facet] | None, Field(description=f"What to count over all that match. {_COMMAS}")] = None
    collapse: Annotated[
        _Collapse, Field(description="Show the best of each utterance, or of all quotes with the same words.")
    ] = "none"
    fuzzy: Annotated[_Fuzzy, Field(description="auto: a word that nobody said matches at one typo.")] = "off"
    highlight: Annotated[_Truth, Field(description="false leaves out where words stand.")] = "true"
    format: Annotated[Format, Field(description="jsonl and csv are rows to keep.")] = "json"
    as_of: Annotated[_Generation | None, Field(description="A past generation.")] = None

    @property
    def rows(self) -> int:
        """How many quotes are asked for; raises `BadQuery` for more than the format gives."""
        rows, most = int(self.limit), PAGE if self.format == "json" else MOST_ROWS
        if not 1 <= rows <= most:
            raise BadQuery("limit", f"must be from 1 to {most:,} as {self.format}, not {rows}")
        return rows

    def request(self) -> Request:
        """Return the search; raises `BadQuery`."""
        return Request(
            q=self.q,
            speaker=self.speaker,
            publisher=self.publisher,
            type=self.type,
            language=self.language,
            status=self.status,
            from_=self.from_,
            to=self.to,
            min_confidence=None if self.min_confidence is None else _share(self.min_confidence),
            sort=self.sort,
            limit=min(self.rows, MAX_LIMIT),
            cursor=self.cursor,
            facets=self.facets,
            collapse=self.collapse,
            fuzzy=self.fuzzy,
            highlight=self.highlight == "true",
            as_of=None if self.as_of is None else int(self.as_of),
        )


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # "." and "e5" have the shape of a number
        raise BadQuery("min_confidence", f"must be a number from 0 to 1, not {text!r}") from None


class QuoteParameters(Parameters):
    """The query string of GET /v1/quotes/{id}."""

    format: Annotated[CitationFormat, Field(description="How to cite it, in place of all that is known.")] = "json"


class SpeakersParameters(Parameters):
    """The query string of GET /v1/speakers."""

    prefix: Annotated[
        str | None,
        Field(max_length=MAX_CHARACTERS, description="The beginning of a name, in any spelling.", examples=["oka"]),
    ] = None
    limit: Annotated[_Page, Field(description="How many of them.")] = str(DEFAULT_LIMIT)

    @property
    def most(self) -> int:
        """How many speakers are asked for; raises `BadQuery`."""
        if not 1 <= int(self.limit) <= PAGE:
            raise BadQuery("limit", f"must be from 1 to {PAGE}, not {int(self.limit)}")
        return int(self.limit)


class VerifyParameters(Parameters):
    """The query string of GET /v1/verify."""

    text: Annotated[
        str,
        Field(
            max_length=MAX_TEXT,
            json_schema_extra={"minLength": 1},
            description="What somebody is said to have said; one word at least.",
            examples=["the dam will hold"],
        ),
    ]
    speaker: Annotated[
        str | None,
        Field(
            max_length=MAX_SPEAKER,
            json_schema_extra={"minLength": 1},
            description="Who is said to have said it: an id, or any spelling.",
            examples=["Okafor"],
        ),
    ] = None


class WithdrawalParameters(Parameters):
    """The query string of DELETE /v1/articles/{id}."""

    version: Annotated[_Version | None, Field(description="The highest to take back, or else what stands.")] = None

    @property
    def number(self) -> int | None:
        """The version as a number; `None` is the one that stands."""
        return None if self.version is None else int(self.version)


class Job(BaseModel):
    """A queue message: the key of what was kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str


class SlackCommand(BaseModel):
    """What Slack posts for a slash command; the fields that are used."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    command: str
    text: str = ""
