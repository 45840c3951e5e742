"""The query language as a specification: the meaning of each query, and the message of each refusal."""

# ruff: noqa: PT017 - an answer and a refusal are both valid; the assertions check that each is a good one

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quoth.engine.analysis import words
from quoth.engine.query import grammar
from quoth.engine.query.grammar import (
    MAX_CHARACTERS,
    MAX_PHRASE_WORDS,
    MAX_PHRASES,
    MAX_WORDS,
    MIN_PREFIX,
    QUALIFIERS,
    Clause,
    Item,
    ParsedQuery,
    PhraseQuery,
    PrefixQuery,
    Qualifier,
    WordQuery,
    parse,
    suggestion,
)
from quoth.errors import BadQuery
from quoth.text.unseen import bare
from tests.support.effort import sampled


def clauses(q: str) -> list[Clause]:
    asked = parse(q)
    assert asked.qualifiers == ()
    return list(asked.clauses)


def qualifiers(q: str) -> list[Qualifier]:
    asked = parse(q)
    assert asked.clauses == ()
    return list(asked.qualifiers)


def all_of(*items: Item) -> list[Clause]:
    return [Clause((item,)) for item in items]


def refusal(q: str) -> str:
    with pytest.raises(BadQuery) as refused:
        parse(q)
    assert refused.value.parameter == "q"
    return refused.value.detail


LAND, SWAP = WordQuery("land"), WordQuery("swap")


class TestWords:
    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("land", ["land"]),
            ("land swap", ["land", "swap"]),
            ("  land\t\nswap  ", ["land", "swap"]),
            ("LAND, (swap)!", ["land", "swap"]),
            ("land land Land", ["land"]),
            ("won't", ["won", "t"]),
            ("won’t", ["won", "t"]),
            ("land-swap", ["land", "swap"]),
            ("land–swap", ["land", "swap"]),
            ("and/or", ["and", "or"]),
            ("U.S. 3.5", ["u.s", "3.5"]),
            ("or Or oR", ["or"]),
            ("ORder FOR", ["order", "for"]),
            ("not NOT AND", ["not", "and"]),
            ("12:30 a1:b", ["12", "30", "a1", "b"]),
            ("(land", ["land"]),
            ("[a TO z] a~2 b^9 c?", ["a", "to", "z", "2", "b", "9", "c"]),
            ("' land", ["land"]),
            ("land --", ["land"]),
            ("land - swap", ["land", "swap"]),
            ("!!! land", ["land"]),
            ("to_do", ["to_do"]),
        ],
    )
    def test_non_word_characters_separate_words(self, q: str, found: list[str]) -> None:
        assert clauses(q) == all_of(*map(WordQuery, found))

    @pytest.mark.parametrize("q", ["café", "cafe\u0301", "CAFÉ", "CAFE\u0301"])
    def test_a_letter_and_its_accent_are_one(self, q: str) -> None:
        assert clauses(q) == all_of(WordQuery("café"))

    @pytest.mark.parametrize("q", ["İstanbul", "straße", "Ελλάδα", "مرحبا", "שלום", "漢字", "𝔮uote", "नमस्ते"])
    def test_words_of_any_script_are_analysed_as_in_a_quote(self, q: str) -> None:
        assert clauses(q) == all_of(*map(WordQuery, dict.fromkeys(words(q))))

    @pytest.mark.parametrize("unseen", ["\x00", "\x7f", "\x9f", "\xad", "\u200b", "\u200d", "\u202e", "\ufeff"])
    def test_unseen_characters_do_not_count(self, unseen: str) -> None:
        assert clauses(f"la{unseen}nd") == all_of(LAND)
        assert clauses(f'{unseen}"la{unseen}nd sw{unseen}ap"') == all_of(PhraseQuery(("land", "swap")))
        assert clauses(f"land O{unseen}R swap") == clauses("land OR swap")
        assert clauses(f"{unseen}-{unseen}land swap") == clauses("-land swap")
        assert clauses(f"{unseen}la{unseen}n{unseen}*") == clauses("lan*")
        assert parse(f"{unseen}spea{unseen}ker:Ada").qualifiers == parse("speaker:Ada").qualifiers

    @pytest.mark.parametrize("control", ["\t", "\x1f", "\x85"])
    def test_a_control_that_is_a_space_stays_one(self, control: str) -> None:
        assert clauses(f"land{control}swap") == all_of(LAND, SWAP)
        assert clauses(f'"land{control}swap"') == all_of(PhraseQuery(("land", "swap")))

    def test_half_a_surrogate_pair_is_no_word(self) -> None:
        """A request rejects it; here it must only not break the parser."""
        assert clauses("land \ud800 swap") == all_of(LAND, SWAP)


