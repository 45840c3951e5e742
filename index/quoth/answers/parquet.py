"""Exports of quotes as Parquet: the columns of CSV with their types, every text as it is in the article.

The extra `quoth[parquet]` brings the writer.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import IO, Any

from quoth.answers.export import COLUMNS
from quoth.citation import plain, source_link
from quoth.errors import BadQuery
from quoth.quote import Quote

# Rows that a reader of the file can skip together, and those that are made columns at a time.
GROUP, BATCH = 20_000, 1_000

_WHOLE = frozenset({"article_version", "start", "end", "utterance_position", "utterance_of"})


def write(file: IO[bytes], quotes: Iterable[Quote], generation: int, tag: str = "") -> None:
    """Write quotes as the rows of a Parquet file, whose metadata have their generation and its tag.

    A date is a time in UTC, and `precision` says how much of it is known. Raises `BadQuery` if the extra is not
    installed.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ModuleNotFoundError:
        raise BadQuery(
            "format", 'parquet needs pyarrow, which an extra installs: pip install "quoth[parquet]"'
        ) from None
    kinds = {
        "confidence": pyarrow.float64(),
        "published": pyarrow.timestamp("us", "UTC"),
        "mixed_script": pyarrow.bool_(),
    }
    kinds |= dict.fromkeys(_WHOLE, pyarrow.int64())
    names = (*COLUMNS, "tag") if tag else COLUMNS
    fields = [(name, kinds.get(name, pyarrow.string())) for name in names]
    about = {"quoth.generation": str(generation)} | ({"quoth.tag": tag} if tag else {})
    schema = pyarrow.schema(fields, metadata=about)
    tagged = (tag,) if tag else ()
    rows = ((*cells(quote), *tagged) for quote in quotes)

    def batches() -> Iterator[Any]:
        while batch := list(itertools.islice(rows, BATCH)):
            columns = zip(*batch, strict=True)
            arrays = [pyarrow.array(column, kind) for column, (_, kind) in zip(columns, fields, strict=True)]
            yield pyarrow.RecordBatch.from_arrays(arrays, schema=schema)

    made = batches()
    with ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(itertools.islice(made, GROUP // BATCH)):
            writer.write_table(pyarrow.Table.from_batches(group))


def cells(quote: Quote) -> tuple[Any, ...]:
    """Return the values of a quote, one for each of `COLUMNS`; an unknown one is `None`."""
    speaker, denied, attribution, article = quote.speaker, quote.denied_speaker, quote.attribution, quote.article
    return (
        *(quote.id, quote.text, quote.type),
        *((None,) * 4 if speaker is None else (speaker.id, speaker.name, speaker.as_written, speaker.type)),
        *(attribution.status, attribution.confidence, attribution.method, attribution.cue, attribution.why),
        *(article.headline, article.publisher, article.published, article.language, article.url, source_link(quote)),
        *(article.id, article.sha256, article.version, quote.selector.start, quote.selector.end),
        *(quote.utterance.id, quote.utterance.position, quote.utterance.of, plain(quote)),
        denied.name if denied else None,
        True if any(one and one.mixed_script for one in (speaker, denied)) else None,
        article.language_detected or None,
        article.precision or None,
        article.key,
    )
