"""The buttons: what each sends, and that nobody can make one do something else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.local.events import LambdaContext
from functions.runtime import settings
from functions.slack import function, state
from functions.slack.cards.blocks import MAX_VALUE
from functions.slack.state import MoreState
from quoth import reports
from quoth.archive import Archive
from quoth.engine.query.grammar import MAX_CHARACTERS
from quoth.errors import BadInput
from quoth.storage.stores.directory import DirectoryStore
from tests.functions.slack.stand_in import (
    RESPONSE_URL,
    answered,
    asked,
    button,
    labels,
    leaves,
    pressed,
    receiving,
    words,
)
from tests.support.builders import a_given
from tests.support.effort import sampled
from tools.sign_event import EXAMPLE_SECRET


def press(monkeypatch: pytest.MonkeyPatch, element: dict[str, Any], note: str | None = None) -> dict[str, Any]:
    """Press a button, and return the one message that comes of it."""
    event = pressed(element, note)
    with receiving(monkeypatch) as received:
        answer = function.handler(event, LambdaContext("slack"))
    assert answer is not None
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    ((path, message),) = received
    assert RESPONSE_URL.endswith(path)
    return message


class TestShare:
    def test_everybody_sees_the_quote_and_the_card_goes(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://quotes.example.org/")
        card = answered(asked("ceasefire"))
        with receiving(monkeypatch) as received:
            function.handler(pressed(button(card, "Share to channel")), LambdaContext("slack"))
        shared, gone = (message for _, message in received)
        assert shared["response_type"] == "in_channel"
        assert gone == {"delete_original": True}, "alone, as Slack wants it"
        assert shared["text"].startswith("“definitely not preparing for a ceasefire")
        assert re.search(r"” \(Volodymyr Zelensky · [a-z ]+, \d+%\)$", shared["text"])
        assert labels(shared) == []
        assert re.search(r"\nVolodymyr Zelensky · partial · [a-z ]+, \d+%\n", words(shared))
        assert words(shared).endswith("shared by ")
        assert leaves(shared)[-1] == {"type": "user", "user_id": "U2147483697"}
        assert "https://quotes.example.org/q/q_" in str(shared)

    def test_a_press_that_is_replayed_shares_nothing_again(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = pressed(button(answered(asked("ceasefire")), "Share to channel"))
        with receiving(monkeypatch) as received:
            for _ in range(3):
                function.handler(event, LambdaContext("slack"))
        assert len(received) == 2

    def test_a_card_stays_if_slack_does_not_take_the_quote(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = pressed(button(answered(asked("ceasefire")), "Share to channel"))
        with receiving(monkeypatch, 500) as received:
            function.handler(event, LambdaContext("slack"))
        assert [message.get("delete_original") for _, message in received] == [None]

    def test_a_quote_that_was_withdrawn_since_is_not_shared(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace.add(a_given("The harbour is safe."))
        element = button(answered(asked("harbour")), "Share to channel")
        workspace.withdraw(element["value"])
        told = press(monkeypatch, element)
        assert told["response_type"] == "ephemeral"
        assert "withdrawn" in words(told)
        assert "harbour" not in str(told)


class TestMore:
    def test_it_goes_on_where_the_card_ended_until_nothing_is_left(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace.add([a_given(f"The harbour is safe, {n} said.", f"Ada Nr{n}") for n in range(7)])
        cards = [answered(asked("harbour safe"))]
        while "More" in labels(cards[-1]):
            cards.append(press(monkeypatch, button(cards[-1], "More")))
        heads = [words(card).splitlines()[0] for card in cards]
        assert heads == [f"Seven quotes · {part} of 7" for part in ("1 to 3", "4 to 6", "7 to 7")]
        assert [card.get("replace_original") for card in cards] == [None, True, True]
        shown = [button["value"] for card in cards for button in shares(card)]
        assert len(set(shown)) == len(shown) == 7

    def test_the_pages_are_of_the_index_as_it_was_at_the_first(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace.add([a_given(f"The harbour is safe, {n} said.", f"Ada Nr{n}") for n in range(4)])
        card = answered(asked("harbour safe"))
        workspace.add([a_given(f"The harbour is safe, {n} said.", f"Ada Nr{n}") for n in range(4, 9)])
        assert words(press(monkeypatch, button(card, "More"))).startswith("Four quotes · 4 to 4 of 4")

    def test_a_button_from_before_a_rotation_goes_on_while_both_secrets_are_valid(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace.add([a_given(f"The harbour is safe, {n} said.", f"Ada Nr{n}") for n in range(7)])
        more = button(answered(asked("harbour safe")), "More")
        monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", f"the-new-one {EXAMPLE_SECRET}")
        settings.current.cache_clear()
        second = press(monkeypatch, more)
        assert words(second).startswith("Seven quotes · 4 to 6 of 7")
        assert state.unpack(button(second, "More")["value"], ("the-new-one",)).words == "harbour safe"

    def test_a_state_that_we_have_not_signed_is_refused(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for value in ("", "x", state.pack(MoreState("land", ""), "another secret")):
            told = press(monkeypatch, {"action_id": "more", "value": value})
            assert "was not made by this app" in words(told)

    @sampled(100)
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_CHARACTERS), st.integers(0, 10**6))
    def test_a_state_is_read_back_and_no_changed_one_is(self, words: str, at: int) -> None:
        told = MoreState(words, "c" * 120)
        value = state.pack(told, EXAMPLE_SECRET)
        assert len(value) <= MAX_VALUE
        assert state.unpack(value, (EXAMPLE_SECRET,)) == told
        at %= len(value) - 1  # the last character may have bits that count for nothing
        changed = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        with pytest.raises(BadInput):
            state.unpack(changed, (EXAMPLE_SECRET,))


def shares(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        element
        for block in card["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == "share"
    ]


class TestOtherButtons:
    def test_context_shows_the_words_around_and_the_rest_of_the_utterance(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = press(monkeypatch, button(answered(asked("ceasefire")), "Context"))
        assert told["replace_original"] is False
        first = words(told).splitlines()[0]
        assert first.startswith("… ")
        assert first.endswith(" …")
        assert "ceasefire" in first
        assert labels(told) == ["Dismiss"]

    def test_a_quote_that_came_without_its_article_has_no_context(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace.add(a_given("The harbour is safe."))
        told = press(monkeypatch, button(answered(asked("harbour")), "Context"))
        assert words(told).startswith("The text around this quote is not known.")

    def test_cite_gives_a_line_and_bibtex_to_copy(self, workspace: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        told = press(monkeypatch, button(answered(asked("ceasefire")), "Cite"))
        kinds = [section["type"] for section in told["blocks"][0]["elements"]]
        assert kinds == ["rich_text_preformatted"] * 2
        line, _, entry = words(told).partition("\n")
        assert line.startswith("“")
        assert entry.startswith("@")

    def test_dismiss_removes_the_card_and_nothing_else(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert press(monkeypatch, button(answered(asked("land")), "Dismiss")) == {"delete_original": True}

    def test_a_button_that_is_not_ours_does_nothing(self, workspace: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        with receiving(monkeypatch) as received:
            function.handler(pressed({"action_id": "link", "value": "x"}), LambdaContext("slack"))
        assert received == []

    @pytest.mark.parametrize("action", ["share", "context", "cite", "wrong", "report"])
    @pytest.mark.parametrize("value", ["q_none", "", "../manifest.json", "q_" + "x" * 2000, "é\u202e"])
    def test_a_quote_that_is_not_there_is_said_not_to_be(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch, action: str, value: str
    ) -> None:
        told = press(monkeypatch, {"action_id": action, "value": value})
        assert words(told).startswith("No quote has the id")
        assert told["replace_original"] is False

    @pytest.mark.parametrize(
        "payload",
        [
            {"type": "view_submission"},
            {"actions": []},
            {"actions": [{"value": "x"}]},
            {"actions": [{"action_id": 7}]},
            {"actions": "share"},
            {"team": "T1"},
            {"response_url": 7},
        ],
    )
    def test_a_payload_that_slack_never_sends_does_nothing(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch, payload: dict[str, Any]
    ) -> None:
        with receiving(monkeypatch) as received:
            answer = function.handler(pressed({"action_id": "share"}, None, **payload), LambdaContext("slack"))
        assert answer is not None
        assert answer["statusCode"] == 200
        assert "Slack sent something else" in answer["body"]
        assert received == []


class TestWrongSpeaker:
    def form(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        return press(monkeypatch, button(answered(asked("ceasefire")), "Wrong speaker"))

    def test_it_asks_for_a_word_and_says_what_is_kept(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = self.form(monkeypatch)
        assert "not who you are" in words(form)
        assert labels(form) == ["Report", "Cancel"]
        (field,) = (block["element"] for block in form["blocks"] if block["type"] == "input")
        assert field["max_length"] == reports.MAX_NOTE
        assert list(reports.stored(workspace.store)) == []

    def test_a_report_is_the_quote_the_time_the_place_and_the_word_and_never_who(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        report = button(self.form(monkeypatch), "Report")
        told = press(monkeypatch, report, "it was <@U1|Bo>")
        assert words(told) == "Thank you. The newsroom sees your report."
        assert told["replace_original"] is True
        ((key, stored),) = reports.stored(workspace.store)
        assert key == f"reports/{report['value']}/slack-2025-08-11"
        assert (stored.source, stored.note, stored.time.isoformat()) == (
            "slack",
            "it was <@U1|Bo>",
            "2025-08-11T09:30:00+00:00",
        )
        assert b"U2147483697" not in workspace.store.get(key).data
        assert [record.report for record in caplog.records if hasattr(record, "report")] == ["slack"]

    def test_a_flood_is_one_object_a_day_and_counts_once(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        report = button(self.form(monkeypatch), "Report")
        for number in range(5):
            told = press(monkeypatch, report, f"word {number}")
        assert words(told) == "Thank you. Others said so today, too."
        assert [stored.note for _, stored in reports.stored(workspace.store)] == ["word 0"]
        assert len([record for record in caplog.records if hasattr(record, "report")]) == 1

    def test_a_longer_word_than_the_field_takes_is_cut(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        press(monkeypatch, button(self.form(monkeypatch), "Report"), "x" * 5000)
        ((_, stored),) = reports.stored(workspace.store)
        assert stored.note == "x" * reports.MAX_NOTE


class TestTrouble:
    def test_a_store_that_fails_is_said_privately(self, workspace: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        element = button(answered(asked("ceasefire")), "Share to channel")

        def fail(*_: Any) -> Any:
            raise ValueError("canary")

        monkeypatch.setattr(DirectoryStore, "get", fail)
        monkeypatch.setattr(Archive, "get", fail)
        told = press(monkeypatch, element)
        assert words(told).startswith("Something went wrong; the log has it under ")
        assert "canary" not in str(told)

    def test_a_marker_that_cannot_be_written_shares_nothing(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from quoth.errors import Unavailable

        element = button(answered(asked("ceasefire")), "Share to channel")

        def fail(*_: Any) -> Any:
            raise Unavailable("503 SlowDown")

        monkeypatch.setattr(DirectoryStore, "create", fail)
        told = press(monkeypatch, element)
        assert told["response_type"] == "ephemeral"
        assert words(told).startswith("The archive does not answer at the moment")

    @pytest.mark.parametrize("status", [301, 302, 307, 403, 404, 500])
    def test_a_message_that_slack_does_not_take_is_logged_and_not_sent_elsewhere(
        self, workspace: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
    ) -> None:
        event = pressed(button(answered(asked("land")), "Dismiss"))
        with receiving(monkeypatch, status) as received:
            function.handler(event, LambdaContext("slack"))
        assert len(received) == 1
        assert [record.levelname for record in caplog.records] == ["WARNING"]
