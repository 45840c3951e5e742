"""How well remembered words match a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.engine.verify.comparison.differences import DifferenceKind
from quoth.engine.verify.comparison.text_match import RememberedText, TextMatch, match_text, said_text
from quoth.engine.verify.comparison.words import ComparedWord, compare
from quoth.text.sentences import ends
from tests.support.effort import sampled

BRIDGE = "We looked at the old bridge twice. There will be some lane closing on the river bridge. I know that."


def judged(remembered: str, said: str = BRIDGE, *, is_reported: bool = False, slips: str = "") -> TextMatch:
    words = RememberedText(remembered, compare(remembered), frozenset(slips.split()))
    return match_text(words, said_text(said, is_reported=is_reported))


def kinds(match: TextMatch) -> list[tuple[DifferenceKind, bool]]:
    return [(run.kind, run.may_change) for run in match.runs if run.kind is not None]


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("I met Mr. Okafor. He left.", 2),
            ("It is No. 10 on Main St. Nobody knows.", 1),
            ("The U.S. Senate sat at 3.30 p.m. today.", 1),
            ("Really? “Yes.” He left… and came back!", 3),
            ("One line\n\nanother line", 2),
            ("no end", 1),
            ("", 1),
        ],
    )
    def test_an_ambiguous_stop_does_not_end_a_sentence(self, text: str, count: int) -> None:
        assert len(list(ends(text))) + 1 == count


class TestExact:
    @pytest.mark.parametrize(
        "remembered",
        [
            BRIDGE,
            "There will be some lane closing on the river bridge.",
            "THERE WILL BE, some lane closing—on the river bridge",
            "There will be some lane closing on the river bridge. I know that.",
        ],
    )
    def test_whole_sentences_are_exact_whatever_their_case_and_punctuation(self, remembered: str) -> None:
        assert (judged(remembered).verdict, judged(remembered).similarity) == ("exact", 1.0)

    def test_a_sentence_is_found_where_it_is_one(self) -> None:
        """An earlier sentence contains the same words."""
        assert judged("We will win", "Of course we will win the cup. We will win.").window == (7, 10)

    @pytest.mark.parametrize("apostrophe", "'’ʼ′＇`´")
    def test_an_apostrophe_may_be_typed_in_any_way(self, apostrophe: str) -> None:
        assert judged(f"We can{apostrophe}t pay", "We can't pay").verdict == "exact"

    def test_an_accent_may_be_composed_or_not(self) -> None:
        assert judged("Le cafe\u0301 ferme", "Le café ferme").verdict == "exact"

    def test_a_single_word_is_exact_only_if_nothing_else_was_said(self) -> None:
        assert judged("Unbelievable", "Unbelievable!").verdict == "exact"
        assert judged("Unbelievable", "Unbelievable! We go home now.").verdict == "partial"
        assert judged("No", "No. We go home now.").verdict == "not_found"

    def test_words_cut_out_of_a_sentence_are_not_exact(self) -> None:
        assert judged("have any share in that company", "I did not have any share in that company").verdict != "exact"


class TestNear:
    @pytest.mark.parametrize(
        ("remembered", "said", "kind"),
        [
            ("We won't pay for it", "We will not pay for it", "contraction"),
            ("We wont pay for it", "We won’t pay for it", "contraction"),
            ("She's paid for the bridge", "She has paid for the bridge", "contraction"),
            ("They'd paid for the bridge", "They had paid for the bridge", "contraction"),
            ("The harbour is a centre of labour", "The harbor is a center of labor", "spelling"),
            ("We met in the cafe", "We met in the café", "spelling"),
            ("It is in an e-mail", "It is in an email", "spelling"),
            ("E-mail is what an email is", "E-mail is what an e-mail is", "spelling"),
            ("This is not who we're", "This is not who we are", "contraction"),
            ("The US pays for the bridge", "The U.S. pays for the bridge", "spelling"),
            ("Mister Okafor has a plan", "Mr. Okafor has a plan", "spelling"),
            ("[T]he mayor paid for the bridge", "The mayor paid for the bridge", "spelling"),
            ("They met on May 3, 2021 in town", "They met on the 3rd of May 2021 in town", "number"),
            ("They met on May 3 in town", "They met on 3 May in town", "number"),
            ("They met on 3 May in town", "They met on the 3rd of May in town", "number"),
            ("Now the us pays for the bridge", "Now the U.S. pays for the bridge", "spelling"),
            ("They met at 6:30pm at the bridge", "They met at 6:30 p.m. at the bridge", "number"),
            ("It cost 1.2m dollars for the bridge", "It cost US$1.2 million for the bridge", "number"),
            ("We will pay thirty pounds", "We will pay 30 pounds", "number"),
            ("We will pay 1.2 million dollars", "We will pay $1,200,000", "number"),
            ("It costs 14 percent more", "It costs 14% more", "number"),
            ("From 30 to 40 people came", "From 30–40 people came", "number"),
            ("The plan for bridge is good", "The plan for the bridge is good", "small_word"),
            ("I know that the bridge is just very old", "I know the bridge is old", "small_word"),
        ],
    )
    def test_another_way_to_write_the_same_changes_nothing(self, remembered: str, said: str, kind: str) -> None:
        found = judged(remembered, said)
        assert found.verdict == "near"
        assert {kind} <= {kind for kind, _ in kinds(found)} | {"number" if "–" in said else kind}
        assert not any(may_change for _, may_change in kinds(found))

    def test_a_slip_that_is_no_word_changes_nothing(self) -> None:
        found = judged("There will be some lane closnig on the river bridge", slips="closnig")
        assert (found.verdict, kinds(found)) == ("near", [("spelling", False)])
        assert judged("There will be some lane closnig on the river bridge").verdict == "altered"

    @pytest.mark.parametrize(
        ("name", "verdict", "kind"),
        [("Zelenska", "altered", ("name", True)), ("Zelenksy", "near", ("spelling", False))],
    )
    def test_a_slip_in_a_name_may_make_another_name(self, name: str, verdict: str, kind: tuple[str, bool]) -> None:
        found = judged(
            f"The mayor met {name} on the bridge", "The mayor met Zelensky on the bridge", slips=name.lower()
        )
        assert (found.verdict, kinds(found)) == (verdict, [kind])

    def test_common_words_alone_do_not_match(self) -> None:
        assert judged("We have not been at the old mill", "We have not been at the new school").verdict == "not_found"
        assert judged("that is what it was", "it is what that was").verdict == "not_found"

    def test_one_of_several_rare_words_is_too_little(self) -> None:
        assert judged("deeply concerned", "deeply regrettable").verdict == "not_found"

    def test_rare_words_weigh_more(self) -> None:
        rarity = {"harbor": 9.0, "zinc": 9.0}
        remembered, said = "big cheap zinc works here", said_text("big cheap harbor works here")
        words = RememberedText(remembered, compare(remembered))

        def weigh(word: ComparedWord) -> float:
            return rarity.get(word.word, 0.5)

        assert match_text(words, said).verdict == "altered"
        assert match_text(words, said, weigh).verdict == "not_found"


class TestAltered:
    @pytest.mark.parametrize(
        ("remembered", "said", "kind"),
        [
            ("We will raise property taxes", "We will not raise property taxes", "negation"),
            ("We will raise property taxes", "We won’t raise property taxes", "negation"),
            ("We never raise property taxes", "We always raise property taxes", "negation"),
            ("We will spend 30 billion dollars", "We will spend 30 million dollars", "number"),
            ("We will spend thirty pounds on it", "We will spend 40 pounds on it", "number"),
            ("It began in 2016 on the river", "It began in 2017 on the river", "number"),
            ("It is the first bridge in town", "It is the second bridge in town", "number"),
            ("The treaty with Iraq is dead", "The treaty with Iran is dead", "name"),
            ("Output fell in the harbour", "Output rose in the harbour", "opposite"),
            ("It is an illegal bridge to build", "It is a legal bridge to build", "opposite"),
            ("He was an immortal man in town", "He was an immoral man in town", "word"),
            ("A bridge was built in town", "The bridge was built in town", "word"),
            ("The mayor thanked the minister for the bridge", "The minister thanked the mayor for the bridge", "word"),
            ("Closed for ever is the harbour bridge in town", "The harbour bridge in town is closed for ever", "order"),
            ("The harbour bridge is closed", "The harbour bridge is still closed", "missing"),
            ("The old harbour bridge is closed", "The harbour bridge is closed", "added"),
            ("The bridges were closed by rain", "The bridge were closed by rain", "inflection"),
            ("The mayor is nowhere in the harbour", "The mayor is now here in the harbour", "negation"),
            ("The mayor is notable in the harbour", "The mayor is not able in the harbour", "negation"),
            ("They saw the council inaction at the dam", "They saw the council in action at the dam", "opposite"),
            ("We will re-sign from the harbour council", "We will resign from the harbour council", "word"),
            ("It is not about the harbour bridge", "It is not just about the harbour bridge", "missing"),
            ("Few people use the harbour bridge", "A few people use the harbour bridge", "missing"),
            ("They would hurt us and the bridge", "They would hurt the U.S. and the bridge", "name"),
            ("Ada is friend will close the bridge", "Ada’s friend will close the bridge", "word"),
            ("We will spend £30 on the bridge", "We will spend $30 on the bridge", "word"),
            ("We will spend A$30 on the bridge", "We will spend $30 on the bridge", "added"),
            ("It was 4C on the harbour bridge", "It was -4C on the harbour bridge", "number"),
            ("More than 12 use the harbour bridge", "More than 12+ use the harbour bridge", "missing"),
            ("It is ≤30 on the harbour bridge", "It is ≥30 on the harbour bridge", "word"),
            ("It was 12 40 on the harbour bridge", "It was 12 of 40 on the harbour bridge", "missing"),
            ("It was the mayor on the harbour bridge", "It was the mayor’s on the harbour bridge", "missing"),
            ("The not-able mayor is on the bridge", "The notable mayor is on the bridge", "negation"),
            ("It is a war on the harbour bridge", "It is a just war on the harbour bridge", "missing"),
            ("The mayor met Zelenska on the bridge", "The mayor met Zelensky on the bridge", "name"),
        ],
    )
    def test_a_difference_that_may_change_what_was_said_is_told(self, remembered: str, said: str, kind: str) -> None:
        found = judged(remembered, said)
        assert found.verdict == "altered"
        assert (kind, True) in kinds(found)

    def test_one_word_of_eight_is_altered_and_not_lost(self) -> None:
        said = "Nobody can say when the last ferry to the northern islands leaves, as the timetable is a state secret."
        found = judged("the last ferry to the southern islands leaves", said)
        assert (found.verdict, kinds(found)) == ("altered", [("opposite", True)])

    def test_some_words_may_differ(self) -> None:
        found = judged("there is going to be some lane closing on the bridge")
        assert found.verdict == "altered"


class TestCut:
    @pytest.mark.parametrize(
        ("remembered", "said", "turn"),
        [
            ("the dam is unsafe", "It is not true that the dam is unsafe, whatever they tell you.", "negation"),
            ("the dam is unsafe", "If the dam is unsafe, we will leave the town.", "condition"),
            ("we will leave the town", "We will leave the town unless the council pays.", "condition"),
            ("the dam is unsafe", "Critics say the dam is unsafe and always was.", "attribution"),
            ("the dam is unsafe", "Is it so that the dam is unsafe?", "question"),
            ("the dam is unsafe", "Perhaps the dam is unsafe.", "doubt"),
            ("the dam … is unsafe", "The dam that nobody says is unsafe.", "negation"),
            ("the dam is unsafe", "The dam is unsafe is what they would like you to believe.", "condition"),
            ("the dam is unsafe", "I believe the dam is unsafe.", None),
            ("We will pay for the dam", "We will pay for the dam and not a penny more.", None),
            ("the dam is unsafe", "We did not look, but the dam is unsafe.", None),
        ],
    )
    def test_words_that_turn_the_sense_and_are_cut_away_are_told(
        self, remembered: str, said: str, turn: str | None
    ) -> None:
        found = judged(remembered, said)
        assert (found.verdict, found.turn) == ("partial", turn)

    def test_an_ellipsis_leaves_words_out_honestly(self) -> None:
        said = "The bridge, the oldest, is closed."
        assert judged("The bridge ... is closed", said).verdict == "partial"
        assert judged("The bridge is closed", said).verdict == "altered"


class TestPartial:
    def test_words_out_of_something_longer_are_partial(self) -> None:
        long = (
            "Nobody can say when the last ferry to the northern islands leaves, since the timetable is a state secret."
        )
        found = judged("the last ferry to the northern islands", long)
        assert (found.verdict, found.similarity, found.window) == ("partial", 1.0, (4, 11))

    def test_a_fragment_inside_what_is_remembered_is_partial(self) -> None:
        found = judged("there was quite some lane closing", "lane closing")
        assert (found.verdict, found.is_fragment) == ("partial", True)

    def test_a_statement_is_never_more_than_partial(self) -> None:
        assert judged(BRIDGE, is_reported=True).verdict == "partial"


@sampled(100)
@given(st.text(max_size=40), st.text(max_size=40))
def test_every_text_has_a_verdict_on_every_other(remembered: str, said: str) -> None:
    found = judged(remembered, said)
    assert 0 <= found.similarity <= 1
    assert (found.verdict == "not_found") is (found.window == (0, 0))


@sampled(100)
@given(st.lists(st.sampled_from("we will dredge the old harbour. Now! tomorrow".split()), min_size=1, max_size=9))
def test_every_text_is_exactly_itself(said: list[str]) -> None:
    assert judged(" ".join(said), " ".join(said)).verdict == "exact"
