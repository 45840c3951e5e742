"""Export jobs: they survive every fault, and never publish what was withdrawn."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import pytest

from quoth.answers.rows import ROW_FORMATS
from quoth.archive import Archive
from quoth.article import article_key
from quoth.engine.page import Edition
from quoth.engine.query.request import MAX_LIMIT, Request
from quoth.errors import BadInput, BadQuery, Conflict, Damaged, Expired, Gone, NotFound, QuothError, Unavailable
from quoth.exports import job as jobs
from quoth.exports import work
from quoth.exports.job import ExportJob
from quoth.hashes import sha256
from quoth.quote import Quote
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob, Listing, Store
from tests.support.builders import TestEffects, a_given, an_article

EVERYTHING = Request()
ROWS = 7


class Crash(BaseException):
    """The process ends here."""


Fault = tuple[str, BaseException]


class FaultyStore:
    """A store whose calls of some numbers fail: before they have their effect, or after."""

    trip_bytes = 0
    uri = "faulty:"

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.calls = 0
        self.faults: dict[int, Fault] = {}

    def _call(self, call: Callable[..., Any], *given: Any) -> Any:
        number, self.calls = self.calls, self.calls + 1
        when, error = self.faults.get(number, ("", None))
        if error is not None and when == "before":
            raise error
        answer = call(*given)
        if error is not None:
            raise error
        return answer

    def get(self, key: str) -> Blob:
        return self._call(self.inner.get, key)

    def get_if_changed(self, key: str, etag: str) -> Blob | None:
        return self._call(self.inner.get_if_changed, key, etag)

    def get_range(self, key: str, start: int, stop: int) -> bytes:
        return self.inner.get_range(key, start, stop)

    def get_ranges(self, ranges: Any) -> Iterator[bytes]:
        return self.inner.get_ranges(ranges)

    def create(self, key: str, data: bytes | BinaryIO) -> str:
        return self._call(self.inner.create, key, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        return self._call(self.inner.replace, key, data, etag)

    def list(self, prefix: str) -> Listing:
        return self._call(self.inner.list, prefix)

    def delete(self, key: str) -> None:
        return self._call(self.inner.delete, key)


class StoreClock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> StoreClock:
    return StoreClock()


@pytest.fixture
def archive(clock: StoreClock) -> Archive:
    archive = Archive(MemoryStore(clock), TestEffects().effects())
    archive.add([a_given(f"Dam number {n} will hold.", "Ada Okafor", id=f"urn:g{n}") for n in range(ROWS - 1)])
    archive.add(an_article("“The dam must go,” said Bo Lind.", id="urn:1"))
    return archive


class Sent(list[str]):
    """The messages of a queue that nobody reads by itself."""

    def run(self, archive: Any, is_time: Callable[[], bool] = lambda: True) -> ExportJob | None:
        """Deliver the last message."""
        return work.run(archive, jobs.id_of(self[-1]), is_time)


@pytest.fixture
def sent() -> Sent:
    return Sent()


def asked(archive: Any, sent: Sent, request: Request = EVERYTHING, kind: str = "csv", most: int = 1_000) -> str:
    return jobs.ask(archive, request, kind, most, sent.append)


def content(archive: Archive, job_id: str) -> bytes:
    """Return the file of a finished job."""
    job = jobs.look(archive, job_id)
    assert job.status == "done"
    return archive.store.get(jobs.file_key(job_id, job)).data


def texts(data: bytes) -> list[str]:
    return [row["text"] for row in csv.DictReader(io.StringIO(data.decode(), newline=""))]


class TestLife:
    def test_it_is_queued_then_done_and_its_file_has_the_rows(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        assert sent == [f"exports/{job_id}.json"]
        assert (jobs.look(archive, job_id).status, jobs.look(archive, job_id).generation) == ("queued", 2)
        sent.run(archive)
        job, data = jobs.look(archive, job_id), content(archive, job_id)
        assert (job.status, job.rows, job.bytes, job.sha256) == ("done", ROWS, len(data), sha256(data))
        assert data.decode() == "".join(ROW_FORMATS["csv"].quotes(archive.rows(EVERYTHING, 1_000)[1], ""))

    def test_asking_again_is_the_same_job_and_queues_nothing(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        for _ in ("queued", "done"):
            assert asked(archive, sent, Request(limit=3, highlight=False)) == job_id
            assert len(sent) == 1
            sent.run(archive)

    @pytest.mark.parametrize(
        ("request_", "kind", "most"),
        [
            (Request(q="dam"), "csv", 1_000),
            (Request(sort="oldest"), "csv", 1_000),
            (Request(speaker="lind"), "csv", 1_000),
            (Request(as_of=1), "csv", 1_000),
            (EVERYTHING, "jsonl", 1_000),
            (EVERYTHING, "csv", 999),
        ],
    )
    def test_another_question_is_another_job(
        self, archive: Archive, sent: Sent, request_: Request, kind: str, most: int
    ) -> None:
        assert asked(archive, sent) != asked(archive, sent, request_, kind, most)
        job = sent.run(archive)
        assert job is not None
        found = archive.rows(request_, most)[1]
        assert archive.store.get(jobs.file_key(jobs.id_of(sent[-1]), job)).data.decode() == "".join(
            ROW_FORMATS[kind].quotes(found, "")
        )

    def test_every_parameter_that_decides_the_rows_reaches_the_worker(self, archive: Archive, sent: Sent) -> None:
        request = Request(
            q="dam -lock",
            speaker=("lind", "okafor"),
            type=("direct", "partial"),
            status="attributed",
            from_="2020-01-01",
            min_confidence=0.25,
            sort="oldest",
            fuzzy="auto",
        )
        asked(archive, sent, request)
        loaded = jobs.load(archive.store, jobs.id_of(sent[-1]))
        assert loaded is not None
        assert (loaded[0].request.canonical, loaded[0].request.as_of) == (request.canonical, 2)

    def test_it_keeps_its_generation_while_others_write(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        archive.add(a_given("Later.", "Bo Lind", id="urn:later"))
        sent.run(archive)
        assert len(texts(content(archive, job_id))) == ROWS
        assert asked(archive, sent) != job_id

    def test_the_limit_of_rows_is_that_of_the_request(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent, most=3)
        sent.run(archive)
        assert len(texts(content(archive, job_id))) == 3

    def test_an_empty_archive_gives_an_empty_table_whatever_is_added_meanwhile(self, sent: Sent) -> None:
        empty = Archive(MemoryStore(), TestEffects().effects())
        job_id = asked(empty, sent)
        empty.add(a_given("Later.", "Bo Lind"))
        sent.run(empty)
        assert texts(content(empty, job_id)) == []

    def test_a_generation_that_does_not_exist_yet_is_refused_at_once(self, archive: Archive, sent: Sent) -> None:
        with pytest.raises(BadQuery, match="generation 7 does not exist yet; the newest is 2"):
            asked(archive, sent, Request(as_of=7))
        assert sent == []

    @pytest.mark.parametrize("name", ["e_0123456789abcdefghijkl", "e_", "../manifest", "manifest.json", "a b", ""])
    def test_an_unknown_id_is_not_found(self, archive: Archive, name: str) -> None:
        with pytest.raises(NotFound, match="no export has the id"):
            jobs.look(archive, name)

    def test_a_message_that_names_something_else_is_refused(self) -> None:
        with pytest.raises(BadInput, match="is not the key of an export"):
            jobs.id_of("manifest.json")

    def test_rows_so_far_are_seen_while_it_runs(self, archive: Archive, sent: Sent, monkeypatch: Any) -> None:
        monkeypatch.setattr(work, "ROWS_A_REPORT", 2)
        job_id = asked(archive, sent)
        seen: list[tuple[str, int]] = []

        def watching() -> bool:
            job = jobs.look(archive, job_id)
            seen.append((job.status, job.rows))
            return True

        sent.run(archive, watching)
        assert seen == [("running", 0), ("running", 2), ("running", 4)]

    def test_a_state_that_is_damaged_says_so(self, archive: Archive, sent: Sent) -> None:
        asked(archive, sent)
        archive.store.replace(sent[0], b"rubbish", archive.store.get(sent[0]).etag)
        with pytest.raises(Damaged, match="cannot be read"):
            sent.run(archive)


class TestAfterADay:
    def test_all_that_is_older_is_forgotten(self, archive: Archive, sent: Sent, clock: StoreClock) -> None:
        asked(archive, sent)
        sent.run(archive)
        clock.now += jobs.KEPT_SECONDS - 1
        young = asked(archive, sent, Request(q="dam"))
        clock.now += 2
        jobs.forget(archive.store)
        assert [entry.key for entry in archive.store.list("exports/").entries] == [jobs.key_of(young)]
        assert archive.search().total == ROWS

    def test_only_those_that_wait_or_run_are_unfinished(self, archive: Archive, sent: Sent) -> None:
        asked(archive, sent)
        sent.run(archive)
        asked(archive, sent, Request(q="dam"))
        work.give_up(archive, jobs.id_of(sent[-1]), "why")
        asked(archive, sent, Request(q="number"))
        assert [*jobs.unfinished(archive.store)] == [sent[-1]]


class TestFailures:
    def test_a_file_above_the_limit_of_bytes_fails_and_says_what_to_do(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work, "MAX_BYTES", 1_000)
        job_id = asked(archive, sent)
        sent.run(archive)
        job = jobs.look(archive, job_id)
        assert (job.status, job.why) == (
            "failed",
            "limit: the file would have more than 1,000 bytes; ask for fewer rows, or filter",
        )
        assert [entry.key for entry in archive.store.list("exports/").entries] == [sent[0]], "no part of a file stays"

    def test_a_worker_without_time_fails_before_it_is_killed(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work, "ROWS_A_REPORT", 2)
        asked(archive, sent)
        job = sent.run(archive, lambda: False)
        assert job is not None
        assert (job.status, job.why) == (
            "failed",
            "limit: no time was left after 2 rows; ask for fewer rows, or filter",
        )

    def test_a_generation_that_is_no_longer_kept_fails(self, archive: Archive, sent: Sent) -> None:
        asked(archive, sent, Request(as_of=1))
        for entry in archive.store.list("history/").entries:
            archive.store.delete(entry.key)
        job = sent.run(archive)
        assert job is not None
        assert (job.status, "generation 1" in str(job.why)) == ("failed", True)

    def test_segments_that_are_collected_meanwhile_fail_a_past_generation_and_are_damage_in_the_newest(
        self, archive: Archive, sent: Sent
    ) -> None:
        class Collected(Archive):
            def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[Quote]]:
                def gone() -> Iterator[Quote]:
                    yield from super(Collected, self).rows(request, 2)[1]
                    raise Gone("segment s1 is gone, but the manifest names it")

                return self.edition(), gone()

        other = Collected(archive.store)
        asked(archive, sent, Request(as_of=1))
        job = sent.run(other)
        assert job is not None
        assert job.why == "generation 1 is no longer kept; ask again without as_of"
        asked(archive, sent)
        with pytest.raises(Gone):
            sent.run(other)

    def test_a_failed_job_is_queued_anew_when_it_is_asked_again(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as small:
            small.setattr(work, "MAX_BYTES", 10)
            job_id = asked(archive, sent)
            sent.run(archive)
        assert sent.run(archive) == jobs.look(archive, job_id), "a late message changes nothing"
        assert asked(archive, sent) == job_id
        assert len(sent) == 2
        assert jobs.look(archive, job_id).status == "queued"
        sent.run(archive)
        assert jobs.look(archive, job_id).status == "done"

    def test_a_job_whose_worker_is_lost_does_not_run_forever(
        self, archive: Archive, sent: Sent, clock: StoreClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work, "ROWS_A_REPORT", 2)

        def killed() -> bool:
            raise Crash

        job_id = asked(archive, sent)
        with pytest.raises(Crash):
            sent.run(archive, killed)
        assert jobs.look(archive, job_id).status == "running"
        clock.now += jobs.WORKER_SECONDS + 1
        assert jobs.look(archive, job_id).why == "its worker ended without a result; ask again"
        assert asked(archive, sent) == job_id
        assert (len(sent), jobs.look(archive, job_id).status) == (2, "queued")

    def test_a_job_whose_message_is_lost_does_not_wait_forever(
        self, archive: Archive, sent: Sent, clock: StoreClock
    ) -> None:
        job_id = asked(archive, sent)
        clock.now += jobs.WAITING_SECONDS - 1
        assert jobs.look(archive, job_id).status == "queued"
        clock.now += 2
        assert jobs.look(archive, job_id).why == "no worker began it; ask again"
        asked(archive, sent)
        assert (len(sent), jobs.look(archive, job_id).status) == (2, "queued")

    def test_a_message_that_was_never_sent_is_sent_by_the_next_request(self, archive: Archive, sent: Sent) -> None:
        def deaf(_: str) -> None:
            raise Unavailable("the queue did not accept the jobs")

        with pytest.raises(Unavailable):
            jobs.ask(archive, EVERYTHING, "csv", 1_000, deaf)
        job_id = asked(archive, sent)
        assert (len(sent), jobs.look(archive, job_id).status) == (1, "queued")

    def test_a_job_that_has_expired_is_forgotten(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        archive.store.delete(sent[0])
        assert sent.run(archive) is None
        assert work.give_up(archive, job_id, "why") is None

    def test_a_file_that_expired_before_its_state_is_written_anew(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        job = sent.run(archive)
        assert job is not None
        archive.store.delete(jobs.file_key(job_id, job))
        with pytest.raises(NotFound, match="has expired; ask again"):
            jobs.look(archive, job_id)
        asked(archive, sent)
        sent.run(archive)
        assert len(texts(content(archive, job_id))) == ROWS

    def test_a_job_that_waits_for_another_attempt_is_queued(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        work.postpone(archive, job_id)
        assert jobs.look(archive, job_id).status == "queued"
        asked(archive, sent)
        assert len(sent) == 1

    def test_a_finished_job_does_not_fail_any_more(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent)
        sent.run(archive)
        for late in (work.give_up(archive, job_id, "late"), work.postpone(archive, job_id)):
            assert late is not None
            assert late.status == "done"


class TestWithdrawals:
    GIVEN = "Dam number 3 will hold."

    def withdraw(self, archive: Archive, text: str) -> None:
        (hit,) = [hit for hit in archive.search(limit=100).hits if hit.quote.text == text]
        archive.withdraw(hit.quote.id if hit.quote.attribution.method == "given" else article_key("urn:1"))

    @pytest.mark.parametrize("text", [GIVEN, "The dam must go,"])
    def test_a_file_with_something_withdrawn_is_gone_and_written_anew_without_it(
        self, archive: Archive, sent: Sent, text: str
    ) -> None:
        job_id = asked(archive, sent)
        sent.run(archive)
        self.withdraw(archive, text)
        with pytest.raises(Expired, match="was withdrawn since; ask again"):
            jobs.look(archive, job_id)
        again = asked(archive, sent)
        assert again != job_id, "of the generation after the withdrawal"
        sent.run(archive)
        assert text not in texts(content(archive, again))
        assert len(texts(content(archive, again))) == ROWS - 1

    def test_a_withdrawal_of_something_else_leaves_it_as_it_is(self, archive: Archive, sent: Sent) -> None:
        job_id = asked(archive, sent, Request(speaker="lind"))
        sent.run(archive)
        self.withdraw(archive, self.GIVEN)
        archive.add(a_given("More.", "Bo Lind"))
        assert texts(content(archive, job_id)) == ["The dam must go,"]

    def test_a_finished_job_is_queued_anew_when_its_file_is_of_no_use(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Asked again for the same past generation."""
        job_id = asked(archive, sent, Request(as_of=2))
        sent.run(archive)
        self.withdraw(archive, self.GIVEN)
        assert asked(archive, sent, Request(as_of=2)) == job_id
        assert (len(sent), jobs.look(archive, job_id).status) == (2, "queued")

    def test_nobody_knows_what_was_withdrawn_so_the_file_is_gone(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = asked(archive, sent)
        sent.run(archive)

        def forgotten(_: int) -> frozenset[str]:
            raise Expired("too many withdrawals since")

        monkeypatch.setattr(archive, "withdrawn_since", forgotten)
        with pytest.raises(Expired):
            jobs.look(archive, job_id)

    def test_what_is_withdrawn_while_the_rows_are_written_is_not_in_the_file(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The rows are chosen again; here the generation itself hides what the newest has withdrawn."""
        withdrawn: set[str] = set()

        class Hiding(Archive):
            passes = 0

            def rows(self, request: Request, most: int) -> tuple[Edition, Iterator[Quote]]:
                self.passes += 1
                hidden = frozenset(withdrawn)
                edition, quotes = super().rows(request, most)
                if self.passes == 1:
                    TestWithdrawals().withdraw(archive, TestWithdrawals.GIVEN)
                    withdrawn.add(TestWithdrawals.GIVEN)
                return edition, (quote for quote in quotes if quote.text not in hidden)

        hiding = Hiding(archive.store)
        job_id = asked(archive, sent)
        sent.run(hiding)
        assert hiding.passes == 2
        assert self.GIVEN not in texts(content(archive, job_id))
        assert len(texts(content(archive, job_id))) == ROWS - 1

    def test_rows_that_are_withdrawn_all_the_time_are_tried_again_later(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = asked(archive, sent)
        monkeypatch.setattr(archive, "withdrawn_since", lambda _: frozenset([article_key("urn:1")]))
        with pytest.raises(Unavailable, match="3 times"):
            sent.run(archive)
        assert [entry.key for entry in archive.store.list("exports/").entries] == [jobs.key_of(job_id)]


class TestSeveralAtOnce:
    def test_two_workers_of_one_job_finish_it_once(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SQS may deliver a message twice at the same time."""
        monkeypatch.setattr(work, "ROWS_A_REPORT", 3)
        job_id = asked(archive, sent)
        others: list[ExportJob | None] = []

        def meanwhile() -> bool:
            if not others:
                others.append(None)
                others.append(sent.run(archive))
            return True

        assert sent.run(archive, meanwhile) == others[1] == jobs.look(archive, job_id)
        assert len(archive.store.list(f"exports/{job_id}").entries) == 3, "the state, the file, the keys"

    def test_a_worker_that_fails_does_not_undo_the_work_of_another(
        self, archive: Archive, sent: Sent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work, "ROWS_A_REPORT", 3)
        job_id = asked(archive, sent)

        def finished_elsewhere() -> bool:
            work.run(Archive(archive.store), job_id, lambda: True)
            return False

        job = sent.run(archive, finished_elsewhere)
        assert job is not None
        assert job.status == jobs.look(archive, job_id).status == "done"

    def test_two_clients_that_ask_at_the_same_time_get_one_job(self, archive: Archive, sent: Sent) -> None:
        class Late(FaultyStore):
            def create(self, key: str, data: bytes | BinaryIO) -> str:
                if not sent:
                    asked(archive, sent)
                return super().create(key, data)

        other = Archive(Late(archive.store))
        assert asked(other, sent) == jobs.id_of(sent[0])
        assert len(sent) == 1

    def test_a_state_that_always_changes_is_an_outage(self, archive: Archive, sent: Sent) -> None:
        class Busy(FaultyStore):
            def replace(self, key: str, data: bytes, etag: str) -> str:
                raise Conflict(f"{key} has changed")

        asked(archive, sent)
        with pytest.raises(Unavailable, match="changes all the time"):
            sent.run(Archive(Busy(archive.store)))


FAULTS = [(when, error) for when in ("before", "after") for error in (Crash(), Unavailable("503 SlowDown"))]


@pytest.mark.prove
@pytest.mark.parametrize(("when", "error"), FAULTS, ids=repr)
def test_whatever_call_of_the_store_fails_the_job_ends_the_same(when: str, error: BaseException) -> None:
    """A client that asks until it is answered, and a queue that delivers until a worker succeeds."""
    expected, calls = history({})
    assert calls > 12
    for number in range(calls):
        assert history({number: (when, error)})[0] == expected, f"call {number}"


@pytest.mark.prove
@pytest.mark.parametrize("one", FAULTS, ids=repr)
@pytest.mark.parametrize("other", FAULTS, ids=repr)
def test_nor_does_it_end_otherwise_after_two_faults(one: Fault, other: Fault) -> None:
    expected, calls = history({})
    for first in range(calls):
        for second in range(first + 1, calls + 4):
            assert history({first: one, second: other})[0] == expected, f"calls {first} and {second}"


def history(faults: dict[int, Fault]) -> tuple[tuple[str, bytes, list[str]], int]:
    """Return how a job ends: its id, its file, and the kinds of objects beside it; and the number of calls."""
    archive = Archive(MemoryStore(lambda: 0.0), TestEffects().effects())
    archive.add([a_given(f"Dam number {n} will hold.", "Ada Okafor", id=f"urn:g{n}") for n in range(ROWS)])
    store = FaultyStore(archive.store)
    store.faults = faults
    sent: list[str] = []
    for _ in range(4):
        with suppress(Crash, QuothError):
            jobs.ask(Archive(store), EVERYTHING, "csv", MAX_LIMIT, sent.append)
            break
    for message in sent:
        for _ in range(4):
            with suppress(Crash, QuothError):
                work.run(Archive(store), jobs.id_of(message), lambda: True)
                break
    job_id = jobs.id_of(sent[-1])
    endings = sorted(entry.key.rpartition(".")[2] for entry in archive.store.list("exports/").entries)
    return (job_id, content(archive, job_id), endings), store.calls
