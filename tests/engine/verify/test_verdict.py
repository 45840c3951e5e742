"""The verdict on the matches of all candidates, and its change by a claimed speaker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quoth.engine.verify.comparison.text_match import TextMatch, Words
from quoth.engine.verify.verdict import Claim, Decision, SpeakerMatches, decide
from tests.engine.verify.test_text_match import judged


def claims(*known: tuple[Words, float, SpeakerMatches]) -> Sequence[Claim]:
    return [Claim(TextMatch(verdict, similarity, content_words=2), matches) for verdict, similarity, matches in known]


def denial(verdict: Words, matches: SpeakerMatches) -> Claim:
    return Claim(TextMatch(verdict, 1.0, content_words=2), matches, has_speaker=False, is_denial=True)


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
            ([("exact", 1.0, False), ("altered", 0.95, True)], Decision("altered", 1)),
            ([("exact", 1.0, False), ("altered", 0.8, True)], Decision("other_speaker", 0)),
            ([("altered", 0.9, False), ("altered", 0.8, True)], Decision("altered", 1)),
            ([("altered", 0.9, None)], Decision("altered", 0)),
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


class TestDenied:
    def test_a_denial_decides_if_no_quote_of_that_speaker_has_the_words(self) -> None:
        for others in ([], claims(("exact", 1.0, False)), claims(("altered", 0.9, True))):
            decision = decide([*others, denial("exact", True)], names_speaker=True)
            assert decision == Decision("denied", len(others), (len(others),))

    def test_a_quote_of_that_speaker_comes_before_a_denial_which_is_told(self) -> None:
        said = claims(("exact", 1.0, True))
        assert decide([denial("exact", True), *said], names_speaker=True) == Decision("exact", 1, (0,))

    def test_a_denial_of_somebody_else_says_nothing(self) -> None:
        assert decide([denial("exact", False)], names_speaker=True) == Decision("not_found")
        assert decide([denial("exact", None)], names_speaker=True) == Decision("not_found")

    def test_a_denial_of_other_words_says_nothing(self) -> None:
        assert decide([denial("altered", True)], names_speaker=True) == Decision("not_found")

    def test_without_a_speaker_any_quote_with_the_words_comes_before_a_denial(self) -> None:
        said = claims(("exact", 1.0, None))
        assert decide([denial("exact", None), *said], names_speaker=False) == Decision("exact", 1, (0,))
        assert decide([denial("exact", None)], names_speaker=False) == Decision("denied", 0, (0,))
