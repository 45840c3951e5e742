"""Did somebody say that? Tests of the real engine over a store in memory, on invented texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.answers import build
from quoth.archive import Archive
from quoth.engine import segment
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.verify.verdict import Verdict
from quoth.engine.verify.verify import MAX_TEXT, MAX_WORDS, Verification, VerifyRequest, verify
from quoth.errors import BadQuery
from quoth.quote import Attribution, GivenQuote, Quote, Selector, Utterance
from quoth.storage import snapshot
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.files.page_cache import PageCache
from quoth.storage.segments import seal
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Store
from tests.support.builders import TestEffects, a_given, a_quote, a_record, an_article

BRIDGE = (
    "Because there will be some lane closing going on. "
    "I know that through the ferrymen and through conversations with everybody."
)


def opened(store: Store) -> Collection:
    entries = [entry for entry in snapshot.load(store).manifest.segments if entry.quotes]
    files = PageCache(store).open(entries)
    return Collection(
        [SegmentView(file, s.table, s.retired_numbers, s.id) for file, s in zip(files, entries, strict=True)]
    )


def a_collection(*quotes: Quote) -> Collection:
    store = MemoryStore()
    records = [a_record(quote.id) for quote in quotes]
    built = segment.build((quote.id, quote) for quote in quotes)
    commit(store, seal("s", built, records), LedgerCache(store), TestEffects().effects())
    return opened(store)


def an_archive(*items: Any) -> Collection:
    store = MemoryStore()
    Archive(store).add(items)
    return opened(store)


def told(collection: Collection, text: str, speaker: str | None = None) -> Verification:
    return verify(collection, VerifyRequest(text, speaker))


def an_utterance(*texts: str, prefixes: Iterable[str] = (), speaker: str = "Ada Okafor") -> list[Quote]:
    quotes = []
    for number, (text, prefix) in enumerate(zip(texts, [*prefixes, *[""] * len(texts)], strict=False), 1):
        quote = a_quote(text, id=f"q_{number}", speaker=speaker)
        place = Utterance("u_1", number, len(texts))
        quotes.append(replace(quote, utterance=place, selector=Selector(text, prefix=prefix)))
    return quotes


SAYINGS = (
    a_given(BRIDGE, "Donald Trump"),
    a_given("We will not give up a single yard of the harbour.", "Volodymyr Zelensky"),
    a_given("It is a good day for the harbour.", "Volodymyr Zelensky"),
    a_given("The talks were cordial and brief.", "Grace Mbeki"),
    a_given("The talks were cordial and brief.", "Bo Lind"),
    a_given("Le cafe\u0301 du port ferme demain, hélas", "Zoé Ñandú"),
)
SAID = an_archive(*SAYINGS)


def test_without_a_match_the_nearest_quote_is_shown_as_such() -> None:
    found = told(SAID, "the cordial ferrymen of the moon")
    assert (found.verdict, found.quote, found.differences) == ("not_found", None, ())
    assert found.nearest is not None
    assert found.nearest_differences
    assert told(SAID, "zebra xylophone").nearest is None
    assert told(SAID, "The talks were cordial and brief.").nearest is None


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("moon cheese cordial and brief", "3 of the 5"),
        ("cordial zebra", "1 of the 2"),
        ("zebra talks", "1 of the 2"),
        ("cordial zebra xylophone", None),
    ],
    ids=["most words", "half of the words", "half of them at the end", "fewer than half"],
)
def test_the_words_of_the_nearest_quote_are_counted_if_they_are_half_of_all(text: str, shared: str | None) -> None:
    found = told(SAID, text)
    assert found.nearest is not None
    assert found.nearest.text == "The talks were cordial and brief."
    nothing = "nothing like these words is in this index"
    assert found.why == (f"no quote in this index has these words; the nearest has {shared}" if shared else nothing)


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("The talks were “a waste of everybody’s time”, said Ada Okafor", True),
        ('"A waste of time," said Okafor', True),
        ("»Zebra«, said Okafor", True),
        ("“A waste of everybody’s time.”", False),
        ("a waste of everybody’s time", False),
        ("Zebras were “”", False),
    ],
)
def test_words_outside_of_quotation_marks_are_pointed_out(text: str, is_told: bool) -> None:
    found = told(SAID, text)
    assert found.verdict == "not_found"
    assert ("check the whole sentence" in found.why) == is_told


def test_the_answer_in_json_has_the_evidence() -> None:
    archive = Archive(MemoryStore())
    archive.add(SAYINGS)
    value = build.to_json(build.verification(archive.verify("there is going to be some lane closing", "Zelensky")))
    assert value["query"] == {"text": "there is going to be some lane closing", "speaker": "Zelensky"}
    assert (value["verdict"], value["words"], value["speaker_matches"]) == ("other_speaker", "altered", False)
    assert value["quote"]["speaker"]["name"] == "Donald Trump"
    assert value["differences"] == [{"kind": "word", "remembered": "is going to", "said": "will", "may_change": True}]
    start = len("Because ")
    assert value["window"] == {"start": start, "end": start + len("there will be some lane closing")}
    assert (value["cut_from"], value["pieces"], value["also_denied"]) == (None, [], [])
    nothing = build.to_json(build.verification(archive.verify("the moon is made of cheese")))
    assert (nothing["verdict"], nothing["quote"], nothing["differences"]) == ("not_found", None, [])
    assert nothing["coverage"]["quotes"] == len(SAYINGS)


class TestVerdicts:
    def test_somebody_else_said_something_like_this(self) -> None:
        found = told(SAID, "there is going to be some lane closing", "Zelensky")
        assert (found.verdict, found.words, found.speaker_matches) == ("other_speaker", "altered", False)
        assert found.quote is not None
        assert found.quote.text == BRIDGE
        assert found.why.startswith("Donald Trump said something like this, not Zelensky; what differs may change")

    def test_the_comparison_is_in_the_words_as_they_are_written(self) -> None:
        found = told(SAID, "Because THERE is going to be some Lane closing going on")
        assert [tuple(change) for change in found.comparison] == [
            (None, "Because THERE", "Because there", False),
            ("word", "is going to", "will", True),
            (None, "be some Lane closing going on", "be some lane closing going on", False),
        ]
        assert found.quote is not None
        assert found.window is not None
        assert found.quote.text[slice(*found.window)] == "Because there will be some lane closing going on"

    @pytest.mark.parametrize("speaker", [None, "Donald Trump", "trump", "TRUMP", "donald-trump", "President Trump"])
    def test_a_whole_sentence_is_exact(self, speaker: str | None) -> None:
        found = told(SAID, "because there will be some lane closing going on", speaker)
        assert (found.verdict, found.similarity) == ("exact", 1.0)
        assert found.speaker_matches is (None if speaker is None else True)

    def test_words_out_of_a_longer_sentence_are_partial(self) -> None:
        found = told(SAID, "through conversations with everybody", "Trump")
        assert (found.verdict, found.speaker_matches) == ("partial", True)
        assert "a part of something longer" in found.why

    @pytest.mark.parametrize(
        "text", ["the moon is made of cheese", "there will be some", "it is a", "harbour moon tax"]
    )
    def test_an_unknown_quote_is_not_found(self, text: str) -> None:
        found = told(SAID, text, "Trump")
        assert (found.verdict, found.words, found.quote, found.differences) == ("not_found", "not_found", None, ())
        assert "in this index" in found.why

    def test_an_unknown_speaker_is_reported(self) -> None:
        assert told(SAID, "the moon is made of cheese", "Nobody Inparticular").why.endswith(
            "no speaker in it is known as Nobody Inparticular"
        )

    def test_a_typo_in_a_remembered_word_does_no_harm(self) -> None:
        assert (
            told(an_archive(a_given("The problem's not new", "Ada Okafor")), "the rpoblem's not new").verdict == "near"
        )
        found = told(SAID, "we will not give up a single yrad of the harbor")
        assert found.verdict == "near"
        assert {(change.kind, change.may_change) for change in found.differences} == {("spelling", False)}

    def test_a_missing_not_is_reported(self) -> None:
        found = told(SAID, "We will give up a single yard of the harbour", "Zelensky")
        assert (found.verdict, found.speaker_matches) == ("altered", True)
        assert [tuple(change) for change in found.differences] == [("negation", "", "not", True)]
        assert "“not”" in found.why

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("an immortal man in harbour town", "an immoral man in harbour town"),
            ("30 million yards", "30 billion yards"),
        ],
    )
    def test_a_word_of_this_index_is_no_slip(self, text: str, said: str) -> None:
        """Neither is a common word: both are exchanged for others."""
        found = told(an_archive(a_given(f"We saw {said} of it.", "Ada Okafor")), f"We saw {text} of it")
        assert found.verdict == "altered"

    def test_a_name_that_only_this_index_knows_is_no_slip_of_another(self) -> None:
        said = an_archive(a_given("We met Zorbax at the harbour.", "Ada Okafor"), a_given("Zorbex is here.", "Bo Lind"))
        assert told(said, "We met Zorbex at the harbour").differences[0].kind == "name"
        assert told(said, "We met Zrobax at the harbour").verdict == "near"

    def test_both_speakers_of_a_quote_are_reported(self) -> None:
        found = told(SAID, "The talks were cordial and brief", "Bo Lind")
        assert (found.verdict, found.quote and found.quote.speaker and found.quote.speaker.id) == ("exact", "bo-lind")
        assert [other.quote.speaker.name for other in found.others if other.quote.speaker] == ["Grace Mbeki"]
        assert [(other.words, other.speaker_matches) for other in found.others] == [("exact", False)]

    @pytest.mark.parametrize(
        "text", ["LE CAFÉ DU PORT FERME DEMAIN HÉLAS", "le cafe\u0301 du port ferme demain, hélas…"]
    )
    def test_accents_and_case_do_not_matter(self, text: str) -> None:
        assert told(SAID, text, "Zoe Nandu").verdict == "exact"


class TestSpeakers:
    def test_a_typo_in_a_name_is_corrected_and_reported(self) -> None:
        found = told(SAID, "It is a good day for the harbour", "Volodymyr Zelenskij")
        assert (found.verdict, found.speaker_matches) == ("exact", True)
        assert "the nearest spelling is used" in found.why

    def test_unattributed_words_contradict_no_speaker(self) -> None:
        found = told(a_collection(a_quote(BRIDGE, speaker=None)), BRIDGE, "Zelensky")
        assert (found.verdict, found.words, found.speaker_matches) == ("exact", "exact", None)
        assert "but not their speaker" in found.why

    def test_a_bare_surname_may_be_the_claimed_speaker(self) -> None:
        """An article with only "Okafor" has its own speaker, who may be the same person."""
        found = told(an_archive(a_given(BRIDGE, "Okafor")), BRIDGE, "Ada Okafor")
        assert (found.verdict, found.speaker_matches) == ("exact", None)
        assert "it is unclear whether" in found.why

    @pytest.mark.parametrize(
        ("speaker", "claim", "matches"),
        [
            ("Donald Trump", "Trump, Donald", True),
            ("Donald Trump", "Mr Trump", True),
            ("Bill Clinton", "Mrs Clinton", None),
            ("Robert Lind", "Bob Lind", None),
            ("Robert Lind", "Bobby Lind", None),
            ("Ada Malloch-Brown", "Ada Malloch", None),
            ("Robert Lind", "Bo Lind", False),
            ("Angus King", "Angus Prince", False),
            ("Bo Lindqvist", "Bo Lindqvist Jr", None),
            ("Boris Johnson", "Boris Johnston", None),
            ("Boris Johnson", "Boris", None),
            ("Boris Johnson", "Boris Lind", False),
        ],
    )
    def test_a_part_of_a_name_or_another_title_confirms_nobody(
        self, speaker: str, claim: str, matches: bool | None
    ) -> None:
        assert told(an_archive(a_given(BRIDGE, speaker)), BRIDGE, claim).speaker_matches is matches

    def test_a_namesake_is_somebody_else(self) -> None:
        found = told(an_archive(a_given(BRIDGE, "Bo Okafor")), BRIDGE, "Ada Okafor")
        assert found.verdict == "other_speaker"

    def test_the_speaker_is_not_lost_among_all_who_say_the_same(self) -> None:
        crowd = [a_given("Our thoughts are with the families.", f"Mayor Number{n}", id=str(n)) for n in range(300)]
        own = a_given("Our thoughts are with the poor families today.", "Ada Okafor")
        found = told(an_archive(*crowd, own), "Our thoughts are with the families", "Ada Okafor")
        assert (found.verdict, found.speaker_matches) == ("altered", True)
        assert [change.said for change in found.differences] == ["poor"]

    def test_common_phrases_are_reported_and_contradict_no_speaker(self) -> None:
        found = told(an_archive(a_given("It is what it is.", "Bo Lind")), "It is what it is", "Ada Okafor")
        assert (found.verdict, found.quote, len(found.others)) == ("not_found", None, 1)
        assert "too common to count against Ada Okafor" in found.why

    def test_an_uncertain_attribution_is_reported(self) -> None:
        unsure = replace(a_quote(BRIDGE), attribution=Attribution("attributed", "test", "the test says so", 0.6))
        assert "60% sure" in told(a_collection(unsure), BRIDGE, "Bo Lind").why


class TestUtterances:
    def test_a_sentence_that_is_split_is_one(self) -> None:
        parts = an_utterance("I did not,", "have any share in that shipping company.", prefixes=["", "he said, “"])
        collection = a_collection(*parts)
        whole = told(collection, "I did not have any share in that shipping company")
        assert (whole.verdict, [part.id for part in whole.utterance]) == ("exact", ["q_1", "q_2"])
        half = told(collection, "have any share in that shipping company")
        assert half.verdict != "exact"
        assert half.quote is not None
        assert half.quote.id == "q_2"

    def test_a_part_that_begins_a_sentence_is_one(self) -> None:
        parts = an_utterance("The dam will hold,", "Nobody has to leave town tonight.", prefixes=["", ",” she said. “"])
        collection = a_collection(*parts)
        assert told(collection, "The dam will hold").verdict == "exact"
        assert told(collection, "Nobody has to leave town tonight").verdict == "exact"

    def test_an_article_is_verified_as_it_is_extracted(self) -> None:
        collection = an_archive(an_article("“The dam will hold,” said Ada Okafor. “Nobody has to leave town.”"))
        found = told(collection, "The dam will hold. Nobody has to leave town.", "Okafor")
        assert (found.verdict, found.speaker_matches, len(found.utterance)) == ("exact", True, 2)


class TestTypes:
    def test_a_statement_is_partial_at_most(self) -> None:
        reported = a_quote("the dam would hold for another year", type="indirect")
        found = told(a_collection(reported), "the dam would hold for another year", "Ada Okafor")
        assert (found.verdict, found.speaker_matches) == ("partial", True)
        assert found.why.startswith("Ada Okafor is reported to have said this")
        assert "The words are the reporter's" in found.why

    def test_a_fragment_is_reported_as_one(self) -> None:
        found = told(a_collection(a_quote("lane closing", type="partial")), "lane closing")
        assert (found.verdict, "only this fragment" in found.why) == ("exact", True)


class TestQuestions:
    @pytest.mark.parametrize(
        ("text", "speaker", "parameter"),
        [
            ("", None, "text"),
            ("  \n", None, "text"),
            ("…!?", None, "text"),
            ("a\ud800", None, "text"),
            ("x" * (MAX_TEXT + 1), None, "text"),
            ("x" * 300, None, "text"),
            ("a " * (MAX_WORDS + 1), None, "text"),
            ("yes", " ", "speaker"),
            ("yes", "\udfff", "speaker"),
            ("yes", "x" * 257, "speaker"),
        ],
    )
    def test_an_invalid_request_is_refused_by_its_parameter(
        self, text: str, speaker: str | None, parameter: str
    ) -> None:
        with pytest.raises(BadQuery) as refused:
            VerifyRequest(text, speaker)
        assert refused.value.parameter == parameter

    def test_an_empty_index_finds_nothing(self) -> None:
        assert verify(Collection([]), VerifyRequest("yes", "Ada")).verdict == "not_found"

    def test_the_longest_question_is_answered(self) -> None:
        text = " ".join(["the harbour will be some"] * 80)[:MAX_TEXT].rsplit(" ", 1)[0]
        assert told(SAID, text, "Trump").verdict == "not_found"

    @given(st.text(max_size=200), st.none() | st.text(max_size=40))
    @settings(deadline=None, max_examples=60)
    def test_every_question_has_an_answer(self, text: str, speaker: str | None) -> None:
        try:
            question = VerifyRequest(text, speaker)
        except BadQuery:
            return
        found = verify(SAID, question)
        assert found.verdict in get_args(Verdict)
        assert (found.quote is None) is (found.verdict == "not_found")

    @pytest.mark.parametrize(
        "text", ["the ferry will certainly leave", "the fer\xadry will\u200b certain\u200dly leave"]
    )
    @pytest.mark.parametrize("speaker", ["Zoë Okafor", "Zoe\u0308 Oka\xadfor", "zoe-okafor", "\u202aOka\u200bfor"])
    def test_unseen_characters_decide_nothing(self, text: str, speaker: str) -> None:
        body = "“The ferry will cer\xadtain\xadly leave,” said Zoe\u0308 Oka\xadfor.\n\n“It will not,” said Bo Lind."
        found = told(an_archive(an_article(body)), text, speaker)
        assert (found.verdict, found.speaker_matches) == ("exact", True)
        assert found.quote is not None
        assert found.quote.text == "The ferry will cer\xadtain\xadly leave,"
        assert found.window == (0, len(found.quote.text) - 1)

    def test_a_name_that_mixes_alphabets_may_be_the_claimed_one(self) -> None:
        said = an_archive(a_given("The ferry will certainly leave.", "\u0410da Byron"), a_given("Never.", "Ada Byron"))
        for name in ("Ada Byron", "Byron", "Mayor A. Byron", "mr"):
            assert told(said, "the ferry will certainly leave", name).speaker_matches is not True
        assert told(said, "the ferry will certainly leave", "Ada Byron").speaker_matches is None
        assert told(said, "the ferry will certainly leave", "Bo Lind").verdict == "other_speaker"
        assert told(said, "the ferry will certainly leave", "\u0410da Byron").speaker_matches is True

    def test_the_caller_may_stop_it(self) -> None:
        def check() -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            verify(SAID, VerifyRequest("lane closing"), check)


class TestCut:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("the dam is unsafe", "It is not true that the dam is unsafe, whatever the farmers may tell you tonight,"),
            ("he should resign over a parking ticket", "I never said that he should resign over a parking ticket,"),
        ],
    )
    def test_a_sentence_that_turns_the_words_is_shown_whole(self, text: str, said: str) -> None:
        found = told(an_archive(a_given(said + " and go.", "Tom Breen"), *SAYINGS), text, "Breen")
        assert (found.verdict, found.speaker_matches) == ("partial", True)
        assert found.cut_from is not None
        assert (found.cut_from.kind, found.cut_from.sentence) == ("negation", said + " and go.")
        assert "The sentence that they are cut from negates it" in found.why

    def test_a_harmless_cut_is_not(self) -> None:
        assert told(SAID, "through conversations with everybody").cut_from is None


class TestSplices:
    def test_halves_of_two_utterances_are_shown_as_two_pieces(self) -> None:
        text = "We will not give up a single yard of the harbour through conversations with everybody"
        found = told(SAID, text)
        assert (found.verdict, found.words) == ("spliced", "spliced")
        assert [(piece.text, piece.quote.speaker and piece.quote.speaker.id) for piece in found.pieces] == [
            ("We will not give up a single yard of the harbour", "volodymyr-zelensky"),
            ("through conversations with everybody", "donald-trump"),
        ]
        assert [piece.words for piece in found.pieces] == ["exact", "partial"]
        assert [piece.quote.text[slice(*piece.window)] for piece in found.pieces] == [
            "We will not give up a single yard of the harbour",
            "through conversations with everybody",
        ]
        assert "nobody said them as one" in found.why

    @pytest.mark.parametrize(
        ("speaker", "verdict", "matches"),
        [("Zelensky", "spliced", False), ("Grace Mbeki", "other_speaker", False)],
    )
    def test_a_splice_is_of_another_speaker_if_no_piece_is_of_the_claimed(
        self, speaker: str, verdict: str, matches: bool
    ) -> None:
        text = "We will not give up a single yard of the harbour through conversations with everybody"
        found = told(SAID, text, speaker)
        assert (found.verdict, found.words, found.speaker_matches) == (verdict, "spliced", matches)


class TestDenied:
    DENIED = GivenQuote(
        text="The dam will burst before the spring.", denied_speaker="Ada Okafor", url="https://a.example/1"
    )

    def test_an_article_says_that_this_person_did_not_say_it(self) -> None:
        said = an_archive(self.DENIED, *SAYINGS)
        for speaker in (None, "Okafor"):
            found = told(said, "the dam will burst before the spring", speaker)
            assert (found.verdict, found.words) == ("denied", "exact")
            assert "Ada Okafor did not say this" in found.why
        assert told(said, "the dam will burst before the spring", "Bo Lind").verdict == "not_found"

    def test_a_quote_of_that_person_comes_first_and_the_denial_is_told(self) -> None:
        said = an_archive(self.DENIED, a_given(self.DENIED.text, "Ada Okafor"), a_given(self.DENIED.text, "Bo Lind"))
        found = told(said, "the dam will burst before the spring", "Ada Okafor")
        assert (found.verdict, found.speaker_matches, len(found.also_denied)) == ("exact", True, 1)
        said = an_archive(self.DENIED, a_given(self.DENIED.text, "Bo Lind"))
        found = told(said, "the dam will burst before the spring", "Ada Okafor")
        assert (found.verdict, [other.words for other in found.others]) == ("denied", ["exact"])
