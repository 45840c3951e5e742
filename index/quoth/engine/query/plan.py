"""Translate a request into a Whoosh query tree, and correct words and names that the index does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import NamedTuple

import msgspec
from whoosh import query

from quoth.engine.analysis import stem
from quoth.engine.execution.collection import Order
from quoth.engine.execution.coverage.words import Place, WordTrees
from quoth.engine.query.filters import FILTERS, TYPES, Correction, Lookup, any_of
from quoth.engine.query.grammar import Clause, Item, PhraseQuery, PrefixQuery, WordQuery, suggestion
from quoth.engine.query.lexicon import EXPANSIONS, Lexicon
from quoth.engine.query.names import NameLexicon, depends_on_neighbours
from quoth.engine.query.request import Request
from quoth.engine.schema import EXACT_BOOST
from quoth.errors import BadQuery
from quoth.quote import QuoteType
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.slugs import slug
from quoth.text.wording.compounds import INITIALS, as_one
from quoth.text.wording.questions import asked

# A word is not looked for about a quote if it is in, or about, more than a fifth of all quotes: it would say nothing.
# In a small archive every word of a headline is about as many.
ABOUT_OF = 5
ABOUT_LEAST = 1_000
# Of a name that is no other word, the quotes that mention it are at most so many times those by its bearers.
MENTIONED = 4
# What a word about a quote adds to the score, where that decides: among quotes that rank alike.
ABOUT_BOOST = 0.1
# The fewest letters of a word that two words of a query may be.
_JOINED = 5
# The words before and behind a word by itself.
_ALONE = (None, None)

_ORDERS: dict[str, Order | None] = {
    "relevance": None,
    "newest": ("published", True),
    "oldest": ("published", False),
    "indexed": ("indexed", True),
}


class HighlightTerms(msgspec.Struct, frozen=True):
    """The terms to highlight in a quote: word stems, word prefixes and phrases."""

    stems: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()


class SoughtWord(msgspec.Struct, frozen=True, dict=True):
    """A word that a quote may miss: as written, what matches it in each place, and its frequency.

    `exact` are the exact forms that add to its score, `marked` the stems to highlight, and `name` names the word in
    this index.
    """

    written: str
    places: tuple[tuple[Place, query.Query], ...]
    frequency: int
    exact: tuple[query.Term, ...]
    marked: frozenset[str]
    name: str

    @cached_property
    def trees(self) -> WordTrees:
        """What matches the word, and what adds to its score."""
        return WordTrees(self.name, self.strong, self.exact, self.about, self.frequency)

    @cached_property
    def strong(self) -> query.Query:
        """What matches a quote that has the word, in its text or as a name."""
        return any_of([leaf for place, tree in self.places if place != "about" for leaf in tree.leaves()])

    @cached_property
    def about(self) -> query.Query | None:
        """What matches a quote that the word stands about; `None` where that would say nothing."""
        return next((tree for place, tree in self.places if place == "about"), None)


class KnownWord(NamedTuple):
    """What an index knows of a word of a query: its stem, the names of speakers that it stands for, and more.

    `is_only_name` if it is a name of speakers, and in few texts for their number: Trump, but not Time. `is_known` if
    somebody said it, or it is a name, as it is: a nickname that nobody has may be a slip, too.
    """

    stem: str
    names: tuple[str, ...]
    is_only_name: bool
    is_known: bool


class RankedWords(msgspec.Struct, frozen=True):
    """The words of a request that are ranked by what they cover.

    `extra` are exact forms of other words, which add to the score of a quote as those of the ranked words do.
    `required` matches and scores what every quote must have: phrases, prefixes, alternatives. `filter` only restricts
    the candidates.
    """

    words: tuple[SoughtWord, ...]
    extra: tuple[query.Term, ...]
    required: query.Query | None
    filter: query.Query | None

    @property
    def exact(self) -> query.Query:
        """What adds to the score of a quote that has words in their exact form."""
        return query.Or([*(term for word in self.words for term in word.exact), *self.extra])


class Plan(msgspec.Struct, frozen=True):
    """The execution plan of a request for one index.

    `tree` matches and scores the quotes with every word, `filter` only restricts the candidates. `ranked` are the
    words by which quotes that miss some of them are ranked, `None` if only those with every word are wanted; `words`
    are the words that are in some place, either way.
    `corrections` are the words and names that the plan replaces; `did_you_mean` is the query with a suggestion for each
    unknown word that it does not replace.
    `unknown_words` are those that it neither finds nor replaces; if `is_hopeless`, no quote matches without them.
    """

    filter: query.Query | None
    sort: Order | None
    highlight_terms: HighlightTerms
    corrections: tuple[Correction, ...]
    did_you_mean: str | None
    ranked: RankedWords | None
    words: tuple[SoughtWord, ...]
    _query: _QueryWords

    @property
    def tree(self) -> query.Query:  # not needed where words may be missed
        return self._query.tree()

    @property
    def unknown_words(self) -> tuple[str, ...]:
        return self._query.unknown

    @property
    def is_hopeless(self) -> bool:
        return self._query.is_hopeless


def fields(request: Request) -> Iterator[str]:
    """Yield the fields in which a plan looks up words, names and numbers, or the sections of these."""
    if request.parsed.clauses:
        yield from ("stemmed", "exact")
        if request.match == "best":
            yield from ("known_as", "about", "publisher.values")
    for name, row in FILTERS.items():
        if request.values(name) or request.left_out(name):
            yield from request.speaker_fields if name == "speaker" else row.fields
    if request.order in ("newest", "oldest") or request.seconds[1] is not None:
        yield "published"
    if request.order == "indexed":
        yield "indexed"
    if request.seconds[0] is not None:
        yield from ("published", "published_to")


def plan(request: Request, lexicon: Lexicon) -> Plan:
    """Return the plan of a request; raises `BadQuery` for a prefix that expands to too many words."""
    words = _QueryWords(request, lexicon)
    lookup = Lookup(lexicon, request.speaker_fields)
    filter, filters = of_types(request.types), list(_filters(request, lookup))
    if filters:
        filter = _all_of([*_parts(filter), *filters])
    order = request.order
    return Plan(
        filter,
        _ORDERS[order],
        words.highlight_terms(),
        (*words.corrections, *lookup.corrections),
        words.did_you_mean(),
        words.ranked(filter) if order == "relevance" else None,
        words.sought,
        words,
    )


class _QueryWords:
    """The words of a request; each unknown word is looked up once."""

    def __init__(self, request: Request, lexicon: Lexicon) -> None:
        self._request = request
        self._lexicon = lexicon
        self._fields = ("exact", "known_as") if request.match == "best" else ("exact",)
        self._names = NameLexicon(lexicon, self._fields[1:])
        # The words that a quote may miss, the forms of one stem together, and the clauses that it must match.
        words: list[str] = []
        self._fixed: list[Clause] = []
        for clause in request.parsed.clauses:
            word = _word_of(clause)
            if word is not None:
                words.append(word)
            else:
                self._fixed.append(clause)
                self._check(clause.items)
        # Of each word, the words before and behind it.
        beside = zip((None, *words), (*words[1:], None), strict=False)
        self._beside: dict[str, tuple[str | None, str | None]] = dict(zip(words, beside, strict=False))
        self._known: dict[str, KnownWord] = {}
        self._alternatives: dict[str, SoughtWord] = {}
        kept = words
        if request.match == "best" and len(words) > 1:
            known = list(map(self._look_up, words))
            kept = asked(words, [bool(word.names) for word in known], [word.is_only_name for word in known])
        self._free = list(_by_stem(kept).values())
        self._undecided = [word for word in words if word not in kept]  # these only add to the score
        self._compounds: dict[str, list[str]] = {}
        for word, whole in (*request.parsed.compounds, *self._adjacent(words)):
            self._compounds.setdefault(word, []).append(whole)
        # The items that a quote is looked for by, without the words of a question that do not decide.
        fixed = (item for clause in self._fixed if not clause.is_excluded for item in clause.items)
        self._wanted: list[Item] = [*(WordQuery(word) for forms in self._free for word in forms), *fixed]
        self._neighbours: dict[str, tuple[str, ...]] = {}
        for item in self._wanted:
            if isinstance(item, WordQuery) and not self._is_known(item.word):
                may_be_slip = any(map(str.isalpha, item.word)) and not self._is_part_of_name(item.word)
                self._neighbours[item.word] = lexicon.near(self._fields, item.word) if may_be_slip else ()
        # The words that a quote may miss, each in any form.
        self.sought = tuple(map(self._sought, self._free))

    def _look_up(self, word: str) -> KnownWord:
        """Return what the index knows of a word of the query, or of one that stands for it."""
        known = self._known.get(word)
        if known is None:
            key = slug(word)
            beside = self._beside.get(word, _ALONE) if depends_on_neighbours(key) else _ALONE
            name = "word", self._fields, word, beside
            known = self._lexicon.remembered(name, lambda: self._looked_up(word, key, beside))
            self._known[word] = known
        return known

    def _looked_up(self, word: str, key: str, beside: tuple[str | None, str | None]) -> KnownWord:
        names, root = self._names.of_word(word, beside), stem(word)
        named, said = (sum(self._lexicon.frequency("known_as", name) for name in names), self._frequency(root))
        is_publisher = "known_as" in self._fields and bool(self._lexicon.publishers(key))
        return KnownWord(root, names, named * MENTIONED > said, bool(said) or is_publisher or self._names.has(key))

    def _frequency(self, stem: str) -> int:
        return self._lexicon.frequency("stemmed", stem)

    def _adjacent(self, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield each word that makes a compound of the index with its neighbour, with the compound."""
        if "us" in words:  # typed without capitals it may stand for the country
            yield "us", "u.s"
        for pair in pairwise(words):
            whole = self._lexicon.remembered(("pair", pair), partial(self._as_one, *pair))
            if whole is not None:
                yield from ((word, whole) for word in pair)

    def _as_one(self, first: str, second: str) -> str | None:
        """Return the one word that two adjacent words are, if they are one in this index."""
        whole = as_one(first, second)
        if whole is None and _may_be_one(first, second) and self._frequency(stem(first + second)):
            return first + second
        return whole

    def _is_known(self, word: str) -> bool:
        return self._look_up(word).is_known or any(map(self._frequency, map(stem, self._compounds.get(word, ()))))

    def _is_name(self, word: str) -> bool:
        return bool(self._names_of(word))

    def _is_part_of_name(self, word: str) -> bool:
        """Whether a word stands for a given name, and the next one for a surname: Bob Lind is no slip."""
        return self._is_name(word) and self._is_name(self._beside.get(word, _ALONE)[1] or "")

    def _names_of(self, word: str) -> tuple[str, ...]:
        """Return the names of speakers that a word stands for."""
        return self._look_up(word).names

    def tree(self) -> query.Query:
        """Return the tree of the quotes that have every word, with a higher score for the exact words."""
        trees = [*(word.strong for word in self.sought), *self._required()]
        if not trees:
            return self._without_excluded(query.Every())
        must, exact = query.And(_distinct(trees)), self._exact()
        return self._without_excluded(query.AndMaybe(must, query.Or(exact)) if exact else must)

    def ranked(self, filter: query.Query | None) -> RankedWords | None:
        """Return the words that a quote may miss; `None` if it may miss none."""
        if self._request.match == "all" or not self._free:
            return None
        if not self._fixed:
            return RankedWords(self.sought, self._extra(), None, filter)
        if excluded := self._excluded():
            filter = _all_of([*_parts(filter), query.Not(any_of(excluded))])
        return RankedWords(self.sought, self._extra(), _all_of(_distinct(self._required())), filter)

    def _sought(self, forms: Sequence[str]) -> SoughtWord:
        """Return a word in some forms, with what matches in each place."""
        expanded: list[str] = list(forms)
        wholes: list[str] = []
        if self._neighbours:
            expanded = [word for form in forms for word in self._expanded(WordQuery(form))]
        if self._compounds:
            wholes = [whole for form in forms for whole in self._compounds.get(form, ())]
        # US in capitals is not the pronoun.
        said = wholes if wholes and self._capitals.issuperset(expanded) else [*expanded, *wholes]
        # A word with the same names is the same beside other words.
        name = "sought", self._fields, tuple(forms), tuple(expanded), tuple(said), tuple(map(self._names_of, said))
        return self._lexicon.remembered(name, lambda: self._sought_as(forms, said, expanded, repr(name)))

    def _sought_as(self, forms: Sequence[str], said: Sequence[str], expanded: Sequence[str], name: str) -> SoughtWord:
        """Return a word in some forms that is said in some ways."""
        stems = list(dict.fromkeys(map(stem, said)))
        beside = list(dict.fromkeys(map(stem, (*forms, *said))))  # a word that nobody said may stand about a quote
        places: list[tuple[Place, list[query.Query]]] = [("text", [query.Term("stemmed", name) for name in stems])]
        frequency = sum(map(self._frequency, stems))
        if self._request.match == "best":
            names = dict.fromkeys(name for word in said for name in self._names_of(word))
            publishers = {name: n for word in said for name, n in self._lexicon.publishers(slug(word)).items()}
            frequency += sum(self._lexicon.frequency("known_as", name) for name in names) + sum(publishers.values())
            places.append(("speaker", [query.Term("known_as", name) for name in names]))
            places.append(("publisher", [query.Term("publisher", name) for name in publishers]))
            about = sum(self._lexicon.frequency("about", name) for name in beside)
            if frequency + about <= max(ABOUT_LEAST, self._lexicon.documents // ABOUT_OF):
                places.append(("about", [query.Term("about", name, boost=ABOUT_BOOST) for name in beside]))
        return SoughtWord(
            forms[0],
            tuple((place, any_of(trees)) for place, trees in places if trees),
            frequency,
            tuple(_exact(word) for word in dict.fromkeys(expanded) if stem(word) in stems),
            frozenset(map(stem, (*expanded, *(whole for form in forms for whole in self._compounds.get(form, ()))))),
            name,
        )

    @property
    def _capitals(self) -> set[str]:
        """The words that are initials in capitals."""
        return {word for word, whole in self._request.parsed.compounds if whole in INITIALS}

    def _exact(self) -> list[query.Term]:
        items = (*self._wanted, *map(WordQuery, self._undecided))
        words = dict.fromkeys(word for item in items for word in self._expanded(item))
        return list(map(_exact, words))

    def _extra(self) -> tuple[query.Term, ...]:
        """Return the exact forms that add to the score beside those of the ranked words."""
        if not self._fixed and not self._undecided and not self._compounds:
            return ()
        known = {term.text for word in self.sought for term in word.exact}
        return tuple(term for term in self._exact() if term.text not in known)

    def _required(self) -> Iterator[query.Query]:
        return (self._any(clause.items) for clause in self._fixed if not clause.is_excluded)

    def _excluded(self) -> list[query.Query]:
        items = [item for clause in self._fixed if clause.is_excluded for item in clause.items]
        # In the text only: to exclude a speaker there is -speaker:.
        return [query.Term("stemmed", stem(i.word)) if isinstance(i, WordQuery) else self._item(i) for i in items]

    def _without_excluded(self, tree: query.Query) -> query.Query:
        excluded = self._excluded()
        return query.AndNot(tree, any_of(excluded)) if excluded else tree

    def _any(self, items: tuple[Item, ...]) -> query.Query:
        return any_of(_distinct(map(self._item, items)))

    def _item(self, item: Item) -> query.Query:
        match item:
            case PhraseQuery(words):
                return query.Phrase("exact", list(words))
            case PrefixQuery(start):
                return query.Prefix("exact", start)
            case WordQuery(word):
                return self._alternative(word).strong

    def _alternative(self, word: str) -> SoughtWord:
        """Return one of several words of which a quote must have any."""
        if word not in self._alternatives:
            self._alternatives[word] = self._sought([word])
        return self._alternatives[word]

    def _expanded(self, item: Item) -> tuple[str, ...]:
        """Return the words to search for: the word itself, or its corrections."""
        if not isinstance(item, WordQuery):
            return ()
        if not self._is_replaced(item.word):
            return (item.word,)
        return (*self._neighbours[item.word], *([item.word] if self._is_name(item.word) else []))

    def _is_replaced(self, word: str) -> bool:
        return self._request.fuzzy == "auto" and bool(self._neighbours.get(word))

    def _check(self, items: Iterable[Item]) -> None:
        for item in items:
            if not isinstance(item, PrefixQuery):
                continue
            count = self._lexicon.count_prefixed("exact", item.start)
            if count > EXPANSIONS:
                excess = f"{item.start}* matches {count:,} words; the limit is {EXPANSIONS}"
                raise BadQuery("q", f"{excess}: write more letters")

    @property
    def corrections(self) -> list[Correction]:
        if not self._neighbours:
            return []
        replaced = [(word, near) for word, near in self._neighbours.items() if self._is_replaced(word)]
        return [Correction("q", word, tuple(dict.fromkeys((*near, *self._names_of(word))))) for word, near in replaced]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words and prefixes that no quote has, in any form or as a name, and that nothing replaces."""
        return tuple(dict.fromkeys(word for item in self._wanted for word in self._unknown_in(item)))

    @property
    def is_hopeless(self) -> bool:
        """Whether no quote can match: every word, or one of those that a quote must have, is unknown."""
        is_free_known = [not all(map(self._unknown_in, map(WordQuery, forms))) for forms in self._free]
        enough = any if self._request.match == "best" and self._request.order == "relevance" else all
        return not enough(is_free_known or [True]) or any(
            all(map(self._unknown_in, clause.items)) for clause in self._fixed if not clause.is_excluded
        )

    def _unknown_in(self, item: Item) -> list[str]:
        match item:
            case WordQuery(word):
                is_named = self._is_replaced(word) or self._is_name(word)
                is_found = word not in self._neighbours or is_named or self._is_about(word)
                return [] if is_found else [word]
            case PhraseQuery(words):
                return [word for word in words if not self._lexicon.frequency("exact", word)]
            case PrefixQuery(start):
                return [] if self._lexicon.count_prefixed("exact", start) else [f"{start}*"]

    def _is_about(self, word: str) -> bool:
        stems = map(stem, (word, *self._compounds.get(word, ())))
        return any(self._lexicon.frequency("about", one) for one in stems)

    def did_you_mean(self) -> str | None:
        if not self._neighbours:
            return None
        better = {word: near[0] for word, near in self._neighbours.items() if near and not self._is_replaced(word)}
        return suggestion(self._request.q or "", better) if better else None

    def highlight_terms(self) -> HighlightTerms:
        if not self._fixed and len(self.sought) == 1:
            return HighlightTerms(self.sought[0].marked)
        items = [item for clause in self._fixed if not clause.is_excluded for item in clause.items]
        words = [*self.sought, *(self._alternative(item.word) for item in items if isinstance(item, WordQuery))]
        return HighlightTerms(
            stems=words[0].marked.union(*(word.marked for word in words[1:])) if words else frozenset(),
            starts=tuple(item.start for item in items if isinstance(item, PrefixQuery)),
            phrases=tuple(item.words for item in items if isinstance(item, PhraseQuery)),
        )


def _distinct(trees: Iterable[query.Query]) -> list[query.Query]:
    """Return the different ones of some trees, in order."""
    several = list(trees)
    return list(dict.fromkeys(several)) if len(several) > 1 else several


def _exact(word: str) -> query.Term:
    return query.Term("exact", word, boost=EXACT_BOOST)


def _may_be_one(first: str, second: str) -> bool:
    """Whether two adjacent words may be one: “covid 19” and “tax payer”, but not “for give” or “19 20”."""
    is_number = first.isdigit(), second.isdigit()
    return len(first + second) >= _JOINED and not all(is_number) and FUNCTION_WORDS.isdisjoint((first, second))


def _word_of(clause: Clause) -> str | None:
    """Return the word of a clause that is one word in any form and not excluded."""
    first = clause.items[0]
    is_word = not clause.is_excluded and len(clause.items) == 1
    return first.word if is_word and isinstance(first, WordQuery) else None


def _by_stem(words: Iterable[str]) -> dict[str, list[str]]:
    """Return the words with each stem, in order of the first of each."""
    forms: dict[str, list[str]] = {}
    for word in words:
        forms.setdefault(stem(word), []).append(word)
    return forms


def _filters(request: Request, lookup: Lookup) -> Iterator[query.Query]:
    for name, row in FILTERS.items():
        if row.to_query is not None and (request.parsed.qualifiers or getattr(request, name) is not None):
            to_query = partial(row.to_query, lookup)
            yield from (any_of(list(map(to_query, values))) for values in request.values(name))
            yield from (query.Not(to_query(value)) for value in request.left_out(name))
    first, last = request.seconds
    if first is not None and last is not None and first > last:
        yield query.NumericRange("published", first, last)  # nothing
        return
    # A date may be a whole day, month or year, of which a part is enough.
    if first is not None:
        yield query.NumericRange("published_to", first, None)
    if last is not None:
        yield query.NumericRange("published", None, last)


def _all_of(parts: list[query.Query]) -> query.Query | None:
    return query.And(parts) if len(parts) > 1 else parts[0] if parts else None


def _parts(filter: query.Query | None) -> Sequence[query.Query]:
    """Return the queries of which a filter is made, all of which match."""
    if filter is None:
        return ()
    parts: Sequence[query.Query] = filter.subqueries if isinstance(filter, query.And) else (filter,)
    return parts


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
