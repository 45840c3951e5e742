"""A lost or damaged manifest is restored above every generation that a reader has served, under every fault."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext as does_not_raise

import pytest
from msgspec.structs import replace

from quoth.archive import Archive
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.errors import Conflict, Damaged, Gone, NotFound, QuothError, Unavailable
from quoth.scrub import scrub
from quoth.storage import history, manifest, segments, snapshot
from quoth.storage.maintenance.restore import restore
from quoth.storage.manifest import Manifest
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob, Listing
from tests.support.builders import TestEffects, a_given

KEY, ALL = snapshot.KEY, Request(limit=100)

Break = Callable[[MemoryStore], object]


def lose(store: MemoryStore) -> None:
    del store.objects[KEY]


def damage(store: MemoryStore) -> None:
    store.objects[KEY] = store.objects[KEY][:-20]


BROKEN = pytest.mark.parametrize("break_it", [lose, damage])


class AnArchive:
    """An archive in memory of four generations, with one quote more in each, and the manifest of each of them."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.archive = Archive(self.store, TestEffects().effects())
        self.saved: list[Manifest] = []
        for number in range(4):
            self.add(number)

    def add(self, number: int) -> None:
        self.archive.add(a_given(f"The dam at mile {number} will hold.", id=str(number)))
        self.saved.append(snapshot.load(self.store).manifest)

    def restore(self, saved: Manifest, above: int = 0) -> Manifest:
        return restore(self.store, saved, TestEffects().effects(), above=above).manifest

    def put_back(self, saved: Manifest) -> None:
        """Write old bytes over the manifest, as an operator without the command would."""
        self.store.objects[KEY] = manifest.to_bytes(saved)


class TestTheRestoredGeneration:
    @BROKEN
    @pytest.mark.parametrize("number", range(4))
    def test_is_above_every_one_that_was_served_whichever_is_saved(self, break_it: Break, number: int) -> None:
        it = AnArchive()
        break_it(it.store)
        restored = it.restore(it.saved[number])
        assert (restored.generation, restored.segments) == (5, it.saved[number].segments)
        assert not {restored.nonce} & {saved.nonce for saved in it.saved}
        assert scrub(it.store).findings == ()

    @BROKEN
    @pytest.mark.parametrize("number", range(4))
    def test_is_read_at_once_by_a_warm_a_cold_and_an_offline_reader(self, break_it: Break, number: int) -> None:
        it = AnArchive()
        warm, offline = Searcher(it.store), Searcher(it.store)
        assert (warm.search(ALL).total, offline.search(ALL).total) == (4, 4)
        break_it(it.store)
        for reader in (warm, Searcher(it.store)):
            with pytest.raises(Damaged):
                reader.search(ALL)
        it.restore(it.saved[number])
        assert {(page.generation, page.total) for page in (warm.search(ALL), Searcher(it.store).search(ALL))} == {
            (5, number + 1)
        }
        it.add(9)
        assert {(r.search(ALL).generation, r.search(ALL).total) for r in (warm, offline)} == {(6, number + 2)}

    @BROKEN
    def test_takes_commits_rollbacks_and_damage_like_any_other(self, break_it: Break) -> None:
        it = AnArchive()
        for expected in (5, 8):
            break_it(it.store)
            assert it.restore(it.saved[-1]).generation == expected
            it.add(expected)
            assert it.archive.rollback(expected) == expected + 2
        assert scrub(it.store).findings == ()

    def test_is_above_the_number_that_a_reader_names_when_the_history_is_lost_too(self) -> None:
        """A whole directory from a backup: only its readers know what they have served."""
        it = AnArchive()
        warm = Searcher(it.store)
        warm.search(ALL)
        for key in [key for key in it.store.objects if key.startswith(history.PREFIX)]:
            del it.store.objects[key]
        it.put_back(it.saved[1])
        with pytest.raises(Damaged, match="went back from generation 4 to 2; `quoth restore FILE --above 4` lets its"):
            warm.search(ALL)
        assert it.restore(it.saved[1], above=4).generation == 5
        assert (warm.search(ALL).generation, warm.search(ALL).total) == (5, 2)
        assert history.find_generation(it.store, 2) == it.saved[1], "a readable generation is kept"


class TestAReader:
    def test_of_an_old_manifest_put_back_by_hand_never_takes_another_generation_for_its_own(self) -> None:
        """The commits reach the number that was served, with other contents."""
        it = AnArchive()
        warm = Searcher(it.store)
        warm.search(ALL)
        it.put_back(it.saved[2])
        it.add(9)
        assert snapshot.load(it.store).manifest.generation == 4
        with pytest.raises(Damaged, match="went back from generation 4 to another generation 4; `quoth restore"):
            warm.search(ALL)
        assert it.restore(it.saved[-1], above=4).generation > 4
        assert warm.search(ALL).total == 4

    def test_takes_the_same_generation_under_another_etag(self) -> None:
        it = AnArchive()
        last = replace(snapshot.load(it.store), etag="that of another encryption")
        assert snapshot.refresh(it.store, last).manifest == last.manifest


