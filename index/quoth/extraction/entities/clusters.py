"""Cluster the names of an article into entities, with their nature, gender, roles and spellings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from quoth.extraction.entities.canonical import known
from quoth.extraction.parsing.clauses import ParsedParagraph
from quoth.extraction.parsing.document import Token
from quoth.extraction.parsing.mentions import NounPhrase
from quoth.extraction.parsing.spelling import Neighbours
from quoth.extraction.tables import given_names, lowered, spelt_out, words
from quoth.extraction.value import value
from quoth.text.names.variants import fold
from quoth.text.slugs import is_mixed_script, slug

Nature = Literal["person", "body", "place", "document", "account"]
Gender = Literal["male", "female"]

MANY = 24  # bearers of one surname, or spellings of one person; no news article has more
POINTS = frozenset({"New", "North", "South", "West", "East"})
FORMER = frozenset({"former", "ex", "deputy", "vice", "acting", "assistant"})
ROLES_AFTER = 12  # tokens of an apposition that are searched for roles


@dataclass(slots=True)
class Person:
    """A person (or a body, place, document or account) that an article names; filled in while names are clustered.

    `is_ambiguous` marks a surname of several people in the article. `is_certain` marks a person with more evidence than
    a capital letter: a title, a given name, a role, a verb of saying. `roles` are the article's lower-case role words
    for them, `order` counts people by first mention.
    """

    name: str
    nature: Nature
    order: int
    gender: Gender | None = None
    spellings: dict[str, None] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    mentions: int = 0
    is_ambiguous: bool = False
    is_certain: bool = False

    @property
    def surname(self) -> str:
        return surname(self.name)

    @property
    def is_full(self) -> bool:
        return len(self.name.split()) > 1


@value
class Entities:
    """The people of an article; `by_phrase` maps the body offset of a name to its person."""

    people: tuple[Person, ...]
    by_phrase: dict[int, Person]


def surname(name: str) -> str:
    """Return the surname of a name, folded for comparison.

    >>> surname("Donald Trump Jr."), surname("Ada O’Neill")
    ('trump', 'oneill')
    """
    parts = [part for part in name.replace(",", " ").split() if part.strip(".") not in words("names", "suffixes")]
    return slug(parts[-1]) if parts else slug(name)


def gather(paragraphs: Sequence[ParsedParagraph], headline: int | None, quoted: Iterable[str]) -> Entities:
    """Return the people that an article names; `quoted` are the quoted texts, searched for spellings only."""
    names = [
        (parsed, phrase)
        for parsed in paragraphs
        if parsed.paragraph.number != headline
        for phrase in parsed.phrases
        if phrase.kind == "name"
    ]
    register = _Register()
    for parsed, phrase in names:
        if " " in phrase.text:
            register.add_full(parsed, phrase)
    register.close_full()
    for parsed, phrase in names:
        if " " not in phrase.text:
            register.add_single(parsed, phrase)
    register.add_quoted_spellings(quoted)
    for parsed, phrase in names:
        register.describe(parsed, phrase)
    _vote_genders(paragraphs, register.by_phrase)
    return Entities(tuple(register.people), register.by_phrase)


class _Register:
    """Collects people: full names first, so that single names can join them."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.by_phrase: dict[int, Person] = {}
        self._by_name: dict[str, Person] = {}
        self._by_surname: dict[str, list[Person]] = defaultdict(list)
        self._by_given: dict[str, list[Person]] = defaultdict(list)
        self._bodies: dict[str, list[Person]] = defaultdict(list)
        self._first: dict[int, int] = {}
        self._near = Neighbours(())

    def add_full(self, parsed: ParsedParagraph, phrase: NounPhrase) -> None:
        key = slug(phrase.text)
        person = self._by_name.get(key) or self._same_person(phrase) or self._with_particle(phrase)
        if person is None:
            person = self._new(parsed, phrase)
            first, *_, last = phrase.text.split()
            if person.nature == "person":
                self._by_surname[person.surname].append(person)
                self._by_given[slug(first)].append(person)
            elif person.nature == "body":
                for word in {first.lower(), last.lower()} & words("names", "body_heads"):
                    self._bodies[word].append(person)
        elif _prefers(phrase.text, person.name):
            person.name = phrase.text
        self._by_name[key] = person
        self._note(person, phrase)

    def close_full(self) -> None:
        """Index the surnames of all full names for lookup by a misspelling."""
        self._near = Neighbours(self._by_surname)

    def add_single(self, parsed: ParsedParagraph, phrase: NounPhrase) -> None:
        key = slug(phrase.text)
        bearers = self._bearers(key, phrase) or self._bodies.get(phrase.text.lower(), [])[:MANY]
        person = bearers[0] if len(bearers) == 1 else self._by_name.get(key)
        if person is None:
            person = self._nearest(phrase.text) or self._new(parsed, phrase)
            person.is_ambiguous = len(bearers) > 1
            self._by_name[key] = person
        self._note(person, phrase)

    def add_quoted_spellings(self, quoted: Iterable[str]) -> None:
        """Add the spellings in quoted speech of people whom the article spells differently: Zelenskyy."""
        seen: set[str] = set()
        for text in quoted:
            for word in text.split():
                if len(word) < 6 or word.islower():
                    continue
                spelling = word.strip(".,;:!?()[]“”\"‘’'…—–").removesuffix("’s").removesuffix("'s")
                if len(spelling) > 5 and spelling[0].isupper() and spelling not in seen and len(seen) < 5000:
                    seen.add(spelling)
                    person = self._nearest(spelling)
                    if person is not None and len(person.spellings) < MANY:
                        person.spellings[spelling] = None

    def describe(self, parsed: ParsedParagraph, phrase: NounPhrase) -> None:
        person = self.by_phrase[phrase.start]
        person.roles.update(_roles(parsed, phrase))
        person.gender = _gender_by_title(phrase.title) or person.gender
        person.is_certain = person.is_certain or bool(
            person.roles or phrase.title or _has_given_name(person.name) or speaks(parsed, phrase)
        )

    def _new(self, parsed: ParsedParagraph, phrase: NounPhrase) -> Person:
        nature = _nature(parsed, phrase)
        person = Person(phrase.text, nature, len(self.people))
        if nature == "person":
            person.gender = _gender_by_title(phrase.title) or _gender_by_name(phrase.text)
        self.people.append(person)
        self._first[id(person)] = phrase.start
        return person

    def _note(self, person: Person, phrase: NounPhrase) -> None:
        if len(person.spellings) < MANY:
            person.spellings[phrase.text] = None
            if phrase.nickname:
                person.spellings[f"{phrase.nickname} {phrase.text.split()[-1]}"] = None
        if phrase.nickname:
            self._by_given[slug(phrase.nickname)].append(person)
        person.mentions += 1
        self.by_phrase[phrase.start] = person

    def _same_person(self, phrase: NounPhrase) -> Person | None:
        """Return the person with another form of this full name: Donald J. Trump and Donald Trump."""
        bearers = self._by_surname.get(surname(phrase.text), [])[:MANY]
        return next((person for person in bearers if _agree(person.name, phrase.text)), None)

    def _with_particle(self, phrase: NounPhrase) -> Person | None:
        """Return the only bearer of a surname that opens with its particle: Van der Berg for Ludwig van der Berg."""
        if phrase.text.split()[0].lower() not in words("names", "particles"):
            return None
        bearers = self._by_surname.get(surname(phrase.text), [])[:MANY]
        same = [person for person in bearers if slug(person.name).endswith("-" + slug(phrase.text))]
        return same[0] if len(same) == 1 else None

    def _bearers(self, key: str, phrase: NounPhrase) -> list[Person]:
        """Return the people whom a surname (or a given name) alone can mean: those introduced before it, if any."""
        record = known(phrase.text)
        bearers = (self._by_surname.get(key) or self._by_given.get(key, []))[:MANY]
        if record is not None and bearers:
            same = [p for p in bearers if known(p.name) is record]
            introduced = [p for p in bearers if self._first[id(p)] < phrase.start]
            bearers = same or (introduced if _has_no_suffix(introduced) and not phrase.title else [])
        if len(bearers) > 1:
            bearers = [p for p in bearers if self._first[id(p)] < phrase.start] or bearers
        if len(bearers) > 1:
            bearers = _by_title(bearers, phrase) or _leading(bearers) or bearers
        return bearers

    def _nearest(self, spelling: str) -> Person | None:
        """Return the person whose surname a word misspells, unless it looks like an adjective or a plural of it."""
        word = slug(spelling)
        if len(word) < 6 or word in self._by_surname:
            return None
        near = self._near.of(word)
        if len(near) != 1 or _is_inflected(word, near[0]) or len(self._by_surname[near[0]]) != 1:
            return None
        if spelling in words("names", "places", "demonyms") or word in lowered("names", "body_heads"):
            return None
        return self._by_surname[near[0]][0]


