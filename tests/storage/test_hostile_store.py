"""Hostile bytes: an attacker who may write to the store has recomputed every hash. Only answers may be wrong then.

All errors must be Quoth's own, no call may run forever, and memory must be bounded by the real size of the data.
"""

from __future__ import annotations

import copy
import json
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from quoth.answers import build
from quoth.archive import Archive
from quoth.engine import segment
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.engine.segment import layout
from quoth.errors import QuothError
from quoth.hashes import sha256
from quoth.scrub import scrub
from quoth.storage import manifest, segments, snapshot
from quoth.storage.files import page_table
from quoth.storage.ledger import RECORD, SUMS, Ledger
from quoth.storage.maintenance import compaction
from quoth.storage.manifest import LARGEST_SEGMENT, Manifest, SegmentEntry
from quoth.storage.stores.memory import MemoryStore
from tests.support.builders import TestEffects, a_given, a_quote, a_record, day
from tests.support.counting import CountingStore
from tests.support.effort import sampled, some

TEXTS = (
    "No, no, the dam will hold. The dam held.",
    "The dam, the dam! Money first.",
    "We measured it, and water is rising.",
    "Nobody asked us what would happen to the land.",
    "The land was swapped for the bridge, and the bridge for a vote.",
)


@cache
def parts() -> tuple[tuple[SegmentEntry, bytes], ...]:
    """Two segments of twenty quotes each, which fill two and a half blocks."""
    drafts = []
    for name in ("s1", "s2"):
        quotes = [
            a_quote(
                f"{TEXTS[n % 5]} {name}n{n}",
                id=f"q_{name}_{n}",
                speaker=["Ada Okafor", "Bo Lind", None][n % 3],
                publisher=["The Daily", None][n % 2],
                published=day(2000 + n) if n % 4 else None,
            )
            for n in range(20)
        ]
        built = segment.build((quote.id, quote) for quote in quotes)
        draft = segments.seal(name, built, [a_record(quote.id) for quote in quotes])
        drafts.append((draft.entry, draft.data))
    return tuple(drafts)


def sections() -> list[str]:
    return list(parts()[0][0].table["sections"])


def a_store(index: bytes, table: Mapping[str, Any], ledger: bytes | None = None, **known: Any) -> MemoryStore:
    """A store whose first segment has another index, table or ledger, with valid hashes."""
    (entry, data), second = parts()
    ledger = data[entry.ledger_start :] if ledger is None else ledger
    pages = page_table.build(index + ledger)
    file = pages + index + ledger
    entry = replace(
        entry,
        size=len(file),
        sha256=sha256(file),
        index_start=len(pages),
        pages_sha256=sha256(pages),
        ledger_start=len(pages) + len(index),
        ledger_sha256=sha256(ledger),
        table=table,
    )
    # Enough records are retired that compaction rewrites the segment, and searches read records.
    rows = list(Ledger(ledger).rows())
    retired = range(0, len(rows), 3)
    gone = {
        "retired": tuple(retired),
        "retired_since": (5,) * len(retired),
        "retired_quotes": min(entry.quotes, sum(rows[number][1] for number in retired)),
        "retired_ids": sum(rows[number][2] for number in retired) % SUMS,
    }
    entry = replace(entry, **{**gone, **known})
    store = MemoryStore()
    store.objects = {segments.key(entry): file, segments.key(second[0]): second[1]}
    found = Manifest(7, "nonce", (entry, second[0]))
    store.objects[snapshot.KEY] = manifest.to_bytes(found)
    return store


def sound() -> tuple[bytes, dict[str, Any]]:
    entry, data = parts()[0]
    return data[entry.index_start : entry.ledger_start], copy.deepcopy(dict(entry.table))


def an_index(contents: Mapping[str, tuple[str, bytes]], documents: int, lengths: Any) -> tuple[bytes, dict[str, Any]]:
    """Return an index of some sections, with valid checksums."""
    data, entries = bytearray(64), {}
    for name, (kind, content) in contents.items():
        data += bytes(-len(data) % layout.ALIGNMENT)
        entries[name] = [len(data), len(content), kind, zlib.crc32(content)]
        data += content
    table = {"format": layout.FORMAT, "documents": documents, "lengths": lengths, "sections": entries}
    text = json.dumps(table, separators=(",", ":")).encode()
    data[:64] = struct.pack("<8sIIQI36x", layout.MAGIC, layout.FORMAT, len(text), len(data), zlib.crc32(text))
    return bytes(data) + text, table


