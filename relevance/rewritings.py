"""Changes of a quote that change nothing of what was said. `verify` must confirm nearly all of them.

As in `relevance.changes`, a change takes a quote and a random generator, a quote that does not suit it has none, and
the words are lists of our own.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping

from quoth.text.wording.vocabulary import is_common
from relevance.changes import Change
from relevance.damage import slip
from relevance.quoted import SPELT, QuotedText, WordSupply, pairs

CONTRACTIONS = """
    do_not=don't does_not=doesn't did_not=didn't is_not=isn't are_not=aren't was_not=wasn't were_not=weren't
    will_not=won't would_not=wouldn't can_not=can't cannot=can't could_not=couldn't should_not=shouldn't
    have_not=haven't has_not=hasn't had_not=hadn't i_am=i'm you_are=you're we_are=we're they_are=they're it_is=it's
    that_is=that's he_is=he's she_is=she's there_is=there's what_is=what's i_have=i've we_have=we've you_have=you've
    they_have=they've i_will=i'll we_will=we'll you_will=you'll they_will=they'll he_will=he'll she_will=she'll
    it_will=it'll i_would=i'd you_would=you'd we_would=we'd they_would=they'd
"""
ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SMALL_WORDS = "a an the that just very really so and of".split()
ADDED = "the that just very really so and of".split()
# The short form of "a.m." is a word of its own, so the points are not put in.
ABBREVIATIONS = "U.S.=US U.N.=UN U.K.=UK E.U.=EU D.C.=DC Mr.=Mr Mrs.=Mrs Dr.=Dr St.=St"
TIMES = "p.m.=pm a.m.=am"
ACCENTS = "a=á e=é i=í o=ó u=ú n=ñ c=ç"
SLIPPED = 5  # letters of a word that is recognisable with a slip

_FIGURES = re.compile(r"(?<![\w.,$£€-])(\d{1,3})(?![\w%'’-]|[.,:/]\d)(?!\s+(?:percent|per\b|million|billion|thousand))")
_ROUND = re.compile(r"(?<![\w.,])(\d{1,3}),000(?![\w,]|\.\d)")
_PERCENT = re.compile(r"(?<=\d)(\s?%| percent\b| per cent\b)")
_MONEY = re.compile(r"\$(\d[\d,]*(?:\.\d+)?)((?:\s(?:million|billion|trillion))?)\b(?!-|[\d,.]*\d)")
_HYPHEN = re.compile(r"(?<![\w-])[A-Za-z]{2,}(-)[A-Za-z]{2,}(?![\w-])")


def contraction(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Contract two words, or write a contraction out."""
    return _replaced(quote.text, _CONTRACTED, rng)


