"""CSV and its relatives: a header, then rows of cells between commas, semicolons, tabs or bars (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from quoth.article import MAX_BYTES
from quoth.errors import BadInput

_SEPARATORS = ",;\t|"
_BY_NAME = {".tsv": "\t", ".tab": "\t"}
_ENDINGS = (".csv", *_BY_NAME)
_NOT_UTF8 = "is not UTF-8; save the table as UTF-8 (in Excel: CSV UTF-8)"


class Row(NamedTuple):
    """The cells of a row, and the line in which it begins, from 1; an error stands in place of an unreadable row."""

    line: int
    cells: Sequence[str] | BadInput


def is_named_as_table(name: str) -> bool:
    """Whether the name of a file, without the ending of its compression, says that it is a table.

    >>> is_named_as_table("q.csv.gz"), is_named_as_table("q.jsonl")
    (True, False)
    """
    return any(suffix.lower() in _ENDINGS for suffix in PurePath(name).suffixes[-2:])


def read(name: str, lines: Iterable[bytes], first_line: int = 1) -> Iterator[Row]:
    r"""Yield the rows of a table, the header first; blank lines are left out.

    Lines are counted from `first_line`. The ending .tsv means tabs; else the separator is that which the header has
    most often.

    >>> [row.cells for row in read("q.csv", [b'text;who', b'"No; never.', b'Not ""now"".";Ada'])]
    [['text', 'who'], ['No; never.\nNot "now".', 'Ada']]
    """
    csv.field_size_limit(MAX_BYTES)  # of the process; the default is shorter than a body may be
    texts = _texts(lines)
    first = next(texts, "").removeprefix("\ufeff")
    separator = next((_BY_NAME[suffix] for suffix in PurePath(name.lower()).suffixes[-2:] if suffix in _BY_NAME), None)
    rows = csv.reader(_chained(first, texts), delimiter=separator or max(_SEPARATORS, key=first.count), strict=True)
    before = first_line - 1
    line = before
    while True:
        begins = line + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            line = before + rows.line_num
            yield Row(begins, BadInput(f"cannot be read as a row of a table: {error}"))
            continue
        line = before + rows.line_num
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if any(map(_is_broken, cells)):
            yield Row(begins, BadInput(_NOT_UTF8))
        else:
            yield Row(begins, cells)


def _is_broken(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= letter <= "\udcff" for letter in cell)


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        yield line.decode(errors="surrogateescape") + "\n"  # one bad byte costs one row


def _chained(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others
