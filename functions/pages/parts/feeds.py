"""The feeds of a search: links for readers, and for programs that look for them in the head of a page."""

from __future__ import annotations

from collections.abc import Iterable

from functions.pages.parts.addresses import SiteAddresses
from quoth.answers.markup import Markup, element
from quoth.answers.rows import FEED_FORMATS

LABELS = {"atom": "Atom", "jsonfeed": "JSON Feed"}
# A feed has its own order, and no pages.
_OWN = ("sort", "collapse", "cursor", "facets", "facet_size", "limit", "as_of")


def _address(site: SiteAddresses, pairs: Iterable[tuple[str, str]], format: str) -> str:
    return site.api("quotes", [*((name, value) for name, value in pairs if name not in _OWN), ("format", format)])


def in_head(site: SiteAddresses, pairs: Iterable[tuple[str, str]]) -> tuple[Markup, ...]:
    """Return the links to the feeds of a search for the head of its page."""
    of = [*pairs]
    return tuple(
        element(
            "link",
            rel="alternate",
            type=kind.media_type.partition(";")[0],
            title=f"New quotes ({LABELS[name]})",
            href=_address(site, of, name),
        )
        for name, kind in FEED_FORMATS.items()
    )


def follow(site: SiteAddresses, pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return the links to the feeds of a search for readers."""
    of = [*pairs]
    links = [element("a", LABELS[name], href=_address(site, of, name), rel="nofollow") for name in FEED_FORMATS]
    return element("p", "Follow: ", [(link, " ") for link in links])
