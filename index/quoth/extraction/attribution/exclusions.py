"""Exclude mentions and antecedents that cannot be the speaker, whatever the rankers believe.

The rankers weigh evidence; these are facts of grammar: whoever is told a quote does not say it, “a rival of Ada Byron”
is not Ada Byron, and “he” after a new, unnamed man is that man. The belief in what is excluded goes to nobody.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from quoth.extraction.attribution.coreference import DiscourseState
from quoth.extraction.attribution.evidence import WINDOW, Candidate, SpanContext
from quoth.extraction.entities.clusters import Person
from quoth.extraction.parsing.clauses import (
    ParsedParagraph,
    governor_of,
    is_adverbial,
    is_joined,
    subject_after,
    subject_before,
)
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import lowered, words

NEAR = 6  # tokens between a verb of saying and its colon: User bigtrain99 wrote on Friday:
LONGEST_ASIDE = 14  # tokens between two commas behind a subject
LONGEST_COMPLEMENT = 14  # tokens between a nominal and its verb: a man accused of attacking Ada Byron said
NEW = frozenset({"a", "an", "another", "one", "some", "many", "several", "most", "two", "three", "no", "every", "each"})
OWNERS = frozenset({"his", "her", "their", "its", "my", "our"})
LINKS = frozenset(
    {
        ("read", "more"),
        ("watch",),
        ("related",),
        ("see", "also"),
        ("more",),
        ("also", "read"),
        ("read",),
        ("see", "more"),
    }
)
BEFORE_SUBJECTS = frozenset({",", ":", ";", "both", "that", "while", "but", "because"})
OPEN_ENDS = frozenset(",?!…—–")  # of a span that its sentence goes on behind
AFTER_SPAN = frozenset({",", "-", "–", "—", "--"})
AUTHORS = {"his": "he", "her": "she"}
STOPS = frozenset({",", ":", ";", "", "(", ")", "—", "–", "."})


# --- mentions


def is_excluded(context: SpanContext, candidate: Candidate) -> bool:
    """Whether a phrase cannot name the speaker of a span: it receives the words, or only describes who says them."""
    parsed, phrase = candidate.parsed, candidate.phrase
    if (
        _is_party_member(parsed, phrase)
        or _is_linked(context)
        or phrase.text.startswith("Dear ")
        or _is_reader(parsed, phrase)
        or (_is_introduced(context) and not _is_in_sentence(context, candidate))
    ):
        return True
    if phrase.kind == "name" and (_is_complement(parsed, phrase) or _is_joint(parsed, phrase)):
        return True
    teller = _teller_behind(context)
    if (teller is not None and teller != phrase) or _is_told_by_anybody(context):
        return True
    if _is_overtaken(context, candidate) or _has_own_quote(context, candidate) or _only_hears(context, candidate):
        return True
    if parsed is not context.parsed:
        return parsed.tokens[-1].text == ":" and context.token == 0 and _receives(parsed, phrase, len(parsed.tokens))
    sentences = parsed.paragraph.sentences
    if phrase.first > context.token:
        is_here = sentences[phrase.first] == sentences[context.token]
        return is_here and _receives(parsed, phrase, parsed.end_of_sentence(context.token, WINDOW))
    return sentences[phrase.first] == sentences[context.token] and _receives(parsed, phrase, context.token)


def _is_party_member(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    """Whether a phrase is a nominal in capitals: the Kentucky Republican."""
    is_determined = phrase.first > 0 and parsed.tokens[phrase.first - 1].lower in words("words", "determiners")
    return phrase.kind == "name" and is_determined and phrase.head in words("receivers", "partisans")


def _is_linked(context: SpanContext) -> bool:
    """Whether a span stands in the headline of a link to another article: READ MORE: Ada Byron says ‘...’."""
    opening = context.parsed.paragraph.lowers[:4]
    return ":" in opening and opening[: opening.index(":")] in LINKS


def _teller_behind(context: SpanContext) -> NounPhrase | None:
    """Return the unnamed subject of a verb right behind a span: “...,” beamed the winner."""
    parsed, first = context.parsed, context.token + 1
    tokens = parsed.tokens
    if first < len(tokens) and tokens[first].text in AFTER_SPAN:
        first += 1
    if first < len(tokens) and tokens[first].lower.endswith("ly"):
        first += 1
    if first >= len(tokens) or context.text[-1:] not in OPEN_ENDS:
        return None
    verb = tokens[first]
    if verb.text != verb.lower or not (parsed.cue_at(first) == "say" or verb.lower.endswith("ed")):
        return None
    subject = subject_after(parsed, first + 1)
    return subject if subject is not None and subject.kind == "nominal" and subject.first == first + 1 else None


def _is_told_by_anybody(context: SpanContext) -> bool:
    """Whether an indefinite pronoun speaks right behind a span: “...!” someone shouted."""
    first = context.token + 1
    lowers = context.parsed.paragraph.lowers
    is_anybody = first < len(lowers) and lowers[first] in words("receivers", "anybody")
    return is_anybody and context.parsed.cue_at(first + 1) == "say" and context.text[-1:] in OPEN_ENDS


def _has_own_quote(context: SpanContext, candidate: Candidate) -> bool:
    """Whether a name behind a span reports the next one: while Bo Lind called it “...”, Ada Byron said it was “...”."""
    parsed, phrase, index = context.parsed, candidate.phrase, context.token
    at = bisect_left(parsed.spans, index) + 1
    if candidate.parsed is not parsed or phrase.first <= index or at >= len(parsed.spans):
        return False
    following = parsed.spans[at]
    is_here = parsed.paragraph.sentences[following] == parsed.paragraph.sentences[index]
    if not is_here or not phrase.last <= _verb(parsed, phrase.last)[0] < following:
        return False
    if parsed.cue_at(_verb(parsed, phrase.last)[0]) not in ("say", "judge"):
        return False
    return any(
        cue.kind in ("say", "judge")
        and (subject := subject_before(parsed, cue.at, context.floor)) is not None
        and subject.kind == "name"
        for cue in parsed.cues_between(max(context.floor, index - NEAR), index)
    )


def _only_hears(context: SpanContext, candidate: Candidate) -> bool:
    """Whether somebody else says a span to the one who remembers it: Ada Byron remembers her father saying “...”."""
    parsed, phrase = context.parsed, candidate.phrase
    for cue in parsed.cues_between(max(context.floor, context.token - NEAR), context.token):
        speaker = parsed.ending.get(cue.at)
        if speaker is None or speaker.kind != "nominal" or speaker == phrase:
            continue
        is_person = speaker.text.lower().split()[0] in OWNERS and _is_people(speaker.head)
        is_heard = speaker.first > 0 and parsed.tokens[speaker.first - 1].lower in words("denials", "hearing")
        if (cue.kind == "participle" and is_person) or (cue.kind == "say" and is_heard):
            return True
    return False


def _is_overtaken(context: SpanContext, candidate: Candidate) -> bool:
    """Whether a clause with its own subject and verb of saying stands between a phrase and a span.

    She said “...”; he called it “...”. The clause begins behind another span, or its sentence with a name.
    """
    parsed, phrase, index, opening = context.parsed, candidate.phrase, context.token, context.floor
    tokens, at = parsed.tokens, bisect_left(parsed.spans, index)
    is_inside = at > 0 and parsed.spans[at - 1] >= context.floor
    if is_inside:
        opening = before = parsed.spans[at - 1] + 1
        while opening < index and (
            tokens[opening].text in STOPS or tokens[opening].lower in words("words", "clause_openers")
        ):
            opening += 1
        if opening == before:
            return False
    if candidate.parsed is parsed and phrase.last > opening:
        return False
    subject = parsed.beginning.get(opening)
    if subject is None or subject.last > index or not (is_inside or subject.kind == "name"):
        return False
    verb, is_passive = _verb(parsed, subject.last)
    return verb < index and not is_passive and parsed.cue_at(verb) in ("say", "judge")


def _is_joint(parsed: ParsedParagraph, name: NounPhrase) -> bool:
    """Whether two are named: according to Ada Byron and Bo Lind; Ada Byron, and her deputy, Bo Lind, said."""
    lowers = parsed.paragraph.lowers
    if lowers[name.last : name.last + 2] == (",", "and") and parsed.cue_at(name.first - 1) != "say":
        other = parsed.beginning.get(name.last + 2)
        following = other.last if other is not None else len(lowers)
        return lowers[following : following + 1] == (",",) or parsed.cue_at(following) == "say"
    if _is_second(parsed, name):
        return True
    first = name
    if name.first > 1 and lowers[name.first - 1] == "and":
        first = parsed.ending.get(name.first - 1, name)
    elif not is_joined(parsed, name):
        return False
    return lowers[max(0, first.first - 2) : first.first] == ("according", "to")


def _is_second(parsed: ParsedParagraph, name: NounPhrase) -> bool:
    """Whether a subject ends with a name: Ada Byron and Bo Lind said; the mayor, Ada Byron, and Bo Lind said."""
    lowers, start, end = parsed.paragraph.lowers, name.first, name.last
    title = parsed.ending.get(start - 1) if lowers[start - 1 : start] == lowers[end : end + 1] == (",",) else None
    if title is not None and title.kind == "nominal":  # Ada Byron and her deputy, Bo Lind, said
        start, end = title.first, end + 1
    if start < 2 or lowers[start - 1] != "and":
        return False
    is_apposition = lowers[start - 2] == ","
    first = parsed.ending.get(start - 2 if is_apposition else start - 1)
    if first is None or first.kind != "name":
        return False
    before = lowers[first.first - 1] if first.first else ""
    is_sentence = not before or parsed.paragraph.sentences[first.first - 1] != parsed.paragraph.sentences[first.first]
    is_subject = before == "," if is_apposition else is_sentence or before in lowered("words", "days") | BEFORE_SUBJECTS
    verb, _ = _verb(parsed, end)
    return is_subject and parsed.cue_at(verb) in ("say", "judge")


def _is_introduced(context: SpanContext) -> bool:
    """Whether a verb of saying and a colon introduce a span in its own sentence, so that nobody else speaks."""
    parsed, index = context.parsed, context.token
    if index == 0 or parsed.tokens[index - 1].text != ":":
        return False
    return any(cue.kind == "say" for cue in parsed.cues_between(max(context.floor, index - NEAR), index))


def _is_in_sentence(context: SpanContext, candidate: Candidate) -> bool:
    sentences = context.parsed.paragraph.sentences
    is_here = candidate.parsed is context.parsed
    return is_here and sentences[candidate.phrase.first] == sentences[context.token - 1]


def _receives(parsed: ParsedParagraph, phrase: NounPhrase, index: int) -> bool:
    """Whether the subject of a clause receives the words at a token: was told “...”, got a letter that said “...”."""
    lowers = parsed.paragraph.lowers
    if lowers[phrase.last : phrase.last + 1] == (",",) and lowers[phrase.last + 1 : phrase.last + 2] != ():
        is_first = phrase.first == 0 or parsed.tokens[phrase.first - 1].text != ","  # no apposition: her aide, Bo Lind,
        is_described = lowers[phrase.last + 1] in words("receivers", "told") and phrase.last + 1 < index and is_first
        if is_described and not parsed.cues_between(phrase.last + 2, index):
            return True  # Ada Byron, described as “...” by her pupils,
    verb, is_passive = _verb(parsed, _after_aside(parsed, phrase.last, index))
    if verb >= min(index, len(lowers)):
        return False
    if is_passive:
        is_receiver = lowers[verb] in words("receivers", "told")
    else:
        between = lowers[verb : min(index, verb + WINDOW)]
        is_receiver = lowers[verb] in words("receivers", "receiving") and _has_message(between)
    return is_receiver and not any(_is_own(parsed, cue.at) for cue in parsed.cues_between(verb + 1, index))


def _after_aside(parsed: ParsedParagraph, first: int, last: int) -> int:
    """Return the token behind an aside between two commas: Ada Byron, asked if she would go, was told."""
    tokens = parsed.tokens
    if first >= len(tokens) or tokens[first].text != ",":
        return first
    comma = next((at for at in range(first + 1, min(last, first + LONGEST_ASIDE)) if tokens[at].text == ","), None)
    following = comma + 1 if comma is not None else first
    return following if following < len(tokens) and tokens[following].lower in words("words", "be") else first


def _verb(parsed: ParsedParagraph, index: int) -> tuple[int, bool]:
    """Return the verb after a subject, and whether a form of “to be” makes it passive."""
    tokens = parsed.tokens
    is_passive = False
    while index < len(tokens) and (is_adverbial(tokens[index]) or tokens[index].lower in ("got", "yet", "being")):
        is_passive = is_passive or tokens[index].lower in words("words", "be")
        index += 1
    return index, is_passive


def _has_message(lowers: Sequence[str]) -> bool:
    return not words("receivers", "messages").isdisjoint(lowers)


def _is_own(parsed: ParsedParagraph, cue: int) -> bool:
    """Whether a cue later in a clause has the same subject: was told to leave but said; was freed, saying."""
    tokens = parsed.tokens
    if tokens[cue].lower in words("receivers", "messages") and parsed.paragraph.lowers[cue + 1 : cue + 2] == ("of",):
        return False  # cries of “...”
    index = cue - 1
    while index > 0 and is_adverbial(tokens[index]):
        index -= 1
    before = tokens[index].lower
    return before in ("and", "but", "then", "before", "as", "to", "after") or (
        before == "," and parsed.cue_at(cue) == "participle"
    )


def _is_reader(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    """Whether a phrase has only seen the words: a letter seen by the Guardian, which the Guardian has obtained."""
    if phrase.kind != "name":
        return False
    lowers = parsed.paragraph.lowers
    governor = governor_of(parsed, phrase)
    if governor > 0 and lowers[governor] in ("by", "with", "to") and lowers[governor - 1] in words("receivers", "seen"):
        return True
    verb, is_passive = _verb(parsed, phrase.last)
    relative = governor >= 0 and lowers[governor] in ("which", "that")
    return relative and not is_passive and lowers[verb : verb + 1] != () and lowers[verb] in words("receivers", "seen")


def _is_complement(parsed: ParsedParagraph, name: NounPhrase) -> bool:
    """Whether a name describes the person before it: a rival of Ada Byron said, the man who married Ada Byron said."""
    lowers = parsed.paragraph.lowers
    governor = governor_of(parsed, name)
    if governor > 1 and lowers[governor - 1] == "the" and lowers[governor] in words("receivers", "describing"):
        governor -= 2  # relatives of the late Ada Byron
    floor = max(parsed.paragraph.sentences[name.first], governor - LONGEST_COMPLEMENT)
    if governor <= floor:
        return False
    opener = lowers[governor]
    is_governed = opener in words("words", "prepositions", "governing_verbs") or opener.endswith("ing")
    is_clause = False  # whether a verb between needs a relative pronoun: the man who had met Ada Byron
    for index in range(governor + 1, floor - 1, -1):
        word = lowers[index] if index <= governor else opener
        if word in STOPS or (index < governor and parsed.cue_at(index) == "say"):
            return False
        is_relative = word in ("who", "that") and index < governor
        is_governed, is_clause = is_governed or is_relative, (is_clause or _is_finite(word)) and not is_relative
        head = parsed.ending.get(index)
        is_head = (head is not None and head.kind == "nominal") or word in ("those", "people")
        if is_governed and is_head and not is_clause and not (head is not None and _issues(head, opener)):
            start = head.first if head is not None else index
            return start >= floor and _is_clear(lowers, start, parsed) and _speaks_next(parsed, name, head, start)
    return False


def _is_finite(word: str) -> bool:
    return word in words("words", "be", "auxiliaries")


def _speaks_next(parsed: ParsedParagraph, name: NounPhrase, head: NounPhrase | None, start: int) -> bool:
    """Whether the verb of the whole phrase stands beside the name, before the phrase, or after an aside on a person."""
    verb, _ = _verb(parsed, name.last)
    if parsed.cue_at(verb) is not None or parsed.cue_at(start - 1) == "say" or verb == len(parsed.tokens):
        return True
    is_person = head is None or _is_people(head.head)
    return parsed.tokens[verb].text in (",", ":") and is_person


def _is_people(noun: str) -> bool:
    return noun in words("names", "roles", "unnamed", "kin", "bystanders", "roles_male", "roles_female")


def _is_clear(lowers: Sequence[str], start: int, parsed: ParsedParagraph) -> bool:
    """Whether a nominal can be the subject of its clause: nothing governs it."""
    before = start - 1
    if before < parsed.paragraph.sentences[start]:
        return True
    return lowers[before] not in words("words", "prepositions") or parsed.cue_at(before) is not None


def _issues(head: NounPhrase, opener: str) -> bool:
    return opener in ("by", "from") and head.head in words("words", "statements", "documents")


# --- antecedents


def author_of(mention: Candidate) -> Candidate | None:
    """Return the pronoun that owns a statement, as a mention: her in “her statement said”; `None` for any other."""
    parsed, phrase = mention.parsed, mention.phrase
    owner = parsed.tokens[phrase.first]
    if phrase.kind != "nominal" or owner.lower not in AUTHORS or phrase.head not in words("words", "statements"):
        return None
    author = AUTHORS[owner.lower]
    pronoun = NounPhrase("pronoun", phrase.first, phrase.first + 1, owner.start, owner.end, owner.text, author)
    return Candidate(pronoun, parsed)


def may_mean(mention: Candidate, person: Person, state: DiscourseState, rule: str) -> bool:
    """Whether a pronoun or nominal can mean a person; `rule` is the rule that resolves it, if any."""
    phrase = mention.phrase
    if phrase.kind == "pronoun":
        return rule != "rival" and not _is_asked_about(mention, person, state)
    if phrase.kind != "nominal":
        return True
    first, *_ = phrase.text.lower().split() or [""]
    if person.nature != "person":
        return True
    if not words("names", "contrasting").isdisjoint(phrase.text.lower().split()[1:2]) or _is_asked_about(
        mention, person, state
    ):
        return False
    if _is_people(phrase.head) and phrase.head not in person.roles and first == "the":
        return False
    if first in NEW or phrase.head in words("names", "unnamed") or _is_group(phrase):
        return False
    is_owned = first in OWNERS or _owner(mention) is not None
    is_text = phrase.head in words("words", "statements", "documents")
    if is_owned and not is_text and phrase.head not in person.roles:
        return False
    return person.order not in {other.order for other in _described(mention, state)}


def _is_asked_about(mention: Candidate, person: Person, state: DiscourseState) -> bool:
    """Whether the sentence of a mention begins with the person as its topic: asked about Ada Byron, the coach said."""
    parsed, phrase = mention.parsed, mention.phrase
    first = parsed.paragraph.sentences[phrase.first]
    if parsed.paragraph.lowers[first] not in words("receivers", "topics"):
        return False
    people = state.entities.by_phrase
    return any(people.get(name.start) is person for name in parsed.between(first, phrase.first) if name.kind == "name")


def _is_group(phrase: NounPhrase) -> bool:
    return phrase.head in words("names", "body_heads") or phrase.head in words("receivers", "groups")


def _owner(mention: Candidate) -> NounPhrase | None:
    """Return the name that owns a nominal: Ada Byron’s lawyer."""
    parsed, phrase = mention.parsed, mention.phrase
    inside = [p for p in parsed.between(phrase.first, phrase.last) if p.kind == "name"]
    return next((name for name in inside if parsed.tokens[name.last - 1].is_possessive), None)


def _described(mention: Candidate, state: DiscourseState) -> list[Person]:
    """Return the people inside a nominal and its complement: Ada Byron in “the rival of Ada Byron”."""
    parsed, phrase = mention.parsed, mention.phrase
    lowers = parsed.paragraph.lowers
    end = phrase.last
    limit = min(len(lowers), end + LONGEST_COMPLEMENT)
    while end < limit and lowers[end] not in STOPS and parsed.cue_at(end) is None:
        end += 1
    people = state.entities.by_phrase
    return [people[p.start] for p in parsed.between(phrase.first, end) if p.kind == "name" and p.start in people]
