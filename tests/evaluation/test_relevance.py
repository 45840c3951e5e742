"""Queries for known items depend only on a seed and match their kinds; the measures are right."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from quoth.engine.analysis import stem, words
from quoth.engine.query.grammar import PhraseQuery, WordQuery, parse
from quoth.engine.schema import EXACT_BOOST, WEIGHTING
from quoth.quote import GivenQuote
from quoth.text.function_words import FUNCTION_WORDS
from relevance import search
from relevance.recollections import APART, KINDS, Item, Recollection, Vocabulary, recalled, surname_of
from relevance.search import SearchTrial, best_possible, build_searcher, items, questions, rank, run_trial, score, table
from tests.support.builders import a_given

SAYINGS = tuple(
    a_given(text, speaker, id=str(number))
    for number, (text, speaker) in enumerate(
        [
            ("There will be some swapping of land going on, to the good of both harbours.", "Agnes Rowe"),
            ("We may trade with the harbour towns, but we will not swap people for lands.", "Tomás Lindqvist"),
            ("The minister trades promises; the builders of the harbour wanted money.", "Ada Okafor Jr."),
            ("They are building a dam where the people of the town are wanting water.", "the engineers"),
            ("Every promise that I made to the ministers was a good one, and I keep it.", "Unknown Speaker 7"),
        ]
    )
)
ITEMS = [item._replace(headline=("council", "vote", "town")) for item in items(SAYINGS)]
VOCABULARY = Vocabulary(words(quote.text) for quote in SAYINGS)
LAND = ITEMS[0]


def an_item(text: str, speaker: str = "Agnes Rowe") -> Item:
    return Item("1", speaker, tuple(words(text)), text, ("council", "vote"))


def drawn_from(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - nothing here is a secret


def asked(kind: str) -> Iterator[tuple[Item, Recollection]]:
    """Return twenty queries of one kind for each saying."""
    for item in ITEMS:
        for seed in range(20):
            question = {**KINDS, **APART}[kind](item, VOCABULARY, drawn_from(seed))
            if question is not None:
                yield item, question


def is_one_slip(one: str, other: str) -> bool:
    """Whether one inserted, deleted or replaced letter, or two swapped ones, turns one word into the other."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[same:], other[same:]
    return one != other and (a[1:] in (b, b[1:]) or a == b[1:] or (a[1::-1] == b[:2] and a[2:] == b[2:]))