def _nature(parsed: ParsedParagraph, phrase: NounPhrase) -> Nature:
    parts = [part.strip(".") for part in phrase.text.split()]
    if phrase.text.startswith("@"):
        return "account"
    places, body_heads = words("names", "places"), words("names", "body_heads")
    if phrase.text in places or all(part in places or part in POINTS for part in parts):
        return "place"
    if not body_heads.isdisjoint([part.lower() for part in parts[-2:]]) or phrase.text.endswith(("’s", "'s")):
        return "body"
    if "of" in parts[1:] or "for" in parts[1:]:
        return "person" if parts[0] in words("names", "nobles") else "body"
    has_acronym = any(len(part) > 2 and _is_acronym(part) for part in parts) and not phrase.text.isupper()
    if has_acronym or _is_acronym(phrase.text):
        return "body"
    before = parsed.tokens[phrase.first - 1].lower if phrase.first else ""
    opens_with_the = parsed.tokens[phrase.first].lower == "the"
    if (before == "the" or opens_with_the) and not phrase.title:
        return "body"
    return "person"


def _is_acronym(word: str) -> bool:
    """Whether a word is written like RCMP, UN or MPs, or JD: inside a name the caller requires three letters."""
    return len(word) > 1 and word.isalpha() and word.removesuffix("s").isupper()


