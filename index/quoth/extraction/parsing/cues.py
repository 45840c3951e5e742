"""Find the cues of a paragraph, the words that report, including misspelt ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from operator import attrgetter
from typing import Literal

from quoth.extraction.parsing.document import Paragraph, Token
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.parsing.spelling import Neighbours
from quoth.extraction.tables import words
from quoth.extraction.value import value

FRAMES = (("that",), ("",))  # the word after a misspelt cue; a quoted span has no text
CueKind = Literal["say", "judge", "participle", "according"]


@value
class Cue:
    """A word that reports; `at` is the index of its token."""

    at: int
    kind: CueKind


def find(paragraph: Paragraph, ending: Mapping[int, NounPhrase]) -> tuple[Cue, ...]:
    """Return the cues of a paragraph, in order.

    A misspelt cue counts only between a name or pronoun and "that" or a quoted span.
    """
    kinds, tokens = _kinds(), paragraph.tokens
    listed = [Cue(index, kinds[word]) for index, word in enumerate(paragraph.lowers) if word in kinds]
    cues = [cue for cue in listed if cue.kind in ("participle", "according") or _is_lower(tokens[cue.at])]
    for index, phrase in ending.items():
        if phrase.kind != "nominal" and paragraph.lowers[index + 1 : index + 2] in FRAMES:
            token = tokens[index]
            if token.lower not in kinds and misspelt_cue(token.text) is not None:
                cues.append(Cue(index, "say"))
    return tuple(sorted(cues, key=attrgetter("at", "kind")))


def _is_lower(token: Token) -> bool:
    return token.text == token.lower


@cache
def _kinds() -> dict[str, CueKind]:
    kinds: tuple[CueKind, ...] = ("according", "participle", "judge", "say")
    return {word: kind for kind in kinds for word in words("cues", kind)}


def misspelt_cue(word: str) -> str | None:
    """Return the cue that a word misspells, `None` for any other word.

    >>> misspelt_cue("opbsereved"), misspelt_cue("started")
    ('observed', None)
    """
    if not word.islower() or len(word) > 20 or word in words("cues", "not_cues"):
        return None
    near = _cue_neighbours().of(word)
    return near[0] if near else None


@cache
def _cue_neighbours() -> Neighbours:
    return Neighbours(word for word in words("cues", "say") if word.endswith("d"))
