"""How somebody types what they remember of a quote: with words left out, in other forms, out of order, misspelt.

A recollection is drawn from a quote by a generator of random numbers, so that the same seed gives the same question.
Where a quote has nothing to remember in that way, there is none.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from quoth.engine.analysis import stem, words
from quoth.engine.query.request import Fuzzy
from quoth.text.function_words import FUNCTION_WORDS
from relevance.damage import LONG_ENOUGH, slip
from training.corpus import NO_NAMES, surname

UNKNOWN = "Unknown Speaker"
# How much less a small word is remembered than what the quote is about.
SMALL = 0.05
# By how many places a word is typed out of its order: the standard deviation.
SHUFFLED = 0.6
MIN_SURNAME = 5  # letters of a name that is typed with a slip: a shorter one is taken as it stands

_NAME = re.compile(r"[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|[A-Z]\.)){0,3}")


class Item(NamedTuple):
    """A quote that somebody looks for; its wording is the list of its words."""

    id: str
    speaker: str
    said: tuple[str, ...]


class Recollection(NamedTuple):
    """What is typed, and with which parameters."""

    q: str
    speaker: str | None = None
    fuzzy: Fuzzy = "off"


class Vocabulary:
    """The words that a collection has, how often each is said, and which have a stem in common."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self._said = Counter(word for text in texts for word in text)
        self._forms: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._said):
            self._forms[stem(word)].append(word)
        self._meaningful = [word for word in sorted(self._said) if word not in FUNCTION_WORDS]
        self._until = list(accumulate(self._said[word] for word in self._meaningful))

    def other_form(self, word: str, rng: random.Random) -> str | None:
        """Return another word of the same stem, a frequent one rather than a rare one; `None` where there is none."""
        forms = [form for form in self._forms.get(stem(word), ()) if form != word]
        return rng.choices(forms, [self._said[form] for form in forms])[0] if forms else None

    def other_word(self, said: Iterable[str], rng: random.Random) -> str:
        """Return a word whose stem none of those that were said has."""
        stems = set(map(stem, said))
        while True:
            word = rng.choices(self._meaningful, cum_weights=self._until)[0]
            if stem(word) not in stems:
                return word


def remembered(said: Sequence[str], rng: random.Random, least: int, most: int) -> list[str]:
    """Return some of the words that were said, nearly in their order; few small ones, unless there is nothing else.

    >>> remembered("there will be some land swapping going on to the good".split(), random.Random(4), 3, 3)
    ['swapping', 'land', 'good']
    """
    place = {word: number for number, word in reversed(list(enumerate(said)))}
    # The greatest u^(1/weight) are a sample without replacement, each word by its weight (Efraimidis, Spirakis 2006).
    chance = {word: rng.random() ** (1 / (SMALL if word in FUNCTION_WORDS else 1)) for word in place}
    kept = sorted(place, key=lambda word: -chance[word])[: rng.randint(least, most)]
    moved = {word: number + rng.gauss(0, SHUFFLED) for number, word in enumerate(sorted(kept, key=place.__getitem__))}
    return sorted(kept, key=moved.__getitem__)


def misremembered(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Ask for three to six words."""
    kept = remembered(item.said, rng, 3, 6)
    return Recollection(" ".join(kept)) if len(kept) >= 3 else None


def inflected(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Ask for three to six words, each in another form where it has one."""
    kept = remembered(item.said, rng, 3, 6)
    forms = [vocabulary.other_form(word, rng) for word in kept]
    if len(kept) < 3 or not any(forms):
        return None
    return Recollection(" ".join(form or word for form, word in zip(forms, kept, strict=True)))


def consecutive(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Ask for four to six words as they stand, without marks."""
    return Recollection(" ".join(_run(item.said, rng, 4, 6)))


def speaker_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Ask for two or three words of somebody."""
    name = known_by(item.speaker)
    kept = remembered(item.said, rng, 2, 3)
    return Recollection(" ".join(kept), name) if name and len(kept) >= 2 else None


def misspelt_speaker(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Ask for two or three words of somebody whose name has a slip."""
    asked = speaker_and_words(item, vocabulary, rng)
    if asked is None or asked.speaker is None or len(asked.speaker) < MIN_SURNAME:
        return None
    return asked._replace(speaker=slip(asked.speaker, rng))


def one_slip(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Ask for three to five words, one with a slip."""
    kept = remembered(item.said, rng, 3, 5)
    able = [place for place, word in enumerate(kept) if sum(map(str.isalpha, word)) >= LONG_ENOUGH]
    if len(kept) < 3 or not able:
        return None
    place = rng.choice(able)
    kept[place] = slip(kept[place], rng)
    return Recollection(" ".join(kept), fuzzy="auto")


def phrase(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Ask for three to five words as they stand, in marks, and for one more."""
    run = _run(item.said, rng, 3, 5)
    others = [word for word in item.said if word not in run]
    return Recollection(" ".join([f'"{" ".join(run)}"', *remembered(others, rng, 1, 1)])) if others else None


def one_wrong_word(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Ask for three to six words, one of which was never said."""
    kept = remembered(item.said, rng, 3, 6)
    if len(kept) < 3:
        return None
    kept[rng.randrange(len(kept))] = vocabulary.other_word(item.said, rng)
    return Recollection(" ".join(kept))


Forget = Callable[[Item, Vocabulary, random.Random], Recollection | None]

# What a search should find.
KINDS: Mapping[str, Forget] = {
    "misremembered": misremembered,
    "inflected": inflected,
    "consecutive": consecutive,
    "speaker plus words": speaker_and_words,
    "misspelt speaker": misspelt_speaker,
    "one slip": one_slip,
    "phrase": phrase,
}
# What it does not promise to find, since all words must match.
APART: Mapping[str, Forget] = {"one wrong word": one_wrong_word}


def known_by(speaker: str) -> str | None:
    """Return the surname by which a speaker is asked for; `None` where the annotators' words are not a plain name.

    >>> [known_by(name) for name in ("Ada Byron", "Bo Lind Jr.", "the mayor", "Spokesman for Lind", "Unknown Speaker")]
    ['byron', 'lind', None, None, None]
    """
    if speaker.startswith(UNKNOWN) or not _NAME.fullmatch(speaker.removesuffix(" Jr.")) or speaker.startswith("The "):
        return None
    name = surname(speaker)
    return None if name in NO_NAMES or words(name) != [name] else name


def _run(said: Sequence[str], rng: random.Random, least: int, most: int) -> Sequence[str]:
    length = min(rng.randint(least, most), len(said))
    start = rng.randint(0, len(said) - length)
    return said[start : start + length]
