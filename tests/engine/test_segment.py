"""The segment file: its contents survive a round trip, and a merge equals a build from scratch."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import decomposition, normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whoosh.lang.snowball.english import EnglishStemmer

from quoth.engine import analysis, segment
from quoth.engine.segment import dictionary, documents, layout
from quoth.engine.segment.columns import TombstoneColumns, key, missing, narrow, newest_first, widened
from quoth.engine.segment.dictionary import Dictionary
from quoth.engine.segment.writing import inversion, numbering
from quoth.engine.segment.writing.arrays import write_tombstones
from quoth.errors import Damaged, Outdated
from quoth.quote import Quote
from quoth.storage.segments import MergePart, Retirement
from quoth.text.unseen import bare
from quoth.text.wording.compounds import compounds
from quoth.text.wording.folding import folded
from tests.engine.golden.segment import FOLDER, INDEXED, QUOTES, read, told
from tests.support.builders import a_quote, day
from tests.support.effort import sampled
from tests.support.oracle import numbered, to_merge

CURRENT = FOLDER / f"segment-{layout.FORMAT}.quoth"
OLDER = sorted(set(FOLDER.glob("*.quoth")) - {CURRENT})

WORDS = st.text(st.sampled_from("aábcZ.'е́土 "), max_size=12)
SOME_QUOTES = st.lists(
    st.builds(
        a_quote,
        WORDS,
        id=st.uuids().map(str),
        speaker=st.sampled_from(["Ada Okafor", "Bo Lind", None]),
        published=st.sampled_from([None, day(1950), day(2020), day(2021)]),
        publisher=st.sampled_from([None, "The Paper", "Le Journal"]),
        article_id=st.sampled_from("abcde"),
    ),
    min_size=1,
    max_size=30,
)


def pairs(quotes: Sequence[Quote]) -> list[tuple[str, Quote]]:
    return [(_record(quote), quote) for quote in quotes]


def _record(quote: Quote) -> str:
    return f"record of {quote.article.id}"


def of_records(built: segment.BuiltSegment) -> list[tuple[int, int]]:
    """The number of quotes and the sum of their ids that a build reports for each record."""
    return list(zip(built.counts.tolist(), built.ids.tolist(), strict=True))


class TestGolden:
    def test_a_file_of_the_current_format_is_read(self) -> None:
        assert told(read(CURRENT.read_bytes())) == json.loads(CURRENT.with_suffix(".json").read_text(encoding="utf-8"))

    def test_the_current_format_has_a_golden_file(self) -> None:
        assert CURRENT.read_bytes()[8] == layout.FORMAT

    @pytest.mark.parametrize("file", OLDER, ids=lambda file: file.stem)
    def test_an_older_file_is_refused_with_the_command_that_helps(self, file) -> None:
        with pytest.raises(Outdated, match=r"format [12], .*`quoth reindex --into NEW_STORE`"):
            read(file.read_bytes())

    def test_a_build_today_has_the_golden_contents(self) -> None:
        # Not byte by byte: another zlib may compress differently.
        expected = json.loads(CURRENT.with_suffix(".json").read_text(encoding="utf-8"))
        assert told(read(segment.build(QUOTES, INDEXED).data)) == expected


class TestFile:
    def test_sections_are_aligned_and_do_not_overlap(self) -> None:
        sections = layout.read_table(segment.build(QUOTES).data).sections.values()
        assert all(section.start % layout.ALIGNMENT == 0 for section in sections)
        assert all(a.stop <= b.start for a, b in pairwise(sections))

    def test_every_damaged_section_is_named(self) -> None:
        data = segment.build(QUOTES).data
        layout.check(data)
        for name, section in layout.read_table(data).sections.items():
            if section.start == section.stop:
                continue
            bad = bytearray(data)
            bad[section.stop - 1] ^= 1
            with pytest.raises(Damaged, match=f"section '{name}'"):
                layout.check(bytes(bad))

    @pytest.mark.parametrize(
        "change",
        [
            lambda data: b"",
            lambda data: data[:40],
            lambda data: b"QUOTHSEX" + data[8:],
            lambda data: data[:-1],
            lambda data: data[:16] + b"\xff" * 8 + data[24:],
        ],
        ids=["empty", "short", "another mark", "cut off", "table elsewhere"],
    )
    def test_a_file_that_is_not_a_segment_is_refused(self, change) -> None:
        with pytest.raises(Damaged):
            layout.read_table(change(segment.build(QUOTES).data))

    @pytest.mark.parametrize(
        "entry",
        [[1, 8, "i8", 0], [64, -8, "i8", 0], [64, 7, "i8", 0], [64, 8, "f8", 0], [64, 8, "i8"], [64, 8.0, "i8", 0]],
    )
    def test_an_impossible_table_is_refused(self, entry) -> None:
        table = {"format": layout.FORMAT, "documents": 1, "lengths": {}, "sections": {"published": entry}}
        with pytest.raises(Damaged):
            layout.from_json(table)

    def test_no_quotes_make_no_file(self) -> None:
        built = segment.build([])
        assert (built.data, built.table, of_records(built)) == (b"", {}, [])
        assert (built.counts.dtype, built.ids.dtype) == ("i8", "u8")


class TestDocuments:
    @sampled(100)
    @given(SOME_QUOTES)
    def test_the_newest_come_first_and_ties_keep_their_order(self, quotes: list[Quote]) -> None:
        stored = told(read(segment.build(pairs(quotes)).data))["documents"]
        dated = [q for q in quotes if q.article.published]
        expected = sorted(dated, key=lambda q: q.article.published, reverse=True)
        assert [d["id"] for d in stored] == [q.id for q in [*expected, *(q for q in quotes if q not in dated)]]

    @sampled(100)
    @given(st.lists(st.binary(max_size=300), min_size=1, max_size=40))
    def test_documents_come_back_from_their_blocks(self, stored: list[bytes]) -> None:
        sections = dict(documents.pack(stored))
        offsets, blocks = sections["stored.offsets"], sections["stored.blocks"]
        opened = [
            document
            for start, stop in pairwise(offsets.tolist())
            for document in documents.unpack(blocks[start:stop], sections["stored.dictionary"])
        ]
        assert opened[: len(stored)] == stored
        assert not any(opened[len(stored) :])

    def test_a_block_that_is_cut_off_or_lies_about_its_sizes_is_damage(self) -> None:
        sections = dict(documents.pack([b"one", b"two"]))
        block, sample = sections["stored.blocks"], sections["stored.dictionary"]
        deflate = zlib.compressobj(wbits=-15, zdict=sample)
        lie = deflate.compress(b"\x04\0\0\0" + bytes(28) + b"one") + deflate.flush()
        for bad in (block[:-2], lie, b"\xff\xff", b""):
            with pytest.raises(Damaged):
                documents.unpack(bad, sample)


class TestDictionary:
    @sampled(100)
    @given(st.sets(st.text(min_size=1, max_size=6).map(str.encode), max_size=50), st.text(max_size=3).map(str.encode))
    def test_lookups_are_those_of_a_plain_list(self, terms: set[bytes], start: bytes) -> None:
        known = sorted(terms)
        frequencies = np.arange(1, len(known) + 1)
        in_parts = np.array([frequencies, frequencies * 3])
        found = Dictionary(dictionary.pack(known, frequencies * 2, in_parts))
        assert list(found) == known
        assert found.find(start) == (known.index(start) if start in terms else None)
        assert [known[n] for n in found.starting(start)] == [term for term in known if term.startswith(start)]
        assert [known[n] for n in found.between(start, None)] == [term for term in known if term >= start]
        assert [known[n] for n in found.between(None, start)] == [term for term in known if term < start]
        assert np.diff(found.postings).tolist() == (frequencies * 4).tolist()
        assert np.diff(found.further).tolist() == (frequencies * 2).tolist()

    @pytest.mark.parametrize("data", [b"", b"nothing", dictionary.pack([b"a"], np.ones(1), np.ones((1, 1)))[:-3]])
    def test_an_unreadable_dictionary_is_damage(self, data: bytes) -> None:
        with pytest.raises(Damaged):
            Dictionary(data)

    @sampled(100)
    @given(
        st.sets(st.text("abé土😀", min_size=1, max_size=5), min_size=1, max_size=60),
        st.text("abé土😀", max_size=5),
        st.integers(0, 2),
    )
    def test_fuzzy_terms_are_those_one_edit_away(self, terms: set[str], word: str, shared: int) -> None:
        reader = read(segment.build([("r", a_quote(" ".join(sorted(terms))))]).data)
        known = list(reader.dictionary("exact.terms"))
        shared = min(shared, len(word))
        near = [known[n].decode() for n in reader.fuzzy("exact", word, shared)]
        assert sorted(near) == sorted(
            term.decode()
            for term in known
            if _distance(term.decode(), word) <= 1 and term.decode()[:shared] == word[:shared]
        )


def _distance(a: str, b: str) -> int:
    """Levenshtein's distance, computed naively."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i, *(0 for _ in b)] if not (last := row) else [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
    return row[-1]


