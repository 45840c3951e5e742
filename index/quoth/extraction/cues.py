"""The words that report: which of a paragraph's tokens are cues, also when they are misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple

from quoth.extraction.mentions import Phrase
from quoth.extraction.reading import Token
from quoth.extraction.spelling import Neighbours
from quoth.extraction.tables import words

CueKind = Literal["say", "judge", "participle", "according"]


class Cue(NamedTuple):
    """A word that reports, by the index of its token."""

    at: int
    kind: CueKind


def find(tokens: Sequence[Token], ending: Mapping[int, Phrase]) -> Iterator[Cue]:
    """Yield the cues of a paragraph.

    A misspelt cue counts only in the frame that a cue has: after somebody and before "that" or a quoted span.
    """
    kinds = _kinds()
    for index, token in enumerate(tokens):
        kind = kinds.get(token.lower)
        if kind is not None:
            if kind in ("participle", "according") or token.text == token.lower:
                yield Cue(index, kind)
        elif index in ending and _is_framed(tokens, ending, index) and misspelt_cue(token.text) is not None:
            yield Cue(index, "say")


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


def _is_framed(tokens: Sequence[Token], ending: Mapping[int, Phrase], index: int) -> bool:
    phrase = ending.get(index)
    if phrase is None or phrase.kind == "nominal" or index + 1 >= len(tokens):
        return False
    return tokens[index + 1].lower == "that" or tokens[index + 1].is_quote
