"""Facts about quotes in the words of the pages."""

from __future__ import annotations

import calendar
from datetime import datetime
from typing import NamedTuple

from quoth.answers import labels
from quoth.answers.labels import count
from quoth.answers.markup import Markup, element, join
from quoth.citation.facts import MIXED_SCRIPT, SURE
from quoth.engine.page import Bucket, CollapsedGroup
from quoth.quote import Origin, Quote
from quoth.text import timestamps
from quoth.text.timestamps import Precision

NAME_CHARACTERS = 120
MONTHS = tuple(calendar.month_name)


class Certainty(NamedTuple):
    """How sure an attribution is: its class on the pages, and the words."""

    kind: str
    words: str


def certainty(quote: Quote) -> Certainty:
    """Return how sure the speaker of a quote is.

    >>> from quoth.quote import Attribution, Selector, Speaker, Utterance
    >>> no = Quote(id="q_1", text="No.", type="direct", utterance=Utterance("u"), speaker=Speaker("ada", "Ada"),
    ...     attribution=Attribution("attributed", "name", "“Ada said”", 0.799), article=Origin("a"),
    ...     selector=Selector("No."))
    >>> certainty(no)
    Certainty(kind='doubt', words='uncertain, 79%')
    """
    attribution = quote.attribution
    if attribution.status == "denied":
        return Certainty("denied", "denied by the article")
    if quote.speaker is None:
        return Certainty("nobody", "no speaker found")
    words = labels.sureness(quote)
    if words is None or attribution.confidence is None:
        return Certainty("given", "speaker as given with the quote")
    return Certainty("doubt" if attribution.confidence < SURE else "sure", words)


def kind(quote: Quote) -> str:
    """Return the type of a quote for a reader."""
    return {
        "direct": "direct quote",
        "partial": "part of a sentence",
        "indirect": "in the reporter’s words",
        "term": "a term in marks, said by nobody",
        "title": "a title in marks, said by nobody",
    }[quote.type]


def bucket(value: Bucket) -> str:
    """Return the value of a facet: a name, a period, or a type."""
    name = labels.one_line(value.name or value.value, NAME_CHARACTERS)
    return f"{name} ({MIXED_SCRIPT})" if value.mixed_script else name


def day(moment: datetime) -> str:
    """Return a day.

    >>> day(datetime(2025, 8, 5))
    '5 August 2025'
    """
    date = timestamps.to_utc(moment)
    return f"{date.day} {MONTHS[date.month]} {date.year}"


def time(moment: datetime, precision: Precision | None = None) -> Markup:
    """Return a date that programs can read, too, as far as it is known."""
    date = timestamps.date(moment, precision)
    return element("time", period(date) if precision in ("year", "month") else day(moment), datetime=date)


def period(value: str) -> str:
    """Return the value of a facet of time.

    >>> period("2025"), period("2025-08")
    ('2025', 'August 2025')
    """
    year, _, month = value.partition("-")
    return f"{MONTHS[int(month)]} {year}" if month else year


def bounds(value: str) -> tuple[str, str]:
    """Return the first and the last day of a year or a month.

    >>> bounds("2025"), bounds("2024-02")
    (('2025-01-01', '2025-12-31'), ('2024-02-01', '2024-02-29'))
    """
    year, _, month = value.partition("-")
    if not month:
        return f"{year}-01-01", f"{year}-12-31"
    return f"{value}-01", f"{value}-{calendar.monthrange(int(year), int(month))[1]}"


def origin(article: Origin) -> Markup:
    """Return headline, publisher and day of an article; a missing one is `unknown`."""
    return join(
        element("cite", labels.one_line(article.headline or "Headline unknown", 160), dir="auto"),
        " · ",
        labels.one_line(article.publisher or "publisher unknown", NAME_CHARACTERS),
        " · ",
        "date unknown" if article.published is None else time(article.published, article.precision or None),
    )


def group(collapsed: CollapsedGroup) -> str:
    """Return what a hit stands for: how many quotes in how many articles, and since when."""
    seen = "" if collapsed.first_seen is None else f", first seen {day(collapsed.first_seen)}"
    publishers = f", {count(collapsed.publishers, 'publisher')}" if collapsed.publishers else ""
    return f"{count(collapsed.quotes, 'quote')} in {count(collapsed.articles, 'article')}{publishers}{seen}"
