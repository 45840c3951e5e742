"""Find statements in the reporter's words: a named subject, a cue that reports speech, and a content clause.

A sentence with a quoted span gives no statement. Doubtful cases are dropped: a missed statement costs little, a wrong
one puts words into somebody's mouth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quoth.extraction.attribution.non_speech import is_unsaid
from quoth.extraction.entities.clusters import Entities, Person
from quoth.extraction.parsing.clauses import ParsedParagraph, is_adverbial, is_joint, is_passive, subject_before
from quoth.extraction.parsing.document import Document
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import words
from quoth.extraction.value import value

CONFIDENCE = 0.9  # share of statements with the annotated speaker, on the development articles: `make evaluate`
LONGEST = 80  # tokens; longer sentences are skipped
FEWEST = 4  # words of a content clause
THAT_WITHIN = 8  # tokens between a cue and “that”: told reporters in Weyhaven on Friday that


@value
class IndirectStatement:
    """A statement in the reporter's words: its half-open body offsets, its speaker, and the offsets of its cue."""

    start: int
    end: int
    phrase: NounPhrase
    person: Person
    cue: tuple[int, int]


def statements(
    document: Document, paragraphs: Sequence[ParsedParagraph], entities: Entities
) -> Iterator[IndirectStatement]:
    """Yield the statements of a body in reading order; none overlaps another statement or a quoted span."""
    for parsed in paragraphs:
        if parsed.paragraph.number == document.headline:
            continue
        sentences = parsed.paragraph.sentences
        first = 0
        while first < len(sentences):
            last = first + 1
            while last < len(sentences) and sentences[last] == first:
                last += 1
            if last - first <= LONGEST and not any(token.is_quote for token in parsed.tokens[first:last]):
                statement = _statement(parsed, entities, first, last)
                if statement is not None:
                    yield statement
            first = last


def _statement(parsed: ParsedParagraph, entities: Entities, first: int, last: int) -> IndirectStatement | None:
    """Return the statement of a sentence with exactly one cue of speech and a named subject."""
    cues = [cue.at for cue in parsed.cues_between(first, last) if parsed.tokens[cue.at].lower in words("cues", "tell")]
    if len(cues) != 1:
        return None
    [cue] = cues
    phrase = subject_before(parsed, cue, first)
    if phrase is None or phrase.kind != "name" or is_joint(parsed, phrase, first):
        return None
    person = entities.by_phrase.get(phrase.start)
    if person is None or person.is_ambiguous or not (person.is_certain or person.nature == "body"):
        return None
    if is_unsaid(parsed, cue, phrase, first) or is_passive(parsed.tokens, phrase.last, cue):
        return None
    content = _content(parsed, phrase, cue, first, last)
    if content is None:
        return None
    tokens = parsed.tokens
    start, end = tokens[content[0]].start, tokens[content[1] - 1].end
    return IndirectStatement(start, end, phrase, person, (tokens[cue].start, tokens[cue].end))


def _content(parsed: ParsedParagraph, phrase: NounPhrase, cue: int, first: int, last: int) -> tuple[int, int] | None:
    """Return the tokens of the content: the clause after the cue, or the one before “, Ada Byron said”."""
    tokens = parsed.tokens
    end = next((index for index in range(cue, last) if tokens[index].text == "("), last)  # a photographer’s credit
    while end > first and not tokens[end - 1].is_word:
        end -= 1
    begin = phrase.first - (parsed.tokens[phrase.first - 1].lower in words("words", "determiners"))
    if begin > first and tokens[begin - 1].text == "," and _closes(parsed, cue, end):
        content = (first, begin - 1)
    else:
        clause = _clause_after(parsed, cue, end)
        if clause is None:
            return None
        content = (clause, end)
    size = sum(token.is_word for token in tokens[slice(*content)])
    return content if size >= FEWEST else None


def _closes(parsed: ParsedParagraph, cue: int, end: int) -> bool:
    """Whether only a time or a place follows a cue: said, said on Friday, said in Weyhaven."""
    rest = parsed.tokens[cue + 1 : end]
    if not rest:
        return True
    is_adjunct = rest[0].lower in words("words", "prepositions") or is_adverbial(rest[0])
    return is_adjunct and len(rest) <= THAT_WITHIN and not any(token.lower == "that" for token in rest)


def _clause_after(parsed: ParsedParagraph, cue: int, end: int) -> int | None:
    """Return the start of the content clause after a cue: after “that”, or directly at a subject and its verb."""
    tokens = parsed.tokens
    for index in range(cue + 1, min(end, cue + 1 + THAT_WITHIN)):
        if tokens[index].lower == "that":
            return index + 1 if index + 1 < end else None
        if tokens[index].text in (",", ":", ";"):
            return None
    index = cue + 1
    while index < end and is_adverbial(tokens[index]):
        index += 1
    subject = parsed.beginning.get(index) or parsed.beginning.get(index + 1)
    if subject is None or subject.last >= end:
        return None
    if subject.first > index and tokens[index].lower not in words("words", "determiners"):
        return None
    verb = tokens[subject.last].lower
    is_verb = verb in words("words", "auxiliaries", "be") or verb.endswith(("ed", "s"))
    return index if is_verb or subject.kind == "pronoun" else None
