"""Attribute each quoted span: rank its mentions, resolve the best of them, add up one belief for each person.

If “he” and “Ada Byron” each have probability one half, and “he” is Ada Byron, then the speaker is certain. So the
probabilities of all mentions of a person are added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Literal

from quoth.extraction.attribution.antecedents import AntecedentFeatures
from quoth.extraction.attribution.coreference import GENDERS, DiscourseState, Resolution, resolve
from quoth.extraction.attribution.denials import Denial, denial
from quoth.extraction.attribution.evidence import WINDOW, Candidate, Evidence, SpanContext, evidence_of
from quoth.extraction.attribution.exclusions import author_of, is_excluded, may_mean
from quoth.extraction.attribution.mention_candidates import MentionFeatures, PhraseContexts, candidates
from quoth.extraction.attribution.non_speech import (
    features_of_matter,
    is_capitalised,
    is_not_speech,
    may_be_term,
    sorts,
)
from quoth.extraction.attribution.patterns import PATTERNS, SURE
from quoth.extraction.entities.clusters import Entities, Person
from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Document
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.ranking.model import Model
from quoth.extraction.value import value

Matter = Literal["term", "title"]

RESOLVED = 4  # candidate mentions of a span that are resolved
SURENESS = 0.9  # confidence in a pattern that leaves no doubt, as of indirect statements
LEAST = 0.05  # probability of such a mention
SPEECHLESS = frozenset({"i", "we", "who"})  # the reporter, or a relative whose antecedent is a candidate itself


@value
class SpanAttribution:
    """The attribution of a span.

    `evidence` is that of the mention with the largest share in the belief, `resolved` its resolution, and `confidence`
    (0 to 1) that of the whole. Without a person, they are those of the likeliest mention and the reason why it names
    nobody. `denied` is the person of whom the article says that they did not say it, `matter` the sort of a
    span that is no speech.
    """

    evidence: Evidence | None
    resolved: Resolution
    confidence: float
    denied: Person | None = None
    matter: Matter | None = None

    @property
    def person(self) -> Person | None:
        """The speaker, `None` if unattributed."""
        return self.resolved.person

    @property
    def mention(self) -> NounPhrase | None:
        """The phrase that names the speaker, if there is one."""
        return None if self.evidence is None else self.evidence.phrase


NOBODY = SpanAttribution(None, Resolution(None, because="nothing near the quote says who speaks"), 0.0)
UNSAID = Resolution(None, because="the article says that it was not said")
UNSPOKEN = Resolution(None, because="the marks set off a term or a title that nobody speaks")
UNPARSED = SpanAttribution(
    None, Resolution(None, because="the article is too long to be read for speakers up to here"), 0.0
)


@value
class SpanEvidence:
    """A span in its context, with the evidence of all patterns, the most reliable first."""

    context: SpanContext
    proposals: Sequence[Evidence]
    denial: Denial | None

    @property
    def method(self) -> str:
        """The most reliable method that proposes a speaker."""
        return self.proposals[0].method if self.proposals else "none"

    def mention_features(self, chosen: Candidate | None, phrase_contexts: PhraseContexts) -> MentionFeatures:
        """Return the features of its candidates, given the mention of the span before."""
        return MentionFeatures(self.context, self.proposals, chosen, phrase_contexts)


def gather_evidence(document: Document, paragraphs: tuple[ParsedParagraph, ...]) -> Iterator[SpanEvidence]:
    """Yield the spans to attribute, in order, each with the evidence of all patterns."""
    tokens = [index for parsed in paragraphs for index in parsed.spans]
    earlier: list[Evidence | None] = []
    for number, span in enumerate(document.spans[: document.attributed]):
        text, parsed, token = document.visible(span.start, span.end), paragraphs[span.paragraph], tokens[number]
        floor = max(parsed.paragraph.sentences[token], token - WINDOW)
        context = SpanContext(document, paragraphs, parsed, number, token, floor, text, earlier)
        proposals = [evidence for pattern in PATTERNS if (evidence := pattern(context)) is not None]
        denied = denial(context)
        yield SpanEvidence(context, proposals, denied)
        is_said = denied is None and not is_not_speech(context)
        earlier.append(proposals[0] if proposals and is_said else None)


def attribute(
    document: Document, paragraphs: tuple[ParsedParagraph, ...], entities: Entities, model: Model
) -> list[SpanAttribution]:
    """Return the attribution of every span of a body, in reading order; each depends on the ones before."""
    state, phrase_contexts = DiscourseState(paragraphs, entities), PhraseContexts(entities)
    chosen: Candidate | None = None
    attributions: list[SpanAttribution] = []
    for span_evidence in gather_evidence(document, paragraphs):
        context = span_evidence.context
        options = candidates(context, span_evidence.proposals, chosen)
        features = span_evidence.mention_features(chosen, phrase_contexts)
        nobody, *chances = model.mention.probabilities(
            [features.features_of_nobody(), *map(features.features_of, options)]
        )
        ranked = sorted(zip(chances, options, strict=True), key=itemgetter(0), reverse=True)
        likely = [
            (chance, option)
            for chance, option in ranked[:RESOLVED]
            if chance >= LEAST and not is_excluded(context, option)
        ]
        attribution = _decide(span_evidence, likely, state, model, features)
        is_named = bool(likely) and likely[0] == ranked[0] and ranked[0][0] > nobody
        chosen = ranked[0][1] if is_named else None
        sure = _sure(span_evidence, state)
        if sure is not None:
            attribution, chosen = sure
        elif context.document.spans[context.number].style == "turn":
            attribution, chosen = NOBODY, None  # its label names nobody: HOST:
        if span_evidence.denial is not None:
            denied = _deny(span_evidence, attribution, state, model)
            attribution, chosen = denied or attribution, None if denied else chosen
        if (
            span_evidence.denial is None
            and sure is None
            and (matter := _matter(span_evidence, model, is_named=attribution.person is not None)) is not None
        ):
            attribution, chosen = SpanAttribution(None, UNSPOKEN, 0.0, matter=matter), None
        attributions.append(attribution)
        if attribution.person is not None:
            state.note_speaker(span_evidence.context.paragraph_number, attribution.person, attribution.mention)
        elif chosen is not None and chosen.phrase.kind == "nominal":
            state.unnamed_speaker = chosen
    return attributions + [UNPARSED] * (len(document.spans) - document.attributed)


def _decide(
    span_evidence: SpanEvidence,
    likely: Sequence[tuple[float, Candidate]],
    state: DiscourseState,
    model: Model,
    features: MentionFeatures,
) -> SpanAttribution:
    """Add up the beliefs of the likeliest mentions of a span, and attribute it to a person above the threshold."""
    beliefs: dict[int, float] = {}
    best: dict[int, tuple[float, Candidate, Resolution]] = {}
    resolutions = [_resolutions(mention, state, model) for _, mention in likely]
    gender = _gender(span_evidence)
    for (chance, mention), shares in zip(likely, resolutions, strict=True):
        for share, resolved in shares:
            is_other = resolved.person is not None and gender not in (None, state.gender_of(resolved.person) or gender)
            key = -1 if resolved.person is None or is_other else resolved.person.order
            beliefs[key] = beliefs.get(key, 0.0) + chance * share
            if key not in best or chance * share > best[key][0]:
                best[key] = (chance * share, mention, resolved)
    likeliest = max((key for key in beliefs if key >= 0), key=lambda key: beliefs[key], default=-1)
    if likeliest >= 0:
        confidence = model.confidence(beliefs[likeliest])
        if confidence >= model.threshold:
            _, mention, resolved = best[likeliest]
            return SpanAttribution(_evidence(span_evidence, mention, features), resolved, confidence)
    if not likely or likely[0][0] < 1 - sum(chance for chance, _ in likely):
        return NOBODY
    mention = likely[0][1]
    _, resolved = resolutions[0][0]
    if resolved.person is not None:
        resolved = Resolution(None, because="that is not sure enough")
    return SpanAttribution(_evidence(span_evidence, mention, features), resolved, 0.0)


def _matter(span_evidence: SpanEvidence, model: Model, *, is_named: bool) -> Matter | None:
    """Return the sort of a span that is a term or a title, `None` for speech."""
    context = span_evidence.context
    if not may_be_term(context):
        return None
    is_doubtful = is_named and not (is_capitalised(context.text) and any(sorts(context)))
    if not model.is_matter(features_of_matter(context, span_evidence.method), is_named=is_doubtful):
        return None
    return "title" if is_capitalised(context.text) and len(context.text.split()) > 1 else "term"


def _gender(span_evidence: SpanEvidence) -> str | None:
    """Return the gender of the pronoun right behind a span: “...,” he said."""
    for evidence in span_evidence.proposals:
        if evidence.method == "cue after" and evidence.phrase.kind == "pronoun":
            return GENDERS.get(evidence.phrase.head)
    return None


def _sure(span_evidence: SpanEvidence, state: DiscourseState) -> tuple[SpanAttribution, Candidate] | None:
    """Return the attribution by a pattern that leaves no doubt, with its mention."""
    context = span_evidence.context
    for pattern in SURE:
        evidence = pattern(context)
        if evidence is not None:
            mention = Candidate(evidence.phrase, context.paragraphs[evidence.paragraph_number])
            resolved = resolve(mention, state)
            if evidence.method == "turn":
                resolved = state.by_initials(mention.phrase.text) or resolved
            if resolved.person is not None and resolved.person.nature != "place":
                return SpanAttribution(evidence, resolved, SURENESS), mention
    return None


def _deny(
    span_evidence: SpanEvidence, attribution: SpanAttribution, state: DiscourseState, model: Model
) -> SpanAttribution | None:
    """Return the attribution of a span that nobody said, `None` if the sentence after it denies somebody else."""
    found = span_evidence.denial
    if found is None:
        return None
    person = attribution.person if found.is_reply else None
    if found.subject is None:
        return SpanAttribution(attribution.evidence, UNSAID, 0.0, person) if person or not found.is_reply else None
    _, resolved = _resolutions(Candidate(found.subject, found.parsed), state, model)[0]
    if found.is_reply and resolved.person is not person:
        return None
    evidence = evidence_of(span_evidence.context, found.subject, found.verb, found.doubt, found.parsed)
    return SpanAttribution(evidence, Resolution(None), 0.0, resolved.person if found.doubt == "denied" else None)


def _resolutions(mention: Candidate, state: DiscourseState, model: Model) -> list[tuple[float, Resolution]]:
    """Return the resolutions of a mention with their probabilities, the likeliest first; one may be to nobody."""
    if mention.phrase.kind == "name" or mention.phrase.head in SPEECHLESS:
        return [(1.0, resolve(mention, state))]
    mention = author_of(mention) or mention
    features = AntecedentFeatures(mention, state)
    nobody, *chances = model.speaker.probabilities(
        [features.features_of_nobody(), *map(features.features_of, features.antecedents)]
    )
    resolutions: list[tuple[float, Resolution]] = []
    for chance, antecedent in zip(chances, features.antecedents, strict=True):
        if may_mean(mention, antecedent.person, state, features.rule.tier):
            resolutions.append((chance, features.resolution(antecedent)))
        else:
            nobody += chance
    resolutions.append((nobody, features.unresolved()))
    return sorted(resolutions, key=itemgetter(0), reverse=True)


def _evidence(span_evidence: SpanEvidence, mention: Candidate, features: MentionFeatures) -> Evidence:
    """Return the evidence of the most reliable pattern that proposed a mention, or else evidence from its position."""
    phrase = mention.phrase
    for proposal in span_evidence.proposals:
        if proposal.phrase == phrase:
            return proposal
    return evidence_of(
        span_evidence.context, phrase, features.phrase_contexts.cue(mention), features.method(mention), mention.parsed
    )
