"""The hits of a search, their order, and the valid requests, on the real engine over a store in memory."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.answers import build
from quoth.cli import render
from quoth.engine import segment
from quoth.engine.execution.index import open_index
from quoth.engine.query import highlight
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.plan import HighlightTerms, plan
from quoth.engine.query.request import MAX_LIMIT, Request
from quoth.engine.searcher import Searcher
from quoth.engine.segment import layout
from quoth.errors import BadQuery, Damaged, NotFound, QuothError
from quoth.quote import Quote, Speaker
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.segments import seal
from quoth.storage.snapshot import load
from quoth.storage.stores.memory import MemoryStore
from quoth.text.slugs import slug
from quoth.text.unseen import seen
from tests.support.builders import TestEffects, a_draft, a_quote, a_record, day
from tests.support.effort import sampled

SAYINGS = (
    a_quote("land swapping", id="q_short"),
    a_quote("He needs approval to do a land swap.", id="q_stem"),
    a_quote("There will be some land swapping going on.", id="q_long"),
    a_quote("The swapping of land is not a swap of people.", id="q_apart"),
    a_quote("The United States may not, will not, and the U.S. cannot.", id="q_us"),
    a_quote("Nothing here.", id="q_nothing"),
)


def a_searcher(*groups: Sequence[Quote], retired: Sequence[str] = ()) -> Searcher:
    """A searcher over one segment per group; each quote has its own record, with the quote's id as its key."""
    store, effects = MemoryStore(), TestEffects().effects()
    ledgers = LedgerCache(store)
    for number, group in enumerate(groups):
        records = [a_record(quote.id) for quote in group]
        built = segment.build((quote.id, quote) for quote in group)
        commit(store, seal(f"s{number}", built, records), ledgers, effects)
    if retired:
        gone = [a_record(key, withdrawn=True, quotes=0) for key in retired]
        commit(store, a_draft("withdrawal", *gone, data=b""), ledgers, effects)
    return Searcher(store)


SAID = a_searcher(SAYINGS)
PEOPLE = a_searcher(
    [
        a_quote(
            "On peace.",
            id="q_z",
            speaker="Volodymyr Zelensky",
            aliases=("Zelenskyy", "Zelensky"),
            published=day(2025, 8, 11),
        ),
        a_quote("On peace.", id="q_c", speaker="Hillary Clinton", aliases=("Clinton",), published=day(2016)),
    ],
    [
        a_quote("On peace.", id="q_b", speaker="Bill Clinton", aliases=("Clinton",), published=day(1996)),
        a_quote("On peace.", id="q_n", speaker=None),
    ],
)


def marked(q: str) -> HighlightTerms:
    """The highlighted words of a quote."""
    return plan(Request(q=q), Lexicon(open_index([]))).highlight_terms


def ids(searcher: Searcher, q: str | None = None, **filters: object) -> list[str]:
    return [hit.quote.id for hit in searcher.search(Request(q=q, **filters)).hits]  # type: ignore[arg-type]


@pytest.fixture
def sayings() -> Searcher:
    return SAID


