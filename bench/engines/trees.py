"""Queries as Whoosh query trees, the input of Quoth's engine and of Whoosh itself."""

from __future__ import annotations

from whoosh import query

from bench.engines import EXACT_BOOST
from bench.queries import BenchQuery
from quoth.engine.analysis import stem


def tree(question: BenchQuery) -> query.Query:
    """Return the scored tree of a query."""
    stems = [query.Term("stemmed", stem(word)) for word in question.words]
    first = question.words[0]
    match question.kind:
        case "and":
            return query.And(stems)
        case "or2" | "or5":
            return query.Or(stems)
        case "not":
            return query.AndNot(stems[0], stems[1])
        case "multi":
            exact = query.Or([query.Term("exact", word, boost=EXACT_BOOST) for word in question.words])
            return query.AndMaybe(query.And(stems), exact)
        case "phrase":
            return query.Phrase("exact", list(question.words))
        case "prefix":
            return query.Prefix("exact", first)
        case "fuzzy":
            return query.FuzzyTerm("exact", first, maxdist=1, prefixlength=0)
    return stems[0]


def filter_of(question: BenchQuery) -> query.Query | None:
    """Return the filter of a query, which does not affect scores."""
    if question.speaker is not None:
        return query.Term("known_as", question.speaker)
    if question.first is not None:
        return query.NumericRange("published", question.first, question.last)
    return None
