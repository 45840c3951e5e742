"""What a card says, and that an article can do nothing in it but be read."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from demo.expectations import EXPECTED
from functions.local.events import LambdaContext
from functions.slack import function
from functions.slack.cards import quote as quote_cards
from functions.slack.cards.blocks import MAX_MESSAGE, inert, length
from functions.slack.cards.search import card, doubt
from functions.slack.cards.verdict import speakers_above, verdict_card
from functions.slack.conversation import problem
from quoth.archive import Archive
from quoth.context import Context, Detail
from quoth.engine.page import Edition, Hit, Page, SpeakerCount, SpeakerList
from quoth.engine.query.request import Request
from quoth.engine.searcher import VerifyResult
from quoth.engine.verify.comparison.differences import WordChange
from quoth.engine.verify.verify import OtherMatch, Verification, VerifyRequest
from quoth.errors import BadInput, BadQuery, Expired, Unavailable
from quoth.quote import Attribution, Origin, Quote, Speaker
from quoth.storage.stores.memory import MemoryStore
from quoth.text.sanitize import one_line
from tests.functions.slack.stand_in import SIGNED_AT, answered, asked, button, check, elements, labels, leaves, words
from tests.support.builders import a_given, a_quote, day, denied
from tests.support.effort import sampled
from tools.sign_event import EXAMPLE_SECRET, signed

SITE = "https://quotes.example.org"


def a_page(*hits: Hit, **known: Any) -> Page:
    """Return a page of some hits from an index with no other quotes."""
    count = len(hits)
    return Page(Request(q="dam"), hits, count, Edition(1, "", count), count, **known)


def links(message: dict[str, Any]) -> list[tuple[str, str]]:
    return [(leaf["text"], leaf["url"]) for leaf in leaves(message) if leaf["type"] == "link"]


@pytest.mark.usefixtures("workspace")
class TestSearch:
    def test_land_swapping_gets_the_three_quotes_with_speaker_reason_and_source(self) -> None:
        said = words(answered(asked("land swapping")))
        assert said.startswith("Three quotes\n")
        for expected in EXPECTED:
            assert (expected["text"] in said) == ("land swap" in expected["text"])
        assert said.count("Donald Trump · ") == 3
        assert "continues the quote that “Trump said” introduces one paragraph above" in said
        assert said.count("Kremlin insider pressed for peace") == 3
        assert said.count("date unknown") == 3
        assert re.search(r"direct · (almost certain|likely), \d\d%", said)

    def test_the_words_of_the_query_are_bold(self) -> None:
        quoted = [
            leaf["text"]
            for block in answered(asked("ceasefire"))["blocks"]
            for section in block["elements"]
            if section["type"] == "rich_text_quote"
            for leaf in section["elements"]
            if leaf.get("style") == {"bold": True}
        ]
        assert quoted == ["ceasefire"]

    def test_each_quote_has_its_buttons_and_the_card_has_more_if_there_is_more(self) -> None:
        of_a_quote = ["Share to channel", "Context", "Cite", "Wrong speaker"]
        message = answered(asked("land swapping"))
        assert labels(message) == [*of_a_quote * 3, "Dismiss"]
        message = answered(asked("who trump"))
        assert labels(message) == [*of_a_quote * 3, "More", "Dismiss"]
        assert "Four quotes · 1 to 3 of 4" in words(message)

    @pytest.mark.parametrize("text", ["", "  ", "help", "verify"])
    def test_without_words_it_says_how_to_ask(self, text: str) -> None:
        said = words(answered(asked(text)))
        assert said.startswith("Ask like this:\n/quote land swapping")
        assert "/quote verify" in said

    def test_no_match_is_reported_with_the_number_of_quotes(self) -> None:
        message = answered(asked("unicorn"))
        assert words(message) == "None of 5 quotes has these words.\nNo quote has the word “unicorn”."
        assert labels(message) == ["Dismiss"]

    def test_nothing_found_says_why_and_what_a_wider_search_would_find(self) -> None:
        assert words(answered(asked("land speaker:Zaphod"))).splitlines()[1:] == [
            "No quote is by “Zaphod”.",
            "3 quotes without the filter speaker.",
        ]

    def test_a_correction_and_missing_words_are_said(self) -> None:
        told = words(answered(asked("land swaping")))
        assert told.startswith("Three quotes\n“swaping” is unknown; corrected to swapping\n“land swapping”")
        told = words(answered(asked("swapping conversations everybody unicorn")))
        assert told.startswith(
            "No quotes, 1 with most of the words in or beside the quote\n“Because there will be some land swapping"
        )
        assert " · without unicorn\n" in told

    def test_statements_are_not_found(self) -> None:
        """In the sample article Putin refuses a ceasefire “without conditions” only in the reporter's words."""
        assert words(answered(asked("unheard conditions of unicorns"))).startswith("None of 5 quotes has these words")
        told = words(answered(asked("conditions")))
        assert told.startswith("No quotes, 1 with most of the words in or beside the quote\n“land swapping”")
        assert " · “conditions” in the headline or beside the quote\n" in told

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("!", "Your search has no word to search for."),
            ("x" * 300, "Your search is 300 characters long; the limit is 256."),
            (" ".join(map(str, range(20))), "Your search has 20 words; the limit is 16."),
            ("land OR", "OR needs a word or phrase on both sides; write or for the word."),
            ("speakr:x", "speakr: is not one of speaker:, publisher:,"),
            ("verify " + "x " * 1200, "What you remember is 2399 characters long; the limit is 2000."),
            ("verify !", "What you remember has no word."),
        ],
    )
    def test_an_invalid_query_is_one_sentence_and_how_to_ask(self, text: str, told: str) -> None:
        said = words(answered(asked(text))).splitlines()
        assert said[0].startswith(told)
        assert said[1] == "Ask like this:"

    @pytest.mark.parametrize("body", ["text=a&text=b", "text=%FF", "text=a"])
    def test_a_form_that_slack_never_sends_is_explained(self, body: str) -> None:
        event = signed({**asked("x"), "body": body, "isBase64Encoded": False}, SIGNED_AT, EXAMPLE_SECRET)
        assert words(answered(event)).startswith("Slack sent something else than expected")

    def test_the_answer_carries_no_word_of_slacks_own_request(self) -> None:
        told = function.handler(asked("land", token="canary", user_name="canary"), LambdaContext("slack"))
        assert told is not None
        assert "canary" not in told["body"]


