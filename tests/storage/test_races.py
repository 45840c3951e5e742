"""Many concurrent writers with the real commit: each generation has one writer, and no record is lost or duplicated."""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from quoth.archive import REAL as WORLD
from quoth.errors import Unavailable
from quoth.storage import segments, snapshot
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.stores.directory import DirectoryStore
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Store
from tests.support.builders import a_draft, a_record

# Import no AWS client here: each process that a test starts imports this module and does not need one.
FEW = (4, 6)
TWO = (2, 6)  # processes, since each of them loads the library
MANY = (8, 25)
PATIENCE = 20


def write(store: Store, keys: Sequence[str]) -> list[int]:
    """Commit records one by one, and return the generations of these commits.

    Like the queue, retry with the same segment after too many lost races for the manifest. A record that never gets in
    means a missing generation.
    """
    ledgers, generations = LedgerCache(store), []
    for key in keys:
        draft = a_draft(uuid.uuid4().hex, a_record(key), data=f"index of {key}".encode())
        for _ in range(PATIENCE):
            with suppress(Unavailable):
                generations.append(commit(store, draft, ledgers, WORLD).snapshot.manifest.generation)
                break
    return generations


def keys_of(writers: int, commits: int) -> list[list[str]]:
    return [[f"a_{writer}_{number}" for number in range(commits)] for writer in range(writers)]


def race(stores: Sequence[Store], commits: int) -> list[list[int]]:
    """Run one writing thread per store; all stores have the same address."""
    start = threading.Barrier(len(stores))

    def run(store: Store, keys: Sequence[str]) -> list[int]:
        start.wait()
        return write(store, keys)

    with ThreadPoolExecutor(len(stores)) as threads:
        return list(threads.map(run, stores, keys_of(len(stores), commits)))


def check(store: Store, made: Sequence[Sequence[int]], writers: int, commits: int) -> None:
    """Assert that one commit made each generation, and that its record is there once."""
    assert sorted(chain.from_iterable(made)) == list(range(1, writers * commits + 1))
    manifest = snapshot.load(store).manifest
    assert (manifest.generation, manifest.quotes) == (writers * commits, writers * commits)
    ledgers = [segments.read_ledger(store, segment) for segment in manifest.segments]
    keys = list(chain.from_iterable(keys_of(writers, commits)))
    assert sum(map(len, ledgers)) == len(keys)
    assert [sum(ledger.find(key) is not None for ledger in ledgers) for key in keys] == [1] * len(keys)
    held = {f"segments/{segment.id}" for segment in manifest.segments}
    assert {entry.key for entry in store.list("segments/").entries} == held


class TestWriters:
    @pytest.mark.parametrize(("writers", "commits"), [FEW, pytest.param(*MANY, marks=pytest.mark.prove)])
    def test_in_memory(self, writers: int, commits: int) -> None:
        store = MemoryStore()
        check(store, race([store] * writers, commits), writers, commits)

    @pytest.mark.parametrize(("writers", "commits"), [FEW, pytest.param(*MANY, marks=pytest.mark.prove)])
    def test_in_a_directory(self, writers: int, commits: int, tmp_path: Path) -> None:
        made = race([DirectoryStore(tmp_path) for _ in range(writers)], commits)
        check(DirectoryStore(tmp_path), made, writers, commits)

    @pytest.mark.prove
    @pytest.mark.parametrize(("writers", "commits"), [TWO, MANY])
    def test_in_a_directory_from_processes_of_their_own(self, writers: int, commits: int, tmp_path: Path) -> None:
        spawn = multiprocessing.get_context("spawn")
        everybody = spawn.Barrier(writers)  # no thread writes before all have started
        with ProcessPoolExecutor(writers, spawn, initializer=everybody.wait) as processes:
            made = list(processes.map(write, [DirectoryStore(tmp_path)] * writers, keys_of(writers, commits)))
        check(DirectoryStore(tmp_path), made, writers, commits)


@pytest.mark.prove
@pytest.mark.parametrize("server", ["moto_server", "real_s3"])
class TestWritersOfABucket:
    def test_over_sockets(self, server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        from quoth.storage.stores.s3 import S3Store
        from tests.conftest import BUCKET, renew_session

        for name, value in request.getfixturevalue(server).items():
            monkeypatch.setenv(name, value)
        renew_session(monkeypatch)
        writers, commits = MANY
        # Created one after another: a boto3 session is not thread-safe.
        prefix = f"races/{uuid.uuid4()}"
        stores = [S3Store(BUCKET, prefix) for _ in range(writers)]
        check(stores[0], race(stores, commits), writers, commits)
