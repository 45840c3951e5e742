"""Hostile articles in a real browser, and quotes that are embedded on a page of another origin."""

from __future__ import annotations

import html
from collections.abc import Iterator

import msgspec
import pytest

from quoth.archive import open_archive
from quoth.errors import BadInput
from quoth.quote import GivenQuote
from tests.functions.pages.browser.conftest import Elsewhere, Open, Served, serving
from tests.support import hostile, newspaper
from tests.support.builders import an_article, day

pytestmark = pytest.mark.browser

# The names of the elements of a page, and every attribute that could run something.
NAMES = "[...new Set([...document.querySelectorAll('*')].map((e) => e.localName))].sort()"
HANDLERS = (
    "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).filter((a) => /^on|^style$/i.test(a.name)"
    " || (/^(href|src|action|cite)$/.test(a.name) && /^\\s*(javascript|data|vbscript):/i.test(a.value))).length"
)


def attacked_in(said: GivenQuote, field: str, text: str) -> GivenQuote:
    """Return a quote with a text in a field, if an archive takes it there: a name has a letter, and is not endless."""
    try:
        return msgspec.structs.replace(said, **{field: text})
    except BadInput:
        return said


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An archive in which every field of every quote is hostile."""
    store = tmp_path_factory.mktemp("attacked") / "store"
    archive = open_archive(f"file:{store}")
    for number, text in enumerate(hostile.TEXTS):
        said = GivenQuote(text=f"dam {text}", speaker="Bo Lind", url=f"https://e.example/{number}", published=day(2025))
        for field in ("speaker", "publisher", "headline"):
            said = attacked_in(said, field, text)
        archive.add([said])
    with serving(store) as running:
        yield running


class TestHostileTexts:
    def test_two_hundred_of_them_are_text_and_nothing_else(self, visit: Open, attacked: Served) -> None:
        visit.also(attacked.address)  # type: ignore[attr-defined]
        tame = set(visit("/?q=dam").evaluate(NAMES)) | {"b"}
        ids = [hit.quote.id for hit in attacked.archive.search("dam", limit=1000).hits]
        assert len(ids) >= hostile.COUNT
        page = visit(f"{attacked.address}/?q=dam&limit=100")
        seen = 0
        while True:  # the first page is the server's, the others the script makes from the JSON
            seen += page.locator("#hits > li:not(.divide)").count()
            assert set(page.evaluate(NAMES)) <= tame
            assert page.evaluate(HANDLERS) == 0
            if not page.locator("#pager .next").count():
                break
            before = page.url
            page.locator("#pager .next").click()
            page.wait_for_url(lambda url: url != before)  # noqa: B023 - it is done with before the next round
        assert seen == len(ids)

    def test_each_has_a_page_that_runs_nothing(self, visit: Open, attacked: Served, served: Served) -> None:
        visit.also(attacked.address)  # type: ignore[attr-defined]
        names = set(visit(served.quote("dam hold", publisher="The Harbour Times")).evaluate(NAMES))
        page = visit(attacked.address)
        for hit in attacked.archive.search("dam", limit=1000).hits:
            page.goto(f"{attacked.address}/q/{hit.quote.id}")
            assert set(page.evaluate(NAMES)) <= names, hit.quote.text
            assert page.evaluate(HANDLERS) == 0, hit.quote.text

    @pytest.mark.parametrize("text", hostile.HTML)
    def test_a_reader_may_be_lured_to_an_address_with_anything_in_it(self, visit: Open, text: str) -> None:
        page = visit("/")
        for path in ("/?q=", "/?speaker=", "/verify?text=", "/verify?text=dam&speaker=", "/q/", "/s/"):
            page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path + _quoted(text))
            assert page.evaluate(HANDLERS) == 0


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = tmp_path_factory.mktemp("embed") / "store"
    archive = open_archive(f"file:{store}")
    archive.add([
        *newspaper.items(),
        an_article("“No rain will fall,” said Bo Lind.", id="urn:rain"),
        an_article("“Much snow will fall,” said Bo Lind.", id="urn:snow"),
    ])  # fmt: skip
    with serving(store) as running:
        yield running


class TestEmbed:
    def markup(self, visit: Open, page: str) -> str:
        """Return the mark-up that a quote's page offers."""
        shown = visit(page)
        shown.get_by_text("Embed", exact=True).click()
        return str(shown.locator("details[open] pre", has_text="quoth-quote").inner_text())

    def test_it_says_when_a_quote_was_withdrawn_or_corrected(
        self, visit: Open, archived: Served, elsewhere: Elsewhere
    ) -> None:
        visit.also(archived.address)  # type: ignore[attr-defined]
        embedded = [
            self.markup(visit, archived.quote(words))
            for words in ("forty boats came home", "rain will fall", "snow will fall")
        ]
        other = embedded[0].replace('speaker="', 'speaker="x-')
        archived.archive.withdraw("urn:rain")
        archived.archive.add(an_article("“Much snow and ice will fall,” said Bo Lind.", id="urn:snow", version=2))
        elsewhere.pages["/embed"] = f"<!doctype html><meta charset=utf-8><title>e</title>{''.join([*embedded, other])}"
        page = visit(f"{elsewhere.origin}/embed")
        page.wait_for_function("() => document.querySelectorAll('quoth-quote[standing]').length === 4")
        standing = [one.get_attribute("standing") for one in page.locator("quoth-quote").all()]
        assert standing == ["confirmed", "gone", "gone", "corrected"]
        told = page.locator("quoth-quote").evaluate_all("(all) => all.map((e) => e.shadowRoot.textContent)")
        for note, words in zip(told, ["", "withdrawn", "corrected", "Corrected: said by"], strict=True):
            assert words in note
        assert told[0] == ""
        assert "forty boats" in page.locator("quoth-quote").first.inner_text()

    def test_it_is_readable_without_script_and_when_the_archive_is_away(
        self, visit: Open, archived: Served, elsewhere: Elsewhere
    ) -> None:
        visit.also(archived.address)  # type: ignore[attr-defined]
        text = self.markup(visit, archived.quote("forty boats came home"))
        elsewhere.pages["/plain"] = f"<!doctype html><meta charset=utf-8><title>e</title>{text}"
        page = visit(f"{elsewhere.origin}/plain", java_script_enabled=False)
        assert "forty came home" in html.unescape(page.inner_text("blockquote"))
        assert "Ines Duarte" in page.inner_text("blockquote")

    def test_its_script_is_under_3_kb(self, visit: Open, served: Served) -> None:
        response = visit("/").request.get(f"{served.address}/embed.js")
        assert len(response.body()) < 3_000
        assert response.headers["access-control-allow-origin"] == "*"


def test_the_first_view_is_under_30_kb(visit: Open) -> None:
    page = visit("/")
    sizes = page.evaluate(
        "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind)).map((e) => e.encodedBodySize)"
    )
    assert len(sizes) >= 3
    assert 0 < sum(sizes) < 30_000
