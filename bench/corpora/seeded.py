"""The seeded corpus: any number of quotes like those of a news archive, the same on every machine.

Words are drawn independently by Zipf's law from 60,000 invented ones. About a third of all quotes have any of the most
frequent few, a fifth have the word of rank ten, and the rarest words are in a handful of 200,000. No two words go
together, so phrases are harder than in real text, and no stop word is left out. A larger corpus begins with the
smaller one.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, count, islice

import numpy as np

from quoth.quote import GivenQuote
from quoth.text.slugs import slug

WORDS = 60_000
SPEAKERS = 5_000
PUBLISHERS = 50
MEAN_LENGTH = 27.5
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
SECONDS = 10 * 365 * 24 * 3600

# Quotes are drawn in lots of this size, each from its own seed, so that a lot does not depend on the number of lots.
LOT = 1_000

_ONSETS = "b br c ch d dr f fl g gr h j k l m n p pl r s sh st t th tr v w".split()
_VOWELS = "a e i o u a e i o ai ea oo ou".split()
_CODAS = ["", "", "", "n", "r", "l", "t", "s", "m", "d", "nd", "ck", "st", "rn"]
_PARTICLES = ("de", "van", "al", "von")


@dataclass(frozen=True, slots=True)
class Population:
    """The words, speakers and publishers of the corpus, each with the most frequent first."""

    words: tuple[str, ...]
    speakers: tuple[str, ...]
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeededArticle:
    """The values that the quotes of one article share."""

    url: str
    headline: str
    publisher: str
    published: datetime


@cache
def population(seed: int) -> Population:
    """Return the names and words of a corpus."""
    rng = random.Random(seed)
    words = tuple(islice(_invented(rng), WORDS))
    # Names are words too, but rare ones: the queries of the benchmark contain no speaker's name.
    names = [word.capitalize() for word in words[WORDS // 2 :] if 3 < len(word) < 9]
    first, last = names[:400], names[400:2_400]
    speakers = dict.fromkeys(islice((_name(rng, first, last) for _ in count()), SPEAKERS * 2))
    publishers = tuple(f"The {names[-2 * i - 1]} {rng.choice(_PAPERS)}" for i in range(PUBLISHERS))
    return Population(words, tuple(speakers)[:SPEAKERS], publishers)


_PAPERS = ("Times", "Post", "Herald", "Courier", "Tribune", "Gazette")


def synthetic(size: int, seed: int = 1) -> Iterator[GivenQuote]:
    """Yield the first `size` quotes of the corpus of a seed."""
    names = population(seed)
    return islice((quote for number in count() for quote in _lot(names, seed, number)), size)


def zipf(ranks: int, exponent: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the cumulative probabilities of ranks by Zipf's law: search a number of [0, 1) in it to draw a rank.

    >>> zipf(3).round(2).tolist()
    [0.55, 0.82, 1.0]
    """
    chances = np.arange(1, ranks + 1, dtype=float) ** -exponent
    return np.cumsum(chances / chances.sum())


def drawn_article(rng: random.Random, names: Population, words: list[str]) -> SeededArticle:
    """Return an article with some words as its headline, published at a random time within ten years."""
    published = FIRST_DAY + timedelta(seconds=rng.randrange(SECONDS))
    publisher = names.publishers[_ranked(rng, _PUBLISHER_CHANCES)]
    headline = " ".join(words).capitalize()
    url = f"https://{slug(publisher)}.example/{published:%Y/%m/%d}/{slug(headline)}-{rng.randrange(10**6)}"
    return SeededArticle(url, headline, publisher, published)


def drawn_speaker(rng: random.Random, names: Population) -> str:
    """Return a random speaker: a few speak often, many once."""
    return names.speakers[_ranked(rng, _SPEAKER_CHANCES)]


def quote_of(article: SeededArticle, speaker: str, text: str) -> GivenQuote:
    """Return a ready-made quote from an article."""
    return GivenQuote(
        text=text,
        speaker=speaker,
        url=article.url,
        headline=article.headline,
        publisher=article.publisher,
        published=article.published,
        language="en",
    )


def _lot(names: Population, seed: int, number: int) -> Iterator[GivenQuote]:
    bulk, rng = np.random.default_rng([seed, number]), random.Random(f"{seed}/{number}")
    lengths = 3 + np.floor(bulk.gamma(2.0, (MEAN_LENGTH - 2.5) / 2, LOT)).astype(int)
    ranks = np.searchsorted(_WORD_CHANCES, bulk.random(int(lengths.sum())))
    stream = iter(map(names.words.__getitem__, ranks.tolist()))
    left, article, speaker = 0, None, ""
    for length in lengths.tolist():
        words = list(islice(stream, length))
        if article is None or left == 0:
            left, article = rng.randint(1, 6), drawn_article(rng, names, words[:7])
            speaker = drawn_speaker(rng, names)
        elif rng.random() < 0.5:
            speaker = drawn_speaker(rng, names)
        left -= 1
        yield quote_of(article, speaker, _punctuated(rng, words))


def _punctuated(rng: random.Random, words: list[str]) -> str:
    """Return words as punctuated sentences."""
    marks = rng.choices(("", ",", "."), (85, 9, 6), k=len(words))
    marks[-1] = "."
    starts = [True, *(mark == "." for mark in marks)]
    return " ".join(
        (word.capitalize() if start else word) + mark for word, mark, start in zip(words, marks, starts, strict=False)
    )


def _invented(rng: random.Random) -> Iterator[str]:
    """Yield distinct words; frequent ones are short, as in any language."""
    seen: set[str] = set()
    while True:
        syllables = 1 if len(seen) < 150 else rng.choice((1, 2, 2) if len(seen) < 3_000 else (2, 2, 3, 3, 4))
        word = "".join(
            rng.choice(_ONSETS) + rng.choice(_VOWELS) + (rng.choice(_CODAS) if i == syllables - 1 or i % 2 else "")
            for i in range(syllables)
        )
        if word not in seen:
            seen.add(word)
            yield word


def _name(rng: random.Random, first: list[str], last: list[str]) -> str:
    middle = [rng.choice(_PARTICLES)] if rng.random() < 0.1 else []
    return " ".join([rng.choice(first), *middle, rng.choice(last)])


def _cumulative(ranks: int, exponent: float) -> list[float]:
    chances = [rank**-exponent for rank in range(1, ranks + 1)]
    return [chance / sum(chances) for chance in accumulate(chances)]


def _ranked(rng: random.Random, chances: list[float]) -> int:
    return min(bisect_left(chances, rng.random()), len(chances) - 1)


_WORD_CHANCES = zipf(WORDS)
_SPEAKER_CHANCES = _cumulative(SPEAKERS, 0.9)
_PUBLISHER_CHANCES = _cumulative(PUBLISHERS, 0.7)
