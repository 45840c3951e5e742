"""The queries of the benchmark: eight of each kind, drawn from the corpus itself.

A query is independent of the engines: each engine's module translates it into that engine's query language.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from quoth.engine.analysis import stem, words
from quoth.quote import Quote

VARIANTS = 8

# The share of quotes with a word, and for rare words the number. `not` and `people` are common, `election` is middling.
COMMON, MIDDLING = 0.20, 0.06
RARE = 10
PREFIX_TERMS = (8, 64)  # how many terms a prefix expands to; the public grammar allows no more


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of query: its name in code, and its title in the report."""

    name: str
    title: str


KINDS = (
    Kind("rare", "rare term"),
    Kind("term", "term"),
    Kind("and", "AND"),
    Kind("or2", "OR 2"),
    Kind("or5", "OR 5"),
    Kind("not", "a NOT b"),
    Kind("multi", "multi-field"),
    Kind("phrase", "phrase of 3"),
    Kind("prefix", "prefix"),
    Kind("fuzzy", "fuzzy 1"),
    Kind("speaker", "term + speaker"),
    Kind("dates", "term + date range"),
    Kind("sort", "term, newest first"),
    Kind("facet", "term, facet by speaker"),
)
TITLES = {kind.name: kind.title for kind in KINDS}


@dataclass(frozen=True, slots=True)
class BenchQuery:
    """One query. `words` are exact word forms; the kind decides whether they match by stem or by form.

    `speaker` is an id; `first` and `last` are seconds since 1970, both inclusive.
    """

    kind: str
    words: tuple[str, ...]
    speaker: str | None = None
    first: int | None = None
    last: int | None = None


@dataclass(slots=True)
class TermCounts:
    """The counts of a corpus from which its queries are drawn, collected while the corpus is written."""

    quotes: int = 0
    tokens: int = 0
    words: Counter[str] = field(default_factory=Counter)  # the number of quotes with each
    stems: Counter[str] = field(default_factory=Counter)
    speakers: Counter[str] = field(default_factory=Counter)
    split: set[str] = field(default_factory=set)  # words with a dot, and their parts: other engines split them
    first: int = 2**62
    last: int = 0
    sample: list[list[str]] = field(default_factory=list)

    def add(self, quote: Quote) -> None:
        """Count one quote."""
        tokens = words(quote.text)
        if self.quotes % 97 == 0 and len(self.sample) < 5_000:
            self.sample.append(tokens)
        self.quotes += 1
        self.tokens += len(tokens)
        distinct = set(tokens)
        self.words.update(distinct)
        for word in distinct:
            if "." in word:
                self.split.update((word, *word.split(".")))
        self.stems.update(set(map(stem, distinct)))
        if quote.speaker is not None:
            self.speakers[quote.speaker.id] += 1
        if quote.article.published is not None:
            second = int(quote.article.published.timestamp())
            self.first, self.last = min(self.first, second), max(self.last, second)


def questions(counts: TermCounts, seed: int = 1) -> list[BenchQuery]:
    """Return the queries for a corpus, kind by kind; the corpus and the seed determine them."""
    rng = random.Random(f"questions/{seed}")
    rare = _stems_near(counts, rng, RARE, counts.split)
    common = _stems_near(counts, rng, COMMON * counts.quotes)
    middling = _stems_near(counts, rng, MIDDLING * counts.quotes, common)
    speakers = _near(counts.speakers, rng, 0.005 * counts.quotes, VARIANTS)
    periods = [_span(counts, rng) for _ in range(VARIANTS)]
    queries = [BenchQuery("rare", (word,)) for word in rare]
    for i, word in enumerate(common):
        second, third = middling[i], middling[i - 1]
        queries += [
            BenchQuery("term", (word,)),
            BenchQuery("and", (word, second)),
            BenchQuery("or2", (word, second)),
            BenchQuery("or5", (word, second, common[i - 1], third, middling[i - 2])),
            BenchQuery("not", (word, second)),
            BenchQuery("multi", (word, second)),
            BenchQuery("speaker", (word,), speaker=speakers[i]),
            BenchQuery("dates", (word,), first=periods[i][0], last=periods[i][1]),
            BenchQuery("sort", (word,)),
            BenchQuery("facet", (word,)),
        ]
    queries += [BenchQuery("phrase", phrase) for phrase in _phrases(counts, rng)]
    queries += [BenchQuery("prefix", (prefix,)) for prefix in _prefixes(counts, rng)]
    queries += [BenchQuery("fuzzy", (word,)) for word in _misspelt(counts, rng)]
    order = [kind.name for kind in KINDS]
    return sorted(queries, key=lambda question: order.index(question.kind))


