"""Find the antecedents of a pronoun or a nominal, and their features.

The feature templates are in antecedent_features.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from quoth.extraction.attribution import antecedent_features as feature
from quoth.extraction.attribution.coreference import (
    GENDERS,
    DiscourseState,
    EntityMention,
    Resolution,
    is_subject,
    resolve,
)
from quoth.extraction.attribution.evidence import Candidate
from quoth.extraction.entities.clusters import Person, speaks
from quoth.extraction.parsing.document import bare
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.ranking.features import FeatureTemplate, bucket, class_of, noun_class
from quoth.extraction.tables import words
from quoth.extraction.value import value

PARAGRAPHS_BACK = 8
MOST = 10  # antecedents of a mention
SAYING = 3  # paragraphs searched for the last verb of saying
# tokens searched in the next paragraph: Donald Trump’s campaign manager says ... Corey Lewandowski, in a statement
BELOW = 30


@value
class Antecedent:
    """A possible antecedent: the person, their nearest mention before (or after), and the number of mentions nearby."""

    person: Person
    entity_mention: EntityMention
    near: int


class AntecedentFeatures:
    """The antecedents of one mention, and the features of each."""

    def __init__(self, mention: Candidate, state: DiscourseState) -> None:
        self.mention = mention
        self.state = state
        self.phrase = phrase = mention.phrase
        self.gender = GENDERS.get(phrase.head) if phrase.kind == "pronoun" else None
        self.content = _content(phrase)
        self.rule: Resolution = resolve(mention, state)
        self.antecedents = self._antecedents()
        self._kind = phrase.head if phrase.kind == "pronoun" else phrase.kind
        self._roles = {
            antecedent.entity_mention.start: _role(antecedent.entity_mention) for antecedent in self.antecedents
        }
        self._subjects = [
            (antecedent.entity_mention.start, is_subject(antecedent.entity_mention)) for antecedent in self.antecedents
        ]
        self._most = max((antecedent.person.mentions for antecedent in self.antecedents), default=0)
        top = mention.paragraph_number - SAYING
        near = (s for s in state.before(phrase.start) if s.parsed.paragraph.number >= top)
        self._last_reporting = next(
            (s for s in near if s.person.nature == "person" and speaks(s.parsed, s.phrase)), None
        )

    def _antecedents(self) -> list[Antecedent]:
        """Return the possible antecedents, the nearest first."""
        paragraph = self.mention.paragraph_number
        mentions: dict[int, list[EntityMention]] = {}
        for entity_mention in self.state.before(self.phrase.start):
            if entity_mention.parsed.paragraph.number < paragraph - PARAGRAPHS_BACK or len(mentions) == MOST:
                break
            if entity_mention.person.order in mentions:
                mentions[entity_mention.person.order].append(entity_mention)
            elif self._may_be(entity_mention.person):
                mentions[entity_mention.person.order] = [entity_mention]
        if self.phrase.kind == "nominal":
            for entity_mention in self._with_role_or_below():
                mentions.setdefault(entity_mention.person.order, [entity_mention])
        return [Antecedent(near[0].person, near[0], len(near)) for near in mentions.values()]

    def _with_role_or_below(self) -> Iterator[EntityMention]:
        """Yield the first mentions of people with this role, and the names at the start of the next paragraph."""
        for person in self.state.with_role(self.phrase.head)[:MOST]:
            entity_mention = self.state.first_mention(person)
            if entity_mention is not None:
                yield entity_mention
        for entity_mention in self.state.after(self.phrase.end):
            below = entity_mention.parsed.paragraph.number - self.mention.paragraph_number
            if below > 1 or entity_mention.phrase.first > BELOW:
                break
            if below == 1 and self._may_be(entity_mention.person):
                yield entity_mention

    def _may_be(self, person: Person) -> bool:
        if person.is_ambiguous or person.nature == "place":
            return False
        if self.gender is not None:
            return person.nature == "person" and self.state.gender_of(person) in (self.gender, None)
        if self.phrase.kind == "pronoun":
            return person.nature == "body"
        return True

    def features_of_nobody(self) -> list[FeatureTemplate]:
        """Return the features of the option that the article does not name the antecedent."""
        phrase, kind, state = self.phrase, self._kind, self.state
        templates: list[FeatureTemplate] = [
            (feature.nobody, kind, bucket(len(self.antecedents)), self.rule.tier or "none", phrase.head)
        ]
        if phrase.kind == "nominal":
            tokens, last = self.mention.parsed.tokens, phrase.last
            first = phrase.text.split(maxsplit=1)[0].lower()
            determiner = first if first in words("words", "determiners") else "none"
            following = tokens[last].lower if last < len(tokens) else ""
            head_class, is_plural = noun_class(phrase.head), phrase.head.endswith("s")
            templates += (
                (feature.nobody_nominal, determiner, head_class, is_plural, bucket(len(self.content))),
                (feature.nobody_before, class_of(following), following in ("of", "for", "from", "at", "in")),
            )
        elif state.unnamed_speaker is not None:
            apart = bucket(self.mention.paragraph_number - state.unnamed_speaker.paragraph_number)
            templates.append((feature.nobody_after_unnamed, kind, apart))
        return templates

    def features_of(self, antecedent: Antecedent) -> list[FeatureTemplate]:
        """Return the features of an antecedent."""
        person, entity_mention, state, kind = antecedent.person, antecedent.entity_mention, self.state, self._kind
        location, role = self._where(entity_mention), self._roles[entity_mention.start]
        newer = [is_subject for start, is_subject in self._subjects if start > entity_mention.start]
        certainty = "certain" if person.is_certain else "unsure"
        templates: list[FeatureTemplate] = [
            (feature.position, kind, location, role),
            (feature.rank, kind, min(len(newer), 4), min(sum(newer), 3), role),
            (feature.near, kind, bucket(antecedent.near)),
            (feature.entity, kind, person.nature, certainty, len(self.antecedents) == 1),
            (feature.mentioned, kind, bucket(person.mentions), person.mentions == self._most),
        ]
        if self.rule.person is person:
            templates.append((feature.by_rule, kind, self.rule.tier))
        elif self.rule.person is not None:
            templates.append((feature.against_rule, kind, self.rule.tier))
        if state.last_speaker is not None:
            templates.append(self._last_speaker_feature(person, *state.last_speaker))
        if state.has_spoken(person):
            templates.append((feature.spoke_before, kind))
        if self._last_reporting is not None:
            is_last = self._last_reporting.person is person
            templates.append(
                (feature.reported_last, kind, location) if is_last else (feature.another_reported_last, kind)
            )
        if self.gender is not None:
            agrees, form = "agrees" if state.gender_of(person) else "open", "full" if person.is_full else "single"
            templates.append((feature.gender, kind, agrees, form))
        elif self.phrase.kind == "nominal":
            templates += self._description_features(person)
        return templates

    def _last_speaker_feature(self, person: Person, paragraph: int, speaker: Person) -> FeatureTemplate:
        """Return the feature that compares a person with the last speaker, who spoke in this paragraph."""
        apart = bucket(self.mention.paragraph_number - paragraph)
        if speaker is not person:
            return feature.did_not_speak_last, self._kind, apart
        newer = "newer subject" if self._has_newer_subject(paragraph, person) else "nobody newer"
        return feature.spoke_last, self._kind, apart, newer

    def resolution(self, antecedent: Antecedent) -> Resolution:
        """Return the resolution to an antecedent, with a clause for readers that says where it is named."""
        if self.rule.person is antecedent.person:
            return self.rule
        person, where = antecedent.person, self._where_named(antecedent.entity_mention)
        return Resolution(person, because=f"“{self.phrase.text}” stands for {person.name}, {where}")

    def unresolved(self) -> Resolution:
        """Return the resolution to none of the antecedents: a document, or nobody, with the reason."""
        document = self.state.document_of(self.phrase) if self.phrase.kind == "nominal" else None
        if document is not None:
            return Resolution(document, because="a document, whose author the quote does not tell")
        if self.rule.person is None:
            return self.rule
        return Resolution(None, because=f"the article does not name “{self.phrase.text}”")

    def _where_named(self, entity_mention: EntityMention) -> str:
        if entity_mention.start > self.phrase.start:
            return "whom the next paragraph names"
        apart = self.mention.paragraph_number - entity_mention.parsed.paragraph.number
        if apart == 0:
            return "named in the same paragraph"
        return "named in the paragraph above" if apart == 1 else f"named {apart} paragraphs above"

    def _description_features(self, person: Person) -> list[FeatureTemplate]:
        """Return the features of how well the nominal describes a person."""
        head, modifiers = self.phrase.head, min(len(self.content), 2)
        shared_words = self.content & (person.roles | self.state.description(person))
        templates: list[FeatureTemplate] = [
            (feature.described, min(len(shared_words), 2), head in shared_words),
            (feature.noun_class, noun_class(head), person.nature),
        ]
        if head in person.roles:
            templates.append((feature.has_role, min(len(self.state.with_role(head)), 3), modifiers))
        if head in person.name.lower().split():
            templates.append((feature.in_name, person.nature))
        is_man = head in words("names", "roles_male")
        if is_man or head in words("names", "roles_female"):
            gender = self.state.gender_of(person)
            agrees = "open" if gender is None else "agrees" if (gender == "male") == is_man else "clashes"
            templates.append((feature.role_gender, agrees))
        return templates

    def _where(self, entity_mention: EntityMention) -> str:
        parsed, phrase = self.mention.parsed, self.phrase
        if entity_mention.start > phrase.start:
            return "below"
        if entity_mention.parsed is not parsed:
            apart = parsed.paragraph.number - entity_mention.parsed.paragraph.number
            return f"above {bucket(apart)}"
        sentences = parsed.paragraph.sentences
        if sentences[entity_mention.phrase.first] == sentences[phrase.first]:
            return "same sentence"
        return (
            "sentence before"
            if sentences[entity_mention.phrase.first] == sentences[sentences[phrase.first] - 1]
            else "here"
        )

    def _has_newer_subject(self, paragraph: int, person: Person) -> bool:
        return any(
            antecedent.person is not person
            and antecedent.entity_mention.parsed.paragraph.number > paragraph
            and antecedent.entity_mention.start < self.phrase.start
            and is_subject(antecedent.entity_mention)
            for antecedent in self.antecedents
        )


def _content(phrase: NounPhrase) -> frozenset[str]:
    """Return the content words of a nominal in lower case: without determiners and function words."""
    return frozenset(
        word
        for word in (bare(part).lower() for part in phrase.text.split())
        if word not in words("words", "determiners") and word not in words("words", "function_words")
    )


def _role(entity_mention: EntityMention) -> str:
    """Return the grammatical role of a name in its sentence: subject, owner, or after a preposition or a verb."""
    tokens, phrase = entity_mention.parsed.tokens, entity_mention.phrase
    if tokens[phrase.last - 1].is_possessive:
        return "owner"
    before = tokens[phrase.first - 1].lower if phrase.first else ""
    if before == "for" and entity_mention.parsed.paragraph.sentences[phrase.first] == phrase.first - 1:
        return "topic"  # For Ada Byron, it is over
    if before in words("words", "prepositions"):
        return "governed"
    if before in words("cues", "addressee"):
        return "addressee"
    if entity_mention.parsed.is_opened_by(phrase):
        return "opens"
    return "subject" if is_subject(entity_mention) else "other"