class TestPhrases:
    @pytest.mark.parametrize(
        "q", ['"land swap"', "“land swap”", "„land swap“", "«land swap»", "”land swap“", '“land swap"']
    )
    def test_double_marks_of_any_kind_make_one(self, q: str) -> None:
        assert clauses(q) == all_of(PhraseQuery(("land", "swap")))

    @pytest.mark.parametrize("q", ["'land swap'", "‘land swap’", "‹land swap›"])
    def test_single_marks_do_not(self, q: str) -> None:
        assert clauses(q) == all_of(LAND, SWAP)

    def test_one_word_in_marks_must_stand_as_it_is_written(self) -> None:
        assert clauses('"lands"') == all_of(PhraseQuery(("lands",)))

    def test_operators_have_no_meaning_in_a_phrase(self) -> None:
        assert clauses('"swap OR trade"') == all_of(PhraseQuery(("swap", "or", "trade")))
        assert clauses('"-land sw* speaker:rowe"') == all_of(PhraseQuery(("land", "sw", "speaker", "rowe")))

    @pytest.mark.parametrize("q", ['"land swap', 'land" swap', 'land swap"', '" land swap', "“land swap", "land »swap"])
    def test_a_mark_without_a_partner_is_a_space(self, q: str) -> None:
        assert clauses(q) == all_of(LAND, SWAP)

    def test_of_three_marks_the_last_has_no_partner(self) -> None:
        assert clauses('"land swap" red" line') == all_of(
            PhraseQuery(("land", "swap")), WordQuery("red"), WordQuery("line")
        )

    def test_a_phrase_without_a_word_is_nothing(self) -> None:
        assert clauses('"" "…" land') == all_of(LAND)

    def test_marks_need_no_space_around_them(self) -> None:
        assert clauses('a"land swap"b') == all_of(WordQuery("a"), PhraseQuery(("land", "swap")), WordQuery("b"))


class TestPrefixes:
    def test_a_star_behind_three_letters_stands_for_all_words_that_begin_so(self) -> None:
        assert clauses("lan*") == all_of(PrefixQuery("lan"))
        assert clauses("LAN* Café*") == all_of(PrefixQuery("lan"), PrefixQuery("café"))
        assert clauses("cafe\u0301s*") == all_of(PrefixQuery("cafés"))

    @pytest.mark.parametrize("q", ["l*", "la*", "é*"])
    def test_fewer_letters_are_refused(self, q: str) -> None:
        assert refusal(q) == f"{q} is too short; write at least 3 letters before the *"

    def test_letters_are_counted_as_they_are_indexed(self) -> None:
        assert clauses("cae\u0301*") == all_of(PrefixQuery("caé"))
        assert refusal("ce\u0301*").endswith("is too short; write at least 3 letters before the *")

    @pytest.mark.parametrize("q", ["*land", "*", "la*nd", "*land*", "land**", "U.S*", "sub-lan*", "land*,", "(land*)"])
    def test_a_star_anywhere_else_is_refused_or_no_star(self, q: str) -> None:
        if q == "*":
            assert refusal(q) == "has no word to search for"
        else:
            assert refusal(q) == "a * may stand only at the end of a word, to match all words with that prefix"

    @pytest.mark.parametrize("q", ["land *", "land ** swap", "land * swap"])
    def test_a_star_of_its_own_is_a_sign_like_any_other(self, q: str) -> None:
        assert clauses(q)[:1] == all_of(LAND)


class TestOr:
    def test_or_joins_its_two_neighbours(self) -> None:
        assert clauses("land OR swap") == [Clause((LAND, SWAP))]
        assert clauses("red land OR swap line") == [
            *all_of(WordQuery("red")),
            Clause((LAND, SWAP)),
            *all_of(WordQuery("line")),
        ]

    def test_several_ors_are_one_clause(self) -> None:
        assert clauses('land OR swap* OR "red line"') == [
            Clause((LAND, PrefixQuery("swap"), PhraseQuery(("red", "line"))))
        ]

    def test_words_written_as_one_stay_together_beside_it(self) -> None:
        assert clauses("land-swap OR trade") == [Clause((PhraseQuery(("land", "swap")), WordQuery("trade")))]

    @pytest.mark.parametrize(
        "q", ["OR", "OR land", "land OR", "land OR OR swap", "OR OR", "land OR …", '"" OR land', "land OR ! OR swap"]
    )
    def test_or_needs_an_operand_on_both_sides(self, q: str) -> None:
        assert refusal(q) == "OR needs a word or phrase on both sides; write or for the word"

    @pytest.mark.parametrize("q", ["speaker:rowe OR land", "land OR speaker:rowe", "land OR -speaker:rowe"])
    def test_or_does_not_join_qualifiers(self, q: str) -> None:
        assert refusal(q) == ("OR cannot stand beside speaker:; repeat the qualifier instead: speaker:a speaker:b")

    @pytest.mark.parametrize("q", ["-land OR swap", "land OR -swap"])
    def test_or_does_not_join_exclusions(self, q: str) -> None:
        assert refusal(q) == "OR cannot stand beside -; an exclusion applies to the whole query"


