"""Folding: one spelling for all spellings of a word that a reader takes for the same.

The index compares words by it, and so does `verify`. Names have a rule of their own, `quoth.text.slugs`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.slugs import without_accents
from quoth.text.wording.spelling import american

# Initials with full stops: u.s, ph.d. The analysis drops the last one.
_INITIALS = re.compile(r"[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2})+")


@lru_cache(maxsize=1 << 16)
def folded(word: str) -> str:
    """Return one spelling of a word in lower case: American, without accents, ligatures and full stops.

    Initials that would be a function word keep their full stops. A word with letters of another alphabet stays as it
    is, since there a mark is a part of its letter.

    >>> " ".join(map(folded, "naïve köln ﬁnal straße colours u.k ph.d u.s 3.5".split()))
    'naive koln final strasse colors uk phd u.s 3.5'
    """
    letters = word
    if not word.isascii():
        bare = without_accents(word)
        letters = bare if bare.isascii() else word
    if "." in letters and _INITIALS.fullmatch(letters):
        joined = letters.replace(".", "")
        letters = letters if joined in FUNCTION_WORDS else joined
    return american(letters)
