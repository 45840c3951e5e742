"""Spelling of names: comparing two spellings, and making an id from a name."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from quoth.text.unseen import seen

T = TypeVar("T")

# Letters that NFKD does not decompose but that newsrooms write in ASCII.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss"})
_APOSTROPHES = re.compile(r"['’‘ʼ`]")
_GAPS = re.compile(r"[\W_]+")
_HASH = re.compile(r"n-[0-9a-f]{16}")
# Alphabets with letters that look like those of another: UTS #39 lets no name mix them.
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})

CACHE_SIZE = 8192
LONGEST_CACHED = 80  # characters


def cached_by_name(function: Callable[[str], T]) -> Callable[[str], T]:
    """Cache a pure function of a name: a few thousand people are the speakers of most quotes.

    A text too long to be a name is not cached, so that no input can fill the memory.
    """
    cached = lru_cache(CACHE_SIZE)(function)

    @wraps(function)
    def wrapper(name: str) -> T:
        return cached(name) if len(name) <= LONGEST_CACHED else function(name)

    return wrapper


@cached_by_name
def slug(name: str) -> str:
    """Return the ASCII form of a name, which ids and speaker filters compare.

    Case, accents, apostrophes, punctuation and unseen characters are ignored. A name with a letter that has no ASCII
    form becomes a hash, so that two names in another script never match by the few ASCII characters they share. A name
    that is spelt like such a hash becomes one, too: it is not the id of another name.

    >>> slug("Recep Tayyip Erdoğan"), slug("Beyoncé O’Neill")
    ('recep-tayyip-erdogan', 'beyonce-oneill')
    >>> slug("Зеленський") == slug("зеленський") != slug("Зеленский")
    True
    """
    folded = unicodedata.normalize("NFKC", seen(name)).casefold()
    bare = folded if folded.isascii() else without_accents(folded)
    words = _GAPS.sub("-", _APOSTROPHES.sub("", bare)).strip("-")
    if words.isascii() and not _HASH.fullmatch(words):
        return words
    return "n-" + hashlib.sha256(" ".join(folded.split()).encode()).hexdigest()[:16]


@cached_by_name
def is_mixed_script(name: str) -> bool:
    r"""Whether a name has letters of two alphabets with look-alikes: a Cyrillic а in a Latin name.

    >>> is_mixed_script("\u0410da Byron"), is_mixed_script("Ada Byron"), is_mixed_script("Зеленський"), is_mixed_script("金 Kim")
    (True, False, False, False)
    """  # noqa: E501 - four names
    if name.isascii():
        return False
    letters = (c for c in unicodedata.normalize("NFKC", name) if c.isalpha())
    return len(_ALPHABETS.intersection(unicodedata.name(c, "").split(" ", 1)[0] for c in letters)) > 1


def without_accents(lower: str) -> str:
    """Return a text in lower case without accents and ligatures, in ASCII as far as newsrooms write it so.

    >>> without_accents("beyoncé øre ﬁnal straße")
    'beyonce ore final strasse'
    """
    decomposed = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
