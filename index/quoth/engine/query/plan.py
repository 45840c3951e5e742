"""A request becomes a Whoosh query tree, with what the index has in place of what nobody said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from whoosh import query

from quoth.engine.analysis import stem
from quoth.engine.query.grammar import Item, PhraseQuery, PrefixQuery, WordQuery, suggestion
from quoth.engine.query.lexicon import EXPANSIONS, Lexicon, any_of
from quoth.engine.query.request import TYPES, Request
from quoth.engine.schema import CONFIDENCE_UNITS, EXACT_BOOST
from quoth.errors import BadQuery
from quoth.quote import QuoteType
from quoth.text.slugs import slug

# A column of numbers, and whether the greatest come first.
Order = tuple[str, bool]

_ORDERS: dict[str, Order | None] = {
    "relevance": None,
    "newest": ("published", True),
    "oldest": ("published", False),
}


class HighlightTerms(NamedTuple):
    """What of a quote's words is shown as found: words by their stem, by their beginning, and phrases."""

    stems: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()


class Correction(NamedTuple):
    """What of a request the index does not have, and what it was taken for."""

    parameter: str
    given: str
    corrected_to: tuple[str, ...]


class Plan(NamedTuple):
    """How a request is answered from one index.

    `tree` decides what matches and how well, `filter` which quotes are looked at. `corrections` are the words and names
    that were replaced by others; `did_you_mean` is the query with better words for those that the index does not have.
    """

    tree: query.Query
    filter: query.Query | None
    sort: Order | None
    highlight_terms: HighlightTerms
    corrections: tuple[Correction, ...] = ()
    did_you_mean: str | None = None


def fields(request: Request) -> Iterator[str]:
    """Yield the fields that a plan looks words, names and numbers up in."""
    if request.parsed.clauses:
        yield from ("stemmed", "exact")
    if _asks(request, "speaker"):
        yield "known_as"
    yield from (name for name in ("publisher", "language", "status") if _asks(request, name))
    if request.order != "relevance" or request.seconds != (None, None):
        yield "published"
    if request.min_confidence is not None:
        yield from ("confidence", "status")


def _asks(request: Request, name: str) -> bool:
    return bool(request.values(name) or request.left_out(name))


def plan(request: Request, lexicon: Lexicon) -> Plan:
    """Return how a request is answered; raises `BadQuery` for a prefix of too many words."""
    words = _QueryWords(request, lexicon)
    people = _SpeakerNames(lexicon)
    tree = words.tree()
    filter = _all_of(_filters(request, lexicon, people))
    corrections = (*words.corrections, *people.corrections)
    return Plan(tree, filter, _ORDERS[request.order], words.highlight_terms(), corrections, words.did_you_mean())


