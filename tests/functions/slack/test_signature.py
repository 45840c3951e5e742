"""Who may ask: Slack's signature, its secret, and the workspaces that are allowed."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http import signature
from functions.local.events import LambdaContext
from functions.runtime import settings
from functions.slack import function, secret
from functions.slack.secret import SigningSecret
from tests.functions.slack.stand_in import SIGNED_AT, answered, asked, pressed, receiving, words
from tests.support.effort import sampled
from tests.support.events import call, committed
from tools.sign_event import EXAMPLE_SECRET, signed

pytestmark = pytest.mark.usefixtures("workspace")


class TestSignature:
    def test_the_committed_event_is_signed(self) -> None:
        message = answered(committed("slack-command"))
        assert words(message).startswith("Three quotes")

    def test_one_byte_changed_is_a_401(self) -> None:
        event = committed("slack-command")
        body = bytearray(base64.b64decode(event["body"]))
        body[-1] ^= 1
        event["body"] = base64.b64encode(bytes(body)).decode()
        assert call(function, event)[0] == 401

    def test_text_and_base64_are_signed_alike(self) -> None:
        event = committed("slack-command")
        plain = {**event, "body": base64.b64decode(event["body"]).decode(), "isBase64Encoded": False}
        assert answered(event) == answered(plain)

    @pytest.mark.parametrize("spelling", [str.upper, str.title, str.lower])
    def test_headers_may_come_in_any_case(self, spelling: Any) -> None:
        event = committed("slack-command")
        event["headers"] = {spelling(name): value for name, value in event["headers"].items()}
        assert answered(event)

    @pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
    def test_a_request_is_good_for_five_minutes(
        self, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
    ) -> None:
        monkeypatch.setattr(function, "clock", lambda: float(SIGNED_AT + seconds))
        assert call(function, committed("slack-command"))[0] == status

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
        assert call(function, event)[0] == 401

    @pytest.mark.parametrize("missing", ["x-slack-signature", "x-slack-request-timestamp"])
    def test_missing_headers_are_a_401(self, missing: str) -> None:
        event = committed("slack-command")
        del event["headers"][missing]
        assert call(function, event)[0] == 401

    @pytest.mark.parametrize("body", [None, "", "%%%", "YQ", "\ud800"])
    @pytest.mark.parametrize("coded", [True, False])
    def test_a_malformed_body_is_a_401(self, body: str | None, coded: bool) -> None:
        assert call(function, {**committed("slack-command"), "body": body, "isBase64Encoded": coded})[0] == 401

    def test_base64_with_a_stray_character_is_not_repaired(self) -> None:
        event = committed("slack-command")
        assert call(function, {**event, "body": f"{event['body'][:4]}%{event['body'][4:]}"})[0] == 401

    def test_another_secret_is_a_401(self) -> None:
        assert call(function, signed(committed("slack-command"), SIGNED_AT, "another"))[0] == 401

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
        assert call(function, committed("slack-command"))[0] == 200

    def test_it_is_read_in_the_clear_and_kept_for_five_minutes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Longer, and a leaked secret would stay valid after its rotation; without a cache, each command would wait."""
        read = list[tuple[str, dict[str, Any]]]()

        def get_parameter(name: str, **options: Any) -> str:
            read.append((name, options))
            return EXAMPLE_SECRET

        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        monkeypatch.setenv("QUOTH_SLACK_SECRET_PARAMETER", "/quoth/secret")
        monkeypatch.setattr(secret.parameters, "get_parameter", get_parameter)
        assert call(function, committed("slack-command"))[0] == 200
        assert read[0] == ("/quoth/secret", {"decrypt": True, "force_fetch": False, "max_age": 300})
        assert all(one == read[0] for one in read), "once for the signature, once for that of a button"

    def test_without_a_secret_nothing_is_answered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        assert call(function, committed("slack-command"))[0] == 500

    def test_a_rotated_secret_takes_effect_at_once_but_forgers_cannot_ask_for_it_all_the_time(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = list[bool]()

        def get_parameter(name: str, *, force_fetch: bool, **options: Any) -> str:
            read.append(force_fetch)
            return EXAMPLE_SECRET if any(read) else "the old one"

        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        monkeypatch.setenv("QUOTH_SLACK_SECRET_PARAMETER", "/quoth/secret")
        monkeypatch.setattr(secret.parameters, "get_parameter", get_parameter)
        assert call(function, committed("slack-command"))[0] == 200
        assert read.count(True) == 1
        forged = signed(committed("slack-command"), SIGNED_AT, "another")
        assert [call(function, forged)[0] for _ in range(5)] == [401] * 5
        assert read.count(True) == 1
        monkeypatch.setattr(function, "clock", lambda: SIGNED_AT + 0.5 + secret.RETRY_SECONDS)
        assert call(function, forged)[0] == 401
        assert read.count(True) == 2

    def test_two_secrets_are_valid_at_once_and_no_part_of_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """While one replaces the other; a line break at the end of the parameter is none of it."""
        monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", f"new-1234 {EXAMPLE_SECRET}\n")
        for one in ("new-1234", EXAMPLE_SECRET):
            assert call(function, signed(committed("slack-command"), SIGNED_AT, one))[0] == 200
        for none in (f"new-1234 {EXAMPLE_SECRET}", f"{EXAMPLE_SECRET}\n", "new", ""):
            assert call(function, signed(committed("slack-command"), SIGNED_AT, none))[0] == 401

    @pytest.mark.parametrize("empty", [" ", "\n"])
    def test_an_empty_secret_signs_nothing(self, monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
        monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", empty)
        assert call(function, signed(committed("slack-command"), SIGNED_AT, ""))[0] == 500

    def test_an_old_request_does_not_ask_for_the_secret_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("QUOTH_SLACK_SIGNING_SECRET")
        monkeypatch.setattr(SigningSecret, "values", lambda self, *, again=False: ("another",) if not again else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            SigningSecret().signs(b"", str(SIGNED_AT), "v0=", SIGNED_AT)
        assert not SigningSecret().signs(b"", str(SIGNED_AT), "v0=", SIGNED_AT + 301)


class TestWorkspaces:
    def test_only_allowed_workspaces_may_ask(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_SLACK_TEAMS", "T0001, T0002")
        assert words(answered(asked("land"))).startswith("Three quotes")
        assert words(answered(asked("land", team_id="T0003"))) == function.OTHER_WORKSPACE
        assert words(answered(asked("land", team_id=""))) == function.OTHER_WORKSPACE

    def test_a_button_of_another_workspace_does_nothing_and_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_SLACK_TEAMS", "T0002")
        with receiving(monkeypatch) as received:
            function.handler(pressed({"action_id": "dismiss", "value": "-"}), LambdaContext("slack"))
        assert [words(message) for _, message in received] == [function.OTHER_WORKSPACE]

    def test_without_a_list_every_workspace_with_the_secret_may_ask(self) -> None:
        assert words(answered(asked("land", team_id="T9"))).startswith("Three quotes")
