"""Sentence boundaries. In doubt there is none: a part of a sentence must not count as a whole one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from quoth.text.unseen import UNSEEN, bare

_STOP = re.compile(
    rf"""
    (?P<stop> [.!?…]+ ) ["'”’»)\]{UNSEEN}]*     # the punctuation, and closing marks after it
    (?= \s[\s{UNSEEN}]* ["'“‘«(\[—–{UNSEEN}-]* (?P<next> \w ) )
    """,
    re.VERBOSE,
)
_PARAGRAPH = re.compile(r"\n\s*\n")
_LAST_WORD = re.compile(rf"[\w.{UNSEEN}]+\Z")

# A full stop after one of these, after a single letter or after a word with an inner full stop ends no sentence.
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof rev fr sen rep gov gen lt col sgt capt maj cmdr adm pres sec st mt ft jr sr vs etc inc corp ltd
    co bros dept univ assn jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun approx est hon
    """.split()
)


def ends(text: str) -> Iterator[int]:
    """Yield the offsets at which a sentence ends and another one follows, in order.

    >>> text = "I met Mr. Okafor of the U.S. Senate. He said no. and left"
    >>> [text[:end][-7:] for end in ends(text)]
    ['Senate.']
    """
    offsets = {stop.end() for stop in _STOP.finditer(text) if _is_end(text, stop)}
    yield from sorted(offsets | {gap.start() for gap in _PARAGRAPH.finditer(text)})


def _is_end(text: str, stop: re.Match[str]) -> bool:
    if stop["next"].islower():
        return False
    if stop["stop"] != ".":
        return True
    before = _LAST_WORD.search(text, max(0, stop.start() - 40), stop.start())
    word = bare(before[0]).lower() if before else ""
    if word == "no" and stop["next"].isdigit():  # No. 10
        return False
    return not ("." in word or word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i"))


def cuts(text: str, spans: Sequence[tuple[str, int, int]]) -> tuple[int, ...]:
    """Return the sentence boundaries as word indexes: the first is 0, the last the number of words.

    `spans` are the words of the text, as `quoth.engine.analysis.places` returns them.

    >>> from quoth.engine.analysis import places
    >>> cuts("No. We go.", places("No. We go."))
    (0, 1, 3)
    """
    boundaries = {0, len(spans)}
    number = 0
    for end in ends(text):
        while number < len(spans) and spans[number][1] < end:
            number += 1
        boundaries.add(number)
    return tuple(sorted(boundaries))
