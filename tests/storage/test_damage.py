"""Two thousand damaged archives: every answer is right or an error, and scrub finds the damage.

Each damage is drawn from a seed. The archive is like one in use: it has a merged segment with retired records, later
segments, and a history with segments of its own. Three searchers query it: one with empty caches, one that has read
parts before, and one whose cache folder is damaged instead of the store.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from quoth.archive import Archive
from quoth.engine import searcher, segment
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.errors import Damaged, NotFound
from quoth.quote import GivenQuote
from quoth.scrub import scrub
from quoth.storage import history, manifest, segments, snapshot
from quoth.storage.files.disk_cache import DiskCache
from quoth.storage.maintenance import rollback
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Store
from tests.support.builders import TestEffects, a_given, an_article, day
from tests.support.counting import CountingStore

DAMAGES, A_CHUNK = 2_000, 100
# At this distance the largest segment is read in parts, and small ones are read whole.
FAR = 20_000

SPEAKERS = ("Ada Okafor", "Bo Lind", "Grace Mbeki", "Ngozi Adeyemi", "Tom Weir")
WORDS = """
    the dam will hold we have measured it and water is rising land bridge council never always money vote winter
    people river engineers said that nobody asked us what would happen if levees fail tomorrow morning
""".split()


def some_quotes(count: int, seed: int) -> list[GivenQuote]:
    chance = random.Random(seed)  # noqa: S311 - the same every time
    return [
        a_given(
            " ".join(chance.choices(WORDS, k=chance.randrange(8, 30))) + f" number{seed}x{number}.",
            chance.choice(SPEAKERS),
            id=f"{seed}-{number}",
            published=day(chance.randrange(2015, 2026)) if chance.random() < 0.9 else None,
            publisher=chance.choice(["The Daily", "The Paper", None]),
        )
        for number in range(count)
    ]


@cache
def lived_in() -> Mapping[str, bytes]:
    """The objects of an archive in use: generation 12 has four segments, the first one merged from eight."""
    store = MemoryStore()
    archive = Archive(store, TestEffects().effects())
    article = an_article("“The dam will hold,” said Ada Okafor. “Nobody asked us,” she added.", id="a dam")
    for batch in range(8):
        archive.add([*some_quotes(30, batch), article])  # the eighth triggers the merge
    archive.add([an_article("“The dam held,” said Ada Okafor.", id="a dam", version=2), *some_quotes(20, 8)])
    archive.add(some_quotes(20, 9))
    archive.withdraw(archive.search(speaker="Bo Lind").hits[0].quote.id)
    found = snapshot.load(store).manifest
    assert (found.generation, len(found.segments), len(found.segments[0].retired)) == (12, 4, 2)
    return dict(store.objects)


# -------------------------------------------------------------------------------------------------------- queries

Answer = Any
Ask = Callable[[Searcher], Answer]


@cache
def questions() -> Mapping[str, Ask]:
    """The queries; an unknown id has an answer like any other."""
    present = a_searcher(sound()).search(Request()).hits[3].quote.id

    def got(searcher: Searcher, quote_id: str) -> Answer:
        try:
            return searcher.get(quote_id)
        except NotFound as error:
            if "no quote has the id" not in str(error):  # a generation that is not in the history
                raise
            return "not found"

    return {
        "a word": lambda searcher: searcher.search(Request("dam")),
        "two words": lambda searcher: searcher.search(Request("river engineers", limit=40)),
        "a rare word": lambda searcher: searcher.search(Request("number3x20")),
        "no word that is there": lambda searcher: searcher.search(Request("absent")),
        "a phrase": lambda searcher: searcher.search(Request('"the dam"')),
        "a speaker": lambda searcher: searcher.search(Request("water", speaker="Ada Okafor")),
        "dates": lambda searcher: searcher.search(Request("vote", from_="2018-01-01", to="2020-12-31")),
        "the newest": lambda searcher: searcher.search(Request(limit=30)),
        "a quote": lambda searcher: got(searcher, present),
        "a quote that is not there": lambda searcher: got(searcher, "q_absent"),
        "the coverage": lambda searcher: searcher.coverage(),
    }


# Past generations that are queried too: one before the merge, one after it; and the newest.
PAST = (6, 10)
LAST = 12


@dataclass(frozen=True)
class Asker:
    """A searcher for the newest generation, and one for each past one."""

    newest: Searcher
    past: Mapping[int, Searcher]

    @classmethod
    def of(cls, store: Store, disk: DiskCache | None = None) -> Asker:
        return cls(Searcher(store, disk=disk), {g: Searcher(store, disk=disk, as_of=g) for g in PAST})

    def ask(self, which: Sequence[tuple[int | None, str]]) -> dict[tuple[int | None, str], Answer]:
        """Return the answer to each query, or the error."""
        answers = {}
        for generation, name in which:
            searcher = self.newest if generation is None else self.past[generation]
            try:
                answers[generation, name] = questions()[name](searcher)
            except (Damaged, NotFound) as error:
                answers[generation, name] = error
        return answers


def a_searcher(store: Store, as_of: int | None = None) -> Searcher:
    return Searcher(store, as_of=as_of)


def sound() -> MemoryStore:
    store = MemoryStore()
    store.objects.update(lived_in())
    return store


@cache
def right(generation: int, newest: int | None) -> Mapping[str, Answer]:
    """The right answers for each generation, without what had been withdrawn in the newest one."""
    store = sound()
    if newest is not None and newest != LAST:
        store.objects[snapshot.KEY] = next(key for key, found in generations().items() if found.generation == newest)
    searcher = a_searcher(store, generation)
    return {name: ask(searcher) for name, ask in questions().items()}


# --------------------------------------------------------------------------------------------------------- damage

Objects = dict[str, bytes]


@cache
def kept() -> list[str]:
    """The keys of the index: all objects except the ingested ones."""
    return [key for key in sorted(lived_in()) if key.startswith((segments.PREFIX, history.PREFIX, snapshot.KEY))]


@cache
def in_use() -> list[str]:
    return [segments.key(entry) for entry in manifest.from_bytes(lived_in()[snapshot.KEY]).segments]


def a_key(chance: random.Random) -> str:
    """Draw an object; objects that most searches read are drawn more often."""
    return chance.choice([snapshot.KEY, *in_use()] if chance.random() < 0.6 else kept())


def flip(objects: Objects, chance: random.Random) -> None:
    key = a_key(chance)
    data = bytearray(objects[key] or b"\0")
    for _ in range(chance.choice([1, 1, 2, 8])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    objects[key] = bytes(data)


def truncate(objects: Objects, chance: random.Random) -> None:
    key = a_key(chance)
    objects[key] = objects[key][: chance.randrange(len(objects[key]) or 1)]


def zero(objects: Objects, chance: random.Random) -> None:
    key = a_key(chance)
    data = objects[key]
    start = chance.randrange(0, len(data) or 1, 4096)
    objects[key] = data[:start] + bytes(len(data[start : start + 4096])) + data[start + 4096 :]


def swap(objects: Objects, chance: random.Random) -> None:
    """Swap two segments, or a segment and a copy of a generation; another test swaps copies."""
    one = chance.choice([key for key in kept() if key.startswith(segments.PREFIX)])
    other = chance.choice([key for key in kept() if key not in (one, snapshot.KEY)])
    objects[one], objects[other] = objects[other], objects[one]


def delete(objects: Objects, chance: random.Random) -> None:
    """Delete some objects, except the manifest, which has its own test."""
    for _ in range(chance.choice([1, 1, 2, 5])):
        objects.pop(chance.choice([key for key in kept() if key != snapshot.KEY]), None)


def append(objects: Objects, chance: random.Random) -> None:
    objects[a_key(chance)] += chance.randbytes(chance.choice([1, 100, 5_000]))


def replace(objects: Objects, chance: random.Random) -> None:
    key = a_key(chance)
    objects[key] = chance.choice([b"", b"{}", b"null", bytes(len(objects[key])), chance.randbytes(len(objects[key]))])


def put_back(objects: Objects, chance: random.Random) -> None:
    """Replace the manifest by an older one."""
    objects[snapshot.KEY] = objects[chance.choice([key for key in kept() if key.startswith(history.PREFIX)])]


KINDS: Sequence[Callable[[Objects, random.Random], None]] = (
    flip, flip, flip, truncate, truncate, zero, zero, swap, delete, append, replace, put_back,
)  # fmt: skip


def damaged(seed: int) -> tuple[MemoryStore, random.Random]:
    """A store with one or a few damages."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    store = sound()
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        with_all = {**lived_in(), **store.objects}  # a deleted object cannot be damaged further
        chance.choice(KINDS)(with_all, chance)
        gone = (lived_in().keys() - store.objects.keys()) | (lived_in().keys() - with_all.keys())
        store.objects = {key: data for key, data in with_all.items() if key not in gone}
    return store, chance


