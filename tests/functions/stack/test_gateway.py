"""Who may ask what, and how often: the declared limits of template.yaml's own routes."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.functions.stack.visitor import Visitor, signed, until

pytestmark = pytest.mark.local


def test_a_route_that_writes_wants_a_signature_before_it_wakes_a_function(visitor: Visitor) -> None:
    routes = [route for route in visitor.stack.declared.routes if route.is_signed]
    assert {"POST /v1/articles", "DELETE /v1/articles/{id}", "POST /v1/quotes"} <= {route.key for route in routes}
    for route in routes:
        method, _, path = route.key.partition(" ")
        path = path.replace("{id}", "a_1")
        forged = signed(method, visitor.stack.address + path, {}, b"{}", secret="another")
        for headers in ({}, {"authorization": "Bearer x"}, forged):
            reply = visitor.ask(method, path, b"{}", **headers)
            assert (reply.status, reply.json) == (403, {"message": "Forbidden"}), route.key


def test_reports_of_anybody_are_throttled_as_declared(visitor: Visitor) -> None:
    (route,) = (route for route in visitor.stack.declared.routes if route.key == "POST /v1/reports")

    def report(_: int) -> int:
        return visitor.ask("POST", "/v1/reports", b"{}", content_type="application/json").status

    report(0)  # wakes the function
    time.sleep(1 / route.rate)
    began = time.monotonic()
    with ThreadPoolExecutor(12) as threads:
        statuses = list(threads.map(report, range(12)))
    passed = [status for status in statuses if status != 429]
    assert set(passed) == {400}
    assert route.burst <= len(passed) <= route.burst + route.rate * (time.monotonic() - began)


def test_a_web_page_of_another_origin_may_read_only_by_preflight_and_not_here(visitor: Visitor) -> None:
    asked = {"origin": "http://localhost:3000", "access_control_request_method": "GET"}
    reply = visitor.ask("OPTIONS", "/v1/quotes", **asked)
    assert (reply.status, reply.headers["access-control-allow-methods"]) == (204, "GET")
    assert visitor.ask("GET", "/v1/index", origin="http://localhost:3000").headers["access-control-allow-origin"] == "*"
    assert visitor.ask("GET", "/v1/index", origin="https://evil.example").status == 403
    assert visitor.ask("GET", "/v1/index", host="evil.example").status == 403


def test_a_search_while_s3_is_silent_ends_within_its_declared_timeout(visitor: Visitor) -> None:
    stack = visitor.stack
    assert visitor.ask("GET", "/v1/index").status == 200
    timeout = stack.functions["SearchFunction"].declared.timeout
    assert timeout == 10
    os.kill(stack.moto.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        reply = visitor.ask("GET", "/v1/quotes?q=silence")
        seconds = time.monotonic() - began
    finally:
        os.kill(stack.moto.process.pid, signal.SIGCONT)
    assert (reply.status, reply.json) == (500, {"message": "Internal Server Error"})
    assert timeout - 0.5 < seconds < timeout + 2
    until(lambda: visitor.ask("GET", "/v1/quotes?q=silence").status == 200, "S3 speaks again", seconds=30)


def test_the_functions_logs_say_what_they_did_but_not_what_was_asked(visitor: Visitor, logs: Path) -> None:
    canary = "kingfisher"
    assert visitor.ask("GET", f"/v1/quotes?q={canary}").status == 200
    for log in logs.glob("*Function.log"):
        assert canary not in log.read_text("utf-8")
