"""Turn annotated articles into training examples: options with their features, and the right ones among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from quoth.extraction.attribution.antecedents import AntecedentFeatures
from quoth.extraction.attribution.attribute import SpanEvidence, gather_evidence
from quoth.extraction.attribution.coreference import DiscourseState
from quoth.extraction.attribution.evidence import Candidate
from quoth.extraction.attribution.mention_candidates import PhraseContexts, candidates
from quoth.extraction.attribution.non_speech import features_of_matter, may_be_term
from quoth.extraction.entities import clusters
from quoth.extraction.entities.clusters import Entities, Person
from quoth.extraction.parsing.clauses import ParsedParagraph, parse_paragraphs
from quoth.extraction.parsing.document import Document, parse
from quoth.extraction.ranking.features import spell_out
from quoth.extraction.tables import words
from quoth.text.slugs import slug
from training.corpus import GoldArticle, GoldQuote, surname, trimmed

SPOKEN = 1  # the number of the right option of a span that somebody speaks, among the examples of matter


class Example(NamedTuple):
    """One choice: the features of each option, and the numbers of the right ones (possibly several)."""

    options: Sequence[Sequence[str]]
    right: frozenset[int]


class Lesson(NamedTuple):
    """The examples of one article: choices of a mention, choices of an antecedent, and choices whether it is speech."""

    mentions: list[Example]
    speakers: list[Example]
    matter: list[Example]


class Walk:
    """A pass over an article with its gold: at each span, the speaker of the span before is the annotated one."""

    def __init__(
        self, article: GoldArticle, document: Document, paragraphs: tuple[ParsedParagraph, ...], entities: Entities
    ) -> None:
        self.article = article
        self.entities = entities
        self.state = DiscourseState(paragraphs, entities)
        self.phrase_contexts = PhraseContexts(entities)
        self.lesson = Lesson([], [], [])
        self._chosen: Candidate | None = None
        self._resolved: set[int] = set()
        gold = {trimmed(article.text, quote.start, quote.end): quote for quote in article.quotes}
        for span_evidence, span in zip(gather_evidence(document, paragraphs), document.spans, strict=False):
            self._step(span_evidence, gold.get(trimmed(article.text, span.start, span.end)))

    def _step(self, span_evidence: SpanEvidence, quote: GoldQuote | None) -> None:
        context = span_evidence.context
        if quote is not None and span_evidence.denial is None and may_be_term(context):
            row = spell_out(features_of_matter(context, span_evidence.method))
            self.lesson.matter.append(Example([row, []], frozenset({SPOKEN if quote.is_spoken else 0})))
        options = candidates(span_evidence.context, span_evidence.proposals, self._chosen)
        right = self._right(options, quote)
        if right:
            features = span_evidence.mention_features(self._chosen, self.phrase_contexts)
            rows = [
                spell_out(templates)
                for templates in (features.features_of_nobody(), *map(features.features_of, options))
            ]
            self.lesson.mentions.append(Example(rows, frozenset(right)))
        self._chosen = options[min(right) - 1] if right and 0 not in right else None
        if quote is not None and quote.is_spoken:
            self._resolve(span_evidence, quote, self._chosen)

    def _right(self, options: Sequence[Candidate], quote: GoldQuote | None) -> set[int]:
        """Return the numbers of the right options, 0 for nobody; an empty set if the annotation does not decide."""
        if quote is None or not quote.is_spoken:
            return {0}
        if quote.source is not None:
            number = head_of(options, self.article.text, quote.source)
            if number is not None:
                return {number + 1}
        if quote.entity is None:
            return set()
        return {
            number
            for number, option in enumerate(options, 1)
            if option.phrase.kind == "name" and surname(option.phrase.text) in _words(quote.entity)
        }

    def _resolve(self, span_evidence: SpanEvidence, quote: GoldQuote, mention: Candidate | None) -> None:
        """Add an example of the antecedent if it is annotated, and record the speaker."""
        speaker: Person | None = None
        if mention is None or mention.phrase.kind == "name":
            phrase = mention.phrase if mention is not None else None
            speaker = self.entities.by_phrase.get(phrase.start) if phrase is not None else self._person(quote.entity)
        else:
            features = AntecedentFeatures(mention, self.state)
            start = quote.source[0] if quote.source is not None else -1
            is_known = quote.entity is not None and quote.kind != "name"
            if is_known or start in self.article.labels:
                entity = self.article.labels.get(start, quote.entity)
                right = {n for n, option in enumerate(features.antecedents, 1) if _is_entity(option.person, entity)}
                if entity is None or (not right and mention.phrase.kind == "nominal"):
                    right = {0}
                if right and mention.phrase.start not in self._resolved:
                    self._resolved.add(mention.phrase.start)
                    options = (features.features_of_nobody(), *map(features.features_of, features.antecedents))
                    rows = [spell_out(templates) for templates in options]
                    self.lesson.speakers.append(Example(rows, frozenset(right)))
                if right and 0 not in right:
                    speaker = features.antecedents[min(right) - 1].person
            else:
                speaker = features.rule.person
        if speaker is not None:
            self.state.note_speaker(span_evidence.context.paragraph_number, speaker, mention and mention.phrase)
        elif mention is not None and mention.phrase.kind == "nominal":
            self.state.unnamed_speaker = mention

    def _person(self, entity: str | None) -> Person | None:
        return next((person for person in self.entities.people if _is_entity(person, entity)), None)


def lesson_of(article: GoldArticle) -> Lesson:
    """Return the training examples of an article."""
    document = parse(article.text)
    if not document.spans:
        return Lesson([], [], [])
    paragraphs = parse_paragraphs(document)
    entities = clusters.gather(
        paragraphs, document.headline, (article.text[span.start : span.end] for span in document.spans)
    )
    return Walk(article, document, paragraphs, entities).lesson


def head_of(options: Sequence[Candidate], text: str, source: tuple[int, int]) -> int | None:
    """Return the candidate that heads an annotated source: Ada Byron in “the mayor, Ada Byron of Weyhaven”."""
    start, end = source
    inside = [n for n, option in enumerate(options) if option.phrase.start < end and option.phrase.end > start]
    if not inside:
        return None
    names = [n for n in inside if options[n].phrase.kind == "name" and not _is_owner(options[n])]
    others = [n for n in inside if options[n].phrase.kind != "name"]
    stops = [stop for mark in (",", " who ", "(") if (stop := text.find(mark, start, end)) >= 0]
    early = [n for n in names if options[n].phrase.start < min(stops, default=end)]
    if early:
        last = options[early[-1]]
        if _before(last) in words("words", "prepositions"):
            return early[0] if len(early) > 1 else others[0] if others else early[0]
        return early[-1]
    return (names or others or inside)[0]


def _is_owner(option: Candidate) -> bool:
    return option.parsed.tokens[option.phrase.last - 1].is_possessive


def _before(option: Candidate) -> str:
    first = option.phrase.first
    return option.parsed.tokens[first - 1].lower if first else ""


def _words(name: str) -> set[str]:
    return set(slug(name).split("-"))


def _is_entity(person: Person, entity: str | None) -> bool:
    """Whether a person is a labelled entity, whose name may be a shorter or longer form."""
    if entity is None:
        return False
    own, other = slug(person.name), slug(entity)
    if person.nature == "person":
        return own == other or surname(person.name) == surname(entity) or own in other.split("-")
    return own in other or other in own
