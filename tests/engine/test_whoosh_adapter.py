"""Whoosh reads our segments, with the same hits and metadata as for the same quotes in its own files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from msgspec.structs import replace
from whoosh import query
from whoosh.filedb.filestore import FileStorage
from whoosh.matching import Matcher, ReadTooFar
from whoosh.reading import IndexReader, MultiReader, TermInfo, TermNotFound
from whoosh.searching import Searcher
from whoosh.sorting import Count, FieldFacet

from quoth.engine import schema, segment
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.whoosh_adapter import WhooshCodec, open_reader
from quoth.errors import Damaged
from quoth.quote import Quote, to_json
from quoth.storage.files.segment_file import InMemoryFile
from tests.support import oracle
from tests.support.builders import a_quote, day, denied
from tests.support.effort import sampled, some
from tests.support.oracle import Holding, Oracle, numbered, to_merge

# The adapter serves the tests alone: the other tests of the engine ask it a little, `make prove` asks it here.
pytestmark = pytest.mark.prove

COLUMNS = (*schema.VALUES, *schema.NUMBERS)
# In Whoosh 3 the default of a column is a number; elsewhere it is the least value. The oracle hides this for dates.
ALIKE = [name for name in COLUMNS if not (oracle.IS_WHOOSH3 and name == "confidence")]
FIELDS = sorted({*schema.TEXTS, *schema.KEYWORDS, *COLUMNS, *schema.KEYS})
MISSING = -(2**63)


def a_part(holding: Holding) -> SegmentView:
    built = segment.build(holding.entries)
    return SegmentView(InMemoryFile(built.data), built.table, holding.retired_numbers)


def a_reader(*holdings: Holding) -> IndexReader:
    """Whoosh's reader of our segments."""
    readers = [open_reader(*a_part(holding)) for holding in holdings]
    return readers[0] if len(readers) == 1 else MultiReader(readers)


def a_searcher(*holdings: Holding) -> Searcher:
    return Searcher(a_reader(*holdings), weighting=schema.WEIGHTING)


def stock(*holdings: Holding) -> Searcher:
    """Whoosh over its own files, one for each of our segments."""
    whoosh = Oracle(holdings)
    return whoosh.one if len(holdings) == 1 else whoosh.several


def said(*texts: str, retired: Iterable[int] = ()) -> Holding:
    """One segment with these words, one record per quote."""
    pairs = tuple((f"r{number}", a_quote(text, id=f"q_{number}")) for number, text in enumerate(texts))
    return Holding(pairs, frozenset(f"r{number}" for number in retired))


def a_corpus(quotes: int = 400, retired: Iterable[int] = (3, 130)) -> Holding:
    """Enough quotes for several of Whoosh's blocks; `w2x0` is in every second quote, `w7x3` in every seventh."""
    pairs = tuple((f"r{number}", _numbered(number)) for number in range(quotes))
    return Holding(pairs, frozenset(f"r{number}" for number in retired))


def _numbered(number: int) -> Quote:
    quote = a_quote(
        " ".join(f"w{size}x{number % size}" for size in (2, 3, 5, 7, 11, 97) for _ in range(1 + number % 2)),
        id=f"q_{number}",
        speaker=("Ada Okafor", "Grace Mbeki", None, "漢 字")[number % 4],
        aliases=("Okafor",) if number % 2 else (),
        publisher=("The Times", None, "Le Monde", "読売", None)[number % 5],
        published=None if number % 9 == 0 else day(1960 + number % 80, 1 + number % 12),
    )
    quote = replace(
        quote,
        article=replace(
            quote.article, language=(None, "en")[number % 2], headline=(None, "Land of ferries", "A swap")[number % 3]
        ),
    )
    return denied(quote) if number % 6 == 0 else quote


def few() -> st.SearchStrategy[tuple[Holding, ...]]:
    return oracle.holdings(most=3)


# ------------------------------------------------------------------------------------------------------ searching


def test_whoosh_searches_a_segment() -> None:
    searcher = a_searcher(said("The dam will hold.", "No dam holds."))
    (hit,) = searcher.search(query.Phrase("exact", ["dam", "will"]))
    assert json.loads(hit["quote"])["text"] == "The dam will hold."
    assert searcher.document(id="q_1").keys() == {"quote"}


