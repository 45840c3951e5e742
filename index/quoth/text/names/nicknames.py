"""Nicknames of given names: Bob is short for Robert, among others.

The pairs come from data/nicknames.json, which `make nicknames` writes. A nickname says who may be meant, never who is:
Bob and Robert are two names, and most people use one of them.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.names.tables import table


def other_names(given: str) -> tuple[str, ...]:
    """Return the given names that one stands for, and its own nicknames; `given` is a slug.

    >>> other_names("bernie"), other_names("anthony"), other_names("zog")
    (('bernard', 'berney'), ('tony',), ())
    """
    return _others().get(given, ())


def is_word(nickname: str) -> bool:
    """Whether a nickname is also a word of the language, which it is more often: bill, will, the don of don't.

    >>> is_word("bill"), is_word("don"), is_word("bernie")
    (True, True, False)
    """
    return nickname in _words() or nickname in FUNCTION_WORDS


@cache
def _others() -> dict[str, tuple[str, ...]]:
    others: dict[str, list[str]] = defaultdict(list)
    for line in table("nicknames")["given"]:
        name, *nicknames = line.split()
        for nickname in nicknames:
            others[name].append(nickname)
            others[nickname].append(name)
    return {name: tuple(dict.fromkeys(found)) for name, found in others.items()}


@cache
def _words() -> frozenset[str]:
    return frozenset(table("nicknames")["words"].split())
