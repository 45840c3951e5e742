"""Classify quoted spans as whole utterances or fragments, and join the spans of one act of speaking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from quoth.extraction.attribution.attribute import SpanAttribution
from quoth.extraction.attribution.evidence import Evidence
from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Document
from quoth.extraction.scanner import Span
from quoth.quote import QuoteType

WORD = re.compile(r"[^\W_]+")
LONGEST = 500  # words of a span that are compared; the rest is ignored
PAUSES = frozenset(".,!?…。，！？")
COLONS = (":", "：")
DASHES = "—–―"
FEWEST_WORDS = 3  # of a statement in another language that neither a colon introduces nor a stop ends
FEWEST_IDEOGRAPHS = 8
CROWDED = 8  # utterances with the same pair of words that a fragment is compared with


def types(document: Document, paragraphs: Sequence[ParsedParagraph], openings: Sequence[int]) -> list[QuoteType]:
    """Return the type of every span: direct for a whole utterance, partial for a fragment.

    `openings` is the result of `join`: a span that continues a direct one is direct, however it begins.
    """
    types: list[QuoteType] = []
    span_tokens = [index for parsed in paragraphs for index in parsed.spans]
    for number, span in enumerate(document.spans):
        is_continuation = openings[number] != number and types[number - 1] == "direct"
        if number < document.attributed:
            is_direct = is_continuation or _is_whole(document, paragraphs[span.paragraph], number, span_tokens[number])
        else:
            is_direct = document.visible(span.start, span.end)[:1].isupper()
        types.append("direct" if is_direct else "partial")
    return types


def join(
    document: Document,
    paragraphs: Sequence[ParsedParagraph],
    attributions: Sequence[SpanAttribution],
) -> list[int]:
    """Return for every span the number of the span that opens its utterance.

    Spans of one speaker belong together when they share a reporting clause, which splits or introduces them, or
    when the mark between two paragraphs is left open.
    """
    openings: list[int] = []
    span_tokens = [index for parsed in paragraphs for index in parsed.spans]
    for number, span in enumerate(document.spans):
        before = number - 1
        is_joined = False
        if 0 < number < document.attributed and attributions[number].person is attributions[before].person:
            if span.continues and attributions[number].person is not None:
                is_joined = True
            elif _has_one_clause(attributions[before].evidence, attributions[number].evidence):
                is_joined = span.continues or _is_one_sentence_apart(document, paragraphs, span_tokens, number)
        openings.append(openings[before] if is_joined else number)
    return openings


def foreign_types(text: str, spans: Sequence[Span]) -> list[QuoteType]:
    """Return the type of every span of a visible text in another language than English."""
    return ["direct" if _is_foreign_whole(text, span) else "partial" for span in spans]


def foreign_openings(spans: Sequence[Span]) -> list[int]:
    """Return for every span the number of the span that opens its utterance: itself, or where a paragraph goes on."""
    openings: list[int] = []
    for number, span in enumerate(spans):
        openings.append(openings[-1] if span.continues and openings else number)
    return openings


def repeated(document: Document, types: Sequence[QuoteType]) -> list[int | None]:
    """Return for every span the number of the whole utterance that contains it, `None` unless it is such a fragment.

    Words are compared without case and punctuation; a fragment of one word never counts.
    """
    attributed = document.spans[: document.attributed]
    word_lists = [WORD.findall(document.visible(span.start, span.end).lower()) for span in attributed]
    pairs = {
        (words[0], words[1]) for number, words in enumerate(word_lists) if types[number] == "partial" and len(words) > 1
    }
    by_pair: dict[tuple[str, str], list[int]] = {}
    for number, words in enumerate(word_lists):
        if types[number] == "direct":
            for pair in pairs.intersection(pairwise(words[:LONGEST])):
                numbers = by_pair.setdefault(pair, [])
                if len(numbers) < CROWDED:
                    numbers.append(number)
    containing: list[int | None] = []
    for number, words in enumerate(word_lists):
        is_fragment = types[number] == "partial" and 2 <= len(words) <= LONGEST
        candidates = by_pair.get((words[0], words[1]), ()) if is_fragment else ()
        phrase = f" {' '.join(words)} "
        containing.append(
            next((whole for whole in candidates if phrase in f" {' '.join(word_lists[whole][:LONGEST])} "), None)
        )
    return containing + [None] * (len(document.spans) - len(containing))


def _has_one_clause(earlier: Evidence | None, later: Evidence | None) -> bool:
    return later is not None and earlier is not None and (later.cue, later.phrase) == (earlier.cue, earlier.phrase)


def _is_one_sentence_apart(
    document: Document, paragraphs: Sequence[ParsedParagraph], span_tokens: Sequence[int], number: int
) -> bool:
    """Whether a span and the one before share a paragraph, with at most one sentence between them."""
    paragraph = document.spans[number].paragraph
    if paragraph != document.spans[number - 1].paragraph:
        return False
    sentences = paragraphs[paragraph].paragraph.sentences
    between = range(span_tokens[number - 1] + 1, span_tokens[number])
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


def _is_foreign_whole(text: str, span: Span) -> bool:
    """Whether a span is a whole utterance: a colon or a dash introduces it, a stop ends it, or it is long."""
    first = text[span.start]
    if span.left == span.start or text[span.left] in DASHES:
        return True
    if first.islower():
        return False
    is_introduced = text[max(0, span.left - 4) : span.left].rstrip().endswith(COLONS)
    if span.continues or is_introduced or text[span.end - 1] in PAUSES:
        return True
    if first.isalpha() and not first.isupper():  # a script without capitals, and maybe without spaces
        return span.end - span.start >= FEWEST_IDEOGRAPHS
    return len(text[span.start : span.end].split()) >= FEWEST_WORDS


def _is_followed_by_cue(parsed: ParsedParagraph, token: int) -> bool:
    return any(cue.kind == "say" for cue in parsed.cues_between(token + 1, token + 5))