class TestWords:
    def test_all_words_must_match_by_their_stem(self, sayings: Searcher) -> None:
        assert set(ids(sayings, "swaps lands")) == {"q_short", "q_stem", "q_long", "q_apart"}
        assert ids(sayings, "swaps mountains") == []

    def test_exact_wording_ranks_above_stemmed_wording(self, sayings: Searcher) -> None:
        assert ids(sayings, "land swapping")[-1] == "q_stem"
        assert ids(sayings, "land swap")[0] in ("q_stem", "q_apart")

    def test_small_words_count(self, sayings: Searcher) -> None:
        """Whoosh's own stop list would drop all of these."""
        assert ids(sayings, "may not will") == ["q_us"]

    def test_a_country_is_not_a_pronoun(self, sayings: Searcher) -> None:
        assert ids(sayings, "U.S.") == ["q_us"]

    def test_case_and_surrounding_signs_do_not_matter(self, sayings: Searcher) -> None:
        assert ids(sayings, "— LAND, (Swapping)!") == ids(sayings, "land swapping")

    def test_words_in_marks_must_stand_together_as_written(self, sayings: Searcher) -> None:
        assert set(ids(sayings, '"land swapping"')) == {"q_short", "q_long"}
        assert ids(sayings, "“land swap”") == ["q_stem"]
        assert ids(sayings, '"swapping land"') == []

    def test_words_and_phrases_go_together(self, sayings: Searcher) -> None:
        assert ids(sayings, 'some "land swapping"') == ["q_long"]

    def test_a_mark_without_a_partner_is_not_a_mark(self, sayings: Searcher) -> None:
        assert ids(sayings, '"land swapping') == ids(sayings, "land swapping")

    @pytest.mark.parametrize("text", ["Un café noir", "Un cafe\u0301 noir"])
    @pytest.mark.parametrize("q", ["café", "cafe\u0301", "CAFÉ"])
    def test_a_letter_and_its_accent_may_be_written_as_one_or_two(self, text: str, q: str) -> None:
        page = a_searcher([a_quote(text, id="q_1")]).search(Request(q=q))
        (hit,) = page.hits
        ((start, end),) = hit.highlights
        assert text[start:end] == text[3:-5]

    @pytest.mark.parametrize(
        "text", ["It will cer\xadtain\u200bly hold", "It will certainly hold", "It will\u202e \ufeffcertainly hold"]
    )
    @pytest.mark.parametrize(
        "q", ["certainly", "cer\xadtainly", "\u200bcertain\u2060*", "“it will certain\xadly hold”"]
    )
    def test_unseen_characters_are_not_part_of_a_word(self, text: str, q: str) -> None:
        page = a_searcher([a_quote(text, id="q_1")]).search(Request(q=q))
        (hit,) = page.hits
        ((start, end),) = hit.highlights
        assert seen(text[start:end]) in ("certainly", "It will certainly hold")

    def test_joiners_do_not_distinguish_words(self) -> None:
        found = a_searcher([a_quote("او می\u200cرود", id="q_1")])
        assert ids(found, "می\u200cرود") == ids(found, "میرود") == ["q_1"]

    def test_exact_wording_wins_whatever_the_length(self) -> None:
        filler = [a_quote(f"Nothing about number {n}.", id=f"q_f{n}") for n in range(50)]
        long = a_quote(" ".join(["swapping", *(f"word{n}" for n in range(200))]), id="q_long")
        short = a_quote("swap swap swap", id="q_short")
        assert ids(a_searcher([short, *filler, long]), "swapping") == ["q_long", "q_short"]

    def test_a_repeated_word_counts_once(self, sayings: Searcher) -> None:
        once, thrice = (sayings.search(Request(q=q)).hits[0].score for q in ("swapping", "swapping swapping swapping"))
        assert once == thrice


