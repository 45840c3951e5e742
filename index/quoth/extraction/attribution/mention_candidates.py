"""Who may have spoken a quoted span: the phrases around it, and which facts hold of each.

The facts themselves, and what they are called, are in mention_features.py.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Literal

from quoth.extraction.attribution import mention_features as told
from quoth.extraction.attribution.evidence import WINDOW, Candidate, Evidence, SpanContext
from quoth.extraction.attribution.non_speech import is_named, is_scare_quote, is_title, is_unsaid
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

BEFORE = 7  # phrases of the paragraph in front of a span that are candidates
AFTER = 5
ABOVE = 4  # phrases at the end of the paragraph above
LONG = 90  # tokens of a sentence that are looked at
LONGEST_ASIDE = 30  # tokens between a name and its verb: Ada Byron, the mayor of ..., said


def candidates(place: SpanContext, proposals: Sequence[Evidence], chosen: Candidate | None) -> list[Candidate]:
    """Return the phrases nearest to a span, those of the patterns, and the one chosen for the span before.

    Each is there once.
    """
    scene = place.scene
    here = bisect_left(scene.firsts, place.token)
    near = [Candidate(phrase, scene) for phrase in scene.phrases[max(here - BEFORE, 0) : here + AFTER]]
    if place.paragraph > 0:
        above = place.scenes[place.paragraph - 1]
        near += [Candidate(phrase, above) for phrase in above.phrases[-ABOVE:]]
    near += [Candidate(evidence.phrase, place.scenes[evidence.paragraph]) for evidence in proposals]
    if chosen is not None:
        near.append(chosen)
    found = {(option.phrase.start, option.phrase.end): option for option in near if option.phrase.head != "who"}
    return list(found.values())


# --- what a phrase shows by itself


@value
class VerbLink:
    """The word that may be the verb of a phrase, by its token, and how the two are joined."""

    at: int
    link: Literal["beside", "aside", "relative"]


@value
class PhraseContext:
    """What a phrase shows wherever the span is that it may have spoken."""

    before: str  # the classes of the words around it
    after: str
    is_owner: bool
    is_joined: bool
    verb: VerbLink | None
    sort: str  # the class of the verb
    word: str
    untold: tuple[bool, bool, bool, bool] | None  # why the verb says nothing
    inverted: tuple[int, CueKind] | None


class PhraseContexts:
    """The looks of an article's phrases, each found once: the spans of a paragraph ask for the same ones."""

    def __init__(self, cast: Entities) -> None:
        self.cast = cast
        self._known: dict[tuple[Kind, int, int], PhraseContext] = {}

    def of(self, candidate: Candidate) -> PhraseContext:
        """Return how a phrase looks."""
        phrase = candidate.phrase
        key = phrase.kind, phrase.start, phrase.end
        look = self._known.get(key)
        if look is None:
            look = self._known[key] = _look(candidate)
        return look

    def cue(self, candidate: Candidate) -> int | None:
        """Return the token of the word by which a phrase reports, if there is one beside it."""
        look = self.of(candidate)
        if look.verb is not None:
            return look.verb.at
        return look.inverted[0] if look.inverted is not None else None


def _look(candidate: Candidate) -> PhraseContext:
    phrase, scene = candidate.phrase, candidate.scene
    tokens = scene.tokens
    verb = _verb(scene, phrase)
    word = tokens[verb.at].lower if verb is not None else ""
    return PhraseContext(
        class_of(_word(scene, phrase.first - 1)),
        class_of(_word(scene, phrase.last)),
        tokens[phrase.last - 1].is_possessive,
        phrase.kind == "name" and is_joined(scene, phrase),
        verb,
        class_of(word),
        word,
        None if verb is None else _untold(scene, phrase, verb.at, word),
        _inverted(scene, phrase),
    )


def _untold(scene: ParsedParagraph, phrase: NounPhrase, verb: int, word: str) -> tuple[bool, bool, bool, bool] | None:
    """Return why a subject with its verb says nothing: never said, was told, denies, two at once."""
    tokens = scene.tokens
    floor = max(scene.paragraph.sentences[phrase.first], phrase.first - WINDOW)
    reasons = (
        is_unsaid(scene, verb, phrase, floor),
        is_passive(tokens, phrase.last, verb),
        word in words("words", "unsaid"),
        is_joint(scene, phrase, floor) or (phrase.last < verb and _adds_name(scene, phrase.last, verb)),
    )
    return reasons if any(reasons) else None


