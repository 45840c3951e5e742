"""The frame around every page: head, masthead, navigation and footer."""

from __future__ import annotations

from dataclasses import dataclass

from functions.pages.parts.addresses import SiteAddresses
from quoth.answers.markup import Child, Markup, element, join

TAGLINE = "Who said it, where, and how do we know?"
PAGES = (("", "Search"), ("verify", "Verify"), ("check", "Check a draft"), ("about", "About"))


@dataclass(frozen=True, slots=True)
class PageHead:
    """What stands in the head of a page: its title, and what it tells those who link to it.

    Search engines may index it only with `is_indexed`. `extras` are further elements.
    """

    title: str
    description: str = TAGLINE
    canonical: str | None = None
    is_indexed: bool = False
    extras: tuple[Markup, ...] = ()


def frame(site: SiteAddresses, head: PageHead, *content: Child, here: str | None = None) -> Markup:
    """Return a page; `here` is the name of the page of the navigation that it is."""
    icon = element("link", rel="icon", type="image/svg+xml", href=site.asset("icon.svg"))
    return element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name_="color-scheme", content="light dark"),
            element("title", head.title if head.title == "Quoth" else f"{head.title} – Quoth"),
            element("meta", name_="description", content=head.description),
            None if head.is_indexed else element("meta", name_="robots", content="noindex"),
            None if head.canonical is None else element("link", rel="canonical", href=head.canonical),
            element("link", rel="stylesheet", href=site.asset("page.css")),
            icon,
            element("script", type="module", src=site.asset("page.js")),
            head.extras,
        ),
        element(
            "body",
            element("a", "Skip to the content", class_="skip", href="#main"),
            _masthead(site, here),
            element("main", *content, id="main", tabindex="-1"),
            _footer(site),
        ),
        lang="en",
    )


def _masthead(site: SiteAddresses, here: str | None) -> Markup:
    links = [
        element("a", label, href=site.page(name), aria_current="page" if name == here else None)
        for name, label in PAGES
    ]
    return element(
        "header",
        element("a", "Quoth", class_="name", href=site.home),
        element("p", TAGLINE, class_="tagline"),
        element("nav", links, aria_label="Pages"),
        class_="masthead",
    )


def _footer(site: SiteAddresses) -> Markup:
    note = "The words are quoted from the articles that each quote names; their publishers hold the rights."
    api = element("a", "All of it is also an API", href=site.api("openapi.json"))
    return element("footer", element("p", note, " ", api, "."), class_="foot")


def section(title: str, *content: Child, id: str | None = None, class_: str | None = None) -> Markup:
    """Return a section with its heading."""
    return element("section", element("h2", title), *content, id=id, class_=class_)


def notice(*content: Child, kind: str = "note") -> Markup:
    """Return a paragraph that stands out: a note, or an error, which a screen reader reads at once."""
    return element("p", *content, class_=f"notice {kind}", role="alert" if kind == "error" else None)


def field(label: str, control: Markup, hint: Child = None) -> Markup:
    """Return a form's control inside its label."""
    return element("label", element("span", label), control, None if hint is None else element("small", join(hint)))
