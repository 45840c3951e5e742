"""The functions one by one: what each answers, good and bad. Real handlers, moto's AWS."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
import requests

from functions import indexer, ingest, jobs, problem, search, settings
from functions.local import Context, Front, sqs_event
from quoth import citation, intake
from quoth.archive import Archive
from quoth.article import MAX_BYTES
from quoth.engine.searcher import Searcher
from quoth.errors import BadInput, Conflict, Damaged, Expired, Gone, NotFound, QuothError, Refused, Unavailable
from quoth.storage.s3 import S3Store
from quoth.withdrawal import Withdrawal
from tests.builders import a_given, an_article, day
from tests.conftest import BUCKET, INBOX
from tests.events import Ending, call, committed, http

pytestmark = pytest.mark.usefixtures("aws")


def queued(url: str) -> list[str]:
    """Take the jobs from the queue."""
    sqs = boto3.client("sqs")
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


def stored() -> Archive:
    return Archive(S3Store(BUCKET))


class TestPostArticle:
    def test_an_article_is_kept_and_queued_under_its_key(self, aws: str) -> None:
        status, answer = call(ingest, http("POST", "/v1/articles", b'{"id": "urn:1", "body": "Rain."}'))
        article = an_article("Rain.", id="urn:1")
        assert (status, answer) == (202, {"id": article.key, "article_id": "urn:1", "version": 1})
        (job,) = queued(aws)
        assert intake.load(S3Store(BUCKET), json.loads(job)["key"]) == [article]

    def test_base64_and_plain_text_are_read(self, aws: str) -> None:
        event = http("POST", "/v1/articles", "“No,” said Ada.".encode(), "text/plain; charset=utf-8")
        coded = {**event, "body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
        assert call(ingest, event) == call(ingest, coded)

    def test_sending_it_twice_is_harmless(self, aws: str) -> None:
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
    def test_what_cannot_be_used_is_a_problem_and_queues_nothing(
        self, aws: str, body: bytes, status: int, parameter: str | None
    ) -> None:
        code, answer = call(ingest, http("POST", "/v1/articles", body))
        assert (code, answer["status"], answer["title"]) == (status, status, HTTPStatus(status).phrase)
        if status == 400:
            assert [error["parameter"] for error in answer["errors"]] == [parameter]
        assert queued(aws) == []

    def test_a_body_that_is_not_base64_is_a_problem(self) -> None:
        event = {**http("POST", "/v1/articles", b"x"), "body": "%%%", "isBase64Encoded": True}
        assert call(ingest, event)[0] == 400

    def test_without_a_body_it_is_a_problem(self) -> None:
        assert call(ingest, http("POST", "/v1/articles"))[0] == 400

    def test_a_queue_that_is_gone_is_a_503_with_when_to_come_back(self, aws: str) -> None:
        boto3.client("sqs").delete_queue(QueueUrl=aws)
        answer = ingest.handler(http("POST", "/v1/articles", b'{"body": "Rain."}'), Context("ingest"))
        assert answer is not None
        assert answer["statusCode"] == 503
        assert "Retry-After" in answer["headers"]


class TestDeleteArticle:
    KEY = an_article(id="urn:1").key

    @pytest.mark.parametrize(("query", "version"), [("", 3), ("?version=2", 2)])
    def test_a_withdrawal_is_kept_and_queued_with_its_version(self, aws: str, query: str, version: int) -> None:
        """The one that stands, unless the request says which: so it may be delivered twice, and late."""
        settings.archive(settings.current().store).add(an_article(id="urn:1", version=3))
        status, answer = call(ingest, http("DELETE", f"/v1/articles/{self.KEY}{query}"))
        assert (status, answer) == (202, {"id": self.KEY, "version": version})
        (job,) = queued(aws)
        assert intake.load(S3Store(BUCKET), json.loads(job)["key"]) == [Withdrawal(self.KEY, version)]

    def test_of_what_is_not_there_the_version_must_be_said(self, aws: str) -> None:
        status, answer = call(ingest, http("DELETE", f"/v1/articles/{self.KEY}"))
        assert status == 404
        assert "say which version" in answer["detail"]
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
            (f"/v1/articles/{KEY}?version=9999999999999", "version"),
            (f"/v1/articles/{KEY}?version=1&version=2", "version"),
            (f"/v1/articles/{KEY}?force=1", "force"),
        ],
    )
    def test_what_cannot_be_used_is_a_problem_and_queues_nothing(self, aws: str, target: str, parameter: str) -> None:
        status, answer = call(ingest, http("DELETE", target))
        assert (status, [error["parameter"] for error in answer["errors"]]) == (400, [parameter])
        assert queued(aws) == []

    def test_the_committed_event_withdraws_the_sample_article(self, aws: str) -> None:
        _, posted = call(ingest, committed("ingest-article"))
        status, answer = call(ingest, committed("ingest-delete"))
        assert (status, answer) == (202, {"id": posted["id"], "version": 1})


class TestPostQuotes:
    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b'{"text": "No.", "speaker": "Ada"}', "application/json"),
            (b'[{"text": "No.", "speaker": "Ada"}]', "application/json"),
            (b'{"text": "No.", "speaker": "Ada"}\n', "application/x-ndjson"),
        ],
    )
    def test_one_a_list_or_lines_are_kept_together(self, aws: str, body: bytes, kind: str) -> None:
        assert call(ingest, http("POST", "/v1/quotes", body, kind)) == (202, {"accepted": 1})
        (job,) = queued(aws)
        assert intake.load(S3Store(BUCKET), json.loads(job)["key"]) == [a_given("No.", "Ada")]

    def test_one_that_cannot_be_used_refuses_all(self, aws: str) -> None:
        quotes = [{"text": "No.", "speaker": "Ada"}, {"text": "No."}, 3]
        status, answer = call(ingest, http("POST", "/v1/quotes", json.dumps(quotes).encode()))
        assert status == 400
        assert [error["parameter"] for error in answer["errors"]] == ["[1].speaker", "[2]"]
        assert queued(aws) == []

    def test_a_line_is_named_by_its_number_and_a_single_quote_by_its_field(self) -> None:
        lines = b'\n{"text": "No.", "speaker": "Ada"}\n\n{"text": "No."}\n'
        _, answer = call(ingest, http("POST", "/v1/quotes", lines, "application/x-ndjson"))
        assert answer["errors"] == [{"parameter": "speaker", "detail": "line 4: speaker is missing"}]
        _, answer = call(ingest, http("POST", "/v1/quotes", b'{"text": "No."}'))
        assert answer["errors"] == [{"parameter": "speaker", "detail": "speaker is missing"}]

    def test_many_errors_make_a_short_answer(self) -> None:
        _, answer = call(ingest, http("POST", "/v1/quotes", json.dumps([1] * 10_000).encode()))
        assert answer["detail"].startswith("10000 of them")
        assert len(answer["errors"]) == problem.MOST_ERRORS

    def test_no_quote_at_all_is_a_problem(self) -> None:
        assert call(ingest, http("POST", "/v1/quotes", b"[]"))[0] == 400


class HalfDeaf:
    """An SQS client whose queue takes no message."""

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        return {"Successful": [], "Failed": [{"Id": entry["Id"], "Code": "Throttled"} for entry in request["Entries"]]}


class TestInbox:
    def upload(self, key: str, body: bytes) -> dict[str, Any]:
        boto3.client("s3").put_object(Bucket=INBOX, Key=key, Body=body)
        event = committed("ingest-upload")
        event["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")
        return event

    @pytest.mark.parametrize("name", ["inbox/a b", "inbox//d", "inbox/x.y/Ümläut"])
    def test_an_upload_is_taken_in_with_its_sidecar(self, aws: str, name: str) -> None:
        """Each of the two has an event; only that of the text makes a job."""
        ingest.handler(self.upload(f"{name}.json", b'{"publisher": "The Daily"}'), Context("ingest"))
        ingest.handler(self.upload(f"{name}.txt", b"Rain."), Context("ingest"))
        (job,) = queued(aws)
        (article,) = intake.load(S3Store(BUCKET), json.loads(job)["key"])
        assert getattr(article, "publisher", None) == "The Daily"

    def test_the_good_lines_are_taken_in_and_the_bad_ones_reported(self, aws: str) -> None:
        with pytest.raises(BadInput, match=r"inbox/a.jsonl line 2: body is missing"):
            ingest.handler(self.upload("inbox/a.jsonl", b'{"body": "one"}\n{}\n{"body": "three"}'), Context("ingest"))
        assert len(queued(aws)) == 2

    def test_a_job_that_the_queue_refuses_is_not_acknowledged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """SendMessageBatch may fail in part and still answer 200."""
        queue = jobs.SqsQueue("https://queue", client=HalfDeaf())  # type: ignore[arg-type]
        monkeypatch.setattr(jobs, "open_queue", lambda _: queue)
        assert call(ingest, http("POST", "/v1/articles", b'{"body": "Rain."}'))[0] == 503

    def test_many_articles_are_many_jobs(self, aws: str) -> None:
        lines = b"\n".join(b'{"body": "%d"}' % n for n in range(25))
        ingest.handler(self.upload("inbox/a.jsonl", lines), Context("ingest"))
        assert len(set(queued(aws))) == 25

    def test_lines_may_be_more_than_an_article_may(self, aws: str) -> None:
        lines = b"\n".join(b'{"body": "%s %d"}' % (b"x" * 500_000, n) for n in range(5))
        ingest.handler(self.upload("inbox/a.jsonl", lines), Context("ingest"))
        assert len(queued(aws)) == 5

    @pytest.mark.parametrize(("name", "limit"), [("a.txt", MAX_BYTES), ("a.jsonl", ingest.MAX_LINES_BYTES)])
    def test_an_upload_that_is_too_large_is_reported_and_nothing_of_it_taken(
        self, aws: str, name: str, limit: int
    ) -> None:
        with pytest.raises(BadInput, match=f"inbox/{name}: is larger than {limit:,} bytes; split it"):
            ingest.handler(self.upload(f"inbox/{name}", b'{"body": "a"}\n' * (limit // 14 + 1)), Context("ingest"))
        assert queued(aws) == []

    def test_an_upload_that_is_gone_again_is_let_go(self, aws: str) -> None:
        ingest.handler(committed("ingest-upload"), Context("ingest"))
        assert queued(aws) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"eventSource": "aws:sns"},
            {"s3": {"bucket": {"name": "another"}, "object": {"key": "inbox/a.txt"}}},
            {"s3": {"bucket": {"name": INBOX}, "object": {"key": "outbox/a.txt"}}},
            {"s3": {"bucket": {"name": INBOX}, "object": {"key": "inbox/folder/"}}},
            {"s3": {"bucket": {"name": INBOX}}},
            {"s3": None},
        ],
    )
    def test_what_is_not_an_upload_to_the_inbox_is_not_looked_at(self, aws: str, change: dict[str, Any]) -> None:
        event = self.upload("inbox/a.txt", b"Rain.")
        event["Records"][0] |= change
        ingest.handler(event, Context("ingest"))
        assert queued(aws) == []

    def test_the_test_event_of_s3_is_let_go(self) -> None:
        assert ingest.handler({"Service": "Amazon S3", "Event": "s3:TestEvent"}, Context("ingest")) is None


class TestIndexer:
    def jobs(self, *items: intake.Item) -> list[str]:
        keys = [key for item in items for key in intake.keep(S3Store(BUCKET), [item])]
        return [json.dumps({"key": key}) for key in keys]

    def run(self, bodies: list[str]) -> list[int]:
        """Return the positions of the messages that failed."""
        event = sqs_event(bodies)
        failed = {f["itemIdentifier"] for f in indexer.handler(event, Context("indexer"))["batchItemFailures"]}
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
        boto3.client("s3").put_object(Bucket=BUCKET, Key=json.loads(bodies[0])["key"], Body=rubbish)
        assert self.run(bodies) == [0]
        assert stored().stats().edition.quotes == 1

    def test_a_record_without_a_body_fails_alone(self) -> None:
        event = sqs_event(self.jobs(an_article(id="urn:1"), an_article(id="urn:2")))
        del event["Records"][0]["body"]
        failed = indexer.handler(event, Context("indexer"))["batchItemFailures"]
        assert failed == [{"itemIdentifier": event["Records"][0]["messageId"]}]

    def test_a_job_whose_article_is_not_there_fails_alone(self) -> None:
        missing = json.dumps({"key": f"articles/{'0' * 64}/{'0' * 64}.json"})
        assert self.run([missing, *self.jobs(an_article())]) == [0]

    def test_an_article_that_our_code_stumbles_over_fails_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from quoth import indexing

        real = indexing.extract

        def stumbling(article: Any, **how: Any) -> Any:
            if "poison" in article.body:
                raise ZeroDivisionError
            return real(article, **how)

        monkeypatch.setattr(indexing, "extract", stumbling)
        bodies = self.jobs(an_article(id="urn:1"), an_article("poison"), an_article(id="urn:2"))
        assert self.run(bodies) == [1]
        assert stored().stats().edition.quotes == 2

    def test_a_version_with_another_text_fails_alone(self) -> None:
        self.run(self.jobs(an_article("“One,” said Ada Okafor.", id="urn:1")))
        bodies = self.jobs(an_article("“Two,” said Ada Okafor.", id="urn:1"), an_article(id="urn:2"))
        assert self.run(bodies) == [0]
        assert stored().stats().edition.quotes == 2

    def test_when_the_store_does_not_answer_every_message_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> str:
            raise Unavailable("503 SlowDown")

        bodies = self.jobs(an_article(id="urn:1"), an_article(id="urn:2"))
        monkeypatch.setattr(S3Store, "create", refuse)
        assert self.run(bodies) == [0, 1]

    def test_many_messages_become_as_many_commits_as_their_text_asks_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexer, "TEXT_A_COMMIT", 100)
        articles = [an_article(f"“Number {n},” said Ada Okafor.", id=f"urn:{n}") for n in range(7)]
        assert [len(article.body) for article in articles] == [28] * 7
        assert self.run(self.jobs(*articles, an_article("A long day. " * 20))) == []
        assert (stored().stats().edition.generation, stored().stats().edition.quotes) == (
            4,
            7,
        )  # of 3, 3, 1, and the long one alone

    def test_ready_made_quotes_are_counted_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(intake, "QUOTES_A_COMMIT", 2)
        assert self.run(self.jobs(*(a_given(f"Number {n}.") for n in range(5)))) == []
        assert (stored().stats().edition.generation, stored().stats().edition.quotes) == (3, 5)

    def test_a_commit_that_there_is_no_time_for_is_not_begun(self, caplog: pytest.LogCaptureFixture) -> None:
        """Its messages come again; what is committed by then stays."""
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
        settings.archive.cache_clear()  # a cold start, that has read no ledger
        assert self.run(self.jobs(an_article(id="urn:2"))) == [0]
        (rung,) = integrity_of(caplog)
        assert name in rung

    def test_a_damaged_article_rings(self, caplog: pytest.LogCaptureFixture) -> None:
        (body,) = self.jobs(an_article())
        damage("articles/")
        assert self.run([body]) == [0]
        assert integrity_of(caplog) == [f"{json.loads(body)['key']} cannot be read: JSONDecodeError"]

    def test_the_log_says_what_happened_and_nothing_of_an_article(self, caplog: pytest.LogCaptureFixture) -> None:
        said = "“canary words,” said Ada Canary."
        self.run([*self.jobs(an_article(said), an_article(said + " Again.", id="urn:1")), "canary words"])
        self.run(self.jobs(an_article(said, id="urn:1")))
        events = [record.message for record in caplog.records]
        assert events == ["job cannot be read", "committed", "refused", "committed"]
        assert "anary" not in "".join(str(vars(record)) for record in caplog.records)


class TestWithdrawal:
    """Through every part: accepted, queued, indexed, asked for."""

    ARTICLE = json.dumps({"id": "urn:1", "body": "“The dam will hold,” said Ada Okafor."}).encode()

    def send(self, event: dict[str, Any], url: str) -> list[str]:
        """Accept a request, index what it queued, and return the queue's messages."""
        status, _ = call(ingest, event)
        assert status == 202
        bodies = queued(url)
        self.index(bodies)
        return bodies

    def index(self, bodies: list[str]) -> None:
        assert indexer.handler(sqs_event(bodies), Context("indexer")) == {"batchItemFailures": []}

    def found(self) -> int:
        _, page = call(search, http("GET", "/v1/quotes?q=dam"))
        return int(page["total"]["value"])

    def test_a_deleted_article_is_not_found_and_a_late_message_does_not_bring_it_back(
        self, aws: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        posted = self.send(http("POST", "/v1/articles", self.ARTICLE), aws)
        _, page = call(search, http("GET", "/v1/quotes?q=dam"))
        (hit,) = page["hits"]
        self.send(http("DELETE", f"/v1/articles/{an_article(id='urn:1').key}"), aws)
        assert self.found() == 0
        assert call(search, http("GET", hit["links"]["self"]))[0] == 404
        self.index(posted)
        self.send(http("POST", "/v1/articles", self.ARTICLE), aws)
        assert self.found() == 0
        said = [{**vars(r)} for r in caplog.records if r.message == "committed"]
        told = [{word for word in ("added", "withdrawn", "superseded") if word in record} for record in said]
        assert told == [{"added"}, {"withdrawn"}, {"superseded"}, {"superseded"}]

    def test_a_higher_version_may_come_back(self, aws: str) -> None:
        self.send(http("POST", "/v1/articles", self.ARTICLE), aws)
        self.send(http("DELETE", f"/v1/articles/{an_article(id='urn:1').key}?version=1"), aws)
        self.send(http("POST", "/v1/articles", json.dumps({**json.loads(self.ARTICLE), "version": 2}).encode()), aws)
        assert self.found() == 1

    def test_what_was_deleted_before_it_came_stays_out(self, aws: str) -> None:
        self.send(http("DELETE", f"/v1/articles/{an_article(id='urn:1').key}?version=1"), aws)
        self.send(http("POST", "/v1/articles", self.ARTICLE), aws)
        assert self.found() == 0

    def test_one_that_its_publisher_canceled_is_not_found(self, aws: str) -> None:
        text = {"contenttype": "text/plain", "value": "“The dam will hold,” said Ada Okafor."}
        item = {"uri": "https://example.org/1", "pubstatus": "usable", "version": "1", "bodies": [text]}
        posted = self.send(http("POST", "/v1/articles", json.dumps(item).encode()), aws)
        assert self.found() == 1
        self.send(http("POST", "/v1/articles", json.dumps({**item, "pubstatus": "canceled"}).encode()), aws)
        assert self.found() == 0
        self.index(posted)
        assert self.found() == 0


def damage(prefix: str) -> str:
    """Write rubbish over the one object with a prefix; return its name."""
    s3 = boto3.client("s3")
    (found,) = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    s3.put_object(Bucket=BUCKET, Key=found["Key"], Body=b"rubbish")
    return found["Key"].split("/")[-1]


def integrity_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what rings the alarm of damaged data: the logs' field `integrity`."""
    return [record.integrity for record in caplog.records if hasattr(record, "integrity")]


class TestSearch:
    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add([an_article(id="urn:1"), a_given("The dam must go.", "Bo Lind")])

    def test_a_search_answers_a_page(self) -> None:
        status, page = call(search, http("GET", "/v1/quotes?q=dam&speaker=okafor&limit=5"))
        assert status == 200
        assert page["query"] == {"q": "dam", "speaker": ["okafor"], "limit": 5}
        assert page["total"] == {"value": 1, "relation": "eq"}
        assert [hit["speaker"]["name"] for hit in page["hits"]] == ["Ada Okafor"]
        assert page["index"] == {"generation": 1, "quotes": 2}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["direct"]),
            ("&type=indirect", ["indirect"]),
            ("&type=direct,indirect", ["direct", "indirect"]),
            ("&type=indirect&type=direct", ["direct", "indirect"]),
        ],
    )
    def test_statements_are_found_by_who_asks_for_them(self, query: str, found: list[str]) -> None:
        stored().add(an_article("“The lock is old,” said Ada Okafor. Bo Lind said that the lock is new.", id="urn:2"))
        status, page = call(search, http("GET", f"/v1/quotes?q=lock{query}"))
        assert (status, page["total"]["value"]) == (200, len(found))
        assert sorted(hit["type"] for hit in page["hits"]) == found
        assert page["query"].get("type", ["direct"]) == found
        _, index = call(search, http("GET", "/v1/index"))
        assert index["types"] == {"direct": 3, "indirect": 1}

    def test_what_is_no_type_is_told_with_those_there_are(self) -> None:
        status, answer = call(search, http("GET", "/v1/quotes?q=dam&type=direct&type=quoted"))
        detail = "must be direct, partial or indirect, not 'quoted'"
        assert (status, answer["errors"]) == (400, [{"parameter": "type", "detail": detail}])

    def test_a_quote_is_got_by_the_link_of_its_hit(self) -> None:
        _, page = call(search, http("GET", "/v1/quotes?q=dam"))
        (status, quote) = call(search, http("GET", page["hits"][0]["links"]["self"]))
        assert (status, quote["text"]) == (200, page["hits"][0]["text"])

    def test_the_index_is_described(self) -> None:
        status, index = call(search, http("GET", "/v1/index"))
        assert (status, index["quotes"], index["speakers"]) == (200, 2, 2)

    @pytest.mark.parametrize(
        ("target", "status", "parameter"),
        [
            ("/v1/quotes?q=", 400, "q"),
            ("/v1/quotes?q=%FF", 400, "the query string"),
            ("/v1/quotes?q=a&q=b", 400, "q"),
            ("/v1/quotes?querry=a", 400, "querry"),
            ("/v1/quotes?q=dam&type=", 400, "type"),
            ("/v1/quotes?limit=many", 400, "limit"),
            ("/v1/quotes?limit=101", 400, "limit"),
            ("/v1/quotes?limit=5.0", 400, "limit"),
            ("/v1/quotes?limit=1_0", 400, "limit"),
            ("/v1/quotes?from=yesterday", 400, "from"),
            ("/v1/quotes?" + "&".join(f"p{n}=1" for n in range(101)), 400, "the query string"),
            ("/v1/quotes?limit=0", 400, "limit"),
            ("/v1/quotes?format=csv&limit=50001", 400, "limit"),
            ("/v1/quotes?format=xml", 400, "format"),
            ("/v1/quotes?status=known", 400, "status"),
            ("/v1/quotes?facets=speaker,colour", 400, "facets"),
            ("/v1/quotes?speaker=", 400, "speaker"),
            ("/v1/quotes?" + "&".join(f"speaker=s{n}" for n in range(21)), 400, "speaker"),
            ("/v1/quotes?sort=best", 400, "sort"),
            ("/v1/quotes?collapse=all", 400, "collapse"),
            ("/v1/quotes?fuzzy=2", 400, "fuzzy"),
            ("/v1/quotes?highlight=yes", 400, "highlight"),
            ("/v1/quotes?min_confidence=2", 400, "min_confidence"),
            ("/v1/quotes?min_confidence=.", 400, "min_confidence"),
            ("/v1/quotes?from=2025-08-12&to=2025-08-11", 400, "to"),
            ("/v1/quotes?to=2025-02-30", 400, "to"),
            ("/v1/quotes?cursor=abc", 400, "cursor"),
            ("/v1/quotes?cursor=%20", 400, "cursor"),
            ("/v1/quotes?as_of=7", 400, "as_of"),
            ("/v1/quotes?as_of=0", 400, "as_of"),
            ("/v1/quotes?as_of=7&format=csv&limit=2000", 400, "as_of"),
            ("/v1/quotes?collapse=wording&format=csv&limit=2000", 400, "collapse"),
            ("/v1/quotes/q_1?format=endnote", 400, "format"),
            ("/v1/speakers?limit=101", 400, "limit"),
            ("/v1/speakers?name=a", 400, "name"),
            ("/v1/speakers/ada-okafor?limit=1", 400, "limit"),
            ("/v1/verify", 400, "text"),
            ("/v1/verify?text=", 400, "text"),
            ("/v1/verify?text=%E2%80%A6", 400, "text"),
            ("/v1/verify?text=dam&speaker=", 400, "speaker"),
            ("/v1/verify?text=" + "a" * 2001, 400, "text"),
            ("/v1/openapi.json?version=2", 400, "version"),
            ("/v1/quotes/q_1?verbose=1", 400, "verbose"),
            ("/v1/index?verbose=1", 400, "verbose"),
        ],
    )
    def test_a_parameter_that_cannot_be_is_named(self, target: str, status: int, parameter: str) -> None:
        code, answer = call(search, http("GET", target))
        assert (code, [error["parameter"] for error in answer["errors"]]) == (status, [parameter])

    def test_an_error_is_kept_in_no_cache_and_read_by_any_page(self) -> None:
        for target, status in [("/v1/quotes?q=", 400), ("/v1/quotes/q_1", 404), ("/v1/index", 200)]:
            answer = asked(target, Origin="https://example.org")
            assert answer["statusCode"] == status
            assert answer["headers"]["Cache-Control"] == ("no-cache" if status == 200 else "no-store")
            assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
            assert answer["headers"]["Access-Control-Expose-Headers"] == "etag,link,retry-after"

    def test_an_address_that_is_not_there_is_read_by_any_page(self) -> None:
        event = http("GET", "/v1/index", Origin="https://example.org") | {"rawPath": "/v1/nothing"}
        answer = search.handler(event, Context("search"))
        assert (answer["statusCode"], answer["headers"]["Access-Control-Allow-Origin"]) == (404, "*")

    def test_what_nobody_foresaw_is_read_by_any_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(S3Store, "get", lambda *_: 1 / 0)
        answer = asked("/v1/index", Origin="https://example.org")
        assert (answer["statusCode"], answer["headers"]["Access-Control-Allow-Origin"]) == (500, "*")

    def test_a_quote_that_is_not_there_is_a_404(self) -> None:
        status, answer = call(search, http("GET", "/v1/quotes/q_none"))
        assert (status, answer["detail"]) == (404, "no quote has the id q_none")

    def test_an_address_that_is_not_there_is_a_404(self) -> None:
        event = http("GET", "/v1/index") | {"rawPath": "/v1/nothing"}
        event["requestContext"]["http"]["path"] = "/v1/nothing"
        assert call(search, event)[0] == 404

    def test_a_damaged_segment_is_a_500_that_tells_nothing_to_the_caller(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        name = damage("segments/")
        status, answer = call(search, http("GET", "/v1/quotes?q=dam"))
        assert status == 500
        assert "segment" not in answer["detail"]
        (rung,) = integrity_of(caplog)
        assert name in rung

    def test_a_segment_that_is_gone_rings_as_well(self, caplog: pytest.LogCaptureFixture) -> None:
        s3 = boto3.client("s3")
        (segment,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="segments/")["Contents"]
        s3.delete_object(Bucket=BUCKET, Key=segment["Key"])
        assert call(search, http("GET", "/v1/quotes?q=dam"))[0] == 500
        assert integrity_of(caplog) == [f"segment {segment['Key'].split('/')[1]} is gone, the manifest names it"]


def asked(target: str, **headers: str) -> dict[str, Any]:
    """Ask the search function, and return its whole answer."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return search.handler(http("GET", target, **given), Context("search"))


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer says, but for how long it took."""
    value: dict[str, Any] = json.loads(answer["body"])
    return {name: value[name] for name in value if name != "took_ms"}


def following(answer: dict[str, Any]) -> str:
    """Return the address of the next page."""
    found = re.fullmatch(r"<(.+)>; rel=\"next\"", answer["headers"]["Link"])
    assert found is not None
    return found[1]


DAMS = [
    an_article(
        f"“Dam number {n} will hold,” said Ada Okafor.",
        id=f"urn:{n}",
        publisher=["The Daily", "Le Phare"][n % 2],
        language=["en-GB", "fr"][n % 2],
        published=day(2020 + n, 1 + n),
    )
    for n in range(5)
]


class TestSearchingWithEverything:
    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add([*DAMS, a_given("The dam must go.", "Bo Lind", published=day(2022))])

    def numbers(self, query: str) -> list[str]:
        return [hit["text"] for hit in json.loads(asked(f"/v1/quotes?{query}")["body"])["hits"]]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=dam", 6),
            ("speaker=okafor", 5),
            ("speaker=okafor&speaker=lind", 6),
            ("publisher=the+daily", 3),
            ("publisher=the+daily&publisher=Le+Phare", 5),
            ("language=en", 3),
            ("status=given", 1),
            ("status=given,attributed", 6),
            ("status=given&status=attributed", 6),
            ("from=2022-01-01", 4),
            ("to=2022-01-01", 3),
            ("from=2022-01-01&to=2022-12-31", 2),
            ("min_confidence=0.999999", 1),
            ("min_confidence=0", 6),
            ("min_confidence=1e-3", 6),
            ("q=numbre&fuzzy=auto", 5),
            ("q=numbre", 0),
            ("q=number+speaker:okafor+-publisher:%22le+phare%22", 3),
            ("as_of=1", 6),
        ],
    )
    def test_each_parameter_narrows_what_is_found(self, query: str, found: int) -> None:
        status, page = call(search, http("GET", f"/v1/quotes?{query}"))
        assert (status, page["total"]["value"]) == (200, found)

    def test_the_newest_or_the_oldest_come_first(self) -> None:
        newest = self.numbers("sort=newest&speaker=okafor")
        assert newest == [f"Dam number {n} will hold," for n in (4, 3, 2, 1, 0)]
        assert self.numbers("sort=oldest&speaker=okafor") == newest[::-1]

    def test_facets_are_counted_over_all_that_match(self) -> None:
        _, page = call(search, http("GET", "/v1/quotes?limit=1&facets=speaker,year&facets=publisher"))
        assert page["facets"]["speaker"][0] == {"id": "ada-okafor", "name": "Ada Okafor", "count": 5}
        assert [bucket["count"] for bucket in page["facets"]["publisher"]] == [3, 2]
        assert page["facets"]["year"][0] == {"value": "2024", "count": 1}

    def test_equal_words_stand_for_one_another(self) -> None:
        stored().add(an_article("“Dam number 1 will hold,” said Bo Lind.", id="urn:again"))
        _, page = call(search, http("GET", "/v1/quotes?q=number&collapse=wording"))
        groups = sorted(hit["collapsed"]["quotes"] for hit in page["hits"])
        assert (page["total"]["value"], groups) == (5, [1, 1, 1, 1, 2])

    def test_highlights_can_be_left_out(self) -> None:
        for asked_for, spans in [("true", [{"start": 4, "end": 7}]), ("false", [])]:
            _, page = call(search, http("GET", f"/v1/quotes?q=%22dam%22+speaker:lind&highlight={asked_for}"))
            assert [hit["highlights"] for hit in page["hits"]] == [spans]

    def test_a_word_that_nobody_said_is_answered_with_one_that_somebody_did(self) -> None:
        _, page = call(search, http("GET", "/v1/quotes?q=nummber"))
        assert page["query"]["did_you_mean"] == "number"

    def test_pages_follow_one_another_while_somebody_writes(self) -> None:
        """Every quote of the generation once, none that came later."""
        everything = self.numbers("q=dam&limit=100")
        answer = asked("/v1/quotes?q=dam&limit=2")
        texts: list[str] = []
        for n in range(3):
            page = told(answer)
            texts += [hit["text"] for hit in page["hits"]]
            assert (page["index"]["generation"], page["total"]["value"]) == (1, 6)
            stored().add(an_article(f"“A dam is a dam is a dam {n},” said Bo Lind.", id=f"urn:later-{n}"))
            if n < 2:
                answer = asked(following(answer))
        assert texts == everything
        assert (page["next_cursor"], answer["headers"].get("Link")) == (None, None)
        assert len(self.numbers("q=dam&limit=100")) == 9

    @pytest.mark.parametrize("query", ["", "&as_of=1", "&format=csv&limit=2000&as_of=1"])
    def test_a_page_is_of_its_generation_also_if_somebody_writes_this_very_moment(
        self, monkeypatch: pytest.MonkeyPatch, query: str
    ) -> None:
        first = asked("/v1/quotes?q=dam&limit=2")
        real = Searcher.at

        def at(searcher: Searcher, generation: int) -> Searcher:
            found = real(searcher, generation)
            stored().add(an_article("“A dam is a dam is a dam,” said Bo Lind.", id="urn:now"))
            return found

        monkeypatch.setattr(Searcher, "at", at)
        answer = asked(f"/v1/quotes?q=dam{query}" if query else following(first))
        if answer["statusCode"] == 303:
            assert "is a dam" not in requests.get(answer["headers"]["Location"], timeout=10).text
        else:
            assert told(answer)["index"]["generation"] == 1

    def test_a_cursor_goes_with_its_search_alone(self) -> None:
        cursor = told(asked("/v1/quotes?q=dam&limit=2"))["next_cursor"]
        answer = asked(f"/v1/quotes?q=holds&limit=2&cursor={cursor}")
        assert (answer["statusCode"], told(answer)["errors"][0]["parameter"]) == (400, "cursor")

    def test_a_page_whose_generation_was_collected_is_a_410_that_says_what_to_do(self) -> None:
        first = asked("/v1/quotes?q=dam&limit=2")
        stored().add(an_article("“More,” said Ada Okafor.", id="urn:more"))
        s3 = boto3.client("s3")
        for copy in s3.list_objects_v2(Bucket=BUCKET, Prefix="history/")["Contents"]:
            s3.delete_object(Bucket=BUCKET, Key=copy["Key"])
        settings.archive.cache_clear()  # a function that has not held the generation
        answer = asked(following(first))
        assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (410, "no-store")
        assert told(answer)["detail"] == "generation 1 is no longer kept; begin again without cursor"

    def test_a_past_generation_answers_as_it_did(self) -> None:
        before = told(asked("/v1/quotes?q=dam"))
        stored().add(an_article("“Another dam,” said Ada Okafor.", id="urn:more"))
        after = told(asked("/v1/quotes?q=dam&as_of=1"))
        assert after["hits"] == before["hits"]
        assert after["index"] == before["index"]
        assert asked("/v1/quotes?format=csv&limit=2000&as_of=1")["statusCode"] == 303


