"""The execution of queries: refusals, caches, clean scratch memory, ties and costs. test_oracle checks the results."""

from __future__ import annotations

import copy
import marshal
import pickle
from contextlib import suppress

import numpy as np
import pytest
from whoosh import query
from whoosh.query import spans

from quoth.engine import segment
from quoth.engine.execution import boolean
from quoth.engine.execution.boolean import OrScorer
from quoth.engine.execution.cache import Cache
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.compile import Unsupported, compile
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.execution.postings import places_reaching, top_places
from quoth.engine.execution.scorers import ScoredDocs, Scorer
from quoth.engine.execution.scratch import Scratch
from quoth.engine.segment.layout import Array
from quoth.errors import Damaged
from quoth.quote import QuoteType
from quoth.storage.files.segment_file import InMemoryFile
from tests.support.builders import a_quote
from tests.support.oracle import numbered

LAND, SWAP = query.Term("exact", "land"), query.Term("exact", "swap")


def a_collection(*texts: str, memory: int = 1 << 20, retired: tuple[str, ...] = ()) -> Collection:
    pairs = [(f"r{number}", a_quote(text, id=f"q_{number}")) for number, text in enumerate(texts)]
    built, places = segment.build(pairs), numbered(record for record, _ in pairs)
    return Collection(
        [SegmentView(InMemoryFile(built.data), built.table, [places[key] for key in retired])], memory=memory
    )


class TestRefusals:
    @pytest.mark.parametrize(
        "tree",
        [
            query.Wildcard("exact", "l*d"),
            query.Regex("exact", "l.d"),
            query.Variations("exact", "land"),
            query.Require(LAND, SWAP),
            query.DisjunctionMax([LAND, SWAP]),
            query.DateRange("published", None, None),
            query.Ordered([LAND, SWAP]),
            query.Otherwise(LAND, SWAP),
            query.Every("exact"),
            query.Or([LAND, SWAP], minmatch=2),
            query.Or([LAND, SWAP], scale=0.5),
            query.Phrase("exact", ["land", "swap"], slop=2),
            query.Phrase("stemmed", ["land", "swap"]),
            query.FuzzyTerm("exact", "land", maxdist=2),
            query.Prefix("exact", ""),
            query.Prefix("id", "q"),
            query.NumericRange("published", 0, 1, constantscore=False),
            query.NumericRange("exact", 0, 1),
            query.Term("exact", "land", boost=0.0),
            query.Term("exact", "land", boost=float("nan")),
            query.ConstantScoreQuery(LAND, 0.0),
            spans.SpanFirst(LAND),
        ],
        ids=repr,
    )
    def test_an_unsupported_query_is_refused_by_name_at_any_depth(self, tree: query.Query) -> None:
        collection = a_collection("land swap")
        for place in (tree, query.And([LAND, query.Not(tree)]), query.AndMaybe(LAND, tree)):
            with pytest.raises(Unsupported, match=type(tree).__name__):
                collection.search(place)
        with pytest.raises(Unsupported):
            collection.search(LAND, filter=tree)

    def test_a_subclass_of_a_supported_query_is_refused(self) -> None:
        class Sounds(query.Term):
            pass

        with pytest.raises(Unsupported, match="Sounds"):
            a_collection("land").search(Sounds("exact", "land"))


class TestScratch:
    def test_planes_are_clean_again_whatever_happens(self) -> None:
        scratch = Scratch(100)
        for make in (lambda: scratch.plane(np.int32), lambda: scratch.window(100)):
            with suppress(KeyError), make() as plane:
                plane[:] = 7
                raise KeyError
            with make() as plane:
                assert not plane.any()

    def test_a_search_that_fails_midway_leaves_the_next_one_right(self) -> None:
        collection = a_collection(*[f"land {'swap' * (n % 3 == 0)} w{n % 7}" for n in range(400)])
        either = query.Or([LAND, SWAP])
        expected = collection.search(either)
        index, scratch = collection.index, collection._scratch
        with pytest.raises(ValueError, match="broadcast"):  # after the scores of the first list are added
            OrScorer(index, scratch, [compile(LAND, index, scratch), _Broken()]).top_k(10)
        found = collection.search(either)
        assert (found.total, found.docs.tolist()) == (expected.total, expected.docs.tolist())
        assert found.scores.tolist() == expected.scores.tolist()


class _Broken(Scorer):
    size = 400

    def matches(self) -> ScoredDocs:
        return ScoredDocs(np.arange(400), np.ones(3))


