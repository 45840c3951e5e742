"""The slash command: signatures, answers, and protection of a channel from hostile articles."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from demo.expectations import EXPECTED, SAMPLE, read
from functions import card, slack
from functions.http import signature
from functions.local.events import LambdaContext
from functions.runtime import settings
from quoth.archive import Archive
from quoth.engine.page import Edition, Hit, Page
from quoth.engine.query.request import Request
from quoth.quote import Attribution, Origin, Speaker
from quoth.storage.stores.directory import DirectoryStore
from tests.support.builders import a_quote, day
from tests.support.effort import sampled
from tests.support.events import call, committed
from tools.sign_event import EXAMPLE_SECRET, signed

SIGNED_AT = int(committed("slack-command")["headers"]["x-slack-request-timestamp"])


@pytest.fixture(autouse=True)
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("store")
    Archive(DirectoryStore(folder)).add(read(SAMPLE))
    monkeypatch.setenv("QUOTH_STORE", f"file:{folder}")
    monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", EXAMPLE_SECRET)
    monkeypatch.setattr(slack, "clock", lambda: SIGNED_AT + 10.0)


def asked(text: str, **form: str) -> dict[str, Any]:
    """Return a signed command."""
    body = urlencode({"command": "/quote", "text": text, **form})
    return signed({**committed("slack-command"), "body": body, "isBase64Encoded": False}, SIGNED_AT, EXAMPLE_SECRET)


def answer(event: dict[str, Any]) -> dict[str, Any]:
    status, message = call(slack, event)
    assert status == 200
    assert message["response_type"] == "ephemeral"
    return message


def words(message: dict[str, Any]) -> str:
    """Return the visible text of a card, one line per section."""
    return "\n".join(
        "".join(element["text"] for element in section["elements"])
        for block in message["blocks"]
        for section in block["elements"]
    )


def a_page(*hits: Hit) -> Page:
    """Return a page of some hits from an index with no other quotes."""
    count = len(hits)
    return Page(Request(q="dam"), hits, count, Edition(1, "", count), count)


class TestSignature:
    def test_the_committed_event_is_signed(self) -> None:
        message = answer(committed("slack-command"))
        assert words(message).startswith("3 quotes")

    def test_one_byte_changed_is_a_401(self) -> None:
        event = committed("slack-command")
        body = bytearray(base64.b64decode(event["body"]))
        body[-1] ^= 1
        event["body"] = base64.b64encode(bytes(body)).decode()
        assert call(slack, event)[0] == 401

    def test_text_and_base64_are_signed_alike(self) -> None:
        event = committed("slack-command")
        plain = {**event, "body": base64.b64decode(event["body"]).decode(), "isBase64Encoded": False}
        assert answer(event) == answer(plain)

    @pytest.mark.parametrize("spelling", [str.upper, str.title, str.lower])
    def test_headers_may_come_in_any_case(self, spelling: Any) -> None:
        event = committed("slack-command")
        event["headers"] = {spelling(name): value for name, value in event["headers"].items()}
        assert answer(event)

    @pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
    def test_a_request_is_good_for_five_minutes(
        self, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
    ) -> None:
        monkeypatch.setattr(slack, "clock", lambda: float(SIGNED_AT + seconds))
        assert call(slack, committed("slack-command"))[0] == status

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-slack-signature": ""},
            {"x-slack-signature": "v0="},
            {"x-slack-signature": "v1=" + "0" * 64},
            {"x-slack-signature": "v0=é" + "0" * 63},
            {"x-slack-signature": "v0=\ud800"},
            {"x-slack-request-timestamp": ""},
            {"x-slack-request-timestamp": "now"},
            {"x-slack-request-timestamp": "-1"},
            {"x-slack-request-timestamp": "1e9"},
            {"x-slack-request-timestamp": "١٢٣"},
            {"x-slack-request-timestamp": "9" * 5000},
            {"x-slack-request-timestamp": f" {SIGNED_AT}"},
        ],
    )
    def test_malformed_headers_are_a_401(self, headers: dict[str, str]) -> None:
        event = committed("slack-command")
        event["headers"] |= headers
        assert call(slack, event)[0] == 401

    @pytest.mark.parametrize("missing", ["x-slack-signature", "x-slack-request-timestamp"])
    def test_missing_headers_are_a_401(self, missing: str) -> None:
        event = committed("slack-command")
        del event["headers"][missing]
        assert call(slack, event)[0] == 401

    @pytest.mark.parametrize("body", [None, "", "%%%", "YQ", "\ud800"])
    @pytest.mark.parametrize("coded", [True, False])
    def test_a_malformed_body_is_a_401(self, body: str | None, coded: bool) -> None:
        assert call(slack, {**committed("slack-command"), "body": body, "isBase64Encoded": coded})[0] == 401

    def test_base64_with_a_stray_character_is_not_repaired(self) -> None:
        event = committed("slack-command")
        assert call(slack, {**event, "body": f"{event['body'][:4]}%{event['body'][4:]}"})[0] == 401

    def test_another_secret_is_a_401(self) -> None:
        assert call(slack, signed(committed("slack-command"), SIGNED_AT, "another"))[0] == 401

    @sampled(100)
    @given(st.binary(max_size=50), st.text(max_size=20), st.text(max_size=80))
    def test_nothing_but_a_signature_is_valid(self, body: bytes, timestamp: str, given_signature: str) -> None:
        assert not signature.is_valid(body, timestamp, given_signature, "secret", 0.0)

    def test_a_signature_is_compared_in_constant_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Otherwise the time of an answer tells how many of its first characters are right."""
        usual, compared = hmac.compare_digest, list[bool]()
        monkeypatch.setattr(hmac, "compare_digest", lambda *both: compared.append(usual(*both)) or compared[-1])
        right = signature.sign(b"a", 7, "secret")
        for given_signature in (right, right[:-1] + "-", ""):
            is_valid = signature.is_valid(b"a", "7", given_signature, "secret", 7.0)
            assert compared.pop() == is_valid == (given_signature == right)


