"""Measure `verify` on the quotes of annotated articles: `python -m relevance.verify DATA`.

The constants of `quoth.engine.verify.verdict` were chosen on DATA/polnear/dev.jsonl; DATA/ggt/dev.jsonl is held out.
Four fifths of the articles of each set are indexed. The requests are

- indexed quotes, unchanged: the verdict must be `exact`;
- indexed quotes as remembered, without 40 % of their words and with a slip: the quote must be the answer;
- quotes and other sentences of the articles that are not indexed: they must not match, except partially;
- indexed quotes, unchanged, with another speaker: the verdict must be `other_speaker`.
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
from quoth.engine.execution.collection import Collection
from quoth.engine.execution.documents.segments import SegmentView
from quoth.engine.verify.verify import MAX_TEXT, MAX_WORDS, Verification, VerifyRequest, verify
from quoth.quote import GivenQuote, Quote
from quoth.storage import snapshot
from quoth.storage.files.page_cache import PageCache
from quoth.storage.stores.memory import MemoryStore
from quoth.storage.stores.protocol import Store
from quoth.text.sentences import ends
from relevance.damage import damaged
from training.corpus import GoldArticle, GoldQuote, read

SETS = {"PolNeAR dev": "polnear/dev.jsonl", "GGT dev": "ggt/dev.jsonl"}
SEED = 20
HELD_OUT = 5  # every fifth article
LENGTHS = ((1, 4), (5, 9), (10, 19), (20, 39), (40, MAX_WORDS))
COUNTED = 5  # the fewest words of a quote that counts; shorter quotes are reported separately
VERDICTS = ("exact", "near", "altered", "partial", "spliced", "other_speaker", "denied", "not_found")


class VerifyTrial(NamedTuple):
    """One request of a kind, the text of its quote, and the answer."""

    kind: str
    text: str
    answer: Verification
    seconds: float

    @property
    def length(self) -> int:
        """The number of words of the quote."""
        return len(words(self.text))

    @property
    def is_found(self) -> bool:
        """Whether the answer has exactly the words of the quote."""
        return self._has_words(self.answer.quote)

    @property
    def is_first(self) -> bool:
        """Whether the quote is shown first: as the answer, or as the nearest quote if there is no answer."""
        return self._has_words(self.answer.quote or self.answer.nearest)

    def _has_words(self, quote: Quote | None) -> bool:
        return quote is not None and words(quote.text) == words(self.text)


@dataclass(frozen=True, slots=True)
class Known:
    """The indexed quotes, and the quotes and sentences of articles that are not indexed."""

    quotes: tuple[GivenQuote, ...]
    held_out: tuple[str, ...]
    sentences: tuple[str, ...]


def divide(articles: Sequence[GoldArticle]) -> Known:
    """Divide the texts of some articles; a wording in both parts counts as indexed only."""
    ordered = sorted(articles, key=lambda article: article.id)
    inside = [article for place, article in enumerate(ordered) if place % HELD_OUT]
    outside = ordered[::HELD_OUT]
    quotes = [quote for article in inside for quote in given(article)]
    indexed = {tuple(words(quote.text)) for quote in quotes}
    left_out = dict.fromkeys(quote.text for article in outside for quote in given(article))
    sentences = dict.fromkeys(sentence for article in outside for sentence in askable_sentences(article.text))
    return Known(
        tuple(quotes),
        tuple(text for text in left_out if tuple(words(text)) not in indexed),
        tuple(text for text in sentences if tuple(words(text)) not in indexed),
    )


def given(article: GoldArticle) -> Iterator[GivenQuote]:
    """Yield the quotes of an article as ready-made quotes; each unknown speaker gets a unique name."""
    for quote in given_quotes(article):
        text, number = article.text[quote.start : quote.end].strip(), article.quotes.index(quote)
        speaker = quote.entity or f"Unknown Speaker {article.id} {number}"
        yield GivenQuote(text=text, speaker=speaker, id=f"{article.id} {number}", headline=article.id)


def given_quotes(article: GoldArticle) -> list[GoldQuote]:
    """Return the quotes of an article that have a word."""
    return [quote for quote in article.quotes if words(article.text[quote.start : quote.end])]


def askable_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text that can be verified."""
    start = 0
    for end in (*ends(text), len(text)):
        sentence = text[start:end].strip()
        if len(words(sentence)) >= COUNTED and is_askable(sentence):
            yield sentence
        start = end


def is_askable(text: str) -> bool:
    """Whether a text is within the limits of `verify`."""
    return len(text) <= MAX_TEXT and 0 < len(places(text)) <= MAX_WORDS


def build_collection(quotes: Iterable[GivenQuote]) -> Collection:
    """Return a collection of some quotes."""
    store: Store = MemoryStore()
    Archive(store).add(quotes)
    entries = [segment for segment in snapshot.load(store).manifest.segments if segment.quotes]
    files = PageCache(store).open(entries)
    return Collection(
        [SegmentView(file, s.table, s.retired_numbers, s.id) for file, s in zip(files, entries, strict=True)]
    )


