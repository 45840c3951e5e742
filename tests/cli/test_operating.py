"""docs/operating.md: its commands exist, its numbers are those of the code and the template, no alarm is left out."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import botocore.session
import pytest
import yaml
from botocore import xform_name

from functions import ingest
from functions.http import gates
from functions.local import application, events
from functions.slack import secret
from quoth.article import MAX_BYTES
from quoth.checking import receipts
from quoth.cli import parser
from quoth.engine import analysis
from quoth.engine.query import grammar
from quoth.engine.segment import layout
from quoth.exports import job
from quoth.storage import manifest
from tests.house.test_glossary import tables
from tests.house.test_template import ALARMS, FUNCTIONS, QUEUES, RESOURCES, TEMPLATE, CloudFormation, of_type, routes

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/operating.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
GLOBAL_OPTIONS = ("--query", "--region", "--output", "--profile")  # of every command of AWS's command line


def commands() -> Iterator[list[str]]:
    """Yield the words of each command on the page."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ ") and not line.startswith("$ python3 -c"):  # whose script has several lines
                yield shlex.split(line.removeprefix("$ "), comments=True)


def rows(title: str) -> list[dict[str, str]]:
    """Return the rows of the table whose first column has a title."""
    ((head, body),) = [(head, body) for head, body in tables(PAGE) if head[0] == title]
    return [dict(zip(head, row, strict=True)) for row in body]


def options_of(words: list[str]) -> dict[str, list[str]]:
    """Return the options of a command, each with its values."""
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            found[word] = []
        elif found:
            found[[*found][-1]].append(word)
    return found


@cache
def models() -> botocore.session.Session:
    return botocore.session.get_session()


def check_aws(service: str, operation: str, words: list[str]) -> None:
    """Fail unless AWS's command line has the operation, with these options and no other required one."""
    name = service.removesuffix("api")
    if operation == "wait":
        operation, *words = words
        waiters = models().get_waiter_model(name)
        (called,) = (waiter for waiter in waiters.waiter_names if xform_name(waiter, "-") == operation)
        operation = xform_name(waiters.get_waiter(called).operation, "-")
    model = models().get_service_model(name)
    (called,) = (known for known in model.operation_names if xform_name(known, "-") == operation)
    shape = model.operation_model(called).input_shape
    assert shape is not None
    members = {f"--{xform_name(member, '-')}": member for member in shape.members}
    given = options_of(words).keys() - {*GLOBAL_OPTIONS}
    assert given <= members.keys(), f"{service} {operation}"
    assert {*shape.required_members} <= {members[option] for option in given}, f"{service} {operation}"


def check_curl(words: list[str]) -> None:
    """Fail unless the address has a route of its own."""
    method = "POST" if "--json" in words else "GET"
    target = words[-1].removeprefix("API_URL")
    assert events.route(method, events.path_of(target)).key != events.DEFAULT, target


def test_every_command_is_one_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    checked = list[str]()
    for words in commands():
        match words:
            case ["quoth", *arguments]:
                parser.parse(arguments)  # leaves with an error if it cannot be read
            case ["aws", "s3", "sync", _, _, *rest]:
                assert options_of(rest).keys() <= {"--exclude"}
            case ["aws", service, operation, *rest]:
                check_aws(service, operation, rest)
            case ["make", *targets]:
                assert [target for target in targets if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)] == []
            case [".venv-sam/bin/sam", "deploy", *rest]:
                assert {*rest} <= {"--guided"}
            case ["curl", *rest]:
                check_curl(rest)
            case ["git" | "cp" | "ls" | "mkdir" | ".", *_]:
                pass
            case _:
                raise AssertionError(f"nothing here knows the command {words}")
        checked.append(words[0])
    assert {"quoth", "aws", "make", ".venv-sam/bin/sam", "curl"} <= {*checked}


# ------------------------------------------------------------------------------------------------- the numbers


def test_the_formats_are_those_of_this_version() -> None:
    told = {row["what"]: (row["number now"], row["read by this version"]) for row in rows("what")[:4]}
    numbers = [manifest.FORMAT, layout.FORMAT, analysis.ANALYSIS, receipts.FORMAT]
    assert [*told.values()] == [(str(number), str(number)) for number in numbers]


def test_the_limits_are_those_of_the_code_and_the_template() -> None:
    told = {row["limit"]: row["value"].replace(",", "") for row in rows("limit") if row["of"] == "Quoth"}
    assert [int(value) for value in told.values()] == [
        MAX_BYTES,
        ingest.MAX_LINES_BYTES,
        grammar.MAX_CHARACTERS,
        gates.MAX_RESPONSE,
        gates.MAX_DRAFT,
        gates.MAX_CHECKED,
        job.MAX_ROWS,
        manifest.MOST_WITHDRAWN,
    ]
    others = {row["limit"]: row["value"].replace(",", "") for row in rows("limit")}
    assert int(others["requests a second, all together"]) == TEMPLATE["Parameters"]["ThrottleRate"]["Default"]
    assert int(others["seconds of a search"]) == FUNCTIONS["SearchFunction"]["Timeout"]
    assert {int(others["days that a message waits"]) * 86_400} == {q["MessageRetentionPeriod"] for q in QUEUES.values()}
    assert int(others["bytes of a request or an answer of a function"]) == application.MAX_BODY_BYTES
    assert int(others["seconds of a function"]) == max(function["Timeout"] for function in FUNCTIONS.values())
    assert f"{TEMPLATE['Parameters']['NoncurrentDays']['Default']} by default" in PAGE