class TestFilters:
    @pytest.fixture
    def people(self) -> Searcher:
        return PEOPLE

    @pytest.mark.parametrize("spelling", ["Zelenskyy", "ZELENSKY", "volodymyr zelensky", "Volodymyr Zelensky"])
    def test_any_known_spelling_finds_the_speaker(self, people: Searcher, spelling: str) -> None:
        assert ids(people, "peace", speaker=spelling) == ["q_z"]

    def test_a_shared_surname_finds_all_its_bearers(self, people: Searcher) -> None:
        assert set(ids(people, "peace", speaker="Clinton")) == {"q_c", "q_b"}

    def test_the_id_of_a_name_without_an_ascii_form_finds_its_speaker_only(self) -> None:
        own = slug("Ольга Їжак")
        taken = a_searcher([a_quote("Yes.", id="q_1", speaker=own), a_quote("No.", id="q_2", speaker=slug(own))])
        assert [one.speaker.id for one in taken.speakers(own).speakers] == [own]
        assert own != slug(own)

    def test_an_unknown_speaker_finds_nothing(self, people: Searcher) -> None:
        assert ids(people, "peace", speaker="Nobody") == []

    def test_a_filter_does_not_change_the_score(self, people: Searcher) -> None:
        free = {hit.quote.id: hit.score for hit in people.search(Request(q="peace")).hits}
        kept = people.search(Request(q="peace", speaker="Zelensky")).hits[0]
        assert kept.score == free["q_z"]

    def test_a_date_alone_includes_its_whole_day(self, people: Searcher) -> None:
        assert ids(people, "peace", from_="2025-08-11", to="2025-08-11") == ["q_z"]
        late = a_searcher([a_quote(id="q_1", published=day(2025, 8, 11).replace(hour=23, minute=59, second=59))])
        assert ids(late, "dam", to="2025-08-11") == ["q_1"]
        assert ids(late, "dam", to="2025-08-11T23:59:58") == []

    def test_both_ends_are_open(self, people: Searcher) -> None:
        assert set(ids(people, "peace", from_="2016-01-01")) == {"q_z", "q_c"}
        assert set(ids(people, "peace", to="2016-01-01")) == {"q_c", "q_b"}

    def test_a_zone_is_honoured(self, people: Searcher) -> None:
        assert ids(people, "peace", from_="2025-08-11T01:00:00+01:00") == ["q_z"]
        assert ids(people, "peace", from_="2025-08-11T00:00:00-01:00") == []

    def test_undated_quotes_match_no_range(self, people: Searcher) -> None:
        assert "q_n" not in ids(people, "peace", from_="0001-01-01")
        assert "q_n" not in ids(people, "peace", to="9999-12-31")

    def test_without_words_the_newest_come_first_and_the_undated_last(self, people: Searcher) -> None:
        assert ids(people) == ["q_z", "q_c", "q_b", "q_n"]
        assert ids(people, speaker="clinton") == ["q_c", "q_b"]

    @pytest.mark.parametrize("year", [1, 1969, 1970, 9999])
    def test_any_year_is_a_year(self, year: int) -> None:
        searcher = a_searcher([a_quote(id="q_1", published=day(year))])
        assert ids(searcher, "dam", from_=f"{year:04}-01-01", to=f"{year:04}-01-01") == ["q_1"]
        assert ids(searcher, "dam", from_=f"{year:04}-01-02") == []


class TestFacets:
    """Counts over all matches, beside the page of hits."""

    QUOTES = (
        a_quote("One.", id="q_1", published=day(2024, 12, 31)),
        a_quote("Two.", id="q_2", published=day(2025, 1, 1)),
        a_quote("Three.", id="q_3", published=day(2025, 1, 2)),
        a_quote("Four.", id="q_4", published=None),
    )

    def counts(self, name: str) -> list[tuple[str | None, int]]:
        page = a_searcher(self.QUOTES).search(Request(facets=name, limit=1))
        return [(bucket.value, bucket.quotes) for bucket in page.facets[name]]

    def test_a_period_counts_the_dated_quotes_newest_first(self) -> None:
        assert self.counts("year") == [("2025", 2), ("2024", 1)]
        assert self.counts("month") == [("2025-01", 2), ("2024-12", 1)]

    def test_a_name_that_may_look_like_another_is_marked(self) -> None:
        imitated = Speaker("n-1", "\u0410da Byron", mixed_script=True)
        quotes = [replace(a_quote("One.", id="q_1"), speaker=imitated), a_quote("Two.", id="q_2")]
        page = a_searcher(quotes).search(Request(facets="speaker"))
        assert {bucket.value: bucket.mixed_script for bucket in page.facets["speaker"]} == {
            "n-1": True,
            "Ada Okafor": False,
        }
        marked = [
            bucket for bucket in build.to_json(build.page(page, 1))["facets"]["speaker"] if "mixed_script" in bucket
        ]
        assert [(bucket["id"], bucket["mixed_script"]) for bucket in marked] == [("n-1", True)]
        assert "\u0410da Byron (mixed script)" in render.page(page, 1, colour=False)

    def test_a_value_counts_its_quotes_most_frequent_first(self) -> None:
        assert self.counts("type") == [("direct", 4)]