class TestMerging:
    @sampled(100)
    @given(SOME_QUOTES, st.integers(1, 5), st.randoms(use_true_random=False))
    def test_a_merge_equals_a_build_of_the_remaining_quotes(
        self, quotes: list[Quote], parts: int, chance: random.Random
    ) -> None:
        groups = [pairs(quotes[part::parts]) for part in range(min(parts, len(quotes)))]
        stay = [{key for key, _ in group if chance.random() < 0.7} for group in groups]
        left = [pair for group, some in zip(groups, stay, strict=True) for pair in group if pair[0] in some]
        places = numbered(key for key, _ in left)
        cut = [to_merge(group, {k: places[k] for k in some}) for group, some in zip(groups, stay, strict=True)]
        merged, expected = segment.merge(cut), segment.build(left)
        assert merged == expected
        assert of_records(merged) == of_records(expected)

    def test_a_build_beyond_its_memory_merges_sorted_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = segment.build(QUOTES)
        monkeypatch.setattr(inversion, "BATCH", 1)
        for bound, least in (("RUN_DOCUMENTS", 2), ("RUN_TOKENS", 5)):  # less than the quotes of the first record
            with monkeypatch.context() as patch:
                patch.setattr(inversion, bound, least)
                built = segment.build(QUOTES)
            assert built == whole
            assert of_records(built) == of_records(whole)

    def test_long_quotes_make_small_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inversion, "BATCH", 3)
        monkeypatch.setattr(inversion, "BATCH_TEXT", 10)
        texts = ["a", "b", "c", "d", "a long text", "e", "f"]
        batches = inversion._batches(("", a_quote(text)) for text in texts)
        assert [[quote.text for _, quote in some] for some in batches] == [texts[:3], texts[3:5], texts[5:]]

    @pytest.mark.parametrize(("places", "missing"), [({"a": 1}, 0), ({"a": 0, "b": 2}, 1)])
    def test_records_are_numbered_without_gaps(self, places: dict[str, int], missing: int) -> None:
        part = to_merge([("a", a_quote(id="1")), ("b", a_quote(id="2"))], places)
        with pytest.raises(ValueError, match=f"no quote has record {missing} of"):
            segment.merge([part])

    def test_a_quote_of_an_unnumbered_record_is_damage(self) -> None:
        built = segment.build([("a", a_quote(id="1")), ("b", a_quote(id="2"))])
        with pytest.raises(Damaged, match="a quote of record 1; 1 records"):
            segment.merge([MergePart(built.data, built.table, [0], {})])


