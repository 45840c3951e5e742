"""What all pages share: headers, caches, addresses, files, and answers to what is no page."""

from __future__ import annotations

import gzip
import json
import sys
from typing import Any

import pytest

from functions import search
from functions.http import caching
from functions.local.events import LambdaContext
from functions.pages.static import assets
from quoth.archive import Archive
from quoth.errors import Unavailable
from tests.functions.pages.conftest import Ask, answered
from tests.support.builders import a_given, an_article
from tests.support.events import committed, http

PAGES = ("/", "/?q=dam", "/s/ada-okafor", "/verify", "/check", "/about")


@pytest.fixture(params=[*PAGES, "/q/", "/nothing", "/?q=%22"])
def target(request: pytest.FixtureRequest, archive: Archive) -> str:
    chosen: str = request.param
    return chosen + archive.search("dam").hits[0].quote.id if chosen == "/q/" else chosen


def test_a_page_lets_nothing_run_but_its_own_files(ask: Ask, target: str) -> None:
    answer = ask(target)
    policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        **dict.fromkeys(("script-src", "style-src", "img-src", "connect-src", "form-action"), "'self'"),
        **dict.fromkeys(("base-uri", "frame-ancestors"), "'none'"),
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    for element in answer.page:
        assert "style" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
        assert element.name != "style"
        if element.name == "script" and element.attributes["type"] != "application/ld+json":
            assert element.attributes["src"].startswith("/page.js?v=")


def test_a_page_loads_nothing_from_elsewhere(ask: Ask, target: str) -> None:
    page = ask(target).page
    loaded = [e.attributes["src"] for e in page if "src" in e.attributes]
    loaded += [e.attributes["href"] for e in page.all("link")]
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)


def test_the_first_view_is_small(ask: Ask) -> None:
    targets = ("/", "/page.css", "/page.js", "/icon.svg")
    sizes = [len(ask(target, **{"accept-encoding": "gzip, br"}).body) for target in targets]
    assert sum(sizes) < 30_000, dict(zip(targets, sizes, strict=True))
    assert len(ask("/embed.js").body) < 3_000


def test_a_page_is_compressed_for_those_who_read_that(ask: Ask) -> None:
    small, plain = ask("/", **{"accept-encoding": "gzip"}), ask("/")
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in ask("/", **{"accept-encoding": "br, gzip;q=0, *;q=0"}).headers
    assert "Content-Encoding" in ask("/", **{"accept-encoding": "gzip;q=0.5"}).headers
    assert ask("/page.css").headers["ETag"].startswith("W/"), "one tag for both"
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_the_event_of_the_gateway_is_answered_with_the_page(ask: Ask) -> None:
    """`sam local invoke` and the check of the artifact use this file."""
    answer = answered(committed("search-page"))
    assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(answer.body) == ask("/?q=land+swapping").body