class TestQuotes:
    def test_the_words_of_a_reporter_stand_without_marks_and_are_said_to_be_such(self) -> None:
        told = a_quote("the dam will hold", type="indirect")
        assert words(card(a_page(Hit(told, 1.0, ((4, 7),))))).splitlines()[1:4] == [
            "the dam will hold",
            "Ada Okafor · indirect, in the reporter’s words · likely, 90%",
            "the test says so",
        ]
        long = words(card(a_page(Hit(replace(told, text="dam " * 1000), 1.0, ((2000, 2003),)))))
        assert long.splitlines()[1].startswith("… ")
        assert not {"“", "”"} & set(long)

    def test_a_denial_is_said_to_be_one(self) -> None:
        told = denied(a_quote(speaker="Bo Lind"))
        shown = words(card(a_page(Hit(told, 1.0)))).splitlines()[2]
        assert shown.startswith("Denied by the article: Bo Lind did not say this · direct")

    def test_a_body_is_said_to_be_one(self) -> None:
        for type, shown in (
            ("organisation", "United Nations (organisation)"),
            ("person", "United Nations"),
            (None, "United Nations"),
        ):
            told = replace(a_quote(), speaker=Speaker("un", "United Nations", type=type))
            assert words(card(a_page(Hit(told, 1.0)))).splitlines()[2].startswith(f"{shown} · direct")

    @pytest.mark.parametrize(
        ("confidence", "sure"),
        [
            (0.99, "almost certain, 99%"),
            (0.95, "almost certain, 95%"),
            (0.949, "likely, 94%"),
            (0.8, "likely, 80%"),
            (0.799, "uncertain, 79%"),
        ],
    )
    def test_how_sure_the_speaker_is_stands_in_words(self, confidence: float, sure: str) -> None:
        told = replace(a_quote(), attribution=Attribution("attributed", "m", "why", confidence))
        assert words(card(a_page(Hit(told, 1.0)))).splitlines()[2] == f"Ada Okafor · direct · {sure}"
        assert (doubt(told) is not None) == sure.startswith("uncertain")

    def test_an_uncertain_quote_is_not_shared_before_slack_has_asked(self) -> None:
        sure, unsure = a_quote(), replace(a_quote(id="q_2"), attribution=Attribution("attributed", "m", "why", 0.54))
        nobody = replace(a_quote(id="q_3"), speaker=None, attribution=Attribution("unattributed", "m", "why", 0.5))
        message = check(card(a_page(*(Hit(quote, 1.0) for quote in (sure, unsure, nobody)))))
        shares = [button(message, "Share to channel", number) for number in range(3)]
        assert ["confirm" in share for share in shares] == [False, True, True]
        asks = shares[1]["confirm"]["text"]
        assert asks["text"] == "It is not certain who said this: Ada Okafor, uncertain, 54%."
        assert asks["type"] == "plain_text"

    def test_a_quote_that_came_with_its_speaker_is_shared_at_once(self) -> None:
        told = replace(a_quote(), attribution=Attribution("given", "given", "given with the quote"))
        assert doubt(told) is None
        assert words(card(a_page(Hit(told, 1.0)))).splitlines()[2] == "Ada Okafor · direct"

    def test_the_source_opens_at_the_words_and_the_page_of_the_quote_is_linked_if_there_are_pages(self) -> None:
        told = replace(a_quote(), article=Origin("a", url="https://example.org/1"))
        source = ("source", "https://example.org/1#:~:text=The%20dam%20will%20hold%2E")
        assert links(card(a_page(Hit(told, 1.0)))) == [source]
        assert links(card(a_page(Hit(told, 1.0)), SITE)) == [source, ("page", f"{SITE}/q/q_1")]

    def test_a_link_too_long_for_a_card_goes_to_the_article_or_is_left_out(self) -> None:
        for address, shown in ((500, 500), (600, 600), (601, None)):
            url = "https://example.org/".ljust(address, "x")
            told = Hit(replace(a_quote("dam " * 50), article=Origin("a", url=url)), 1.0)
            assert [len(found) for _, found in links(card(a_page(told)))] == ([] if shown is None else [shown])


