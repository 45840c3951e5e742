"""The budget of an answer: a cost estimate before it, a deadline around it, and a searcher that survives both."""

# ruff: noqa: PT017 - an answer and a refusal are both valid; the assertions check that each is a good one

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate, count
from pydoc_data.topics import topics
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from quoth.engine import searcher
from quoth.engine.analysis import stem, words
from quoth.engine.execution import boolean, budget, postings, scratch
from quoth.engine.execution.budget import Budget, TooBroad
from quoth.engine.page import Page
from quoth.engine.query.highlight import STEP, _heads, may_have, spans
from quoth.engine.query.plan import HighlightTerms
from quoth.engine.query.request import FACETS, Request
from quoth.engine.searcher import Searcher
from quoth.engine.verify.verify import VerifyRequest
from quoth.errors import BadQuery
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Range
from tests.engine.test_search import a_searcher
from tests.support.builders import a_quote
from tests.support.counting import CountingStore
from tests.support.effort import some
from tests.support.seeded import frequent, store_of

QUESTIONS: dict[str, dict[str, Any]] = {
    "a word": {"q": "{0}"},
    "two words": {"q": "{0} {1}"},
    "most of many": {"q": " ".join(f"{{{n}}}" for n in range(16)), "facets": FACETS},
    "any of many": {"q": " OR ".join(f"{{{n}}}" for n in range(12))},
    "without": {"q": "{0} -{1} -{2}"},
    "phrases": {"q": '"{0} {1}" OR "{2} {3}"', "sort": "newest"},
    "all facets": {"facets": FACETS, "min_confidence": 0.5},
    "groups": {"q": "{0} OR {1}", "collapse": "wording", "facets": FACETS, "limit": 5},
    "fuzzy": {"q": "{30}q {40}qq", "fuzzy": "auto", "speaker": "nobodi"},
    "hits": {"q": "{0}", "limit": 8},
}


def asked(kind: str) -> Request:
    known = QUESTIONS[kind]
    return Request(**{**known, "q": known["q"].format(*frequent()) if "q" in known else None})


