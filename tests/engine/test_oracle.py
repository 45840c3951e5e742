"""The engine has the hits, order and scores of stock Whoosh; the exceptions are Whoosh's faults, shown here."""

from __future__ import annotations

import ast
import json
import random
import re
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh import query
from whoosh.searching import Searcher

from quoth.engine import schema, segment
from quoth.engine.analysis import stem, stems, words
from quoth.engine.execution import boolean, postings, scorers, scratch
from quoth.engine.execution.collection import BUCKETS, Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.segment.writing import inversion
from quoth.quote import Quote, to_json
from quoth.storage.files.segment_file import InMemoryFile
from tests.support import oracle
from tests.support.builders import a_quote, day
from tests.support.effort import sampled
from tests.support.oracle import Holding, Oracle


def said(*texts: str, retired: tuple[int, ...] = ()) -> Holding:
    """One segment with these words, one record per quote."""
    pairs = tuple((f"r{number}", a_quote(text, id=f"q_{number}")) for number, text in enumerate(texts))
    return Holding(pairs, frozenset(f"r{number}" for number in retired))


def word(text: str, boost: float = 1.0) -> query.Term:
    return query.Term("exact", text, boost=boost)


# ------------------------------------------------------------------------------------ the faults of stock Whoosh


def stock(searcher: Searcher, tree: query.Query, limit: int | None = None) -> dict[int, float]:
    """Whoosh's answer to the unchanged tree: documents, best first, and their scores."""
    return {number: score for score, number in searcher.search(tree, limit=limit).top_n}


def test_whoosh_never_excludes_the_first_document_of_an_andnot() -> None:
    whoosh = Oracle([said("no", "yes and no", "yes")])
    tree = query.AndNot(word("yes"), word("no"))
    assert stock(whoosh.one, tree).keys() == {1, 2}
    assert oracle.search(whoosh.one, tree).docs == [2]


def test_whoosh_finds_a_retired_document_behind_the_last_that_a_not_leaves_out() -> None:
    whoosh = Oracle([said("yes", "no", "gone", retired=(2,))])
    assert stock(whoosh.one, query.Not(word("no"))).keys() == {0, 2}
    assert oracle.search(whoosh.one, query.Not(word("no"))).docs == [0]


def test_whoosh_loses_the_optional_score_of_an_andmaybe_after_a_skip() -> None:
    whoosh = Oracle([said("indeed", "more", "yes", "yes indeed and more")])
    tree = query.And([query.AndMaybe(word("indeed"), word("yes")), word("more")])
    assert stock(whoosh.one, tree)[3] < oracle.search(whoosh.one, tree).scores[0]


def test_whoosh_scores_a_not_as_one() -> None:
    whoosh = Oracle([said("yes", "no")])
    alone, beside = word("yes"), query.And([word("yes"), query.Not(word("no"))])
    assert stock(whoosh.one, beside)[0] == stock(whoosh.one, alone)[0] + 1


def test_whoosh_leaves_out_the_boost_of_a_single_child() -> None:
    whoosh = Oracle([said("yes", "no")])
    for tree in (query.And([word("yes")], boost=2.0), query.Or([word("yes")], boost=2.0)):
        assert stock(whoosh.one, tree) == stock(whoosh.one, word("yes"))


@pytest.mark.skipif(oracle.IS_WHOOSH3, reason="whoosh3 has put it right")
def test_whoosh_leaves_out_the_boost_of_a_prefix_where_a_segment_has_one_term_of_it() -> None:
    whoosh = Oracle([said("land", "lands"), said("land")])
    tree = query.Prefix("exact", "lan", boost=2.0, constantscore=False)
    assert stock(whoosh.one, tree)[2] == 2 * stock(whoosh.several, tree)[2]
    assert oracle.search(whoosh.one, tree) == oracle.search(whoosh.several, tree)


def test_a_constant_score_of_whoosh_depends_on_how_many_terms_a_segment_has() -> None:
    whoosh = Oracle([said("land", "lands"), said("landed", "land")])
    tree = query.Prefix("exact", "lan")
    assert set(stock(whoosh.one, tree).values()) == {1.0}
    assert set(stock(whoosh.several, tree).values()) != {1.0}
    assert oracle.search(whoosh.one, tree) == oracle.search(whoosh.several, tree)


