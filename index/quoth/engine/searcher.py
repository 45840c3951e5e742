"""The searcher: one snapshot of the index, opened for reading."""

from __future__ import annotations

import threading
from collections import Counter

from whoosh.reading import IndexReader, MultiReader
from whoosh.searching import Searcher as WhooshSearcher
from whoosh.sorting import FieldFacet

from quoth import moments
from quoth.engine import highlight, plan, segment
from quoth.engine.page import Coverage, Hit, Page
from quoth.engine.plan import WEIGHTING
from quoth.engine.request import Request
from quoth.errors import NotFound
from quoth.quote import Quote, from_json
from quoth.storage import segments, snapshot
from quoth.storage.manifest import Manifest
from quoth.storage.snapshot import NOTHING_YET
from quoth.storage.store import Store


class Searcher:
    """Answers from the newest generation of a store; each answer from one generation, whole.

    Segments stay in memory between calls, since they never change. Safe for use by several threads, which wait for
    one another: a Whoosh reader has one position in its file.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshot = NOTHING_YET
        self._indexes: dict[str, bytes] = {}
        self._searcher: WhooshSearcher | None = None
        self._coverage: Coverage | None = None
        self._one_at_a_time = threading.RLock()

    def search(self, request: Request) -> Page:
        """Return the best hits of a request; raises `BadQuery`, and `Damaged` rather than a wrong answer."""
        found = plan.terms(request)
        with self._one_at_a_time:
            return self._search(request, found)

    def _search(self, request: Request, found: plan.Terms) -> Page:
        manifest = self._refresh()
        if self._searcher is None:
            return Page(request, (), 0, manifest.generation, manifest.quotes)
        ordered = {} if request.q else {"sortedby": FieldFacet("published", reverse=True)}
        results = self._searcher.search(plan.matching(found), filter=plan.filtering(request), limit=None, **ordered)
        reader = self._searcher.reader()
        hits = []
        for rank in range(min(request.limit, len(results))):
            quote = _quote(reader, results.docnum(rank))
            score = results.score(rank) if request.q else 0.0
            hits.append(Hit(quote, score, highlight.spans(quote.text, found)))
        return Page(request, tuple(hits), len(results), manifest.generation, manifest.quotes)

    def get(self, quote_id: str) -> Quote:
        """Return one quote; raises `NotFound`."""
        with self._one_at_a_time:
            self._refresh()
            if self._searcher is not None:
                reader = self._searcher.reader()
                if ("id", quote_id) in reader:
                    for number in reader.postings("id", quote_id).all_ids():
                        return _quote(reader, number)
        raise NotFound(f"no quote has the id {quote_id[:80]}")

    def coverage(self) -> Coverage:
        """Return what the index holds; counted once a generation."""
        with self._one_at_a_time:
            manifest = self._refresh()
            if self._coverage is None:
                self._coverage = _cover(manifest, self._searcher and self._searcher.reader())
            return self._coverage

    def _refresh(self) -> Manifest:
        newest = snapshot.refresh(self._store, self._snapshot)
        if newest is not self._snapshot:
            self._open(newest.manifest)
            # Only now: had a segment failed to open, the next call must not believe that it holds this one.
            self._snapshot = newest
        return newest.manifest

    def _open(self, manifest: Manifest) -> None:
        indexes = {
            s.id: self._indexes.get(s.id) or segments.read_index(self._store, s) for s in manifest.segments if s.quotes
        }
        readers = [segment.open_reader(indexes[s.id], s.retired) for s in manifest.segments if s.quotes]
        self._indexes = indexes
        self._coverage = None
        # A new reader for every generation: Whoosh's refresh() brings dropped segments back.
        self._searcher = WhooshSearcher(MultiReader(readers), weighting=WEIGHTING) if readers else None


def _quote(reader: IndexReader, number: int) -> Quote:
    return from_json(segment.stored_quote(reader, number))


def _cover(manifest: Manifest, reader: IndexReader | None) -> Coverage:
    articles: set[str] = set()
    speakers: set[str] = set()
    publishers: Counter[str | None] = Counter()
    dates: list[str] = []
    for quote in (_quote(reader, number) for number in reader.all_doc_ids()) if reader is not None else ():
        articles.add(quote.article.id)
        publishers[quote.article.publisher] += 1
        if quote.speaker is not None:
            speakers.add(quote.speaker.id)
        if (published := moments.write(quote.article.published)) is not None:
            dates.append(published)
    return Coverage(
        generation=manifest.generation,
        segments=len(manifest.segments),
        bytes=sum(s.size for s in manifest.segments),
        quotes=manifest.quotes,
        articles=len(articles),
        speakers=len(speakers),
        undated=manifest.quotes - len(dates),
        oldest=min(dates, default=None),
        newest=max(dates, default=None),
        publishers=tuple(sorted(publishers.items(), key=lambda item: (-item[1], item[0] or ""))),
    )
