"""The whole path of one article: by the command line, through the functions on AWS, and over HTTP."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

import quoth
from demo.expectations import SAMPLE, failures, read
from functions import indexer, ingest, search
from functions.local import application, events, server
from functions.local.events import LambdaContext
from functions.runtime import jobs
from quoth.cli import main
from quoth.engine.query.request import Request
from quoth.errors import Unavailable
from quoth.exports import job as exports
from quoth.exports import work
from quoth.storage.stores.directory import DirectoryStore
from tests.conftest import INBOX
from tests.support.builders import an_article
from tests.support.events import ROOT, call, committed


def by_command_line(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    store = f"file:{folder}"
    assert main.main(["index", str(SAMPLE), "--store", store]) == 0
    capsys.readouterr()
    assert main.main(["search", *arguments, "--store", store, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_the_sample_article_gives_what_is_expected_of_it() -> None:
    assert list(failures(read(SAMPLE))) == []


def test_a_failed_expectation_is_reported(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(SAMPLE.read_text("utf-8").replace("Trump said", "Putin said"), "utf-8")
    assert any("the quotes are" in sentence for sentence in failures(read(other)))


def test_aws_gives_the_hits_of_the_command_line(aws: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """POST, queue, indexer, search, with the event files for `sam local invoke`."""
    status, _ = call(ingest, committed("ingest-article"))
    assert status == 202
    batch = _received(aws)
    assert [json.loads(r["body"]) for r in batch["Records"]] == [
        json.loads(committed("indexer-batch")["Records"][0]["body"])
    ]
    assert indexer.handler(batch, LambdaContext("indexer")) == {"batchItemFailures": []}
    status, page = call(search, committed("search-quotes"))
    assert status == 200
    assert page["hits"] == by_command_line(tmp_path, capsys, "land swapping")["hits"]
    assert len(page["hits"]) == 3


def test_an_upload_gives_the_same_hits(aws: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("s3").put_object(Bucket=INBOX, Key="inbox/an article (final).txt", Body=SAMPLE.read_bytes())
    ingest.handler(committed("ingest-upload"), LambdaContext("ingest"))
    indexer.handler(_received(aws), LambdaContext("indexer"))
    _, page = call(search, committed("search-quotes"))
    assert page["hits"] == by_command_line(tmp_path, capsys, "land swapping")["hits"]


def test_the_committed_article_is_the_sample() -> None:
    assert committed("ingest-article")["body"] == SAMPLE.read_text("utf-8")


def _received(url: str) -> dict[str, Any]:
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    return events.sqs_event([message["Body"] for message in messages])


class TestLocalFront:
    @pytest.fixture
    def front(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[server.LocalServer]:
        for name in (
            "QUOTH_STORE",
            "QUOTH_QUEUE_URL",
            "QUOTH_EXPORT_QUEUE_URL",
        ):  # `configure` sets it, monkeypatch restores it
            monkeypatch.setenv(name, "")
        server.configure(f"file:{tmp_path / 'store'}")
        jobs.open_queue.cache_clear()
        front = server.LocalServer(0)
        threading.Thread(target=front.run, daemon=True).start()
        yield front
        front.stop()
        front.close()

    def ask(
        self, front: server.LocalServer, target: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, Any], Any]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{front.port}{target}", body, given)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def test_it_gives_the_hits_of_the_command_line(
        self, front: server.LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, _, answer = self.ask(front, "/v1/articles", SAMPLE.read_bytes(), Content_Type="text/plain")
        assert (status, answer["version"]) == (202, 1)
        front.wait_until_indexed()
        status, headers, page = self.ask(front, "/v1/quotes?q=land+swapping")
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert page["hits"] == by_command_line(tmp_path / "other", capsys, "land swapping")["hits"]
        status, _, quote = self.ask(front, page["hits"][0]["links"]["self"])
        assert (status, quote["text"]) == (200, "land swapping")

    def test_an_export_is_a_file_of_this_server(
        self, front: server.LocalServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(application, "PART", 1_000)
        self.ask(front, "/v1/articles", SAMPLE.read_bytes(), Content_Type="text/plain")
        front.wait_until_indexed()
        status, headers, told = self.ask(front, "/v1/exports", b'{"format": "csv"}', Content_Type="application/json")
        assert (status, told["generation"]) == (202, 1)
        front.wait_until_indexed()
        _, _, job = self.ask(front, headers["Location"])
        assert (job["status"], job["url"]) == ("done", f"{headers['Location']}/file")
        with urllib.request.urlopen(f"http://127.0.0.1:{front.port}{job['url']}", timeout=30) as file:
            data = file.read()
            sent = dict(file.headers)
        assert file.status == 200
        assert hashlib.sha256(data).hexdigest() == job["sha256"]
        assert (int(sent["Content-Length"]), len(data) > 2 * application.PART) == (job["bytes"], True)
        assert sent["Content-Disposition"] == 'attachment; filename="quotes.csv"'
        assert (sent["X-Content-Type-Options"], sent["Cache-Control"]) == ("nosniff", "no-store")
        assert sent["Content-Type"].startswith("text/csv")

    def test_an_export_is_looked_at_while_it_is_written(
        self, front: server.LocalServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began, may_end = threading.Event(), threading.Event()
        real = work.run

        def slowly(*given: Any) -> Any:
            began.set()
            assert may_end.wait(30)
            return real(*given)

        monkeypatch.setattr(work, "run", slowly)
        _, headers, _ = self.ask(front, "/v1/exports", b"{}", Content_Type="application/json")
        assert began.wait(30)
        try:
            assert self.ask(front, headers["Location"])[2]["status"] == "queued"
            assert self.ask(front, "/v1/quotes")[0] == 200
        finally:
            may_end.set()
        front.wait_until_indexed()
        assert self.ask(front, headers["Location"])[2]["status"] == "done"

    def test_the_file_of_an_export_that_is_not_there_is_a_problem(
        self, front: server.LocalServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        status, headers, _ = self.ask(front, "/v1/exports/e_0123456789abcdefghijkl/file")
        assert (status, headers["Content-Type"]) == (404, "application/problem+json")
        monkeypatch.setattr(work, "MAX_BYTES", 10)
        _, headers, _ = self.ask(front, "/v1/exports", b'{"format": "csv"}', Content_Type="application/json")
        front.wait_until_indexed()
        assert self.ask(front, headers["Location"])[2]["status"] == "failed"
        status, _, answer = self.ask(front, f"{headers['Location']}/file")
        assert (status, "has no file yet: it is failed" in json.loads(answer)["detail"]) == (404, True)
        assert self.ask(front, f"{headers['Location']}/file", Host="evil.example")[0] == 403

    def test_a_file_that_ends_early_is_seen_by_its_length(
        self, front: server.LocalServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_: Any) -> bytes:
            raise Unavailable("the disk is gone")

        _, headers, _ = self.ask(front, "/v1/exports", b'{"format": "csv"}', Content_Type="application/json")
        front.wait_until_indexed()
        monkeypatch.setattr(DirectoryStore, "get_range", fail)
        with pytest.raises(IncompleteRead):
            self.ask(front, f"{headers['Location']}/file")
        assert "cannot be read: the disk is gone" in capsys.readouterr().err

    def test_an_export_that_a_killed_server_left_is_finished_by_the_next_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("QUOTH_STORE", "QUOTH_QUEUE_URL", "QUOTH_EXPORT_QUEUE_URL"):
            monkeypatch.setenv(name, "")
        archive = quoth.open(f"file:{tmp_path / 'store'}")
        archive.add(an_article())
        job_id = exports.ask(archive, Request(), "csv", 100, lambda _: None)
        old = exports.ask(archive, Request(q="dam"), "csv", 100, lambda _: None)
        os.utime(tmp_path / "store" / exports.key_of(old), (0, 0))
        server.configure(archive.store.uri)
        front = server.LocalServer(0)
        front.wait_until_indexed()
        front.close()
        assert exports.look(archive, job_id).status == "done"
        assert exports.find(archive.store, old) is None, "older than a day"

    def test_problems_come_through(self, front: server.LocalServer) -> None:
        status, headers, _ = self.ask(front, "/v1/quotes?querry=x")
        assert (status, headers["Content-Type"]) == (400, "application/problem+json")
        assert self.ask(front, "/v1/nothing")[0] == 404
        assert self.ask(front, "/v1/slack/command", b"command=/quote")[0] == 500  # no secret is set

    @pytest.mark.parametrize(
        "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
    )
    def test_a_page_on_the_web_may_neither_read_nor_write(
        self, front: server.LocalServer, headers: dict[str, str]
    ) -> None:
        assert self.ask(front, "/v1/index", **headers)[0] == 403
        assert self.ask(front, "/v1/articles", b"Rain.", Content_Type="text/plain", **headers)[0] == 403
        front.wait_until_indexed()
        assert self.ask(front, "/v1/index")[2]["generation"] == 0

    @pytest.mark.parametrize(
        ("request_line", "headers", "status"),
        [
            ("GET http://[/", ["Host: localhost"], 400),
            ("POST /v1/quotes", ["Host: localhost", "Content-Length: \u00b2"], 400),
            ("POST /v1/quotes", ["Host: localhost", "Content-Length: 99999999"], 413),
            ("POST /v1/quotes", ["Host: localhost", "Transfer-Encoding: chunked"], 400),
            ("POST /v1/quotes", ["Host: localhost", "Transfer-Encoding: gzip, chunked"], 501),
            ("POST /v1/quotes", ["Host: localhost", "Transfer-Encoding: chunked", "Content-Length: 40"], 400),
            ("POST /v1/quotes", ["Host: evil.example", "Content-Length: 40"], 403),
        ],
    )
    def test_an_unread_body_ends_the_connection(
        self, front: server.LocalServer, request_line: str, headers: list[str], status: int
    ) -> None:
        """Otherwise the server would parse the body as the next request."""
        smuggled = "GET /v1/index HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with socket.create_connection(("127.0.0.1", front.port), timeout=30) as connection:
            raw = "\r\n".join([f"{request_line} HTTP/1.1", *headers, "", smuggled])
            connection.sendall(raw.encode("latin-1"))
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert answer.count(b"HTTP/1.1") == 1

    def test_a_text_that_is_not_utf8_is_refused(self, front: server.LocalServer) -> None:
        assert self.ask(front, "/v1/articles", b"Caf\xe9", Content_Type="text/plain")[0] == 400

    def test_the_log_cannot_steer_the_terminal(
        self, front: server.LocalServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with socket.create_connection(("127.0.0.1", front.port), timeout=30) as connection:
            connection.sendall(b"GET /\x1b[31mred\x07 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while connection.recv(4096):
                pass
        assert not {"\x1b", "\x07"} & set(capsys.readouterr().err)

    def test_a_function_that_breaks_is_a_500_and_a_job_that_breaks_is_given_up(
        self, front: server.LocalServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(*_: Any) -> Any:
            raise ZeroDivisionError

        with monkeypatch.context() as patched:
            patched.setattr(search, "handler", broken)
            patched.setattr(indexer, "handler", broken)
            assert self.ask(front, "/v1/index")[0] == 500
            assert self.ask(front, "/v1/articles", b'{"body": "Rain."}')[0] == 202
            front.wait_until_indexed()
        assert "gave up a job" in capsys.readouterr().err
        self.ask(front, "/v1/articles", b'{"body": "More rain."}')
        front.wait_until_indexed()
        assert self.ask(front, "/v1/index")[2]["generation"] == 1

    @pytest.mark.parametrize("failures", [0, 1, 2])
    def test_a_job_is_delivered_until_it_succeeds(
        self,
        front: server.LocalServer,
        failures: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        deliveries: list[str] = []
        index = indexer.handler

        def fails_at_first(event: dict[str, Any], context: LambdaContext) -> Any:
            deliveries.extend(record["body"] for record in event["Records"])
            if len(deliveries) <= failures:
                raise ZeroDivisionError
            return index(event, context)

        monkeypatch.setattr(indexer, "handler", fails_at_first)
        self.ask(front, "/v1/articles", b'{"body": "Rain."}')
        front.wait_until_indexed()
        assert len(deliveries) == failures + 1
        assert "gave up" not in capsys.readouterr().err
        assert self.ask(front, "/v1/index")[2]["generation"] == 1

    def test_an_impossible_job_is_given_up_and_reported(
        self, front: server.LocalServer, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.ask(front, "/v1/articles", b'{"id": "urn:1", "body": "one"}')
        jobs.open_queue(jobs.LOCAL).send([f"imports/{'0' * 64}.jsonl"])
        front.wait_until_indexed()
        assert "gave up a job after 3 deliveries" in capsys.readouterr().err
        assert self.ask(front, "/v1/index")[2]["generation"] == 1

    def test_a_sender_waits_for_the_status(self, front: server.LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: Any) -> Any:
            raise ZeroDivisionError

        _, headers, _ = self.ask(front, "/v1/articles", b'{"body": "Rain."}')
        front.wait_until_indexed()
        assert self.ask(front, headers["Location"])[2]["status"] == "indexed"
        monkeypatch.setattr("quoth.archive.Archive.index", fails)
        _, headers, _ = self.ask(front, "/v1/articles", b'{"body": "More rain."}')
        front.wait_until_indexed()
        told = self.ask(front, headers["Location"])[2]
        assert (told["status"], told["code"], told["generation"]) == ("refused", "failed", 1)

    def test_its_routes_are_those_of_the_template(self) -> None:
        template = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader=_Template)  # noqa: S506 - a safe loader
        routes = {
            (
                event["Properties"]["Method"].upper(),
                event["Properties"]["Path"],
                resource["Properties"]["Handler"].split(".")[1],
            )
            for resource in template["Resources"].values()
            for event in resource.get("Properties", {}).get("Events", {}).values()
            if event["Type"] == "HttpApi" and "Method" in event["Properties"]  # not the route of everything else
        }
        assert set(events.ROUTES) == routes


class _Template(yaml.SafeLoader):
    """Loads CloudFormation's tags as None."""


_Template.add_multi_constructor("!", lambda *_: None)
