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
from quoth.ingest import backfill
from quoth.storage.stores import s3_reading
from tests.house.test_glossary import tables
from tests.house.test_template import ALARMS, FUNCTIONS, GLOBALS, RESOURCES, TEMPLATE, routes
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
    assert most == s3_reading.SPARING * gates.CHECK_SECONDS / 0.02
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
    assert most == s3_reading.SPARING * gates.CHECK_SECONDS / 0.02
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


# ------------------------------------------------------------------------------------------- an ordinary month

HOURS = 730
MONTHLY = "a month with"


def sizes() -> dict[str, int]:
    """Return the columns of the table of a month, and the quotes of each."""
    return {name: int(number(name.split()[0])) for name in list(table(MONTHLY)[0])[1:]}


def monthly() -> dict[str, dict[str, float]]:
    """Return the number that is assumed of each thing at each size."""
    return {
        row.pop("assumed of a month"): {size: number(row[size]) for size in sizes()}
        for row in table("assumed of a month")
    }


def a_month(size: str) -> dict[str, float]:
    """Return what the rows of a month cost in us-east-1, by the title of the row."""
    told = {title: by_size[size] for title, by_size in monthly().items()}
    per = {row["also, price of"]: number(row["us-east-1"]) / number(row["units"]) for row in table("also, price of")}
    per |= {name: price.dollars["us-east-1"] / price.units for name, price in prices().items()}
    gb = default(GLOBALS["MemorySize"]["Ref"]) / 1024
    second, get, put = per["a GB-second of Lambda on arm64"], per["a GET of S3"], per["a PUT or LIST of S3"]
    http, function = per["a request of the HTTP API"], per["a request of Lambda"]
    stored = sizes()[size] * (
        told["bytes of a quote, its article included"] + told["bytes of old versions for a quote"]
    )
    searches, articles = told["searches"], told["articles added"]
    search = http + function + gb * told["seconds of a search"] * second + told["GETs of a search"] * get
    search += told["bytes of an answer"] / 1e6 * per["a MB sent to the internet"]
    # One commit an article, as if none came together: three PUTs and, for every seventh, three of a merge.
    article = http + 2 * function + gb * told["seconds of Lambda for an article"] * second
    article += (
        (1 + 3 + 3 / 7) * put
        + told["GETs of an article"] * get
        + told["requests of SQS for an article"] * per["a request of SQS"]
    )
    hour = (
        function + FUNCTIONS["MaintainFunction"]["MemorySize"] / 1024 * told["seconds of maintenance an hour"] * second
    )
    hour += told["requests of S3 for maintenance an hour"] * put
    logs = (searches + articles) * told["bytes of logs for each"] / 1e6
    pollers = told["pollers of a queue, each asking every 20 seconds"] * HOURS * 3600 / 20
    queues = sum(event["Type"] == "SQS" for function in FUNCTIONS.values() for event in function["Events"].values())
    return {
        "storage": stored / 1e9 * per["a GB-month of S3"],
        "searches": searches * search,
        "articles": articles * article,
        "maintenance": HOURS * hour,
        "logs": logs * per["a MB of logs"],
        "polling of the queues": queues * pollers * per["a request of SQS"],
        "alarms": len(ALARMS) * per["an alarm, a month"],
    }


@pytest.mark.parametrize("size", ["10,000 quotes", "100,000 quotes", "1,000,000 quotes", "10,000,000 quotes"])
def test_every_line_of_a_month_is_its_arithmetic(size: str) -> None:
    costs = a_month(size)
    rows = {row[MONTHLY]: row[size] for row in table(MONTHLY)}
    assert rows == {
        **{name: f"${cost:,.2f}" for name, cost in costs.items()},
        "all of it": f"${sum(costs.values()):,.2f}",
    }


def test_a_month_names_each_size_once() -> None:
    assert list(sizes().values()) == [10_000, 100_000, 1_000_000, 10_000_000]
    assert all(by_size.keys() == sizes().keys() for by_size in monthly().values())


def test_an_idle_month_costs_what_the_page_says() -> None:
    """What is left without searches and articles, at the smallest size."""
    one_line = PAGE.replace("\n", " ")
    costs = a_month("10,000 quotes")
    idle = sum(cost for name, cost in costs.items() if name not in ("searches", "articles", "logs"))
    told = f"An idle archive of 10,000 quotes, without a search or an article, costs ${idle:,.2f} a month: "
    assert f"{told}${costs['alarms']:,.2f} of it are alarms" in one_line
    per = {row["also, price of"]: number(row["us-east-1"]) / number(row["units"]) for row in table("also, price of")}
    left = idle - 10 * per["an alarm, a month"] - 1_000_000 * per["a request of SQS"]
    assert f"which leaves ${left:,.2f}." in one_line


def test_the_dashboard_costs_what_its_parameter_says() -> None:
    (row,) = (row for row in table("also, price of") if row["also, price of"] == "a dashboard, a month")
    assert f"{row['us-east-1'].removesuffix('.00')} a month" in TEMPLATE["Parameters"]["Dashboard"]["Description"]


def test_the_worst_day_does_not_frighten() -> None:
    """The bound that we set ourselves; whoever raises a limit must say so here."""
    for region in REGIONS:
        assert sum(dollars(a_request(), default("ThrottleRate") * DAY, region).values()) < 400


def a_backfill() -> dict[str, float]:
    """Return the units that a million articles need."""
    shown = {row["assumed of a backfill"]: number(row["number"]) for row in table("assumed of a backfill")}
    articles, milliseconds, transitions, puts, gets = shown.values()
    batches = articles / backfill.ARTICLES_A_BATCH
    return {
        "PUT of S3": articles + batches * puts,
        "state transition": batches * transitions,
        "a GB-second of Lambda on arm64": articles * milliseconds / 1_000 * default("FunctionMemory") / 1024,
        "a request of Lambda": batches,
        "a GET of S3": batches * gets,
    }


@pytest.mark.parametrize("region", REGIONS)
def test_every_line_of_a_backfill_is_its_arithmetic(region: str) -> None:
    own = {row["price of a backfill's"]: row for row in table("price of a backfill's")}
    listed = prices() | {
        name: Price(int(number(row["units"])), {region: number(row[region])}) for name, row in own.items()
    }
    rows = {row["a million articles need"]: row for row in table("a million articles need")}
    assert rows.keys() == {*a_backfill(), "all of it"}
    total = 0.0
    for name, units in a_backfill().items():
        cost = units / listed[name].units * listed[name].dollars[region]
        total += cost
        assert rows[name]["units"] == f"{units:,.0f}", name
        assert rows[name][region] == f"${cost:,.2f}", name
    assert rows["all of it"][region] == f"${total:,.2f}"
    assert total < 10


def test_a_backfill_takes_as_long_as_the_page_says() -> None:
    concurrency = RESOURCES["BackfillMachine"]["Properties"]["Definition"]["States"]["Batches"]["MaxConcurrency"]
    seconds = a_backfill()["a GB-second of Lambda on arm64"] / default("FunctionMemory") * 1024 / concurrency
    assert f"Four batches at the same time take {seconds / 60:.0f} minutes for the million." in PAGE
    assert concurrency == 4