class TestMemory:
    def test_the_least_recently_used_entry_is_evicted_first(self) -> None:
        cache = Cache(100)
        for name in "abc":
            cache.get(name, lambda: "made", lambda _: 40)
            cache.get("a", lambda: "made again", lambda _: 40)
        assert [name in cache for name in "abc"] == [True, False, True]
        assert cache.get("a", lambda: "made again", lambda _: 40) == "made"

    def test_an_entry_larger_than_the_cache_is_still_returned(self) -> None:
        cache = Cache(10)
        assert cache.get("large", lambda: "made", lambda _: 1000) == "made"

    def test_answers_do_not_depend_on_the_cache(self) -> None:
        texts = [f"land swap w{n % 50} w{n % 31}" for n in range(600)]
        rich, poor = a_collection(*texts), a_collection(*texts, memory=1)
        for number in range(50):
            tree = query.Or([query.Term("exact", f"w{number}"), query.Phrase("exact", ["swap", f"w{number % 31}"])])
            some, others = rich.search(tree, facets=("speaker",)), poor.search(tree, facets=("speaker",))
            assert some.docs.tolist() == others.docs.tolist()
            assert some.facets == others.facets

    def test_a_new_snapshot_reuses_open_segments(self) -> None:
        one, two = (segment.build([("r", a_quote(text, id=text))]) for text in ("land", "land swap"))
        files = [InMemoryFile(one.data), InMemoryFile(two.data)]
        older = Collection([SegmentView(files[0], one.table)])
        newer = Collection([SegmentView(files[0], one.table, [0]), SegmentView(files[1], two.table)], older=older)
        assert newer.index.segments.readers[0] is older.index.segments.readers[0]
        assert (older.search(LAND).total, newer.search(LAND).total) == (1, 1)


class TestRetired:
    def test_a_word_that_a_retired_quote_says_twice_is_no_phrase(self) -> None:
        found = a_collection("no", "yes yes", retired=("r1",)).search(query.Phrase("exact", ["yes"]))
        assert (found.total, found.docs.tolist()) == (0, [])

    def test_records_are_not_read_where_none_is_retired(self) -> None:
        built = segment.build([("r", a_quote("land"))])
        file, table = InMemoryFile(built.data), copy.deepcopy(built.table)
        del table["sections"]["record"]
        assert Collection([SegmentView(file, table)]).search(LAND).total == 1
        with pytest.raises(Damaged, match="'record'"):
            Collection([SegmentView(file, table, [0])]).search(LAND)

    @pytest.mark.parametrize("number", [-1, 2, 2**32])
    def test_a_retired_record_that_is_not_in_the_segment_is_damage(self, number: int) -> None:
        built = segment.build([("r0", a_quote("land")), ("r1", a_quote("land", id="q_2"))])
        collection = Collection([SegmentView(InMemoryFile(built.data), built.table, np.array([0, number]))])
        with pytest.raises(Damaged, match="in a segment of 2"):
            collection.search(LAND)

    def test_records_of_more_or_fewer_documents_than_there_are_is_damage(self) -> None:
        built = segment.build([("r", a_quote("land"))])
        table = built.table | {"documents": 2}
        with pytest.raises(Damaged, match="'record' has 1 items for 2 documents"):
            Collection([SegmentView(InMemoryFile(built.data), table, [0])]).search(LAND)


class TestLeftOut:
    """Excluded values of a field with few values are dropped from postings when they are loaded."""

    STATEMENTS = query.Not(query.Term("type", "indirect"))

    def mixed(self, *types: QuoteType, memory: int = 1 << 20) -> Collection:
        built = segment.build((f"r{n}", a_quote("land swap land", id=f"q_{n}", type=t)) for n, t in enumerate(types))
        return Collection([SegmentView(InMemoryFile(built.data), built.table)], memory=memory)

    @pytest.mark.parametrize("memory", [1, 1 << 20])
    @pytest.mark.parametrize(
        "tree",
        [
            LAND,
            query.Phrase("exact", ["land", "swap"]),
            query.Prefix("exact", "la"),
            query.Or([LAND, SWAP]),
            query.Every(),
        ],
        ids=repr,
    )
    def test_one_search_excludes_what_another_finds(self, tree: query.Query, memory: int) -> None:
        collection = self.mixed("direct", "indirect", "partial", "indirect", memory=memory)
        for _ in range(2):
            assert collection.search(tree, self.STATEMENTS).docs.tolist() == [0, 2]
            assert collection.search(tree).docs.tolist() == [0, 1, 2, 3]
            assert collection.search(tree, query.Not(query.Term("type", "direct"))).docs.tolist() == [1, 2, 3]

    def test_several_types_may_be_excluded_beside_other_filters(self) -> None:
        collection = self.mixed("direct", "indirect", "partial")
        both = query.And([self.STATEMENTS, query.Not(query.Term("type", "partial"))])
        assert collection.search(LAND, both).docs.tolist() == [0]
        assert collection.search(LAND, query.And([*both, query.Term("id", "q_0")])).total == 1
        assert collection.search(LAND, query.And([*both, query.Term("id", "q_1")])).total == 0

    def test_an_exclusion_inside_another_query_is_not_a_filter(self) -> None:
        collection = self.mixed("direct", "indirect", "partial")
        assert collection.search(LAND, query.Or([self.STATEMENTS, query.Term("id", "q_1")])).total == 3
        assert collection.search(LAND, query.Not(query.Term("speaker", "Ada Okafor"))).total == 0
        assert collection.search(LAND, query.And([])).total == 0
        assert collection.search(query.And([LAND, self.STATEMENTS])).total == 2

    def test_an_excluded_best_hit_makes_room_for_the_next(self) -> None:
        types: list[QuoteType] = ["indirect"] * 300 + ["direct"] * 5
        found = self.mixed(*types).search(LAND, self.STATEMENTS, limit=3)
        assert (found.total, found.docs.tolist()) == (5, [300, 301, 302])

    def test_facets_do_not_count_excluded_quotes(self) -> None:
        found = self.mixed("direct", "indirect", "partial").search(LAND, self.STATEMENTS, facets=("type",))
        assert found.facets == {"type": [("direct", 1), ("partial", 1)]}

    def test_types_are_not_read_without_any_to_exclude(self) -> None:
        built = segment.build([("r", a_quote("land"))])
        file, table = InMemoryFile(built.data), copy.deepcopy(built.table)
        del table["sections"]["type.ordinals"]
        collection = Collection([SegmentView(file, table)])
        assert collection.search(LAND, self.STATEMENTS).total == 1
        # Whose postings are not cached twice.
        assert collection.index.without(("type", b"indirect")) is collection.index
        with pytest.raises(Damaged, match=r"'type\.ordinals'"):
            collection.search(LAND, query.Not(query.Term("type", "direct")))


