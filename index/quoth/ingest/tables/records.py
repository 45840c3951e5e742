"""Ready-made quotes from a file of any kind that Quoth reads: lines of JSON, a JSON list, or a table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO

from quoth.article import MAX_BYTES
from quoth.errors import BadInput
from quoth.ingest.formats import exported, quotes, sources, strict_json
from quoth.ingest.formats.sources import Count
from quoth.ingest.tables import columns, delimited, elements, packed, parquet
from quoth.ingest.tables.columns import Agree
from quoth.ingest.tables.delimited import Row
from quoth.quote import GivenQuote
from quoth.text import formulas

KINDS = "JSON lines, a JSON list, CSV or TSV, also compressed with gzip, bzip2, xz or zip, and Parquet"

_LINES = (".jsonl", ".ndjson")
# What a file is that begins so, and how its quotes come out of it.
_WRONG = {
    b"SQLite format 3\0": "is an SQLite database; export its table as CSV first",
    b"%PDF": "is a PDF, which has no rows",
    b"\xff\xfe": "is UTF-16; save it as UTF-8",
    b"\xfe\xff": "is UTF-16; save it as UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Excel or Word file; save it as CSV UTF-8, and import that",
    b"\x28\xb5\x2f\xfd": "is compressed with zstandard, which Quoth does not read; unpack it first",
}


def read(
    name: str, file: BinaryIO, count: Count, named: Mapping[str, str], agree: Agree
) -> Iterator[GivenQuote | BadInput]:
    """Yield the quotes of a file, with an error in place of each that cannot be read, and one for a wrong kind.

    `named` are columns with the fields that they mean, `agree` is called before the first quote of a file with other
    names than those of the fields.
    """
    try:
        with packed.unpacked(file, count) as (plain, counted):
            yield from _read(name, plain, counted, _Renaming(name, named, agree))
    except BadInput as error:
        yield error.at(name, error.line)


def _read(name: str, file: BinaryIO, count: Count, parse: _Renaming) -> Iterator[GivenQuote | BadInput]:
    head = packed.head(file)
    if head.startswith(parquet.MAGIC):
        table = parquet.opened(file, count)
        yield from _rows(name, table.columns, table.rows, parse)
        return
    for start, why in _WRONG.items():
        if head.startswith(start):
            raise BadInput(f"{why}; Quoth reads {KINDS}")
    if b"\0" in head:
        raise BadInput(f"is a binary file; Quoth reads {KINDS}")
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if bare.startswith(b"[") and not delimited.is_named_as_table(name):
        yield from elements.read(name, file, count, parse)
        return
    lines = sources.lines(file, count)
    blank = 0
    first = next(lines, None)
    while first is not None and not first.strip() and len(first) <= MAX_BYTES:
        blank += 1
        first = next(lines, None)
    if first is None:
        return
    every = itertools.chain([first], lines)
    if _is_json(name, first):
        yield from strict_json.read_lines(name, every, parse, blank + 1)
    else:
        rows = delimited.read(name, every, blank + 1)
        top = next(rows, Row(1, ()))
        if isinstance(top.cells, BadInput):
            raise top.cells.at(name, top.line)
        header = [column.strip() for column in top.cells]
        if len(header) < 2:
            raise BadInput(f"is no table with a header, nor JSON; Quoth reads {KINDS}")
        yield from _rows(name, header, lambda _: rows, parse, in_cells=True)


def _is_json(name: str, first: bytes) -> bool:
    """Whether a file is lines of JSON rather than a table, by its first line; raises `BadInput` for other markup."""
    first = first.removeprefix(b"\xef\xbb\xbf").strip()
    if delimited.is_named_as_table(name):
        return False
    if first == b"{":
        raise BadInput("is one JSON object over several lines; Quoth reads a list of objects, or an object a line")
    if first.startswith(b"<"):
        raise BadInput(f"is HTML or XML; `quoth import` reads quotes from {KINDS}")
    return first.startswith(b"{") or any(suffix.lower() in _LINES for suffix in PurePath(name).suffixes[-2:])


def _rows(
    name: str,
    header: Sequence[str],
    rows_of: Callable[[Sequence[str]], Iterator[Row]],
    parse: _Renaming,
    *,
    in_cells: bool = False,
) -> Iterator[GivenQuote | BadInput]:
    """Yield the quotes of a table. `rows_of` gives its rows, which may have the named columns only.

    `in_cells`: a row has every column, and those of our own export are safe for a spreadsheet.
    """
    double = next((column for column in header if column and header.count(column) > 1), None)
    if double is not None:
        raise BadInput(f"has two columns {double[:40]}; rename one")
    fields = parse.decide(header)
    is_ours = exported.is_table(header)
    needed = [column for column in header if column in fields or (is_ours and column == "type")]
    columns = header if in_cells else needed
    wanted = [(number, fields[column]) for number, column in enumerate(columns) if column in fields]
    type_at = columns.index("type") if is_ours and "type" in columns else None
    for line, cells in rows_of(columns):
        try:
            if isinstance(cells, BadInput):
                raise cells
            if len(cells) != len(columns):
                raise BadInput(f"has {len(cells)} cells, the header {len(columns)}")
            members = {field: cell for number, field in wanted if (cell := cells[number].strip())}
            if type_at is not None:
                exported.check_type(cells[type_at])
            if is_ours and in_cells:
                members = {field: formulas.bare(cell) for field, cell in members.items()}
            yield quotes.from_json(members)
        except BadInput as error:
            yield error.at(name, line)


class _Renaming:
    """Makes quotes of the objects of one file, whose members it renames as its first object shows."""

    def __init__(self, name: str, named: Mapping[str, str], agree: Agree) -> None:
        self._name, self._named, self._agree = name, named, agree
        self._fields: Mapping[str, str] | None = None

    def decide(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the fields of columns, after the user agreed; raises `BadInput` if no quote can come of them."""
        plan = columns.plan(names, self._named)
        columns.check(plan, names)
        if plan.guessed or plan.unused:
            self._agree(self._name, plan)
        return plan.fields

    def __call__(self, value: Any) -> GivenQuote:
        if exported.is_hit(value):
            return quotes.from_json(exported.members(value))
        if self._fields is None and isinstance(value, dict):
            self._fields = self._decided(value)
        if self._fields and isinstance(value, dict):
            value = self._renamed(value, self._fields)
        return quotes.from_json(value)

    def _decided(self, value: dict[str, Any]) -> Mapping[str, str]:
        """Return the fields that the names of an object mean: empty if every name is that of a field."""
        if not self._named and quotes.FIELDS.keys() >= value.keys():
            return {}
        fields = self.decide(list(value))
        return {name: fields.get(name, "") for name in value} | {name: "" for name, to in self._named.items() if not to}

    def _renamed(self, value: dict[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
        """Return an object under the names of fields, and a name of no plan as it is, to be refused."""
        renamed: dict[str, Any] = {}
        for name, member in value.items():
            if not (field := fields.get(name, self._named.get(name, name))):
                continue
            if field in renamed:
                raise BadInput("is given twice, under two names", field=field)
            is_year = field == "published" and type(member) is int
            renamed[field] = str(member) if is_year else member
        return renamed
