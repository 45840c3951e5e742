"""Find the quoted spans that nobody said: the article denies them, doubts them or only imagines them.

A ranker that adds up evidence for a speaker names the denied one: “Ada Byron never said” has all the marks of a report
but one word. So the words around the verb of saying are read by rules, and they overrule the ranker.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from quoth.extraction.attribution.evidence import WINDOW, SpanContext
from quoth.extraction.parsing.clauses import ParsedParagraph, clause_subject, is_adverbial, subject_before
from quoth.extraction.parsing.document import Token
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import words
from quoth.extraction.value import value

Doubt = Literal["denied", "imagined"]

LONGEST_ASIDE = 12  # tokens between two commas inside a verb
REACH = 24  # tokens after a span that are searched for a verb of saying
NEAR = 6  # tokens before a subject that can deny its clause: there is no evidence whatsoever that
LONGEST_REPLY = 14  # tokens of the sentence after a quote that denies it
EXCEPT = frozenset({("anything", "but"), ("other", "than"), ("nothing", "but")})
SHORT_OF = frozenset({("all", "but"), ("everything", "but"), ("anything", "but")})
BELIEVING = frozenset({"believes", "believe", "believed", "thinks", "think", "thought"})
ASKING = frozenset({"ask", "asks", "asked", "wonder", "wonders", "wondered"})
TRUE = frozenset({"true", "correct", "case", "accurate", "right"})
VERDICTS = frozenset({"verdict", "rating", "ruling", "conclusion", "our", "result"})
PRONOUNS = frozenset({"it", "that", "so", "this", "those", "these", "such"})


@value
class Denial:
    """Why nobody said a span: the article denies it, or only imagines it.

    `subject` is the phrase of the one who did not say it, with its paragraph and the token of the verb. `is_reply`: the
    sentence after the quote denies it, so the subject must be the speaker whom the quote would have otherwise.
    """

    doubt: Doubt
    subject: NounPhrase | None
    parsed: ParsedParagraph
    verb: int
    is_reply: bool = False


def denial(context: SpanContext) -> Denial | None:
    """Return why nobody said a span, `None` if nothing denies it."""
    if context.document.spans[context.number].style != "marks":
        return None
    parsed, index, floor = context.parsed, context.token, context.floor
    if index == 0 and context.paragraph_number > 0:  # a colon may end the paragraph above
        above = context.paragraphs[context.paragraph_number - 1]
        last = len(above.tokens)
        if last and above.tokens[last - 1].text == ":":
            parsed, index, floor = above, last, max(above.paragraph.sentences[last - 1], last - WINDOW)
    behind = _behind(context)
    if behind is not None:
        return behind
    if not _is_told_behind(context):
        before = _before(parsed, index, floor) or _predicated(context)
        if before is not None:
            return before
    return _replied(context)


# --- the clause before the span


def _before(parsed: ParsedParagraph, index: int, floor: int) -> Denial | None:
    verb = _last_verb(parsed, index, floor)
    if verb is None:
        return _faked_alone(parsed, index, floor)
    if any(pair in EXCEPT for pair in pairwise(parsed.paragraph.lowers[verb:index])):
        return None
    if parsed.paragraph.lowers[max(verb - 2, floor) : verb] in SHORT_OF:
        return Denial("imagined", _plain_subject(parsed, verb - 2, floor), parsed, verb)
    return _denied_verb(parsed, verb, floor)


def _last_verb(parsed: ParsedParagraph, index: int, floor: int) -> int | None:
    """Return the verb of saying nearest before a span: said, or used in “used the words”."""
    lowers = parsed.paragraph.lowers
    for at in range(index - 1, floor - 1, -1):
        if parsed.cue_at(at) is not None and lowers[at] not in words("denials", "saying"):
            return None  # another verb reports the span
        if lowers[at] in words("denials", "saying") and parsed.tokens[at].text.islower():
            is_noun = at > floor and lowers[at - 1] in words("words", "determiners")
            if not is_noun:
                return at
        if lowers[at] in words("denials", "choosing") and any(
            noun in words("denials", "chosen") for noun in lowers[at + 1 : at + 5]
        ):
            return at
    return None


def _denied_verb(parsed: ParsedParagraph, verb: int, floor: int) -> Denial | None:
    """Return why the subject of a verb did not say the span, by the words between them and those before the subject."""
    tokens, lowers = parsed.tokens, parsed.paragraph.lowers
    if verb > floor and lowers[verb - 1] == "as":
        return _misquoted(parsed, verb, floor)
    first = _first_helper(tokens, verb, floor)
    if first > floor and lowers[first - 1] in ("for", "by", "about", "over"):
        return None  # blamed Ada Byron for not saying
    subject = _subject(parsed, first, verb, floor)
    doubt = _doubt_of_helpers(lowers[first:verb]) or (
        _doubt_of_clause(parsed, subject, first, verb, floor) if subject is not None else None
    )
    if doubt == "denied" and subject is not None:
        begin = _begin(parsed, subject, floor)
        if begin > floor and lowers[begin - 1] in ("if", "unless"):
            doubt = "imagined"  # if Ada Byron had not said: she may have
    return None if doubt is None else Denial(doubt, subject, parsed, verb)


def _first_helper(tokens: Sequence[Token], verb: int, floor: int) -> int:
    """Return the first of the helpers before a verb, past an aside: did not, contrary to reports, say."""
    first = verb
    while first > floor:
        if _is_helper(tokens, first - 1):
            first -= 1
            continue
        aside = range(first - 2, max(floor, first - LONGEST_ASIDE), -1) if tokens[first - 1].text == "," else ()
        comma = next((at for at in aside if tokens[at].text == ","), floor)
        if comma == floor or not _is_helper(tokens, comma - 1):
            break
        first = comma
    return first


def _subject(parsed: ParsedParagraph, first: int, verb: int, floor: int) -> NounPhrase | None:
    """Return the subject of a verb whose helpers begin at `first`."""
    plain = _plain_subject(parsed, first, floor)
    is_participle = parsed.paragraph.lowers[verb].endswith("ing")
    if plain is not None and plain.kind == "name":
        before = parsed.paragraph.lowers[floor : _begin(parsed, plain, floor)]
        if is_participle or (before and _is_faked(before)):
            return plain
    subject = subject_before(parsed, first, floor) or plain
    return clause_subject(parsed, first, floor) if subject is None and is_participle else subject


def _plain_subject(parsed: ParsedParagraph, first: int, floor: int) -> NounPhrase | None:
    phrase = parsed.ending.get(first)
    return phrase if phrase is not None and phrase.first >= floor else None


def _is_helper(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word can stand between a subject and its verb of saying: never, did not, denied having, refused to."""
    token = tokens[at]
    return (
        is_adverbial(token)
        or _is_near(token.lower, tokens[at + 1].lower)
        or token.lower in words("denials", "filling", "negating", "imagining", "refusing", "denying")
        or _is_contracted(token.lower)
    )


