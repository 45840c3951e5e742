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

    context: SpanContext
    proposals: Sequence[Evidence]

    def mention_features(self, chosen: Candidate | None, phrase_contexts: PhraseContexts) -> MentionFeatures:
        """Return what the facts of its candidates share, given the mention of the span before."""
        return MentionFeatures(self.context, self.proposals, chosen, phrase_contexts)


def gather_evidence(document: Document, paragraphs: tuple[ParsedParagraph, ...]) -> Iterator[SpanEvidence]:
    """Yield the spans of a body that are attributed, in order, each with the evidence of all patterns."""
    tokens = [index for parsed in paragraphs for index in parsed.spans]
    surest: list[Evidence | None] = []
    for number, span in enumerate(document.spans[: document.attributed]):
        text, parsed, token = document.body[span.start : span.end], paragraphs[span.paragraph], tokens[number]
        floor = max(parsed.paragraph.sentences[token], token - WINDOW)
        context = SpanContext(document, paragraphs, parsed, number, token, floor, text, surest)
        proposals = [evidence for pattern in PATTERNS if (evidence := pattern(context)) is not None]
        yield SpanEvidence(context, proposals)
        surest.append(proposals[0] if proposals and not is_not_speech(context) else None)


def attribute(
    document: Document, paragraphs: tuple[ParsedParagraph, ...], entities: Entities, model: Model
) -> list[SpanAttribution]:
    """Return for every span of a body who spoke it, in reading order: each tells of the next."""
    state, phrase_contexts = DiscourseState(paragraphs, entities), PhraseContexts(entities)
    chosen: Candidate | None = None
    attributions: list[SpanAttribution] = []
    for span_evidence in gather_evidence(document, paragraphs):
        options = candidates(span_evidence.context, span_evidence.proposals, chosen)
        features = span_evidence.mention_features(chosen, phrase_contexts)
        nobody, *chances = model.mention.probabilities(
            [features.features_of_nobody(), *map(features.features_of, options)]
        )
        ranked = sorted(zip(chances, options, strict=True), key=itemgetter(0), reverse=True)
        asked = [(chance, option) for chance, option in ranked[:ASKED] if chance >= LEAST]
        attribution = _rule(span_evidence, asked, state, model, features)
        attributions.append(attribution)
        chosen = ranked[0][1] if ranked and ranked[0][0] > nobody else None
        if attribution.person is not None:
            state.note_speaker(span_evidence.context.paragraph_number, attribution.person, attribution.mention)
        elif chosen is not None and chosen.phrase.kind == "nominal":
            state.unnamed_speaker = chosen
    return attributions + [UNREAD] * (len(document.spans) - document.attributed)


def _rule(
    span_evidence: SpanEvidence,
    asked: Sequence[tuple[float, Candidate]],
    state: DiscourseState,
    model: Model,
    features: MentionFeatures,
) -> SpanAttribution:
    """Add up what the likeliest mentions of a span mean, and name a person when that is sure enough."""
    beliefs: dict[int, float] = {}
    best: dict[int, tuple[float, Candidate, Resolution]] = {}
    meanings = [_meanings(mention, state, model) for _, mention in asked]
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
            return SpanAttribution(_evidence(span_evidence, mention, features), resolved, confidence)
    if not asked or asked[0][0] < 1 - sum(chance for chance, _ in asked):
        return NOBODY
    mention = asked[0][1]
    _, resolved = meanings[0][0]
    if resolved.person is not None:
        resolved = Resolution(None, because="that is not sure enough")
    return SpanAttribution(_evidence(span_evidence, mention, features), resolved, 0.0)


def _meanings(mention: Candidate, state: DiscourseState, model: Model) -> list[tuple[float, Resolution]]:
    """Return whom a mention may stand for, the likeliest first: somebody, or with a reason nobody."""
    if mention.phrase.kind == "name" or mention.phrase.head in SPEECHLESS:
        return [(1.0, resolve(mention, state))]
    choice = AntecedentFeatures(mention, state)
    nobody, *chances = model.speaker.probabilities(
        [choice.features_of_nobody(), *map(choice.features_of, choice.antecedents)]
    )
    answers = [(chance, choice.resolution(option)) for chance, option in zip(chances, choice.antecedents, strict=True)]
    answers.append((nobody, choice.unresolved()))
    return sorted(answers, key=itemgetter(0), reverse=True)


def _evidence(span_evidence: SpanEvidence, mention: Candidate, features: MentionFeatures) -> Evidence:
    """Return the evidence of the surest pattern that found a mention, or else what the ranker saw of it."""
    phrase = mention.phrase
    for proposal in span_evidence.proposals:
        if proposal.phrase == phrase:
            return proposal
    return evidence_of(
        span_evidence.context, phrase, features.phrase_contexts.cue(mention), features.method(mention), mention.parsed
    )
