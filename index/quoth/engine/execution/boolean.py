"""Nodes of other nodes: what matches all of them, any of them, one and not the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from quoth.engine.execution.index import Index
from quoth.engine.execution.nodes import Best, Kept, Matches, Node, Nothing, Scores, take
from quoth.engine.execution.postings import best, reaching
from quoth.engine.execution.scratch import WINDOW, Scratch
from quoth.engine.segment.layout import Array

# Lists that hold together fewer documents than this part of the collection are sorted, not spread over all places.
_SPARSE = 16


@dataclass
class And(Node):
    """What matches every child; scores add up."""

    children: Sequence[Node]
    boost: float = 1.0

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(child.size for child in self.children)

    @property
    def parts(self) -> Sequence[Node]:
        return self.children

    def all(self) -> Matches:
        first, *others = self._order
        docs, scores = first.all()
        for child in others:
            places, added = child.at(docs)
            docs, scores = docs[places], take(scores, places) + added
        return Matches(docs, scores if self.boost == 1.0 else scores * self.boost)

    def at(self, docs: Array) -> Kept:
        kept: Array = np.arange(len(docs))
        scores: Scores = 0.0
        for child in self._order:
            places, added = child.at(docs[kept])
            kept, scores = kept[places], take(scores, places) + added
        return Kept(kept, scores * self.boost)

    @property
    def _order(self) -> list[Node]:
        return sorted(self.children, key=lambda child: child.size)


@dataclass
class Or(Node):
    """What matches any child; scores add up. A child's scores must be above zero."""

    index: Index
    scratch: Scratch
    children: Sequence[Node]
    boost: float = 1.0

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(self.index.documents, sum(child.size for child in self.children))

    @property
    def parts(self) -> Sequence[Node]:
        return self.children

    def all(self) -> Matches:
        lists = self._lists()
        if sum(len(docs) for docs, _ in lists) * _SPARSE < self.index.documents:
            return self._sorted(lists)
        found, scored = [], []
        for start, scores in self._windows(lists):
            docs = (scores > 0).nonzero()[0]
            scored.append(scores[docs])
            found.append(docs + start)
        return Matches(np.concatenate(found), np.concatenate(scored) * self.boost)

    def at(self, docs: Array) -> Kept:
        is_found, total = np.zeros(len(docs), bool), np.zeros(len(docs))
        for child in self.children:
            places, scores = child.at(docs)
            is_found[places] = True
            total[places] += scores
        kept = is_found.nonzero()[0]
        return Kept(kept, total[kept] * self.boost)

    def best(self, k: int) -> Best:
        lists = self._lists()
        if sum(len(docs) for docs, _ in lists) * _SPARSE < self.index.documents:
            return super().best(k)
        total, docs, kept = 0, np.empty(0, np.intp), np.empty(0)
        for start, scores in self._windows(lists):
            total += int(np.count_nonzero(scores > 0))
            # Before they are compared: scores that differ in their last bit may be equal after.
            np.multiply(scores, self.boost, out=scores)
            places = reaching(scores, k)
            # Of equals the one that stands first wins: what a later window has must be better.
            found = scores[places]
            better = (found > (kept[-1] if len(kept) == k else 0.0)).nonzero()[0]
            docs, kept = np.concatenate((docs, places[better] + start)), np.concatenate((kept, found[better]))
            order = best(kept, k)
            docs, kept = docs[order], kept[order]
        return Best(total, docs, kept)

    def _lists(self) -> list[tuple[Array, Array]]:
        found = [child.all() for child in self.children]
        return [(docs, np.full(len(docs), s) if isinstance(s, float) else s) for docs, s in found]

    def _sorted(self, lists: list[tuple[Array, Array]]) -> Matches:
        docs = np.concatenate([docs for docs, _ in lists])
        if not len(docs):
            return Nothing().all()
        order = np.argsort(docs, kind="stable")
        docs, scores = docs[order], np.concatenate([scores for _, scores in lists])[order]
        starts = np.diff(docs, prepend=-1).nonzero()[0]
        return Matches(docs[starts], np.add.reduceat(scores, starts) * self.boost)

    def _windows(self, lists: list[tuple[Array, Array]]) -> Iterator[tuple[int, Array]]:
        """Yield the scores of all documents, a window after the other, each with the number of its first document."""
        edges = [*range(0, self.index.documents, WINDOW), self.index.documents]
        cuts = [docs.searchsorted(edges) for docs, _ in lists]
        for window, (start, stop) in enumerate(pairwise(edges)):
            self.index.budget.check()
            with self.scratch.window(stop - start) as plane:
                for (docs, scores), cut in zip(lists, cuts, strict=True):
                    some = slice(cut[window], cut[window + 1])
                    np.add.at(plane, docs[some] - start, scores[some])
                yield start, plane


