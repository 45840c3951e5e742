"""Measure `verify` on the quotes of annotated articles: `python -m relevance.verify DATA`.

DATA/polnear/dev.jsonl is what the constants of `quoth.engine.verify.verdict` were chosen on, DATA/ggt/dev.jsonl is
held out. Of each set four fifths of the articles are indexed. Asked for are

- the quotes as they stand: the verdict must be `exact`;
- the quotes as one remembers them, without 40 % of their words and with a slip: the quote must be the answer;
- the quotes and the other sentences of the articles that are not indexed: they must not be found, but in part;
- the quotes as they stand, of somebody else: the verdict must be `other_speaker`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from quoth.archive import Archive
from quoth.engine.analysis import places, words
from quoth.engine.execution.collection import Collection, SegmentView
from quoth.engine.verify.verify import MAX_TEXT, MAX_WORDS, Verification, VerifyRequest, verify
from quoth.quote import GivenQuote, Quote
from quoth.storage import snapshot
from quoth.storage.files.page_cache import PageCache
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Store
from quoth.text.sentences import ends
from relevance.damage import remembered
from training.corpus import GoldArticle, read

SETS = {"PolNeAR dev": "polnear/dev.jsonl", "GGT dev": "ggt/dev.jsonl"}
SEED = 20
HELD_OUT = 5  # every fifth article
LENGTHS = ((1, 4), (5, 9), (10, 19), (20, 39), (40, MAX_WORDS))
COUNTED = 5  # words of a quote that counts; shorter ones are told apart
VERDICTS = ("exact", "near", "partial", "other_speaker", "not_found")


class VerifyTrial(NamedTuple):
    """One question, the quote that it was made of, and the answer."""

    kind: str
    text: str
    found: Verification
    seconds: float

    @property
    def length(self) -> int:
        """The words of the quote that was asked for."""
        return len(words(self.text))

    @property
    def is_found(self) -> bool:
        """Whether the answer is the quote, or has its very words."""
        return self._has_words(self.found.quote)

    @property
    def is_first(self) -> bool:
        """Whether the quote is what is shown first: the answer, or where nothing is claimed the nearest."""
        return self._has_words(self.found.quote or self.found.nearest)

    def _has_words(self, said: Quote | None) -> bool:
        return said is not None and words(said.text) == words(self.text)


@dataclass(frozen=True, slots=True)
class Known:
    """The quotes that are indexed, those that are not, and sentences of articles that are not."""

    quotes: tuple[GivenQuote, ...]
    held_out: tuple[str, ...]
    sentences: tuple[str, ...]


def known(articles: Sequence[GoldArticle]) -> Known:
    """Divide the quotes of some articles; what stands in both parts is asked for as indexed only."""
    ordered = sorted(articles, key=lambda article: article.id)
    inside = [article for place, article in enumerate(ordered) if place % HELD_OUT]
    outside = ordered[::HELD_OUT]
    quotes = [quote for article in inside for quote in given(article)]
    indexed = {tuple(words(quote.text)) for quote in quotes}
    left_out = dict.fromkeys(quote.text for article in outside for quote in given(article))
    sentences = dict.fromkeys(sentence for article in outside for sentence in split(article.text))
    return Known(
        tuple(quotes),
        tuple(text for text in left_out if tuple(words(text)) not in indexed),
        tuple(text for text in sentences if tuple(words(text)) not in indexed),
    )


def given(article: GoldArticle) -> Iterator[GivenQuote]:
    """Yield the quotes of an article as ready-made ones; who is not known has a name of his own."""
    for number, quote in enumerate(article.quotes):
        text = article.text[quote.start : quote.end].strip()
        if words(text):
            speaker = quote.entity or f"Unknown Speaker {article.id} {number}"
            yield GivenQuote(text=text, speaker=speaker, id=f"{article.id} {number}", headline=article.id)


def split(text: str) -> Iterator[str]:
    """Yield the sentences of a text that may be asked for."""
    start = 0
    for end in (*ends(text), len(text)):
        sentence = text[start:end].strip()
        if len(words(sentence)) >= COUNTED and is_askable(sentence):
            yield sentence
        start = end


def is_askable(text: str) -> bool:
    """Whether a text is short enough to be asked for."""
    return len(text) <= MAX_TEXT and 0 < len(places(text)) <= MAX_WORDS


def opened(quotes: Iterable[GivenQuote]) -> Collection:
    """Return quotes as they are searched."""
    store: Store = MemoryStore()
    Archive(store).add(quotes)
    entries = [segment for segment in snapshot.load(store).manifest.segments if segment.quotes]
    files = PageCache(store).open(entries)
    return Collection(
        [SegmentView(file, s.table, s.retired_numbers, s.id) for file, s in zip(files, entries, strict=True)]
    )


def trials(name: str, data: Known, rng: random.Random) -> Iterator[VerifyTrial]:
    """Yield all questions about a set with their answers."""
    collection = opened(data.quotes)
    distinct = list({tuple(words(quote.text)): quote for quote in data.quotes if is_askable(quote.text)}.values())
    speakers = sorted({quote.speaker for quote in data.quotes})

    def asked(kind: str, text: str, said: str, speaker: str | None = None) -> VerifyTrial:
        start = time.process_time()
        found = verify(collection, VerifyRequest(said, speaker))
        return VerifyTrial(kind, text, found, time.process_time() - start)

    questions: list[Callable[[], VerifyTrial]] = []
    for quote in distinct:
        text, damaged, other = quote.text, remembered(quote.text, rng), rng.choice(speakers)
        questions.append(lambda text=text: asked("as it stands", text, text))  # type: ignore[misc]
        if words(damaged):
            questions.append(lambda text=text, said=damaged: asked("as remembered", text, said))  # type: ignore[misc]
        if _differ(other, [q.speaker for q in data.quotes if words(q.text) == words(text)]):
            questions.append(lambda text=text, who=other: asked("of somebody else", text, text, who))  # type: ignore[misc]
    questions += [lambda text=text: asked("not indexed: quotes", text, text) for text in data.held_out]  # type: ignore[misc]
    questions += [lambda text=text: asked("not indexed: sentences", text, text) for text in data.sentences]  # type: ignore[misc]
    for question in tqdm(questions, name, file=sys.stderr, leave=False):
        yield question()


def _differ(asked: str, speakers: Iterable[str]) -> bool:
    """Whether a name shares no word with any of some speakers: it is somebody else's beyond doubt."""
    return all(set(words(asked)).isdisjoint(words(speaker)) for speaker in speakers)


