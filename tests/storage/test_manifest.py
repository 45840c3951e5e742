"""The transitions of the manifest, and the ledger that decides them."""

from __future__ import annotations

import base64
import itertools
import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from msgspec.structs import replace

from quoth.article import MAX_VERSION
from quoth.engine import segment
from quoth.errors import Damaged, Unavailable
from quoth.hashes import sha256
from quoth.storage import manifest as manifests
from quoth.storage import numbers, snapshot, transitions
from quoth.storage.ledger import Ledger, Record, classify, fingerprints, identity, in_order, pack
from quoth.storage.manifest import Manifest, WithdrawnItem
from quoth.storage.segments import Retirement
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.transitions import Rewrite
from tests.support.builders import a_draft, a_quote, a_record, a_segment
from tests.support.effort import sampled

ONE = a_record(version=1, text="one")
ANOTHER_ONE = a_record(version=1, text="another one")
TWO = a_record(version=2, text="two", quotes=2)
WITHDRAWN = a_record(version=1, text="one", withdrawn=True, quotes=0)


class ManifestWithLedgers:
    """A manifest with the ledgers of its segments, the input of a commit."""

    def __init__(self) -> None:
        self.manifest = Manifest()
        self.ledgers: dict[str, Ledger] = {}

    def add(self, *records: Record) -> dict[str, str]:
        draft = a_draft(f"s{len(self.ledgers)}", *records)
        step = transitions.add(self.manifest, draft.entry, draft.records, self.ledgers, f"nonce {draft.entry.id}")
        if step.manifest is not self.manifest:
            self.ledgers[draft.entry.id] = Ledger(pack(draft.records))
        self.manifest = step.manifest
        return dict(step.verdicts)

    def retired(self) -> list[list[str]]:
        """The keys of the retired records, by segment."""
        known = fingerprints(["a_1", "a_2", "a_3"])
        return [
            [key for key, (number, _) in self.ledgers[s.id].find_all(known).items() if number in s.retired]
            for s in self.manifest.segments
        ]

    def standing(self, key: str = "a_1") -> Record | None:
        place = manifests.locate_records(self.manifest, self.ledgers, fingerprints([key])).get(key)
        return place and structs.replace(place.record, ids=0)


def test_the_first_record_of_a_key_is_added() -> None:
    index = ManifestWithLedgers()
    assert index.add(ONE) == {"a_1": "added"}
    assert (index.manifest.generation, index.manifest.quotes) == (1, 1)


def test_the_same_again_changes_nothing() -> None:
    index = ManifestWithLedgers()
    index.add(ONE)
    before = index.manifest
    assert index.add(ONE) == {"a_1": "unchanged"}
    assert index.manifest is before


def test_a_higher_version_retires_the_older_one_where_it_stands() -> None:
    index = ManifestWithLedgers()
    index.add(ONE, a_record("a_2"))
    assert index.add(TWO) == {"a_1": "replaced"}
    assert index.retired() == [["a_1"], []]
    assert index.manifest.quotes == 3


def test_an_older_version_changes_nothing() -> None:
    index = ManifestWithLedgers()
    index.add(TWO)
    assert index.add(ONE) == {"a_1": "superseded"}
    assert index.standing() == TWO


def test_the_same_version_with_another_text_is_a_clash() -> None:
    index = ManifestWithLedgers()
    index.add(ONE)
    assert index.add(ANOTHER_ONE) == {"a_1": "clash"}
    assert index.standing() == ONE


def test_a_withdrawal_outranks_its_version_and_a_late_copy() -> None:
    index = ManifestWithLedgers()
    index.add(ONE)
    assert index.add(WITHDRAWN) == {"a_1": "replaced"}
    assert index.add(ONE) == {"a_1": "superseded"}
    assert index.manifest.quotes == 0


