"""Measure search by known items: `python -m relevance.search DATA`.

The index has all quotes of DATA/polnear/train.jsonl, DATA/polnear/dev.jsonl and DATA/ggt/dev.jsonl. The items are the
quotes of a development set, with queries from `relevance.recollections`. The weights of the ranking were chosen on
PolNeAR dev; ggt dev is held out. A hit is right if it has exactly the words of the quote.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from tqdm import tqdm

from quoth.archive import Archive
from quoth.article import MAX_FIELD
from quoth.engine.analysis import words
from quoth.engine.query.request import MAX_LIMIT, Request
from quoth.engine.searcher import Searcher
from quoth.quote import GivenQuote
from quoth.storage.stores.memory import MemoryStore
from relevance.recollections import APART, KINDS, Item, Recollection, Vocabulary
from relevance.verify import given, given_quotes
from training.corpus import read

SETS = {"PolNeAR dev": "polnear/dev.jsonl", "ggt dev": "ggt/dev.jsonl"}
OTHERS = ("polnear/train.jsonl",)
SEED = 20
ROUNDS = 3  # queries of each kind per quote
COUNTED = 5  # the fewest words of an item; shorter quotes are distractors
DEPTH = 10  # hits that count


class SearchTrial(NamedTuple):
    """One query for an item, and the item's rank in the answer: from 1, `None` if it is not there."""

    kind: str
    item: Item
    question: Recollection
    rank: int | None = None
    found: int = 0
    seconds: float = 0.0


class SearchScore(NamedTuple):
    """The figures of some trials: shares of the queries, except their number and the CPU milliseconds of each."""

    questions: int
    reciprocal: float
    first: float
    recall: float
    nothing: float
    milliseconds: float


def items(quotes: Iterable[GivenQuote]) -> list[Item]:
    """Return the quotes that are long enough for an item, each wording once."""
    by_wording = {tuple(words(quote.text)): quote for quote in reversed(list(quotes))}
    return [
        Item(str(quote.id), quote.speaker, wording, quote.text, tuple(words(quote.headline or "")))
        for wording, quote in reversed(by_wording.items())
        if len(wording) >= COUNTED and quote.speaker is not None
    ]


def questions(
    targets: Sequence[Item], vocabulary: Vocabulary, rounds: int = ROUNDS, seed: int = SEED
) -> Iterator[SearchTrial]:
    """Yield the trials, still without answers; the queries for one item do not depend on the other items."""
    for item in targets:
        for kind, forget in (*KINDS.items(), *APART.items()):
            for number in range(rounds):
                recollection = forget(item, vocabulary, random.Random(f"{seed} {item.id} {kind} {number}"))
                if recollection is not None:
                    yield SearchTrial(kind, item, recollection)


def run_trial(trial: SearchTrial, searcher: Searcher) -> SearchTrial:
    """Return a trial with its answer."""
    q, speaker = trial.question
    start = time.process_time()
    page = searcher.search(Request(q=q, speaker=speaker, limit=DEPTH))
    seconds = time.process_time() - start
    return trial._replace(
        rank=rank(trial.item, (hit.quote.text for hit in page.hits)), found=len(page.hits), seconds=seconds
    )


def best_possible(trial: SearchTrial, searcher: Searcher) -> float:
    """Return the greatest reciprocal rank that the item can have, in whatever order, behind the quotes with every word.

    It is 1 for an item that has every word itself, and 0 for one that cannot be among the hits that count.
    """
    q, speaker = trial.question
    page = searcher.search(Request(q=q, speaker=speaker, limit=MAX_LIMIT))
    if rank(trial.item, (hit.quote.text for hit in page.hits if not hit.is_related)):
        return 1.0
    return 1 / (page.total + 1) if page.total < DEPTH else 0.0


def rank(item: Item, texts: Iterable[str]) -> int | None:
    """Return the rank, from 1, of the first text with exactly the words of an item."""
    return next((place for place, text in enumerate(texts, 1) if tuple(words(text)) == item.wording), None)


