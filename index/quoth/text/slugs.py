"""The spelling of names: how two spellings are compared, and how a name becomes an id."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")

# Letters that NFKD does not take apart but that every newsroom writes in ASCII.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_APOSTROPHES = re.compile(r"['’‘ʼ`]")
_GAPS = re.compile(r"[\W_]+")

MOST_REMEMBERED = 8192
LONGEST_REMEMBERED = 80  # characters


def remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Remember what a pure function says of a name: a few thousand people say most of what is said.

    What is too long to be a name is not kept, so that nobody fills the memory with it.
    """
    held = lru_cache(MOST_REMEMBERED)(function)

    @wraps(function)
    def answer(name: str) -> T:
        return held(name) if len(name) <= LONGEST_REMEMBERED else function(name)

    return answer


@remembered
def slug(name: str) -> str:
    """Return the ASCII form of a name that ids and speaker filters compare.

    Case, accents, apostrophes and punctuation do not count. A name with a letter that has no ASCII form becomes
    a hash, so that two names in another script never meet by what little ASCII they hold.

    >>> slug("Recep Tayyip Erdoğan"), slug("Beyoncé O’Neill")
    ('recep-tayyip-erdogan', 'beyonce-oneill')
    >>> slug("Зеленський") == slug("зеленський") != slug("Зеленский")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    bare = folded if folded.isascii() else _without_accents(folded)
    words = _GAPS.sub("-", _APOSTROPHES.sub("", bare)).strip("-")
    if words.isascii():
        return words
    return "n-" + hashlib.sha256(" ".join(folded.split()).encode()).hexdigest()[:16]


def _without_accents(folded: str) -> str:
    decomposed = unicodedata.normalize("NFKD", folded.translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
