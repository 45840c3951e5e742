"""Attribution: the language cases of tests/cases, and invariants for any article."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from quoth.article import Article
from quoth.extraction import extract
from quoth.extraction.parsing.document import MOST
from quoth.quote import Quote
from quoth.text.slugs import slug
from quoth.text.unseen import seen
from tests.support.effort import sampled

CASES = Path(__file__).parents[1] / "cases"
GROUPS = ("in-the-wild", "synthetic", "negative", "known-failures")

# Pieces of articles: marks, cues, names, and the ends of sentences and paragraphs.
PIECES = (
    "“", "”", '"', "‘", "’", "\n", "\n\n", "\r\n", " ", ", ", ". ", "? ", ": ", "—", "(", ")",
    "Ada Byron", "Byron", "Bo Lind Jr.", "Dr. ", "Mr.", "J.", "the mayor", "who", "he", "she", "it", "and",
    " said", " said that", " called", "calling", "according to", "opbsereved", "told", "Zelenskyy", "🎉",
    "yes", "No", "of", "’s", "Ольга", "東京", "\x00", "\u202e", "\u2028",
)  # fmt: skip
ARTICLES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map("".join).filter(str.strip)


def an_article(body: str, **known: Any) -> Article:
    return Article(body=body, **known)


def cases() -> list[Any]:
    found = []
    for group in GROUPS:
        marks = [pytest.mark.xfail(strict=True)] if group == "known-failures" else []
        for case in json.loads((CASES / f"{group}.json").read_text("utf-8"))["cases"]:
            found.append(pytest.param(case, id=f"{group}: {case['name']}", marks=marks))
    return found


def described(quotes: tuple[Quote, ...]) -> list[dict[str, Any]]:
    """Return quotes in the format of the cases; utterances are numbered in order of their starts."""
    numbers: dict[str, int] = {}
    return [
        {
            "text": quote.text,
            "speaker": quote.speaker and quote.speaker.name,
            "type": quote.type,
            "utterance": numbers.setdefault(quote.utterance.id, len(numbers) + 1),
        }
        for quote in quotes
    ]


@pytest.mark.parametrize("case", cases())
def test_a_case_gives_its_quotes(case: dict[str, Any]) -> None:
    assert described(extract(an_article(case["body"]))) == case["quotes"]


def speaker_cases() -> list[Any]:
    kinds = json.loads((CASES / "speakers.json").read_text("utf-8"))["kinds"]
    return [
        pytest.param(body, speakers, id=f"{kind}: {name}")
        for kind, of_kind in kinds.items()
        for name, (body, *speakers) in of_kind.items()
    ]


@pytest.mark.parametrize(("body", "speakers"), speaker_cases())
def test_a_quote_has_its_speaker(body: str, speakers: list[str | None]) -> None:
    """A denied quote (“not” and a name) has no speaker, but a denied one."""
    assert [told(quote) for quote in extract(an_article(body))] == speakers


def told(quote: Quote) -> str | None:
    """The speaker of a quote in the notation of the cases."""
    if quote.denied_speaker:
        assert (quote.speaker, quote.attribution.status) == (None, "denied")
        return f"not {quote.denied_speaker.name}"
    return quote.speaker and quote.speaker.name


def test_the_names_of_cases_are_distinct() -> None:
    names = [param.id for param in cases()]
    assert len(set(names)) == len(names) >= 40


@sampled(100)
@given(ARTICLES)
def test_any_article_gives_quotes_that_stand_where_they_say(body: str) -> None:
    article = an_article(body)
    quotes = extract(article)
    for quote in quotes:
        start, end = quote.selector.start, quote.selector.end
        assert body[start:end] == quote.text == quote.selector.exact
        assert (quote.speaker is None) == (quote.attribution.status in ("unattributed", "denied"))
        assert bool(quote.denied_speaker) == (quote.attribution.status == "denied")
        assert quote.attribution.why
        assert bool(quote.attribution.confidence) == (quote.speaker is not None)
        mention = quote.attribution.mention
        if mention is not None:
            assert body[mention.start : mention.end] == mention.text
            assert not any(q.selector.start <= mention.start < q.selector.end for q in quotes)
        assert quote.speaker is None or (quote.speaker.id and quote.speaker.aliases)
    assert len({quote.id for quote in quotes}) == len(quotes)


@sampled(100)
@given(ARTICLES)
def test_any_utterance_counts_its_quotes_and_has_one_speaker(body: str) -> None:
    by_utterance: dict[str, list[Quote]] = {}
    for quote in extract(an_article(body)):
        by_utterance.setdefault(quote.utterance.id, []).append(quote)
    for quotes in by_utterance.values():
        assert [quote.utterance.position for quote in quotes] == list(range(1, len(quotes) + 1))
        assert {quote.utterance.of for quote in quotes} == {len(quotes)}
        assert len({quote.speaker and quote.speaker.id for quote in quotes}) == 1


@sampled(100)
@given(st.text(min_size=1).filter(str.strip))
def test_no_text_raises(body: str) -> None:
    extract(an_article(body.encode(errors="replace").decode()))


@sampled(100)
@given(ARTICLES)
def test_equal_articles_give_equal_quotes(body: str) -> None:
    assert extract(an_article(body)) == extract(an_article(body))


TOLD = st.sampled_from(
    [
        "“It holds,” Ada Byron said. “For now.”\n\n“Not yet,” said Dr. Bo Lind Jr., who called it “a wreck”.",
        "Zoë O’Neill, the mayor, came. She said the dam would hold until Friday. “Yes,” she said, “it will.”",
        "According to José Ibáñez's aide, it is 'over'. Ibáñez warned that the dam would “go”.\n\nAda: It went.",
    ]
)
INSERTED = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from("\xad\u200b\u200c\u200d\u2060\u202e\ufeff\ufe0f\x00")), max_size=30
)


@sampled(100)
@given(TOLD, INSERTED, st.sampled_from(["NFC", "NFD"]))
def test_unseen_characters_and_the_form_of_accents_decide_nothing(
    body: str, inserted: list[tuple[int, str]], form: Literal["NFC", "NFD"]
) -> None:
    changed = unicodedata.normalize(form, body)
    for at, unseen in inserted:
        place = at % (len(changed) + 1)
        changed = changed[:place] + unseen + changed[place:]
    expected = extract(an_article(body, id="1"), indirect=True)
    quotes = extract(an_article(changed, id="1"), indirect=True)
    assert [seen(quote.text) for quote in quotes] == [quote.text for quote in expected]
    for quote, plain in zip(quotes, expected, strict=True):
        assert changed[quote.selector.start : quote.selector.end] == quote.text == quote.selector.exact
        mention = quote.attribution.mention
        assert mention is None or changed[mention.start : mention.end] == mention.text
        assert (quote.type, quote.attribution.why) == (plain.type, plain.attribution.why)
        assert quote.attribution.confidence == plain.attribution.confidence
        assert quote.speaker == (plain.speaker and replace(plain.speaker, as_written=mention and mention.text))


def test_a_name_that_mixes_alphabets_is_marked_and_found_by_itself_only() -> None:
    body = "“It holds,” said \u0410da Byron. “Yes,” Byron said.\n\n“No,” said Bo Lind."
    mixed, again, plain = [quote.speaker for quote in extract(an_article(body))]
    assert mixed is not None
    assert again is not None
    assert plain is not None
    assert mixed.id == again.id == slug("\u0410da Byron")
    assert (mixed.mixed_script, mixed.aliases) == (again.mixed_script, again.aliases) == (True, ("\u0410da Byron",))
    assert plain.mixed_script is UNSET


def test_a_withdrawn_article_has_no_quotes() -> None:
    body = "“The bridge will hold,” Ada Byron said."
    assert extract(an_article(body))
    assert extract(an_article(body, pub_status="canceled")) == ()
    assert extract(an_article(body, pub_status="withheld")) == ()


def test_equal_texts_in_one_article_have_their_own_ids() -> None:
    first, second = extract(an_article("“No,” Ada Byron said.\n\n“No,” Bo Lind said."))
    assert first.text == second.text
    assert first.id != second.id


def test_an_id_survives_moved_offsets() -> None:
    body = "“The bridge will hold,” Ada Byron said."
    (quote,) = extract(an_article(body, id="1"))
    (moved,) = extract(an_article("It rained.\n\n" + body, id="1"))
    assert moved.id == quote.id
    assert moved.selector.start != quote.selector.start


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("“The dam will hold,” said Ada Okafor.", "“said Ada Okafor” follows the quote"),
        ("Ada Okafor said: “The dam will hold.”", "“Ada Okafor said” stands before the colon that opens the quote"),
        (
            "Ada Okafor said it would hold.\n\n“The dam will hold.”",
            "stands alone after the paragraph in which “Ada Okafor said” tells who speaks",
        ),
    ],
)
def test_the_reason_has_cue_and_mention_in_the_order_of_the_article(body: str, words: str) -> None:
    (quote,) = extract(an_article(body))
    assert quote.attribution.why == words


@pytest.mark.parametrize("neighbour", ["Her neighbour Cleo Lind", "Her neighbour, Cleo Lind,"])
def test_a_pronoun_stands_for_the_last_subject_if_a_name_is_beside_its_noun(neighbour: str) -> None:
    """A neighbour without a name might be whom the pronoun means, and nobody would know who that is."""
    (quote,) = extract(an_article(f"Ada Byron came to the mill.\n\n{neighbour} wept. “It will hold,” she said."))
    assert "“she” stands for Cleo Lind, the last subject before" in quote.attribution.why


@pytest.mark.parametrize("name", ["Bo Lind Jr", "Bo Lind Jr."])
@pytest.mark.parametrize("rest", [", the mayor", " (who left)", " & Sons"])
def test_a_name_ends_with_its_suffix_and_the_full_stop_of_it(name: str, rest: str) -> None:
    (quote,) = extract(an_article(f"“The dam will hold,” said {name}{rest}."))
    assert quote.attribution.mention is not None
    assert quote.attribution.mention.text == name


@pytest.mark.parametrize("rest", ["van", "de la"])
def test_a_particle_at_the_end_of_an_article_is_no_part_of_a_name(rest: str) -> None:
    (quote,) = extract(an_article(f"“The dam will hold,” said Renée Cour {rest}"))
    assert quote.attribution.mention is not None
    assert quote.attribution.mention.text == "Renée Cour"


@pytest.mark.parametrize(
    ("told", "mention"),
    [
        ("said the mayor Ada Byron on Monday.", "Ada Byron"),
        ("said the mayor, Ada Byron.", "Ada Byron"),
        ("said the mayor, Ada Byron, on Monday.", "Ada Byron"),
        ("according to the mayor, Ada Byron having left.", "the mayor"),
    ],
)
def test_a_name_that_stands_in_apposition_to_a_role_is_the_mention(told: str, mention: str) -> None:
    (quote,) = extract(an_article(f"“It will hold,” {told}"))
    assert quote.attribution.mention is not None
    assert quote.attribution.mention.text == mention


@pytest.mark.parametrize(
    "body",
    [
        "“It will hold,” said Ada Byron and Bo Lind.",
        "“It will hold,” Ada Byron and Bo Lind said.",
        "“It will hold,” according to Ada Byron and Bo Lind.",
        "Ada Byron and Bo Lind said: “It will hold.”",
    ],
)
def test_the_words_of_two_people_are_not_those_of_the_first_alone(body: str) -> None:
    (quote,) = extract(an_article(body))
    assert quote.speaker is None or quote.speaker.name != "Ada Byron"


def test_an_unlisted_verb_after_a_comma_introduces_another_speaker() -> None:
    (quote,) = extract(an_article("Ada Byron said it holds. “We lost,” beamed the winner."))
    assert quote.speaker is None


@pytest.mark.parametrize("rest", ["", " on Monday", " in a letter"])
def test_a_cue_after_the_sentence_names_the_speaker_of_its_fragment(rest: str) -> None:
    (quote,) = extract(an_article(f"The plan is “fair” for us all, Ada Byron said{rest}."))
    assert quote.attribution.method == "cue after"
    assert quote.attribution.why == "“Ada Byron said” follows the quote"


@pytest.mark.parametrize("before", ["Ada Byron wrote to Cleo Lind.", "Ada Byron told Cleo Lind."])
def test_a_pronoun_stands_for_the_subject_and_not_for_its_addressee(before: str) -> None:
    (quote,) = extract(an_article(f"{before} “It holds,” she said."))
    assert quote.speaker is not None
    assert quote.speaker.name == "Ada Byron"


@pytest.mark.parametrize("before", ["The mayor, Ada Byron,", "Then the mayor, Ada Byron,", "Ada Byron, the mayor,"])
def test_a_role_in_apposition_stands_for_its_name_later(before: str) -> None:
    (quote,) = extract(an_article(f"{before} came with Bo Lind.\n\n“It holds,” the mayor said."))
    assert quote.speaker is not None
    assert quote.speaker.name == "Ada Byron"


@pytest.mark.parametrize(
    ("name", "mention"), [("Frank (Lefty) Romano", "Frank (Lefty) Romano"), ("Frank (then 40) Romano", "Frank")]
)
def test_only_a_name_in_brackets_is_a_nickname(name: str, mention: str) -> None:
    (quote,) = extract(an_article(f"“It holds,” said {name}."))
    assert quote.attribution.mention is not None
    assert quote.attribution.mention.text == mention


@pytest.mark.parametrize("firm", ["Baker & Sons Shipping", "Judge & Sons Shipping", "Byron & Sons"])
@pytest.mark.parametrize("told", ["said {}.", "{} said.", "said {} on Monday."])
def test_a_firm_may_be_named_after_a_trade_or_a_title(firm: str, told: str) -> None:
    (quote,) = extract(an_article(f"“It holds,” {told.format(firm)}"))
    assert quote.attribution.mention is not None
    assert quote.speaker is not None
    assert (quote.attribution.mention.text, quote.speaker.name) == (firm, firm)


@pytest.mark.parametrize("dash", ["—", "–", "--", "---"])
@pytest.mark.parametrize("gap", [" ", "\n", "\n\n"])
def test_a_signature_follows_any_dash(dash: str, gap: str) -> None:
    (quote,) = extract(an_article(f"“It will hold.”{gap}{dash} Ada Byron"))
    assert quote.attribution.method == "signed"
    assert quote.attribution.why == "“Ada Byron” signs the quote"


def test_a_quote_that_stands_alone_goes_on_with_the_last_sentence_above_only() -> None:
    (quote,) = extract(an_article("Ada Byron said it holds. It rained for days.\n\n“It will hold.”"))
    assert quote.speaker is None


def test_the_second_half_of_an_address_is_no_account() -> None:
    (quote,) = extract(an_article("“It holds,” according to me@ada."))
    assert quote.speaker is None


@pytest.mark.parametrize("told", ["said Ada Byron.", "Ada Byron said."])
@pytest.mark.parametrize("before", ["Bo Lind never said", "Bo Lind did not say it was", "Bo Lind denied saying"])
def test_a_denial_before_a_quote_yields_to_its_own_cue_behind(before: str, told: str) -> None:
    (quote,) = extract(an_article(f"{before} “it will hold,” {told}"))
    assert quote.attribution.status == "attributed"
    assert quote.speaker is not None
    assert quote.speaker.name == "Ada Byron"


@pytest.mark.parametrize("speaker", ["Ada Byron", "Mayor Ada Byron", "the mayor"])
@pytest.mark.parametrize("condition", ["If", "Unless"])
def test_what_somebody_may_say_is_not_said(condition: str, speaker: str) -> None:
    (quote,) = extract(an_article(f"{condition} {speaker} says “it will hold,” we stay."))
    assert quote.speaker is None


@pytest.mark.parametrize(
    ("reply", "status"),
    [("never said that", "denied"), ("said those words", "attributed"), ("may have said that", "attributed")],
)
def test_the_sentence_after_a_quote_may_deny_it(reply: str, status: str) -> None:
    (quote,) = extract(an_article(f"“It will hold,” says Ada Byron in a post. She {reply}."))
    assert quote.attribution.status == status


# How many words may stand between the words of a pattern: a denial, a doubt, an attribution, a statement.
DENIALS = {
    "an aside inside the verb": ("Ruth Vale did not, {}, say “the dam is doomed”.", 9),
    "a verb behind the quote": ("“The dam is doomed” {} Ruth Vale never said.", 19),
    "missing evidence": ("There is no evidence {} that Ruth Vale said “the dam is doomed”.", 3),
    "a long reply": ("“The dam is doomed,” says Ruth Vale. In {} she never said that.", 8),
    "a misquotation": ("The paper wrongly quoted {} Ruth Vale as saying “the dam is doomed”.", 4),
    "a wrong quotation": ("Ruth Vale was wrongly {} quoted as saying “the dam is doomed”.", 6),
    "never quoted": ("Ruth Vale was never {} quoted as saying “the dam is doomed”.", 2),
    "a fake": ("In a deepfake video {}, Ruth Vale says “the dam is doomed”.", 4),
    "false claims": ("Claims that Ruth Vale said “the dam is doomed” are {} false.", 5),
    "claims late in the sentence": ("So now {} claims that Ruth Vale said “the dam is doomed” are false.", 2),
    "words that she did not use": ("Ruth Vale never used {} words “the dam is doomed”.", 3),
    "words before a quote": ("The words {} “the dam is doomed” were falsely attributed to Ruth Vale.", 5),
    "an attribution behind it": ("“The dam is doomed” was falsely attributed {} to Ruth Vale.", 1),
    "not true": ("It is not {} true that Ruth Vale said “the dam is doomed”.", 3),
    "rejected reports": ("Her aide rejected {} reports that Ruth Vale said “the dam is doomed”.", 3),
    "falsely": ("A post falsely {} claims Ruth Vale said “the dam is doomed”.", 2),
    "the quote is fake": ("“The dam is doomed,” says Ruth Vale. The {} quote is fake.", 2),
    "the quote is fake, later": ("“The dam is doomed,” says Ruth Vale. The quote is {} fake.", 5),
}
DOUBTS = {
    "a sketch": ("In {} sketch, Ruth Vale says “the dam is doomed”.", 4),
    "an impostor": ("A man posing {} as Ruth Vale said “the dam is doomed”.", 2),
    "an actor": ("Ruth Vale, {} played by Olga Brandt, says “the dam is doomed”.", 1),
}
METHODS = {
    "a cue behind the quote": ("“It holds” in {} town, Ada Byron said.", 33, "cue after"),
    "a verb of judging": ("Ada Byron called {} it “a farce”.", 10, "judged"),
    "a verb of saying": ("Ada Byron said {} it was “a farce”.", 76, "cue before"),
    "an agent": ("Bo Lind was told {} by Ada Byron: “It holds.”", 5, "by"),
    "a passive verb": ("Bo Lind was {} told by Ada Byron: “It holds.”", 2, "by"),
    "a message": ("Bo Lind got a text {} from Ada Byron: “It holds.”", 5, "from"),
    "what a message says": ("Bo Lind got a text from Ada Byron {}: “It holds.”", 76, "from"),
    "an aside": ("Ada Byron, {} mayor, said “it holds”.", 26, "cue before"),
    "the sentence before": ("Ada Byron said {} it holds. “It will.”", 75, "reported before"),
    "the paragraph above": ("Ada Byron said {} it holds.\n\n“It will.”", 75, "floating"),
    "a signature": ("“It holds.”\n\n— Ada Byron, {}", 11, "signed"),
    "a sentence before a colon": ("Ada Byron wrote on {}: “It holds.” He left, said Bo Lind.", 76, "introduced"),
}
STATEMENTS = {
    "the word that": ("Ada Byron told {} that the dam will hold.", 7),
    "a place behind the verb": ("The dam will hold, Ada Byron said in {} town.", 6),
    "a long sentence": ("Ada Byron said that the {} dam will hold.", 71),
}


def filled(text: str, count: int) -> Article:
    """An article with so many words in the place of {}."""
    words = text.format(" ".join(["red"] * count)).split("\n\n")
    return an_article("\n\n".join(re.sub(" +([ ,:.])", r"\1", paragraph) for paragraph in words))


@pytest.mark.parametrize(("text", "most"), DENIALS.values(), ids=DENIALS.keys())
def test_a_denial_reaches_so_many_words(text: str, most: int) -> None:
    near, far = ([told(quote) for quote in extract(filled(text, count))] for count in (most, most + 1))
    assert near == ["not Ruth Vale"] != far


@pytest.mark.parametrize(("text", "most"), DOUBTS.values(), ids=DOUBTS.keys())
def test_a_doubt_reaches_so_many_words(text: str, most: int) -> None:
    near, far = ([told(quote) for quote in extract(filled(text, count))] for count in (most, most + 1))
    assert (near, far) == ([None], ["Ruth Vale"])


@pytest.mark.parametrize(("text", "most", "method"), METHODS.values(), ids=METHODS.keys())
def test_a_pattern_reaches_so_many_words(text: str, most: int, method: str) -> None:
    near, far = (extract(filled(text, count))[0].attribution.method for count in (most, most + 1))
    assert near == method != far


@pytest.mark.parametrize(("text", "most"), STATEMENTS.values(), ids=STATEMENTS.keys())
def test_a_statement_reaches_so_many_words(text: str, most: int) -> None:
    near, far = (len(extract(filled(text, count), indirect=True)) for count in (most, most + 1))
    assert (near, far) == (1, 0)


def statement_cases() -> list[Any]:
    kinds = json.loads((CASES / "statements.json").read_text("utf-8"))["statements"]
    return [pytest.param(case, id=f"{kind}: {case}") for kind, cases in kinds.items() for case in cases]


@pytest.mark.parametrize("case", statement_cases())
def test_a_statement_begins_and_ends_where_the_brackets_stand(case: str) -> None:
    body = re.sub("[⟦⟧]", "", case)
    quotes = [quote for quote in extract(an_article(body), indirect=True) if quote.type == "indirect"]
    assert [quote.text for quote in quotes] == re.findall("⟦(.*)⟧", case)


def test_a_statement_has_at_least_four_words() -> None:
    three, four = (
        extract(an_article(f"Ada Byron said that {told}."), indirect=True)
        for told in ("it does hold", "it will now hold")
    )
    assert (three, [quote.text for quote in four]) == ((), ["it will now hold"])


WHOLE = "“There will be some land swapping, of course,” Ada Byron said."


@pytest.mark.parametrize(
    ("fragment", "is_repeated"),
    [
        ("land swapping", True),
        ("Land swapping of course", True),
        ("some land", True),
        ("swapping land", False),
        ("land", False),
        ("land swap", False),
    ],
    ids=["its words", "its words in another spelling", "other words of it", "another order", "one word", "half a word"],
)
@pytest.mark.parametrize("is_before", [False, True], ids=["after it", "before it"])
def test_a_fragment_points_to_the_whole_utterance_that_it_repeats(
    fragment: str, is_repeated: bool, is_before: bool
) -> None:
    told = f"Bo Lind spoke about “{fragment}” as a plan."
    quotes = extract(an_article(f"{told}\n\n{WHOLE}" if is_before else f"{WHOLE}\n\n{told}"))
    whole, part = sorted(quotes, key=lambda quote: quote.type != "direct")
    assert (whole.type, part.type) == ("direct", "partial")
    assert whole.repeats is None
    assert part.repeats == (whole.utterance.id if is_repeated else None)


def test_a_fragment_points_to_the_first_of_several_utterances() -> None:
    first, second, part = extract(
        an_article(f"{WHOLE}\n\n“Land swapping is bad,” Bo Lind said.\n\nThe plan of “land swapping” failed.")
    )
    assert (second.repeats, part.repeats) == (None, first.utterance.id)


@pytest.mark.parametrize(
    ("who", "speaker"), [("New Yorkers", None), ("a New Yorker", None), ("the New Yorker", "New Yorker")]
)
def test_a_new_yorker_is_nobody_but_the_new_yorker_is_a_magazine(who: str, speaker: str | None) -> None:
    (quote,) = extract(an_article(f"“It holds,” {who} said."))
    assert (quote.speaker and quote.speaker.name) == speaker


def test_a_role_may_get_its_name_after_the_quote() -> None:
    """If the article calls only one person so."""
    (quote,) = extract(an_article("“The dam will hold,” the mayor said.\n\nMayor Ada Okafor spoke on Monday."))
    assert quote.speaker is not None
    assert quote.speaker.name == "Ada Okafor"


def test_a_statement_is_found_far_down_a_long_paragraph() -> None:
    body = "It rained again. " * 100 + "Ada Byron said that the dam will hold."
    assert [quote.text for quote in extract(an_article(body), indirect=True)] == ["the dam will hold"]


def test_an_unnamed_source_keeps_its_evidence() -> None:
    (quote,) = extract(an_article("“It will not hold,” a source said."))
    assert quote.speaker is None
    assert quote.attribution.cue == "said"
    assert quote.attribution.mention is not None
    assert quote.attribution.mention.text == "a source"
    assert quote.attribution.why == "“a source said” follows the quote, but the article does not name “a source”"


HOSTILE = {
    "opening marks": "“",
    "pairs": "“a” ",
    "nested marks": "“a “b ",
    "straight marks": '"',
    "single marks": "‘a’ ",
    "unclosed lines": "“a\n",
    "cues": "said ",
    "quotes and cues": "“A.” said said said ",
    "names": "Ada Byron and Bo Lind, ",
    "capitals": "Aa ",
    "initials": "X.",
    "commas": "Ada, ",
    "determiners": "the ",
    "parentheses": "( ",
    "relatives": "Ada, who “x” ",
    "spaces": " ",
    "newlines": "\n",
    "one word": "a",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("length", [5_000, pytest.param(29_000, marks=pytest.mark.prove)])
def test_a_hostile_body_ends(piece: str, length: int) -> None:
    """Thousands of hostile characters: a nonlinear step would hang here."""
    extract(an_article("x “y” " + piece * (length // len(piece)) + " “z.”"))


def test_an_article_is_read_for_speakers_only_so_far() -> None:
    """Quotes beyond the limit are kept, with the reason for the missing speaker."""
    told = "“It holds,” Ada Byron said.\n"
    near, far = extract(an_article(told + "It rained on the harbour all day. " * 4_000 + "\n" + told))
    assert near.speaker is not None
    assert (far.text, far.speaker) == ("It holds,", None)
    assert far.attribution.why == "the article is too long to be read for speakers up to here"
    assert far.attribution.confidence == 0
    quotes = extract(an_article(told * (MOST + 2)))
    assert [quote.speaker is not None for quote in quotes] == [True] * MOST + [False] * 2


GIVEN = ["".join(letters).capitalize() for letters in product("abcdefghijk", repeat=3)]


def test_many_bearers_of_one_surname_end() -> None:
    extract(an_article("\n".join(f"{name} Byron said “x.” Byron left." for name in GIVEN)))


@pytest.mark.parametrize(("others", "spellings"), [(23, ["Zoe Byron"]), (24, ["Zoe Byron", "Zoe Q. Byron"])])
def test_a_person_is_recognised_among_the_first_24_bearers_of_a_surname(others: int, spellings: list[str]) -> None:
    """Each name is compared with the bearers before it, so a list of thousands would take too long."""
    listed = "".join(f"{name} Byron came. " for name in GIVEN[:others])
    quotes = extract(an_article(f"{listed}\n\nZoe Byron said “it holds.”\n\n“It will,” said Zoe Q. Byron."))
    assert sorted({quote.speaker.name for quote in quotes if quote.speaker}) == spellings


@pytest.mark.parametrize(("cues", "speaker"), [(8, "Ada Byron"), (9, None)])
def test_the_first_eight_cues_after_a_quote_are_tried(cues: int, speaker: str | None) -> None:
    (quote,) = extract(an_article("“It will hold,” " + "it was said, " * (cues - 1) + "Ada Byron said."))
    assert (quote.speaker and quote.speaker.name) == speaker