class TestVerdicts:
    @pytest.fixture
    def said(self) -> Archive:
        archive = Archive(MemoryStore())
        archive.add([a_given("We will build thirty dams by 2030."), a_given("The harbour is safe.", "Bo Lind")])
        return archive

    def told(self, archive: Archive, text: str, speaker: str | None = None) -> list[str]:
        return words(check(verdict_card(archive.verify(text, speaker), SITE))).splitlines()

    def test_an_exact_quote_is_confirmed_with_the_quote(self, said: Archive) -> None:
        told = self.told(said, "We will build thirty dams by 2030")
        assert told[0] == "Yes, word for word"
        assert told[2:4] == ["What was said", "“We will build thirty dams by 2030.”"]

    def test_a_difference_is_shown_with_its_kind(self, said: Archive) -> None:
        told = self.told(said, "We will build forty dams by 2030")
        assert told[0] == "Not like that: the words were altered"
        assert "• number: “forty”, said “thirty”; may change the meaning" in told

    def test_who_said_it_instead_is_shown(self, said: Archive) -> None:
        told = self.told(said, "The harbour is safe", "Grace Mbeki")
        assert told[0] == "Somebody else said that"
        assert any(line.startswith("Bo Lind · direct") for line in told)

    def test_nothing_like_it_says_what_was_searched(self, said: Archive) -> None:
        told = self.told(said, "cheese moon")
        assert told[0] == "Nobody in this index said that"
        assert told[-1].startswith("This index has 2 quotes from ")

    def test_many_differences_and_others_are_counted(self) -> None:
        changes = tuple(WordChange("number", str(n), str(n + 1), True) for n in range(9))
        others = tuple(OtherMatch(a_quote(id=f"q_{n}"), "exact", None, 1.0) for n in range(9))
        result = a_verdict(quote=a_quote(id="q_q"), comparison=changes, others=others)
        told = words(check(verdict_card(result))).splitlines()
        assert told.count("What was said") == 1
        assert told.count("Also said") == 2
        assert "• and three other differences" in told

    def test_a_name_lists_its_speakers_and_the_newest_quotes(self, workspace: Archive) -> None:
        told = words(answered(asked("who trump"))).splitlines()
        assert told[:3] == [
            "One speaker with the name “trump”",
            "• Donald Trump: 4 quotes",
            "Four quotes · 1 to 3 of 4",
        ]
        assert words(answered(asked("who Zaphod"))) == "No speaker in this index has the name “Zaphod”."
        assert "read as trump" in words(answered(asked("who Trumpp")))

    def test_whoever_has_exactly_the_name_comes_first(self, workspace: Archive) -> None:
        workspace.add(
            [a_given(f"The dam holds, {n} said.", "Alice Berg") for n in range(3)] + [a_given("No.", "Ali Berg")]
        )
        told = words(answered(asked("who ali berg"))).splitlines()
        assert told[:3] == ["One speaker with the name “ali berg”", "• Ali Berg: 1 quote", "One quote"]
        told = words(answered(asked("who berg"))).splitlines()
        assert told[1:3] == ["• Alice Berg: 3 quotes", "• Ali Berg: 1 quote"]
        workspace.add([a_given(f"The bridge holds, {n} said.", "Bergman") for n in range(9)])
        told = words(answered(asked("who berg"))).splitlines()
        assert told[1] == "• Alice Berg: 3 quotes"

    def test_of_many_speakers_the_most_quoted_are_listed(self) -> None:
        each = SpeakerCount(Speaker("ada", "Ada"), 2)
        told = speakers_above(SpeakerList("a", (each,) * 5, 7, Edition(1, "", 9)))
        assert told[-1]["elements"][0]["text"] == "• and two other speakers"


