"""What is indexed of a quote, and how text becomes terms. Whoosh defines both.

The analysis is explicit because Whoosh's default is wrong for quotes, measured: its Porter stems `swapping` to
`swapp`, its stop list drops `not`, `us`, `may` and `will` and renumbers positions, and its token pattern differs
between distributions.
"""

from __future__ import annotations

import math
from typing import Any

from whoosh.analysis import LowercaseFilter, RegexTokenizer, StemFilter
from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema

from quoth.names import slug
from quoth.quote import Quote

# Words as they were said, lower case; `U.S.` and `3.5` are one word each.
EXACT = RegexTokenizer(r"\w+(\.?\w+)*") | LowercaseFilter()
# The same words by their Snowball stem: what a search must match.
STEMMED = RegexTokenizer(r"\w+(\.?\w+)*") | LowercaseFilter() | StemFilter(lang="en")

SCHEMA = Schema(
    id=ID,
    record=ID,  # the ledger's key: what is retired as a whole
    exact=TEXT(analyzer=EXACT, phrase=True),
    stemmed=TEXT(analyzer=STEMMED, phrase=True),
    speaker=KEYWORD(commas=True),  # the slug of every spelling that finds the speaker
    # Seconds since 1970. A quote without a date is in no range, and sorts before the oldest (0 is the column's least).
    published=NUMERIC(int, bits=64, signed=True, sortable=True, default=0),
    quote=STORED,
)


def document(quote: Quote, record: str, stored: str) -> dict[str, Any]:
    """Return the field values of a quote; `stored` is the quote as JSON."""
    fields: dict[str, Any] = {
        "id": quote.id,
        "record": record,
        "exact": quote.text,
        "stemmed": quote.text,
        "quote": stored,
    }
    if quote.speaker is not None:
        fields["speaker"] = sorted(speaker_keys(quote))
    if quote.article.published is not None:
        fields["published"] = math.floor(quote.article.published.timestamp())
    return fields


def speaker_keys(quote: Quote) -> set[str]:
    """Return what a speaker filter may say to find this quote."""
    if quote.speaker is None:
        return set()
    return {quote.speaker.id, *map(slug, (quote.speaker.name, *quote.speaker.aliases))} - {""}
