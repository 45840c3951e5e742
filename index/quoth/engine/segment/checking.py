"""A segment is checked from end to end: that its arrays say what the format promises, and columns what quotes say.

A reader trusts bytes that the manifest vouches for, and looks at little of them. Here all of them are looked at.
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

# What a stored quote says of itself, whatever the analysis of its words.
_NAMES = ("id", "article", "utterance")


@dataclass(frozen=True, slots=True)
class SegmentContents:
    """What a sound segment holds, of each record, by number: its quotes (i8), the sum of their ids' `columns.key`.

    The sums are modulo 2^64 (u8).
    """

    counts: Array
    ids: Array


def check(data: bytes, table: Mapping[str, Any]) -> SegmentContents:
    """Check all of a segment's index, and return what it holds; raises `Damaged` saying what is wrong.

    `table` is the table that a reader of the segment is given: it must be the file's own.
    """
    with as_damage(lambda: "the index"):
        layout.check(data)
        own = layout.read_table(data)
        if layout.from_json(table) != own:
            raise Damaged("the table in the manifest is not that of the file")
        reader = SegmentReader(InMemoryFile(data), own)
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


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Damaged(otherwise)


def _check_columns(reader: SegmentReader) -> None:
    published = widened(reader.array("published"))
    _expect(bool((newest_first(published) == np.arange(len(published))).all()), "the newest quotes are not the first")
    for name in schema.VALUES:
        values, ordinals = reader.values(name), reader.array(f"{name}.ordinals")
        _expect(_ascends(values), f"the values of {name!r} are not in order")
        used = np.bincount(ordinals, minlength=len(values) + 1)
        _expect(len(used) == len(values) + 1 and bool(used[1:].all()), f"{name!r} has other values than its quotes")


def _check_postings(reader: SegmentReader, name: str) -> None:
    terms, docs = reader.dictionary(f"{name}.terms"), reader.docs(name)
    backwards = reader.array(f"{name}.reversed").tolist()
    _expect(_ascends(terms), f"the terms of {name!r} are not in order")
    _expect(len(backwards) == len(terms), f"{name!r} has {len(terms)} terms, and {len(backwards)} backwards")
    _expect(_ascends([terms[n][::-1] for n in backwards]), f"the terms of {name!r} are not in order backwards")
    _expect(bool(terms.frequencies.all()), f"{name!r} has a term that no quote has")
    term = np.repeat(np.arange(len(terms)), terms.frequencies)
    _expect(_rises(term, docs), f"the postings of {name!r} are not in order")
    if name in schema.TEXTS:
        tf, length = reader.array(f"{name}.tf"), reader.array(f"{name}.length")
        often = tf.take(reader.array(f"{name}.codes")).astype(np.int64)
        _expect(_rises(tf, length), f"the classes of {name!r} are not in order")
        _expect(int(often.sum()) == reader.table.lengths.get(name), f"{name!r} has not as many tokens as it says")
        if name in schema.POSITIONS:
            _check_positions(reader, name, terms, term, often)


def _check_positions(reader: SegmentReader, name: str, terms: Dictionary, term: Array, often: Array) -> None:
    """Check positions; of each posting `term` is the number of its term, `often` how often that stands there."""
    posting, further = reader.array(f"{name}.posting"), reader.array(f"{name}.further")
    _expect(_rises(posting, further), f"the positions of {name!r} are not in order")
    behind = further.astype(np.int64) > reader.array(f"{name}.first").take(posting)
    _expect(bool(behind.all()), f"a term of {name!r} stands before it stands there first")
    counted = np.bincount(posting, minlength=len(often)) + 1
    _expect(np.array_equal(counted, often), f"{name!r} has more or fewer positions than occurrences")
    by_term = np.bincount(term.take(posting), minlength=len(terms))
    _expect(np.array_equal(by_term, np.diff(terms.further)), f"the terms of {name!r} count other positions")


def _check_quotes(reader: SegmentReader) -> None:
    """Check that each stored quote can be read, and is what the columns say."""
    offsets = reader.kept("stored.offsets")
    is_whole = offsets[0] == 0 and offsets[-1] == len(reader.table["stored.blocks"])
    _expect(bool(is_whole), "there are other stored quotes than the offsets say")
    columns = {name: _column(reader, name) for name in (*schema.NUMBERS, *schema.VALUES)}
    names = np.stack([reader.array(name) for name in _NAMES], axis=1)
    for doc, quote in enumerate(_quotes(reader)):
        told = schema.fields(quote, [])._asdict()
        wrong = [name for name, column in columns.items() if column[doc] != told[name]]
        is_named = keys(told[name] for name in _NAMES) == names[doc]
        wrong += [name for name, is_so in zip(_NAMES, is_named.tolist(), strict=True) if not is_so]
        _expect(not wrong, f"the stored quote {quote.id[:80]!r} is not what the column {' and '.join(wrong)} says")


def _quotes(reader: SegmentReader) -> Iterator[Quote]:
    for block in range(-(-reader.documents // documents.BLOCK)):
        yield from map(from_text, reader.stored_block(block))


def _column(reader: SegmentReader, name: str) -> Sequence[Any]:
    """Return a column as `schema.fields` has it, `None` for no value."""
    if name in schema.VALUES:
        known = [None, *(value.decode() for value in reader.values(name))]
        return [known[ordinal] for ordinal in reader.array(f"{name}.ordinals").tolist()]
    return [None if number == missing("i8") else number for number in widened(reader.array(name)).tolist()]


def _ascends(names: Sequence[bytes] | Dictionary) -> bool:
    return all(a < b for a, b in pairwise(names))


def _rises(major: Array, minor: Array) -> bool:
    """Whether pairs of numbers below 2^32 ascend, each once."""
    return bool((np.diff(major.astype(np.int64) << 32 | minor) > 0).all())