def test_a_superseded_record_is_retired_in_its_own_segment() -> None:
    """A writer that another one overtook need not rebuild its segment."""
    index = ManifestWithLedgers()
    index.add(ONE)
    assert index.add(ONE, a_record("a_2")) == {"a_1": "unchanged", "a_2": "added"}
    assert index.retired()[1] == ["a_1"]
    assert index.manifest.quotes == 2
    index.add(ANOTHER_ONE, a_record("a_3"))
    assert index.standing() == ONE


@given(
    st.permutations(
        [ONE, TWO, a_record(version=2, text="two", withdrawn=True, quotes=0), a_record(version=3, text="x")]
    )
)
def test_the_order_of_delivery_does_not_matter(records: list[Record]) -> None:
    index = ManifestWithLedgers()
    for record in records:
        index.add(record)
    assert index.standing() == a_record(version=3, text="x")
    assert index.manifest.quotes == 1


@sampled(100)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a_1", "a_2", "q_3"]), st.integers(1, 3), st.booleans(), st.integers(0, 3)),
        max_size=12,
    )
)
def test_each_key_has_one_live_record_whose_quotes_count(rows: list[tuple[str, int, bool, int]]) -> None:
    index = ManifestWithLedgers()
    for key, version, withdrawn, quotes in rows:
        index.add(Record(key, version, withdrawn, bytes([version] * 16), 0 if withdrawn else quotes))
    standing = [record for key in ("a_1", "a_2", "q_3") if (record := index.standing(key))]
    assert index.manifest.quotes == sum(record.quotes for record in standing)
    for record in standing:
        assert record.rank == max((v, w) for key, v, w, _ in rows if key == record.key)
        live = [
            s.id
            for s in index.manifest.segments
            if (found := index.ledgers[s.id].find(record.key)) and found[0] not in s.retired
        ]
        assert len(live) == 1


def test_every_generation_has_other_bytes() -> None:
    index, seen = ManifestWithLedgers(), set()
    for record in (ONE, TWO, a_record("a_2")):
        index.add(record)
        seen.add(manifests.to_bytes(index.manifest))
    assert len(seen) == 3


def sealed(value: object) -> bytes:
    """Return a manifest file with any content and a valid hash."""
    body = json.dumps(value).encode()
    return b'{"format":4,"sha256":"%b","manifest":%b}' % (sha256(body).encode(), body)


def test_a_manifest_survives_being_stored() -> None:
    worn = a_segment(
        records=9, retired=(0, 3, 8), retired_since=(9, 0, 3), withdrawn=(0, 8), retired_quotes=3, retired_ids=7
    )
    other = a_segment("s2", table={"docs": [0, 5]}, ids=0, tombstones=7)
    withdrawn = (WithdrawnItem("a_1", 2, 2), WithdrawnItem("q_2", 1, 3))
    manifest = Manifest(3, "n", (worn, other), withdrawn, floor=1)
    assert manifests.from_bytes(manifests.to_bytes(manifest)) == manifest


@pytest.mark.parametrize("version", [1, 2**53, MAX_VERSION])
def test_a_withdrawal_of_any_version_survives_being_stored(version: int) -> None:
    """An article may count its versions in microseconds."""
    manifest = Manifest(3, "n", (), (WithdrawnItem("a_1", version, 2),), floor=1)
    assert manifests.from_bytes(manifests.to_bytes(manifest)) == manifest


def test_a_manifest_is_json() -> None:
    stored = json.loads(manifests.to_bytes(Manifest(3, "n", (a_segment(),))))
    assert manifests.from_bytes(sealed(stored["manifest"])) == Manifest(3, "n", (a_segment(),))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 4}',
        b'{"format": 5}',
        sealed(7),
        sealed({}),
        sealed({"generation": 1, "nonce": "", "segments": [{}], "withdrawn": [], "floor": 0}),
        sealed({"generation": 1, "nonce": "", "segments": [7], "withdrawn": [], "floor": 0}),
        sealed({"generation": 1, "nonce": "", "segments": 7, "withdrawn": [], "floor": 0}),
        sealed({"generation": 1, "nonce": "", "segments": []}),
        sealed({"generation": "1", "nonce": "", "segments": [], "withdrawn": [], "floor": 0}),
        sealed({"generation": 1, "nonce": None, "segments": [], "withdrawn": [], "floor": 0}),
        sealed({"generation": 1, "nonce": "", "segments": [], "withdrawn": [], "floor": 0})[:-1],
        sealed({"generation": 1, "nonce": "", "segments": [], "withdrawn": [], "floor": 0}) + b"}",
    ],
)
def test_a_manifest_that_cannot_be_read_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"manifest\.json"):
        manifests.from_bytes(data)


