"""The common words and names of English. A string that is not among them may be a slip, one that is among them is not.

The table has words in all their forms, in American and British spelling, with the common names of people and places. It
comes from SCOWL (data/README), by `make vocabulary`.
"""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "words.txt.gz"
_GZIP = 31  # the window size by which zlib knows a gzip file


@lru_cache(maxsize=1 << 16)
def is_common(word: str) -> bool:
    """Whether a word in lower case is a common English word or name.

    >>> [word for word in ("million", "billions", "colour", "color", "london", "milion", "thier") if is_common(word)]
    ['million', 'billions', 'colour', 'color', 'london']
    """
    return word.isalpha() and _line_from(word.encode()) == word.encode()  # no letter is a line break or a surrogate


def _line_from(word: bytes) -> bytes:
    """Return the first line of the table that is not below a word; the lines are sorted by their bytes.

    Searching the file as it is takes microseconds, while a set of its ninety thousand words would take 20 ms to build.
    """
    lines = _lines()
    low, high = 0, len(lines)
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.index(b"\n", start)
        if lines[start:end] < word:
            low = end + 1
        else:
            high = start
    return lines[low : lines.find(b"\n", low)]


@cache
def _lines() -> bytes:
    return zlib.decompress(FILE.read_bytes(), _GZIP)