@sampled(30)
@given(few(), st.lists(oracle.trees(), min_size=1, max_size=6), st.none() | oracle.trees(2))
def test_whoosh_finds_and_scores_as_in_its_own_files(
    parts: tuple[Holding, ...], trees: list[query.Query], filter: query.Query | None
) -> None:
    """Scores are equal bit by bit, since Whoosh computes both."""
    ours, theirs = a_searcher(*parts), stock(*parts)
    for tree in trees:
        note(f"{tree!r} filter={filter!r}")
        asked = {"filter": filter, "facets": schema.VALUES}
        assert oracle.search(ours, tree, **asked) == oracle.search(theirs, tree, **asked)


@sampled(20)
@given(few(), oracle.trees(), st.sampled_from(ALIKE), st.booleans())
def test_whoosh_sorts_as_in_its_own_files(
    parts: tuple[Holding, ...], tree: query.Query, column: str, reverse: bool
) -> None:
    """In one file only: if some of its files lack a column, Whoosh cannot sort bytes in reverse."""
    expected = oracle.search(Oracle(parts).one, tree, sort=(column, reverse))
    assert oracle.search(a_searcher(*parts), tree, sort=(column, reverse)) == expected


@sampled(20)
@given(few(), st.lists(oracle.trees(), min_size=1, max_size=6))
def test_whoosh_finds_and_scores_in_a_segment_as_the_engine_does(
    parts: tuple[Holding, ...], trees: list[query.Query]
) -> None:
    searcher, collection = a_searcher(*parts), Collection([a_part(part) for part in parts])
    for tree in trees:
        note(repr(tree))
        expected = oracle.search(searcher, tree)
        found = collection.search(tree, limit=collection.index.documents)
        scores = dict(zip(found.docs.tolist(), found.scores.tolist(), strict=True))
        assert scores == pytest.approx(dict(zip(expected.docs, expected.scores, strict=True)), rel=oracle.NOISE)


# No quote of the corpus has a time of indexing.
NOT_THERE = {"indexed"}
QUERIES = (
    query.Term("exact", "w2x0"),
    query.Term("published", int(day(1999, 4).timestamp())),
    query.And([query.Term("exact", "w2x0"), query.Term("stemmed", "w7x3"), query.Term("exact", "w3x1", boost=2.5)]),
    query.Or([query.Term("exact", "w97x3"), query.Term("known_as", "okafor"), query.Term("type", "direct")]),
    query.AndMaybe(query.Term("stemmed", "w2x1"), query.Term("exact", "w97x5")),
    query.Phrase("exact", ["w2x1", "w2x1", "w3x0"]),
    query.Phrase("exact", ["w3x0", "w7x3"], slop=4),
    query.Prefix("exact", "w97x"),
    query.Prefix("id", "q_1"),
    query.Prefix("wording", "w2x1 w2x1 w3x0"),
    query.Wildcard("publisher", "*e*"),
    query.Regex("speaker", ".* M"),
    query.FuzzyTerm("exact", "w97x6", maxdist=2, prefixlength=1),
    query.FuzzyTerm("speaker", "Ada Okefor"),
    query.TermRange("publisher", "M", None),
    query.TermRange("exact", "w2x1", "w3x1", endexcl=True),
    query.NumericRange("published", -86_400, int(day(2001, 5, 3).timestamp())),
    query.NumericRange("published", None, None),
    query.NumericRange("confidence", 1, 9_000, startexcl=True),
    query.Not(query.Term("exact", "w5x2")),
    query.Every(),
    *(query.Every(name) for name in FIELDS if name not in NOT_THERE),
)


@pytest.fixture(scope="module")
def corpus() -> tuple[Searcher, Searcher, Searcher, Searcher]:
    """One segment and three segments, ours and Whoosh's."""
    whole = a_corpus()
    thirds = [Holding(whole.pairs[start::3], whole.retired) for start in range(3)]
    return a_searcher(whole), stock(whole), a_searcher(*thirds), stock(*thirds)


@pytest.mark.sampled
@pytest.mark.parametrize("tree", some(QUERIES), ids=repr)
def test_each_kind_of_query_is_answered_alike(corpus: tuple[Searcher, ...], tree: query.Query) -> None:
    one, stock_one, several, stock_several = corpus
    assert len(expected := hits(stock_one, tree)) > 0
    assert hits(one, tree) == expected
    assert hits(several, tree) == hits(stock_several, tree)


def hits(searcher: Searcher, tree: query.Query, **rest: Any) -> list[tuple[float, int]]:
    return [(score, number) for score, number in searcher.search(tree, limit=None, **rest).top_n]