LEFT = {"a": Retirement(7, True), "b": Retirement(9, False), "c": Retirement(0, False)}


class TestTombstones:
    """Record `a` was withdrawn in generation 7, `b` replaced in generation 9, `c` was rejected; `d` stays."""

    def part(self, *names: str, stay: str = "d") -> MergePart:
        places = numbered(names)
        retired = {places[name]: LEFT[name] for name in names if name != stay}
        return to_merge([(name, a_quote(f"Said {name}.", id=name)) for name in names], {stay: 0})._replace(
            retired=retired
        )

    def test_a_merge_leaves_one_of_each_quote_that_a_generation_had(self) -> None:
        merged = segment.merge([self.part("a", "b", "c", "d")])
        stones = read(merged.data).tombstones()
        expected = sorted((key(name), *LEFT[name]) for name in "ab")
        assert [*zip(stones.id.tolist(), stones.since.tolist(), stones.withdrawn.tolist(), strict=True)] == expected
        assert merged.tombstones == 2
        assert [*map(int, stones.wording)] == [key(f"said {name}") for name in sorted("ab", key=key)]
        assert segment.check(merged.data, merged.table).counts.tolist() == [1]

    def test_they_are_kept_where_no_quote_is_left(self) -> None:
        merged = segment.merge([self.part("a", "b", stay="")])
        # Its withdrawal's own record, which has no quote, is retired as well.
        left = MergePart(merged.data, merged.table, (), {0: Retirement(9, False)})
        again = segment.merge([left, self.part("c", stay="")])
        assert (read(again.data).documents, again.tombstones, len(again.counts)) == (0, 2, 0)
        assert again.data == merged.data
        assert segment.check(again.data, again.table).counts.tolist() == []

    def test_of_two_of_one_quote_the_later_one_stays(self) -> None:
        first = segment.merge([self.part("a", stay="")])
        later = self.part("a", stay="")._replace(retired={0: Retirement(8, False)})
        for parts in (
            [MergePart(first.data, first.table, (), {}), later],
            [later, MergePart(first.data, first.table, (), {})],
        ):
            stones = read(segment.merge(parts).data).tombstones()
            assert (stones.since.tolist(), stones.withdrawn.tolist()) == ([8], [0])

    def test_without_any_there_is_no_section(self) -> None:
        assert segment.merge([self.part("c", "d")]) == segment.build([("d", a_quote("Said d.", id="d"))])

    @pytest.mark.parametrize(
        ("column", "values", "fault"),
        [
            ("id", [5, 5], "not in order"),
            ("id", [6, 5], "not in order"),
            ("since", [1, 0], "of no generation"),
            ("withdrawn", [0, 2], "neither withdrawn nor replaced"),
            ("wording", [1], "has 1 items, 'tombstones.id' has 2"),
        ],
    )
    def test_unsound_ones_are_damage(self, column: str, values: list[int], fault: str) -> None:
        columns = {
            "id": [5, 6],
            "article": [0, 0],
            "wording": [0, 0],
            "since": [1, 1],
            "withdrawn": [0, 1],
            column: values,
        }
        arrays = {name: np.array(some, "u1" if name == "withdrawn" else "u8") for name, some in columns.items()}
        data = write_tombstones(TombstoneColumns(**arrays))
        with pytest.raises(Damaged, match=fault):
            segment.check(data, layout.to_json(layout.read_table(data)))


