"""Check a whole segment: its arrays keep the rules of the format, and its columns match its stored quotes.

A reader trusts bytes whose hash is in the manifest, and reads few of them. This check reads all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quoth.engine import schema
from quoth.engine.segment import documents, layout
from quoth.engine.segment.columns import keys, missing, newest_first, widened
from quoth.engine.segment.dictionary import Dictionary
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import SegmentReader
from quoth.engine.segment.unsound import as_damage
from quoth.errors import Damaged
from quoth.quote import Quote, from_text
from quoth.storage.files.segment_file import InMemoryFile

# The keys of a stored quote that do not depend on the analysis of its words.
_STORED_KEYS = ("id", "article", "utterance")


@dataclass(frozen=True, slots=True)
class SegmentContents:
    """For each record of a valid segment, by number: the count of its quotes, and the sum of their ids' `columns.key`.

    Counts are i8; sums are modulo 2^64 (u8).
    """

    counts: Array
    ids: Array


def check(data: bytes, table: Mapping[str, Any]) -> SegmentContents:
    """Check the whole index of a segment and return its contents; raises `Damaged` with the fault.

    `table` is the table in the manifest, which must equal the file's own.
    """
    with as_damage(lambda: "the index"):
        layout.check(data)
        own = layout.read_table(data)
        if layout.from_json(table) != own:
            raise Damaged("the table in the manifest is not that of the file")
        reader = SegmentReader(InMemoryFile(data), own)
        _check_tombstones(reader)
        if not own.documents:
            return SegmentContents(np.empty(0, "i8"), np.empty(0, "u8"))
        _check_columns(reader)
        for name in (*schema.TEXTS, *schema.KEYWORDS):
            _check_postings(reader, name)
        _check_quotes(reader)
        records = reader.records()
        counts = np.bincount(records)
        _expect(bool(counts.all()), f"no quote has record {counts.argmin()} of {len(counts)}")
        ids = np.zeros(len(counts), "u8")
        np.add.at(ids, records, reader.array("id"))
        return SegmentContents(counts, ids)


def _expect(condition: bool, fault: str) -> None:
    if not condition:
        raise Damaged(fault)


def _check_tombstones(reader: SegmentReader) -> None:
    stones = reader.tombstones()
    _expect(bool((stones.id[1:] > stones.id[:-1]).all()), "the tombstones are not in order")
    _expect(bool(stones.since.all()), "a tombstone says of no generation that it was the first without its quote")
    _expect(int(stones.withdrawn.max(initial=0)) <= 1, "a tombstone says neither withdrawn nor replaced")


def _check_columns(reader: SegmentReader) -> None:
    published = widened(reader.array("published"))
    _expect(
        bool((newest_first(published) == np.arange(len(published))).all()), "the quotes are not sorted newest first"
    )
    for name in schema.VALUES:
        values, ordinals = reader.values(name), reader.array(f"{name}.ordinals")
        _expect(_ascends(values), f"the values of {name!r} are not in order")
        used = np.bincount(ordinals, minlength=len(values) + 1)
        _expect(
            len(used) == len(values) + 1 and bool(used[1:].all()), f"the values and ordinals of {name!r} do not match"
        )


def _check_postings(reader: SegmentReader, name: str) -> None:
    terms, docs = reader.dictionary(f"{name}.terms"), reader.docs(name)
    _expect(_ascends(terms), f"the terms of {name!r} are not in order")
    if name in schema.FUZZY:
        backwards = reader.array(f"{name}.reversed").tolist()
        _expect(
            len(backwards) == len(terms), f"{name!r} has {len(terms)} terms, but {len(backwards)} in reversed order"
        )
        _expect(_ascends([terms[n][::-1] for n in backwards]), f"the reversed terms of {name!r} are not in order")
    _expect(bool(terms.frequencies.all()), f"{name!r} has a term that no quote has")
    term = np.repeat(np.arange(len(terms)), terms.frequencies)
    _expect(_rises(term, docs), f"the postings of {name!r} are not in order")
    if name in schema.TEXTS:
        tf, length = reader.array(f"{name}.tf"), reader.array(f"{name}.length")
        frequency = tf.take(reader.codes(name)).astype(np.int64)
        _expect(_rises(tf, length), f"the classes of {name!r} are not in order")
        _expect(
            int(frequency.sum()) == reader.table.lengths.get(name),
            f"{name!r} has {frequency.sum()} tokens, its table has another number",
        )
        if name in schema.POSITIONS:
            _check_positions(reader, name, terms, term, frequency)


def _check_positions(reader: SegmentReader, name: str, terms: Dictionary, term: Array, tf: Array) -> None:
    """Check positions; `term` has the number of each posting's term, `tf` its term frequency."""
    posting, further = reader.array(f"{name}.posting"), reader.array(f"{name}.further")
    _expect(_rises(posting, further), f"the positions of {name!r} are not in order")
    behind = further.astype(np.int64) > reader.array(f"{name}.first").take(posting)
    _expect(bool(behind.all()), f"a further position of {name!r} is not after the first")
    counted = np.bincount(posting, minlength=len(tf)) + 1
    _expect(np.array_equal(counted, tf), f"{name!r} has more or fewer positions than occurrences")
    by_term = np.bincount(term.take(posting), minlength=len(terms))
    _expect(np.array_equal(by_term, np.diff(terms.further)), f"the terms of {name!r} have other counts of positions")


def _check_quotes(reader: SegmentReader) -> None:
    """Check that each stored quote can be read and matches the columns."""
    offsets = reader.cached_array("stored.offsets")
    is_whole = offsets[0] == 0 and offsets[-1] == len(reader.table["stored.blocks"])
    _expect(bool(is_whole), "the offsets of the stored quotes do not match their size")
    columns = {
        name: _column(reader, name) for name in (*schema.NUMBERS, *schema.VALUES) if name in schema.Fields._fields
    }
    names = np.stack([reader.array(name) for name in _STORED_KEYS], axis=1)
    for doc, quote in enumerate(_quotes(reader)):
        fields = schema.fields(quote, "")._asdict()
        wrong = [name for name, column in columns.items() if column[doc] != fields[name]]
        is_equal = keys(fields[name] for name in _STORED_KEYS) == names[doc]
        wrong += [name for name, equal in zip(_STORED_KEYS, is_equal.tolist(), strict=True) if not equal]
        _expect(not wrong, f"the stored quote {quote.id[:80]!r} does not match the column {' and '.join(wrong)}")


def _quotes(reader: SegmentReader) -> Iterator[Quote]:
    for block in range(-(-reader.documents // documents.BLOCK)):
        yield from map(from_text, reader.stored_block(block))


def _column(reader: SegmentReader, name: str) -> Sequence[Any]:
    """Return a column as values of `schema.fields`, `None` for no value."""
    if name in schema.VALUES:
        known = [None, *(value.decode() for value in reader.values(name))]
        return [known[ordinal] for ordinal in reader.array(f"{name}.ordinals").tolist()]
    return [None if number == missing("i8") else number for number in widened(reader.array(name)).tolist()]


def _ascends(names: Sequence[bytes] | Dictionary) -> bool:
    return all(a < b for a, b in pairwise(names))


def _rises(major: Array, minor: Array) -> bool:
    """Whether pairs of numbers below 2^32 ascend, each once."""
    return bool((np.diff(major.astype(np.int64) << 32 | minor) > 0).all())