def score(done: Sequence[SearchTrial]) -> SearchScore:
    """Return the figures of some trials; an item that is not among the hits scores 0."""
    number = len(done) or 1
    ranks = [trial.rank for trial in done if trial.rank is not None]
    return SearchScore(
        questions=len(done),
        reciprocal=sum(1 / place for place in ranks) / number,
        first=ranks.count(1) / number,
        recall=len(ranks) / number,
        nothing=sum(not trial.found for trial in done) / number,
        milliseconds=1000 * sum(trial.seconds for trial in done) / number,
    )


def table(done: Sequence[SearchTrial]) -> Iterator[str]:
    """Yield the lines of a Markdown table with one row per kind."""
    yield f"| | questions | MRR@{DEPTH} | first | in {DEPTH} | finds nothing | ms CPU |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for kind in KINDS:
        yield _row(kind, [trial for trial in done if trial.kind == kind])
    yield _row("**all of these**", [trial for trial in done if trial.kind in KINDS])
    for kind in APART:
        yield _row(f"apart: {kind}", [trial for trial in done if trial.kind == kind])


def _row(name: str, done: Sequence[SearchTrial]) -> str:
    figures = score(done)
    shares = (figures.reciprocal, figures.first, figures.recall, figures.nothing)
    cells = map(_share, shares)
    return "| " + " | ".join([name, f"{figures.questions:,}", *cells, f"{figures.milliseconds:.2f}"]) + " |"


def _share(value: float) -> str:
    return f"{value:.3f}".lstrip("0")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print both sets."""
    parser = argparse.ArgumentParser(prog="make evaluate-search", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder with polnear/ and ggt/")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help="queries of each kind per quote")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="seed of the queries")
    parser.add_argument("--misses", action="store_true", help="print the ids of quotes that are not the first hit")
    options = parser.parse_args(arguments)
    sets = {file: list(quotes(options.data / file)) for file in (*OTHERS, *SETS.values())}
    archive = [quote for group in sets.values() for quote in group]
    vocabulary, searcher = Vocabulary(words(quote.text) for quote in archive), build_searcher(archive)
    for name, file in SETS.items():
        targets = items(sets[file])
        trials = list(questions(targets, vocabulary, options.rounds, options.seed))
        done = [run_trial(trial, searcher) for trial in tqdm(trials, name, file=sys.stderr, leave=False)]
        print(f"{name}: {len(targets):,} quotes looked for among {len(archive):,}\n", *table(done), "", sep="\n")
        for kind in APART:
            possible = [best_possible(trial, searcher) for trial in trials if trial.kind == kind]
            mean = _share(sum(possible) / (len(possible) or 1))
            print(f"{kind}: an MRR@{DEPTH} of {mean} at most, behind the quotes that have every word\n")
        for trial in done if options.misses else ():
            if trial.rank != 1:
                print(f"{trial.item.id}: {trial.kind}, rank {trial.rank}, of {trial.found}")


def quotes(path: Path) -> Iterator[GivenQuote]:
    """Yield the quotes of a file of annotated articles, each with its headline and what stands about it."""
    for article in read(path):
        headline = article.text.strip().partition("\n")[0][:MAX_FIELD]
        for quote, known in zip(given_quotes(article), given(article), strict=True):
            yield replace(known, headline=headline, context=_around(article.text, quote.start, quote.end))


def _around(text: str, start: int, end: int) -> str:
    """Return the paragraph of a quote with the one before."""
    first = text.rfind("\n", 0, max(text.rfind("\n", 0, start), 0))
    while first > 0 and not text[first : text.rfind("\n", 0, start)].strip():  # blank lines
        first = text.rfind("\n", 0, first)
    last = text.find("\n", end)
    return text[first + 1 : last if last >= 0 else len(text)]


def build_searcher(quotes: Iterable[GivenQuote]) -> Searcher:
    """Return a searcher over some quotes."""
    store = MemoryStore()
    Archive(store).add(quotes)
    return Searcher(store)


if __name__ == "__main__":
    main()
