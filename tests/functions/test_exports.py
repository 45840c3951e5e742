"""The export function: the life of a job over HTTP and through its queue."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from functions import exports
from functions.local.events import LambdaContext, sqs_event
from functions.runtime import jobs, retries, settings
from quoth.answers.rows import ROW_FORMATS
from quoth.errors import Unavailable
from quoth.exports import work
from quoth.storage.stores.protocol import LinkingStore
from tests.support.builders import a_given, an_article
from tests.support.events import Ending, call, committed, http
from tests.support.served import keys, queued, stored

ROWS = 6


@pytest.fixture
def some_quotes(served: None) -> None:
    stored().add([a_given(f"Dam number {n} will hold.", "Ada Okafor", id=f"urn:g{n}") for n in range(ROWS - 1)])
    stored().add(an_article("“The dam must go,” said Bo Lind.", id="urn:1"))


def post(body: Any = None, **known: Any) -> dict[str, Any]:
    """Ask for an export, and return the whole response."""
    data = json.dumps(known if body is None else body).encode()
    return exports.handler(http("POST", "/v1/exports", data), LambdaContext("exports"))


def begun(**known: Any) -> str:
    """Ask for an export, and return its address."""
    answer = post(**known)
    assert answer["statusCode"] == 202
    return str(answer["headers"]["Location"])


def got(location: str) -> tuple[int, dict[str, Any]]:
    return call(exports, http("GET", location))


def messages() -> list[str]:
    return queued(settings.current().export_queue_url)


def deliver(body: str, receives: int = 1, seconds: float = 900) -> bool:
    """Deliver a message, and return whether it is done with."""
    answer = exports.handler(sqs_event([body], receives), Ending(seconds))
    return answer["batchItemFailures"] == []


def finished(**known: Any) -> tuple[str, dict[str, Any]]:
    """Return the address of an export, and its state after the work."""
    location = begun(**known)
    for message in messages():
        assert deliver(message)
    status, job = got(location)
    assert (status, job["status"]) == (200, "done")
    return location, job


def content(job: dict[str, Any]) -> bytes:
    """Return the file of a job as its address gives it, or where there are no addresses, as the store has it."""
    if isinstance(stored().store, LinkingStore):
        return requests.get(job["url"], timeout=10).content
    (key,) = (key for key in keys(f"exports/{job['id']}-") if key.endswith(job["format"]))
    return stored().store.get(key).data


@pytest.mark.usefixtures("some_quotes")
class TestLife:
    @pytest.mark.parametrize("kind", [*ROW_FORMATS])
    def test_it_is_queued_then_done_with_the_rows_of_the_search(self, kind: str) -> None:
        answer = post(q="dam", format=kind)
        location, told = answer["headers"]["Location"], json.loads(answer["body"])
        assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (202, "no-store")
        assert location == f"/v1/exports/{told['id']}"
        assert told == {"id": told["id"], "status": "queued", "format": kind, "generation": 2, "rows": 0}
        assert got(location) == (200, told)
        (message,) = messages()
        assert json.loads(message) == {"key": f"exports/{told['id']}.json"}
        assert deliver(message)
        status, job = got(location)
        data = content(job)
        assert (status, job["status"], job["rows"], job["bytes"]) == (200, "done", ROWS, len(data))
        assert job["sha256"] == hashlib.sha256(data).hexdigest()
        assert job["expires_seconds"] == 300
        found = [hit.quote.text for hit in stored().search("dam").hits]
        lines = data.decode().splitlines()
        texts = (
            [json.loads(line)["text"] for line in lines]
            if kind == "jsonl"
            else [r["text"] for r in csv.DictReader(lines)]
        )
        assert texts == found

    def test_asking_again_is_the_same_job(self) -> None:
        location, _ = finished(q="dam")
        assert begun(q="dam", limit=50_000, format="jsonl") == location
        assert messages() == []

    def test_the_body_is_what_the_query_string_of_a_search_is(self) -> None:
        some = {"q": "dam", "speaker": ["okafor"], "type": ["direct"], "sort": "oldest", "min_confidence": 0}
        _, job = finished(**some, format="csv", limit=3)
        assert len(list(csv.DictReader(io.StringIO(content(job).decode(), newline="")))) == 3
        _, job = finished(**some, **{"from": "2020-01-01"})
        assert job["rows"] == 0, "the quotes have no date"

    def test_a_file_is_that_of_a_past_generation(self) -> None:
        location, job = finished(as_of=1)
        assert job["rows"] == ROWS - 1
        stored().tag(1, "paper-2026")
        tagged, job = finished(as_of="paper-2026", format="csv")
        assert (tagged == location, job["generation"]) == (False, 1)
        rows = list(csv.DictReader(io.StringIO(content(job).decode(), newline="")))
        assert [row["tag"] for row in rows] == ["paper-2026"] * (ROWS - 1)
        status = post(as_of="no-such-tag")["statusCode"]
        assert (status, post(as_of="No tag")["statusCode"]) == (400, 400)

    def test_a_message_that_is_delivered_again_changes_nothing(self) -> None:
        location = begun()
        (message,) = messages()
        assert deliver(message)
        before = (got(location)[1]["sha256"], keys("exports/"))
        assert deliver(message, receives=2)
        assert (got(location)[1]["sha256"], keys("exports/")) == before

    def test_something_withdrawn_makes_it_gone_and_something_else_does_not(self) -> None:
        mine, _ = finished(speaker=["lind"])
        other, _ = finished(speaker=["okafor"])
        stored().withdraw(an_article(id="urn:1").key)
        settings.archive.cache_clear()
        status, answer = got(mine)
        assert (status, answer["reason"], answer["detail"]) == (
            410,
            "withdrawn",
            "something in this export was withdrawn since; ask again for a new one",
        )
        assert got(other)[0] == 200
        again, job = finished(speaker=["lind"])
        assert again != mine
        assert job["rows"] == 0

    def test_an_export_is_no_part_of_the_archive(self) -> None:
        """Scrub and collection ignore it, and only S3 deletes it."""
        finished()
        archive, found = stored(), keys("exports/")
        assert len(found) == 3
        collected = archive.collect(days=0)
        assert not {*found} & {entry.key for entry in (*collected.deleted, *collected.kept)}
        scrubbed = archive.scrub()
        assert (scrubbed.findings, scrubbed.unreachable) == ((), 0)
        assert keys("exports/") == found

    def test_the_committed_events_are_an_export_from_its_request_to_its_file(self) -> None:
        answer = exports.handler(committed("exports-post"), LambdaContext("exports"))
        assert (answer["statusCode"], messages()) == (202, [committed("exports-queue")["Records"][0]["body"]])
        assert exports.handler(committed("exports-queue"), Ending(900)) == {"batchItemFailures": []}
        status, job = call(exports, committed("exports-get"))
        assert (status, job["status"], job["rows"]) == (200, "done", ROWS - 1)


@pytest.mark.usefixtures("some_quotes")
class TestRequests:
    @pytest.mark.prove
    @pytest.mark.parametrize(
        ("body", "parameter"),
        [
            ({"querry": "dam"}, "querry"),
            ({"cursor": "abc"}, "cursor"),
            ({"collapse": "wording"}, "collapse"),
            ({"limit": 0}, "limit"),
            ({"limit": 50_001}, "limit"),
            ({"limit": "5"}, "limit"),
            ({"limit": True}, "limit"),
            ({"format": "json"}, "format"),
            ({"q": ""}, "q"),
            ({"q": 5}, "q"),
            ({"speaker": "okafor"}, "speaker"),
            ({"type": ["quoted"]}, "type"),
            ({"from": "yesterday"}, "from"),
            ({"min_confidence": 2}, "min_confidence"),
            ({"as_of": 0}, "as_of"),
            ({"as_of": 7}, "as_of"),
            ([], "the body"),
            ("all", "the body"),
        ],
    )
    def test_a_member_that_cannot_be_is_named(self, body: Any, parameter: str) -> None:
        answer = post(body)
        named = [error["parameter"].partition(".")[0] for error in json.loads(answer["body"])["errors"]]
        assert (answer["statusCode"], named) == (400, [parameter])
        assert keys("exports/") == []

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"q": "a", "q": "b"}'])
    def test_a_body_that_is_no_json_is_refused(self, body: bytes) -> None:
        assert call(exports, http("POST", "/v1/exports", body))[0] == 400

    def test_a_large_body_is_refused_before_it_is_read(self) -> None:
        status, answer = call(exports, http("POST", "/v1/exports", b"[" * (exports.MAX_BODY + 1)))
        assert (status, answer["detail"]) == (413, "the body is 65,537 bytes long; the limit is 65,536")

    def test_the_longest_request_that_a_search_may_make_fits(self) -> None:
        names = [f"{n} {'é' * 250}" for n in range(20)]
        assert post(q="dam", speaker=names, publisher=names, language=["en"] * 20)["statusCode"] == 202

    @pytest.mark.parametrize("target", ["/v1/exports?limit=1", "/v1/exports/e_0123456789abcdefghijkl?x=1"])
    def test_a_query_string_is_refused(self, target: str) -> None:
        method = "GET" if "e_" in target else "POST"
        assert call(exports, http(method, target, b"{}" if method == "POST" else b""))[0] == 400

    @pytest.mark.parametrize("name", ["e_0123456789abcdefghijkl", "manifest", "e_%2E%2E"])
    def test_an_unknown_job_is_a_404(self, name: str) -> None:
        assert got(f"/v1/exports/{name}")[0] == 404

    def test_every_response_says_nosniff(self) -> None:
        location = begun()
        for answer in (post(), post([]), exports.handler(http("GET", location), LambdaContext("exports"))):
            assert answer["headers"]["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("some_quotes")
class TestTrouble:
    def test_a_file_above_the_limit_fails_and_asking_again_begins_anew(self, monkeypatch: pytest.MonkeyPatch) -> None:
        location = begun()
        (message,) = messages()
        with monkeypatch.context() as small:
            small.setattr(work, "MAX_BYTES", 100)
            assert deliver(message)
        status, job = got(location)
        assert (status, job["status"]) == (200, "failed")
        assert job["why"] == "limit: the file would have more than 100 bytes; ask for fewer rows, or filter"
        assert begun() == location
        assert got(location)[1]["status"] == "queued"
        assert deliver(*messages())
        assert got(location)[1]["status"] == "done"

    def test_a_worker_stops_before_the_function_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "ROWS_A_REPORT", 2)
        location = begun()
        assert deliver(*messages(), seconds=exports.SECONDS_LEFT)
        assert "no time was left after 2 rows" in got(location)[1]["why"]

    def test_an_outage_is_tried_again_and_ends_in_a_failure_that_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        location = begun()
        (message,) = messages()
        for receives in range(1, retries.RECEIVES + 1):
            with monkeypatch.context() as during:
                during.setattr(type(stored().store), "get_ranges", raising(Unavailable("503 SlowDown")))
                settings.archive.cache_clear()
                assert deliver(message, receives) == (receives == retries.RECEIVES)
            is_last = receives == retries.RECEIVES
            assert got(location)[1]["status"] == ("failed" if is_last else "queued")
        assert got(location)[1]["why"] == "the archive is not available; try again in a moment"

    def test_a_refusal_tells_the_client_why_and_the_log_nothing_of_the_query(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        stored().add(a_given(" ".join(f"zeppelin{n}" for n in range(65)), "Bo Lind"))
        location = begun(q="zeppelin*")
        assert deliver(*messages())
        assert "zeppelin* matches 65 words" in got(location)[1]["why"]
        assert [record.message for record in caplog.records] == ["export refused"]
        assert "zeppelin" not in "".join(str(vars(record)) for record in caplog.records)

    def test_a_state_that_cannot_be_changed_leaves_the_message_in_the_queue(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun()
        (message,) = messages()
        with monkeypatch.context() as during:
            during.setattr(type(stored().store), "replace", raising(Unavailable("503 SlowDown")))
            assert not deliver(message, retries.RECEIVES)
        assert deliver(message, retries.RECEIVES)

    def test_a_queue_that_does_not_accept_is_a_503_and_the_next_request_sends(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as during:
            during.setattr(jobs.LocalQueue, "send", raising(Unavailable("the queue did not accept the jobs")))
            during.setattr(jobs.SqsQueue, "send", raising(Unavailable("the queue did not accept the jobs")))
            assert post()["statusCode"] == 503
        begun()
        assert len(messages()) == 1

    def test_failed_messages_that_cannot_be_postponed_only_wait_longer(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        begun()
        (message,) = messages()
        monkeypatch.setattr(type(stored().store), "get", raising(ZeroDivisionError()))
        monkeypatch.setattr(jobs, "open_queue", raising(ZeroDivisionError()))
        assert not deliver(message)
        assert caplog.records[-1].message == "failed messages stay hidden for the timeout of the queue"


def raising(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


@pytest.mark.usefixtures("aws")
class TestAddress:
    """In S3, where a file has an address that anybody can fetch."""

    @pytest.fixture(autouse=True)
    def some_in_a_bucket(self, aws: str) -> None:
        stored().add(a_given("The dam <script>alert(1)</script> holds.", "<!DOCTYPE html><html>Bo Lind"))

    @pytest.mark.prove
    @pytest.mark.parametrize("kind", [*ROW_FORMATS])
    def test_what_is_fetched_is_a_file_and_cannot_be_taken_for_a_page(self, kind: str) -> None:
        """An article may say <script>. S3 sends no `nosniff`, so the signed address fixes type and attachment."""
        _, job = finished(format=kind)
        fetched = requests.get(job["url"], timeout=10)
        assert (fetched.status_code, len(fetched.content)) == (200, job["bytes"])
        assert hashlib.sha256(fetched.content).hexdigest() == job["sha256"]
        assert fetched.headers["Content-Type"] == ROW_FORMATS[kind].media_type
        assert fetched.headers["Content-Disposition"] == f'attachment; filename="quotes.{kind}"'

    @pytest.mark.prove
    def test_each_answer_signs_a_new_address_for_five_minutes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        location, job = finished()
        signed = parse_qs(urlsplit(job["url"]).query)
        assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert signed["X-Amz-Expires"] == ["300"]
        assert {"response-content-type", "response-content-disposition", "X-Amz-Signature"} <= signed.keys()
        monkeypatch.setattr(type(stored().store), "link", lambda *given: f"https://new.example/{given[2]}")
        assert got(location)[1]["url"] == "https://new.example/300"

    def test_a_withdrawal_just_after_the_request_is_a_503(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same request again begins another export."""
        finished()
        (hit,) = stored().search().hits
        ask = exports.exports.ask

        def asked_just_before(*given: Any) -> str:
            job_id = ask(*given)
            stored().withdraw(hit.quote.id)
            settings.archive.cache_clear()
            return job_id

        monkeypatch.setattr(exports.exports, "ask", asked_just_before)
        assert post()["statusCode"] == 503

    def test_a_withdrawal_makes_it_gone(self) -> None:
        location, _ = finished()
        (hit,) = stored().search().hits
        stored().withdraw(hit.quote.id)
        settings.archive.cache_clear()
        status, answer = got(location)
        assert status == 410
        assert "url" not in answer