class TestSecret:
    @pytest.mark.prove
    def test_in_aws_the_secret_is_a_parameter(self, monkeypatch: pytest.MonkeyPatch, aws: str) -> None:
        from aws_lambda_powertools.utilities import parameters

        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        monkeypatch.setenv("QUOTH_SLACK_SECRET_PARAMETER", "/quoth/secret")
        boto3.client("ssm").put_parameter(Name="/quoth/secret", Value=EXAMPLE_SECRET, Type="SecureString")
        parameters.clear_caches()
        settings.current.cache_clear()
        assert call(slack, committed("slack-command"))[0] == 200

    def test_it_is_read_in_the_clear_and_kept_for_five_minutes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Longer, and a leaked secret would stay valid after its rotation; without a cache, each command would wait."""
        read = list[tuple[str, dict[str, Any]]]()

        def get_parameter(name: str, **options: Any) -> str:
            read.append((name, options))
            return EXAMPLE_SECRET

        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        monkeypatch.setenv("QUOTH_SLACK_SECRET_PARAMETER", "/quoth/secret")
        monkeypatch.setattr(slack.parameters, "get_parameter", get_parameter)
        assert call(slack, committed("slack-command"))[0] == 200
        assert read == [("/quoth/secret", {"decrypt": True, "max_age": 300})]

    def test_without_a_secret_nothing_is_answered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        assert call(slack, committed("slack-command"))[0] == 500


class TestAnswers:
    def test_land_swapping_gets_the_three_quotes_with_speaker_reason_and_source(self) -> None:
        said = words(answer(asked("land swapping")))
        for expected in EXPECTED:
            assert (expected["text"] in said) == ("land swap" in expected["text"])
        assert said.count("Donald Trump") == 3
        assert "“Trump said” introduces one paragraph above" in said
        assert said.count("Kremlin insider pressed for peace") == 3
        assert said.count("date unknown") == 3

    def test_the_words_of_the_query_are_bold(self) -> None:
        message = answer(asked("ceasefire"))
        bold = [
            element["text"]
            for block in message["blocks"]
            for section in block["elements"]
            if section["type"] == "rich_text_quote"
            for element in section["elements"]
            if element.get("style") == {"bold": True}
        ]
        assert bold == ["ceasefire"]

    @pytest.mark.parametrize("text", ["", "  ", "help"])
    def test_without_words_it_says_how_to_ask(self, text: str) -> None:
        assert words(answer(asked(text))).startswith("Usage: /quote")

    def test_no_match_is_reported_with_the_number_of_quotes(self) -> None:
        assert words(answer(asked("unicorn"))).startswith("None of 5 quotes has these words. Try fewer or other words.")

    def test_a_correction_and_missing_words_are_said(self) -> None:
        told = words(answer(asked("land swaping")))
        assert told.startswith("3 quotes\n“swaping” is unknown; corrected to swapping\n“land swapping”")
        told = words(answer(asked("swapping conversations everybody unicorn")))
        assert told.startswith(
            "0 quotes, 1 with most of the words in or beside the quote\n“Because there will be some land swapping"
        )
        assert " · without unicorn · " in told

    def test_statements_are_not_found(self) -> None:
        """In the sample article Putin refuses a ceasefire “without conditions” only in the reporter's words."""
        assert words(answer(asked("unheard conditions of unicorns"))).startswith("None of 5 quotes has these words")
        told = words(answer(asked("conditions")))
        assert told.startswith("0 quotes, 1 with most of the words in or beside the quote\n“land swapping”")
        assert " · “conditions” in the headline or beside the quote · " in told

    @pytest.mark.parametrize("text", ["!", "x" * 300, " ".join(map(str, range(20)))])
    def test_an_invalid_query_is_explained(self, text: str) -> None:
        assert "Usage" in words(answer(asked(text)))

    def test_a_form_that_slack_never_sends_is_explained(self) -> None:
        for body in ("text=a&text=b", "text=%FF", "", "text=a"):
            event = signed(
                {**committed("slack-command"), "body": body, "isBase64Encoded": False}, SIGNED_AT, EXAMPLE_SECRET
            )
            assert "Usage" in words(answer(event))

    def test_the_answer_carries_no_word_of_slacks_own_request(self) -> None:
        answered = slack.handler(asked("land", token="canary", user_name="canary"), LambdaContext("slack"))
        assert "canary" not in answered["body"]


