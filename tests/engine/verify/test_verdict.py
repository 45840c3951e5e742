"""The verdict on remembered words for a text, and its change by a claimed speaker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.engine.analysis import places
from quoth.engine.verify.verdict import Claim, Decision, SaidText, SpeakerMatches, TextMatch, Words, decide, match_text
from quoth.text.sentences import cuts, ends
from tests.support.effort import sampled

BRIDGE = "We looked at the old bridge twice. There will be some lane closing on the river bridge. I know that."


def text_of(said: str, *, is_reported: bool = False) -> SaidText:
    spans = places(said)
    return SaidText([word for word, _, _ in spans], cuts(said, spans), is_reported)


def judged(remembered: str, said: str = BRIDGE, *, is_reported: bool = False) -> TextMatch:
    return match_text([word for word, _, _ in places(remembered)], text_of(said, is_reported=is_reported))


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

    def test_an_accent_may_be_composed_or_not(self) -> None:
        assert judged("Le cafe\u0301 ferme", "Le café ferme").verdict == "exact"

    def test_a_single_word_is_exact_only_if_nothing_else_was_said(self) -> None:
        assert judged("Unbelievable", "Unbelievable!").verdict == "exact"
        assert judged("Unbelievable", "Unbelievable! We go home now.").verdict == "partial"
        assert judged("No", "No. We go home now.").verdict == "not_found"

    def test_words_cut_out_of_a_sentence_are_not_exact(self) -> None:
        assert judged("have any share in that company", "I did not have any share in that company").verdict != "exact"


class TestNear:
    def test_some_words_may_differ(self) -> None:
        found = judged("there is going to be some lane closing on the bridge")
        assert found.verdict == "near"
        assert [run.op for run in found.runs] == ["equal", "replaced", "not_said", "equal", "left_out", "equal"]

    def test_a_negation_on_one_side_only_is_reported(self) -> None:
        assert judged("There will not be some lane closing on the river bridge").flips_negation
        assert not judged("There would be some lane closing on the river bridge").flips_negation

    def test_common_words_alone_do_not_match(self) -> None:
        assert judged("We have not been at the old mill", "We have not been at the new school").verdict == "not_found"
        assert judged("that is what it was", "it is what that was").verdict == "not_found"

    def test_one_of_several_rare_words_is_too_little(self) -> None:
        assert judged("deeply concerned", "deeply regrettable").verdict == "not_found"
        assert judged("I will return", "I shall return").verdict == "near"

    def test_rare_words_weigh_more(self) -> None:
        rarity = {"harbour": 9.0, "zinc": 9.0}
        remembered, said = "big cheap zinc works here", "big cheap harbour works here"
        text = text_of(said)
        assert match_text(remembered.split(), text).verdict == "near"
        assert match_text(remembered.split(), text, lambda word: rarity.get(word, 0.5)).verdict == "not_found"


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


def claims(*known: tuple[Words, float, SpeakerMatches]) -> Sequence[Claim]:
    return [Claim(TextMatch(verdict, similarity, content_words=2), matches) for verdict, similarity, matches in known]


class TestWhose:
    @pytest.mark.parametrize(
        ("known", "ruling"),
        [
            ([], Decision("not_found")),
            ([("not_found", 0.0, True)], Decision("not_found")),
            ([("exact", 1.0, False), ("near", 0.6, True)], Decision("near", 1)),
            ([("exact", 1.0, False), ("partial", 0.95, True)], Decision("partial", 1)),
            ([("exact", 1.0, False), ("partial", 0.8, True)], Decision("other_speaker", 0)),
            ([("near", 0.6, False), ("partial", 0.9, True)], Decision("partial", 1)),
            ([("partial", 0.9, False)], Decision("other_speaker", 0)),
            ([("exact", 1.0, None)], Decision("exact", 0)),
            ([("near", 0.8, False), ("near", 0.9, None)], Decision("near", 1)),
        ],
    )
    def test_a_claimed_speaker_decides_the_verdict(
        self, known: list[tuple[Words, float, SpeakerMatches]], ruling: Decision
    ) -> None:
        assert decide(claims(*known), names_speaker=True) == ruling

    @pytest.mark.parametrize(
        ("remembered", "speaks"), [("Today", False), ("It is what it is", False), ("I shall return", True)]
    )
    def test_common_phrases_contradict_no_speaker(self, remembered: str, speaks: bool) -> None:
        ruling = decide([Claim(judged(remembered, remembered), speaker_matches=False)], names_speaker=True)
        assert ruling.verdict == ("other_speaker" if speaks else "not_found")

    def test_a_known_speaker_comes_before_an_unknown_one(self) -> None:
        unknown = Claim(TextMatch("exact", 1.0), None, has_speaker=False)
        assert decide([unknown, *claims(("exact", 1.0, False))], names_speaker=True) == Decision("other_speaker", 1)

    def test_without_a_speaker_the_words_decide(self) -> None:
        assert decide(claims(("near", 0.9, None), ("exact", 1.0, None)), names_speaker=False) == Decision("exact", 1)
