"""The library under random sequences of operations, compared with a model of a few lines."""

from __future__ import annotations

from typing import NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from quoth.archive import Archive
from quoth.errors import NotFound
from quoth.ingest.identity import record_of
from quoth.quote import GivenQuote
from quoth.storage.history import HOUR
from quoth.storage.maintenance import compaction
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given
from tests.support.effort import examples

ids = st.sampled_from(["a", "b", "c"])
versions = st.integers(1, 3)


class Standing(NamedTuple):
    """The current state of an id: its highest version, and whether it is withdrawn."""

    version: int
    is_withdrawn: bool
    text: str


class Withdrawn(NamedTuple):
    """A withdrawal that took effect: its version, and the first generation with it."""

    version: int
    since: int


class Users(RuleBasedStateMachine):
    """Two users with an archive each on one store, and a clock that advances."""

    @initialize()
    def open(self) -> None:
        self.now = 1e9
        self.store = MemoryStore(clock=lambda: self.now)
        effects = TestEffects().effects()
        self.archives = [Archive(self.store, effects), Archive(self.store, effects)]
        self.model: dict[str, Standing] = {}
        self.withdrawn: dict[str, Withdrawn] = {}
        self.past: dict[int, tuple[dict[str, Standing], dict[str, Withdrawn]]] = {}
        self.when: dict[int, float] = {}
        self.few = patch.object(compaction, "FANOUT", 3)  # merge segments often
        self.few.start()

    def teardown(self) -> None:
        self.few.stop()

    @rule(who=st.integers(0, 1), given=st.lists(st.tuples(ids, versions, st.booleans()), min_size=1, max_size=4))
    def add(self, who: int, given: list[tuple[str, int, bool]]) -> None:
        """Some items are repeated, some out of order, some have another text under the same version."""
        items = [self.item(*one) for one in given]
        report = self.archives[who].add(items)
        for (name, version, _), item in zip(given, items, strict=True):
            standing = self.model.get(name)
            if standing is None or version > standing.version:
                self.model[name] = Standing(version, False, item.text)
        assert {o.verdict for o in report.outcomes} <= {"added", "replaced", "unchanged", "superseded", "clash"}
        self.remember()

    def item(self, name: str, version: int, is_other: bool) -> GivenQuote:
        return a_given(f"Said {name} in {version}{' otherwise' * is_other}.", id=name, version=version)

    @rule(who=st.integers(0, 1), name=ids, version=st.none() | versions)
    def withdraw(self, who: int, name: str, version: int | None) -> None:
        archive, standing = self.archives[who], self.model.get(name)
        key = self.key(name)
        if standing is None and version is None:
            try:
                archive.withdraw(key)
            except NotFound:
                return
            raise AssertionError("something was taken back that never came")
        generation = archive.edition().generation
        archive.withdraw(key, version)
        version = version or (standing.version if standing else 1)
        if standing is None or (version, True) > (standing.version, standing.is_withdrawn):
            self.model[name] = Standing(version, True, "")
        # A version that a higher one has replaced is listed as well, since past generations may have it.
        if name not in self.withdrawn or self.withdrawn[name].version < version:
            self.withdrawn[name] = Withdrawn(version, generation + 1)
        self.remember()

    def key(self, name: str) -> str:
        return record_of(self.item(name, 1, False)).key

    @rule(who=st.integers(0, 1))
    def compact(self, who: int) -> None:
        self.archives[who].compact()
        self.remember()

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(who=st.integers(0, 1))
    def collect(self, who: int) -> None:
        self.archives[who].collect()

    @precondition(lambda self: self.past)
    @rule(who=st.integers(0, 1), data=st.data(), restores=st.booleans())
    def rollback(self, who: int, data: st.DataObject, restores: bool) -> None:
        generation = data.draw(st.sampled_from(sorted(self.past)))
        try:
            self.archives[who].rollback(generation, restore_withdrawn=restores)
        except NotFound:  # the newest generation has no copy, and old copies are deleted
            return
        later = {} if restores else self.withdrawn_after(generation)
        self.model = {**self.past[generation][0], **self.over(generation, later)}
        self.withdrawn = {**self.past[generation][1], **later}
        self.remember()

    def withdrawn_after(self, generation: int) -> dict[str, Withdrawn]:
        return {name: one for name, one in self.withdrawn.items() if one.since > generation}

    def over(self, generation: int, later: dict[str, Withdrawn]) -> dict[str, Standing]:
        """Return what withdrawals make of the items of a past generation."""
        then = self.past[generation][0]
        return {
            name: Standing(version, True, "")
            for name, (version, _) in later.items()
            if name not in then or then[name].version <= version
        }

    @precondition(lambda self: self.past)
    @rule(who=st.integers(0, 1), data=st.data())
    def look_back(self, who: int, data: st.DataObject) -> None:
        generation = data.draw(st.sampled_from(sorted(self.past)))
        age = self.now - self.when[generation]
        try:
            found = texts(self.archives[who].at(generation))
        except NotFound:
            assert age >= HOUR
            return
        then = {**self.past[generation][0], **self.over(generation, self.withdrawn_after(generation))}
        assert found == expected(then)

    @rule(who=st.integers(0, 1))
    def restart(self, who: int) -> None:
        self.archives[who] = Archive(self.store, self.archives[who]._effects)

    def remember(self) -> None:
        """Record the quotes of every generation so far; a merge in passing does not change them."""
        newest = self.archives[0].stats().generation
        for generation in range(max(self.past, default=0) + 1, newest + 1):
            self.past[generation] = dict(self.model), dict(self.withdrawn)
            self.when[generation] = self.now

    @invariant()
    def everybody_finds_what_stands(self) -> None:
        if hasattr(self, "model"):
            for archive in self.archives:
                assert texts(archive) == expected(self.model)
                assert archive.stats().quotes == len(expected(self.model))


def texts(archive: Archive) -> list[str]:
    return sorted(hit.quote.text for hit in archive.search(limit=50).hits)


def expected(model: dict[str, Standing]) -> list[str]:
    return sorted(standing.text for standing in model.values() if not standing.is_withdrawn)


TestUsers = Users.TestCase
TestUsers.pytestmark = [pytest.mark.sampled]
TestUsers.settings = settings(max_examples=examples(60), stateful_step_count=25, deadline=None)
