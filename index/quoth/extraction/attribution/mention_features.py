"""Feature templates of the mention ranker, which chooses the phrase that names the speaker of a span.

`where` is the position of the phrase relative to the span (before, after, above ...): the same fact weighs differently
before a quote and after it. mention_candidates.py decides which templates apply to a span and a phrase.
"""

from __future__ import annotations

# --- a phrase and the span


def position(where: str, kind: str, shape: str) -> tuple[str, ...]:
    """The position of a phrase, its kind, and the shape of the span."""
    return where, f"{where} {kind}", f"{where} {kind} shape {shape}"


def subject(where: str, kind: str, shape: str) -> tuple[str, ...]:
    """The phrase is the subject of the sentence with the span."""
    return f"{where} subject", f"{where} subject {kind} shape {shape}"


def distance(where: str, gap: str, spans: int, stops: int) -> tuple[str, ...]:
    """The numbers of tokens, other spans and dividing marks between phrase and span."""
    return f"{where} gap {gap}", f"{where} spans between {spans}", f"{where} stops between {stops}"


def between(where: str, others: int, kind: str, cues: str) -> tuple[str, ...]:
    """The number of names and pronouns between phrase and span, and the kinds of the cues."""
    return f"{where} names between {others} {kind}", f"{where} cues between {cues}"


def elsewhere(where: str, opens: bool, kind: str) -> tuple[str, ...]:
    """Whether a phrase of another paragraph opens its sentence."""
    return (f"{where} {'opens' if opens else 'inside'} {kind}",)


# --- a phrase by itself


def follows(where: str, before: str, kind: str) -> tuple[str, ...]:
    """The class of the word before the phrase."""
    return f"{where} follows {before}", f"{where} follows {before} {kind}"


def precedes(where: str, after: str) -> tuple[str, ...]:
    """The class of the word after the phrase."""
    return (f"{where} precedes {after}",)


def pronoun(where: str, head: str) -> tuple[str, ...]:
    """The pronoun itself."""
    return (f"{where} {head}",)


def nominal(where: str, head_class: str) -> tuple[str, ...]:
    """The class of the head of a nominal."""
    return f"{where} nominal {head_class}", f"nominal {head_class}"


def noun(head: str) -> tuple[str, ...]:
    """The head itself."""
    return (f"head {head}",)


def unlisted(where: str) -> tuple[str, ...]:
    """The name belongs to none of the entities."""
    return (f"{where} unlisted",)


def named(where: str, nature: str, is_certain: bool, is_full: bool, is_titled: bool) -> tuple[str, ...]:
    """The nature and certainty of the entity, and the form of the name here."""
    return (
        f"{where} {nature} {'certain' if is_certain else 'unsure'}",
        f"{where} {'full' if is_full else 'single'}{' titled' if is_titled else ''}",
    )


def mentioned(times: str, nature: str) -> tuple[str, ...]:
    """The number of mentions of the entity in the article."""
    return (f"mentions {times} {nature}",)


def owner(where: str) -> tuple[str, ...]:
    """The phrase is a possessive: Ada Byron’s."""
    return (f"{where} owner",)


def joined(where: str) -> tuple[str, ...]:
    """Another phrase is joined to the name: Ada Byron and her aide."""
    return "joint", f"{where} joined"


# --- the verb of a phrase


def verbless(where: str) -> tuple[str, ...]:
    """The phrase has no verb beside it."""
    return (f"{where} no verb",)


def verb(where: str, verb_class: str, link: str) -> tuple[str, ...]:
    """The class of the verb of the phrase, and the link between the two."""
    return f"{where} verb {verb_class}", f"{where} verb {verb_class} {link}"


def verb_word(where: str, word: str) -> tuple[str, ...]:
    """The verb itself."""
    return f"{where} verb {word}", f"verb {word}"


def verb_gap(where: str, verb_class: str, gap: str) -> tuple[str, ...]:
    """The distance of the verb from the span."""
    return (f"{where} verb {verb_class} gap {gap}",)


def verb_shape(where: str, verb_class: str, is_subject: bool, shape: str) -> tuple[str, ...]:
    """Whether the phrase is the subject of the sentence, and the shape of the span."""
    return (f"{where} verb {verb_class} subject {is_subject} shape {shape}",)


