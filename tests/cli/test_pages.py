"""Saved web pages, by the extra `quoth[html]`; `make test-extras` runs these wherever it is missing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from quoth.article import Article
from quoth.errors import BadInput
from quoth.ingest.formats import page
from tests.support.commands import Run
from tests.support.effort import needs

pytestmark = needs("trafilatura")

WORDS = "<p>“The dam will hold,” said Ada Okafor, who has been the mayor of Weyhaven for eleven years.</p>"
FILL = "<p>The council had asked for a second look at the wall above the town after the rain of last week.</p>"
LINKED = {
    "@type": "NewsArticle",
    "headline": "The dam &amp; the mayor",
    "datePublished": "2025-08-11T09:30:00+01:00",
    "author": [{"@id": "#bo"}, {"@type": "Person", "name": "Cy Poe"}],
    "publisher": {"@type": "Organization", "name": "The Courier"},
    "inLanguage": "en-GB",
}


def a_page(head: str = "", body: str = "", attributes: str = "") -> bytes:
    article = f"<article>{WORDS}{body}{FILL}</article>"
    return f"<!doctype html><html {attributes}><head>{head}</head><body>{article}</body></html>".encode()


def linked(*values: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(value)}</script>' for value in values)


def meta(attribute: str, name: str, content: str) -> str:
    return f'<meta {attribute}="{name}" content="{content}">'


def an_article(**members: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", **members}


def known(article: Article) -> dict[str, Any]:
    names = ("url", "headline", "published", "precision", "byline", "publisher", "language")
    facts = {name: getattr(article, name) for name in names if getattr(article, name) is not None}
    return {name: fact.isoformat() if name == "published" else fact for name, fact in facts.items()}


NESTED: list[Any] = []
for _ in range(500):
    NESTED = [NESTED]
FULL = {
    "url": "https://courier.example/dam",
    "headline": "The dam & the mayor",
    "published": "2025-08-11T08:30:00+00:00",
    "byline": "Bo Lind, Cy Poe",
    "publisher": "The Courier",
    "language": "en-GB",
}


@pytest.mark.parametrize(
    ("head", "attributes", "stated"),
    [
        ("", "", {}),
        ("<title>x | The Courier</title>", 'lang="en-GB"', {"headline": "x | The Courier", "language": "en-GB"}),
        (
            linked({"@graph": [{"@type": "Person", "@id": "#bo", "name": "Bo Lind"}, LINKED]})
            + '<link rel="canonical" href="https://courier.example/dam"><meta name="author" content="Nobody">',
            'lang="de"',
            FULL,
        ),
        (
            meta("property", "og:title", "The dam &amp;amp; the mayor")
            + meta("property", "og:site_name", "The Courier")
            + meta("property", "og:url", "https://courier.example/dam")
            + meta("property", "og:locale", "en_GB")
            + meta("property", "article:published_time", "2025-08-11T08:30Z")
            + meta("name", "author", "Bo Lind, Cy Poe")
            + meta("property", "article:author", "https://courier.example/bo"),
            "",
            FULL,
        ),
        # What cannot be used is unknown: no date is guessed, and the address of the front page is no article's.
        (
            linked(an_article(headline=["x"], datePublished="soon", author={"name": {}}, publisher=3))
            + '<link rel="canonical" href="https://courier.example/"><meta property="og:url" content="javascript:x">',
            'lang="en GB"',
            {},
        ),
        (
            linked(an_article(datePublished="2025-08")),
            "",
            {"published": "2025-08-01T00:00:00+00:00", "precision": "month"},
        ),
        # Of two articles that with the address of the page; if none has it, none.
        (
            '<link rel="canonical" href="https://courier.example/2">'
            + linked(*(an_article(headline=n, url=f"https://courier.example/{n}") for n in "12")),
            "",
            {"url": "https://courier.example/2", "headline": "2"},
        ),
        (linked(an_article(headline="one"), an_article(headline="two")), "", {}),
        (linked(an_article(headline="one \ud800", author="\udfff")), "", {"headline": "one ?", "byline": "?"}),
        (linked({"@type": "ItemList", "itemListElement": [LINKED]}), "", {}),
        ('<script type="application/ld+json">{"a": </script>' + linked(NESTED), "", {}),
    ],
)
def test_a_page_is_known_by_what_it_states(head: str, attributes: str, stated: dict[str, Any]) -> None:
    article = page.read(a_page(head, attributes=attributes))
    assert known(article) == stated
    assert article.body.startswith("“The dam will hold,” said Ada Okafor")


def test_the_body_is_the_main_text_in_paragraphs_as_it_stands() -> None:
    beside = "<nav><a href='/'>Home</a></nav><aside>Read more</aside>"
    said = "<p>“We have seen<br>nothing new,” said <del>Bo Lind</del> Cy Poe.</p>"
    said += "<blockquote><p>“It will not.”</p></blockquote>"
    article = page.read(a_page(body=beside + said))
    paragraphs = article.body.split("\n\n")
    assert paragraphs[1:3] == ["“We have seen nothing new,” said Cy Poe.", "“It will not.”"]
    assert "Home" not in article.body


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "has no text of an article"),
        (b"<html>", "has no text of an article"),
        (b"<a " * 20_000, "has no text of an article"),
        (b"<!--" * 20_000, "has no text of an article"),
        (b"<frameset><frame src=x></frameset>", "has no text of an article"),
        (b"<div>" * 50_000 + b"x", "has more than 200 elements inside one another"),
        (b"<p>\xff</p>", "is not UTF-8: byte 3 is 0xff"),
        (b'<meta charset="klingon"><p>\xff</p>', "is not klingon, the encoding that it declares"),
        (b'<meta charset="hex"><p>\xff</p>', "is not hex, the encoding that it declares"),
        (b'<meta charset="undefined"><p>\xff</p>', "is not undefined, the encoding that it declares"),
        (b'<meta charset="utf-16"><p>\xff</p>', "is not utf-16, the encoding that it declares"),
        (b'<meta charset="cp037"><p>\xff</p>', "is not cp037, the encoding that it declares"),
        (b"<p " + b"a " * 10_000 + b">x", "has an element with more attributes than a page needs"),
        (b"<p>" + b"a" * page.MAX_PAGE, "is too long; the limit of a page is 10,485,760 bytes"),
        (b"<p>x" * 30_000, "has more than 25,000 elements"),
        (b"<p>" + b"&amp; " * 40_000, "body has 40,000 quotation marks, entities and lines; the limit is 30,000"),
    ],
)
def test_a_page_that_is_none_is_refused_with_one_sentence(data: bytes, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        page.read(data)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ("<html><p>“No,” said Ada.</p></html>".encode(), "“No,” said Ada."),
        ("<p>“No,”\0 said <b>Ada.<p>“Yes,” <i>said Bo.".encode(), "“No,”� said Ada.\n\n“Yes,” said Bo."),
        ("<p>&#xD800; “No,” said Ada.".encode(), "� “No,” said Ada."),
        ("<html><p>“No,” said Ada.</p>".encode("utf-16"), "“No,” said Ada."),
        ("<?xml version='1.0' encoding='utf-8'?><html><p>“No,” said Ada.</p></html>".encode(), "“No,” said Ada."),
    ],
)
def test_tiny_and_broken_pages_are_read(data: bytes, body: str) -> None:
    article = page.read(data)
    assert (article.body, known(article)) == (body, {})


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path / "archive", capsys)


def test_pages_are_indexed_from_files_folders_and_a_pipe(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "saved"
    (saved / "dam_files").mkdir(parents=True)
    (saved / "dam.html").write_bytes(a_page('<link rel="canonical" href="https://courier.example/dam">'))
    (saved / "dam_files" / "advertisement.html").write_bytes(a_page("<title>Buy</title>"))
    assert run("index", saved) == 0
    assert run.out == "articles: 1 added; 1 quote added\n"
    assert run("index", saved / "dam.html") == 0
    assert run.out == "articles: 1 unchanged; 0 quotes added\n"
    piped = io.TextIOWrapper(io.BufferedReader(io.BytesIO(a_page("<title>Piped</title>"))))  # type: ignore[arg-type]
    monkeypatch.setattr("sys.stdin", piped)
    assert run("index", "-") == 0
    (saved / "dam.json").write_text('{"version": 2, "date": "2025", "author": "Bo Lind", "desk": "local"}')
    (saved / "dam.html").write_bytes(
        a_page('<link rel="canonical" href="https://courier.example/dam">', "<p>Corrected.</p>")
    )
    assert run("index", saved) == 0
    assert (run.out, run.err) == (
        "articles: 1 replaced; 1 quote added\n",
        "quoth: leaving out desk: no field of an article\n",
    )
    (saved / "dam.json").write_text('{"publishd": "2025"}')
    assert run("index", saved) == 1
    assert run.err.startswith(f"quoth: {saved / 'dam.json'}: publishd is not a field of this object")
    (saved / "dam.json").unlink()
    (saved / "dam.html").unlink()
    (saved / "empty.htm").write_bytes(b"<html></html>")
    assert run("index", saved) == 1
    assert run.err == f"quoth: {saved / 'empty.htm'}: has no text of an article\n"
    run("search", "dam", "--json")
    assert {hit["article"]["headline"] for hit in run.json["hits"]} == {None, "Piped"}