class TestExclusion:
    def test_a_minus_right_before_leaves_out(self) -> None:
        assert clauses("land -swap") == [Clause((LAND,)), Clause((SWAP,), is_excluded=True)]
        assert clauses('-"red line" -swap*') == [
            Clause((PhraseQuery(("red", "line")),), is_excluded=True),
            Clause((PrefixQuery("swap"),), is_excluded=True),
        ]

    def test_words_written_as_one_are_left_out_only_together(self) -> None:
        assert clauses("-land-swap") == [Clause((PhraseQuery(("land", "swap")),), is_excluded=True)]

    def test_a_minus_inside_a_word_is_a_sign(self) -> None:
        assert clauses("land-swap") == all_of(LAND, SWAP)

    def test_a_dash_is_no_minus(self) -> None:
        assert clauses("–land —swap") == all_of(LAND, SWAP)

    def test_a_word_may_be_wanted_and_not(self) -> None:
        assert clauses("land -land") == [Clause((LAND,)), Clause((LAND,), is_excluded=True)]


class TestQualifiers:
    @pytest.mark.parametrize("name", QUALIFIERS)
    def test_each_has_its_value_right_behind_the_colon(self, name: str) -> None:
        assert qualifiers(f"{name}:value") == [Qualifier(name, "value")]
        assert qualifiers(f'{name.upper()}:" two  words "') == [Qualifier(name, "two  words")]

    def test_a_value_is_as_it_was_written(self) -> None:
        assert qualifiers("speaker:O’Neill-Ünal") == [Qualifier("speaker", "O’Neill-Ünal")]
        assert qualifiers("after:2025-08-11T09:30:00Z") == [Qualifier("after", "2025-08-11T09:30:00Z")]
        assert qualifiers("speaker:a:b speaker:lan*") == [Qualifier("speaker", "a:b"), Qualifier("speaker", "lan*")]

    def test_a_minus_leaves_out(self) -> None:
        assert qualifiers("-speaker:rowe") == [Qualifier("speaker", "rowe", is_excluded=True)]

    def test_a_repeated_qualifier_counts_once(self) -> None:
        assert qualifiers("type:direct type:direct TYPE:direct") == [Qualifier("type", "direct")]

    def test_qualifiers_go_with_words(self) -> None:
        assert parse('land speaker:"Agnes Rowe" swap') == ParsedQuery(
            tuple(all_of(LAND, SWAP)), (Qualifier("speaker", "Agnes Rowe"),)
        )

    @pytest.mark.parametrize("q", ["speaker:", 'speaker:""', 'speaker:" "', "land speaker: rowe", "-speaker:"])
    def test_a_qualifier_without_a_value_is_refused(self, q: str) -> None:
        assert refusal(q) == 'speaker: needs a value right after the colon, such as speaker:"Donald Trump"'

    @pytest.mark.parametrize("name", QUALIFIERS)
    def test_the_example_in_a_refusal_is_one_that_is_read(self, name: str) -> None:
        from quoth.engine.query.request import Request

        example = refusal(f"{name}:").rpartition("such as ")[2]
        assert Request(q=example).parsed.qualifiers[0].name == name

    @pytest.mark.parametrize(
        "q", ["author:rowe", 'author:"Agnes Rowe"', "-author:rowe", "http://example.org", "land:swap"]
    )
    def test_an_unknown_qualifier_is_refused_with_the_known_ones(self, q: str) -> None:
        name = re.match(r"-?(\w+)", q)
        assert refusal(q) == (
            f"{name and name[1]}: is not one of speaker:, publisher:, type:, language:, status:, before:, after:; "
            "to search for the word, put a space after the colon"
        )

    def test_a_word_before_a_colon_and_a_space_is_a_word(self) -> None:
        assert clauses("land: swap") == all_of(LAND, SWAP)
        assert clauses("-land: swap") == [Clause((LAND,), is_excluded=True), Clause((SWAP,))]

    @pytest.mark.parametrize(("name", "other"), [("before", "after"), ("after", "before")])
    def test_a_date_is_not_left_out(self, name: str, other: str) -> None:
        assert refusal(f"-{name}:2025-08-11") == f"-{name}: is not supported; use {other}:"