@pytest.mark.parametrize("name", [name for name in (*COLUMNS, *schema.KEYWORDS) if name not in NOT_THERE])
def test_groups_are_alike(corpus: tuple[Searcher, ...], name: str) -> None:
    facet = {"groups": FieldFacet(name, allow_overlap=name in schema.KEYWORDS, maptype=Count)}
    groups = [searcher.search(query.Every(), groupedby=facet).groups("groups") for searcher in corpus]
    assert groups[0] == groups[1] == groups[2] == groups[3]
    assert len(groups[0]) > 1 or name in ("type", "status", "confidence")


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", ["published", "speaker", "publisher"])
def test_the_order_of_a_field_is_alike(corpus: tuple[Searcher, ...], name: str, reverse: bool) -> None:
    sort = FieldFacet(name, reverse=reverse)
    docs = [[number for _, number in hits(searcher, query.Every(), sortedby=sort)] for searcher in corpus]
    assert docs[0] == docs[1]
    assert docs[2] == docs[3]


def test_a_search_with_a_limit_loses_nothing() -> None:
    """In its own files Whoosh loses hits: tests/engine/test_oracle.py has the case."""
    texts = ("b b", "a", "a b a", "a b b b", "a a b b")
    tree = query.And([query.Term("exact", "a"), query.Or([query.Term("exact", word) for word in "ab"], boost=9.0)])
    searcher = a_searcher(said(*texts))
    assert [hit.docnum for hit in searcher.search(tree, limit=1)] == [4] == [hits(searcher, tree)[0][1]]


def test_whoosh_suggests_words_of_a_segment() -> None:
    reader = a_reader(said("The dam will hold.", "the damp"))
    assert set(reader.corrector("exact").suggest("dan", maxdist=2)) == {"dam", "damp"}


# --------------------------------------------------------------------------------------------------------- terms


def known(info: TermInfo) -> tuple[float, ...]:
    lengths = (info.min_length(), info.max_length())
    return (info.weight(), info.doc_frequency(), *lengths, info.max_weight(), info.min_id(), info.max_id())


def terms(reader: IndexReader) -> dict[tuple[str, bytes], tuple[float, ...]]:
    return {term: known(info) for term, info in reader}


@sampled(20)
@given(few())
def test_terms_and_their_statistics_are_alike(parts: tuple[Holding, ...]) -> None:
    ours, theirs = a_reader(*parts), stock(*parts).reader()
    assert terms(ours) == terms(theirs)
    assert [term for term, _ in ours] == list(ours.all_terms()) == list(theirs.all_terms())
    assert sorted(ours.indexed_field_names()) == sorted(theirs.indexed_field_names())
    for name in FIELDS:
        assert list(ours.lexicon(name)) == list(theirs.lexicon(name))
        assert list(ours.field_terms(name)) == list(theirs.field_terms(name))


@sampled(20)
@given(oracle.holdings(most=1))
def test_postings_are_alike(parts: tuple[Holding, ...]) -> None:
    """Including the frequency and positions of each posting, in Whoosh's own encoding."""
    ours, theirs = a_reader(*parts), stock(*parts).reader()
    expected = [(*rest, value or b"") for *rest, value in theirs.iter_postings()]
    assert list(ours.iter_postings()) == expected


def test_names_are_listed_though_a_segment_has_hashes_of_them() -> None:
    reader = a_reader(said("one", "Two"))
    assert list(reader.lexicon("wording")) == [b"one", b"two"]
    assert {name for name, _ in reader.all_terms()} == set(FIELDS) - NOT_THERE - {
        "about",
        "denied_as",
        "language",
        "publisher",
        "published",
        "published_to",
    }


def test_names_that_were_not_hashed_are_not_listed() -> None:
    built = segment.build(said("one", "two").pairs)
    start, size, *_ = built.table["sections"]["id"]
    reader = open_reader(InMemoryFile(built.data[:start] + bytes(size) + built.data[start + size :]), built.table)
    with pytest.raises(Damaged, match="'id'"):
        list(reader.lexicon("id"))
    assert list(reader.lexicon("utterance")) == [b"u_q_0", b"u_q_1"]


