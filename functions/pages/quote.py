"""The page of one quote: its words where they stand, whose they are and why, and every way to cite them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from functions.pages.parts import layout, quotes, words
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.layout import PageHead
from functions.pages.parts.passage import passage
from quoth import citation
from quoth.answers import labels
from quoth.answers.markup import Child, Markup, data_block, element, join
from quoth.citation import facts
from quoth.context import Detail
from quoth.engine.verify.verify import MAX_TEXT
from quoth.errors import Removed
from quoth.quote import Quote

SAME = 12  # other places of the same words
TITLE_CHARACTERS = 90
CARD_CHARACTERS = 200
# The citations of the page, each with its name for a reader.
CITATIONS = {
    "text": "Text",
    "wikipedia": "Wikipedia",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "csl": "CSL-JSON",
}


def page(site: SiteAddresses, detail: Detail, same: Sequence[Quote], *, is_indexed: bool) -> Markup:
    """Return the page of a quote."""
    quote = detail.quote
    certainty = words.certainty(quote)
    return layout.frame(
        site,
        _head(site, quote, is_indexed=is_indexed),
        element("h1", f"Quote: {attributed(quote)}", class_="hidden"),
        element("article", _figure(site, quote), class_=f"quote {certainty.kind}"),
        _doubt(quote),
        element(
            "div",
            element(
                "div",
                _in_its_article(detail),
                _utterance(site, detail),
                _elsewhere(site, same),
                _cite(site, detail),
            ),
            element("aside", _attribution(site, quote), _wrong_speaker(site, quote), _record(site, detail)),
            class_="columns",
        ),
    )


def title(quote: Quote) -> str:
    """Return speaker and words on one line, for a title or a card.

    The words are in double marks, and have none inside: nothing in them can end the quotation and begin another.
    """
    return labels.one_line(f"{attributed(quote)}: {told(quote)}", TITLE_CHARACTERS)


def attributed(quote: Quote) -> str:
    """Return the speaker with every doubt, never a name alone that did not say it."""
    return facts.attributed(quote)


def told(quote: Quote) -> str:
    """Return the words in marks, or the reporter's words without."""
    left, right = labels.marks(quote)
    return f"{left}{facts.nested(facts.words(quote))}{right}"


def _head(site: SiteAddresses, quote: Quote, *, is_indexed: bool) -> PageHead:
    canonical = site.absolute(site.quote(quote.id))
    about = [labels.one_line(f"{quote.article.publisher or 'publisher unknown'}"), facts.title(quote)]
    description = labels.one_line(f"{told(quote)} {' · '.join(about)}. {quote.attribution.why}", CARD_CHARACTERS)
    card = {"og:type": "article", "og:site_name": "Quoth", "og:title": title(quote), "og:description": description}
    extras = [element("meta", property=name, content=content) for name, content in card.items()]
    extras.append(element("meta", name_="twitter:card", content="summary"))
    if canonical is not None:
        extras.append(element("meta", property="og:url", content=canonical))
        oembed = site.absolute(site.api("oembed", [("url", canonical), ("format", "json")]))
        extras.append(element("link", rel="alternate", type="application/json+oembed", href=oembed, title=title(quote)))
    linked = citation.json_ld(quote)
    if linked is not None:
        extras.append(data_block(linked if canonical is None else {**linked, "mainEntityOfPage": canonical}))
    return PageHead(title(quote), description, canonical, is_indexed, tuple(extras))


def _figure(site: SiteAddresses, quote: Quote) -> Markup:
    left, right = labels.marks(quote)
    link = citation.source_link(quote)
    return element(
        "figure",
        element("blockquote", element("p", f"{left}{quote.text}{right}"), cite=link, dir="auto"),
        element(
            "figcaption",
            quotes.byline(site, quote),
            element("p", words.origin(quote.article), class_="origin"),
            element("p", quote.attribution.why, class_="why"),
            None
            if link is None
            else element("p", element("a", "Read it in its article", href=link, rel="noopener", class_="button")),
        ),
    )