class _QueryWords:
    """The words of a request, each looked up once."""

    def __init__(self, request: Request, lexicon: Lexicon) -> None:
        self._request = request
        self._lexicon = lexicon
        self._near: dict[str, tuple[str, ...]] = {}
        for item in (item for clause in request.parsed.clauses for item in clause.items):
            if isinstance(item, PrefixQuery):
                self._check(item)
        for item in request.parsed.wanted:
            if isinstance(item, WordQuery) and not lexicon.frequency("stemmed", stem(item.word)):
                self._near[item.word] = lexicon.near("exact", item.word)

    def tree(self) -> query.Query:
        asked = self._request.parsed
        needed = [self._any(clause.items) for clause in asked.clauses if not clause.is_excluded]
        unwanted = [self._item(item) for clause in asked.clauses if clause.is_excluded for item in clause.items]
        tree = self._scored(needed)
        return query.AndNot(tree, _or(unwanted)) if unwanted else tree

    def _scored(self, needed: list[query.Query]) -> query.Query:
        """Return what must match, with what a word adds to the score where it stands as it was asked for."""
        if not needed:
            return query.Every()
        said = dict.fromkeys(word for item in self._request.parsed.wanted for word in self._meant(item))
        exact = [query.Term("exact", word, boost=EXACT_BOOST) for word in said]
        must = query.And(list(dict.fromkeys(needed)))
        return query.AndMaybe(must, query.Or(exact)) if exact else must

    def _any(self, items: tuple[Item, ...]) -> query.Query:
        return _or(list(dict.fromkeys(map(self._item, items))))

    def _item(self, item: Item) -> query.Query:
        match item:
            case PhraseQuery(words):
                return query.Phrase("exact", list(words))
            case PrefixQuery(start):
                return query.Prefix("exact", start)
            case WordQuery():
                return _or([query.Term("stemmed", name) for name in dict.fromkeys(map(stem, self._meant(item)))])

    def _meant(self, item: Item) -> tuple[str, ...]:
        """Return the words that a word stands for: itself, or those that it was taken for."""
        if not isinstance(item, WordQuery):
            return ()
        return self._near[item.word] if self._is_replaced(item.word) else (item.word,)

    def _is_replaced(self, word: str) -> bool:
        return self._request.fuzzy == "auto" and bool(self._near.get(word))

    def _check(self, prefix: PrefixQuery) -> None:
        count = self._lexicon.starting("exact", prefix.start)
        if count > EXPANSIONS:
            many = f"{prefix.start}* begins {count:,} words; the limit is {EXPANSIONS}"
            raise BadQuery("q", f"{many}: write more letters")

    @property
    def corrections(self) -> Iterator[Correction]:
        return (Correction("q", word, near) for word, near in self._near.items() if self._is_replaced(word))

    def did_you_mean(self) -> str | None:
        better = {word: near[0] for word, near in self._near.items() if near and not self._is_replaced(word)}
        return suggestion(self._request.q or "", better) if better else None

    def highlight_terms(self) -> HighlightTerms:
        wanted = list(self._request.parsed.wanted)
        return HighlightTerms(
            stems=frozenset(stem(word) for item in wanted for word in self._meant(item)),
            starts=tuple(item.start for item in wanted if isinstance(item, PrefixQuery)),
            phrases=tuple(item.words for item in wanted if isinstance(item, PhraseQuery)),
        )


class _SpeakerNames:
    """The speakers of a request: a spelling that the index has stands for who bears it, another for its neighbours."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.corrections: list[Correction] = []

    def spelt(self, given: str) -> query.Query:
        keys = [key for key in dict.fromkeys((given, slug(given))) if key]
        if not any(self._lexicon.frequency("known_as", key) for key in keys):
            near = self._lexicon.near("known_as", slug(given))
            if near:
                self.corrections.append(Correction("speaker", given, near))
                keys = list(near)
        return _or([query.Term("known_as", key) for key in keys])


def _filters(request: Request, lexicon: Lexicon, people: _SpeakerNames) -> Iterator[query.Query]:
    if (types := of_types(request.types)) is not None:
        yield types

    def values(name: str, of: Callable[[str], query.Query]) -> Iterator[query.Query]:
        for some in request.values(name):
            yield _or(list(map(of, some)))
        for value in request.left_out(name):
            yield query.Not(of(value))

    yield from values("speaker", people.spelt)
    yield from values("publisher", lambda name: _terms("publisher", _spelt_alike(lexicon.values("publisher"), name)))
    yield from values("language", lambda tag: _terms("language", any_of(lexicon.values("language"), tag)))
    yield from values("status", lambda status: query.Term("status", status))
    first, last = request.seconds
    if first is not None or last is not None:
        yield query.NumericRange("published", first, last)
    if request.min_confidence is not None:
        least = round(request.min_confidence * CONFIDENCE_UNITS)
        yield query.Or([query.NumericRange("confidence", least, None), query.Term("status", "given")])


def _spelt_alike(values: Iterable[str], name: str) -> list[str]:
    return [value for value in values if slug(value) == slug(name)]


def _terms(field: str, values: list[str]) -> query.Query:
    return _or([query.Term(field, value) for value in values])


def _or(queries: list[query.Query]) -> query.Query:
    return queries[0] if len(queries) == 1 else query.Or(queries)


def _all_of(filters: Iterable[query.Query]) -> query.Query | None:
    parts = list(filters)
    return query.And(parts) if len(parts) > 1 else parts[0] if parts else None


@cache
def of_types(types: tuple[QuoteType, ...]) -> query.Query | None:
    """Return the query that decides which types of quotes are looked at; `None` when all are.

    To leave out one type costs a search nothing: see `quoth.engine.execution.index.Index.without`.

    >>> of_types(("direct", "partial")), of_types(("indirect",))
    (Not(Term('type', 'indirect')), Term('type', 'indirect'))
    """
    others = [known for known in TYPES if known not in types]
    if not others:
        return None
    if len(others) == 1:
        return query.Not(query.Term("type", others[0]))
    return _terms("type", list(types))