@pytest.mark.parametrize("name", FIELDS)
def test_a_term_that_is_not_there_is_not_found(name: str) -> None:
    reader, text = a_reader(said("one")), b"nothing"
    assert (name, text) not in reader
    assert reader.doc_frequency(name, text) == reader.frequency(name, text) == 0
    for ask in (reader.term_info, reader.postings):
        with pytest.raises(TermNotFound):
            ask(name, text)


def test_a_stored_field_has_no_terms() -> None:
    reader = a_reader(said("one"))
    assert ("quote", "one") not in reader
    with pytest.raises(TermNotFound):
        reader.lexicon("quote")


@sampled(20)
@given(oracle.holdings(most=1), st.sampled_from(FIELDS), st.lists(st.sampled_from(oracle.WORDS), max_size=4))
def test_a_cursor_moves_alike(parts: tuple[Holding, ...], name: str, words: list[str]) -> None:
    ours, theirs = (searcher.reader().cursor(name) for searcher in (a_searcher(*parts), stock(*parts)))
    moves = [("first",), *(("find", word.encode()) for word in words), ("next",), ("next",), ("first",)]
    for move, *to in moves:
        if ours.is_valid() or move != "next":
            assert getattr(ours, move)(*to) == getattr(theirs, move)(*to)
        assert (ours.is_valid(), ours.text()) == (theirs.is_valid(), theirs.text())
        if ours.is_valid():
            assert known(ours.term_info())[:2] == known(theirs.term_info())[:2]


# ------------------------------------------------------------------------------------------------------ postings


@pytest.fixture
def matcher() -> Matcher:
    """The postings of a word in documents 0, 2 and 5."""
    texts = ("yes", "no", "yes oh yes", "no", "no", "no yes")
    return a_reader(said(*texts)).postings("exact", "yes")


def test_a_matcher_walks_through_postings(matcher: Matcher) -> None:
    seen = []
    while matcher.is_active():
        seen.append((matcher.id(), matcher.weight(), matcher.value_as("positions")))
        matcher.next()
    assert seen == [(0, 1.0, [0]), (2, 2.0, [0, 2]), (5, 1.0, [1])]


@pytest.mark.parametrize(("target", "reached"), [(0, 0), (1, 2), (2, 2), (3, 5), (5, 5), (6, None)])
def test_a_matcher_skips_ahead(matcher: Matcher, target: int, reached: int | None) -> None:
    matcher.skip_to(target)
    assert (matcher.id() if matcher.is_active() else None) == reached


def test_a_matcher_never_skips_back(matcher: Matcher) -> None:
    matcher.skip_to(4)
    matcher.skip_to(1)
    assert matcher.id() == 5


def test_a_matcher_that_is_done_goes_no_further_but_can_begin_again(matcher: Matcher) -> None:
    done = matcher.copy()
    done.skip_to(9)
    for move in (done.next, lambda: done.skip_to(9)):
        with pytest.raises(ReadTooFar):
            move()
    done.reset()
    assert done.id() == matcher.id() == 0


# ----------------------------------------------------------------------------------------------------- documents


@sampled(20)
@given(few())
def test_lengths_are_alike(parts: tuple[Holding, ...]) -> None:
    for part in parts:
        ours, theirs = a_reader(part), stock(part).reader()
        for name in schema.TEXTS:
            assert ours.field_length(name) == theirs.field_length(name)
            for number in range(len(part.pairs)):  # Whoosh returns None for a quote without words
                assert ours.doc_field_length(number, name) == (theirs.doc_field_length(number, name) or 0)
            if ours.field_length(name):  # otherwise Whoosh raises
                assert ours.min_field_length(name) == theirs.min_field_length(name)
                assert ours.max_field_length(name) == theirs.max_field_length(name)
        assert ours.doc_field_length(0, "id", default=7) == theirs.doc_field_length(0, "id", default=7) == 7


@sampled(20)
@given(oracle.holdings(most=1))
def test_columns_are_alike(parts: tuple[Holding, ...]) -> None:
    ours, theirs = a_reader(*parts), stock(*parts).reader()
    for name in ALIKE:
        kinds: Sequence[dict[str, bool]] = ({"translate": True}, {"translate": False})
        if name in schema.NUMBERS:
            kinds = (*kinds, {"translate": False, "reverse": True})
        for kind in kinds:
            mine, other = (reader.column_reader(name, **kind) for reader in (ours, theirs))
            assert list(mine) == [mine[number] for number in range(len(mine))] == list(other)
            keys = [[column.sort_key(number) for number in range(len(mine))] for column in (mine, other)]
            assert keys[0] == keys[1]