def _doubt(quote: Quote) -> Markup | None:
    """Return the warning that an uncertain or denied quote must not be read without."""
    match words.certainty(quote).kind:
        case "denied":
            name = facts.clean(quote.denied_speaker.name) if quote.denied_speaker else "this person"
            return layout.notice(
                f"The article says that {name} did not say this. Do not quote it as theirs.", kind="bad"
            )
        case "doubt":
            text = "Who said this is uncertain. Read the article before you name the speaker."
            return layout.notice(text, kind="warn")
        case "nobody":
            return layout.notice("The article does not make clear who said this.", kind="warn")
    if quote.type == "indirect":
        return layout.notice("These are the reporter’s words, not a quotation. Do not put them in marks.", kind="warn")
    return None


def _in_its_article(detail: Detail) -> Markup:
    if detail.context is None:
        return layout.section(
            "In its article", element("p", "The archive has these words without the text around them.", class_="muted")
        )
    legend = [
        element("span", "the quote", class_="q"),
        element("span", "who is named", class_="m"),
        element("span", "the verb that reports it", class_="c"),
    ]
    return layout.section(
        "In its article",
        element("blockquote", element("p", passage(detail.quote, detail.context)), class_="passage", dir="auto"),
        element("p", "Marked: ", [(mark, " ") for mark in legend], class_="legend"),
    )


def _utterance(site: SiteAddresses, detail: Detail) -> Markup | None:
    if len(detail.utterance) < 2:
        return None
    parts = []
    for part in detail.utterance:
        left, right = labels.marks(part)
        text = f"{left}{part.text}{right}"
        is_this = part.id == detail.quote.id
        shown = element("strong", text) if is_this else element("a", text, href=site.quote(part.id))
        parts.append(element("li", shown, aria_current="true" if is_this else None))
    return layout.section("The whole utterance", element("ol", parts, class_="utterance", dir="auto"))


def _elsewhere(site: SiteAddresses, same: Sequence[Quote]) -> Markup | None:
    if not same:
        return None
    rows = [
        element(
            "li",
            element("a", words.origin(quote.article), href=site.quote(quote.id)),
            " ",
            element("span", attributed(quote), class_="muted"),
        )
        for quote in same
    ]
    return layout.section("The same words elsewhere", element("ul", rows, class_="rows"))


def _cite(site: SiteAddresses, detail: Detail) -> Markup:
    quote = detail.quote
    entries = []
    for number, (name, label) in enumerate(CITATIONS.items()):
        text = citation.FORMATS[name].cite(quote, detail.edition.generation)
        file = element("a", "download", href=site.record(quote.id, format=name), download=f"{quote.id}.{_ending(name)}")
        entries.append(
            element(
                "details",
                element("summary", label),
                element("pre", text, class_="copy", tabindex="0"),
                element("p", file, class_="muted"),
                open=number == 0,
            )
        )
    entries += _embed(site, quote)
    return layout.section("Cite it", entries, class_="cite")


def _ending(name: str) -> str:
    return {"bibtex": "bib", "csl": "json"}.get(name, "ris" if name == "ris" else "txt")


def _embed(site: SiteAddresses, quote: Quote) -> Iterator[Markup]:
    """Yield the mark-up for another page, which needs the public address."""
    html = embedded(site, quote)
    if html is not None:
        hint = "It asks again when a reader sees it, and says when the quote was corrected or withdrawn."
        yield element(
            "details",
            element("summary", "Embed"),
            element("pre", html.html, class_="copy", tabindex="0"),
            element("p", hint, class_="muted"),
        )


