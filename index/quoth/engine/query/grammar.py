"""The query language: words, “phrases”, -word, prefix*, OR, and qualifiers such as speaker:name.

    query     = *( clause / qualifier )                        all of them must hold
    clause    = item *( "OR" item )  /  "-" item               any of the items; with - not this one
    item      = phrase / word "*" / word                       a phrase stands in double marks of any kind
    qualifier = [ "-" ] name ":" ( phrase / word )

There is no nesting, no range, no other wildcard: what a query costs is bounded by what is counted here. What cannot
be read is refused with a sentence that says what to change; nothing is guessed. docs/query-language.md is the page
for those who search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from quoth.engine.analysis import places, words
from quoth.errors import BadQuery

MAX_CHARACTERS = 256
MAX_WORDS = 16
MAX_PHRASES = 4
MAX_PHRASE_WORDS = 8
MIN_PREFIX = 3

QUALIFIERS = ("speaker", "publisher", "type", "language", "status", "before", "after")

_MARKS = str.maketrans("“”„«»", '"""""')
_LONE_OR = "OR needs a word or phrase on both sides; write or for the word"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TOKEN = re.compile(r'(?P<minus>-?)(?:(?P<name>[^\W\d_]+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))?')
# A letter may be written as a base and its accents, as in analysis.py.
_PREFIX = re.compile(r"(?P<start>[\w\u0300-\u036f]+)\*")
_STAR = re.compile(r"\*[\w\u0300-\u036f]|[\w\u0300-\u036f]\*")


class WordQuery(NamedTuple):
    """A word that must stand there, in any form that has its stem."""

    word: str


class PrefixQuery(NamedTuple):
    """The beginning of a word."""

    start: str


class PhraseQuery(NamedTuple):
    """Words that stand one behind the other, as written."""

    words: tuple[str, ...]


Item = WordQuery | PrefixQuery | PhraseQuery


class Clause(NamedTuple):
    """One of these items must match; with `is_excluded` none may."""

    items: tuple[Item, ...]
    is_excluded: bool = False


class Qualifier(NamedTuple):
    """What a quote must be beside its words, or with `is_excluded` must not be; `name` is one of `QUALIFIERS`."""

    name: str
    value: str
    is_excluded: bool = False


