"""Find the candidate mentions of a span, and their features.

The feature templates are in mention_features.py.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Literal

from quoth.extraction.attribution import mention_features as feature
from quoth.extraction.attribution.evidence import WINDOW, Candidate, Evidence, SpanContext
from quoth.extraction.attribution.non_speech import is_unsaid, sorts
from quoth.extraction.entities.clusters import Entities
from quoth.extraction.parsing.clauses import (
    ParsedParagraph,
    clause_subject,
    is_adverbial,
    is_joined,
    is_joint,
    is_passive,
)
from quoth.extraction.parsing.cues import CueKind
from quoth.extraction.parsing.document import Token
from quoth.extraction.parsing.mentions import Kind, NounPhrase
from quoth.extraction.ranking.features import FeatureTemplate, bucket, class_of, noun_class
from quoth.extraction.tables import words
from quoth.extraction.value import value

BEFORE = 7  # candidates before a span in its paragraph
AFTER = 5  # candidates after it
ABOVE = 4  # candidates at the end of the paragraph above
LONG = 90  # tokens of a sentence that are searched
LONGEST_ASIDE = 30  # tokens between a name and its verb: Ada Byron, the mayor of ..., said


def candidates(context: SpanContext, proposals: Sequence[Evidence], chosen: Candidate | None) -> list[Candidate]:
    """Return the phrases nearest to a span, those of the patterns, and the mention of the span before, each once."""
    parsed = context.parsed
    here = bisect_left(parsed.firsts, context.token)
    near = [Candidate(phrase, parsed) for phrase in parsed.phrases[max(here - BEFORE, 0) : here + AFTER]]
    if context.paragraph_number > 0:
        above = context.paragraphs[context.paragraph_number - 1]
        near += [Candidate(phrase, above) for phrase in above.phrases[-ABOVE:]]
    near += [Candidate(evidence.phrase, context.paragraphs[evidence.paragraph_number]) for evidence in proposals]
    if chosen is not None:
        near.append(chosen)
    distinct = {(option.phrase.start, option.phrase.end): option for option in near if option.phrase.head != "who"}
    return list(distinct.values())


# --- a phrase by itself


@value
class VerbLink:
    """The possible verb of a phrase, by the index of its token, and the link between the two."""

    at: int
    link: Literal["beside", "aside", "relative"]


@value
class PhraseContext:
    """The properties of a phrase that do not depend on the span."""

    before: str  # the classes of the words around it
    after: str
    is_owner: bool
    is_joined: bool
    verb: VerbLink | None
    verb_class: str
    verb_word: str
    not_reporting: tuple[bool, bool, bool, bool] | None  # the reasons why the verb reports no speech
    inverted: tuple[int, CueKind] | None


class PhraseContexts:
    """A cache of phrase contexts: the spans of a paragraph share their candidates."""

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self._cache: dict[tuple[Kind, int, int], PhraseContext] = {}

    def of(self, candidate: Candidate) -> PhraseContext:
        """Return the context of a phrase."""
        phrase = candidate.phrase
        key = phrase.kind, phrase.start, phrase.end
        phrase_context = self._cache.get(key)
        if phrase_context is None:
            phrase_context = self._cache[key] = _phrase_context(candidate)
        return phrase_context

    def cue(self, candidate: Candidate) -> int | None:
        """Return the token of the verb or cue of a phrase, if there is one."""
        phrase_context = self.of(candidate)
        if phrase_context.verb is not None:
            return phrase_context.verb.at
        return phrase_context.inverted[0] if phrase_context.inverted is not None else None


def _phrase_context(candidate: Candidate) -> PhraseContext:
    phrase, parsed = candidate.phrase, candidate.parsed
    tokens = parsed.tokens
    verb = _verb(parsed, phrase)
    word = tokens[verb.at].lower if verb is not None else ""
    return PhraseContext(
        class_of(_word(parsed, phrase.first - 1)),
        class_of(_word(parsed, phrase.last)),
        tokens[phrase.last - 1].is_possessive,
        phrase.kind == "name" and is_joined(parsed, phrase),
        verb,
        class_of(word),
        word,
        None if verb is None else _not_reporting(parsed, phrase, verb.at, word),
        _inverted(parsed, phrase),
    )


def _not_reporting(
    parsed: ParsedParagraph, phrase: NounPhrase, verb: int, word: str
) -> tuple[bool, bool, bool, bool] | None:
    """Return the reasons why a subject and its verb report no speech: never said, was told, denies, a joint subject."""
    tokens = parsed.tokens
    floor = max(parsed.paragraph.sentences[phrase.first], phrase.first - WINDOW)
    reasons = (
        is_unsaid(parsed, verb, phrase, floor),
        is_passive(tokens, phrase.last, verb),
        word in words("words", "unsaid"),
        is_joint(parsed, phrase, floor) or (phrase.last < verb and _adds_name(parsed, phrase.last, verb)),
    )
    return reasons if any(reasons) else None


def _adds_name(parsed: ParsedParagraph, first: int, last: int) -> bool:
    """Whether an aside adds another subject: Ada Byron, and Bo Lind, said."""
    tokens = parsed.tokens
    return any(p.kind == "name" and tokens[p.first - 1].lower == "and" for p in parsed.between(first, last))


def _verb(parsed: ParsedParagraph, phrase: NounPhrase) -> VerbLink | None:
    """Return the possible verb of a phrase: the next word after it, past adverbs, “who” or an aside in commas."""
    tokens = parsed.tokens
    limit = min(len(tokens), phrase.last + LONGEST_ASIDE)
    index = phrase.last
    if index < limit and tokens[index].text == "(":
        index = next((i + 1 for i in range(index, limit) if tokens[i].text == ")"), index)
    relative = index + (index < limit and tokens[index].text == ",")
    if relative < limit and tokens[relative].lower == "who":
        verb = _past_adverbs(tokens, relative + 1, limit)
        if verb < limit and parsed.cue_at(verb) is not None:
            return VerbLink(verb, "relative")
    if index < limit and tokens[index].text == ",":
        for closing in range(index + 1, limit):
            if tokens[closing].is_quote:
                return None
            if tokens[closing].text == ",":
                verb = _past_adverbs(tokens, closing + 1, limit)
                if verb < limit and parsed.cue_at(verb) is not None:
                    return VerbLink(verb, "aside")
        return None
    index = _past_adverbs(tokens, index, limit)
    is_verb = index < limit and tokens[index].is_word and tokens[index].text.islower()
    return VerbLink(index, "beside") if is_verb else None


def _past_adverbs(tokens: Sequence[Token], index: int, limit: int) -> int:
    while index < limit and is_adverbial(tokens[index]):
        index += 1
    return index


def _inverted(parsed: ParsedParagraph, phrase: NounPhrase) -> tuple[int, CueKind] | None:
    """Return the cue before a phrase and its kind: “said” in “said the mayor, Ada Byron”."""
    tokens = parsed.tokens
    index = phrase.first - 1
    while index >= 0 and phrase.first - index <= 7 and _may_stand_before_name(tokens[index]):
        index -= 1
    kind = parsed.cue_at(index)
    return None if kind is None else (index, kind)


def _may_stand_before_name(token: Token) -> bool:
    return token.is_word and (
        token.is_capitalised or token.lower in words("words", "determiners") or token.lower in words("names", "roles")
    )


# --- a phrase and a span


class MentionFeatures:
    """Computes the features of the candidates of one span."""

    def __init__(
        self,
        context: SpanContext,
        proposals: Sequence[Evidence],
        chosen: Candidate | None,
        phrase_contexts: PhraseContexts,
    ) -> None:
        self.context = context
        self.phrase_contexts = phrase_contexts
        self.chosen = chosen
        self.proposals = proposals
        parsed = context.parsed
        self.sentences = parsed.paragraph.sentences
        self.sentence = self.sentences[context.token]
        self.subject = clause_subject(parsed, context.token, context.floor) if context.token > context.floor else None
        self.shape = _shape(context)
        self.first_method = proposals[0].method if proposals else "none"
        self._relation = self._relation_to_before() if chosen is not None else ""

    def features_of_nobody(self) -> list[FeatureTemplate]:
        """Return the features of the option that the span has no speaker."""
        context, index = self.context, self.context.token
        before = _word(context.parsed, index - 1)
        before_class, after_class = class_of(before), class_of(_word(context.parsed, index + 1))
        span_words = context.text.split()
        size = bucket(len(span_words))
        templates: list[FeatureTemplate] = [
            (feature.nobody, self.shape, size),
            (feature.nobody_pattern, self.first_method, size),
            (feature.nobody_before, before_class, size),
            (feature.nobody_before_word, before),
            (feature.nobody_after, after_class, size),
        ]
        if len(span_words) <= 6 and all(word[:1].isupper() for word in span_words if len(word) > 3):
            templates.append((feature.nobody_capitals, before_class, size))
        templates += ((feature.nobody_is, sort) for sort in sorts(context))
        if len(context.parsed.tokens) == 1:
            templates.append((feature.nobody_alone, self.shape))
        style = _style(context)
        if style != "double":
            templates.append((feature.nobody_marks, style, size))
        cues = context.parsed.cues_between(context.floor, index)
        if cues:
            templates.append((feature.nobody_cue, cues[-1].kind, bucket(index - cues[-1].at), self.first_method))
        elif not context.parsed.cues_between(index, context.parsed.end_of_sentence(index, LONG)):
            templates.append((feature.nobody_cueless, size))
        if context.number:
            templates.append((feature.nobody_after_span, "one" if self.chosen is None else "somebody"))
        return templates

    def features_of(self, candidate: Candidate) -> list[FeatureTemplate]:
        """Return the features of a candidate."""
        phrase, parsed = candidate.phrase, candidate.parsed
        where, kind, phrase_context = self._where(candidate), phrase.kind, self.phrase_contexts.of(candidate)
        templates: list[FeatureTemplate] = [
            (feature.position, where, kind, self.shape),
            (feature.follows, where, phrase_context.before, kind),
            (feature.precedes, where, phrase_context.after),
            *self._kind_features(where, phrase),
            *self._pattern_features(where, phrase),
        ]
        if self.chosen is not None:
            templates += self._chain_features(where, phrase, self.chosen)
        if phrase_context.verb is None:
            templates.append((feature.verbless, where))
        else:
            templates += (
                (feature.verb, where, phrase_context.verb_class, phrase_context.verb.link),
                (feature.verb_word, where, phrase_context.verb_word),
            )
        if phrase_context.not_reporting is not None:
            templates.append((feature.not_reporting, where, *phrase_context.not_reporting))
        if phrase_context.is_owner:
            templates.append((feature.owner, where))
        if phrase_context.is_joined:
            templates.append((feature.joined, where))
        if parsed is self.context.parsed:
            templates += self._distance_features(where, phrase, phrase_context)
        else:
            templates.append((feature.elsewhere, where, parsed.is_opened_by(phrase), kind))
        return templates

    def method(self, candidate: Candidate) -> str:
        """Return the method of a candidate that no pattern proposed, by its position: a key of evidence.WHY."""
        if candidate.parsed is not self.context.parsed:
            return "same speaker" if candidate == self.chosen else "above"
        where = self._where(candidate)
        return where if where in ("before", "after") else "same speaker" if candidate == self.chosen else "nearby"

    def _where(self, candidate: Candidate) -> str:
        context, phrase = self.context, candidate.phrase
        if candidate.parsed is not context.parsed:
            parsed = candidate.parsed
            if parsed.paragraph.number > context.paragraph_number:
                return "below"
            if parsed.paragraph.number < context.paragraph_number - 1:
                return "far above"
            return "above" if parsed.paragraph.sentences[phrase.first] == parsed.paragraph.sentences[-1] else "higher"
        sentence = self.sentences[phrase.first]
        if phrase.first < context.token:
            if sentence == self.sentence:
                return "before"
            return "earlier" if sentence == self.sentences[self.sentence - 1] else "well before"
        return "after" if sentence == self.sentence else "later"

    def _kind_features(self, where: str, phrase: NounPhrase) -> tuple[FeatureTemplate, ...]:
        """Return the features of a pronoun, a nominal, or a name and its entity."""
        if phrase.kind == "pronoun":
            return ((feature.pronoun, where, phrase.head),)
        if phrase.kind == "nominal":
            return (feature.nominal, where, noun_class(phrase.head)), (feature.noun, phrase.head)
        person = self.phrase_contexts.entities.by_phrase.get(phrase.start)
        if person is None:
            return ((feature.unlisted, where),)
        return (
            (feature.named, where, person.nature, person.is_certain, " " in phrase.text, bool(phrase.title)),
            (feature.mentioned, bucket(person.mentions), person.nature),
        )

    def _distance_features(
        self, where: str, phrase: NounPhrase, phrase_context: PhraseContext
    ) -> Iterator[FeatureTemplate]:
        """Yield the features of a phrase in the paragraph of the span: its distance, and the text between."""
        token, parsed, kind = self.context.token, self.context.parsed, phrase.kind
        first, last = (phrase.last, token) if phrase.first < token else (token + 1, phrase.first)
        spans = bisect_left(parsed.spans, last) - bisect_left(parsed.spans, first)
        stops = parsed.stops_between(first, min(last, first + LONG))
        cues = parsed.cues_between(first, last)
        kinds = " ".join(sorted({cue.kind for cue in cues})) if cues else ""
        yield feature.distance, where, bucket(last - first), min(spans, 3), min(stops, 2)
        yield feature.between, where, min(parsed.names_between(first, last), 3), kind, kinds
        is_subject = phrase == self.subject
        if is_subject:
            yield feature.subject, where, kind, self.shape
        if phrase_context.verb is not None:
            yield feature.verb_gap, where, phrase_context.verb_class, bucket(abs(token - phrase_context.verb.at))
            yield feature.verb_shape, where, phrase_context.verb_class, is_subject, self.shape
        if phrase_context.inverted is not None:
            at, cue = phrase_context.inverted
            yield feature.inverted, where, cue, kind, bucket(abs(token - at))

    def _pattern_features(self, where: str, phrase: NounPhrase) -> list[FeatureTemplate]:
        """Return the features of the patterns that propose a phrase, or of the one that proposes another."""
        methods = tuple([evidence.method for evidence in self.proposals if evidence.phrase == phrase])
        if not methods:
            return [(feature.other_proposed, where, self.first_method)]
        templates: list[FeatureTemplate] = [(feature.proposed, methods)]
        if self.proposals[0].phrase == phrase:
            templates.append((feature.proposed_first, methods[0], phrase.kind, self.shape))
        return templates

    def _chain_features(self, where: str, phrase: NounPhrase, chosen: Candidate) -> list[FeatureTemplate]:
        """Return the features that compare a phrase with the mention of the span before."""
        context, relation = self.context, self._relation
        if phrase != chosen.phrase:
            return [(feature.other_than_before, where, relation)]
        span, before = context.document.spans[context.number], context.document.spans[context.number - 1]
        templates: list[FeatureTemplate] = [(feature.as_before, where, relation, self.shape)]
        is_alone = len(context.parsed.tokens) == 1
        if span.continues or is_alone:
            templates.append((feature.as_before_on, relation, span.continues, is_alone))
        if relation != "further":
            templates.append((feature.as_before_past, relation, self._others_between(before.right, phrase)))
        return templates

    def _relation_to_before(self) -> str:
        """Return how near the span before is."""
        context = self.context
        span, before = context.document.spans[context.number], context.document.spans[context.number - 1]
        apart = span.paragraph - before.paragraph
        if apart == 0:
            return "same sentence" if self.sentences[context.token] <= self._token_before() else "same paragraph"
        return "next paragraph" if apart == 1 else "further"

    def _others_between(self, start: int, own: NounPhrase) -> int:
        """Count, up to two, the names and pronouns other than the candidate between an offset and the span."""
        others = 0
        parsed, last = self.context.parsed, self.context.token
        above = self.context.paragraphs[self.context.paragraph_number - 1] if self.context.paragraph_number else parsed
        for paragraph, end in ((parsed, last), (above, len(above.tokens))):
            for phrase in paragraph.between(max(end - LONG, 0), end):
                others += phrase.start >= start and phrase.kind != "nominal" and phrase != own
        return min(others, 2)

    def _token_before(self) -> int:
        position = bisect_left(self.context.parsed.spans, self.context.token)
        return self.context.parsed.spans[position - 1] if position else -1


def _style(context: SpanContext) -> str:
    """Return how a span is set off: double, single or doubled single marks, or a turn or block without marks."""
    span = context.document.spans[context.number]
    if span.style != "marks":
        return span.style
    marks = context.document.visible(span.left, span.start)[:2]
    return "doubled" if marks in ("''", "``") else "single" if marks[:1] in "‘'" else "double"


def _shape(context: SpanContext) -> str:
    """Return the shape of a span: ^ if it opens a sentence, C if it begins with a capital, and its last mark."""
    first = "C" if context.text[:1].isupper() else "c"
    last = context.text[-1:]
    mark = last if last in ",.?!" else "…" if last in "…-—–:;" else "w"
    opens = "^" if context.parsed.paragraph.sentences[context.token] == context.token else "_"
    ahead = context.parsed.tokens[context.token - 1].text if context.token and opens == "_" else ""
    return opens + first + mark + (ahead if ahead in (",", ":") else "")


def _word(parsed: ParsedParagraph, index: int) -> str:
    lowers = parsed.paragraph.lowers
    return lowers[index] or "“”" if 0 <= index < len(lowers) else ""
