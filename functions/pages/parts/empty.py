"""What the search page says when nothing was found: why, and which searches find something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from functions.pages.parts.addresses import SiteAddresses
from functions.pages.parts.state import FILTERS, SearchState
from quoth.answers import explanation, labels
from quoth.answers.labels import count
from quoth.answers.markup import Child, Markup, element
from quoth.engine.page import Page, UnknownSpeaker, WiderSearch

RANGE = ("from", "to")
MARKS = str.maketrans(dict.fromkeys('"“”„«»'))

Pairs = tuple[tuple[str, str], ...]


def section(site: SiteAddresses, state: SearchState, found: Page) -> Markup:
    """Return the section in the place of the hits."""
    is_empty = not found.edition.quotes
    why = "The archive is empty." if is_empty else "No quote has all of this."
    return element(
        "section",
        element("h2", "Nothing was found"),
        element("p", why, " What is not here may still have been said."),
        None if is_empty else element("ul", [element("li", line) for line in _lines(site, state, found)]),
        class_="empty",
    )


def _lines(site: SiteAddresses, state: SearchState, found: Page) -> Iterator[Child]:
    """Yield the reasons, then the searches that find something, then what else there is to do."""
    if found.explanation is not None:
        for word in found.explanation.unknown_words:
            yield f"No quote has the word “{labels.one_line(word, explanation.WORD_CHARACTERS)}”."
        for unknown in found.explanation.unknown_speakers:
            yield _unknown_speaker(site, state, unknown)
        for search in found.explanation.wider:
            text, pairs = explanation.wider(search), _wider(state, search, found.explanation.unknown_words)
            yield text if pairs is None else element("a", text, href=site.search(pairs), rel="nofollow")
    query = state.get("q")
    if query is not None:
        verify = element("a", "Verify these words", href=site.page("verify", [("text", query)]), rel="nofollow")
        yield verify, ", however they were said."
    yield element("a", "See the whole archive", href=site.home), " and narrow it down."


def _unknown_speaker(site: SiteAddresses, state: SearchState, unknown: UnknownSpeaker) -> Child:
    text = f"No quote is by “{labels.one_line(unknown.name, explanation.NAME_CHARACTERS)}”"
    near: list[Child] = [
        (
            ", " if place else None,
            element("a", labels.speaker(speaker, explanation.NAME_CHARACTERS), href=site.speaker(speaker.id)),
            f" ({count(quotes, 'quote')})",
        )
        for place, (speaker, quotes) in enumerate(unknown.near)
    ]
    return (text, "; near is ", near, ".") if near else f"{text}."


def _wider(state: SearchState, search: WiderSearch, unknown_words: tuple[str, ...]) -> Pairs | None:
    """Return the parameters of a wider search, `None` if the change is inside the words of the query."""
    query = state.get("q") or ""
    match search.change:
        case "without_filter":
            parameter = search.parameter or ""
            return state.with_(**{parameter: None}) if state.get(parameter) is not None else None
        case "without_filters":
            return state.with_(**dict.fromkeys((*FILTERS, *RANGE, "min_confidence")))
        case "with_indirect":
            return state.with_(type="direct,partial,indirect")
        case "older":
            return _outside(state, "from", -1)
        case "newer":
            return _outside(state, "to", 1)
        case "without_unknown_words":
            known = " ".join(word for word in query.split() if word.lower().strip(".,;:!?") not in unknown_words)
            return state.with_(q=known) if known and known != query else None
        case "without_marks":
            return state.with_(q=query.translate(MARKS))
        case "with_typos":
            return state.with_(fuzzy=None)
        case "with_related":
            return state.with_(match=None, sort=None)
        case _:
            return None


def _outside(state: SearchState, bound: str, days: int) -> Pairs | None:
    """Return the parameters for the time before or after the range."""
    try:
        edge = date.fromisoformat((state.get(bound) or "")[:10]) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    other = "to" if bound == "from" else "from"
    return state.with_(**{bound: None, other: edge.isoformat()})
