"""The manifest's transitions, and the ledger that decides them."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quoth.errors import Damaged
from quoth.storage import manifest as manifests
from quoth.storage.ledger import Ledger, Record, fingerprints, judge, pack
from quoth.storage.manifest import Manifest
from tests.builders import a_record, a_segment

ONE = a_record(version=1, text="one")
ANOTHER_ONE = a_record(version=1, text="another one")
TWO = a_record(version=2, text="two", quotes=2)
WITHDRAWN = a_record(version=1, text="one", withdrawn=True, quotes=0)


class Index:
    """A manifest with the ledgers of its segments, as a commit holds them."""

    def __init__(self) -> None:
        self.manifest = Manifest()
        self.ledgers: dict[str, Ledger] = {}

    def add(self, *records: Record) -> dict[str, str]:
        segment = a_segment(f"s{len(self.ledgers)}", sum(record.quotes for record in records))
        step = manifests.add(self.manifest, segment, records, self.ledgers, f"nonce {segment.id}")
        if step.manifest is not self.manifest:
            self.ledgers[segment.id] = Ledger(pack(records))
        self.manifest = step.manifest
        return dict(step.verdicts)

    def standing(self, key: str = "a_1") -> Record | None:
        place = manifests.standing(self.manifest, self.ledgers, [key]).get(key)
        return place and place[1]


def test_the_first_record_of_a_key_is_added() -> None:
    index = Index()
    assert index.add(ONE) == {"a_1": "added"}
    assert (index.manifest.generation, index.manifest.quotes) == (1, 1)


def test_the_same_again_changes_nothing() -> None:
    index = Index()
    index.add(ONE)
    before = index.manifest
    assert index.add(ONE) == {"a_1": "unchanged"}
    assert index.manifest is before


def test_a_higher_version_retires_the_older_one_where_it_stands() -> None:
    index = Index()
    index.add(ONE, a_record("a_2"))
    assert index.add(TWO) == {"a_1": "replaced"}
    assert [dict(segment.retired) for segment in index.manifest.segments] == [{"a_1": 1}, {}]
    assert index.manifest.quotes == 3


def test_an_older_version_changes_nothing() -> None:
    index = Index()
    index.add(TWO)
    assert index.add(ONE) == {"a_1": "superseded"}
    assert index.standing() == TWO


def test_the_same_version_with_another_text_is_a_clash() -> None:
    index = Index()
    index.add(ONE)
    assert index.add(ANOTHER_ONE) == {"a_1": "clash"}
    assert index.standing() == ONE


def test_taking_a_version_back_outranks_it_and_cannot_be_undone_by_a_late_copy() -> None:
    index = Index()
    index.add(ONE)
    assert index.add(WITHDRAWN) == {"a_1": "replaced"}
    assert index.add(ONE) == {"a_1": "superseded"}
    assert index.manifest.quotes == 0


def test_what_may_not_enter_is_retired_in_its_own_segment() -> None:
    """A writer that was overtaken need not build its segment again."""
    index = Index()
    index.add(ONE)
    assert index.add(ONE, a_record("a_2")) == {"a_1": "unchanged", "a_2": "added"}
    assert dict(index.manifest.segments[1].retired) == {"a_1": 1}
    assert index.manifest.quotes == 2
    index.add(ANOTHER_ONE, a_record("a_3"))
    assert index.standing() == ONE


@given(
    st.permutations(
        [ONE, TWO, a_record(version=2, text="two", withdrawn=True, quotes=0), a_record(version=3, text="x")]
    )
)
def test_the_order_of_delivery_does_not_matter(records: list[Record]) -> None:
    index = Index()
    for record in records:
        index.add(record)
    assert index.standing() == a_record(version=3, text="x")
    assert index.manifest.quotes == 1


@given(
    st.lists(
        st.tuples(st.sampled_from(["a_1", "a_2", "q_3"]), st.integers(1, 3), st.booleans(), st.integers(0, 3)),
        max_size=12,
    )
)
def test_of_a_key_one_record_stands_and_its_quotes_are_those_that_count(rows: list[tuple[str, int, bool, int]]) -> None:
    index = Index()
    for key, version, withdrawn, quotes in rows:
        index.add(Record(key, version, withdrawn, bytes([version] * 16), 0 if withdrawn else quotes))
    standing = [record for key in ("a_1", "a_2", "q_3") if (record := index.standing(key))]
    assert index.manifest.quotes == sum(record.quotes for record in standing)
    for record in standing:
        assert record.rank == max((v, w) for key, v, w, _ in rows if key == record.key)
        live = [
            s.id
            for s in index.manifest.segments
            if record.key not in s.retired and index.ledgers[s.id].find(record.key)
        ]
        assert len(live) == 1


def test_every_generation_has_other_bytes() -> None:
    index, seen = Index(), set()
    for record in (ONE, TWO, a_record("a_2")):
        index.add(record)
        seen.add(manifests.to_bytes(index.manifest))
    assert len(seen) == 3


def test_a_manifest_survives_being_stored() -> None:
    manifest = Manifest(3, "n", (a_segment(quotes=2, retired={"a_1": 2}), a_segment("s2", table={"docs": [0, 5]})))
    assert manifests.from_bytes(manifests.to_bytes(manifest)) == manifest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 3}',
        b'{"format": 2}',
        b'{"format": 2, "generation": 1, "nonce": "", "segments": [{}]}',
        b'{"format": 2, "generation": 1, "nonce": "", "segments": [7]}',
        b'{"format": 2, "generation": 1, "nonce": "", "segments": 7}',
        b'{"format": 2, "generation": "1", "nonce": "", "segments": []}',
        b'{"format": 2, "generation": 1, "nonce": null, "segments": []}',
    ],
)
def test_a_manifest_that_cannot_be_read_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"manifest\.json"):
        manifests.from_bytes(data)


def test_a_manifest_of_the_first_format_says_what_to_do() -> None:
    with pytest.raises(Damaged, match="articles/ and imports/: index it into a new store"):
        manifests.from_bytes(b'{"format": 1, "generation": 1, "nonce": "", "segments": []}')


@pytest.mark.parametrize("number", [-1, 1.5, "7", None, True, 10**30, float("nan"), [], {}])
@pytest.mark.parametrize("name", ["size", "quotes", "index_start", "ledger_start"])
def test_an_entry_with_a_number_that_cannot_be_is_damaged(name: str, number: object) -> None:
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
        {"retired": []},
        {"retired": {"a_1": "1"}},
        {"retired": {"a_1": -1}},
        {"retired": {"\ud800": 0}},
        {"retired": {"a_1": 2}},  # of one quote
        {"size": 67},  # the ledger is no whole record
        {"size": 66 + 45 * 1000},  # a page has no hash
        {"index_start": 0, "ledger_start": 5, "size": 50},
        {"index_start": 32},  # more hashes than pages
        {"ledger_start": 15},  # before the index
        {"ledger_start": 67},  # behind the file
        {"unheard_of": 1},
    ],
    ids=str,
)
def test_an_entry_that_does_not_add_up_is_damaged(wrong: dict[str, object]) -> None:
    assert_damaged(wrong)


def test_an_entry_twice_is_damaged() -> None:
    with pytest.raises(Damaged, match="twice"):
        manifests.from_bytes(manifests.to_bytes(Manifest(1, "n", (a_segment(), a_segment()))))


def assert_damaged(wrong: dict[str, object]) -> None:
    stored = json.loads(manifests.to_bytes(Manifest(1, "n", (a_segment(),))))
    stored["segments"][0].update(wrong)
    with pytest.raises(Damaged, match=r"manifest\.json"):
        manifests.from_bytes(json.dumps(stored).encode())


@given(st.sets(st.text(), max_size=50))
def test_a_ledger_finds_what_was_packed_and_nothing_else(keys: set[str]) -> None:
    encodable = {key for key in keys if key.isprintable()}
    ledger = Ledger(pack(a_record(key, version=n + 1) for n, key in enumerate(sorted(encodable))))
    assert len(ledger) == len(encodable)
    for n, key in enumerate(sorted(encodable)):
        assert ledger.find(key) == a_record(key, version=n + 1)
    assert ledger.find("not \x00 there") is None


@given(st.sets(st.integers(0, 200), max_size=120), st.sets(st.integers(0, 200), max_size=120))
def test_a_ledger_finds_many_keys_as_it_finds_one(packed: set[int], wanted: set[int]) -> None:
    ledger = Ledger(pack(a_record(f"a_{n}", version=n + 1) for n in packed))
    expected = {f"a_{n}": a_record(f"a_{n}", version=n + 1) for n in packed & wanted}
    assert ledger.find_all(fingerprints(f"a_{n}" for n in wanted)) == expected


def test_a_cut_ledger_is_damaged() -> None:
    with pytest.raises(Damaged):
        Ledger(pack([ONE])[:-1])


def test_judging_is_total() -> None:
    records = [ONE, ANOTHER_ONE, TWO, WITHDRAWN]
    verdicts = {judge(a, b) for a, b in itertools.product(records, [None, *records])}
    assert verdicts == {"added", "replaced", "unchanged", "superseded", "clash"}


def test_quotes_that_are_retired_do_not_count() -> None:
    assert Manifest(1, "n", (a_segment(quotes=5, retired={"a_1": 2}), a_segment("s2", quotes=3))).quotes == 6
