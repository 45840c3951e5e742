"""The archives that are read: a seeded corpus in few segments and in twenty, and in both some articles of their own."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import quoth
from bench import library
from bench.corpora.seeded import population, synthetic
from bench.corpora.supply import write
from bench.queries import BenchQuery, TermCounts, questions
from quoth.archive import REAL, Archive
from quoth.article import Article
from quoth.engine.analysis import words
from quoth.ingest import indexing, originals
from quoth.ingest.originals import Item
from quoth.quote import GivenQuote
from quoth.storage.commit import LedgerCache
from quoth.storage.maintenance.compaction import FANOUT

# The archives, and how many segments of equal size each has, beside one of the articles.
SEGMENTS = {"few": 4, "many": 20}
ARTICLES = 200


def prepare(folder: Path, size: int, articles: int = ARTICLES, names: Iterable[str] = tuple(SEGMENTS)) -> None:
    """Make archives of a size in a folder, unless they are there, with some articles in each."""
    asked = folder / "questions.json"
    if asked.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts = TermCounts()
    for _, quote in write(folder / "quotes", synthetic(size)):
        counts.add(quote)
    for name in names:
        segments = SEGMENTS[name]
        library.filled(folder / "quotes", size, folder / name, segments, _add if segments < FANOUT else _index_only)
        archive = quoth.open(f"file:{folder / name}")
        originals.keep(archive.store, told(articles))
        _index_only(archive, list(told(articles)))
    asked.write_text(json.dumps([asdict(question) for question in questions(counts)]), "utf-8")


def known_questions(folder: Path) -> list[BenchQuery]:
    """Return the queries for the corpus of a folder."""
    given = json.loads((folder / "questions.json").read_text("utf-8"))
    return [BenchQuery(**{**one, "words": tuple(one["words"])}) for one in given]


def told(articles: int = ARTICLES) -> Iterator[Article]:
    """Yield some articles in which one speaker says two quotes in one breath: each has a context, and an utterance."""
    names, texts = population(1), synthetic(3 * articles, seed=2)
    for number in range(articles):
        first, second, around = (quote.text.rstrip(".") for quote in islice(texts, 3))
        speaker = random.Random(number).choice(names.speakers)
        yield Article(
            body=f"{around}.\n\n“{first},” said {speaker}. “{second}.”\n\n{around}.\n",
            url=f"https://times.example/{number}",
            headline=" ".join(words(around)[:7]).capitalize(),
            published=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number),
            publisher=names.publishers[0],
            language="en",
        )


def _add(archive: Archive, lot: list[GivenQuote]) -> None:
    """Add items, and merge what a writer merges."""
    archive.add(lot)


def _index_only(archive: Archive, lot: Sequence[Item] | list[GivenQuote]) -> None:
    """Index items in segments of their own, which no writer merges."""
    indexing.index(archive.store, lot, LedgerCache(archive.store), REAL)
