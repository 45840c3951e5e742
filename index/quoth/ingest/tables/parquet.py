"""Parquet: a table in groups of rows, read batch by batch. The extra `quoth[parquet]` brings the reader."""

from __future__ import annotations

import io
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from quoth.errors import BadInput
from quoth.ingest.formats.sources import Count
from quoth.ingest.tables.delimited import Row

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MAGIC = b"PAR1"
NOT_INSTALLED = 'needs pyarrow for Parquet, which an extra installs: pip install "quoth[parquet]"'
# Rows in memory at once. A text of a megabyte that all rows share takes few bytes in the file, and a megabyte in each.
_BATCH = 50


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """An open file, the names of its columns, and the counter of its bytes."""

    file: ParquetFile
    columns: tuple[str, ...]
    count: Count

    def rows(self, wanted: Sequence[str]) -> Iterator[Row]:
        """Yield the rows with the cells of some columns, as the text that CSV would have; an unknown one is empty.

        A row has its number in place of a line. Raises `BadInput` if the file is damaged.
        """
        import pyarrow

        number = 0
        for group in range(self.file.num_row_groups):
            try:
                for batch in self.file.iter_batches(
                    _BATCH, row_groups=[group], columns=list(wanted), use_threads=False
                ):
                    columns = [_cells(_in_microseconds(batch.column(name))) for name in wanted]
                    for values in zip(*columns, strict=True):
                        number += 1
                        yield _row(number, wanted, values)
            except (pyarrow.ArrowException, OSError, ValueError) as error:
                raise _damaged(error) from None
            group_of = self.file.metadata.row_group(group)
            self.count(sum(group_of.column(n).total_compressed_size for n in range(group_of.num_columns)))


def opened(file: BinaryIO, count: Count) -> ParquetTable:
    """Open a file; raises `BadInput` if it is damaged, or if the extra is not installed."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise BadInput(NOT_INSTALLED) from None
    if not file.seekable():
        raise BadInput("is Parquet, which cannot be read from a pipe; name the file")
    try:
        table = ParquetFile(_by_name(file))
        return ParquetTable(table, tuple(table.schema_arrow.names), count)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise _damaged(error) from None


def _by_name(file: BinaryIO) -> Any:
    """Return a file, or a copy of what has no name in the file system (standard input, gzip), that Arrow opens itself.

    Arrow reads in a thread. One that holds an object of Python when the interpreter ends aborts the process.
    """
    from pyarrow import OSFile

    if isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO) and isinstance(file.name, str):
        with suppress(OSError):
            if os.path.samestat(os.stat(file.name), os.fstat(file.fileno())):
                return OSFile(file.name)
    with tempfile.NamedTemporaryFile(prefix="quoth-") as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        return OSFile(copy.name)


def _damaged(error: Exception) -> BadInput:
    return BadInput(f"is a damaged Parquet file: {str(error).splitlines()[0][:200]}")


def _in_microseconds(column: Any) -> Any:
    """Return a column of times without nanoseconds, which Python does not have; any other as it is."""
    from pyarrow import timestamp, types

    is_finer = types.is_timestamp(column.type) and column.type.unit == "ns"
    return column.cast(timestamp("us", column.type.tz), safe=False) if is_finer else column


def _cells(column: Any) -> list[Any]:
    """Return the values of a column; in place of one that Python does not have, the error that refuses its row."""
    try:
        return [*column.to_pylist()]
    except (ArithmeticError, LookupError, ValueError):
        return [_cell(one) for one in column]


def _cell(one: Any) -> Any:
    try:
        return one.as_py()
    except (ArithmeticError, LookupError, ValueError):  # the year 20000, an unknown time zone, bytes as a text
        return BadInput(f"is a {one.type} that cannot be read")


def _row(number: int, columns: Sequence[str], values: Sequence[Any]) -> Row:
    try:
        return Row(number, [_text(column, value) for column, value in zip(columns, values, strict=True)])
    except BadInput as error:
        return Row(number, error)


def _text(column: str, value: Any) -> str:
    """Return a value as the text that a table of text has in its place.

    >>> [_text("x", value) for value in ("No.", None, 2023.0, True, date(2025, 8, 1), b"Yes.")]
    ['No.', '', '2023', 'True', '2025-08-01', 'Yes.']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, BadInput):
        raise BadInput(value.detail, field=column)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):  # some writers do not say that their bytes are text
        return value.decode(errors="surrogateescape")
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    raise BadInput(f"must be text, not {type(value).__name__}", field=column)
