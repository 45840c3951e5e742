"""What a reader does: search, narrow, go back, share, read, cite, verify, check; with and without script and mouse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.functions.pages.browser.conftest import PHONE, Elsewhere, Open, Served
from tests.support.builders import an_article

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DRAFT = "“The dam will hold,” said Ada Okafor.\n\n“We will spend 30 billion dollars on the dam,” Ada Okafor said."
FOUR = "4 quotes match, 4 with most of the words in or beside the quote"


def status(page: Page, text: str) -> None:
    """Wait until the status line says a text."""
    page.wait_for_function("(text) => document.getElementById('status').textContent === text", arg=text)


class TestSearch:
    def test_hits_stand_while_one_types_and_the_address_holds_the_search(self, visit: Open) -> None:
        page = visit("/")
        page.locator("#q").press_sequentially("dam hold", delay=20)
        status(page, FOUR)
        assert page.locator("#hits > li mark").first.text_content() == "dam"
        assert page.url.endswith("/?q=dam+hold")

    def test_script_shows_what_the_server_sends(self, visit: Open) -> None:
        """A reader who shares the address shows others the same hits, filters and bars."""
        typed = visit("/")
        typed.locator("#q").fill("okafor dam")
        typed.wait_for_function("() => document.title.startsWith('okafor dam')")
        shared = visit(typed.url)
        for part in ("status", "results", "narrow", "orders"):
            said, meant = (" ".join(page.locator(f"#{part}").inner_text().split()) for page in (typed, shared))
            assert said == meant

    def test_a_filter_narrows_and_back_leads_back(self, visit: Open) -> None:
        page = visit("/?q=dam+hold")
        page.locator("#narrow").get_by_text("The Upstream Post").click()
        page.wait_for_url(re.compile("publisher="))
        page.wait_for_function("() => /^1 quote match/.test(document.getElementById('status').textContent)")
        assert page.locator("#chips a").count() == 1
        page.go_back()
        status(page, FOUR)
        page.go_forward()
        page.wait_for_selector("#chips a")

    def test_a_bar_of_the_timeline_narrows_to_its_month(self, visit: Open) -> None:
        page = visit("/?q=dam+hold")
        page.locator(".timeline a").first.click()
        page.wait_for_url(re.compile("from=2025-04-01.*to=2025-04-30"))
        page.wait_for_selector("#chips a")

    def test_a_later_search_cancels_an_earlier_one(self, visit: Open) -> None:
        page = visit("/")
        held: list[str] = []

        def hold(route: object) -> None:
            held.append("held")  # the first is never answered

        page.route(re.compile("v1/quotes.*q=fer"), hold)
        page.locator("#q").fill("fer")
        page.wait_for_timeout(150)
        page.locator("#q").fill("dam hold")
        status(page, FOUR)
        assert held == ["held"]

    def test_nothing_found_explains_itself_with_a_way_on(self, visit: Open) -> None:
        page = visit("/")
        page.locator("#q").fill("zeppelin speaker:okafor")
        page.wait_for_selector(".empty")
        assert "No quote has the word “zeppelin”." in page.locator(".empty").inner_text()
        assert page.locator(".empty a").count() >= 1

    def test_an_error_is_said_and_the_form_stays(self, visit: Open) -> None:
        page = visit("/")
        page.locator("#q").fill("-dam")
        page.locator("#q").fill("a*")
        page.wait_for_selector("#advice .error")
        page.locator("#q").fill("dam hold")
        status(page, FOUR)

    def test_an_archive_that_cannot_be_reached_is_said(self, visit: Open) -> None:
        page = visit("/")
        page.context.set_offline(offline=True)
        page.locator("#q").fill("dam")
        page.wait_for_selector("#advice .error")
        assert "cannot be reached" in page.locator("#advice").inner_text()
        page.context.set_offline(offline=False)
        page.evaluate("console.clear()")

    def test_the_list_is_not_live_but_one_polite_line_is(self, visit: Open) -> None:
        page = visit("/?q=dam")
        assert page.locator("[role=status]").count() == 1
        assert page.locator("[aria-live], [role=alert]").count() == 0


class TestKeyboard:
    def test_keys_lead_from_the_box_to_a_quote_and_back(self, visit: Open) -> None:
        page = visit("/?q=dam+hold")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("[...document.querySelectorAll('.hits .words')].indexOf(document.activeElement)") == 1
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/q/q_"))
        page.go_back()
        page.keyboard.press("/")
        page.keyboard.press("Escape")
        page.wait_for_function("() => location.search === ''")

    def test_every_control_is_reached_by_tab_and_shows_it(self, visit: Open) -> None:
        page = visit("/?q=dam+hold")
        seen: set[str] = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            name, outline = page.evaluate(
                "(() => { const e = document.activeElement; return [e.id || e.className.baseVal || e.textContent,"
                " getComputedStyle(e).outlineStyle + getComputedStyle(e).boxShadow]; })()"
            )
            if page.evaluate("document.activeElement === document.body"):  # the end; the next one is the first again
                continue
            assert outline != "nonenone", name
            seen.add(name)
        assert {"q", "Search", "newest", "Ada Okafor"} <= seen


class TestWithoutScript:
    def test_the_form_searches_narrows_and_pages(self, visit: Open) -> None:
        page = visit("/", java_script_enabled=False)
        page.locator("#q").fill("dam hold")
        page.locator("#q").press("Enter")
        assert page.locator("#status").inner_text() == FOUR
        page.locator("#narrow").get_by_text("The Upstream Post").click()
        assert page.locator("#status").inner_text().startswith("1 quote match")

    def test_a_quote_is_verified_and_a_draft_checked(self, visit: Open) -> None:
        page = visit("/verify", java_script_enabled=False)
        page.locator("textarea, input[name=text]").first.fill("the dam will not hold")
        page.locator("input[name=speaker]").fill("Okafor")
        page.locator("main form button").click()
        assert "Altered" in page.locator("main").inner_text()
        page = visit("/check", java_script_enabled=False)
        page.locator("textarea").fill(DRAFT)
        page.locator("main form button").click()
        assert "2 quotes" in page.locator("main").inner_text()


class TestQuote:
    def test_it_is_read_in_its_text_and_copied(self, visit: Open, served: Served) -> None:
        page = visit(
            served.quote("dam hold", publisher="The Harbour Times"), permissions=["clipboard-read", "clipboard-write"]
        )
        assert page.locator(".passage mark, .passage .q").first.inner_text() == "The dam will hold,"
        page.locator(".cite button").first.click()
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()").startswith("“The dam will hold,” Ada Okafor said")

    def test_a_citation_is_a_file(self, visit: Open, served: Served) -> None:
        page = visit(served.quote("dam hold", publisher="The Harbour Times"))
        page.get_by_text("RIS", exact=True).click()
        with page.expect_download() as got:
            page.locator("details[open] a[download]").last.click()
        assert got.value.suggested_filename.endswith(".ris")
        assert got.value.path().read_text("utf-8").startswith("TY  - ")

    @pytest.mark.parametrize(
        ("words", "doubt"),
        [
            ("bridge before I die", "did not say this"),
            ("sleep below that wall", "uncertain"),
            ("hear the river at night", "does not make clear who said"),
        ],
    )
    def test_doubt_is_seen(self, visit: Open, served: Served, words: str, doubt: str) -> None:
        page = visit(served.quote(words))
        assert doubt in page.locator(".notice").inner_text()

    def test_a_deep_link_opens_the_article_at_the_words(
        self, visit: Open, served: Served, elsewhere: Elsewhere
    ) -> None:
        said = "The lighthouse keeper knew every ship by its engine."
        elsewhere.pages["/far"] = f"<!doctype html><title>far</title>{'<p>Water.</p>' * 200}<p id=there>“{said}”</p>"
        served.archive.add(an_article(f"“{said}” said Bo Lind.", id="urn:far", url=f"{elsewhere.origin}/far"))
        page = visit(served.quote("lighthouse keeper"))
        page.get_by_text("Read it in its article").click()
        page.wait_for_url(f"{elsewhere.origin}/far*")
        page.wait_for_function("() => scrollY > 1000")
        box = page.locator("#there").bounding_box()
        assert box is not None
        assert 0 < box["y"] < 900


class TestPhone:
    @pytest.mark.parametrize("path", ["/", "/?q=dam+hold", "/s/ada-okafor", "/verify", "/check", "/about", "/nothing"])
    def test_no_page_is_wider_than_a_phone(self, visit: Open, path: str) -> None:
        page = visit(path, viewport=PHONE, has_touch=True, is_mobile=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    def test_what_is_touched_is_large_enough(self, visit: Open) -> None:
        """WCAG 2.2, 2.5.8: 24 by 24 pixels, unless it stands in a line of text."""
        page = visit("/?q=dam+hold", viewport=PHONE, has_touch=True, is_mobile=True)
        small = page.evaluate(
            "[...document.querySelectorAll('button, nav a, #narrow li a, input')].filter((e) => e.offsetParent)"
            ".filter((e) => e.getBoundingClientRect().height < 24).map((e) => e.textContent)"
        )
        assert small == []


class TestVerdicts:
    def test_a_remembered_quote_shows_its_differences(self, visit: Open) -> None:
        page = visit("/verify")
        page.locator("textarea, input[name=text]").first.fill("the dam will not hold")
        page.locator("input[name=speaker]").fill("Okafor")
        page.locator("main form button").click()
        page.wait_for_selector("text=Altered")
        told = page.locator("main").inner_text()
        assert "Altered" in told
        assert "negation" in told

    def test_a_draft_of_any_script_is_checked(self, visit: Open) -> None:
        page = visit("/check")
        page.locator("textarea").fill(DRAFT + "\n\n„Nichts ist sicher“, sagte Bo Lind. 水坝会挺住。")
        page.locator("main form button").click()
        told = page.locator("main").inner_text()
        assert "Altered" in told
        assert "number" in told
        assert "水坝会挺住" in page.locator("textarea").input_value()