class TestWhatIsHeld:
    """An answer names the generation it is of; who holds it is told that it still holds."""

    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add(DAMS)

    def test_until_somebody_writes(self) -> None:
        tag = asked("/v1/quotes?q=dam")["headers"]["ETag"]
        answer = asked("/v1/quotes?q=dam", If_None_Match=tag)
        assert (answer["statusCode"], answer.get("body") or "") == (304, "")
        assert answer["headers"]["ETag"] == tag
        stored().add(an_article("“Another dam,” said Ada Okafor.", id="urn:more"))
        answer = asked("/v1/quotes?q=dam", If_None_Match=tag)
        assert (answer["statusCode"], answer["headers"]["ETag"] != tag) == (200, True)

    @pytest.mark.parametrize("listed", ['"a", {}', '{} , W/"b"', "*", 'W/"a,b", {}'])
    def test_in_a_list_or_as_a_star(self, listed: str) -> None:
        tag = asked("/v1/index")["headers"]["ETag"]
        assert asked("/v1/index", If_None_Match=listed.format(tag))["statusCode"] == 304

    def test_tags_are_compared_weakly(self) -> None:
        tag = asked("/v1/index")["headers"]["ETag"]
        assert asked("/v1/index", If_None_Match=tag.removeprefix("W/"))["statusCode"] == 304
        assert asked("/v1/index", If_None_Match=tag.strip('W/"'))["statusCode"] == 200

    def test_the_order_of_parameters_does_not_matter_and_their_values_do(self) -> None:
        tag = asked("/v1/quotes?q=dam&limit=2")["headers"]["ETag"]
        assert asked("/v1/quotes?limit=2&q=dam")["headers"]["ETag"] == tag
        assert asked("/v1/quotes?limit=3&q=dam")["headers"]["ETag"] != tag

    def test_a_page_of_the_past_stays_as_it_is(self) -> None:
        first = asked("/v1/quotes?q=dam&limit=2")
        address = following(first)
        tag = asked(address)["headers"]["ETag"]
        stored().add(an_article("“Another dam,” said Ada Okafor.", id="urn:more"))
        assert asked(address, If_None_Match=tag)["statusCode"] == 304
        assert asked("/v1/quotes?q=dam&as_of=1", If_None_Match="*")["statusCode"] == 304

    def test_what_cannot_be_asked_is_never_held(self) -> None:
        assert asked("/v1/quotes?q=", If_None_Match="*")["statusCode"] == 400
        assert asked("/v1/verify?text=", If_None_Match="*")["statusCode"] == 400
        assert asked("/v1/quotes/q_1", If_None_Match="*")["statusCode"] == 404


