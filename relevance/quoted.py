"""A quote whose words can be exchanged one by one, and the words of a corpus to exchange them for."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from quoth.engine.analysis import places, stem
from quoth.text.function_words import FUNCTION_WORDS

RARE = 3  # a word that a corpus has less often may be a slip
LETTERS = 3  # of a name, and of a content word
MOSTLY = 0.9  # the share of a name's occurrences that begin with a capital

SPELLINGS = """
    color=colour honor=honour favor=favour favorite=favourite labor=labour behavior=behaviour neighbor=neighbour
    neighbors=neighbours neighborhood=neighbourhood rumor=rumour humor=humour harbor=harbour endeavor=endeavour
    honored=honoured honorable=honourable center=centre centers=centres theater=theatre meter=metre fiber=fibre
    defense=defence offense=offence license=licence organize=organise organized=organised organization=organisation
    organizations=organisations recognize=recognise recognized=recognised realize=realise realized=realised
    criticize=criticise criticized=criticised apologize=apologise emphasize=emphasise legalize=legalise
    analyze=analyse paralyzed=paralysed traveled=travelled traveling=travelling canceled=cancelled labeled=labelled
    modeling=modelling counselor=counsellor jewelry=jewellery program=programme programs=programmes gray=grey
    judgment=judgement aging=ageing toward=towards while=whilst among=amongst learned=learnt burned=burnt
    skeptical=sceptical plow=plough aluminum=aluminium pediatric=paediatric
    authorized=authorised authorization=authorisation terrorize=terrorise minimize=minimise maximize=maximise
    civilization=civilisation privatize=privatise prioritize=prioritise utilize=utilise fulfill=fulfil mom=mum
    capitalize=capitalise characterized=characterised mobilize=mobilise organizing=organising ok=okay adviser=advisor
"""


def pairs(table: str, *, both_ways: bool = False) -> dict[str, list[str]]:
    """Return the words for which each word of a table may be exchanged.

    >>> pairs("up=down new=old old=young", both_ways=True)["old"]
    ['new', 'young']
    """
    found: dict[str, list[str]] = {}
    for one, other in (pair.split("=") for pair in table.split()):
        found.setdefault(one, []).append(other)
        if both_ways:
            found.setdefault(other, []).append(one)
    return found


SPELT = pairs(SPELLINGS, both_ways=True)


class WordPlace(NamedTuple):
    """A word of a quote, in lower case, with its half-open span of characters."""

    word: str
    start: int
    end: int


class QuotedText:
    """The text of a quote and its words, by number."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places = tuple(WordPlace(*place) for place in places(text))

    @property
    def words(self) -> list[str]:
        """The words in lower case."""
        return [place.word for place in self.places]

    def written(self, number: int) -> str:
        """Return a word as it is written."""
        place = self.places[number]
        return self.text[place.start : place.end]

    def is_part(self, number: int) -> bool:
        """Whether an apostrophe joins the word to another ("don", "t")."""
        place = self.places[number]
        around = self.text[place.start - 1 : place.start] + self.text[place.end : place.end + 1]
        return "'" in around or "’" in around

    def contents(self) -> list[int]:
        """Return the numbers of the content words, which are words of their own."""
        return [
            number
            for number, place in enumerate(self.places)
            if place.word.isalpha()
            and len(place.word) >= LETTERS
            and place.word not in FUNCTION_WORDS
            and not self.is_part(number)
        ]

    def with_word(self, number: int, word: str) -> str:
        """Return the text with another word in the place of one, with a capital where that had one.

        >>> QuotedText("Taxes will rise.").with_word(0, "prices")
        'Prices will rise.'
        """
        place = self.places[number]
        if self.text[place.start].isupper():
            word = word[0].upper() + word[1:]
        return self.text[: place.start] + word + self.text[place.end :]

    def with_words(self, words: dict[int, str]) -> str:
        """Return the text with other words in the places of some.

        >>> QuotedText("Taxes will rise.").with_words({0: "prices", 2: "fall"})
        'Prices will fall.'
        """
        text = self
        for number, word in sorted(words.items(), reverse=True):
            text = QuotedText(text.with_word(number, word))
        return text.text

    def without(self, number: int) -> str:
        """Return the text without a word.

        >>> QuotedText("Taxes will rise.").without(0), QuotedText("Taxes will rise.").without(2)
        ('will rise.', 'Taxes will.')
        """
        place = self.places[number]
        before, after = self.text[: place.start], self.text[place.end :]
        return before.rstrip() + after if before.endswith(" ") else before + after.lstrip()

    def with_more(self, number: int, word: str) -> str:
        """Return the text with one more word before another.

        >>> QuotedText("Taxes will rise.").with_more(2, "never")
        'Taxes will never rise.'
        """
        start = self.places[number].start
        return f"{self.text[:start]}{word} {self.text[start:]}"


class WordSupply:
    """The words of a corpus: common ones, those that differ by one letter, names."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.quotes = tuple(QuotedText(text) for text in texts)
        lower: Counter[str] = Counter()
        capital: Counter[str] = Counter()
        for quote in self.quotes:
            for number, place in enumerate(quote.places):
                if place.word.isalpha() and not quote.is_part(number):
                    counts = capital if number and quote.written(number).istitle() else lower
                    counts[place.word] += 1
        self.known = frozenset(lower | capital)
        self.words = frozenset(word for word, count in lower.items() if count >= RARE)
        self.names = sorted(
            word
            for word, count in capital.items()
            if count >= RARE and len(word) >= LETTERS and count >= MOSTLY * (count + lower[word])
        )
        self._contents = [word for word in sorted(self.words) if word not in FUNCTION_WORDS and len(word) >= LETTERS]
        self._cumulative = list(accumulate(lower[word] for word in self._contents))
        self._shortened: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self.words):
            for shortened in _shortened(word):
                self._shortened[shortened].append(word)
        self._wording = "\n".join(f" {' '.join(quote.words)} " for quote in self.quotes)

    def is_said(self, words: Sequence[str]) -> bool:
        """Whether a quote of the corpus has these words, one after another."""
        return f" {' '.join(words)} " in self._wording

    def other_word(self, words: Iterable[str], rng: random.Random) -> str:
        """Return a content word, by frequency, that shares no stem with any of these words."""
        stems = set(map(stem, words))
        while True:
            word = rng.choices(self._contents, cum_weights=self._cumulative)[0]
            if stem(word) not in stems:
                return word

    def neighbours(self, word: str) -> list[str]:
        """Return the words of the corpus that differ from a word by a letter, or by two exchanged ones.

        >>> WordSupply(3 * ["the taxes are low, now not law"]).neighbours("low")
        ['law', 'now']
        """
        near = {other for shortened in _shortened(word) for other in self._shortened.get(shortened, ())}
        others = (other for other in near if _is_near(word, other) and stem(other) != stem(word))
        return sorted(other for other in others if other not in SPELT.get(word, ()))


def _shortened(word: str) -> Iterator[str]:
    """Yield a word, and the word without one of its letters."""
    yield word
    yield from (word[:place] + word[place + 1 :] for place in range(len(word)))


def _is_near(one: str, other: str) -> bool:
    """Whether one edit turns a word into the other."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[same:], other[same:]
    return one != other and (a[1:] in (b, b[1:]) or a == b[1:] or (a[1::-1] == b[:2] and a[2:] == b[2:]))
