"""Stock Whoosh over the same documents in the same order: the engine's results must equal its results.

It has two forms. `one` has all documents in one index and is the reference. `several` has one reader for each part, as
Whoosh is used over many segments.

Where stock Whoosh is plainly wrong, `meant` rewrites the query to an equivalent that Whoosh gets right;
tests/engine/test_oracle.py shows each fault.
"""

from __future__ import annotations

import copy
import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import whoosh
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace
from whoosh import matching, query
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.fields import NUMERIC
from whoosh.filedb.filestore import FileStorage, RamStorage
from whoosh.query.terms import MultiTerm
from whoosh.reading import MultiReader, SegmentReader
from whoosh.searching import Searcher
from whoosh.sorting import Count, FieldFacet

from quoth.engine import schema, segment
from quoth.engine.analysis import EXACT, stem, words
from quoth.engine.schema import WEIGHTING
from quoth.engine.segment.writing.inversion import Entry
from quoth.hashes import fingerprint
from quoth.quote import Quote, to_json
from quoth.storage.segments import MergePart
from tests.support.builders import a_quote, denied

Pair = tuple[str, Quote]  # a record key and a quote

IS_WHOOSH3 = whoosh.__version__ >= (3,)
# Scores whose relative difference is at most this are equal: sums are taken in another order.
NOISE = 1e-9


# --------------------------------------------------------------------------------------------------- the index


def numbered(keys: Iterable[str]) -> dict[str, int]:
    """Return the number of each record in a segment with quotes of these records."""
    return {key: number for number, key in enumerate(sorted(set(keys), key=fingerprint))}


def to_merge(entries: Sequence[Entry], places: Mapping[str, int]) -> MergePart:
    """Return a segment as input of `segment.merge`; `places` has the new numbers of the records that stay."""
    built = segment.build(entries)
    numbers = [places.get(key, -1) for key in numbered(key for key, *_ in entries)]
    return MergePart(built.data, built.table, numbers, {})


@dataclass(frozen=True)
class Holding:
    """The quotes of one segment, and its retired records: these no longer match, but still count in statistics."""

    pairs: tuple[Pair, ...]
    retired: frozenset[str] = frozenset()

    @property
    def documents(self) -> list[Pair]:
        """The documents of a segment in order: newest first, undated last, ties in input order."""
        return sorted(self.pairs, key=lambda pair: math.inf if (second := _second(pair[1])) is None else -second)

    @property
    def entries(self) -> list[tuple[str, Quote, list[tuple[str, ...]]]]:
        """The quotes with the words about them."""
        return [(key, quote, [part] if (part := about(quote)) else []) for key, quote in self.pairs]

    @property
    def retired_numbers(self) -> list[int]:
        """The numbers of the retired records."""
        return [number for key, number in numbered(key for key, _ in self.pairs).items() if key in self.retired]

    @property
    def gone(self) -> list[bool]:
        """For each document, whether it is retired."""
        return [record in self.retired for record, _ in self.documents]


@dataclass(frozen=True)
class Oracle:
    """The documents of some segments; stock Whoosh indexes them on first use."""

    parts: Sequence[Holding]

    @cached_property
    def documents(self) -> list[Pair]:
        """All documents by number: part after part, each in its own order."""
        return [pair for part in self.parts for pair in part.documents]

    @cached_property
    def live(self) -> list[int]:
        """The numbers of the documents that are not retired."""
        return [number for number, gone in enumerate(self._gone) if not gone]

    @cached_property
    def twins(self) -> list[int]:
        """For each document, the first document that is equal to it except for the id."""
        first: dict[Quote, int] = {}
        bare = (replace(quote, id="") for _, quote in self.documents)
        return [first.setdefault(quote, number) for number, quote in enumerate(bare)]

    @cached_property
    def one(self) -> Searcher:
        """A searcher over one index of all documents."""
        return Searcher(_reader(self.documents, self._gone), weighting=WEIGHTING)

    @cached_property
    def several(self) -> Searcher:
        """A searcher over one index for each part."""
        readers = [_reader(part.documents, part.gone) for part in self.parts]
        return Searcher(MultiReader(readers), weighting=WEIGHTING)

    @property
    def _gone(self) -> list[bool]:
        return [gone for part in self.parts for gone in part.gone]


