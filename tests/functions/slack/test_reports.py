"""POST /v1/reports and POST /v1/quotes/{id}/reports: what a report keeps, and what nobody can make of it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest

from functions import reports as function
from functions import search
from functions.local.events import LambdaContext
from quoth import reports
from quoth.archive import Archive
from tests.support.builders import a_given
from tests.support.events import call, http

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def quote(workspace: Archive) -> str:
    """The id of a quote that may be withdrawn."""
    workspace.add(a_given("The harbour is safe."))
    return workspace.search("harbour").hits[0].quote.id


def from_a_page(value: Any) -> tuple[int, dict[str, Any]]:
    return call(function, http("POST", "/v1/reports", json.dumps(value).encode()))


def from_a_client(quote: str, value: Any) -> tuple[int, dict[str, Any]]:
    return call(function, http("POST", f"/v1/quotes/{quote}/reports", json.dumps(value).encode()))


def stored(archive: Archive) -> list[tuple[str, str | None]]:
    return [(key, report.note) for key, report in reports.stored(archive.store)]


def test_a_report_of_a_page_is_the_quote_and_the_time(workspace: Archive, quote: str) -> None:
    assert from_a_page({"quote": quote}) == (202, {"quote": quote, "is_new": True})
    assert from_a_page({"quote": quote}) == (202, {"quote": quote, "is_new": False})
    assert stored(workspace) == [(f"reports/{quote}/page-2025-08-11", None)]
    ((key, _),) = stored(workspace)
    assert json.loads(workspace.store.get(key).data) == {
        "quote": quote,
        "time": "2025-08-11T09:30:00Z",
        "source": "page",
        "note": None,
    }


def test_the_button_of_a_page_works_without_scripts_and_leads_back_to_the_thanks(
    workspace: Archive, quote: str
) -> None:
    page = search.handler(http("GET", f"/q/{quote}"), LambdaContext("search"))["body"]
    (form,) = re.findall(r'<form method="post" action="(/v1/reports)">(.*?)</form>', page)
    (field,) = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', form[1])
    answer = function.handler(http("POST", form[0], urlencode([field]).encode(), FORM), LambdaContext("reports"))
    assert answer["statusCode"] == 303
    address = urljoin(f"https://quotes.example.org/base{form[0]}", answer["headers"]["Location"])
    assert address == f"https://quotes.example.org/base/q/{quote}#reported"
    assert 'id="reported"' in page
    assert stored(workspace) == [(f"reports/{quote}/page-2025-08-11", None)]


def test_the_button_works_below_a_base_path(workspace: Archive, quote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway selects the route without the base path, and passes the path with it."""
    monkeypatch.setenv("QUOTH_PUBLIC_URL", "https://quotes.example.org/news")
    event = http("POST", "/v1/reports", urlencode({"quote": quote}).encode(), FORM) | {"rawPath": "/news/v1/reports"}
    assert function.handler(event, LambdaContext("reports"))["statusCode"] == 303
    assert stored(workspace) == [(f"reports/{quote}/page-2025-08-11", None)]


def test_a_client_that_signs_may_add_a_word(workspace: Archive, quote: str) -> None:
    assert from_a_client(quote, {"note": " Bo Lind\nsaid it "}) == (202, {"quote": quote, "is_new": True})
    assert from_a_page({"quote": quote})[1]["is_new"], "each place once"
    assert stored(workspace) == [
        (f"reports/{quote}/api-2025-08-11", "Bo Lind said it"),
        (f"reports/{quote}/page-2025-08-11", None),
    ]
    assert from_a_client(quote, {}) == (202, {"quote": quote, "is_new": False})


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({}, 400),
        ({"quote": 7}, 400),
        ({"quote": "q_none"}, 404),
        ({"quote": "../manifest.json"}, 404),
        ({"quote": "x" * 300}, 400),
        ({"quote": "QUOTE", "note": "a word of anybody's"}, 400),
        ({"quote": "QUOTE", "source": "slack"}, 400),
        (["QUOTE"], 400),
        ("QUOTE", 400),
        ({"quote": "x" * 5000}, 413),
    ],
)
def test_nobody_writes_anything_else(workspace: Archive, quote: str, value: Any, status: int) -> None:
    value = json.loads(json.dumps(value).replace("QUOTE", quote))
    assert from_a_page(value)[0] == status
    assert stored(workspace) == []


@pytest.mark.parametrize(
    ("value", "status"), [({"note": "x" * 201}, 400), ({"note": 7}, 400), ({"quote": "q_1"}, 400), ([], 400)]
)
def test_a_client_writes_a_short_word_alone(workspace: Archive, quote: str, value: Any, status: int) -> None:
    assert from_a_client(quote, value)[0] == status
    assert stored(workspace) == []


def test_a_query_string_is_refused(workspace: Archive, quote: str) -> None:
    assert call(function, http("POST", f"/v1/reports?quote={quote}", b"{}"))[0] == 400


def test_the_button_leads_to_what_became_of_a_quote(workspace: Archive, quote: str) -> None:
    workspace.withdraw(quote)
    event = http("POST", "/v1/reports", urlencode({"quote": quote}).encode(), FORM)
    answer = function.handler(event, LambdaContext("reports"))
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, f"../q/{quote}")
    assert "was withdrawn" in search.handler(http("GET", f"/q/{quote}"), LambdaContext("search"))["body"]
    assert stored(workspace) == []


def test_a_withdrawn_quote_is_gone(workspace: Archive, quote: str) -> None:
    workspace.withdraw(quote)
    status, told = from_a_page({"quote": quote})
    assert (status, told["reason"]) == (410, "withdrawn")
    assert from_a_client(quote, {})[0] == 410


def test_no_word_of_a_report_is_logged(
    workspace: Archive, quote: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    from_a_client(quote, {"note": "canary"})
    for body in (b'{"quote": "canary"}', b"canary", b'{"canary": 1}'):
        function.handler(http("POST", "/v1/reports", body), LambdaContext("reports"))
    assert "canary" not in caplog.text
    assert "canary" not in "".join(capsys.readouterr())
    assert [record.report for record in caplog.records] == ["api"]