class TestBounds:
    @pytest.mark.parametrize(
        ("most", "sentence"),
        [
            (lambda n: " ".join(f"w{i}" for i in range(n)), "has 17 words; the limit is 16"),
            (lambda n: " OR ".join(f"w{i}" for i in range(n)), "has 17 words; the limit is 16"),
            (lambda n: " ".join(f"-w{i}" for i in range(n)), "has 17 words; the limit is 16"),
            (lambda n: " ".join(f"speaker:w{i}" for i in range(n)), "has 17 qualifiers; the limit is 16"),
        ],
    )
    def test_sixteen_are_read_and_seventeen_are_not(self, most: Callable[[int], str], sentence: str) -> None:
        parse(most(MAX_WORDS))
        assert refusal(most(MAX_WORDS + 1)) == sentence

    def test_words_of_phrases_count(self) -> None:
        eight = " ".join(f"w{i}" for i in range(8))
        other = " ".join(f"v{i}" for i in range(8))
        parse(f'"{eight}" "{other}"')
        assert refusal(f'"{eight}" "{other}" x') == "has 17 words; the limit is 16"

    def test_a_repeated_word_counts_once_but_in_a_phrase(self) -> None:
        parse(" ".join(["word"] * 40))
        assert clauses('"the the"') == all_of(PhraseQuery(("the", "the")))
        assert refusal('"' + "a " * 9 + '"') == "has a phrase of 9 words; the limit is 8"

    def test_words_joined_by_signs_are_a_phrase_only_where_they_must_be_one(self) -> None:
        many = "-".join("abcdefghi")
        parse(many)
        assert refusal(f"-{many}") == "has a phrase of 9 words; the limit is 8"

    def test_four_phrases(self) -> None:
        parse('"a" "b" "c" "d"')
        assert refusal('"a" "b" "c" "d" "e"') == "has 5 phrases in marks; the limit is 4"

    def test_256_characters(self) -> None:
        parse("x" * MAX_CHARACTERS)
        assert refusal("x" * 257) == "is 257 characters long; the limit is 256"
        assert refusal("x" * 1_000_000) == "is 1000000 characters long; the limit is 256"

    @pytest.mark.parametrize("q", ["", " ", "\n", "…", '""', "-", "--", "😀", "()", ":", "-:", "*", "\ud800"])
    def test_a_query_needs_a_word(self, q: str) -> None:
        assert refusal(q) == "has no word to search for"


# ----------------------------------------------------------------------------------------------- arbitrary texts

SIGNS = st.sampled_from(
    [*'"“”„«»-*:’.,()[]\x00\u0301', " ", " OR ", "OR", "or", "-", "speaker:", "before:", "x:", "\ud800"]
)
LETTERS = st.sampled_from(["a", "land", "Swap", "é", "漢字", "😀", "x" * 70, "İ", "ǅ", "1", "_"])
anything = st.text(max_size=300) | st.lists(SIGNS | LETTERS | st.characters(), max_size=80).map("".join)


@sampled(400)
@given(anything)
@example("OR" * 128)
@example('"' * 255)
@example("a:" * 128)
@example("-" * 256)
def test_any_text_is_read_within_the_bounds_or_refused(q: str) -> None:
    try:
        asked = parse(q)
    except BadQuery as refused:
        assert refused.parameter == "q"
        assert re.fullmatch(r"\S.*[^.\s]", refused.detail, re.DOTALL)
        assert len(refused.detail) < 2 * MAX_CHARACTERS
        return
    items = [item for clause in asked.clauses for item in clause.items]
    phrases = [item.words for item in items if isinstance(item, PhraseQuery)]
    assert len(q) <= MAX_CHARACTERS
    assert len(phrases) <= MAX_PHRASES
    assert all(1 <= len(phrase) <= MAX_PHRASE_WORDS for phrase in phrases)
    assert len(items) - len(phrases) + sum(map(len, phrases)) <= MAX_WORDS
    assert len(asked.qualifiers) <= MAX_WORDS
    assert items or asked.qualifiers
    assert all(clause.items for clause in asked.clauses)
    assert all(len(item.start) >= MIN_PREFIX for item in items if isinstance(item, PrefixQuery))
    assert all(one.name in QUALIFIERS and one.value == one.value.strip() != "" for one in asked.qualifiers)
    for item in items:
        match item:
            case WordQuery(word):
                assert words(word) == [word]
            case PrefixQuery(start):
                assert words(start) == [start]
            case PhraseQuery(several):
                assert words(" ".join(several)) == list(several)


