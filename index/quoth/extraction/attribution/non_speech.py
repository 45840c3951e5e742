"""Detect spans in marks that are not speech, and verbs of saying whose words were not said."""

from __future__ import annotations

from itertools import pairwise

from quoth.extraction.attribution.evidence import SpanContext
from quoth.extraction.parsing.clauses import ParsedParagraph, is_adverbial
from quoth.extraction.parsing.document import Token
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import words

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
    return any(token.lower in words("words", "unsaid") for token in parsed.tokens[max(floor, cue - 2) : cue])


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