class TestItIsRefused:
    @pytest.mark.parametrize("number", range(3))
    def test_over_a_readable_manifest_which_may_have_later_commits(self, number: int) -> None:
        it = AnArchive()
        before = dict(it.store.objects)
        with pytest.raises(Conflict, match="is readable, as generation 4, and would lose its later commits"):
            it.restore(it.saved[number])
        assert it.store.objects == before

    @BROKEN
    def test_if_a_segment_is_gone(self, break_it: Break) -> None:
        it = AnArchive()
        break_it(it.store)
        (lost, *_) = it.saved[-1].segments
        del it.store.objects[segments.key(lost)]
        before = dict(it.store.objects)
        with pytest.raises(Gone, match=f"segment {lost.id} of generation 4 is gone"):
            it.restore(it.saved[-1])
        assert it.store.objects == before


class Interruptible(MemoryStore):
    """A store that calls `before` and `after` around each call, with the number of the call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.before: Callable[[int], object] = bool
        self.after: Callable[[int], object] = bool

    def _around(self, effect: Callable[[], object]) -> object:
        self.calls += 1
        number = self.calls
        self.before(number)
        try:
            return effect()
        finally:
            self.after(number)

    def get(self, key: str) -> Blob:
        return self._around(lambda: super(Interruptible, self).get(key))  # type: ignore[return-value]

    def list(self, prefix: str) -> Listing:
        return self._around(lambda: super(Interruptible, self).list(prefix))  # type: ignore[return-value]

    def create(self, key: str, data: bytes) -> str:
        return self._around(lambda: super(Interruptible, self).create(key, data))  # type: ignore[return-value]

    def replace(self, key: str, data: bytes, etag: str) -> str:
        return self._around(lambda: super(Interruptible, self).replace(key, data, etag))  # type: ignore[return-value]


def an_attempt(break_it: Break) -> tuple[Interruptible, AnArchive]:
    store = Interruptible()
    it = AnArchive(store)
    break_it(store)
    store.calls = 0
    return store, it


def once(number: int, act: Callable[[], object]) -> Callable[[int], object]:
    """Return a hook that acts at one call only; the calls of the action itself are not counted."""
    has_acted = False

    def hook(call: int) -> None:
        nonlocal has_acted
        if call == number and not has_acted:
            has_acted = True
            act()

    return hook


CALLS = 4  # manifest, segments, history, swap


@BROKEN
def test_a_restore_takes_four_calls(break_it: Break) -> None:
    """The tests below count on it."""
    store, it = an_attempt(break_it)
    it.restore(it.saved[-1])
    assert store.calls == CALLS


@pytest.mark.prove
@BROKEN
@pytest.mark.parametrize("number", range(1, CALLS + 1))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_of_two_operators_at_once_one_restores_and_no_commit_is_lost(break_it: Break, number: int, moment: str) -> None:
    """The second runs, and a writer commits on top of it, before or after each call of the first."""
    store, it = an_attempt(break_it)

    def other_operator() -> None:
        with pytest.raises(Conflict) if has_swapped() else does_not_raise():
            restore(store, it.saved[2], TestEffects(names=itertools.count(100)).effects())
        it.add(9)

    def has_swapped() -> bool:
        try:
            snapshot.load(store)
        except QuothError:
            return False
        return True

    setattr(store, moment, once(number, other_operator))
    try:
        it.restore(it.saved[-1])
    except Conflict:
        assert Searcher(store).search(ALL).total == 4
    else:
        assert Searcher(store).search(ALL).total == 5
    assert snapshot.load(store).manifest.generation == 6
    assert scrub(store).findings == ()


@BROKEN
@pytest.mark.parametrize("number", range(1, CALLS + 1))
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Unavailable, Conflict])
def test_a_call_that_fails_or_whose_response_is_lost_leaves_one_restored_generation(
    break_it: Break, number: int, moment: str, error: type[QuothError]
) -> None:
    """After an error the operator runs the command again."""
    store, it = an_attempt(break_it)

    def fail() -> None:
        raise error("as arranged")

    setattr(store, moment, once(number, fail))
    if number == CALLS:  # only a write is repeated by the command itself
        assert it.restore(it.saved[-1]).generation == 5
    else:
        with pytest.raises(error, match="as arranged"):
            it.restore(it.saved[-1])
        assert it.restore(it.saved[-1]).generation == 5
    assert snapshot.load(store).manifest.segments == it.saved[-1].segments
    assert scrub(store).findings == ()


@BROKEN
def test_a_store_that_never_answers_a_write_is_given_up(break_it: Break) -> None:
    store, it = an_attempt(break_it)

    def fail(call: int) -> None:
        if call % CALLS == 0:
            raise Unavailable("as arranged")

    store.before = fail
    with pytest.raises(Unavailable, match=r"10 attempts in a row to replace manifest\.json failed"):
        it.restore(it.saved[-1])


@BROKEN
def test_a_writer_that_read_the_manifest_before_it_broke_commits_nothing_over_the_restored_one(break_it: Break) -> None:
    """Its ETag never occurs again, since the restored generation has a nonce of its own."""
    it = AnArchive()
    before = snapshot.load(it.store)
    break_it(it.store)
    it.restore(it.saved[-1])
    with pytest.raises((Conflict, NotFound)):
        snapshot.swap(it.store, before, replace(before.manifest, generation=5, nonce="late"))


@BROKEN
def test_a_collector_deletes_nothing_until_then(break_it: Break) -> None:
    it = AnArchive()
    break_it(it.store)
    before = set(it.store.objects)
    with pytest.raises(Damaged):
        it.archive.collect(days=0)
    assert set(it.store.objects) == before
    it.restore(it.saved[-1])
    it.archive.collect(days=0)
    assert Searcher(it.store).search(ALL).total == 4
