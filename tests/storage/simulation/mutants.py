"""Protocols that are broken on purpose, each by replacing one function or one number of the real code.

The simulation must detect each of them, or it would prove nothing. The real code passes the same seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock

import msgspec
from msgspec.structs import replace

from quoth.effects import Effects
from quoth.errors import Conflict, NotFound
from quoth.exports import job as jobs
from quoth.exports import work as worker
from quoth.exports.job import ExportJob
from quoth.storage import commit, history, snapshot, transitions
from quoth.storage import manifest as manifests
from quoth.storage.commit import WRITER_LIFE, CommitResult, LedgerCache
from quoth.storage.ledger import Ledger
from quoth.storage.maintenance import garbage
from quoth.storage.maintenance.garbage import COLLECTOR_LIFE, CollectionReport
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.segments import Draft, MergePart, SegmentIndex
from quoth.storage.snapshot import Snapshot
from quoth.storage.stores.protocol import Blob, Listing, Store
from quoth.storage.transitions import Rewrite
from tests.storage.simulation import actors, content
from tests.storage.simulation.content import NewsIndex
from tests.storage.simulation.store import SimulatedStore


class Beside:
    """A wrapper of a store. A subclass overrides some methods; all others are passed through."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken protocol, and seeds whose schedules are known to detect it."""

    name: str
    broken: Callable[[], AbstractContextManager[object]]
    seeds: tuple[int, ...]

    def __str__(self) -> str:
        return self.name


def unconditional_put() -> AbstractContextManager[object]:
    """The manifest is overwritten unconditionally."""

    def swap(store: SimulatedStore, held: Snapshot, manifest: Manifest) -> Snapshot:
        return Snapshot(manifest, store.put(snapshot.KEY, manifests.to_bytes(manifest)))

    return mock.patch.object(snapshot, "swap", swap)


@contextmanager
def no_ledger() -> Iterator[None]:
    """No writer checks whether a record exists already."""
    with (
        mock.patch.object(transitions, "locate_records", _nothing),
        mock.patch.object(actors, "locate_records", _nothing),
    ):
        yield


def _nothing(manifest: Manifest, ledgers: object, keys: object) -> dict[str, manifests.RecordLocation]:
    return {}


def no_grace() -> AbstractContextManager[object]:
    """The collector deletes garbage without a grace period."""
    return mock.patch.object(actors, "GRACE", 0.0)


def short_grace() -> AbstractContextManager[object]:
    """The grace period is a writer's life plus half a collector's."""
    return mock.patch.object(actors, "GRACE", WRITER_LIFE + COLLECTOR_LIFE / 2)


@contextmanager
def ledger_outside_the_swap() -> Iterator[None]:
    """A segment's ledger takes effect only with a separate write after the swap."""
    folder = "ledgers/"

    class Late(LedgerCache):
        def of(self, manifest: Manifest) -> Mapping[str, Ledger]:
            written = {entry.key.removeprefix(folder) for entry in self._store.list(folder).entries}
            return {
                name: ledger if name in written or name.startswith("compactor") else Ledger(b"")
                for name, ledger in super().of(manifest).items()
            }

    def commit_then_tell(store: Store, draft: Draft, ledgers: LedgerCache, effects: Effects) -> CommitResult:
        committed = commit.commit(store, draft, ledgers, effects)
        with suppress(Conflict):
            store.create(folder + draft.entry.id, b"")
        return committed

    with mock.patch.object(actors, "LedgerCache", Late), mock.patch.object(actors, "commit", commit_then_tell):
        yield


def manifest_first() -> AbstractContextManager[object]:
    """The collector reads the manifest before it lists the segments, so it misses segments published in between."""

    class Early(Beside):
        def __init__(self, store: Store) -> None:
            super().__init__(store)
            self._manifest = None
            with suppress(NotFound):
                self._manifest = store.get(snapshot.KEY)

        def get(self, key: str) -> Blob:
            if key != snapshot.KEY:
                return self._store.get(key)
            if self._manifest is None:
                raise NotFound(key)
            return self._manifest

    def collect(store: Store, effects: Effects, *, grace: float) -> CollectionReport:
        return garbage.collect(Early(store), effects, grace=grace)

    return mock.patch.object(actors, "collect", collect)


def withdrawals_ignored() -> AbstractContextManager[object]:
    """A merge replaces its input segments, ignores the records retired in them meanwhile, and keeps no counts."""

    def rewrite(
        manifest: Manifest, done: Rewrite, segment: SegmentEntry | None, records: object, nonce: str
    ) -> Manifest | None:
        others = [s for s in manifest.segments if s.id not in done.inputs]
        if len(others) + len(done.inputs) > len(manifest.segments):
            return None
        kept = (*others, *([segment] if segment else []))
        return replace(manifest, generation=manifest.generation + 1, nonce=nonce, segments=kept)

    return mock.patch.object(transitions, "rewrite", rewrite)


