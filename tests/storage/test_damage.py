"""Two thousand damages: whatever happens to stored bytes, an answer is right or an error, and scrub finds it.

Each damage is drawn from a seed. The archive has what an archive in use has: a merged segment with retired records,
some that came later, and a history with segments of its own. It is asked by a searcher that knows nothing yet, by one
that had read parts before, and by one whose folder on disk was damaged instead of the store.
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

import pytest

from quoth.archive import Archive
from quoth.engine import segment
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
# As far away that the largest segment is read in parts, and small ones whole.
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
    """The objects of an archive in use: generation 12 has four segments, the first one merged of eight."""
    store = MemoryStore()
    archive = Archive(store, TestEffects().effects())
    article = an_article("“The dam will hold,” said Ada Okafor. “Nobody asked us,” she added.", id="a dam")
    for batch in range(8):
        archive.add([*some_quotes(30, batch), article])  # the eighth one is merged with the others
    archive.add([an_article("“The dam held,” said Ada Okafor.", id="a dam", version=2), *some_quotes(20, 8)])
    archive.add(some_quotes(20, 9))
    archive.withdraw(archive.search(speaker="Bo Lind").hits[0].quote.id)
    found = snapshot.load(store).manifest
    assert (found.generation, len(found.segments), len(found.segments[0].retired)) == (12, 4, 2)
    return dict(store.objects)


# ------------------------------------------------------------------------------------------------------ questions

Answer = Any
Ask = Callable[[Searcher], Answer]


@cache
def questions() -> Mapping[str, Ask]:
    """What is asked; an id that is not there is an answer like others."""
    present = a_searcher(sound()).search(Request()).hits[3].quote.id

    def got(searcher: Searcher, quote_id: str) -> Answer:
        try:
            return searcher.get(quote_id)
        except NotFound as error:
            if "no quote has the id" not in str(error):  # a generation that is not kept
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


# Past generations that are asked as well: one before the merge, one after it.
PAST = (6, 10)


@dataclass(frozen=True)
class Asker:
    """Who asks: a searcher for the newest generation, and one for each past one."""

    newest: Searcher
    past: Mapping[int, Searcher]

    @classmethod
    def of(cls, store: Store, disk: DiskCache | None = None) -> Asker:
        return cls(Searcher(store, disk=disk), {g: Searcher(store, disk=disk, as_of=g) for g in PAST})

    def ask(self, which: Sequence[tuple[int | None, str]]) -> dict[tuple[int | None, str], Answer]:
        """Return the answer to each question, or the error."""
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
def right(generation: int) -> Mapping[str, Answer]:
    """The right answers of each generation."""
    searcher = a_searcher(sound(), generation)
    return {name: ask(searcher) for name, ask in questions().items()}


# -------------------------------------------------------------------------------------------------------- damages

Objects = dict[str, bytes]


@cache
def kept() -> list[str]:
    """The keys of what generations are made of; what was handed in is kept beside it, and is no part of the index."""
    return [key for key in sorted(lived_in()) if key.startswith((segments.PREFIX, history.PREFIX, snapshot.KEY))]


@cache
def in_use() -> list[str]:
    return [segments.key(entry) for entry in manifest.from_bytes(lived_in()[snapshot.KEY]).segments]


def a_key(chance: random.Random) -> str:
    """Draw an object; those that most searches read more often than others."""
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
    """Swap two segments, or a segment and a copy of a generation; copies among themselves are below."""
    one = chance.choice([key for key in kept() if key.startswith(segments.PREFIX)])
    other = chance.choice([key for key in kept() if key not in (one, snapshot.KEY)])
    objects[one], objects[other] = objects[other], objects[one]


def delete(objects: Objects, chance: random.Random) -> None:
    """Delete some objects, but for the manifest: see below."""
    for _ in range(chance.choice([1, 1, 2, 5])):
        objects.pop(chance.choice([key for key in kept() if key != snapshot.KEY]), None)


def append(objects: Objects, chance: random.Random) -> None:
    objects[a_key(chance)] += chance.randbytes(chance.choice([1, 100, 5_000]))


def replace(objects: Objects, chance: random.Random) -> None:
    key = a_key(chance)
    objects[key] = chance.choice([b"", b"{}", b"null", bytes(len(objects[key])), chance.randbytes(len(objects[key]))])


def put_back(objects: Objects, chance: random.Random) -> None:
    """Put an older manifest in the place of the newest."""
    objects[snapshot.KEY] = objects[chance.choice([key for key in kept() if key.startswith(history.PREFIX)])]


KINDS: Sequence[Callable[[Objects, random.Random], None]] = (
    flip, flip, flip, truncate, truncate, zero, zero, swap, delete, append, replace, put_back,
)  # fmt: skip


def damaged(seed: int) -> tuple[MemoryStore, random.Random]:
    """A store with one damage, or a few."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    store = sound()
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        with_all = {**lived_in(), **store.objects}  # what was deleted cannot be damaged further
        chance.choice(KINDS)(with_all, chance)
        gone = (lived_in().keys() - store.objects.keys()) | (lived_in().keys() - with_all.keys())
        store.objects = {key: data for key, data in with_all.items() if key not in gone}
    return store, chance


@cache
def generations() -> Mapping[bytes, manifest.Manifest]:
    """The generations that were written, by the bytes of their manifest."""
    keys = [key for key in kept() if not key.startswith(segments.PREFIX)]
    return {lived_in()[key]: manifest.from_bytes(lived_in()[key]) for key in keys}


def readable(objects: Objects) -> dict[str, manifest.Manifest]:
    """The generations that are as they were written, by key."""
    known, keys = generations(), [key for key in kept() if not key.startswith(segments.PREFIX)]
    return {key: known[objects[key]] for key in keys if objects.get(key) in known}


