"""The patterns of attribution, one function each, the most reliable first.

A pattern gets a span in its context and returns evidence or nothing. It does not decide: the ranker weighs the evidence
of all patterns. The evidence names a mention, not yet a person; coreference.py and antecedents.py resolve it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace

from quoth.extraction.attribution.evidence import WINDOW, Evidence, SpanContext, evidence_of, excerpt
from quoth.extraction.attribution.non_speech import cites_another, is_denied, is_named, is_unsaid
from quoth.extraction.parsing.clauses import (
    ParsedParagraph,
    clause_subject,
    governor_of,
    is_joined,
    is_passive,
    participle_subject,
    subject_after,
    subject_before,
)
from quoth.extraction.parsing.cues import Cue
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import words

LONGEST_SIGNATURE = 12  # tokens after the name that signs a quote: — Ada Byron, mayor of Weyhaven
SIGNING = frozenset("-–—―~")
AGENT_REACH = 6  # tokens between a passive verb, or a message, and its agent: was told on Friday by Ada Byron
REACH = 40  # tokens between a quoted span and the cue after it
TRIES = 8  # cues that a pattern tries
JUDGED_REACH = 12  # tokens between a verb of judging and its quote
ASKING = frozenset({"ask", "asks", "asked"})
METHODS = {"say": "cue before", "judge": "judged", "participle": "participle"}

Pattern = Callable[[SpanContext], Evidence | None]


# --- patterns, the most reliable first


def turn(context: SpanContext) -> Evidence | None:
    """BYRON: It will hold. The label before the colon is the mention."""
    label = context.document.spans[context.number].label
    if label is None:
        return None
    for phrase in context.parsed.phrases:
        if phrase.kind == "name" and phrase.start < label[1] and phrase.end > label[0]:
            return evidence_of(context, phrase, None, "turn")
        if phrase.start >= label[1]:
            break
    return None


def continued(context: SpanContext) -> Evidence | None:
    """The span continues one whose mark is never closed."""
    if not context.document.spans[context.number].continues:
        return None
    evidence = context.earlier[context.number - 1]
    if evidence is None:
        return None
    above = context.paragraph_number - evidence.paragraph_number
    how_far = "one paragraph above" if above == 1 else f"{above} paragraphs above"
    name = excerpt(context.document, evidence)
    return replace(
        evidence,
        method="continuation",
        why=f"continues the quote that “{name}” introduces {how_far}",
    )


def cue_after(context: SpanContext) -> Evidence | None:
    """“...,” Ada Byron said; “...,” said the mayor, Ada Byron."""
    parsed, tokens = context.parsed, context.parsed.tokens
    first = context.token + 1
    if first < len(tokens) and tokens[first].text in (",", "-", "–", "—", "--"):
        first += 1
    if first >= len(tokens):
        return None
    inverted = first + 1 if first + 1 < len(tokens) and tokens[first].lower.endswith("ly") else first
    if parsed.cue_at(inverted) == "say":
        subject = subject_after(parsed, inverted + 1)
        if subject is None or _starts_clause(context, subject):
            return None
        return evidence_of(context, subject, inverted, "cue after")
    if is_named(context):
        return None
    for cue in _say_cues(parsed, first, _end_of_reach(parsed, first)):
        subject = subject_before(parsed, cue, first)
        if subject is not None:
            is_own = _begins_with(parsed, first, subject) and _belongs_before(context, cue)
            cited = parsed.beginning.get(cue + 1)
            if cited is not None and cited.kind == "name" and parsed.cue_at(cited.last) == "participle":
                return evidence_of(context, cited, cited.last, "cue after") if is_own else None
            return evidence_of(context, subject, cue, "cue after") if is_own else None
    return None


def cue_before(context: SpanContext) -> Evidence | None:
    """Ada Byron said that it was “...”; Bo Li, who called it “...”; she shrugged, calling it “...”."""
    parsed, floor = context.parsed, context.floor
    is_asked = False  # whether somebody is asked to say the quote
    for cue in reversed(parsed.cues_between(floor, context.token)[-TRIES:]):
        if cue.kind == "judge" and context.token - cue.at > JUDGED_REACH:
            continue
        if is_asked and parsed.tokens[cue.at].lower in words("cues", "addressee"):
            return None
        is_asked = is_asked or (cue.kind == "say" and cue.at > floor and parsed.tokens[cue.at - 1].lower == "to")
        if cue.kind == "judge" and cites_another(parsed, cue.at, context.token):
            return None
        if cue.kind == "participle" and is_denied(parsed, cue.at, floor):
            return None
        subject = _subject(parsed, cue, floor)
        if subject is not None and is_unsaid(parsed, cue.at, subject, floor):
            return None
        if subject is not None:
            return evidence_of(context, subject, cue.at, METHODS[cue.kind])
    return None


def trailing_cue(context: SpanContext) -> Evidence | None:
    """The plan is “...” for us all, Ada Byron said."""
    parsed, tokens, first = context.parsed, context.parsed.tokens, context.token + 1
    if is_named(context):
        return None
    for cue in reversed(_say_cues(parsed, first, _end_of_reach(parsed, context.token))):
        subject = subject_before(parsed, cue, first)
        if subject is not None and tokens[subject.first - 1].text == ",":
            return evidence_of(context, subject, cue, "cue after")
    return None


def according_to(context: SpanContext) -> Evidence | None:
    """According to Ada Byron, it was “...”; it was “...”, according to the mayor."""
    parsed, tokens = context.parsed, context.parsed.tokens
    for cue in parsed.cues_between(context.floor, _end_of_reach(parsed, context.token)):
        following = tokens[cue.at + 1 : cue.at + 2]
        if cue.kind != "according" or not following or following[0].lower != "to":
            continue
        subject = subject_after(parsed, cue.at + 2)
        if subject is not None:
            return evidence_of(context, subject, cue.at, "according to")
    return None


def introduced(context: SpanContext) -> Evidence | None:
    """Ada Byron went on: “...”, also when the colon ends the paragraph above."""
    parsed, index = context.parsed, context.token
    if index == 0 and context.paragraph_number > 0:
        parsed = context.paragraphs[context.paragraph_number - 1]
        index = len(parsed.tokens)
    if index == 0 or parsed.tokens[index - 1].text != ":":
        return None
    floor = max(parsed.paragraph.sentences[index - 1], index - WINDOW)
    for cue in reversed(parsed.cues_between(floor, index)[-TRIES:]):
        subject = _subject(parsed, cue, floor)
        if subject is not None:
            return evidence_of(context, subject, cue.at, "introduced", parsed)
    subject = clause_subject(parsed, index, floor)
    if subject is None or subject.kind == "nominal" or (subject.first == floor and " " not in subject.text):
        return None
    return evidence_of(context, subject, None, "introduced", parsed)


def signed(context: SpanContext) -> Evidence | None:
    """“...” — Ada Byron, and nothing else in the paragraph."""
    parsed, tokens = context.parsed, context.parsed.tokens
    first = context.token + 1
    if context.token != 0 or first + 1 >= len(tokens) or tokens[first].text[:1] not in ("-", "–", "—", "―"):
        return None
    name = parsed.beginning.get(first + 1)
    return evidence_of(context, name, None, "signed") if name is not None and name.kind == "name" else None


def same_paragraph(context: SpanContext) -> Evidence | None:
    """A quoted sentence after another in the same paragraph, with no other speaker in between."""
    before = context.number - 1
    if before < 0 or context.document.spans[before].paragraph != context.paragraph_number:
        return None
    evidence = context.earlier[before]
    if evidence is None or not _opens_sentence(context) or _changes_subject(context, evidence):
        return None
    return replace(
        evidence,
        method="same paragraph",
        why=f"goes on after “{excerpt(context.document, evidence)}” in the same paragraph",
    )


def _changes_subject(context: SpanContext, evidence: Evidence) -> bool:
    """Whether the sentence between two quotes has another subject, as in “Bo Li disagreed”."""
    parsed = context.parsed
    last = context.token
    floor = parsed.paragraph.sentences[last - 1]
    if floor <= _last_word(context, evidence):
        return False
    if any(token.is_quote for token in parsed.tokens[floor:last]):
        return False
    subject = clause_subject(parsed, last, floor)
    if subject is None or subject.first - len(subject.title) > floor + 2:
        return False
    verb = parsed.tokens[subject.last : subject.last + 1]
    if not verb or not verb[0].is_word:
        return False
    return subject.kind == "name" and subject.head not in evidence.phrase.text.lower().split()


def _last_word(context: SpanContext, evidence: Evidence) -> int:
    """Return the index of the last token of the mention if it stands in this paragraph, else -1."""
    if evidence.paragraph_number != context.paragraph_number:
        return -1
    return evidence.phrase.last - 1


def reported_before(context: SpanContext) -> Evidence | None:
    """Ada Byron said she was tired. “...”, a quoted sentence after the one that reports."""
    parsed = context.parsed
    if not _opens_sentence(context) or context.token == 0:
        return None
    last = context.token
    floor = parsed.paragraph.sentences[last - 1]
    return _reporting_sentence(context, parsed, max(floor, last - WINDOW), last, "reported before")


def floating(context: SpanContext) -> Evidence | None:
    """A paragraph of one quote and nothing else has the speaker of the paragraph above."""
    if context.token != 0 or not _is_alone(context.parsed) or context.paragraph_number == 0:
        return None
    above = context.paragraphs[context.paragraph_number - 1]
    before = context.number - 1
    if before >= 0 and context.document.spans[before].paragraph == context.paragraph_number - 1:
        evidence = context.earlier[before]
        if evidence is None or _asks(context, before, evidence):
            return None
        return replace(
            evidence,
            method="floating",
            why=f"stands alone after the paragraph in which “{excerpt(context.document, evidence)}” tells who speaks",
        )
    last = len(above.tokens)
    floor = above.paragraph.sentences[-1] if last else 0
    return _reporting_sentence(context, above, max(floor, last - WINDOW), last, "floating")


def _asks(context: SpanContext, number: int, evidence: Evidence) -> bool:
    """Whether a span is a question, so that another speaker answers: “Who lost?” asked Ada Byron."""
    span, cue = context.document.spans[number], evidence.cue
    is_question = context.document.visible(span.start, span.end).endswith("?")
    return is_question and cue is not None and context.document.visible(*cue).lower() in ASKING


# --- patterns that leave no doubt: their mention is the speaker, whatever the ranker believes


def by_agent(context: SpanContext) -> Evidence | None:
    """Bo Li was told by Ada Byron: “...”; Bo Li was described by Ada Byron as “...”; was called “...” by Ada Byron."""
    parsed, index = context.parsed, context.token
    for at in range(index - 1, context.floor, -1):
        if parsed.paragraph.lowers[at] == "by":
            return _agent(context, at, index)
        if parsed.cue_at(at) is not None:
            break
    lowers = parsed.paragraph.lowers
    if lowers[index + 1 : index + 2] == ("by",):
        return _agent(context, index + 1, index)
    behind = range(index + 1, min(parsed.end_of_sentence(index, 2 * AGENT_REACH), len(lowers)))
    by = next((at for at in behind if lowers[at] == "by"), None)
    return None if by is None or context.text[-1:] not in (",", "?", "!") else _agent(context, by, by)


def _agent(context: SpanContext, at: int, index: int) -> Evidence | None:
    """Return the evidence of the name after “by” at a token, if a passive verb of saying before it governs it."""
    parsed, lowers = context.parsed, context.parsed.paragraph.lowers
    name, last = _name_from(parsed, at + 1), min(at, index)
    told = words("receivers", "told") - words("receivers", "unspoken")
    verbs = range(last - 1, max(context.floor, last - AGENT_REACH) - 1, -1)
    verb = next((v for v in verbs if lowers[v] in told or parsed.cue_at(v) is not None), None)
    if name is None or verb is None or not is_passive(parsed.tokens, max(context.floor, verb - 3), verb):
        return None
    if lowers[verb] in words("receivers", "unspoken") or parsed.cues_between(name.last, max(index, name.last)):
        return None
    if is_joined(parsed, name) or parsed.tokens[name.last - 1].is_possessive:
        return None
    return evidence_of(context, name, verb, "by")


def message_from(context: SpanContext) -> Evidence | None:
    """Bo Li got a text from Ada Byron: “...”; a letter from Ada Byron that said: “...”; Statement by Ada Byron:."""
    parsed, index, floor = _before_colon(context)
    lowers = parsed.paragraph.lowers
    for at in range(index - 1, floor - 1, -1):
        cue = parsed.cue_at(at)
        sender = parsed.ending.get(at)
        is_sent = sender is not None and sender.kind == "name" and lowers[governor_of(parsed, sender)] in ("from", "by")
        is_of_message = is_sent or lowers[at - 1 : at] in (("that",), ("which",)) or cue == "participle"
        if cue is not None and not is_of_message:
            return None
        if lowers[at] not in ("from", "by"):
            continue
        name = _name_from(parsed, at + 1)
        near = lowers[max(floor, at - AGENT_REACH) : at]
        if lowers[at - 1] in words("receivers", "seen"):
            return None  # a memo seen by the Guardian
        is_message = not words("receivers", "messages").isdisjoint(near) or not words("words", "statements").isdisjoint(
            near
        )
        is_label = at == floor or (at == floor + 1 and lowers[floor] in ("and", "now"))
        if name is None or not (is_message or is_label) or parsed.tokens[name.last - 1].is_possessive:
            return None
        is_told = parsed.tokens[index - 1].text == ":" or bool(parsed.cues_between(name.last, index))
        return evidence_of(context, name, None, "from", parsed) if is_told else None
    return None


def _before_colon(context: SpanContext) -> tuple[ParsedParagraph, int, int]:
    """Return the paragraph, end and first token of the text that introduces a span, possibly in the paragraph above."""
    if context.token == 0 and context.paragraph_number > 0:
        above = context.paragraphs[context.paragraph_number - 1]
        last = len(above.tokens)
        if last and above.tokens[last - 1].text == ":":
            return above, last, max(above.paragraph.sentences[last - 1], last - WINDOW)
    return context.parsed, context.token, context.floor


def _name_from(parsed: ParsedParagraph, index: int) -> NounPhrase | None:
    """Return the name that begins at a token, past its determiner and titles: by the mayor, Ada Byron."""
    for name in parsed.between(index, min(len(parsed.tokens), index + 6)):
        if name.kind == "name":
            opening = parsed.paragraph.lowers[index : max(index, name.first - len(name.title))]
            known = words("words", "determiners") | words("names", "roles") | {","}
            return name if all(word in known for word in opening) else None
    return None


def signature(context: SpanContext) -> Evidence | None:
    """“...” — Ada Byron, mayor; also in a paragraph of its own below a quote that stands alone."""
    parsed, at = context.parsed, context.token + 1
    if context.token != 0:
        return None
    if len(parsed.tokens) == 1 and context.paragraph_number + 1 < len(context.paragraphs):
        parsed, at = context.paragraphs[context.paragraph_number + 1], 0
    tokens = parsed.tokens
    if at + 1 >= len(tokens) or tokens[at].text[:1] not in SIGNING:
        return None
    name = parsed.beginning.get(at + 1)
    if name is None or name.kind != "name" or len(tokens) > name.last + LONGEST_SIGNATURE or parsed.cues:
        return None
    is_closed = name.last == len(tokens) or tokens[name.last].text in (",", ".", "(")
    return (
        evidence_of(context, name, None, "signed", parsed)
        if is_closed and "" not in parsed.paragraph.lowers[at:]
        else None
    )


SURE: tuple[Pattern, ...] = (turn, by_agent, message_from, signature)

PATTERNS: tuple[Pattern, ...] = (
    turn,
    signed,
    cue_after,
    continued,
    introduced,
    cue_before,
    trailing_cue,
    according_to,
    same_paragraph,
    reported_before,
    floating,
)


# --- steps that several patterns share


def _reporting_sentence(
    context: SpanContext, parsed: ParsedParagraph, floor: int, last: int, method: str
) -> Evidence | None:
    for cue in _say_cues(parsed, floor, last):
        subject = subject_before(parsed, cue, floor)
        if subject is not None:
            is_answered = parsed.tokens[cue].lower in ASKING or is_unsaid(parsed, cue, subject, floor)
            return None if is_answered else evidence_of(context, subject, cue, method, parsed)
    return None


def _say_cues(parsed: ParsedParagraph, first: int, last: int) -> list[int]:
    return [cue.at for cue in parsed.cues_between(first, last) if cue.kind == "say"][:TRIES]


def _subject(parsed: ParsedParagraph, cue: Cue, floor: int) -> NounPhrase | None:
    """Return the subject of a cue before the quote; a participle has the subject of its whole sentence."""
    if cue.kind == "according":
        return None
    if cue.kind == "participle":
        return participle_subject(parsed, cue.at, floor)
    return subject_before(parsed, cue.at, floor)


def _end_of_reach(parsed: ParsedParagraph, first: int) -> int:
    """Return the end of a search from `first` on: the next quote or the end of the sentence."""
    last = parsed.end_of_sentence(first, REACH)
    quote = bisect_right(parsed.spans, first)
    return min(last, parsed.spans[quote]) if quote < len(parsed.spans) else last


def _opens_sentence(context: SpanContext) -> bool:
    """Whether the span is a sentence of its own, not a part of the reporter’s sentence."""
    parsed = context.parsed
    following = parsed.tokens[context.token + 1 : context.token + 2]
    if context.text.endswith(",") and following and following[0].is_word:
        return False  # “We lost,” beamed Bo Li: an unlisted verb introduces the speaker
    return parsed.paragraph.sentences[context.token] == context.token and context.text[:1].isupper()


def _is_alone(parsed: ParsedParagraph) -> bool:
    return all(token.is_quote or not token.is_word for token in parsed.tokens)


def _begins_with(parsed: ParsedParagraph, first: int, subject: NounPhrase) -> bool:
    """Whether the words from `first` on begin with the subject, or with a phrase that contains it."""
    begins = parsed.beginning.get(first)
    determined = parsed.tokens[first].lower in words("words", "determiners")
    return subject.first in (first, first + determined) or (begins is not None and begins.last <= subject.last)


def _starts_clause(context: SpanContext, subject: NounPhrase) -> bool:
    """Whether a cue and its object clause follow a fragment: Ada Byron, who called it “a farce,” said Bo Li lied."""
    tokens, sentences = context.parsed.tokens, context.parsed.paragraph.sentences
    if sentences[context.token] == context.token or subject.last >= len(tokens):
        return False
    verb = tokens[subject.last].lower
    return verb in words("words", "auxiliaries", "be") or (verb.endswith("ed") and tokens[subject.last].is_word)


def _belongs_before(context: SpanContext, cue: int) -> bool:
    """Whether a cue after a quote with a full stop at its end belongs to that quote, not to the text after the cue."""
    following = context.parsed.tokens[cue + 1 : cue + 2]
    return not context.text.endswith(".") or not following or following[0].text == "."
