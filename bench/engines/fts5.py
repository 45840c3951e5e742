"""SQLite's FTS5: two full-text indexes beside one table with the columns and the JSON of each quote.

FTS5 has one tokenizer per index, so words and stems (its Porter) have an index each, without a copy of the text
(`content=''`). Both have positions, since FTS5 takes term frequencies from them. The table has indexes for its filters
and sort orders. There are no totals: FTS5 would need a second query for them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.corpora.supply import Supply, columns
from bench.engines import EXACT_BOOST, LIMIT, EngineResult, Search
from bench.queries import BenchQuery
from quoth.engine import schema
from quoth.quote import to_text

_TABLES = """
    create table quotes (
        number integer primary key, id integer, article integer, utterance integer, wording integer,
        speaker text, publisher text, type text, language text, status text, published integer, published_to integer,
        confidence integer, indexed integer,
        quote text
    );
    create table known_as (spelling text, number integer, primary key (spelling, number)) without rowid;
    create virtual table exact using fts5 (said, content='', tokenize='unicode61 remove_diacritics 0');
    create virtual table stemmed using fts5 (said, content='', tokenize='porter unicode61 remove_diacritics 0');
"""
_INDEXES = """
    create index by_published on quotes (published);
    insert into exact (exact) values ('optimize');
    insert into stemmed (stemmed) values ('optimize');
"""
_ORDER = ("number", *schema.KEYS, *schema.VALUES, *schema.NUMBERS, "quote")

_BEST = """
    select quote from quotes join (select rowid from {index} where {index} match ? order by rank limit ?) found
    on quotes.number = found.rowid
"""
# Each of these is the fastest of several forms. The plus keeps SQLite from querying FTS5 once for each quote of the
# speaker or of the year.
_OF_SPEAKER = """
    select quote from quotes join (
        select rowid as number from stemmed where stemmed match ?
        and +rowid in (select number from known_as where spelling = ?) order by rank limit ?
    ) found using (number)
"""
_BETWEEN = """
    select quote from stemmed join quotes on number = stemmed.rowid where stemmed match ?
    and +published between ? and ? order by rank limit ?
"""
_NEWEST = """
    select quote from quotes indexed by by_published where number in (select rowid from stemmed where stemmed match ?)
    order by published desc limit ?
"""
_SPEAKERS = """
    select speaker, count(*) from stemmed join quotes on number = stemmed.rowid where stemmed match ?
    group by speaker order by 2 desc limit ?
"""
# Stems decide the matches; exact word forms add to their scores.
_MULTI = """
    select quote from quotes join (
        select stemmed.rowid as number from stemmed
        left join (select rowid, rank from exact where exact match ?) said on said.rowid = stemmed.rowid
        where stemmed match ? order by stemmed.rank + ? * coalesce(said.rank, 0) limit ?
    ) found using (number)
"""


class Fts5:
    """The FTS5 of Python's own SQLite."""

    def build(self, supply: Supply, folder: Path) -> None:
        """See `Engine.build`."""
        base = _connect(folder)
        base.executescript(_TABLES)
        places = ", ".join("?" * len(_ORDER))
        for number, (_, quote) in enumerate(supply):
            values = columns(quote)
            row = {"number": number, "quote": to_text(quote).decode(), **values}
            base.execute(f"insert into quotes ({', '.join(_ORDER)}) values ({places})", [row.get(n) for n in _ORDER])  # noqa: S608 - names of our own
            base.executemany("insert into known_as values (?, ?)", [(key, number) for key in values["known_as"]])
            base.execute("insert into exact (rowid, said) values (?, ?)", (number, quote.text))
            base.execute("insert into stemmed (rowid, said) values (?, ?)", (number, quote.text))
        base.executescript(_INDEXES)
        base.commit()
        base.execute("analyze")
        base.execute("vacuum")
        base.close()

    def open(self, folder: Path) -> Fts5Reader:
        """See `Engine.open`."""
        return Fts5Reader(_connect(folder))


def _connect(folder: Path) -> sqlite3.Connection:
    base = sqlite3.connect(folder / "quotes.sqlite")
    base.execute("pragma journal_mode = off")
    base.execute("pragma synchronous = off")
    base.execute("pragma cache_size = -1000000")  # a gigabyte: everything stays in memory, as in the others
    return base


class Fts5Reader:
    """A connection."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._base.execute("select count(*) from known_as").fetchone()

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """See `EngineReader.prepare`."""
        if not fetch:
            return None
        words = [f'"{word}"' for word in question.words]
        every, either = " AND ".join(words), " OR ".join(words)
        match question.kind:
            case "rare" | "term":
                return self._hits(_BEST.format(index="stemmed"), every)
            case "and":
                return self._hits(_BEST.format(index="stemmed"), every)
            case "or2" | "or5":
                return self._hits(_BEST.format(index="stemmed"), either)
            case "not":
                return self._hits(_BEST.format(index="stemmed"), " NOT ".join(words))
            case "multi":
                return self._hits(_MULTI, either, every, EXACT_BOOST)
            case "phrase":
                return self._hits(_BEST.format(index="exact"), f'"{" ".join(question.words)}"')
            case "prefix":
                return self._hits(_BEST.format(index="exact"), f"{words[0]} *")
            case "speaker":
                return self._hits(_OF_SPEAKER, every, question.speaker)
            case "dates":
                return self._hits(_BETWEEN, every, question.first, question.last)
            case "sort":
                return self._hits(_NEWEST, every)
            case "facet":
                return lambda: EngineResult(
                    None,
                    list(self._rows(_BEST.format(index="stemmed"), every, LIMIT)),
                    self._base.execute(_SPEAKERS, (every, LIMIT)).fetchall(),
                )
        return None

    def _hits(self, statement: str, *values: Any) -> Search:
        return lambda: EngineResult(None, list(self._rows(statement, *values, LIMIT)))

    def _rows(self, statement: str, *values: Any) -> Iterator[str]:
        return (row[0] for row in self._base.execute(statement, values))
