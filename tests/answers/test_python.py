"""The library as a person uses it in Python: dicts, texts for dates, pages that are sequences."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from msgspec.structs import fields

import quoth
from demo.expectations import SAMPLE, read
from quoth.answers import build
from quoth.archive import Archive
from quoth.article import Article
from quoth.engine.page import Edition, Hit, Page
from quoth.engine.query.request import Request
from quoth.errors import BadInput, BadQuery
from quoth.quote import GivenQuote, to_json
from quoth.storage.stores.memory import MemoryStore
from quoth.text.sanitize import one_line
from tests.support import hostile
from tests.support.builders import a_quote


@pytest.fixture
def archive() -> Archive:
    archive = Archive(MemoryStore())
    archive.add([{"text": f"Number {n}.", "speaker": "Ada Okafor", "published": f"2025-{n:02}"} for n in range(1, 13)])
    return archive


def test_a_search_names_every_parameter_of_a_request() -> None:
    """So a type checker refuses a misspelt one, and an editor shows them all."""
    named = list(inspect.signature(Archive.search).parameters.values())[1:]
    assert [(one.name, one.default) for one in named] == [(f.name, f.default) for f in fields(Request)]
    assert {one.kind for one in named[1:]} == {inspect.Parameter.KEYWORD_ONLY}


def test_a_page_is_a_sequence_of_its_hits(archive: Archive) -> None:
    page = archive.search("number", limit=5, sort="oldest")
    assert (len(page), page.total, bool(archive.search("zebra"))) == (5, 12, False)
    assert [hit.quote.text for hit in page] == [f"Number {n}." for n in range(1, 6)]
    assert (page[-1], page[:2]) == (page.hits[4], page.hits[:2])
    assert repr(page) == "<Page 5 of 12, generation 1 'Number 1.'>"


def test_dicts_are_plain_values(archive: Archive) -> None:
    page = archive.search("number", limit=2)
    made = page.to_dicts()
    assert json.loads(json.dumps(made)) == made
    assert made[0] == {**to_json(page[0].quote), "highlights": [{"start": 0, "end": 6}], "score": page[0].score}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-02", "2025-04"),
        (date(2025, 2, 1), date(2025, 4, 1)),
        (datetime(2025, 2, 1, tzinfo=UTC), "2025-04-01T12:00"),
    ],
)
def test_a_date_is_a_text_or_a_date(archive: Archive, first: str | date, last: str | date) -> None:
    found = archive.search(from_=first, to=last, sort="oldest")
    assert [hit.quote.text for hit in found] == ["Number 2.", "Number 3.", "Number 4."]


def test_an_item_may_be_a_dict(archive: Archive) -> None:
    archive.add({"body": "“No,” said Bo Lind.", "date": "2024"})
    (hit,) = archive.search(speaker="Lind")
    assert (hit.quote.article.published, hit.quote.article.precision) == (datetime(2024, 1, 1, tzinfo=UTC), "year")
    archive.add({"text": "Yes.", "speaker": "Cy Obi", "published": date(2023, 8, 11)})
    (hit,) = archive.search(speaker="Obi")
    assert (hit.quote.article.published, hit.quote.article.precision) == (datetime(2023, 8, 11, tzinfo=UTC), "day")
    archive.add({"text": "Never.", "speaker": "Di Ek", "publisher": float("nan"), "version": 2})
    (hit,) = archive.search(speaker="Ek")
    assert (hit.quote.article.publisher, hit.quote.article.version) == (None, 2)
    with pytest.raises(BadInput) as refused:
        archive.add({"text": "No.", "speaker": "Ada", "published": "last week"})
    assert refused.value.field == "published"
    assert archive.stats().quotes == 15


@pytest.mark.parametrize(
    ("published", "date"),
    [("2024", "2024"), ("2024-05", "2024-05"), ("2024-05-06T23:30-05:00", "2024-05-07"), (None, None)],
)
def test_an_answer_has_a_date_as_far_as_it_is_known(published: str | None, date: str | None) -> None:
    archive = Archive(MemoryStore())
    archive.add({"text": "No.", "speaker": "Ada", "published": published})
    (hit,) = archive.search()
    assert build.to_json(build.hit(hit))["article"]["date"] == date


def test_a_date_of_a_value_may_be_a_text() -> None:
    article = Article(body="No.", published="2025-08")
    assert (article.published, article.precision) == (datetime(2025, 8, 1, tzinfo=UTC), "month")
    quote = GivenQuote(text="No.", speaker="Ada", published="2025-08-11T09:30")
    assert quote.published == datetime(2025, 8, 11, 9, 30, tzinfo=UTC)
    assert Article(body="No.", published=date(2025, 8, 11)).precision == "day"
    for made in (Article, GivenQuote):
        with pytest.raises(BadInput) as refused:
            made(**{"body" if made is Article else "text": "No.", "published": "soon"}, **SPEAKER[made])
        assert refused.value.field == "published"


SPEAKER = {Article: {}, GivenQuote: {"speaker": "Ada"}}


def test_an_answer_says_its_verdict(archive: Archive) -> None:
    result = archive.verify("number three", speaker="Okafor")
    assert result.verdict == result.verification.verdict
    assert (result.why, result.quote) == (result.verification.why, result.verification.quote)
    with pytest.raises(BadQuery):
        archive.verify(" ")


def test_extraction_stores_nothing_and_tells_why() -> None:
    (quote,) = quoth.extract("“The dam will hold,” said Ada Okafor.")
    assert (quote.text, quote.speaker and quote.speaker.name) == ("The dam will hold,", "Ada Okafor")
    found = Counter(one.type for one in quoth.extract(read(SAMPLE), indirect=True))
    found.subtract(one.type for one in quoth.extract(read(SAMPLE)))
    assert +found == Counter(indirect=1)
    with pytest.raises(quoth.BadInput) as refused:
        quoth.extract(" ")
    assert refused.value.field == "body"


def test_a_notebook_shows_a_table_in_which_nothing_runs(archive: Archive) -> None:
    archive.add({"text": "<script>x</script>", "speaker": "Bo <b>Lind", "publisher": "A & B", "published": "2024"})
    html = archive.search(speaker="Lind")._repr_html_()
    assert "<tr><td>&lt;script&gt;x&lt;/script&gt;</td><td>Bo &lt;b&gt;Lind</td><td>A &amp; B</td><td>2024</td>" in html
    assert "<script" not in html


class Tags(HTMLParser):
    """The tags and the texts of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(f"{tag} with attributes" if attrs else tag)

    def handle_decl(self, decl: str) -> None:
        self.tags.add("a declaration")

    def handle_comment(self, data: str) -> None:
        self.tags.add("a comment")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_no_text_of_an_article_becomes_a_tag_of_a_notebook() -> None:
    quotes = [a_quote(text, id=f"q_{n}", speaker=text, publisher=text) for n, text in enumerate(hostile.TEXTS)]
    page = Page(Request(), tuple(Hit(quote, 0.0) for quote in quotes), len(quotes), Edition(1, "n", 1), len(quotes))
    shown = Tags(page._repr_html_())
    assert shown.tags == {"p", "table", "tr", "th", "td"}
    assert {one_line(text) for text in hostile.TEXTS} - {*shown.texts, ""} == set()


def test_a_list_of_speakers_is_a_sequence_of_them(archive: Archive) -> None:
    archive.add({"text": "No.", "speaker": "Bo Lind"})
    listed = archive.speakers(limit=1)
    assert (len(listed), listed.total) == (1, 2)
    assert [(speaker.name, quotes) for speaker, quotes in listed] == [("Ada Okafor", 12)]
