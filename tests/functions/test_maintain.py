"""The scheduled function: it merges segments, deletes only old garbage, and stops at errors."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from functions import maintain
from functions.local.events import LambdaContext
from functions.runtime import settings
from quoth.archive import REAL, Archive
from quoth.errors import Conflict, Damaged, Refused, Unavailable
from quoth.ingest.indexing import index
from quoth.storage.commit import LedgerCache
from quoth.storage.stores.protocol import Listing, Store
from tests.support.builders import an_article
from tests.support.events import Ending, committed
from tests.support.served import keys, stored, write_over


@pytest.fixture
def scattered(served: None) -> Archive:
    return nine_commits()


def nine_commits() -> Archive:
    """Return an archive that nobody tidied up behind its writers."""
    store = stored().store
    ledgers = LedgerCache(store)
    for number in range(9):
        index(store, [an_article(f"“Number {number},” said Ada Okafor.", id=f"urn:{number}")], ledgers, REAL)
    return Archive(store)


def run(context: Any = None) -> None:
    maintain.handler(committed("maintain-schedule"), context or LambdaContext("maintain"))


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the store's clock be ahead: what it has looks older."""
    kind = type(stored().store)
    real = kind.list

    def listed(store: Store, prefix: str) -> Listing:
        found = real(store, prefix)
        return replace(found, now=found.now + seconds)

    monkeypatch.setattr(kind, "list", listed)


def test_small_segments_are_merged_and_nothing_young_is_deleted(
    scattered: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    before = scattered.search().total
    run()
    assert (scattered.stats().segments, scattered.search().total) == (2, before)
    assert (len(keys("segments/")), len(keys("history/"))) == (9 + 1, 8 + 1)
    assert [record.message for record in caplog.records] == ["merged", "compacted", "collected"]
    assert (caplog.records[1].merges, caplog.records[2].deleted) == (1, 0)


def test_old_files_that_no_generation_needs_are_deleted(scattered: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    later(monkeypatch, 8 * 86400)
    run()
    assert (len(keys("segments/")), keys("history/")) == (2, [])
    assert scattered.search().total == 9


def test_a_run_with_nothing_to_do_changes_nothing(scattered: Archive) -> None:
    run()
    generation, files = scattered.stats().generation, keys("")
    run()
    assert (scattered.stats().generation, keys("")) == (generation, files)


def test_a_bucket_is_tidied_up(aws: str) -> None:
    archive = nine_commits()
    run()
    assert (archive.stats().segments, archive.search().total) == (2, 9)


def test_an_empty_archive_is_no_error(served: None) -> None:
    run()
    assert keys("") == []


def test_a_damaged_segment_rings_and_nothing_is_deleted(
    scattered: Archive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The garbage may contain the data that can repair it."""
    later(monkeypatch, 8 * 86400)
    damaged, *_ = keys("segments/")
    write_over(damaged, b"rubbish")
    files = keys("")
    with pytest.raises(Damaged):
        run()
    assert keys("") == files
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("ERROR", "stopped: the archive is damaged")
    assert damaged.removeprefix("segments/") in record.integrity


def test_a_past_generation_that_is_damaged_rings_and_nothing_is_deleted(
    scattered: Archive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segments that it needs are unknown."""
    run()
    later(monkeypatch, 2 * 86400)
    write_over(keys("history/")[-1], b"rubbish")
    files = keys("")
    with pytest.raises(Damaged):
        run()
    assert keys("") == files
    assert hasattr(caplog.records[-1], "integrity")


@pytest.mark.parametrize("error", [Unavailable("503 SlowDown"), Conflict("manifest.json has changed")])
def test_a_store_that_is_in_trouble_fails_the_run_and_the_next_one_continues(
    scattered: Archive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: Any) -> str:
        raise error

    with monkeypatch.context() as patched:
        archive = settings.archive(settings.current().store)
        patched.setattr(archive, "_effects", replace(REAL, sleep=lambda _: None))
        patched.setattr(type(stored().store), "create", refuse)
        with pytest.raises((Unavailable, Conflict)):
            run()
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("WARNING", "stopped: the next run continues")
    assert not hasattr(record, "integrity")
    run()
    assert scattered.stats().segments == 2


def test_a_store_that_does_not_let_us_is_an_error_that_lambda_counts(
    served: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("403")

    monkeypatch.setattr(type(stored().store), "get", refuse)
    with pytest.raises(Refused):
        run()


def test_a_merge_that_there_is_no_time_for_is_not_begun(scattered: Archive) -> None:
    run(Ending(maintain.MERGE_SECONDS - 1))
    assert scattered.stats().segments == 9


def test_a_collection_ends_before_the_function_does_and_the_next_run_goes_on(
    scattered: Archive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    later(monkeypatch, 8 * 86400)
    left = len(keys(""))
    run(Ending(maintain.DELETE_SECONDS - 1))
    assert len(keys("")) == left
    assert caplog.records[-1].message == "collected in part: the next run continues"
    run()
    assert scattered.search().total == 9
    assert keys("history/") == []
