"""The functions one by one: what each answers, good and bad. Real handlers; moto's AWS where there is a queue."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions import indexer, ingest, search
from functions.http import problem
from functions.local.events import LambdaContext, sqs_event
from functions.local.server import LocalServer
from functions.runtime import jobs, settings
from functions.slack import function as slack
from quoth.article import MAX_BYTES
from quoth.errors import (
    BadInput,
    Conflict,
    Damaged,
    Expired,
    Gone,
    NotFound,
    Outdated,
    QuothError,
    Refused,
    Removed,
    Unavailable,
)
from quoth.ingest import originals
from quoth.withdrawal import Withdrawal
from tests.conftest import WARM
from tests.support.builders import a_given, an_article
from tests.support.events import Ending, call, committed, http, integrity_of
from tests.support.served import damage, queued, stored, write_over


def is_nosniff(headers: Any) -> bool:
    return {name.lower(): value for name, value in headers.items()}.get("x-content-type-options") == "nosniff"


@pytest.mark.usefixtures("served")
class TestEveryAnswer:
    """No browser may take words of an article for a page: neither in an answer nor in a problem."""

    @pytest.mark.parametrize(
        ("module", "event", "status"),
        [
            (search, http("GET", "/v1/index"), 200),
            (search, http("GET", "/v1/quotes?format=jsonl"), 200),
            (search, http("GET", "/v1/quotes?format=csv"), 200),
            (search, http("GET", "/v1/index", **{"If-None-Match": "*"}), 304),
            (search, http("GET", "/v1/quotes?limit=x"), 400),
            (search, http("GET", "/v1/quotes/q_1"), 404),
            (search, http("GET", "/v1/nothing"), 404),
            (search, http("GET", "/"), 200),
            (search, http("GET", "/nothing"), 404),
            (ingest, http("POST", "/v1/articles", b'{"body": "Rain."}'), 202),
            (ingest, http("POST", "/v1/articles", b"{"), 400),
            (ingest, http("GET", f"/v1/articles/{an_article().key}"), 404),
            (ingest, http("POST", "/v1/articles", b"a" * (MAX_BYTES + 1), "text/plain"), 413),
            (ingest, http("POST", "/v1/articles", "é".encode() * (MAX_BYTES // 2 + 1), "text/plain"), 413),
            (slack, http("POST", "/v1/slack/command", b"text=dam", "application/x-www-form-urlencoded"), 401),
        ],
    )
    def test_it_is_nosniff(
        self, module: Any, event: dict[str, Any], status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUOTH_SLACK_SIGNING_SECRET", "secret")
        answer = module.handler(event, LambdaContext("a function"))
        assert (answer["statusCode"], is_nosniff(answer["headers"])) == (status, True)

    def test_it_is_nosniff_when_the_service_is_at_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_STORE", "nowhere")
        answer = search.handler(http("GET", "/v1/index"), LambdaContext("search"))
        assert (answer["statusCode"], is_nosniff(answer["headers"])) == (500, True)


@pytest.mark.usefixtures("served")
class TestPostArticle:
    def test_an_article_is_kept_and_queued_under_its_key(self) -> None:
        status, answer = call(ingest, http("POST", "/v1/articles", b'{"id": "urn:1", "body": "Rain."}'))
        article = an_article("Rain.", id="urn:1")
        assert (status, answer) == (202, {"key": article.key, "article_id": "urn:1", "version": 1})
        (job,) = queued()
        assert originals.load(stored().store, json.loads(job)["key"]) == [article]

    def test_base64_and_plain_text_are_read(self) -> None:
        event = http("POST", "/v1/articles", "“No,” said Ada.".encode(), "text/plain; charset=utf-8")
        coded = {**event, "body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
        assert call(ingest, event) == call(ingest, coded)

    def test_sending_it_twice_is_harmless(self) -> None:
        event = http("POST", "/v1/articles", b'{"body": "Rain."}')
        assert call(ingest, event) == call(ingest, event)

    @pytest.mark.parametrize(
        ("body", "status", "parameter"),
        [
            (b"{", 400, None),
            (b'{"url": "https://example.org"}', 400, "body"),
            (b'{"body": "a", "url": "javascript:x"}', 400, "url"),
            (b'{"body": "a", "boddy": "b"}', 400, "boddy"),
            (b'{"body": "' + b"a" * (1024 * 1024) + b'"}', 413, None),
        ],
    )
    def test_unusable_input_is_a_problem_and_queues_nothing(
        self, body: bytes, status: int, parameter: str | None
    ) -> None:
        code, answer = call(ingest, http("POST", "/v1/articles", body))
        assert (code, answer["status"], answer["title"]) == (status, status, HTTPStatus(status).phrase)
        if status == 400:
            assert [error["parameter"] for error in answer["errors"]] == [parameter]
        assert queued() == []

    def test_a_body_that_is_not_base64_is_a_problem(self) -> None:
        event = {**http("POST", "/v1/articles", b"x"), "body": "%%%", "isBase64Encoded": True}
        assert call(ingest, event)[0] == 400

    def test_without_a_body_it_is_a_problem(self) -> None:
        assert call(ingest, http("POST", "/v1/articles"))[0] == 400

    def test_a_queue_that_is_gone_is_a_503_with_when_to_come_back(self, aws: str) -> None:
        boto3.client("sqs").delete_queue(QueueUrl=aws)
        answer = ingest.handler(http("POST", "/v1/articles", b'{"body": "Rain."}'), LambdaContext("ingest"))
        assert answer is not None
        assert answer["statusCode"] == 503
        assert "Retry-After" in answer["headers"]


@pytest.mark.usefixtures("served")
class TestDeleteArticle:
    KEY = an_article(id="urn:1").key

    @pytest.mark.parametrize(("query", "version"), [("", 3), ("?version=2", 2), (f"?version={2**63 - 1}", 2**63 - 1)])
    def test_a_withdrawal_is_kept_and_queued_with_its_version(self, query: str, version: int) -> None:
        """The one that stands, unless the request says which: so it may be delivered twice, and late."""
        settings.archive(settings.current().store).add(an_article(id="urn:1", version=3))
        status, answer = call(ingest, http("DELETE", f"/v1/articles/{self.KEY}{query}"))
        assert (status, answer) == (202, {"key": self.KEY, "version": version})
        (job,) = queued()
        assert originals.load(stored().store, json.loads(job)["key"]) == [Withdrawal(self.KEY, version)]

    def test_of_what_is_not_there_the_version_must_be_said(self) -> None:
        status, answer = call(ingest, http("DELETE", f"/v1/articles/{self.KEY}"))
        assert status == 404
        assert "give a version" in answer["detail"]
        assert call(ingest, http("DELETE", f"/v1/articles/{self.KEY}?version=1"))[0] == 202

    @pytest.mark.parametrize(
        ("target", "parameter"),
        [
            ("/v1/articles/urn:1", "id"),
            ("/v1/articles/a_1", "id"),
            ("/v1/articles/q_F3vZy5NFW0ekWXoxC_Jd-A", "id"),
            (f"/v1/articles/{KEY}%20", "id"),
            (f"/v1/articles/{KEY}?version=0", "version"),
            (f"/v1/articles/{KEY}?version=two", "version"),
            (f"/v1/articles/{KEY}?version=", "version"),
            (f"/v1/articles/{KEY}?version={2**63}", "version"),
            (f"/v1/articles/{KEY}?version={10**19}", "version"),
            (f"/v1/articles/{KEY}?version=1&version=2", "version"),
            (f"/v1/articles/{KEY}?force=1", "force"),
        ],
    )
    def test_unusable_input_is_a_problem_and_queues_nothing(self, target: str, parameter: str) -> None:
        status, answer = call(ingest, http("DELETE", target))
        assert (status, [error["parameter"] for error in answer["errors"]]) == (400, [parameter])
        assert queued() == []

    def test_the_committed_event_withdraws_the_sample_article(self) -> None:
        _, posted = call(ingest, committed("ingest-article"))
        status, answer = call(ingest, committed("ingest-delete"))
        assert (status, answer) == (202, {"key": posted["key"], "version": 1})


@pytest.mark.usefixtures("served")
class TestPostQuotes:
    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b'{"text": "No.", "speaker": "Ada"}', "application/json"),
            (b'[{"text": "No.", "speaker": "Ada"}]', "application/json"),
            (b'{"text": "No.", "speaker": "Ada"}\n', "application/x-ndjson"),
        ],
    )
    def test_one_a_list_or_lines_are_kept_together(self, body: bytes, kind: str) -> None:
        status, answer = call(ingest, http("POST", "/v1/quotes", body, kind))
        (job,) = queued()
        batch = json.loads(job)["key"].removeprefix("imports/").removesuffix(".jsonl")
        assert (status, answer) == (202, {"key": f"i_{batch}", "accepted": 1})
        assert originals.load(stored().store, json.loads(job)["key"]) == [a_given("No.", "Ada")]

    def test_one_that_cannot_be_used_refuses_all(self) -> None:
        quotes = [{"text": "No.", "speaker": "Ada"}, {"text": "No."}, 3]
        status, answer = call(ingest, http("POST", "/v1/quotes", json.dumps(quotes).encode()))
        assert status == 400
        assert [error["parameter"] for error in answer["errors"]] == ["[1].speaker", "[2]"]
        assert queued() == []

    def test_a_line_is_named_by_its_number_and_a_single_quote_by_its_field(self) -> None:
        lines = b'\n{"text": "No.", "speaker": "Ada"}\n\n{"text": "No."}\n'
        _, answer = call(ingest, http("POST", "/v1/quotes", lines, "application/x-ndjson"))
        assert answer["errors"] == [
            {"parameter": "speaker", "detail": "line 4: speaker is missing, and so is denied_speaker"}
        ]
        _, answer = call(ingest, http("POST", "/v1/quotes", b'{"text": "No."}'))
        assert answer["errors"] == [{"parameter": "speaker", "detail": "speaker is missing, and so is denied_speaker"}]

    def test_many_errors_make_a_short_answer(self) -> None:
        _, answer = call(ingest, http("POST", "/v1/quotes", json.dumps([1] * 10_000).encode()))
        assert answer["detail"].startswith("10000 quotes cannot be used")
        assert len(answer["errors"]) == problem.MAX_ERRORS

    def test_no_quote_at_all_is_a_problem(self) -> None:
        assert call(ingest, http("POST", "/v1/quotes", b"[]"))[0] == 400


@pytest.mark.usefixtures("served")
class TestIndexer:
    @pytest.fixture(autouse=True)
    def queue(self, served: None, monkeypatch: pytest.MonkeyPatch) -> None:
        """The messages of these tests never were in SQS, which would not know their receipts."""
        monkeypatch.setenv("QUOTH_QUEUE_URL", "local:")

    def jobs(self, *items: originals.Item) -> list[str]:
        keys = [key for item in items for key in originals.keep(stored().store, [item])]
        return [json.dumps({"key": key}) for key in keys]

    def run(self, bodies: list[str]) -> list[int]:
        """Return the positions of the messages that failed."""
        event = sqs_event(bodies)
        failed = {f["itemIdentifier"] for f in indexer.handler(event, LambdaContext("indexer"))["batchItemFailures"]}
        return [n for n, record in enumerate(event["Records"]) if record["messageId"] in failed]

    def test_a_batch_is_one_commit(self) -> None:
        assert self.run(self.jobs(an_article(id="urn:1"), an_article(id="urn:2"), a_given())) == []
        assert (stored().stats().edition.generation, stored().stats().edition.quotes) == (1, 3)

    def test_a_second_delivery_changes_nothing(self) -> None:
        bodies = self.jobs(an_article())
        assert self.run(bodies) == self.run(bodies) == self.run(bodies * 2) == []
        assert stored().stats().edition.generation == 1

    @pytest.mark.parametrize(
        "poison",
        ["", "{", "{}", '{"key": 3}', '{"key": "manifest.json"}', '{"key": "articles/x"}', '{"key": "a", "more": 1}'],
    )
    @pytest.mark.parametrize("position", [0, 1, 2])
    def test_a_poisoned_message_fails_alone_wherever_it_stands(self, poison: str, position: int) -> None:
        bodies = self.jobs(an_article(id="urn:1"), an_article(id="urn:2"))
        bodies.insert(position, poison)
        assert self.run(bodies) == [position]
        assert stored().stats().edition.quotes == 2

    @pytest.mark.parametrize("rubbish", [b"{}", b'{"body": 5, "published": null}', b"[" * 100_000])
    def test_an_article_that_was_damaged_fails_alone(self, rubbish: bytes) -> None:
        bodies = self.jobs(an_article(id="urn:1"), an_article(id="urn:2"))
        write_over(json.loads(bodies[0])["key"], rubbish)
        assert self.run(bodies) == [0]
        assert stored().stats().edition.quotes == 1

    def test_a_record_without_a_body_fails_alone(self) -> None:
        event = sqs_event(self.jobs(an_article(id="urn:1"), an_article(id="urn:2")))
        del event["Records"][0]["body"]
        failed = indexer.handler(event, LambdaContext("indexer"))["batchItemFailures"]
        assert failed == [{"itemIdentifier": event["Records"][0]["messageId"]}]

    def test_a_job_whose_article_is_not_there_fails_alone(self) -> None:
        missing = json.dumps({"key": f"articles/{'0' * 64}/{'0' * 64}.json"})
        assert self.run([missing, *self.jobs(an_article())]) == [0]

    def test_an_article_that_our_code_stumbles_over_fails_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from quoth.ingest import indexing

        real = indexing.extract

        def stumbling(article: Any, **how: Any) -> Any:
            if "poison" in article.body:
                raise ZeroDivisionError
            return real(article, **how)

        monkeypatch.setattr(indexing, "extract", stumbling)
        bodies = self.jobs(an_article(id="urn:1"), an_article("poison"), an_article(id="urn:2"))
        assert self.run(bodies) == [1]
        assert stored().stats().edition.quotes == 2

    def test_a_version_with_another_text_is_refused_and_not_tried_again(self) -> None:
        self.run(self.jobs(an_article("“One,” said Ada Okafor.", id="urn:1")))
        bodies = self.jobs(an_article("“Two,” said Ada Okafor.", id="urn:1"), an_article(id="urn:2"))
        assert self.run(bodies) == []
        assert stored().status(an_article(id="urn:1").key).status == "refused"
        assert stored().stats().edition.quotes == 2

    def test_when_the_store_does_not_answer_every_message_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> str:
            raise Unavailable("503 SlowDown")

        bodies = self.jobs(an_article(id="urn:1"), an_article(id="urn:2"))
        monkeypatch.setattr(type(stored().store), "create", refuse)
        assert self.run(bodies) == [0, 1]

    def test_many_messages_become_as_many_commits_as_their_text_asks_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexer, "TEXT_A_COMMIT", 100)
        articles = [an_article(f"“Number {n},” said Ada Okafor.", id=f"urn:{n}") for n in range(7)]
        assert [len(article.body) for article in articles] == [28] * 7
        assert self.run(self.jobs(*articles, an_article("A long day. " * 20))) == []
        # The commits have 3, 3 and 1 messages, and the long one alone.
        assert (stored().stats().edition.generation, stored().stats().edition.quotes) == (4, 7)

    def test_ready_made_quotes_are_counted_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(originals, "QUOTES_A_COMMIT", 2)
        assert self.run(self.jobs(*(a_given(f"Number {n}.") for n in range(5)))) == []
        assert (stored().stats().edition.generation, stored().stats().edition.quotes) == (3, 5)

    def test_a_commit_that_there_is_no_time_for_is_not_begun(self, caplog: pytest.LogCaptureFixture) -> None:
        """Its messages are delivered again; earlier commits stay."""
        bodies = self.jobs(an_article("“One,” said Ada Okafor. " + "x" * 2**19), an_article(id="urn:2"))
        event = sqs_event(bodies)
        context = Ending(indexer.SECONDS_A_COMMIT + indexer.SECONDS_A_CHARACTER * 2**19)
        failed = indexer.handler(event, context)["batchItemFailures"]
        assert [f["itemIdentifier"] for f in failed] == [record["messageId"] for record in event["Records"]]
        assert "no time for a commit" in caplog.text
        assert stored().stats().edition.generation == 0
        event["Records"] = event["Records"][1:]
        assert indexer.handler(event, context) == {"batchItemFailures": []}

    def test_a_damaged_segment_fails_the_batch_and_rings(self, caplog: pytest.LogCaptureFixture) -> None:
        self.run(self.jobs(an_article()))
        name = damage("segments/")
        settings.archive.cache_clear()  # a cold start without cached ledgers
        assert self.run(self.jobs(an_article(id="urn:2"))) == [0]
        (rung,) = integrity_of(caplog)
        assert name in rung

    def test_a_damaged_article_rings(self, caplog: pytest.LogCaptureFixture) -> None:
        (body,) = self.jobs(an_article())
        damage("articles/")
        assert self.run([body]) == [0]
        (told,) = integrity_of(caplog)
        assert told.startswith(f"{json.loads(body)['key']} cannot be read: ")

    def test_the_log_says_what_happened_and_nothing_of_an_article(self, caplog: pytest.LogCaptureFixture) -> None:
        said = "“canary words,” said Ada Canary."
        self.run([*self.jobs(an_article(said), an_article(said + " Again.", id="urn:1")), "canary words"])
        self.run(self.jobs(an_article(said, id="urn:1")))
        events = [record.message for record in caplog.records]
        assert events == ["job cannot be read", "committed", "refused", "committed"]
        assert "anary" not in "".join(str(vars(record)) for record in caplog.records)


@pytest.mark.usefixtures("aws")
class TestWithdrawal:
    """End to end: accepted, queued, indexed, searched."""

    ARTICLE = json.dumps({"id": "urn:1", "body": "“The dam will hold,” said Ada Okafor."}).encode()

    def send(self, event: dict[str, Any]) -> list[str]:
        """Accept a request, index what it queued, and return the queue's messages."""
        status, _ = call(ingest, event)
        assert status == 202
        bodies = queued()
        self.index(bodies)
        return bodies

    def index(self, bodies: list[str]) -> None:
        assert indexer.handler(sqs_event(bodies), LambdaContext("indexer")) == {"batchItemFailures": []}

    def found(self) -> int:
        _, page = call(search, http("GET", "/v1/quotes?q=dam"))
        return int(page["total"]["value"])

    def test_a_deleted_article_is_not_found_and_a_late_message_does_not_bring_it_back(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        posted = self.send(http("POST", "/v1/articles", self.ARTICLE))
        _, page = call(search, http("GET", "/v1/quotes?q=dam"))
        (hit,) = page["hits"]
        self.send(http("DELETE", f"/v1/articles/{an_article(id='urn:1').key}"))
        assert self.found() == 0
        status, gone = call(search, http("GET", hit["links"]["self"]))
        assert (status, gone["reason"], gone["since_generation"], gone["successor"]) == (410, "withdrawn", 2, None)
        self.index(posted)
        self.send(http("POST", "/v1/articles", self.ARTICLE))
        assert self.found() == 0
        said = [{**vars(r)} for r in caplog.records if r.message == "committed"]
        told = [{word for word in ("added", "withdrawn", "superseded") if word in record} for record in said]
        assert told == [{"added"}, {"withdrawn"}, {"superseded"}, {"superseded"}]

    def test_a_higher_version_may_come_back(self) -> None:
        self.send(http("POST", "/v1/articles", self.ARTICLE))
        self.send(http("DELETE", f"/v1/articles/{an_article(id='urn:1').key}?version=1"))
        self.send(http("POST", "/v1/articles", json.dumps({**json.loads(self.ARTICLE), "version": 2}).encode()))
        assert self.found() == 1

    def test_an_article_deleted_before_it_arrives_stays_out(self) -> None:
        self.send(http("DELETE", f"/v1/articles/{an_article(id='urn:1').key}?version=1"))
        self.send(http("POST", "/v1/articles", self.ARTICLE))
        assert self.found() == 0

    def test_a_canceled_article_is_not_found(self) -> None:
        text = {"contenttype": "text/plain", "value": "“The dam will hold,” said Ada Okafor."}
        item = {"uri": "https://example.org/1", "pubstatus": "usable", "version": "1", "bodies": [text]}
        posted = self.send(http("POST", "/v1/articles", json.dumps(item).encode()))
        assert self.found() == 1
        self.send(http("POST", "/v1/articles", json.dumps({**item, "pubstatus": "canceled"}).encode()))
        assert self.found() == 0
        self.index(posted)
        assert self.found() == 0


ERRORS = [
    (BadInput("x"), 400),
    (Expired("x"), 410),
    (Removed("q_1", "replaced", 7, "q_2"), 410),
    (NotFound("x"), 404),
    (problem.TooLarge("x"), 413),
    (Unavailable("x"), 503),
    (Conflict("x"), 503),
    (Refused("x"), 500),
    (Outdated("x"), 500),
    (Damaged("x"), 500),
    (Gone("x"), 500),
    (ZeroDivisionError(), 500),
]


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_every_error_is_a_problem(error: Exception, status: int, caplog: pytest.LogCaptureFixture) -> None:
    response = problem.of(error)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert integrity_of(caplog) == ([str(error)] if isinstance(error, Damaged) else []), "only damaged data rings"


def test_no_error_of_ours_is_forgotten() -> None:
    """Each leaf of the error tree has its status above, or its own test."""
    leaves = {error for error in _family(QuothError) if not error.__subclasses__()}
    tried = {type(error) for error, _ in ERRORS}
    assert {leaf.__name__ for leaf in leaves - tried} == {"BadQuery", "BadBatch", "StaleVersion", "TooBroad"}


def _family(error: type[Exception]) -> set[type[Exception]]:
    return {error}.union(*(_family(child) for child in error.__subclasses__()))


class TestLocalFront:
    """The local front answers like API Gateway."""

    @pytest.fixture
    def front(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
        monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
        monkeypatch.setenv("QUOTH_QUEUE_URL", jobs.LOCAL)
        settings.archive(f"file:{tmp_path}").add(an_article(id="urn:1"))
        front = LocalServer(0)
        threading.Thread(target=front.run, daemon=True).start()
        yield front
        front.stop()
        front.close()

    def ask(
        self, front: LocalServer, method: str, target: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", front.port, timeout=30)
        try:
            connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    @pytest.mark.parametrize(("target", "route"), [("/v1/quotes", "GET /v1/quotes"), ("/v1/nothing", "$default")])
    def test_it_logs_the_route_without_the_query(
        self, front: LocalServer, capsys: pytest.CaptureFixture[str], target: str, route: str
    ) -> None:
        status = self.ask(front, "GET", f"{target}?q=zeppelin")[0]
        assert capsys.readouterr().err == f"{route} {status}\n"

    def test_it_takes_a_withdrawal(self, front: LocalServer) -> None:
        assert self.ask(front, "DELETE", f"/v1/articles/{an_article(id='urn:1').key}")[0] == 202
        front.wait_until_indexed()
        assert settings.archive(settings.current().store).stats().edition.quotes == 0

    @pytest.mark.parametrize("target", ["/v1/quotes?q=dam", "/v1/speakers", "/v1/verify?text=dam", "/v1/openapi.json"])
    def test_a_browser_that_asks_before_it_reads_may(self, front: LocalServer, target: str) -> None:
        origin = {"Origin": "http://localhost:3000", "Access_Control_Request_Method": "GET"}
        status, headers, body = self.ask(front, "OPTIONS", target, **origin)
        assert (status, body, headers["access-control-allow-methods"]) == (204, b"", "GET")
        assert headers["access-control-allow-headers"] == "if-none-match"
        status, headers, _ = self.ask(front, "GET", target, Origin="http://localhost:3000")
        assert (status, headers["access-control-allow-origin"]) == (200, "*")

    def test_a_preflight_that_says_nothing_is_answered_with_nothing(self, front: LocalServer) -> None:
        status, _, body = self.ask(front, "OPTIONS", "/v1/quotes")
        assert (status, body) == (204, b"")

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "QUERY"])
    def test_a_method_without_a_route_is_a_404(self, front: LocalServer, method: str) -> None:
        status, headers, body = self.ask(front, method, "/v1/quotes")
        assert (status, headers["content-type"]) == (404, "application/problem+json")
        assert json.loads(body)["detail"] == "no route has this address"

    def test_head_is_get_without_its_body(self, front: LocalServer) -> None:
        status, headers, body = self.ask(front, "HEAD", "/v1/index")
        assert (status, headers["content-type"], body) == (200, "application/json", b"")
        assert headers["etag"] == self.ask(front, "GET", "/v1/index")[1]["etag"]

    @pytest.mark.parametrize(
        ("request_line", "status"),
        [
            ("GET /v1/index HTTP/1.1", 200),
            ("GET /v1/nothing HTTP/1.1", 404),
            ("GET /v1/index HTTP/1.1\r\nOrigin: http://example.org", 403),
            ("POST /v1/quotes HTTP/1.1\r\nContent-Length: no", 400),
            ("OPTIONS / HTTP/1.1\r\nOrigin: http://localhost\r\nAccess-Control-Request-Method: GET", 204),
            ("GET <script>alert(1)</script> HTTP/9.9", 400),
            ("<script>", 400),
            ("GET /v1/index", 400),
        ],
    )
    def test_every_answer_is_nosniff(self, front: LocalServer, request_line: str, status: int) -> None:
        """The server's own too, and those to requests that cannot be read."""
        with socket.create_connection(("127.0.0.1", front.port), timeout=30) as connection:
            connection.sendall(f"{request_line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b"")).lower()
        assert answer.startswith(f"http/1.1 {status}".encode())
        assert answer.count(b"\r\nx-content-type-options: nosniff\r\n") == 1
        assert b"text/html" not in answer

    def test_a_path_is_decoded(self, front: LocalServer) -> None:
        _, _, body = self.ask(front, "GET", "/v1/quotes/q%20%C3%A9")
        assert json.loads(body)["detail"] == "no quote has the id q é"
        assert json.loads(self.ask(front, "GET", "/v1/quotes/a%2Fb")[2])["detail"] == "no route has this address"

    def test_a_header_that_comes_twice_is_one_with_a_comma(self, front: LocalServer) -> None:
        tag = self.ask(front, "GET", "/v1/index")[1]["etag"]
        connection = HTTPConnection("127.0.0.1", front.port, timeout=30)
        connection.putrequest("GET", "/v1/index")
        connection.putheader("If-None-Match", '"a"')
        connection.putheader("IF-NONE-MATCH", tag)
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers.get("content-length")) == (304, b"", None)
        connection.close()

    def test_a_body_may_come_in_chunks(self, front: LocalServer) -> None:
        status, _, body = self.ask(front, "POST", "/v1/articles", iter([b"Rain", b"."]), Content_Type="text/plain")
        assert (status, json.loads(body)["article_id"]) == (202, an_article("Rain.").id)

    @pytest.mark.parametrize(("body", "status"), [(b"a" * 2**20, 413), (b"", 400)])
    def test_chunks_may_be_too_many_or_none(self, front: LocalServer, body: bytes, status: int) -> None:
        assert self.ask(front, "POST", "/v1/articles", iter([body] * 7), Content_Type="text/plain")[0] == status


def test_without_a_store_the_error_says_what_to_set() -> None:
    with pytest.raises(Refused, match="QUOTH_STORE is not set"):
        settings.current()


def test_without_a_queue_the_answer_is_a_500(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUOTH_QUEUE_URL")
    assert call(ingest, http("POST", "/v1/articles", b'{"body": "Rain."}'))[0] == 500


def test_every_test_is_a_cold_start() -> None:
    """What the fixture of all tests forgets is there, by the name that it is forgotten by."""
    for module, names in WARM.items():
        assert all(hasattr(getattr(import_module(module), name), "cache_clear") for name in names)


class TestCacheOptions:
    def test_a_function_caches_in_a_quarter_of_its_memory_and_on_its_disk(self) -> None:
        options = settings.cache_options({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"})
        assert options["memory"] == 256 * 2**20
        assert Path(options["cache"]).parent == Path(os.sep, "tmp")  # the only folder where a function may write
        assert settings.cache_options({}) == {}


def test_a_local_event_tells_its_time_in_milliseconds_as_that_of_the_gateway() -> None:
    began = time.time()
    told = http("GET", "/v1/index")["requestContext"]["timeEpoch"] / 1000
    assert began - 1 <= told <= time.time()
