"""Translate a request into a Whoosh query tree, and correct words and names that the index does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import NamedTuple

from whoosh import query

from quoth.engine.analysis import stem
from quoth.engine.execution.collection import Order
from quoth.engine.query.filters import FILTERS, TYPES, Correction, Lookup, any_of
from quoth.engine.query.grammar import Item, PhraseQuery, PrefixQuery, WordQuery, suggestion
from quoth.engine.query.lexicon import EXPANSIONS, Lexicon
from quoth.engine.query.request import Request
from quoth.engine.schema import EXACT_BOOST
from quoth.errors import BadQuery
from quoth.quote import QuoteType

_ORDERS: dict[str, Order | None] = {
    "relevance": None,
    "newest": ("published", True),
    "oldest": ("published", False),
}


class HighlightTerms(NamedTuple):
    """The terms to highlight in a quote: word stems, word prefixes and phrases."""

    stems: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()


class Plan(NamedTuple):
    """The execution plan of a request for one index.

    `tree` matches and scores, `filter` only restricts the candidates. `corrections` are the words and names that the
    plan replaces; `did_you_mean` is the query with a suggestion for each unknown word that it does not replace.
    """

    tree: query.Query
    filter: query.Query | None
    sort: Order | None
    highlight_terms: HighlightTerms
    corrections: tuple[Correction, ...] = ()
    did_you_mean: str | None = None


def fields(request: Request) -> Iterator[str]:
    """Yield the fields in which a plan looks up words, names and numbers."""
    if request.parsed.clauses:
        yield from ("stemmed", "exact")
    for name, row in FILTERS.items():
        if request.values(name) or request.left_out(name):
            yield from request.speaker_fields if name == "speaker" else row.fields
    if request.order != "relevance" or request.seconds != (None, None):
        yield "published"


def plan(request: Request, lexicon: Lexicon) -> Plan:
    """Return the plan of a request; raises `BadQuery` for a prefix that expands to too many words."""
    words = _QueryWords(request, lexicon)
    lookup = Lookup(lexicon, request.speaker_fields)
    tree = words.tree()
    filter = _all_of(_filters(request, lookup))
    corrections = (*words.corrections, *lookup.corrections)
    return Plan(tree, filter, _ORDERS[request.order], words.highlight_terms(), corrections, words.did_you_mean())


class _QueryWords:
    """The words of a request; each unknown word is looked up once."""

    def __init__(self, request: Request, lexicon: Lexicon) -> None:
        self._request = request
        self._lexicon = lexicon
        self._neighbours: dict[str, tuple[str, ...]] = {}
        for item in (item for clause in request.parsed.clauses for item in clause.items):
            if isinstance(item, PrefixQuery):
                self._check(item)
        for item in request.parsed.included:
            if isinstance(item, WordQuery) and not lexicon.frequency("stemmed", stem(item.word)):
                self._neighbours[item.word] = lexicon.near("exact", item.word)

    def tree(self) -> query.Query:
        clauses = self._request.parsed.clauses
        required = [self._any(clause.items) for clause in clauses if not clause.is_excluded]
        excluded = [self._item(item) for clause in clauses if clause.is_excluded for item in clause.items]
        tree = self._scored(required)
        return query.AndNot(tree, any_of(excluded)) if excluded else tree

    def _scored(self, required: list[query.Query]) -> query.Query:
        """Return the required queries, with a higher score for documents that have the exact words."""
        if not required:
            return query.Every()
        exact_words = dict.fromkeys(word for item in self._request.parsed.included for word in self._expanded(item))
        exact = [query.Term("exact", word, boost=EXACT_BOOST) for word in exact_words]
        must = query.And(list(dict.fromkeys(required)))
        return query.AndMaybe(must, query.Or(exact)) if exact else must

    def _any(self, items: tuple[Item, ...]) -> query.Query:
        return any_of(list(dict.fromkeys(map(self._item, items))))

    def _item(self, item: Item) -> query.Query:
        match item:
            case PhraseQuery(words):
                return query.Phrase("exact", list(words))
            case PrefixQuery(start):
                return query.Prefix("exact", start)
            case WordQuery():
                return any_of([query.Term("stemmed", name) for name in dict.fromkeys(map(stem, self._expanded(item)))])

    def _expanded(self, item: Item) -> tuple[str, ...]:
        """Return the words to search for: the word itself, or its corrections."""
        if not isinstance(item, WordQuery):
            return ()
        return self._neighbours[item.word] if self._is_replaced(item.word) else (item.word,)

    def _is_replaced(self, word: str) -> bool:
        return self._request.fuzzy == "auto" and bool(self._neighbours.get(word))

    def _check(self, prefix: PrefixQuery) -> None:
        count = self._lexicon.count_prefixed("exact", prefix.start)
        if count > EXPANSIONS:
            excess = f"{prefix.start}* matches {count:,} words; the limit is {EXPANSIONS}"
            raise BadQuery("q", f"{excess}: write more letters")

    @property
    def corrections(self) -> Iterator[Correction]:
        return (Correction("q", word, near) for word, near in self._neighbours.items() if self._is_replaced(word))

    def did_you_mean(self) -> str | None:
        better = {word: near[0] for word, near in self._neighbours.items() if near and not self._is_replaced(word)}
        return suggestion(self._request.q or "", better) if better else None

    def highlight_terms(self) -> HighlightTerms:
        wanted = list(self._request.parsed.included)
        return HighlightTerms(
            stems=frozenset(stem(word) for item in wanted for word in self._expanded(item)),
            starts=tuple(item.start for item in wanted if isinstance(item, PrefixQuery)),
            phrases=tuple(item.words for item in wanted if isinstance(item, PhraseQuery)),
        )


def _filters(request: Request, lookup: Lookup) -> Iterator[query.Query]:
    types = of_types(request.types)
    if types is not None:
        yield from types.subqueries if isinstance(types, query.And) else (types,)
    for name, row in FILTERS.items():
        if row.to_query is not None:
            to_query = partial(row.to_query, lookup)
            yield from (any_of(list(map(to_query, values))) for values in request.values(name))
            yield from (query.Not(to_query(value)) for value in request.left_out(name))
    first, last = request.seconds
    if first is not None or last is not None:
        yield query.NumericRange("published", first, last)


def _all_of(filters: Iterable[query.Query]) -> query.Query | None:
    parts = list(filters)
    return query.And(parts) if len(parts) > 1 else parts[0] if parts else None


@cache
def of_types(types: tuple[QuoteType, ...]) -> query.Query | None:
    """Return the filter for types of quotes; `None` for all types.

    A filter that excludes types costs nothing: see `quoth.engine.execution.index.Index.without`.

    >>> of_types(("direct", "partial", "term", "title")), of_types(("indirect",))
    (Not(Term('type', 'indirect')), Term('type', 'indirect'))
    """
    excluded = [query.Not(query.Term("type", known)) for known in TYPES if known not in types]
    if len(excluded) < 2:
        return excluded[0] if excluded else None
    if len(types) > 1:
        return query.And(excluded)
    return any_of([query.Term("type", name) for name in types])
