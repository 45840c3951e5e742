"""The labels of a quote, the same in a terminal, in Slack and on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quoth.citation.facts import MIXED_SCRIPT, SURE
from quoth.quote import Origin, Quote, Speaker
from quoth.text import timestamps
from quoth.text.sanitize import one_line as one_line  # noqa: PLC0414 - an alias makes it a re-export

if TYPE_CHECKING:
    from quoth.engine.page import Hit, Page
    from quoth.engine.verify.comparison.differences import WordChange

CERTAIN = 0.95  # from here on an attribution is called almost certain


def marks(quote: Quote) -> tuple[str, str]:
    """Return the quotation marks around a quote: none if the words are the reporter's."""
    return ("", "") if quote.type == "indirect" else ("“", "”")


def kind(quote: Quote) -> str:
    """Return the type of a quote as readers see it."""
    return "indirect, in the reporter’s words" if quote.type == "indirect" else quote.type


def nobody(quote: Quote, limit: int | None = None) -> str:
    """Return the label of a quote without a speaker; a name in it has at most `limit` characters."""
    if quote.denied_speaker:
        return f"denied by the article: {speaker(quote.denied_speaker, limit)} did not say this"
    return "speaker unknown"


def who_said(quote: Quote, limit: int | None = None) -> str:
    """Return the name of the speaker, or what stands in its place, as a line begins; see `speaker` and `nobody`."""
    if quote.speaker:
        return speaker(quote.speaker, limit)
    words = nobody(quote, limit)
    return words[:1].upper() + words[1:]


def doubted(quote: Quote, limit: int | None = None) -> str:
    """Return who said a quote, for a line that says nothing else of it: a name in doubt never stands alone."""
    confidence = quote.attribution.confidence
    is_doubtful = quote.speaker is not None and confidence is not None and confidence < SURE
    return f"{who_said(quote, limit)} ({sureness(quote)})" if is_doubtful else who_said(quote, limit)


def sureness(quote: Quote) -> str | None:
    """Return how sure an attribution is, in words; `None` without a confidence: the speaker came with the quote.

    >>> from quoth.quote import Attribution, Selector, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.799), article=Origin("a"),
    ...     selector=Selector("No."))
    >>> sureness(no)
    'uncertain, 79%'
    >>> from msgspec.structs import replace
    >>> sureness(replace(no, attribution=Attribution("attributed", "name", "“Ada said”", 0.57)))
    'uncertain, 57%'
    """
    confidence = quote.attribution.confidence
    if confidence is None:
        return None
    # Rounded down, so that no doubt is rounded away; 0.57 times 100 is a little less than 57.
    share = f"{int(confidence * 100 + 1e-9)}%"
    if confidence < SURE:
        return f"uncertain, {share}"
    return f"almost certain, {share}" if confidence >= CERTAIN else f"likely, {share}"


def speaker(speaker: Speaker, limit: int | None = None) -> str:
    r"""Return the name of a speaker on one line, followed by the type if it is not a person and by a warning.

    >>> speaker(Speaker("un", "United Nations", type="organisation")), speaker(Speaker("ada", "Ada", type="person"))
    ('United Nations (organisation)', 'Ada')
    >>> speaker(Speaker("n-1", "\u0410da", mixed_script=True)) == "\u0410da (mixed script)"
    True
    """
    name = one_line(speaker.name, limit)
    labels: list[str] = [] if speaker.type in (None, "person") else [speaker.type]
    if speaker.mixed_script:
        labels.append(MIXED_SCRIPT)
    return f"{name} ({', '.join(labels)})" if labels else name


def count(number: int, noun: str) -> str:
    """Return a number of things.

    >>> count(1, "quote"), count(1_200, "quote")
    ('1 quote', '1,200 quotes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def source(origin: Origin) -> str:
    """Return headline, publisher and date of an article on one line; unknown values are named as unknown."""
    date = timestamps.date(origin.published, origin.precision or None) if origin.published else "date unknown"
    parts = (origin.headline or "headline unknown", origin.publisher or "publisher unknown", date)
    return " · ".join(one_line(part, 120) for part in parts)


def difference(change: WordChange) -> str:
    """Return a difference of words on one line, with its kind.

    >>> from quoth.engine.verify.comparison.differences import WordChange
    >>> difference(WordChange("number", "30", "40", True)), difference(WordChange("small_word", "", "the", False))
    ('number: “30”, said “40”; may change the meaning', 'small word: left out “the”; harmless')
    """
    remembered, said = one_line(change.remembered), one_line(change.said)
    words = f"“{remembered}”, said “{said}”" if remembered and said else f"added “{remembered}”"
    words = f"left out “{said}”" if not remembered else words
    kind = (change.kind or "same").replace("_", " ")
    return f"{kind}: {words}; {'may change the meaning' if change.may_change else 'harmless'}"


def related(page: Page) -> str:
    """Return how many quotes have most of the words of a query in them or about them."""
    is_more = page.related > page.related_listed
    return f"{'more than ' if is_more else ''}{page.related_listed:,} with most of the words in or beside the quote"


def about(hit: Hit) -> str | None:
    """Return which words of a query stand about a quote only, `None` if none does."""
    words = [f"“{one_line(word, 60)}”" for word, place in hit.found.items() if place == "about"]
    return f"{', '.join(words)} in the headline or beside the quote" if words else None
