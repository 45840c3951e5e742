"""The search page: a form, the hits, and the ways to narrow them, each of them a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from functions.pages.parts import charts, empty, feeds, layout, quotes, words
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.layout import PageHead
from functions.pages.parts.state import FILTERS, SearchState
from quoth.answers import labels
from quoth.answers.labels import count
from quoth.answers.markup import Child, Markup, element
from quoth.engine.page import Bucket, Page
from quoth.engine.query.grammar import MAX_CHARACTERS

SORTS = (("relevance", "best match"), ("newest", "newest"), ("oldest", "oldest"))
COLLAPSES = (("none", "every quote"), ("utterance", "one per utterance"), ("wording", "one per wording"))
TYPES = {
    "direct": "direct quotes",
    "partial": "parts of sentences",
    "indirect": "in the reporter’s words",
    "term": "terms",
    "title": "titles",
}


def page(site: SiteAddresses, state: SearchState, found: Page) -> Markup:
    """Return the page of a search that was answered."""
    hits = element("ol", _hits(site, found), class_="hits", id="hits"), _more(site, state, found)
    return _frame(
        site,
        state,
        summary(state, found),
        advice=_advice(site, state, found),
        chips=_chips(site, state, found),
        orders=_orders(site, state, found) if found.hits else None,
        results=hits if found.hits else empty.section(site, state, found),
        narrowing=_narrowing(site, state, found),
    )


def failed(site: SiteAddresses, query: str, detail: str) -> Markup:
    """Return the page of a search that was refused, with the form to change it."""
    state = SearchState((("q", query),) if query else ())
    return _frame(site, state, "", advice=layout.notice(detail, kind="error"))


def _frame(
    site: SiteAddresses,
    state: SearchState,
    status: str,
    *,
    advice: Child = None,
    chips: Child = None,
    orders: Child = None,
    results: Child = None,
    narrowing: Child = None,
) -> Markup:
    """Return the page with its parts, which the script replaces by their ids."""
    query = state.get("q")
    return layout.frame(
        site,
        PageHead(labels.one_line(query, 80) if query else "Quoth", extras=feeds.in_head(site, state.pairs)),
        element("h1", "Search quotes", class_="hidden"),
        form(site, state),
        element("p", status, id="status", role="status", tabindex="-1"),
        element("div", advice, id="advice"),
        element("div", chips, class_="chips", id="chips"),
        element("p", element("a", "When, who and where ↓", href="#narrow"), class_="jump"),
        element("div", orders, class_="orders", id="orders"),
        element(
            "div",
            element("div", results, id="results"),
            element("aside", narrowing, id="narrow", aria_label="Narrow the search"),
            class_="columns",
        ),
        here="",
    )


def form(site: SiteAddresses, state: SearchState) -> Markup:
    """Return the form: the box, the dates, and hidden fields for the filters that are links."""
    shown = ("q", "from", "to", "cursor")
    hidden = [
        element("input", type="hidden", name_=name, value=value) for name, value in state.pairs if name not in shown
    ]
    box = element(
        "input",
        id="q",
        name_="q",
        type="search",
        value=state.get("q") or "",
        maxlength=str(MAX_CHARACTERS),
        autocomplete="off",
        spellcheck="false",
        placeholder="Names and words: trump land swapping",
        aria_keyshortcuts="/",
    )
    return element(
        "form",
        element("label", "Search quotes by names and words", for_="q", class_="hidden"),
        element("div", box, element("button", "Search"), class_="box"),
        element(
            "details",
            element("summary", "Dates"),
            layout.field("from", element("input", type="date", name_="from", value=_day(state.get("from")))),
            layout.field("to", element("input", type="date", name_="to", value=_day(state.get("to")))),
            open=state.get("from") is not None or state.get("to") is not None,
        ),
        hidden,
        action=site.home,
        role="search",
        id="search",
    )


def _day(moment: str | None) -> str | None:
    return None if moment is None else moment[:10]


def summary(state: SearchState, found: Page) -> str:
    """Return the one line that tells what was found; a screen reader announces it.

    >>> from quoth.engine.page import Edition
    >>> from quoth.engine.query.request import Request
    >>> summary(SearchState((("q", "dam"),)), Page(Request(q="dam"), (), 3, Edition(1, "", 5), 5, related=2))
    '3 quotes match, 2 with most of the words in or beside the quote'
    """
    related = f", {labels.related(found)}" if found.related else ""
    match = "matches" if found.total == 1 else "match"
    if found.request.collapse != "none":
        return f"{count(found.total, found.request.collapse)} {match}{related}"
    if all(name in ("sort", "cursor") for name, _ in state.pairs):
        return f"{count(found.total, 'quote')} in the archive"
    return f"{count(found.total, 'quote')} {match}{related}"


def _hits(site: SiteAddresses, found: Page) -> Iterator[Child]:
    is_full = True
    for hit in found.hits:
        if is_full and (hit.missing or "about" in hit.found.values()):
            is_full = False
            yield element("li", "These have most of the words, in or beside the quote.", class_="divide")
        yield quotes.hit(site, hit)


def _advice(site: SiteAddresses, state: SearchState, found: Page) -> Iterator[Child]:
    """Yield what was corrected, and what the query may have meant."""
    for correction in found.corrections:
        given = labels.one_line(correction.given, 60)
        unknown = "No quote has the word" if correction.parameter == "q" else "No speaker is named"
        instead = ", ".join(labels.one_line(word, 60) for word in correction.corrected_to)
        yield element("p", f"{unknown} “{given}”; these match ", element("b", instead), ".")
    if found.did_you_mean is not None:
        link = element(
            "a", labels.one_line(found.did_you_mean, 120), href=site.search(state.with_(q=found.did_you_mean))
        )
        yield element("p", "Did you mean ", link, "?")


def _chips(site: SiteAddresses, state: SearchState, found: Page) -> Iterator[Child]:
    """Yield the filters that are set, each a link that removes it."""
    names = {bucket.value: words.bucket(bucket) for bucket in found.facets.get("speaker", ())}
    for name, value in state.pairs:
        if name in FILTERS:
            label = names.get(value, TYPES.get(value, value)) if name in ("speaker", "type") else value
            yield _chip(site, labels.one_line(label, 80), state.without(name, value))
    first, last = state.get("from"), state.get("to")
    if first or last:
        label = f"{first} to {last}" if first and last else f"since {first}" if first else f"until {last}"
        yield _chip(site, labels.one_line(label, 80), state.with_(**{"from": None, "to": None}))


def _chip(site: SiteAddresses, label: str, pairs: Iterable[tuple[str, str]]) -> Markup:
    cross = element("span", "×", aria_hidden="true")
    return element("a", label, " ", cross, href=site.search(pairs), rel="nofollow", aria_label=f"Remove {label}")


def _orders(site: SiteAddresses, state: SearchState, found: Page) -> Iterator[Child]:
    request = found.request
    sorts = [(name, label) for name, label in SORTS if request.has_words or name != "relevance"]
    yield _choice("Order", site, state, "sort", sorts, request.order)
    yield _choice("Show", site, state, "collapse", COLLAPSES, request.collapse)
    yield feeds.follow(site, state.pairs)


def _choice(
    title: str, site: SiteAddresses, state: SearchState, name: str, options: Iterable[tuple[str, str]], chosen: str
) -> Markup:
    links = [
        element(
            "a",
            label,
            href=site.search(state.with_(**{name: value})),
            rel="nofollow",
            aria_current="true" if value == chosen else None,
        )
        for value, label in options
    ]
    return element("p", f"{title}: ", [(link, " ") for link in links])


def _more(site: SiteAddresses, state: SearchState, found: Page) -> Markup:
    links = []
    if found.start:
        links.append(element("a", "From the beginning", href=site.search(state.with_()), rel="nofollow"))
    if found.next_cursor is not None:
        next_ = site.search((*state.with_(), ("cursor", found.next_cursor)))
        links.append(element("a", "More quotes", href=next_, rel="nofollow next", class_="next"))
    spaced = [(" " if place else None, link) for place, link in enumerate(links)]
    return element("p", spaced, class_="pager", id="pager")


def _narrowing(site: SiteAddresses, state: SearchState, found: Page) -> Iterator[Child]:
    """Yield the timeline and the facets, each value a link to the search with it."""
    facets = found.facets
    chart = charts.timeline(facets["month"], facets["year"], lambda period: site.search(state.within(period)))
    yield None if chart is None else element("section", element("h2", "When"), chart, class_="facet")

    def link(name: str) -> Any:
        return lambda bucket: site.search(state.and_(name, bucket.value))

    yield charts.counts("Speaker", facets["speaker"], link("speaker"))
    yield charts.counts("Publisher", facets["publisher"], link("publisher"))
    types = [Bucket(bucket.value, bucket.quotes, TYPES[bucket.value]) for bucket in facets["type"]]
    yield charts.counts("Type", types, link("type"))
    yield charts.counts("Year", facets["year"][:10], lambda bucket: site.search(state.within(bucket.value)))
