"""Pieces of several utterances that are remembered as one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.engine.verify import splices
from quoth.engine.verify.comparison.alignment import LEFT_OUT, weight
from quoth.engine.verify.comparison.words import ComparedWord, compare
from quoth.engine.verify.passages import SpokenText
from tests.support.builders import a_quote
from tests.support.effort import sampled

WORDS = st.sampled_from("the a land harbour bridge town will not".split())
FEW = st.lists(WORDS, max_size=7)

DAM = "The dam will hold for another year, and nobody has to leave the town tonight"
BRIDGE = "There will be some lane closing on the river bridge until the spring"


def spoken(text: str, id: str) -> SpokenText:
    return SpokenText((a_quote(text, id=id),))


def found(text: str, *known: SpokenText) -> list[str]:
    def search(_: Sequence[ComparedWord]) -> Sequence[SpokenText]:
        return known

    words = compare(text)
    pieces = splices.find(words, known, search)
    return [" ".join(word.word for word in words[slice(*piece.stretch.remembered)]) for piece in pieces]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "The dam will hold for another year, on the river bridge until the spring",
            ["the dam will hold for another year", "on the river bridge until the spring"],
        ),
        (
            "lane closing on the river bridge and nobody has to leave the town",
            ["lane closing on the river bridge", "and nobody has to leave the town"],
        ),
    ],
)
def test_halves_of_two_utterances_are_two_pieces(text: str, pieces: list[str]) -> None:
    assert found(text, spoken(DAM, "q_1"), spoken(BRIDGE, "q_2")) == pieces


@pytest.mark.parametrize(
    "text",
    [
        DAM,
        DAM.replace("another year", "a century or two"),
        DAM + " and more",
        "The dam will hold for another year and the moon is made of cheese as we all know",
        "tonight nobody has to leave the town, the dam will hold for another year",
    ],
)
def test_words_of_one_utterance_are_no_splice_whatever_differs(text: str) -> None:
    assert found(text, spoken(DAM, "q_1"), spoken(BRIDGE, "q_2")) == []


def test_the_same_words_in_two_utterances_are_no_splice() -> None:
    assert found(DAM, spoken(DAM, "q_1"), spoken(DAM, "q_2"), spoken(BRIDGE, "q_3")) == []


def test_a_piece_that_the_whole_words_do_not_lead_to_is_searched_for() -> None:
    asked = []

    def search(words: Sequence[ComparedWord]) -> Sequence[SpokenText]:
        asked.append(" ".join(word.word for word in words))
        return [spoken(BRIDGE, "q_2")]

    text = "The dam will hold for another year, on the river bridge until the spring"
    assert len(splices.find(compare(text), [spoken(DAM, "q_1")], search)) == 2
    assert asked == ["on the river bridge until the spring"]


def plain_score(left: Sequence[str], right: Sequence[str]) -> int:
    """The score of the best stretch, cell by cell."""
    best, above = 0, [0] * (len(right) + 1)
    for one in left:
        row = [0]
        for place, other in enumerate(right):
            pair = weight(one) if one == other else -max(weight(one), weight(other))
            gap = max(weight(other) * LEFT_OUT // 10, 1)
            row.append(max(0, above[place] + pair, above[place + 1] - weight(one), row[place] - gap))
        best, above = max(best, *row), row
    return best


@sampled(100)
@given(FEW, FEW)
def test_the_stretch_is_that_of_the_plain_algorithm(left: list[str], right: list[str]) -> None:
    found = splices.stretch(left, right)
    assert found.score == plain_score(left, right)
    assert plain_score(left[slice(*found.remembered)], right[slice(*found.said)]) == found.score
