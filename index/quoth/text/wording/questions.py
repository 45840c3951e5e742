"""The words of a question that do not say what is looked for: “what did President Trump say about land swapping”."""

from __future__ import annotations

from collections.abc import Sequence

from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.names.titles import TITLES

_ASKING = frozenset("what who whom whose when where why how which did does".split())
# Words of one letter that are no initials in a name: pronouns, articles and the ends of contractions.
_NO_INITIALS = frozenset("aist")
_SAYING = frozenset(
    """
    say says said saying tell tells told telling speak speaks spoke talk talks talked comment comments commented
    mention mentions mentioned quote quotes quoted claim claims claimed think thinks thought statement statements
    """.split()
)


def asked(words: Sequence[str], is_name: Sequence[bool]) -> list[str]:
    """Return the words that say what is looked for; all of them if none would be left. `is_name` says which are names.

    Left out are the frame of a question with a verb of saying, titles before a name, initials inside it, and the s
    of its genitive.

    >>> words = "what did vice president trump say about land".split()
    >>> asked(words, [word == "trump" for word in words])
    ['trump', 'land']
    >>> asked(["trump", "s", "land"], [True, False, False]), asked(["he", "s", "going"], [False] * 3)
    (['trump', 'land'], ['he', 's', 'going'])
    >>> asked("donald j trump land".split(), [True, False, True, False])
    ['donald', 'trump', 'land']
    >>> asked(["who", "knows"], [False, False]), asked(["who", "said", "that"], [False] * 3)
    (['who', 'knows'], ['who', 'said', 'that'])
    """
    is_question = bool(words) and words[0] in _ASKING and not _SAYING.isdisjoint(words)
    kept: list[str] = []
    is_before_name = False
    for place, (word, is_named) in reversed(list(enumerate(zip(words, is_name, strict=True)))):
        is_initial = len(word) == 1 and word not in _NO_INITIALS and any(is_name[place - 1 : place])
        is_title = is_before_name and (word in TITLES or is_initial)
        is_frame = is_question and (word in FUNCTION_WORDS or word in _SAYING)
        is_before_name = is_title or is_named
        is_ending = word == "s" and any(is_name[place - 1 : place])
        if not (is_title or is_frame or is_ending):
            kept.append(word)
    return kept[::-1] or list(words)
