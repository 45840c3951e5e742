"""The article: its identity, and its validation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth import article as articles
from quoth.article import MAX_BYTES, Article
from quoth.errors import BadInput
from quoth.ingest.formats import articles as formats
from quoth.ingest.formats import quotes
from tests.support.builders import a_given, an_article
from tests.support.effort import sampled


def test_the_id_is_the_given_one_else_the_url_else_the_hash_of_the_body() -> None:
    url = "https://example.org/1"
    assert an_article(id="urn:1", url=url).id == "urn:1"
    assert an_article(url=url).id == url
    assert an_article("Ada").id == f"sha256:{an_article('Ada').sha256}"


def test_the_key_shows_nothing_of_the_id() -> None:
    key = an_article(id="../../etc/passwd").key
    assert key.startswith("a_")
    assert "/" not in key


def test_a_time_without_a_zone_is_utc() -> None:
    naive = datetime(2025, 8, 11, 9)  # noqa: DTZ001 - the point
    assert an_article(published=naive).published == datetime(2025, 8, 11, 9, tzinfo=UTC)


def test_a_time_in_a_zone_becomes_utc() -> None:
    there = datetime(2025, 8, 11, 1, tzinfo=timezone(timedelta(hours=10)))
    assert articles.to_json(an_article(published=there))["published"] == "2025-08-10T15:00:00Z"


def test_the_body_is_kept_as_it_came() -> None:
    body = "\ufeffA\r\n“B”\u202e \x07é"
    assert an_article(body).body == body


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("body", {"body": " \n"}),
        ("body", {"body": "\ud800"}),
        ("body", {"body": "é" * (MAX_BYTES // 2 + 1)}),
        ("url", {"url": "javascript:alert(1)"}),
        ("url", {"url": "http://"}),
        ("url", {"url": "https://a b"}),
        ("url", {"url": "https://[::1"}),
        ("version", {"version": 0}),
        ("version", {"version": 2**63}),
        ("language", {"language": "english please"}),
        ("pub_status", {"pub_status": "gone"}),
        ("headline", {"headline": "a" * 2049}),
        ("publisher", {"publisher": "\udfff"}),
        ("published", {"published": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))}),
    ],
)
def test_an_invalid_value_is_refused_by_its_field(field: str, known: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        an_article(**{"body": "Ada", **known})
    assert refused.value.field == field


SECRET = "s3cr3t"
WITH_USER_INFORMATION = [
    f"https://ada:{SECRET}@example.org/1",
    f"HTTP://{SECRET}@example.org",
    f"https://:{SECRET}@example.org?q",
    f" https://{SECRET}@[::1",
    f"ht\ttps://{SECRET}@example.org/1",
    f"https:\\\\{SECRET}@example.org/1",
    f"https:{SECRET}@example.org/1",
    f"https:///{SECRET}@example.org/1",
    f"ftp://ada:{SECRET}@example.org/1",
]


@pytest.mark.parametrize("url", WITH_USER_INFORMATION)
def test_a_url_with_user_information_is_refused_and_the_message_does_not_repeat_it(url: str) -> None:
    for make in (lambda: an_article(url=url), lambda: a_given(url=url)):
        with pytest.raises(BadInput, match=r"^url must not have a user name or a password$"):
            make()


@pytest.mark.parametrize(
    "line",
    [
        {"body": "Rain.", "id": WITH_USER_INFORMATION[0]},
        {"body": "Rain.", "url": WITH_USER_INFORMATION[0]},
        {"uri": WITH_USER_INFORMATION[0], "bodies": [{"value": "Rain."}]},
        {"uri": WITH_USER_INFORMATION[1], "bodies": [{"value": "Rain."}]},
    ],
)
def test_no_article_comes_in_with_user_information(line: dict[str, object]) -> None:
    (refused,) = formats.read_file("a.jsonl", json.dumps(line).encode())
    assert isinstance(refused, BadInput)
    assert (refused.field in ("id", "url", "uri"), SECRET in str(refused)) == (True, False)


@pytest.mark.parametrize("name", ["id", "url"])
def test_no_sidecar_and_no_ready_made_quote_brings_user_information(name: str) -> None:
    metadata = {name: WITH_USER_INFORMATION[0]}
    (refused,) = formats.read_file("a.txt", b"Rain.", json.dumps(metadata).encode())
    assert isinstance(refused, BadInput)
    (refused,) = quotes.read_lines("", [json.dumps({"text": "No.", "speaker": "Ada", **metadata}).encode()])
    assert isinstance(refused, BadInput)


@pytest.mark.parametrize(
    "name", ["urn:a@b", "mailto:ada@example.org", "https://example.org/@ada/1", "https://example.org?to=ada@b"]
)
def test_an_at_sign_elsewhere_is_no_user_information(name: str) -> None:
    assert an_article(id=name).id == name


@sampled(100)
@given(
    st.builds(
        Article,
        body=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
        id=st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        headline=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        published=st.none() | st.datetimes(timezones=st.just(UTC)),
        version=st.integers(1, 2**63 - 1),
        pub_status=st.sampled_from([None, "usable", "withheld", "canceled"]),
    )
)
def test_an_article_survives_being_stored(article: Article) -> None:
    assert articles.from_json(articles.to_json(article)) == article


@sampled(100)
@given(st.from_regex(articles._USUAL_URL, fullmatch=True))
def test_a_usual_url_is_one_that_the_standard_library_finds_safe(url: str) -> None:
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert not any(c.isspace() or not c.isprintable() for c in url)


def test_a_body_of_little_but_marks_is_refused() -> None:
    """A megabyte of one-letter quotes would be a hundred thousand documents; a newspaper has a few thousand."""
    assert Article(body="“a” " * 7_000)
    with pytest.raises(BadInput, match=r"body has 44,000 quotation marks, entities and lines; the limit is 30,000"):
        Article(body="“a” " * 22_000)