def _near(counts: Counter[str], rng: random.Random, target: float, number: int) -> list[str]:
    """Return the `number` names whose counts are nearest to `target` by ratio; ties are broken at random."""
    names = sorted(counts)
    rng.shuffle(names)
    return sorted(names, key=lambda name: abs(math.log(counts[name] / target)))[:number]


def _stems_near(counts: TermCounts, rng: random.Random, target: float, excluded: Iterable[str] = ()) -> list[str]:
    """Return one word for each stem whose frequency is nearest to `target`, in random order."""
    excluded_stems = set(map(stem, excluded))
    free = Counter({name: count for name, count in counts.stems.items() if name not in excluded_stems})
    nearest = _near(free, rng, target, VARIANTS)
    forms = dict.fromkeys(nearest, "")
    for word, count in counts.words.items():
        name = stem(word)
        if name in forms and (count, word) > (counts.words[forms[name]], forms[name]):
            forms[name] = word
    chosen = [forms[name] for name in nearest]
    rng.shuffle(chosen)
    return chosen


def _span(counts: TermCounts, rng: random.Random) -> tuple[int, int]:
    """Return a random year within the dates of the corpus."""
    year = int(timedelta(days=365).total_seconds())
    first = rng.randint(counts.first, max(counts.first, counts.last - year))
    return first, first + year


def _phrases(counts: TermCounts, rng: random.Random) -> list[tuple[str, ...]]:
    """Return phrases of three different consecutive words, at least one of which is not rare."""
    phrases: dict[tuple[str, ...], None] = {}
    while len(phrases) < VARIANTS:
        tokens = rng.choice(counts.sample)
        if len(tokens) < 3:
            continue
        start = rng.randrange(len(tokens) - 2)
        phrase = tuple(tokens[start : start + 3])
        if len(set(phrase)) == 3 and max(map(counts.words.__getitem__, phrase)) > MIDDLING / 2 * counts.quotes:
            phrases[phrase] = None
    return list(phrases)


def _prefixes(counts: TermCounts, rng: random.Random) -> list[str]:
    expansions = Counter(word[:length] for word in counts.words for length in (3, 4) if len(word) > length)
    fewest, most = PREFIX_TERMS
    fitting = sorted(prefix for prefix, count in expansions.items() if fewest <= count <= most and prefix.isalpha())
    return rng.sample(fitting, min(VARIANTS, len(fitting)))


def _misspelt(counts: TermCounts, rng: random.Random) -> list[str]:
    """Return middling words with one letter changed, so that they are not in the corpus."""
    candidates = [
        word
        for word in _near(counts.words, rng, MIDDLING / 10 * counts.quotes, 400)
        if len(word) > 3 and word.isalpha()
    ]
    misspellings = []
    for word in rng.sample(candidates, min(VARIANTS, len(candidates))):
        misspelling = word
        while misspelling in counts.words:
            place = rng.randrange(1, len(word))
            misspelling = word[:place] + rng.choice("abcdefghijklmnoprstuvw") + word[place + 1 :]
        misspellings.append(misspelling)
    return misspellings
