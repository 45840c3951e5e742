"""Analyze text to terms. Whoosh's analyzers define the analysis; this module returns the same terms faster.

The analysis is explicit because Whoosh's default is wrong for quotes, measured: its Porter stems `swapping` to
`swapp`, its stop list drops `not`, `us`, `may` and `will` and renumbers positions, and its token pattern differs
between distributions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from whoosh.analysis import Filter, LowercaseFilter, RegexTokenizer, StemFilter, Token
from whoosh.lang import stemmer_for_language

from quoth.text.unseen import ACCENTS, UNSEEN, seen
from quoth.text.wording.compounds import KINDS, compounds, parted
from quoth.text.wording.folding import folded

# The version of the analysis, which every segment carries. Every change of the terms of a text raises it: terms of two
# versions do not match, so segments of another one are rejected (docs/decisions/0029-reindex.md).
# 2: unseen characters are no part of a word, and do not divide one.
# 3: each word of a speaker's name is a term by itself.
# 4: the stems are those of folded words, and a compound is a word, too, however it is written.
ANALYSIS = 4

# A letter may be encoded as a base letter and combining accents, and unseen characters (a soft hyphen) may stand inside
# a word: the tokenizer keeps them together, the filter composes the accents and drops the unseen characters. A word
# begins with a letter, since accents alone are marks of something else (U+0338 strikes the sign before it through).
_LETTERS = rf"\w[\w{ACCENTS}]*(?:[{UNSEEN}]+[\w{ACCENTS}]+)*"
_WORD = rf"{_LETTERS}(?:[{UNSEEN}]*\.[{UNSEEN}]*{_LETTERS})*"
_TOKEN = re.compile(_WORD)


class _Seen(Filter):  # type: ignore[misc]
    """Words as a reader sees them, so that both encodings of é are equal. Offsets stay those of the text."""

    def __call__(self, tokens: Iterator[Token]) -> Iterator[Token]:
        for token in tokens:
            token.text = seen(token.text)
            yield token


class _Folded(Filter):  # type: ignore[misc]
    """Words in one of their spellings."""

    def __call__(self, tokens: Iterator[Token]) -> Iterator[Token]:
        for token in tokens:
            token.text = folded(token.text)
            yield token


class _WithCompounds(RegexTokenizer):  # type: ignore[misc]
    """The words of a text, then its compounds: the field has no positions."""

    def __call__(self, value: str, **options: Any) -> Iterator[Token]:
        yield from super().__call__(value, **options)
        for compound in compounds_of(value, words(value)):
            yield Token(text=compound, boost=1.0, pos=0, **{**options, "positions": False, "chars": False})


# Exact words in lower case; `U.S.` and `3.5` are one word each.
EXACT = RegexTokenizer(_WORD) | _Seen() | LowercaseFilter()
# The Snowball stems of the same words, folded, and of the compounds: a search must match them.
STEMMED = _WithCompounds(_WORD) | _Seen() | LowercaseFilter() | _Folded() | StemFilter(lang="en")


class _Words(dict[str, str]):
    """Caches the word of each spelling, so that a text costs one lookup per token."""

    def __missing__(self, spelling: str) -> str:
        if len(self) >= _CACHE_SIZE:
            self.clear()
        word = self[spelling] = seen(spelling).lower()
        return word


_CACHE_SIZE = 100_000
_words = _Words()
# In ASCII text all other characters than full stops separate words; splitting is four times as fast as matching.
_SPACED = bytes(ord(c.lower()) if c.isalnum() or c in "_." else ord(" ") for c in map(chr, range(128))) + bytes(128)
_UNSEEN = bytes(c for c in range(128) if not seen(chr(c)))
# The common non-ASCII characters in news, apart from letters.
_MARKS = "’‘“”–—…"
# All but the ASCII characters that a compound has, unless it is two words.
_NO_MARKS = bytes(c for c in range(256) if chr(c) not in "-&'0123456789")
# A longer text is read word by word, with a check from time to time.
_SHORT = 20_000
# Stands between texts that are analyzed together: hardly any text has this character.
_BETWEEN = "\x1f"
_SPACED_TEXTS = bytes(c if c == ord(_BETWEEN) else spaced for c, spaced in enumerate(_SPACED))


def words(text: str) -> list[str]:
    r"""Return the words of a text in order: the terms of `EXACT`, whose list index is the position.

    >>> words("The U.S. won't."), words("3.5 CAFE\u0301S"), words("cer\xadtain\u200bly")
    (['the', 'u.s', 'won', 't'], ['3.5', 'cafés'], ['certainly'])
    """
    bare = text if text.isascii() else _unmarked(text)
    if not bare.isascii():
        return list(map(_words.__getitem__, _TOKEN.findall(text)))
    plain = bare.encode().translate(_SPACED, _UNSEEN).decode()
    if "." not in plain:
        return plain.split()
    plain = plain.replace(". ", " ").rstrip(". ")  # most full stops end a sentence
    runs = plain.split()
    if "." not in plain:
        return runs
    return [word for run in runs for word in (_TOKEN.findall(run) if "." in run else (run,))]


def wordings(texts: Sequence[str]) -> list[str]:
    """Return the `words` of each text with a space between. Most texts are analyzed together, by array arithmetic.

    >>> wordings(["The U.S. won't.", "", "No… CAFÉS"])
    ['the u.s won t', '', 'no cafés']
    """
    bare = [text if text.isascii() else _unmarked(text) for text in texts]
    is_plain = [text.isascii() and _BETWEEN not in text for text in bare]
    together = _BETWEEN.join(compress(bare, is_plain)).encode().translate(_SPACED_TEXTS, _UNSEEN)
    plain = map(str.strip, _one_space_between(together).decode().split(_BETWEEN))
    return [next(plain) if is_one else " ".join(words(text)) for text, is_one in zip(texts, is_plain, strict=True)]


def _one_space_between(texts: bytes) -> bytes:
    """Return texts in which a word has one space after it, and no full stops but those between two others."""
    characters = np.frombuffer(texts, "u1")
    is_other = characters > ord(".")
    is_part = is_other.copy()
    is_part[1:-1] |= is_other[:-2] & (characters[1:-1] == ord(".")) & is_other[2:]
    is_kept = is_part | (characters == ord(_BETWEEN))
    spaced = np.where(is_kept, characters, np.uint8(ord(" ")))
    is_kept[1:] |= is_part[:-1]
    one_space: bytes = spaced[is_kept].tobytes()
    return one_space


def _unmarked(text: str) -> str:
    """Return a text with spaces for common marks."""
    for mark in _MARKS:
        text = text.replace(mark, " ")
    return text


class ReadText(NamedTuple):
    """A text as highlights look through it.

    `plain` is the text in lower case, with a space in front and behind and for all that no word has, offset by offset;
    `None` for one of other letters, and for a long one. `may_have_compounds` is false if it has none for certain.
    """

    text: str
    plain: str | None
    may_have_compounds: bool


def read_text(text: str) -> ReadText:
    """Read a text for highlights.

    >>> read_text("‘No’ — the U.S. won't…").plain, read_text("café").plain
    ('  no    the u.s  won t  ', None)
    """
    plain = _spaced(text) if len(text) < _SHORT else None
    if plain is None:
        return ReadText(text, None, may_have_compounds=True)
    has_marks = bool(text.encode().translate(None, _NO_MARKS)) or "’" in text
    return ReadText(text, _without_stops(f" {plain} "), has_marks)


def _spaced(text: str) -> str | None:
    text = text if text.isascii() else _unmarked(text)
    if not text.isascii():
        return None
    plain = text.encode().translate(_SPACED, _UNSEEN).decode()
    return plain if len(plain) == len(text) else None


def _without_stops(text: str) -> str:
    """Return a text with spaces for the full stops that are no part of a word, which stand between others of a word.

    >>> _without_stops(" the u.s. ... and .net. ")
    ' the u.s      and  net  '
    """
    text = text.replace(". ", "  ")
    if "." in text:
        for pair in ("..", ". ", " ."):
            while pair in text:
                text = text.replace(pair, "  ")
    return text


def compounds_of(text: str, words: Sequence[str]) -> list[str]:
    """Return the compounds of a text with these words, each as one word, each once.

    >>> compounds_of("My co-op, our coöp: a co operative.", words("My co-op, our coöp: a co operative."))
    ['cooperative']
    """
    found = [compound.word for compound in compounds(text)]
    if more := parted(words):
        found += (word for word, _ in more)
    return list(dict.fromkeys(found)) if len(found) > 1 else found


def with_marks(texts: Sequence[str]) -> list[int]:
    """Return the numbers of the texts that may have `compounds`; most quotes have none.

    >>> with_marks(["The dam will hold.", "My co-op.", "“No.”", "The US."])
    [1, 2, 3]
    """
    encoded = [text.encode() for text in texts]
    kinds = np.frombuffer(b" ".join(encoded).translate(KINDS), "u1")
    is_capital = kinds == ord("A")
    is_mark = kinds == ord("-")
    is_mark[1:] |= is_capital[1:] & is_capital[:-1]
    ends = np.cumsum([len(text) + 1 for text in encoded])
    found: list[int] = np.flatnonzero(np.bincount(ends.searchsorted(np.flatnonzero(is_mark), "right"))).tolist()
    return found


def places(text: str) -> list[tuple[str, int, int]]:
    """Return each word with its half-open span of code points.

    >>> places("No, no.")
    [('no', 0, 2), ('no', 4, 6)]
    """
    return [(_words[match[0]], *match.span()) for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=_CACHE_SIZE)
def stem(word: str) -> str:
    """Return the stem of a word: the term of `STEMMED` that corresponds to a term of `EXACT`.

    >>> stem("swapping"), stem("colours"), stem("naïve")
    ('swap', 'color', 'naiv')
    """
    letters = folded(word)
    is_plain = letters.isascii() and letters.isalnum() and letters.islower()
    return letters if is_plain and not letters.endswith(_ENDINGS) else str(_snowball(letters))


def stems(text: str) -> list[str]:
    """Return the terms of `STEMMED` of a text: the stems of its words, then those of its compounds.

    >>> stems("co-operative")
    ['co', 'oper', 'cooper']
    """
    said = words(text)
    return list(map(stem, (*said, *compounds_of(text, said))))


_snowball = stemmer_for_language("en")
# The ends of all suffixes that Snowball looks for. A word in lower case without one is its own stem.
_ENDINGS = tuple("s y e l ed er ic li ing ion ism ant ent iti bli ogi nci ator".split())
