"""Every event of events/ gets its answer from the built artifact, with the variables of `sam local invoke`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.stack.events import invoked
from tests.functions.stack.events.invoked import ENVIRONMENT, EXPECTED, FUNCTIONS, ORDER
from tests.house.test_template import FUNCTIONS as DECLARED
from tests.house.test_template import GLOBALS
from tests.support.events import EVENTS, ROOT
from tools.sign_event import EXAMPLE_SECRET
from tools.stack import sample
from tools.stack.emulator import Emulator
from tools.stack.functions import Artifacts

COMMITTED = sorted(path.stem for path in EVENTS.glob("*-*.json"))


def test_every_event_has_an_answer_beside_it_and_every_function_an_event() -> None:
    assert sorted(ORDER) == COMMITTED
    assert sorted(path.stem for path in EXPECTED.glob("*.json")) == COMMITTED
    assert {name.partition("-")[0] for name in COMMITTED} == FUNCTIONS.keys()
    assert sorted(FUNCTIONS.values()) == sorted(DECLARED)


def test_the_variables_are_declared_and_name_the_sample() -> None:
    """The SAM CLI leaves out, without a word, a variable that the template does not declare."""
    given = json.loads(ENVIRONMENT.read_text("utf-8"))["Parameters"]
    places = [place["Environment"]["Variables"] for place in (GLOBALS, *DECLARED.values()) if "Environment" in place]
    assert given.keys() <= {name for place in places for name in place}
    assert given["QUOTH_STORE"] == f"s3://{sample.STORE}"
    assert given["QUOTH_INBOX_BUCKET"] == sample.INBOX
    assert [given[name].rpartition("/")[2] for name in ("QUOTH_QUEUE_URL", "QUOTH_EXPORT_QUEUE_URL")] == [
        *sample.QUEUES
    ]
    assert given["QUOTH_SLACK_SIGNING_SECRET"] == EXAMPLE_SECRET
    assert given["AWS_ENDPOINT_URL"] == invoked.HOST


@pytest.fixture(scope="module")
def start(built: Artifacts) -> Iterator[Callable[..., Emulator]]:
    """What starts a function that serves the sample."""
    with invoked.running(built) as start:
        yield start


@pytest.fixture(scope="module")
def answered(start: Callable[..., Emulator]) -> dict[str, dict[str, Any]]:
    return dict(invoked.answers(start))


@pytest.mark.local
@pytest.mark.parametrize("name", COMMITTED)
def test_an_event_gets_its_answer_in_the_emulator(answered: dict[str, dict[str, Any]], name: str) -> None:
    assert answered[name] == json.loads((EXPECTED / f"{name}.json").read_text("utf-8"))


@pytest.mark.local
def test_the_sam_cli_sets_the_variables_in_each_function() -> None:
    given = json.loads(ENVIRONMENT.read_text("utf-8"))["Parameters"]
    made = invoked.variables()
    assert made.keys() == DECLARED.keys()
    everywhere = ("AWS_ENDPOINT_URL", "QUOTH_STORE", "QUOTH_PUBLIC_URL")
    for name, variables in made.items():
        assert {key: variables[key] for key in everywhere} == {key: given[key] for key in everywhere}, name
    assert made["SlackFunction"]["QUOTH_SLACK_SIGNING_SECRET"] == given["QUOTH_SLACK_SIGNING_SECRET"]
    assert made["IngestFunction"]["QUOTH_QUEUE_URL"] == given["QUOTH_QUEUE_URL"]
    assert made["ExportFunction"]["QUOTH_EXPORT_QUEUE_URL"] == given["QUOTH_EXPORT_QUEUE_URL"]


def sign(name: str) -> Path:
    """Sign a Slack event anew, as `make slack-event` does."""
    path = ROOT / "build" / f"{name}.json"
    command = [sys.executable, "-m", "tools.sign_event", EVENTS / f"{name}.json"]
    path.write_bytes(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return path


@pytest.mark.local
def test_an_event_of_slack_that_is_signed_anew_is_answered_at_once(start: Callable[..., Emulator]) -> None:
    slack = start("SlackFunction")
    answer = json.loads(slack.invoke(sign("slack-verify").read_bytes(), 60))
    stale = json.loads(slack.invoke((EVENTS / "slack-verify.json").read_bytes(), 60))
    assert (answer["statusCode"], stale["statusCode"]) == (200, 401)
    assert "harbour.example" in answer["body"]


@pytest.mark.local
def test_the_commands_of_the_page_are_commands_of_the_sam_cli() -> None:
    """Each ends for want of a container runtime, and for nothing else."""
    page = (ROOT / "docs" / "local.md").read_text("utf-8")
    commands = re.findall(r"^\$ (sam local invoke .+)$", page, re.MULTILINE)
    sign("slack-verify")
    assert len(commands) > 2
    for command in commands:
        program = str(ROOT / ".venv-sam/bin/sam")
        quiet = {"SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(ROOT / "build/sam"), "PATH": "/usr/bin:/bin"}
        words = command.split()[1:]
        done = subprocess.run([program, *words], env=quiet, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, "container runtime" in done.stderr) == (1, True), (command, done.stderr)
        (event,) = (word for word in words if word.startswith(("events/", "build/")) and word != "events/env.json")
        assert words[2] == FUNCTIONS[event.rpartition("/")[2].partition("-")[0]]