def steps(q: str) -> int:
    """The number of executed lines of the grammar for a text: the same on every machine."""
    count, file = 0, grammar.__file__

    def trace(frame: object, event: str, _: object) -> object:
        nonlocal count
        if frame.f_code.co_filename != file:  # type: ignore[attr-defined]
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse(q)
    except BadQuery:
        pass
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "unit", ["a ", "-a ", '"a" ', '"', "a:b ", "speaker:a ", "a*", "ab* ", "a OR ", "OR ", "a-", "*", "-"]
)
def test_reading_takes_no_more_than_some_steps_a_character(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even without the limit on characters: twice the text takes about twice the steps, never four times."""
    monkeypatch.setattr(grammar, "MAX_CHARACTERS", 10**6)
    short, long = (steps((unit * 4_000)[:length]) for length in (2_000, 4_000))
    assert long <= 2.2 * short + 200
    assert long <= 40 * 4_000


# ------------------------------------------------------------------------------------------------- round trips


def printed(asked: ParsedQuery) -> str:
    """The simplest query text for a clause."""
    return " ".join([*map(_clause, asked.clauses), *map(_qualifier, asked.qualifiers)])


def _clause(clause: Clause) -> str:
    return "-" * clause.is_excluded + " OR ".join(map(_item, clause.items))


def _item(item: Item) -> str:
    match item:
        case WordQuery(word):
            return word
        case PrefixQuery(start):
            return f"{start}*"
        case PhraseQuery(several):
            return f'"{" ".join(several)}"'


def _qualifier(one: Qualifier) -> str:
    return f'{"-" * one.is_excluded}{one.name}:"{one.value}"'


a_word = st.sampled_from("land swap or not us u.s 3.5 café straße 漢字 to_do or and".split())
items = st.one_of(
    a_word.map(WordQuery),
    st.sampled_from(["land", "caf", "漢字漢", "swa"]).map(PrefixQuery),
    st.lists(a_word, min_size=1, max_size=4).map(tuple).map(PhraseQuery),
)
some_clauses = st.lists(
    st.builds(lambda items: Clause(tuple(items)), st.lists(items, min_size=1, max_size=3))
    | st.builds(lambda item: Clause((item,), is_excluded=True), items),
    max_size=5,
    unique=True,
)
a_value = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"“”„«»'), min_size=1, max_size=9)
some_qualifiers = st.lists(
    # A query is parsed without unseen characters.
    st.builds(Qualifier, st.sampled_from(QUALIFIERS[:5]), a_value.map(bare).map(str.strip).filter(bool), st.booleans())
    | st.builds(Qualifier, st.sampled_from(QUALIFIERS[5:]), st.just("2025-08-11"), st.just(False)),
    max_size=3,
    unique=True,
)


@sampled(200)
@given(st.builds(lambda c, q: ParsedQuery(tuple(c), tuple(q)), some_clauses, some_qualifiers))
def test_a_printed_query_parses_to_itself(asked: ParsedQuery) -> None:
    try:
        found = parse(printed(asked))
    except BadQuery as refused:
        assert re.search("limit is|no word", refused.detail)
        return
    assert found == asked


# ---------------------------------------------------------------------------------------------------- suggestions


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("land swaping", "land swapping"),
        ("Swaping OR land", "swapping OR land"),
        ("speaker:swaping land", "speaker:swaping land"),
        ("swaping speaker:swaping", "swapping speaker:swaping"),
        ("swaping -swaping", "swapping -swaping"),
        ("“swaping it” swaping", "“swaping it” swapping"),
        ('swaping\x1f "land', 'swapping\x1f "land'),
        ('swap\xading\x00 "land', 'swapping "land'),
        ("land/swaping-swaping", "land/swapping-swapping"),
        ("(swaping)", "(swapping)"),
        ("swaping, land", "swapping, land"),
    ],
)
def test_a_suggestion_changes_words_and_nothing_else(q: str, found: str) -> None:
    assert suggestion(q, {"swaping": "swapping"}) == found
