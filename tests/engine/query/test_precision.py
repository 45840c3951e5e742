"""Dates that are written without a time, or only in part: what is kept, and which ranges find them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec import UNSET

from quoth import article as articles
from quoth.archive import Archive
from quoth.errors import BadInput
from quoth.ingest import originals
from quoth.ingest.formats import articles as article_files
from quoth.ingest.formats import quotes as quote_files
from quoth.storage.stores.memory import MemoryStore
from quoth.text.timestamps import last_second
from tests.support.builders import TestEffects

BODY = "“It holds,” said Ada Byron."
QUOTE = {"text": "It holds.", "speaker": "Ada Byron"}


def given(published: str, **known: str) -> object:
    return quote_files.from_json({**QUOTE, "published": published, **known})


@pytest.mark.parametrize(("published", "precision"), [("2025-08-11", "day"), ("2025-08-11T09:30", None)])
def test_a_date_keeps_the_precision_in_which_it_is_written(published: str, precision: str | None) -> None:
    article = article_files.from_json({"body": BODY, "published": published})
    bodies = [{"contenttype": "text/plain", "value": BODY}]
    item = {"uri": "urn:1", "bodies": bodies, "firstcreated": published}
    assert article.precision == article_files.from_json(item).precision == precision
    assert quote_files.from_json({**QUOTE, "published": published}).precision == (precision or UNSET)
    assert articles.from_json(articles.to_json(article)) == article


def test_originals_keep_it() -> None:
    store = MemoryStore()
    items = [
        article_files.from_json({"body": BODY, "published": "2025-08-11"}),
        given("2025-08-11"),
        given("2025-08-01", precision="month"),
    ]
    keys = originals.keep(store, items)
    assert [item for key in keys for item in originals.load(store, key)] == items


def test_another_precision_is_refused() -> None:
    with pytest.raises(BadInput, match="precision must be year, month, day, not 'week'"):
        given("2025-08-11", precision="week")


@pytest.mark.parametrize(
    ("precision", "last"),
    [
        (None, datetime(2024, 2, 1, tzinfo=UTC)),
        ("day", datetime(2024, 2, 1, 23, 59, 59, tzinfo=UTC)),
        ("month", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("year", datetime(2025, 1, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_lasts_as_long_as_it_says(precision, last: datetime) -> None:
    assert last_second(datetime(2024, 2, 1, tzinfo=UTC), precision) == last.timestamp()


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"from_": "2025-08-11T12:00"}, "day month year"),
        ({"from_": "2025-08-12"}, "month year"),
        ({"from_": "2025-09-01"}, "year"),
        ({"from_": "2026-01-01"}, ""),
        ({"to": "2025-08-11T09:00"}, "day month year"),
        ({"to": "2025-08-10"}, "month year"),
        ({"to": "2025-07-31"}, "year"),
        ({"to": "2024-12-31"}, ""),
        ({"from_": "2025-08-11", "to": "2025-08-11"}, "time day month year"),
        ({"q": "after:2025-08-11 before:2025-08-11"}, ""),
    ],
    ids=repr,
)
def test_a_range_finds_what_may_have_been_published_in_it(bounds: dict[str, str], found: str) -> None:
    archive = Archive(MemoryStore(), TestEffects().effects())
    archive.add(
        [
            given("2025-08-11T09:30", id="time"),
            given("2025-08-11", id="day"),
            given("2025-08-01", id="month", precision="month"),
            given("2025-01-01", id="year", precision="year"),
        ]
    )
    hits = archive.search(**{"q": "holds", **bounds}).hits  # type: ignore[arg-type]
    names = {None: "time", "day": "day", "month": "month", "year": "year"}
    assert {names[hit.quote.article.precision or None] for hit in hits} == set(found.split())
