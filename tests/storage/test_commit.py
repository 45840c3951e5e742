"""Concurrent commits: lost races, lost responses, damaged files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec import structs

from quoth.errors import Conflict, Damaged, Gone, NotFound, Unavailable
from quoth.hashes import sha256
from quoth.storage import commit as commits
from quoth.storage import segments, snapshot
from quoth.storage.commit import CommitResult, LedgerCache, commit
from quoth.storage.files.page_cache import PageCache
from quoth.storage.files.page_table import PAGE
from quoth.storage.ledger import RECORD, Record
from quoth.storage.manifest import WithdrawnItem
from quoth.storage.segments import seal
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_draft, a_record, an_index
from tests.support.counting import CountingStore


def put(store: MemoryStore, name: str, *records: Record, effects: TestEffects | None = None) -> CommitResult:
    draft = a_draft(name, *records, data=b"index of " + name.encode())
    return commit(store, draft, LedgerCache(store), (effects or TestEffects()).effects())


class Interrupted(MemoryStore):
    """A store that runs a hook just before the next swap of the manifest."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], None]] = []

    def create(self, key: str, data: bytes) -> str:
        if key == snapshot.KEY and self.before:
            self.before.pop(0)()
        return super().create(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        if self.before:
            self.before.pop(0)()
        return super().replace(key, data, etag)


def test_the_first_commit_makes_the_first_generation() -> None:
    store = MemoryStore()
    assert snapshot.load(store).manifest.generation == 0
    assert put(store, "s1", a_record()).snapshot == snapshot.load(store)
    assert snapshot.load(store).manifest.generation == 1


def test_a_lost_race_is_run_again_on_what_the_winner_left() -> None:
    store, effects = Interrupted(), TestEffects()
    store.before = [lambda: put_quietly(store, "winner", a_record("a_2"))]
    committed = put(store, "s1", a_record("a_1"), effects=effects)
    assert [s.id for s in committed.snapshot.manifest.segments] == ["winner", "s1"]
    assert committed.snapshot.manifest.generation == 2
    assert effects.waits == [0.5 * commits.FIRST_WAIT]


def put_quietly(store: Interrupted, name: str, *records: Record) -> None:
    put(store, name, *records)


def test_two_writers_of_one_article_add_it_once() -> None:
    store = Interrupted()
    store.before = [lambda: put_quietly(store, "winner", a_record("a_1"))]
    committed = put(store, "s1", a_record("a_1"), a_record("a_2"))
    assert committed.verdicts == {"a_1": "unchanged", "a_2": "added"}
    assert committed.snapshot.manifest.quotes == 2


def test_a_writer_overtaken_in_everything_leaves_the_manifest_alone() -> None:
    store = Interrupted()
    store.before = [lambda: put_quietly(store, "winner", a_record("a_1"))]
    committed = put(store, "s1", a_record("a_1"))
    assert committed.verdicts == {"a_1": "unchanged"}
    assert committed.snapshot.manifest.generation == 1


@pytest.mark.parametrize(
    "lost", [Unavailable("no answer"), Conflict("412 for our own write, after the client's retry")]
)
def test_a_lost_answer_is_settled_by_reading(lost: Exception) -> None:
    class Deaf(MemoryStore):
        swaps = 0

        def create(self, key: str, data: bytes) -> str:
            etag = super().create(key, data)
            if key == snapshot.KEY:
                self.swaps += 1
                raise lost
            return etag

    store = Deaf()
    committed = put(store, "s1", a_record())
    assert (store.swaps, committed.snapshot.manifest.generation) == (1, 1)
    assert committed.verdicts == {"a_1": "added"}


def test_the_answer_to_writing_the_segment_may_be_lost_too() -> None:
    class Stutter(MemoryStore):
        def create(self, key: str, data: bytes) -> str:
            etag = super().create(key, data)
            if key.startswith("segments/"):
                raise Conflict("it exists already, says the client's second try")
            return etag

    assert put(Stutter(), "s1", a_record()).snapshot.manifest.generation == 1


def test_a_commit_that_always_loses_gives_up_and_says_so() -> None:
    class Unlucky(MemoryStore):
        def create(self, key: str, data: bytes) -> str:
            if key == snapshot.KEY:
                raise Conflict("somebody was first")
            return super().create(key, data)

    effects = TestEffects()
    with pytest.raises(Unavailable, match="lost the race"):
        put(Unlucky(), "s1", a_record(), effects=effects)
    assert len(effects.waits) == commits.ATTEMPTS
    assert max(effects.waits) <= commits.LONGEST_WAIT


def test_a_current_snapshot_is_not_read_again() -> None:
    store = MemoryStore()
    put(store, "s1", a_record())
    held = snapshot.load(store)
    assert snapshot.refresh(store, held) is held
    put(store, "s2", a_record("a_2"))
    assert snapshot.refresh(store, held).manifest.generation == 2


class TestSegmentFiles:
    def test_the_index_and_the_ledger_are_read_back(self) -> None:
        store = MemoryStore()
        (entry,) = put(store, "s1", a_record()).snapshot.manifest.segments
        (file,) = PageCache(store).open([entry])
        assert file.read(0, file.size) == b"index of s1"
        assert structs.replace(segments.read_ledger(store, entry).find("a_1")[1], ids=0) == a_record()

    def test_the_manifest_has_the_plain_sha256_of_a_segment(self) -> None:
        store = MemoryStore()
        (entry,) = put(store, "s1", a_record()).snapshot.manifest.segments
        assert (entry.sha256, entry.size) == (sha256(store.objects["segments/s1"]), len(store.objects["segments/s1"]))

    def test_a_damaged_ledger_stops_a_commit(self) -> None:
        store = MemoryStore()
        put(store, "s1", a_record())
        store.objects["segments/s1"] = store.objects["segments/s1"][:-1] + b"\x00"
        with pytest.raises(Damaged, match="ledger of segment s1"):
            put(store, "s2", a_record("a_2"))

    def test_after_a_lost_answer_the_file_is_not_read_whole(self) -> None:
        class Stutter(CountingStore):
            def create(self, key: str, data: bytes) -> str:
                super().create(key, data)
                raise Conflict("it exists already, says the client's second try")

        store = Stutter(MemoryStore())
        draft = a_draft("s1", a_record(), data=bytes(100 * PAGE))
        segments.write(store, draft.entry, draft.data)
        assert store.bytes == draft.entry.index_start

    def test_the_ledgers_of_all_segments_come_in_one_trip(self) -> None:
        store = MemoryStore()
        for number in range(5):
            put(store, f"s{number}", a_record(f"a_{number}"))
        counted, manifest = CountingStore(store), snapshot.load(store).manifest
        ledgers = LedgerCache(counted)
        assert all(ledgers.of(manifest)[f"s{n}"].find(f"a_{n}") for n in range(5))
        ledgers.of(manifest)
        assert (counted.trips, counted.bytes) == (1, 5 * RECORD)

    def test_a_ledger_that_is_gone_is_named(self) -> None:
        store = MemoryStore()
        put(store, "s1", a_record())
        store.delete("segments/s1")
        with pytest.raises(Gone, match="segment s1 is gone"):
            put(store, "s2", a_record("a_2"))

    def test_the_manifest_has_the_table_of_the_engine(self) -> None:
        store = MemoryStore()
        draft = a_draft("s1", a_record(), table={"docs": [0, 5]})
        commit(store, draft, LedgerCache(store), TestEffects().effects())
        (entry,) = snapshot.load(store).manifest.segments
        assert entry.table == {"docs": [0, 5]}

    def test_an_existing_name_with_other_bytes_is_damage(self) -> None:
        store = MemoryStore()
        store.create("segments/s1", b"something else")
        with pytest.raises(Damaged):
            put(store, "s1", a_record())
        with pytest.raises(NotFound):
            store.get(snapshot.KEY)


class TestWriting:
    def test_a_file_that_could_not_be_written_is_tried_again(self) -> None:
        class Hiccup(MemoryStore):
            left = 2

            def create(self, key: str, data: bytes) -> str:
                if key.startswith("segments/") and self.left:
                    self.left -= 1
                    raise Unavailable("503")
                return super().create(key, data)

        effects = TestEffects()
        assert put(Hiccup(), "s1", a_record(), effects=effects).verdicts == {"a_1": "added"}
        assert effects.waits == [0.5 * commits.FIRST_WAIT, commits.FIRST_WAIT]

    def test_a_failing_write_is_given_up_after_three_attempts(self) -> None:
        class Down(MemoryStore):
            def create(self, key: str, data: bytes) -> str:
                raise Unavailable("503")

        effects = TestEffects()
        with pytest.raises(Unavailable, match="503"):
            put(Down(), "s1", a_record(), effects=effects)
        assert len(effects.waits) == 2

    def test_a_crossed_write_that_took_place_nowhere_is_tried_again(self) -> None:
        """S3 may answer 409 to a conditional write without writing anything."""

        class Crossed(MemoryStore):
            is_first = True

            def create(self, key: str, data: bytes) -> str:
                if self.is_first:
                    self.is_first = False
                    raise Conflict("409")
                return super().create(key, data)

        store = Crossed()
        put(store, "s1", a_record())
        assert snapshot.load(store).manifest.quotes == 1

    def test_a_segment_that_may_have_been_collected_is_not_made_part_of_the_index(self) -> None:
        effects = TestEffects()

        class Stalled(MemoryStore):
            def create(self, key: str, data: bytes) -> str:
                effects.clock += commits.WRITER_LIFE + 1
                return super().create(key, data)

        store = Stalled()
        with pytest.raises(Unavailable, match="took longer than 900 seconds; try again"):
            put(store, "s1", a_record(), effects=effects)
        assert snapshot.load(store).manifest.generation == 0


class TestSealing:
    def test_an_index_with_other_quotes_than_its_records_is_refused(self) -> None:
        with pytest.raises(ValueError, match="does not match the quotes of its records"):
            seal("s1", an_index(b"", [a_record(quotes=1)]), [a_record(quotes=2)])

    def test_a_repeated_record_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has a record twice"):
            a_draft("s1", a_record(version=1), a_record(version=2))

    def test_counts_and_sums_of_ids_are_kept(self) -> None:
        draft = a_draft("s1", a_record("a_1", quotes=2), a_record("a_2", quotes=0), a_record("a_3"))
        assert (draft.entry.quotes, draft.entry.quoted, draft.entry.records) == (3, 2, 3)
        assert draft.entry.ids == sum(record.ids for record in draft.records) % 2**64 != 0


class TestWithdrawing:
    """Of a version whose successor is there the index has nothing to retire, but past generations may have it."""

    def test_it_is_listed_once(self) -> None:
        store, effects = MemoryStore(), TestEffects().effects()
        put(store, "s1", a_record("a_1", version=2))
        manifest = commits.withdraw(store, [("a_1", 1)], effects).manifest
        assert (manifest.generation, manifest.withdrawn) == (2, (WithdrawnItem("a_1", 1, 2),))
        assert manifest.segments == snapshot.load(store).manifest.segments
        assert commits.withdraw(store, [("a_1", 1)], effects).manifest == manifest

    def test_it_is_listed_once_though_the_answer_is_lost(self) -> None:
        class Lossy(Interrupted):
            def replace(self, key: str, data: bytes, etag: str) -> str:
                super().replace(key, data, etag)
                raise Unavailable("the answer was lost")

        store = Lossy()
        put(store, "s1", a_record("a_1", version=2))
        manifest = commits.withdraw(store, [("a_1", 1)], TestEffects().effects()).manifest
        assert (manifest.generation, manifest.withdrawn) == (2, (WithdrawnItem("a_1", 1, 2),))

    def test_it_is_listed_by_a_commit_that_adds_nothing_else(self) -> None:
        store, late = MemoryStore(), a_record("a_1", withdrawn=True, quotes=0)
        put(store, "s1", a_record("a_1", version=2))
        committed = put(store, "s2", late)
        assert committed.verdicts == {"a_1": "superseded"}
        assert committed.snapshot.manifest.withdrawn == (WithdrawnItem("a_1", 1, 2),)
        assert [segment.id for segment in committed.snapshot.manifest.segments] == ["s1"]
