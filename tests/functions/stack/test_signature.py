"""The gateway accepts a request that botocore has signed, and none that was changed on its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functions.stack.visitor import signed
from tools.stack import signature

HOST = "127.0.0.1:8080"
TARGET = "/v1/articles/a_1%20x?version=2&b=%C3%A9&a="
BODY = "“No,” said Ada.".encode()


def arrives(target: str = TARGET, body: bytes = BODY, method: str = "POST", **changed: Any) -> bool:
    """Whether a signed request is accepted, some of which may have changed on its way."""
    how = {name: changed.pop(name) for name in ("secret", "service") if name in changed}
    now = changed.pop("now", datetime.now(UTC))
    headers = signed("POST", f"http://{HOST}{TARGET}", {"Content-Type": "text/plain"}, BODY, **how)
    arrived = {name.lower(): value for name, value in headers.items()} | {"host": HOST} | changed
    return signature.is_valid(method, target, arrived, body, now)


def test_a_request_that_arrives_as_it_was_signed_is_accepted() -> None:
    assert arrives()
    assert arrives(accept="text/html"), "a header that is not signed may be added"


@pytest.mark.parametrize(
    "changed",
    [
        {"target": TARGET.replace("2", "3")},
        {"target": "/v1/articles"},
        {"body": BODY + b" "},
        {"method": "DELETE"},
        {"host": "localhost:8080"},
        {"authorization": ""},
        {"authorization": "Bearer abc"},
        {"x-amz-date": "20250811T093000Z"},
        {"x-amz-date": "yesterday"},
        {"secret": "another"},
        {"service": "s3"},
        {"now": datetime.now(UTC) + timedelta(minutes=6)},
        {"now": datetime.now(UTC) - timedelta(minutes=6)},
    ],
)
def test_any_other_request_is_not(changed: dict[str, Any]) -> None:
    assert not arrives(**changed)
