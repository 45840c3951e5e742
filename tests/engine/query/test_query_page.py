"""Every example of docs/query-language.md, run on the quotes of that page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.errors import BadQuery
from quoth.quote import Attribution, Quote
from quoth.text.timestamps import parse
from tests.engine.test_search import a_searcher
from tests.support.builders import a_quote, denied

PAGE = (Path(__file__).parents[3] / "docs" / "query-language.md").read_text("utf-8")


def rows(heading: str) -> Iterator[list[str]]:
    """Yield the cells of the tables under a heading, without the header rows."""
    part = PAGE.partition(f"{heading}\n")[2].partition("\n## ")[0]
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.match(r"\d|`", cells[0]):
            yield cells


def a_row(cells: list[str]) -> Quote:
    number, said, speaker, published, where, kind = cells
    publisher, _, language = where.rpartition(", ")
    is_known, is_denied = speaker != "nobody", speaker.startswith("not ")
    speaker = speaker.removeprefix("not ").removesuffix(", says the article")
    made = a_quote(
        said,
        id=f"q_{number}",
        type=kind,
        speaker=speaker if is_known else None,
        aliases=(speaker.split()[-1],) if is_known else (),
        published=None if published == "no date" else parse(published),
        publisher=publisher or None,
        language=language if publisher else None,
    )
    if is_denied:
        return denied(made)
    return made if is_known else replace(made, attribution=Attribution("unattributed", "none", "nobody is named", 0.0))


@pytest.fixture(scope="module")
def archive() -> Searcher:
    quotes = [a_row(cells) for cells in rows("# The query language")]
    assert len(quotes) == 8
    return a_searcher(quotes[:4], quotes[4:])


def asked(cell: str) -> str:
    return cell.strip("`")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (asked(q), found.split())
        for part in ("Words", "Names and questions", "Qualifiers")
        for q, found, _ in rows(f"## {part}")
    ],
)
def test_a_query_finds_what_the_page_says(archive: Searcher, query: str, found: list[str]) -> None:
    page = archive.search(Request(q=query))
    assert sorted(hit.quote.id.removeprefix("q_") for hit in page.hits[: page.total]) == found


@pytest.mark.parametrize(
    ("query", "every", "related"),
    [(asked(q), every.split(), related.split()) for q, every, related, _ in rows("## Most of the words")],
)
def test_related_quotes_follow_as_the_page_says(
    archive: Searcher, query: str, every: list[str], related: list[str]
) -> None:
    page = archive.search(Request(q=query))
    assert [hit.quote.id.removeprefix("q_") for hit in page.hits] == [*every, *related]
    assert (page.total, page.related) == (len(every), len(related))
    assert archive.search(Request(q=query, match="all")).hits == ()


@pytest.mark.parametrize(("query", "meant"), [(asked(q), asked(meant)) for q, meant in rows("## Spelling")])
def test_a_typo_is_corrected_or_answered_with_a_suggestion(archive: Searcher, query: str, meant: str) -> None:
    page, expected = archive.search(Request(q=query)), archive.search(Request(q=meant))
    assert page.corrections
    assert [hit.quote.id for hit in page.hits] == [hit.quote.id for hit in expected.hits]
    assert page.total == expected.total > 0
    page = archive.search(Request(q=query, fuzzy="off"))
    assert (page.total, page.did_you_mean) == (0, meant)


@pytest.mark.parametrize(("query", "told"), [(asked(q), told) for q, told in rows("## Limits")])
def test_an_invalid_query_is_refused_with_a_hint(archive: Searcher, query: str, told: str) -> None:
    with pytest.raises(BadQuery) as refused:
        archive.search(Request(q=query))
    assert str(refused.value) == told


def test_all_tables_were_read() -> None:
    parts = ("Words", "Most of the words", "Names and questions", "Qualifiers", "Spelling", "Limits")
    assert [len(list(rows(f"## {part}"))) for part in parts] == [14, 5, 9, 18, 5, 7]