def report(name: str, done: Sequence[VerifyTrial], counts: Known) -> Iterator[str]:
    """Yield the lines of a set's tables."""
    yield f"{name}: {len(counts.quotes)} quotes indexed"
    yield ""
    yield f"{'words of the quote':24}{'remembered':>12}{'shown first':>14}{'and claimed':>14}"
    for first, last in (*LENGTHS, (COUNTED, MAX_WORDS), (1, MAX_WORDS)):
        some = [t for t in done if t.kind == "as remembered" and first <= t.length <= last]
        shown, claimed = sum(trial.is_first for trial in some), sum(trial.is_found for trial in some)
        asked = max(len(some), 1)
        yield f"{f'{first} to {last}':24}{len(some):>12}{shown / asked:>14.1%}{claimed / asked:>14.1%}"
    yield ""
    yield f"{'asked (5 words and more)':28}{'number':>8}" + "".join(f"{verdict:>15}" for verdict in VERDICTS)
    for kind in dict.fromkeys(trial.kind for trial in done):
        some = [trial for trial in done if trial.kind == kind and trial.length >= COUNTED]
        told: Counter[str] = Counter(trial.found.verdict for trial in some)
        row = "".join(f"{told[verdict] / max(len(some), 1):>15.1%}" for verdict in VERDICTS)
        yield f"{kind:28}{len(some):>8}{row}"
    seconds = sorted(trial.seconds for trial in done)
    middle, most = seconds[len(seconds) // 2], seconds[-len(seconds) // 100]
    yield ""
    yield f"CPU of a question: {1000 * middle:.1f} ms in the middle, {1000 * most:.1f} ms at the 99th percentile"


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of annotated articles")
    parser.add_argument("--show", action="store_true", help="print each answer that is not what it should be")
    asked = parser.parse_args()
    for name, file in SETS.items():
        data = known(read(asked.data / file))
        done = list(trials(name, data, random.Random(SEED)))
        print("\n".join(report(name, done, data)), end="\n\n")
        for trial in done if asked.show else ():
            if is_wrong(trial):
                quote = trial.found.quote
                print(trial.kind, trial.found.verdict, trial.found.similarity, trial.found.request, trial.found.why)
                print("   ", trial.text[:300], "|", quote and quote.text[:300], end="\n\n")


def is_wrong(trial: VerifyTrial) -> bool:
    """Whether an answer is worth a look."""
    verdict = trial.found.verdict
    if trial.kind == "as it stands":
        return verdict != "exact"
    if trial.kind == "as remembered":
        return not trial.is_found
    if trial.kind == "of somebody else":
        return verdict != "other_speaker"
    return verdict in ("exact", "near") or (trial.length >= COUNTED and verdict == "partial")


if __name__ == "__main__":
    main()
