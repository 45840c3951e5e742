"""Damage to a remembered quote: missing words and slips."""

from __future__ import annotations

import random
import string

DROPPED = 0.4
LONG_ENOUGH = 4  # letters of a word that is still recognisable with a slip


def damaged(text: str, rng: random.Random, dropped: float = DROPPED) -> str:
    """Return a text without some of its words, and with a slip in one of the others.

    >>> damaged("we will never give up the harbour", random.Random(3))
    'will up the harbuor'
    """
    words = text.split()
    places = sorted(rng.sample(range(len(words)), max(1, len(words) - round(dropped * len(words)))))
    remaining = [words[place] for place in places]
    candidates = [place for place, word in enumerate(remaining) if sum(map(str.isalpha, word)) >= LONG_ENOUGH]
    if candidates:
        place = rng.choice(candidates)
        remaining[place] = slip(remaining[place], rng)
    return " ".join(remaining)


def slip(word: str, rng: random.Random) -> str:
    """Return a word with one letter swapped with its neighbour, inserted, deleted or replaced.

    >>> [slip("harbour", random.Random(seed)) for seed in range(4)]
    ['harbbur', 'hrabour', 'ahrbour', 'halrbour']
    """
    slipped = word
    while slipped == word:
        slipped = _slipped(word, rng)
    return slipped


def _slipped(word: str, rng: random.Random) -> str:
    """Return a word with a random slip, which may replace a letter by itself."""
    place = rng.choice([place for place, letter in enumerate(word) if letter.isalpha()][1:])
    how = rng.choice(("swap", "insert", "delete", "replace"))
    if how == "swap" and word[place - 1].isalpha():
        return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
    letter = rng.choice(string.ascii_lowercase)
    if how == "insert":
        return word[:place] + letter + word[place:]
    if how == "delete":
        return word[:place] + word[place + 1 :]
    return word[:place] + letter + word[place + 1 :]
