"""The event files of events/, and the calls that tests make with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.local import events
from functions.local.events import LambdaContext

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "events"


@dataclass(frozen=True, slots=True)
class Ending:
    """A Lambda context that always reports the same number of seconds left."""

    seconds: float

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.seconds)


def committed(name: str) -> dict[str, Any]:
    """Return events/NAME.json."""
    value: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return value


def http(
    method: str, target: str, body: bytes = b"", content_type: str = "application/json", **headers: str
) -> dict[str, Any]:
    """Return the event of an HTTP request."""
    found = events.route(method, events.path_of(target))
    given = {"Content-Type": content_type, **headers} if body else headers
    return events.http_event(method, target, found, given.items(), body)


def call(module: Any, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Call an HTTP function and return status and JSON."""
    answer = module.handler(event, LambdaContext(module.__name__))
    return answer["statusCode"], json.loads(answer["body"])


def integrity_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what rings the alarm of damaged data: the logs' field `integrity`."""
    return [record.integrity for record in caplog.records if hasattr(record, "integrity")]