class TestRowsToKeep:
    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add(DAMS)

    def test_lines_of_json_hold_what_a_page_holds(self) -> None:
        answer = asked("/v1/quotes?q=dam&format=jsonl&limit=3")
        assert answer["headers"]["Content-Type"] == "application/x-ndjson"
        assert answer["headers"]["Content-Disposition"] == 'attachment; filename="quotes.jsonl"'
        hits = told(asked("/v1/quotes?q=dam&limit=3"))["hits"]
        assert [json.loads(line) for line in answer["body"].splitlines()] == hits
        assert following(answer).startswith("/v1/quotes?q=dam&format=jsonl&limit=3&cursor=")

    def test_a_table_has_a_header_and_a_row_for_each(self) -> None:
        answer = asked("/v1/quotes?q=dam&format=csv")
        assert answer["headers"]["Content-Type"].startswith("text/csv; charset=utf-8")
        rows = list(csv.DictReader(io.StringIO(answer["body"], newline="")))
        assert [row["text"] for row in rows] == [hit["text"] for hit in told(asked("/v1/quotes?q=dam"))["hits"]]

    @pytest.mark.parametrize("kind", ["csv", "jsonl"])
    def test_many_are_fetched_at_an_address_that_is_good_for_an_hour(self, kind: str) -> None:
        stored().add(a_given(f"Dam number {n} is old.", "Bo Lind", id=f"g{n}") for n in range(1_200))
        answer = asked(f"/v1/quotes?q=dam&format={kind}&limit=5000")
        assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (303, "no-store")
        fetched = requests.get(answer["headers"]["Location"], timeout=10)
        assert fetched.status_code == 200
        lines = fetched.content.decode().splitlines()
        assert len(lines) == 1_205 + (kind == "csv")
        assert asked(f"/v1/quotes?q=dam&format={kind}&limit=5000")["statusCode"] == 303, "the same again"
        unsigned = answer["headers"]["Location"].partition("?")[0]
        assert "exports/" in unsigned

    def test_few_that_are_large_are_fetched_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lambda's answers may not be larger than six mebibytes."""
        monkeypatch.setattr(search, "MOST_INLINE", 1_000)
        answer = asked("/v1/quotes?q=dam&format=jsonl&limit=3")
        assert answer["statusCode"] == 303
        assert "cursor=" in following(answer)

    def test_a_page_that_no_answer_holds_says_to_ask_for_fewer(self) -> None:
        stored().add(a_given(f"{n} “unpronounceable” " * 30_000, "Bo Lind", id=f"l{n}") for n in range(3))
        refused = asked("/v1/quotes?q=unpronounceable")
        assert refused["statusCode"] == 400
        assert [error["parameter"] for error in told(refused)["errors"]] == ["limit"]
        assert asked("/v1/quotes?q=unpronounceable&limit=1")["statusCode"] == 200
        assert asked("/v1/quotes?q=unpronounceable&format=jsonl")["statusCode"] == 303

    def test_where_nobody_can_fetch_they_are_answered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
        settings.current.cache_clear()
        settings.archive(f"file:{tmp_path}").add(DAMS)
        answer = asked("/v1/quotes?format=csv&limit=2000")
        assert (answer["statusCode"], len(answer["body"].splitlines())) == (200, 6)
        assert "ETag" in answer["headers"]

    def test_an_export_is_no_part_of_the_archive(self) -> None:
        """It is neither missed nor found too much, and nobody but S3 clears it away."""
        asked("/v1/quotes?format=csv&limit=2000")
        archive = stored()
        keys = {entry.key for entry in archive.store.list("exports/").entries}
        assert len(keys) == 1
        collected = archive.collect(days=0)
        assert not keys & {entry.key for entry in (*collected.deleted, *collected.kept)}
        scrubbed = archive.scrub()
        assert (scrubbed.findings, scrubbed.unreachable) == ((), 0)
        assert {entry.key for entry in archive.store.list("exports/").entries} == keys