def _is_contracted(word: str) -> bool:
    return word.endswith(("n’t", "n't"))


def _doubt_of_helpers(helpers: Sequence[str]) -> Doubt | None:
    """Return the doubt that the words before a verb express: never, denied ever, stopped short of, should have."""
    if _is_certain(helpers):
        return None
    is_negated = any(_negates(word, following) for word, following in pairwise([*helpers, ""]))
    is_refused = any(word in words("denials", "denying", "refusing") for word in helpers)
    is_unreal = any(
        (word in words("denials", "imagining") and following not in words("denials", "more_than"))
        or _is_near(word, following)
        for word, following in pairwise([*helpers, ""])
    ) or ("would" in helpers and "have" in helpers)
    if is_unreal:
        return "imagined"
    if is_negated and is_refused:
        return "imagined"  # did not deny saying: it stays open
    if is_negated or is_refused:
        is_passive = helpers[-1] in words("words", "be") and helpers[-1] != "being"
        return "imagined" if is_passive else "denied"
    return None


def _is_near(word: str, following: str) -> bool:
    """Whether a word and the next one say that it was nearly said: close to, on the verge of, about to."""
    return word in words("denials", "near") and following in ("to", "of")


def _is_certain(helpers: Sequence[str]) -> bool:
    """Whether a negated verb of restraint says that it was said: could not resist saying, did not hesitate to call."""
    return any(
        _negates(word, following) and following in words("denials", "certain")
        for word, following in pairwise([*helpers, ""])
    )


def _negates(word: str, following: str) -> bool:
    is_negation = word in words("denials", "negating") or _is_contracted(word)
    return is_negation and following not in words("denials", "more_than")