class TestRecords:
    @sampled(100)
    @given(SOME_QUOTES)
    def test_records_are_numbered_in_the_order_of_their_fingerprints(self, quotes: list[Quote]) -> None:
        reader = read(segment.build(pairs(quotes)).data)
        places, record = numbered(map(_record, quotes)), {quote.id: _record(quote) for quote in quotes}
        stored = told(reader)["documents"]
        assert reader.records().tolist() == [places[record[document["id"]]] for document in stored]

    @sampled(100)
    @given(SOME_QUOTES)
    def test_each_record_has_a_count_and_an_id_sum_of_its_quotes(self, quotes: list[Quote]) -> None:
        expected = []
        for record in numbered(map(_record, quotes)):
            ids = [key(quote.id) for quote in quotes if _record(quote) == record]
            expected.append((len(ids), sum(ids) % 2**64))
        assert of_records(segment.build(pairs(quotes))) == expected

    def test_numbers_are_stored_in_the_smallest_type(self) -> None:
        quotes = [(f"r{number}", a_quote(id=str(number))) for number in range(257)]
        assert read(segment.build(quotes).data).table["record"].type == "u2"
        few = segment.merge([to_merge(quotes, numbered(key for key, _ in quotes[:256]))])
        assert read(few.data).table["record"].type == "u1"


