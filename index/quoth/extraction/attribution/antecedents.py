"""Whom a mention that names nobody may stand for, and which facts hold of each.

The facts themselves, and what they are called, are in speaker_features.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from quoth.extraction.attribution import antecedent_features as told
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
    sighting: EntityMention
    near: int


class AntecedentFeatures:
    """Whom does a mention stand for? What the facts of all its options share."""

    def __init__(self, mention: Candidate, memory: DiscourseState) -> None:
        self.mention = mention
        self.memory = memory
        self.phrase = phrase = mention.phrase
        self.gender = GENDERS.get(phrase.head) if phrase.kind == "pronoun" else None
        self.content = _content(phrase)
        self.rule: Resolution = resolve(mention, memory)
        self.antecedents = self._options()
        self._kind = phrase.head if phrase.kind == "pronoun" else phrase.kind
        self._roles = {option.sighting.start: _role(option.sighting) for option in self.antecedents}
        self._subjects = [(option.sighting.start, is_subject(option.sighting)) for option in self.antecedents]
        self._most = max((option.person.mentions for option in self.antecedents), default=0)
        top = mention.paragraph - SAYING
        near = (s for s in memory.before(phrase.start) if s.scene.paragraph.number >= top)
        self._sayer = next((s for s in near if s.person.nature == "person" and speaks(s.scene, s.phrase)), None)

    def _options(self) -> list[Antecedent]:
        """Return whom the mention may stand for, the nearest first."""
        paragraph = self.mention.paragraph
        found: dict[int, list[EntityMention]] = {}
        for sighting in self.memory.before(self.phrase.start):
            if sighting.scene.paragraph.number < paragraph - PARAGRAPHS_BACK or len(found) == MOST:
                break
            if sighting.person.order in found:
                found[sighting.person.order].append(sighting)
            elif self._may_be(sighting.person):
                found[sighting.person.order] = [sighting]
        if self.phrase.kind == "nominal":
            for sighting in self._with_role_or_below():
                found.setdefault(sighting.person.order, [sighting])
        return [Antecedent(near[0].person, near[0], len(near)) for near in found.values()]

    def _with_role_or_below(self) -> Iterator[EntityMention]:
        """Yield where the article names those of this role, and names that follow in the next paragraph."""
        for person in self.memory.with_role(self.phrase.head)[:MOST]:
            sighting = self.memory.first_mention(person)
            if sighting is not None:
                yield sighting
        for sighting in self.memory.after(self.phrase.end):
            below = sighting.scene.paragraph.number - self.mention.paragraph
            if below > 1 or sighting.phrase.first > BELOW:
                break
            if below == 1 and self._may_be(sighting.person):
                yield sighting

    def _may_be(self, person: Person) -> bool:
        if person.is_ambiguous or person.nature == "place":
            return False
        if self.gender is not None:
            return person.nature == "person" and self.memory.gender_of(person) in (self.gender, None)
        if self.phrase.kind == "pronoun":
            return person.nature == "body"
        return True

    def features_of_nobody(self) -> list[FeatureTemplate]:
        """Return the facts of the choice that the article does not name whom the mention stands for."""
        phrase, kind, memory = self.phrase, self._kind, self.memory
        facts: list[FeatureTemplate] = [
            (told.nobody, kind, bucket(len(self.antecedents)), self.rule.tier or "none", phrase.head)
        ]
        if phrase.kind == "nominal":
            tokens, last = self.mention.scene.tokens, phrase.last
            first = phrase.text.split(maxsplit=1)[0].lower()
            determiner = first if first in words("words", "determiners") else "none"
            following = tokens[last].lower if last < len(tokens) else ""
            sort, is_plural, modifiers = noun_class(phrase.head), phrase.head.endswith("s"), bucket(len(self.content))
            facts += (
                (told.nobody_nominal, determiner, sort, is_plural, modifiers),
                (told.nobody_before, class_of(following), following in ("of", "for", "from", "at", "in")),
            )
        elif memory.unnamed is not None:
            apart = bucket(self.mention.paragraph - memory.unnamed.paragraph)
            facts.append((told.nobody_after_unnamed, kind, apart))
        return facts

    def features_of(self, option: Antecedent) -> list[FeatureTemplate]:
        """Return the facts of an option."""
        person, sighting, memory, kind = option.person, option.sighting, self.memory, self._kind
        where, role = self._where(sighting), self._roles[sighting.start]
        newer = [is_subject for start, is_subject in self._subjects if start > sighting.start]
        sure = "certain" if person.is_certain else "unsure"
        facts: list[FeatureTemplate] = [
            (told.sighted, kind, where, role),
            (told.rank, kind, min(len(newer), 4), min(sum(newer), 3), role),
            (told.near, kind, bucket(option.near)),
            (told.bearer, kind, person.nature, sure, len(self.antecedents) == 1),
            (told.mentioned, kind, bucket(person.mentions), person.mentions == self._most),
        ]
        if self.rule.person is person:
            facts.append((told.by_rule, kind, self.rule.tier))
        elif self.rule.person is not None:
            facts.append((told.against_rule, kind, self.rule.tier))
        if memory.last is not None:
            facts.append(self._since_last(person, *memory.last))
        if memory.has_spoken(person):
            facts.append((told.spoke_before, kind))
        if self._sayer is not None:
            is_sayer = self._sayer.person is person
            facts.append((told.said_last, kind, where) if is_sayer else (told.another_said_last, kind))
        if self.gender is not None:
            agrees, form = "agrees" if memory.gender_of(person) else "open", "full" if person.is_full else "single"
            facts.append((told.gender, kind, agrees, form))
        elif self.phrase.kind == "nominal":
            facts += self._of_nominal(person)
        return facts

    def _since_last(self, person: Person, paragraph: int, speaker: Person) -> FeatureTemplate:
        """Return how somebody stands to the last speaker, who spoke in a paragraph."""
        apart = bucket(self.mention.paragraph - paragraph)
        if speaker is not person:
            return told.did_not_speak_last, self._kind, apart
        newer = "newer subject" if self._has_newer_subject(paragraph, person) else "nobody newer"
        return told.spoke_last, self._kind, apart, newer

    def resolution(self, option: Antecedent) -> Resolution:
        """Return an option with the clause that tells a reader why it fits."""
        if self.rule.person is option.person:
            return self.rule
        because = f"“{self.phrase.text}” stands for {option.person.name}, {self._told(option.sighting)}"
        return Resolution(option.person, because=because)

    def unresolved(self) -> Resolution:
        """Return what the mention means when it stands for none of the options: a document, or nobody, and why."""
        document = self.memory.document(self.phrase) if self.phrase.kind == "nominal" else None
        if document is not None:
            return Resolution(document, because="a document, whose author the quote does not tell")
        if self.rule.person is None:
            return self.rule
        return Resolution(None, because=f"the article does not name “{self.phrase.text}”")

    def _told(self, sighting: EntityMention) -> str:
        if sighting.start > self.phrase.start:
            return "whom the next paragraph names"
        apart = self.mention.paragraph - sighting.scene.paragraph.number
        if apart == 0:
            return "named in the same paragraph"
        return "named in the paragraph above" if apart == 1 else f"named {apart} paragraphs above"

    def _of_nominal(self, person: Person) -> list[FeatureTemplate]:
        """Return how well a nominal describes somebody."""
        head, modifiers = self.phrase.head, min(len(self.content), 2)
        shared = self.content & (person.roles | self.memory.described(person))
        facts: list[FeatureTemplate] = [
            (told.described, min(len(shared), 2), head in shared),
            (told.sort_of, noun_class(head), person.nature),
        ]
        if head in person.roles:
            facts.append((told.has_role, min(len(self.memory.with_role(head)), 3), modifiers))
        if head in person.name.lower().split():
            facts.append((told.in_name, person.nature))
        is_man = head in words("names", "roles_male")
        if is_man or head in words("names", "roles_female"):
            gender = self.memory.gender_of(person)
            agrees = "open" if gender is None else "agrees" if (gender == "male") == is_man else "clashes"
            facts.append((told.role_gender, agrees))
        return facts

    def _where(self, sighting: EntityMention) -> str:
        scene, phrase = self.mention.scene, self.phrase
        if sighting.start > phrase.start:
            return "below"
        if sighting.scene is not scene:
            apart = scene.paragraph.number - sighting.scene.paragraph.number
            return f"above {bucket(apart)}"
        sentences = scene.paragraph.sentences
        if sentences[sighting.phrase.first] == sentences[phrase.first]:
            return "same sentence"
        return (
            "sentence before" if sentences[sighting.phrase.first] == sentences[sentences[phrase.first] - 1] else "here"
        )

    def _has_newer_subject(self, paragraph: int, person: Person) -> bool:
        return any(
            option.person is not person
            and option.sighting.scene.paragraph.number > paragraph
            and option.sighting.start < self.phrase.start
            and is_subject(option.sighting)
            for option in self.antecedents
        )


def _content(phrase: NounPhrase) -> frozenset[str]:
    """Return the words of a nominal that say something, in lower case: without determiners."""
    return frozenset(
        word
        for word in (bare(part).lower() for part in phrase.text.split())
        if word not in words("words", "determiners") and word not in words("words", "function_words")
    )


def _role(sighting: EntityMention) -> str:
    """Return how a name stands in its sentence: subject, owner, or after a preposition or a verb."""
    tokens, phrase = sighting.scene.tokens, sighting.phrase
    if tokens[phrase.last - 1].is_possessive:
        return "owner"
    before = tokens[phrase.first - 1].lower if phrase.first else ""
    if before == "for" and sighting.scene.paragraph.sentences[phrase.first] == phrase.first - 1:
        return "topic"  # For Ada Byron, it is over
    if before in words("words", "prepositions"):
        return "governed"
    if before in words("cues", "addressee"):
        return "addressee"
    if sighting.scene.is_opened_by(phrase):
        return "opens"
    return "subject" if is_subject(sighting) else "other"
