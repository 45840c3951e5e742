"""Every page for every reader: axe finds no violation in light, in dark and on a phone; pictures are in build/pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.pages.browser.conftest import DESKTOP, PHONE, Open, Served
from tests.functions.pages.browser.test_reading import DRAFT
from tests.support.events import ROOT

pytestmark = pytest.mark.browser

PICTURES = ROOT / "build" / "pages"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "is_mobile": True, "has_touch": True},
}
ADDRESSES = {
    "home": "/",
    "search": "/?q=dam+hold",
    "related": "/?q=dam+hold+zebra",
    "typo": "/?q=ferrry+noon",
    "grouped": "/?q=dam+hold&collapse=wording",
    "narrowed": "/?q=dam&publisher=The+Harbour+Times&from=2025-01-01",
    "empty": "/?q=zeppelin+harmonica&speaker=ada-okafor",
    "error": "/?q=%22",
    "speaker": "/s/ada-okafor",
    "verify": "/verify",
    "altered": "/verify?text=the+dam+will+not+hold&speaker=Okafor",
    "check": "/check",
    "about": "/about",
    "missing": "/nothing",
}
QUOTES: dict[str, dict[str, str]] = {
    "quote": {"q": "dam hold", "publisher": "The Harbour Times"},
    "uncertain": {"q": "sleep below that wall"},
    "nobody": {"q": "hear the river at night"},
    "denied": {"q": "bridge before I die"},
    "given": {"q": "come back when the river is quiet"},
}


def look_at(page: Any, name: str, look: str) -> None:
    """Write a picture of a page, and let axe examine it."""
    from axe_playwright_python.sync_playwright import Axe  # `make test` collects these tests, and has no axe

    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", [*ADDRESSES, *QUOTES])
def test_a_page_has_no_violation(visit: Open, served: Served, name: str, look: str) -> None:
    words = dict(QUOTES.get(name, {}))
    address = served.quote(words.pop("q"), **words) if words else ADDRESSES[name]
    look_at(visit(address, **LOOKS[look]), name, look)


@pytest.mark.parametrize("look", LOOKS)
def test_the_report_on_a_draft_has_no_violation(visit: Open, look: str) -> None:
    page = visit("/check", **LOOKS[look])
    page.locator("textarea").fill(DRAFT)
    page.locator("main form button").click()
    page.wait_for_selector("text=Altered")
    look_at(page, "checked", look)


@pytest.mark.parametrize("look", LOOKS)
def test_what_script_makes_has_no_violation(visit: Open, look: str) -> None:
    page = visit("/", **LOOKS[look])
    page.locator("#q").fill("dam hold zebra")
    page.wait_for_function("() => document.title.startsWith('dam hold zebra')")
    look_at(page, "typed", look)


def test_a_quote_prints_without_its_surroundings(visit: Open, served: Served) -> None:
    page = visit(served.quote("dam hold", publisher="The Harbour Times"))
    page.emulate_media(media="print")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "quote-print.png", full_page=True)
    assert page.locator("blockquote").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert not page.locator(".cite button").first.is_visible()