def no_deadline() -> AbstractContextManager[object]:
    """A commit continues however old its segment is."""
    return mock.patch.object(commit, "WRITER_LIFE", math.inf)


def own_clock() -> AbstractContextManager[object]:
    """The collector computes ages by its own clock instead of the store's."""

    class Mistaken(Beside):
        def __init__(self, store: Store, now: Callable[[], float]) -> None:
            super().__init__(store)
            self._now = now

        def list(self, prefix: str) -> Listing:
            return replace(self._store.list(prefix), now=self._now())

    def collect(store: Store, effects: Effects, *, grace: float) -> CollectionReport:
        return garbage.collect(Mistaken(store, effects.clock), effects, grace=grace)

    return mock.patch.object(actors, "collect", collect)


def no_tombstones() -> AbstractContextManager[object]:
    """A merge remembers nothing of the quotes that it drops."""
    merge = content.merge

    def forget(parts: Sequence[MergePart]) -> NewsIndex:
        return merge([part._replace(retired={}) for part in parts])

    return mock.patch.object(content, "merge", forget)


def dead_segments_dropped() -> AbstractContextManager[object]:
    """A segment leaves the manifest with its last quote, before a merge has made tombstones of its quotes."""
    return mock.patch.object(transitions, "_is_forgotten", lambda segment: len(segment.retired) == segment.records)


def rollback_restores_all() -> AbstractContextManager[object]:
    """A rollback brings withdrawn quotes back unasked."""

    def rollback(store: Store, generation: int, effects: Effects, empty: SegmentIndex, **_: bool) -> Snapshot:
        return real(store, generation, effects, empty, restore_withdrawn=True)

    real = actors.rollback
    return mock.patch.object(actors, "rollback", rollback)


def past_as_published() -> AbstractContextManager[object]:
    """A past generation is shown with what was withdrawn since."""
    return mock.patch.object(transitions, "without_withdrawn", lambda older, newest, ledgers: older)


@contextmanager
def withdrawals_unseen() -> Iterator[None]:
    """Nobody looks whether something in an export was withdrawn since it was chosen."""
    with (
        mock.patch.object(jobs, "is_withdrawn", return_value=False),
        mock.patch.object(worker, "_is_touched", return_value=False),
    ):
        yield


def export_overwritten() -> AbstractContextManager[object]:
    """The state of an export is overwritten unconditionally."""

    def write(store: SimulatedStore, job_id: str, job: ExportJob, tag: str | None) -> str:
        return store.put(jobs.key_of(job_id), msgspec.json.encode(job))

    return mock.patch.object(jobs, "_write", write)


def tags_ignored() -> AbstractContextManager[object]:
    """The collector does not know the tags."""

    class Untagged(Beside):
        def list(self, prefix: str) -> Listing:
            listing: Listing = self._store.list(prefix)
            return replace(listing, entries=()) if prefix == history.TAGS else listing

    def collect(store: Store, effects: Effects, *, grace: float) -> CollectionReport:
        return garbage.collect(Untagged(store), effects, grace=grace)

    return mock.patch.object(actors, "collect", collect)


def tag_finished_at_once() -> AbstractContextManager[object]:
    """A tag is a promise before its second look."""
    return mock.patch.object(history, "unfinished", lambda manifest, nonce: manifests.to_bytes(manifest))


MUTANTS = {
    mutant.name: mutant
    for mutant in (
        Mutant("unconditional PUT", unconditional_put, (3, 8, 9)),
        Mutant("no ledger", no_ledger, (0, 1, 2)),
        Mutant("no grace", no_grace, (19, 83, 170)),
        Mutant("grace shorter than writer plus collector", short_grace, (284, 606, 1006)),
        Mutant("ledger written outside the swap", ledger_outside_the_swap, (11, 34, 91)),
        Mutant("collection that reads the manifest first", manifest_first, (92, 263, 536)),
        Mutant("compaction that ignores new withdrawals", withdrawals_ignored, (193, 229, 253)),
        Mutant("commit that never gives up", no_deadline, (125, 1790, 1859)),
        Mutant("age by the collector's own clock", own_clock, (119, 215, 256)),
        Mutant("merge without tombstones", no_tombstones, (8, 12, 20)),
        Mutant("segments dropped with their last quote", dead_segments_dropped, (8, 12, 23)),
        Mutant("rollback that restores what was withdrawn", rollback_restores_all, (209, 251, 368)),
        Mutant("past generations as they were published", past_as_published, (12, 44, 52)),
        Mutant("export that sees no withdrawal", withdrawals_unseen, (298, 664, 912)),
        Mutant("export whose state is overwritten", export_overwritten, (8342,)),
        Mutant("collection that ignores tags", tags_ignored, (8, 20, 28)),
        Mutant("tag that is finished before its second look", tag_finished_at_once, (940,)),
    )
}
