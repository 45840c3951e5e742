"""What a quoted span is: a whole utterance or a fragment, and which spans belong to one act of speaking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from quoth.extraction.attribution.attribute import SpanAttribution
from quoth.extraction.attribution.evidence import Evidence
from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Document
from quoth.quote import QuoteType

WORD = re.compile(r"[^\W_]+")
LONGEST = 500  # words of a span that are compared
CROWDED = 8  # whole utterances with one pair of words that are compared with a fragment


def types(reading: Document, scenes: Sequence[ParsedParagraph], joined: Sequence[int]) -> list[QuoteType]:
    """Return for every span whether it quotes a whole utterance (direct) or a fragment (partial).

    `joined` is what `join` returns: a span that goes on with a direct one is direct, however it begins.
    """
    found: list[QuoteType] = []
    tokens = [index for scene in scenes for index in scene.spans]
    for number, span in enumerate(reading.spans):
        goes_on = joined[number] != number and found[number - 1] == "direct"
        if number < reading.attributed:
            is_direct = goes_on or _is_whole(reading, scenes[span.paragraph], number, tokens[number])
        else:
            is_direct = reading.body[span.start].isupper()
        found.append("direct" if is_direct else "partial")
    return found


def join(
    reading: Document,
    scenes: Sequence[ParsedParagraph],
    rulings: Sequence[SpanAttribution],
) -> list[int]:
    """Return for every span the number of the span that opens its utterance.

    Spans belong together when one reporting clause serves them: it splits them, it introduces them all, or
    the mark between two paragraphs was left open, and one person speaks.
    """
    opening: list[int] = []
    tokens = [index for scene in scenes for index in scene.spans]
    for number, span in enumerate(reading.spans):
        before = number - 1
        is_one = False
        if 0 < number < reading.attributed and rulings[number].person is rulings[before].person:
            if span.continues and rulings[number].person is not None:
                is_one = True
            elif _has_one_clause(rulings[before].evidence, rulings[number].evidence):
                is_one = span.continues or _is_one_sentence_apart(reading, scenes, tokens, number)
        opening.append(opening[before] if is_one else number)
    return opening


def repeated(reading: Document, types: Sequence[QuoteType]) -> list[int | None]:
    """Return for every span the number of the whole utterance elsewhere in the article that a fragment is part of.

    Words are compared without case and marks; a fragment of one word repeats nothing.
    """
    heard_of = reading.spans[: reading.attributed]
    spoken = [WORD.findall(reading.body[span.start : span.end].lower()) for span in heard_of]
    opening = {
        (heard[0], heard[1]) for number, heard in enumerate(spoken) if types[number] == "partial" and len(heard) > 1
    }
    by_pair: dict[tuple[str, str], list[int]] = {}
    for number, heard in enumerate(spoken):
        if types[number] == "direct":
            for pair in opening.intersection(pairwise(heard[:LONGEST])):
                filed = by_pair.setdefault(pair, [])
                if len(filed) < CROWDED:
                    filed.append(number)
    found: list[int | None] = []
    for number, heard in enumerate(spoken):
        is_fragment = types[number] == "partial" and 2 <= len(heard) <= LONGEST
        near = by_pair.get((heard[0], heard[1]), ()) if is_fragment else ()
        phrase = f" {' '.join(heard)} "
        found.append(next((whole for whole in near if phrase in f" {' '.join(spoken[whole][:LONGEST])} "), None))
    return found + [None] * (len(reading.spans) - len(found))


def _has_one_clause(earlier: Evidence | None, item: Evidence | None) -> bool:
    return item is not None and earlier is not None and (item.cue, item.phrase) == (earlier.cue, earlier.phrase)


def _is_one_sentence_apart(
    reading: Document, scenes: Sequence[ParsedParagraph], tokens: Sequence[int], number: int
) -> bool:
    """Whether at most one sentence stands between a span and the one before, in the same paragraph."""
    paragraph = reading.spans[number].paragraph
    if paragraph != reading.spans[number - 1].paragraph:
        return False
    sentences = scenes[paragraph].paragraph.sentences
    between = range(tokens[number - 1] + 1, tokens[number])
    return not between or sentences[between[0]] == sentences[between[-1]]


def _is_whole(reading: Document, scene: ParsedParagraph, number: int, token: int) -> bool:
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


def _is_followed_by_cue(scene: ParsedParagraph, token: int) -> bool:
    return any(cue.kind == "say" for cue in scene.cues_between(token + 1, token + 5))
