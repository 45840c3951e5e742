"""Feeds of a search, read by a parser of feeds as a subscriber does."""

from __future__ import annotations

import json
import os
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from msgspec.structs import replace

from functions import search
from functions.http.agents import research
from functions.http.models import FEED, PAGE
from functions.local.events import LambdaContext
from functions.runtime import settings
from quoth.answers import feeds
from quoth.answers.feeds import Feed, FeedEntry
from quoth.archive import Archive, open_archive
from quoth.citation import source_link
from quoth.effects import Effects
from quoth.engine.page import Edition, Hit, Page
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.ingest.formats.quotes import from_json
from quoth.quote import Attribution
from quoth.storage.stores.directory import DirectoryStore
from quoth.text.slugs import slug
from tests.functions.agents.orders import ORDERS
from tests.support import hostile
from tests.support.builders import TestEffects, a_given, a_quote, an_article, day
from tests.support.counting import CountingStore
from tests.support.events import http

BASE = "https://quotes.example.org/archive"
ATOM = "{http://www.w3.org/2005/Atom}"


class IndexingTime:
    """The time of indexing, which a test sets."""

    now = 1_700_000_000.0


@pytest.fixture
def archive(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
    monkeypatch.setenv("QUOTH_PUBLIC_URL", BASE)
    known = TestEffects().effects()
    IndexingTime.now = 1_700_000_000.0
    effects = Effects(known.new_id, known.random, known.sleep, lambda: IndexingTime.now)
    return Archive(DirectoryStore(tmp_path), effects)


def get(query: str, **headers: str) -> tuple[int, dict[str, str], str]:
    answer = search.handler(http("GET", f"/v1/quotes?{query}", **headers), LambdaContext("search"))
    return answer["statusCode"], answer["headers"], answer["body"]


def atom(query: str = "") -> Any:
    """Return a feed as the parser reads it: it must be well formed."""
    status, headers, body = get(f"format=atom{query}")
    assert status == 200, body
    parsed = feedparser.parse(body, response_headers={"content-type": headers["Content-Type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    return parsed


def json_feed(query: str = "") -> dict[str, Any]:
    status, headers, body = get(f"format=jsonfeed{query}")
    assert (status, headers["Content-Type"]) == (200, "application/feed+json")
    feed: dict[str, Any] = json.loads(body)
    return feed


def test_a_title_never_names_a_doubtful_speaker_alone() -> None:
    """A reader of feeds shows titles alone, and 79.9% are not rounded up to what is called likely."""
    quote = replace(a_quote(), attribution=Attribution("attributed", "name", "“Okafor said”", 0.799))
    (entry,) = feeds.entries([Hit(quote, 1.0)], [], BASE)
    assert entry.title == "Ada Okafor (uncertain, 79%): “The dam will hold.”"
    assert "Ada Okafor (uncertain, 79%: “Okafor said”)" in entry.text
    (result,) = research.results(Page(Request(), (Hit(quote, 1.0),), 1, Edition(1, "", 1), 1), BASE).results
    assert result.title == "Ada Okafor (uncertain, 79%)"


# ------------------------------------------------------------------------------------------------------- the order


def test_what_was_indexed_last_comes_first(archive: Archive) -> None:
    """Not what was published last: an old article may come into the archive today."""
    archive.add(a_given("I shall return.", published=day(2025), id="urn:1"))
    IndexingTime.now += 60
    archive.add(a_given("I came back.", published=day(1950), id="urn:2"))
    IndexingTime.now += 60
    archive.add(a_given("I stay.", id="urn:3"))
    assert [hit.quote.text for hit in archive.search(sort="indexed").hits] == [
        "I stay.",
        "I came back.",
        "I shall return.",
    ]
    assert [entry.title.partition(": ")[2] for entry in atom().entries] == [
        "“I stay.”",
        "“I came back.”",
        "“I shall return.”",
    ]
    assert [item["date_modified"] for item in json_feed()["items"]] == [
        "2023-11-14T22:15:20Z",
        "2023-11-14T22:14:20Z",
        "2023-11-14T22:13:20Z",
    ]


def test_only_that_order_tells_when_a_quote_was_indexed(archive: Archive) -> None:
    archive.add(a_given())
    (hit,) = archive.search(sort="indexed").hits
    assert hit.indexed == 1_700_000_000
    (hit,) = archive.search().hits
    assert hit.indexed is None


def test_a_far_store_has_the_order_too(archive: Archive) -> None:
    """There a search fetches what it needs before it reads any of it."""
    for number in range(3):
        archive.add(a_given(f"I stay, {number}.", id=f"urn:{number}", published=day(2000 - number)))
        IndexingTime.now += 60
    far = Searcher(CountingStore(archive.store, 1))
    hits = far.search(Request("stay", sort="indexed")).hits
    assert [hit.quote.text for hit in hits] == ["I stay, 2.", "I stay, 1.", "I stay, 0."]
    assert [hit.indexed for hit in hits] == [1_700_000_120, 1_700_000_060, 1_700_000_000]


def test_a_merge_does_not_make_a_quote_new(archive: Archive) -> None:
    for number in range(12):
        archive.add(a_given(f"I stay, {number}.", id=f"urn:{number}"))
        IndexingTime.now += 60
    before = [item["date_modified"] for item in json_feed()["items"]]
    archive.compact()
    assert [item["date_modified"] for item in json_feed()["items"]] == before
    assert len(set(before)) == 12


def test_a_feed_has_a_bound(archive: Archive) -> None:
    archive.add([a_given(f"I stay, {n}.", id=f"urn:{n}") for n in range(PAGE + 20)])
    assert len(atom().entries) == FEED
    assert len(atom(f"&limit={PAGE}").entries) == PAGE
    assert get(f"format=atom&limit={PAGE + 1}")[0] == 400


# ----------------------------------------------------------------------------------------------------- the entries


def test_an_entry_says_who_said_it_where_and_how_that_is_known(archive: Archive) -> None:
    archive.add(
        an_article(
            "“The dam will hold,” said Ada Okafor.",
            id="urn:1",
            url="https://gazette.example/1",
            publisher="Gazette",
            published=day(2025, 4, 7),
            headline="A dam",
        )
    )
    (hit,) = archive.search().hits
    feed = atom("&q=dam")
    (entry,) = feed.entries
    assert entry.id == f"urn:quoth:{hit.quote.id}"
    assert entry.title == "Ada Okafor: “The dam will hold,”"
    assert entry.link == f"{BASE}/q/{hit.quote.id}"
    assert [link.href for link in entry.links if link.rel == "via"] == [source_link(hit.quote)]
    assert (entry.published, entry.updated, entry.author) == ("2025-04-07T00:00:00Z", "2023-11-14T22:13:20Z", "Gazette")
    (content,) = entry.content
    assert content.type == "text/plain"
    assert content.value.splitlines() == [
        "“The dam will hold,”",
        "",
        "Ada Okafor (likely, 94%: “said Ada Okafor” follows the quote)",
        "A dam · Gazette · 2025-04-07",
    ]
    assert feed.feed.title == "Quotes: dam"
    assert [(link.rel, link.href) for link in feed.feed.links] == [
        ("self", f"{BASE}/v1/quotes?format=atom&q=dam"),
        ("alternate", f"{BASE}/?q=dam"),
    ]


@pytest.mark.parametrize(("precision", "told"), [(None, True), ("day", True), ("month", False), ("year", False)])
def test_a_part_of_a_date_is_not_told_as_a_moment(archive: Archive, precision: str | None, told: bool) -> None:
    archive.add(from_json({"text": "I stay.", "speaker": "Bo Lind", "published": "2025-04-01", "precision": precision}))
    (item,) = json_feed()["items"]
    assert ("date_published" in item) is told
    assert ("published" in atom().entries[0]) is told


def test_an_entry_of_json_has_what_only_an_archive_of_quotes_knows(archive: Archive) -> None:
    archive.add([a_given("I promise.", None, denied_speaker="Ada Okafor"), an_article("“Nobody knows,” it was said.")])
    items = {item["_quoth"]["status"]: item for item in json_feed()["items"]}
    assert items["denied"]["title"] == "Denied by the article: Ada Okafor did not say this: “I promise.”"
    assert items["denied"]["_quoth"]["speaker"] is None
    assert items["unattributed"]["title"] == "Speaker unknown: “Nobody knows,”"
    assert items["unattributed"]["_quoth"]["confidence"] == 0.0
    assert {*items["denied"]} == {"id", "url", "title", "content_text", "date_modified", "_quoth"}
    feed = json_feed("&speaker=Okafor&status=denied")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "Quotes: speaker Okafor, status denied"
    assert feed["home_page_url"] == f"{BASE}/?speaker=Okafor&status=denied"
    assert feed["feed_url"] == f"{BASE}/v1/quotes?format=jsonfeed&speaker=Okafor&status=denied"


@pytest.mark.parametrize("place", ["text", "headline", "publisher", "speaker"])
def test_the_text_of_an_article_stays_text(archive: Archive, place: str) -> None:
    """No hostile text adds an element, a link or an entry; a parser reads words where words were."""
    texts = [text for text in (*ORDERS, *hostile.TEXTS) if place != "speaker" or slug(text)]
    usable = [text for text in texts if slug(text)][:PAGE]
    known = {"text": "The dam will hold.", "speaker": "Ada Okafor"}
    archive.add([a_given(**{**known, "id": f"urn:{n}", place: text}) for n, text in enumerate(usable)])
    assert len(usable) == PAGE
    assert len(atom(f"&limit={PAGE}").entries) == PAGE
    root = ElementTree.fromstring(get(f"format=atom&limit={PAGE}")[2])  # noqa: S314 - our own feed
    for entry in root.iter(f"{ATOM}entry"):
        assert {child.tag.removeprefix(ATOM) for child in entry} <= {
            *("id", "title", "updated", "link", "author", "content"),
        }
        assert [child.tag for child in entry if len(child)] in ([], [f"{ATOM}author"])
        (link,) = entry.iter(f"{ATOM}link")
        assert link.get("href", "").startswith(f"{BASE}/q/q_")
        assert all(child.get("type") == "text" for child in entry.iter(f"{ATOM}content"))
    assert len(json_feed(f"&limit={PAGE}")["items"]) == PAGE


def test_characters_that_xml_cannot_have_are_left_out() -> None:
    entry = FeedEntry("q_1", "a\x00b\ufffe\ud7ff", "c\x0b\nd", day(2025), "https://a.example/q/q_1", author="\x01")
    text = feeds.atom(Feed("x\x02", "https://a.example/?a=1&b=2", "https://a.example/", (entry,)))
    parsed = feedparser.parse(text)
    assert not parsed.bozo
    assert (parsed.entries[0].title, parsed.entries[0].content[0].value) == ("ab\ud7ff", "c\nd")


# ----------------------------------------------------------------------------------------------------------- changes


def test_a_corrected_article_changes_its_entries_in_place(archive: Archive) -> None:
    archive.add(an_article("“The dam will hold,” said Ada Okafor.", id="urn:1", version=1))
    (first,) = atom().entries
    IndexingTime.now += 3600
    archive.add(an_article("“The dam will hold,” said Bo Lind.", id="urn:1", version=2))
    (second,) = atom().entries
    assert second.id == first.id
    assert (first.title, second.title) == ("Ada Okafor: “The dam will hold,”", "Bo Lind: “The dam will hold,”")
    assert (first.updated, second.updated) == ("2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z")


@pytest.mark.parametrize("format", ["atom", "jsonfeed"])
def test_a_withdrawn_quote_says_so_under_its_id_without_its_words(archive: Archive, format: str) -> None:
    archive.add([an_article("“The dam will hold,” said Ada Okafor.", id="urn:1"), a_given()])
    ids = {entry.id for entry in atom().entries}
    archive.withdraw("urn:1")
    assert {entry.id for entry in atom().entries} == ids
    assert {item["id"] for item in json_feed()["items"]} == ids
    body = get(f"format={format}")[2]
    assert "This quote was withdrawn." in body
    assert "dam" not in body
    (gone,) = [item for item in json_feed()["items"] if "reason" in item["_quoth"]]
    assert gone["_quoth"]["since_generation"] == 2


def test_a_quote_that_a_newer_version_has_not_says_so(archive: Archive) -> None:
    archive.add(an_article("“The dam will hold,” said Ada Okafor.", id="urn:1", version=1))
    (before,) = atom().entries
    archive.add(an_article("“The dam may hold,” said Ada Okafor.", id="urn:1", version=2))
    after = {entry.id: entry.title for entry in atom().entries}
    assert after.pop(before.id) == "A quote was replaced"
    assert [*after.values()] == ["Ada Okafor: “The dam may hold,”"]


def test_an_id_does_not_depend_on_the_address_of_the_archive(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.add(a_given())
    ids = (atom().feed.id, atom().entries[0].id)
    monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://elsewhere.example")
    settings.current.cache_clear()
    feed = atom()
    assert (feed.feed.id, feed.entries[0].id) == ids
    assert feed.entries[0].link.startswith("https://elsewhere.example/q/")


def test_two_searches_are_two_feeds(archive: Archive) -> None:
    ids = {atom(query).feed.id for query in ("", "&q=dam", "&q=ferry", "&speaker=dam", "&q=dam&speaker=dam")}
    assert len(ids) == 5
    assert atom("&q=dam&limit=7").feed.id == atom("&limit=8&q=dam").feed.id


# ------------------------------------------------------------------------------------------------------- conditional


@pytest.mark.parametrize("format", ["atom", "jsonfeed"])
def test_a_reader_that_has_it_gets_304_until_something_changes(archive: Archive, format: str) -> None:
    archive.add(a_given())
    _, headers, _ = get(f"format={format}")
    assert headers["Cache-Control"] == "no-cache"
    status, again, body = get(f"format={format}", **{"If-None-Match": headers["ETag"]})
    assert (status, body or "", again["ETag"]) == (304, "", headers["ETag"])
    archive.add(a_given("I came back.", id="urn:2"))
    assert get(f"format={format}", **{"If-None-Match": headers["ETag"]})[0] == 200


def test_another_public_address_is_another_feed_to_a_cache(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.add(a_given())
    tag = get("format=atom")[1]["ETag"]
    monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://elsewhere.example")
    settings.current.cache_clear()
    assert get("format=atom", **{"If-None-Match": tag})[0] == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("sort=newest", "sort"),
        ("collapse=wording", "collapse"),
        ("cursor=abc", "cursor"),
        ("as_of=1", "as_of"),
        ("facets=speaker", "facets"),
        ("limit=0", "limit"),
        ("type=nonsense", "type"),
    ],
)
def test_what_a_feed_cannot_have_is_refused_by_name(archive: Archive, query: str, parameter: str) -> None:
    status, headers, body = get(f"format=atom&{query}")
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(body)["errors"][0]["parameter"] == parameter


@pytest.mark.prove
def test_a_feed_of_an_archive_in_s3_tells_what_was_withdrawn(aws: str) -> None:
    archive = open_archive(os.environ["QUOTH_STORE"])
    archive.add([an_article("“The dam will hold,” said Ada Okafor.", id="urn:1"), a_given()])
    archive.withdraw("urn:1")
    titles = {entry.title for entry in atom().entries}
    assert titles == {"A quote was withdrawn", "Grace Mbeki: “I shall return.”"}


def test_a_feed_of_nothing_is_a_feed(archive: Archive) -> None:
    feed = atom("&q=volcano")
    assert feed.entries == []
    assert feed.feed.updated == "1970-01-01T00:00:00Z"
    assert json_feed("&q=volcano")["items"] == []


def test_pages_link_to_the_feeds_of_what_they_show(archive: Archive) -> None:
    archive.add(an_article("“The dam will hold,” said Ada Okafor."))
    for path, of in (("/?q=dam&sort=oldest", "q=dam"), ("/s/ada-okafor", "speaker=ada-okafor")):
        page = search.handler(http("GET", path), LambdaContext("search"))
        for format, kind in (("atom", "application/atom+xml"), ("jsonfeed", "application/feed+json")):
            address = f"/archive/v1/quotes?{of}&amp;format={format}"
            assert f'<link rel="alternate" type="{kind}" ' in page["body"]
            assert page["body"].count(f'href="{address}"') == 2
            assert get(f"{of}&format={format}")[0] == 200