def a_verdict(**known: Any) -> VerifyResult:
    answer = Verification(VerifyRequest("dam"), "altered", "altered", None, 0.5, "because", **known)
    return VerifyResult(answer, Archive(MemoryStore()).stats())


class TestProblems:
    def test_a_problem_of_ours_is_one_sentence_with_an_id(self) -> None:
        assert words(problem(ValueError("a stack"), "1a2b3c4d", is_command=True)) == (
            "Something went wrong; the log has it under 1a2b3c4d."
        )
        assert words(problem(Unavailable("503"), "1a2b3c4d", is_command=True)) == (
            "The archive does not answer at the moment; try again in a minute (1a2b3c4d)."
        )

    def test_a_problem_of_a_button_leaves_its_card(self) -> None:
        for error in (ValueError(), BadInput("is too long", field="note"), BadQuery("q", "is long"), Expired("gone")):
            assert problem(error, "1", is_command=False)["replace_original"] is False

    def test_a_search_that_is_too_old_to_go_on_says_to_ask_again(self) -> None:
        for error in (Expired("generation 7 is gone"), BadQuery("cursor", "belongs to another search")):
            assert words(problem(error, "1", is_command=False)).startswith("This search is too old to go on")


HOSTILE = [
    "<!channel> <!here|x> <@U123> <#C123> <!subteam^S1>",
    "<https://evil.example|your bank> https://evil.example",
    "*bold* _it_ ~s~ `code` ```block``` > quote",
    "@here @channel @everyone #general",
    ":skull: &lt;!channel&gt; &amp;",
    "\u202eexe.\u2066 \x1b[31m \x00 line\nbreak",
]


def every_card(quote: Quote) -> list[dict[str, Any]]:
    """Return every message that can have a word of an article."""
    hit = Hit(quote, 1.0, ((0, min(3, len(quote.text))),))
    detail = Detail(quote, (quote, replace(quote, id="q_2")), Context(quote.text, quote.text), Edition(1, "", 1))
    return [
        card(a_page(hit, replace_id(hit, "q_2"), replace_id(hit, "q_3")), SITE),
        verdict_card(a_verdict(quote=quote, comparison=(WordChange("number", quote.text, quote.text, True),)), SITE),
        quote_cards.shared(quote, SITE, "U123"),
        quote_cards.in_context(detail, SITE),
        quote_cards.cited(quote, 1),
        quote_cards.report_form(quote),
    ]


def replace_id(hit: Hit, id: str) -> Hit:
    return Hit(replace(hit.quote, id=id), hit.score, hit.highlights)