@dataclass
class Not(Node):
    """What can be found and does not match the child. Scores 1, as in Whoosh, wherever it stands."""

    index: Index
    child: Node

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.index.documents

    @property
    def parts(self) -> Sequence[Node]:
        return (self.child,)

    def all(self) -> Matches:
        docs = self.index.everything
        return Matches(docs[self.at(docs).places], 1.0)

    def at(self, docs: Array) -> Kept:
        is_left = np.ones(len(docs), bool)
        is_left[self.child.at(docs).places] = False
        return Kept(is_left.nonzero()[0], 1.0)


@dataclass
class AndNot(Node):
    """What matches `wanted` and not `unwanted`, with the scores of `wanted`."""

    wanted: Node
    unwanted: Node

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.wanted.size

    @property
    def parts(self) -> Sequence[Node]:
        return (self.wanted, self.unwanted)

    def all(self) -> Matches:
        docs, scores = self.wanted.all()
        is_left = np.ones(len(docs), bool)
        is_left[self.unwanted.at(docs).places] = False
        left = is_left.nonzero()[0]
        return Matches(docs[left], take(scores, left))

    def at(self, docs: Array) -> Kept:
        places, scores = self.wanted.at(docs)
        kept = np.arange(len(docs))[places]
        is_left = np.ones(len(kept), bool)
        is_left[self.unwanted.at(docs[kept]).places] = False
        left = is_left.nonzero()[0]
        return Kept(kept[left], take(scores, left))


@dataclass
class AndMaybe(Node):
    """What matches `must`; what matches `may` as well scores more."""

    must: Node
    may: Node

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.must.size

    @property
    def parts(self) -> Sequence[Node]:
        return (self.must, self.may)

    def all(self) -> Matches:
        docs, scores = self.must.all()
        return Matches(docs, self._added(docs, scores))

    def at(self, docs: Array) -> Kept:
        places, scores = self.must.at(docs)
        return Kept(places, self._added(docs[places], scores))

    def _added(self, docs: Array, scores: Scores) -> Array:
        total = np.zeros(len(docs)) + scores
        places, added = self.may.at(docs)
        total[places] += added
        return total


@dataclass
class Constant(Node):
    """What matches the child, with one score for all."""

    child: Node
    score: float

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.child.size

    @property
    def parts(self) -> Sequence[Node]:
        return (self.child,)

    def all(self) -> Matches:
        return Matches(self.child.all().docs, self.score)

    def at(self, docs: Array) -> Kept:
        return Kept(self.child.at(docs).places, self.score)


@dataclass
class Filtered(Node):
    """What matches `wanted` and passes `filter`, which adds nothing to the scores."""

    wanted: Node
    filter: Node

    @property
    def size(self) -> int:  # type: ignore[override]
        return min(self.wanted.size, self.filter.size)

    @property
    def parts(self) -> Sequence[Node]:
        return (self.wanted, self.filter)

    def all(self) -> Matches:
        if self.filter.size < self.wanted.size:
            docs = self.filter.all().docs
            places, scores = self.wanted.at(docs)
            return Matches(docs[places], scores)
        docs, scores = self.wanted.all()
        places, _ = self.filter.at(docs)
        return Matches(docs[places], take(scores, places))

    def at(self, docs: Array) -> Kept:
        kept, scores = self.wanted.at(docs)
        places, _ = self.filter.at(docs[kept])
        return Kept(np.arange(len(docs))[kept][places], take(scores, places))
