"""Compile a Whoosh query tree to scorers. An unknown type of query raises an error with its name; nothing is guessed.

A query means what it means to Whoosh on one segment with the whole collection, because scores must not depend on how
documents are split. Where Whoosh's scores depend on how many documents or terms a segment has, see
docs/decisions/0007-whoosh-semantics.md.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from whoosh import query
from whoosh.query import qcore

from quoth.engine import schema
from quoth.engine.execution.boolean import AndMaybeScorer, AndNotScorer, AndScorer, ConstantScorer, NotScorer, OrScorer
from quoth.engine.execution.coverage.attach import attached, is_word, terms_of
from quoth.engine.execution.coverage.words import BoostedTerm, WordScorer, WordTerms, WordTrees
from quoth.engine.execution.index import Index, TermInfo
from quoth.engine.execution.scorers import (
    ColumnRangeScorer,
    DateRangeScorer,
    EverythingScorer,
    NothingScorer,
    PhraseScorer,
    Scorer,
    TermScorer,
)
from quoth.engine.execution.scratch import Scratch
from quoth.engine.segment.columns import key, missing
from quoth.engine.segment.reader import SegmentReader

_VALUES = tuple(f"{name}.values" for name in schema.VALUES)
# Fields whose terms have postings.
SEARCHED = (*schema.TEXTS, *schema.KEYWORDS)


class Unsupported(NotImplementedError):
    """A query that the engine does not execute: a bug in the planner."""


def sections(tree: query.Query) -> Iterator[str]:
    """Yield the sections that must be in memory before a tree can be compiled: dictionaries and columns.

    >>> sorted(sections(query.Term("exact", "land")))
    ['exact.length', 'exact.terms', 'exact.tf']
    """
    name = getattr(tree, "fieldname", None)
    if name is not None:
        yield from sections_of(name)
    if isinstance(tree, query.FuzzyTerm):
        yield f"{name}.reversed"
    for child in tree.children():
        yield from sections(child)


def sections_of(field: str) -> Iterator[str]:
    """Yield the sections that must be in memory before terms or values of a field can be compiled.

    A section of values may stand for the field: a plan looks up the values of few documents.
    """
    if field in SEARCHED:
        yield f"{field}.terms"
        if field in schema.TEXTS:
            yield from (f"{field}.tf", f"{field}.length")
    elif field in schema.VALUES:
        yield from (f"{field}.values", f"{field}.ordinals")
    elif field in schema.NUMBERS or field in schema.KEYS or field in _VALUES:
        yield field


def split(filter: query.Query | None) -> tuple[tuple[tuple[str, bytes], ...], query.Query | None]:
    """Split a filter into the excluded values of fields in `schema.FEW_VALUES`, each with its field, and the rest.

    >>> split(query.And([query.Not(query.Term("type", "indirect")), query.Term("known_as", "ada")]))
    ((('type', b'indirect'),), Term('known_as', 'ada'))
    """
    excluded: list[tuple[str, bytes]] = []
    rest: list[query.Query] = []
    parts: Sequence[Any] = filter.subqueries if isinstance(filter, query.And) else (filter,)
    for part in parts:
        if type(part) is query.Not and type(part.query) is query.Term and part.query.fieldname in schema.FEW_VALUES:
            excluded.append((part.query.fieldname, part.query.text.encode()))
        elif part is not None:
            rest.append(part)
    if not excluded:
        return (), filter
    return tuple(excluded), query.And(rest) if len(rest) > 1 else rest[0] if rest else None


def compile(tree: query.Query, index: Index, scratch: Scratch) -> Scorer:
    """Return the scorer of a tree; raises `Unsupported`."""
    return _Compiler(index, scratch).scorer(attached(tree))


def compile_word(word: WordTrees, index: Index, *, is_ranked: bool = True) -> WordScorer:
    """Return the scorer of a word; unless it is ranked by coverage, what the word stands about is left out."""
    compiler = _Compiler(index, _NO_SCRATCH)
    if not is_ranked:
        return compiler.word(terms_of(word.strong) or (), word.exact)
    return compiler.named_word(word.name, lambda: (terms_of(word.strong), word.exact, terms_of(word.about)))


# A word needs no arrays to work in.
_NO_SCRATCH = Scratch(0)


class _Compiler:
    def __init__(self, index: Index, scratch: Scratch) -> None:
        self._index = index
        self._scratch = scratch

    def scorer(self, tree: query.Query) -> Scorer:
        build = _BUILDERS.get(type(tree))
        if build is None:
            raise Unsupported(f"the engine does not execute {type(tree).__name__}: {tree!r}")
        boost = getattr(tree, "boost", 1.0)
        if not boost > 0:
            raise Unsupported(f"the engine executes boosts above 0 only, not {boost}: {tree!r}")
        return build(self, tree)

    def nothing(self, tree: query.Query) -> Scorer:  # noqa: ARG002 - one signature for all
        return NothingScorer()

    def every(self, tree: query.Every) -> Scorer:
        if tree.fieldname is not None:
            raise Unsupported(f"the engine executes Every() without a field only: {tree!r}")
        return EverythingScorer(self._index, float(tree.boost))

    def term(self, tree: query.Term) -> Scorer:
        name, text, boost = tree.fieldname, tree.text, float(tree.boost)
        if name in SEARCHED:
            return TermScorer(self._index, self._scratch, self._info(name, text), boost)
        if name in schema.VALUES:
            ordinal = self._index.columns.ordinal(name, text.encode())
            return (
                ColumnRangeScorer(self._index, self._index.columns.ordinals(name), ordinal, ordinal, boost)
                if ordinal
                else NothingScorer()
            )
        if name in schema.KEYS:
            hashed = key(text)
            return ColumnRangeScorer(self._index, self._index.columns.keys(name), hashed, hashed, boost)
        if name in schema.NUMBERS:
            return self._numbers(name, int(text), int(text), boost)
        return NothingScorer()

    def phrase(self, tree: query.Phrase) -> Scorer:
        if tree.slop != 1:
            raise Unsupported(f"the engine executes phrases without gaps only: {tree!r}")
        if tree.fieldname not in schema.POSITIONS:
            raise Unsupported(f"the field {tree.fieldname!r} has no positions: {tree!r}")
        infos = [self._info(tree.fieldname, word) for word in tree.words]
        return PhraseScorer(self._index, infos, float(tree.boost)) if infos else NothingScorer()

    def conjunction(self, tree: query.And) -> Scorer:
        dates = _dates(tree) if len(tree.subqueries) > 1 else None
        if dates is None:
            return self._compound(tree, AndScorer)
        # The two ends of a range of dates are one range of documents in each segment.
        first, last = dates
        boost = float(first.boost + last.boost)
        scorer = DateRangeScorer(self._index, -_HIGHEST, _ends(last)[1], _ends(first)[0], boost)
        rest = [self.scorer(child) for child in tree.subqueries if child is not first and child is not last]
        return AndScorer([scorer, *rest], float(tree.boost))

    def disjunction(self, tree: query.Or) -> Scorer:
        if tree.minmatch or tree.scale:
            raise Unsupported(f"the engine executes Or without minmatch and scale only: {tree!r}")
        if len(tree.subqueries) > 1 and is_word(tree):
            return self.word(tree.subqueries, ())
        return self._compound(tree, lambda children, boost: OrScorer(self._index, self._scratch, children, boost))

    def _compound(self, tree: query.Query, make: Callable[[list[Scorer], float], Scorer]) -> Scorer:
        children = [self.scorer(child) for child in tree.subqueries]
        if len(children) < 2:  # Whoosh returns an only child as it is, without its parent's boost
            return children[0] if children else NothingScorer()
        return make(children, float(tree.boost))

    def negation(self, tree: query.Not) -> Scorer:
        return NotScorer(self._index, self.scorer(tree.query))

    def without(self, tree: query.AndNot) -> Scorer:
        return AndNotScorer(self.scorer(tree.a), self.scorer(tree.b))

    def word(self, *groups: Sequence[query.Term]) -> WordScorer:
        name = tuple(tuple([(term.fieldname, term.text, term.boost) for term in terms]) for terms in groups)
        return self.named_word(name, lambda: groups)

    def named_word(self, name: Hashable, groups: Callable[[], Iterable[Sequence[query.Term] | None]]) -> WordScorer:
        def make() -> WordTerms:
            found = [tuple(map(self._boosted, terms or ())) for terms in groups()]
            return WordTerms.of(name, self._index.documents, *found)

        terms = self._index.segments.cache.get(("word terms", name), make, lambda made: made.bytes)
        return WordScorer(self._index, terms)

    def _boosted(self, term: query.Term) -> BoostedTerm:
        name, text = term.fieldname, term.text
        if name in schema.VALUES:
            return BoostedTerm(self._index.columns.ordinal(name, text.encode()), float(term.boost))
        return BoostedTerm(self._info(name, text), float(term.boost))

    def maybe(self, tree: query.AndMaybe) -> Scorer:
        must, may = terms_of(tree.a), terms_of(tree.b)
        if must and may and is_word(tree.a):
            return self.word(must, may)
        return AndMaybeScorer(self.scorer(tree.a), self.scorer(tree.b))

    def constant(self, tree: query.ConstantScoreQuery) -> Scorer:
        if not tree.score > 0:
            raise Unsupported(f"the engine executes scores above 0 only, not {tree.score}: {tree!r}")
        return ConstantScorer(self.scorer(tree.child), float(tree.score))

    def prefix(self, tree: query.Prefix) -> Scorer:
        if not tree.text:
            raise Unsupported(f"the engine executes prefixes with at least one letter: {tree!r}")
        start = tree.text.encode()
        return self._expansion(tree, ("prefix", start), lambda reader, name: reader.dictionary(name).starting(start))

    def fuzzy(self, tree: query.FuzzyTerm) -> Scorer:
        if tree.maxdist != 1:
            raise Unsupported(f"the engine executes fuzzy terms at distance 1 only: {tree!r}")
        shared = min(tree.prefixlength, len(tree.text))
        return self._expansion(
            tree,
            ("fuzzy", tree.text, shared),
            lambda reader, _: reader.fuzzy(tree.fieldname, tree.text, shared),
        )

    def terms(self, tree: query.TermRange) -> Scorer:
        first = None if tree.start is None else tree.start.encode() + b"\0" * bool(tree.startexcl)
        stop = None if tree.end is None else tree.end.encode() + b"\0" * (not tree.endexcl)
        name = ("range", first, stop)
        return self._expansion(tree, name, lambda reader, name: reader.dictionary(name).between(first, stop))

    def _expansion(self, tree: Any, name: tuple[Any, ...], numbers: Callable[[SegmentReader, str], Any]) -> Scorer:
        if tree.fieldname not in SEARCHED:
            raise Unsupported(f"the engine expands terms of {', '.join(SEARCHED)} only: {tree!r}")
        info = self._index.term_infos(tree.fieldname, name, lambda reader: numbers(reader, f"{tree.fieldname}.terms"))
        boost = float(tree.boost)
        if tree.constantscore:
            return ConstantScorer(TermScorer(self._index, self._scratch, info, 1.0), boost)
        return TermScorer(self._index, self._scratch, info, boost)

    def numbers(self, tree: query.NumericRange) -> Scorer:
        if tree.fieldname not in schema.NUMBERS or not tree.constantscore:
            raise Unsupported(f"the engine executes ranges of {', '.join(schema.NUMBERS)} only: {tree!r}")
        return self._numbers(tree.fieldname, *_ends(tree), float(tree.boost))

    def _numbers(self, name: str, first: int, last: int, boost: float) -> Scorer:
        if first > last:
            return NothingScorer()
        if name == "published":
            return DateRangeScorer(self._index, first, last, None, boost)
        if name == "published_to" and last == _HIGHEST:
            return DateRangeScorer(self._index, -_HIGHEST, _HIGHEST, first, boost)
        return ColumnRangeScorer(self._index, self._index.columns.numbers(name), first, last, boost)

    def _info(self, field: str, text: str) -> TermInfo:
        return self._index.term_info(field, text.encode())


_HIGHEST = -(missing("i8") + 1)


def _ends(tree: query.NumericRange) -> tuple[int, int]:
    """Return the first and the last number of a range."""
    first = -_HIGHEST if tree.start is None else max(-_HIGHEST, tree.start + bool(tree.startexcl))
    last = _HIGHEST if tree.end is None else min(_HIGHEST, tree.end - bool(tree.endexcl))
    return first, last


def _dates(tree: query.And) -> tuple[query.NumericRange, query.NumericRange] | None:
    """Return the two children that are the ends of a range of dates, if there is one of each."""
    ranges = [child for child in tree.subqueries if isinstance(child, query.NumericRange)]
    firsts = [child for child in ranges if child.fieldname == "published_to" and child.end is None]
    lasts = [child for child in ranges if child.fieldname == "published" and child.start is None]
    is_one = len(firsts) == len(lasts) == 1 and firsts[0].constantscore and lasts[0].constantscore
    return (firsts[0], lasts[0]) if is_one else None


_BUILDERS: dict[type[query.Query], Callable[[_Compiler, Any], Scorer]] = {
    query.And: _Compiler.conjunction,
    query.AndMaybe: _Compiler.maybe,
    query.AndNot: _Compiler.without,
    query.ConstantScoreQuery: _Compiler.constant,
    query.Every: _Compiler.every,
    query.FuzzyTerm: _Compiler.fuzzy,
    query.Not: _Compiler.negation,
    query.NumericRange: _Compiler.numbers,
    query.Or: _Compiler.disjunction,
    query.Phrase: _Compiler.phrase,
    query.Prefix: _Compiler.prefix,
    query.Term: _Compiler.term,
    query.TermRange: _Compiler.terms,
    type(qcore.NullQuery): _Compiler.nothing,
}
