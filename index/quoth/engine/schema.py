"""What is indexed of a quote: the fields, and what each holds. Whoosh defines what a field means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema
from whoosh.scoring import BM25F

from quoth.engine.analysis import EXACT, STEMMED, words
from quoth.quote import Quote, Speaker
from quoth.text.slugs import slug

# Text that is searched and scored; phrases are asked for in `exact` only.
TEXTS = ("exact", "stemmed")
POSITIONS = ("exact",)
# Several values a quote: every spelling that finds the speaker.
KEYWORDS = ("known_as",)
# One value or none, counted in facets.
VALUES = ("speaker", "publisher", "type", "language", "status")
# Of these, what has so few values that the index is kept ready without any one of them: nearly every search leaves
# out what nobody has quoted.
FEW_VALUES = ("type",)
# One number or none, for ranges and sorting: seconds since 1970, and hundredths of a percent.
NUMBERS = ("published", "confidence")
# One name, compared for equality only: the quote's id, its article, its utterance, its words.
KEYS = ("id", "article", "utterance", "wording")

CONFIDENCE_UNITS = 10_000

SCHEMA = Schema(
    id=ID,
    article=ID,
    utterance=ID,
    wording=ID,
    exact=TEXT(analyzer=EXACT, phrase=True),
    stemmed=TEXT(analyzer=STEMMED, phrase=False),
    known_as=KEYWORD(commas=True),
    speaker=ID(sortable=True),
    publisher=ID(sortable=True),
    type=ID(sortable=True),
    language=ID(sortable=True),
    status=ID(sortable=True),
    # A quote without a date is in no range, and sorts before the oldest (0 is the column's least).
    published=NUMERIC(int, bits=64, signed=True, sortable=True, default=0),
    confidence=NUMERIC(int, bits=32, signed=True, sortable=True, default=0),
    quote=STORED,
)

# Exact wording ranks above stemmed wording. BM25F gives a term less than 1.3 idf (K1 + 1), so a word as it was said,
# at 1.35 idf whatever the quote's length (B = 0), outweighs its stem in the shortest quote. K1 is small because a quote
# is: that it has a word twice says little, and what tells two quotes apart that have all words is how much else they
# have. Chosen by known items: docs/relevance.md.
EXACT_BOOST = 1.35
WEIGHTING = BM25F(B=1.0, K1=0.3, exact_B=0.0)


class Fields(NamedTuple):
    """What is indexed of a quote beside its texts; `None` is no value."""

    id: str
    article: str
    utterance: str
    wording: str
    known_as: Sequence[str]
    speaker: str | None
    publisher: str | None
    type: str
    language: str | None
    status: str
    published: int | None
    confidence: int | None

    def known(self) -> dict[str, Any]:
        """Return the fields that have a value."""
        return {name: value for name, value in self._asdict().items() if value is not None and value != ()}


def fields(quote: Quote, said: list[str]) -> Fields:
    """Return what is indexed of a quote; `said` are its words."""
    article, speaker, attribution = quote.article, quote.speaker, quote.attribution
    published, confidence = article.published, attribution.confidence
    return Fields(
        quote.id,
        article.id,
        quote.utterance.id,
        " ".join(said),
        () if speaker is None else _spellings(speaker),
        None if speaker is None else speaker.id,
        article.publisher,
        quote.type,
        article.language,
        attribution.status,
        None if published is None else math.floor(published.timestamp()),
        None if confidence is None else round(confidence * CONFIDENCE_UNITS),
    )


def document(quote: Quote, stored: str) -> dict[str, Any]:
    """Return the field values of a quote for Whoosh's own writer; `stored` is the quote as JSON."""
    return {
        **fields(quote, words(quote.text)).known(),
        "exact": quote.text,
        "stemmed": quote.text,
        "quote": stored,
    }


@lru_cache(maxsize=10_000)
def _spellings(speaker: Speaker) -> list[str]:
    """Return what a speaker filter may say to find the quotes of a speaker."""
    return sorted({speaker.id, *map(slug, (speaker.name, *speaker.aliases))} - {""})
