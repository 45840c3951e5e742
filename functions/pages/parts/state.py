"""The state of a search, which its address holds, and the addresses of the searches beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from functions.http.models import SearchParameters
from functions.http.request import parse_query
from functions.pages.parts import words
from quoth.engine.query.request import Request
from quoth.errors import BadQuery

LIMIT = 10
FACETS = ("speaker", "publisher", "type", "year", "month")
FILTERS = ("speaker", "publisher", "type", "language", "status")


@dataclass(frozen=True, slots=True)
class SearchState:
    """The state of a search, which its address holds: the parameters in their order, without empty ones."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, query_string: str) -> SearchState:
        """Return the state in a query string; a form sends its empty fields, too. Raises `BadQuery`."""
        values = parse_query(query_string, several=SearchParameters.several())
        given = [
            (name, text.strip())
            for name, value in values.items()
            for text in ([value] if isinstance(value, str) else value)
        ]
        return cls(tuple((name, text) for name, text in given if text))

    def get(self, name: str) -> str | None:
        """Return the first value of a parameter."""
        return next((value for key, value in self.pairs if key == name), None)

    def with_(self, **parameters: str | None) -> tuple[tuple[str, str], ...]:
        """Return the parameters with others in place of those of the same name, on the first page."""
        kept = [(name, value) for name, value in self.pairs if name not in parameters and name != "cursor"]
        return (*kept, *((name, value) for name, value in parameters.items() if value is not None))

    def and_(self, name: str, value: str) -> tuple[tuple[str, str], ...]:
        """Return the parameters with one more."""
        kept = [pair for pair in self.pairs if pair != (name, value) and pair[0] != "cursor"]
        return (*kept, (name, value))

    def without(self, name: str, value: str) -> tuple[tuple[str, str], ...]:
        """Return the parameters without one."""
        return tuple(pair for pair in self.pairs if pair != (name, value) and pair[0] != "cursor")

    def within(self, period: str) -> tuple[tuple[str, str], ...]:
        """Return the parameters for the quotes of a year or a month."""
        first, last = words.bounds(period)
        return self.with_(**{"from": first, "to": last})

    def request(self) -> Request:
        """Return the search; raises `BadQuery`, and `ValidationError` for an unknown parameter.

        A page has no other format: one would allow as many quotes on a page as there are rows in a file.
        """
        if self.get("format") is not None:
            raise BadQuery("format", "is not for a page; GET /v1/quotes takes it")
        values: dict[str, Any] = {}
        for name, value in self.pairs:
            if name in SearchParameters.several():
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        request = SearchParameters.model_validate({"limit": str(LIMIT), **values}).request()
        return replace(request, facets=FACETS, highlight=True)