@given(st.data())
def test_no_byte_of_a_manifest_can_change_unnoticed(data: st.DataObject) -> None:
    good = manifests.to_bytes(Manifest(3, "n", (a_segment(records=9, retired=(0, 3)),)))
    place, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    with pytest.raises(Damaged, match=r"manifest\.json"):
        manifests.from_bytes(good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :])


@pytest.mark.parametrize(
    "wrong",
    [
        {"withdrawn": [["a_1", 1]]},
        {"withdrawn": [["a_1", 0, 1]]},
        {"withdrawn": [["a_1", MAX_VERSION + 1, 1]]},
        {"withdrawn": [["a_1", 1, 0]], "floor": 1},  # not after the floor
        {"withdrawn": [["a_1", 1, 2], ["a_2", 1, 1]]},  # not in order
        {"withdrawn": [["a_1", 1, 1], ["a_1", 2, 1]]},  # twice
        {"withdrawn": [["../a", 1, 1]]},
        {"withdrawn": [[7, 1, 1]]},
        {"withdrawn": [["a_1", True, 1]]},
        {"withdrawn": None},
        {"floor": -1},
        {"floor": "1"},
    ],
    ids=str,
)
def test_withdrawals_that_do_not_add_up_are_damage(wrong: dict[str, object]) -> None:
    stored = json.loads(manifests.to_bytes(Manifest(1, "n", ())))["manifest"]
    with pytest.raises(Damaged, match=r"manifest\.json"):
        manifests.from_bytes(sealed({**stored, **wrong}))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_manifest_of_an_older_format_says_what_to_do(number: int) -> None:
    with pytest.raises(Damaged, match="articles/ and imports/: index it into a new store"):
        manifests.from_bytes(b'{"format": %d, "generation": 1, "nonce": "", "segments": []}' % number)


@pytest.mark.parametrize("number", [-1, 1.5, "7", None, True, 10**30, float("nan"), [], {}])
@pytest.mark.parametrize("name", ["size", "quotes", "quoted", "index_start", "ledger_start", "retired_quotes"])
def test_an_entry_with_an_impossible_number_is_damaged(name: str, number: object) -> None:
    assert_damaged({name: number})


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "../manifest.json"},
        {"id": "a/b"},
        {"id": ""},
        {"id": "x" * 65},
        {"id": 7},
        {"id": None},
        {"sha256": "0" * 63},
        {"sha256": "../" * 21 + "0"},
        {"pages_sha256": "G" * 64},
        {"ledger_sha256": None},
        {"table": []},
        {"table": None},
        {"ids": 7},
        {"ids": "0"},
        {"ids": "-00000000000000f"},
        {"retired_ids": None},
        {"retired": []},
        {"retired": "?"},
        {"retired": "AAAA"},
        {"retired": numbers.pack([1])},  # of one record
        {"retired": numbers.pack([0]), "retired_since": numbers.pack_any([1]), "retired_quotes": 2},  # of one quote
        {"retired": numbers.pack([0])},  # nobody knows since when
        {"retired_since": numbers.pack_any([1])},  # of no record
        {"retired_since": None},
        {"withdrawn": numbers.pack([0])},  # and not retired
        {"tombstones": -1},
        {"quoted": 2},  # of one record
        {"quotes": 0},  # of a record with quotes
        {"size": 75},  # the ledger is shorter than a record
        {"size": 74 + 53 * 1000},  # one page without a hash
        {"index_start": 0, "ledger_start": 5, "size": 58},
        {"index_start": 32},  # more hashes than pages
        {"ledger_start": 15},  # before the index
        {"ledger_start": 75},  # behind the file
        {"unheard_of": 1},
    ],
    ids=str,
)
def test_an_entry_that_does_not_add_up_is_damaged(wrong: dict[str, object]) -> None:
    assert_damaged(wrong)


