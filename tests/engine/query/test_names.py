"""Which names of an index a typed name stands for, in the box and as a filter."""

from __future__ import annotations

import pytest

from quoth.engine.query.filters import Correction
from quoth.engine.query.lexicon import Lexicon
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.quote import Quote
from quoth.text.names.nicknames import is_word, other_names
from quoth.text.names.readings import may_be_same, readings
from quoth.text.names.tables import table
from quoth.text.slugs import slug
from tests.engine.test_search import a_searcher
from tests.support.builders import a_quote
from tools.tables import nicknames


def said(text: str, speaker: str, *aliases: str) -> Quote:
    return a_quote(text, id=f"q_{slug(speaker)}", speaker=speaker, aliases=(*aliases, speaker.rsplit(maxsplit=1)[-1]))


PEOPLE = a_searcher(
    [
        said("the harbour is closed", "Robert Lindgren"),
        said("the harbour is open", "Agnes J. Okafor", "Agnes Okafor"),
        said("the harbour is full", "Barbara Malloch-Brown"),
        said("the harbour is dry", "Pope Leo"),
        said("the harbour is deep", "Leo Sandberg"),
        said("the harbour is wide", "Agnes Lindgren"),
    ],
    [
        said("the harbour is late", "William Bright"),
        said("the harbour bill", "Ada Byron"),
        said("the harbour is ours", "Bo Okafor Jr.", "Bo Okafor"),
        said("the harbour is theirs", "Sergei Volkov"),
        said("the harbour is yours", "Siobhán O’Brien"),
    ],
)


def by(name: str, searcher: Searcher = PEOPLE) -> set[str]:
    """Return the speakers that a filter for a name finds."""
    return {hit.quote.id.removeprefix("q_") for hit in searcher.search(Request("harbour", speaker=name)).hits}


def best(q: str, searcher: Searcher = PEOPLE) -> set[str]:
    """Return the speakers of the quotes with every word."""
    page = searcher.search(Request(q))
    return {hit.quote.id.removeprefix("q_") for hit in page.hits if not hit.missing}


