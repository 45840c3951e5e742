"""Changes of a quote that change what was said, or may. `verify` must confirm none of them.

A change takes a quote and a random generator, so that the same seed gives the same text. A quote that does not suit a
change has none. The words of the changes are lists of our own, not the tables of `quoth.text.wording`: a table that is
measured by itself is always right.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from quoth.engine.analysis import stem
from relevance.quoted import QuotedText, WordSupply, pairs

Change = Callable[[QuotedText, WordSupply, random.Random], str | None]

# Negations and the words without them.
NEGATIVE = "nothing=something nobody=somebody none=some never=always without=with neither=either no=some cannot=can"
IRREGULAR = "ca=can wo=will sha=shall"
AUXILIARIES = "is are was were will would can could should must has have had does do did"
# The forms with "n't" that are spelt as their auxiliary.
JOINED = frozenset("is are was were would could should has have had does do did".split())

OPPOSITES = """
    more=less most=least many=few all=none always=never everyone=nobody everything=nothing up=down in=out on=off
    over=under above=below before=after with=without for=against good=bad better=worse best=worst great=terrible
    right=wrong true=false first=last new=old old=young high=low higher=lower big=small large=small bigger=smaller
    strong=weak stronger=weaker safe=dangerous safe=unsafe legal=illegal fair=unfair happy=unhappy able=unable
    possible=impossible important=unimportant necessary=unnecessary responsible=irresponsible honest=dishonest
    respect=disrespect agree=disagree like=dislike love=hate loved=hated support=oppose supported=opposed
    supports=opposes win=lose won=lost winning=losing increase=decrease increased=decreased raise=lower raised=cut
    rise=fall rising=falling gain=lose buy=sell give=take gave=took accept=reject accepted=rejected
    approve=reject allow=forbid allowed=forbidden start=stop started=stopped begin=end open=close opened=closed
    build=destroy remember=forget remembered=forgot start=finish success=failure succeed=fail friend=enemy
    friends=enemies war=peace life=death rich=poor hard=easy difficult=easy long=short early=late fast=slow
    same=different today=yesterday tomorrow=yesterday public=private majority=minority truth=lie strength=weakness
    men=women man=woman boys=girls left=right liberal=conservative democrats=republicans democratic=republican
    north=south east=west import=export hope=fear proud=ashamed clear=unclear certainly=hardly often=rarely
    together=apart near=far full=empty alive=dead guilty=innocent positive=negative inside=outside
"""
TENSES = """
    is=was are=were am=was has=had have=had do=did does=did will=would can=could may=might go=went goes=went say=said
    says=said think=thought know=knew want=wanted wants=wanted need=needed needs=needed make=made makes=made take=took
    come=came comes=came get=got gets=got see=saw give=gave believe=believed support=supported work=worked love=loved
    run=ran win=won lose=lost keep=kept tell=told feel=felt mean=meant means=meant look=looked happen=happened
    happens=happened stand=stood talk=talked call=called try=tried ask=asked vote=voted live=lived lead=led
    become=became
"""
PERSONS = """
    i=we we=they they=we he=she she=he his=her him=her me=us us=them our=their my=your your=their you=they it=they
"""
PREPOSITIONS = """
    to=from from=to in=on on=at at=in for=with with=for by=for of=from about=against against=for after=before
    before=after under=over over=under until=since since=until into=from between=among through=without and=or or=and
    but=and because=although if=because
