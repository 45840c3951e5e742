"""Hooks of Schemathesis: how to serialize JSON lines, which the contract cannot say."""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: Any, value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode()
