"""What a quoted span is: a whole utterance or a fragment, and which spans belong to one act of speaking."""

from __future__ import annotations

from collections.abc import Sequence

from quoth.extraction.clauses import Scene
from quoth.extraction.evidence import Evidence
from quoth.extraction.people import Person
from quoth.extraction.reading import Reading, tokens_of_spans
from quoth.quote import QuoteType


def types(reading: Reading, scenes: Sequence[Scene], joined: Sequence[int]) -> list[QuoteType]:
    """Return for every span whether it quotes a whole utterance (direct) or a fragment (partial).

    `joined` is what `join` returns: a span that goes on with a direct one is direct, however it begins.
    """
    found: list[QuoteType] = []
    tokens = tokens_of_spans(reading)
    for number, span in enumerate(reading.spans):
        goes_on = joined[number] != number and found[number - 1] == "direct"
        is_direct = goes_on or _is_whole(reading, scenes[span.paragraph], number, tokens[number])
        found.append("direct" if is_direct else "partial")
    return found


def join(
    reading: Reading,
    scenes: Sequence[Scene],
    evidence: Sequence[Evidence | None],
    people: Sequence[Person | None],
) -> list[int]:
    """Return for every span the number of the span that opens its utterance.

    Spans belong together when one reporting clause serves them: it splits them, it introduces them all, or
    the mark between two paragraphs was left open and nobody else (`people`, by span) goes on.
    """
    opening: list[int] = []
    tokens = tokens_of_spans(reading)
    for number, span in enumerate(reading.spans):
        before = number - 1
        is_one = False
        if number and span.continues and people[number] is not None:
            is_one = people[number] is people[before]
        elif number and _has_one_clause(evidence[before], evidence[number]):
            is_one = span.continues or _is_one_sentence_apart(reading, scenes, tokens, number)
        opening.append(opening[before] if is_one else number)
    return opening


def _has_one_clause(earlier: Evidence | None, item: Evidence | None) -> bool:
    return item is not None and earlier is not None and (item.cue, item.phrase) == (earlier.cue, earlier.phrase)


def _is_one_sentence_apart(reading: Reading, scenes: Sequence[Scene], tokens: Sequence[int], number: int) -> bool:
    """Whether at most one sentence stands between a span and the one before, in the same paragraph."""
    paragraph = reading.spans[number].paragraph
    if paragraph != reading.spans[number - 1].paragraph:
        return False
    sentences = scenes[paragraph].paragraph.sentences
    between = range(tokens[number - 1] + 1, tokens[number])
    return not between or sentences[between[0]] == sentences[between[-1]]


def _is_whole(reading: Reading, scene: Scene, number: int, token: int) -> bool:
    span = reading.spans[number]
    if span.continues:
        return True
    first = reading.body[span.start]
    if first.islower():
        return scene.paragraph.sentences[token] == token and _is_followed_by_cue(scene, token)
    if scene.paragraph.sentences[token] == token:
        return True
    before = scene.tokens[token - 1]
    return before.text in (",", ":") or scene.cue_at(token - 1) == "say"


def _is_followed_by_cue(scene: Scene, token: int) -> bool:
    return any(cue.kind == "say" for cue in scene.cues_between(token + 1, token + 5))