def _second(quote: Quote) -> int | None:
    published = quote.article.published
    return None if published is None else _floor(published)


def _floor(moment: datetime) -> int:
    return math.floor(moment.timestamp())


def _schema() -> Any:
    made = copy.deepcopy(schema.SCHEMA)
    if IS_WHOOSH3:  # elsewhere a column's default is a raw value, and raw 0 sorts first
        made.remove("published")
        made.add("published", NUMERIC(int, bits=64, signed=True, sortable=True, default=-(2**63)))
    return made


SCHEMA = _schema()


class _Codec(W3Codec):  # type: ignore[misc]
    """The W3 codec, with access to the segment that it creates."""

    segment: W3Segment

    def new_segment(self, storage: Any, indexname: str) -> W3Segment:
        self.segment = W3Segment(self, indexname)
        return self.segment


class _Files(RamStorage):  # type: ignore[misc]
    """Files in memory. Whoosh itself spills to one folder that all processes share."""

    def __init__(self, spill: str) -> None:
        super().__init__()
        self._spill = spill

    def temp_storage(self, name: str | None = None) -> FileStorage:
        return FileStorage(self._spill)


def _reader(pairs: Sequence[Pair], gone: Sequence[bool]) -> SegmentReader:
    codec = _Codec()
    with tempfile.TemporaryDirectory(prefix="quoth-oracle-") as spill:
        files = _Files(spill)
        writer = files.create_index(SCHEMA, indexname="quotes").writer(codec=codec, limitmb=256)
        for _, quote in pairs:
            writer.add_document(**_document(quote))
        writer.commit()
    segment = codec.segment
    segment._deleted = {number for number, is_gone in enumerate(gone) if is_gone}
    return SegmentReader(files, SCHEMA, segment)


def about(quote: Quote) -> tuple[str, ...]:
    """The stems of the words about a quote: here those of its headline, none left out."""
    return tuple(map(stem, words(quote.article.headline or "")))


def _document(quote: Quote) -> dict[str, Any]:
    return {
        **({"about": sorted(set(about(quote)))} if about(quote) else {}),
        **schema.fields(quote, " ".join(token.text for token in EXACT(quote.text))).known(),
        "exact": quote.text,
        "stemmed": quote.text,
        "quote": json.dumps(to_json(quote)),
    }


# -------------------------------------------------------------------------------------------------- the answer


@dataclass(frozen=True)
class OracleAnswer:
    """Document numbers in order, their scores (none if sorted by a field), and facets."""

    docs: list[int]
    scores: list[float]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


def search(
    searcher: Searcher,
    tree: query.Query,
    filter: query.Query | None = None,
    sort: tuple[str, bool] | None = None,
    facets: Sequence[str] = (),
) -> OracleAnswer:
    """Return all hits of stock Whoosh. There is no limit: with one, Whoosh loses hits if there are boosts or Nots."""
    asked: dict[str, Any] = {"limit": None}
    if filter is not None:
        asked["filter"] = meant(filter)
    if sort is not None:
        asked["sortedby"] = FieldFacet(sort[0], reverse=sort[1])
    if facets:
        asked["groupedby"] = {name: FieldFacet(name, maptype=Count) for name in facets}
    results = searcher.search(meant(tree), **asked)
    # Count the list of hits, never len(results): the two differ where Whoosh is wrong.
    return OracleAnswer(
        [number for _, number in results.top_n],
        [] if sort is not None else [float(score) for score, _ in results.top_n],
        {name: _counts(results.groups(name)) for name in facets},
    )


def _counts(groups: dict[Any, int]) -> dict[str, int]:
    """Return the counts of a facet. Whoosh gives a document without a value an empty one."""
    return {str(value): count for value, count in groups.items() if value}


