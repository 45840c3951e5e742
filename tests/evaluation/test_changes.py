"""Changed quotes depend only on a seed, have the change of their kind, and are counted rightly."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from quoth.engine.analysis import words
from quoth.engine.verify.verify import VerifyRequest, verify
from quoth.quote import GivenQuote
from relevance.changes import CHANGES
from relevance.confirmations import ChangeTrial, asked, changed_quotes, summary, table
from relevance.quoted import QuotedText, WordSupply
from relevance.rewritings import REWRITINGS
from relevance.verify import build_collection
from tests.support.builders import a_given

# Every kind of change suits one of these.
SAYINGS = (
    "We will not raise the property taxes of the people of Lindholm, whatever the council says.",
    "I don’t think that the harbour will ever be sold to the U.S. company, not for 30 million dollars.",
    "If it rains until the spring, the old dam may hold, and only some of the long-term plans are lost.",
    "There are a few more boats, 14 percent, than before, and the color of the water is green from the copper.",
    "The café of Lindholm was closed for twelve weeks, so it’s the worst year of my life, they told us.",
    "Nobody in Lindholm wants the taxes to rise, nor did I say that they would rise in the spring.",
    "You told the people of Okafor that the town of Okafor would build a dam, and Okafor believed you.",
    "The plans of Okafor are better than the plan of the council, and we know what they want to do now.",
)
SUPPLY = WordSupply(3 * SAYINGS)
KINDS = {**CHANGES, **REWRITINGS}


def drawn_from(seed: object) -> random.Random:
    return random.Random(f"{seed}")  # noqa: S311 - nothing here is a secret


def changed(kind: str, text: str, seeds: int = 40) -> set[str]:
    """The texts that a kind of change makes of a quote."""
    texts = {KINDS[kind](QuotedText(text), SUPPLY, drawn_from(seed)) for seed in range(seeds)}
    return {text for text in texts if text is not None}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_meaning_has_other_words(kind: str) -> None:
    made = [(text, other) for text in SAYINGS for other in changed(kind, text, 5)]
    assert made
    assert [text for text, other in made if words(text) == words(other)] == []


@pytest.mark.parametrize("kind", REWRITINGS)
def test_a_rewriting_is_another_text(kind: str) -> None:
    made = [(text, other) for text in SAYINGS for other in changed(kind, text, 5)]
    assert made
    assert [text for text, other in made if text == other] == []


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("negation taken out", "We won't sell.", {"We will sell."}),
        ("negation taken out", "We do not sell.", {"We do sell."}),
        ("negation put in", "It is sold.", {"It is not sold.", "It is never sold.", "It isn’t sold."}),
        ("another number", "the first of them", {
            f"the {other} of them" for other in ("second", "third", "fourth", "fifth", "sixth")
        }),
        ("the opposite", "It rose; open it.", {"It rose; close it."}),
        ("another name", "We told Lindholm.", {"We told Okafor."}),
        ("another tense", "Boats are here.", {"Boats were here."}),
        ("two words change places", "Boats need harbours.", {
            "Need boats harbours.", "Harbours need boats.", "Boats harbours need.",
        }),
        ("“not” or “if” cut off", "I do not believe that the dam will hold for a year.", {
            "the dam will hold for a year."
        }),
        ("“just” behind “not” left out", "It isn’t just a boat.", {"It isn’t a boat."}),
        ("“just” behind “not” left out", "Only a few boats, just a boat.", {"Only few boats, just a boat."}),
        ("contraction", "It’s here.", {"It is here."}),
        ("British or American spelling", "a neighbour", {"a neighbor"}),
        ("a number in words or figures", "all 31 boats", {"all thirty-one boats"}),
        ("a number in words or figures", "in 2015 or $5", set()),
        ("a unit as a sign or a word", "over $30 million", {"over 30 million dollars"}),
        ("a small word left out", "It is just here.", {"It is here."}),
        ("an accent", "the café", {"the cafe"}),
        ("a hyphen as a space", "the long-term plan", {"the long term plan"}),
        ("a hyphen left out", "a four-and-a-half", set()),
        ("points of an abbreviation", "the U.S. and I am", {"the US and I am"}),
    ],
)  # fmt: skip
def test_a_change_is_of_its_kind(kind: str, text: str, expected: set[str]) -> None:
    assert changed(kind, text) == expected


def test_a_neighbour_is_a_word_of_the_corpus_that_differs_by_a_letter() -> None:
    assert WordSupply(3 * ["now or not, the dam is a dame"]).neighbours("not") == ["now"]
    assert changed("a neighbour by a letter", "the fire") == {"they fire"}


def test_two_spellings_of_a_word_are_no_neighbours() -> None:
    assert WordSupply(3 * ["a judgment is a judgement"]).neighbours("judgment") == []


def test_a_slip_is_no_word() -> None:
    slipped = {QuotedText(text).words[1] for text in changed("a slip that is no word", "the harbour")}
    assert len(slipped) > 20
    assert not slipped & SUPPLY.known


def given() -> list[GivenQuote]:
    return [a_given(text, id=str(number)) for number, text in enumerate(SAYINGS)]


def test_one_seed_gives_the_same_changes_and_no_kind_more_than_asked_for() -> None:
    made = list(changed_quotes(given(), SUPPLY, KINDS, most=2))
    assert made == list(changed_quotes(given(), SUPPLY, KINDS, most=2))
    assert {kind: sum(other == kind for other, _, _ in made) for kind in KINDS} == dict.fromkeys(KINDS, 2) | {
        kind: len({text for other, _, text in made if other == kind})
        for kind in KINDS
        if sum(other == kind for other, _, _ in made) < 2
    }


def test_words_that_somebody_said_are_no_changed_meaning() -> None:
    quotes = ["We will raise the taxes of this town.", "We will not raise the taxes of this town."]
    kinds = {"negation taken out": CHANGES["negation taken out"]}
    asked_of = [a_given(text, id=text) for text in quotes]
    assert list(changed_quotes(asked_of, WordSupply(quotes), kinds)) == []
    assert len(list(changed_quotes(asked_of, WordSupply(quotes[1:]), kinds))) == 1


def test_a_share_is_that_of_exact_and_near_verdicts() -> None:
    collection = build_collection(given())
    kind = "negation taken out"
    exact, missing = asked(collection, [(kind, SAYINGS[0], SAYINGS[0]), (kind, SAYINGS[0], "boats sink at sea")])
    assert (exact.is_confirmed, missing.is_confirmed) == (True, False)
    row = next(line for line in table([exact, missing]) if line.startswith(f"| {kind} "))
    assert row.split(" | ")[1:4] == ["2", "50.0%", "1"]
    assert f"| {kind} | .500 of 2 | 1.000 of 1 |" in summary({"one set": [exact, missing], "another": [exact]})


def test_a_wrong_answer_confirms_a_change_or_does_not_confirm_a_rewriting() -> None:
    answer = verify(build_collection(given()), VerifyRequest(SAYINGS[0]))
    for verdict, is_confirmed in (("exact", True), ("near", True), ("partial", False), ("not_found", False)):
        other = replace(answer, verdict=verdict)  # type: ignore[arg-type]
        assert ChangeTrial("the opposite", "", "", other).is_wrong is is_confirmed
        assert ChangeTrial("contraction", "", "", other).is_wrong is not is_confirmed
