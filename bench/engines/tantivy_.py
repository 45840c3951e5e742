"""tantivy through its Python package: one writer thread, one segment, the same fields as Quoth's segments.

`exact` has positions, `stemmed` has none; values are raw fast fields, numbers and hashed keys are fast columns, and the
quote's JSON is stored. Its `simple` tokenizer splits at every character except letters and digits, so `U.S.` is two
words here. Its stemmer is the same Snowball. There are no stop words.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tantivy
from tantivy import FieldType, Filter, Occur, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from bench.corpora.supply import Supply, columns
from bench.engines import EXACT_BOOST, LIMIT, EngineResult, Search
from bench.queries import BenchQuery
from quoth.engine import schema
from quoth.quote import to_text

# Bytes that the writer buffers before it cuts a segment: enough for a million quotes, so that there is one segment.
HEAP = 4_000_000_000

EXACT = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).build()
STEMMED = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).filter(Filter.stemmer("english")).build()


class Tantivy:
    """One segment. `count`, tantivy-py's default, counts all matches, which keeps it from skipping blocks."""

    def __init__(self, count: int) -> None:
        self._count = bool(count)

    def build(self, supply: Supply, folder: Path) -> None:
        """See `Engine.build`."""
        writer = _registered(tantivy.Index(_schema(), path=str(folder))).writer(HEAP, num_threads=1)
        for _, quote in supply:
            writer.add_document(_document(quote.text, to_text(quote), columns(quote)))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, folder: Path) -> TantivyReader:
        """See `Engine.open`."""
        return TantivyReader(_registered(tantivy.Index.open(str(folder))), self._count)


class TantivyReader:
    """tantivy's searcher. Only the `quote` of a hit is stored."""

    def __init__(self, index: Any, count: bool) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()
        self._count = count
        if self._searcher.num_segments > 1:
            raise ValueError(f"tantivy made {self._searcher.num_segments} segments; the comparison needs one")

    def prepare(self, question: BenchQuery, *, fetch: bool = True) -> Search | None:
        """See `EngineReader.prepare`."""
        query = self._query(question)
        stored = self._stored if fetch else list
        if question.kind == "facet":
            return lambda: self._faceted(query, stored)
        options = {"order_by_field": "published"} if question.kind == "sort" else {}

        def search() -> EngineResult:
            result = self._searcher.search(query, LIMIT, count=self._count, **options)
            return EngineResult(result.count if self._count else None, stored(result.hits))

        return search

    def _faceted(self, query: Any, stored: Callable[[Any], list[Any]]) -> EngineResult:
        """Return hits and facet with the least work in tantivy-py: the hits need no count, as the buckets have it."""
        result = self._searcher.search(query, LIMIT, count=False)
        terms = self._searcher.aggregate(query, _BY_SPEAKER)["by_speaker"]
        buckets = [(bucket["key"], int(bucket["doc_count"])) for bucket in terms["buckets"]]
        total = sum(count for _, count in buckets) + int(terms["sum_other_doc_count"])
        return EngineResult(total if self._count else None, stored(result.hits), buckets)

    def _stored(self, hits: list[Any]) -> list[Any]:
        return [self._searcher.doc(address).get_first("quote") for _, address in hits]

    def _query(self, question: BenchQuery) -> Any:
        first = question.words[0]
        stems = [self._term("stemmed", STEMMED.analyze(word)[0]) for word in question.words]
        match question.kind:
            case "rare" | "term" | "sort" | "facet":
                return stems[0]
            case "and":
                return _every(stems)
            case "or2" | "or5":
                return Query.boolean_query([(Occur.Should, stem) for stem in stems])
            case "not":
                return Query.boolean_query([(Occur.Must, stems[0]), (Occur.MustNot, stems[1])])
            case "multi":
                exact = Query.boolean_query([(Occur.Should, self._term("exact", word)) for word in question.words])
                boosted = Query.boost_query(exact, EXACT_BOOST)
                return Query.boolean_query([(Occur.Must, _every(stems)), (Occur.Should, boosted)])
            case "phrase":
                return Query.phrase_query(self._schema, "exact", list(question.words))
            case "prefix":
                return Query.regex_query(self._schema, "exact", f"{first}.*")
            case "fuzzy":
                return Query.fuzzy_term_query(self._schema, "exact", first, 1, transposition_cost_one=False)
            case "speaker":
                return _filtered(stems[0], self._term("known_as", question.speaker, "basic"))
            case "dates":
                return _filtered(stems[0], self._published(question))
        raise ValueError(question.kind)

    def _term(self, field: str, value: str | None, option: str = "freq") -> Any:
        return Query.term_query(self._schema, field, value, option)

    def _published(self, question: BenchQuery) -> Any:
        return Query.range_query(self._schema, "published", FieldType.Integer, question.first, question.last)


_BY_SPEAKER = {"by_speaker": {"terms": {"field": "speaker", "size": LIMIT}}}


def _every(queries: list[Any]) -> Any:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _filtered(query: Any, condition: Any) -> Any:
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(condition, 0.0))])


def _registered(index: Any) -> Any:
    index.register_tokenizer("exact", EXACT)
    index.register_tokenizer("stemmed", STEMMED)
    return index


def _document(text: str, quote: bytes, values: dict[str, Any]) -> Any:
    """Return a document, built in the fastest way that tantivy-py has."""
    document = tantivy.Document()
    document.add_text("exact", text)
    document.add_text("stemmed", text)
    document.add_bytes("quote", quote)
    for name in schema.KEYWORDS:
        for value in values.get(name, ()):
            document.add_text(name, value)
    for name in schema.VALUES:
        if name in values:
            document.add_text(name, values[name])
    for name in (*schema.NUMBERS, *schema.KEYS):
        if name in values:
            document.add_integer(name, values[name])
    return document


def _schema() -> Any:
    builder = SchemaBuilder()
    builder.add_text_field("exact", tokenizer_name="exact", index_option="position")
    builder.add_text_field("stemmed", tokenizer_name="stemmed", index_option="freq")
    for name in schema.KEYWORDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in schema.VALUES:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in (*schema.NUMBERS, *schema.KEYS):
        builder.add_integer_field(name, fast=True)
    builder.add_bytes_field("quote", stored=True)
    return builder.build()