def test_a_rotated_secret_is_forgotten_when_the_page_says() -> None:
    assert "every 30 seconds at most" in PAGE.replace("\n", " ")
    assert (secret.RETRY_SECONDS, secret.CACHE_SECONDS) == (30, 5 * 60)
    assert "forgotten within five minutes" in PAGE


# -------------------------------------------------------------------------------------------- the deployment


def test_every_alarm_has_a_row_that_says_what_to_do_and_no_row_is_of_none() -> None:
    told = [name for row in rows("alarm") for name in row["alarm"].split(", ")]
    assert sorted(told) == sorted(ALARMS)
    assert all(row["cause"] and row["action"] for row in rows("alarm"))


def test_every_output_and_parameter_that_is_named_exists() -> None:
    named = {*re.findall(r"`([A-Z][a-z]+[A-Z]\w+?)(?:=\w+)?`", PAGE)}
    metrics = {
        change["MetricName"]
        for found in of_type("AWS::Logs::MetricFilter").values()
        for change in found["MetricTransformations"]
    }
    assert named - {*TEMPLATE["Parameters"], *TEMPLATE["Outputs"], *RESOURCES} - metrics == set()


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_the_template_takes_the_parameters_that_are_shown(block: str) -> None:
    """Words in capitals stand for values."""
    for override in tomllib.loads(block)["parameter_overrides"].split():
        name, _, value = override.partition("=")
        parameter = TEMPLATE["Parameters"][name]
        if not value.isupper():
            assert value in parameter.get("AllowedValues", [value]), name
            assert re.search(parameter.get("AllowedPattern", ""), value), name


def test_the_values_of_reads_are_those_of_the_parameter() -> None:
    assert [row["`Reads`"].strip("`") for row in rows("`Reads`")] == TEMPLATE["Parameters"]["Reads"]["AllowedValues"]


def a_block(language: str, begin: str) -> str:
    (block,) = (found for found in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if found.startswith(begin))
    return str(block)


def test_a_reader_by_policy_reads_everything_and_writes_nothing() -> None:
    """The statements of docs/operating.md on every route of the template."""
    allowed, denied = json.loads(a_block("json", '{"Version"'))["Statement"]

    def may(method: str, path: str) -> bool:
        resource = f"arn:aws:execute-api:REGION:ACCOUNT:API/$default/{method}{path.replace('{id}', 'x')}"
        is_denied = any(fnmatchcase(resource, pattern) for pattern in denied["Resource"])
        return fnmatchcase(resource, allowed["Resource"]) and not is_denied

    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    for (method, path), (_, authorizer) in routes().items():
        if path.startswith("/"):
            assert may(method, path) == (authorizer is None), f"{method} {path}"
    assert may("GET", "/")
    assert may("GET", "/q/q_1")


def test_the_buckets_that_a_new_stack_takes_over_are_those_of_the_template() -> None:
    """With the names, the logical ids and the policies of the template, the next deployment is an update of them."""
    taken = yaml.load(a_block("yaml", "Parameters:"), Loader=CloudFormation)  # noqa: S506 - a SafeLoader
    buckets = {name: body for name, body in RESOURCES.items() if body["Type"] == "AWS::S3::Bucket"}
    assert taken["Resources"].keys() == buckets.keys()
    for name, body in taken["Resources"].items():
        assert body["Properties"] == {"BucketName": buckets[name]["Properties"]["BucketName"]}
        assert {key: body[key] for key in body if key != "Properties"} == {
            key: buckets[name][key] for key in ("Type", "DeletionPolicy", "UpdateReplacePolicy")
        }
    assert taken["Parameters"]["BucketPrefix"]["Default"] == TEMPLATE["Parameters"]["BucketPrefix"]["Default"]
    listed = json.loads(a_block("json", "[{"))
    names = {item["LogicalResourceId"]: item["ResourceIdentifier"]["BucketName"] for item in listed}
    assert names == {name: literal(body["Properties"]["BucketName"]) for name, body in buckets.items()}


def literal(name: Mapping[str, str]) -> str:
    """Return the name of a bucket with the words of the page for what is the operator's."""
    values = {"BucketPrefix": "quoth", "AWS::AccountId": "ACCOUNT", "AWS::Region": "REGION"}
    return re.sub(r"\$\{([\w:]+)\}", lambda found: values[found[1]], name["Fn::Sub"])
