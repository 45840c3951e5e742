"""Read the numbers of a text, in figures or in words, as values to compare: 30,000 and thirty thousand are one.

Only what is clear is read: "twenty sixteen" is two numbers, "dozens" is none. Everything is decided from a word and the
few that follow it, so the work is linear in the words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import NamedTuple

Words = Sequence[tuple[str, int, int]]


class ReadNumber(NamedTuple):
    """A number in a text: the words `[first, last)` and the characters `[start, end)`, with its sign of a unit.

    `value` is a decimal without superfluous zeros ("30000", "0.5", "-5"), an ordinal ("21st") or a decade ("1990s").
    `unit` is "percent", or "dollars", "pounds" or "euros" if the text has the sign of that currency, else empty.
    """

    first: int
    last: int
    start: int
    end: int
    value: str
    unit: str


class _Marks(NamedTuple):
    """The marks before a number, the first of which starts at `start`."""

    start: int
    has_point: bool
    currency: str
    is_negative: bool


class _Part(NamedTuple):
    """A value and the place of the first word behind it; `value` is `None` for figures too long to read."""

    last: int
    value: Decimal | None
    is_ordinal: bool = False


MAX_DIGITS = 40
# Exact for every number that is read: forty digits times a trillion.
_EXACT = Context(prec=80)

_SMALL = {
    word: number
    for number, word in enumerate(
        """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen
        """.split()
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
_ORDINALS = {
    word: number
    for number, word in enumerate(
        """
        first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth sixteenth seventeenth eighteenth nineteenth
        """.split(),
        start=1,
    )
} | {word[:-1] + "ieth": number for word, number in _TENS.items()}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINAL_SCALES = {"hundredth": 100} | {word + "th": scale for word, scale in _SCALES.items()}
# Letters behind figures. Without a currency, "m" may be metres and "t" tonnes.
_LETTERS = {"k": 10**3, "bn": 10**9, "tn": 10**12}
_LETTERS_OF_MONEY = _LETTERS | {"m": 10**6, "mn": 10**6, "b": 10**9, "t": 10**12}
_MONEY = frozenset("dollar dollars pound pounds euro euros".split())
_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
# Decades that are those of the last century, behind one of these words.
_DECADES = {word[:-1] + "ies": f"19{number}s" for word, number in _TENS.items() if number >= 50}
_DECADES |= {f"{number}s": f"19{number}s" for number in _TENS.values() if number >= 50}
_BEFORE_DECADES = frozenset(("the", "early", "mid", "late"))

_ORDINAL_SUFFIXES = frozenset(("st", "nd", "rd", "th"))
_SUFFIX = "(st|nd|rd|th|k|m|mn|b|bn|t|tn)?"
_FIGURES = re.compile(rf"(\d+)(\.\d+)?{_SUFFIX}", re.ASCII)
_GROUP_DIGITS = 3
_GROUP = re.compile(rf"(\d{{{_GROUP_DIGITS}}})(\.\d+)?{_SUFFIX}", re.ASCII)
_DECADE = re.compile(r"1\d\d0s|20\d0s", re.ASCII)
_APOSTROPHES = frozenset("'’")
# Between the groups of a number in figures: a comma, or a space that does not break a line.
_GROUP_GAPS = frozenset(",\u00a0\u2009\u202f")
_GAP = re.compile(r"\s{1,3}|[-\u2010\u2011]")
_PERCENT_SIGN = re.compile(r"[ \u00a0\u2009\u202f]?%")
_MINUSES = frozenset("-\u2212")
# What may stand before a minus and before a point without a nought. Elsewhere they are a hyphen and a full stop.
_OPENING = " \n\t\u00a0\u202f([“‘\"'"
_BEFORE_A_POINT = f"{_OPENING}{''.join(_CURRENCIES)}-\u2212"


def read(text: str, words: Words) -> list[ReadNumber]:
    r"""Read the numbers of a text, whose words in lower case with half-open spans are `words`.

    >>> import re
    >>> def numbers(text):
    ...     found = read(text, [(word[0].lower(), *word.span()) for word in re.finditer(r"[\w.]*\w", text)])
    ...     return [(text[number.start : number.end], number.value, number.unit) for number in found]
    >>> numbers("Spend $1.2 billion, thirty-one or one hundred and five; 30,000 is 14%.")[:2]
    [('$1.2 billion', '1200000000', 'dollars'), ('thirty-one', '31', '')]
    >>> numbers("In 2015 300 people, half a million, the twenty-first, 12 per cent in the 1990s")
    ... # doctest: +NORMALIZE_WHITESPACE
    [('2015', '2015', ''), ('300', '300', ''), ('half a million', '500000', ''), ('twenty-first', '21st', ''),
     ('12 per cent', '12', 'percent'), ('1990s', '1990s', '')]
    """
    reader = _Reader(text, words)
    found: list[ReadNumber] = []
    place = 0
    while place < len(words):
        last, number = reader.number_at(place)
        if number is not None:
            found.append(number)
        place = max(last, place + 1)
    return found


class _Reader:
    """Reads the numbers of one text. A part is `None` where no number begins."""

    def __init__(self, text: str, words: Words) -> None:
        self._text = text
        self._words = words

    def number_at(self, place: int) -> tuple[int, ReadNumber | None]:
        """Return the place behind the number that begins at a word, and the number."""
        word, start, _ = self._words[place]
        if decade := self._decade(place):
            return decade.last, decade
        if word == "minus" and self._word(place + 1) not in ("", "minus"):
            last, number = self.number_at(place + 1)
            if number is None or not number.value.replace(".", "").isdigit():
                return last, number
            return last, number._replace(first=place, start=start, value=f"-{number.value}")
        marks = self._marks_before(start)
        letters = _LETTERS_OF_MONEY if marks.currency or self._word(place + 1) in _MONEY else _LETTERS
        part = self._figures(place, letters, marks.has_point) or self._spelt(place)
        if part is None or part.value is None:
            return (part.last if part else place), None
        value = ("-" if marks.is_negative else "") + _canonical(part.value, part.is_ordinal)
        last, end = part.last, self._words[part.last - 1][2]
        if marks.currency:
            unit = marks.currency
        elif self._mark(end) in _CURRENCIES and not self._mark(end + 1).isdigit():
            unit, end = _CURRENCIES[self._text[end]], end + 1
        else:
            unit, last, end = self._percent(last, end)
        return last, ReadNumber(place, last, marks.start, end, value, unit)

    def _mark(self, place: int) -> str:
        """Return the character at a place of the text; empty outside of it."""
        return self._text[place] if 0 <= place < len(self._text) else ""

    def _marks_before(self, start: int) -> _Marks:
        """Return the marks that belong to a number whose first word starts there."""
        is_figure = self._mark(start).isdigit()
        has_point = is_figure and self._mark(start - 1) == "." and not self._mark(start - 2).strip(_BEFORE_A_POINT)
        start -= has_point
        currency = _CURRENCIES.get(self._mark(start - 1), "")
        start -= bool(currency)
        # Not a hyphen, nor the dash of a range.
        is_negative = is_figure and self._mark(start - 1) in _MINUSES and not self._mark(start - 2).strip(_OPENING)
        return _Marks(start - is_negative, has_point, currency, is_negative)

    def _word(self, place: int) -> str:
        """Return a word that belongs to the one before it: only a space or a hyphen is between them."""
        if not 0 < place < len(self._words):
            return ""
        return self._words[place][0] if _GAP.fullmatch(self._gap_before(place)) else ""

    def _gap_before(self, place: int) -> str:
        return self._text[self._words[place - 1][2] : self._words[place][1]]

    def _decade(self, place: int) -> ReadNumber | None:
        """Read the 1990s, the 1990's and the nineties."""
        word, start, end = self._words[place]
        last, value = place + 1, ""
        if _DECADE.fullmatch(word):
            value = word
        elif _DECADE.fullmatch(f"{word}s") and self._is_genitive(last):
            last, end, value = place + 2, self._words[last][2], f"{word}s"
        elif word in _DECADES and place and self._words[place - 1][0] in _BEFORE_DECADES:
            value = _DECADES[word]
        return ReadNumber(place, last, start, end, value, "") if value else None

    def _is_genitive(self, place: int) -> bool:
        """Whether a word is the s behind an apostrophe."""
        if place >= len(self._words) or self._words[place][0] != "s":
            return False
        return self._gap_before(place) in _APOSTROPHES

    def _percent(self, last: int, end: int) -> tuple[str, int, int]:
        """Return the unit behind a number that ends so, and where the number ends with it."""
        if sign := _PERCENT_SIGN.match(self._text, end):
            return "percent", last, sign.end()
        for count, unit in ((1, "percent"), (2, "per cent")):
            if " ".join(self._word(last + number) for number in range(count)) == unit:
                return "percent", last + count, self._words[last + count - 1][2]
        return "", last, end

    def _figures(self, place: int, letters: dict[str, int], has_point: bool) -> _Part | None:
        """Read a number that begins with figures: 30,000 or 1.2 million or 21st."""
        figures = _FIGURES.fullmatch(self._words[place][0])
        if figures is None or (has_point and figures[2]):
            return None
        whole, fraction, suffix = figures[1], figures[2] or "", figures[3] or ""
        last = place + 1
        if has_point:
            whole, fraction = "0", f".{whole}"
        elif len(whole) <= _GROUP_DIGITS:
            while not fraction and not suffix and (group := self._group(last)):
                whole, fraction, suffix = whole + group[1], group[2] or "", group[3] or ""
                last += 1
        if len(whole) + len(fraction) > MAX_DIGITS:
            return _Part(last, None)
        value = Decimal(whole + fraction)
        if suffix in _ORDINAL_SUFFIXES:
            return None if fraction else _Part(last, value, is_ordinal=True)
        if suffix:
            return _Part(last, _EXACT.multiply(value, letters[suffix])) if suffix in letters else None
        if letters is _LETTERS_OF_MONEY and self._word(last) in letters:
            return _Part(last + 1, _EXACT.multiply(value, letters[self._word(last)]))
        return self._scaled(*self._and_a_half(last, value))

    def _group(self, place: int) -> re.Match[str] | None:
        """Match a word as a further group of three figures."""
        if place >= len(self._words) or self._gap_before(place) not in _GROUP_GAPS:
            return None
        return _GROUP.fullmatch(self._words[place][0])

    def _and_a_half(self, last: int, value: Decimal) -> tuple[int, Decimal]:
        if [self._word(last + number) for number in range(3)] == ["and", "a", "half"]:
            return last + 3, _EXACT.add(value, Decimal("0.5"))
        return last, value

    def _scaled(self, last: int, value: Decimal) -> _Part:
        """Multiply a value by the hundred, dozen, thousand or million behind it."""
        scale = ({"hundred": 100, "dozen": 12} | _SCALES).get(self._word(last))
        return _Part(last + 1, _EXACT.multiply(value, scale)) if scale else _Part(last, value)

    def _spelt(self, place: int) -> _Part | None:
        """Read a number in words."""
        word = self._words[place][0]
        if word == "half" and self._word(place + 1) in ("a", "an"):
            half = self._scaled(place + 2, Decimal("0.5"))
            return half if half.last > place + 2 else None
        if word in ("a", "an"):
            if self._word(place + 1) == "dozen":
                return self._scaled(place + 1, Decimal(1))
            return self._sum(place, self._hundreds(place + 1, 1)) if self._word(place + 1) in _LARGE else None
        small = self._below_hundred(place)
        if small is None or small.value is None or small.is_ordinal:
            return small
        if self._word(small.last) == "point" and self._word(small.last + 1) in _SMALL:
            return self._decimals(small)
        last, value = self._and_a_half(small.last, small.value)
        if last > small.last or self._word(last) == "dozen":
            return self._scaled(last, value)
        return self._sum(place, self._hundreds(small.last, int(small.value)))

    def _decimals(self, whole: _Part) -> _Part:
        """Read "two point five": the digits behind the point."""
        digits, last = "", whole.last + 1
        while len(digits) < MAX_DIGITS and _SMALL.get(self._word(last), 10) < 10:
            digits, last = digits + str(_SMALL[self._word(last)]), last + 1
        if not digits:
            return whole
        return self._scaled(last, Decimal(f"{whole.value}.{digits}"))

    def _sum(self, place: int, part: _Part | None) -> _Part | None:
        """Add up thousands and what follows them: one million two hundred thousand and five."""
        total, limit, last = Decimal(0), 0, place
        while part is not None and part.value is not None:
            scale = 0 if part.is_ordinal else _SCALES.get(self._word(part.last), 0)
            if limit and (scale >= limit or part.value >= limit):
                break
            if not scale:
                ordinal = _ORDINAL_SCALES.get(self._word(part.last), 0) if not part.is_ordinal and part.value else 0
                if ordinal:
                    return _Part(part.last + 1, _EXACT.add(total, _EXACT.multiply(part.value, ordinal)), True)
                return _Part(part.last, _EXACT.add(total, part.value), part.is_ordinal)
            total, limit, last = _EXACT.add(total, _EXACT.multiply(part.value, scale)), scale, part.last + 1
            part = self._behind_scale(last)
        return _Part(last, total) if last > place else None

    def _behind_scale(self, place: int) -> _Part | None:
        """Read what may follow a thousand; behind an "and" only what is below a hundred: a thousand and one."""
        if self._word(place) == "and":
            tail = self._below_hundred(place + 1) if self._word(place + 1) else None
            return None if tail is None or self._word(tail.last) in _LARGE else tail
        small = self._below_hundred(place) if self._word(place) else None
        if small is None or small.value is None or small.is_ordinal:
            return small
        return self._hundreds(small.last, int(small.value))

    def _hundreds(self, last: int, count: int) -> _Part | None:
        """Read the hundreds of which there are `count`, and what follows them; or return the count itself."""
        if self._word(last) != "hundred" or not count:
            return _Part(last, Decimal(count))
        value, last = 100 * count, last + 1
        place = last + 1 if self._word(last) == "and" else last
        tail = self._below_hundred(place) if self._word(place) else None
        if tail is None or not tail.value or self._word(tail.last) == "hundred":
            return _Part(last, Decimal(value))
        return _Part(tail.last, value + tail.value, tail.is_ordinal)

    def _below_hundred(self, place: int) -> _Part | None:
        """Read one or two words for a number below a hundred."""
        word = self._words[place][0]
        if word in _TENS:
            unit = self._word(place + 1)
            if 0 < _SMALL.get(unit, 0) < 10:
                return _Part(place + 2, Decimal(_TENS[word] + _SMALL[unit]))
            if _ORDINALS.get(unit, 10) < 10:
                return _Part(place + 2, Decimal(_TENS[word] + _ORDINALS[unit]), is_ordinal=True)
            return _Part(place + 1, Decimal(_TENS[word]))
        if word in _SMALL:
            return _Part(place + 1, Decimal(_SMALL[word]))
        return _Part(place + 1, Decimal(_ORDINALS[word]), is_ordinal=True) if word in _ORDINALS else None


_LARGE = frozenset(("hundred", *_SCALES))


def _canonical(value: Decimal, is_ordinal: bool) -> str:
    """Return a value as a decimal or an ordinal.

    >>> _canonical(Decimal("1.20"), False), _canonical(Decimal("30"), False), _canonical(Decimal("112"), True)
    ('1.2', '30', '112th')
    """
    digits = format(value.normalize(_EXACT), "f")
    if not is_ordinal:
        return digits
    is_teen = digits[-2:-1] == "1"
    return digits + ("th" if is_teen else {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th"))
