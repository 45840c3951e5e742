"""bm25s: precomputed scores of single terms and ORs in a matrix, with the JSON of the quotes in memory.

It has only one field, and no AND, phrases, filters or facets. PyStemmer's Snowball makes the stems.
"""

from __future__ import annotations

from pathlib import Path

import bm25s
import Stemmer

from bench.corpora.supply import Supply
from bench.engines import LIMIT, EngineResult, Search
from bench.queries import BenchQuery
from quoth.quote import to_text

_PATTERN = r"(?u)\b\w+\b"


class Bm25s:
    """bm25s with its defaults: Lucene's BM25 on numpy, without numba."""

    def build(self, supply: Supply, folder: Path) -> None:
        """See `Engine.build`."""
        texts, quotes = [], []
        for _, quote in supply:
            texts.append(quote.text)
            quotes.append(to_text(quote))
        tokens = bm25s.tokenize(
            texts, stopwords=None, token_pattern=_PATTERN, stemmer=Stemmer.Stemmer("english"), show_progress=False
        )
        index = bm25s.BM25()
        index.index(tokens, show_progress=False)
        index.save(str(folder), show_progress=False)
        (folder / "quotes.jsonl").write_bytes(b"\n".join(quotes))

    def open(self, folder: Path) -> Bm25sReader:
        """See `Engine.open`."""
        return Bm25sReader(folder)


class Bm25sReader:
    """The matrix and the quotes in memory."""

    def __init__(self, folder: Path) -> None:
        self._index = bm25s.BM25.load(str(folder))
        self._quotes = (folder / "quotes.jsonl").read_bytes().split(b"\n")
        self._stemmer = Stemmer.Stemmer("english")

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """See `EngineReader.prepare`."""
        if not fetch or question.kind not in ("rare", "term", "or2", "or5"):
            return None
        stems = [self._stemmer.stemWords(list(question.words))]

        def search() -> EngineResult:
            numbers, _ = self._index.retrieve(stems, k=LIMIT, show_progress=False, n_threads=0)
            return EngineResult(None, [self._quotes[number] for number in numbers[0].tolist()])

        return search
