"""The schema of the index: the fields of a quote and their values. Whoosh defines what a field means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import dropwhile
from typing import Any, NamedTuple

from whoosh.fields import ID, KEYWORD, NUMERIC, STORED, TEXT, Schema
from whoosh.scoring import BM25F

from quoth.engine.analysis import EXACT, STEMMED, words
from quoth.quote import Quote, Speaker
from quoth.text.names.titles import TITLES
from quoth.text.slugs import slug
from quoth.text.timestamps import last_second

# Text that is searched and scored; phrases match in `exact` only.
TEXTS = ("exact", "stemmed")
POSITIONS = ("exact",)
# Several values per quote: every spelling that matches the speaker, or the person who is said not to have said it; and
# the stems of the words that stand about the quote, in the headline and in the reporter's words beside it.
KEYWORDS = ("known_as", "denied_as", "about")
# Of these, the fields that few searches ask for: a segment has them at its end, out of the way of the others.
SELDOM = ("denied_as",)
# The fields in which terms near an unknown one are looked up.
FUZZY = (*TEXTS, "known_as", "denied_as")
# One value or none, counted in facets.
VALUES = ("speaker", "publisher", "type", "language", "status")
# Of these, the fields with so few values that the index caches the documents without each of them: nearly every search
# excludes indirect quotes.
FEW_VALUES = ("type",)
# One number or none, for ranges and sorting: seconds since 1970, and hundredths of a percent. A date may be written
# without a time, or only in part: `published` is its first second and `published_to` its last. `indexed` is the time at
# which the quote was indexed, which no stored quote has.
NUMBERS = ("published", "published_to", "confidence", "indexed")
# One name, compared for equality only: the ids of the quote, its article and its utterance, and its words.
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
    denied_as=KEYWORD(commas=True),
    about=KEYWORD(commas=True),
    speaker=ID(sortable=True),
    publisher=ID(sortable=True),
    type=ID(sortable=True),
    language=ID(sortable=True),
    status=ID(sortable=True),
    # A quote without a date is in no range, and sorts before the oldest (0 is the lowest number of the column).
    published=NUMERIC(int, bits=64, signed=True, sortable=True, default=0),
    published_to=NUMERIC(int, bits=64, signed=True, sortable=True, default=0),
    indexed=NUMERIC(int, bits=64, signed=True, sortable=True, default=0),
    confidence=NUMERIC(int, bits=32, signed=True, sortable=True, default=0),
    quote=STORED,
)

# Exact wording ranks above stemmed wording. BM25F scores a term below 1.3 idf (K1 + 1), so an exact word, at 1.35 idf
# whatever the quote's length (B = 0), outweighs its stem in the shortest quote. K1 is small because quotes are short: a
# repeated word says little, and quotes with all words differ mostly in length. Tuned on known items: docs/relevance.md.
EXACT_BOOST = 1.35
WEIGHTING = BM25F(B=1.0, K1=0.3, exact_B=0.0)


class Fields(NamedTuple):
    """The indexed fields of a quote, except its texts and what it does not say itself; `None` is no value."""

    id: str
    article: str
    utterance: str
    wording: str
    known_as: Sequence[str]
    denied_as: Sequence[str]
    speaker: str | None
    publisher: str | None
    type: str
    language: str | None
    status: str
    published: int | None
    published_to: int | None
    confidence: int | None

    def known(self) -> dict[str, Any]:
        """Return the fields that have a value."""
        return {name: value for name, value in self._asdict().items() if value is not None and value != ()}


def fields(quote: Quote, wording: str) -> Fields:
    """Return the indexed fields of a quote; `wording` has the words of its text, with a space between."""
    return Fields(*(values[0] for values in columns([quote], [wording])))


def columns(quotes: Sequence[Quote], wordings: Sequence[str]) -> Iterator[list[Any]]:
    """Yield the values of quotes for each of the `Fields`; field by field takes half of the time of quote by quote."""
    articles = [quote.article for quote in quotes]
    speakers, denied = [quote.speaker for quote in quotes], [quote.denied_speaker for quote in quotes]
    attributions = [quote.attribution for quote in quotes]
    yield [quote.id for quote in quotes]
    yield [article.id for article in articles]
    yield [quote.utterance.id for quote in quotes]
    yield list(wordings)
    yield [_spellings(speaker) if speaker else () for speaker in speakers]
    yield [_spellings(speaker) if speaker else () for speaker in denied]
    yield [speaker.id if speaker else None for speaker in speakers]
    yield [article.publisher for article in articles]
    yield [quote.type for quote in quotes]
    yield [article.spoken_language for article in articles]
    yield [attribution.status for attribution in attributions]
    moments = [article.published for article in articles]
    first = [None if moment is None else math.floor(moment.timestamp()) for moment in moments]
    yield first
    yield [
        last_second(article.published, article.precision) if article.published and article.precision else second
        for article, second in zip(articles, first, strict=True)
    ]
    confidences = [attribution.confidence for attribution in attributions]
    yield [None if confidence is None else round(confidence * CONFIDENCE_UNITS) for confidence in confidences]


def document(quote: Quote, stored: str) -> dict[str, Any]:
    """Return the field values of a quote for Whoosh's own writer; `stored` is the quote as JSON."""
    return {
        **fields(quote, " ".join(words(quote.text))).known(),
        "exact": quote.text,
        "stemmed": quote.text,
        "quote": stored,
    }


@lru_cache(maxsize=10_000)
def _spellings(speaker: Speaker) -> tuple[str, ...]:
    """Return the spellings of a speaker that a search may use: the id, whole names, and words of a name."""
    names = (speaker.name, *speaker.aliases)
    spellings = {speaker.id, *map(slug, names), *(slug(word) for name in names for word in _words_of(name))}
    return tuple(sorted(spellings - {""}))


# Words of a name that do not stand for it: “Department of Justice” is not known as “of”.
_SMALL = frozenset("a an the and at by for from in of on or to with jr sr ii iii iv".split())


def _words_of(name: str) -> list[str]:
    """Return the words of a name that may stand for it: no initials, no titles in front, no small words.

    A title before a single word is a part of the name.

    >>> _words_of("Lord Malloch-Brown"), _words_of("Donald J. Trump"), _words_of("Department of Justice")
    (['malloch', 'brown'], ['donald', 'trump'], ['department', 'justice'])
    >>> _words_of("Pope Leo")
    ['pope', 'leo']
    """
    whole = words(name)
    bare = list(dropwhile(TITLES.__contains__, whole))
    return [word for word in (bare if len(bare) > 1 else whole) if len(word) > 1 and word not in _SMALL]
