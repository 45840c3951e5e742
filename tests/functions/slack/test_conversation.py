"""A whole conversation over HTTP: `quoth serve` on one side, a stand-in for Slack on the other."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from demo.expectations import SAMPLE, read
from functions.http.signature import sign
from functions.local import server
from functions.runtime import jobs
from functions.slack import function
from functions.slack.secret import SigningSecret
from quoth import reports
from quoth.archive import Archive
from quoth.storage.stores.directory import DirectoryStore
from tests.functions.slack.stand_in import (
    FORM,
    RESPONSE_URL,
    button,
    check,
    command_form,
    labels,
    pressed_form,
    receiving,
    words,
)
from tests.support.builders import a_given

SECRET = "canary-secret-8c1f"
COMMAND, ACTION = "/v1/slack/command", "/v1/slack/action"


@dataclass
class Newsroom:
    """A running server, and what Slack has received from it."""

    port: int
    archive: Archive
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body, {"Content-Type": FORM, **headers})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def signed(self, path: str, body: bytes, age: int = 0) -> tuple[int, str]:
        return self.send(path, body, headers_of(body, int(time.time()) - age))

    def command(self, text: str) -> dict[str, Any]:
        """Send a command, and return its answer."""
        status, answer = self.signed(COMMAND, command_form(text))
        assert status == 200
        return check(json.loads(answer))

    def press(self, card: dict[str, Any], label: str, number: int = 0, note: str | None = None) -> dict[str, Any]:
        """Press a button of a card, and return the one message that comes of it."""
        (message,) = self.pressed(card, label, number, note)
        return message

    def pressed(
        self, card: dict[str, Any], label: str, number: int = 0, note: str | None = None
    ) -> list[dict[str, Any]]:
        """Press a button of a card, and return the messages that come of it."""
        before = len(self.received)
        body = pressed_form(button(card, label, number), note, trigger_id=f"{before}.{time.time_ns()}")
        assert self.signed(ACTION, body) == (200, "{}")
        assert all(RESPONSE_URL.endswith(path) for path, _ in self.received[before:])
        return [check(message) for _, message in self.received[before:]]


def headers_of(body: bytes, timestamp: int, secret: str = SECRET) -> dict[str, str]:
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": sign(body, timestamp, secret)}


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """One server for all conversations here; each has words of its own."""
    folder: Path = tmp_path_factory.mktemp("newsroom")
    archive = Archive(DirectoryStore(folder))
    archive.add([read(SAMPLE), *(a_given(f"The harbour is safe, {n} said.", f"Ada Nr{n}") for n in range(7))])
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUOTH_STORE", "QUOTH_QUEUE_URL", "QUOTH_EXPORT_QUEUE_URL", "QUOTH_PUBLIC_URL"):
            patch.setenv(name, "")
        server.configure(f"file:{folder}", "https://quotes.example.org")
        patch.setenv("QUOTH_SLACK_SIGNING_SECRET", SECRET)
        patch.setattr(function, "secret", SigningSecret())
        jobs.open_queue.cache_clear()
        running = server.LocalServer(0)
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        with receiving(patch) as received:
            yield Newsroom(running.port, archive, received)
        running.stop()
        thread.join()
        running.close()


@pytest.fixture(autouse=True)
def environment(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """What every test forgets of the environment, set again."""
    monkeypatch.setenv("QUOTH_STORE", newsroom.archive.store.uri)
    monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", SECRET)
    monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://quotes.example.org")


def test_a_search_is_paged_shared_and_dismissed(newsroom: Newsroom) -> None:
    card = newsroom.command("harbour safe")
    assert words(card).startswith("Seven quotes · 1 to 3 of 7\n")
    second = newsroom.press(card, "More")
    assert (words(second).splitlines()[0], second["replace_original"]) == ("Seven quotes · 4 to 6 of 7", True)
    third = newsroom.press(second, "More")
    assert words(third).startswith("Seven quotes · 7 to 7 of 7\n")
    assert "More" not in labels(third)
    shared, gone = newsroom.pressed(third, "Share to channel")
    assert shared["response_type"] == "in_channel"
    assert gone == {"delete_original": True}
    assert "https://quotes.example.org/q/q_" in json.dumps(shared)
    assert newsroom.press(second, "Dismiss") == {"delete_original": True}


def test_a_quote_is_verified_and_cited(newsroom: Newsroom) -> None:
    card = newsroom.command("verify “there will be some land swapping going on” by <@U1|Trump>")
    assert words(card).startswith("Only a part of that\nDonald Trump said this in part")
    assert words(newsroom.press(card, "Cite")).startswith("“Because there will be some land swapping")
    assert "… " in words(newsroom.press(card, "Context"))
    assert words(newsroom.command("verify cheese moon")).startswith("Nobody in this index said that")


def test_a_wrong_speaker_is_reported(newsroom: Newsroom) -> None:
    card = newsroom.command("ceasefire war")
    form = newsroom.press(card, "Wrong speaker")
    told = newsroom.press(form, "Report", note="it was Bo Lind")
    assert words(told) == "Thank you. The newsroom sees your report."
    notes = [report.note for _, report in reports.stored(newsroom.archive.store)]
    assert notes == ["it was Bo Lind"]


# --------------------------------------------------------------------------------- who is let in, and who is not


def valid(number: int) -> tuple[str, bytes, int]:
    """Return a valid request: its path, its body, and how many seconds ago it was signed."""
    texts = [
        "land swapping",
        "R&amp;B",
        "“as it was”",
        "verify x by y",
        "who trump",
        "help",
        "",
        "_é_ ✓",
        "a OR",
        "x" * 300,
    ]
    if number % 2:
        return COMMAND, command_form(texts[number // 2 % len(texts)], channel_id=f"C{number}"), number * 10
    return ACTION, pressed_form({"action_id": "dismiss", "value": f"{number}"}), number * 10


def spoofs() -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Yield 200 requests that Slack has not sent now: what is wrong, the path, the body and the headers."""
    rng, now = random.Random(20), int(time.time())  # noqa: S311 - the same requests in every run
    for number in range(200):
        path, body, _ = valid(number % 20)
        headers = headers_of(body, now)
        signature, name = headers["X-Slack-Signature"], "X-Slack-Signature"
        match number // 10:
            case 0 | 1 | 2:  # one bit of the body
                at, bit = rng.randrange(len(body)), 1 << rng.randrange(8)
                yield "changed body", path, body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :], headers
            case 3:
                yield "longer body", path, body + b"&x=%d" % number, headers
            case 4:
                yield "shorter body", path, body[: rng.randrange(len(body))], headers
            case 5 | 6 | 7:
                at = rng.randrange(3, len(signature))
                other = "0" if signature[at] != "0" else "1"
                yield "changed signature", path, body, {**headers, name: signature[:at] + other + signature[at + 1 :]}
            case 8:
                yield "cut signature", path, body, {**headers, name: signature[: rng.randrange(1, len(signature))]}
            case 9:
                odd = ["", "v0=", "v1" + signature[2:], signature[3:], signature.upper(), signature + "0"]
                odd += [f"{signature},{signature}", signature.replace("v0=", "v0= "), "v0=" + "g" * 64, "0"]
                yield "odd signature", path, body, {**headers, name: odd[number % 10]}
            case 10 | 11:
                yield "another secret", path, body, headers_of(body, now, f"secret {number}")
            case 12:
                near = [SECRET[:-1], SECRET + " ", SECRET.upper(), "", SECRET[::-1], "\0" + SECRET, SECRET + "\n"]
                yield (
                    "nearly the secret",
                    path,
                    body,
                    headers_of(body, now, [*near, "v0", "8c1f", "canary"][number % 10]),
                )
            case 13:
                shifted = {"X-Slack-Request-Timestamp": str(now + rng.choice([-1, 1]) * (number % 10 + 1))}
                yield "changed timestamp", path, body, headers | shifted
            case 14:
                odd = ["", "now", "-1", "+1", "1e9", "0x1", str(now) + ".0", f"{now} x", f"{now},{now}", "9" * 30]
                yield "odd timestamp", path, body, headers | {"X-Slack-Request-Timestamp": odd[number % 10]}
            case 15 | 16 | 17:
                yield "replayed later", path, body, headers_of(body, now - 302 - rng.randrange(10**6))
            case 18:
                yield "from the future", path, body, headers_of(body, now + 360 + rng.randrange(10**6))
            case _:
                missing = ["X-Slack-Signature", "X-Slack-Request-Timestamp"][number % 2]
                kept = {name: value for name, value in headers.items() if name != missing}
                yield "missing header", path, body, kept if number % 3 else {}