def _doubt_of_clause(parsed: ParsedParagraph, subject: NounPhrase, first: int, verb: int, floor: int) -> Doubt | None:
    """Return the doubt that the words around a subject express: if she says, no evidence that she said."""
    tokens, lowers = parsed.tokens, parsed.paragraph.lowers
    begin = _begin(parsed, subject, floor)
    if _is_played(lowers, subject.last):
        return "imagined"
    if begin == floor:
        return None
    before, opener = lowers[floor:begin], lowers[begin - 1]
    near = before[-NEAR:]
    if opener in words("denials", "asking") and _opens_clause(tokens, begin - 1, floor):
        return "denied" if _has_negation(before) else "imagined"
    is_inside = any(cue.kind == "say" and lowers[cue.at] not in ASKING for cue in parsed.cues_between(floor, begin))
    if before[-2:] == ("if", "only"):
        return "imagined"
    if before[-2:-1] and before[-2] in ASKING and opener in words("denials", "hypothetical"):
        return "imagined"
    if is_inside and opener in words("denials", "hypothetical"):
        return None  # Bo Lind said that if she says: his words
    if opener in words("denials", "hypothetical"):
        return "imagined" if opener != "had" or _opens_clause(tokens, begin - 1, floor) else None
    is_that = opener == "that"
    governing = before[-2] if is_that and len(before) > 1 else opener
    if is_that and governing in BELIEVING and not words("denials", "nobody").isdisjoint(before):
        return "imagined"
    if is_that and governing in words("denials", "hypothetical"):
        return "imagined"
    if opener in words("denials", "wanting") and lowers[first] in ("to", "will"):
        return "imagined"
    if opener in ("until", "till") and lowers[verb].endswith("s"):
        return "imagined"
    if opener == "," and before[0] in ("in", "on") and not words("denials", "fictions").isdisjoint(before[:NEAR]):
        return "imagined"
    if _is_posed(near):
        return "imagined"
    is_denied = (
        governing in words("denials", "denying")
        or (is_that and _is_false(before))
        or (opener in ("that", "of") and _lacks_evidence(near))
        or (opener in ("that", "of", "claiming", "saying") and _rejects(near))
        or not words("denials", "falsely", "misquoting").isdisjoint(near[-4:])
        or _is_faked(before)
        or opener == "not"
        or _is_contracted(opener)
        or (opener in words("denials", "hearing") and not words("denials", "nobody").isdisjoint(before))
    )
    return "denied" if is_denied else None


def _begin(parsed: ParsedParagraph, subject: NounPhrase, floor: int) -> int:
    """Return the first token of a subject with its title and determiner."""
    begin = max(subject.first - len(subject.title), floor) if subject.kind == "name" else subject.first
    begin = min(begin, subject.first)
    is_determined = begin > floor and parsed.tokens[begin - 1].lower in ("the", "a", "an", "his", "her", "their")
    return begin - is_determined


def _opens_clause(tokens: Sequence[Token], at: int, floor: int) -> bool:
    if at <= floor:
        return True
    before = tokens[at - 1]
    is_clear = not before.is_word or before.lower in words("words", "clause_openers")
    return is_clear or _has_negation([token.lower for token in tokens[floor:at]])


def _has_negation(before: Sequence[str]) -> bool:
    """Whether words before an inverted verb negate it: at no point did, not once has, nowhere does."""
    return any(word in words("denials", "never_before") or word in ("no", "not") for word in before)


def _is_false(before: Sequence[str]) -> bool:
    """Whether the words before “that” call it false: it is false that, it is not true that, the false claim that."""
    last = before[-2] if len(before) > 1 else ""
    is_to_say = last in words("denials", "saying") and before[-3:-2] == ("to",)
    if last in words("denials", "false") or (is_to_say and not words("denials", "false").isdisjoint(before[-NEAR:])):
        return True
    if last in TRUE:
        return any(word in words("denials", "negating") or _is_contracted(word) for word in before[-6:])
    return any(
        word in words("denials", "false", "fake") and following in words("denials", "claims")
        for word, following in pairwise(before[-NEAR:])
    )


def _lacks_evidence(near: Sequence[str]) -> bool:
    for index, word in enumerate(near):
        if word in words("denials", "evidence"):
            return not words("denials", "lacking").isdisjoint(near[:index])
    return False


def _rejects(near: Sequence[str]) -> bool:
    """Whether the words before “that” reject a claim: denied reports that, dismissed the suggestion that."""
    for index, word in enumerate(near):
        if word in words("denials", "denying", "denying_claims"):
            return not words("denials", "claims").isdisjoint(near[index:])
    return False


def _is_played(lowers: Sequence[str], last: int) -> bool:
    """Whether somebody else plays a person: Ada Byron, played by Bo Lind,."""
    following = lowers[last : last + 4]
    return (
        bool(following)
        and following[0] in (",", "(")
        and any(word in words("denials", "playing") and after == "by" for word, after in pairwise(following))
    )


def _is_posed(near: Sequence[str]) -> bool:
    """Whether the words before a name say that somebody else takes it: posing as, a parody account of."""
    return (
        bool(near)
        and (near[-1] in ("as", "of", "be", "for", "from") or near[-1] in words("denials", "posing"))
        and not words("denials", "posing").isdisjoint(near[-4:])
    )


