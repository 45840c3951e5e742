"""Detect spans in marks that are not speech, and verbs of saying whose words were not said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from quoth.extraction.attribution.evidence import SpanContext
from quoth.extraction.parsing.clauses import ParsedParagraph, clause_subject, is_adverbial
from quoth.extraction.parsing.document import Token
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.ranking.features import FeatureTemplate, bucket, class_of
from quoth.extraction.tables import words

LONGEST_TERM = 12  # words of a term or a title; longer spans are speech
VOICE = re.compile(r"(?<![\w’'])(?:I|[Ww]e|[Yy]ou|[Mm]y|[Oo]ur|[Yy]our|[Mm]e|us|he|she|they|it)(?!\w)")
REACH = 40  # tokens after a span that are searched for a cue
OPERATIONS = frozenset({"Operation", "Project", "Exercise"})
DENYING = frozenset({"deny", "denies", "denied", "denying"})


def is_not_speech(context: SpanContext) -> bool:
    """Whether the span is not speech: it is part of the headline, a title, a name, or a scare quote.

    A transcript turn or a block quote is always speech.
    """
    if context.document.spans[context.number].style != "marks":
        return False
    is_headline = context.document.spans[context.number].paragraph == context.document.headline
    return is_headline or is_title(context) or is_scare_quote(context)


def is_title(context: SpanContext) -> bool:
    """Whether the span is the title of a work: the novel “The Long Way”."""
    tokens, index, text = context.parsed.tokens, context.token, context.text
    if index == 0 or not text[:1].isupper():
        return False
    if text.split(maxsplit=1)[0] in OPERATIONS and is_capitalised(text):
        return True
    before, earlier = tokens[index - 1].lower, tokens[index - 2].lower if index > 1 else ""
    is_of_maker = before == "of" and earlier in words("words", "makers")
    is_made = before in words("words", "making") and len(text.split()) > 1
    if not (before in words("words", "works") or is_of_maker or is_made):
        return False
    capitals = [word[:1].isupper() for word in text.split() if len(word) > 3]
    return len(capitals) > 0 and all(capitals) and text.rstrip(",")[-1:] not in ".!?" and not text.isupper()


def is_scare_quote(context: SpanContext) -> bool:
    """Whether the span is a scare quote or a name: the so-called “expert”, Ada “Ace” Byron."""
    tokens, index = context.parsed.tokens, context.token
    if index == 0:
        return False
    return tokens[index - 1].lower in words("words", "so_called") or _is_nickname(context) or _is_thing(context)


def _is_nickname(context: SpanContext) -> bool:
    around = context.parsed.tokens[context.token - 1 : context.token + 2]
    is_between = len(around) == 3 and all(token.is_capitalised and token.is_word for token in around[::2])
    return is_between and context.text[-1:].isalnum() and len(context.text.split()) <= 3


def _is_thing(context: SpanContext) -> bool:
    """Whether the span is the name of the noun after it: the “Big Tent” festival."""
    tokens, index = context.parsed.tokens, context.token
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    is_before_noun = (
        following is not None
        and following.is_word
        and following.text.islower()
        and following.lower not in words("words", "prepositions", "clause_openers", "auxiliaries", "be")
        and tokens[index - 1].lower in words("words", "determiners")
    )
    name = context.text.split() if is_before_noun else []
    return len(name) > 1 and all(word[:1].isupper() for word in name if len(word) > 3) and name[0][:1].isupper()


def is_named(context: SpanContext) -> bool:
    """Whether the span is a name that the reporter mentions: the code name “Falcon”, Bo Li said."""
    return context.token > 0 and context.parsed.tokens[context.token - 1].lower in words("words", "naming")


def is_unsaid(parsed: ParsedParagraph, cue: int, subject: NounPhrase, floor: int) -> bool:
    """Whether a cue is negated, asked or hypothetical: she never said, did she say, if she says, might say."""
    tokens = parsed.tokens
    opens = max(subject.first - len(subject.title) - 1, floor)
    if tokens[opens].lower in words("words", "hypothetical") and opens < subject.first:
        return True
    end = cue
    while end > subject.last and (is_adverbial(tokens[end - 1]) or tokens[end - 1].lower.endswith(("n’t", "n't"))):
        end -= 1
    if any(_negates(token, following) for token, following in pairwise(tokens[end : cue + 1])):
        return True
    earlier = [token.lower for token in tokens[max(floor, subject.first - 3) : subject.first]]
    return not DENYING.isdisjoint(earlier)


def _negates(token: Token, following: Token) -> bool:
    """Whether a word negates the next one, unless it goes beyond it: not only said."""
    is_negation = token.lower in words("words", "negating") or token.lower.endswith(("n’t", "n't"))
    return is_negation and following.lower not in words("denials", "more_than")


def is_denied(parsed: ParsedParagraph, cue: int, floor: int) -> bool:
    """Whether a participle is denied: denied calling, stopped short of saying."""
    near = parsed.tokens[max(floor, cue - 2) : cue]
    is_certain = any(_negates(*pair) and pair[1].lower in words("denials", "certain") for pair in pairwise(near))
    return not is_certain and any(token.lower in words("words", "unsaid") for token in near)


def cites_another(parsed: ParsedParagraph, cue: int, last: int) -> bool:
    """Whether the quote belongs to a cited person: she cited Bo Li’s remark that."""
    tokens = parsed.tokens
    if tokens[cue].lower not in ("cite", "cites", "cited", "quote", "quotes", "quoted"):
        return False
    names = (phrase for phrase in parsed.between(cue + 1, last) if phrase.kind == "name")
    return any(
        tokens[name.last - 1].is_possessive and tokens[name.last].lower in words("words", "statements", "naming")
        for name in names
    )


# --- terms and titles: quoted, but not said


def may_be_term(context: SpanContext) -> bool:
    """Whether a span can be a term or the title of a work: short, in marks, and not a paragraph of its own."""
    span = context.document.spans[context.number]
    is_marked = span.style == "marks" and span.is_closed and not span.continues
    is_headline = context.paragraph_number == context.document.headline
    return (
        is_marked and not is_headline and len(context.text.split()) <= LONGEST_TERM and len(context.parsed.tokens) > 1
    )


def is_capitalised(text: str) -> bool:
    """Whether the words of a span are written like a title: The Long Way Home."""
    long = [word for word in text.split() if len(word) > 3 or not word.islower()]
    return len(long) > 0 and all(word[:1].isupper() or word[:1].isdigit() for word in long)


def features_of_matter(context: SpanContext, method: str) -> list[FeatureTemplate]:
    """Return the features by which speech differs from terms and titles; `method` is that of the likeliest pattern."""
    parsed, index, text = context.parsed, context.token, context.text
    lowers = parsed.paragraph.lowers
    before = lowers[index - 1] if index else ""
    after = lowers[index + 1] if index + 1 < len(lowers) else ""
    span_words = text.split()
    size = str(len(span_words)) if len(span_words) < 5 else bucket(len(span_words))
    case = "title" if is_capitalised(text) else "capital" if text[:1].isupper() else "lower"
    opens = parsed.paragraph.sentences[index] == index
    cues = parsed.cues_between(context.floor, index)
    gap = f"{cues[-1].kind} {bucket(index - cues[-1].at)}" if cues else "none"
    behind = parsed.cues_between(index, parsed.end_of_sentence(index, REACH))
    verbs = words("words", "be", "auxiliaries")
    has_verb = any(word.lower() in verbs for word in span_words)
    templates: list[FeatureTemplate] = [
        (_size, size, case),
        (_around, class_of(before), class_of(after), size),
        (_words_around, before, after),
        (_cue, gap, size, "behind" if behind else "not behind"),
        (_pattern, method, size),
        (_end, text[-1:] if not text[-1:].isalnum() else "w", case, opens),
        (_voice, VOICE.search(text) is not None, has_verb),
    ]
    if index > 1:
        templates.append((_second_before, lowers[index - 2], class_of(before)))
    subject = clause_subject(parsed, index, context.floor) if index > context.floor else None
    templates.append((_subject, subject.kind if subject is not None else "none", gap))
    templates += [(_sort, sort, size) for sort in sorts(context)]
    return templates


def sorts(context: SpanContext) -> Iterator[str]:
    """Yield the sorts of non-speech that a span looks like."""
    if is_title(context):
        yield "title"
    if is_scare_quote(context):
        yield "scare"
    if is_named(context):
        yield "naming"
    if context.paragraph_number == context.document.headline:
        yield "headline"


def _size(size: str, case: str) -> tuple[str, ...]:
    """The number of words, and their case."""
    return "bias", f"words {size}", f"case {case}", f"words {size} {case}"


def _around(before: str, after: str, size: str) -> tuple[str, ...]:
    """The classes of the words around the span."""
    return f"before {before}", f"after {after}", f"before {before} words {size}", f"before {before} after {after}"


def _words_around(before: str, after: str) -> tuple[str, ...]:
    """The words around the span."""
    return f"before {before}", f"after {after}"


def _second_before(word: str, before: str) -> tuple[str, ...]:
    """The second word before the span: is known as “...”."""
    return f"second {word}", f"second {word} {before}"


def _cue(gap: str, size: str, behind: str) -> tuple[str, ...]:
    """The kind and distance of the last cue before the span, and whether one follows."""
    return f"cue {gap}", f"cue {gap} {behind}", f"cue {gap} words {size}", behind


def _pattern(method: str, size: str) -> tuple[str, ...]:
    """The most reliable pattern that proposes a speaker."""
    return f"pattern {method}", f"pattern {method} words {size}"


def _end(mark: str, case: str, opens: bool) -> tuple[str, ...]:
    """The last character of the span, and whether it opens its sentence."""
    return f"ends {mark}", f"ends {mark} {case}", f"opens {opens}", f"opens {opens} ends {mark}"


def _voice(has_person: bool, has_verb: bool) -> tuple[str, ...]:
    """Whether the span has a personal pronoun and a form of an auxiliary verb."""
    return f"person {has_person}", f"verb {has_verb}"


def _subject(kind: str, gap: str) -> tuple[str, ...]:
    """The subject of the sentence before the span."""
    return f"subject {kind}", f"subject {kind} cue {gap}"


def _sort(sort: str, size: str) -> tuple[str, ...]:
    """The sort of non-speech by the rules."""
    return sort, f"{sort} words {size}"