class TestParts:
    def test_a_segment_of_more_documents_than_two_bytes_number_is_read_as_one_of_fewer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Make the parts of a segment small, so that a few documents fill many parts.
        texts = ["land", "swap", "land swap land", "…", "no land", "swap", "land", "land", "nothing", "swap land"]
        quotes = pairs([a_quote(text, id=str(number)) for number, text in enumerate(texts)])
        whole = told(read(segment.build(quotes).data))
        monkeypatch.setattr(dictionary, "PART", 3)
        built = segment.build(quotes)
        assert read(built.data).dictionary("exact.terms").in_parts.shape == (4, 4)
        assert told(read(built.data)) == whole
        reader = read(built.data)
        terms = list(reader.dictionary("exact.terms"))
        assert reader.docs("exact", range(terms.index(b"land"), len(terms))).tolist() == [
            *(n for n, text in enumerate(texts) if "land" in text),
            *(
                n
                for word in terms[terms.index(b"land") + 1 :]
                for n, t in enumerate(texts)
                if word.decode() in t.split()
            ),
        ]


class TestColumns:
    @sampled(100)
    @given(st.lists(st.one_of(st.just(missing("i8")), st.integers(-(2**40), 2**40)), max_size=20))
    def test_narrow_columns_lose_nothing(self, numbers: list[int]) -> None:
        column = np.array(numbers, "<i8")
        assert widened(narrow(column)).tolist() == numbers

    @sampled(100)
    @given(st.lists(st.integers(-3, 3), max_size=20))
    def test_newest_first_is_a_stable_order(self, numbers: list[int]) -> None:
        order = newest_first(np.array(numbers, "<i8")).tolist()
        assert order == sorted(range(len(numbers)), key=lambda i: -numbers[i])


NAME_ENDS = st.lists(st.integers(1, 255), max_size=3).map(bytes)


# Words that share the eight or sixteen bytes which are compared as numbers.
ALIKE = st.builds(str.__add__, st.sampled_from(["", "a" * 8, "a" * 15, "a" * 16]), st.text("aé5", max_size=4)).filter(
    bool
)


class TestNumbering:
    @pytest.mark.parametrize("said", ["environmentalist environmentalists", "environmentalists environmentalist"])
    def test_a_word_of_sixteen_letters_is_not_a_longer_one_that_begins_so(self, said: str) -> None:
        tokens = numbering.numbered([said.encode()])
        assert [tokens.names[number].decode() for number in tokens.numbers] == said.split()

    @sampled(100)
    @given(st.lists(st.lists(ALIKE, max_size=40), max_size=8))
    def test_every_word_has_the_number_of_its_place_among_the_sorted_words(self, texts: list[list[str]]) -> None:
        encoded = [[word.encode() for word in text] for text in texts]
        tokens = numbering.numbered([b" ".join(text) for text in encoded])
        assert tokens.names == sorted({word for text in encoded for word in text})
        assert [tokens.names[number] for number in tokens.numbers] == [word for text in encoded for word in text]
        assert tokens.lengths.tolist() == list(map(len, texts))

    @sampled(100)
    @given(st.lists(st.builds(bytes.__add__, st.sampled_from([b"", b"a" * 8, b"a" * 16]), NAME_ENDS), unique=True))
    def test_names_are_ordered_by_their_bytes_from_either_end(self, names: list[bytes]) -> None:
        for few in (0, 1_000):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(numbering, "FEW", few)
                forwards, backwards = numbering.ascending(names), numbering.ascending(names, backwards=True)
            assert [names[place] for place in forwards] == sorted(names)
            assert [names[place] for place in backwards] == sorted(names, key=lambda name: name[::-1])

    @pytest.mark.parametrize("least", [0, 65_530])
    def test_the_order_is_stable_however_many_numbers_there_are(self, least: int) -> None:
        numbers = np.random.default_rng(1).integers(least, least + 12, 200)
        assert numbering.stable_order(numbers).tolist() == sorted(range(200), key=numbers.tolist().__getitem__)


