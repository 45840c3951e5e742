"""The page of a speaker: the names seen, how often and by whom quoted, words of their own, and the latest quotes."""

from __future__ import annotations

from collections.abc import Sequence

from functions.pages.parts import charts, feeds, layout, quotes, words
from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.layout import PageHead
from functions.pages.search import TYPES
from quoth.answers import labels
from quoth.answers.labels import count
from quoth.answers.markup import Child, Markup, element
from quoth.engine.page import Bucket, Hit, SpeakerProfile

LATEST = 10
NAMES = 24


def page(
    site: SiteAddresses, profile: SpeakerProfile, latest: Sequence[Hit], own_words: Sequence[str], *, is_indexed: bool
) -> Markup:
    """Return the page of a speaker."""
    speaker = profile.speaker
    name = labels.speaker(speaker, words.NAME_CHARACTERS)
    description = f"{count(profile.quotes, 'quote')} of {name}, each with its source and the evidence for its speaker."
    canonical = site.absolute(site.speaker(speaker.id))

    def within(period: str) -> str:
        first, last = words.bounds(period)
        return site.search([("speaker", speaker.id), ("from", first), ("to", last)])

    only = [("speaker", speaker.id)]
    every = site.search(only)
    chart = charts.timeline(profile.months, profile.years, within)
    return layout.frame(
        site,
        PageHead(name, description, canonical, is_indexed, feeds.in_head(site, only)),
        element("hgroup", element("h1", name, dir="auto"), element("p", _summary(profile)), class_="person"),
        None if chart is None else layout.section("Quoted over time", chart, class_="wide"),
        element(
            "div",
            element(
                "div",
                layout.section(
                    "Latest quotes",
                    element("ol", [quotes.hit(site, hit) for hit in latest], class_="hits"),
                    element("p", element("a", "All quotes", href=every, class_="next")),
                    feeds.follow(site, only),
                ),
            ),
            element(
                "aside",
                _names(site, profile),
                _own_words(site, speaker.id, own_words),
                _publishers(site, profile),
                _types(site, profile),
                aria_label="About the speaker",
            ),
            class_="columns",
        ),
    )


def _summary(profile: SpeakerProfile) -> str:
    parts = [count(profile.quotes, "quote")]
    if profile.first is not None and profile.last is not None:
        first, last = profile.first.article.published, profile.last.article.published
        if first is not None and last is not None:
            parts.append(f"from {words.day(first)} to {words.day(last)}")
    if profile.undated:
        parts.append(f"{profile.undated:,} undated")
    return ", ".join(parts)


def _names(site: SiteAddresses, profile: SpeakerProfile) -> Markup:
    speaker = profile.speaker
    names = [labels.one_line(name, words.NAME_CHARACTERS) for name in speaker.aliases[:NAMES]]
    known = [
        element("li", element("a", labels.one_line(link.split("//")[-1], 60), href=link, rel="noopener"))
        for link in speaker.same_as
    ]
    return element(
        "section",
        element("h2", "Names seen"),
        element("ul", [element("li", name, dir="auto") for name in names or [speaker.name]], known),
        class_="facet",
    )


def _own_words(site: SiteAddresses, speaker_id: str, own_words: Sequence[str]) -> Markup | None:
    """Return the words that this speaker uses more often than others; each leads to the quotes with it."""
    if not own_words:
        return None
    links: list[Child] = [
        (element("a", word, href=site.search([("q", word), ("speaker", speaker_id)]), rel="nofollow"), " ")
        for word in own_words
    ]
    return element("section", element("h2", "Words of their own"), element("p", links, class_="cloud"), class_="facet")


def _publishers(site: SiteAddresses, profile: SpeakerProfile) -> Markup | None:
    speaker = ("speaker", profile.speaker.id)
    return charts.counts(
        "Quoted by", profile.publishers, lambda bucket: site.search([speaker, ("publisher", bucket.value)])
    )


def _types(site: SiteAddresses, profile: SpeakerProfile) -> Markup | None:
    named = [Bucket(bucket.value, bucket.quotes, TYPES[bucket.value]) for bucket in profile.types]
    speaker = ("speaker", profile.speaker.id)
    return charts.counts("Kinds", named, lambda bucket: site.search([speaker, ("type", bucket.value)]))