def test_no_number_is_the_least_of_its_kind() -> None:
    dated = Holding((("r0", a_quote("one", published=day(1970))), ("r1", a_quote("two"))))
    assert list(a_reader(dated).column_reader("published")) == [0, MISSING]


def test_only_values_and_numbers_have_columns() -> None:
    reader = a_reader(said("one"))
    assert [name for name in schema.SCHEMA.names() if reader.has_column(name)] == sorted(COLUMNS)


@sampled(20)
@given(few())
def test_stored_quotes_and_deletions_are_alike(parts: tuple[Holding, ...]) -> None:
    ours, theirs = a_reader(*parts), stock(*parts).reader()
    assert ours.doc_count_all() == theirs.doc_count_all()
    assert ours.doc_count() == theirs.doc_count()
    assert ours.has_deletions() == theirs.has_deletions()
    assert list(ours.all_doc_ids()) == list(theirs.all_doc_ids())
    expected = [to_json(quote) for part in parts for _, quote in part.documents]
    assert [json.loads(ours.stored_fields(number)["quote"]) for number in range(len(expected))] == expected
    mine, other = ([json.loads(stored["quote"]) for stored in r.all_stored_fields()] for r in (ours, theirs))
    assert mine == other


def test_a_number_behind_the_last_quote_is_an_error() -> None:
    with pytest.raises(IndexError):
        a_reader(said("one")).stored_fields(1)


def test_a_retired_quote_counts_in_statistics_but_is_not_found() -> None:
    searcher = a_searcher(said("yes", "yes", retired=(0,)))
    assert searcher.doc_frequency("exact", "yes") == 2
    assert [hit.docnum for hit in searcher.search(query.Term("exact", "yes"))] == [1]


def test_a_retired_record_that_is_not_in_the_segment_is_damage() -> None:
    part = a_part(said("yes", "no"))
    with pytest.raises(Damaged, match="in a segment of 2"):
        open_reader(part.file, part.table, [2])


# ---------------------------------------------------------------------------------------------- copies and merges


def test_whooshs_writer_copies_a_segment_into_an_index_of_its_own(tmp_path: Path) -> None:
    whole = a_corpus(40, retired=(3, 30))
    with FileStorage(str(tmp_path)).create_index(oracle.SCHEMA).writer() as writer:
        writer.add_reader(a_reader(whole))
    copied = FileStorage(str(tmp_path)).open_index().searcher(weighting=schema.WEIGHTING)
    expected = stock(Holding(tuple(pair for pair in whole.documents if pair[0] not in whole.retired)))
    assert terms(copied.reader()) == terms(expected.reader())
    for tree in (query.Phrase("exact", ["w3x0", "w5x1"]), query.Prefix("exact", "w7"), query.Every("published")):
        assert hits(copied, tree) == hits(expected, tree)
    sort = FieldFacet("published")
    assert hits(copied, query.Every(), sortedby=sort) == hits(expected, query.Every(), sortedby=sort)
    copied.close()


def test_a_merged_segment_reads_like_one_built_at_once() -> None:
    whole = a_corpus(40)
    places = numbered(record for record, *_ in whole.entries)
    merged = segment.merge([to_merge(half, places) for half in (whole.entries[:20], whole.entries[20:])])
    assert list(open_reader(InMemoryFile(merged.data), merged.table).iter_postings()) == list(
        a_reader(Holding(whole.pairs)).iter_postings()
    )


def test_a_segment_has_one_name_by_its_content() -> None:
    one, same, other = (a_reader(said(text)).segment().segment_id() for text in ("yes", "yes", "no"))
    assert one == same != other


@pytest.mark.parametrize("write", ["per_document_writer", "field_writer", "postings_writer", "new_segment"])
def test_the_codec_refuses_to_write(write: str) -> None:
    with pytest.raises(NotImplementedError, match=r"quoth\.engine\.segment\.build"):
        getattr(WhooshCodec(), write)(None, None)


def test_the_codec_refuses_to_delete() -> None:
    with pytest.raises(NotImplementedError, match="never changed"):
        a_reader(said("one")).segment().delete_document(0)


def test_searching_does_not_load_the_codec() -> None:
    """Every cold start would have to import Whoosh's readers and writers."""
    source = "import quoth.engine.searcher, sys; print('quoth.engine.whoosh_adapter' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", source],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