def to_be_found(objects: Objects) -> set[str]:
    """What scrub must find: each changed object that a generation needs which can be read, and each that cannot."""
    changed = {key for key in kept() if objects.get(key) != lived_in()[key]}
    sound_ones = readable(objects)
    needed = {segments.key(entry) for found in sound_ones.values() for entry in found.segments}
    copies = {key for key in changed & objects.keys() if key.startswith(history.PREFIX)}
    found = (changed & needed) | copies
    newest = sound_ones.get(snapshot.KEY)
    last = max((int(key[8:20]) for key in objects if key.startswith(history.PREFIX)), default=0)
    if snapshot.KEY in changed and (newest is None or newest.generation < last):
        found.add(snapshot.KEY)  # what was replaced last may be put back without a trace
    return found


# ---------------------------------------------------------------------------------------------------------- tests


def judge(seed: int, who: str, answers: Mapping[tuple[int | None, str], Answer], generation: int | None) -> None:
    """Refuse an answer that is neither right nor an error; `generation` is that of the manifest, if it can be read."""
    for (past, name), answer in answers.items():
        if isinstance(answer, Damaged):
            continue
        if isinstance(answer, NotFound):
            assert past is not None, f"damage {seed}, {who}: {name}: {answer}"
            assert "not kept" in str(answer)
            continue
        asked = past or generation
        assert asked is not None, f"damage {seed}, {who}: {name} is answered without a manifest"
        assert answer == right(asked)[name], f"damage {seed}, {who}: {name} is answered wrongly"


def check_store(seed: int) -> None:
    """Damage a store and ask it, fresh and warm; then scrub it."""
    store, chance = damaged(seed)
    after = store.objects
    far = CountingStore(store, FAR) if seed % 2 else store
    everything = [(past, name) for past in (None, *PAST) for name in questions()]
    store.objects = dict(lived_in())
    warm = Asker.of(far)
    known = chance.sample(everything, chance.randrange(1, 6))
    judge(seed, "before", warm.ask(known), 12)
    store.objects = after
    newest = readable(after).get(snapshot.KEY)
    generation = newest and newest.generation
    asked = chance.sample(everything, 5)
    judge(seed, "fresh", Asker.of(far).ask(asked), generation)
    has_read_it = any(past is None for past, _ in known)  # and never goes back
    judge(seed, "warm", warm.ask([*asked, *known]), generation if generation == 12 or not has_read_it else None)
    assert {finding.key for finding in scrub(far).findings} == to_be_found(after), f"damage {seed}"


def check_disk(seed: int, folder: Path) -> None:
    """Damage what a folder remembers of a sound store, before a process asks and while it does."""
    chance, far = random.Random(seed), CountingStore(sound(), FAR)  # noqa: S311 - the same every time
    everything = [(past, name) for past in (None, *PAST) for name in questions()]
    shutil.copytree(remembered(folder.parent / "template"), folder)
    asker = Asker.of(far, DiskCache(folder, 1 << 24))
    for _ in range(2):
        damage_files(folder, chance)
        answers = asker.ask(chance.sample(everything, 6))
        assert not any(isinstance(answer, Exception) for answer in answers.values()), f"damage {seed} on disk"
        judge(seed, "on disk", answers, 12)
    shutil.rmtree(folder)


def remembered(folder: Path) -> Path:
    """Return a folder with what was read by a process that asked everything."""
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
    """Of ten segments nine are as they always are, and whether they are sound depends on their bytes alone."""
    check, known = segment.check, dict[tuple[bytes, str], Any]()

    def checked(data: bytes, table: Mapping[str, Any]) -> Any:
        key = sha256(data).digest(), repr(table)
        if key not in known:
            known[key] = check(data, table)
        return known[key]

    monkeypatch.setattr(segment, "check", checked, raising=False)


def check(seeds: range, folder: Path) -> None:
    for seed in seeds:
        check_store(seed)
        if seed % 4 == 0:
            check_disk(seed, folder / str(seed))


def test_the_archive_is_sound_before_it_is_damaged() -> None:
    assert scrub(sound()).findings == ()
    assert [right(generation)["a word"].generation for generation in (*PAST, 12)] == [*PAST, 12]
    assert all(right(12)[name].hits for name in ("a word", "a rare word", "a phrase", "a speaker", "dates"))
    assert len({right(generation)["the newest"].hits for generation in (*PAST, 12)}) == 3


def test_a_share_of_all_damages_is_detected(tmp_path: Path) -> None:
    check(range(0, DAMAGES, 100), tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(0, DAMAGES, A_CHUNK))
def test_all_damages_are_detected(first: int, tmp_path: Path) -> None:
    check(range(first, first + A_CHUNK), tmp_path)


def test_a_copy_of_another_generation_is_not_taken_for_the_one_of_its_name() -> None:
    store = sound()
    one, other = (next(key for key in kept() if key.startswith(f"{history.PREFIX}{g:012}")) for g in PAST)
    store.objects[one], store.objects[other] = store.objects[other], store.objects[one]
    with pytest.raises(Damaged):
        a_searcher(store, PAST[0]).search(Request("dam"))
    with pytest.raises(Damaged):
        rollback.rollback(store, PAST[0], TestEffects().effects())


def test_an_archive_whose_manifest_is_gone_is_not_an_empty_one() -> None:
    store = sound()
    del store.objects[snapshot.KEY]
    with pytest.raises(Damaged):
        a_searcher(store).search(Request("dam"))
    with pytest.raises(Damaged):
        Archive(store, TestEffects().effects()).add(a_given("And all that was there is lost."))