class TestCaching:
    @pytest.mark.parametrize("target", ["/?q=dam", "/s/ada-okafor", "/about"])
    def test_a_client_with_the_page_gets_304(self, ask: Ask, target: str) -> None:
        tag = ask(target).headers["ETag"]
        again = ask(target, **{"if-none-match": tag})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert "Content-Type" not in again.headers
        assert ask("/?q=wall", **{"if-none-match": tag}).status == 200

    @pytest.mark.parametrize("target", ["/?q=dam", "/s/ada-okafor"])
    def test_only_a_client_with_a_tag_has_the_newest_edition_asked_for(
        self, ask: Ask, target: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        edition = Archive.edition
        monkeypatch.setattr(Archive, "edition", lambda archive: asked.append(target) or edition(archive))
        tag = ask(target).headers["ETag"]
        assert asked == []
        ask(target, **{"if-none-match": tag})
        assert asked == [target]

    def test_a_quote_that_is_withdrawn_is_no_longer_unchanged(
        self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        own_store.add(an_article(id="urn:1"))
        target = f"/q/{own_store.search('dam').hits[0].quote.id}"
        tag = ask(target).headers["ETag"]
        assert ask(target, **{"if-none-match": tag}).status == 304
        own_store.withdraw("urn:1")
        assert ask(target, **{"if-none-match": tag}).status == 410

    @pytest.mark.parametrize(
        "change",
        [
            lambda patch: patch.setattr(assets, "version", lambda: "another"),
            lambda patch: patch.setattr(caching, "__version__", "another"),
            lambda patch: patch.setenv("QUOTH_PUBLIC_URL", "https://example.org"),
        ],
        ids=["pages", "library", "address"],
    )
    def test_another_version_is_another_page(self, ask: Ask, monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
        tag = ask("/?q=dam").headers["ETag"]
        change(monkeypatch)
        search.settings.current.cache_clear()
        assert ask("/?q=dam", **{"if-none-match": tag}).status == 200

    def test_a_file_is_kept_forever_under_its_version_alone(self, ask: Ask) -> None:
        address = ask("/").page.one("link", rel="stylesheet").attributes["href"]
        versioned = ask(address)
        assert "immutable" in versioned.headers["Cache-Control"]
        assert ask("/page.css?v=old").headers["Cache-Control"] == "public, max-age=3600"
        assert ask(address, **{"if-none-match": versioned.headers["ETag"]}).status == 304


class TestAddresses:
    def test_a_final_slash_is_taken_away(self, ask: Ask) -> None:
        moved = ask("/about/?a=1")
        assert (moved.status, moved.headers["Location"]) == (308, "/about?a=1")
        moved = ask("/v1/index/")
        assert moved.headers["Location"] == "/v1/index"
        assert moved.headers["Access-Control-Allow-Origin"] == "*"  # or a browser does not follow for another origin
        assert answered(http("POST", "/v1/articles/")).headers["Location"] == "/v1/articles"

    @pytest.mark.parametrize("target", ["//evil.example/", "/%5Cevil.example/", "/\r\nX: y/", "///"])
    def test_no_address_leads_to_another_host(self, ask: Ask, target: str) -> None:
        event = {**http("GET", "/"), "rawPath": target.replace("%5C", "\\")}
        location = answered(event).headers["Location"]
        assert location.startswith("/")
        assert location[1:2] not in ("/", "\\")
        assert "\r" not in location

    def test_the_pages_work_below_a_base_path(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://example.org/news/quotes/")
        page = ask("/news/quotes/?q=dam").page
        own = [e.attributes[name] for e in page for name in ("href", "src", "action") if name in e.attributes]
        assert all(
            a.startswith(("/news/quotes/", "#", "https://news.example/", "https://upstream.example")) for a in own
        )
        for address in own:
            if address.startswith("/news"):
                assert ask(address).status == 200, address
        assert ask("/news/quotes/about/").headers["Location"] == "/news/quotes/about"

    def test_so_does_the_api(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        """The gateway selects the route without the base path, and passes the path with it."""
        monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://example.org/news/quotes")
        event = {**http("GET", "/v1/quotes?q=dam&limit=1"), "rawPath": "/news/quotes/v1/quotes"}
        answer = answered(event)
        assert json.loads(answer.body)["total"]["value"] == 5
        assert answer.headers["Link"].startswith("</news/quotes/v1/quotes?q=dam&limit=1&cursor=")

    def test_the_pages_work_below_a_stage_of_the_gateway(self, ask: Ask) -> None:
        event = http("GET", "/test/?q=dam")
        event["requestContext"]["stage"] = "test"
        page = answered(event).page
        assert page.one("form").attributes["action"] == "/test/"
        assert page.one("link", rel="stylesheet").attributes["href"].startswith("/test/page.css?v=")

    def test_crawlers_may_not_search(self, ask: Ask) -> None:
        assert ask("/robots.txt").body.decode().splitlines() == [
            "User-agent: *",
            "Disallow: /?",
            "Disallow: /verify",
            "Disallow: /check",
            "Disallow: /v1/",
        ]

    @pytest.mark.parametrize(("setting", "robots"), [("false", ["noindex"]), ("true", [])])
    def test_quotes_are_indexed_by_the_parameter_alone(
        self, ask: Ask, archive: Archive, monkeypatch: pytest.MonkeyPatch, setting: str, robots: list[str]
    ) -> None:
        monkeypatch.setenv("QUOTH_INDEX_PAGES", setting)
        quote = archive.search("dam").hits[0].quote
        for target in (f"/q/{quote.id}", "/s/ada-okafor"):
            assert [m.attributes["content"] for m in ask(target).page.all("meta", name="robots")] == robots
        assert ask("/?q=dam").page.one("meta", name="robots").attributes["content"] == "noindex"


class TestOther:
    def test_what_is_no_page_is_a_friendly_404(self, ask: Ask) -> None:
        for target in (
            "/nothing",
            "/q",
            "/s/",
            "/q/q_none",
            "/s/nobody",
            "/page.py",
            "/static/page.css",
            "/about/more",
        ):
            answer = ask(target.rstrip("/"))
            assert answer.status == 404, target
            assert answer.page.one("form", role="search").attributes["action"] == "/"
            assert answer.headers["Cache-Control"] == "no-store"

    def test_a_page_is_no_longer_than_any_other_answer(
        self, own_store: Archive, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_STORE", own_store.store.uri)
        own_store.add(a_given("hold it there " * 20_000))
        quote = own_store.search("hold").hits[0].quote
        answer = ask(f"/q/{quote.id}")
        assert (answer.status, answer.page.one("h1").text) == (400, "That did not work")
        assert "2,000,000 bytes" in answer.page.one(role="alert").text

    def test_what_is_no_route_of_the_api_is_a_problem(self, ask: Ask) -> None:
        for method in ("GET", "POST", "PUT"):
            answer = ask("/v1/nothing", method)
            assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
            assert json.loads(answer.body)["detail"] == "no route has this address"

    @pytest.mark.parametrize("target", ["/", "/about", "/page.css", "/v1/index", "/nothing"])
    def test_head_has_the_headers_of_get_and_no_body(self, ask: Ask, target: str) -> None:
        head, get = ask(target, "HEAD"), ask(target)
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers.get("ETag") == get.headers.get("ETag")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_nothing_else_is_taken(self, ask: Ask, method: str) -> None:
        assert ask("/", method).status == 404
        assert ask("/about", method, b"a=1").status == 404

    def test_an_archive_that_is_away_is_a_page_with_a_time_to_return(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise Unavailable("no answer")

        monkeypatch.setattr(Archive, "answer", away)
        answer = ask("/?q=dam")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert "no answer" not in answer.body.decode()

    def test_an_unexpected_error_tells_the_log_and_not_the_reader(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        message = "secret words"  # a line of code in a traceback may not have them

        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError(message)

        monkeypatch.setattr(Archive, "answer", broken)
        monkeypatch.setattr("functions.pages.verdicts._verify_page", broken)
        for answer in (ask("/?q=dam"), ask("/verify", "POST", b"text=the+dam+will+hold")):
            assert (answer.status, "secret" in answer.body.decode()) == (500, False)
        assert caplog.text.count("RuntimeError: ZeroDivisionError") == 2, "what happened, and where"
        assert "secret" not in caplog.text, "a message may have words of the reader’s"

    def test_oembed_knows_the_quotes_of_these_pages_alone(
        self, ask: Ask, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quote = archive.search("dam").hits[0].quote
        assert ask(f"/v1/oembed?url=https://example.org/q/{quote.id}").status == 404
        monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://example.org")
        search.settings.current.cache_clear()
        good = ask(f"/v1/oembed?url=https://example.org/q/{quote.id}&maxwidth=300")
        assert (good.status, json.loads(good.body)["width"]) == (200, 300)
        assert good.headers["Access-Control-Allow-Origin"] == "*"
        for target, status in {
            "/v1/oembed": 400,
            "/v1/oembed?url=https://example.org/about": 404,
            "/v1/oembed?url=http%3A//%5B": 404,
            f"/v1/oembed?url=https://example.com/q/{quote.id}": 404,
            "/v1/oembed?url=https://example.org/q/q_none": 404,
            f"/v1/oembed?url=https://example.org/q/{quote.id}&format=xml": 501,
            f"/v1/oembed?url=https://example.org/q/{quote.id}&maxwidth=wide": 400,
        }.items():
            assert ask(target).status == status, target


def test_only_a_route_of_the_pages_loads_them(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("functions.pages")]:
        monkeypatch.delitem(sys.modules, name)
    search.handler(http("GET", "/v1/quotes?q=dam"), LambdaContext("search"))
    assert [name for name in sys.modules if name.startswith("functions.pages")] == []
    search.handler(http("GET", "/"), LambdaContext("search"))
    assert "functions.pages.site" in sys.modules