class TestAnalysis:
    @sampled(100)
    @given(
        st.text(
            st.one_of(st.characters(codec="utf-8"), st.sampled_from("aZ.'’ \u0301\u0130Σς_5\xad\u200d\ufe0f\x00")),
            max_size=60,
        )
        | st.text(st.sampled_from("aZé.'’‘“”–—…_5 \n\x00\xad"), max_size=30)
    )
    def test_words_and_stems_are_those_of_whooshs_analyzers(self, text: str) -> None:
        assert analysis.words(text) == [token.text for token in analysis.EXACT(text)]
        assert analysis.stems(text) == [token.text for token in analysis.STEMMED(text)]
        places = [(t.text, t.startchar, t.endchar) for t in analysis.EXACT(text, chars=True)]
        assert analysis.places(text) == places
        assert analysis.words(bare(text)) == analysis.words(text)

    @sampled(100)
    @given(st.lists(st.text(st.sampled_from("aBé.’…_5 \n\x00\x1f\xad\u0301"), max_size=12), max_size=6))
    def test_texts_that_are_analyzed_together_have_the_same_words(self, texts: list[str]) -> None:
        assert analysis.wordings(texts) == [" ".join(analysis.words(text)) for text in texts]

    @sampled(100)
    @given(st.lists(st.text(st.sampled_from("aUSIT-‐‑&'’“ 19é"), max_size=8), max_size=6))
    def test_no_compound_is_in_a_text_without_marks(self, texts: list[str]) -> None:
        marked = analysis.with_marks(texts)
        assert [number for number, text in enumerate(texts) if compounds(text) and number not in marked] == []

    @sampled(300)
    @given(st.text("aeiybstn", max_size=5), st.text("aeilsydrcngtomfubv", max_size=5))
    def test_a_stem_is_the_one_that_snowball_gives_the_folded_word(self, start: str, end: str) -> None:
        assert analysis.stem(f"b{start}{end}") == EnglishStemmer().stem(folded(f"b{start}{end}"))

    def test_every_suffix_and_special_word_of_snowball_has_one_of_our_endings(self) -> None:
        tables = [value for name, value in vars(EnglishStemmer).items() if name.endswith(("suffixes", "special_words"))]
        assert len(tables) == 8
        assert [word for table in tables for word in table if not word.rstrip("'").endswith(analysis._ENDINGS)] == ["'"]

    def test_every_encoding_of_a_letter_is_the_same_word(self) -> None:
        letters = (letter for letter in map(chr, range(0x80, 0x30000)) if decomposition(letter))
        for letter in letters:
            found = analysis.words(f"a{letter} {letter}b")
            assert all(found), letter
            assert analysis.words(" ".join(found)) == found, letter
            for form in {normalize("NFC", letter), normalize("NFD", letter)} - {letter}:
                assert analysis.words(f"a{form} {form}b") == found, letter

    def test_accents_without_a_letter_are_not_a_word(self) -> None:
        assert analysis.words("1 \u2260 2, 1 =\u0338 2, \u0301 \u034f") == ["1", "2", "1", "2"]

    def test_a_word_of_many_accents_ends(self) -> None:
        """Unicode sorts the accents of a letter one by one: a hundred thousand would take minutes."""
        assert len(analysis.words("a" + "\u0301\u0323" * 50_000)) == 1