def with_sections(**contents: bytes | tuple[str, bytes]) -> MemoryStore:
    """A store whose first segment has other bytes in some sections; `_` in a name stands for a full stop."""
    data, table = sound()
    known = {name: (kind, data[start : start + size]) for name, (start, size, kind, _) in table["sections"].items()}
    for underscored, content in contents.items():
        name = next(name for name in known if name.replace(".", "_") == underscored)
        known[name] = (known[name][0], content) if isinstance(content, bytes) else content
    return a_store(*an_index(known, table["documents"], table["lengths"]))


def deflated(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def test_an_unchanged_store_is_sound_and_is_merged() -> None:
    store = a_store(*sound())
    known = ("no quote has the id", "was replaced in generation 5")
    missed = [error for error in everything(store) if not any(one in error for one in known)]
    assert (missed, snapshot.load(store).manifest.generation) == ([], 8)


# --------------------------------------------------------------------------------------------------- operations

ASKED = (
    Request("dam"),
    Request('"the dam" land'),
    Request('"bridge for a vote"', speaker="Ada Okafor"),
    Request("money", from_="2003-01-01", to="2012-12-31"),
    Request(limit=100),
    Request(speaker="Bo Lind", limit=100),
)


def everything(store: MemoryStore, *, merges: bool = True) -> list[str]:
    """Call every operation on a store; return the messages of Quoth's own errors, and raise all others."""
    errors = []  # as text: an error object keeps its memory alive

    def tried(what: Callable[[], object]) -> None:
        try:
            what()
        except QuothError as error:
            errors.append(str(error))

    for far in (store, CountingStore(store, 10_000)):
        searcher = Searcher(far, memory=1 << 20)
        for request in ASKED:
            tried(lambda searcher=searcher, request=request: build.to_json(build.page(searcher.search(request), 1)))
        for name in ("q_s1_3", "q_s1_19", "q_absent"):
            tried(lambda searcher=searcher, name=name: searcher.get(name))
        tried(lambda searcher=searcher: build.to_json(build.coverage(searcher.coverage())))
    tried(lambda: scrub(store))
    if not merges:
        return errors
    held = dict(store.objects)
    tried(lambda: compaction.compact(store, TestEffects().effects(), segment.merge))
    if store.objects != held:  # the merged store raises only Quoth's errors, too
        tried(lambda: Searcher(store).search(Request(limit=100)))
        tried(lambda: scrub(store))
    return errors


# ---------------------------------------------------------------------------------------------- hostile contents


def contents(name: str) -> st.SearchStrategy[bytes]:
    """Draw other bytes for a section: similar or arbitrary ones."""
    data, table = sound()
    start, size, _, _ = table["sections"][name]
    own = data[start : start + size]
    others = st.sampled_from(sections()).map(lambda other: _content(data, table, other))
    plain = st.one_of(
        st.binary(max_size=200),
        st.integers(0, 2 * len(own) + 16).flatmap(lambda length: st.binary(min_size=length, max_size=length)),
        st.builds(bytes, st.sampled_from([0, 1, 8, len(own), len(own) + 8, 2 * len(own)])),
        st.sampled_from([0, 1, 8, len(own), len(own) + 8]).map(lambda length: b"\xff" * length),
        st.integers(0, len(own)).map(lambda length: own[:length]),
        st.lists(st.tuples(st.integers(0, max(0, len(own) - 1)), st.integers(0, 255)), min_size=1, max_size=5).map(
            lambda edits: _edited(own, edits)
        ),
        others,
    )
    if name.endswith((".terms", ".values")):
        return plain | _dictionaries(own)
    if name == "stored.blocks":
        return plain | plain.map(_deflate)
    return plain


def _content(data: bytes, table: Mapping[str, Any], name: str) -> bytes:
    start, size, _, _ = table["sections"][name]
    return data[start : start + size]


def _edited(data: bytes, edits: list[tuple[int, int]]) -> bytes:
    edited = bytearray(data)
    for place, byte in edits:
        if place < len(edited):
            edited[place] = byte
    return bytes(edited)


def _deflate(data: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(data) + deflate.flush()


def _dictionaries(own: bytes) -> st.SearchStrategy[bytes]:
    """Draw valid streams whose contents may look like a dictionary."""
    opened = zlib.decompress(own)
    edits = st.lists(st.tuples(st.integers(0, len(opened) - 1), st.integers(0, 255)), min_size=1, max_size=4)
    number = st.sampled_from([0, 1, 2, 19, 20, 21, 255, 2**16, 2**31, 2**32 - 1])
    heads = st.builds(
        lambda count, size, rows, rest: struct.pack("<III", count, size, rows) + rest,
        number,
        number,
        number,
        st.binary(max_size=400),
    )
    return (edits.map(lambda some: _edited(opened, some)) | heads).map(deflated)


TYPES = st.sampled_from([*layout.WIDTHS])


def any_bytes(drawn: st.DataObject) -> None:
    """Replace the bytes of one or a few sections, rarely with another type."""
    names = drawn.draw(
        st.lists(st.sampled_from(sections()), min_size=1, max_size=drawn.draw(st.sampled_from([1, 1, 5])))
    )
    some = {}
    for name in names:
        kind = layout_type(name) if drawn.draw(st.integers(0, 4)) else drawn.draw(TYPES)
        content, width = drawn.draw(contents(name)), layout.WIDTHS[kind]
        some[name.replace(".", "_")] = (kind, content[: len(content) // width * width])
    everything(with_sections(**some))


IN_THE_PROOFS = [pytest.param(other, marks=pytest.mark.prove) for other in ("zeros", "reversed")]


class TestSections:
    @settings(max_examples=12, deadline=None)
    @given(st.data())
    def test_of_any_bytes_bring_no_error_but_our_own(self, drawn: st.DataObject) -> None:
        any_bytes(drawn)

    @pytest.mark.prove(minutes=2)
    @settings(max_examples=1_500, deadline=None)
    @given(st.data())
    def test_of_any_bytes_bring_no_error_but_our_own_however_often(self, drawn: st.DataObject) -> None:
        any_bytes(drawn)

    @pytest.mark.sampled
    @pytest.mark.parametrize("name", some(sections()))
    @pytest.mark.parametrize("other", ["ones", *IN_THE_PROOFS])
    def test_of_the_right_length_are_not_believed(self, name: str, other: str) -> None:
        """Numbers of the right count lead on to wherever they say."""
        data, table = sound()
        own = _content(data, table, name)
        content = {"zeros": bytes(len(own)), "ones": b"\xff" * len(own), "reversed": own[::-1]}[other]
        everything(with_sections(**{name.replace(".", "_"): content}))


def layout_type(name: str) -> str:
    kind: str = sound()[1]["sections"][name][2]
    return kind


class TestTables:
    @sampled(40)
    @given(drawn=st.data())
    def test_of_any_numbers_bring_no_error_but_our_own(self, drawn: st.DataObject) -> None:
        data, table = sound()
        number = st.integers() | st.sampled_from([0, 1, 19, 20, 21, 2**16, 2**31, 2**53 - 1, 2**63, 2**64, 10**400])
        anything = number | st.none() | st.text(max_size=3) | st.lists(st.integers(), max_size=2) | st.floats()
        for _ in range(drawn.draw(st.integers(1, 3))):
            place = drawn.draw(st.sampled_from(["documents", "lengths", "entry", "number", "format", "left out"]))
            name = drawn.draw(st.sampled_from(sections()))
            if place == "documents":
                table["documents"] = drawn.draw(anything)
            elif place == "lengths":
                table["lengths"] = {"exact": drawn.draw(anything), "stemmed": drawn.draw(number)}
            elif place == "entry":
                table["sections"][name] = drawn.draw(anything)
            elif place == "number" and isinstance(table["sections"].get(name), list):
                entry = list(table["sections"][name])
                if entry:
                    entry[drawn.draw(st.integers(0, len(entry) - 1))] = drawn.draw(anything)
                table["sections"][name] = entry
            elif place == "format":
                table["format"] = drawn.draw(anything)
            elif place == "left out":
                table["sections"].pop(name, None)
        everything(a_store(data, table))

    @pytest.mark.sampled
    @pytest.mark.parametrize("name", some(sections()))
    def test_without_a_section_bring_no_error_but_our_own(self, name: str) -> None:
        data, table = sound()
        del table["sections"][name]
        assert everything(a_store(data, table))

    @pytest.mark.parametrize("documents", [0, 1, 19, 21, 2**16, 2**32, 2**53 - 1])
    def test_of_other_documents_than_there_are_bring_no_error_but_our_own(self, documents: int) -> None:
        data, table = sound()
        assert everything(a_store(data, {**table, "documents": documents}))


class TestLedgers:
    @sampled(30)
    @given(st.integers(0, 2**32), st.sampled_from([0, 1, 5, 20, 40]), st.sampled_from([20, 21, 2**53 - 1]))
    def test_of_any_rows_bring_no_error_but_our_own(self, seed: int, rows: int, quotes: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - the same every time
        entry, data = parts()[0]
        own = data[entry.ledger_start :]
        ledger = bytearray(chance.choice([own, own[: rows * RECORD], chance.randbytes(rows * RECORD)]))
        for _ in range(chance.randrange(4) if ledger else 0):
            ledger[chance.randrange(len(ledger))] = chance.randrange(256)
        records = len(ledger) // RECORD
        retired = tuple(sorted(chance.sample(range(records), min(records, chance.randrange(9)))))
        known = {
            "quoted": min(records, chance.choice([0, 1, 19, 20])),
            "quotes": quotes,
            "retired": retired,
            "retired_since": tuple(chance.randrange(9) for _ in retired),
            "retired_quotes": chance.choice([0, 1, 20]),
            "ids": chance.randrange(2**64),
        }
        everything(a_store(*sound(), bytes(ledger), **known), merges=False)

    def test_of_which_other_records_have_quotes_than_the_manifest_says_are_not_merged(self) -> None:
        entry, data = parts()[0]
        own = data[entry.ledger_start :]
        backwards = b"".join(own[start : start + RECORD] for start in range(0, len(own), RECORD)[::-1])
        everything(a_store(*sound(), backwards, quoted=2))


def with_stored(quote: bytes) -> MemoryStore:
    """A store whose first segment has the same stored quote for every document."""
    blocks = [_deflate(struct.pack("<8I", *[len(quote)] * 8) + quote * 8)] * 3
    offsets = struct.pack("<4Q", *[sum(map(len, blocks[:n])) for n in range(4)])
    return with_sections(stored_blocks=b"".join(blocks), stored_offsets=offsets, stored_dictionary=b"")


class TestStoredQuotes:
    @pytest.mark.parametrize(
        "quote",
        [
            b"",
            b"null",
            b"{}",
            b"[" * 300_000,
            b'{"id":"q_s1_3","x":' + b"[" * 300_000,
            b'{"id":' + b'"' + b"\xff" * 8 + b'"',
        ],
    )
    def test_of_any_bytes_bring_no_error_but_our_own(self, quote: bytes) -> None:
        blocks = [_deflate(struct.pack("<8I", *[len(quote)] * 8) + quote * 8)] * 3
        offsets = struct.pack("<4Q", *[sum(map(len, blocks[:n])) for n in range(4)])
        errors = everything(
            with_sections(stored_blocks=b"".join(blocks), stored_offsets=offsets, stored_dictionary=b"")
        )
        assert errors

    def test_with_a_number_that_is_too_large_bring_no_error_but_our_own(self) -> None:
        told = build.to_json(build.page(Searcher(a_store(*sound())).search(Request(limit=1)), 1))["hits"][0]
        value = {name: told[name] for name in told if name not in ("highlights", "score", "links")}
        quote = json.dumps({**value, "selector": {"exact": "", "start": 10**40}}).encode()
        everything(with_stored(quote))


def a_bomb(opened: int) -> bytes:
    """Return a stream of a thousandth of its decompressed size, which is all zeros."""
    return deflated(bytes(opened))


def a_dictionary(count: int, size: int, rows: int, opened: int) -> bytes:
    return deflated(struct.pack("<III", count, size, rows) + bytes(opened))


def _named(change: Callable[[dict[str, Any]], None]) -> MemoryStore:
    """A store with another table of the first segment in its manifest, up to the size limit of a file."""
    data, table = sound()
    change(table)
    store = a_store(data, table)
    first, second = snapshot.load(store).manifest.segments
    pages = page_table.pages(LARGEST_SEGMENT - 40_000_000)
    places = {
        "index_start": pages * page_table.DIGEST,
        "size": LARGEST_SEGMENT - 40_000_000 + pages * page_table.DIGEST,
    }
    first = replace(first, **places, ledger_start=places["size"] - 20 * RECORD)
    store.objects[snapshot.KEY] = manifest.to_bytes(Manifest(7, "nonce", (first, second)))
    return store


def _endless(table: dict[str, Any]) -> None:
    """Claim as many documents as the file has room for."""
    documents = 40_000_000
    table["documents"] = documents
    start = 64
    for entry in table["sections"].values():
        if entry[1] in (20, 40, 80, 160):
            width = layout.WIDTHS[entry[2]]
            entry[:2] = [start, documents * width]
            start += -(-documents * width // 64) * 64
    table["sections"]["stored.offsets"] = [64, (documents // 8 + 1) * 8, "u8", 0]


MIB = 1 << 20
BOMBS: Mapping[str, Callable[[], MemoryStore]] = {
    "a dictionary of zeros": lambda: with_sections(exact_terms=a_bomb(24 * MIB)),
    "a dictionary of terms without letters": lambda: with_sections(
        stemmed_terms=a_dictionary(2 * MIB, 0, 1, 2 * MIB * 12)
    ),
    "values without letters": lambda: with_sections(speaker_values=a_dictionary(2 * MIB, 0, 1, 2 * MIB * 12)),
    "one endless word": lambda: with_sections(exact_terms=a_dictionary(1, 24 * MIB, 1, 12 + 24 * MIB)),
    "a dictionary of no terms in countless parts": lambda: with_sections(exact_terms=a_dictionary(0, 0, 2**32 - 1, 0)),
    "countless postings": lambda: with_sections(
        exact_terms=deflated(struct.pack("<III", 9, 0, 1) + bytes(72) + b"\xff" * 36)
    ),
    "blocks of zeros": lambda: with_sections(
        stored_blocks=_deflate(bytes(24 * MIB)) * 3,
        stored_offsets=struct.pack("<4Q", *[len(_deflate(bytes(24 * MIB))) * n for n in range(4)]),
    ),
    "a record without end": lambda: with_sections(record=("u4", b"\xff" * 80)),
    "dates without end": lambda: with_sections(published=("i8", b"\x7f" * 160)),
    "as many documents as a file could have": lambda: _named(_endless),
}


class TestMemory:
    @pytest.mark.sampled
    @pytest.mark.parametrize("name", some([*BOMBS]))
    def test_depends_on_real_sizes_and_not_on_claimed_ones(self, name: str) -> None:
        everything(a_store(*sound()))  # so that imports do not count
        store = BOMBS[name]()
        tracemalloc.start()
        try:
            errors = everything(store)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert errors
        assert peak < 12 * MIB + 64 * sum(map(len, store.objects.values()))

    @pytest.mark.prove
    def test_is_always_enough_for_a_stored_quote(self) -> None:
        """One word of a million letters: a writer writes no block that a reader would reject as too large."""
        store, cry = MemoryStore(), "a" * (MIB - 9)
        archive = Archive(store, TestEffects().effects())
        archive.add([a_given(f"{cry} {number}", id=str(number)) for number in range(3)])
        archive.add(a_given("Silence.", id="silence"))
        assert archive.search("2").hits[0].quote.text == f"{cry} 2"
        assert archive.scrub().findings == ()
