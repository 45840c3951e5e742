"""The demands on Quoth's speed and size, as data, and whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.queries import KINDS, TITLES

Corpus = dict[str, Any]  # the measurements of bench.run on one corpus

# The settings that must meet the demands: a compacted index, and one with recent writes.
SETTINGS = ("quoth-1", "quoth-4")

# The most CPU, as a multiple of tantivy's, which counts all matches as Quoth does.
AGAINST_TANTIVY = {
    "rare": 5.0,
    "term": 1.5,
    "and": 1.5,
    "or2": 1.5,
    "or5": 1.5,
    "not": 1.5,
    "multi": 1.5,
    "phrase": 3.0,
    "fuzzy": 3.0,
    "speaker": 3.0,
    "dates": 1.0,
    "sort": 1.0,
    "facet": 1.0,
}
AGAINST_FTS5 = 0.2  # for every kind that FTS5 has, except these
NOT_AGAINST_FTS5 = ("rare", "phrase")
BUILD_RATE = 0.6  # at least this multiple of tantivy's
BYTES = 1.1
TWENTY_SEGMENTS = 4.0  # at most this multiple of one segment
SMALLEST = 100_000  # quotes; in a smaller index overhead dominates the search in every engine
LIBRARY = ((200_000, 3.0), (1_000_000, 10.0))  # quotes, and the most milliseconds a call


@dataclass(frozen=True, slots=True)
class Line:
    """One demand on one corpus, with the value reached in each measured setting."""

    title: str
    limit: float
    reached: dict[str, float]
    at_least: bool = False
    unit: str = "×"

    def holds(self, setting: str) -> bool:
        """Whether the demand is met.

        >>> Line("term", 1.5, {"quoth-1": 1.5}).holds("quoth-1")
        True
        >>> Line("build rate", 0.6, {"quoth-1": 0.5}, at_least=True).holds("quoth-1")
        False
        """
        value = self.reached[setting]
        return value >= self.limit if self.at_least else value <= self.limit


def lines(corpus: Corpus) -> Iterator[Line]:
    """Yield the demands for which a corpus has measurements; none for a small corpus."""
    if corpus["quotes"] >= SMALLEST:
        yield from (line for line in _all(corpus) if line.reached)


def _all(corpus: Corpus) -> Iterator[Line]:
    for kind in KINDS:
        if kind.name in AGAINST_TANTIVY:
            reached = _each(partial(_of_tantivy, corpus, kind.name))
            yield Line(f"{kind.title}, CPU against tantivy", AGAINST_TANTIVY[kind.name], reached)
    compared = [kind.name for kind in KINDS if kind.name not in NOT_AGAINST_FTS5]
    worst = {setting: worst_ratio(corpus, setting, "fts5", compared) for setting in SETTINGS}
    names = ", ".join(sorted({TITLES[pair[0]] for pair in worst.values() if pair}))
    title = f"every kind except rare and phrase, CPU against FTS5 (worst: {names})"
    yield Line(title, AGAINST_FTS5, {setting: pair[1] for setting, pair in worst.items() if pair})
    yield Line(
        "build rate against tantivy, from quotes to a finished index",
        BUILD_RATE,
        _each(lambda setting: build_ratio(corpus, setting, ready=False)),
        at_least=True,
    )
    yield Line(
        "build rate against tantivy, from finished documents",
        BUILD_RATE,
        _each(lambda setting: build_ratio(corpus, setting, ready=True)),
        at_least=True,
    )
    yield Line("bytes per quote against tantivy", BYTES, _each(lambda setting: bytes_ratio(corpus, setting)))
    if slowest := worst_ratio(corpus, "quoth-20", "quoth-1", [kind.name for kind in KINDS]):
        title = f"any kind, 20 segments against one (worst: {TITLES[slowest[0]]})"
        yield Line(title, TWENTY_SEGMENTS, {"quoth-20": slowest[1]})
    if corpus.get("library"):
        limit = next((most for size, most in LIBRARY if corpus["quotes"] <= size), LIBRARY[-1][1])
        yield Line("a whole search of two words", limit, {"library": corpus["library"]["p50"]}, unit=" ms")


def ratio(corpus: Corpus, engine: str, other: str, kind: str) -> float | None:
    """Return the ratio of an engine's median to the other's."""
    ours, theirs = (corpus["latency"].get(name, {}).get(kind) for name in (engine, other))
    return ours["p50"] / theirs["p50"] if ours and theirs else None


def worst_ratio(corpus: Corpus, engine: str, other: str, kinds: Sequence[str]) -> tuple[str, float] | None:
    """Return the kind with an engine's worst ratio to another, and that ratio."""
    ratios = [(name, value) for name in kinds if (value := ratio(corpus, engine, other, name)) is not None]
    return max(ratios, key=lambda pair: pair[1], default=None)


def rate(corpus: Corpus, engine: str, *, ready: bool = False) -> float | None:
    """Return quotes built per CPU second; with `ready`, without the Python time that makes documents.

    Quoth's time still includes its columns, since they are its form of a document; only the JSON is left out.
    """
    built = corpus["built"].get(engine)
    if built is None:
        return None
    columns = 0.0 if engine.startswith("quoth") else built["columns"]
    return float(built["quotes"] / (built["seconds"] - (built["json"] + columns if ready else 0.0)))


def build_ratio(corpus: Corpus, engine: str, *, ready: bool) -> float | None:
    """Return the ratio of an engine's build rate to tantivy's."""
    ours, theirs = (rate(corpus, name, ready=ready) for name in (engine, "tantivy"))
    return ours / theirs if ours and theirs else None


def bytes_ratio(corpus: Corpus, engine: str) -> float | None:
    """Return the ratio of an engine's index size to tantivy's."""
    ours, theirs = corpus["built"].get(engine), corpus["built"].get("tantivy")
    return ours["bytes"] / theirs["bytes"] if ours and theirs else None


def _of_tantivy(corpus: Corpus, kind: str, engine: str) -> float | None:
    return ratio(corpus, engine, "tantivy", kind)


def _each(of: Callable[[str], float | None]) -> dict[str, float]:
    return {setting: value for setting in SETTINGS if (value := of(setting)) is not None}