def _prefers(candidate: str, name: str) -> bool:
    """Whether a form of a name has more words without initials: Ada Byron over A. Byron, but not Ada M. Byron."""
    spelt_out_words = [sum(len(part.strip(".")) > 1 for part in form.split()) for form in (candidate, name)]
    return spelt_out_words[0] > spelt_out_words[1]


def _agree(left: str, right: str) -> bool:
    """Whether two full names with the same surname can be one person; a name that mixes alphabets never is another."""
    if is_mixed_script(left) or is_mixed_script(right):
        return False
    if _suffixes(left) != _suffixes(right) or not _initials_agree(left, right):
        return False
    shorter, longer = sorted((slug(left.split(maxsplit=1)[0]), slug(right.split(maxsplit=1)[0])), key=len)
    if len(shorter) == 1:
        return longer.startswith(shorter)
    if fold(shorter) == fold(longer):  # Sergei and Sergey
        return True
    genders = {_gender_by_name(left), _gender_by_name(right)} - {None}
    # Dan is Daniel, but Ann is not Anna, nor Alex Alexandra's short form when the article has both.
    return len(shorter) > 2 and longer.startswith(shorter) and len(longer) > len(shorter) + 1 and len(genders) < 2


def _initials_agree(left: str, right: str) -> bool:
    """Whether the middle names of two forms are compatible: those of George W. Bush and George H.W. Bush are not."""
    middles = [[slug(part)[:1] for part in name.replace(".", ". ").split()[1:-1]] for name in (left, right)]
    shorter, longer = sorted(middles, key=len)
    return shorter == longer[: len(shorter)] or not any(
        len(part.strip(".")) < 2 for part in (left + " " + right).split()
    )


def _suffixes(name: str) -> frozenset[str]:
    return words("names", "suffixes") & {part.strip(".,") for part in name.split()}


def _has_no_suffix(bearers: Sequence[Person]) -> bool:
    return not any(_suffixes(person.name) for person in bearers)


def _by_title(bearers: Sequence[Person], phrase: NounPhrase) -> list[Person]:
    gender = _gender_by_title(phrase.title)
    return [p for p in bearers if p.gender == gender] if gender else []


def _leading(bearers: Sequence[Person]) -> list[Person]:
    """Return the bearer whom the article names in full at least twice as often as any other, if there is one."""
    ranked = sorted(bearers, key=lambda p: (-p.mentions, p.order))
    return ranked[:1] if ranked[0].mentions >= 2 * ranked[1].mentions else []


def _is_inflected(word: str, name: str) -> bool:
    """Whether a word is a name with a plural or adjective ending, or the reverse: Clintons, Russian."""
    shorter, longer = sorted((word, name), key=len)
    return longer.startswith(shorter) and longer[len(shorter) :] in (
        "s",
        "n",
        "an",
        "ian",
        "es",
        "ns",
        "a",
        "e",
    )


