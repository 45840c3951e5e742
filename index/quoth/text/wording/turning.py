"""Words that turn the sense of what stands beside them: to cut them away makes another statement of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from quoth.text.function_words import NEGATIONS

# What the words that were cut away say of the rest: that it is not so, that it depends on something, that others say
# it, that it is asked, that it is uncertain.
Turn = Literal["negation", "condition", "attribution", "question", "doubt"]

_DENIALS = NEGATIONS | frozenset(
    """
    hardly barely scarcely rarely seldom false falsely untrue wrong wrongly lie lies lied lying myth nonsense rubbish
    absurd ridiculous fake fiction hoax deny denies denied denying reject rejects rejected rejecting refuse refuses
    refused refusing dispute disputes disputed refute refutes refuted fail fails failed stop stopped prevent prevented
    avoid avoided oppose opposes opposed unlikely impossible instead far
    """.split()
)
_CONDITIONS = frozenset(
    """
    if unless whether provided providing assuming suppose supposing imagine until till except lest otherwise once only
    when would could should
    """.split()
)
_SAYING = frozenset(
    """
    say says said saying tell tells told claim claims claimed claiming argue argues argued believe believes believed
    think thinks thought allege alleges alleged suggest suggests suggested insist insists insisted assert asserts
    asserted pretend pretends pretended according write writes wrote written call calls called accuse accuses accused
    promise promised rumour rumor rumours rumors report reports reported
    """.split()
)
_FIRST_PERSON = frozenset(["i", "we"])
_DOUBTS = frozenset(
    """
    doubt doubts maybe perhaps possibly probably may might allegedly supposedly reportedly apparently hope hopes hoped
    wish wishes fear fears wonder almost nearly
    """.split()
)
# A clause begins anew: what stands on its other side says nothing of it. A negation may govern both sides of "and".
_NEW_CLAUSE = frozenset(["but"])
_CLAUSE_BEHIND = _NEW_CLAUSE | frozenset("and because since although though while as whatever".split())


def turn(before: Sequence[str], after: Sequence[str], *, is_question: bool = False) -> Turn | None:
    """Return how the words before and after a part of a sentence turn its sense, `None` if they do not.

    >>> turn("it is not true that".split(), []), turn([], "unless the council agrees".split())
    ('negation', 'condition')
    >>> turn(["critics", "say"], []), turn(["i", "say"], []), turn("it is not easy but".split(), [])
    ('attribution', None, None)
    >>> turn([], "and not a penny more".split()), turn([], "and only if the council agrees".split())
    (None, 'condition')
    """
    near, behind = _last_clause(before), _first_clause(after)
    words = {*near, *behind}
    if words & _DENIALS:
        return "negation"
    if words & _CONDITIONS or _CONDITIONS.intersection(after):
        return "condition"
    if _is_of_others(near) or _is_of_others(behind):
        return "attribution"
    if is_question:
        return "question"
    return "doubt" if words & _DOUBTS else None


def _last_clause(words: Sequence[str]) -> Sequence[str]:
    starts = [place for place, word in enumerate(words) if word in _NEW_CLAUSE]
    return words[starts[-1] + 1 :] if starts else words


def _first_clause(words: Sequence[str]) -> Sequence[str]:
    stops = (place for place, word in enumerate(words) if word in _CLAUSE_BEHIND)
    return words[: next(stops, len(words))]


def _is_of_others(words: Sequence[str]) -> bool:
    """Whether somebody else than the speaker is said to say it."""
    return any(
        word in _SAYING and _FIRST_PERSON.isdisjoint(words[max(place - 3, 0) : place])
        for place, word in enumerate(words)
    )