def not_reporting(where: str, is_unsaid: bool, is_passive: bool, denies: bool, is_joint: bool) -> tuple[str, ...]:
    """The reasons why a subject and its verb report no speech: never said, was told, denies, a joint subject."""
    return (
        *(("unsaid", f"{where} unsaid") if is_unsaid else ()),
        *((f"{where} passive",) if is_passive else ()),
        *((f"{where} denies",) if denies else ()),
        *(("joint", f"{where} joint") if is_joint else ()),
    )


def inverted(where: str, cue: str, kind: str, gap: str) -> tuple[str, ...]:
    """The kind of the cue before the phrase and its distance from the span: said Ada Byron."""
    return f"{where} inverted {cue} {kind}", f"{where} inverted {cue} gap {gap}"


# --- the proposals of the patterns


def other_proposed(where: str, method: str) -> tuple[str, ...]:
    """No pattern proposes the phrase; `method` is the most reliable one that proposes another."""
    return (f"{where} against {method}",)


def proposed(methods: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns that propose the phrase."""
    return f"patterns {len(methods)}", *(f"pattern {method}" for method in methods)


def proposed_first(method: str, kind: str, shape: str) -> tuple[str, ...]:
    """The most reliable of all matching patterns proposes the phrase."""
    return f"first {method}", f"first {method} {kind}", f"first {method} shape {shape}"


# --- the mention of the span before; `relation` is how near that span is


def other_than_before(where: str, relation: str) -> tuple[str, ...]:
    """Another phrase is the mention of the span before."""
    return (f"{where} other than before, {relation}",)


def as_before(where: str, relation: str, shape: str) -> tuple[str, ...]:
    """The phrase is the mention of the span before."""
    return f"as before, {relation}", f"as before, {relation}, shape {shape}", f"as before, {relation}, {where}"


def as_before_on(relation: str, continues: bool, is_alone: bool) -> tuple[str, ...]:
    """The same phrase continues: in a quote left open, or in a paragraph of one quote."""
    return (
        *(("as before, continued",) if continues else ()),
        *((f"as before, alone, {relation}",) if is_alone else ()),
    )


def as_before_past(relation: str, others: int) -> tuple[str, ...]:
    """The number of other phrases between the span before and this one."""
    return (f"as before, {relation}, others between {others}",)


# --- nobody: the option that the span has no speaker


def nobody(shape: str, size: str) -> tuple[str, ...]:
    """The shape of the span and its number of words."""
    return "nobody", f"nobody shape {shape}", f"nobody words {size}", f"nobody words {size} shape {shape}"


def nobody_pattern(pattern: str, size: str) -> tuple[str, ...]:
    """The most reliable pattern that proposes any phrase."""
    return f"nobody pattern {pattern}", f"nobody pattern {pattern} words {size}"


def nobody_before(before: str, size: str) -> tuple[str, ...]:
    """The class of the word before the span."""
    return f"nobody before {before}", f"nobody before {before} words {size}"


def nobody_before_word(word: str) -> tuple[str, ...]:
    """The word before the span."""
    return (f"nobody before {word}",)


def nobody_after(after: str, size: str) -> tuple[str, ...]:
    """The class of the word after the span."""
    return f"nobody after {after}", f"nobody after {after} words {size}"


def nobody_capitals(before: str, size: str) -> tuple[str, ...]:
    """A short span has capitalised words, like titles and names."""
    return f"nobody capitals words {size}", f"nobody capitals before {before}"


def nobody_is(sort: str) -> tuple[str, ...]:
    """The sort of span that is not speech: title, scare, naming, headline."""
    return (f"nobody {sort}",)


def nobody_alone(shape: str) -> tuple[str, ...]:
    """The span is the whole paragraph."""
    return (f"nobody alone {shape}",)


def nobody_marks(style: str, size: str) -> tuple[str, ...]:
    """The span is set off by something other than double marks."""
    return f"nobody {style} marks", f"nobody {style} marks words {size}"


def nobody_cue(kind: str, gap: str, pattern: str) -> tuple[str, ...]:
    """The kind and distance of the last cue before the span in its sentence."""
    return f"nobody cue {kind} pattern {pattern}", f"nobody cue {kind} gap {gap} pattern {pattern}"


def nobody_cueless(size: str) -> tuple[str, ...]:
    """The sentence has no cue."""
    return (f"nobody no cue words {size}",)


def nobody_after_span(speaker: str) -> tuple[str, ...]:
    """Whether the span before has a mention."""
    return (f"nobody after {speaker}",)