def _gender_by_title(title: Sequence[str]) -> Gender | None:
    if not title:
        return None
    if any(word in lowered("names", "titles_female") or word.endswith("woman") for word in title):
        return "female"
    if any(word in lowered("names", "titles_male") or word.endswith("man") for word in title):
        return "male"
    return None


def _gender_by_name(name: str) -> Gender | None:
    record = known(name)
    if record is not None and "gender" in record:
        return "male" if record["gender"] == "male" else "female"
    given = name.split(maxsplit=1)[0].lower()
    is_male, is_female = given in given_names("male"), given in given_names("female")
    if is_male == is_female:
        return None
    return "male" if is_male else "female"


def speaks(parsed: ParsedParagraph, phrase: NounPhrase) -> bool:
    """Whether a verb of saying stands right after a name, or right before it."""
    return "say" in (parsed.cue_at(phrase.last), parsed.cue_at(phrase.first - 1))


def _vote_genders(paragraphs: Sequence[ParsedParagraph], by_phrase: dict[int, Person]) -> None:
    """Set genders by the pronouns of the article, which may correct a given name: Darian Byron ... she.

    Each he or she is a vote for the person named before it, if its sentence and the one before name only one.
    """
    votes: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for parsed in paragraphs:
        for phrase in parsed.phrases:
            if phrase.kind == "pronoun" and phrase.head in ("he", "she"):
                person = _only_person_before(parsed, phrase, by_phrase)
                if person is not None:
                    votes[person.order][phrase.head == "she"] += 1
    for person in {p.order: p for p in by_phrase.values()}.values():
        male, female = votes[person.order]
        if person.gender != "female" and female > 2 * male + (1 if person.gender else 0):
            person.gender = "female"
        elif person.gender != "male" and male > 2 * female + (1 if person.gender else 0):
            person.gender = "male"


def _only_person_before(parsed: ParsedParagraph, pronoun: NounPhrase, by_phrase: dict[int, Person]) -> Person | None:
    sentences = parsed.paragraph.sentences
    start = sentences[pronoun.first]
    start = sentences[start - 1] if start else 0
    people = {
        by_phrase[phrase.start].order: by_phrase[phrase.start]
        for phrase in parsed.between(max(start, pronoun.first - 60), pronoun.first)
        if phrase.kind == "name" and phrase.start in by_phrase and by_phrase[phrase.start].nature == "person"
    }
    certain = [person for person in people.values() if person.is_certain]
    return certain[0] if len(certain) == 1 else None


def _has_given_name(name: str) -> bool:
    given, *others = name.lower().split()
    return bool(others) and (given in given_names("male") or given in given_names("female"))


def _roles(parsed: ParsedParagraph, phrase: NounPhrase) -> Iterator[str]:
    """Yield the roles of a name: in its title, in the apposition after it, and in the nominal before it."""
    roles = words("names", "roles")
    for word in phrase.title:
        role = word if word in roles else spelt_out("names", "short_roles").get(word)
        if role is not None:
            yield role
    if parsed.tokens[phrase.last - 1].is_possessive:
        return
    apposition = _apposition_after(parsed.tokens, phrase.last)
    is_one_of_many = apposition[:1] in (["a"], ["an"])  # Bo Lind, a brother
    for word in apposition:
        if word in FORMER:
            return
        if word in roles and not (is_one_of_many and word in words("names", "kin")):
            yield word
    role = _role_before(parsed, phrase.first)
    if role is not None:
        yield role


def _apposition_after(tokens: Sequence[Token], last: int) -> list[str]:
    """Return the lower-case words of an apposition that a comma at token `last` opens, none without the comma."""
    apposition: list[str] = []
    if last < len(tokens) and tokens[last].text == ",":
        for token in tokens[last + 1 : last + 1 + ROLES_AFTER]:
            if token.is_quote or token.text in (",", ".", ";") or token.lower in ("who", "said", "and"):
                break
            apposition.append(token.lower)
    return apposition


def _role_before(parsed: ParsedParagraph, first: int) -> str | None:
    """Return the role of a nominal and a comma before a name: the mayor, Ada Byron."""
    if first < 2 or parsed.tokens[first - 1].text != ",":
        return None
    nominal = parsed.ending.get(first - 1)
    if nominal is None or nominal.kind != "nominal" or nominal.head not in words("names", "roles"):
        return None
    return nominal.head
