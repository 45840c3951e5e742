"""Show quotes in a list, each with its speaker, its source and its certainty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from functions.pages.parts import words
from functions.pages.parts.addresses import SiteAddresses
from quoth.answers import labels
from quoth.answers.markup import Child, Markup, element
from quoth.citation import source_link
from quoth.engine.page import Hit
from quoth.quote import Quote

EXCERPT = 600  # characters of a quote in a list
BEFORE = 120  # characters before the first match of an excerpt

Spans = Sequence[tuple[int, int]]


def hit(site: SiteAddresses, found: Hit) -> Markup:
    """Return one hit of a search as an item of a list."""
    quote = found.quote
    notes = []
    if found.missing:
        notes.append(element("p", "without ", _list(element("s", word) for word in found.missing), class_="missing"))
    if (beside := labels.about(found)) is not None:
        notes.append(element("p", beside, class_="why"))
    if found.collapsed is not None and found.collapsed.quotes > 1:
        notes.append(element("p", words.group(found.collapsed), class_="group"))
    return item(site, quote, found.highlights, notes)


def item(site: SiteAddresses, quote: Quote, highlights: Spans = (), notes: Child = None) -> Markup:
    """Return a quote as an item of a list."""
    return element("li", card(site, quote, highlights, notes), class_=words.certainty(quote).kind)


def card(site: SiteAddresses, quote: Quote, highlights: Spans = (), notes: Child = None) -> Markup:
    """Return a quote with its speaker and its source; it links to its page."""
    link = element("a", excerpt(quote, highlights), href=site.quote(quote.id), class_="words")
    return element(
        "article",
        element("blockquote", element("p", link), dir="auto"),
        byline(site, quote),
        element("p", words.origin(quote.article), source(quote), class_="origin"),
        None if quote.attribution.method == "given" else element("p", quote.attribution.why, class_="why"),
        notes,
    )


def byline(site: SiteAddresses, quote: Quote) -> Markup:
    """Return the line with the speaker: never a name alone if somebody did not say it."""
    certainty = words.certainty(quote)
    return element(
        "p",
        speaker(site, quote),
        " ",
        element("span", certainty.words, class_="certainty") if quote.speaker is not None else None,
        element("span", words.kind(quote), class_="kind") if quote.type != "direct" else None,
        class_="by",
    )


def speaker(site: SiteAddresses, quote: Quote) -> Markup:
    """Return the speaker of a quote as a link; without a speaker, the words that say so."""
    if quote.speaker is None:
        nobody = labels.nobody(quote, words.NAME_CHARACTERS)
        return element("b", nobody[:1].upper() + nobody[1:], class_="nobody")
    name = labels.speaker(quote.speaker, words.NAME_CHARACTERS)
    return element("b", element("a", name, href=site.speaker(quote.speaker.id), rel="nofollow"))


def source(quote: Quote) -> Child:
    """Return the link that opens the source at the words, if it has an address."""
    link = source_link(quote)
    return None if link is None else (" · ", element("a", "read it there", href=link, rel="noopener", class_="source"))


def excerpt(quote: Quote, highlights: Spans = ()) -> list[Child]:
    """Return the words of a quote with their marks: all of them, or of a long text the part with the first match."""
    text = quote.text
    left, right = labels.marks(quote)
    start, end = window(text, highlights)
    return [
        left + ("… " if start else ""),
        *marked(text, highlights, start, end),
        (" …" if end < len(text) else "") + right,
    ]


def window(text: str, highlights: Spans, most: int = EXCERPT) -> tuple[int, int]:
    """Return the half-open part of a text that a list shows, in whole words.

    >>> window("short", ()), window("a " * 500, [(900, 901)])
    ((0, 5), (780, 1000))
    """
    if len(text) <= most:
        return 0, len(text)
    first = highlights[0][0] if highlights else 0
    start = 0 if first < most - BEFORE else text.find(" ", first - BEFORE - 1) + 1
    end = start + most
    return start, len(text) if end >= len(text) else max(text.rfind(" ", start, end), start + most // 2)


def marked(text: str, spans: Spans, start: int, end: int) -> Iterator[Child]:
    """Yield a part of a text, with the matched words in marks."""
    at = start
    for first, last in spans:
        if first >= end or last <= at:
            continue
        yield text[at : max(first, at)]
        yield element("mark", text[max(first, at) : min(last, end)])
        at = min(last, end)
    yield text[at:end]


def _list(children: Iterable[Markup]) -> Iterator[Child]:
    for number, child in enumerate(children):
        yield ", " if number else None
        yield child
