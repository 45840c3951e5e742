"""How a quote is remembered: with gaps, and with slips."""

from __future__ import annotations

import random
import string

DROPPED = 0.4
LONG_ENOUGH = 4  # letters of a word that a slip leaves recognisable


def remembered(text: str, rng: random.Random, dropped: float = DROPPED) -> str:
    """Return a text without part of its words, and with a slip in one of those that are left.

    >>> remembered("we will never give up the harbour", random.Random(3))
    'will up the harbuor'
    """
    words = text.split()
    kept = sorted(rng.sample(range(len(words)), max(1, len(words) - round(dropped * len(words)))))
    left = [words[place] for place in kept]
    slipping = [place for place, word in enumerate(left) if sum(map(str.isalpha, word)) >= LONG_ENOUGH]
    if slipping:
        place = rng.choice(slipping)
        left[place] = slip(left[place], rng)
    return " ".join(left)


def slip(word: str, rng: random.Random) -> str:
    """Return a word with a letter swapped with its neighbour, put in, left out or replaced.

    >>> [slip("harbour", random.Random(seed)) for seed in range(4)]
    ['harbbur', 'hrabour', 'ahrbour', 'halrbour']
    """
    slipped = word
    while slipped == word:
        slipped = _slipped(word, rng)
    return slipped


def _slipped(word: str, rng: random.Random) -> str:
    """Return a word with a slip that may put the same letter in place of itself."""
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