def meant(tree: query.Query) -> query.Query:
    """Return an equivalent of `tree` that avoids the faults of stock Whoosh.

    >>> meant(query.And([query.Phrase("exact", []), query.Every()]))
    And([<_NullQuery>, Every(None, boost=1.0)])
    """
    if isinstance(tree, query.And | query.Or):
        subqueries = [meant(child) for child in tree.subqueries]
        # An empty And raises when its parent asks for its size, and an empty Or filters nothing.
        return type(tree)(subqueries, boost=tree.boost) if subqueries else query.NullQuery
    if isinstance(tree, query.AndNot):
        return _Without(meant(tree.a), meant(tree.b))
    if isinstance(tree, query.AndMaybe):
        return _Perhaps(meant(tree.a), meant(tree.b))
    if isinstance(tree, query.Not):
        return _Rest(meant(tree.query))
    if isinstance(tree, query.ConstantScoreQuery):
        return query.ConstantScoreQuery(meant(tree.child), tree.score)
    if isinstance(tree, query.Phrase) and not tree.words:
        return query.NullQuery  # Whoosh raises
    if isinstance(tree, MultiTerm):
        terms = copy.copy(tree)
        terms.boost, terms.constantscore = 1.0, False
        # Whoosh applies a boost and a constant score differently depending on how many of the terms a segment has.
        if tree.constantscore:
            return query.ConstantScoreQuery(terms, tree.boost)
        return query.Or([terms, query.NullQuery], boost=tree.boost) if tree.boost != 1.0 else terms
    return tree


class _Without(query.AndNot):  # type: ignore[misc]
    """AndNot without Whoosh's fault: it never excludes the first document of `a` if `b` has an earlier one."""

    def matcher(self, searcher: Searcher, context: Any = None) -> matching.Matcher:
        gone = frozenset(self.b.docs(searcher))
        return matching.ExcludeMatcher(self.a.matcher(searcher, context), gone)


class _PerhapsMatcher(matching.AndMaybeMatcher):  # type: ignore[misc]
    def skip_to(self, id: int) -> None:
        super().skip_to(id)
        self._first_b()


class _Perhaps(query.AndMaybe):  # type: ignore[misc]
    """AndMaybe without Whoosh's fault: `skip_to`, which an enclosing And calls, may leave `b` behind `a`."""

    matcherclass = _PerhapsMatcher


class _Rest(query.Not):  # type: ignore[misc]
    """Not without Whoosh's fault: it matches a deleted document right after the last match."""

    def matcher(self, searcher: Searcher, context: Any = None) -> matching.Matcher:
        rest = set(searcher.reader().all_doc_ids()).difference(self.query.docs(searcher))
        return matching.ListMatcher(sorted(rest), all_weights=1.0)


# -------------------------------------------------------------------------------------------------- comparison


def assert_alike(
    docs: Sequence[int], scores: Sequence[float], whoosh: Oracle, expected: OracleAnswer, limit: int | None = None
) -> None:
    """Assert that a ranking equals Whoosh's, or its first `limit` hits.

    The score of each document and the score at each rank are the same, up to the order in which sums are taken. So a
    document is missing or overtaken only where scores tie. Ties are in the order of document numbers. Sums that are
    arithmetically equal may differ in their last bit, in different ways here and in Whoosh; the sums of documents that
    differ only in their ids do not.
    """
    assert len(docs) == len(scores) == min(len(expected.docs), len(expected.docs) if limit is None else limit)
    assert len(set(docs)) == len(docs)
    known = dict(zip(expected.docs, expected.scores, strict=True))
    for rank, (number, score) in enumerate(zip(docs, scores, strict=True)):
        assert number in known, f"rank {rank}: document {number} does not match"
        assert _same(score, known[number]), f"document {number} scores {score!r}, Whoosh says {known[number]!r}"
        assert _same(score, expected.scores[rank]), f"rank {rank}: {score!r}, Whoosh has {expected.scores[rank]!r}"
    ranked = list(zip(scores, docs, strict=True))
    assert ranked == sorted(ranked, key=lambda scored: (-scored[0], scored[1]))
    twins = defaultdict[int, list[int]](list)
    for number in expected.docs:
        twins[whoosh.twins[number]].append(number)
    places = {number: place for place, number in enumerate(docs)}
    for numbers in twins.values():
        found = [places[number] for number in numbers if number in places]
        assert found == sorted(found)
        assert all(number in places for number in numbers[: len(found)])


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=NOISE)


