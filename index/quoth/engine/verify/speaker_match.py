"""Decide whether the speaker of a quote is the claimed speaker: yes, no or unknown.

A filter may miss a spelling, but the verdict "somebody else said it" must not. So two names count as two people only
if that is clear: "Trump" in an article without his first name, or "Joe Biden" beside "Joseph Biden", may be the same
person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from quoth.engine.execution.index import Index
from quoth.engine.query.lexicon import Lexicon
from quoth.quote import Quote, Speaker
from quoth.text.names.titles import TITLES
from quoth.text.slugs import slug
from quoth.text.wording.vocabulary import is_common

_FEMALE_TITLES = frozenset("mrs ms miss lady dame queen princess baroness duchess sister madam".split())
_SUFFIXES = frozenset("jr sr ii iii iv".split())

# The fields that have the names of those who said a quote, and of those who did not according to an article.
FIELDS = ("known_as", "denied_as")


@dataclass(frozen=True, slots=True)
class ClaimedSpeaker:
    """The speaker named in a request, and the keys that the index has for this name.

    `is_guessed` if the keys are those of names within one typo.
    """

    name: str
    keys: frozenset[str]
    is_guessed: bool = False

    @property
    def _is_other_name(self) -> bool:
        """Whether a name that was corrected is another name, as Johnston is, and no slip of Johnson."""
        surname = _without_titles(slug(self.name)).split("-")[-1]
        return self.is_guessed and is_common(surname)

    def is_concerned_by(self, quote: Quote) -> bool:
        """Whether a quote is by the claimed speaker, or an article says of it that they did not say it."""
        return self.is_speaker_of(quote.denied_speaker or quote.speaker) is True

    def is_speaker_of(self, speaker: Speaker | None) -> bool | None:
        """Whether this is the claimed speaker; `None` if that is unknown.

        >>> claimed = ClaimedSpeaker("Ada Byron", frozenset({"ada-byron"}))
        >>> ada, bo = Speaker("ada-byron", "Ada Byron"), Speaker("bo-lind", "Bo Lind", aliases=("Lind",))
        >>> claimed.is_speaker_of(ada), claimed.is_speaker_of(bo)
        (True, False)
        >>> byron, namesake = Speaker("byron~1f", "Byron"), Speaker("bo-byron", "Bo Byron")
        >>> claimed.is_speaker_of(byron), claimed.is_speaker_of(namesake), claimed.is_speaker_of(None)
        (None, False, None)
        """
        if speaker is None:
            return None
        spellings = {speaker.id, *map(slug, (speaker.name, *speaker.aliases))} - {""}
        if self.keys & spellings:
            return None if _contradicts(slug(self.name), speaker) or self._is_other_name else True
        if speaker.mixed_script and _may_imitate(speaker.name, slug(self.name)):
            return None
        # A shared surname alone does not make two people the same, so aliases of one word do not count.
        names = (speaker.name, *(alias for alias in speaker.aliases if " " in alias))
        return None if any(_may_be_same(slug(self.name), slug(name)) for name in names) else False


def resolve_claim(index: Index, name: str) -> ClaimedSpeaker:
    """Return the claimed speaker for a name; an unknown name resolves to names within one typo."""
    name = _given_name_first(name.strip())
    spellings = {name, slug(name), _without_titles(slug(name))} - {""}
    keys = frozenset(key for key in spellings if any(index.term_info(field, key.encode()).terms for field in FIELDS))
    if keys:
        return ClaimedSpeaker(name, keys)
    near = frozenset(Lexicon(index).near(FIELDS, _without_titles(slug(name)) or slug(name)))
    return ClaimedSpeaker(name, near, bool(near))


def _without_titles(name: str) -> str:
    """Return a slug without titles.

    >>> _without_titles("president-ada-byron-jr"), _without_titles("the-pope")
    ('ada-byron', '')
    """
    return "-".join(part for part in name.split("-") if part not in TITLES)


def _may_imitate(mixed: str, name: str) -> bool:
    r"""Whether a name that mixes alphabets may be meant for the name with a slug: by a typing error, or to deceive.

    A letter that is not Latin may stand for any letter.

    >>> _may_imitate("\u0410da Byron", "ada-byron"), _may_imitate("\u0410da Byron", "bo-lind")
    (True, False)
    """
    parts = _without_titles(name).split("-")
    patterns = [_pattern(word) for word in mixed.split()]
    if not re.fullmatch(patterns[-1], parts[-1]):
        return False
    return len(parts) == 1 or len(patterns) == 1 or re.match(patterns[0][0], parts[0]) is not None


def _pattern(word: str) -> str:
    """Return a pattern of the slug of a word, with a dot for every letter that is not Latin."""
    letters = (slug(letter) for letter in word if letter.isalnum())
    return "".join(letter if len(letter) <= 2 else "." for letter in letters) or "."


def _may_be_same(name: str, other: str) -> bool:
    """Whether two slugs may name the same person; one word of a name may stand for it.

    >>> _may_be_same("joe-biden", "joseph-biden"), _may_be_same("byron", "ada-byron"), _may_be_same("ada", "ada-byron")
    (True, True, True)
    >>> _may_be_same("bo-byron", "ada-byron")
    False
    """
    parts, other_parts = _without_titles(name).split("-"), _without_titles(other).split("-")
    if not all(parts + other_parts):
        return False
    if len(parts) == 1 or len(other_parts) == 1:
        return not set(parts).isdisjoint(other_parts)
    return parts[-1] == other_parts[-1] and parts[0][0] == other_parts[0][0]


def _given_name_first(name: str) -> str:
    """Return a name in the order of speech.

    >>> _given_name_first("Trump, Donald"), _given_name_first("Ada Byron")
    ('Donald Trump', 'Ada Byron')
    """
    surname, comma, given = name.partition(",")
    return f"{given.strip()} {surname.strip()}" if comma and given.strip() and "," not in given else name


def _contradicts(claim: str, speaker: Speaker) -> bool:
    """Whether the title in a claim may say that a namesake is meant: Mrs Clinton, Bush Jr.

    >>> _contradicts("mrs-clinton", Speaker("bill-clinton", "Bill Clinton")), _contradicts(
    ...     "president-clinton", Speaker("bill-clinton", "Bill Clinton"))
    (True, False)
    """
    parts = set(claim.split("-"))
    spelt = {part for name in (speaker.name, speaker.as_written or "") for part in slug(name).split("-")}
    is_surname_alone = "-" not in _without_titles(claim)
    return (is_surname_alone and bool(parts & _FEMALE_TITLES - spelt)) or bool(parts & _SUFFIXES - spelt)
