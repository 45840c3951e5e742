"""Passages of our own: training articles for constructions that are too rare in news, filled in from templates.

labels/passages.json has such constructions as texts with holes: unsaid words, joint speakers, statements of a letter;
its first entry explains the notation. Each template becomes several annotated articles, which differ in names, genders,
quoted words, marks and surrounding paragraphs. A hash of the template's name chooses every value, so that the same
templates always give the same passages, and a new template changes no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from quoth.extraction.parsing.mentions import PRONOUNS
from training.corpus import GoldArticle, GoldQuote

FILE = Path(__file__).parent / "labels" / "passages.json"
FILLINGS = 4  # of each template

PIECE = re.compile(
    r"""
      < (?P<quotes> \d+ (?: ,\d+ )* ) (?P<whom> =[A-Z] | \? )? \s   # <1 {A}>  <1,2 {A}>  <1=X it>  <1? a neighbour>
    | (?P<end> > )
    | { (?P<hole> \w+ (?: \.\w+ )? ) }
    | (?P<mark> [“”\[\]] )
    """,
    re.VERBOSE,
)
FORMS = {
    "he": ("she", "he"),
    "his": ("her", "his"),
    "him": ("her", "him"),
    "man": ("woman", "man"),
    "brother": ("sister", "brother"),
}
FAMILY = "KLM"
BODIES = "XY"
TITLES = ("Ms", "Mr")


class Style(NamedTuple):
    """The quote style of a paper: its marks, and whether a full stop moves inside them (and Mr. has one)."""

    opening: str
    closing: str
    is_american: bool


CURLY, STRAIGHT = Style("“", "”", True), Style('"', '"', True)
BRITISH, SINGLE = Style("“", "”", False), Style("‘", "’", False)
STYLES = (CURLY, STRAIGHT, BRITISH, CURLY, STRAIGHT, CURLY, SINGLE, STRAIGHT)  # used in rotation


class Template(NamedTuple):
    """A text with holes: paragraphs in the notation of passages.json."""

    group: str
    name: str
    paragraphs: tuple[str, ...]


class Member(NamedTuple):
    """A person of a filling; `gender` indexes the forms: 0 for a woman, 1 for a man."""

    given: str
    surname: str
    gender: int
    role: str

    @property
    def name(self) -> str:
        return f"{self.given} {self.surname}"


class PassageSource(NamedTuple):
    """The marked mention of some quotes; `entity` is `None` if the text does not name the speaker."""

    start: int
    end: int
    kind: str
    entity: str | None


def templates() -> list[Template]:
    """Return the templates in the order of their file."""
    return [
        Template(group, name, (text,) if isinstance(text, str) else tuple(text))
        for group, texts in _file()["groups"].items()
        for name, text in texts.items()
    ]


def passages(fillings: int = FILLINGS) -> list[GoldArticle]:
    """Return every template with its holes filled, several times each.

    >>> passage = passages(1)[0]
    >>> passage.id
    'words that nobody said/has never said/0'
    >>> [(quote.is_spoken, quote.entity) for quote in passage.quotes]
    [(False, None)]
    """
    return [filled(template, number) for template in templates() for number in range(fillings)]


def filled(template: Template, number: int) -> GoldArticle:
    """Return one filling of a template as an annotated article."""
    style = _style(template, number)
    deal = Deal(f"{template.group}/{template.name}/{number}", style, number % 2)
    paragraphs = list(template.paragraphs)
    if number % 4 in (1, 3) and template.group != "headlines":
        paragraphs.insert(0, deal.next("before"))
    if number % 4 in (2, 3):
        paragraphs.append(deal.next("after"))
    text = "\n\n".join(paragraphs)
    if style.is_american:
        text = re.sub("(”)([.,])", r"\2\1", text)
    return _Filling(deal, text, style).article()


def _style(template: Template, number: int) -> Style:
    """Return the style of a filling; single marks need a partner, so a text with an unclosed mark gets double ones."""
    style = STYLES[(_hash(template.name) + number) % len(STYLES)]
    has_open = any(text.count("“") != text.count("”") for text in template.paragraphs)
    return BRITISH if style is SINGLE and has_open else style


class Deal:
    """Chooses the values for the holes of one passage: from each list a new one every time, by a hash."""

    def __init__(self, seed: str, style: Style, mirrored: int) -> None:
        self.seed = seed
        self._style = style
        self._mirrored = mirrored
        self._used: dict[str, set[int]] = {}
        self._kept: dict[str, str] = {}
        self._members: dict[str, Member] = {}
        self._bodies: dict[str, str] = {}

    def next(self, key: str) -> str:
        """Return a new value of a list; a value that is there twice may come twice."""
        values, used = _lists()[key], self._used.setdefault(key, set())
        number = len(used)
        while (index := _hash(f"{self.seed} {key} {number}") % len(values)) in used:
            number += 1
        used.add(index)
        return values[index]

    def fill(self, hole: str) -> str:
        """Return the text for a hole: a form of a person or organisation, or a value of a list."""
        key, _, form = hole.partition(".")
        if key in BODIES:
            return self.body(key).split()[-1].lower() if form == "head" else self.body(key)
        if len(key) == 1:
            return self._form(self.member(key), form)
        value = self._keep(hole.lower(), key.lower()) if form else self.next(key.lower())
        return value[0].upper() + value[1:] if key[0].isupper() else value

    def _keep(self, hole: str, key: str) -> str:
        if hole not in self._kept:
            self._kept[hole] = self.next(key)
        return self._kept[hole]

    def entity(self, letter: str) -> str:
        """Return the gold entity of a letter: the full name."""
        return self.body(letter) if letter in BODIES else self.member(letter).name

    def body(self, letter: str) -> str:
        if letter not in self._bodies:
            self._bodies[letter] = self.next("bodies")
        return self._bodies[letter]

    def member(self, letter: str) -> Member:
        if letter not in self._members:
            gender = (letter in "BDL") ^ self._mirrored
            relatives = [self._members[other] for other in FAMILY if letter in FAMILY and other in self._members]
            surname = relatives[0].surname if relatives else self.next("surnames")
            given = self.next(("female", "male")[gender])
            self._members[letter] = Member(given, surname, gender, self.next("roles"))
        return self._members[letter]

    def _form(self, member: Member, form: str) -> str:
        if form.lower() in FORMS:
            word = FORMS[form.lower()][member.gender]
        else:
            title = TITLES[member.gender] + ("." if self._style.is_american else "")
            word = {
                "": member.name,
                "g": member.given,
                "s": member.surname,
                "S": member.surname.upper(),
                "t": f"{title} {member.surname}",
                "role": member.role,
                "Role": member.role,
            }[form]
        return word.capitalize() if form in ("He", "His", "Role") else word


class _Filling:
    """A template while its holes are filled: the text so far, the quoted spans, and the marked sources."""

    def __init__(self, deal: Deal, text: str, style: Style) -> None:
        self._deal = deal
        self._style = style
        self._text = ""
        self._spans: list[tuple[int, int]] = []
        self._sources: dict[int, PassageSource] = {}
        self._opened: int | None = None
        paragraphs = text.split("\n\n")
        for position, paragraph in enumerate(paragraphs):
            self._paragraph(paragraph + "\n\n" * (position < len(paragraphs) - 1))

    def article(self) -> GoldArticle:
        if not set(self._sources) <= set(range(1, len(self._spans) + 1)):
            raise ValueError(f"{self._deal.seed}: sources {sorted(self._sources)} of {len(self._spans)} quotes")
        quotes = tuple(self._quote(*span, self._sources.get(n)) for n, span in enumerate(self._spans, 1))
        labels = {source.start: source.entity for source in self._sources.values() if source.kind != "name"}
        return GoldArticle(self._deal.seed, self._plain(self._text), quotes, labels)

    def _quote(self, start: int, end: int, source: PassageSource | None) -> GoldQuote:
        if source is None:
            return GoldQuote(start, end, False, None, "none", None)
        entity = None if source.entity is None else self._plain(source.entity)
        return GoldQuote(start, end, True, (source.start, source.end), source.kind, entity)

    def _plain(self, text: str) -> str:
        return text.replace("’", "'") if self._style is STRAIGHT else text

    def _paragraph(self, text: str) -> None:
        at = 0
        marked: tuple[re.Match[str], int] | None = None
        for piece in PIECE.finditer(text):
            self._text += text[at : piece.start()]
            at = piece.end()
            if piece["quotes"]:
                marked = piece, len(self._text)
            elif piece["end"]:
                if marked is None:
                    raise ValueError(f"{self._deal.seed}: > without <")
                self._mark(*marked, text[marked[0].end() : piece.start()])
                marked = None
            elif piece["hole"]:
                self._text += self._deal.fill(piece["hole"])
            else:
                self._toggle(piece["mark"])
        self._text += text[at:]
        if marked is not None:
            raise ValueError(f"{self._deal.seed}: < without >")
        if self._opened is not None:  # an unclosed mark runs to the paragraph's end
            self._spans.append((self._opened, len(self._text.rstrip())))
            self._opened = None

    def _toggle(self, mark: str) -> None:
        """Open or close a quote; brackets are a quote without marks."""
        if mark in "“[":
            self._text += self._style.opening if mark == "“" else ""
            self._opened = len(self._text)
            return
        if self._opened is None:
            raise ValueError(f"{self._deal.seed}: {mark} closes nothing")
        self._spans.append((self._opened, len(self._text)))
        self._text += self._style.closing if mark == "”" else ""
        self._opened = None

    def _mark(self, opening: re.Match[str], start: int, inside: str) -> None:
        """Record the text from `start` on, `inside` in the template, as the source of the quotes of a <."""
        referent = opening["whom"] or ""
        holes = [hole["hole"] for hole in PIECE.finditer(inside) if hole["hole"]]
        letter = referent[1:] or next((hole[0] for hole in holes if len(hole.partition(".")[0]) == 1), "")
        mention = self._text[start:]
        is_name = not referent and any(hole.partition(".")[2] in ("", "g", "s", "S", "t") for hole in holes)
        kind = "name" if is_name else "pron" if mention.lower() in PRONOUNS else "nominal"
        entity = None if referent == "?" else self._deal.entity(letter)
        source = PassageSource(start, len(self._text), kind, entity)
        self._sources |= dict.fromkeys(map(int, opening["quotes"].split(",")), source)


def _hash(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])


@cache
def _file() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return content


@cache
def _lists() -> Mapping[str, Sequence[str]]:
    """Return the lists of values for holes, by name: fillers, people, and surrounding paragraphs."""
    return {**_file()["fillers"], **_file()["people"], **_file()["around"]}