class TestHostileArticles:
    """Slack parses mrkdwn and the text of a message; it shows rich text and plain text unparsed."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_article_words_stand_only_where_slack_does_not_parse(self, text: str) -> None:
        quote = replace(
            a_quote(f"{text} dam", speaker=text, publisher=text),
            attribution=Attribution("attributed", text, text, 0.5),
            article=Origin("a", headline=text, publisher=text, url="https://example.org/1"),
        )
        for message in every_card(quote):
            check(message)
            assert kinds(message) <= SAFE
            assert all(leaf["user_id"] == "U123" for leaf in leaves(message) if leaf["type"] == "user")
            assert {urlsplit(url).netloc for _, url in links(message)} <= {"example.org", "quotes.example.org"}
            assert message["mrkdwn"] is False
            assert not set("<>") & set(message["text"])
            assert not re.search("[@#:](?=\\w)|[*_~`](?=[^\\s\u200b])", message["text"])

    @pytest.mark.parametrize("text", [*HOSTILE, "a.b c/d www.example.org"])
    def test_inert_words_read_as_they_are(self, text: str) -> None:
        shown = inert(text).replace("\u200b", "")
        for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            shown = shown.replace(entity, character)
        assert shown == one_line(text)

    def test_a_mention_of_somebody_else_is_not_made_of_a_users_id(self) -> None:
        shared = quote_cards.shared(a_quote(), "", "U123")
        assert [leaf["user_id"] for leaf in leaves(shared) if leaf["type"] == "user"] == ["U123"]
        assert not any(leaf["type"] == "user" for leaf in leaves(quote_cards.shared(a_quote(), "", "")))


def test_the_reporters_words_stand_in_no_marks_in_a_notification() -> None:
    assert quote_cards.shared(a_quote(), SITE, "U1")["text"].startswith("“The dam will hold.” (Ada Okafor")
    indirect = quote_cards.shared(a_quote(type="indirect"), SITE, "U1")
    assert indirect["text"].startswith("The dam will hold. (Ada Okafor")


class TestLimits:
    def test_the_longest_card_stays_within_what_slack_takes(self) -> None:
        for message in every_card(longest('"\\' * 5000)) + every_card(longest("swap " * 5000)):
            check(message)
            assert length(message) <= MAX_MESSAGE

    @sampled(100)
    @given(st.text(min_size=1, max_size=300), st.integers(0, 300), st.text(max_size=200), st.booleans())
    def test_any_quote_stays_within_what_slack_takes(self, text: str, at: int, name: str, long: bool) -> None:
        start = min(at, len(text) - 1)
        quote = replace(
            a_quote(text * (30 if long else 1), published=day(2025)),
            speaker=Speaker("ada", name or "Ada"),
            attribution=Attribution("attributed", name, name, 0.5),
            article=Origin(name or "a", headline=name, publisher=name, url="https://example.org/1"),
        )
        hits = [Hit(replace(quote, id=f"q_{n}"), 1.0, ((start, start + 1),), missing=(name,)) for n in range(3)]
        for message in (*every_card(quote), card(a_page(*hits), SITE, lambda cursor: "x" * 2000)):
            check(message)
            assert length(message) <= MAX_MESSAGE
            assert all(element["text"]["text"] for element in elements(message))

    def test_a_state_that_is_too_long_for_a_button_makes_no_button(self) -> None:
        page = a_page(Hit(a_quote(), 1.0), stop=1)
        assert "More" in labels(card(page, more=lambda cursor: "x" * 2000))
        assert "More" not in labels(card(page, more=lambda cursor: "x" * 2001))
        assert "More" not in labels(card(page))


def longest(text: str) -> Quote:
    long = "W" * 2048
    return replace(
        a_quote(text, speaker=long),
        attribution=Attribution("attributed", long, long, 0.9),
        article=Origin(long, headline=long, publisher=long, url=f"https://example.org/{long}"[:599]),
    )


def kinds(value: Any) -> set[str]:
    if isinstance(value, dict):
        return ({value["type"]} if isinstance(value.get("type"), str) else set()).union(*map(kinds, value.values()))
    return set().union(*map(kinds, value)) if isinstance(value, list) else set()


SAFE = {
    *("rich_text", "rich_text_section", "rich_text_quote", "rich_text_preformatted"),
    *("text", "link", "user", "plain_text", "actions", "button", "input", "plain_text_input"),
}
