"""A search filter is one row of a table, and every face of the product has it from there."""

from __future__ import annotations

import pytest

from functions.http.models import SearchParameters
from quoth.answers.schema import QueryAnswer
from quoth.cli import parser
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.execution.index import open_index
from quoth.engine.query.filters import FILTERS, Filter, Lookup, parameter
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.request import Request
from quoth.engine.schema import SCHEMA
from quoth.engine.segment import build
from quoth.storage.files.segment_file import InMemoryFile
from tests.support.builders import a_quote

VALUES = {"names": ["Ada Okafor"], "words": ["direct"], "moment": "2025-08-11", "share": 0.5}
TYPED = {"names": "Ada Okafor", "words": "direct", "moment": "2025-08-11", "share": "0.5"}

EACH_FILTER = pytest.mark.parametrize(("name", "row"), FILTERS.items(), ids=list(FILTERS))


def value_of(row: Filter) -> object:
    return [row.words[0]] if row.kind == "words" else VALUES[row.kind]


@EACH_FILTER
def test_a_filter_is_a_field_of_the_request(name: str, row: Filter) -> None:
    request = Request(**{name: value_of(row)})
    assert request.values(name) != []
    assert name in Request.__struct_fields__


@EACH_FILTER
def test_a_filter_is_a_parameter_over_http(name: str, row: Filter) -> None:
    given = [row.words[0]] if row.kind == "words" else ["Ada Okafor"] if row.kind == "names" else TYPED[row.kind]
    request = SearchParameters.model_validate({parameter(name): given}).request()
    assert request == Request(**{name: value_of(row)})


@EACH_FILTER
def test_a_filter_is_an_option_of_the_command_line(name: str, row: Filter) -> None:
    typed = row.words[0] if row.kind == "words" else TYPED[row.kind]
    options = parser.build().parse_args(["search", f"--{parameter(name).replace('_', '-')}", typed])
    assert getattr(options, name) == value_of(row)


@EACH_FILTER
def test_an_answer_repeats_the_filter(name: str, row: Filter) -> None:
    assert name in QueryAnswer.__struct_fields__


@pytest.mark.parametrize("name", [name for name, row in FILTERS.items() if row.to_query is not None])
def test_a_filter_makes_a_query_of_the_fields_that_it_names(name: str) -> None:
    """A field that a query reads and no plan has fetched would take a round trip of its own."""
    row = FILTERS[name]
    assert row.to_query is not None
    segment = build([("r", a_quote("No."))])
    index = open_index([SegmentView(InMemoryFile(segment.data), segment.table)])
    (value, *_) = row.words or (VALUES[row.kind] if row.kind == "names" else (VALUES[row.kind],))
    query = row.to_query(Lookup(Lexicon(index)), value)
    assert {leaf.fieldname for leaf in query.leaves()} <= set(row.fields)
    assert set(row.fields) <= set(SCHEMA.names())