def test_whoosh_loses_the_best_hit_where_there_are_a_limit_and_a_boost() -> None:
    whoosh = Oracle([said("b b", "a", "a b a", "a b b b", "a a b b")])
    tree = query.And([word("a"), query.Or([word("a"), word("b")], boost=9.0)])
    assert list(stock(whoosh.one, tree))[:1] == [4]
    assert list(stock(whoosh.one, tree, limit=1)) == [3]


# ------------------------------------------------------------------------------- the oracle against a plain scan


def holds(tree: query.Query, quote: Quote) -> bool:
    """Whether a quote matches a query, by a plain scan of its words."""
    match tree:
        case query.And():
            return bool(tree.subqueries) and all(holds(child, quote) for child in tree)
        case query.Or():
            return any(holds(child, quote) for child in tree)
        case query.AndNot():
            return holds(tree.a, quote) and not holds(tree.b, quote)
        case query.AndMaybe():
            return holds(tree.a, quote)
        case query.Not():
            return not holds(tree.query, quote)
        case query.ConstantScoreQuery():
            return holds(tree.child, quote)
        case query.Phrase():
            tokens, wanted = words(quote.text), tree.words
            starts = range(len(tokens) - len(wanted) + 1) if wanted else ()
            return any(tokens[start : start + len(wanted)] == wanted for start in starts)
        case query.NumericRange():
            return any(_between(tree, number) for number in _terms(tree.fieldname, quote))
        case query.Every():
            return tree.fieldname is None or bool(_terms(tree.fieldname, quote))
        case query.Term():
            return tree.text in _terms(tree.fieldname, quote)
        case query.Prefix():
            return any(term.startswith(tree.text) for term in _terms(tree.fieldname, quote))
        case query.FuzzyTerm():
            terms = _terms(tree.fieldname, quote)
            return any(_distance(tree.text, term, tree.prefixlength) <= tree.maxdist for term in terms)
        case query.TermRange():
            return any(_between(tree, term) for term in _terms(tree.fieldname, quote))
    return False


def _terms(name: str, quote: Quote) -> set:
    tokens = words(quote.text)
    values = schema.fields(quote, " ".join(tokens)).known() | {
        "exact": tokens,
        "stemmed": stems(quote.text),
        "about": list(oracle.about(quote)),
    }
    found = values.get(name, [])
    return set(found) if isinstance(found, list) else {found}


def _between(tree, value) -> bool:
    def key(v):
        return v.encode() if isinstance(v, str) else v

    return (tree.start is None or key(value) > key(tree.start) or (value == tree.start and not tree.startexcl)) and (
        tree.end is None or key(value) < key(tree.end) or (value == tree.end and not tree.endexcl)
    )