@cache
def generations() -> Mapping[bytes, manifest.Manifest]:
    """The published generations, by the bytes of their manifest."""
    keys = [key for key in kept() if not key.startswith(segments.PREFIX)]
    return {lived_in()[key]: manifest.from_bytes(lived_in()[key]) for key in keys}


def readable(objects: Objects) -> dict[str, manifest.Manifest]:
    """The undamaged generations, by key."""
    known, keys = generations(), [key for key in kept() if not key.startswith(segments.PREFIX)]
    return {key: known[objects[key]] for key in keys if objects.get(key) in known}


def to_be_found(objects: Objects) -> set[str]:
    """The findings that scrub must have: damaged objects of readable generations, and unreadable manifests."""
    changed = {key for key in kept() if objects.get(key) != lived_in()[key]}
    sound_ones = readable(objects)
    needed = {segments.key(entry) for found in sound_ones.values() for entry in found.segments}
    copies = {key for key in changed & objects.keys() if key.startswith(history.PREFIX)}
    found = (changed & needed) | copies
    newest = sound_ones.get(snapshot.KEY)
    last = max((int(key[8:20]) for key in objects if key.startswith(history.PREFIX)), default=0)
    if snapshot.KEY in changed and (newest is None or newest.generation < last):
        found.add(snapshot.KEY)  # restoring the last replaced manifest leaves no trace
    return found