class TestOneQuote:
    ARTICLE = an_article(
        "It rained. “The dam will hold,” said Ada Okafor. “It will hold for years.” Then it stopped.",
        url="https://example.org/dam",
        headline="Rain",
    )

    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add([self.ARTICLE, a_given("The dam must go.", "Bo Lind", context="He said: The dam must go. Soon.")])

    def id_of(self, q: str) -> str:
        return str(stored().search(q).hits[0].quote.id)

    def test_it_is_told_with_what_stands_around_it_and_the_whole_utterance(self) -> None:
        quote = told(asked(f"/v1/quotes/{self.id_of('hold dam')}"))
        assert quote["context"]["before"].endswith("It rained. “")
        assert quote["context"]["after"].startswith("” said Ada Okafor.")
        assert [part["text"] for part in quote["spoken"]] == ["The dam will hold,", "It will hold for years."]
        assert quote["citations"].keys() == {"csl", "ris", "bibtex", "text"}
        assert (quote["json_ld"]["@type"], quote["json_ld"]["creator"]["name"]) == ("Quotation", "Ada Okafor")

    def test_a_ready_made_quote_is_told_with_the_context_it_came_with(self) -> None:
        quote = told(asked(f"/v1/quotes/{self.id_of('must go')}"))
        assert quote["context"] == {"before": "He said: ", "after": " Soon."}

    def test_without_its_article_the_context_is_what_the_selector_has_or_nothing(self) -> None:
        s3 = boto3.client("s3")
        for kept in s3.list_objects_v2(Bucket=BUCKET, Prefix="articles/")["Contents"]:
            s3.delete_object(Bucket=BUCKET, Key=kept["Key"])
        quote = told(asked(f"/v1/quotes/{self.id_of('hold dam')}"))
        assert quote["context"]["after"].startswith("” said Ada Okafor.")

    @pytest.mark.parametrize("name", citation.FORMATS)
    def test_it_is_cited_in_every_format(self, name: str) -> None:
        quote_id = self.id_of("hold dam")
        answer = asked(f"/v1/quotes/{quote_id}?format={name}")
        assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, citation.FORMATS[name].media_type)
        assert answer["body"] == citation.FORMATS[name].cite(stored().get(quote_id), 1)
        assert (
            asked(f"/v1/quotes/{quote_id}?format={name}", If_None_Match=answer["headers"]["ETag"])["statusCode"] == 304
        )

    def test_words_of_nobody_are_no_quotation_of_schema_org(self) -> None:
        stored().add(an_article("“Nobody knows,” it was said.", id="urn:nobody"))
        quote_id = self.id_of("nobody knows")
        assert told(asked(f"/v1/quotes/{quote_id}"))["json_ld"] is None
        answer = asked(f"/v1/quotes/{quote_id}?format=jsonld")
        assert (answer["statusCode"], told(answer)["errors"][0]["parameter"]) == (400, "format")

    def test_an_answer_is_never_older_than_the_generation_that_it_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Somebody commits while a quote is read: who then holds the answer must not be told that it is the newest."""
        quote_id = self.id_of("hold dam")
        real = Archive.get

        def slowly(archive: Archive, name: str) -> Any:
            found = real(archive, name)
            stored().add(an_article("“More,” said Bo Lind.", id="urn:more"))
            return found

        monkeypatch.setattr(Archive, "get", slowly)
        tag = asked(f"/v1/quotes/{quote_id}")["headers"]["ETag"]
        monkeypatch.setattr(Archive, "get", real)
        assert asked(f"/v1/quotes/{quote_id}", If_None_Match=tag)["statusCode"] == 200


class TestSpeakers:
    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add([*DAMS, a_given("The dam must go.", "Bo Lind")])

    def test_the_most_quoted_come_first(self) -> None:
        people = told(asked("/v1/speakers"))
        assert [(one["id"], one["quotes"]) for one in people["speakers"]] == [("ada-okafor", 5), ("bo-lind", 1)]
        assert people["total"]["value"] == 2
        assert len(told(asked("/v1/speakers?limit=1"))["speakers"]) == 1

    @pytest.mark.parametrize(("prefix", "taken_for"), [("oka", []), ("OKAFOR", []), ("okfa", ["okaf"])])
    def test_a_beginning_finds_the_name_also_when_it_is_misspelt(self, prefix: str, taken_for: list[str]) -> None:
        people = told(asked(f"/v1/speakers?prefix={prefix}"))
        assert [one["name"] for one in people["speakers"]] == ["Ada Okafor"]
        assert bool(people["taken_for"]) == bool(taken_for)

    def test_one_is_told_in_numbers(self) -> None:
        one = told(asked("/v1/speakers/ada-okafor"))
        assert (one["quotes"]["total"], one["quotes"]["undated"]) == (5, 0)
        assert [bucket["count"] for bucket in one["quotes"]["years"]] == [1] * 5
        assert (one["first"]["text"], one["last"]["text"]) == ("Dam number 0 will hold,", "Dam number 4 will hold,")
        (status, page) = call(search, http("GET", one["links"]["quotes"]))
        assert (status, page["total"]["value"]) == (200, 5)

    def test_nobody_is_a_404(self) -> None:
        for name in ("nobody", "a%20b", "%E2%82%AC"):
            assert asked(f"/v1/speakers/{name}")["statusCode"] == 404


class TestVerify:
    @pytest.fixture(autouse=True)
    def some_quotes(self, aws: str) -> None:
        stored().add([an_article(), a_given("The dam must go.", "Bo Lind")])

    @pytest.mark.parametrize(
        ("query", "verdict", "speaker_matches"),
        [
            ("text=The+dam+will+hold", "exact", None),
            ("text=The+dam+will+hold&speaker=Okafor", "exact", True),
            ("text=The+dam+will+hold&speaker=Bo+Lind", "other_speaker", False),
            ("text=pigs+may+fly", "not_found", None),
        ],
    )
    def test_a_verdict(self, query: str, verdict: str, speaker_matches: bool | None) -> None:
        answer = told(asked(f"/v1/verify?{query}"))
        assert (answer["verdict"], answer["speaker_matches"]) == (verdict, speaker_matches)
        assert (answer["quote"] is None) == (verdict == "not_found")
        assert answer["coverage"]["quotes"] == 2


def test_the_contract_is_served_and_may_be_kept_for_an_hour(aws: str) -> None:
    answer = asked("/v1/openapi.json")
    assert (answer["statusCode"], json.loads(answer["body"])["openapi"]) == (200, "3.1.0")
    assert answer["headers"]["Cache-Control"] == "max-age=3600"
    assert asked("/v1/openapi.json", If_None_Match=answer["headers"]["ETag"])["statusCode"] == 304


ERRORS = [
    (BadInput("x"), 400),
    (Expired("x"), 410),
    (NotFound("x"), 404),
    (problem.TooLarge("x"), 413),
    (Unavailable("x"), 503),
    (Conflict("x"), 503),
    (Refused("x"), 500),
    (Damaged("x"), 500),
    (Gone("x"), 500),
    (ZeroDivisionError(), 500),
]


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_every_error_is_a_problem(error: Exception, status: int, caplog: pytest.LogCaptureFixture) -> None:
    response = problem.of(error)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert integrity_of(caplog) == ([str(error)] if isinstance(error, Damaged) else []), "only damaged data rings"


def test_no_error_of_ours_is_forgotten() -> None:
    """Each leaf of the error tree has its status above, or a test of its own."""
    leaves = {error for error in _family(QuothError) if not error.__subclasses__()}
    tried = {type(error) for error, _ in ERRORS}
    assert {leaf.__name__ for leaf in leaves - tried} == {"BadQuery", "BadBatch", "StaleVersion", "TooBroad"}


def _family(error: type[Exception]) -> set[type[Exception]]:
    return {error}.union(*(_family(child) for child in error.__subclasses__()))


class TestLocalFront:
    """It answers as API Gateway does."""

    @pytest.fixture
    def front(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
        monkeypatch.setenv("QUOTH_STORE", f"file:{tmp_path}")
        monkeypatch.setenv("QUOTH_QUEUE_URL", jobs.LOCAL)
        settings.archive(f"file:{tmp_path}").add(an_article(id="urn:1"))
        front = Front(0)
        threading.Thread(target=front.serve_forever, args=(0.02,), daemon=True).start()
        yield front
        front.shutdown()
        front.server_close()

    def ask(
        self, front: Front, method: str, target: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", front.server_port, timeout=30)
        try:
            connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def test_it_takes_a_withdrawal(self, front: Front) -> None:
        assert self.ask(front, "DELETE", f"/v1/articles/{an_article(id='urn:1').key}")[0] == 202
        front.settle()
        assert settings.archive(settings.current().store).stats().edition.quotes == 0

    @pytest.mark.parametrize("target", ["/v1/quotes?q=dam", "/v1/speakers", "/v1/verify?text=dam", "/v1/openapi.json"])
    def test_a_browser_that_asks_before_it_reads_may(self, front: Front, target: str) -> None:
        origin = {"Origin": "http://localhost:3000", "Access_Control_Request_Method": "GET"}
        status, headers, body = self.ask(front, "OPTIONS", target, **origin)
        assert (status, body, headers["access-control-allow-methods"]) == (204, b"", "GET")
        assert headers["access-control-allow-headers"] == "if-none-match"
        status, headers, _ = self.ask(front, "GET", target, Origin="http://localhost:3000")
        assert (status, headers["access-control-allow-origin"]) == (200, "*")

    @pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PUT", "PATCH", "TRACE", "QUERY"])
    def test_a_method_without_a_route_is_a_404(self, front: Front, method: str) -> None:
        status, headers, body = self.ask(front, method, "/v1/quotes")
        assert (status, headers["content-type"]) == (404, "application/json")
        assert body == (b"" if method == "HEAD" else b'{"message": "Not Found"}')

    def test_a_path_is_decoded(self, front: Front) -> None:
        _, _, body = self.ask(front, "GET", "/v1/quotes/q%20%C3%A9")
        assert json.loads(body)["detail"] == "no quote has the id q é"
        assert json.loads(self.ask(front, "GET", "/v1/quotes/a%2Fb")[2]) == {"message": "Not Found"}

    def test_a_header_that_comes_twice_is_one_with_a_comma(self, front: Front) -> None:
        tag = self.ask(front, "GET", "/v1/index")[1]["etag"]
        connection = HTTPConnection("127.0.0.1", front.server_port, timeout=30)
        connection.putrequest("GET", "/v1/index")
        connection.putheader("If-None-Match", '"a"')
        connection.putheader("IF-NONE-MATCH", tag)
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers.get("content-length")) == (304, b"", None)
        connection.close()

    def test_a_body_may_come_in_chunks(self, front: Front) -> None:
        status, _, body = self.ask(front, "POST", "/v1/articles", iter([b"Rain", b"."]), Content_Type="text/plain")
        assert (status, json.loads(body)["article_id"]) == (202, an_article("Rain.").id)

    @pytest.mark.parametrize(("body", "status"), [(b"a" * 2**20, 413), (b"", 400)])
    def test_chunks_may_be_too_many_or_none(self, front: Front, body: bytes, status: int) -> None:
        assert self.ask(front, "POST", "/v1/articles", iter([body] * 7), Content_Type="text/plain")[0] == status


def test_without_a_store_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUOTH_STORE")
    with pytest.raises(Refused, match="QUOTH_STORE is not set"):
        settings.current()


def test_without_a_queue_the_answer_is_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUOTH_QUEUE_URL")
    assert call(ingest, http("POST", "/v1/articles", b'{"body": "Rain."}'))[0] == 500


class TestRoom:
    def test_a_function_keeps_what_it_read_in_a_quarter_of_its_memory_and_on_its_disk(self) -> None:
        room = settings.room({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"})
        assert room["memory"] == 256 * 2**20
        assert Path(room["cache"]).parent == Path(os.sep, "tmp")  # the one place where a function may write
        assert settings.room({}) == {}
