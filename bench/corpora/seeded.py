"""The seeded corpus: quotes that look like a news archive's, as many as are asked for, the same on every machine.

Words are drawn one by one by Zipf's law from 60,000 invented ones: about a third of all quotes hold any of the first
few, a fifth hold one of rank ten, and the last ones stand in a handful of 200,000. No two words belong together, so
phrases are harder than in real text, and no stop word is left out. A larger corpus begins with the smaller one.
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

# Quotes are drawn so many at a time, each lot from a seed of its own: lots do not depend on how many there are.
LOT = 1_000

_ONSETS = "b br c ch d dr f fl g gr h j k l m n p pl r s sh st t th tr v w".split()
_VOWELS = "a e i o u a e i o ai ea oo ou".split()
_CODAS = ["", "", "", "n", "r", "l", "t", "s", "m", "d", "nd", "ck", "st", "rn"]
_PARTICLES = ("de", "van", "al", "von")


@dataclass(frozen=True, slots=True)
class Population:
    """Who speaks in the corpus, where it is printed, and with which words, the most frequent ones first."""

    words: tuple[str, ...]
    speakers: tuple[str, ...]
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeededArticle:
    """What the quotes of one article share."""

    url: str
    headline: str
    publisher: str
    published: datetime


@cache
def population(seed: int) -> Population:
    """Return the names and words of a corpus."""
    rng = random.Random(seed)
    words = tuple(islice(_invented(rng), WORDS))
    # Names are words too, but not those that quotes are full of: a speaker's name is no search term here.
    names = [word.capitalize() for word in words[WORDS // 2 :] if 3 < len(word) < 9]
    first, last = names[:400], names[400:2_400]
    speakers = dict.fromkeys(islice((_name(rng, first, last) for _ in count()), SPEAKERS * 2))
    publishers = tuple(f"The {names[-2 * i - 1]} {rng.choice(_PAPERS)}" for i in range(PUBLISHERS))
    return Population(words, tuple(speakers)[:SPEAKERS], publishers)


_PAPERS = ("Times", "Post", "Herald", "Courier", "Tribune", "Gazette")


def synthetic(size: int, seed: int = 1) -> Iterator[GivenQuote]:
    """Yield the first `size` quotes of the corpus of a seed."""
    known = population(seed)
    return islice((quote for number in count() for quote in _lot(known, seed, number)), size)


def zipf(ranks: int, exponent: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the cumulated chances of ranks by Zipf's law: search a number of [0, 1) in it to draw a rank.

    >>> zipf(3).round(2).tolist()
    [0.55, 0.82, 1.0]
    """
    chances = np.arange(1, ranks + 1, dtype=float) ** -exponent
    return np.cumsum(chances / chances.sum())


def drawn_article(rng: random.Random, known: Population, words: list[str]) -> SeededArticle:
    """Return an article of some words' headline, published anywhere in ten years."""
    published = FIRST_DAY + timedelta(seconds=rng.randrange(SECONDS))
    publisher = known.publishers[_ranked(rng, _PRINTED)]
    headline = " ".join(words).capitalize()
    url = f"https://{slug(publisher)}.example/{published:%Y/%m/%d}/{slug(headline)}-{rng.randrange(10**6)}"
    return SeededArticle(url, headline, publisher, published)


def drawn_speaker(rng: random.Random, known: Population) -> str:
    """Return who speaks: few speak often, many once."""
    return known.speakers[_ranked(rng, _HEARD)]


def quote_of(article: SeededArticle, speaker: str, text: str) -> GivenQuote:
    """Return a ready-made quote of an article."""
    return GivenQuote(
        text=text,
        speaker=speaker,
        url=article.url,
        headline=article.headline,
        publisher=article.publisher,
        published=article.published,
        language="en",
    )


def _lot(known: Population, seed: int, number: int) -> Iterator[GivenQuote]:
    bulk, rng = np.random.default_rng([seed, number]), random.Random(f"{seed}/{number}")
    lengths = 3 + np.floor(bulk.gamma(2.0, (MEAN_LENGTH - 2.5) / 2, LOT)).astype(int)
    ranks = np.searchsorted(_SAID, bulk.random(int(lengths.sum())))
    said = iter(map(known.words.__getitem__, ranks.tolist()))
    left, article, speaker = 0, None, ""
    for length in lengths.tolist():
        words = list(islice(said, length))
        if article is None or left == 0:
            left, article = rng.randint(1, 6), drawn_article(rng, known, words[:7])
            speaker = drawn_speaker(rng, known)
        elif rng.random() < 0.5:
            speaker = drawn_speaker(rng, known)
        left -= 1
        yield quote_of(article, speaker, _punctuated(rng, words))


def _punctuated(rng: random.Random, words: list[str]) -> str:
    """Return words as sentences."""
    marks = rng.choices(("", ",", "."), (85, 9, 6), k=len(words))
    marks[-1] = "."
    starts = [True, *(mark == "." for mark in marks)]
    return " ".join(
        (word.capitalize() if start else word) + mark for word, mark, start in zip(words, marks, starts, strict=False)
    )


def _invented(rng: random.Random) -> Iterator[str]:
    """Yield words, none twice: frequent ones are short, as in any language."""
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


def _cumulated(ranks: int, exponent: float) -> list[float]:
    chances = [rank**-exponent for rank in range(1, ranks + 1)]
    return [chance / sum(chances) for chance in accumulate(chances)]


def _ranked(rng: random.Random, cumulated: list[float]) -> int:
    return min(bisect_left(cumulated, rng.random()), len(cumulated) - 1)


_SAID = zipf(WORDS)
_HEARD = _cumulated(SPEAKERS, 0.9)
_PRINTED = _cumulated(PUBLISHERS, 0.7)