def embedded(site: SiteAddresses, quote: Quote) -> Markup | None:
    """Return a quote as a page elsewhere shows it: a plain quotation, and a script that asks if it still stands."""
    address = site.absolute(site.quote(quote.id))
    script = site.absolute(site.page("embed.js"))
    if address is None or script is None:
        return None
    published = "" if quote.article.published is None else f", {words.day(quote.article.published)}"
    publisher = "" if quote.article.publisher is None else f", {labels.one_line(quote.article.publisher, 120)}"
    credit = element("p", f"— {attributed(quote)}{publisher}{published} ", element("a", "Quoth", href=address))
    speaker = None if quote.speaker is None else quote.speaker.id
    quoted = element("blockquote", element("p", told(quote)), credit, cite=address)
    return join(
        element("quoth-quote", quoted, src=address, speaker=speaker), element("script", type="module", src=script)
    )


def _attribution(site: SiteAddresses, quote: Quote) -> Markup:
    attribution, certainty = quote.attribution, words.certainty(quote)
    rows: list[tuple[str, Child]] = [("speaker", quotes.speaker(site, quote)), ("certainty", certainty.words)]
    if quote.speaker is not None and quote.speaker.as_written:
        rows.append(("named as", f"“{labels.one_line(quote.speaker.as_written, 120)}”"))
    if attribution.cue is not None:
        rows.append(("reported by", f"“{labels.one_line(attribution.cue, 60)}”"))
    rows.append(("because", attribution.why))
    if quote.speaker is not None:
        rows += [("also at", element("a", _host(link), href=link, rel="noopener")) for link in quote.speaker.same_as]
    return layout.section("Whose words", _terms(rows), class_="facts")


def _host(link: str) -> str:
    return labels.one_line(link.removeprefix("https://").removeprefix("http://").removeprefix("www."), 60)


def _wrong_speaker(site: SiteAddresses, quote: Quote) -> Markup:
    """Return the button that reports the speaker, which leads back to the thanks: hidden unless they are the target."""
    return layout.section(
        "Is the speaker wrong?",
        element("p", "Thank you. The newsroom sees your report.", id="reported", class_="thanks", role="status"),
        element(
            "form",
            element("input", type="hidden", name_="quote_id", value=quote.id),
            element("button", "Wrong speaker"),
            method="post",
            action=site.api("reports"),
        ),
        element("p", "A report keeps the quote and the time, not who you are.", class_="muted"),
        class_="facts",
    )


def _record(site: SiteAddresses, detail: Detail) -> Markup:
    quote = detail.quote
    origin = quote.article
    rows: list[tuple[str, Child]] = [
        ("quote", element("a", quote.id, href=site.record(quote.id))),
        ("type", words.kind(quote)),
        ("method", quote.attribution.method.replace("_", " ")),
        ("article", labels.one_line(origin.id, 300)),
        ("version", str(origin.version)),
        ("SHA-256", element("code", origin.sha256) if origin.sha256 else "not known"),
        ("index", f"generation {detail.edition.generation:,}"),
    ]
    # A form, since an address with a long quote is longer than the gateway takes.
    verify = element(
        "form",
        element("input", type="hidden", name_="text", value=quote.text[:MAX_TEXT]),
        element("button", "Verify these words"),
        method="post",
        action=site.page("verify"),
    )
    return layout.section("The record", _terms(rows), verify, class_="facts")


def _terms(rows: Sequence[tuple[str, Child]]) -> Markup:
    return element("dl", [(element("dt", term), element("dd", value, dir="auto")) for term, value in rows])


def removed(site: SiteAddresses, error: Removed) -> Markup:
    """Return the page of a quote that was withdrawn, or replaced by a newer version of its article."""
    is_withdrawn = error.reason == "withdrawn"
    heading = "This quote was withdrawn" if is_withdrawn else "This quote was replaced"
    why = (
        "Its article was taken out of the archive. Do not use the words any more."
        if is_withdrawn
        else "A newer version of its article no longer has it as it was."
    )
    successor = None
    if error.successor is not None:
        now = element("a", "The same words in the article as it is now", href=site.quote(error.successor))
        successor = element("p", now)
    return layout.frame(
        site,
        PageHead(heading),
        element("h1", heading),
        layout.notice(why, kind="bad"),
        successor,
        element("p", f"Since generation {error.since:,} of the index.", class_="muted"),
    )
