"""A plain search is read without the models, and means the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.http import plain
from functions.http.models import SearchParameters
from quoth.engine.query.request import MAX_VALUES, Request
from quoth.errors import BadQuery

TEXT = st.sampled_from(
    ["dam", "", " ", "speaker:ada", "2026-01-02", "newest", "wording", "off", "all", "x" * 600, "\ud800"]
)
ONE = {
    **dict.fromkeys(["q", "from", "to", "sort", "collapse", "fuzzy", "match", "cursor", "as_of", "page"], TEXT),
    "limit": st.sampled_from(["1", "100", "101", "0", "007", "+1", "٣", "1\n", "", "9" * 16]),
    "highlight": st.sampled_from(["true", "false", "no", ""]),
    "format": st.sampled_from(["json", "csv", "atom", "pdf"]),
    "min_confidence": st.sampled_from(["0.5", "2", "."]),
}
WORDS = st.sampled_from(["Ada", "direct", "direct,partial", "attributed", "publisher", "", "en"])
MANY = dict.fromkeys(
    sorted(plain.SEVERAL), st.one_of(st.lists(WORDS, min_size=1, max_size=3), st.just(["a"] * (MAX_VALUES + 1)))
)


def by_models(values: dict[str, Any]) -> Request | str:
    try:
        parameters = SearchParameters.model_validate(values)
        return parameters.request() if parameters.format == "json" else "another format"
    except (BadQuery, ValidationError) as error:
        return str(error)


def plainly(values: dict[str, Any]) -> Request | str | None:
    try:
        return plain.request(values)
    except BadQuery as error:
        return str(error)


@given(st.fixed_dictionaries({}, optional={**ONE, **MANY}))
def test_a_plain_request_is_what_the_models_make_of_it(values: dict[str, Any]) -> None:
    read = plainly(values)
    assert read is None or read == by_models(values)


@pytest.mark.parametrize("name", sorted(plain.SEVERAL | {"q", "from", "to", "sort", "limit", "highlight"}))
def test_the_usual_parameters_need_no_models(name: str) -> None:
    value = {"limit": "7", "highlight": "false", "sort": "newest", "from": "2026-01-02", "to": "2026-01-02"}.get(
        name, "ada"
    )
    value = {"type": "direct", "status": "given", "facets": "publisher"}.get(name, value)
    assert plain.request({name: [value] if name in plain.SEVERAL else value}) is not None


def test_the_repeated_parameters_are_those_of_the_models() -> None:
    assert SearchParameters.several() == plain.SEVERAL