def _adds_name(scene: ParsedParagraph, first: int, last: int) -> bool:
    """Whether an aside adds somebody: Ada Byron, and Bo Lind, said."""
    tokens = scene.tokens
    return any(p.kind == "name" and tokens[p.first - 1].lower == "and" for p in scene.between(first, last))


def _verb(scene: ParsedParagraph, phrase: NounPhrase) -> VerbLink | None:
    """Return the first word after a phrase that may be its verb: past adverbs, past who, past what commas enclose."""
    tokens = scene.tokens
    limit = min(len(tokens), phrase.last + LONGEST_ASIDE)
    index = phrase.last
    if index < limit and tokens[index].text == "(":
        index = next((i + 1 for i in range(index, limit) if tokens[i].text == ")"), index)
    relative = index + (index < limit and tokens[index].text == ",")
    if relative < limit and tokens[relative].lower == "who":
        verb = _past_adverbs(tokens, relative + 1, limit)
        if verb < limit and scene.cue_at(verb) is not None:
            return VerbLink(verb, "relative")
    if index < limit and tokens[index].text == ",":
        for closing in range(index + 1, limit):
            if tokens[closing].is_quote:
                return None
            if tokens[closing].text == ",":
                verb = _past_adverbs(tokens, closing + 1, limit)
                if verb < limit and scene.cue_at(verb) is not None:
                    return VerbLink(verb, "aside")
        return None
    index = _past_adverbs(tokens, index, limit)
    is_verb = index < limit and tokens[index].is_word and tokens[index].text.islower()
    return VerbLink(index, "beside") if is_verb else None


def _past_adverbs(tokens: Sequence[Token], index: int, limit: int) -> int:
    while index < limit and is_adverbial(tokens[index]):
        index += 1
    return index


def _inverted(scene: ParsedParagraph, phrase: NounPhrase) -> tuple[int, CueKind] | None:
    """Return the cue before a phrase and its kind: said in “said the mayor, Ada Byron”."""
    tokens = scene.tokens
    index = phrase.first - 1
    while index >= 0 and phrase.first - index <= 7 and _may_stand_before_name(tokens[index]):
        index -= 1
    kind = scene.cue_at(index)
    return None if kind is None else (index, kind)


def _may_stand_before_name(token: Token) -> bool:
    return token.is_word and (
        token.is_capitalised or token.lower in words("words", "determiners") or token.lower in words("names", "roles")
    )


# --- what a phrase is to a span