class TestFilter:
    @pytest.mark.parametrize(
        ("name", "speakers"),
        [
            ("Mr Lindgren", "robert-lindgren agnes-lindgren"),
            ("Dr. Robert Lindgren", "robert-lindgren"),
            ("former vice president Robert Lindgren", "robert-lindgren"),
            ("Lindgren, Robert", "robert-lindgren"),
            ("Okafor, Bo, Jr.", "bo-okafor-jr"),
            ("Robert", "robert-lindgren"),
            ("Bob", "robert-lindgren"),
            ("Bob Lindgren", "robert-lindgren"),
            ("R. Lindgren", "robert-lindgren"),
            ("Robert K. Lindgren", "robert-lindgren"),
            ("Robert Lindgren’s", "robert-lindgren"),
            ("Lindgrens", "robert-lindgren agnes-lindgren"),
            ("Robert Lindgern", "robert-lindgren"),
            ("Bob Lindgern", "robert-lindgren"),
            ("Agnes Okafor", "agnes-j-okafor"),
            ("A. Okafor", "agnes-j-okafor"),
            ("Malloch", "barbara-malloch-brown"),
            ("Barbara Brown", "barbara-malloch-brown"),
            ("Lady Malloch Brown", "barbara-malloch-brown"),
            ("Pope Leo", "pope-leo"),
            ("the Pope Leo", "pope-leo"),
            ("Leo", "pope-leo leo-sandberg"),
            ("Sergej Wolkow", "sergei-volkov"),
            ("obrien", "siobhan-obrien"),
            ("O'Brien", "siobhan-obrien"),
            ("Professor O'Brien", "siobhan-obrien"),
            ("Bill Bright", "william-bright"),
            ("Jane Lindgren", ""),
            ("Q. Lindgren", ""),
            ("Senator", ""),
            ("Jane", ""),
        ],
    )
    def test_a_name_finds_whom_a_reader_means(self, name: str, speakers: str) -> None:
        assert by(name) == set(speakers.split())

    @pytest.mark.parametrize(
        "name", ["Mr Lindgren", "Lindgren, Robert", "Robert", "Robert Lindgren’s", "Barbara Brown"]
    )
    def test_a_name_that_is_known_is_no_correction(self, name: str) -> None:
        assert PEOPLE.search(Request("harbour", speaker=name)).corrections == ()

    @pytest.mark.parametrize(
        ("name", "used"),
        [
            ("Bob Lindgren", ("robert-lindgren",)),
            ("R. Lindgren", ("robert-lindgren",)),
            ("Robert Lindgern", ("robert-lindgren",)),
            ("Barb Brown", ("barbara-brown",)),
        ],
    )
    def test_a_name_in_another_form_is_reported(self, name: str, used: tuple[str, ...]) -> None:
        assert PEOPLE.search(Request("harbour", speaker=name)).corrections == (Correction("speaker", name, used),)

    def test_a_long_name_costs_few_lookups(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looked_up = []
        near = Lexicon.near
        monkeypatch.setattr(Lexicon, "near", lambda *asked: looked_up.append(asked) or near(*asked))
        for name in ("the " * 60, "lindgren zogs " * 18, "president " * 20 + "zogs"):
            assert by(name[:250]) == set()
        assert len(looked_up) < 30

    def test_inside_the_query_it_is_the_same(self) -> None:
        assert best('harbour speaker:"Mr Lindgren" -speaker:"Bob Lindgren"') == {"agnes-lindgren"}


class TestBox:
    @pytest.mark.parametrize(
        ("q", "speakers"),
        [
            ("lindgren harbour", "robert-lindgren agnes-lindgren"),
            ("President Lindgren harbour", "robert-lindgren agnes-lindgren"),
            ("Lindgren, Robert: harbour", "robert-lindgren"),
            ("bob harbour", "robert-lindgren"),
            ("bob lindgren harbour", "robert-lindgren"),
            ("r lindgren harbour", "robert-lindgren"),
            ("lindgren, r. harbour", "robert-lindgren"),
            ("bright, bill harbour", "william-bright"),
            ("quotes by lindgren on the harbour", "robert-lindgren agnes-lindgren"),
            ("agnes j okafor harbour", "agnes-j-okafor"),
            ("lindgrens harbour", "robert-lindgren agnes-lindgren"),
            ("malloch harbour", "barbara-malloch-brown"),
            ("what did the pope say about the harbour", "pope-leo"),
            ("lindgern harbour", "robert-lindgren agnes-lindgren"),
            ("bill harbour", "ada-byron"),
            ("bill bright harbour", "william-bright"),
            ("will bright harbour", "william-bright"),
            ("wolkow harbour", "sergei-volkov"),
            ("bob OR malloch harbour", "robert-lindgren barbara-malloch-brown"),
            ("harbour -lindgren closed", "robert-lindgren"),
        ],
    )
    def test_a_name_finds_whom_a_reader_means(self, q: str, speakers: str) -> None:
        assert best(q) == set(speakers.split())

    def test_a_given_name_before_a_surname_is_no_slip(self) -> None:
        searcher = a_searcher([said("late at the harbour", "Katherine Byron"), said("the town", "Ada Lind")])
        assert searcher.search(Request("kate byron harbour")).corrections == ()
        assert searcher.search(Request("kate harbour")).corrections == (Correction("q", "kate", ("late", "katherine")),)

    def test_a_number_is_no_slip_of_another(self) -> None:
        searcher = a_searcher([said("by 2040 at the latest", "Ada Byron")])
        assert (searcher.search(Request("2050")).total, searcher.search(Request("2050")).corrections) == (0, ())

    def test_a_nickname_may_also_be_a_slip(self) -> None:
        searcher = a_searcher([said("the court is closed", "Curtis Lind"), said("the curt reply", "Ada Byron")])
        assert best("curt", searcher) == {"ada-byron", "curtis-lind"}
        searcher = a_searcher([said("the court is closed", "Ada Byron"), said("the town", "Curtis Lind")])
        assert best("curt", searcher) == {"ada-byron", "curtis-lind"}

    def test_only_words_of_the_text_count_with_the_strict_rule(self) -> None:
        assert PEOPLE.search(Request("bob harbour", match="all")).hits == ()


class TestLookup:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("lind", {"Robert Lindgren", "Agnes Lindgren"}),
            ("Dr Rob", {"Robert Lindgren"}),
            ("Lindgren, Robert", {"Robert Lindgren"}),
            ("Pope Leo", {"Pope Leo"}),
            ("the mall", {"Barbara Malloch-Brown"}),
            ("Mr Lindgrm", {"Robert Lindgren", "Agnes Lindgren"}),
            ("Quux", set()),
        ],
    )
    def test_a_prefix_may_stand_behind_a_title(self, typed: str, found: set[str]) -> None:
        assert {one.speaker.name for one in PEOPLE.speakers(typed).speakers} == found


class TestNames:
    """What the tables say, without an index."""

    def test_no_reading_is_empty(self) -> None:
        assert readings("…") == ()
        assert readings(",") == ()
        assert readings("Mr.") == ("mr",)

    @pytest.mark.parametrize(
        ("one", "other", "may_be"),
        [
            ("mr-lind", "bo-lind", True),
            ("bob-lind", "robert-lind", True),
            ("bo-lind", "bo-malloch-lind", True),
            ("ada-lind", "bo-lind", False),
            ("john-king", "john-prince", False),
        ],
    )
    def test_two_names_may_be_those_of_one_person(self, one: str, other: str, may_be: bool) -> None:
        assert may_be_same(one, other) is may_be_same(other, one) is may_be

    def test_a_nickname_leads_one_step_only(self) -> None:
        """Bob and Rob are both Robert, and two names."""
        assert "robert" in other_names("bobby")
        assert "bobby" in other_names("robert")
        assert "bobby" not in other_names("hob")

    def test_the_table_of_nicknames_is_as_it_was_written(self) -> None:
        read = table("nicknames")
        assert nicknames.FILE.read_text("utf-8") == nicknames.to_json(read)
        assert len(read["given"]) > 400
        assert all(name.isalpha() for line in read["given"] for name in line.split())
        assert all(is_word(word) and other_names(word) for word in read["words"].split())
