"""Transliterated names: map all Latin spellings of one name to the same key.

The families come from data/variants.json, which `make variants` writes. Edit distance is never used: Johnson and
Johnston are as close as Lavrov and Lawrow, but are two names.
"""

from __future__ import annotations

from functools import cache

from quoth.text.names.tables import table

ARTICLES = frozenset({"al", "el"})  # some newsrooms write them, others omit them


def fold(key: str) -> str:
    """Return the key shared by all spellings of a full name; `key` is the slug of one.

    >>> fold("sergej-lawrow"), fold("sergey-lavrov"), fold("bashar-al-asad")
    ('sergei-lavrov', 'sergei-lavrov', 'bashar-assad')
    """
    return "-".join(_families().get(part, part) for part in key.split("-") if part not in ARTICLES)


def identity(key: str) -> str:
    """Return the id of a full name: its slug, in one spelling if the name is Ukrainian, Russian or Belarusian.

    There each newsroom chooses the spelling. Elsewhere it belongs to the person: Mohamed and Mohammed, or Jon and John,
    stay two people.

    >>> identity("sergey-ivanov"), identity("sergei-ivanov"), identity("dmitri-polyanskiy")
    ('sergei-ivanov', 'sergei-ivanov', 'dmitry-polyansky')
    >>> identity("viktor-hansen"), identity("mohamed-ali")
    ('viktor-hansen', 'mohamed-ali')
    """
    given, *others = key.split("-")
    given = _families().get(given, given)
    variants = table("variants")
    if not others or given not in variants["given"]:
        return key
    surname = _plain(others[-1])
    if not surname.endswith(tuple(variants["endings"])):
        return key
    return "-".join([given, *others[:-1], surname])


def spellings(word: str) -> tuple[str, ...]:
    """Return the other spellings of one word of a name.

    >>> spellings("lavrov"), spellings("johnson")
    (('lawrow',), ())
    """
    return tuple(spelling for spelling in _members().get(word, ()) if spelling != word)


def _plain(surname: str) -> str:
    """Return the usual spelling of a surname, by its family or else by its ending."""
    for ending, usual in (pair.split("=") for pair in table("variants")["plain"]):
        if surname.endswith(ending):
            surname = surname.removesuffix(ending) + usual
    return _families().get(surname, surname)


@cache
def _families() -> dict[str, str]:
    """Return for each spelling the first one of its family."""
    return {spelling: family[0] for family in _listed() for spelling in family}


@cache
def _members() -> dict[str, tuple[str, ...]]:
    return {spelling: family for family in _listed() for spelling in family}


def _listed() -> list[tuple[str, ...]]:
    return [tuple(family.split()) for family in table("variants")["families"]]
