"""The library as its users call it: add quotes to an archive in a folder, then search it with warm and cold caches.

`python -m bench.library QUOTES SIZE QUESTIONS FOLDER REPETITIONS`

Cold searches read the archive as if it were in S3. Each starts with empty caches, and a counting store records the
sequential round trips, the requests and the bytes.
"""

from __future__ import annotations

import gc
import json
import shutil
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import quoth
from bench.corpora.supply import Supply
from bench.engines import LIMIT
from bench.engines.quoth_ import answer
from bench.engines.trees import filter_of, tree
from bench.measure import percentile
from bench.queries import TITLES, BenchQuery
from quoth.archive import Archive
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.quote import GivenQuote, Quote
from quoth.storage import snapshot
from quoth.storage.files.page_cache import PageCache
from quoth.storage.snapshot import NOTHING_YET
from quoth.storage.stores.address import open_store
from quoth.storage.stores.protocol import Store
from quoth.storage.stores.s3 import S3Store
from tests.support.counting import CountingStore

SEGMENTS = 4


def library(quotes: Path, size: int, queries: Sequence[BenchQuery], folder: Path, repetitions: int) -> dict[str, Any]:
    """Return the cost of adding quotes, and of warm and cold searches."""
    cpu = filled(quotes, size, folder, SEGMENTS, lambda archive, lot: archive.add(lot))
    archive = quoth.open(f"file:{folder}")
    times = _warm(quoth.open(f"file:{folder}"), queries, repetitions)
    return {
        "segments": archive.stats().segments,
        "microseconds": cpu / 1e3 / size,
        "p50": percentile(times, 50) / 1e6,
        "p95": percentile(times, 95) / 1e6,
        "cold": _cold(folder, queries),
    }


def filled(
    quotes: Path, size: int, folder: Path, segments: int, add: Callable[[Archive, list[GivenQuote]], object]
) -> int:
    """Make an archive of some commits in a folder; return the CPU nanoseconds of adding."""
    shutil.rmtree(folder, ignore_errors=True)
    archive, cpu, left = quoth.open(f"file:{folder}"), 0, size
    items = iter(Supply(quotes, size))
    for number in range(segments):
        share = left // (segments - number)
        lot = [given(quote) for _, quote in islice(items, share)]
        start = time.process_time_ns()
        add(archive, lot)
        cpu += time.process_time_ns() - start
        left -= share
    return cpu


def given(quote: Quote) -> GivenQuote:
    """Return the ready-made quote from which a quote was imported."""
    origin = quote.article
    return GivenQuote(
        text=quote.text,
        speaker=quote.speaker.name if quote.speaker else "",
        url=origin.url,
        headline=origin.headline,
        publisher=origin.publisher,
        published=origin.published,
        language=origin.language,
    )


def _warm(archive: Any, queries: Sequence[BenchQuery], repetitions: int) -> list[int]:
    """Return the CPU nanoseconds of searches for two words."""
    texts = [" ".join(question.words) for question in queries if question.kind == "multi"]
    for words in texts:
        archive.search(words, limit=LIMIT)
    gc.collect()
    times = []
    for _ in range(repetitions):
        for words in texts:
            start = time.process_time_ns()
            archive.search(words, limit=LIMIT)
            times.append(time.process_time_ns() - start)
    return times


def _cold(folder: Path, queries: Sequence[BenchQuery]) -> dict[str, dict[str, float]]:
    costs: dict[str, list[dict[str, float]]] = defaultdict(list)
    for question in queries:
        store = CountingStore(open_store(f"file:{folder}"), S3Store.trip_bytes)
        start = time.process_time_ns()
        _search(store, question)
        costs[TITLES[question.kind]].append(
            {
                "trips": store.trips,
                "requests": len(store.asked),
                "kilobytes": store.bytes / 1000,
                "ms": (time.process_time_ns() - start) / 1e6,
            }
        )
    return {title: _medians(measured) for title, measured in costs.items()}


def _medians(measured: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(cost[name] for cost in measured) for name in measured[0]}


def _search(store: Store, question: BenchQuery) -> None:
    """Search as `quoth.engine.searcher` does in the first search of a process.

    It goes through the collection, since the searcher supports fewer kinds of queries.
    """
    manifest = snapshot.refresh(store, NOTHING_YET).manifest
    pages = PageCache(store)
    entries = [segment for segment in manifest.segments if segment.quotes]
    parts = [
        SegmentView(file, s.table, s.retired_numbers) for file, s in zip(pages.open(entries), entries, strict=True)
    ]
    answer(Collection(parts, pages.load), tree(question), filter_of(question), question.kind)


if __name__ == "__main__":
    quotes, size, questions, folder, repetitions = sys.argv[1:]
    known = [BenchQuery(**{**q, "words": tuple(q["words"])}) for q in json.loads(Path(questions).read_text("utf-8"))]
    print(json.dumps(library(Path(quotes), int(size), known, Path(folder), int(repetitions))))
