"""docs/cost.md: the bill of the worst day, recomputed from template.yaml, the constants of the code and the prices."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import pytest

from functions import exports
from functions.http import gates
from functions.http.agents import toolbox
from quoth.exports import job, work
from quoth.storage.stores import s3
from tests.house.test_glossary import tables
from tests.house.test_template import FUNCTIONS, GLOBALS, RESOURCES, TEMPLATE, routes
from tests.support.events import ROOT

PAGE = (ROOT / "docs" / "cost.md").read_text("utf-8")
DAY = 86_400
# API Gateway counts a request of an HTTP API once for each 512 KiB of its payload.
METERED = 512 * 2**10


class Price(NamedTuple):
    """Dollars for so many units, by region."""

    units: int
    dollars: dict[str, float]


def table(title: str) -> list[dict[str, str]]:
    """Return the table whose first column has a title, row by row."""
    ((head, rows),) = [(head, rows) for head, rows in tables(PAGE) if head[0] == title]
    return [dict(zip(head, row, strict=True)) for row in rows]


def number(text: str) -> float:
    return float(re.sub(r"[$,]", "", text))


def prices() -> dict[str, Price]:
    return {
        row["price of"]: Price(int(number(row["units"])), {region: number(row[region]) for region in REGIONS})
        for row in table("price of")
    }


REGIONS = ("us-east-1", "eu-west-1")


def default(parameter: str) -> int:
    return int(TEMPLATE["Parameters"][parameter]["Default"])


def assumed(name: str) -> int:
    """Return a number that the page says it assumes."""
    (row,) = (row for row in table("assumed") if row["assumed"] == name)
    return int(number(row["number"]))


def public() -> set[str]:
    """Return the functions that anybody may call without a signature."""
    return {
        function for (method, _), (function, authorizer) in routes().items() if authorizer is None and method == "GET"
    }


def a_request() -> dict[str, float]:
    """Return the units of the dearest request that anybody may make."""
    (function,) = public()
    memory = default(GLOBALS["MemorySize"]["Ref"]) / 1024
    return {
        "a request of the HTTP API": math.ceil(gates.MAX_RESPONSE / METERED),
        "a request of Lambda": 1,
        "a GB-second of Lambda on arm64": memory * FUNCTIONS[function]["Timeout"],
        "a MB sent to the internet": gates.MAX_RESPONSE / 1e6,
        "a GET of S3": assumed("GETs of S3 for a request"),
        "a MB of logs": assumed("bytes of logs for a request") / 1e6,
    }


def dollars(units: dict[str, float], times: float, region: str) -> dict[str, float]:
    listed = prices()
    return {name: many * times / listed[name].units * listed[name].dollars[region] for name, many in units.items()}


def test_the_prices_are_of_the_same_units_as_the_requests() -> None:
    assert prices().keys() == a_request().keys()
    assert re.search(r"list prices .*\b20\d\d\b", PAGE)


def test_the_limits_on_the_page_are_those_of_the_code_and_the_template() -> None:
    (function,) = public()
    shown = {row["limit"]: int(number(row["value"])) for row in table("limit")}
    assert shown == {
        "`ThrottleRate`, requests a second": default("ThrottleRate"),
        "requests a day": default("ThrottleRate") * DAY,
        "seconds of the search function": FUNCTIONS[function]["Timeout"],
        "`FunctionMemory`, MB": default("FunctionMemory"),
        "bytes of a response": gates.MAX_RESPONSE,
    }


@pytest.mark.parametrize("region", REGIONS)
def test_every_line_of_the_worst_day_is_its_arithmetic(region: str) -> None:
    """The units of one request, times the requests of a day, times the price."""
    a_day = default("ThrottleRate") * DAY
    units, costs = a_request(), dollars(a_request(), a_day, region)
    rows = {row["a day of"]: row for row in table("a day of")}
    assert rows.keys() == {*units, "all of it"}
    for name, many in units.items():
        assert rows[name]["units a request"] == f"{many:g}", name
        assert rows[name]["units a day"] == f"{many * a_day:,.0f}", name
        assert rows[name][region] == f"${costs[name]:,.2f}", name
    assert rows["all of it"][region] == f"${sum(costs.values()):,.2f}"


@pytest.mark.parametrize("region", REGIONS)
def test_a_cap_on_concurrency_caps_the_seconds(region: str) -> None:
    memory = default("FunctionMemory") / 1024
    for row in table("`SearchReservedConcurrency`"):
        most = int(number(row["`SearchReservedConcurrency`"]))
        seconds = {"a GB-second of Lambda on arm64": memory * DAY * most}
        assert row[region] == f"${dollars(seconds, 1, region)['a GB-second of Lambda on arm64']:,.2f}"
    assert default("SearchReservedConcurrency") == 0
    (cap,) = (row for row in table("limit of an export") if "concurrency" in row["limit of an export"])
    assert (
        number(cap["value"])
        == FUNCTIONS["ExportFunction"]["Events"]["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    )


def test_a_day_of_checks_costs_what_the_page_says() -> None:
    """S3 answers no GET in less than 20 ms, so the seconds bound how many a check can make."""
    shown = {row["limit of a check"]: number(row["value"]) for row in table("limit of a check")}
    *gets, form, most = shown.values()
    assert gets == [gates.MAX_DRAFT, gates.MAX_CHECKED, gates.CHECK_SECONDS, default("CheckRate")]
    assert form == RESOURCES["Api"]["Properties"]["RouteSettings"]["POST /check"]["ThrottlingRateLimit"]
    assert most == s3.PARALLEL * gates.CHECK_SECONDS / 0.02
    route = RESOURCES["Api"]["Properties"]["RouteSettings"]["POST /v1/check"]
    assert route["ThrottlingRateLimit"] == {"Ref": "CheckRate"}
    a_check = {**a_request(), "a GET of S3": most}
    cost = sum(dollars(a_check, (default("CheckRate") + form) * DAY, "us-east-1").values())
    assert f"at most ${cost:,.2f} more in us-east-1" in PAGE
    assert cost < 150


def test_a_day_of_agents_costs_what_the_page_says() -> None:
    shown = {row["limit of an agent"]: number(row["value"]) for row in table("limit of an agent")}
    *limits, most = shown.values()
    assert limits == [toolbox.MAX_ANSWER, gates.CHECK_SECONDS, default("AgentRate")]
    assert most == s3.PARALLEL * gates.CHECK_SECONDS / 0.02
    route = RESOURCES["Api"]["Properties"]["RouteSettings"]["POST /mcp"]
    assert route["ThrottlingRateLimit"] == {"Ref": "AgentRate"}
    twice = 4 * toolbox.MAX_ANSWER  # as structure and as text, in which every character may be an escape
    a_call = {
        **a_request(),
        "a request of the HTTP API": math.ceil(twice / METERED),
        "a MB sent to the internet": twice / 1e6,
        "a GET of S3": most,
    }
    cost = sum(dollars(a_call, default("AgentRate") * DAY, "us-east-1").values())
    assert f"at most ${cost:,.2f} more in us-east-1; `Agents=closed`" in PAGE
    assert cost < 150


def test_a_day_of_reports_costs_what_the_page_says() -> None:
    rate = RESOURCES["Api"]["Properties"]["RouteSettings"]["POST /v1/reports"]["ThrottlingRateLimit"]
    puts = rate * DAY
    told = f"them is {puts:,} PUTs of S3 at most, at $0.005 a thousand: ${puts * 0.005 / 1_000:.2f}"
    assert told in PAGE


def test_the_limits_of_an_export_are_those_of_the_code() -> None:
    shown = {row["limit of an export"]: number(row["value"]) for row in table("limit of an export")}
    assert {name: value for name, value in shown.items() if "concurrency" not in name} == {
        "rows": job.MAX_ROWS,
        "bytes of its file": work.MAX_BYTES,
        "seconds of its address": exports.SIGNED_SECONDS,
        "seconds of its function": FUNCTIONS["ExportFunction"]["Timeout"],
    }


def test_the_workers_of_a_day_of_exports_cost_what_the_page_says() -> None:
    function = FUNCTIONS["ExportFunction"]
    most = function["Events"]["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    seconds = {"a GB-second of Lambda on arm64": default("FunctionMemory") / 1024 * DAY * most}
    cost = dollars(seconds, 1, "us-east-1")["a GB-second of Lambda on arm64"]
    assert f"${cost:,.2f} a day" in PAGE


def test_the_worst_day_does_not_frighten() -> None:
    """The bound that we set ourselves; whoever raises a limit must say so here."""
    for region in REGIONS:
        assert sum(dollars(a_request(), default("ThrottleRate") * DAY, region).values()) < 400