def _is_faked(before: Sequence[str]) -> bool:
    """Whether the words before a name say that a fake shows it: a doctored clip shows, in a deepfake video,."""
    for index, word in enumerate(before):
        following = before[index + 1] if index + 1 < len(before) else ""
        is_fake = word in words("denials", "fake") and (
            following in words("denials", "faked") or word in words("denials", "faked")
        )
        if word in words("denials", "faked") and following == "," and _is_aside_of_fake(before[index + 2 : index + 4]):
            return before[-1] in words("denials", "showing")
        if not is_fake:
            continue
        between = before[index + 1 :]
        opener = before[-1]
        is_shown = opener in words("denials", "showing") and "," not in between[:-1]
        is_inside = opener == "," and before[0] in ("in", "on") and len(between) <= NEAR
        if is_shown or is_inside:
            return True
    return False


def _is_aside_of_fake(words_after: Sequence[str]) -> bool:
    """Whether words behind a comma call the noun before it fake: a caption, invented by pranksters,."""
    return not words("denials", "fake").isdisjoint(words_after)


def _faked_alone(parsed: ParsedParagraph, index: int, floor: int) -> Denial | None:
    """Return the denial of a fake without a verb of saying: a fabricated quote attributed to Ada Byron:."""
    names = [phrase for phrase in parsed.between(floor, index) if phrase.kind == "name"]
    for name in reversed(names):
        before = parsed.paragraph.lowers[floor : _begin(parsed, name, floor)]
        is_false = not words("denials", "falsely", "misquoting").isdisjoint(before[-3:])
        if before and (_is_faked(before) or (is_false and before[-1] == "to")):
            return Denial("denied", name, parsed, index - 1)
    return None


def _misquoted(parsed: ParsedParagraph, verb: int, floor: int) -> Denial | None:
    """Return the denial of a misquotation: wrongly quoted as saying, misquoted Ada Byron as saying."""
    lowers = parsed.paragraph.lowers
    near = range(max(floor, verb - 9), verb - 1)
    is_misquoted = any(lowers[at] in words("denials", "falsely", "misquoting") for at in near)
    cited = _plain_subject(parsed, verb - 1, floor)
    is_misquoted = is_misquoted or (cited is not None and _is_faked(lowers[floor : _begin(parsed, cited, floor)]))
    if not is_misquoted and not any(lowers[at] in ("never", "not") for at in range(max(floor, verb - 5), verb - 1)):
        return None
    return Denial("denied", cited or clause_subject(parsed, verb, floor), parsed, verb)


# --- the words after the span


def _end(context: SpanContext) -> int:
    """Return the end of the sentence of a span, or the next span in it."""
    parsed = context.parsed
    last = parsed.end_of_sentence(context.token, REACH)
    quote = bisect_right(parsed.spans, context.token)
    return min(last, parsed.spans[quote]) if quote < len(parsed.spans) else last


def _first_after(context: SpanContext) -> int:
    """Return the first word after a span, past a comma or a dash."""
    tokens, first = context.parsed.tokens, context.token + 1
    return first + 1 if first < len(tokens) and tokens[first].text in (",", "-", "–", "—", "--") else first


def _is_told_behind(context: SpanContext) -> bool:
    """Whether a verb of saying stands right behind a span: “...,” said Ada Byron; “...,” Ada Byron said."""
    parsed, first = context.parsed, _first_after(context)
    if parsed.cue_at(first) == "say":
        return True
    subject = parsed.beginning.get(first)
    return subject is not None and parsed.cue_at(subject.last) == "say" and context.text[-1:] in ",?!"


def _behind(context: SpanContext) -> Denial | None:
    """Return the denial that follows a span: “...” Ada Byron never said; “...” is not what Ada Byron said."""
    parsed, first, last = context.parsed, _first_after(context), _end(context)
    lowers = parsed.paragraph.lowers
    is_opening = parsed.paragraph.sentences[context.token] == context.token
    words_before = lowers[max(context.floor, context.token - 6) : context.token]
    is_quote = is_opening or not words("denials", "chosen").isdisjoint(words_before)
    if not is_quote or first >= last:
        return None
    for at in range(first, last):
        is_false = lowers[at] in words("denials", "falsely", "misquoting")
        if is_false and "to" in lowers[at : at + 4]:
            to = lowers.index("to", at)
            name = next((p for p in parsed.between(to, last) if p.kind == "name"), None)
            return Denial("denied", name, parsed, at)
    verb = next((at for at in range(first, last) if lowers[at] in words("denials", "saying")), None)
    if verb is None:
        return None
    found = _denied_verb(parsed, verb, first)
    if found is not None and found.doubt == "denied":
        return found
    subject = subject_before(parsed, verb, first)
    is_not_what = subject is not None and "not" in lowers[first:verb] and lowers[subject.first - 1] == "what"
    return Denial("denied", subject, parsed, verb) if is_not_what else None


