"""The patterns by which articles say who speaks: one a function, from the surest on.

A pattern sees the span where it stands and returns its evidence or nothing. It does not decide: the ranker weighs
what all of them say. What it returns names no person yet; resolution.py does that.
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
    participle_subject,
    subject_after,
    subject_before,
)
from quoth.extraction.parsing.cues import Cue
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import words

REACH = 40  # tokens between a quoted span and the cue after it

TRIES = 8  # cues that a pattern tries
JUDGED_REACH = 12  # tokens between a verb of judging and the words it quotes
ASKING = frozenset({"ask", "asks", "asked"})
METHODS = {"say": "cue before", "judge": "judged", "participle": "participle"}

Pattern = Callable[[SpanContext], Evidence | None]


# --- patterns, from the surest on


def turn(place: SpanContext) -> Evidence | None:
    """BYRON: It will hold. The words before the colon name who has the turn."""
    label = place.reading.spans[place.number].label
    if label is None:
        return None
    for phrase in place.scene.phrases:
        if phrase.kind == "name" and phrase.start < label[1] and phrase.end > label[0]:
            return evidence_of(place, phrase, None, "turn")
        if phrase.start >= label[1]:
            break
    return None


def continued(place: SpanContext) -> Evidence | None:
    """The span goes on with one whose mark was never closed."""
    if not place.reading.spans[place.number].continues:
        return None
    evidence = place.earlier[place.number - 1]
    if evidence is None:
        return None
    above = place.paragraph - evidence.paragraph
    how_far = "one paragraph above" if above == 1 else f"{above} paragraphs above"
    name = excerpt(place.reading, evidence)
    return replace(
        evidence,
        method="continuation",
        seen=f"continues the quote that “{name}” introduces {how_far}",
    )


def cue_after(place: SpanContext) -> Evidence | None:
    """“...,” Ada Byron said; “...,” said the mayor, Ada Byron."""
    scene, tokens = place.scene, place.scene.tokens
    first = place.token + 1
    if first < len(tokens) and tokens[first].text in (",", "-", "–", "—", "--"):
        first += 1
    if first >= len(tokens):
        return None
    inverted = first + 1 if first + 1 < len(tokens) and tokens[first].lower.endswith("ly") else first
    if scene.cue_at(inverted) == "say":
        subject = subject_after(scene, inverted + 1)
        if subject is None or _starts_clause(place, subject):
            return None
        return evidence_of(place, subject, inverted, "cue after")
    if is_named(place):
        return None
    for cue in _say_cues(scene, first, _end_of_reach(scene, first)):
        subject = subject_before(scene, cue, first)
        if subject is not None:
            is_own = _begins_with(scene, first, subject) and _belongs_before(place, cue)
            cited = scene.beginning.get(cue + 1)
            if cited is not None and cited.kind == "name" and scene.cue_at(cited.last) == "participle":
                return evidence_of(place, cited, cited.last, "cue after") if is_own else None
            return evidence_of(place, subject, cue, "cue after") if is_own else None
    return None


def cue_before(place: SpanContext) -> Evidence | None:
    """Ada Byron said that it was “...”; Bo Li, who called it “...”; she shrugged, calling it “...”."""
    scene, floor = place.scene, place.floor
    is_asked = False  # whether the quote is what somebody is asked to say
    for cue in reversed(scene.cues_between(floor, place.token)[-TRIES:]):
        if cue.kind == "judge" and place.token - cue.at > JUDGED_REACH:
            continue
        if is_asked and scene.tokens[cue.at].lower in words("cues", "addressee"):
            return None
        is_asked = is_asked or (cue.kind == "say" and cue.at > floor and scene.tokens[cue.at - 1].lower == "to")
        if cue.kind == "judge" and cites_another(scene, cue.at, place.token):
            return None
        if cue.kind == "participle" and is_denied(scene, cue.at, floor):
            return None
        subject = _subject(scene, cue, floor)
        if subject is not None and is_unsaid(scene, cue.at, subject, floor):
            return None
        if subject is not None:
            return evidence_of(place, subject, cue.at, METHODS[cue.kind])
    return None


def trailing_cue(place: SpanContext) -> Evidence | None:
    """The plan is “...” for us all, Ada Byron said."""
    scene, tokens, first = place.scene, place.scene.tokens, place.token + 1
    if is_named(place):
        return None
    for cue in reversed(_say_cues(scene, first, _end_of_reach(scene, place.token))):
        subject = subject_before(scene, cue, first)
        if subject is not None and tokens[subject.first - 1].text == ",":
            return evidence_of(place, subject, cue, "cue after")
    return None


def according_to(place: SpanContext) -> Evidence | None:
    """According to Ada Byron, it was “...”; it was “...”, according to the mayor."""
    scene, tokens = place.scene, place.scene.tokens
    for cue in scene.cues_between(place.floor, _end_of_reach(scene, place.token)):
        following = tokens[cue.at + 1 : cue.at + 2]
        if cue.kind != "according" or not following or following[0].lower != "to":
            continue
        subject = subject_after(scene, cue.at + 2)
        if subject is not None:
            return evidence_of(place, subject, cue.at, "according to")
    return None


def introduced(place: SpanContext) -> Evidence | None:
    """Ada Byron went on: “...”, also when the colon ends the paragraph above."""
    scene, index = place.scene, place.token
    if index == 0 and place.paragraph > 0:
        scene = place.scenes[place.paragraph - 1]
        index = len(scene.tokens)
    if index == 0 or scene.tokens[index - 1].text != ":":
        return None
    floor = max(scene.paragraph.sentences[index - 1], index - WINDOW)
    for cue in reversed(scene.cues_between(floor, index)[-TRIES:]):
        subject = _subject(scene, cue, floor)
        if subject is not None:
            return evidence_of(place, subject, cue.at, "introduced", scene)
    subject = clause_subject(scene, index - 1, floor)
    if subject is None or subject.kind == "nominal" or (subject.first == floor and " " not in subject.text):
        return None
    return evidence_of(place, subject, None, "introduced", scene)


def signed(place: SpanContext) -> Evidence | None:
    """“...” — Ada Byron, and nothing else in the paragraph."""
    scene, tokens = place.scene, place.scene.tokens
    first = place.token + 1
    if place.token != 0 or first + 1 >= len(tokens) or tokens[first].text[:1] not in ("-", "–", "—", "―"):
        return None
    name = scene.beginning.get(first + 1)
    return evidence_of(place, name, None, "signed") if name is not None and name.kind == "name" else None


def same_paragraph(place: SpanContext) -> Evidence | None:
    """A sentence in quotes after another in the same paragraph, with no other speaker in between."""
    before = place.number - 1
    if before < 0 or place.reading.spans[before].paragraph != place.paragraph:
        return None
    evidence = place.earlier[before]
    if evidence is None or not _opens_sentence(place) or _changes_subject(place, evidence):
        return None
    return replace(
        evidence,
        method="same paragraph",
        seen=f"goes on after “{excerpt(place.reading, evidence)}” in the same paragraph",
    )


def _changes_subject(place: SpanContext, evidence: Evidence) -> bool:
    """Whether the sentence between two quotes is about somebody else, as “Bo Li disagreed” is."""
    scene = place.scene
    last = place.token
    floor = scene.paragraph.sentences[last - 1]
    if floor >= last or scene.paragraph.sentences[floor] != floor or floor <= _last_word(place, evidence):
        return False
    if any(token.is_quote for token in scene.tokens[floor:last]):
        return False
    subject = clause_subject(scene, last, floor)
    if subject is None or subject.first - len(subject.title) > floor + 2:
        return False
    verb = scene.tokens[subject.last : subject.last + 1]
    if not verb or not verb[0].is_word:
        return False
    return subject.kind == "name" and subject.head not in evidence.phrase.text.lower().split()


def _last_word(place: SpanContext, evidence: Evidence) -> int:
    """Return the token index of the evidence when it stands in this paragraph."""
    if evidence.paragraph != place.paragraph:
        return -1
    return evidence.phrase.last - 1


def reported_before(place: SpanContext) -> Evidence | None:
    """Ada Byron said she was tired. “...”, a sentence after the one that reports."""
    scene = place.scene
    if not _opens_sentence(place) or place.token == 0:
        return None
    last = place.token
    floor = scene.paragraph.sentences[last - 1]
    return _reporting_sentence(place, scene, max(floor, last - WINDOW), last, "reported before")


def floating(place: SpanContext) -> Evidence | None:
    """A paragraph that is one quote and nothing else belongs to whoever spoke in the paragraph above."""
    if place.token != 0 or not _is_alone(place.scene) or place.paragraph == 0:
        return None
    above = place.scenes[place.paragraph - 1]
    before = place.number - 1
    if before >= 0 and place.reading.spans[before].paragraph == place.paragraph - 1:
        evidence = place.earlier[before]
        if evidence is None or _asks(place, before, evidence):
            return None
        return replace(
            evidence,
            method="floating",
            seen=f"stands alone after the paragraph in which “{excerpt(place.reading, evidence)}” tells who speaks",
        )
    last = len(above.tokens)
    floor = above.paragraph.sentences[-1] if last else 0
    return _reporting_sentence(place, above, max(floor, last - WINDOW), last, "floating")


def _asks(place: SpanContext, number: int, evidence: Evidence) -> bool:
    """Whether a span is a question, which somebody else answers: “Who lost?” asked Ada Byron."""
    span, cue = place.reading.spans[number], evidence.cue
    is_question = place.reading.body[span.start : span.end].endswith("?")
    return is_question and cue is not None and place.reading.body[slice(*cue)].lower() in ASKING


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


# --- what the patterns share


def _reporting_sentence(
    place: SpanContext, scene: ParsedParagraph, floor: int, last: int, method: str
) -> Evidence | None:
    for cue in _say_cues(scene, floor, last):
        subject = subject_before(scene, cue, floor)
        if subject is not None:
            is_answered = scene.tokens[cue].lower in ASKING or is_unsaid(scene, cue, subject, floor)
            return None if is_answered else evidence_of(place, subject, cue, method, scene)
    return None


def _say_cues(scene: ParsedParagraph, first: int, last: int) -> list[int]:
    return [cue.at for cue in scene.cues_between(first, last) if cue.kind == "say"][:TRIES]


def _subject(scene: ParsedParagraph, cue: Cue, floor: int) -> NounPhrase | None:
    """Return the subject of a cue before the quote; a participle has that of its whole sentence."""
    if cue.kind == "according":
        return None
    if cue.kind == "participle":
        return participle_subject(scene, cue.at, floor)
    return subject_before(scene, cue.at, floor)


def _end_of_reach(scene: ParsedParagraph, first: int) -> int:
    """Return where a rule stops that looks from `first` on: at the next quote or the end of the sentence."""
    last = scene.end_of_sentence(first, REACH)
    quote = bisect_right(scene.spans, first)
    return min(last, scene.spans[quote]) if quote < len(scene.spans) else last


def _opens_sentence(place: SpanContext) -> bool:
    """Whether the quoted span is a sentence of its own, not a part of the reporter’s."""
    scene = place.scene
    following = scene.tokens[place.token + 1 : place.token + 2]
    if place.text.endswith(",") and following and following[0].is_word:
        return False  # “We lost,” beamed Bo Li: some verb that no table knows names the speaker
    return scene.paragraph.sentences[place.token] == place.token and place.text[:1].isupper()


def _is_alone(scene: ParsedParagraph) -> bool:
    return all(token.is_quote or not token.is_word for token in scene.tokens)


def _begins_with(scene: ParsedParagraph, first: int, subject: NounPhrase) -> bool:
    """Whether the words from `first` on begin with the subject, or with what stands around its name."""
    begins = scene.beginning.get(first)
    determined = scene.tokens[first].lower in words("words", "determiners")
    return subject.first in (first, first + determined) or (begins is not None and begins.last <= subject.last)


def _starts_clause(place: SpanContext, subject: NounPhrase) -> bool:
    """Whether a fragment stands before a clause: Ada Byron, who called it “a farce,” said Bo Li lied."""
    tokens, sentences = place.scene.tokens, place.scene.paragraph.sentences
    if sentences[place.token] == place.token or subject.last >= len(tokens):
        return False
    verb = tokens[subject.last].lower
    return verb in words("words", "auxiliaries", "be") or (verb.endswith("ed") and tokens[subject.last].is_word)


def _belongs_before(place: SpanContext, cue: int) -> bool:
    """Whether a cue after a quote that ends with a full stop still belongs to it, and not to what follows."""
    following = place.scene.tokens[cue + 1 : cue + 2]
    return not place.text.endswith(".") or not following or following[0].text == "."
