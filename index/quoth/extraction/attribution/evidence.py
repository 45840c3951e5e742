"""What a pattern sees, a quoted span in its place, and what it returns: the evidence for a speaker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Document
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.value import value

WINDOW = 80  # tokens of a sentence that a pattern looks at on either side


@final
@value
class Candidate:
    """A phrase that may name a speaker, in the scene where it stands."""

    phrase: NounPhrase
    parsed: ParsedParagraph

    @property
    def paragraph_number(self) -> int:
        return self.parsed.paragraph.number


@value
class Evidence:
    """Why a quoted span belongs to a phrase.

    The phrase stands in paragraph `paragraph`, the cue at body offsets `cue`; `method` is the pattern's name and
    `said` what it saw, a clause such as: “Trump said” follows the quote.
    """

    phrase: NounPhrase
    paragraph_number: int
    cue: tuple[int, int] | None
    method: str
    seen: str


@value
class SpanContext:
    """Where a quoted span stands, and what is known of those before it.

    `floor` is the first token of its sentence, within the window.
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


SEEN = {
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
    "same speaker": "goes on with the speaker of the quote before, whom “{words}” names",
}


def evidence_of(
    context: SpanContext, phrase: NounPhrase, cue: int | None, method: str, parsed: ParsedParagraph | None = None
) -> Evidence:
    """Return the evidence that a method finds in a phrase and the cue at a token, both in the scene (the span's)."""
    parsed = parsed or context.parsed
    offsets = None if cue is None else (parsed.tokens[cue].start, parsed.tokens[cue].end)
    said = SEEN[method].format(words=_excerpt(context.document, phrase, offsets))
    return Evidence(phrase, parsed.paragraph.number, offsets, method, said)


def excerpt(document: Document, evidence: Evidence) -> str:
    """Return the words from mention to cue, or both around an ellipsis when they are far apart."""
    return _excerpt(document, evidence.phrase, evidence.cue)


def _excerpt(document: Document, phrase: NounPhrase, cue: tuple[int, int] | None) -> str:
    if cue is None:
        return phrase.text
    start, end = min(phrase.start, cue[0]), max(phrase.end, cue[1])
    if end - start <= 60:
        return " ".join(document.body[start:end].split())
    first, second = sorted([(phrase.start, phrase.end), cue])
    return f"{document.body[slice(*first)]} … {document.body[slice(*second)]}"