def test_twenty_valid_requests_are_answered_and_two_hundred_spoofs_and_replays_are_not(newsroom: Newsroom) -> None:
    assert [newsroom.signed(*valid(number))[0] for number in range(20)] == [200] * 20
    before = len(newsroom.received)
    made = list(spoofs())
    assert len({(path, body, tuple(headers.items())) for _, path, body, headers in made}) == len(made) == 200
    assert {path for _, path, *_ in made} == {COMMAND, ACTION}
    let_in = [what for what, path, body, headers in made if newsroom.send(path, body, headers)[0] != 401]
    assert let_in == []
    assert len(newsroom.received) == before, "and nothing comes of any"


CANARY = "canary"


def test_no_word_of_a_request_and_no_secret_is_in_any_log(
    newsroom: Newsroom,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Commands and buttons that succeed, that cannot be read, that are forged, and that end in an error."""
    urls = {"response_url": f"https://hooks.slack.com/actions/{CANARY}"}
    commands = [
        f"land {CANARY}",
        f"verify {CANARY} land",
        f"who {CANARY}",
        f"{CANARY}:x",
        f"{CANARY} OR",
        f"“{CANARY}”",
    ]
    bodies = [(COMMAND, command_form(text, user_name=CANARY, token=CANARY, **urls)) for text in commands]
    for action in ("share", "more", "context", "cite", "wrong", "report", "dismiss", CANARY):
        body = pressed_form({"action_id": action, "value": CANARY}, CANARY, token=CANARY, **urls)
        bodies.append((ACTION, body))
    bodies += [(COMMAND, f"text={CANARY}".encode()), (ACTION, f"payload={CANARY}".encode()), (ACTION, b"canary=%FF")]
    report = button(newsroom.press(newsroom.command("land swapping"), "Wrong speaker"), "Report")
    bodies.append((ACTION, pressed_form(report, CANARY)))

    def send_all() -> None:
        for path, body in bodies:
            assert newsroom.signed(path, body)[0] == 200
            assert newsroom.send(path, body, headers_of(body, int(time.time()), "forged"))[0] == 401

    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError(f"{CANARY}\n{SECRET}")

    send_all()
    for owner, name in ((Archive, "answer"), (Archive, "get"), (DirectoryStore, "create")):
        with monkeypatch.context() as during:
            during.setattr(owner, name, fail)
            send_all()
    lines = [function.logger.registered_formatter.format(record) for record in caplog.records]
    logged = "".join([*capfd.readouterr(), *lines])
    assert "request failed" in logged
    assert f"POST {COMMAND} 200" in logged
    for secret in (CANARY, SECRET, "hooks.slack.com", "v0="):
        assert secret not in logged
    assert all("\n" not in line and json.loads(line)["level"] for line in lines), "a line of the log is one object"