# -------------------------------------------------------------------------------------- random documents and queries

# Few words, so that they often match: both Unicode forms of accents, inner marks, other scripts, one edit apart.
WORDS = (
    *("a", "b", "ab", "abc", "abd", "aba", "bac", "café", "cafe\u0301", "Cafe", "naïve", "don't", "won’t", "U.S."),
    *("u.s", "us", "3.5", "3", "35", "漢字", "漢", "字", "İstanbul", "straße", "STRASSE", "run", "Runs", "running"),
    *("swap", "swapping", "land", "lands", "😀", "—", "x" * 300, "x" * 299, "e\u0301", "é", "not", "not"),
    *("e-mail", "email", "O'Neill", "US", "colour", "covid 19"),
)
_SPEAKERS = (None, "Ada Okafor", "Beyoncé O’Neill", "Grace Mbeki", "漢 字")
_PUBLISHERS = (None, None, "The Times", "the times", "Le Monde", "読売")
_DATES = (
    None,
    *(datetime(2025, 8, day, tzinfo=UTC) for day in (11, 11, 12)),
    datetime(2025, 8, 11, 0, 0, 0, 500_000, tzinfo=UTC),  # within a second of another
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1912, 4, 15, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)
_SECONDS = sorted({_floor(date) + near for date in _DATES if date for near in (-1, 0, 1)})

_texts = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.lists(st.sampled_from(WORDS[:4]), max_size=5).map(" ".join),  # similar texts: ties, and repeated words
    st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.integers(1, 120)).map(
        lambda drawn: " ".join(drawn[0] * drawn[1])
    ),
    st.text(max_size=12).filter(lambda text: text.isprintable()),
    st.just("…"),
)


@st.composite
def _pairs(draw: st.DrawFn) -> Pair:
    quote = a_quote(
        draw(_texts),
        speaker=draw(st.sampled_from(_SPEAKERS)),
        aliases=draw(st.sampled_from(((), ("Okafor",), ("Ada", "Mbeki")))),
        published=draw(st.sampled_from(_DATES)),
        publisher=draw(st.sampled_from(_PUBLISHERS)),
    )
    told = denied(quote) if draw(st.integers(0, 3)) == 3 else quote
    return f"r{draw(st.integers(0, 9))}", replace(
        told,
        type=draw(st.sampled_from(("direct", "partial", "indirect"))),
        attribution=replace(told.attribution, confidence=draw(st.sampled_from((None, 0.0, 0.5, 0.93, 1.0)))),
        article=replace(
            quote.article,
            language=draw(st.sampled_from((None, "en", "en-GB"))),
            headline=draw(st.sampled_from((None, "Land swap", "Land, land"))),
            precision=draw(st.sampled_from((UNSET, UNSET, "day", "month", "year"))),
        ),
    )


@st.composite
def holdings(draw: st.DrawFn, most: int = 5) -> tuple[Holding, ...]:
    """Draw the contents of one to `most` segments. A record has one or more quotes, and may be in several segments."""
    parts, number = [], 0
    for distinct in draw(st.lists(st.lists(_pairs(), min_size=1, max_size=7), min_size=1, max_size=most)):
        pairs = []
        for record, quote in distinct + draw(st.lists(st.sampled_from(distinct), max_size=3)):
            pairs.append((record, replace(quote, id=f"q_{number}")))
            number += 1
        retired = st.frozensets(st.sampled_from([record for record, _ in pairs]), max_size=2)
        parts.append(Holding(tuple(pairs), draw(retired)))
    return tuple(parts)


_boosts = st.sampled_from((1.0, 1.0, 0.3, 2.0, 2.5))