class TestCards:
    """The contents of a quote's card."""

    def test_the_words_of_a_reporter_stand_without_marks_and_are_said_to_be_such(self) -> None:
        told = a_quote("the dam will hold", type="indirect")
        assert words(card.card(a_page(Hit(told, 1.0, ((4, 7),))))).splitlines()[1:3] == [
            "the dam will hold",
            "Ada Okafor · indirect, in the reporter’s words · 90% · the test says so",
        ]
        long = words(card.card(a_page(Hit(replace(told, text="dam " * 1000), 1.0, ((2000, 2003),)))))
        assert long.splitlines()[1].startswith("… ")
        assert not {"“", "”"} & set(long)

    def test_a_denial_is_said_to_be_one(self) -> None:
        known = {"attribution": Attribution("denied", "given", "so says the import"), "speaker": None}
        told = replace(a_quote(), denied_speaker=Speaker("bo", "Bo Lind"), **known)
        assert words(card.card(a_page(Hit(told, 1.0)))).splitlines()[2] == (
            "Denied by the article: Bo Lind did not say this · direct · so says the import"
        )

    def test_a_body_is_said_to_be_one(self) -> None:
        quote = a_quote()
        for type, shown in (
            ("organisation", "United Nations (organisation)"),
            ("person", "United Nations"),
            (None, "United Nations"),
        ):
            told = replace(quote, speaker=Speaker("un", "United Nations", type=type))
            assert words(card.card(a_page(Hit(told, 1.0)))).splitlines()[2].startswith(f"{shown} · direct")


HOSTILE = [
    "<!channel> <!here|x> <@U123> <#C123> <!subteam^S1>",
    "<https://evil.example|your bank> https://evil.example",
    "*bold* _it_ ~s~ `code` ```block``` > quote",
    ":skull: &lt;!channel&gt; &amp;",
    "\u202eexe.\u2066 \x1b[31m \x00 line\nbreak",
]


class TestHostileArticles:
    """Slack parses mrkdwn and the message text, so neither may contain text of an article."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_article_words_stand_only_where_slack_does_not_parse(self, text: str) -> None:
        quote = a_quote(text + " dam", speaker=text, publisher=text)
        message = card.card(a_page(Hit(quote, 1.0, ((len(text) + 1, len(text) + 4),))))
        assert message["text"] == "1 quote"
        assert {element["type"] for element in leaves(message)} == {"text"}
        assert not {"mrkdwn", "markdown"} & kinds(message)

    def test_a_link_is_only_ever_the_articles_own_http_url(self) -> None:
        linked = Hit(replace(a_quote(), article=Origin("a", url="https://example.org/1")), 1.0)
        message = card.card(a_page(linked))
        assert links(message) == [{"type": "link", "url": "https://example.org/1", "text": "source"}]

    def test_the_longest_card_stays_within_what_slack_takes(self) -> None:
        long = "W" * 2048
        quote = replace(
            a_quote("swap " * 5000, speaker=long),
            attribution=Attribution("attributed", long, long, 0.9),
            article=Origin(long, headline=long, publisher=long, url=f"https://example.org/{long}"[:499]),
        )
        hit = Hit(quote, 1.0, tuple((n * 5, n * 5 + 4) for n in range(0, 5000, 40)))
        message = card.card(a_page(hit, hit, hit))
        assert len(json.dumps(message, ensure_ascii=False)) < 13_000
        assert len(links(message)) == 3

    def test_a_link_too_long_for_a_card_is_left_out(self) -> None:
        for length, shown in ((500, 1), (501, 0)):
            url = "https://example.org/".ljust(length, "x")
            linked = Hit(replace(a_quote(), article=Origin("a", url=url)), 1.0)
            assert len(links(card.card(a_page(linked)))) == shown

    @sampled(100)
    @given(st.text(min_size=1, max_size=3000), st.integers(0, 3000))
    def test_a_card_stays_within_what_slack_takes(self, text: str, at: int) -> None:
        start = min(at, len(text) - 1)
        quote = a_quote(text, published=day(2025))
        hits = tuple(Hit(quote, 1.0, ((start, start + 1),)) for _ in range(3))
        message = card.card(a_page(*hits))
        assert all(element["text"] for element in leaves(message))
        assert len(json.dumps(message, ensure_ascii=False)) < 13_000


def leaves(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [e for block in message["blocks"] for section in block["elements"] for e in section["elements"]]


def links(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for element in leaves(message) if element["type"] == "link"]


def kinds(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {str(value.get("type"))}.union(*(kinds(item) for item in value.values()))
    return set().union(*(kinds(item) for item in value)) if isinstance(value, list) else set()