def _distance(one: str, other: str, prefix: int) -> float:
    """Levenshtein's distance with a fixed prefix."""
    if one[:prefix] != other[:prefix]:
        return float("inf")
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            above, row[j] = row[j], min(above + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


@sampled(15)
@given(oracle.holdings(), st.data())
def test_the_oracle_agrees_with_a_plain_scan(parts: tuple[Holding, ...], data: st.DataObject) -> None:
    whoosh = Oracle(parts)
    for tree in data.draw(st.lists(oracle.trees(), min_size=1, max_size=6)):
        expected = {number for number in whoosh.live if holds(tree, whoosh.documents[number][1])}
        assert set(oracle.search(whoosh.one, tree).docs) == expected
        assert set(oracle.search(whoosh.several, tree).docs) == expected


@sampled(15)
@given(oracle.holdings(), st.data())
def test_the_oracle_scores_alike_however_documents_are_split(parts: tuple[Holding, ...], data: st.DataObject) -> None:
    whoosh = Oracle(parts)
    for tree in data.draw(st.lists(oracle.trees(), min_size=1, max_size=6)):
        found = oracle.search(whoosh.several, tree)
        oracle.assert_alike(found.docs, found.scores, whoosh, oracle.search(whoosh.one, tree))


# --------------------------------------------------------------------------------- the engine against the oracle


def engine(parts: Sequence[Holding]) -> Collection:
    """The same documents in the engine."""
    return Collection([_part(part) for part in parts])


def _part(part: Holding) -> SegmentView:
    built = segment.build(part.entries)
    return SegmentView(InMemoryFile(built.data), built.table, part.retired_numbers)


def _compare(
    index: Collection,
    whoosh: Oracle,
    tree: query.Query,
    filter: query.Query | None = None,
    limit: int | None = None,
    facets: Sequence[str] = (),
    expected: oracle.OracleAnswer | None = None,
) -> None:
    """Compare the engine's total, documents, scores and facets with `expected`, by default Whoosh's."""
    expected = expected or oracle.search(whoosh.one, tree, filter, facets=facets)
    found = index.search(tree, filter=filter, limit=limit or len(whoosh.documents), facets=facets)
    try:
        assert found.total == len(expected.docs)
        oracle.assert_alike(found.docs.tolist(), found.scores.tolist(), whoosh, expected, limit)
        for name in facets:
            most_frequent = sorted(expected.facets[name].items(), key=lambda counted: (-counted[1], counted[0]))
            assert found.facets[name] == most_frequent[:BUCKETS]
    except AssertionError as error:
        error.add_note(f"{tree!r}, filter={filter!r}, limit={limit}")
        raise


@sampled(40)
@given(oracle.holdings(), st.data())
def test_the_engine_finds_and_scores_as_whoosh_does(parts: tuple[Holding, ...], data: st.DataObject) -> None:
    whoosh, index = Oracle(parts), engine(parts)
    for tree in data.draw(st.lists(oracle.trees(), min_size=1, max_size=8)):
        _compare(index, whoosh, tree)


@sampled(30)
@given(oracle.holdings(), oracle.trees(), oracle.filters(), st.integers(1, 12))
def test_filters_limits_and_facets_equal_whooshs(
    parts: tuple[Holding, ...], tree: query.Query, filter: query.Query | None, limit: int
) -> None:
    _compare(engine(parts), Oracle(parts), tree, filter, limit, schema.VALUES)


@sampled(30)
@given(oracle.holdings(), oracle.trees(), oracle.filters(), st.integers(1, 12), st.booleans())
def test_sorting_equals_whooshs(
    parts: tuple[Holding, ...], tree: query.Query, filter: query.Query | None, limit: int, newest_first: bool
) -> None:
    _compare_sorted(engine(parts), Oracle(parts), tree, filter, limit, newest_first)


def _compare_sorted(
    index: Collection,
    whoosh: Oracle,
    tree: query.Query,
    filter: query.Query | None,
    limit: int,
    newest_first: bool,
) -> None:
    sort = ("published", newest_first)
    expected = oracle.search(whoosh.one, tree, filter, sort)
    # Whoosh sorts undated quotes before the oldest; the engine sorts them last in both directions.
    ordered = sorted(expected.docs, key=lambda doc: whoosh.documents[doc][1].article.published is None)
    found = index.search(tree, filter=filter, limit=limit, sort=sort)
    assert (found.total, found.docs.tolist()) == (len(ordered), ordered[:limit])


# The engine's threshold for many documents: it has one algorithm for few and one for many.
THRESHOLDS = (
    ("RUN_DOCUMENTS", (inversion,), (1, 3)),
    ("BATCH", (inversion,), (1, 2)),
    ("WINDOW", (boolean, scratch), (2, 5)),
    ("CHAMPIONS", (scorers, postings), (1, 4)),
    ("SEARCH_COST", (postings, scratch), (0, 1_000)),
    ("_FREQUENT", (postings,), (0, 1, 1_000)),
    ("_SPARSE", (boolean,), (0, 1_000)),
)
_thresholds = st.tuples(
    *(st.sampled_from((getattr(modules[0], name), *others)) for name, modules, others in THRESHOLDS)
)
_questions = st.tuples(
    oracle.trees(),
    oracle.filters(2),
    st.integers(1, 12),
    st.sampled_from(((), schema.VALUES)),
    st.booleans(),
)
_everything = given(oracle.holdings(), _thresholds, st.lists(_questions, min_size=1, max_size=6))


def _compare_all(parts: tuple[Holding, ...], thresholds: Sequence[int], questions: Sequence[tuple]) -> None:
    whoosh = Oracle(parts)
    with pytest.MonkeyPatch.context() as patch:
        for (name, modules, _), value in zip(THRESHOLDS, thresholds, strict=True):
            for module in modules:
                patch.setattr(module, name, value)
        index = engine(parts)
        for tree, filter, limit, facets, newest_first in questions:
            _compare(index, whoosh, tree)
            _compare(index, whoosh, tree, filter, limit, facets)
            _compare_sorted(index, whoosh, tree, filter, limit, newest_first)


@settings(deadline=None, max_examples=4)
@_everything
def test_few_documents_are_searched_as_many_are(parts: Any, thresholds: Any, questions: Any) -> None:
    _compare_all(parts, thresholds, questions)


@pytest.mark.prove(minutes=2)
@settings(deadline=None, max_examples=1_000)
@_everything
def test_thousands_of_collections_are_searched_as_by_whoosh(parts: Any, thresholds: Any, questions: Any) -> None:
    _compare_all(parts, thresholds, questions)


def test_a_phrase_of_one_word_does_not_match_retired_quotes() -> None:
    part = said("well, well", "well", retired=(0,))
    _compare(engine([part]), Oracle([part]), query.Phrase("exact", ["well"]))


@settings(deadline=None, max_examples=15)
@given(oracle.trees())
def test_a_collection_of_no_segments_finds_nothing(tree: query.Query) -> None:
    found = Collection([]).search(tree, facets=schema.VALUES)
    assert (found.total, found.docs.tolist()) == (0, [])


@settings(deadline=None, max_examples=20)
@given(oracle.holdings())
def test_the_engine_returns_the_stored_quotes(parts: tuple[Holding, ...]) -> None:
    index, documents = engine(parts), Oracle(parts).documents
    assert [json.loads(stored) for stored in index.stored(np.arange(len(documents)))] == [
        to_json(quote) for _, quote in documents
    ]


# --------------------------------------------------------------------------------------------- natural sentences

# One more than Whoosh's limit for a small index, which it searches in another way.
SENTENCES = 5_001
_SENTENCE = re.compile(r"[A-Z][^\n{}=<>|\[\]_]*[.!?]")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def sentences(most: int) -> list[str]:
    """Return the natural English that every Python has: its language reference and the docstrings of its modules.

    These are about 7,000 distinct sentences of 5 to 60 words.
    """
    found: dict[str, None] = {}
    for sentence in (sentence for text in _texts() for sentence in _split(text)):
        if _SENTENCE.fullmatch(sentence) and 5 <= len(sentence.split()) <= 60:
            found[sentence] = None
        if len(found) == most:
            break
    return list(found)


def _split(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        yield from _BETWEEN_SENTENCES.split(" ".join(block.split()))


def _texts() -> Iterator[str]:
    for _, text in sorted(topics.items()):
        yield text
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield ast.get_docstring(node) or ""


class Natural:
    """The sentences as quotes, newest first, so that document numbers are the same in one segment and in four."""

    def __init__(self, count: int) -> None:
        self.texts = sentences(count)
        pairs = tuple((f"r{number // 3}", _as_quote(number, text)) for number, text in enumerate(self.texts))
        retired = frozenset(f"r{number}" for number in range(0, count // 3, 31))
        cuts = (0, count // 4, count // 4 + 100, count // 2, count)
        self.whoosh = Oracle([Holding(pairs, retired)])
        self.engines = [
            engine(self.whoosh.parts),
            engine([Holding(pairs[start:stop], retired) for start, stop in pairwise(cuts)]),
        ]


def _as_quote(number: int, text: str) -> Quote:
    return a_quote(
        text,
        id=f"q_{number}",
        type="indirect" if number % 7 == 3 else "direct",
        speaker=("Ada Okafor", "Grace Mbeki", "Guido van Rossum", None)[number * number % 7 % 4],
        published=_hours_ago(number),
        publisher=f"Publisher {number % 11}",
    )


def _hours_ago(hours: int) -> datetime:
    return day(2025) - timedelta(hours=hours)


class Questions:
    """Draws queries about some sentences."""

    def __init__(self, texts: Sequence[str], chance: random.Random) -> None:
        self._texts = texts
        self._chance = chance

    def words(self, count: int) -> list[str]:
        """Draw consecutive words of a sentence; frequent words are drawn more often."""
        said = words(self._chance.choice(self._texts))
        start = self._chance.randrange(max(1, len(said) - count))
        return said[start : start + count]

    def terms(self, count: int) -> list[query.Query]:
        """Draw terms of one sentence."""
        return [self._term(word) for word in self.words(count)]

    def _term(self, word: str) -> query.Term:
        boost = self._chance.choice((1.0, 0.5, 2.5))
        if self._chance.random() < 0.5:
            return query.Term("exact", word, boost=boost)
        return query.Term("stemmed", stem(word), boost=boost)

    def some(self, count: int) -> list[query.Query]:
        """Draw terms of different sentences."""
        return [term for _ in range(count) for term in self.terms(1)]

    def typo(self) -> str:
        word = self.words(1)[0]
        place = self._chance.randrange(len(word))
        return word[:place] + self._chance.choice(("", "e", word[place] * 2)) + word[place + 1 :] or word

    def planned(self) -> query.Query:
        """Draw the tree of a request: stems must match, exact word forms add to the score."""
        said = list(dict.fromkeys(self.words(self._chance.randint(1, 4))))
        exact = [query.Term("exact", word, boost=2.5) for word in said]
        stems = [query.Term("stemmed", stem(word)) for word in said]
        return query.AndMaybe(query.And(stems), query.Or(exact))

    def dates(self) -> query.Query:
        last, first = sorted(self._chance.randrange(len(self._texts)) for _ in range(2))
        ends = (int(_hours_ago(hours).timestamp()) for hours in (first, last))
        return query.NumericRange("published", *ends, boost=self._chance.choice((1.0, 2.0)))


# A query and a filter.
Asked = tuple[query.Query, query.Query | None]
KINDS: dict[str, Callable[[Questions], Asked]] = {
    "term": lambda q: (q.terms(1)[0], None),
    "and": lambda q: (query.And(q.terms(3), boost=2.0), None),
    "or": lambda q: (query.Or(q.some(3), boost=1.5), None),
    "or of many": lambda q: (query.Or(q.some(9)), None),
    "without": lambda q: (query.AndNot(q.terms(1)[0], query.Or(q.some(3))), None),
    "and not": lambda q: (query.And([*q.terms(1), query.Not(q.terms(1)[0])]), None),
    "planned": lambda q: (q.planned(), None),
    "phrase of two": lambda q: (query.Phrase("exact", q.words(2)), None),
    "phrase of four": lambda q: (query.Phrase("exact", q.words(4), boost=2.0), None),
    "prefix": lambda q: (query.Prefix("exact", q.words(1)[0][:3], constantscore=False), None),
    "constant prefix": lambda q: (query.Prefix("stemmed", q.words(1)[0][:2], boost=2.0), None),
    "fuzzy": lambda q: (query.FuzzyTerm("exact", q.typo(), prefixlength=1, constantscore=False), None),
    "speaker": lambda q: (q.planned(), query.Term("known_as", "ada-okafor")),
    "dates": lambda q: (q.planned(), q.dates()),
    "without a type": lambda q: (q.planned(), query.Not(query.Term("type", "indirect"))),
    "of a speaker without a type": lambda q: (
        query.Or(q.some(3)),
        query.And([query.Not(query.Term("type", "indirect")), query.Term("known_as", "ada-okafor")]),
    ),
    "of a type": lambda q: (q.planned(), query.Or([query.Term("type", "indirect")])),
    "dates that score": lambda q: (query.Or([q.dates(), *q.terms(1)]), None),
    "nested": lambda q: (query.And([query.Or([q.planned(), *q.some(2)]), query.Not(q.terms(1)[0])]), q.dates()),
}


@lru_cache(1)
def natural(count: int) -> Natural:
    return Natural(count)


@pytest.mark.prove
def test_there_are_five_thousand_natural_sentences() -> None:
    assert len(set(sentences(SENTENCES))) == SENTENCES > 5_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("said", "count"), [(500, 8), pytest.param(SENTENCES, 60, marks=pytest.mark.prove)])
def test_questions_about_natural_sentences_are_answered_as_by_whoosh(said: int, kind: str, count: int) -> None:
    whoosh, engines = natural(said).whoosh, natural(said).engines
    questions = Questions(natural(said).texts, random.Random(kind))  # noqa: S311 - no secrets
    answered = 0
    for number in range(count):
        tree, filter = KINDS[kind](questions)
        facets = ("speaker", "publisher") if number % 3 == 0 else ()
        expected = oracle.search(whoosh.one, tree, filter, facets=facets)
        for index in engines:
            _compare(index, whoosh, tree, filter, (None, 10, 200)[number % 3], facets, expected)
        answered += bool(expected.docs)
    assert answered > count // 3
