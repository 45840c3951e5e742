"""The facts by which the first ranker chooses who may have spoken a quoted span, as the features that it weighs.

`where` says how a phrase stands to the span (before, after, above ...): the same fact means something else before a
quote than after it. Which of these facts hold of a span and a phrase is found out in setting.py.
"""

from __future__ import annotations

# --- a phrase and the span


def standing(where: str, kind: str, shape: str) -> tuple[str, ...]:
    """Tell what stands where, to a span of which shape."""
    return where, f"{where} {kind}", f"{where} {kind} shape {shape}"


def subject(where: str, kind: str, shape: str) -> tuple[str, ...]:
    """Tell that a phrase is the subject of the sentence with the span."""
    return f"{where} subject", f"{where} subject {kind} shape {shape}"


def distance(where: str, gap: str, spans: int, stops: int) -> tuple[str, ...]:
    """Tell how many tokens lie between phrase and span, how many other spans, and how many marks that divide."""
    return f"{where} gap {gap}", f"{where} spans between {spans}", f"{where} stops between {stops}"


def between(where: str, others: int, kind: str, cues: str) -> tuple[str, ...]:
    """Tell how many names and pronouns stand between phrase and span, and which kinds of cues."""
    return f"{where} names between {others} {kind}", f"{where} cues between {cues}"


def elsewhere(where: str, opens: bool, kind: str) -> tuple[str, ...]:
    """Tell whether a phrase of another paragraph opens its sentence."""
    return (f"{where} {'opens' if opens else 'inside'} {kind}",)


# --- a phrase by itself


def follows(where: str, before: str, kind: str) -> tuple[str, ...]:
    """Tell the class of the word before a phrase."""
    return f"{where} follows {before}", f"{where} follows {before} {kind}"


def precedes(where: str, after: str) -> tuple[str, ...]:
    """Tell the class of the word after a phrase."""
    return (f"{where} precedes {after}",)


def pronoun(where: str, head: str) -> tuple[str, ...]:
    """Tell which pronoun it is."""
    return (f"{where} {head}",)


def nominal(where: str, sort: str) -> tuple[str, ...]:
    """Tell which kind of noun is the head of a nominal."""
    return f"{where} nominal {sort}", f"nominal {sort}"


def noun(head: str) -> tuple[str, ...]:
    """Tell the head itself."""
    return (f"head {head}",)


def unlisted(where: str) -> tuple[str, ...]:
    """Tell that a name is that of nobody in the cast."""
    return (f"{where} unlisted",)


def named(where: str, nature: str, is_certain: bool, is_full: bool, is_titled: bool) -> tuple[str, ...]:
    """Tell whose name it is, and how the article writes it here."""
    return (
        f"{where} {nature} {'certain' if is_certain else 'unsure'}",
        f"{where} {'full' if is_full else 'single'}{' titled' if is_titled else ''}",
    )


def mentioned(times: str, nature: str) -> tuple[str, ...]:
    """Tell how often the article names somebody."""
    return (f"mentions {times} {nature}",)


def owner(where: str) -> tuple[str, ...]:
    """Tell that a phrase owns what comes after it: Ada Byron’s."""
    return (f"{where} owner",)


def joined(where: str) -> tuple[str, ...]:
    """Tell that somebody else is added to a name: Ada Byron and her aide."""
    return "joint", f"{where} joined"


# --- the verb of a phrase


def verbless(where: str) -> tuple[str, ...]:
    """Tell that no verb stands beside a phrase."""
    return (f"{where} no verb",)


def verb(where: str, sort: str, link: str) -> tuple[str, ...]:
    """Tell the class of a phrase's verb, and how the two are joined."""
    return f"{where} verb {sort}", f"{where} verb {sort} {link}"


def verb_word(where: str, word: str) -> tuple[str, ...]:
    """Tell the verb itself."""
    return f"{where} verb {word}", f"verb {word}"


def verb_gap(where: str, sort: str, gap: str) -> tuple[str, ...]:
    """Tell how far the verb stands from the span."""
    return (f"{where} verb {sort} gap {gap}",)


def verb_shape(where: str, sort: str, is_subject: bool, shape: str) -> tuple[str, ...]:
    """Tell whether verb and phrase rule the sentence, and the shape of the span."""
    return (f"{where} verb {sort} subject {is_subject} shape {shape}",)