def trials(name: str, data: Known, rng: random.Random) -> Iterator[VerifyTrial]:
    """Yield the trials of a set with their answers."""
    collection = build_collection(data.quotes)
    distinct = list({tuple(words(quote.text)): quote for quote in data.quotes if is_askable(quote.text)}.values())
    attributed = [(quote.speaker, words(quote.text)) for quote in data.quotes if quote.speaker is not None]
    speakers = sorted({speaker for speaker, _ in attributed})

    def verified(kind: str, text: str, claim: str, speaker: str | None = None) -> VerifyTrial:
        start = time.process_time()
        answer = verify(collection, VerifyRequest(claim, speaker))
        return VerifyTrial(kind, text, answer, time.process_time() - start)

    questions: list[Callable[[], VerifyTrial]] = []
    for quote in distinct:
        text, recalled, other = quote.text, damaged(quote.text, rng), rng.choice(speakers)
        questions.append(lambda text=text: verified("unchanged", text, text))  # type: ignore[misc]
        if words(recalled):
            questions.append(lambda text=text, claim=recalled: verified("as remembered", text, claim))  # type: ignore[misc]
        if _differ(other, [speaker for speaker, said in attributed if said == words(text)]):
            questions.append(lambda text=text, who=other: verified("other speaker", text, text, who))  # type: ignore[misc]
    questions += [lambda text=text: verified("not indexed: quotes", text, text) for text in data.held_out]  # type: ignore[misc]
    questions += [lambda text=text: verified("not indexed: sentences", text, text) for text in data.sentences]  # type: ignore[misc]
    for question in tqdm(questions, name, file=sys.stderr, leave=False):
        yield question()


def _differ(name: str, speakers: Iterable[str]) -> bool:
    """Whether a name shares no word with any of the speakers, so that it is certainly another person's."""
    return all(set(words(name)).isdisjoint(words(speaker)) for speaker in speakers)


def report(name: str, done: Sequence[VerifyTrial], counts: Known) -> Iterator[str]:
    """Yield the lines of the tables of a set."""
    yield f"{name}: {len(counts.quotes)} quotes indexed"
    yield ""
    yield f"{'words of the quote':24}{'remembered':>12}{'shown first':>14}{'and claimed':>14}"
    for first, last in (*LENGTHS, (COUNTED, MAX_WORDS), (1, MAX_WORDS)):
        group = [t for t in done if t.kind == "as remembered" and first <= t.length <= last]
        shown, claimed = sum(trial.is_first for trial in group), sum(trial.is_found for trial in group)
        number = max(len(group), 1)
        yield f"{f'{first} to {last}':24}{len(group):>12}{shown / number:>14.1%}{claimed / number:>14.1%}"
    yield ""
    yield f"{'request (5 words or more)':28}{'number':>8}" + "".join(f"{verdict:>15}" for verdict in VERDICTS)
    for kind in dict.fromkeys(trial.kind for trial in done):
        group = [trial for trial in done if trial.kind == kind and trial.length >= COUNTED]
        verdicts: Counter[str] = Counter(trial.answer.verdict for trial in group)
        row = "".join(f"{verdicts[verdict] / max(len(group), 1):>15.1%}" for verdict in VERDICTS)
        yield f"{kind:28}{len(group):>8}{row}"
    seconds = sorted(trial.seconds for trial in done)
    median, slowest = seconds[len(seconds) // 2], seconds[-len(seconds) // 100]
    yield ""
    yield f"CPU of a request: {1000 * median:.1f} ms median, {1000 * slowest:.1f} ms at the 99th percentile"


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of annotated articles")
    parser.add_argument("--show", action="store_true", help="print each wrong answer")
    options = parser.parse_args()
    for name, file in SETS.items():
        data = divide(read(options.data / file))
        done = list(trials(name, data, random.Random(SEED)))
        print("\n".join(report(name, done, data)), end="\n\n")
        for trial in done if options.show else ():
            if is_wrong(trial):
                quote = trial.answer.quote
                print(trial.kind, trial.answer.verdict, trial.answer.similarity, trial.answer.request, trial.answer.why)
                print("   ", trial.text[:300], "|", quote and quote.text[:300], end="\n\n")


def is_wrong(trial: VerifyTrial) -> bool:
    """Whether an answer is not the expected one."""
    verdict = trial.answer.verdict
    if trial.kind == "unchanged":
        return verdict != "exact"
    if trial.kind == "as remembered":
        return not trial.is_found
    if trial.kind == "other speaker":
        return verdict != "other_speaker"
    return verdict in ("exact", "near") or (trial.length >= COUNTED and verdict == "partial")


if __name__ == "__main__":
    main()
