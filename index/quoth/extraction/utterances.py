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


def types(document: Document, paragraphs: Sequence[ParsedParagraph], joined: Sequence[int]) -> list[QuoteType]:
    """Return for every span whether it quotes a whole utterance (direct) or a fragment (partial).

    `joined` is what `join` returns: a span that goes on with a direct one is direct, however it begins.
    """
    found: list[QuoteType] = []
    tokens = [index for parsed in paragraphs for index in parsed.spans]
    for number, span in enumerate(document.spans):
        goes_on = joined[number] != number and found[number - 1] == "direct"
        if number < document.attributed:
            is_direct = goes_on or _is_whole(document, paragraphs[span.paragraph], number, tokens[number])
        else:
            is_direct = document.body[span.start].isupper()
        found.append("direct" if is_direct else "partial")
    return found


def join(
    document: Document,
    paragraphs: Sequence[ParsedParagraph],
    attributions: Sequence[SpanAttribution],
) -> list[int]:
    """Return for every span the number of the span that opens its utterance.

    Spans belong together when one reporting clause serves them: it splits them, it introduces them all, or
    the mark between two paragraphs was left open, and one person speaks.
    """
    opening: list[int] = []
    tokens = [index for parsed in paragraphs for index in parsed.spans]
    for number, span in enumerate(document.spans):
        before = number - 1
        is_one = False
        if 0 < number < document.attributed and attributions[number].person is attributions[before].person:
            if span.continues and attributions[number].person is not None:
                is_one = True
            elif _has_one_clause(attributions[before].evidence, attributions[number].evidence):
                is_one = span.continues or _is_one_sentence_apart(document, paragraphs, tokens, number)
        opening.append(opening[before] if is_one else number)
    return opening


def repeated(document: Document, types: Sequence[QuoteType]) -> list[int | None]:
    """Return for every span the number of the whole utterance elsewhere in the article that a fragment is part of.

    Words are compared without case and marks; a fragment of one word repeats nothing.
    """
    heard_of = document.spans[: document.attributed]
    spoken = [WORD.findall(document.body[span.start : span.end].lower()) for span in heard_of]
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
    return found + [None] * (len(document.spans) - len(found))


def _has_one_clause(earlier: Evidence | None, item: Evidence | None) -> bool:
    return item is not None and earlier is not None and (item.cue, item.phrase) == (earlier.cue, earlier.phrase)


def _is_one_sentence_apart(
    document: Document, paragraphs: Sequence[ParsedParagraph], tokens: Sequence[int], number: int
) -> bool:
    """Whether at most one sentence stands between a span and the one before, in the same paragraph."""
    paragraph = document.spans[number].paragraph
    if paragraph != document.spans[number - 1].paragraph:
        return False
    sentences = paragraphs[paragraph].paragraph.sentences
    between = range(tokens[number - 1] + 1, tokens[number])
    return not between or sentences[between[0]] == sentences[between[-1]]


def _is_whole(document: Document, parsed: ParsedParagraph, number: int, token: int) -> bool:
    span = document.spans[number]
    if span.continues:
        return True
    first = document.body[span.start]
    if first.islower():
        return parsed.paragraph.sentences[token] == token and _is_followed_by_cue(parsed, token)
    if parsed.paragraph.sentences[token] == token:
        return True
    before = parsed.tokens[token - 1]
    return before.text in (",", ":") or parsed.cue_at(token - 1) == "say"


def _is_followed_by_cue(parsed: ParsedParagraph, token: int) -> bool:
    return any(cue.kind == "say" for cue in parsed.cues_between(token + 1, token + 5))
