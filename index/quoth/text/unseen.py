r"""Characters that nobody sees, and accents written apart from their letter: neither may decide what a text says.

A soft hyphen inside a name, or an accent as a character of its own, changes the code points of a word and not its look.
So names, words and queries are compared as a reader sees them. Stored texts and their offsets stay unchanged.
"""

from __future__ import annotations

import re
import unicodedata

# Inside a character set of a regular expression: the controls that are no space, and what Unicode lists as
# Default_Ignorable_Code_Point (soft hyphen, joiners, zero width, directional marks, variation selectors, tags) with the
# annotation marks U+FFF9 to U+FFFB. NFKC_Casefold and the collation of Unicode ignore the same characters. Left out:
# Hangul fillers, which are as wide as a letter. The joiners U+200C and U+200D shape the letters of Persian and Indic
# words, and writers use them or not; the word is the same.
UNSEEN = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Accents written apart from their letter: Unicode's blocks of combining marks, and the marks of other scripts that are
# a part of some letter, such as the voicing marks of kana and the points of Hebrew. NFC takes some letters apart, so
# every mark that NFC writes after a letter must be here.
ACCENTS = (
    r"\u0300-\u036f\u05b0-\u05bc\u05bf\u05c1\u05c2\u0653-\u0655\u093c\u09bc\u09be\u09d7\u0a3c\u0b3c\u0bd7\u0fb5\u0fb7\u102e"
    r"\u1ab0-\u1aff\u1b35\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\U000110ba"
)
# The most accents that a letter may have, as in Unicode's stream-safe text: sorting more would take quadratic time.
MOST_ACCENTS = 30

_UNSEEN = re.compile(f"[{UNSEEN}]+")
_PILED = re.compile(f"([{ACCENTS}]{{{MOST_ACCENTS}}})[{ACCENTS}]+")


def bare(text: str) -> str:
    r"""Return a text without its unseen characters.

    >>> bare("cer\xadtain\u200bly"), bare("می\u200cخواهم") == "میخواهم"
    ('certainly', True)
    """
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("", text)


def seen(text: str) -> str:
    r"""Return a text as a reader sees it: without unseen characters, each accent composed with its letter (NFC).

    >>> seen("Jose\u0301 Oka\xadfor"), seen("e\u200b\u0301")
    ('José Okafor', 'é')
    """
    return text if text.isascii() and text.isprintable() else composed(_UNSEEN.sub("", text))


def composed(text: str) -> str:
    r"""Return a text in NFC; of accents piled on one letter, the first ones stay.

    >>> composed("e\u0301"), len(composed("e" + 1000 * "\u0301\u0323"))
    ('é', 30)
    """
    if unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _PILED.sub(r"\1", text))