@pytest.mark.parametrize("late", ["a_1", "a_2", "a_3"])
def test_a_rejected_record_is_retired_by_its_number_wherever_it_was_given(late: str) -> None:
    for given_in in itertools.permutations([a_record("a_1"), a_record("a_2"), a_record("a_3", quotes=0)]):
        index = ManifestWithLedgers()
        index.add(a_record(late, version=2))
        index.add(*given_in)
        assert index.retired() == [[], [late]]


def test_a_record_that_was_withdrawn_is_retired() -> None:
    worn = a_segment(records=2, retired=(0,), withdrawn=(1,), retired_quotes=1)
    with pytest.raises(Damaged, match="s1 does not add up"):
        manifests.from_bytes(manifests.to_bytes(Manifest(1, "n", (worn,))))


def test_an_entry_twice_is_damaged() -> None:
    with pytest.raises(Damaged, match="twice"):
        manifests.from_bytes(manifests.to_bytes(Manifest(1, "n", (a_segment(), a_segment()))))


def assert_damaged(wrong: dict[str, object]) -> None:
    stored = json.loads(manifests.to_bytes(Manifest(1, "n", (a_segment(),))))["manifest"]
    stored["segments"][0].update(wrong)
    with pytest.raises(Damaged, match=r"manifest\.json"):
        manifests.from_bytes(sealed(stored))


@sampled(100)
@given(st.sets(st.integers(0, 70_000), max_size=60))
def test_numbers_survive_being_packed(some: set[int]) -> None:
    assert numbers.unpack(numbers.pack(sorted(some)), 70_001, len(some)) == tuple(sorted(some))


@given(st.lists(st.integers(0, 2**53), max_size=60))
def test_numbers_in_any_order_survive_being_packed(some: list[int]) -> None:
    assert numbers.unpack_any(numbers.pack_any(some), len(some)) == tuple(some)


