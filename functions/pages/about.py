"""The page about the archive: what it has, how it finds a speaker, and how often it is right."""

from __future__ import annotations

from functions.pages.parts import charts, layout
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.layout import PageHead
from functions.pages.search import TYPES
from quoth.answers.labels import count
from quoth.answers.markup import Markup, element
from quoth.engine.page import Bucket, Coverage

PUBLISHERS = 20


def page(site: SiteAddresses, coverage: Coverage) -> Markup:
    """Return the page."""
    return layout.frame(
        site,
        PageHead("About this archive"),
        element("h1", "About this archive"),
        element(
            "div",
            element("div", _covers(coverage), _attribution(), _quality(), _verdicts(site), class_="prose"),
            element("aside", _publishers(site, coverage), _types(site, coverage), aria_label="What is in it"),
            class_="columns",
        ),
        here="about",
    )


def _covers(coverage: Coverage) -> Markup:
    dates = (
        f"published from {coverage.oldest[:10]} to {(coverage.newest or '')[:10]}"
        if coverage.oldest
        else "none with a date"
    )
    undated = f"; {coverage.undated:,} are undated" if coverage.undated and coverage.oldest else ""
    numbers = (
        f"{count(coverage.quotes, 'quote')} from {count(coverage.articles, 'article')} "
        f"by {count(coverage.speakers, 'speaker')}, {dates}{undated}."
    )
    return layout.section(
        "What it has",
        element("p", numbers),
        element("p", "What is not here may still have been said: nothing is concluded from silence."),
    )


def _attribution() -> Markup:
    return layout.section(
        "How a quote gets its speaker",
        element(
            "p",
            "The words in quotation marks are found in each article, and every name, pronoun and description near them "
            "is weighed by a model that was trained on annotated news. Each quote shows the words that name its "
            "speaker, the verb that reports it, one sentence that says why, and how certain that is.",
        ),
        element(
            "p",
            "A quote without a clear speaker has none: a wrong name is the worst fault that an archive of quotes can "
            "have. A single name that may mean several people is never merged across articles. When an article says "
            "that somebody did not say something, the words are shown as denied.",
        ),
    )


def _quality() -> Markup:
    rows = (("US politics", ".876", ".964"), ("Canadian news", ".869", ".965"))
    head = element(
        "tr",
        [element("th", title, scope="col") for title in ("articles on", "found and right (F1)", "right when named")],
    )
    body = [
        element("tr", element("th", row[0], scope="row"), [element("td", cell) for cell in row[1:]]) for row in rows
    ]
    return layout.section(
        "How often it is right",
        element(
            "p",
            "On annotated articles that the model has not learned from; a quote counts only if its words and its "
            "speaker are both right.",
        ),
        element("table", element("thead", head), element("tbody", body)),
        element("p", "Below 80% a quote is marked as uncertain. Read its article before you name the speaker."),
    )


def _verdicts(site: SiteAddresses) -> Markup:
    return layout.section(
        "What it can check",
        element(
            "p",
            element("a", "Verify", href=site.page("verify")),
            " compares remembered words with every quote, word by word, and says how they differ. ",
            element("a", "Check a draft", href=site.page("check")),
            " does so for each quote of a text. Nothing that you paste is kept or logged.",
        ),
    )


def _publishers(site: SiteAddresses, coverage: Coverage) -> Markup | None:
    named = [Bucket(name, quotes) for name, quotes in coverage.publishers if name is not None][:PUBLISHERS]
    return charts.counts("Publishers", named, lambda bucket: site.search([("publisher", bucket.value)]))


def _types(site: SiteAddresses, coverage: Coverage) -> Markup | None:
    named = [Bucket(name, quotes, TYPES[name]) for name, quotes in coverage.types]
    return charts.counts("Types", named, lambda bucket: site.search([("type", bucket.value)]))