class MentionFeatures:
    """What the facts of all candidates of one span share."""

    def __init__(
        self, place: SpanContext, proposals: Sequence[Evidence], chosen: Candidate | None, looks: PhraseContexts
    ) -> None:
        self.place = place
        self.looks = looks
        self.chosen = chosen
        self.proposals = proposals
        scene = place.scene
        self.sentences = scene.paragraph.sentences
        self.sentence = self.sentences[place.token]
        self.subject = clause_subject(scene, place.token, place.floor) if place.token > place.floor else None
        self.shape = _shape(place)
        self.surest = proposals[0].method if proposals else "none"
        self._relation = self._relation_to_before() if chosen is not None else ""

    def features_of_nobody(self) -> list[FeatureTemplate]:
        """Return the facts of the choice that nobody speaks."""
        place, index = self.place, self.place.token
        before = _word(place.scene, index - 1)
        ahead, behind = class_of(before), class_of(_word(place.scene, index + 1))
        named = place.text.split()
        size = bucket(len(named))
        facts: list[FeatureTemplate] = [
            (told.nobody, self.shape, size),
            (told.nobody_pattern, self.surest, size),
            (told.nobody_before, ahead, size),
            (told.nobody_before_word, before),
            (told.nobody_after, behind, size),
        ]
        if len(named) <= 6 and all(word[:1].isupper() for word in named if len(word) > 3):
            facts.append((told.nobody_capitals, ahead, size))
        facts += ((told.nobody_is, sort) for sort in _unspoken(place))
        if len(place.scene.tokens) == 1:
            facts.append((told.nobody_alone, self.shape))
        style = _style(place)
        if style != "double":
            facts.append((told.nobody_marks, style, size))
        cues = place.scene.cues_between(place.floor, index)
        if cues:
            facts.append((told.nobody_cue, cues[-1].kind, bucket(index - cues[-1].at), self.surest))
        elif not place.scene.cues_between(index, place.scene.end_of_sentence(index, LONG)):
            facts.append((told.nobody_cueless, size))
        if place.number:
            facts.append((told.nobody_after_span, "one" if self.chosen is None else "somebody"))
        return facts

    def features_of(self, candidate: Candidate) -> list[FeatureTemplate]:
        """Return the facts of a candidate."""
        phrase, scene = candidate.phrase, candidate.scene
        where, kind, look = self._where(candidate), phrase.kind, self.looks.of(candidate)
        facts: list[FeatureTemplate] = [
            (told.standing, where, kind, self.shape),
            (told.follows, where, look.before, kind),
            (told.precedes, where, look.after),
            *self._nature(where, phrase),
            *self._patterns(where, phrase),
        ]
        if self.chosen is not None:
            facts += self._chain(where, phrase, self.chosen)
        if look.verb is None:
            facts.append((told.verbless, where))
        else:
            facts += ((told.verb, where, look.sort, look.verb.link), (told.verb_word, where, look.word))
        if look.untold is not None:
            facts.append((told.untold, where, *look.untold))
        if look.is_owner:
            facts.append((told.owner, where))
        if look.is_joined:
            facts.append((told.joined, where))
        if scene is self.place.scene:
            facts += self._beside(where, phrase, look)
        else:
            facts.append((told.elsewhere, where, scene.is_opened_by(phrase), kind))
        return facts

    def method(self, candidate: Candidate) -> str:
        """Return in one word how a candidate that no pattern found stands to the span: a key of evidence.SEEN."""
        if candidate.scene is not self.place.scene:
            return "same speaker" if candidate == self.chosen else "above"
        where = self._where(candidate)
        return where if where in ("before", "after") else "same speaker" if candidate == self.chosen else "nearby"

    def _where(self, candidate: Candidate) -> str:
        place, phrase = self.place, candidate.phrase
        if candidate.scene is not place.scene:
            scene = candidate.scene
            if scene.paragraph.number > place.paragraph:
                return "below"
            if scene.paragraph.number < place.paragraph - 1:
                return "far above"
            return "above" if scene.paragraph.sentences[phrase.first] == scene.paragraph.sentences[-1] else "higher"
        sentence = self.sentences[phrase.first]
        if phrase.first < place.token:
            if sentence == self.sentence:
                return "before"
            return "earlier" if sentence == self.sentences[self.sentence - 1] else "well before"
        return "after" if sentence == self.sentence else "later"

    def _nature(self, where: str, phrase: NounPhrase) -> tuple[FeatureTemplate, ...]:
        """Return what a phrase is: which pronoun, what kind of noun, how well known a name."""
        if phrase.kind == "pronoun":
            return ((told.pronoun, where, phrase.head),)
        if phrase.kind == "nominal":
            return (told.nominal, where, noun_class(phrase.head)), (told.noun, phrase.head)
        person = self.looks.cast.by_phrase.get(phrase.start)
        if person is None:
            return ((told.unlisted, where),)
        return (
            (told.named, where, person.nature, person.is_certain, " " in phrase.text, bool(phrase.title)),
            (told.mentioned, bucket(person.mentions), person.nature),
        )

    def _beside(self, where: str, phrase: NounPhrase, look: PhraseContext) -> Iterator[FeatureTemplate]:
        """Yield how a phrase of the same paragraph stands to the span, and what stands between."""
        token, scene, kind = self.place.token, self.place.scene, phrase.kind
        first, last = (phrase.last, token) if phrase.first < token else (token + 1, phrase.first)
        spans = bisect_left(scene.spans, last) - bisect_left(scene.spans, first)
        stops = scene.stops_between(first, min(last, first + LONG))
        cues = scene.cues_between(first, last)
        kinds = " ".join(sorted({cue.kind for cue in cues})) if cues else ""
        yield told.distance, where, bucket(last - first), min(spans, 3), min(stops, 2)
        yield told.between, where, min(scene.names_between(first, last), 3), kind, kinds
        is_subject = phrase == self.subject
        if is_subject:
            yield told.subject, where, kind, self.shape
        if look.verb is not None:
            yield told.verb_gap, where, look.sort, bucket(abs(token - look.verb.at))
            yield told.verb_shape, where, look.sort, is_subject, self.shape
        if look.inverted is not None:
            at, cue = look.inverted
            yield told.inverted, where, cue, kind, bucket(abs(token - at))

    def _patterns(self, where: str, phrase: NounPhrase) -> list[FeatureTemplate]:
        """Return which patterns find a phrase, or which one finds another."""
        agreeing = tuple([evidence.method for evidence in self.proposals if evidence.phrase == phrase])
        if not agreeing:
            return [(told.against, where, self.surest)]
        facts: list[FeatureTemplate] = [(told.found, agreeing)]
        if self.proposals[0].phrase == phrase:
            facts.append((told.found_first, agreeing[0], phrase.kind, self.shape))
        return facts

    def _chain(self, where: str, phrase: NounPhrase, chosen: Candidate) -> list[FeatureTemplate]:
        """Return how the span before, if this phrase spoke it, stands to this one."""
        place, relation = self.place, self._relation
        if phrase != chosen.phrase:
            return [(told.other_than_before, where, relation)]
        span, before = place.reading.spans[place.number], place.reading.spans[place.number - 1]
        facts: list[FeatureTemplate] = [(told.as_before, where, relation, self.shape)]
        is_alone = len(place.scene.tokens) == 1
        if span.continues or is_alone:
            facts.append((told.as_before_on, relation, span.continues, is_alone))
        if relation != "further":
            facts.append((told.as_before_past, relation, self._others_between(before.right, phrase)))
        return facts

    def _relation_to_before(self) -> str:
        """Return how near the span before stands."""
        place = self.place
        span, before = place.reading.spans[place.number], place.reading.spans[place.number - 1]
        apart = span.paragraph - before.paragraph
        if apart == 0:
            return "same sentence" if self.sentences[place.token] <= self._token_before() else "same paragraph"
        return "next paragraph" if apart == 1 else "further"

    def _others_between(self, start: int, own: NounPhrase) -> int:
        """Count, up to two, the names and pronouns from an offset up to the span that are not the candidate."""
        others = 0
        scene, last = self.place.scene, self.place.token
        above = self.place.scenes[self.place.paragraph - 1] if self.place.paragraph else scene
        for stage, end in ((scene, last), (above, len(above.tokens))):
            for phrase in stage.between(max(end - LONG, 0), end):
                others += phrase.start >= start and phrase.kind != "nominal" and phrase != own
        return min(others, 2)

    def _token_before(self) -> int:
        position = bisect_left(self.place.scene.spans, self.place.token)
        return self.place.scene.spans[position - 1] if position else -1