class TestDamage:
    def test_a_posting_beyond_the_last_document_is_damage_not_an_answer(self) -> None:
        built = segment.build([("r", a_quote("land"))])
        start = built.table["sections"]["exact.postings"][0]
        data = bytearray(built.data)
        data[start : start + 2] = b"\x09\x00"
        collection = Collection([SegmentView(InMemoryFile(bytes(data)), built.table)])
        with pytest.raises(Damaged, match="document 9 of 1"):
            collection.search(LAND)


class TestNoPickle:
    def test_nothing_is_unpickled_from_a_file_to_the_stored_quotes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("something was unpickled")

        collection = a_collection("land swap", "land")
        for name in ("load", "loads", "Unpickler"):
            monkeypatch.setattr(pickle, name, refuse)
            monkeypatch.setattr(marshal, name, refuse, raising=False)
        for tree in (query.Phrase("exact", ["land", "swap"]), query.FuzzyTerm("exact", "lend"), query.Every()):
            found = collection.search(tree, facets=("speaker",), sort=("published", True))
            assert len(collection.stored(found.docs)) == found.total > 0


class TestBest:
    def test_the_best_of_many_are_those_of_a_sort(self) -> None:
        chance = np.random.default_rng(1)
        for size in (0, 1, 9, 10, 11, 100, 5_000, 70_000):
            for kinds in (3, 50, 10_000):
                scores = chance.integers(0, kinds, size).astype(float)
                for k in (1, 10, 128):
                    expected = np.argsort(-scores, kind="stable")[:k]
                    assert top_places(scores, k).tolist() == expected.tolist()
                    assert set(expected) <= set(places_reaching(scores, k))

    def test_the_best_of_many_windows_are_those_of_a_sort(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Many scores are equal, some only after the boost; of equals the lower document number is better."""
        monkeypatch.setattr(boolean, "WINDOW", 16)
        collection, chance = a_collection(*["land"] * 200), np.random.default_rng(1)
        for kinds in (1, 3, 50):
            scores = 1.9 + chance.integers(0, kinds, 200) * 2.0**-52
            either = OrScorer(collection.index, collection._scratch, [_Scored(scores)], boost=1.2)
            for k in (1, 3, 20):
                best, expected = either.top_k(k), np.argsort(-scores * 1.2, kind="stable")[:k]
                assert (best.total, best.docs.tolist()) == (200, expected.tolist())
                assert best.scores.tolist() == (scores * 1.2)[expected].tolist()


class _Scored(Scorer):
    """Matches every document, each with its own score."""

    def __init__(self, scores: Array) -> None:
        self.size, self._scores = len(scores), scores

    def matches(self) -> ScoredDocs:
        return ScoredDocs(np.arange(self.size), self._scores)


class TestCost:
    def test_a_phrase_costs_the_postings_of_all_its_words_and_their_positions(self) -> None:
        collection = a_collection("land swap", *["land"] * 30)
        phrase = query.Phrase("exact", ["land", "swap"])
        assert compile(phrase, collection.index, collection._scratch).cost == 3 * (31 + 1)