def _terms(fields: Sequence[str] = ("exact", "stemmed")) -> st.SearchStrategy[tuple[str, str]]:
    """Draw a field and a word that it may contain."""
    words = sorted({token.text for word in WORDS for token in EXACT(word)} | {"missing"})
    return st.one_of(
        *(st.tuples(st.just(name), st.sampled_from(words).map(stem if name == "stemmed" else str)) for name in fields)
    )


_values = st.sampled_from(
    (
        *(("known_as", name) for name in ("ada-okafor", "okafor", "mbeki", "nobody")),
        *(("denied_as", name) for name in ("ada-okafor", "mbeki", "nobody")),
        *(("about", name) for name in ("land", "swap", "nobody")),
        *(("speaker", name) for name in ("Ada Okafor", "ada-okafor")),
        *(("publisher", name) for name in ("The Times", "読売")),
        *(("type", "direct"), ("type", "indirect"), ("language", "en"), ("status", "attributed"), ("id", "q_1")),
        *(("article", "an article"), ("utterance", "u_q_1"), ("wording", "a b"), ("nowhere", "a")),
    )
)


@st.composite
def _phrases(draw: st.DrawFn) -> query.Phrase:
    words = draw(st.lists(_terms(("exact",)).map(lambda term: term[1]), max_size=4))
    return query.Phrase("exact", words, boost=draw(_boosts))


@st.composite
def _ranges(draw: st.DrawFn) -> query.NumericRange:
    dates = (("published", _SECONDS), ("published_to", _SECONDS))
    name, ends = draw(st.sampled_from((*dates, ("confidence", [0, 1, 5000, 9300, 10000]))))
    start, end = (draw(st.none() | st.sampled_from(ends)) for _ in range(2))
    exclusive = (draw(st.booleans()) for _ in range(2))
    return query.NumericRange(name, start, end, *exclusive, boost=draw(_boosts))


@st.composite
def _expanding(draw: st.DrawFn) -> query.Query:
    """Draw a query that expands to several terms."""
    field, word = draw(_terms())
    rest = {"boost": draw(_boosts), "constantscore": draw(st.booleans())}
    kind = draw(st.sampled_from(("prefix", "fuzzy", "range")))
    if kind == "prefix":
        return query.Prefix(field, word[: draw(st.integers(1, 3))], **rest)
    if kind == "fuzzy":
        return query.FuzzyTerm(field, word, maxdist=1, prefixlength=draw(st.integers(0, 1)), **rest)
    ends = (draw(st.none() | st.just(word)), draw(st.none() | _terms().map(lambda term: term[1])))
    return query.TermRange(field, *ends, draw(st.booleans()), draw(st.booleans()), **rest)


_leaves = st.one_of(
    *[st.builds(lambda term, boost: query.Term(*term, boost=boost), _terms() | _terms() | _values, _boosts)] * 3,
    _phrases(),
    _expanding(),
    _ranges(),
    st.builds(query.Every, boost=_boosts),
    st.just(query.NullQuery),
)


def trees(depth: int = 3) -> st.SearchStrategy[query.Query]:
    """Draw a query tree that the engine can execute, at most `depth` levels deep."""
    if depth == 1:
        return _leaves
    below = trees(depth - 1)
    some = st.lists(below, max_size=4)
    return st.one_of(
        _leaves,
        st.builds(query.And, some, _boosts),
        st.builds(query.Or, some, _boosts),
        st.builds(query.AndMaybe, below, below),
        st.builds(query.AndNot, below, below),
        st.builds(query.Not, below),
        st.builds(query.ConstantScoreQuery, below, st.sampled_from((0.5, 1.0, 3.0))),
    )


@st.composite
def filters(draw: st.DrawFn, depth: int = 3) -> query.Query | None:
    """Draw no filter, any tree, or the filter of a request: excluded quote types, and perhaps more."""
    if draw(st.booleans()):
        return draw(st.none() | trees(depth))
    types = draw(st.lists(st.sampled_from(("direct", "indirect", "unheard of")), min_size=1, max_size=2))
    parts = [*(query.Not(query.Term("type", name)) for name in types), *draw(st.lists(trees(depth), max_size=2))]
    return draw(st.permutations(parts).map(query.And)) if len(parts) > 1 else parts[0]