class TestTypes:
    """A statement in the reporter's words is indexed, and matches only searches for its type."""

    TOLD = a_searcher(
        [
            a_quote("The dam will hold.", id="q_direct", published=day(2021)),
            a_quote("will hold", id="q_partial", type="partial", published=day(2022)),
            a_quote("the dam will hold", id="q_told", type="indirect", published=day(2023), speaker="Bo Lind"),
        ],
        [a_quote("It will hold.", id="q_other", published=day(2020))],
    )
    SAID = ("q_direct", "q_partial", "q_other")

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"q": "hold"},
            {"q": "will hold"},
            {"q": '"will hold"'},
            {"from_": "2020-01-01", "to": "2023-12-31"},
            {"q": "hold", "to": "2023-12-31"},
            {"type": "direct,partial"},
        ],
        ids=repr,
    )
    def test_a_statement_matches_no_search_by_default(self, asked: dict[str, str]) -> None:
        page = self.TOLD.search(Request(**asked))
        assert {hit.quote.id for hit in page.hits} == set(self.SAID)
        assert (page.total, page.searched, page.quotes) == (3, 3, 4)

    def test_a_statement_does_not_match_its_speaker_by_default(self) -> None:
        assert ids(self.TOLD, speaker="Bo Lind") == []
        assert ids(self.TOLD, speaker="Bo Lind", type="indirect") == ["q_told"]

    @pytest.mark.parametrize(
        ("type", "found"),
        [
            ("direct", {"q_direct", "q_other"}),
            ("partial", {"q_partial"}),
            ("indirect", {"q_told"}),
            ("direct,indirect", {"q_direct", "q_other", "q_told"}),
            ("indirect, partial", {"q_partial", "q_told"}),
            (["direct", "partial,indirect"], {*SAID, "q_told"}),
            (("partial", "partial"), {"q_partial"}),
        ],
    )
    def test_a_request_may_have_one_or_several_types(self, type: str | Sequence[str], found: set[str]) -> None:
        for q in ("hold", None):
            page = self.TOLD.search(Request(q=q, type=type))
            assert {hit.quote.id for hit in page.hits} == found
            assert (page.total, page.searched, page.quotes) == (len(found), len(found), 4)

    def test_without_words_the_newest_of_a_type_come_first(self) -> None:
        assert ids(self.TOLD, limit=2) == ["q_partial", "q_direct"]
        assert ids(self.TOLD, limit=2, type="direct,indirect") == ["q_told", "q_direct"]

    def test_a_type_does_not_change_the_score(self) -> None:
        everything = {
            h.quote.id: h.score for h in self.TOLD.search(Request(q="hold", type="direct,partial,indirect")).hits
        }
        for asked in (None, "direct", "indirect"):
            for hit in self.TOLD.search(Request(q="hold", type=asked)).hits:
                assert hit.score == everything[hit.quote.id]

    def test_an_id_finds_a_statement(self) -> None:
        assert self.TOLD.get("q_told").type == "indirect"

    def test_a_retired_statement_is_not_counted(self) -> None:
        quotes = [a_quote(id=f"q_{n}", type=type) for n, type in enumerate(["direct", "indirect", "indirect"])]
        searcher = a_searcher(quotes, retired=["q_1"])
        page = searcher.search(Request(q="dam", type="indirect"))
        assert ([hit.quote.id for hit in page.hits], page.searched, page.quotes) == (["q_2"], 1, 2)
        assert searcher.search(Request(q="dam")).searched == 1
        assert searcher.coverage().types == (("direct", 1), ("indirect", 1))

    def test_a_later_statement_is_left_out_too(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        searcher, ledgers, found = Searcher(store), LedgerCache(store), []
        for number, type in enumerate(("direct", "indirect", "partial")):
            name = f"q_{number}"
            built = segment.build([(name, a_quote(id=name, type=type))])
            commit(store, seal(f"s{number}", built, [a_record(name)]), ledgers, effects)
            page = searcher.search(Request(q="dam"))
            found.append((page.total, page.searched, page.quotes))
        assert found == [(1, 1, 1), (1, 1, 2), (2, 2, 3)]

    def test_an_archive_of_nothing_else_is_not_empty(self) -> None:
        page = a_searcher([a_quote(id="q_1", type="indirect")]).search(Request(q="dam"))
        assert (page.total, page.searched, page.quotes) == (0, 0, 1)

    @pytest.mark.parametrize("type", ["", "indirekt", "direct,", "Direct", [], ["direct", "\ud800"], "x" * 500])
    def test_an_unknown_type_is_refused_with_the_known_types(self, type: str | Sequence[str]) -> None:
        with pytest.raises(
            BadQuery, match=r"^type: must be direct, partial, indirect, term or title, not '.{0,42}'$"
        ) as refused:
            Request(q="dam", type=type)
        assert refused.value.parameter == "type"

    def test_a_page_repeats_the_requested_types(self) -> None:
        page = self.TOLD.search(Request(q="hold", type="indirect,direct"))
        assert build.to_json(build.page(page, took_ms=1))["query"] == {
            "q": "hold",
            "type": ["direct", "indirect"],
            "limit": 10,
        }


class TestOrder:
    def test_undated_quotes_come_last_whether_the_oldest_or_the_newest_come_first(self) -> None:
        dated = [a_quote(id=f"q_{year}", published=day(year)) for year in (2021, 1950, 2020)]
        searcher = a_searcher([a_quote(id="q_undated"), *dated])
        for limit in (2, 4):
            for sort, order in (("oldest", [1950, 2020, 2021]), ("newest", [2021, 2020, 1950])):
                found = [hit.quote.id for hit in searcher.search(Request(sort=sort, limit=limit)).hits]
                assert found == [*(f"q_{year}" for year in order), "q_undated"][:limit]


class TestBounds:
    @pytest.mark.parametrize(
        ("asked", "parameter"),
        [
            ({"q": ""}, "q"),
            ({"q": " \n"}, "q"),
            ({"q": "!?"}, "q"),
            ({"q": '""'}, "q"),
            ({"q": "x" * 257}, "q"),
            ({"q": "\ud800"}, "q"),
            ({"q": " ".join(f"w{n}" for n in range(17))}, "q"),
            ({"q": '"a" "b" "c" "d" "e"'}, "q"),
            ({"q": '"a b c d e f g h i"'}, "q"),
            ({"speaker": ""}, "speaker"),
            ({"limit": 0}, "limit"),
            ({"limit": MAX_LIMIT + 1}, "limit"),
            ({"from_": "yesterday"}, "from"),
            ({"to": "2025-02-30"}, "to"),
            ({"to": "2025-W33"}, "to"),
            ({"from_": "0001-01-01T00:00:00+14:00"}, "from"),
            ({"from_": "2025-02-02", "to": "2025-02-01"}, "to"),
        ],
    )
    def test_an_invalid_request_is_refused_by_its_parameter(
        self, sayings: Searcher, asked: dict[str, str], parameter: str
    ) -> None:
        with pytest.raises(BadQuery) as refused:
            sayings.search(Request(**asked))  # type: ignore[arg-type]
        assert refused.value.parameter == parameter

    @pytest.mark.parametrize(
        ("ask", "characters"),
        [
            (lambda searcher, value: searcher.search(Request(type=value)), 40),
            (lambda searcher, value: searcher.search(Request(from_=value)), 40),
            (lambda searcher, value: searcher.profile(value), 80),
            (lambda searcher, value: searcher.get(value), 80),
        ],
        ids=["a type", "a time", "a speaker", "a quote"],
    )
    def test_of_a_long_value_a_refusal_repeats_the_beginning(
        self, sayings: Searcher, ask: Callable[[Searcher, str], object], characters: int
    ) -> None:
        with pytest.raises(QuothError) as refused:
            ask(sayings, "x" * 500)
        assert str(refused.value).count("x" * characters) == 1
        assert "x" * (characters + 1) not in str(refused.value)

    @sampled(300)
    @given(st.text(max_size=60) | st.text('ab"“” ', max_size=40))
    def test_any_text_is_answered_or_refused(self, q: str) -> None:
        try:
            page = SAID.search(Request(q=q))
        except BadQuery:
            return
        assert page.total + page.related >= len(page.hits)


class TestHighlights:
    def found(self, text: str, q: str) -> list[str]:
        return [text[start:end] for start, end in highlight.spans(text, marked(q))]

    def test_words_are_marked_by_their_stem_and_neighbours_as_one(self) -> None:
        assert self.found("Some land swapping. A swap!", "swap land") == ["land swapping", "swap"]

    def test_a_phrase_is_marked_only_where_it_stands(self) -> None:
        assert self.found("Land. Some land swapping, a land swap.", '"land swapping"') == ["land swapping"]

    def test_offsets_are_code_points(self) -> None:
        assert highlight.spans("😀😀 swap", marked("swap")) == ((3, 7),)

    @sampled(100)
    @given(st.text(max_size=50), st.sampled_from(["a", "a b", '"a b"', 'a "b a"']))
    def test_spans_are_ordered_disjoint_and_inside(self, text: str, q: str) -> None:
        spans = highlight.spans(text, marked(q))
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


class TestSnapshots:
    def test_scores_do_not_depend_on_how_quotes_are_split(self) -> None:
        for q in ("land swapping", "swap", '"land swapping" some', "not"):
            pages = [
                {hit.quote.id: round(hit.score, 9) for hit in searcher.search(Request(q=q)).hits}
                for searcher in (a_searcher(SAYINGS), a_searcher(SAYINGS[:1], SAYINGS[1:4], SAYINGS[4:]))
            ]
            assert pages[0] == pages[1]

    def test_retired_quotes_match_no_search(self) -> None:
        searcher = a_searcher(SAYINGS, retired=["q_long"])
        assert "q_long" not in ids(searcher, "land")
        assert "q_long" not in ids(searcher, '"land swapping"')
        assert "q_long" not in ids(searcher)
        assert searcher.search(Request()).quotes == len(SAYINGS) - 1
        with pytest.raises(NotFound):
            searcher.get("q_long")

    def test_a_searcher_sees_what_was_added_after_it_was_opened(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        searcher, ledgers = Searcher(store), LedgerCache(store)
        assert searcher.search(Request(q="dam")).total == 0
        for number in (1, 2):
            name = f"q_{number}"
            built = segment.build([(name, a_quote(id=name))])
            commit(store, seal(f"s{number}", built, [a_record(name)]), ledgers, effects)
            page = searcher.search(Request(q="dam"))
            assert (page.total, page.generation, page.quotes) == (number, number, number)

    def test_a_damaged_segment_is_an_error_every_time_and_never_an_answer(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        built = segment.build([("q_1", a_quote())])
        commit(store, seal("s1", built, [a_record("q_1")]), LedgerCache(store), effects)
        whole = store.objects["segments/s1"]
        store.objects["segments/s1"] = whole[:-60] + b"?" + whole[-59:]
        searcher = Searcher(store)
        for _ in range(2):
            with pytest.raises(Damaged, match="s1"):
                searcher.search(Request(q="dam"))
        store.objects["segments/s1"] = whole
        assert searcher.search(Request(q="dam")).total == 1

    def test_a_segment_that_is_gone_is_damage_not_a_missing_page(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        built = segment.build([("q_1", a_quote())])
        commit(store, seal("s1", built, [a_record("q_1")]), LedgerCache(store), effects)
        del store.objects["segments/s1"]
        for call in (
            lambda: Searcher(store).search(Request(q="dam")),
            lambda: LedgerCache(store).of(load(store).manifest),
        ):
            with pytest.raises(Damaged, match="segment s1 is gone"):
                call()

    def test_a_reader_never_goes_back(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        ledgers, searcher, manifests = LedgerCache(store), Searcher(store), []
        for number in (1, 2):
            name = f"q_{number}"
            built = segment.build([(name, a_quote(id=name))])
            commit(store, seal(f"s{number}", built, [a_record(name)]), ledgers, effects)
            manifests.append(store.objects["manifest.json"])
        assert searcher.search(Request(q="dam")).total == 2
        store.objects["manifest.json"] = manifests[0]
        with pytest.raises(Damaged, match="from generation 2 to 1"):
            searcher.search(Request(q="dam"))
        del store.objects["manifest.json"]
        with pytest.raises(Damaged, match=r"manifest.json is gone; generation 2 was read before"):
            searcher.search(Request(q="dam"))

    def test_the_coverage_is_that_of_the_newest_generation(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        searcher, ledgers = Searcher(store), LedgerCache(store)
        for number in (1, 2):
            name = f"q_{number}"
            built = segment.build([(name, a_quote(id=name, article_id=name))])
            commit(store, seal(f"s{number}", built, [a_record(name)]), ledgers, effects)
            assert (searcher.coverage().articles, searcher.coverage().generation) == (number, number)

    def test_only_the_past_generations_that_were_asked_for_last_stay_open(self) -> None:
        searcher = a_searcher(*[[quote] for quote in SAYINGS])
        first, second, third = (searcher.at(generation) for generation in (1, 2, 3))
        assert searcher.at(1) is first
        searcher.at(4)
        assert searcher.at(1) is first
        assert searcher.at(3) is third
        assert searcher.at(2) is not second

    def test_several_threads_may_use_one_searcher(self) -> None:
        """Whoosh readers share one file position, so without a lock some of these answers would be wrong."""
        searcher = a_searcher(SAYINGS[:3], SAYINGS[3:])
        expected = {q: ids(searcher, q) for q in ("land", "swapping", "not", '"land swap"')}
        wrong: list[object] = []

        def ask(q: str) -> None:
            for _ in range(150):
                try:
                    found = ids(searcher, q)
                except Exception as error:
                    found = [repr(error)]
                if found != expected[q]:
                    wrong.append(found)

        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            threads = [threading.Thread(target=ask, args=(q,)) for q in expected]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(before)
        assert wrong == []

    def test_another_format_is_refused_by_name(self) -> None:
        built = segment.build([(quote.id, quote) for quote in SAYINGS])
        with pytest.raises(Damaged, match="format 99; this version of Quoth reads 3"):
            layout.read_table(built.data[:8] + b"\x63" + built.data[9:])
        with pytest.raises(Damaged, match="format 99; this version of Quoth reads 3"):
            layout.from_json({**built.table, "format": 99})

    def test_equal_quotes_give_equal_bytes(self) -> None:
        pairs = [(quote.id, quote) for quote in SAYINGS]
        assert segment.build(pairs) == segment.build(pairs)


class TestAnswers:
    def test_a_lookup_by_id_returns_the_stored_quote(self, sayings: Searcher) -> None:
        assert sayings.get("q_long") == SAYINGS[2]

    def test_an_id_that_is_not_there_is_not_found(self, sayings: Searcher) -> None:
        with pytest.raises(NotFound):
            sayings.get("q_x")

    def test_total_counts_beyond_the_limit(self, sayings: Searcher) -> None:
        page = sayings.search(Request(q="land", limit=1))
        assert (len(page.hits), page.total) == (1, 4)

    def test_the_coverage_counts_the_live_quotes(self) -> None:
        searcher = a_searcher(
            [
                a_quote(id="q_1", publisher="The Daily", published=day(2020), article_id="a"),
                a_quote(id="q_2", publisher="The Daily", published=day(2021), article_id="a", speaker="Bo"),
                a_quote(id="q_3", article_id="b", speaker=None),
                a_quote(id="q_4", publisher="Gone"),
            ],
            retired=["q_4"],
        )
        coverage = searcher.coverage()
        assert (coverage.quotes, coverage.articles, coverage.speakers, coverage.undated) == (3, 2, 2, 1)
        assert (coverage.oldest, coverage.newest) == ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
        assert coverage.publishers == (("The Daily", 2), (None, 1))

    def test_an_empty_archive_answers(self) -> None:
        searcher = Searcher(MemoryStore())
        assert searcher.search(Request(q="dam")).total == 0
        assert searcher.coverage().quotes == 0
        with pytest.raises(NotFound):
            searcher.get("q_1")

    def test_a_page_has_the_documented_json_members(self, sayings: Searcher) -> None:
        value = build.to_json(build.page(sayings.search(Request(q="approval", to="2025-01-01")), took_ms=4))
        assert value["query"] == {"q": "approval", "to": "2025-01-01", "limit": 10}
        value = build.to_json(build.page(sayings.search(Request(q="approval")), took_ms=4))
        assert list(value) == ["query", "total", "related", "took_ms", "index", "hits", "facets", "next_cursor"]
        (hit,) = value["hits"]
        names = "id text type utterance speaker attribution article selector repeats highlights found score links"
        assert list(hit) == names.split()
        assert hit["highlights"] == [{"start": 9, "end": 17}]
        assert hit["links"] == {"self": "/v1/quotes/q_stem", "source": None}
        assert "aliases" not in hit["speaker"]
