"""The words that report: which of a paragraph's tokens are cues, also when they are misspelt."""

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

FRAMES = (("that",), ("",))  # what follows a cue though it is misspelt; a quoted span has no text
CueKind = Literal["say", "judge", "participle", "according"]


@value
class Cue:
    """A word that reports, by the index of its token."""

    at: int
    kind: CueKind


def find(paragraph: Paragraph, ending: Mapping[int, NounPhrase]) -> tuple[Cue, ...]:
    """Return the cues of a paragraph, in order.

    A misspelt cue counts only in the frame that a cue has: after somebody and before "that" or a quoted span.
    """
    kinds, tokens = _kinds(), paragraph.tokens
    known = [Cue(index, kinds[word]) for index, word in enumerate(paragraph.lowers) if word in kinds]
    found = [cue for cue in known if cue.kind in ("participle", "according") or _is_lower(tokens[cue.at])]
    for index, phrase in ending.items():
        if phrase.kind != "nominal" and paragraph.lowers[index + 1 : index + 2] in FRAMES:
            token = tokens[index]
            if token.lower not in kinds and misspelt_cue(token.text) is not None:
                found.append(Cue(index, "say"))
    return tuple(sorted(found, key=attrgetter("at", "kind")))


def _is_lower(token: Token) -> bool:
    return token.text == token.lower


@cache
def _kinds() -> dict[str, CueKind]:
    kinds: tuple[CueKind, ...] = ("according", "participle", "judge", "say")
    return {word: kind for kind in kinds for word in words("cues", kind)}


def misspelt_cue(word: str) -> str | None:
    """Return the cue that a word misspells, `None` for a word of its own right.

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