class ParsedQuery(NamedTuple):
    """A query that was read: its clauses and qualifiers, each kind in the order it stands."""

    clauses: tuple[Clause, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()

    @property
    def wanted(self) -> Iterator[Item]:
        """The items that a match may show."""
        return (item for clause in self.clauses if not clause.is_excluded for item in clause.items)


class _Token(NamedTuple):
    minus: str
    name: str | None
    phrase: str | None
    word: str | None

    @property
    def is_or(self) -> bool:
        return self == ("", None, None, "OR")

    @property
    def is_qualifier(self) -> bool:
        """Whether a name stands right before a value; before a space, a name that is none of ours is a word."""
        has_value = bool(self.phrase or self.word)
        return self.name is not None and (has_value or self.name.lower() in QUALIFIERS)

    @property
    def is_words(self) -> bool:
        """Whether it is words that a quote should have in any form."""
        return not (self.minus or self.is_or or self.is_qualifier or self.phrase is not None)


def parse(q: str) -> ParsedQuery:
    """Return what a query asks for; raises `BadQuery` with what to change.

    >>> parse('land* -"red line" speaker:Trump').clauses
    (Clause(items=(PrefixQuery(start='land'),), is_excluded=False), Clause(items=(PhraseQuery(words=('red', 'line')),), is_excluded=True))
    >>> parse("swap OR trade").clauses
    (Clause(items=(WordQuery(word='swap'), WordQuery(word='trade')), is_excluded=False),)
    >>> parse("OR land")
    Traceback (most recent call last):
    quoth.errors.BadQuery: q: OR needs a word or phrase on both sides; write or for the word
    """  # noqa: E501 - what the example prints
    if len(q) > MAX_CHARACTERS:
        raise _bad(f"is {len(q)} characters long; the limit is {MAX_CHARACTERS}")
    asked = _read([token for token, _ in _tokens(q)])
    _check(asked)
    return asked


def suggestion(q: str, better: dict[str, str]) -> str:
    """Return a query with some of the words it looks for replaced, each by another; all else stays as it is written.

    >>> suggestion("(Swaping) speaker:swaping", {"swaping": "swapping"})
    '(swapping) speaker:swaping'
    """
    spans = [found.span() for token, found in _tokens(q) if token.is_words]
    found = [(word, s + start, s + end) for s, stop in spans for word, start, end in places(q[s:stop])]
    for word, start, end in reversed(found):
        if word in better:
            q = q[:start] + better[word] + q[end:]
    return q


def _tokens(q: str) -> Iterator[tuple[_Token, re.Match[str]]]:
    """Yield each token, and where in `q` it stands."""
    text = _CONTROLS.sub(" ", q).translate(_MARKS)
    if text.count('"') % 2:  # a mark without a partner is not a mark
        at = text.rindex('"')
        text = f"{text[:at]} {text[at + 1 :]}"
    for found in _TOKEN.finditer(text):
        if found[0]:
            yield _Token(found["minus"], found["name"], found["phrase"], found["word"]), found


def _read(tokens: Sequence[_Token]) -> ParsedQuery:
    clauses: list[Clause] = []
    qualifiers: list[Qualifier] = []
    for place, token in enumerate(tokens):
        joins = place > 0 and tokens[place - 1].is_or
        is_joined = place + 1 < len(tokens) and tokens[place + 1].is_or
        if token.is_or:
            if joins or place in (0, len(tokens) - 1):
                raise _bad(_LONE_OR)
        elif token.is_qualifier:
            if joins or is_joined:
                name = token.name
                raise _bad(f"OR cannot stand beside {name}:; name it twice for either: {name}:a {name}:b")
            qualifiers.append(_qualifier(token))
        elif token.minus and (joins or is_joined):
            raise _bad("OR cannot stand beside -; what is not wanted is left out of all")
        else:
            items = _items(token, as_one=joins or is_joined or bool(token.minus))
            if joins and items:
                clauses[-1] = Clause((*clauses[-1].items, *items))
            elif not items and (joins or is_joined):
                raise _bad(_LONE_OR)
            else:
                clauses += [Clause((item,), bool(token.minus)) for item in items]
    return ParsedQuery(tuple(dict.fromkeys(clauses)), tuple(dict.fromkeys(qualifiers)))


def _qualifier(token: _Token) -> Qualifier:
    name = (token.name or "").lower()
    if name not in QUALIFIERS:
        known = ", ".join(f"{known}:" for known in QUALIFIERS)
        raise _bad(f"{token.name}: is not one of {known}; for the word put a space behind the colon")
    value = (token.phrase if token.phrase is not None else token.word or "").strip()
    if not value:
        raise _bad(f"{name}: needs a value right behind the colon, such as {name}:{_EXAMPLES[name]}")
    if token.minus and name in ("before", "after"):
        raise _bad(f"-{name}: is not read; use {'after' if name == 'before' else 'before'}:")
    return Qualifier(name, value, bool(token.minus))


_EXAMPLES = {
    "speaker": '"Donald Trump"',
    "publisher": '"The Daily Harbour"',
    "type": "direct",
    "language": "en",
    "status": "attributed",
    "before": "2025-08-15",
    "after": "2025-08-15",
}


def _items(token: _Token, *, as_one: bool) -> list[Item]:
    """Return the items of a token: what is written without a space may be several words, `as_one` a phrase of them."""
    if token.phrase is not None:
        phrase = tuple(words(token.phrase))
        return [PhraseQuery(phrase)] if phrase else []
    written = token.word or token.name or ""
    prefix = _PREFIX.fullmatch(written)
    if prefix is None:
        if _STAR.search(written):
            raise _bad("a * stands only at the end of a word, for all words that begin like it")
        found = words(written)
        return [PhraseQuery(tuple(found))] if as_one and len(found) > 1 else [WordQuery(word) for word in found]
    starts = words(prefix["start"])
    if len(starts) != 1 or len(starts[0]) < MIN_PREFIX:
        raise _bad(f"{written[:20]} is too short; write at least {MIN_PREFIX} letters before the *")
    return [PrefixQuery(starts[0])]


def _check(asked: ParsedQuery) -> None:
    items = [item for clause in asked.clauses for item in clause.items]
    phrases = [item for item in items if isinstance(item, PhraseQuery)]
    if len(phrases) > MAX_PHRASES:
        raise _bad(f"has {len(phrases)} phrases in marks; the limit is {MAX_PHRASES}")
    for phrase in phrases:
        if len(phrase.words) > MAX_PHRASE_WORDS:
            raise _bad(f"has a phrase of {len(phrase.words)} words; the limit is {MAX_PHRASE_WORDS}")
    count = len(items) - len(phrases) + sum(len(phrase.words) for phrase in phrases)
    if count > MAX_WORDS:
        raise _bad(f"has {count} words; the limit is {MAX_WORDS}")
    if len(asked.qualifiers) > MAX_WORDS:
        raise _bad(f"has {len(asked.qualifiers)} qualifiers; the limit is {MAX_WORDS}")
    if not items and not asked.qualifiers:
        raise _bad("has no word to search for")


def _bad(detail: str) -> BadQuery:
    return BadQuery("q", detail)