def spelling(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write a word as the other side of the Atlantic does."""
    return _replaced(quote.text, SPELT, rng)


def number_word(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write a number in words instead of figures, or in figures instead of words."""
    found: list[tuple[int, int, str]] = [
        (*match.span(), in_words(int(match[1]))) for match in _FIGURES.finditer(quote.text)
    ]
    found += [(*match.span(), f"{in_words(int(match[1]))} thousand") for match in _ROUND.finditer(quote.text)]
    for number, place in enumerate(quote.places):
        if place.word in ONES[2:] and not _is_beside_a_number(quote, number):
            found.append((place.start, place.end, str(ONES.index(place.word))))
        elif place.word in TENS and not _is_beside_a_number(quote, number):
            found.append((place.start, place.end, str(10 * TENS.index(place.word) + 20)))
    return _spliced(quote.text, found, rng)


def unit(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write a sign of a unit as a word, or the word as a sign."""
    found = [
        (*match.span(), rng.choice([" percent", " per cent"]) if "%" in match[0] else "%")
        for match in _PERCENT.finditer(quote.text)
    ]
    found += [(*match.span(), f"{match[1]}{match[2]} dollars") for match in _MONEY.finditer(quote.text)]
    return _spliced(quote.text, found, rng)


def small_word_left_out(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Leave out an article or another small word."""
    numbers = [
        number for number, place in enumerate(quote.places) if place.word in SMALL_WORDS and not quote.is_part(number)
    ]
    return quote.without(rng.choice(numbers)) if numbers else None


def small_word_put_in(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Put in an article or another small word."""
    numbers = [number for number in range(1, len(quote.places)) if not quote.is_part(number)]
    return quote.with_more(rng.choice(numbers), rng.choice(ADDED)) if numbers else None


def slip_of_a_letter(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Misspell a word so that it is no word."""
    numbers = [
        number
        for number, place in enumerate(quote.places)
        if place.word.isalpha() and len(place.word) >= SLIPPED and not quote.is_part(number)
    ]
    if not numbers:
        return None
    number = rng.choice(numbers)
    while True:
        slipped = slip(quote.places[number].word, rng)
        if slipped not in supply.known and not is_common(slipped):
            return quote.with_word(number, slipped)


def case_and_marks(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write everything small or in capitals, with other punctuation."""
    text = re.sub(r"[,;:!?…](?=\s|$)", "", quote.text)
    text = re.sub(r"\.(?=$|\s+[A-Z])", rng.choice(["", "!", ";", " –"]), text)
    text = text.replace("’", "'") if "’" in text else text.replace("'", "’")
    return rng.choice([text.lower(), text.upper(), text])


def accent(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Leave the accents out of a word that has some; else put one on a name."""
    numbers = [n for n, place in enumerate(quote.places) if place.word.isalpha() and not place.word.isascii()]
    if numbers:
        number = rng.choice(numbers)
        letters = unicodedata.normalize("NFD", quote.places[number].word)
        return quote.with_word(number, "".join(c for c in letters if not unicodedata.combining(c)))
    names = frozenset(supply.names)
    numbers = [n for n, place in enumerate(quote.places) if place.word in names and quote.written(n).istitle()]
    if not numbers:
        return None
    number = rng.choice(numbers)
    word = quote.places[number].word
    places = [place for place, letter in enumerate(word) if letter in _ACCENTED]
    if not places:
        return None
    place = rng.choice(places)
    return quote.with_word(number, word[:place] + _ACCENTED[word[place]][0] + word[place + 1 :])


def hyphen(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write a word with a hyphen as two words."""
    return _spliced(quote.text, [(*match.span(1), " ") for match in _HYPHEN.finditer(quote.text)], rng)


def one_word(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write a word with a hyphen as one word."""
    return _spliced(quote.text, [(*match.span(1), "") for match in _HYPHEN.finditer(quote.text)], rng)


def abbreviation(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Write an abbreviation without its points, or with them."""
    found = [
        (*match.span(), other)
        for one, others in _ABBREVIATED.items()
        for other in others
        for match in re.finditer(rf"(?<![\w.]){re.escape(one)}(?![\w.])", quote.text)
    ]
    return _spliced(quote.text, found, rng)


def in_words(number: int) -> str:
    """Return a number below a thousand in words.

    >>> in_words(14), in_words(40), in_words(31), in_words(215)
    ('fourteen', 'forty', 'thirty-one', 'two hundred and fifteen')
    """
    if number < len(ONES):
        return ONES[number]
    if number >= 100:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{ONES[number // 100]} hundred{rest}"
    return TENS[number // 10 - 2] + (f"-{ONES[number % 10]}" if number % 10 else "")


def _is_beside_a_number(quote: QuotedText, number: int) -> bool:
    """Whether the word before or after is a number too, so that the word may be a part of one."""
    around = [quote.places[other].word for other in (number - 1, number + 1) if 0 <= other < len(quote.places)]
    return any(
        word in ONES or word in TENS or word in ("hundred", "point", "half", "percent") or word[0].isdigit()
        for word in around
    )


def _replaced(text: str, table: Mapping[str, list[str]], rng: random.Random) -> str | None:
    """Return a text with one of its phrases replaced by another of a table."""
    phrase = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, table), key=len, reverse=True))})\b", re.I)
    straight = text.replace("’", "'")
    found = [
        (*match.span(), other[0].upper() + other[1:] if match[0][0].isupper() else other)
        for match in phrase.finditer(straight)
        for other in table[match[0].lower()]
    ]
    return _spliced(text, found, rng)


def _spliced(text: str, found: list[tuple[int, int, str]], rng: random.Random) -> str | None:
    """Return a text with one of the spans replaced."""
    if not found:
        return None
    start, end, other = rng.choice(found)
    return text[:start] + other + text[end:]


_CONTRACTED = {
    one.replace("_", " "): [other.replace("_", " ") for other in others]
    for one, others in pairs(CONTRACTIONS, both_ways=True).items()
}
_ABBREVIATED = pairs(ABBREVIATIONS, both_ways=True) | pairs(TIMES)
_ACCENTED = pairs(ACCENTS)

REWRITINGS: Mapping[str, Change] = {
    "contraction": contraction,
    "British or American spelling": spelling,
    "a number in words or figures": number_word,
    "a unit as a sign or a word": unit,
    "a small word left out": small_word_left_out,
    "a small word put in": small_word_put_in,
    "a slip that is no word": slip_of_a_letter,
    "case and punctuation": case_and_marks,
    "an accent": accent,
    "a hyphen as a space": hyphen,
    "a hyphen left out": one_word,
    "points of an abbreviation": abbreviation,
}