def _predicated(context: SpanContext) -> Denial | None:
    """Return the denial of a claim that its own sentence calls false: claims that Ada Byron said “...” are false."""
    parsed, index, floor = context.parsed, context.token, context.floor
    lowers = parsed.paragraph.lowers
    opening = lowers[floor : floor + 5]
    if not opening or words("denials", "claims", "faked").isdisjoint(opening):
        return None
    if not _is_called_false(lowers[index + 1 : parsed.end_of_sentence(index, REACH)]):
        return None
    verb = _last_verb(parsed, index, floor)
    if verb is not None:
        return Denial("denied", _subject(parsed, verb, verb, floor), parsed, verb)
    names = [phrase for phrase in parsed.between(floor, index) if phrase.kind == "name"]
    return Denial("denied", names[-1], parsed, index - 1) if names else None


def _is_called_false(rest: Sequence[str]) -> bool:
    """Whether a predicate calls its subject false: is fake, were never true, has been debunked."""
    for index, word in enumerate(rest):
        if word in words("words", "be") or word in ("has", "have", "had", "proved", "turned"):
            following = rest[index + 1 : index + 7]
            if not words("denials", "false").isdisjoint(following):
                return "not" not in following[:1]
            return any(word in TRUE for word in following) and any(_negates(word, "") for word in following)
    return False


# --- the sentence after the span


def _replied(context: SpanContext) -> Denial | None:
    """Return the denial in the sentence after a quote: She never said that. The quote is fake."""
    parsed, first = context.parsed, context.parsed.end_of_sentence(context.token, WINDOW)
    if first >= len(parsed.tokens):
        number = context.paragraph_number + 1
        if number >= len(context.paragraphs) or not context.paragraphs[number].tokens:
            return None
        parsed, first = context.paragraphs[number], 0
    last = parsed.end_of_sentence(first, LONGEST_REPLY + 1)
    lowers = parsed.paragraph.lowers[first:last]
    if last - first > LONGEST_REPLY or "" in lowers:
        return None
    own = context.parsed.paragraph.lowers[context.token : context.token + WINDOW]
    if _says_fake(lowers, own):
        return Denial("denied", None, parsed, first, is_reply=True)
    while lowers and not lowers[-1].isalnum():
        lowers = lowers[:-1]
    if lowers[-3:] in (("no", "such", "thing"), ("of", "the", "sort"), ("of", "the", "kind")):
        verb = next(
            (at for at in range(first, last) if parsed.paragraph.lowers[at] in words("denials", "saying")), None
        )
        subject = None if verb is None else subject_before(parsed, verb, first)
        return None if subject is None or verb is None else Denial("denied", subject, parsed, verb, is_reply=True)
    if not lowers or lowers[-1] not in {*PRONOUNS, "words", "remark", "remarks"}:
        return None
    verb = next((at for at in range(first, last) if _says_or_makes(parsed.paragraph.lowers[at])), None)
    found = None if verb is None else _denied_verb(parsed, verb, first)
    if found is None or found.doubt != "denied" or found.subject is None:
        return None
    return Denial("denied", found.subject, parsed, found.verb, is_reply=True)


def _says_or_makes(word: str) -> bool:
    return word in words("denials", "saying", "choosing")


def _is_verdict(sentence: Sequence[str]) -> bool:
    """Whether a sentence is a verdict: False. Verdict: false. Not true."""
    rest = [word for word in sentence if word not in VERDICTS]
    is_false = not words("denials", "false").isdisjoint(rest) or rest == ["not", "true"]
    return len(rest) <= 2 and is_false and (len(rest) < len(sentence) or len(rest) == 1 or rest == ["not", "true"])


def _says_fake(sentence: Sequence[str], own: Iterable[str]) -> bool:
    """Whether a short sentence calls the quote before it fake; a video only if the quote is said to come from it."""
    if _is_verdict([word for word in sentence if word.isalnum()]):
        return True
    if sentence[0] not in ("the", "that", "this", "it", "both", "but"):
        return False
    nouns = words("denials", "faked") & set(sentence[:4])
    is_quote = not {"quote", "quotation", "remark", "statement", "words"}.isdisjoint(sentence[:4])
    is_source = not nouns.isdisjoint(own)
    return (is_quote or is_source) and _is_called_false(sentence)
