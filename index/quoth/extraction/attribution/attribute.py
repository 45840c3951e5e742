"""Who spoke each quoted span: mentions are ranked, each is asked whom it stands for, and the two are one belief.

A reader who is half sure of “he” and half of “Ada Byron”, and sure that he is Ada Byron, is sure of Ada Byron: so
the probabilities of all mentions are added up for the person that each of them means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter

from quoth.extraction.attribution.antecedents import AntecedentFeatures
from quoth.extraction.attribution.coreference import DiscourseState, Resolution, resolve
from quoth.extraction.attribution.evidence import WINDOW, Candidate, Evidence, SpanContext, evidence_of
from quoth.extraction.attribution.mention_candidates import MentionFeatures, PhraseContexts, candidates
from quoth.extraction.attribution.non_speech import is_not_speech
from quoth.extraction.attribution.patterns import PATTERNS
from quoth.extraction.entities.clusters import Entities, Person
from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Document
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.ranking.model import Model
from quoth.extraction.value import value

ASKED = 4  # mentions of a span that are asked whom they stand for
LEAST = 0.05  # probability of such a mention
SPEECHLESS = frozenset({"i", "we", "who"})  # the reporter, or what another candidate tells better


@value
class SpanAttribution:
    """What was found of a span.

    `evidence` is the mention that tells most of the speaker, `resolved` whom it stands for, and `confidence` (0 to 1)
    how sure the whole is. Without a person it is the likeliest mention, and why it names nobody.
    """

    evidence: Evidence | None
    resolved: Resolution
    confidence: float

    @property
    def person(self) -> Person | None:
        """Who is named, `None` for nobody."""
        return self.resolved.person

    @property
    def mention(self) -> NounPhrase | None:
        """The words that name the speaker, `None` when there are none."""
        return None if self.evidence is None else self.evidence.phrase


NOBODY = SpanAttribution(None, Resolution(None, because="nothing near the quote says who speaks"), 0.0)
UNREAD = SpanAttribution(
    None, Resolution(None, because="the article is too long to be read for speakers up to here"), 0.0
)


@value
class SpanEvidence:
    """A span with all that the first ranker sees of it."""

    place: SpanContext
    proposals: Sequence[Evidence]

    def mention_features(self, chosen: Candidate | None, looks: PhraseContexts) -> MentionFeatures:
        """Return what the facts of its candidates share, given the mention of the span before."""
        return MentionFeatures(self.place, self.proposals, chosen, looks)


def gather_evidence(reading: Document, scenes: tuple[ParsedParagraph, ...]) -> Iterator[SpanEvidence]:
    """Yield the spans of a body that are attributed, in order, each with the evidence of all patterns."""
    tokens = [index for scene in scenes for index in scene.spans]
    surest: list[Evidence | None] = []
    for number, span in enumerate(reading.spans[: reading.attributed]):
        text, scene, token = reading.body[span.start : span.end], scenes[span.paragraph], tokens[number]
        floor = max(scene.paragraph.sentences[token], token - WINDOW)
        place = SpanContext(reading, scenes, scene, number, token, floor, text, surest)
        proposals = [evidence for pattern in PATTERNS if (evidence := pattern(place)) is not None]
        yield SpanEvidence(place, proposals)
        surest.append(proposals[0] if proposals and not is_not_speech(place) else None)


def attribute(
    reading: Document, scenes: tuple[ParsedParagraph, ...], cast: Entities, model: Model
) -> list[SpanAttribution]:
    """Return for every span of a body who spoke it, in reading order: each tells of the next."""
    memory, looks = DiscourseState(scenes, cast), PhraseContexts(cast)
    chosen: Candidate | None = None
    rulings: list[SpanAttribution] = []
    for glance in gather_evidence(reading, scenes):
        options = candidates(glance.place, glance.proposals, chosen)
        setting = glance.mention_features(chosen, looks)
        nobody, *chances = model.mention.probabilities(
            [setting.features_of_nobody(), *map(setting.features_of, options)]
        )
        ranked = sorted(zip(chances, options, strict=True), key=itemgetter(0), reverse=True)
        asked = [(chance, option) for chance, option in ranked[:ASKED] if chance >= LEAST]
        ruling = _rule(glance, asked, memory, model, setting)
        rulings.append(ruling)
        chosen = ranked[0][1] if ranked and ranked[0][0] > nobody else None
        if ruling.person is not None:
            memory.note_speaker(glance.place.paragraph, ruling.person, ruling.mention)
        elif chosen is not None and chosen.phrase.kind == "nominal":
            memory.unnamed = chosen
    return rulings + [UNREAD] * (len(reading.spans) - reading.attributed)


def _rule(
    glance: SpanEvidence,
    asked: Sequence[tuple[float, Candidate]],
    memory: DiscourseState,
    model: Model,
    setting: MentionFeatures,
) -> SpanAttribution:
    """Add up what the likeliest mentions of a span mean, and name a person when that is sure enough."""
    beliefs: dict[int, float] = {}
    best: dict[int, tuple[float, Candidate, Resolution]] = {}
    meanings = [_meanings(mention, memory, model) for _, mention in asked]
    for (chance, mention), shares in zip(asked, meanings, strict=True):
        for share, resolved in shares:
            key = -1 if resolved.person is None else resolved.person.order
            beliefs[key] = beliefs.get(key, 0.0) + chance * share
            if key not in best or chance * share > best[key][0]:
                best[key] = (chance * share, mention, resolved)
    named = max((key for key in beliefs if key >= 0), key=lambda key: beliefs[key], default=-1)
    if named >= 0:
        confidence = model.confidence(beliefs[named])
        if confidence >= model.threshold:
            _, mention, resolved = best[named]
            return SpanAttribution(_evidence(glance, mention, setting), resolved, confidence)
    if not asked or asked[0][0] < 1 - sum(chance for chance, _ in asked):
        return NOBODY
    mention = asked[0][1]
    _, resolved = meanings[0][0]
    if resolved.person is not None:
        resolved = Resolution(None, because="that is not sure enough")
    return SpanAttribution(_evidence(glance, mention, setting), resolved, 0.0)


def _meanings(mention: Candidate, memory: DiscourseState, model: Model) -> list[tuple[float, Resolution]]:
    """Return whom a mention may stand for, the likeliest first: somebody, or with a reason nobody."""
    if mention.phrase.kind == "name" or mention.phrase.head in SPEECHLESS:
        return [(1.0, resolve(mention, memory))]
    question = AntecedentFeatures(mention, memory)
    nobody, *chances = model.speaker.probabilities(
        [question.features_of_nobody(), *map(question.features_of, question.antecedents)]
    )
    answers = [
        (chance, question.resolution(option)) for chance, option in zip(chances, question.antecedents, strict=True)
    ]
    answers.append((nobody, question.unresolved()))
    return sorted(answers, key=itemgetter(0), reverse=True)


def _evidence(glance: SpanEvidence, mention: Candidate, setting: MentionFeatures) -> Evidence:
    """Return the evidence of the surest pattern that found a mention, or else what the ranker saw of it."""
    phrase = mention.phrase
    for proposal in glance.proposals:
        if proposal.phrase == phrase:
            return proposal
    return evidence_of(glance.place, phrase, setting.looks.cue(mention), setting.method(mention), mention.scene)
