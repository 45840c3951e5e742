"""`quoth slack`: the manifest that sets the app up, and the card without Slack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from demo.expectations import SAMPLE, read
from quoth.archive import Archive
from quoth.cli import main
from quoth.storage.stores.directory import DirectoryStore
from tests.functions.slack.stand_in import check
from tests.house.test_template import routes

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
    archive = Archive(DirectoryStore(tmp_path))
    archive.add(read(SAMPLE))
    return archive


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main.main(["slack", *arguments]) == 0
    return capsys.readouterr().out


def manifest(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(run(capsys, "manifest", "--url", URL, *arguments))
    return value


class TestManifest:
    def test_its_addresses_are_routes_of_the_api(self, capsys: pytest.CaptureFixture[str]) -> None:
        made = manifest(capsys)
        (command,) = made["features"]["slash_commands"]
        for address in (command["url"], made["settings"]["interactivity"]["request_url"]):
            assert ("POST", address.removeprefix(URL)) in routes()
        assert command["command"] == "/quote"
        assert command["should_escape"] is True, "so mentions come with names"
        assert made["_metadata"]["major_version"] == 2

    def test_it_asks_for_no_more_than_a_command_needs(self, capsys: pytest.CaptureFixture[str]) -> None:
        made = manifest(capsys, "--pages", "https://quotes.example.org:8443/a/")
        assert made["oauth_config"] == {"scopes": {"bot": ["commands"]}}
        assert "event_subscriptions" not in made["settings"]
        assert made["features"]["unfurl_domains"] == ["quotes.example.org"]
        assert "unfurl_domains" not in manifest(capsys)["features"]

    def test_its_texts_are_as_long_as_slack_takes(self, capsys: pytest.CaptureFixture[str]) -> None:
        made = manifest(capsys, "--name", "Q" * 35)
        (command,) = made["features"]["slash_commands"]
        assert len(made["display_information"]["name"]) <= 35
        assert len(made["display_information"]["description"]) <= 140
        assert re.fullmatch("#[0-9a-f]{6}", made["display_information"]["background_color"])
        assert len(command["description"]) <= 2_000
        assert len(command["usage_hint"]) <= 1_000
        assert len(made["features"]["bot_user"]["display_name"]) <= 80

    def test_a_link_makes_the_app_in_one_click(self, capsys: pytest.CaptureFixture[str]) -> None:
        link = urlsplit(run(capsys, "manifest", "--url", URL + "/", "--link").strip())
        assert (link.netloc, link.path) == ("api.slack.com", "/apps")
        query = parse_qs(link.query)
        assert query["new_app"] == ["1"]
        assert json.loads(query["manifest_json"][0]) == manifest(capsys)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--url", "http://example.org"], "--url: must be like https://"),
            (["--url", "https://user@example.org"], "--url: must be like https://"),
            (["--url", "https://example.org/?x"], "--url: must be like https://"),
            (["--url", URL, "--pages", "example.org"], "--pages: must be like https://"),
            (["--url", URL, "--name", "Q" * 36], "--name: must have 1 to 35 characters, not 36"),
            (["--url", URL, "--name", " "], "--name: must have 1 to 35 characters, not 0"),
        ],
    )
    def test_what_slack_would_refuse_is_refused(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
    ) -> None:
        assert main.main(["slack", "manifest", *arguments]) == 2
        assert told in capsys.readouterr().err


class TestSimulation:
    def test_the_card_is_shown_with_its_buttons_and_a_link_to_slacks_builder(
        self, archive: Archive, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shown = run(capsys, "simulate", "land", "swapping", "--pages", "https://quotes.example.org/")
        lines = shown.splitlines()
        assert lines[:2] == ["Three quotes", "┃ “land swapping”"]
        assert "[Share to channel] [Context] [Cite] [Wrong speaker]" in lines
        assert "page (https://quotes.example.org/q/q_" in shown
        assert lines[-1].startswith("https://app.slack.com/block-kit-builder/#")
        blocks = json.loads(unquote(urlsplit(lines[-1]).fragment))["blocks"]
        assert check(json.loads(run(capsys, "simulate", "--json", "land swapping")) | {"blocks": blocks})

    def test_an_error_is_the_card_that_slack_would_show(
        self, archive: Archive, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(capsys, "simulate", "land", "OR").startswith("OR needs a word or phrase on both sides")
        assert run(capsys, "simulate").startswith("Ask like this:")

    def test_an_archive_that_is_not_there_is_an_error(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path / 'nothing'}")
        assert main.main(["slack", "simulate", "land"]) == 2
