"""Queries for half-remembered quotes: with words missing, in other forms, out of order, misspelt.

A recollection is drawn from a quote with a random generator, so that the same seed gives the same query. A quote that
does not suit a kind of recollection has none.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from quoth.engine.analysis import stem, words
from quoth.extraction.tables import given_names
from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.names.nicknames import is_word, other_names
from relevance.damage import LONG_ENOUGH, slip
from relevance.quoted import QuotedText, WordSupply
from relevance.rewritings import abbreviation, hyphen, one_word, spelling
from training.corpus import NO_NAMES, surname

UNKNOWN = "Unknown Speaker"
# The weight of a function word in a recollection; other words weigh 1.
SMALL = 0.05
# The standard deviation of the distance, in words, by which a word moves out of order.
SHUFFLED = 0.6
# Titles that people type before a surname.
SPOKEN_TITLES = ("mr", "ms", "dr", "president", "senator", "governor", "prime minister", "vice president")
MIN_SURNAME = 5  # letters of a name with a slip: search does not correct shorter names

_NAME = re.compile(r"[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|[A-Z]\.)){0,3}")


class Item(NamedTuple):
    """A quote to search for; `wording` has its words in order, `headline` those of its headline."""

    id: str
    speaker: str
    wording: tuple[str, ...]
    text: str = ""
    headline: tuple[str, ...] = ()


class Recollection(NamedTuple):
    """A query, and its parameters."""

    q: str
    speaker: str | None = None


class Vocabulary:
    """The words of a collection, with their counts, grouped by stem."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        self._counts = Counter(word for text in texts for word in text)
        self._forms: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._counts):
            self._forms[stem(word)].append(word)
        self._meaningful = [word for word in sorted(self._counts) if word not in FUNCTION_WORDS]
        self._cumulative = list(accumulate(self._counts[word] for word in self._meaningful))

    def other_form(self, word: str, rng: random.Random) -> str | None:
        """Return another word with the same stem, weighted by frequency; `None` if there is none."""
        forms = [form for form in self._forms.get(stem(word), ()) if form != word]
        return rng.choices(forms, [self._counts[form] for form in forms])[0] if forms else None

    def other_word(self, wording: Iterable[str], rng: random.Random) -> str:
        """Return a random word that shares no stem with a wording."""
        stems = set(map(stem, wording))
        while True:
            word = rng.choices(self._meaningful, cum_weights=self._cumulative)[0]
            if stem(word) not in stems:
                return word


def recalled(wording: Sequence[str], rng: random.Random, least: int, most: int) -> list[str]:
    """Return some words of a wording, nearly in order, with few function words unless there are no others.

    >>> recalled("there will be some land swapping going on to the good".split(), random.Random(4), 3, 3)
    ['swapping', 'land', 'good']
    """
    position = {word: number for number, word in reversed(list(enumerate(wording)))}
    # The greatest u^(1/weight) are a weighted sample without replacement (Efraimidis, Spirakis 2006).
    priority = {word: rng.random() ** (1 / (SMALL if word in FUNCTION_WORDS else 1)) for word in position}
    chosen = sorted(position, key=lambda word: -priority[word])[: rng.randint(least, most)]
    ordered = sorted(chosen, key=position.__getitem__)
    target = {word: number + rng.gauss(0, SHUFFLED) for number, word in enumerate(ordered)}
    return sorted(chosen, key=target.__getitem__)


