"""The arguments of the tools: the parameters of the API's requests, with the bounds that suit a model's context."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from functions.http.models import (
    TYPED_FILTERS,
    DraftToCheck,
    Parameters,
    QueryOptions,
    RememberedQuote,
    SearchOptions,
    SpeakersParameters,
)
from quoth.engine.query.grammar import MAX_CHARACTERS
from quoth.engine.query.request import Request

# Quotes and speakers in one answer: a model reads each of them.
MOST = 20
FEW = 5

ResponseFormat = Annotated[
    Literal["concise", "detailed"],
    Field(description="concise: what an answer needs; detailed: all members of the API's answer, with the evidence."),
]
_Limit = Annotated[int, Field(ge=1, le=MOST)]
_Id = Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


def _same(model: type[Parameters], name: str) -> tuple[Any, Any]:
    """Return the type and the field of a parameter of the API, for a tool that takes the same."""
    field = model.model_fields[name]
    return field.annotation, field


class ToolOptions(Parameters):
    """The argument of every tool whose answer has two sizes."""

    response_format: ResponseFormat = "concise"


class SearchChoices(QueryOptions):
    """The arguments of search_quotes that are not filters; `SearchArguments` adds those."""

    limit: Annotated[_Limit, Field(description="The most quotes.")] = FEW
    response_format: ResponseFormat = "concise"

    def request(self) -> Request:
        """Return the search request; raises `BadQuery`."""
        others = {name: getattr(self, name) for name in ("collapse", "cursor", "limit")}
        return Request(**self.query(), **others)


_SEARCH_FIELDS: dict[str, Any] = {name: _same(SearchOptions, name) for name in ("collapse", "cursor")} | TYPED_FILTERS
SearchArguments = create_model(
    "SearchArguments",
    __base__=SearchChoices,
    __doc__="The arguments of search_quotes.",
    **_SEARCH_FIELDS,
)


class VerifyArguments(RememberedQuote, ToolOptions):
    """The arguments of verify_quote."""


class CheckArguments(DraftToCheck, ToolOptions):
    """The arguments of check_draft."""


class QuoteArguments(ToolOptions):
    """The arguments of get_quote."""

    id: Annotated[_Id, Field(description="The id of a quote, which other tools return.", examples=["q_7Kd2"])]


class SpeakersChoices(ToolOptions):
    """The arguments of find_speakers but for the prefix; `SpeakersArguments` adds it."""

    limit: Annotated[_Limit, Field(description="The most speakers.")] = FEW


SpeakersArguments = create_model(
    "SpeakersArguments",
    __base__=SpeakersChoices,
    __doc__="The arguments of find_speakers.",
    prefix=_same(SpeakersParameters, "prefix"),
)


class ResearchQuery(Parameters):
    """The argument of search."""

    query: Annotated[_Id, Field(description="Words that were said, or the name of a speaker.")]


class ResearchChoice(Parameters):
    """The argument of fetch."""

    id: Annotated[_Id, Field(description="The id of a result of search.")]
