"""Whom a mention that names nobody may stand for, and which facts hold of each.

The facts themselves, and what they are called, are in speaker_features.py.
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
MOST = 10  # people whom a mention may stand for
SAYING = 3  # paragraphs in which somebody who says something is looked for
BELOW = 30  # tokens of the next paragraph: Donald Trump’s campaign manager says ... Corey Lewandowski, in a statement


@value
class Antecedent:
    """Somebody whom a mention may stand for: the nearest sighting before it (or after), and how many are near."""

    person: Person
    entity_mention: EntityMention
    near: int


class AntecedentFeatures:
    """Whom does a mention stand for? What the facts of all its options share."""

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
        self._sayer = next((s for s in near if s.person.nature == "person" and speaks(s.parsed, s.phrase)), None)

    def _antecedents(self) -> list[Antecedent]:
        """Return whom the mention may stand for, the nearest first."""
        paragraph = self.mention.paragraph_number
        found: dict[int, list[EntityMention]] = {}
        for entity_mention in self.state.before(self.phrase.start):
            if entity_mention.parsed.paragraph.number < paragraph - PARAGRAPHS_BACK or len(found) == MOST:
                break
            if entity_mention.person.order in found:
                found[entity_mention.person.order].append(entity_mention)
            elif self._may_be(entity_mention.person):
                found[entity_mention.person.order] = [entity_mention]
        if self.phrase.kind == "nominal":
            for entity_mention in self._with_role_or_below():
                found.setdefault(entity_mention.person.order, [entity_mention])
        return [Antecedent(near[0].person, near[0], len(near)) for near in found.values()]

    def _with_role_or_below(self) -> Iterator[EntityMention]:
        """Yield where the article names those of this role, and names that follow in the next paragraph."""
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
        """Return the facts of the choice that the article does not name whom the mention stands for."""
        phrase, kind, state = self.phrase, self._kind, self.state
        templates: list[FeatureTemplate] = [
            (feature.nobody, kind, bucket(len(self.antecedents)), self.rule.tier or "none", phrase.head)
        ]
        if phrase.kind == "nominal":
            tokens, last = self.mention.parsed.tokens, phrase.last
            first = phrase.text.split(maxsplit=1)[0].lower()
            determiner = first if first in words("words", "determiners") else "none"
            following = tokens[last].lower if last < len(tokens) else ""
            sort, is_plural, modifiers = noun_class(phrase.head), phrase.head.endswith("s"), bucket(len(self.content))
            templates += (
                (feature.nobody_nominal, determiner, sort, is_plural, modifiers),
                (feature.nobody_before, class_of(following), following in ("of", "for", "from", "at", "in")),
            )
        elif state.unnamed_speaker is not None:
            apart = bucket(self.mention.paragraph_number - state.unnamed_speaker.paragraph_number)
            templates.append((feature.nobody_after_unnamed, kind, apart))
        return templates

    def features_of(self, antecedent: Antecedent) -> list[FeatureTemplate]:
        """Return the facts of an option."""
        person, entity_mention, state, kind = antecedent.person, antecedent.entity_mention, self.state, self._kind
        where, role = self._where(entity_mention), self._roles[entity_mention.start]
        newer = [is_subject for start, is_subject in self._subjects if start > entity_mention.start]
        sure = "certain" if person.is_certain else "unsure"
        templates: list[FeatureTemplate] = [
            (feature.sighted, kind, where, role),
            (feature.rank, kind, min(len(newer), 4), min(sum(newer), 3), role),
            (feature.near, kind, bucket(antecedent.near)),
            (feature.bearer, kind, person.nature, sure, len(self.antecedents) == 1),
            (feature.mentioned, kind, bucket(person.mentions), person.mentions == self._most),
        ]
        if self.rule.person is person:
            templates.append((feature.by_rule, kind, self.rule.tier))
        elif self.rule.person is not None:
            templates.append((feature.against_rule, kind, self.rule.tier))
        if state.last_speaker is not None:
            templates.append(self._since_last(person, *state.last_speaker))
        if state.has_spoken(person):
            templates.append((feature.spoke_before, kind))
        if self._sayer is not None:
            is_sayer = self._sayer.person is person
            templates.append((feature.said_last, kind, where) if is_sayer else (feature.another_said_last, kind))
        if self.gender is not None:
            agrees, form = "agrees" if state.gender_of(person) else "open", "full" if person.is_full else "single"
            templates.append((feature.gender, kind, agrees, form))
        elif self.phrase.kind == "nominal":
            templates += self._of_nominal(person)
        return templates

    def _since_last(self, person: Person, paragraph: int, speaker: Person) -> FeatureTemplate:
        """Return how somebody stands to the last speaker, who spoke in a paragraph."""
        apart = bucket(self.mention.paragraph_number - paragraph)
        if speaker is not person:
            return feature.did_not_speak_last, self._kind, apart
        newer = "newer subject" if self._has_newer_subject(paragraph, person) else "nobody newer"
        return feature.spoke_last, self._kind, apart, newer

    def resolution(self, antecedent: Antecedent) -> Resolution:
        """Return an option with the clause that tells a reader why it fits."""
        if self.rule.person is antecedent.person:
            return self.rule
        because = f"“{self.phrase.text}” stands for {antecedent.person.name}, {self._told(antecedent.entity_mention)}"
        return Resolution(antecedent.person, because=because)

    def unresolved(self) -> Resolution:
        """Return what the mention means when it stands for none of the options: a document, or nobody, and why."""
        document = self.state.document(self.phrase) if self.phrase.kind == "nominal" else None
        if document is not None:
            return Resolution(document, because="a document, whose author the quote does not tell")
        if self.rule.person is None:
            return self.rule
        return Resolution(None, because=f"the article does not name “{self.phrase.text}”")

    def _told(self, entity_mention: EntityMention) -> str:
        if entity_mention.start > self.phrase.start:
            return "whom the next paragraph names"
        apart = self.mention.paragraph_number - entity_mention.parsed.paragraph.number
        if apart == 0:
            return "named in the same paragraph"
        return "named in the paragraph above" if apart == 1 else f"named {apart} paragraphs above"

    def _of_nominal(self, person: Person) -> list[FeatureTemplate]:
        """Return how well a nominal describes somebody."""
        head, modifiers = self.phrase.head, min(len(self.content), 2)
        shared = self.content & (person.roles | self.state.described(person))
        templates: list[FeatureTemplate] = [
            (feature.described, min(len(shared), 2), head in shared),
            (feature.sort_of, noun_class(head), person.nature),
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
    """Return the words of a nominal that say something, in lower case: without determiners."""
    return frozenset(
        word
        for word in (bare(part).lower() for part in phrase.text.split())
        if word not in words("words", "determiners") and word not in words("words", "function_words")
    )


def _role(entity_mention: EntityMention) -> str:
    """Return how a name stands in its sentence: subject, owner, or after a preposition or a verb."""
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
