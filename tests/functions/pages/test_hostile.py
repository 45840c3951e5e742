"""Two hundred hostile texts in every field of a quote: each page has the elements of a tame one, and no others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from functions.pages import quote as quote_page
from functions.pages import search as search_page
from functions.pages import speaker as speaker_page
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.state import SearchState
from quoth.answers.markup import Markup, document
from quoth.citation.facts import clean
from quoth.context import Context, Detail
from quoth.engine.page import Bucket, Edition, Hit, Page, SpeakerProfile
from quoth.engine.query.request import Request
from quoth.quote import Quote
from quoth.text.sanitize import without_controls
from tests.functions.pages.seen import SeenPage
from tests.support import hostile
from tests.support.builders import a_quote, day
from tests.support.effort import some

SITE = SiteAddresses("/base", "https://example.org/base")
EDITION = Edition(1, "nonce", 1)
TAME = "a tame text"


def a_hostile_quote(text: str) -> Quote:
    """Return a quote with a text in each field that comes from an article or a client."""
    base = a_quote(text, id=text, published=day(2025), publisher=text, article_id=text)
    assert base.speaker is not None
    return msgspec.structs.replace(
        base,
        speaker=msgspec.structs.replace(base.speaker, id=text, name=text, as_written=text, aliases=(text,)),
        article=msgspec.structs.replace(base.article, headline=text, url=f"javascript:{text}", sha256=text),
        attribution=msgspec.structs.replace(base.attribution, why=text, cue=text, method=text),
    )


def quote(text: str) -> Markup:
    said = a_hostile_quote(text)
    detail = Detail(said, (said, said), Context(text, text), EDITION)
    return quote_page.page(SITE, detail, [said], is_indexed=True)


def search(text: str) -> Markup:
    hit = Hit(a_hostile_quote(text), 1.0, ((0, len(text)),) if text else (), missing=(text,))
    buckets = (Bucket(text, 1, text),)
    facets: dict[str, Any] = {"speaker": buckets, "publisher": buckets, "type": (), "year": (), "month": ()}
    state = SearchState((("q", text), ("speaker", text), ("from", text)))
    found = Page(Request(q="dam"), (hit,), 1, EDITION, 1, facets=facets, did_you_mean=text, stop=10)
    return search_page.page(SITE, state, found)


def speaker(text: str) -> Markup:
    said = a_hostile_quote(text)
    assert said.speaker is not None
    buckets = (Bucket(text, 1),)
    months, years = (Bucket("2025-01", 1),), (Bucket("2025", 1),)
    profile = SpeakerProfile(said.speaker, 1, 0, (), buckets, years, months, said, said, EDITION)
    return speaker_page.page(SITE, profile, [Hit(said, 1.0)], [text], is_indexed=True)


PAGES = {"quote": quote, "search": search, "speaker": speaker}
# What differs with the text itself: its address, and a mark that an empty excerpt lacks.
VALUES = ("href", "value", "content", "title", "cite", "aria-label", "download", "src")


def skeleton(page: SeenPage) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the elements in their order, with every attribute, and the values that no text decides."""
    return [
        (e.name, [(name, "" if name in VALUES else value) for name, value in e.attributes.items()])
        for e in page
        if e.name != "mark"
    ]


@pytest.mark.sampled
@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_text_adds_no_element_and_no_attribute(name: str) -> None:
    make = PAGES[name]
    tame = skeleton(SeenPage(document(make(TAME))))
    for text in some(hostile.TEXTS):
        page = SeenPage(document(make(text)))
        # A name of which nothing is left names nobody, and has no data for programs.
        assert skeleton(page) == tame or not clean(text), text
        for element in page:
            for address in ("href", "src", "action", "cite"):
                assert (
                    not element.attributes.get(address, "").lower().strip().startswith(("javascript:", "data:", "//"))
                )


@pytest.mark.sampled
def test_a_hostile_text_is_shown_as_it_is_but_for_its_controls() -> None:
    for text in some(hostile.TEXTS):
        shown = SeenPage(document(quote(text))).one("figure").one("blockquote").text
        # A parser reads every kind of line end as one.
        assert shown.split() == f"“{without_controls(text)}”".split()