# ---------------------------------------------------------------------------------------------------------- tests


def judge(
    seed: int,
    who: str,
    answers: Mapping[tuple[int | None, str], Answer],
    generation: int | None,
    newest: int | None = None,
) -> None:
    """Fail if an answer is neither right nor an error.

    `generation` is what the newest one may be taken for, `newest` what the manifest says, if it is readable.
    """
    for (past, name), answer in answers.items():
        if isinstance(answer, Damaged):
            continue
        if isinstance(answer, NotFound):
            assert past is not None, f"damage {seed}, {who}: {name}: {answer}"
            assert "not kept" in str(answer)
            continue
        asked = past or generation
        assert asked is not None, f"damage {seed}, {who}: {name} is answered without a manifest"
        assert answer == right(asked, newest or generation)[name], f"damage {seed}, {who}: {name} is answered wrongly"


def check_store(seed: int) -> None:
    """Damage a store and query it with cold and warm caches; then scrub it."""
    store, chance = damaged(seed)
    after = store.objects
    far = CountingStore(store, FAR) if seed % 2 else store
    everything = [(past, name) for past in (None, *PAST) for name in questions()]
    store.objects = dict(lived_in())
    warm = Asker.of(far)
    known = chance.sample(everything, chance.randrange(1, 6))
    judge(seed, "before", warm.ask(known), LAST)
    store.objects = after
    newest = readable(after).get(snapshot.KEY)
    generation = newest and newest.generation
    asked = chance.sample(everything, 5)
    judge(seed, "fresh", Asker.of(far).ask(asked), generation)
    has_read_it = any(past is None for past, _ in known)  # and never returns an older generation
    may_answer = generation == LAST or not has_read_it
    judge(seed, "warm", warm.ask([*asked, *known]), generation if may_answer else None, generation)
    assert {finding.key for finding in scrub(far).findings} == to_be_found(after), f"damage {seed}"


