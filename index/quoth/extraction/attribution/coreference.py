"""Resolve mentions to people by rules, inside one article, and track the discourse state."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from quoth.extraction.attribution.evidence import Candidate
from quoth.extraction.entities.clusters import Entities, Person
from quoth.extraction.parsing.clauses import ParsedParagraph, clause_subject
from quoth.extraction.parsing.document import bare
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.tables import words
from quoth.extraction.value import value

FAR = 40  # names searched before a pronoun
PARAGRAPHS_BACK = 4
LONGEST_SENTENCE = 80  # tokens
AGENTS = ("er", "or", "man", "woman", "ian", "ologist", "alist", "olist", "nist", "rist")
GENDERS = {"he": "male", "she": "female"}


@value
class Resolution:
    """The person that a mention refers to; `because` is the reason, a clause for readers, if it took a step.

    `person` is `None` if the mention names nobody: a source, they, a surname of two people. `tier` is the name of the
    rule that decided.
    """

    person: Person | None
    because: str = ""
    tier: str = ""


@value
class EntityMention:
    """A mention of a person by name."""

    start: int
    person: Person
    parsed: ParsedParagraph
    phrase: NounPhrase


class DiscourseState:
    """The state while an article is attributed: all names, and the last speaker."""

    def __init__(self, paragraphs: Sequence[ParsedParagraph], entities: Entities) -> None:
        self.paragraphs = paragraphs
        self.entities = entities
        self.entity_mentions = [
            EntityMention(phrase.start, entities.by_phrase[phrase.start], parsed, phrase)
            for parsed in paragraphs
            for phrase in parsed.phrases
            if phrase.kind == "name" and phrase.start in entities.by_phrase
        ]
        self._starts = [entity_mention.start for entity_mention in self.entity_mentions]
        self._roles: dict[str, list[Person]] = {}
        for person in entities.people:
            for role in person.roles:
                self._roles.setdefault(role, []).append(person)
        self.last_speaker: tuple[int, Person] | None = None  # paragraph and person of the last attributed quote
        self.unnamed_speaker: Candidate | None = None  # the last mention, if it is a nominal without a name
        self._pronoun_genders: dict[int, str] = {}  # by person, where the name leaves the gender open
        self._spoken: set[int] = set()
        self._first: dict[int, EntityMention] = {}
        for entity_mention in self.entity_mentions:
            self._first.setdefault(entity_mention.person.order, entity_mention)
        self._descriptions: dict[int, frozenset[str]] = {}
        self._documents: dict[str, Person] = {}
        self._initials: dict[str, list[Person]] | None = None

    def before(self, start: int) -> Iterator[EntityMention]:
        """Yield the nearest names before an offset, the nearest first."""
        index = bisect_left(self._starts, start)
        yield from reversed(self.entity_mentions[max(0, index - FAR) : index])

    def after(self, start: int) -> Iterator[EntityMention]:
        """Yield the nearest names after an offset, the nearest first."""
        index = bisect_left(self._starts, start)
        yield from self.entity_mentions[index : index + FAR]

    def first_mention(self, person: Person) -> EntityMention | None:
        """Return the first mention of a person."""
        return self._first.get(person.order)

    def gender_of(self, person: Person) -> str | None:
        """Return the gender of a person by the name or a pronoun, `None` if unknown."""
        return person.gender or self._pronoun_genders.get(person.order)

    def has_spoken(self, person: Person) -> bool:
        """Whether a person is the speaker of an earlier quote."""
        return person.order in self._spoken

    def note_speaker(self, paragraph: int, person: Person, mention: NounPhrase | None = None) -> None:
        """Record the last speaker, and the gender of the pronoun that names them."""
        self.last_speaker, self.unnamed_speaker = (paragraph, person), None
        self._spoken.add(person.order)
        if mention is not None and mention.kind == "pronoun" and mention.head in GENDERS:
            self._pronoun_genders.setdefault(person.order, GENDERS[mention.head])

    def description(self, person: Person) -> frozenset[str]:
        """Return the lower-case words around the first mention of a person: the mayor of the town."""
        if person.order not in self._descriptions:
            first = self._first.get(person.order)
            description: set[str] = set()
            if first is not None:
                tokens, phrase = first.parsed.tokens, first.phrase
                around = [*tokens[max(0, phrase.first - 4) : phrase.first], *tokens[phrase.last : phrase.last + 14]]
                description = {bare(token.lower) for token in around if token.is_word}
            self._descriptions[person.order] = frozenset(description)
        return self._descriptions[person.order]

    def document_of(self, nominal: NounPhrase) -> Person | None:
        """Return the document that a nominal means, the same one each time: the ruling; `None` for other nominals."""
        if nominal.head not in words("words", "documents"):
            return None
        name = _bare_nominal(nominal.text)
        if nominal.head not in self._documents:
            order = len(self.entities.people) + len(self._documents)
            self._documents[nominal.head] = Person(name, "document", order)
        document = self._documents[nominal.head]
        document.spellings[name] = None
        return document

    def agrees(self, person: Person, gender: str) -> bool:
        """Whether a pronoun of this gender can refer to a person."""
        known = person.gender or self._pronoun_genders.get(person.order)
        return person.nature == "person" and person.is_certain and known in (gender, None)

    def by_initials(self, label: str) -> Resolution | None:
        """Return the only person whose initials the label of a turn has: JA for Joel Adler."""
        if not (label.isalpha() and label.isupper() and 1 < len(label) < 4):
            return None
        if self._initials is None:
            self._initials = {}
            for person in self.entities.people:
                if person.is_full:
                    key = "".join(word[0] for word in person.name.split())
                    self._initials.setdefault(key, []).append(person)
        bearers = self._initials.get(label, [])
        return Resolution(bearers[0], f"{label} are the initials of {bearers[0].name}") if len(bearers) == 1 else None

    def with_role(self, role: str) -> list[Person]:
        """Return the people for whom the article uses this role word."""
        return self._roles.get(role, [])


def resolve(mention: Candidate, state: DiscourseState) -> Resolution:
    """Resolve a mention to a person by rules, the most reliable first."""
    phrase = mention.phrase
    if phrase.kind == "name":
        return _resolve_name(phrase, state)
    if phrase.kind == "nominal":
        return _resolve_nominal(mention, state)
    if phrase.head in ("he", "she"):
        return _resolve_pronoun(mention, state)
    return Resolution(None, because=f"“{phrase.text}” names nobody")


def _resolve_name(phrase: NounPhrase, state: DiscourseState) -> Resolution:
    person = state.entities.by_phrase.get(phrase.start)
    if person is None:
        return Resolution(None, because=f"“{phrase.text}” is not a name")
    if person.is_ambiguous:
        return Resolution(None, because=f"the article has more than one {phrase.text}")
    return Resolution(person)


def _resolve_nominal(mention: Candidate, state: DiscourseState) -> Resolution:
    phrase = mention.phrase
    bearers: list[Person] = []
    determiner, *modifiers = phrase.text.lower().split()[:-1] or [""]
    is_whole = not modifiers and not _goes_on(mention)
    if is_whole and determiner in ("the", "his", "her", "its", "their", "this", "that"):
        bearers = state.with_role(phrase.head)
        if len(bearers) > 1:
            recent = {s.person.order: s.person for s in state.before(phrase.start) if phrase.head in s.person.roles}
            bearers = list(recent.values())
    if len(bearers) == 1:
        person = bearers[0]
        return Resolution(person, f"the article calls {person.name} {phrase.head}", "role")
    return Resolution(None, because=f"the article does not name “{phrase.text}”")


def _bare_nominal(text: str) -> str:
    """Return a nominal without its determiner."""
    first, _, rest = text.partition(" ")
    return rest if rest and first.lower() in words("words", "determiners") else text


def _goes_on(mention: Candidate) -> bool:
    """Whether a nominal continues after its phrase: the foreign minister of a neighbour."""
    tokens, last = mention.parsed.tokens, mention.phrase.last
    return last < len(tokens) and tokens[last].lower in ("of", "for", "from", "at", "in")


def _resolve_pronoun(mention: Candidate, state: DiscourseState) -> Resolution:
    """Resolve he or she to the subject of its sentence, else the last speaker, else the nearest subject before."""
    phrase = mention.phrase
    gender = GENDERS[phrase.head]
    parsed = mention.parsed
    sentence = parsed.paragraph.sentences[phrase.first]
    near = [s for s in state.before(phrase.start) if _may_be_antecedent(state, s, gender, mention.paragraph_number)]
    here = [s for s in near if s.parsed is parsed and parsed.paragraph.sentences[s.phrase.first] == sentence]
    subject = _subject(list(reversed(here))) if parsed.tokens[sentence].lower != "asked" else None
    if subject is not None:
        return _resolution(phrase, subject.person, "the subject of the sentence", "sentence")
    rival = _unnamed_rival(state, mention, gender)
    if rival is not None:
        because = f"“{phrase.text}” may stand for “{rival}”, whom the article does not name"
        return Resolution(None, because=because, tier="rival")
    if (
        state.last_speaker is not None
        and mention.paragraph_number - state.last_speaker[0] <= 1
        and state.agrees(state.last_speaker[1], gender)
    ):
        paragraph, speaker = state.last_speaker
        newer = [s for s in near if s.parsed.paragraph.number > paragraph and is_subject(s)]
        if not newer:
            return _resolution(phrase, speaker, "who spoke last", "spoke")
    for candidates in _by_sentence(near):
        subject = _subject(candidates)
        if subject is not None:
            return _resolution(phrase, subject.person, "the last subject before", "subject")
    if near:
        return _resolution(phrase, near[0].person, "the nearest name before", "nearest")
    return Resolution(None, because=f"nobody before can be “{phrase.text}”")


def _unnamed_rival(state: DiscourseState, mention: Candidate, gender: str) -> str | None:
    """Return the nominal of an unnamed person who spoke last or is the subject of the last sentence."""
    phrase, parsed = mention.phrase, mention.parsed
    unnamed, sentences = state.unnamed_speaker, parsed.paragraph.sentences
    if (
        unnamed is not None
        and mention.paragraph_number - unnamed.paragraph_number <= 1
        and _is_unnamed_person(unnamed.phrase, gender, state)
    ):
        first = parsed.tokens[sentences[phrase.first]]
        end = first.start if first.lower == "asked" else phrase.start  # asked about Bo Li, he said
        newer = [s for s in state.before(end) if s.start > unnamed.phrase.end and is_subject(s)]
        if not newer:
            return unnamed.phrase.text
    searches = [(parsed, phrase.first)]
    if sentences[phrase.first] > 0:
        searches.append((parsed, sentences[phrase.first]))
    elif mention.paragraph_number > 0:
        above = state.paragraphs[mention.paragraph_number - 1]
        searches.append((above, len(above.tokens)))
    for place, end in searches:
        floor = place.paragraph.sentences[end - 1] if end else 0
        if end - floor > LONGEST_SENTENCE:
            return None
        subject = clause_subject(place, end, floor) if end else None
        if subject is not None:
            is_rival = subject.kind == "nominal" and _is_unnamed_person(subject, gender, state)
            return subject.text if is_rival and not _has_name(place, subject, end) else None
    return None


def _is_unnamed_person(nominal: NounPhrase, gender: str, state: DiscourseState) -> bool:
    """Whether a nominal means one person whom the article does not name: a juror, her brother, the striker.

    “The mayor” is unnamed unless the article calls somebody so.
    """
    first, *others = [bare(word).lower() for word in nominal.text.split()]
    nouns = [word for word in (first, *others) if word not in words("names", "unnamed", "also_adjectives")]
    if any(noun in words("names", "roles_male" if gender == "female" else "roles_female") for noun in nouns):
        return False
    if first in ("a", "an", "one", "another"):
        tables = words("names", "roles", "roles_male", "roles_female")
        return any(noun in tables for noun in nouns) or _is_agent(nominal.head)
    role = next((noun for noun in nouns if noun in words("names", "roles")), None)
    is_other = not words("names", "contrasting").isdisjoint(others[:1])  # the opposing manager
    if first == "the" and role is not None and (is_other or not state.with_role(role)):
        return True
    return any(noun in words("names", "bystanders", "kin") for noun in nouns)


def _is_agent(noun: str) -> bool:
    """Whether a noun is formed like those of people: a butcher, a violinist."""
    return len(noun) > 5 and noun.endswith(AGENTS) and noun not in words("names", "not_agents")


def _has_name(parsed: ParsedParagraph, nominal: NounPhrase, end: int) -> bool:
    """Whether a name is in a nominal or right after it: the mayor, Ada Byron,; but not the Weyhaven striker."""
    people = words("names", "roles", "roles_male", "roles_female", "bystanders", "kin")
    inside = (phrase for phrase in parsed.between(nominal.first, nominal.last) if phrase.kind == "name")
    if any(
        name.first > nominal.first and people.isdisjoint(parsed.paragraph.lowers[name.last : name.last + 1])
        for name in inside
    ):
        return True
    is_comma = nominal.last < end and parsed.tokens[nominal.last].text == ","
    name = parsed.beginning.get(nominal.last + is_comma)
    return name is not None and name.kind == "name"


def _resolution(phrase: NounPhrase, person: Person, where: str, tier: str) -> Resolution:
    return Resolution(person, f"“{phrase.text}” stands for {person.name}, {where}", tier)


def _may_be_antecedent(state: DiscourseState, entity_mention: EntityMention, gender: str, paragraph: int) -> bool:
    return (
        entity_mention.parsed.paragraph.number >= paragraph - PARAGRAPHS_BACK
        and state.agrees(entity_mention.person, gender)
        and not entity_mention.person.is_ambiguous
    )


def _subject(entity_mentions: Sequence[EntityMention]) -> EntityMention | None:
    """Return the first of these mentions that may be a subject."""
    return next((entity_mention for entity_mention in entity_mentions if is_subject(entity_mention)), None)


def is_subject(entity_mention: EntityMention) -> bool:
    """Whether a name may be the subject of its clause: neither an object nor a possessive."""
    tokens, phrase = entity_mention.parsed.tokens, entity_mention.phrase
    before = tokens[phrase.first - 1].lower if phrase.first else ""
    is_object = before in words("words", "prepositions") or before in words("cues", "addressee")
    return not is_object and not tokens[phrase.last - 1].is_possessive


def _by_sentence(near: Sequence[EntityMention]) -> Iterator[list[EntityMention]]:
    """Yield the mentions of each sentence before, the nearest sentence first, each in reading order."""
    group: list[EntityMention] = []
    for entity_mention in near:
        if group and _sentence(entity_mention) != _sentence(group[0]):
            yield group[::-1]
            group = []
        group.append(entity_mention)
    if group:
        yield group[::-1]


def _sentence(entity_mention: EntityMention) -> tuple[int, int]:
    paragraph = entity_mention.parsed.paragraph
    return paragraph.number, paragraph.sentences[entity_mention.phrase.first]