class Clock:
    """A clock that advances only when it is read: not at first, but by a minute at each read after number `late`."""

    def __init__(self, late: float) -> None:
        self.looks = 0
        self.late = late

    def __call__(self) -> float:
        self.looks += 1
        return 60.0 * (self.looks - self.late) if self.looks > self.late else 0.0


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return store_of(2_000, tmp_path_factory.mktemp("seeded"))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search two thousand documents as if they were millions: over windows and planes."""
    for name, modules, value in (
        ("WINDOW", (boolean, scratch), 256),
        ("SEARCH_COST", (postings, scratch), 1),
        ("_FREQUENT", (postings,), 1),
    ):
        for module in modules:
            monkeypatch.setattr(module, name, value)


def a_late(store: Any, late: float) -> tuple[Searcher, Clock]:
    """A searcher with an open index and a clock that jumps after some more reads."""
    made, clock = Searcher(store), Clock(float("inf"))
    made._budget = made._index._budget = Budget(clock)
    made.search(Request(limit=1))
    clock.looks, clock.late = 0, late
    return made, clock


def bare(page: Page) -> Page:
    """Return a page without its explanation, which says less if time is short."""
    return replace(page, explanation=None)


class TestTheDeadline:
    @pytest.mark.prove
    @pytest.mark.sampled
    @pytest.mark.parametrize("kind", some([*QUESTIONS]))
    def test_wherever_the_deadline_strikes_the_next_answers_are_right(self, store: Any, many: None, kind: str) -> None:
        expected = {name: Searcher(store).search(asked(name)) for name in (kind, "phrases")}
        struck = 0
        for late in accumulate(count(3), lambda late, step: late + step // 2):  # dense postings first
            made, clock = a_late(store, late)
            try:
                assert bare(made.search(asked(kind))) == bare(expected[kind])
            except BadQuery as refused:
                struck += 1
                assert refused.parameter == "q"
                assert refused.detail == "is too broad: it took more than 1 s; use rarer words, or a filter"
            else:
                break
            clock.late = float("inf")
            assert_is_at_rest(made)
            for name, page in expected.items():
                assert made.search(asked(name)) == page
        assert struck >= 3

    def test_a_warm_search_takes_fewer_steps_than_a_cold_one(self, store: Any) -> None:
        """So a query that is rejected because of cold caches is answered in the end."""
        made, clock = a_late(store, float("inf"))
        made.search(asked("any of many"))
        cold, clock.looks = clock.looks, 0
        made.search(asked("any of many"))
        assert clock.looks < cold

    def test_there_is_no_deadline_outside_an_answer(self) -> None:
        some = Budget(Clock(0))
        some.check()
        some.admit(10**12)

    def test_the_deadline_ends_with_the_answer(self) -> None:
        some = Budget(Clock(1))
        with pytest.raises(TooBroad), some.of(1.0):
            some.check()
        some.check()

    def test_paused_time_does_not_count(self) -> None:
        seconds = iter([0.0, 0.5, 60.5, 60.9, 61.1])
        some = Budget(lambda: next(seconds))
        with some.of(1.0):
            with some.paused():
                pass
            some.check()
            with pytest.raises(TooBroad):
                some.check()

    def test_a_clock_that_strikes_while_a_dictionary_is_opened_refuses_nobody(self, store: Any) -> None:
        """A process opens it once, in its first query; with many millions of quotes that takes seconds."""
        made, _ = a_late(store, float("inf"))
        index = made._index.current().collection.index
        opened = type(index.segments.readers[0]).dictionary

        with pytest.MonkeyPatch.context() as patch:
            elapsed = [0.0]
            index.budget._clock = lambda: elapsed[0]

            def slow(reader: Any, name: str) -> Any:
                elapsed[0] += 0.0 if reader.is_cached(name) else 10.0
                return opened(reader, name)

            patch.setattr(type(index.segments.readers[0]), "dictionary", slow)
            assert made.search(asked("two words")).total > 0
            assert elapsed[0] >= 40.0

    def test_another_thread_can_ask_after_a_refusal(self, store: Any) -> None:
        made, clock = a_late(store, 3)
        with pytest.raises(BadQuery):
            made.search(asked("any of many"))
        clock.late = float("inf")
        found: list[int] = []
        other = threading.Thread(target=lambda: found.append(made.search(asked("a word")).total))
        other.start()
        other.join(timeout=30)
        assert found == [Searcher(store).search(asked("a word")).total]


def assert_is_at_rest(made: Searcher) -> None:
    """Assert that no lock is held, no limit is set, and the shared scratch is clean."""
    assert made._index.lock._owner is None
    assert made._budget._until == float("inf")
    assert not any(np.any(plane) for plane in made._index.current().collection._scratch._planes.values())


class TestTheGate:
    @pytest.fixture
    def narrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(budget, "MAX_COST", 3_000)

    def test_a_query_over_the_limit_is_refused_with_the_number(self, store: Any, narrow: None) -> None:
        made = Searcher(store)
        with pytest.raises(
            BadQuery, match=r"^q: is too broad: it would scan [\d,]+ postings, and the limit is 3,000; use "
        ):
            made.search(asked("any of many"))
        assert_is_at_rest(made)
        assert (
            made.search(Request(q=frequent()[2_000])).total
            == Searcher(store).search(Request(q=frequent()[2_000])).total
        )

    def test_a_query_of_exactly_the_limit_is_admitted(self) -> None:
        limited = Budget()
        with limited.of(1.0):
            limited.admit(budget.MAX_COST)
            with pytest.raises(TooBroad):
                limited.admit(budget.MAX_COST + 1)

    def test_a_refused_query_reads_nothing(self, store: Any, narrow: None) -> None:
        far = CountingStore(store, trip_bytes=1 << 16)
        made = Searcher(far)
        with pytest.raises(BadQuery):
            made.search(asked("any of many"))
        trips = far.trips
        with pytest.raises(BadQuery):
            made.search(asked("any of many"))
        assert far.trips <= trips + 1  # the check for a newer generation

    def test_facets_and_groups_are_counted(self, store: Any, narrow: None) -> None:
        made = Searcher(store)
        plain = Request(q=f"{frequent()[20]}")
        for more in ({"facets": FACETS}, {"collapse": "utterance"}):
            made.search(plain)
            with pytest.raises(BadQuery, match="would scan"):
                made.search(Request(q=None, **more))  # type: ignore[arg-type]

    @pytest.mark.parametrize("kind", QUESTIONS)
    def test_the_cost_is_at_least_the_number_of_matches(self, store: Any, kind: str) -> None:
        made, costs = Searcher(store), list[int]()
        made._budget.admit = costs.append  # type: ignore[method-assign]
        page = made.search(replace(asked(kind), collapse="none"))
        assert max(costs) >= page.total

    def test_an_excluded_prefix_has_the_same_limit_of_words(self) -> None:
        many = a_searcher([a_quote(" ".join(f"land{n}" for n in range(65)), id="q_1")])
        for q in ("land*", "-land*", "x -land*", "x OR land*"):
            with pytest.raises(BadQuery, match="matches 65 words"):
                many.search(Request(q=q))

    def test_later_pages_and_past_generations_are_limited_too(self, store: Any, monkeypatch: Any) -> None:
        made = Searcher(store)
        request = asked("hits")
        cursor = made.search(request).next_cursor
        generation = made.edition().generation
        monkeypatch.setattr(budget, "MAX_COST", 100)
        for other in ({"cursor": cursor}, {"as_of": generation}, {"as_of": generation - 1}):
            with pytest.raises(BadQuery, match="too broad"):
                made.search(replace(request, **other))  # type: ignore[arg-type]


class TestOtherAnswers:
    def test_verification_is_limited(self, store: Any) -> None:
        text = " ".join(frequent()[:60])
        expected = Searcher(store).verify(VerifyRequest(text))
        struck = 0
        for late in accumulate(count(3), lambda late, step: 2 * late + step):
            made, clock = a_late(store, late)
            try:
                assert made.verify(VerifyRequest(text)) == expected
            except BadQuery as refused:
                struck += 1
                assert refused.parameter == "text"
                assert "too broad: it took more than 1 s" in refused.detail
            else:
                break
            clock.late = float("inf")
            assert_is_at_rest(made)
            assert made.verify(VerifyRequest(text)) == expected
        assert struck

    def test_the_list_of_speakers_is_limited(self, store: Any) -> None:
        made, clock = a_late(store, 1)
        with pytest.raises(BadQuery) as refused:
            made.speakers()
        assert refused.value.parameter == "prefix"
        clock.late = float("inf")
        assert_is_at_rest(made)
        assert made.speakers() == Searcher(store).speakers()

    def test_an_export_is_limited_where_it_searches(self, store: Any) -> None:
        made, _ = a_late(store, 1)
        with pytest.raises(BadQuery, match="too broad"):
            made.rows(asked("any of many"), 1_000)


class TestLimitsInsideLimits:
    def test_an_answer_does_not_extend_the_limit_around_it(self) -> None:
        now = [0.0]
        budget = Budget(lambda: now[0])
        with budget.of(1.0):
            now[0] = 0.9
            with budget.of(1.0):
                now[0] = 1.1
                with pytest.raises(TooBroad, match="more than 1 s"):
                    budget.check()
            with pytest.raises(TooBroad):
                budget.check()
        budget.check()

    def test_a_shorter_limit_ends_with_its_body(self) -> None:
        now = [0.0]
        budget = Budget(lambda: now[0])
        with budget.of(1.0):
            with budget.of(0.25):
                now[0] = 0.5
                with pytest.raises(TooBroad, match=r"more than 0\.25 s"):
                    budget.check()
            budget.check()

    def test_what_is_not_counted_extends_all_of_them(self) -> None:
        now = [0.0]
        budget = Budget(lambda: now[0])
        with budget.of(1.0):
            with budget.of(1.0), budget.paused():
                now[0] = 5.0
            now[0] = 5.9
            budget.check()
            now[0] = 6.1
            with pytest.raises(TooBroad):
                budget.check()


class TestTime:
    def test_the_deadline_counts_the_cpu_of_the_calling_thread(self) -> None:
        assert Budget()._clock is time.thread_time

    @pytest.mark.prove
    def test_waiting_for_a_distant_store_does_not_count(self, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        class SlowStore(CountingStore):
            def get_ranges(self, ranges: Sequence[Range]) -> Iterator[bytes]:
                time.sleep(0.4)
                return super().get_ranges(ranges)

        monkeypatch.setattr(searcher, "SECONDS", 0.6)
        far = SlowStore(store, trip_bytes=1 << 16)
        assert Searcher(far).search(asked("a word")).total > 0
        assert len({one.trip for one in far.asked if one.method == "get_range"}) >= 2


class TestLongQuotes:
    TEXT = "land swapping " * (40 * STEP)

    def test_the_clock_is_looked_at_within_a_quote(self) -> None:
        looks: list[None] = []
        (whole,) = spans(self.TEXT, HighlightTerms(stems=frozenset(["land", "swap"])), lambda: looks.append(None))
        assert whole == (0, len(self.TEXT) - 1)
        assert len(looks) == 80

    def test_the_clock_is_looked_at_between_quotes_of_a_page(self) -> None:
        long = a_searcher([a_quote(f"{self.TEXT[: STEP * 20]} {n}", id=f"q_{n}") for n in range(30)])
        clock = Clock(float("inf"))
        long._budget = long._index._budget = Budget(clock)
        assert long.search(Request(q="land", limit=30)).total == 30
        assert clock.looks > 30 * 3

    def test_a_word_begins_with_its_stem_or_is_a_listed_exception(self) -> None:
        """Highlighting uses this to skip most words; the table has all exceptions of Snowball."""
        said = {word for text in topics.values() for word in words(text)} | set(frequent()[:1_000])
        said |= set(
            "dying lying tying skies skis idly gently ugly early only singly sky news aed eing yed yying ies".split()
        )
        said |= {head + tail for head in {word[:2] for word in said} for tail in ("ed", "ing", "ies", "ied", "y")}
        assert len(said) > 5_000
        assert [word for word in said if not may_have(word, tuple(_heads(stem(word))))] == []


def test_an_empty_store_has_facets_without_values() -> None:
    page = Searcher(MemoryStore()).search(Request(q="land", facets=FACETS))
    assert dict(page.facets) == dict.fromkeys(FACETS, ())
