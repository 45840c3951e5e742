"""What a name that somebody types may stand for: in another order, with a title, short or in another spelling.

A name here is a slug: its words in ASCII, joined by hyphens.
"""

from __future__ import annotations

import re
from itertools import takewhile

from quoth.text.names.nicknames import other_names
from quoth.text.names.titles import SUFFIXES, TITLES
from quoth.text.names.variants import spellings
from quoth.text.slugs import slug

_GENITIVE = re.compile(r"['’‘ʼ`]s?\s*$")


def readings(name: str) -> tuple[str, ...]:
    """Return the slugs that a typed name may be known by, the most literal first.

    The others are in the order of speech, without the ending of a genitive, and with fewer and fewer titles in front.

    >>> readings("the President Trump"), readings("Byron, Ada’s"), readings("Ada Byron")
    (('the-president-trump', 'president-trump', 'trump'), ('byron-adas', 'ada-byron'), ('ada-byron',))
    >>> readings("the Pope"), readings("Senator King"), readings("Lind, Bo, Jr.")
    (('the-pope', 'pope'), ('senator-king', 'king'), ('lind-bo-jr', 'bo-lind-jr'))
    """
    parts = slug(given_name_first(_GENITIVE.sub("", name))).split("-")
    titles = sum(1 for _ in takewhile(TITLES.__contains__, parts[:-1]))
    spoken = ("-".join(parts[left_out:]) for left_out in range(titles + 1))
    return tuple(key for key in dict.fromkeys((slug(name), *spoken)) if key)


def given_name_first(name: str) -> str:
    """Return a name in the order of speech.

    >>> given_name_first("Trump, Donald"), given_name_first("Ada Byron"), given_name_first("Bo Lind, Jr.")
    ('Donald Trump', 'Ada Byron', 'Bo Lind, Jr.')
    """
    surname, *others = (part.strip() for part in name.split(","))
    if not 1 <= len(others) <= 2 or not all(others) or slug(others[0]) in SUFFIXES:
        return name
    return " ".join([others[0], surname, *others[1:]])


def without_titles(name: str) -> str:
    """Return a name without titles in front and suffixes at its end; a name of titles only is empty.

    >>> without_titles("president-ada-byron-jr"), without_titles("the-pope"), without_titles("angus-king")
    ('ada-byron', '', 'angus-king')
    """
    parts = name.split("-")
    while parts and parts[0] in TITLES:
        parts = parts[1:]
    while parts and parts[-1] in SUFFIXES:
        parts = parts[:-1]
    return "-".join(parts)


def other_forms(word: str) -> tuple[str, ...]:
    """Return the other spellings of a word of a name, its nicknames and the names that it is short for.

    >>> other_forms("lavrov"), other_forms("bernie"), other_forms("lind")
    (('lawrow',), ('bernard', 'berney'), ())
    """
    return tuple(dict.fromkeys((*spellings(word), *other_names(word))))


def may_be_same(name: str, other: str) -> bool:
    """Whether two names may stand for the same person; some words of a name may stand for the whole.

    >>> may_be_same("joe-biden", "joseph-biden"), may_be_same("byron", "ada-byron"), may_be_same("ada", "ada-byron")
    (True, True, True)
    >>> may_be_same("bob-lind", "robert-lind"), may_be_same("mark-brown", "mark-malloch-brown")
    (True, True)
    >>> may_be_same("bo-byron", "ada-byron"), may_be_same("president", "bo-lind")
    (False, True)
    """
    words, other_words = without_titles(name).split("-"), without_titles(other).split("-")
    if not all(words + other_words):
        return True
    fewer, more = sorted((words, other_words), key=len)
    if all(any(map(_is_form_of, [word] * len(more), more)) for word in fewer):
        return True
    return _is_form_of(words[-1], other_words[-1]) and words[0][0] == other_words[0][0]


def _is_form_of(word: str, other: str) -> bool:
    return word == other or other in other_forms(word)
