"""What is indexed of a quote, and how text becomes terms. Whoosh defines both.

The analysis is explicit because Whoosh's default is wrong for quotes, measured: its Porter stems `swapping` to
`swapp`, its stop list drops `not`, `us`, `may` and `will` and renumbers positions, and its token pattern differs
between distributions.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from typing import Any

from whoosh.analysis import Filter, LowercaseFilter, RegexTokenizer, StemFilter, Token
from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema

from quoth.names import slug
from quoth.quote import Quote

# A letter may be written as a base and its accents; the tokenizer keeps them together, the filter makes them one.
_WORD = r"[\w\u0300-\u036f]+(\.?[\w\u0300-\u036f]+)*"


class _Composed(Filter):  # type: ignore[misc]
    """Words in NFC, so that both ways to write é are one. Offsets stay those of the text."""

    def __call__(self, tokens: Iterator[Token]) -> Iterator[Token]:
        for token in tokens:
            token.text = unicodedata.normalize("NFC", token.text)
            yield token


# Words as they were said, lower case; `U.S.` and `3.5` are one word each.
EXACT = RegexTokenizer(_WORD) | _Composed() | LowercaseFilter()
# The same words by their Snowball stem: what a search must match.
STEMMED = RegexTokenizer(_WORD) | _Composed() | LowercaseFilter() | StemFilter(lang="en")

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
