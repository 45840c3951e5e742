"""The inbox: what becomes of an upload, good, bad, too large, or interrupted."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest

from functions import ingest
from functions.local.events import LambdaContext
from functions.runtime import jobs, progress
from functions.runtime.progress import UploadProgress
from quoth.article import MAX_BYTES
from quoth.errors import BadInput, Damaged, Unavailable
from quoth.ingest import originals
from tests.conftest import INBOX
from tests.support.events import call, committed, http
from tests.support.served import queued, stored


class ProcessEnd(BaseException):
    """The end of a process."""


def dies(call: Any, countdown: Iterator[int], at: int) -> Any:
    """Return a call that ends the process instead, if the countdown has reached a number."""

    def dying(*arguments: Any) -> Any:
        if next(countdown) == at:
            raise ProcessEnd
        return call(*arguments)

    return dying


@dataclass
class Dying:
    """A Lambda context with the time for some batches."""

    batches: int

    def get_remaining_time_in_millis(self) -> int:
        self.batches -= 1
        return 900_000 if self.batches >= 0 else 1_000


class HalfDeaf:
    """An SQS client whose queue rejects every message."""

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        return {"Successful": [], "Failed": [{"Id": entry["Id"], "Code": "Throttled"} for entry in request["Entries"]]}


@pytest.mark.usefixtures("aws")
class TestInbox:
    def upload(self, key: str, body: bytes) -> dict[str, Any]:
        boto3.client("s3").put_object(Bucket=INBOX, Key=key, Body=body)
        event = committed("ingest-upload")
        event["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")
        return event

    @pytest.mark.parametrize("name", ["inbox/a b", "inbox//d", "inbox/x.y/Ümläut"])
    def test_an_upload_is_taken_in_with_its_sidecar(self, aws: str, name: str) -> None:
        """Each of the two has an event; only that of the text makes a job."""
        ingest.handler(self.upload(f"{name}.json", b'{"publisher": "The Daily"}'), LambdaContext("ingest"))
        ingest.handler(self.upload(f"{name}.txt", b"Rain."), LambdaContext("ingest"))
        (job,) = queued()
        (article,) = originals.load(stored().store, json.loads(job)["key"])
        assert getattr(article, "publisher", None) == "The Daily"

    def test_the_good_lines_are_taken_in_once_and_the_bad_ones_reported_at_every_attempt(self, aws: str) -> None:
        event = self.upload("inbox/a.jsonl", b'{"body": "one"}\n{}\n{"body": "three"}')
        for accepted in (2, 0, 0):  # Lambda tries again, twice
            with pytest.raises(BadInput, match=r"inbox/a.jsonl: 1 line cannot be used: line 2: body is missing$"):
                ingest.handler(event, LambdaContext("ingest"))
            assert len(queued()) == accepted

    @pytest.mark.parametrize(
        "line", [b'{"' + b"x" * 3_000 + b'": 1}\n', pytest.param(b"{}" + b" " * 60 + b"\n", marks=pytest.mark.prove)]
    )
    def test_of_a_file_of_bad_lines_the_first_twenty_are_shown_and_all_counted(self, aws: str, line: bytes) -> None:
        """The error fits into the message of an alarm, which may have 256 KB."""
        count = ingest.MAX_LINES_BYTES // len(line)
        with pytest.raises(BadInput, match=f"^inbox/a.jsonl: {count:,} lines cannot be used: line 1: ") as refused:
            ingest.handler(self.upload("inbox/a.jsonl", line * count), LambdaContext("ingest"))
        message = str(refused.value)
        assert message.endswith(f"; and {count - 20:,} more")
        assert (message.count("; line "), len(message) < 8_000) == (19, True)

    @pytest.mark.prove
    @pytest.mark.parametrize(
        "data", [b'{"x": 1}\n' * 20_000, b'{"body": "%s"}\n' % (b"x" * 1_000_000) * 8, b"x" * 16_000_000]
    )
    def test_memory_is_bounded_by_the_line_and_not_by_the_file(self, data: bytes) -> None:
        file = io.BytesIO(data)
        tracemalloc.start()
        try:
            for _ in ingest._batches(file, UploadProgress()):
                pass
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 8 * MAX_BYTES, "the longest line, its text, and the articles of one batch"

    def test_a_file_that_takes_longer_than_the_function_lives_continues_where_it_stopped(
        self, aws: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A bad line before the interruption is still counted after it."""
        monkeypatch.setattr(ingest, "ARTICLES_A_BATCH", 10)
        lines = b"{}\n" + b"".join(b'{"body": "%d"}\n' % n for n in range(25))
        event = self.upload("inbox/a.jsonl", lines)
        taken = []
        for stopped in (12, 22):
            with pytest.raises(Unavailable, match=f"inbox/a.jsonl: stopped before line {stopped}, out of time"):
                ingest.handler(event, Dying(batches=1))
            taken.append(queued())
        with pytest.raises(BadInput, match="1 line cannot be used: line 1: body is missing"):
            ingest.handler(event, LambdaContext("ingest"))
        taken.append(queued())
        assert [len(bodies) for bodies in taken] == [10, 10, 5]
        assert len({body for bodies in taken for body in bodies}) == 25

    def test_it_continues_after_a_line_that_is_too_long_at_the_next_line(self, aws: str) -> None:
        long, good = b'{"body": "' + b"x" * 2_500_000 + b'"}\n', b'{"body": "good"}\n'
        event = self.upload("inbox/a.jsonl", good + long + long + good.replace(b"good", b"better"))
        bodies = []
        for _ in range(2):
            with pytest.raises(Unavailable):
                ingest.handler(event, Dying(batches=1))
            bodies += queued()
        with pytest.raises(BadInput, match=r"2 lines cannot be used: line 2: is too long.*; line 3: is too long"):
            ingest.handler(event, LambdaContext("ingest"))
        assert len(bodies + queued()) == 2

    @pytest.mark.parametrize("crash", [3, *(pytest.param(at, marks=pytest.mark.prove) for at in (0, 1, 2, 4, 5, 6))])
    def test_a_crash_between_two_calls_loses_no_line_and_queues_at_most_one_batch_again(
        self, aws: str, monkeypatch: pytest.MonkeyPatch, crash: int
    ) -> None:
        """The calls are: begin, then queue a batch and store the progress, three times. It ends before one of them."""
        monkeypatch.setattr(ingest, "ARTICLES_A_BATCH", 2)
        event = self.upload("inbox/a.jsonl", b"".join(b'{"body": "%d"}\n' % n for n in range(6)))
        with monkeypatch.context() as dying:
            countdown = itertools.count()
            for owner, name in ((jobs.SqsQueue, "send"), (progress, "save")):
                dying.setattr(owner, name, dies(getattr(owner, name), countdown, crash))
            with pytest.raises(ProcessEnd):
                ingest.handler(event, LambdaContext("ingest"))
        ingest.handler(event, LambdaContext("ingest"))
        bodies = queued()
        assert len(set(bodies)) == 6
        assert len(bodies) <= 6 + 2
        ingest.handler(event, LambdaContext("ingest"))
        assert queued() == []

    def test_two_events_of_one_upload_queue_it_once_and_another_upload_is_taken_in_again(self, aws: str) -> None:
        boto3.client("s3").put_bucket_versioning(Bucket=INBOX, VersioningConfiguration={"Status": "Enabled"})
        event = self.upload("inbox/a.jsonl", b'{"body": "one"}')
        for accepted in (1, 0):
            ingest.handler(event, LambdaContext("ingest"))
            assert len(queued()) == accepted
        ingest.handler(self.upload("inbox/a.jsonl", b'{"body": "one"}'), LambdaContext("ingest"))
        assert len(queued()) == 1

    def test_an_upload_that_was_read_to_its_end_is_finished(self, aws: str) -> None:
        """Or every event that comes twice would open it again."""
        ingest.handler(self.upload("inbox/a.jsonl", b'{"body": "one"}'), LambdaContext("ingest"))
        store = stored().store
        (uploaded,) = store.list("uploads/").entries
        state = progress.load(store, uploaded.key)
        assert state is not None
        assert (state[0].is_finished, state[0].lines) == (True, 1)

    def test_of_two_invocations_at_the_same_time_one_stops_before_it_queues_anything(self, aws: str) -> None:
        key = progress.key_of("an upload")
        start, tag = progress.begin(stored().store, key)
        with pytest.raises(Unavailable, match="another invocation"):
            progress.begin(stored().store, key)
        progress.save(stored().store, key, start.with_error(BadInput("x")), tag)
        with pytest.raises(Unavailable, match="another invocation"):
            progress.save(stored().store, key, start, tag)

    def test_of_a_long_error_the_first_300_characters_are_kept(self) -> None:
        shown = progress.UploadProgress().with_error(BadInput("x" * 299 + "yz")).shown
        assert shown == ("x" * 299 + "y",)

    def test_a_progress_that_is_damaged_is_an_error_and_not_a_start_from_the_beginning(self, aws: str) -> None:
        stored().store.create(progress.key_of("x"), b"rubbish")
        with pytest.raises(Damaged, match="uploads/"):
            progress.load(stored().store, progress.key_of("x"))

    def test_a_job_that_the_queue_refuses_is_not_acknowledged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """SendMessageBatch may fail in part and still answer 200."""
        queue = jobs.SqsQueue("https://queue", client=HalfDeaf())  # type: ignore[arg-type]
        monkeypatch.setattr(jobs, "open_queue", lambda _: queue)
        assert call(ingest, http("POST", "/v1/articles", b'{"body": "Rain."}'))[0] == 503

    def test_many_articles_are_many_jobs(self, aws: str) -> None:
        lines = b"\n".join(b'{"body": "%d"}' % n for n in range(25))
        ingest.handler(self.upload("inbox/a.jsonl", lines), LambdaContext("ingest"))
        assert len(set(queued())) == 25

    def test_lines_may_be_more_than_an_article_may(self, aws: str) -> None:
        lines = b"\n".join(b'{"body": "%s %d"}' % (b"x" * 500_000, n) for n in range(5))
        ingest.handler(self.upload("inbox/a.jsonl", lines), LambdaContext("ingest"))
        assert len(queued()) == 5

    @pytest.mark.parametrize(("name", "limit"), [("a.txt", MAX_BYTES), ("a.jsonl", ingest.MAX_LINES_BYTES)])
    def test_an_upload_that_is_too_large_is_reported_and_nothing_of_it_taken(
        self, aws: str, name: str, limit: int
    ) -> None:
        with pytest.raises(BadInput, match=f"inbox/{name}: is larger than {limit:,} bytes; split it"):
            ingest.handler(
                self.upload(f"inbox/{name}", b'{"body": "a"}\n' * (limit // 14 + 1)), LambdaContext("ingest")
            )
        assert queued() == []

    def test_an_upload_of_exactly_the_limit_is_taken_in(self, aws: str) -> None:
        ingest.handler(self.upload("inbox/a.txt", b"a" * MAX_BYTES), LambdaContext("ingest"))
        assert len(queued()) == 1

    def test_an_upload_that_is_gone_again_is_let_go(self, aws: str) -> None:
        ingest.handler(committed("ingest-upload"), LambdaContext("ingest"))
        assert queued() == []

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
    def test_other_events_than_inbox_uploads_are_ignored(self, aws: str, change: dict[str, Any]) -> None:
        for key in ("outbox/a.txt", "inbox/folder/"):
            self.upload(key, b"Rain.")
        event = self.upload("inbox/a.txt", b"Rain.")
        event["Records"][0] |= change
        ingest.handler(event, LambdaContext("ingest"))
        assert queued() == []

    def test_the_test_event_of_s3_is_let_go(self) -> None:
        assert ingest.handler({"Service": "Amazon S3", "Event": "s3:TestEvent"}, LambdaContext("ingest")) is None
