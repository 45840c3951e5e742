"""The words of a query that do not say what is looked for: “what did President Trump say about land swapping”."""

from __future__ import annotations

from collections.abc import Sequence

from quoth.text.function_words import FUNCTION_WORDS
from quoth.text.names.titles import TITLES

_ASKING = frozenset("what who whom whose when where why how which did does".split())
# Words of one letter that are no initials in a name: pronouns, articles and the ends of contractions.
_NO_INITIALS = frozenset("aist")
# Words inside the names of bodies, and between two names.
_LINKS = frozenset("of for and the".split())
_SAYING = frozenset(
    """
    say says said saying tell tells told telling speak speaks spoke talk talks talked comment comments commented
    mention mentions mentioned quote quotes quoted claim claims claimed think thinks thought statement statements
    """.split()
)
# How a query asks for quotes: “quotes by Trump on land”.
_QUOTES = frozenset("quote quotes statement statements comment comments remark remarks".split())
_BY = frozenset("by from of".split())
# What stands behind the name of a speaker: “Trump said …”, “Trump on …”.
_REPORTING = frozenset("says said tells told claims claimed stated".split())
_TOPIC = frozenset("on about regarding".split())


def asked(words: Sequence[str], is_name: Sequence[bool], is_only_name: Sequence[bool] | None = None) -> list[str]:
    """Return the words that say what is looked for; all of them if none would be left.

    `is_name` says which are names, `is_only_name` which of these are hardly ever another word; by default all are.

    Left out are the frame of a question with a verb of saying, titles before a name, initials and small words inside
    it, the s of its genitive, and a verb of saying or “on” behind it.

    >>> words = "what did vice president trump say about land".split()
    >>> asked(words, [word == "trump" for word in words])
    ['trump', 'land']
    >>> asked(["trump", "s", "land"], [True, False, False]), asked(["he", "s", "going"], [False] * 3)
    (['trump', 'land'], ['he', 's', 'going'])
    >>> asked("donald j trump land".split(), [True, False, True, False])
    ['donald', 'trump', 'land']
    >>> asked("ministry of defence budget".split(), [True, False, True, False])
    ['ministry', 'defence', 'budget']
    >>> asked("trump said about land".split(), [True, False, False, False]), asked(["he", "said", "no"], [False] * 3)
    (['trump', 'land'], ['he', 'said', 'no'])
    >>> asked("quotes by trump on land".split(), [False, False, True, False, False])
    ['trump', 'land']
    >>> asked(["who", "knows"], [False, False]), asked(["who", "said", "that"], [False] * 3)
    (['who', 'knows'], ['who', 'said', 'that'])
    """
    is_question = bool(words) and words[0] in _ASKING and not _SAYING.isdisjoint(words)
    left_out: set[int] = set()
    if any(is_name):
        left_out = _before_names(words, is_name) | _behind_names(words, is_name, is_only_name or is_name)
    if len(words) > 1 and words[0] in _QUOTES and words[1] in _BY:
        left_out |= {0, 1}
    if is_question:
        left_out |= {place for place, word in enumerate(words) if word in FUNCTION_WORDS or word in _SAYING}
    return [word for place, word in enumerate(words) if place not in left_out] or list(words)


def _before_names(words: Sequence[str], is_name: Sequence[bool]) -> set[int]:
    """Return the places of titles before names, and of initials and small words inside them."""
    found: set[int] = set()
    is_before_name = False
    for place in reversed(range(len(words))):
        word = words[place]
        is_inside = (word in _LINKS or (len(word) == 1 and word not in _NO_INITIALS)) and any(
            is_name[place - 1 : place]
        )
        if is_before_name and (word in TITLES or is_inside):
            found.add(place)
        else:
            is_before_name = is_name[place]
    return found


def _behind_names(words: Sequence[str], is_name: Sequence[bool], is_only_name: Sequence[bool]) -> set[int]:
    """Return the places of the s of a genitive, and of a verb of saying and “on” behind the name of a speaker."""
    found: set[int] = set()
    for place, word in enumerate(words[1:], 1):
        is_behind_name = is_only_name[place - 1] and words[place - 1] not in FUNCTION_WORDS
        is_behind_verb = place - 1 in found and words[place - 1] in _REPORTING
        if (
            (word == "s" and is_name[place - 1])
            or (word in _REPORTING and is_behind_name)
            or (word in _TOPIC and (is_behind_name or is_behind_verb))
        ):
            found.add(place)
    return found
