"""The words of a question that do not say what is looked for: “what did President Trump say about land swapping”."""

from __future__ import annotations

from collections.abc import Sequence

from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.titles import TITLES

_ASKING = frozenset("what who whom whose when where why how which did does do has have is are was were".split())
_SAYING = frozenset(
    """
    say says said saying tell tells told telling speak speaks spoke talk talks talked comment comments commented
    mention mentions mentioned quote quotes quoted claim claims claimed think thinks thought statement statements
    """.split()
)


def asked(words: Sequence[str], is_name: Sequence[bool]) -> list[str]:
    """Return the words that say what is looked for; all of them if none would be left. `is_name` says which are names.

    Left out are the frame of a question with a verb of saying, titles before a name, and the ending of a genitive.

    >>> words = "what did president trump say about land".split()
    >>> asked(words, [word == "trump" for word in words])
    ['trump', 'land']
    >>> asked(["who", "knows"], [False, False]), asked(["who", "said", "that"], [False] * 3)
    (['who', 'knows'], ['who', 'said', 'that'])
    """
    is_question = bool(words) and words[0] in _ASKING and not _SAYING.isdisjoint(words)
    kept = [
        word
        for place, word in enumerate(words)
        if not (is_question and (word in FUNCTION_WORDS or word in _SAYING))
        and not (word in TITLES and any(is_name[place + 1 : place + 2]))
        and not (word == "s" and place)
    ]
    return kept or list(words)
