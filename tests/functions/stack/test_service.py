"""The service of template.yaml from the first article to the last collection, over HTTP, as its clients use it."""

from __future__ import annotations

import csv
import io
import json
import re
import time
import urllib.request
from typing import Any
from urllib.parse import unquote_plus, urlencode

import pytest

from functions.slack.function import SEARCHING
from tests.functions.slack.stand_in import words
from tests.functions.stack.visitor import Received, Visitor, article, until
from tests.support.events import committed
from tools.sign_event import EXAMPLE_SECRET, sign
from tools.stack.moto.resources import EVENTS

pytestmark = pytest.mark.local

SAID = "We will rebuild the ferry terminal before the winter, whatever it costs."


@pytest.fixture(scope="module")
def posted(visitor: Visitor) -> dict[str, Any]:
    """An article that was posted and is indexed."""
    told = visitor.post(article("ferry", SAID))
    other = visitor.post(article("bridge", "Nobody asked us about the bridge over the ferry route.", "Bo Lind"))
    assert visitor.status(told["key"]) == "queued"
    for posted in (told, other):
        until(lambda posted=posted: visitor.status(posted["key"]) == "indexed", "it is indexed")
    return told


def test_an_article_that_was_posted_is_found_with_its_speaker(visitor: Visitor, posted: dict[str, Any]) -> None:
    (hit,) = visitor.search("ferry terminal", match="all")["hits"]
    assert (hit["text"], hit["speaker"]["name"]) == (SAID, "Ada Okafor")
    assert hit["article"]["id"] == posted["article_id"]
    alone = visitor.ask("GET", f"/v1/quotes/{hit['id']}").json
    assert (alone["text"], alone["article"]["headline"]) == (SAID, "The ferry talks")


def test_the_pages_show_it(visitor: Visitor, posted: dict[str, Any]) -> None:
    reply = visitor.ask("GET", "/?q=ferry+terminal")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.sub(r"</?mark>", "", reply.body.decode()).count(SAID) > 0
    assert visitor.ask("GET", "/no/such/page").status == 404


def test_a_remembered_quote_is_verified_by_address_and_by_body(visitor: Visitor, posted: dict[str, Any]) -> None:
    asked = {"text": SAID.replace("winter", "summer"), "speaker": "Ada Okafor"}
    by_address = visitor.ask("GET", f"/v1/verify?{urlencode(asked)}")
    by_body = visitor.ask("POST", "/v1/verify", json.dumps(asked).encode(), content_type="application/json")
    assert by_address.json["verdict"] == by_body.json["verdict"] == "altered"


def test_a_draft_is_checked(visitor: Visitor, posted: dict[str, Any]) -> None:
    draft = f"“{SAID}” Ada Okafor said on Monday.".encode()
    reply = visitor.ask("POST", "/v1/check", draft, content_type="text/plain")
    assert [found["verdict"] for found in reply.json["quotes"]] == ["exact"]


def test_an_agent_asks(visitor: Visitor, posted: dict[str, Any]) -> None:
    event = committed("search-mcp")
    message = json.loads(event["body"])
    message["params"]["arguments"] = {"text": SAID, "speaker": "Ada Okafor"}
    names = ("content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name")
    headers = {name.replace("-", "_"): event["headers"][name] for name in names}
    reply = visitor.ask("POST", "/mcp", json.dumps(message).encode(), **headers)
    assert reply.status == 200
    assert SAID in json.dumps(reply.json["result"], ensure_ascii=False)


def command(visitor: Visitor, age: float, secret: str = EXAMPLE_SECRET) -> Received:
    """Send a slash command that Slack signed so many seconds ago."""
    asked = {"team_id": "T0001", "user_id": "U1", "command": "/quote", "text": "ferry terminal"}
    asked["response_url"] = "https://hooks.slack.com/commands/T0001/1/abc"
    body, now = urlencode(asked).encode(), int(time.time() - age)
    return visitor.ask(
        "POST",
        "/v1/slack/command",
        body,
        content_type="application/x-www-form-urlencoded",
        x_slack_request_timestamp=str(now),
        x_slack_signature=sign(body, now, secret),
    )


def test_slack_gets_an_answer_to_what_it_signed_with_the_secret_of_the_parameter_store(
    visitor: Visitor, posted: dict[str, Any]
) -> None:
    assert command(visitor, age=0, secret="another").status == 401
    visitor.stack.functions["SlackFunction"].forget()
    late = command(visitor, age=2)  # a cold start that would come too late hands over to another invocation
    assert (late.status, words(late.json)) == (200, SEARCHING)
    until(lambda: len(visitor.keys("replies/")) == 1, "the other invocation has claimed the answer")
    until(lambda: SAID in words(command(visitor, age=0).json), "a warm one answers itself")


