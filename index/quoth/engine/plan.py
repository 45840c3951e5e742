"""A request becomes a Whoosh query tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from whoosh import query

from quoth.engine.analysis import stem, words
from quoth.engine.request import MAX_PHRASE_WORDS, MAX_PHRASES, MAX_WORDS, TYPES, Request
from quoth.engine.schema import EXACT_BOOST
from quoth.errors import BadQuery
from quoth.names import slug
from quoth.quote import QuoteType


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a request in the order they stand: words with their stems, and phrases of words."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]


def terms(request: Request) -> Terms:
    """Return the terms of a request; raises `BadQuery` when there are too many, or none where `q` is given.

    >>> terms(Request(q='swapping "Land  swap"'))
    Terms(words=('swapping',), stems=('swap',), phrases=(('land', 'swap'),))
    """
    loose, marked = request.split
    phrases = tuple(phrase for text in marked if (phrase := tuple(words(text))))
    said = words(loose)
    found = Terms(tuple(said), tuple(map(stem, said)), phrases)
    if request.q is not None and not found.words and not phrases:
        raise BadQuery("q", "has no word to search for")
    if len(phrases) > MAX_PHRASES:
        raise BadQuery("q", f"has {len(phrases)} phrases in marks; the limit is {MAX_PHRASES}")
    for phrase in phrases:
        if len(phrase) > MAX_PHRASE_WORDS:
            raise BadQuery("q", f"has a phrase of {len(phrase)} words; the limit is {MAX_PHRASE_WORDS}")
    count = len(found.words) + sum(map(len, phrases))
    if count > MAX_WORDS:
        raise BadQuery("q", f"has {count} words; the limit is {MAX_WORDS}")
    return found


def matching(found: Terms) -> query.Query:
    """Return the query that decides what matches, and how well."""
    required = [query.Term("stemmed", stem) for stem in dict.fromkeys(found.stems)]
    required += [query.Phrase("exact", list(phrase)) for phrase in dict.fromkeys(found.phrases)]
    if not required:
        return query.Every()
    exact = [query.Term("exact", word, boost=EXACT_BOOST) for word in dict.fromkeys(found.words)]
    must = query.And(required)
    return query.AndMaybe(must, query.Or(exact)) if exact else must


def filtering(request: Request) -> query.Query | None:
    """Return the query that decides what is looked at, without weight in the score."""
    filters: list[query.Query] = []
    if (types := of_types(request.types)) is not None:
        filters.append(types)
    if request.speaker is not None:
        given = request.speaker.strip()
        filters.append(query.Or([query.Term("known_as", key) for key in {given, slug(given)} if key]))
    first, last = request.seconds
    if first is not None or last is not None:
        filters.append(query.NumericRange("published", first, last))
    return query.And(filters) if len(filters) > 1 else filters[0] if filters else None


@cache
def of_types(types: tuple[QuoteType, ...]) -> query.Query | None:
    """Return the query that decides which types of quotes are looked at; `None` when all are.

    To leave out one type costs a search nothing: see `quoth.engine.index.Index.without`.

    >>> of_types(("direct", "partial")), of_types(("indirect",))
    (Not(Term('type', 'indirect')), Or([Term('type', 'indirect')]))
    """
    others = [known for known in TYPES if known not in types]
    if not others:
        return None
    if len(others) == 1:
        return query.Not(query.Term("type", others[0]))
    return query.Or([query.Term("type", known) for known in types])
