"""Executions of the state machine that indexes backfills: the client of Step Functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from quoth.errors import Refused, Unavailable

RUNNING = "RUNNING"

_CONFIG = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard"})
# The counts of a run that a reader may want; the others are those of timeouts and aborts, which have failed too.
_COUNTS = {"pending": "waiting", "running": "running", "succeeded": "succeeded"}
_FAILED = ("failed", "timedOut", "aborted")


class ExecutionState(NamedTuple):
    """An execution: its status as Step Functions calls it, and its batches by what became of them.

    `cause` says why an execution has failed.
    """

    status: str
    batches: Mapping[str, int]
    cause: str | None


def start(machine: str, name: str, told: Mapping[str, Any]) -> str:
    """Start an execution of a state machine, and return its ARN; raises `Refused` and `Unavailable`."""
    with _translated(machine):
        answer = _client(machine).start_execution(stateMachineArn=machine, name=name, input=json.dumps(told))
        return str(answer["executionArn"])


def look(execution: str) -> ExecutionState:
    """Return how far an execution is; raises `Refused` and `Unavailable`."""
    with _translated(execution):
        client = _client(execution)
        answer = client.describe_execution(executionArn=execution)
        runs = client.list_map_runs(executionArn=execution)["mapRuns"]
        counts: dict[str, int] = dict.fromkeys((*_COUNTS.values(), "failed"), 0)
        for run in runs:
            items = client.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
            for name, shown in _COUNTS.items():
                counts[shown] += items[name]
            counts["failed"] += sum(items[name] for name in _FAILED)
        return ExecutionState(answer["status"], counts, answer.get("cause"))


def _client(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "states":
        raise Refused(f"this is not the ARN of a state machine or of an execution of one: {arn[:120]!r}")
    make: Any = boto3.client
    return make("stepfunctions", region_name=parts[3], config=_CONFIG)


@contextmanager
def _translated(arn: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("ThrottlingException", "InternalFailure", "ServiceUnavailable"):
            raise Unavailable(f"Step Functions did not answer: {error}") from error
        raise Refused(f"Step Functions refuses {arn}: {error}") from error
    except BotoCoreError as error:
        raise Unavailable(f"Step Functions did not answer: {error}") from error
