"""The documents of a word: its stems, its exact forms, names, and the words about a quote, combined once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from whoosh import query

from quoth.engine import schema
from quoth.engine.execution.cache import Lazy
from quoth.engine.execution.coverage import bitmaps
from quoth.engine.execution.index import Index, TermInfo
from quoth.engine.execution.postings import CHAMPIONS, top_places
from quoth.engine.execution.scorers import ScoredDocs, ScoredPlaces, Scorer, TopScores
from quoth.engine.execution.scratch import SEARCH_COST, common, distinct
from quoth.engine.segment.layout import Array
from quoth.engine.segment.reader import FileSpan

# More combinations of classes than this are not listed in a table.
_MOST_COMBINATIONS = 1 << 16
# A word in at least 1 / _FREQUENT of all documents keeps a plane.
_FREQUENT = 64
# A word with fewer postings than 1 / _RARE of all documents is combined without one.
_RARE = 128

# Where a document has a word, by the field of the term: the first of these counts. About a quote is the headline, and
# the reporter's words beside it.
Place = Literal["text", "speaker", "publisher", "about"]
PLACES: tuple[Place, ...] = get_args(Place)
_PLACE_OF = {"stemmed": 1, "exact": 1, "known_as": 2, "denied_as": 2, "publisher": 3, "about": 4}
_ABOUT = _PLACE_OF["about"]

# Where a document has each word, as a number of `PLACES` from 1; 0 is nowhere.
Found = tuple[int, ...]


class WordTrees(NamedTuple):
    """A word as query trees: what matches it, its exact forms, what it stands about, and its frequency.

    `name` names it in the index: words of one name are equal.
    """

    name: Hashable
    strong: query.Query
    exact: tuple[query.Term, ...]
    about: query.Query | None
    frequency: int

    @property
    def all(self) -> Iterator[query.Query]:
        """All trees."""
        yield self.strong
        yield from self.exact
        if self.about is not None:
            yield self.about


class BoostedTerm(NamedTuple):
    """A term, or the ordinal of a publisher, and by how much its score is multiplied."""

    info: TermInfo | int
    boost: float

    @property
    def place(self) -> int:
        """The number of its place in `PLACES`, from 1."""
        return _PLACE_OF["publisher" if isinstance(self.info, int) else self.info.field]


class WordTerms(NamedTuple):
    """The terms of a word, looked up in an index: a document must have one of `must`; those of `may` add to its score.

    Terms of `about` match nothing by themselves: they are there for a search by coverage. `name` names them in a cache,
    and `size` is an upper bound of the documents that have the word, or that it is about.
    """

    name: Hashable
    must: tuple[BoostedTerm, ...]
    may: tuple[BoostedTerm, ...]
    about: tuple[BoostedTerm, ...]
    size: int

    @classmethod
    def of(
        cls,
        name: Hashable,
        documents: int,
        must: tuple[BoostedTerm, ...] = (),
        may: tuple[BoostedTerm, ...] = (),
        about: tuple[BoostedTerm, ...] = (),
    ) -> WordTerms:
        """Return the terms of a word in an index of so many documents."""
        sizes = (documents if isinstance(term.info, int) else term.info.size for term in (*must, *about))
        return cls(name, must, may, about, min(documents, sum(sizes)))

    @property
    def all(self) -> tuple[BoostedTerm, ...]:
        """All terms, in the order in which their scores are added."""
        return (*self.must, *self.about, *self.may)

    @property
    def bytes(self) -> int:
        """The bytes that they take in memory, beside their postings."""
        return 1_024 * (1 + len(self.all))


class WordPostings:
    """The documents of a word, ascending, each with a class: where it has the word, and what that scores.

    Classes ascend by score; class 0 stands for documents without the word. `scores` and `places` have the score and the
    place of each class, as a number of `PLACES` from 1.
    """

    def __init__(self, docs: Array, codes: Array, scores: Array, places: Array, documents: int) -> None:
        self.all_docs = docs.astype(np.uint32)
        self.codes = codes
        self.scores = scores
        self.places = places.astype("u1")
        self.is_strong: Array = (places > 0) & (places < _ABOUT)
        self._documents = documents

    def __len__(self) -> int:
        return len(self.codes)

    @Lazy
    def _has_all(self) -> bool:
        """Whether every document has the word, so that it stands about none without it."""
        return bool(self.is_strong[1:].all())

    @Lazy
    def total(self) -> int:
        """The number of documents that have the word."""
        return int(np.count_nonzero(self.is_strong.take(self.codes)))

    @property
    def docs(self) -> Array:
        """The documents that have the word."""
        docs = self.all_docs if self._has_all else self.all_docs[self.is_strong.take(self.codes)]
        return docs.astype(np.intp)

    @property
    def weights(self) -> Array:
        """The scores of the documents that have the word."""
        codes = self.codes if self._has_all else self.codes[self.is_strong.take(self.codes)]
        weights: Array = self.scores.take(codes)
        return weights

    @Lazy
    def champions(self) -> tuple[Array, Array]:
        """The best documents that have the word, best first, ties by document, and their scores."""
        docs, weights = self.docs, self.weights
        places = top_places(weights, CHAMPIONS)
        return docs[places], weights[places]

    @Lazy
    def champions_found(self) -> list[Found]:
        """Where each of the best documents has the word."""
        return found_in([(self, self.classes(self.champions[0]))])

    @Lazy
    def bits(self) -> Array:
        """The documents that have the word or that it stands about, as a bitmap."""
        return bitmaps.of_docs(self.all_docs, self._documents)

    @Lazy
    def strong_bits(self) -> Array:
        """The documents that have the word, as a bitmap."""
        return self.bits if self._has_all else bitmaps.of_docs(self.docs, self._documents)

    @Lazy
    def _plane(self) -> Array:
        """The class of every document of the collection."""
        plane = np.zeros(self._documents, self.codes.dtype)
        plane[self.all_docs] = self.codes
        return plane

    @Lazy
    def _is_frequent(self) -> bool:
        return len(self) * _FREQUENT >= self._documents

    @Lazy
    def highest(self) -> float:
        """The best score."""
        return float(self.scores[-1])

    def reaching(self, least: float) -> tuple[Array, Array]:
        """Return the documents that have the word and score at least so much in it, and their scores."""
        lowest = int(self.scores.searchsorted(least))
        kept = (self.codes >= max(1, lowest)).nonzero()[0]
        codes = self.codes.take(kept)
        if not self._has_all:
            is_strong = self.is_strong.take(codes)
            kept, codes = kept[is_strong], codes[is_strong]
        return self.all_docs.take(kept).astype(np.intp), self.scores.take(codes)

    def classes(self, docs: Array) -> Array:
        """Return the class of each of some ascending documents."""
        if self._is_frequent:
            classes: Array = self._plane.take(docs)
            return classes
        if not len(self):
            return np.zeros(len(docs), self.codes.dtype)
        places = self.all_docs.searchsorted(docs.astype(np.uint32))
        is_there = self.all_docs.take(places, mode="clip") == docs
        found: Array = self.codes.take(places, mode="clip") * is_there
        return found

    @property
    def size(self) -> int:
        """The bytes in memory once every array is computed."""
        plane = self._documents * self.codes.itemsize if self._is_frequent else 0
        bits = self._documents // 8 * (1 if self._has_all else 2)
        return len(self) * (4 + self.codes.itemsize) + plane + bits + 24 * len(self.scores) + 4096


def found_in(words: Iterable[tuple[WordPostings, Array]]) -> list[Found]:
    """Return where some documents have some words, each given with the class of each document."""
    return list(zip(*[word.places.take(classes).tolist() for word, classes in words], strict=True))


class WordScorer(Scorer):
    """Matches documents with a word, and scores its terms."""

    def __init__(self, index: Index, terms: WordTerms) -> None:
        self._index = index
        self._terms = terms
        self._name = "word", index.visibility.hidden, terms.name
        self.size = terms.size

    def spans(self) -> Iterator[FileSpan]:
        if self._name not in self._index.segments.cache:
            for term in self._terms.all:
                if not isinstance(term.info, int):
                    yield from self._index.spans(term.info)

    @Lazy
    def postings(self) -> WordPostings:
        """The postings, combined on first use."""

        def make() -> WordPostings:
            self._index.budget.check()
            parts = [self._part(term) for term in self._terms.all]
            return _combined(parts, len(parts) - len(self._terms.may), self._index.documents)

        return self._index.segments.cache.get(self._name, make, lambda made: made.size)

    def _part(self, term: BoostedTerm) -> _Part:
        if isinstance(term.info, int):
            ordinals = self._index.columns.ordinals("publisher")
            docs = self._index.visibility.alive((ordinals == term.info).nonzero()[0])
            return _Part(docs, np.ones(len(docs), np.uint32), np.array([0.0, term.boost]), term.place)
        if not term.info.size:
            return _Part(np.empty(0, np.intp), np.empty(0, "u1"), np.zeros(1), term.place)
        postings = self._index.read_postings(term.info)
        if term.info.field not in schema.TEXTS:
            return _Part(postings.docs, postings.codes, np.array([0.0, term.boost]), term.place)
        # As few classes as there are scores, in their order.
        scores, classes = self._index.ranked_factors(term.info.field)
        idf = self._index.idf(term.info.size)
        return _Part(postings.docs, classes.take(postings.codes), scores * idf * term.boost, term.place)

    def docs(self) -> Array:
        return self.postings.docs

    def matches(self) -> ScoredDocs:
        return ScoredDocs(self.postings.docs, self.postings.weights)

    def score_docs(self, docs: Array) -> ScoredPlaces:
        self._index.budget.check()
        postings = self.postings
        classes = postings.classes(docs)
        places = postings.is_strong.take(classes).nonzero()[0]
        return ScoredPlaces(places, postings.scores.take(classes.take(places)))

    def top_k(self, k: int) -> TopScores:
        if k > CHAMPIONS:
            return super().top_k(k)
        postings = self.postings
        docs, scores = postings.champions
        return TopScores(postings.total, docs[:k], scores[:k])


class _Part(NamedTuple):
    """The documents of one term, the class of each, the score of each class, and its place; class 0 is none."""

    docs: Array
    codes: Array
    scores: Array
    place: int


def _combined(parts: Sequence[_Part], required: int, documents: int) -> WordPostings:
    """Return the documents of the first `required` parts, each with the sum of its scores in all parts, in order."""
    must = [part for part in parts[:required] if len(part.docs)]
    may = [part for part in parts[required:] if len(part.docs)]
    if not must:
        return WordPostings(np.empty(0, np.intp), np.empty(0, "u1"), np.zeros(1), np.zeros(1, np.intp), documents)
    strides = [1]
    for part in (*must, *may):
        strides.append(strides[-1] * len(part.scores))
    if strides[-1] > _MOST_COMBINATIONS:
        return _summed(must, may, documents)
    docs, combinations = _combinations(must, may, strides, documents)
    is_few = len(combinations) * SEARCH_COST < strides[-1]
    if is_few:
        used = distinct(np.sort(combinations))
    else:
        used = (np.bincount(combinations, minlength=strides[-1]) > 0).nonzero()[0]
    sums, places = np.zeros(len(used)), np.full(len(used), len(PLACES) + 1)
    for number, (part, stride) in enumerate(zip((*must, *may), strides, strict=False)):
        digits = used // stride % len(part.scores)
        sums += part.scores.take(digits)
        if number < len(must):
            places = np.where(digits > 0, np.minimum(places, part.place), places)
    order = sums.argsort(kind="stable")
    rank = np.empty(len(used), _kind(len(used)))
    rank[order] = np.arange(1, len(used) + 1)
    if is_few:
        codes = rank.take(used.searchsorted(combinations))
    else:
        table = np.zeros(strides[-1], rank.dtype)
        table[used] = rank
        codes = table.take(combinations)
    return WordPostings(docs, codes, _from_0(sums[order]), _from_0(places[order]), documents)


def _combinations(
    must: Sequence[_Part], may: Sequence[_Part], strides: Sequence[int], documents: int
) -> tuple[Array, Array]:
    """Return the documents that have one of the parts `must`, and the classes of each in all parts as one number."""
    lists: list[tuple[Array, Array]] = []
    required: list[Array] = []
    for number, (part, stride) in enumerate(zip((*must, *may), strides, strict=False)):
        numbers = part.codes.astype(np.uint32) * np.uint32(stride)
        # A stem of one form has the documents of that form.
        equal = next((known for docs, known in lists if np.array_equal(docs, part.docs)), None)
        if equal is not None:
            equal += numbers
        else:
            lists.append((part.docs, numbers))
            if number < len(must):
                required.append(part.docs)
    if len(lists) == 1:
        return lists[0]
    if sum(len(docs) for docs, _ in lists) * _RARE < documents:
        docs = required[0] if len(required) == 1 else distinct(np.sort(np.concatenate(required)))
        combinations = np.zeros(len(docs), np.uint32)
        for some, numbers in lists:
            kept, places = common(some, docs)
            combinations[places] += numbers[kept]
        return docs, combinations
    plane = np.zeros(documents, np.uint32)
    for some, numbers in lists[: len(required)]:
        plane[some] += numbers
    docs = required[0] if len(required) == 1 else _union(required, plane)
    for some, numbers in lists[len(required) :]:
        plane[some] += numbers
    return docs, plane.take(docs)


def _union(lists: Sequence[Array], plane: Array) -> Array:
    """Return the documents of some lists, ascending; `plane` has a number above 0 for each of them."""
    if sum(map(len, lists)) * SEARCH_COST < len(plane):
        return distinct(np.sort(np.concatenate(lists)))
    docs: Array = (plane > 0).nonzero()[0]  # numpy looks for the places of true values faster than of numbers
    return docs


def _summed(must: Sequence[_Part], may: Sequence[_Part], documents: int) -> WordPostings:
    """Return what `_combined` returns, where the combinations are too many for a table."""
    weights, places = np.zeros(documents), np.zeros(documents, np.intp)
    for part in reversed(must):
        places[part.docs] = np.where(places[part.docs] > 0, np.minimum(places[part.docs], part.place), part.place)
    for part in (*must, *may):
        weights[part.docs] += part.scores.take(part.codes)
    docs = places.nonzero()[0]
    sums, at = weights[docs], places[docs]
    order = np.lexsort((at, sums))
    is_new = np.diff(sums[order], prepend=-1.0) != 0
    is_new |= np.diff(at[order], prepend=-1) != 0
    firsts = order[is_new]
    codes = np.zeros(len(docs), _kind(len(firsts)))
    codes[order] = np.cumsum(is_new)
    return WordPostings(docs, codes, _from_0(sums[firsts]), _from_0(at[firsts]), documents)


def _from_0(numbers: Array) -> Array:
    """Return numbers of classes, with 0 for class 0."""
    return np.concatenate((np.zeros(1, numbers.dtype), numbers))


def _kind(classes: int) -> str:
    return "u1" if classes < 256 else "u2" if classes < 65536 else "u4"


def best_first(docs: Array, scores: Array, k: int) -> tuple[Array, Array]:
    """Return the best `k` documents and their scores, ties by document."""
    places = top_places(scores, k)
    return docs[places], scores[places]