def is_run(some: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return any(said[start : start + len(some)] == some for start in range(len(said)))


class TestRecollections:
    def test_the_same_seed_asks_the_same(self) -> None:
        assert list(questions(ITEMS, VOCABULARY)) == list(questions(ITEMS, VOCABULARY))
        assert list(questions(ITEMS, VOCABULARY)) != list(questions(ITEMS, VOCABULARY, seed=21))

    def test_the_queries_for_an_item_do_not_depend_on_the_others(self) -> None:
        whole = [trial for trial in questions(ITEMS, VOCABULARY) if trial.item == LAND]
        assert list(questions([LAND], VOCABULARY)) == whole

    @pytest.mark.parametrize("kind", [*KINDS, *APART])
    def test_every_kind_gives_valid_queries(self, kind: str) -> None:
        queries = {question.q for _, question in asked(kind)}
        assert len(queries) > 5
        assert all(parse(q).clauses for q in queries)

    def test_misremembered_is_three_to_six_of_the_words(self) -> None:
        for item, question in asked("misremembered"):
            typed = question.q.split()
            assert 3 <= len(typed) <= 6
            assert len(set(typed)) == len(typed)
            assert set(typed) <= set(item.wording)

    def test_content_words_are_remembered_more_often_than_function_words(self) -> None:
        typed = [word for _, question in asked("misremembered") for word in question.q.split()]
        said = [word for item in ITEMS for word in item.wording]
        assert sum(word in FUNCTION_WORDS for word in said) > len(said) / 2
        assert sum(word in FUNCTION_WORDS for word in typed) < len(typed) / 4

    def test_words_move_by_a_little(self) -> None:
        said = [f"word{number}" for number in range(30)]
        orders = [recalled(said, drawn_from(seed), 6, 6) for seed in range(50)]
        moved = [
            abs(place - there)
            for typed in orders
            for place, there in enumerate(map(sorted(typed, key=said.index).index, typed))
        ]
        assert 0 < sum(moved) < len(moved)
        assert max(moved) <= 3

    def test_inflected_words_have_the_same_stems_and_other_letters(self) -> None:
        for item, question in asked("inflected"):
            typed = question.q.split()
            assert set(map(stem, typed)) <= set(map(stem, item.wording))
            assert not set(typed) <= set(item.wording)
            for word in typed:
                assert word not in item.wording or VOCABULARY.other_form(word, drawn_from(1)) is None

    def test_without_another_form_there_is_no_inflected_query(self) -> None:
        said = an_item("dam where water every keep")
        assert KINDS["inflected"](said, VOCABULARY, drawn_from(1)) is None

    def test_consecutive_words_stand_one_behind_the_other(self) -> None:
        for item, question in asked("consecutive"):
            typed = tuple(question.q.split())
            assert 4 <= len(typed) <= 6
            assert is_run(typed, item.wording)

    def test_speaker_plus_words_names_the_surname(self) -> None:
        found = {(item.speaker, question.speaker) for item, question in asked("speaker plus words")}
        assert found == {("Agnes Rowe", "rowe"), ("Tomás Lindqvist", "lindqvist"), ("Ada Okafor Jr.", "okafor")}
        assert {len(question.q.split()) for _, question in asked("speaker plus words")} == {2, 3}

    @pytest.mark.parametrize("speaker", ["The Evening Post", "spokesmen", "a friend of Rowe", "Unknown Speaker 3", ""])
    def test_a_speaker_without_a_plain_name_has_no_surname(self, speaker: str) -> None:
        assert surname_of(speaker) is None

    def test_a_misspelt_speaker_is_one_slip_from_a_surname_of_five_letters(self) -> None:
        found = list(asked("misspelt speaker"))
        assert {item.speaker for item, _ in found} == {"Tomás Lindqvist", "Ada Okafor Jr."}
        for item, question in found:
            assert is_one_slip(surname_of(item.speaker) or "", question.speaker or "")

    def test_one_slip_is_in_one_word(self) -> None:
        for item, question in asked("one slip"):
            typed = question.q.split()
            assert 3 <= len(typed) <= 5
            (slipped,) = [word for word in typed if word not in item.wording]
            assert any(is_one_slip(word, slipped) for word in item.wording)

    def test_a_phrase_stands_in_the_quote_and_the_other_word_outside_of_it(self) -> None:
        for item, question in asked("phrase"):
            phrase, *others = parse(question.q).included
            assert isinstance(phrase, PhraseQuery)
            assert 3 <= len(phrase.words) <= 5
            assert is_run(phrase.words, item.wording)
            assert len(others) == 1
            assert isinstance(others[0], WordQuery)
            assert others[0].word in set(item.wording) - set(phrase.words)

    def test_one_wrong_word_was_not_said_in_any_form(self) -> None:
        for item, question in asked("one wrong word"):
            stems = set(map(stem, item.wording))
            assert [stem(word) in stems for word in question.q.split()].count(False) == 1

    def test_a_surname_is_a_word_of_the_query(self) -> None:
        found = list(asked("surname and words"))
        assert {item.speaker for item, _ in found} == {"Agnes Rowe", "Tomás Lindqvist", "Ada Okafor Jr."}
        for item, question in found:
            name, *typed = question.q.split()
            assert (name, question.speaker, len(typed)) == (surname_of(item.speaker), None, 2)
            assert set(typed) <= set(item.wording)

    def test_a_misspelt_surname_is_one_slip_from_it(self) -> None:
        for item, question in asked("misspelt surname and words"):
            name, *typed = question.q.split()
            assert is_one_slip(surname_of(item.speaker) or "", name)
            assert len(typed) == 3
            assert set(typed) <= set(item.wording)

    def test_a_question_names_the_speaker_or_asks_who_it_is(self) -> None:
        for item, question in asked("question form"):
            name = surname_of(item.speaker)
            start = f"what did {name} say about " if name else "who said "
            assert question.q.startswith(start)
            assert set(question.q.removeprefix(start).split()) <= set(item.wording)

    def test_a_quote_of_too_few_words_has_no_query(self) -> None:
        short = an_item("no no no no no")
        assert KINDS["misremembered"](short, VOCABULARY, drawn_from(1)) is None
        assert KINDS["phrase"](short, VOCABULARY, drawn_from(1)) is None


class TestMeasure:
    def test_each_wording_of_five_words_is_one_item(self) -> None:
        quotes = [
            a_given("We will keep the harbour.", "Bo Lind", id="1"),
            a_given("we will keep the harbour", "Ada Okafor", id="2"),
            a_given("We will keep it.", "Bo Lind", id="3"),
        ]
        assert items(quotes) == [
            Item("1", "Bo Lind", ("we", "will", "keep", "the", "harbour"), "We will keep the harbour.")
        ]

    def test_right_is_a_hit_with_the_same_words(self) -> None:
        item = an_item("Keep the harbour.")
        assert rank(item, ["Keep it.", "keep, the “harbour”", "Keep the harbour."]) == 2
        assert rank(item, ["Keep the harbour open."]) is None

    def test_a_ranking_counts_by_its_first_right_hit(self) -> None:
        trials = [
            SearchTrial("misremembered", LAND, Recollection("land"), place, found, seconds)
            for place, found, seconds in (
                (1, 3, 0.001),
                (2, 2, 0.002),
                (10, 90, 0.003),
                (None, 40, 0.004),
                (None, 0, 0.005),
            )
        ]
        found = score(trials)
        assert found.questions == 5
        assert found.reciprocal == pytest.approx((1 + 1 / 2 + 1 / 10) / 5)
        assert (found.first, found.recall, found.nothing) == (1 / 5, 3 / 5, 1 / 5)
        assert found.milliseconds == pytest.approx(3)

    def test_a_table_has_a_row_for_each_kind_and_for_all(self) -> None:
        done = [
            SearchTrial("phrase", LAND, Recollection("land"), 1, 1),
            SearchTrial("one wrong word", LAND, Recollection("land")),
        ]
        rows = {row.split("|")[1].strip(): row for row in table(done)}
        assert list(rows)[2:] == [*KINDS, "**all of these**", *(f"apart: {kind}" for kind in APART)]
        assert rows["**all of these**"].startswith("| **all of these** | 2 | .500 | .500 | .500 | .500 |")
        assert rows["one wrong word"].startswith("| one wrong word | 1 | .000 | .000 | .000 | 1.000 |")

    def test_the_engine_is_asked(self) -> None:
        searcher = build_searcher(SAYINGS)
        done = [run_trial(trial, searcher) for trial in questions(ITEMS, VOCABULARY, rounds=1)]
        ranks = {kind: [trial.rank for trial in done if trial.kind == kind] for kind in KINDS}
        assert set(ranks["misremembered"] + ranks["phrase"] + ranks["consecutive"]) == {1}
        assert set(ranks["surname and words"] + ranks["question form"]) == {1}

    def test_the_best_rank_of_a_quote_is_behind_those_with_every_word(self) -> None:
        told = [
            a_given("The bridge will open in May.", "Agnes Rowe", id="1", headline="Strike ends"),
            a_given("A bridge and a strike.", "Agnes Rowe", id="2"),
        ]
        searcher = build_searcher(told)
        trials = [SearchTrial("", an_item(quote.text), Recollection("bridge strike")) for quote in told]
        assert [best_possible(trial, searcher) for trial in trials] == [1 / 2, 1]

    def test_the_command_names_quotes_by_their_ids_only(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for file in (*search.OTHERS, *search.SETS.values()):
            text = " ".join(f"“{quote.text}”" for quote in SAYINGS)
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(json.dumps(an_annotated(Path(file).parent.name, text, SAYINGS)), "utf-8")
        search.main([str(tmp_path), "--rounds", "1", "--misses"])
        shown = capsys.readouterr().out
        assert "PolNeAR dev: 5 quotes looked for among 15" in shown
        assert re.search(r"^ggt \d: [\w ]+, rank (\d|None), of \d$", shown, re.MULTILINE)
        assert not any(word in words(shown) for word in ("harbour", "land", "minister", "promise"))


def an_annotated(name: str, text: str, quotes: tuple[GivenQuote, ...]) -> dict[str, object]:
    """An annotated article as in the data files."""
    starts = [(text.index(quote.text), quote) for quote in quotes]
    return {
        "id": name,
        "text": text,
        "quotes": [
            {"start": start, "end": start + len(quote.text), "attr": "a", "entity": quote.speaker}
            for start, quote in starts
        ],
    }


def test_a_word_as_it_was_said_outweighs_its_stem_in_any_quote() -> None:
    """BM25F gives a term at most K1 + 1, and a term of a field without length (B = 0) at least 1."""
    assert EXACT_BOOST > WEIGHTING.K1 + 1
    assert WEIGHTING._field_B["exact"] == 0
