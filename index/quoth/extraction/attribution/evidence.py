"""The input of a pattern, a span in its context, and its output, the evidence for a speaker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Document
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.value import value

WINDOW = 80  # tokens of a sentence that a pattern searches on either side
LONGEST_EXCERPT = 60  # characters as a reader sees them
FARTHEST_EXCERPT = 600  # characters of the body


@final
@value
class Candidate:
    """A phrase that may be the mention of a span, with its paragraph."""

    phrase: NounPhrase
    parsed: ParsedParagraph

    @property
    def paragraph_number(self) -> int:
        return self.parsed.paragraph.number


@value
class Evidence:
    """The evidence that a phrase is the mention of a span.

    The phrase stands in paragraph `paragraph_number`, the cue at body offsets `cue`. `method` names the pattern, and
    `why` is a clause for readers: “Trump said” follows the quote.
    """

    phrase: NounPhrase
    paragraph_number: int
    cue: tuple[int, int] | None
    method: str
    why: str


@value
class SpanContext:
    """A span in its paragraph, with the evidence of the earlier spans.

    `number` and `token` are its indices among the spans and the tokens; `floor` is the first token of its sentence,
    within the window.
    """

    document: Document
    paragraphs: tuple[ParsedParagraph, ...]
    parsed: ParsedParagraph
    number: int
    token: int
    floor: int
    text: str
    earlier: Sequence[Evidence | None]

    @property
    def paragraph_number(self) -> int:
        return self.parsed.paragraph.number


WHY = {
    "cue after": "“{words}” follows the quote",
    "cue before": "“{words}” comes before the quote in its sentence",
    "judged": "“{words}” comes before the quote in its sentence",
    "participle": "“{words}” is the subject and verb that the quote completes",
    "according to": "“{words}” stands in the sentence of the quote",
    "introduced": "“{words}” stands before the colon that opens the quote",
    "signed": "“{words}” signs the quote",
    "turn": "“{words}” is the name before the colon",
    "reported before": "“{words}” tells in the sentence before what the quote goes on with",
    "floating": "stands alone after the paragraph in which “{words}” tells who speaks",
    "before": "“{words}” comes before the quote in its sentence",
    "after": "“{words}” follows the quote in its sentence",
    "nearby": "“{words}” stands in the paragraph of the quote",
    "above": "“{words}” stands in the paragraph above",
    "by": "“{words}” are the words before “by” and the speaker",
    "from": "what introduces the quote comes from “{words}”",
    "denied": "“{words}” denies the quote",
    "imagined": "“{words}” only imagines the quote",
    "same speaker": "goes on with the speaker of the quote before, whom “{words}” names",
}


def evidence_of(
    context: SpanContext, phrase: NounPhrase, cue: int | None, method: str, parsed: ParsedParagraph | None = None
) -> Evidence:
    """Return the evidence that a method found: a phrase and the cue at a token, both in `parsed`.

    Without `parsed` they are in the span's paragraph.
    """
    parsed = parsed or context.parsed
    offsets = None if cue is None else (parsed.tokens[cue].start, parsed.tokens[cue].end)
    why = WHY[method].format(words=_excerpt(context.document, phrase, offsets))
    return Evidence(phrase, parsed.paragraph.number, offsets, method, why)


def excerpt(document: Document, evidence: Evidence) -> str:
    """Return the text from mention to cue, or both around an ellipsis if they are far apart."""
    return _excerpt(document, evidence.phrase, evidence.cue)


def _excerpt(document: Document, phrase: NounPhrase, cue: tuple[int, int] | None) -> str:
    if cue is None:
        return phrase.text
    start, end = min(phrase.start, cue[0]), max(phrase.end, cue[1])
    if end - start <= FARTHEST_EXCERPT and len(near := document.visible(start, end)) <= LONGEST_EXCERPT:
        return " ".join(near.split())
    first, second = sorted([(phrase.start, phrase.end), cue])
    return f"{document.visible(*first)} … {document.visible(*second)}"
