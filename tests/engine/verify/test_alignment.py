"""The alignment of remembered words with a quote."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.engine.verify.comparison import alignment
from quoth.engine.verify.comparison.alignment import CLOSE, LEFT_OUT, Alignment, align, is_close, weight
from tests.support.effort import sampled

# Words that often match, some of them similar, some of them function words.
WORDS = st.sampled_from("the a land lands lend swap swapping harbour harbuor never ever 2014 2015 's is has".split())
SLIPS = frozenset(["harbuor"])
FEW = st.lists(WORDS, max_size=7)


def plain_cost(remembered: Sequence[str], said: Sequence[str], *, whole: bool) -> int:
    """The same costs by the textbook algorithm, cell by cell."""
    gaps = [max(weight(word) * LEFT_OUT // 10, 1) for word in said]
    row = [sum(gaps[:n]) if whole else 0 for n in range(len(said) + 1)]
    for left in remembered:
        above, row = row, [row[0] + weight(left)]
        for n, right in enumerate(said):
            pair = max(weight(left), gaps[n])
            if left == right:
                pair = 0
            elif is_close(left, right, is_slip=left in SLIPS):
                pair = max(max(weight(left), weight(right)) * CLOSE // 10, 1)
            row.append(min(above[n] + pair, above[n + 1] + weight(left), row[n] + gaps[n]))
    return row[-1] if whole else min(row)


def run_cost(found: Alignment, remembered: Sequence[str], said: Sequence[str]) -> int:
    """The cost of the runs of an alignment."""
    cost = 0
    for op, (a, b), (c, d) in found.runs:
        if op == "not_said":
            cost += sum(map(weight, remembered[a:b]))
        elif op == "left_out":
            cost += sum(max(weight(word) * LEFT_OUT // 10, 1) for word in said[c:d])
        elif op != "equal":
            pairs = zip(remembered[a:b], said[c:d], strict=True)
            cost += sum(plain_cost([one], [other], whole=True) for one, other in pairs)
    return cost


@sampled(100)
@given(FEW, FEW, st.booleans())
def test_the_cost_is_that_of_the_plain_algorithm(remembered: list[str], said: list[str], whole: bool) -> None:
    assert align(remembered, said, slips=SLIPS, whole=whole).cost == plain_cost(remembered, said, whole=whole)


@sampled(100)
@given(FEW, FEW, st.booleans())
def test_the_runs_turn_one_text_into_the_other(remembered: list[str], said: list[str], whole: bool) -> None:
    found = align(remembered, said, slips=SLIPS, whole=whole)
    left, right = 0, found.start
    for op, (a, b), (c, d) in found.runs:
        assert (a, c) == (left, right)
        assert b > a or d > c
        if op == "equal":
            assert remembered[a:b] == said[c:d]
        elif op == "close":
            partners = zip(remembered[a:b], said[c:d], strict=True)
            assert all(is_close(one, other, is_slip=one in SLIPS) for one, other in partners)
        elif op == "replaced":
            assert b - a == d - c
        else:
            assert (b == a) is (op == "left_out")
            assert (d == c) is (op == "not_said")
        left, right = b, d
    assert (left, right) == (len(remembered), found.stop)
    assert run_cost(found, remembered, said) == found.cost
    if whole:
        assert (found.start, found.stop) == (0, len(said))


@sampled(100)
@given(FEW, FEW, FEW)
def test_verbatim_words_cost_nothing_at_any_position(
    before: list[str], remembered: list[str], after: list[str]
) -> None:
    found = align(remembered, before + remembered + after)
    assert found.cost == 0
    assert (before + remembered + after)[found.start : found.stop] == remembered


@sampled(100)
@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=5))
def test_the_table_of_close_words_is_made_of_pairs(ones: list[str], others: list[str]) -> None:
    ones, others = list(dict.fromkeys(ones)), list(dict.fromkeys(others))
    table = alignment._close(ones, others, SLIPS)
    assert table.tolist() == [[is_close(one, other, is_slip=one in SLIPS) for other in others] for one in ones]


@sampled(100)
@given(st.text("abcde", min_size=4, max_size=8), st.integers(0, 7), st.sampled_from("abcxyz"))
def test_a_slip_of_any_kind_leaves_a_word_close(word: str, place: int, letter: str) -> None:
    place %= len(word)
    slips = {
        word[:place] + letter + word[place:],
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place + 1 :],
        word[: max(place - 1, 0)] + word[place : place + 1] + word[max(place - 1, 0) : place] + word[place + 1 :],
    }
    assert all(is_close(slip, word, is_slip=True) for slip in slips - {word} if len(slip) >= 3)


@pytest.mark.parametrize(
    ("one", "other"),
    [("2014", "2015"), ("nevr", "never"), ("not", "note"), ("none", "one"), ("1990s", "1990"), ("cat", "cart2")],
)
def test_a_change_of_meaning_is_not_close(one: str, other: str) -> None:
    assert not is_close(one, other, is_slip=True)


@pytest.mark.parametrize(
    ("one", "other"), [("billion", "million"), ("iran", "iraq"), ("immoral", "immortal"), ("county", "country")]
)
def test_a_word_is_not_a_slip_of_another_word(one: str, other: str) -> None:
    assert not is_close(one, other)


def test_only_the_matching_stretch_of_a_long_text_is_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MAX_CELLS", 200)
    remembered = "the harbour will be dredged".split()
    said = ["the", "will"] * 200 + remembered + ["the", "be"] * 300
    found = align(remembered, said)
    assert (found.cost, said[found.start : found.stop]) == (0, remembered)


def test_empty_texts_align() -> None:
    assert align([], []).runs == align([], [], whole=True).runs == ()
    assert [run.op for run in align(["land"], []).runs] == ["not_said"]
    assert [run.op for run in align([], ["land"], whole=True).runs] == ["left_out"]
