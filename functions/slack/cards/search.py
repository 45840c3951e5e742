"""A page of quotes as a card that only the asker sees: what was found, why we believe it, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from functions.slack.cards.blocks import (
    MAX_MESSAGE,
    MAX_VALUE,
    Element,
    Message,
    actions,
    button,
    confirmation,
    length,
    link,
    message,
    quotation,
    rich,
    section,
    text,
)
from functions.slack.cards.buttons import CITE, CONTEXT, DISMISS, MORE, SHARE, WRONG
from quoth.answers import explanation, labels
from quoth.answers.labels import about, count, kind, marks, related
from quoth.citation import facts, source_link
from quoth.engine.page import Hit, Page
from quoth.engine.query.filters import Correction
from quoth.quote import Quote
from quoth.text.sanitize import one_line

QUOTES = 3  # on a card
# The longest card that Slack takes decides these; a card that is still too long shows less of each quote.
QUOTE_CHARACTERS = (900, 600, 300)
NAME_CHARACTERS = 100
REASON_CHARACTERS = 300
SOURCE_CHARACTERS = 300
LINK_CHARACTERS = 600  # a longer link is the one to the page; one that is still longer is left out
MARKED = 12  # matched words that are in bold

USAGE = (
    "/quote land swapping — quotes with these words",
    "/quote “land swapping” speaker:trump after:2025-08-01 — a phrase, a speaker, a date",
    "/quote verify the dam will hold by Okafor — did they say that?",
    "/quote who okafor — a speaker and the newest quotes",
)

_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()


def card(
    page: Page, site: str = "", more: Callable[[str], str] | None = None, above: Iterable[Element] = ()
) -> Message:
    """Return a page of hits as a card.

    `site` is the address of the pages, empty without one; `more` makes the value of the button for the next page of a
    cursor. The sections `above` come before what was found.
    """
    if not page.hits:
        return _with_dismissal(nothing_found(page), above)
    hits = page.hits[:QUOTES]
    head = [*above, section(text(_found(page), bold=True), *_place(page, len(hits))), *_corrections(page.corrections)]
    value = None if more is None or page.next_cursor is None else more(page.next_cursor)
    closing = actions("card", *_next(value), dismissal())
    return shortest(
        lambda size: message(
            _found(page), [rich(*head), *(part for hit in hits for part in quote_blocks(hit, site, size)), closing]
        )
    )


def nothing_found(page: Page) -> list[str]:
    """Return what a search without a hit says: why, or what else to try, a sentence each."""
    reasons = [f"{sentence[:1].upper()}{sentence[1:]}." for sentence in explanation.sentences(page)]
    hint = None if page.did_you_mean is None else f"Did you mean: {page.did_you_mean}?"
    if not reasons:
        reasons = [hint or "Try fewer or other words."]
    elif hint is not None:
        reasons.append(hint)
    return [f"None of {count(page.searched, 'quote')} has these words.", *reasons]


def _with_dismissal(sentences: Iterable[str], above: Iterable[Element] = ()) -> Message:
    told = [section(text(sentence, REASON_CHARACTERS)) for sentence in sentences]
    return message("Nothing found", [rich(*above, *told), actions("card", dismissal())])


def help_card(problem: str = "") -> Message:
    """Return how to ask, after the problem with what was asked."""
    told = [section(text(problem, REASON_CHARACTERS, bold=True))] if problem else []
    lines = [section(text(line)) for line in USAGE]
    return message("How to ask", [rich(*told, section(text("Ask like this:")), *lines), actions("card", dismissal())])


def notice(sentence: str, **options: object) -> Message:
    """Return a card with one sentence."""
    return message("Quoth", [rich(section(text(sentence, REASON_CHARACTERS)))], **options)


def shortest(made: Callable[[int], Message]) -> Message:
    """Return the message with the most of each quote that Slack takes; `made` gets the characters of a quote."""
    *longer, last = QUOTE_CHARACTERS
    fitting = (told for told in map(made, longer) if length(told) <= MAX_MESSAGE)
    return next(fitting, None) or made(last)


def quote_blocks(hit: Hit, site: str, size: int) -> Iterator[Element]:
    """Yield a quote with its speaker, the reason and the source, and its buttons."""
    quote = hit.quote
    yield rich(*quote_sections(hit, site, size))
    yield actions(f"quote-{quote.id}"[:255], *_buttons(quote))


def quote_sections(hit: Hit, site: str, size: int) -> Iterator[Element]:
    """Yield a quote, its speaker and how sure that is, the reason, and the source."""
    quote = hit.quote
    yield quotation(_highlighted(hit, size))
    yield section(
        text(who_said(quote), bold=True),
        text("".join(f" · {part}" for part in (kind(quote), *sure(quote), *_missing(hit))), REASON_CHARACTERS),
    )
    yield section(text(quote.attribution.why, REASON_CHARACTERS))
    yield section(*_source(quote, site))


def who_said(quote: Quote) -> str:
    """Return the name of the speaker, or what stands in its place."""
    return labels.who_said(quote, NAME_CHARACTERS)


def sure(quote: Quote) -> Iterator[str]:
    """Yield how sure the speaker is, in words, unless the speaker came with the quote."""
    if (words := labels.sureness(quote)) is not None:
        yield words


def doubt(quote: Quote) -> str | None:
    """Return the question before an uncertain quote is shown to others; `None` for a certain one."""
    if quote.attribution.status == "given" and quote.speaker is not None and not quote.speaker.mixed_script:
        return None
    if facts.mark(quote) is None:
        return None
    return f"It is not certain who said this: {', '.join((who_said(quote), *sure(quote)))}."


def dismissal() -> Element:
    """Return the button that removes a card."""
    return button(DISMISS, "Dismiss", "-")


def _buttons(quote: Quote) -> Iterator[Element]:
    question = doubt(quote)
    confirm = None if question is None else confirmation("Share it anyway?", question, "Share")
    yield button(SHARE, "Share to channel", quote.id, style="primary", confirm=confirm)
    yield button(CONTEXT, "Context", quote.id)
    yield button(CITE, "Cite", quote.id)
    yield button(WRONG, "Wrong speaker", quote.id)


def _next(value: str | None) -> Iterator[Element]:
    if value is not None and len(value) <= MAX_VALUE:
        yield button(MORE, "More", value)


def _found(page: Page) -> str:
    """Return how many quotes were found, in words."""
    total = in_words(page.total, "quote").capitalize()
    return f"{total}, {related(page)}" if page.related else total


def in_words(number: int, noun: str) -> str:
    """Return a number of things as one writes it.

    >>> in_words(1, "quote"), in_words(7, "quote"), in_words(1_200, "quote")
    ('one quote', 'seven quotes', '1,200 quotes')
    """
    words = count(number, noun)
    return f"{_NUMBERS[number]} {words.partition(' ')[2]}" if number < len(_NUMBERS) else words


def _place(page: Page, shown: int) -> list[Element]:
    """Return which of the quotes are on this card, if not all are."""
    if not page.start and page.stop is None and len(page.hits) == shown:
        return []
    listed = page.total + page.related_listed
    return [text(f" · {page.start + 1} to {page.start + shown} of {listed:,}")]


def _corrections(corrections: Iterable[Correction]) -> Iterator[Element]:
    for correction in corrections:
        corrected = ", ".join(one_line(word, NAME_CHARACTERS) for word in correction.corrected_to)
        given = one_line(correction.given, NAME_CHARACTERS)
        yield section(text(f"“{given}” is unknown; corrected to {one_line(corrected, REASON_CHARACTERS)}"))


def _missing(hit: Hit) -> Iterator[str]:
    if hit.missing:
        yield f"without {', '.join(hit.missing)}"
    if beside := about(hit):
        yield beside


def _highlighted(hit: Hit, size: int) -> list[Element]:
    """Return the quote's text, or a window of a long text, with the matched words in bold."""
    words = hit.quote.text
    first = hit.highlights[0][0] if hit.highlights else 0
    start = 0 if len(words) <= size else max(0, min(first - 100, len(words) - size))
    end = min(len(words), start + size)
    left, right = marks(hit.quote)
    pieces = [text(left + ("" if start == 0 else "… "))]
    at = start
    inside = [(max(a, start), min(b, end)) for a, b in hit.highlights if a < end and b > start]
    for first, last in inside[:MARKED]:
        pieces += [text(words[at:first]), text(words[first:last], bold=True)]
        at = last
    return [*pieces, text(words[at:end]), text(("" if end == len(words) else " …") + right)]


def _source(quote: Quote, site: str) -> list[Element]:
    """Return headline, publisher and date, a link to the words in the source, and one to the quote's page."""
    origin = quote.article
    date = origin.published.date().isoformat() if origin.published else "date unknown"
    description = " · ".join([origin.headline or "headline unknown", origin.publisher or "publisher unknown", date])
    told = [text(description, SOURCE_CHARACTERS)]
    links = [source_link(quote), facts.address(origin.url)]
    fitting = [url for url in links if url is not None and len(url) <= LINK_CHARACTERS]
    if fitting:
        told += [text(" · "), link(fitting[0], "source")]
    if site:
        told += [text(" · "), link(f"{site}/q/{quote.id}", "page")]
    return told