def check_disk(seed: int, folder: Path) -> None:
    """Damage the cache folder of a sound store, before a process reads it and while it does."""
    chance, far = random.Random(seed), CountingStore(sound(), FAR)  # noqa: S311 - the same every time
    everything = [(past, name) for past in (None, *PAST) for name in questions()]
    shutil.copytree(remembered(folder.parent / "template"), folder)
    asker = Asker.of(far, DiskCache(folder, 1 << 24))
    for _ in range(2):
        damage_files(folder, chance)
        answers = asker.ask(chance.sample(everything, 6))
        assert not any(isinstance(answer, Exception) for answer in answers.values()), f"damage {seed} on disk"
        judge(seed, "on disk", answers, LAST)
    shutil.rmtree(folder)


def remembered(folder: Path) -> Path:
    """Return a cache folder filled by a process that has run all queries."""
    if not folder.exists():
        Asker.of(CountingStore(sound(), FAR), DiskCache(folder, 1 << 24)).ask(
            [(past, name) for past in (None, *PAST) for name in questions()]
        )
    return folder


def damage_files(folder: Path, chance: random.Random) -> None:
    paths = sorted(folder.glob("*.pages"))
    for path in chance.sample(paths, chance.randrange(1, len(paths) + 1)):
        data = bytearray(path.read_bytes() or b"\0")
        start = chance.randrange(len(data))
        kind = chance.choice(["flip", "truncate", "zero", "another", "delete"])
        if kind == "delete":
            path.unlink()
        elif kind == "another":
            path.write_bytes(chance.choice(sorted(folder.glob("*.pages"))).read_bytes())
        else:
            data[start] ^= 1 << chance.randrange(8)
            if kind == "zero":
                data[start : start + 4096] = bytes(len(data[start : start + 4096]))
            path.write_bytes(bytes(data[:start] if kind == "truncate" else data))


@pytest.fixture(autouse=True)
def each_sound_segment_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine of ten segments are unchanged, and their soundness depends only on their bytes, so cache it."""
    check, known = segment.check, dict[tuple[bytes, str], Any]()

    def checked(data: bytes, table: Mapping[str, Any]) -> Any:
        key = sha256(data).digest(), repr(table)
        if key not in known:
            known[key] = check(data, table)
        return known[key]

    monkeypatch.setattr(segment, "check", checked, raising=False)


def check(seeds: range, folder: Path) -> None:
    # The slowest query takes 0.06 s of CPU; a pause of the machine, which counts as CPU, must not look like damage.
    with patch.object(searcher, "SECONDS", 60.0):
        for seed in seeds:
            check_store(seed)
            if seed % 4 == 0:
                check_disk(seed, folder / str(seed))


def test_the_archive_is_sound_before_it_is_damaged() -> None:
    assert scrub(sound()).findings == ()
    assert [right(generation, LAST)["a word"].generation for generation in (*PAST, LAST)] == [*PAST, LAST]
    assert all(right(LAST, LAST)[name].hits for name in ("a word", "a rare word", "a phrase", "a speaker", "dates"))
    newest = [right(generation, LAST)["the newest"].hits for generation in (*PAST, LAST)]
    assert len({tuple(hit.quote.id for hit in hits) for hits in newest}) == 3


@pytest.mark.prove
def test_a_sample_of_the_damages_is_detected(tmp_path: Path) -> None:
    check(range(0, DAMAGES, 500), tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(0, DAMAGES, A_CHUNK))
def test_all_damages_are_detected(first: int, tmp_path: Path) -> None:
    check(range(first, first + A_CHUNK), tmp_path)


def test_a_copy_of_another_generation_is_detected() -> None:
    store = sound()
    one, other = (next(key for key in kept() if key.startswith(f"{history.PREFIX}{g:012}")) for g in PAST)
    store.objects[one], store.objects[other] = store.objects[other], store.objects[one]
    with pytest.raises(Damaged):
        a_searcher(store, PAST[0]).search(Request("dam"))
    with pytest.raises(Damaged):
        rollback.rollback(store, PAST[0], TestEffects().effects(), segment.build([]))


def test_an_archive_whose_manifest_is_gone_is_not_an_empty_one() -> None:
    store = sound()
    del store.objects[snapshot.KEY]
    with pytest.raises(Damaged):
        a_searcher(store).search(Request("dam"))
    with pytest.raises(Damaged):
        Archive(store, TestEffects().effects()).add(a_given("And all that was there is lost."))
