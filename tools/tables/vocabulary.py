"""Write words.txt.gz, the common words of English, from SCOWL. `make vocabulary SCOWL=DIR` runs it.

SCOWL (Spell Checker Oriented Word Lists) has curated lists by spelling, kind and size; DIR holds its lists, as the
Debian package `scowl` installs them in /usr/share/dict/scowl. Such lists have no typos, unlike the words of a corpus.
The table keeps the sizes that a well-read person knows: the larger ones have words that look like slips, and a slip
that is in the table counts as another word.
"""

from __future__ import annotations

import argparse
import gzip
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from quoth.text.wording.vocabulary import FILE

# The greatest size taken of each kind of list; variants of a spelling are kept where they are common.
SIZES = {"words": 60, "upper": 60, "proper-names": 60, "abbreviations": 50}
SPELLINGS = {"english", "american", "british", "british_z", "canadian", "australian"}
VARIANTS = {"variant_1", "british_variant_1"}
MOST_COMMON = 50
# The uppercase variants are spellings of names (Mohammed).
NAMES = {"variant_2-upper"}
MIN_LETTERS = 2
SINGLE = {"a", "i", "o"}

_LIST = re.compile(r"([\w-]+?)-(words|upper|proper-names|abbreviations)\.(\d\d)")


def is_taken(name: str) -> bool:
    """Whether the list in a file of this name belongs to the table.

    >>> [is_taken(name) for name in ("british-words.60", "variant_1-words.60", "english-words.70", "special-hacker.50")]
    [True, False, False, False]
    """
    parts = _LIST.fullmatch(name)
    if parts is None:
        return False
    spelling, kind, size = parts[1], parts[2], int(parts[3])
    if spelling in VARIANTS or f"{spelling}-{kind}" in NAMES:
        return size <= MOST_COMMON
    return spelling in SPELLINGS and size <= SIZES[kind]


def entries(line: str) -> Iterator[str]:
    """Yield the words of the table for one line of a list: in lower case, with its accents and without.

    >>> list(entries("Café")), list(entries("don't")), list(entries("B"))
    (['café', 'cafe'], [], [])
    """
    word = unicodedata.normalize("NFC", line.strip().lower())
    if word.isalpha() and (len(word) >= MIN_LETTERS or word in SINGLE):
        yield word
        if not word.isascii():
            plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
            if plain.isascii():
                yield plain


def table(lines: Iterable[str]) -> bytes:
    """Return the words of the lists in the order of their code points, one a line, compressed.

    >>> gzip.decompress(table(["tea", "Ada", "don't", "tea"]))
    b'ada\\ntea\\n'
    """
    words = sorted({word for line in lines for word in entries(line)})
    return gzip.compress("".join(f"{word}\n" for word in words).encode(), 9, mtime=0)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scowl", type=Path, metavar="DIR", help="the folder of SCOWL's lists")
    options = parser.parse_args()
    lists = sorted(path for path in options.scowl.iterdir() if is_taken(path.name))
    if not lists:
        parser.error(f"{options.scowl} has no lists of SCOWL")
    FILE.write_bytes(table(line for path in lists for line in path.read_text("utf-8").splitlines()))
    print(f"wrote {FILE.name} from {len(lists)} lists")


if __name__ == "__main__":
    main()
