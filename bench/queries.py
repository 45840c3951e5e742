"""What is asked of every engine: kinds of queries, and eight questions of each, drawn from the corpus itself.

A question says what is wanted, not how: each engine's module puts it into the words of that engine.
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

# The share of quotes that hold a word, and for the rarest the number. Common is what a search for `not` or `people`
# meets, middling what `election` does.
COMMON, MIDDLING = 0.20, 0.06
RARE = 10
PREFIX_TERMS = (8, 64)  # terms that a prefix stands for; the public grammar allows no more


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of query: how it is named in code and shown to people."""

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
    """One question. `words` are as they were said: what they are searched by, stem or form, is the kind's business.

    `speaker` is an id; `first` and `last` are seconds since 1970, both inclusive.
    """

    kind: str
    words: tuple[str, ...]
    speaker: str | None = None
    first: int | None = None
    last: int | None = None


@dataclass(slots=True)
class TermCounts:
    """What must be known of a corpus to ask it something: counted while it is written."""

    quotes: int = 0
    tokens: int = 0
    words: Counter[str] = field(default_factory=Counter)  # in how many quotes each stands
    stems: Counter[str] = field(default_factory=Counter)
    speakers: Counter[str] = field(default_factory=Counter)
    split: set[str] = field(default_factory=set)  # words with a dot, and their parts: two words to other engines
    first: int = 2**62
    last: int = 0
    sample: list[list[str]] = field(default_factory=list)

    def add(self, quote: Quote) -> None:
        """Count one quote."""
        said = words(quote.text)
        if self.quotes % 97 == 0 and len(self.sample) < 5_000:
            self.sample.append(said)
        self.quotes += 1
        self.tokens += len(said)
        different = set(said)
        self.words.update(different)
        for word in different:
            if "." in word:
                self.split.update((word, *word.split(".")))
        self.stems.update(set(map(stem, different)))
        if quote.speaker is not None:
            self.speakers[quote.speaker.id] += 1
        if quote.article.published is not None:
            moment = int(quote.article.published.timestamp())
            self.first, self.last = min(self.first, moment), max(self.last, moment)


def questions(census: TermCounts, seed: int = 1) -> list[BenchQuery]:
    """Return the questions for a corpus, kind by kind; the same for the same corpus and seed."""
    rng = random.Random(f"questions/{seed}")
    rare = _stems_near(census, rng, RARE, census.split)
    common = _stems_near(census, rng, COMMON * census.quotes)
    middling = _stems_near(census, rng, MIDDLING * census.quotes, common)
    speakers = _near(census.speakers, rng, 0.005 * census.quotes, VARIANTS)
    spans = [_span(census, rng) for _ in range(VARIANTS)]
    asked = [BenchQuery("rare", (word,)) for word in rare]
    for i, word in enumerate(common):
        second, third = middling[i], middling[i - 1]
        asked += [
            BenchQuery("term", (word,)),
            BenchQuery("and", (word, second)),
            BenchQuery("or2", (word, second)),
            BenchQuery("or5", (word, second, common[i - 1], third, middling[i - 2])),
            BenchQuery("not", (word, second)),
            BenchQuery("multi", (word, second)),
            BenchQuery("speaker", (word,), speaker=speakers[i]),
            BenchQuery("dates", (word,), first=spans[i][0], last=spans[i][1]),
            BenchQuery("sort", (word,)),
            BenchQuery("facet", (word,)),
        ]
    asked += [BenchQuery("phrase", phrase) for phrase in _phrases(census, rng)]
    asked += [BenchQuery("prefix", (prefix,)) for prefix in _prefixes(census, rng)]
    asked += [BenchQuery("fuzzy", (word,)) for word in _misspelt(census, rng)]
    order = [kind.name for kind in KINDS]
    return sorted(asked, key=lambda question: order.index(question.kind))


def _near(counts: Counter[str], rng: random.Random, wanted: float, number: int) -> list[str]:
    """Return the `number` names whose counts are nearest to what is wanted, by ratio; of equals any, not the first."""
    names = sorted(counts)
    rng.shuffle(names)
    return sorted(names, key=lambda name: abs(math.log(counts[name] / wanted)))[:number]


def _stems_near(census: TermCounts, rng: random.Random, wanted: float, without: Iterable[str] = ()) -> list[str]:
    """Return one word for each of the stems that are about as frequent as wanted, in no order."""
    taken = set(map(stem, without))
    free = Counter({name: count for name, count in census.stems.items() if name not in taken})
    found = _near(free, rng, wanted, VARIANTS)
    forms = dict.fromkeys(found, "")
    for word, count in census.words.items():
        name = stem(word)
        if name in forms and (count, word) > (census.words[forms[name]], forms[name]):
            forms[name] = word
    chosen = [forms[name] for name in found]
    rng.shuffle(chosen)
    return chosen


def _span(census: TermCounts, rng: random.Random) -> tuple[int, int]:
    """Return a year of the corpus's time."""
    year = int(timedelta(days=365).total_seconds())
    first = rng.randint(census.first, max(census.first, census.last - year))
    return first, first + year


def _phrases(census: TermCounts, rng: random.Random) -> list[tuple[str, ...]]:
    """Return three different words that stand together somewhere, of which one at least is not rare."""
    found: dict[tuple[str, ...], None] = {}
    while len(found) < VARIANTS:
        said = rng.choice(census.sample)
        if len(said) < 3:
            continue
        start = rng.randrange(len(said) - 2)
        phrase = tuple(said[start : start + 3])
        if len(set(phrase)) == 3 and max(map(census.words.__getitem__, phrase)) > MIDDLING / 2 * census.quotes:
            found[phrase] = None
    return list(found)


def _prefixes(census: TermCounts, rng: random.Random) -> list[str]:
    expansions = Counter(word[:length] for word in census.words for length in (3, 4) if len(word) > length)
    fewest, most = PREFIX_TERMS
    fitting = sorted(prefix for prefix, count in expansions.items() if fewest <= count <= most and prefix.isalpha())
    return rng.sample(fitting, min(VARIANTS, len(fitting)))


def _misspelt(census: TermCounts, rng: random.Random) -> list[str]:
    """Return middling words with one letter changed, and nowhere written so."""
    fit = [
        word
        for word in _near(census.words, rng, MIDDLING / 10 * census.quotes, 400)
        if len(word) > 3 and word.isalpha()
    ]
    found = []
    for word in rng.sample(fit, min(VARIANTS, len(fit))):
        wrong = word
        while wrong in census.words:
            place = rng.randrange(1, len(word))
            wrong = word[:place] + rng.choice("abcdefghijklmnoprstuvw") + word[place + 1 :]
        found.append(wrong)
    return found