def untold(where: str, is_unsaid: bool, is_passive: bool, denies: bool, is_joint: bool) -> tuple[str, ...]:
    """Tell why a subject with its verb says nothing by itself: never said, was told, denies, two at once."""
    return (
        *(("unsaid", f"{where} unsaid") if is_unsaid else ()),
        *((f"{where} passive",) if is_passive else ()),
        *((f"{where} denies",) if denies else ()),
        *(("joint", f"{where} joint") if is_joint else ()),
    )


def inverted(where: str, cue: str, kind: str, gap: str) -> tuple[str, ...]:
    """Tell that a cue stands before the phrase, and how far that cue is from the span: said Ada Byron."""
    return f"{where} inverted {cue} {kind}", f"{where} inverted {cue} gap {gap}"


# --- what the patterns say


def against(where: str, method: str) -> tuple[str, ...]:
    """Tell that no pattern finds the phrase, and which is the first that finds another."""
    return (f"{where} against {method}",)


def found(methods: tuple[str, ...]) -> tuple[str, ...]:
    """Tell which patterns find a phrase."""
    return f"patterns {len(methods)}", *(f"pattern {method}" for method in methods)


def found_first(method: str, kind: str, shape: str) -> tuple[str, ...]:
    """Tell that the surest pattern of all finds the phrase."""
    return f"first {method}", f"first {method} {kind}", f"first {method} shape {shape}"


# --- who spoke before; `relation` says how near the span before stands


def other_than_before(where: str, relation: str) -> tuple[str, ...]:
    """Tell that another phrase spoke the span before."""
    return (f"{where} other than before, {relation}",)


def as_before(where: str, relation: str, shape: str) -> tuple[str, ...]:
    """Tell that the phrase spoke the span before."""
    return f"as before, {relation}", f"as before, {relation}, shape {shape}", f"as before, {relation}, {where}"


def as_before_on(relation: str, continues: bool, is_alone: bool) -> tuple[str, ...]:
    """Tell that the same phrase goes on: in a quote that was left open, or in a paragraph that is one quote."""
    return (
        *(("as before, continued",) if continues else ()),
        *((f"as before, alone, {relation}",) if is_alone else ()),
    )


def as_before_past(relation: str, others: int) -> tuple[str, ...]:
    """Tell how many others stand between the span before and this one."""
    return (f"as before, {relation}, others between {others}",)


# --- nobody: what of a span says that it is no speech


def nobody(shape: str, size: str) -> tuple[str, ...]:
    """Tell the shape of a span, and how many words it has."""
    return "nobody", f"nobody shape {shape}", f"nobody words {size}", f"nobody words {size} shape {shape}"


def nobody_pattern(pattern: str, size: str) -> tuple[str, ...]:
    """Tell the surest pattern that finds anybody."""
    return f"nobody pattern {pattern}", f"nobody pattern {pattern} words {size}"


def nobody_before(before: str, size: str) -> tuple[str, ...]:
    """Tell the class of the word before the span."""
    return f"nobody before {before}", f"nobody before {before} words {size}"


def nobody_before_word(word: str) -> tuple[str, ...]:
    """Tell the word before the span itself."""
    return (f"nobody before {word}",)


def nobody_after(after: str, size: str) -> tuple[str, ...]:
    """Tell the class of the word after the span."""
    return f"nobody after {after}", f"nobody after {after} words {size}"


def nobody_capitals(before: str, size: str) -> tuple[str, ...]:
    """Tell that a short span is written in capitals, as titles and names are."""
    return f"nobody capitals words {size}", f"nobody capitals before {before}"


def nobody_is(sort: str) -> tuple[str, ...]:
    """Tell what a span is that nobody says: title, scare, naming, headline."""
    return (f"nobody {sort}",)


def nobody_alone(shape: str) -> tuple[str, ...]:
    """Tell that the span is the whole paragraph."""
    return (f"nobody alone {shape}",)


def nobody_marks(style: str, size: str) -> tuple[str, ...]:
    """Tell that the span is set off otherwise than by double marks."""
    return f"nobody {style} marks", f"nobody {style} marks words {size}"


def nobody_cue(kind: str, gap: str, pattern: str) -> tuple[str, ...]:
    """Tell the last cue before the span in its sentence."""
    return f"nobody cue {kind} pattern {pattern}", f"nobody cue {kind} gap {gap} pattern {pattern}"


def nobody_cueless(size: str) -> tuple[str, ...]:
    """Tell that the sentence has no cue."""
    return (f"nobody no cue words {size}",)


def nobody_after_span(of: str) -> tuple[str, ...]:
    """Tell whether somebody spoke the span before."""
    return (f"nobody after {of}",)