@pytest.mark.parametrize("text", ["", numbers.pack_any([1, 2, 3]), numbers.pack([0, 1]), "?", "-1:", "9" * 17 + ":"])
def test_another_text_is_not_taken_for_numbers_in_any_order(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each for its own reason
        numbers.unpack_any(text, 2)


@given(st.binary(max_size=40), st.integers(0, 300))
def test_whatever_is_unpacked_ascends_within_its_bounds(data: bytes, count: int) -> None:
    for text in (base64.b64encode(data).decode(), base64.b64encode(zlib.compress(data, 9, -15)).decode()):
        try:
            found = numbers.unpack(text, count, 50)
        except ValueError:
            continue
        assert list(found) == sorted(set(found))
        assert all(0 <= number < count for number in found)
        assert len(found) <= 50


def test_a_kilobyte_that_stands_for_a_million_numbers_is_refused() -> None:
    small = numbers.pack(range(1_000_000))
    assert len(small) < 2000
    with pytest.raises(ValueError, match="do not end"):
        numbers.unpack(small, 1_000_000, 1000)


def test_no_manifest_exceeds_the_limits_of_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader rejects it, so a writer does not write it."""
    monkeypatch.setattr(manifests, "MOST_RETIRED", 3)
    monkeypatch.setattr(transitions, "MOST_RETIRED", 3)
    segments = [a_segment(f"s{n}", records=9, retired=(0, 1), retired_quotes=2, ids=0) for n in range(2)]
    with pytest.raises(Damaged, match="s1 does not add up"):
        manifests.from_bytes(manifests.to_bytes(Manifest(1, "n", tuple(segments))))
    index = ManifestWithLedgers()
    index.add(*(a_record(f"a_{n}") for n in range(9)))
    with pytest.raises(Unavailable, match="compact the archive"):
        index.add(*(a_record(f"a_{n}", version=2) for n in range(4)))


def test_numbers_that_would_open_to_gigabytes_are_refused_early() -> None:
    bomb = base64.b64encode(zlib.compress(b"\x80" * 10_000_000, 9, -15)).decode()
    with pytest.raises(ValueError, match="do not end"):
        numbers.unpack(bomb, 100, 100)
    with pytest.raises(ValueError, match="do not end"):
        numbers.unpack_any(f"0:{bomb}", 100)


@pytest.mark.parametrize("data", [b"\x80" * 6, b"\xff" * 6, b"\xff" * 5 + b"\x01", b"\x80"])
def test_a_number_that_is_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"too large|does not end"):
        numbers.unpack(base64.b64encode(zlib.compress(data, 9, -15)).decode(), 100, 100)


@pytest.mark.prove
def test_the_manifest_of_a_million_articles_stays_small() -> None:
    """docs/decisions/0010-the-commit.md has the arithmetic; this is its worst case.

    There are seven segments in each of four tiers, then the largest ones of five million quotes. A quarter of the
    records of each is retired, the most before a segment is rewritten, by commits of a hundred articles. The table is
    that of a real segment.
    """
    chance = random.Random(7)  # noqa: S311 - the same manifest each time
    table = segment.build([("a_1", a_quote())]).table
    sections = {name: [2**33, 2**31, kind, 2**32 - 1] for name, (_, _, kind, _) in table["sections"].items()}
    entries = []
    for records, segments in ((7, 7), (14, 7), (100, 7), (850, 7), (100_000, 10)):
        for _ in range(segments):
            retired = tuple(sorted(chance.sample(range(records), records // 4)))
            entry = a_segment(f"{len(entries):032}", records=records, retired=retired, retired_quotes=records // 4)
            since = tuple(10**6 + chance.randrange(2500) for _ in retired)
            entries.append(replace(entry, table={**table, "sections": sections}, retired_since=since))
    assert sum(entry.records for entry in entries) >= 1_000_000
    assert len(manifests.to_bytes(Manifest(10**9, "0" * 32, tuple(entries)))) < 800 * 1024


def test_the_identity_of_a_record_is_what_decides_its_verdict() -> None:
    one = identity(pack([ONE]))
    assert identity(pack([structs.replace(ONE, quotes=7, ids=9)])) == one
    assert len({identity(pack([record])) for record in (ONE, ANOTHER_ONE, TWO, WITHDRAWN)}) == 4
    assert identity(pack([structs.replace(WITHDRAWN, digest=bytes(16))])) == identity(pack([WITHDRAWN]))


def test_no_unreadable_manifest_is_published() -> None:
    withdrawn = (WithdrawnItem("a_1", 1, 2), WithdrawnItem("a_2", 1, 1))
    store = MemoryStore()
    with pytest.raises(Damaged, match="do not add up"):
        snapshot.swap(store, snapshot.NOTHING_YET, Manifest(1, "n", (), withdrawn))
    assert store.objects == {}


@sampled(100)
@given(st.sets(st.text(), max_size=50))
def test_a_ledger_finds_exactly_its_records(keys: set[str]) -> None:
    encodable = {key for key in keys if key.isprintable()}
    records = in_order(a_record(key, version=n + 1, quotes=n % 3) for n, key in enumerate(sorted(encodable)))
    ledger = Ledger(pack(records))
    assert len(ledger) == len(encodable)
    assert ledger.quoted == sum(record.quotes > 0 for record in records)
    for number, record in enumerate(records):
        assert ledger.find(record.key) == (number, record)
    assert ledger.find("not \x00 there") is None
    assert pack(sorted(records, key=lambda record: record.key)) == pack(records)


@sampled(100)
@given(st.integers(1, 3), st.integers(0, 300))
def test_a_large_ledger_is_searched_for_a_key(step: int, wanted: int) -> None:
    records = in_order(a_record(f"a_{n}", version=n + 1, quotes=n % 2) for n in range(0, 300, step))
    found = Ledger(pack(records)).find(f"a_{wanted}")
    assert (found and found[1]) == next((r for r in records if r.key == f"a_{wanted}"), None)


@sampled(100)
@given(st.sets(st.integers(0, 200), max_size=120), st.sets(st.integers(0, 200), max_size=120))
def test_a_ledger_finds_many_keys_as_it_finds_one(packed: set[int], wanted: set[int]) -> None:
    records = in_order(a_record(f"a_{n}", version=n + 1, quotes=n % 2) for n in packed)
    ledger = Ledger(pack(records))
    expected = {r.key: (number, r) for number, r in enumerate(records) if int(r.key[2:]) in wanted}
    assert ledger.find_all(fingerprints(f"a_{n}" for n in wanted)) == expected


def test_a_cut_ledger_is_damaged() -> None:
    with pytest.raises(Damaged):
        Ledger(pack([ONE])[:-1])


def test_every_pair_of_records_has_a_classification() -> None:
    records = [ONE, ANOTHER_ONE, TWO, WITHDRAWN]
    verdicts = {classify(a, b) for a, b in itertools.product(records, [None, *records])}
    assert verdicts == {"added", "replaced", "unchanged", "superseded", "clash"}


class TestRewrite:
    """Two segments of two records each are merged into one of four while others commit."""

    def inputs(self, *retired: int) -> Manifest:
        one = a_segment(
            "one", records=2, ids=30, retired=retired, retired_quotes=len(retired), retired_ids=10 * len(retired)
        )
        return Manifest(4, "n", (a_segment("other"), one, a_segment("two", records=2, ids=70)))

    def rewrite(self, manifest: Manifest, **known: int) -> Manifest | None:
        done = Rewrite({"one": {}, "two": {}}, {"one": [0, 2], "two": [1, 3]})
        entry = a_segment("both", **{"records": 4, "ids": 100, **known})
        return transitions.rewrite(manifest, done, entry, [(1, 10), (1, 30), (1, 20), (1, 40)], "next")

    def test_puts_the_new_one_in_the_place_of_the_old_ones(self) -> None:
        after = self.rewrite(self.inputs())
        assert after is not None
        assert (after.generation, after.nonce) == (5, "next")
        assert [segment.id for segment in after.segments] == ["other", "both"]

    def test_retires_in_it_the_records_retired_meanwhile(self) -> None:
        after = self.rewrite(self.inputs(0))
        assert after is not None
        both = after.segments[1]
        assert (both.retired, both.retired_quotes, both.retired_ids) == ((0,), 1, 10)

    def test_is_dropped_when_an_input_is_gone(self) -> None:
        assert self.rewrite(replace(self.inputs(), segments=self.inputs().segments[:2])) is None

    def test_is_dropped_when_a_left_out_record_is_live_again(self) -> None:
        """A rollback may restore a record that was retired before the merge."""
        done = Rewrite({"one": {0: Retirement(1, is_withdrawn=False)}}, {"one": [-1, 0]})
        assert transitions.rewrite(self.inputs(), done, a_segment("new", ids=20), [(1, 20)], "next") is None

    @pytest.mark.parametrize("wrong", [{"ids": 99}, {"quotes": 5}])
    def test_is_refused_when_the_books_do_not_add_up(self, wrong: dict[str, int]) -> None:
        with pytest.raises(Damaged, match="segments one, two would change the index: 5 quotes would become"):
            self.rewrite(self.inputs(), **wrong)


def test_quotes_that_are_retired_do_not_count() -> None:
    worn = a_segment(quotes=5, retired=(0,), retired_quotes=2, ids=5, retired_ids=7)
    manifest = Manifest(1, "n", (worn, a_segment("s2", quotes=3, ids=9)))
    assert (manifest.quotes, manifest.ids) == (6, 7)
