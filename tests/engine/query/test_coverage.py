"""The quotes that have most of the words of a query: which they are, in which order, and what counts them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.answers import build
from quoth.engine import page as pages
from quoth.engine import segment
from quoth.engine.execution.coverage import search as coverage
from quoth.engine.execution.coverage.search import units
from quoth.engine.page import Page
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.segments import seal
from quoth.storage.stores.memory import MemoryStore
from tests.engine.test_search import a_searcher
from tests.support.builders import TestEffects, a_draft, a_quote, a_record, day

# Words of one stem each; every word is in few of the quotes, so that each tells something.
SAID = a_searcher(
    [
        a_quote("the dam will hold", id="q_dam", published=day(2020)),
        a_quote("the harbour wall will hold", id="q_wall", published=day(2021)),
        a_quote("the harbour dam", id="q_both", published=day(2022)),
    ],
    [
        a_quote("a harbour", id="q_harbour", published=day(2023)),
        a_quote("taxes rise", id="q_tax", speaker="Barbara Malloch-Brown", aliases=("Malloch-Brown",)),
        a_quote("taxes fall", id="q_fall", speaker="Dam Holder", aliases=("Holder",)),
    ],
)


def found(q: str, searcher: Searcher = SAID, **asked: object) -> list[tuple[str, tuple[str, ...]]]:
    """Return the hits of a search, each with the words that it misses."""
    page = searcher.search(Request(q=q, **asked))  # type: ignore[arg-type]
    return [(hit.quote.id, hit.missing) for hit in page.hits]


def counts(page: Page) -> tuple[int, int]:
    return page.total, page.related


class TestOrder:
    def test_quotes_with_every_word_come_first_and_the_others_say_what_they_miss(self) -> None:
        assert found("wall dam hold") == [("q_wall", ("dam",)), ("q_dam", ("wall",))]
        assert found("harbour hold") == [("q_wall", ()), ("q_dam", ("harbour",))]

    def test_a_word_is_in_the_text_or_a_name_of_the_speaker(self) -> None:
        assert {one for one, _ in found("dam")} == {"q_fall", "q_both", "q_dam"}
        assert found("dam taxes")[0] == ("q_fall", ())

    def test_the_strict_rule_wants_every_word_in_the_text(self) -> None:
        assert found("wall dam hold", match="all") == []
        assert found("dam taxes", match="all") == []

    @pytest.mark.parametrize("q", ["barbara taxes", "malloch taxes", "brown taxes", "Lady Malloch-Brown’s taxes"])
    def test_a_part_of_a_name_is_enough(self, q: str) -> None:
        assert found(q)[0] == ("q_tax", ())

    @pytest.mark.parametrize("name", ["barbara", "malloch", "brown", "barbra"])
    def test_the_speaker_filter_understands_the_same_parts(self, name: str) -> None:
        assert found("taxes", speaker=name) == [("q_tax", ())]

    def test_less_than_half_is_no_match(self) -> None:
        assert found("fall") == [("q_fall", ())]
        assert found("harbour absent") == []

    def test_a_word_that_no_quote_has_weighs_as_a_word_of_one_quote(self) -> None:
        assert found("fall absent") == [("q_fall", ("absent",))]

    def test_a_slip_is_a_word(self) -> None:
        assert found("xarbour hold") == [("q_wall", ()), ("q_dam", ("xarbour",))]
        assert found("xarbour hold", fuzzy="off") == []
        assert found('"xarbour" hold') == []

    def test_a_filter_does_not_change_the_score(self) -> None:
        free = {hit.quote.id: hit.score for hit in SAID.search(Request("harbour hold")).hits}
        kept = SAID.search(Request("harbour hold -taxes", from_="2021-01-01", to="2021-12-31")).hits
        assert [(hit.quote.id, hit.score) for hit in kept] == [("q_wall", free["q_wall"])]

    def test_weights_are_whole_hundredths_of_all_and_never_none(self) -> None:
        assert units([2.0, 1.0, 1.0]) == [50, 25, 25]
        assert units([1000.0, 0.001]) == [100, 1]


class TestConditions:
    @pytest.mark.parametrize(
        ("q", "hits"),
        [
            ("wall dam hold -wall", ["q_dam"]),
            ('wall dam "will hold"', ["q_wall"]),
            ('wall dam "the dam"', []),
            ("wall dam hold har*", ["q_wall"]),
            ("wall dam hold harbour OR taxes", ["q_wall"]),
            ("wall dam hold before:2021-01-01", ["q_dam"]),
            ("wall dam hold speaker:holder", []),
        ],
    )
    def test_no_quote_misses_a_condition(self, q: str, hits: list[str]) -> None:
        assert [one for one, _ in found(q)] == hits


class TestCounts:
    """`total` counts the quotes with every word, and so does all that counts."""

    def test_related_quotes_are_counted_apart(self) -> None:
        assert counts(SAID.search(Request("harbour hold"))) == (1, 1)
        assert counts(SAID.search(Request("harbour"))) == (3, 0)
        assert counts(a_searcher().search(Request("harbour hold"))) == (0, 0)

    def test_facets_count_the_total(self) -> None:
        page = SAID.search(Request("harbour hold", facets="year"))
        assert [(bucket.value, bucket.quotes) for bucket in page.facets["year"]] == [("2021", 1)]

    @pytest.mark.parametrize("asked", [{"sort": "newest"}, {"sort": "oldest"}, {"collapse": "wording"}], ids=repr)
    def test_another_order_and_groups_list_the_total_only(self, asked: dict[str, str]) -> None:
        page = SAID.search(Request("harbour hold", **asked))  # type: ignore[arg-type]
        assert (counts(page), [hit.quote.id for hit in page.hits]) == ((1, 0), ["q_wall"])

    def test_an_export_lists_the_total_only(self) -> None:
        _, rows = SAID.rows(Request("harbour hold"), 10)
        assert len(list(rows)) == 1

    def test_an_answer_lists_a_bounded_number_and_says_that_there_are_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def related(page: Page) -> object:
            return build.to_json(build.page(page, 1))["related"]

        searcher = a_searcher([a_quote("land" if n % 2 else "swap", id=f"q_{n}") for n in range(6)])
        whole = searcher.search(Request("land swap"))
        assert related(whole) == {"value": 6, "relation": "eq"}
        for module in (coverage, pages):
            monkeypatch.setattr(module, "MAX_RELATED", 4)
        some = searcher.search(Request("land swap"))
        assert related(some) == {"value": 4, "relation": "gte"}
        assert (some.hits, some.next_cursor) == (whole.hits[:4], None)

    def test_a_hit_names_the_missing_words_only_if_there_are_some(self) -> None:
        first, second = build.to_json(build.page(SAID.search(Request("harbour hold")), 1))["hits"]
        assert ("missing" in first, second["missing"]) == (False, ["harbour"])


class TestBounds:
    def test_sixteen_words_are_ranked(self) -> None:
        words = [f"word{'abcdefghijklmnop'[n]}" for n in range(16)]
        searcher = a_searcher([a_quote(" ".join(words[:n]), id=f"q_{n}") for n in range(1, 17)])
        assert found(" ".join(words), searcher)[:2] == [("q_16", ()), ("q_15", (words[15],))]


class TestThePast:
    def test_a_quote_that_was_withdrawn_since_keeps_its_place(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        quotes = [a_quote(text, id=text) for text in ("harbour wall", "harbour", "wall", "harbour tax", "wall tax")]
        built = segment.build((quote.id, quote) for quote in quotes)
        commit(store, seal("s0", built, [a_record(quote.id) for quote in quotes]), LedgerCache(store), effects)
        request = Request("harbour wall", limit=2, as_of=1)
        before = Searcher(store).search(request)
        rest = Searcher(store).search(replace(request, cursor=before.next_cursor))
        gone = a_record(before.hits[1].quote.id, version=2, withdrawn=True, quotes=0)
        commit(store, a_draft("gone", gone, data=b""), LedgerCache(store), effects)
        after = Searcher(store).search(request)
        assert [hit.quote.id for hit in after.hits] == [before.hits[0].quote.id]
        assert counts(after) == (before.total, before.related - 1)
        assert Searcher(store).search(replace(request, cursor=after.next_cursor)).hits == rest.hits != ()


texts = st.lists(st.sampled_from("dam wall harbour tax hold the".split()), min_size=1, max_size=4).map(" ".join)
asked = st.lists(st.sampled_from("dam wall harbour tax hold the absent".split()), min_size=2, max_size=5, unique=True)


@settings(deadline=None, max_examples=25)
@given(st.lists(texts, min_size=1, max_size=12), asked, st.integers(1, 4))
def test_the_pages_are_the_list_that_a_plain_loop_makes(said: Sequence[str], words: list[str], limit: int) -> None:
    searcher = a_searcher([a_quote(text, id=f"q_{number}", speaker=None) for number, text in enumerate(said)])
    weights = [math.log1p(len(said) / max(1, sum(word in text.split() for text in said))) for word in words]
    shares = [max(1, round(100 * weight / sum(weights))) for weight in weights]
    whole = searcher.search(Request(" ".join(words), fuzzy="off", limit=len(said)))
    score = {hit.quote.id: hit.score for hit in whole.hits}
    expected = []
    for number, text in enumerate(said):
        missing = tuple(word for word in words if word not in text.split())
        covered = sum(shares) - sum(share for word, share in zip(words, shares, strict=True) if word in missing)
        if 2 * covered >= sum(shares):
            expected.append((-covered, -score[f"q_{number}"], number, missing))
    expected.sort()
    page = searcher.search(Request(" ".join(words), fuzzy="off", limit=limit))
    hits = [*page.hits]
    while page.next_cursor is not None:
        page = searcher.search(replace(page.request, cursor=page.next_cursor))
        hits += page.hits
    assert [(hit.quote.id, hit.missing) for hit in hits] == [
        (f"q_{number}", missing) for _, _, number, missing in expected
    ]
    every = sum(not missing for *_, missing in expected)
    assert counts(whole) == (every, len(expected) - every)