def _unspoken(place: SpanContext) -> Iterator[str]:
    """Yield what a span is that nobody says."""
    if is_title(place):
        yield "title"
    if is_scare_quote(place):
        yield "scare"
    if is_named(place):
        yield "naming"
    if place.paragraph == place.reading.headline:
        yield "headline"


def _style(place: SpanContext) -> str:
    """Return how a span is set off: double, single or doubled single marks; a turn or a block without any."""
    span = place.reading.spans[place.number]
    if span.style != "marks":
        return span.style
    marks = place.reading.body[span.left : span.left + 2]
    return "doubled" if marks in ("''", "``") else "single" if marks[:1] in "‘'" else "double"


def _shape(place: SpanContext) -> str:
    """Return how a span begins, ends and stands: C for a capital, its last mark, and whether it opens a sentence."""
    first = "C" if place.text[:1].isupper() else "c"
    last = place.text[-1:]
    mark = last if last in ",.?!" else "…" if last in "…-—–:;" else "w"
    opens = "^" if place.scene.paragraph.sentences[place.token] == place.token else "_"
    ahead = place.scene.tokens[place.token - 1].text if place.token and opens == "_" else ""
    return opens + first + mark + (ahead if ahead in (",", ":") else "")


def _word(scene: ParsedParagraph, index: int) -> str:
    lowers = scene.paragraph.lowers
    return lowers[index] or "“”" if 0 <= index < len(lowers) else ""
