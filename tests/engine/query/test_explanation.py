"""Why a search found nothing, and what a wider search would find."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from quoth.answers import build
from quoth.answers.explanation import sentences
from quoth.engine.execution.budget import TooBroad
from quoth.engine.guide import explanation
from quoth.engine.page import Explanation
from quoth.engine.query.grammar import reduced
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.plan import plan
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from tests.engine.test_search import a_searcher
from tests.support.builders import a_quote, day

SAID = a_searcher(
    [
        a_quote("the dam will hold", id="q_1", speaker="Ada Byron", aliases=("Byron",), published=day(2020)),
        a_quote("the dam may hold", id="q_2", speaker="Ada Byron", aliases=("Byron",), published=day(2022)),
        a_quote("the dam, the wall", id="q_3", speaker="Bo Lind", aliases=("Lind",)),
    ],
    [
        a_quote("a dam of sand", id="q_4", speaker="Zelda Byron", publisher="The Harbour", language="en"),
        a_quote("the dam was sold", id="q_5", speaker="Ada Byron", aliases=("Byron",), type="indirect"),
    ],
)


def explained(q: str | None = None, searcher: Searcher = SAID, **asked: object) -> Explanation:
    page = searcher.search(Request(q, **asked))  # type: ignore[arg-type]
    assert page.explanation is not None
    return page.explanation


def found(q: str | None = None, **asked: object) -> list[tuple[str, int, int]]:
    """Return the wider searches of an empty page, each with its counts."""
    return [(each.change, each.total, each.related) for each in explained(q, **asked).wider]


class TestWhen:
    def test_only_an_empty_page_is_explained(self) -> None:
        assert SAID.search(Request("dam")).explanation is None
        assert SAID.search(Request("dam zogs hold")).explanation is None
        assert SAID.search(Request("zogs")).explanation is not None

    def test_an_empty_archive_is_not(self) -> None:
        assert a_searcher().search(Request("dam")).explanation is None

    def test_the_time_for_it_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(explanation, "SECONDS", -1.0)
        assert explained("zogs", speaker="Jane") == Explanation(unknown_words=("zogs",))

    def test_a_wider_search_that_is_too_broad_is_left_out(self) -> None:
        def count(request: Request) -> tuple[int, int]:
            if request.publisher is None:
                raise TooBroad("it would scan too much")
            return 1, 2

        request = Request("dam", speaker="Lind", publisher="The Harbour")
        collection = SAID._index.current().collection
        told = explanation.explain(request, plan(request, Lexicon(collection.index)), collection, count)
        assert [(each.change, each.parameter) for each in told.wider][:1] == [("without_filter", "speaker")]
        assert "publisher" not in [each.parameter for each in told.wider]


class TestWords:
    @pytest.mark.parametrize(
        ("q", "unknown"),
        [
            ("zogs", ["zogs"]),
            ("zogs zeppelin dam", ["zogs", "zeppelin"]),
            ('"zogs dam" wall', ["zogs"]),
            ("zog*", ["zog*"]),
            ("zogs OR zeppelin dam", ["zogs", "zeppelin"]),
            ("byron wall -dam", []),
            ("who said zeppelin", ["zeppelin"]),
        ],
    )
    def test_the_words_that_nobody_said(self, q: str, unknown: list[str]) -> None:
        assert list(explained(q).unknown_words) == unknown

    def test_a_word_that_is_corrected_is_known(self) -> None:
        assert explained("zand", publisher="none").unknown_words == ()
        assert explained("zand", fuzzy="off").unknown_words == ("zand",)

    def test_the_others_may_find_something(self) -> None:
        assert found("zogs zeppelin dam") == [("without_unknown_words", 4, 0)]
        assert found("zand", fuzzy="off") == [("with_typos", 1, 0)]

    def test_no_filter_matters_to_a_word_that_nobody_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counted = []
        monkeypatch.setattr(explanation, "_found", lambda step, count: counted.append(step) or [])
        explained("zogs", speaker="Ada Byron", from_="2020-01-01")
        assert counted == []


class TestSpeakers:
    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("Carl Byron", [("Ada Byron", 3), ("Zelda Byron", 1)]),
            ("Zelda Kent", [("Zelda Byron", 1)]),
            ("Bo Linden", [("Bo Lind", 1)]),
            ("Zeld", []),
            ("Zeldaberg", [("Zelda Byron", 1)]),
            ("Quux", []),
            ("…", []),
        ],
    )
    def test_an_unknown_name_is_answered_with_names_near_it(self, name: str, near: list[tuple[str, int]]) -> None:
        if name == "Zeld":  # within one typo: a correction, and nobody is unknown
            assert SAID.search(Request("dam", speaker=name)).corrections
            return
        (unknown,) = explained("dam", speaker=name).unknown_speakers
        assert unknown.name == name
        assert [(speaker.name, count) for speaker, count in unknown.near] == near

    def test_words_of_two_names_are_nobody(self) -> None:
        (unknown,) = explained("dam", speaker="Bo Byron").unknown_speakers
        assert unknown.near[0].speaker.name == "Ada Byron"

    def test_a_known_speaker_who_did_not_say_it_is_not_unknown(self) -> None:
        assert explained("sand", speaker="Lind").unknown_speakers == ()

    def test_a_few_names_are_explained(self) -> None:
        assert len(explained("dam", speaker=[f"Quux{n}" for n in range(20)]).unknown_speakers) == explanation.MAX_NAMES


class TestWider:
    def test_each_filter_that_hides_quotes(self) -> None:
        assert found("wall", speaker="Byron") == [("without_filter", 1, 0)]
        assert found("wall speaker:byron language:en") == [("without_filters", 1, 0)]
        assert found("sand speaker:lind publisher:harbour -language:en") == [("without_filters", 1, 0)]

    def test_a_filter_is_named_as_its_parameter(self) -> None:
        assert explained("wall", min_confidence=1.0).wider[0].parameter == "min_confidence"

    def test_statements_in_the_words_of_the_reporter(self) -> None:
        assert found("sold") == [("with_indirect", 1, 0)]
        assert found("sold", type="direct") == [("with_indirect", 1, 0)]

    @pytest.mark.parametrize(
        ("asked", "wider"),
        [
            ({"from_": "2023-01-01"}, [("older", 2, 0)]),
            ({"to": "2019-12-31"}, [("newer", 2, 0)]),
            ({"from_": "2021-01-01", "to": "2021-12-31"}, [("older", 1, 0), ("newer", 1, 0)]),
        ],
    )
    def test_older_and_newer_quotes(self, asked: dict[str, str], wider: list[tuple[str, int, int]]) -> None:
        assert found("hold", **asked) == wider

    def test_quotes_without_a_date(self) -> None:
        assert found("wall after:2020-01-01") == [("undated", 1, 0)]
        assert found("dam before:0001-01-01") == [("newer", 2, 0), ("undated", 2, 0)]
        assert found("dam", from_="9999-12-31") == [("older", 2, 0), ("undated", 2, 0)]

    def test_conditions_inside_the_query(self) -> None:
        assert found("sand -dam") == [("without_exclusions", 1, 0)]
        assert found('"sand dam"') == [("without_marks", 1, 0)]

    def test_quotes_that_have_most_of_the_words(self) -> None:
        assert found("wall sand", match="all") == [("with_related", 0, 2)]
        assert found("wall sand", sort="newest") == [("with_related", 0, 2)]
        assert found("wall sand", collapse="wording") == [("with_related", 0, 2)]

    def test_marks_around_what_would_be_refused_stay(self) -> None:
        assert found('"sand dam *all"') == []

    @pytest.mark.parametrize(
        ("q", "names", "rest"),
        [
            ("dam speaker:ada", ["speaker"], "dam"),
            ("dam -speaker:ada", ["speaker"], "dam"),
            ('dam Speaker:"Ada Byron" OR', ["speaker"], "dam OR"),
            ("speaker:ada", ["speaker"], None),
            ("“a dam” type:direct", ["speaker"], '"a dam" type:direct'),
            ('a " dam', [], "a dam"),
            (None, [], None),
        ],
    )
    def test_a_query_without_its_qualifiers(self, q: str | None, names: list[str], rest: str | None) -> None:
        assert reduced(q, names) == rest


class TestTelling:
    def test_the_answer_has_it_only_if_the_page_is_empty(self) -> None:
        assert "explanation" not in build.to_json(build.page(SAID.search(Request("dam")), 1))
        page = SAID.search(Request("wall", speaker="Carl Byron", from_="2020-01-01"))
        told = build.to_json(build.page(page, 1))["explanation"]
        assert told["unknown_words"] == []
        assert told["unknown_speakers"][0]["near"][0] == {"id": "Ada Byron", "name": "Ada Byron", "quotes": 3}
        assert told["wider"] == [{"change": "without_filters", "total": 1, "related": 0}]

    def test_sentences_say_it(self) -> None:
        page = SAID.search(Request("wall hold zogs", speaker="Carl Byron", from_="2020-01-01"))
        assert sentences(page) == [
            "no quote has the word “zogs”",
            "no quote is by “Carl Byron”; near is Ada Byron (3 quotes), Zelda Byron (1 quote)",
        ]
        page = SAID.search(Request("wall sand", publisher="none", match="all", to="2020-01-01"))
        assert sentences(page) == []

    def test_a_full_page_has_none(self) -> None:
        assert sentences(replace(SAID.search(Request("dam")))) == []