def test_an_export_is_written_and_fetched(visitor: Visitor, posted: dict[str, Any]) -> None:
    asked = json.dumps({"q": "ferry", "format": "csv"}).encode()
    begun = visitor.ask("POST", "/v1/exports", asked, is_signed=True, content_type="application/json")
    assert (begun.status, begun.json["status"]) == (202, "queued")
    place = begun.headers["location"]
    until(lambda: visitor.ask("GET", place, is_signed=True).json["status"] == "done", "the export is done")
    told = visitor.ask("GET", place, is_signed=True).json
    with urllib.request.urlopen(told["url"]) as file:  # noqa: S310 - this machine
        rows = list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))
    assert len(rows) == told["rows"] == 2
    assert SAID in [row["text"] for row in rows]


def test_a_reader_reports_a_speaker(visitor: Visitor, posted: dict[str, Any]) -> None:
    (hit,) = visitor.search("ferry terminal", match="all")["hits"]
    body = json.dumps({"quote_id": hit["id"]}).encode()
    reply = visitor.ask("POST", "/v1/reports", body, content_type="application/json")
    assert (reply.status, reply.json["is_new"]) == (202, True)
    assert len(visitor.keys("reports/")) == 1


def test_an_upload_to_the_inbox_is_indexed_and_a_broken_one_is_kept_after_three_attempts(visitor: Visitor) -> None:
    stack = visitor.stack
    (inbox,) = (bucket.name for bucket in stack.declared.buckets if bucket.uploads)
    said = "The quarry closes on Friday, and it will never be opened again."
    visitor.s3.put_object(Bucket=inbox, Key="elsewhere/quarry.txt", Body=article("other quarry", said).encode())
    visitor.s3.put_object(Bucket=inbox, Key="inbox/broken.json", Body=b"{")
    visitor.s3.put_object(Bucket=inbox, Key="inbox/the quarry.txt", Body=article("quarry", said).encode())
    until(lambda: visitor.found("quarry closes") == 1, "the upload is indexed")
    for wait in (60, 120):  # as Lambda waits between attempts
        until(lambda: visitor.waiting(EVENTS + "IngestFunction") == (0, 1), "the broken one waits for another attempt")
        assert visitor.waiting("FailedUploads") == (0, 0)
        stack.moto.hasten(wait)
        until(lambda: visitor.waiting(EVENTS + "IngestFunction") != (1, 0), "it is tried again")
    until(lambda: visitor.waiting("FailedUploads") == (1, 0), "it is given up")
    (record,) = map(json.loads, visitor.take("FailedUploads"))
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert unquote_plus(record["requestPayload"]["Records"][0]["s3"]["object"]["key"]) == "inbox/broken.json"
    assert "broken.json" in record["responsePayload"]["errorMessage"]
    assert visitor.found("quarry closes") == 1


def test_what_is_withdrawn_is_gone_and_what_nobody_needs_is_collected(visitor: Visitor) -> None:
    said = "The windmill stands on land that was never theirs to sell."
    told = visitor.post(article("windmill", said))
    until(lambda: visitor.found("windmill stands") == 1, "it is indexed")
    (hit,) = visitor.search("windmill stands")["hits"][:1]
    reply = visitor.ask("DELETE", f"/v1/articles/{told['key']}", is_signed=True)
    assert reply.status == 202
    until(lambda: visitor.found("windmill stands") == 0, "it is withdrawn")
    gone = visitor.ask("GET", f"/v1/quotes/{hit['id']}")
    assert (gone.status, gone.json["reason"]) == (410, "withdrawn")
    segments = visitor.keys("segments/")
    event = committed("maintain-schedule")
    assert visitor.invoke("MaintainFunction", event) is None
    compacted = visitor.keys("segments/")
    assert {*segments} < {*compacted}, "a file without the quote, and the old one: a reader may still need it"
    visitor.stack.moto.hasten(9 * 24 * 3600)  # past the week in which some past generations are kept
    assert visitor.invoke("MaintainFunction", event) is None
    kept = visitor.keys("segments/")
    assert len(kept) == visitor.ask("GET", "/v1/index").json["segments"]
    assert {*compacted} - {*segments} <= {*kept} < {*compacted}
    visitor.post(article("meadow", "The meadow belongs to those who clean it."))
    until(lambda: visitor.found("meadow clean") == 1, "an article is indexed as before")
    assert visitor.ask("GET", f"/v1/quotes/{hit['id']}").status == 410
