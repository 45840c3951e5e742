"""The query language: words, “phrases”, -word, prefix*, OR, and qualifiers such as speaker:name.

    query     = *( clause / qualifier )                        all must match
    clause    = item *( "OR" item )  /  "-" item               any of the items; with - the item is excluded
    item      = phrase / word "*" / word                       a phrase stands in double quotation marks of any kind
    qualifier = [ "-" ] name ":" ( phrase / word )

There is no nesting, no range and no other wildcard, so the limits below bound the cost of a query. A query that
cannot be parsed is rejected with a message that says what to change; nothing is guessed. docs/query-language.md is the
user's guide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

import msgspec

from quoth.engine.analysis import places, words
from quoth.engine.query.filters import QUALIFIERS
from quoth.errors import BadQuery
from quoth.text.unseen import ACCENTS, bare
from quoth.text.wording.compounds import INITIALS, compounds

MAX_CHARACTERS = 256
MAX_WORDS = 16
MAX_PHRASES = 4
MAX_PHRASE_WORDS = 8
MIN_PREFIX = 3

# Parts of a query that `reduced` may leave out.
Extra = Literal["exclusions", "marks"]

_MARKS = str.maketrans("“”„«»", '"""""')
_DANGLING_OR = "OR needs a word or phrase on both sides; write or for the word"
_PLAIN = re.compile("[a-z0-9]+(?: +[a-z0-9]+)*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Also the minus sign, in its three widths, and the hyphens. No dash: one may stand right before a word of a text.
_MINUS = r"[-\u2212\ufe63\uff0d\u2010\u2011]"
_TOKEN = re.compile(rf'(?P<minus>{_MINUS}?)(?:(?P<name>[^\W\d_]+):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))?')
# A letter may be written as a base and its accents, as in analysis.py.
_PREFIX = re.compile(rf"(?P<start>\w[\w{ACCENTS}]*)\*")
_STAR = re.compile(rf"\*[\w{ACCENTS}]|[\w{ACCENTS}]\*")


class WordQuery(msgspec.Struct, frozen=True):
    """A word that matches any form with the same stem."""

    word: str


class PrefixQuery(msgspec.Struct, frozen=True):
    """A prefix that matches every word it begins."""

    start: str


class PhraseQuery(msgspec.Struct, frozen=True):
    """Adjacent words that match as written."""

    words: tuple[str, ...]


Item = WordQuery | PrefixQuery | PhraseQuery


class Clause(msgspec.Struct, frozen=True):
    """Alternative items: one must match; with `is_excluded` none may."""

    items: tuple[Item, ...]
    is_excluded: bool = False


class Qualifier(msgspec.Struct, frozen=True):
    """A filter inside the query, negated with `is_excluded`; `name` is one of `QUALIFIERS`."""

    name: str
    value: str
    is_excluded: bool = False


class ParsedQuery(msgspec.Struct, frozen=True):
    """A parsed query: its clauses and its qualifiers, each in reading order.

    `compounds` has each word that is a part of a compound, with the compound as one word: `co` with `cooperative`.
    """

    clauses: tuple[Clause, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    compounds: tuple[tuple[str, str], ...] = ()

    @property
    def included(self) -> Iterator[Item]:
        """The items that are not excluded: those that a match may have."""
        return (item for clause in self.clauses if not clause.is_excluded for item in clause.items)


class _Token(msgspec.Struct, frozen=True):
    minus: str
    name: str | None
    phrase: str | None
    word: str | None

    @property
    def is_qualifier(self) -> bool:
        """Whether a name has a value right after its colon; an unknown name before a space is a word."""
        return self.name is not None and (bool(self.phrase or self.word) or self.name.lower() in QUALIFIERS)

    @property
    def is_words(self) -> bool:
        """Whether the token is one or more words that match in any form."""
        return not (self.minus or self.phrase is not None or self == _OR or self.is_qualifier)


_OR = _Token("", None, None, "OR")


def parse(q: str) -> ParsedQuery:
    """Parse a query; raises `BadQuery` with a message that says what to change.

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
    if _PLAIN.fullmatch(q):  # as most queries are: these words are what they are without any rule
        plain = dict.fromkeys(q.split())
        _check_count(len(plain))
        return ParsedQuery(tuple([Clause((WordQuery(word),)) for word in plain]))
    parsed = _parse_tokens([token for token, _ in _tokens(bare(q))])
    _check_limits(parsed)
    return parsed


def suggestion(q: str, better: dict[str, str]) -> str:
    """Return a query with some of its words replaced; qualifiers, phrases, exclusions and punctuation stay as written.

    >>> suggestion("(Swaping) speaker:swaping", {"swaping": "swapping"})
    '(swapping) speaker:swaping'
    """
    q = bare(q)
    spans = [match.span() for token, match in _tokens(q) if token.is_words]
    occurrences = [(word, s + start, s + end) for s, stop in spans for word, start, end in places(q[s:stop])]
    for word, start, end in reversed(occurrences):
        if word in better:
            q = q[:start] + better[word] + q[end:]
    return q


def reduced(
    q: str | None, qualifiers: Collection[str] = (), words: Collection[str] = (), drop: Collection[Extra] = ()
) -> str | None:
    """Return a query without some qualifiers, some words, and all its exclusions or marks; `None` if nothing is left.

    Operands of OR stay as they are.

    >>> reduced('land -war "a swap" speaker:rowe', ["speaker"]), reduced("land zog", words=["zog"])
    ('land -war "a swap"', 'land')
    >>> reduced('-war "a swap" OR swap "by sea"', drop=["exclusions", "marks"]), reduced("-war", drop=["exclusions"])
    ('"a swap" OR swap by sea', None)
    """
    if q is None:
        return None
    found = list(_tokens(bare(q)))
    tokens = [token for token, _ in found]
    kept = []
    for left, (token, match), right in zip((None, *tokens), found, (*tokens[1:], None), strict=False):
        written = match[0]
        if token.is_qualifier:
            kept += [] if (token.name or "").lower() in qualifiers else [written]
        elif token == _OR or _OR in (left, right):
            kept.append(written)
        elif token.minus:
            kept += [] if "exclusions" in drop else [written]
        elif token.phrase is not None:
            kept.append(token.phrase if "marks" in drop else written)
        elif not (said := places(written)) or any(word not in words for word, *_ in said):
            kept.append(written)
    return " ".join(" ".join(kept).split()) or None


def _tokens(q: str) -> Iterator[tuple[_Token, re.Match[str]]]:
    """Yield each token with its match, whose span is that in `q`."""
    text = q if q.isprintable() else _CONTROLS.sub(" ", q)
    if not text.isascii():
        text = text.translate(_MARKS)
    if text.count('"') % 2:  # an unpaired mark is ignored
        at = text.rindex('"')
        text = f"{text[:at]} {text[at + 1 :]}"
    for match in _TOKEN.finditer(text):
        if match[0]:
            yield _Token(*match.groups()), match


def _parse_tokens(tokens: Sequence[_Token]) -> ParsedQuery:
    clauses: list[Clause] = []
    qualifiers: list[Qualifier] = []
    has_or = _OR in tokens
    for left, token, right in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
        if has_or:
            _check_or(left, token, right)
            if token == _OR:
                continue
        if token.is_qualifier:
            qualifiers.append(_qualifier(token))
            continue
        items = _clause_items(token, is_operand=has_or and _OR in (left, right))
        if has_or and left == _OR:
            clauses[-1] = Clause((*clauses[-1].items, *items))
        else:
            clauses += [Clause((item,), bool(token.minus)) for item in items]
    compounds = tuple(dict.fromkeys(_compounds(tokens)))
    return ParsedQuery(tuple(dict.fromkeys(clauses)), tuple(dict.fromkeys(qualifiers)), compounds)


def _compounds(tokens: Sequence[_Token]) -> Iterator[tuple[str, str]]:
    """Yield each word that is a part of a compound in its token, with the compound. Among capitals, US is a word."""
    written = [token.word or token.name or "" for token in tokens if token.is_words]
    if not written:
        return
    is_shouted = len(written) > 1 and " ".join(written).isupper()
    for text in written:
        for whole, first, last in compounds(text):
            if not (is_shouted and whole in INITIALS):
                yield from ((word, whole) for word, start, end in places(text) if first <= start and end <= last)


def _check_or(left: _Token | None, token: _Token, right: _Token | None) -> None:
    """Reject an OR without an operand on each side, and a qualifier or an exclusion as its operand."""
    if token == _OR:
        if left in (None, _OR) or right in (None, _OR):
            raise _bad(_DANGLING_OR)
    elif _OR in (left, right):
        if token.is_qualifier:
            name = token.name
            raise _bad(f"OR cannot stand beside {name}:; repeat the qualifier instead: {name}:a {name}:b")
        if token.minus:
            raise _bad("OR cannot stand beside -; an exclusion applies to the whole query")


def _clause_items(token: _Token, *, is_operand: bool) -> list[Item]:
    """Return the items of a token: exactly one for an operand of OR."""
    items = _items(token, as_one=is_operand or bool(token.minus))
    if is_operand and not items:
        raise _bad(_DANGLING_OR)
    return items


def _qualifier(token: _Token) -> Qualifier:
    name = (token.name or "").lower()
    if name not in QUALIFIERS:
        known = ", ".join(f"{known}:" for known in QUALIFIERS)
        raise _bad(f"{token.name}: is not one of {known}; to search for the word, put a space after the colon")
    value = (token.phrase if token.phrase is not None else token.word or "").strip()
    if not value:
        raise _bad(f"{name}: needs a value right after the colon, such as {name}:{_EXAMPLES[name]}")
    if token.minus and name in ("before", "after"):
        raise _bad(f"-{name}: is not supported; use {'after' if name == 'before' else 'before'}:")
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
    """Return the items of a token; several words written without a space are several items, or `as_one` a phrase."""
    if token.phrase is not None:
        phrase = tuple(words(token.phrase))
        return [PhraseQuery(phrase)] if phrase else []
    written = token.word or token.name or ""
    prefix = _PREFIX.fullmatch(written) if "*" in written else None
    if prefix is None:
        if "*" in written and _STAR.search(written):
            raise _bad("a * may stand only at the end of a word, to match all words with that prefix")
        parts = words(written)
        return [PhraseQuery(tuple(parts))] if as_one and len(parts) > 1 else [WordQuery(word) for word in parts]
    starts = words(prefix["start"])
    if len(starts) != 1 or len(starts[0]) < MIN_PREFIX:
        raise _bad(f"{written[:20]} is too short; write at least {MIN_PREFIX} letters before the *")
    return [PrefixQuery(starts[0])]


def _check_limits(parsed: ParsedQuery) -> None:
    items = [item for clause in parsed.clauses for item in clause.items]
    phrases = [item for item in items if isinstance(item, PhraseQuery)]
    if len(phrases) > MAX_PHRASES:
        raise _bad(f"has {len(phrases)} phrases in marks; the limit is {MAX_PHRASES}")
    for phrase in phrases:
        if len(phrase.words) > MAX_PHRASE_WORDS:
            raise _bad(f"has a phrase of {len(phrase.words)} words; the limit is {MAX_PHRASE_WORDS}")
    _check_count(len(items) + sum(len(phrase.words) - 1 for phrase in phrases))
    if len(parsed.qualifiers) > MAX_WORDS:
        raise _bad(f"has {len(parsed.qualifiers)} qualifiers; the limit is {MAX_WORDS}")
    if not items and not parsed.qualifiers:
        raise _bad("has no word to search for")


def _check_count(count: int) -> None:
    if count > MAX_WORDS:
        raise _bad(f"has {count} words; the limit is {MAX_WORDS}")


def _bad(detail: str) -> BadQuery:
    return BadQuery("q", detail)