def misremembered(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return three to six words as a query."""
    chosen = recalled(item.wording, rng, 3, 6)
    return Recollection(" ".join(chosen)) if len(chosen) >= 3 else None


def inflected(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Return three to six words, each in another form if it has one."""
    chosen = recalled(item.wording, rng, 3, 6)
    forms = [vocabulary.other_form(word, rng) for word in chosen]
    if len(chosen) < 3 or not any(forms):
        return None
    return Recollection(" ".join(form or word for form, word in zip(forms, chosen, strict=True)))


def consecutive(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return four to six consecutive words, without quotation marks."""
    return Recollection(" ".join(_run(item.wording, rng, 4, 6)))


def speaker_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return two or three words, with the speaker's surname."""
    name = surname_of(item.speaker)
    chosen = recalled(item.wording, rng, 2, 3)
    return Recollection(" ".join(chosen), name) if name and len(chosen) >= 2 else None


def misspelt_speaker(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Return two or three words, with a slip in the speaker's surname."""
    recollection = speaker_and_words(item, vocabulary, rng)
    if recollection is None or recollection.speaker is None or len(recollection.speaker) < MIN_SURNAME:
        return None
    return recollection._replace(speaker=slip(recollection.speaker, rng))


def one_slip(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return three to five words, one with a slip."""
    chosen = recalled(item.wording, rng, 3, 5)
    candidates = [place for place, word in enumerate(chosen) if sum(map(str.isalpha, word)) >= LONG_ENOUGH]
    if len(chosen) < 3 or not candidates:
        return None
    place = rng.choice(candidates)
    chosen[place] = slip(chosen[place], rng)
    return Recollection(" ".join(chosen))


def phrase(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return a phrase of three to five words, and one more word."""
    run = _run(item.wording, rng, 3, 5)
    others = [word for word in item.wording if word not in run]
    return Recollection(" ".join([f'"{" ".join(run)}"', *recalled(others, rng, 1, 1)])) if others else None


def one_wrong_word(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Return three to six words, one of which is not in the quote."""
    chosen = recalled(item.wording, rng, 3, 6)
    if len(chosen) < 3:
        return None
    chosen[rng.randrange(len(chosen))] = vocabulary.other_word(item.wording, rng)
    return Recollection(" ".join(chosen))


def surname_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return the speaker's surname and two words, all as words of the query."""
    name = surname_of(item.speaker)
    chosen = recalled(item.wording, rng, 2, 2)
    return Recollection(" ".join([name, *chosen])) if name and len(chosen) == 2 else None


def misspelt_surname_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return the speaker's surname with a slip, and three words."""
    name = surname_of(item.speaker)
    chosen = recalled(item.wording, rng, 3, 3)
    if not name or len(name) < MIN_SURNAME or len(chosen) < 3:
        return None
    return Recollection(" ".join([slip(name, rng), *chosen]))


def titled_surname_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Return a title, the speaker's surname and two words."""
    recollection = surname_and_words(item, vocabulary, rng)
    return recollection and Recollection(f"{rng.choice(SPOKEN_TITLES)} {recollection.q}")


def given_name_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return the speaker's given name and two words."""
    name = given_name_of(item.speaker)
    chosen = recalled(item.wording, rng, 2, 2)
    return Recollection(" ".join([name, *chosen])) if name and len(chosen) == 2 else None


def nickname_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return another form of the speaker's given name, with the surname or without, and two words."""
    name, given = surname_of(item.speaker), given_name_of(item.speaker)
    others = [other for other in other_names(given or "") if not is_word(other)]
    chosen = recalled(item.wording, rng, 2, 2)
    if not name or not others or len(chosen) < 2:
        return None
    return Recollection(" ".join([rng.choice(others), *rng.choice([[name], []]), *chosen]))


def question_form(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return a question for what the speaker said about two or three words, or for who said three to five."""
    name = surname_of(item.speaker)
    least, most = (2, 3) if name else (3, 5)
    chosen = " ".join(recalled(item.wording, rng, least, most))
    return Recollection(f"what did {name} say about {chosen}" if name else f"who said {chosen}")


def headline_word_and_words(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return a word of the headline that is not in the quote, and two words of the quote."""
    stems = set(map(stem, item.wording))
    beside = [word for word in item.headline if word not in FUNCTION_WORDS and stem(word) not in stems]
    chosen = recalled(item.wording, rng, 2, 2)
    return Recollection(" ".join([rng.choice(beside), *chosen])) if beside and len(chosen) == 2 else None


def headline_word_and_a_word(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:
    """Return a word of the headline that is not in the quote, and one word of the quote."""
    recollection = headline_word_and_words(item, vocabulary, rng)
    return recollection and Recollection(" ".join(recollection.q.split()[:2]))


def spelt_otherwise(item: Item, vocabulary: Vocabulary, rng: random.Random) -> Recollection | None:  # noqa: ARG001
    """Return a word in another spelling (a hyphen, full stops, an accent, British) and two or three others."""
    quote = QuotedText(item.text)
    texts = [text for way in _SPELLINGS if (text := way(quote, WordSupply([]), rng)) is not None]
    if not texts:
        return None
    before, after = item.text.split(), rng.choice(texts).split()
    while before and after and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    while before and after and before[0] == after[0]:
        before, after = before[1:], after[1:]
    changed = " ".join(after).strip(_MARKS)
    said = set(words(" ".join(before)))
    others = [word for word in item.wording if word not in said]
    return Recollection(" ".join([changed, *recalled(others, rng, 2, 3)])) if changed and len(others) > 1 else None


def accented(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Put an accent on a word."""
    numbers = [number for number in quote.contents() if quote.places[number].word.isascii()]
    number = rng.choice(numbers) if numbers else 0
    word = quote.places[number].word if numbers else ""
    vowels = [place for place, letter in enumerate(word) if letter in _ACCENTED]
    place = rng.choice(vowels) if vowels else 0
    return quote.with_word(number, word[:place] + _ACCENTED[word[place]] + word[place + 1 :]) if vowels else None


_ACCENTED = {"a": "á", "e": "é", "i": "ï", "o": "ö", "u": "ü"}
_MARKS = "\"“”'‘’.,;:!?()[]…—–*-"
_SPELLINGS = (spelling, hyphen, one_word, abbreviation, accented)

Forget = Callable[[Item, Vocabulary, random.Random], Recollection | None]

KINDS: Mapping[str, Forget] = {
    "misremembered": misremembered,
    "inflected": inflected,
    "consecutive": consecutive,
    "speaker plus words": speaker_and_words,
    "misspelt speaker": misspelt_speaker,
    "one slip": one_slip,
    "phrase": phrase,
    "one wrong word": one_wrong_word,
    "surname and words": surname_and_words,
    "misspelt surname and words": misspelt_surname_and_words,
    "title, surname and words": titled_surname_and_words,
    "given name and words": given_name_and_words,
    "nickname and words": nickname_and_words,
    "question form": question_form,
    "headline word and two words": headline_word_and_words,
    "spelt otherwise": spelt_otherwise,
}


# Too few words to tell one quote from the others of its article: measured, but not counted with the rest.
APART: Mapping[str, Forget] = {"headline word and a word": headline_word_and_a_word}


def surname_of(speaker: str) -> str | None:
    """Return the surname of a speaker; `None` if the annotation is not a plain name.

    >>> [surname_of(who) for who in ("Ada Byron", "Bo Lind Jr.", "the mayor", "Spokesman for Lind", "Unknown Speaker")]
    ['byron', 'lind', None, None, None]
    """
    if speaker.startswith(UNKNOWN) or not _NAME.fullmatch(speaker.removesuffix(" Jr.")) or speaker.startswith("The "):
        return None
    name = surname(speaker)
    return None if name in NO_NAMES or words(name) != [name] else name


def given_name_of(speaker: str) -> str | None:
    """Return the given name of a speaker; `None` if the annotation is not a plain name of two words.

    >>> given_name_of("Ada Byron"), given_name_of("Byron"), given_name_of("Zog Byron")
    ('ada', None, None)
    """
    given, *others = words(speaker) or [""]
    is_whole = surname_of(speaker) is not None and len(others) == 1
    return given if is_whole and any(given in given_names(gender) for gender in ("male", "female")) else None


def _run(wording: Sequence[str], rng: random.Random, least: int, most: int) -> Sequence[str]:
    length = min(rng.randint(least, most), len(wording))
    start = rng.randint(0, len(wording) - length)
    return wording[start : start + length]
