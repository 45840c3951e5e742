"""Scrub: a sound archive has no findings, and each kind of damage has a precise one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace as changed
from itertools import count as count_from

import numpy as np
import pytest
from msgspec.structs import replace

from quoth.archive import Archive
from quoth.engine import segment
from quoth.engine.segment import layout
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.writing import arrays, merging
from quoth.errors import NotFound, Unavailable
from quoth.scrub import ScrubReport, scrub
from quoth.storage import history, manifest, segments, snapshot
from quoth.storage.commit import LedgerCache, commit
from quoth.storage.files import page_table
from quoth.storage.files.segment_file import InMemoryFile
from quoth.storage.ledger import RECORD
from quoth.storage.maintenance import compaction
from quoth.storage.manifest import Manifest, SegmentEntry
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Blob
from tests.support.builders import TestEffects, a_draft, a_given, a_quote, a_record, an_article, day

KEY = "segments/s1"


def a_store(*quotes: str, id: str = "s1") -> MemoryStore:
    """One segment with one record per quote."""
    store = MemoryStore()
    put(store, id, *(quotes or ("The dam will hold.", "We measured the dam.", "Money first.")))
    return store


def put(store: MemoryStore, id: str, *texts: str) -> None:
    pairs = [(f"q_{id}_{n}", a_quote(text, id=f"q_{id}_{n}", published=day(2020 + n))) for n, text in enumerate(texts)]
    draft = segments.seal(id, segment.build(pairs), [a_record(key) for key, _ in pairs])
    commit(store, draft, LedgerCache(store), TestEffects().effects())


def told(store: MemoryStore) -> list[tuple[str, str]]:
    return [(finding.key, finding.what) for finding in scrub(store).findings]


def rewritten(store: MemoryStore, change: Callable[[Manifest], Manifest]) -> None:
    """Replace the manifest by another one with a valid hash."""
    changed = change(snapshot.load(store).manifest)
    store.objects[snapshot.KEY] = manifest.to_bytes(changed)


def changed_entry(store: MemoryStore, **known: object) -> None:
    def change(found: Manifest) -> Manifest:
        first, *others = found.segments
        return replace(found, segments=(replace(first, **known), *others))  # type: ignore[arg-type]

    rewritten(store, change)


def resealed(store: MemoryStore, index: bytes | None = None, ledger: bytes | None = None, **known: object) -> None:
    """Replace the index or ledger of the segment, and recompute all hashes."""
    (entry,) = snapshot.load(store).manifest.segments
    data = store.objects[KEY]
    index = data[entry.index_start : entry.ledger_start] if index is None else index
    ledger = data[entry.ledger_start :] if ledger is None else ledger
    table = page_table.build(index + ledger)
    file = table + index + ledger
    store.objects[KEY] = file
    places = {"size": len(file), "index_start": len(table), "ledger_start": len(table) + len(index)}
    hashes = {
        "sha256": manifest.sha256(file),
        "pages_sha256": manifest.sha256(table),
        "ledger_sha256": manifest.sha256(ledger),
    }
    changed_entry(store, **{**places, **hashes, **known})


class TestSound:
    def test_an_empty_archive(self) -> None:
        assert scrub(MemoryStore()) == ScrubReport(0, 0, 0, 0, 0, 0, 0, ())

    def test_an_archive_through_all_that_happens_to_it(self) -> None:
        """After replacements, withdrawals, merges, rollbacks and collections, the sum of ids matches the quotes."""
        clock = [0.0]
        store = MemoryStore(lambda: clock[0])
        archive = Archive(store, TestEffects().effects())
        sums = []

        def look() -> ScrubReport:
            found = archive.scrub()
            assert found.findings == ()
            assert (found.quotes, found.generation) == (archive.stats().quotes, archive.stats().generation)
            sums.append(found.ids)
            return found

        archive.add([a_given(f"Saying {n}.", id=str(n)) for n in range(5)])
        archive.add(an_article("“The dam will hold,” said Ada Okafor.", id="a"))
        before = look()
        archive.add(an_article("“The dam held,” said Ada Okafor. “It did,” she said.", id="a", version=2))
        look()
        archive.withdraw(archive.search("saying").hits[0].quote.id)
        look()
        archive.add(an_article("No quote in here.", id="b"))
        look()
        merging = TestEffects(names=count_from(1000)).effects()
        while compaction.compact(store, merging, segment.merge) is not None:
            look()
        assert sums[-1] == sums[-2]
        archive.rollback(before.generation)
        assert look().ids != before.ids  # what was withdrawn stays so
        archive.rollback(before.generation, restore_withdrawn=True)
        assert look().ids == before.ids
        clock[0] += 10 * 86_400
        archive.collect()
        assert look().generations == 1

    def test_segments_that_are_merged_keep_the_sum(self) -> None:
        archive = Archive(MemoryStore(), TestEffects().effects())
        for number in range(7):
            archive.add(a_given(f"Saying {number}.", id=str(number)))
        before = archive.scrub()
        archive.add(a_given("One too many.", id="one too many"))
        archive.withdraw(archive.search('"one too many"').hits[0].quote.id)
        after = archive.scrub()
        assert (after.ids, after.quotes, after.findings) == (before.ids, before.quotes, ())

    def test_counts_its_reads_and_reports_each_object(self) -> None:
        store = a_store()
        put(store, "s2", "Another one.")
        seen = []
        found = scrub(store, lambda: seen.append(1))
        assert found.objects == len(seen) == len(store.objects) == 4
        assert found.bytes == sum(map(len, store.objects.values()))
        assert (found.generation, found.generations, found.quotes) == (2, 2, 4)

    def test_garbage_is_counted_and_is_no_fault(self) -> None:
        store = a_store()
        segments.write(store, (draft := a_draft("left", a_record("a_9"))).entry, draft.data)
        store.create("history/000000000001", b"no name of a copy")
        store.create("articles/x/y.json", b"{}")
        found = scrub(store)
        assert (found.unreachable, found.findings) == (2, ())

    def test_without_the_history_only_the_newest_generation_is_read(self) -> None:
        store = a_store()
        put(store, "s2", "Another one.")
        store.objects[next(key for key in store.objects if key.startswith(history.PREFIX))] = b""
        found = scrub(store, history=False)
        assert (found.objects, found.generations, found.unreachable, found.findings) == (3, 1, 0, ())


class TestBytes:
    def test_every_flipped_bit_is_found(self) -> None:
        store = a_store("One.")
        for key, data in list(store.objects.items()):
            for place in range(0, len(data), 7):
                store.objects[key] = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
                found = told(store)
                assert [name for name, _ in found] == [key], (key, place)
            store.objects[key] = data

    @pytest.mark.parametrize(
        ("damage", "what"),
        [
            (lambda data: data[:-1], "bytes, the manifest says"),
            (lambda data: data + b"\0", "bytes, the manifest says"),
            (lambda data: b"", "it has 0 bytes, the manifest says"),
            (lambda data: bytes(len(data)), "it has sha256"),
        ],
    )
    def test_a_segment_that_is_another_file_is_named(self, damage: Callable[[bytes], bytes], what: str) -> None:
        store = a_store()
        store.objects[KEY] = damage(store.objects[KEY])
        ((key, found),) = told(store)
        assert key == KEY
        assert what in found

    def test_a_missing_segment_is_named_with_its_generation(self) -> None:
        store = a_store()
        del store.objects[KEY]
        assert told(store) == [(KEY, "it is gone, but manifest.json names it")]

    def test_one_fault_does_not_hide_another(self) -> None:
        store = a_store()
        for number in range(2, 6):
            put(store, f"s{number}", f"Saying {number}.")
        store.objects["segments/s2"] = b""
        del store.objects["segments/s4"]
        store.objects["segments/s5"] = bytes(len(store.objects["segments/s5"]))
        assert [key for key, _ in told(store)] == ["segments/s2", "segments/s4", "segments/s5"]

    def test_a_segment_that_was_collected_meanwhile_is_not_missed(self) -> None:
        class Collecting(MemoryStore):
            def get(self, key: str) -> Blob:
                if key == KEY:
                    self.objects.pop(KEY, None)
                    rewritten(self, lambda found: replace(found, segments=()))
                return super().get(key)

        store = Collecting()
        store.objects.update(a_store().objects)
        assert told(store) == []

    def test_a_copy_that_was_collected_meanwhile_is_not_missed(self) -> None:
        class Collecting(MemoryStore):
            def get(self, key: str) -> Blob:
                if key.startswith(history.PREFIX):
                    raise NotFound(key)
                return super().get(key)

        store = Collecting()
        put(store, "s1", "One.")
        put(store, "s2", "Two.")
        assert (told(store), scrub(store).generations) == ([], 1)


class TestGenerations:
    @pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"format":9}'])
    def test_a_manifest_that_cannot_be_read_is_found(self, data: bytes) -> None:
        store = a_store()
        store.objects[snapshot.KEY] = data
        ((key, _),) = told(store)
        assert key == snapshot.KEY

    def test_a_manifest_that_is_gone_is_found_by_its_history(self) -> None:
        store = a_store()
        put(store, "s2", "Two.")
        put(store, "s3", "Three.")
        del store.objects[snapshot.KEY]
        assert told(store) == [(snapshot.KEY, "it is gone, but generation 2 existed")]

    def test_an_older_manifest_that_was_put_back_is_found(self) -> None:
        store = a_store()
        first = store.objects[snapshot.KEY]
        put(store, "s2", "Two.")
        put(store, "s3", "Three.")
        store.objects[snapshot.KEY] = first
        assert told(store) == [(snapshot.KEY, "it went back to generation 1, but generation 2 existed")]

    def test_a_copy_of_another_generation_is_found(self) -> None:
        store = a_store()
        put(store, "s2", "Two.")
        (copy,) = (key for key in store.objects if key.startswith(history.PREFIX))
        store.objects[copy] = store.objects[snapshot.KEY]
        assert told(store) == [(copy, "it is a copy of generation 2")]

    def test_a_segment_that_only_the_past_needs_is_checked(self) -> None:
        store = a_store()
        put(store, "s2", "Two.")
        rewritten(store, lambda found: replace(found, segments=found.segments[1:]))
        store.objects[KEY] = b""
        assert [key for key, _ in told(store)] == [KEY]

    def test_the_store_that_does_not_answer_is_no_finding(self) -> None:
        class Away(MemoryStore):
            def get(self, key: str) -> Blob:
                raise Unavailable("try again")

        with pytest.raises(Unavailable):
            scrub(Away())


class TestBooks:
    """The hashes are valid, but the data is wrong: its writer was faulty or hostile."""

    @pytest.mark.parametrize(
        ("known", "what"),
        [
            ({"quotes": 4}, "the manifest says 4 quotes of 3 records"),
            ({"quoted": 2}, "the manifest says 3 quotes of 2 records"),
            ({"ids": 1}, "with the sum 0000000000000001"),
            ({"pages_sha256": "0" * 64}, "its page table does not match the manifest"),
            ({"ledger_sha256": "0" * 64}, "its ledger does not match the manifest"),
            ({"table": {}}, "the table of a segment cannot be read"),
        ],
    )
    def test_an_entry_of_the_manifest_is_compared_with_its_segment(self, known: dict[str, object], what: str) -> None:
        store = a_store()
        changed_entry(store, **known)
        ((key, found),) = told(store)
        assert key == KEY
        assert what in found

    @pytest.mark.parametrize(
        "known",
        [
            {"retired": (1,), "retired_since": (1,)},
            {"retired_quotes": 1},
            {"retired_ids": 1},
            {"retired": (0,), "retired_since": (1,), "retired_quotes": 1, "retired_ids": 77},
        ],
    )
    def test_retired_records_are_compared_with_the_ledger(self, known: dict[str, object]) -> None:
        store = a_store()
        changed_entry(store, **known)
        ((key, found),) = told(store)
        assert key == snapshot.KEY
        assert found.startswith("it retires ")

    def test_the_table_in_the_manifest_is_that_of_the_file(self) -> None:
        store = a_store()
        (entry,) = snapshot.load(store).manifest.segments
        table = json.loads(json.dumps(entry.table))
        table["sections"]["id"] = table["sections"]["article"]
        changed_entry(store, table=table)
        assert told(store) == [(KEY, "the table in the manifest is not that of the file")]

    def test_pages_are_compared_with_the_page_table(self) -> None:
        store = a_store()
        (entry,) = snapshot.load(store).manifest.segments
        data = bytes(entry.index_start) + store.objects[KEY][entry.index_start :]
        store.objects[KEY] = data
        table = data[: entry.index_start]
        changed_entry(store, sha256=manifest.sha256(data), pages_sha256=manifest.sha256(table))
        assert told(store) == [(KEY, "its pages do not match its page table")]

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda rows: [rows[1], rows[0], rows[2]], "not in order"),
            (lambda rows: [rows[0], rows[0], rows[2]], "a record twice"),
            (lambda rows: [rows[0], rows[1][:16] + rows[2][16:], rows[2][:16] + rows[1][16:]], "its index has"),
        ],
    )
    def test_a_ledger_that_its_hash_vouches_for_is_compared_with_the_index(
        self, change: Callable[[list[bytes]], list[bytes]], what: str
    ) -> None:
        store = a_store()
        (entry,) = snapshot.load(store).manifest.segments
        ledger = store.objects[KEY][entry.ledger_start :]
        rows = [ledger[start : start + RECORD] for start in range(0, len(ledger), RECORD)]
        resealed(store, ledger=b"".join(change(rows)))
        assert any(key == KEY and what in found for key, found in told(store))

    def test_a_record_that_stands_in_two_segments_is_found_in_each_generation_that_has_it(self) -> None:
        store = a_store("One.")
        put(store, "s2", "Two.")
        draft = segments.seal("s3", segment.build([("q_s1_0", a_quote(id="q_s1_0"))]), [a_record("q_s1_0")])
        segments.write(store, draft.entry, draft.data)
        rewritten(store, lambda found: replace(found, segments=(*found.segments, draft.entry)))
        ((key, found),) = told(store)
        assert key == snapshot.KEY
        assert found.endswith("is in two segments")

        def retire(found: Manifest) -> Manifest:
            first, *others = found.segments
            retired = {"retired": (0,), "retired_since": (1,)}
            gone = replace(first, **retired, retired_quotes=first.quotes, retired_ids=first.ids)
            return replace(found, segments=(gone, *others))

        rewritten(store, retire)
        assert told(store) == []


# The possible faults of a segment's writer, and their findings.
def _shuffled(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    return changed(made, stored=list(made.stored)[::-1])


def _renamed(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    return changed(made, keys={**made.keys, "id": made.keys["id"] + np.uint64(1)})


def _redated(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    return changed(made, numbers={**made.numbers, "published": made.numbers["published"] - 1})


def _oldest_first(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    return changed(made, numbers={**made.numbers, "published": made.numbers["published"][::-1]})


def _unsorted_terms(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    postings = made.texts["exact"].postings
    postings = changed(postings, terms=[*postings.terms[:-2], postings.terms[-1], postings.terms[-2]])
    return changed(made, texts={**made.texts, "exact": changed(made.texts["exact"], postings=postings)})


def _unsorted_docs(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    postings = made.texts["stemmed"].postings
    postings = changed(postings, docs=postings.docs[::-1].copy())
    return changed(made, texts={**made.texts, "stemmed": changed(made.texts["stemmed"], postings=postings)})


def _longer(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    return changed(made, texts={**made.texts, "exact": changed(made.texts["exact"], length=99)})


def _other_positions(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    text = made.texts["exact"]
    assert text.positions is not None
    positions = changed(text.positions, further=np.zeros_like(text.positions.further))
    return changed(made, texts={**made.texts, "exact": changed(text, positions=positions)})


def _unused_value(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    values = changed(made.values["speaker"], values=[*made.values["speaker"].values, b"zz"])
    return changed(made, values={**made.values, "speaker": values})


def _other_speaker(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    ordinals = made.values["speaker"].ordinals[::-1].copy()
    return changed(made, values={**made.values, "speaker": changed(made.values["speaker"], ordinals=ordinals)})


def _other_records(made: arrays.SegmentArrays) -> arrays.SegmentArrays:
    return changed(made, records=made.records[::-1].copy())


class TestTheEngine:
    @pytest.mark.parametrize(
        ("wrong", "what"),
        [
            (_shuffled, "does not match the column"),
            (_renamed, "does not match the column id"),
            (_redated, "does not match the column published"),
            (_oldest_first, "the quotes are not sorted newest first"),
            (_unsorted_terms, "the terms of 'exact' are not in order"),
            (_unsorted_docs, "the postings of 'stemmed' are not in order"),
            (_longer, "tokens, its table has another number"),
            (_other_positions, "'exact'"),
            (_unused_value, "the values and ordinals of 'speaker' do not match"),
            (_other_speaker, "does not match the column speaker"),
            (_other_records, "its index has"),
        ],
    )
    def test_a_segment_that_was_written_wrong_is_found(
        self, wrong: Callable[[arrays.SegmentArrays], arrays.SegmentArrays], what: str
    ) -> None:
        quotes = [
            a_quote("No, no, the dam will hold.", id="q_1", published=day(2020)),
            a_quote("The dam, the dam!", id="q_2", speaker="Bo Lind", published=day(2021)),
            a_quote("Money first.", id="q_3", speaker="Bo Lind", published=day(2022)),
        ]
        built = segment.build((quote.id, quote) for quote in quotes)
        reader = SegmentReader(InMemoryFile(built.data), layout.from_json(built.table))
        made = merging.merged([reader], [np.arange(3)])
        draft = segments.seal("s1", built, [a_record(quote.id) for quote in quotes])
        store = MemoryStore()
        commit(store, draft, LedgerCache(store), TestEffects().effects())
        data = arrays.write(wrong(changed(made, stored=list(made.stored))))
        resealed(store, index=data, table=layout.to_json(layout.read_table(data)))
        ((key, found),) = told(store)
        assert key == KEY
        assert what in found

    def test_a_section_with_a_wrong_checksum_is_named(self) -> None:
        built = segment.build([("q_1", a_quote(id="q_1"))])
        start, size, _, _ = built.table["sections"]["exact.postings"]
        data = built.data[:start] + b"\1" * size + built.data[start + size :]
        store = a_store("The dam will hold.")
        resealed(store, index=data, table=built.table)
        assert told(store) == [(KEY, "section 'exact.postings' of a segment does not match its checksum")]

    def test_a_segment_that_brings_no_quotes_has_no_index(self) -> None:
        store = a_store()
        draft = a_draft("s2", a_record("a_9", withdrawn=True, quotes=0), data=b"what is this")
        commit(store, draft, LedgerCache(store), TestEffects().effects())
        assert told(store) == [("segments/s2", "it has an index but no quotes")]


def test_an_entry_that_differs_from_one_generation_to_the_next_is_compared_with_the_file_each_time() -> None:
    store = a_store()
    put(store, "s2", "Two.")

    def change(found: Manifest) -> Manifest:
        first: SegmentEntry = found.segments[0]
        return replace(found, segments=(replace(first, ids=1), *found.segments[1:]))

    rewritten(store, change)
    ((key, what),) = told(store)
    assert key == KEY
    assert "the sum 0000000000000001" in what
