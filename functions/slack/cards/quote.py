"""One quote for others to see, in its context, as a citation, and before somebody reports its speaker."""

from __future__ import annotations

from functions.slack.cards.blocks import (
    MAX_MESSAGE,
    Element,
    Message,
    actions,
    button,
    field,
    inert,
    length,
    message,
    preformatted,
    quotation,
    rich,
    section,
    text,
)
from functions.slack.cards.buttons import DISMISS, REPORT
from functions.slack.cards.search import (
    QUOTE_CHARACTERS,
    REASON_CHARACTERS,
    dismissal,
    notice,
    quote_sections,
    shortest,
    sure,
    who_said,
)
from quoth import citation
from quoth.answers.labels import marks
from quoth.context import WIDTH, Detail
from quoth.engine.page import Hit
from quoth.quote import Quote

_NOTICED = 150  # characters of a quote in a notification
# The card stays, and another message that only its reader sees comes after it.
_BESIDE = {"replace_original": False}


def shared(quote: Quote, site: str, user: str) -> Message:
    """Return a quote as everybody in the channel sees it."""
    by = [section(text("shared by "), {"type": "user", "user_id": user})] if user else []
    who = " · ".join((who_said(quote), *sure(quote)))
    left, right = marks(quote)
    said = f"{left}{inert(quote.text, _NOTICED)}{right} ({inert(who, _NOTICED)})"

    def made(size: int) -> Message:
        blocks = [rich(*quote_sections(Hit(quote, 0.0), site, size), *by)]
        return message(said, blocks, response_type="in_channel", replace_original=False)

    return shortest(made)


def in_context(detail: Detail, site: str) -> Message:
    """Return a quote between the words before and after it, and what else was said in the same breath."""
    quote, around = detail.quote, detail.context
    words: list[Element] = []
    if around is not None:
        words = [
            text(f"… {around.before[-WIDTH:]}"),
            text(quote.text, QUOTE_CHARACTERS[0], bold=True),
            text(f"{around.after[:WIDTH]} …"),
        ]
    others = [part for part in detail.utterance if part.id != quote.id][:5]
    said = [section(text("Said in the same breath:", bold=True))] if others else []
    said += [section(text("• "), text(part.text, REASON_CHARACTERS)) for part in others]
    context = [quotation(words)] if words else [section(text("The text around this quote is not known."))]

    def made(size: int) -> Message:
        sections = [*context, *said, *quote_sections(Hit(quote, 0.0), site, size)]
        return message("Context", [rich(*sections), actions("context", dismissal())], **_BESIDE)

    return shortest(made)


def cited(quote: Quote, generation: int) -> Message:
    """Return a quote as a line of text and as BibTeX, to copy."""
    line, entry = citation.plain(quote), citation.bibtex(quote, generation=generation)
    for texts_to_copy in ((line, entry), (line,)):
        blocks = [rich(*map(preformatted, texts_to_copy)), actions("citation", dismissal())]
        told = message("Citation", blocks, **_BESIDE)
        if length(told) <= MAX_MESSAGE:
            return told
    return notice(f"The citation is too long for Slack: use GET /v1/quotes/{quote.id}?format=text.", **_BESIDE)


def report_form(quote: Quote) -> Message:
    """Return the question before a speaker is reported as wrong, with a field for a word about it."""
    name = " · ".join((who_said(quote), *sure(quote)))
    sections = [
        section(text("Is the speaker wrong?", bold=True)),
        quotation([text(quote.text, REASON_CHARACTERS)]),
        section(text(f"We say {name}: {quote.attribution.why}", REASON_CHARACTERS)),
        section(text("A report keeps the quote and the time, and the word below; not who you are.")),
    ]
    report = button(REPORT, "Report", quote.id, style="danger")
    return message(
        "Wrong speaker",
        [
            rich(*sections),
            field("note", "note", "A word about it (optional)", "for example: who said it"),
            actions("report", report, button(DISMISS, "Cancel", "-")),
        ],
        **_BESIDE,
    )
