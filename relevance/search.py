"""Measure search by known items: `python -m relevance.search DATA`.

Indexed are all quotes of DATA/polnear/train.jsonl, DATA/polnear/dev.jsonl and DATA/ggt/dev.jsonl. Looked for are those
of a development set, by what somebody may remember of them (`relevance.recollections`). PolNeAR dev is what the
ranking's weights were chosen on, ggt dev is held out. Right is a hit with the very words of the quote.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from quoth.archive import Archive
from quoth.engine.analysis import words
from quoth.engine.query.request import Request
from quoth.engine.searcher import Searcher
from quoth.quote import GivenQuote
from quoth.storage.stores.memory import MemoryStore
from relevance.recollections import APART, KINDS, Forget, Item, Recollection, Vocabulary
from relevance.verify import given
from training.corpus import read

SETS = {"PolNeAR dev": "polnear/dev.jsonl", "ggt dev": "ggt/dev.jsonl"}
OTHERS = ("polnear/train.jsonl",)
SEED = 20
ROUNDS = 3  # questions of each kind about a quote
COUNTED = 5  # words of a quote that is looked for; shorter ones are in the way
DEPTH = 10  # hits that are looked at


class SearchTrial(NamedTuple):
    """One question about an item, and where in the answer it stands: from 1, `None` when it is not there."""

    kind: str
    item: Item
    question: Recollection
    rank: int | None = None
    total: int = 0
    seconds: float = 0.0


class SearchScore(NamedTuple):
    """What some trials come to: shares of the questions, but for their number and the milliseconds of CPU of each."""

    questions: int
    reciprocal: float
    first: float
    found: float
    nothing: float
    milliseconds: float


def items(quotes: Iterable[GivenQuote]) -> list[Item]:
    """Return the quotes that can be looked for, each wording once."""
    said = {tuple(words(quote.text)): quote for quote in reversed(list(quotes))}
    return [Item(str(quote.id), quote.speaker, text) for text, quote in reversed(said.items()) if len(text) >= COUNTED]


def questions(
    looked_for: Sequence[Item], vocabulary: Vocabulary, rounds: int = ROUNDS, seed: int = SEED
) -> Iterator[SearchTrial]:
    """Yield what is asked; what is asked about one item does not depend on the others."""
    kinds: Mapping[str, Forget] = {**KINDS, **APART}
    for item in looked_for:
        for kind, forget in kinds.items():
            for number in range(rounds):
                asked = forget(item, vocabulary, random.Random(f"{seed} {item.id} {kind} {number}"))
                if asked is not None:
                    yield SearchTrial(kind, item, asked)


def tried(trial: SearchTrial, searcher: Searcher) -> SearchTrial:
    """Return a trial with the answer."""
    q, speaker, fuzzy = trial.question
    start = time.process_time()
    page = searcher.search(Request(q=q, speaker=speaker, fuzzy=fuzzy, limit=DEPTH))
    seconds = time.process_time() - start
    return trial._replace(
        rank=rank(trial.item, (hit.quote.text for hit in page.hits)), total=page.total, seconds=seconds
    )


def rank(item: Item, found: Iterable[str]) -> int | None:
    """Return the place of the first text, from 1, that has the words of an item."""
    return next((place for place, text in enumerate(found, 1) if tuple(words(text)) == item.said), None)


def score(done: Sequence[SearchTrial]) -> SearchScore:
    """Return what trials come to; an item that is not among the hits counts nothing."""
    number = len(done) or 1
    ranks = [trial.rank for trial in done if trial.rank is not None]
    return SearchScore(
        questions=len(done),
        reciprocal=sum(1 / place for place in ranks) / number,
        first=ranks.count(1) / number,
        found=len(ranks) / number,
        nothing=sum(not trial.total for trial in done) / number,
        milliseconds=1000 * sum(trial.seconds for trial in done) / number,
    )


def table(done: Sequence[SearchTrial]) -> Iterator[str]:
    """Yield a Markdown table of the kinds, a line each."""
    yield f"| | questions | MRR@{DEPTH} | first | in {DEPTH} | finds nothing | ms CPU |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    rows = {kind: [trial for trial in done if trial.kind == kind] for kind in (*KINDS, *APART)}
    together = [trial for trial in done if trial.kind in KINDS]
    for kind in KINDS:
        yield _row(kind, rows[kind])
    yield _row("**all of these**", together)
    for kind in APART:
        yield _row(f"apart: {kind}", rows[kind])


def _row(name: str, done: Sequence[SearchTrial]) -> str:
    found = score(done)
    shares = (f"{share:.3f}".lstrip("0") for share in (found.reciprocal, found.first, found.found, found.nothing))
    return "| " + " | ".join([name, f"{found.questions:,}", *shares, f"{found.milliseconds:.2f}"]) + " |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="make evaluate-search", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder with polnear/ and ggt/")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help="questions of each kind about a quote")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="what the questions are drawn from")
    parser.add_argument("--misses", action="store_true", help="name the quotes that were not the first hit, by id")
    options = parser.parse_args(arguments)
    sets = {file: list(quotes(options.data / file)) for file in (*OTHERS, *SETS.values())}
    archive = [quote for some in sets.values() for quote in some]
    vocabulary, searcher = Vocabulary(words(quote.text) for quote in archive), opened(archive)
    for name, file in SETS.items():
        looked_for = items(sets[file])
        asked = list(questions(looked_for, vocabulary, options.rounds, options.seed))
        done = [tried(trial, searcher) for trial in tqdm(asked, name, file=sys.stderr, leave=False)]
        print(f"{name}: {len(looked_for):,} quotes looked for among {len(archive):,}\n", *table(done), "", sep="\n")
        for trial in done if options.misses else ():
            if trial.rank != 1:
                print(f"{trial.item.id}: {trial.kind}, rank {trial.rank}, of {trial.total:,}")


def quotes(path: Path) -> Iterator[GivenQuote]:
    """Yield the quotes of a file of annotated articles."""
    for article in read(path):
        yield from given(article)


def opened(quotes: Iterable[GivenQuote]) -> Searcher:
    """Return quotes as they are searched."""
    store = MemoryStore()
    Archive(store).add(quotes)
    return Searcher(store)


if __name__ == "__main__":
    main()