"""
# Words that limit a statement.
QUALIFIERS = frozenset(
    """
    only some most many few almost nearly if may might could would should perhaps maybe probably possibly sometimes
    often usually mostly partly less more hardly unless
    """.split()
)
SMALL_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty".split()
)
SCALES = ("hundred", "thousand", "million", "billion", "trillion")
ORDINALS = "first second third fourth fifth sixth".split()

_NEGATION = re.compile(
    r"\b([a-z]+)n['’]t\b|\bnot\s+|\bnever\s+|\b(?:nothing|nobody|none|without|neither|no|cannot)\b", re.I
)
_AUXILIARY = re.compile(rf"\b({'|'.join(AUXILIARIES.split())})\b(?!['’]|\s+(?:not|never)\b)", re.I)
_COUNTING = re.compile(r"(?:\bnot|n['’]t)\s+((?:just|really|very|so)\s+)|\b(a\s+)(?:few|little)\b", re.I)
# What a quote may begin with that turns the sense of the rest.
_OPENING = re.compile(
    r"""
    (?:
        [^.,;!?]{0,40}\b(?:do|does|did|would|could|can|is|was|are|were|have|has)(?:n['’]t|\s+not)\s+
            (?:think|believe|say|said|want|know|mean|true|agree|support|see|accept)\b(?:\s+that\b)?
        | (?:if|unless|whether|until)\b[^.;!?]{10,80}?,
    )\s+
    """,
    re.I | re.X,
)
_LEAST = 6  # words that are left of a quote


def exchanged(quote: QuotedText, table: Mapping[str, Sequence[str]], rng: random.Random) -> str | None:
    """Return a quote with one of its words exchanged for another of a table."""
    numbers = [n for n, place in enumerate(quote.places) if place.word in table and not quote.is_part(n)]
    if not numbers:
        return None
    number = rng.choice(numbers)
    return quote.with_word(number, rng.choice(table[quote.places[number].word]))


def negation_taken_out(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Take a negation out: "will not raise" becomes "will raise"."""
    found = list(_NEGATION.finditer(quote.text))
    if not found:
        return None
    match = rng.choice(found)
    instead = ""
    if match[1]:
        instead = _IRREGULAR.get(match[1].lower(), [str(match[1])])[0]
    elif match[0].lower() in _NEGATIVE:
        instead = _NEGATIVE[match[0].lower()][0]
    return quote.text[: match.start()] + instead + quote.text[match.end() :]


def negation_put_in(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Put a negation in: "will raise" becomes "will not raise", "won't raise" or "will never raise"."""
    found = list(_AUXILIARY.finditer(quote.text))
    if not found:
        return None
    match = rng.choice(found)
    ways = [" not", " never"] + ["n’t"] * (match[1].lower() in JOINED)
    return quote.text[: match.end()] + rng.choice(ways) + quote.text[match.end() :]


def number_changed(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Change a number, in figures or in words, or its scale."""
    numbers = [n for n, place in enumerate(quote.places) if _other_numbers(place.word)]
    if not numbers:
        return None
    number = rng.choice(numbers)
    return quote.with_word(number, rng.choice(_other_numbers(quote.places[number].word)))


def _other_numbers(word: str) -> list[str]:
    for series in (SMALL_NUMBERS, SCALES, ORDINALS):
        if word in series:
            return [other for other in series if other != word]
    if not re.fullmatch(r"\d[\d.]*s?", word):
        return []
    places = [place for place, digit in enumerate(word) if digit.isdigit()]
    return [
        word[:place] + str(digit) + word[place + 1 :]
        for place in places
        for digit in range(1, 10)
        if str(digit) != word[place]
    ]


def opposite(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Exchange a word for its opposite."""
    return exchanged(quote, _OPPOSITES, rng)


def neighbour(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Exchange a word for another word that differs by a letter."""
    near = {
        number: supply.neighbours(place.word)
        for number, place in enumerate(quote.places)
        if place.word.isalpha() and len(place.word) >= 3 and not quote.is_part(number)
    }
    numbers = [number for number, others in near.items() if others]
    if not numbers:
        return None
    number = rng.choice(numbers)
    return quote.with_word(number, rng.choice(near[number]))


def other_word(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Exchange a content word for any other."""
    numbers = quote.contents()
    return quote.with_word(rng.choice(numbers), supply.other_word(quote.words, rng)) if numbers else None


def name(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Exchange a name for another name of the corpus."""
    names = frozenset(supply.names)
    numbers = [
        number
        for number, place in enumerate(quote.places)
        if place.word in names and quote.written(number).istitle() and not quote.is_part(number)
    ]
    if not numbers:
        return None
    number = rng.choice(numbers)
    return quote.with_word(number, rng.choice([other for other in supply.names if other not in quote.words]).title())


def tense(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Change the tense of a verb."""
    return exchanged(quote, _TENSES, rng)


def plural(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Add an s to a word or take it away, where that makes a word of the corpus."""
    others = {
        number: other
        for number in quote.contents()
        for word in (quote.places[number].word,)
        for other in ((word[:-1] if word.endswith("s") else f"{word}s"),)
        if other in supply.words
    }
    if not others:
        return None
    number = rng.choice(sorted(others))
    return quote.with_word(number, others[number])


def moved(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Exchange the places of two content words."""
    numbers = quote.contents()
    couples = [
        (one, other)
        for place, one in enumerate(numbers)
        for other in numbers[place + 1 :]
        if stem(quote.places[one].word) != stem(quote.places[other].word)
    ]
    if not couples:
        return None
    one, other = rng.choice(couples)
    return quote.with_words({one: quote.places[other].word, other: quote.places[one].word})


def joined(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Join the first half of a quote to the second half of another."""
    other = rng.choice(supply.quotes)
    if min(len(quote.places), len(other.places)) < 2 * _LEAST or quote.words == other.words:
        return None
    first = quote.text[: quote.places[len(quote.places) // 2].start].rstrip()
    return f"{first} {other.text[other.places[len(other.places) // 2].start :]}"


def left_out(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Leave a content word out, not the first or the last word."""
    numbers = [number for number in quote.contents() if 0 < number < len(quote.places) - 1]
    return quote.without(rng.choice(numbers)) if numbers else None


def added(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:
    """Put a content word in, not before the first word."""
    numbers = [number for number in quote.contents() if number]
    return quote.with_more(rng.choice(numbers), supply.other_word(quote.words, rng)) if numbers else None


def unqualified(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Leave out a word that limits the statement: only, some, if, may."""
    numbers = [
        number for number, place in enumerate(quote.places) if place.word in QUALIFIERS and not quote.is_part(number)
    ]
    return quote.without(rng.choice(numbers)) if numbers else None


def small_word_that_counts(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Leave out a small word on which the sense hangs: "not just", "a few"."""
    found = [match.span(match.lastindex or 0) for match in _COUNTING.finditer(quote.text)]
    if not found:
        return None
    start, end = rng.choice(found)
    return quote.text[:start] + quote.text[end:]


def person(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Exchange a pronoun for that of another person."""
    return exchanged(quote, _PERSONS, rng)


def preposition(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Exchange a preposition or a conjunction for another."""
    return exchanged(quote, _PREPOSITIONS, rng)


def cut(quote: QuotedText, supply: WordSupply, rng: random.Random) -> str | None:  # noqa: ARG001
    """Cut off the beginning that turns the sense of the rest: "I do not think that", "if it rains,"."""
    match = _OPENING.match(quote.text)
    rest = str(quote.text[match.end() :]) if match else ""
    return rest if len(QuotedText(rest).places) >= _LEAST else None


_IRREGULAR, _NEGATIVE = pairs(IRREGULAR), pairs(NEGATIVE)
_OPPOSITES, _TENSES = pairs(OPPOSITES, both_ways=True), pairs(TENSES, both_ways=True)
_PERSONS, _PREPOSITIONS = pairs(PERSONS), pairs(PREPOSITIONS)

CHANGES: Mapping[str, Change] = {
    "negation taken out": negation_taken_out,
    "negation put in": negation_put_in,
    "another number": number_changed,
    "the opposite": opposite,
    "a neighbour by a letter": neighbour,
    "another content word": other_word,
    "another name": name,
    "another tense": tense,
    "singular and plural": plural,
    "another person": person,
    "another preposition": preposition,
    "two words change places": moved,
    "halves of two quotes": joined,
    "a content word left out": left_out,
    "a content word put in": added,
    "a qualifier left out": unqualified,
    "“just” behind “not” left out": small_word_that_counts,
    "“not” or “if” cut off": cut,
}
